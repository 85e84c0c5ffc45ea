"""Sites: whose hits are counted, in which time zone, under which rules. See docs/reference/schema.md."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

from piwikcli.declared import dataclass
from piwikcli.errors import UsageError, nearest
from piwikcli.store.database import Connection, number
from piwikcli.store.zones import zone_of


@dataclass(frozen=True, slots=True)
class Site:
    """One site. `urls` begins with the main URL; empty parameter lists mean the defaults."""

    idsite: int
    name: str
    urls: tuple[str, ...]
    timezone: str = "UTC"
    currency: str = "USD"
    ecommerce: bool = False
    sitesearch: bool = True
    sitesearch_keyword_parameters: tuple[str, ...] = ()
    sitesearch_category_parameters: tuple[str, ...] = ()
    excluded_ips: tuple[str, ...] = ()
    excluded_parameters: tuple[str, ...] = ()
    excluded_user_agents: tuple[str, ...] = ()
    excluded_referrers: tuple[str, ...] = ()
    exclude_unknown_urls: bool = False
    keep_url_fragments: bool = False
    created: datetime = datetime(1970, 1, 1)

    @property
    def main_url(self) -> str:
        return self.urls[0] if self.urls else ""

    @property
    def zone(self) -> tzinfo:
        """The time zone whose midnights begin its days."""
        return zone_of(self.timezone)


_COLUMNS = tuple(field.name for field in fields(Site))


def add(connection: Connection, *, name: str, urls: tuple[str, ...] | list[str], **settings: Any) -> int:
    """Store a new site and return its idsite (one more than the highest)."""
    idsite = number(connection, "SELECT coalesce(max(idsite), 0) + 1 FROM site")
    created = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    site = Site(idsite=idsite, name=name, urls=tuple(urls), **{"created": created, **settings})
    _store(connection, site)
    return idsite


def all_sites(connection: Connection) -> list[Site]:
    """Every site, by idsite."""
    rows = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM site ORDER BY idsite").fetchall()
    return [_site(row) for row in rows]


def get(connection: Connection, idsite: int) -> Site:
    """The site, or UsageError naming those there are."""
    for site in all_sites(connection):
        if site.idsite == idsite:
            return site
    known = [str(site.idsite) for site in all_sites(connection)]
    have = f"there are: {', '.join(known)}" if known else "there is none yet: piwik sites add --name N --url U"
    raise UsageError(f"no site {idsite}; {have}")


def update(connection: Connection, idsite: int, **changes: Any) -> None:
    """Change settings of a site; they apply to what is imported from then on."""
    unknown = set(changes) - set(_COLUMNS)
    if unknown:
        word = min(unknown)
        raise UsageError(f"a site has no setting {word}.{nearest(word, _COLUMNS)}")
    site = replace(get(connection, idsite), **changes)
    connection.execute("DELETE FROM site WHERE idsite = ?", [idsite])
    _store(connection, site)


def delete(connection: Connection, idsite: int) -> None:
    """Remove the site and everything imported or archived for it."""
    get(connection, idsite)
    for table in ("archive_row", "archive_goal", "archive_metric", "archive_numeric"):
        connection.execute(
            f"DELETE FROM {table} WHERE idarchive IN (SELECT idarchive FROM archive WHERE idsite = ?)", [idsite]
        )
    for table in ("request_detail", "request_item", "request_state"):
        connection.execute(
            f"DELETE FROM {table} WHERE idrequest IN (SELECT idrequest FROM request WHERE idsite = ?)", [idsite]
        )
    connection.execute(
        "DELETE FROM visit_detail WHERE idvisit IN (SELECT idvisit FROM visit WHERE idsite = ?)", [idsite]
    )
    for table in (
        *(
            "archive",
            "request",
            "visit",
            "conversion",
            "conversion_item",
            "goal",
            "custom_dimension",
            "segment",
            "site",
        ),
    ):
        connection.execute(f"DELETE FROM {table} WHERE idsite = ?", [idsite])
    # without its requests the content counts as never imported
    connection.execute("DELETE FROM source WHERE target LIKE ?", [f"idsite={idsite};%"])


def _store(connection: Connection, site: Site) -> None:
    values = asdict(site)
    marks = ", ".join("?" for _ in _COLUMNS)
    row = [list(value) if isinstance(value, tuple) else value for value in (values[c] for c in _COLUMNS)]
    connection.execute(f"INSERT INTO site ({', '.join(_COLUMNS)}) VALUES ({marks})", row)


def _site(row: tuple[Any, ...]) -> Site:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in zip(_COLUMNS, row, strict=True)
    }
    return Site(**values)
