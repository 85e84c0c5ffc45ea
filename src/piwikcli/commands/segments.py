"""`piwik segments`: segments with a name, and the names that definitions are written with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from piwikcli.commands import options, output
from piwikcli.commands.site_choice import open_existing
from piwikcli.errors import UsageError

if TYPE_CHECKING:
    from piwikcli.store import Connection

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

_LISTED = ("idsegment", "idsite", "name", "definition", "auto_archive", "created", "changed")
_NAMES = ("segment", "title", "level", "values", "operators", "aliases")

NameOption = Annotated[str | None, typer.Option("--name", metavar="N", help="For people.", show_default=False)]
DefinitionOption = Annotated[
    str | None,
    typer.Option("--definition", metavar="DEF", help='"browserCode==FF;countryCode==de"', show_default=False),
]
SiteOption = Annotated[
    int | None, typer.Option("--idsite", metavar="N", help="Of one site only [every site].", show_default=False)
]
ArchiveOption = Annotated[
    bool | None,
    typer.Option("--auto-archive/--real-time", help="Built by piwik archive, or when asked for [real time]."),
]
IdArgument = Annotated[int, typer.Argument(metavar="IDSEGMENT", help="The segment's id.", show_default=False)]


@app.command(
    epilog=options.examples(
        'piwik segments add --name "Firefox in Germany" --definition "browserCode==FF;countryCode==de"',
        'piwik segments add --name Buyers --definition "visitEcommerceStatus==ordered" --idsite 1 --auto-archive',
    )
)
def add(
    name: NameOption = None,
    definition: DefinitionOption = None,
    idsite: SiteOption = None,
    auto_archive: ArchiveOption = None,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """Store a segment and print its id."""
    if not name or not definition:
        raise UsageError("a segment needs a name and a definition: piwik segments add --name N --definition DEF")
    database = open_existing(db, lock_timeout)
    from piwikcli.store import segments

    with database.write() as connection:
        _check(connection, definition, idsite)
        idsegment = segments.add(
            connection,
            name=name,
            definition=definition.strip(),
            idsite=idsite or segments.EVERY_SITE,
            auto_archive=bool(auto_archive),
        )
    output.line(idsegment)


@app.command("list", epilog=options.examples("piwik segments list", "piwik segments list --format json"))
def list_(
    idsite: SiteOption = None,
    format: options.ListFormatOption = None,
    out: options.OutputOption = None,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """List the stored segments; idsite 0 is every site."""
    format = output.list_format(format, out)
    database = open_existing(db, lock_timeout)
    from piwikcli.store import segments

    with database.read() as connection:
        found = segments.all_segments(connection, idsite)
    rows = [{column: getattr(one, column) for column in _LISTED} for one in found]
    output.write_list(rows, _LISTED, format, out, table=_LISTED[:5])


@app.command(epilog=options.examples("piwik segments update 2 --auto-archive"))
def update(
    idsegment: IdArgument,
    name: NameOption = None,
    definition: DefinitionOption = None,
    idsite: Annotated[
        int | None,
        typer.Option("--idsite", metavar="N", help="Of one site only; 0 is every site.", show_default=False),
    ] = None,
    auto_archive: ArchiveOption = None,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """Change a stored segment. Options that are not given stay as they are."""
    given = {"name": name, "definition": definition, "idsite": idsite, "auto_archive": auto_archive}
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if not changes:
        raise UsageError("nothing to change: give at least one option (piwik segments update --help)")
    database = open_existing(db, lock_timeout)
    from piwikcli.archive.segments.stored import drop_unused
    from piwikcli.store import segments

    with database.write() as connection:
        before = segments.get(connection, idsegment)
        _check(connection, changes.get("definition", before.definition), changes.get("idsite", before.idsite) or None)
        segments.update(connection, idsegment, **changes)
        drop_unused(connection, _sites(connection, before.idsite), before.definition)


@app.command(epilog=options.examples("piwik segments delete 2", "piwik segments delete 2 --yes"))
def delete(
    idsegment: IdArgument,
    yes: options.YesOption = False,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """Delete a stored segment with its archives. Reports can still be asked for with its definition."""
    database = open_existing(db, lock_timeout)
    from piwikcli.archive.segments.stored import drop_unused
    from piwikcli.store import segments

    with database.read() as connection:
        known = segments.get(connection, idsegment)
    options.confirm(yes, f"Delete segment {idsegment} ({known.name})?")
    with database.write() as connection:
        segments.delete(connection, idsegment)
        drop_unused(connection, _sites(connection, known.idsite), known.definition)


@app.command(epilog=options.examples("piwik segments names", "piwik segments names --idsite 1 --format json"))
def names(
    idsite: Annotated[
        int | None,
        typer.Option("--idsite", metavar="N", help="With what only this site has.", show_default=False),
    ] = None,
    format: options.ListFormatOption = None,
    out: options.OutputOption = None,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """List what segments can be about."""
    format = output.list_format(format, out)
    from piwikcli.plugins import dimensions

    found = dimensions()
    if idsite is not None:
        with open_existing(db, lock_timeout).read() as connection:
            found = dimensions(connection, idsite)
    rows = [
        {
            "segment": one.segment,
            "title": one.title,
            "level": one.source,
            "values": one.values,
            "operators": list(one.operators),
            "aliases": list(one.aliases),
        }
        for one in found
    ]
    output.write_list(rows, _NAMES, format, out, table=("segment", "title", "level", "values"))


def _check(connection: Connection, definition: str, idsite: int | None) -> None:
    """Raises UsageError for a definition that none of the sites can answer."""
    from piwikcli.archive.segments import catalogue, define

    errors = []
    sites = _sites(connection, idsite or 0) or [0]  # without any site the core's names are known all the same
    for one in sites:
        try:
            if not define(definition, catalogue(connection, one)).normal:
                raise UsageError("the definition is empty; it would select everything")
        except UsageError as error:
            errors.append(error)
    if errors and len(errors) == len(sites):
        raise errors[0]


def _sites(connection: Connection, idsite: int) -> list[int]:
    """The site, if there is such one; every one for 0."""
    from piwikcli.store import sites

    if idsite:
        return [sites.get(connection, idsite).idsite]
    return [site.idsite for site in sites.all_sites(connection)]
