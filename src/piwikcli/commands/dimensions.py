"""`piwik dimensions`: a site's own dimensions of visits and actions."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from piwikcli.commands import options, output
from piwikcli.commands.site_choice import one_site, open_existing
from piwikcli.errors import UsageError

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

_LISTED = ("idsite", "idcustomdimension", "index", "scope", "name", "active", "case_sensitive", "extractions")

NameOption = Annotated[str | None, typer.Option("--name", metavar="N", help="Its name.", show_default=False)]
ScopeOption = Annotated[
    str | None, typer.Option("--scope", metavar="visit|action", help="What it is a value of.", show_default=False)
]
ExtractOption = Annotated[
    list[str] | None,
    typer.Option(
        "--extract",
        metavar="WHERE:WHAT",
        help="url:REGEX, urlparam:NAME, action_name:REGEX; again for more, the first that gives a value counts.",
        show_default=False,
    ),
]
CaseOption = Annotated[
    bool | None, typer.Option("--case-sensitive/--case-insensitive", help="Of extractions [sensitive].")
]
ActiveOption = Annotated[bool | None, typer.Option("--active/--inactive", help="Whether it takes values [yes].")]
IdArgument = Annotated[int, typer.Argument(metavar="ID", help="The dimension's id.", show_default=False)]


@app.command(
    epilog=options.examples(
        "piwik dimensions add --idsite 1 --scope visit --name Plan",
        "piwik dimensions add --idsite 1 --scope action --name Year --extract 'url:/blog/([0-9]{4})/'",
    )
)
def add(
    idsite: options.SiteOption = None,
    name: NameOption = None,
    scope: ScopeOption = None,
    extract: ExtractOption = None,
    case_sensitive: CaseOption = None,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """Add a dimension and print its id, the N of the parameter dimensionN."""
    if not name or not scope:
        raise UsageError("a dimension needs a name and a scope: piwik dimensions add --name N --scope visit|action")
    database = open_existing(db, lock_timeout)
    from piwikcli.store import dimensions

    with database.write() as connection:
        new = dimensions.add(
            connection,
            one_site(connection, idsite),
            name=name,
            scope=scope,
            case_sensitive=case_sensitive is not False,
            extract=extract or [],
        )
    output.line(new)


@app.command("list", epilog=options.examples("piwik dimensions list", "piwik dimensions list --format json"))
def list_(
    idsite: options.SiteOption = None,
    format: options.ListFormatOption = None,
    out: options.OutputOption = None,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """List the dimensions, of all sites or of one."""
    format = output.list_format(format, out)
    database = open_existing(db, lock_timeout)
    from piwikcli.store import dimensions

    with database.read() as connection:
        site = one_site(connection, idsite) if idsite is not None else None
        found = [known for known in dimensions.of_sites(connection) if site in (None, known.idsite)]
    rows: list[dict[str, Any]] = [{column: getattr(known, column) for column in _LISTED} for known in found]
    for row in rows:
        row["extractions"] = [f"{one.dimension}:{one.pattern}" for one in row["extractions"]]
    output.write_list(rows, _LISTED, format, out)


@app.command(epilog=options.examples("piwik dimensions update 2 --idsite 1 --name Section"))
def update(
    iddimension: IdArgument,
    idsite: options.SiteOption = None,
    name: NameOption = None,
    extract: ExtractOption = None,
    case_sensitive: CaseOption = None,
    active: ActiveOption = None,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """Change a dimension; its scope stays what it is. Extractions are replaced as a whole.

    Changes apply to what is imported from then on.
    """
    changes = {"name": name, "extract": extract, "case_sensitive": case_sensitive, "active": active}
    if all(value is None for value in changes.values()):
        raise UsageError("nothing to change: give at least one option (piwik dimensions update --help)")
    database = open_existing(db, lock_timeout)
    from piwikcli.store import dimensions

    with database.write() as connection:
        dimensions.update(connection, one_site(connection, idsite), iddimension, **changes)


@app.command(epilog=options.examples("piwik dimensions delete 2 --idsite 1 --yes"))
def delete(
    iddimension: IdArgument,
    idsite: options.SiteOption = None,
    yes: options.YesOption = False,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """Take a dimension out of use: it gets no more values. What it has stays; update --active brings it back."""
    database = open_existing(db, lock_timeout)
    from piwikcli.store import dimensions

    with database.read() as connection:
        site = one_site(connection, idsite)
        known = dimensions.get(connection, site, iddimension)
    options.confirm(yes, f"Take dimension {iddimension} ({known.name}) of site {site} out of use?")
    with database.write() as connection:
        dimensions.update(connection, site, iddimension, active=False)
