"""`piwik sites`: which sites there are, in which time zone they live and what they leave out."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from piwikcli.commands import console, options, output
from piwikcli.commands.site_values import clean
from piwikcli.declared import dataclass
from piwikcli.errors import UsageError

if TYPE_CHECKING:
    from piwikcli.store.sites import Site

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

_LISTED = (
    "idsite",
    "name",
    "main_url",
    "urls",
    "timezone",
    "currency",
    "ecommerce",
    "sitesearch",
    "sitesearch_keyword_parameters",
    "sitesearch_category_parameters",
    "excluded_ips",
    "excluded_parameters",
    "excluded_user_agents",
    "excluded_referrers",
    "exclude_unknown_urls",
    "keep_url_fragments",
    "created",
)
_TABLE = ("idsite", "name", "main_url", "timezone", "currency", "ecommerce", "sitesearch")


@dataclass(frozen=True, slots=True)
class Settings:
    """A site's settings as they are given; None: not given."""

    name: Annotated[
        str | None,
        typer.Option("--name", metavar="N", help="The site's name.", show_default=False),
    ] = None
    url: Annotated[
        list[str] | None,
        typer.Option("--url", help="Its URL; again for further ones. The first is the main one.", show_default=False),
    ] = None
    timezone: Annotated[
        str | None, typer.Option("--timezone", metavar="ZONE", help="Whose midnights begin its days [UTC].")
    ] = None
    currency: Annotated[str | None, typer.Option("--currency", metavar="CODE", help="Of revenues [USD].")] = None
    ecommerce: Annotated[bool | None, typer.Option("--ecommerce/--no-ecommerce", help="It is a shop.")] = None
    sitesearch: Annotated[
        bool | None, typer.Option("--sitesearch/--no-sitesearch", help="Count its internal searches [yes].")
    ] = None
    sitesearch_keyword_parameters: Annotated[
        list[str] | None,
        typer.Option(
            "--sitesearch-keyword-parameters", metavar="A,B", help="URL parameters with the words searched for."
        ),
    ] = None
    sitesearch_category_parameters: Annotated[
        list[str] | None,
        typer.Option(
            "--sitesearch-category-parameters", metavar="A,B", help="URL parameters with a search's category."
        ),
    ] = None
    excluded_ips: Annotated[
        list[str] | None,
        typer.Option("--excluded-ips", metavar="A,B", help="Not counted: 10.1.2.3, 10.1.*.*, 10.0.0.0/8, IPv6."),
    ] = None
    excluded_parameters: Annotated[
        list[str] | None,
        typer.Option("--excluded-parameters", metavar="A,B", help="URL parameters to remove from URLs."),
    ] = None
    excluded_user_agents: Annotated[
        list[str] | None,
        typer.Option("--excluded-user-agents", metavar="A,B", help="Not counted: user agents that contain one."),
    ] = None
    excluded_referrers: Annotated[
        list[str] | None,
        typer.Option("--excluded-referrers", metavar="A,B", help="No referrers: hosts, .example.org for all below."),
    ] = None
    exclude_unknown_urls: Annotated[
        bool | None,
        typer.Option("--exclude-unknown-urls/--no-exclude-unknown-urls", help="Only requests of its own URLs [no]."),
    ] = None
    keep_url_fragments: Annotated[
        bool | None, typer.Option("--keep-url-fragments/--no-keep-url-fragments", help="Keep #… in URLs [no].")
    ] = None

    def clean(self) -> dict[str, Any]:
        """Those that are given, by their names in `store.sites.Site`."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return clean(urls=given.pop("url"), **given)


IdOption = Annotated[int | None, typer.Option("--idsite", metavar="N", help="The same as N.", hidden=True)]
IdArgument = Annotated[int | None, typer.Argument(metavar="N", help="The site's id.", show_default=False)]


@app.command(
    epilog=options.examples(
        "piwik sites add --name Blog --url https://blog.example.org --timezone Europe/Berlin",
        "piwik sites add --name Shop --url https://a.example --url https://b.example --ecommerce",
    )
)
@options.grouped
def add(
    settings: Settings,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """Add a site and print its id. The database is created if there is none."""
    if not settings.name or not settings.name.strip() or not settings.url:
        raise UsageError("a site needs a name and a URL: piwik sites add --name N --url U")
    given = settings.clean()
    database = options.open_database(options.load_settings(db=db, lock_timeout=lock_timeout))
    from piwikcli.store import sites

    with database.write() as connection:
        idsite = sites.add(connection, **given)
    output.line(idsite)


@app.command("list", epilog=options.examples("piwik sites list", "piwik sites list --format json"))
def list_(
    format: options.ListFormatOption = None,
    out: options.OutputOption = None,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """List the sites."""
    format = output.list_format(format, out)
    database = options.open_database(options.load_settings(db=db, lock_timeout=lock_timeout))
    from piwikcli.store import sites

    found: list[Site] = []
    if database.exists():
        with database.read() as connection:
            found = sites.all_sites(connection)
    else:
        console.note(f"{database.path}: no database yet; piwik import-logs or piwik sites add makes it")
    rows = [{column: getattr(site, column) for column in _LISTED} for site in found]
    output.write_list(rows, _LISTED, format, out, table=_TABLE)


@app.command(
    epilog=options.examples("piwik sites update 1 --timezone Europe/Berlin", 'piwik sites update 1 --excluded-ips ""')
)
@options.grouped
def update(
    settings: Settings,
    site: IdArgument = None,
    idsite: IdOption = None,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """Change a site. Options that are not given stay as they are; a list is replaced as a whole.

    Changes apply to what is imported from then on.
    """
    number = _one_id(site, idsite, "update")
    changes = settings.clean()
    if not changes:
        raise UsageError("nothing to change: give at least one option (piwik sites update --help)")
    database = options.open_database(options.load_settings(db=db, lock_timeout=lock_timeout))
    if not database.exists():
        raise UsageError(f"no site {number}: {database.path}: no database yet")
    from piwikcli.store import sites

    with database.write() as connection:
        sites.update(connection, number, **changes)


@app.command(epilog=options.examples("piwik sites delete 2", "piwik sites delete 2 --yes"))
def delete(
    site: IdArgument = None,
    idsite: IdOption = None,
    yes: options.YesOption = False,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """Delete a site with all its visits and reports. Asks first when a person is at the keyboard."""
    number = _one_id(site, idsite, "delete")
    database = options.open_database(options.load_settings(db=db, lock_timeout=lock_timeout))
    if not database.exists():
        raise UsageError(f"no site {number}: {database.path}: no database yet")
    from piwikcli.store import sites

    with database.read() as connection:
        known = sites.get(connection, number)
    options.confirm(yes, f"Delete site {number} ({known.name}) with all its visits?")
    with database.write() as connection:
        sites.delete(connection, number)


@app.command(epilog=options.examples("piwik sites recompute 1"))
def recompute(
    site: IdArgument = None,
    idsite: IdOption = None,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """Apply a site's present settings and goals to what was imported before, as far as that tells enough.

    Time zone, goals, excluded parameters, fragments and site search apply; its archives are built anew.
    """
    number = _one_id(site, idsite, "recompute")
    settings = options.load_settings(db=db, lock_timeout=lock_timeout)
    database = options.open_database(settings)
    if not database.exists():
        raise UsageError(f"no site {number}: {database.path}: no database yet")
    from piwikcli.ingest.fingerprints import Recognition
    from piwikcli.ingest.tracking.settings_changed import recompute_site
    from piwikcli.store import one

    with database.write() as connection:
        secret = one(connection, "SELECT value FROM option WHERE name = 'visitors.secret'")
        salt = one(connection, "SELECT value FROM option WHERE name = 'visitors.salt'")
        daily = (salt[0] if salt else settings.text("visitors.salt")) == "daily"
        recognition = Recognition(secret[0] if secret else "", daily, settings.integer("visitors.look_back"))
        count = recompute_site(connection, number, recognition)
    console.note(f"site {number}: {count:,} requests recomputed: time zone, goals, URLs, site search")
    console.note(
        "as they were imported: excluded addresses and user agents (piwik forget deletes visits), unknown URLs, "
        "referrers, custom dimensions; what was removed from a URL stays removed"
    )


def _one_id(argument: int | None, option: int | None, verb: str) -> int:
    given = {number for number in (argument, option) if number is not None}
    if len(given) != 1:
        raise UsageError(f"which site? piwik sites {verb} N (piwik sites list shows their ids)")
    return given.pop()
