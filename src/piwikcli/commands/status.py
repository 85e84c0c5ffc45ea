"""`piwik status`: what the database holds, and how fresh its imports and archives are."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from piwikcli.commands import options, output
from piwikcli.errors import UsageError, nearest

if TYPE_CHECKING:
    from piwikcli.store import Connection

_FORMATS = ("text", "json")

# one row per site; a day is built when it has a finished archive of all visits
_SITES = """
WITH days AS (SELECT DISTINCT idsite, day FROM visit),
built AS (
    SELECT idsite, date1 AS day FROM archive
    WHERE period = 1 AND segment = '' AND state <> 'invalid' GROUP BY ALL
),
pending AS (
    SELECT idsite, count(*) AS days FROM days ANTI JOIN built USING (idsite, day) GROUP BY idsite
),
visits AS (
    SELECT idsite, count(*) AS visits,
           min(visit_first_action_time) AS first_visit, max(visit_last_action_time) AS last_visit
    FROM visit GROUP BY idsite
),
archives AS (
    SELECT idsite, count(*) FILTER (state <> 'invalid') AS archives,
           count(*) FILTER (state = 'invalid') AS invalid, max(built) AS archived
    FROM archive GROUP BY idsite
)
SELECT idsite, name, timezone, coalesce(visits, 0), first_visit, last_visit,
       coalesce(archives, 0), coalesce(invalid, 0), coalesce(days, 0), archived
FROM site
LEFT JOIN visits USING (idsite) LEFT JOIN pending USING (idsite) LEFT JOIN archives USING (idsite)
ORDER BY idsite
"""


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """One site. Times are UTC."""

    idsite: int
    name: str
    timezone: str
    visits: int
    first_visit: datetime | None
    last_visit: datetime | None
    archives: int
    invalid_archives: int
    days_to_archive: int
    """Days with visits that have no finished archive."""
    last_archived: datetime | None


@dataclass(frozen=True, slots=True)
class Status:
    """A database. Times are UTC, `bytes` is its size on disk, `lines` counts log lines by their fate."""

    database: str
    exists: bool
    bytes: int = 0
    imports: int = 0
    interrupted_imports: int = 0
    last_import: datetime | None = None
    lines: dict[str, int] | None = None
    sites: tuple[SiteStatus, ...] = ()


def command(
    format: Annotated[
        str, typer.Option("--format", metavar="text|json", help="json: one object, for monitoring.")
    ] = "text",
    out: options.OutputOption = None,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """Show sites, first and last visits, how fresh imports and archives are, and the database's size.

    Times are UTC.
    """
    if format not in _FORMATS:
        raise UsageError(f"no status format {format}; there are text, json.{nearest(format, _FORMATS)}")
    database = options.open_database(options.load_settings(db=db, lock_timeout=lock_timeout))
    status = Status(database=str(database.path), exists=database.exists())
    if status.exists:
        with database.read() as connection:
            status = read_status(connection, database.path)
    with output.output(out) as stream:
        stream.write(_as_json(status) if format == "json" else _as_text(status))


def read_status(connection: Connection, path: Path) -> Status:
    """What the database says about itself."""
    imports = connection.execute(
        "SELECT count(*), count(*) FILTER (finished IS NULL), max(finished) FROM import"
    ).fetchone() or (0, 0, None)
    lines = connection.execute("SELECT outcome, sum(lines)::BIGINT FROM ledger GROUP BY ALL ORDER BY ALL")
    return Status(
        database=str(path),
        exists=True,
        bytes=sum(file.stat().st_size for file in (path, Path(f"{path}.wal")) if file.exists()),
        imports=imports[0],
        interrupted_imports=imports[1],
        last_import=imports[2],
        lines=dict(lines.fetchall()),
        sites=tuple(SiteStatus(*row) for row in connection.execute(_SITES).fetchall()),
    )


def _as_json(status: Status) -> str:
    return json.dumps(asdict(status), indent=2, ensure_ascii=False, default=str) + "\n"


def _as_text(status: Status) -> str:
    if not status.exists:
        return f"no database yet at {status.database}; piwik import-logs LOG makes it\n"
    lines = [f"Database  {status.database}, {_size(status.bytes)}"]
    if status.last_import is None and not status.imports:
        lines.append("Imports   none yet; piwik import-logs LOG")
    else:
        broken = f", {status.interrupted_imports} unfinished" if status.interrupted_imports else ""
        ended = f"the last ended {_time(status.last_import)}" if status.last_import else "none has ended"
        lines.append(f"Imports   {status.imports}{broken}, {ended}")
        fates = ", ".join(f"{n:,} {fate.replace('_', ' ')}" for fate, n in (status.lines or {}).items())
        lines.append(f"Lines     {fates or 'none'}")
    for site in status.sites:
        lines += ["", *_site_lines(site)]
    if not status.sites:
        lines.append("Sites     none yet; an import makes them, or piwik sites add")
    return "\n".join(lines) + "\n"


def _site_lines(site: SiteStatus) -> list[str]:
    visits = f"{site.visits:,}, from {_time(site.first_visit)} to {_time(site.last_visit)}" if site.visits else "none"
    missing = [
        f"{site.days_to_archive:,} days to build" if site.days_to_archive else "",
        f"{site.invalid_archives:,} out of date" if site.invalid_archives else "",
    ]
    state = ", ".join(filter(None, missing))
    archives = f"{site.archives:,} built" + (f", the last at {_time(site.last_archived)}" if site.archives else "")
    return [
        f"Site {site.idsite}    {site.name} ({site.timezone})",
        f"Visits    {visits}",
        f"Archives  {archives}; " + (f"{state}: piwik archive" if state else "up to date"),
    ]


def _time(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


def _size(count: int) -> str:
    """Bytes for people: 12.6 MB."""
    size: float = count
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
