"""`piwik goals`: what counts as a conversion."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from piwikcli.commands import console, options, output
from piwikcli.commands.site_choice import one_site, open_existing
from piwikcli.declared import dataclass
from piwikcli.errors import UsageError

if TYPE_CHECKING:
    from piwikcli.store.goals import Goal

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

_LISTED = (
    *("idsite", "idgoal", "name", "description", "match_attribute", "pattern", "pattern_type"),
    *("case_sensitive", "allow_multiple", "revenue", "event_value_as_revenue"),
)
_TABLE = ("idsite", "idgoal", "name", "match_attribute", "pattern_type", "pattern", "revenue")


@dataclass(frozen=True, slots=True)
class Settings:
    """A goal's settings as they are given; None: not given."""

    name: Annotated[
        str | None,
        typer.Option("--name", metavar="N", help="The goal's name.", show_default=False),
    ] = None
    description: Annotated[str | None, typer.Option("--description", metavar="TEXT", show_default=False)] = None
    match: Annotated[
        str | None,
        typer.Option(
            "--match",
            metavar="WHAT",
            help="url, title, file, external_website, event_category|action|name, visit_duration, manually.",
            show_default=False,
        ),
    ] = None
    pattern: Annotated[
        str | None,
        typer.Option("--pattern", metavar="P", help="What it must be like; URL-decoded once.", show_default=False),
    ] = None
    pattern_type: Annotated[
        str | None,
        typer.Option(
            "--pattern-type", metavar="TYPE", help="contains, exact, regex or greater_than.", show_default=False
        ),
    ] = None
    case_sensitive: Annotated[
        bool | None, typer.Option("--case-sensitive/--no-case-sensitive", help="Whether case matters [no].")
    ] = None
    revenue: Annotated[
        float | None, typer.Option("--revenue", metavar="N", min=0, help="What a conversion is worth [0].")
    ] = None
    allow_multiple: Annotated[
        bool | None, typer.Option("--allow-multiple/--no-allow-multiple", help="Several conversions a visit [no].")
    ] = None
    event_value_as_revenue: Annotated[
        bool | None,
        typer.Option("--event-value-as-revenue/--no-event-value-as-revenue", help="Worth the event's value [no]."),
    ] = None

    def named(self) -> dict[str, Any]:
        """By their names in `store.goals.Goal`."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {"match_attribute": given.pop("match"), **given}


IdArgument = Annotated[int, typer.Argument(metavar="IDGOAL", help="The goal's id.", show_default=False)]


@app.command(
    epilog=options.examples(
        "piwik goals add --idsite 1 --name Signup --match url --pattern /signup/thanks --revenue 10",
        "piwik goals add --idsite 1 --name Long --match visit_duration --pattern 10",
    )
)
@options.grouped
def add(
    settings: Settings,
    idsite: options.SiteOption = None,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """Add a goal and print its id. It counts in what is imported from then on."""
    if not settings.name or not settings.match:
        raise UsageError("a goal needs a name and what it matches: piwik goals add --name N --match url --pattern P")
    database = open_existing(db, lock_timeout)
    from piwikcli.store import goals

    with database.write() as connection:
        site = one_site(connection, idsite)
        idgoal = goals.add(connection, site, **settings.named())
        _warn(goals.get(connection, site, idgoal))
    output.line(idgoal)


def _warn(goal: Goal) -> None:
    if wrong := goal.wrong_regex:
        console.warn(f"goal {goal.idgoal} will never match: {goal.pattern!r} is not a regular expression: {wrong}")


@app.command("list", epilog=options.examples("piwik goals list", "piwik goals list --idsite 1 --format json"))
def list_(
    idsite: options.SiteOption = None,
    format: options.ListFormatOption = None,
    out: options.OutputOption = None,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """List the goals, of all sites or of one."""
    format = output.list_format(format, out)
    database = open_existing(db, lock_timeout)
    from piwikcli.store import goals

    with database.read() as connection:
        site = one_site(connection, idsite) if idsite is not None else None
        found: list[Goal] = [goal for goal in goals.of_sites(connection) if site in (None, goal.idsite)]
    rows = [{column: getattr(goal, column) for column in _LISTED} for goal in found]
    output.write_list(rows, _LISTED, format, out, table=_TABLE)


@app.command(epilog=options.examples("piwik goals update 2 --idsite 1 --revenue 12.5"))
@options.grouped
def update(
    idgoal: IdArgument,
    settings: Settings,
    idsite: options.SiteOption = None,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """Change a goal. Options that are not given stay as they are.

    The change counts in what is imported from then on; piwik sites recompute applies it to what there is.
    """
    changes = settings.named()
    if all(value is None for value in changes.values()):
        raise UsageError("nothing to change: give at least one option (piwik goals update --help)")
    database = open_existing(db, lock_timeout)
    from piwikcli.store import goals

    with database.write() as connection:
        site = one_site(connection, idsite)
        goals.update(connection, site, idgoal, **changes)
        _warn(goals.get(connection, site, idgoal))


@app.command(epilog=options.examples("piwik goals delete 2 --idsite 1 --yes"))
def delete(
    idgoal: IdArgument,
    idsite: options.SiteOption = None,
    yes: options.YesOption = False,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """Delete a goal with its conversions. Asks first when a person is at the keyboard."""
    database = open_existing(db, lock_timeout)
    from piwikcli.store import goals

    with database.read() as connection:
        site = one_site(connection, idsite)
        known = goals.get(connection, site, idgoal)
    options.confirm(yes, f"Delete goal {idgoal} ({known.name}) of site {site} with its conversions?")
    with database.write() as connection:
        goals.delete(connection, site, idgoal)
