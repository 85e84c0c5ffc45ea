"""Small logs, imports of them, and everything that a database then knows, without its ids."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from piwikcli.archive.build import all_periods, ensure
from piwikcli.archive.periods import Period
from piwikcli.ingest.formats import Choice
from piwikcli.ingest.importer import Importer, ImportOptions
from piwikcli.ingest.rules import Rules
from piwikcli.ingest.sitebook import SiteOptions
from piwikcli.ingest.summary import Summary
from piwikcli.settings import Settings
from piwikcli.store import Database, sites

PIWIK = str(Path(sys.executable).with_name("piwik"))
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/17.5 Mobile/15E148 Safari/604.1"
)
SECRET = "0123456789abcdef0123456789abcdef"
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday."""


def moment(text: str) -> datetime:
    """`2026-03-02 10:00:00`, or only a time of that day, in UTC."""
    return datetime.fromisoformat(text if "-" in text else f"2026-03-02 {text}").replace(tzinfo=UTC)


def hit(
    time: str | datetime,
    path: str = "/",
    *,
    ip: str = "203.0.113.1",
    user: str = "-",
    agent: str = FIREFOX,
    referrer: str = "-",
    status: int = 200,
    host: str | None = None,
    zone: int = 0,
) -> str:
    """A line of the combined format (with `host`, of the one with virtual hosts). `zone` in minutes."""
    at = (moment(time) if isinstance(time, str) else time).astimezone(timezone(timedelta(minutes=zone)))
    client = f"{host}:443 {ip}" if host else ip
    return f'{client} - {user} [{at:%d/%b/%Y:%H:%M:%S %z}] "GET {path} HTTP/1.1" {status} 512 "{referrer}" "{agent}"'


def text(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def new_database(path: Path, *, timezone: str = "UTC", site: bool = True, **settings: Any) -> Database:
    """A database whose secret is always the same, with site 1 (http://example.org)."""
    database = Database.at(path)
    with database.write() as connection:
        connection.execute("UPDATE option SET value = ? WHERE name = 'visitors.secret'", [SECRET])
        if site:
            urls = settings.pop("urls", ["http://example.org"])
            sites.add(connection, name="Example", urls=urls, timezone=timezone, **settings)
    return database


def import_files(
    database: Database, *files: Path | str, rules: Rules | None = None, idsite: int | None = 1, **options: Any
) -> Summary:
    choice = Choice(name=options.pop("format_name", None))
    chosen = ImportOptions(rules=rules or Rules(), sites=SiteOptions(idsite), choice=choice, batch_bytes=1 << 20)
    return Importer(database, replace(chosen, **options)).run([str(file) for file in files])


def import_lines(
    database: Database, folder: Path, lines: Iterable[str], *, name: str = "access.log", **options: Any
) -> Summary:
    file = folder / name
    file.write_bytes(text(lines))
    return import_files(database, file, **options)


def query(database: Database, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return connection.execute(sql, parameters).fetchall()


def settings_with(values: dict[str, object] | None = None) -> Settings:
    return Settings.load(values, environment={}, directory=Path("/nonexistent"))


def archive_all(
    database: Database,
    *,
    settings: Settings | None = None,
    names: Sequence[str] = ("day", "week", "month", "year"),
) -> dict[str, int]:
    """Build what is missing of every site; how many archives of each period were built."""
    built: dict[str, int] = {}
    with database.read() as connection:
        wanted = {s.idsite: all_periods(connection, s.idsite, names) for s in sites.all_sites(connection)}
    for idsite, periods in wanted.items():
        for one in ensure(database, [idsite], periods, "", settings or settings_with()):
            for name, count in one.periods.items():
                built[name] = built.get(name, 0) + count
    return built


def build(
    database: Database,
    *periods: Period,
    settings: Settings | None = None,
    idsite: int = 1,
    force: bool = False,
) -> None:
    ensure(database, [idsite], periods, "", settings or settings_with(), force=force)


def record(database: Database, period: Period, name: str, *columns: str, idsite: int = 1) -> dict[Any, Any]:
    """A record's rows: label path (joined with ` > `) -> the column's value, or a tuple of them."""
    wanted = ", ".join(f"r.{column}" for column in columns)
    rows = query(
        database,
        f"""
        SELECT array_to_string(p.path, ' > '), {wanted}
        FROM archive_row r JOIN archive a USING (idarchive) JOIN archive_path p USING (idpath)
        WHERE a.idsite = ? AND a.period = ? AND a.date1 = ? AND a.date2 = ? AND r.record = ?
          AND a.state = 'done'
        """,
        [idsite, period.id, period.date1, period.date2, name],
    )
    return {row[0].replace("\x01others", "Others"): row[1] if len(columns) == 1 else row[1:] for row in rows}


def numbers(database: Database, period: Period, *, idsite: int = 1) -> dict[str, float]:
    rows = query(
        database,
        "SELECT name, value FROM archive_numeric JOIN archive USING (idarchive) "
        "WHERE idsite = ? AND period = ? AND date1 = ? AND date2 = ? AND state = 'done'",
        [idsite, period.id, period.date1, period.date2],
    )
    return dict(rows)


# --- everything that a database knows ---

_OWN_IDS = {
    # what a table's own rows are called; where a line stood, which differs when a log is cut
    "visit": {"idvisit"},
    "request": {"idrequest", "idsource", "byte_offset"},
    "log_action": {"idaction"},
    "device": {"iddevice"},
    "location": {"idlocation"},
    "client": {"idclient"},
    "referrer": {"idreferrer"},
    "archive": {"idarchive", "built"},
    "reject": {"idimport", "idsource", "line", "byte_offset"},
}
TABLES = (*_OWN_IDS, "archive_row", "archive_numeric")


def facts(database: Database, *, places: bool = False) -> dict[str, list[tuple[Any, ...]]]:
    """Every table as a sorted list of rows, all columns, ids replaced by what they stand for.

    With `places` rows also keep where their lines stood: byte offsets, and line numbers of rejects.
    """
    with database.read() as connection:
        tables = {name: _rows(connection, name) for name in TABLES}
        ledger = connection.execute(
            "SELECT outcome, reason, sum(lines)::BIGINT FROM ledger WHERE outcome <> 'already_imported' "
            "GROUP BY ALL HAVING sum(lines) <> 0"
        ).fetchall()
        paths = connection.execute("SELECT idpath, path FROM archive_path").fetchall()
    meaning = _meanings(tables, dict(paths))
    found: dict[str, list[tuple[Any, ...]]] = {"ledger": sorted(ledger)}
    for name, rows in tables.items():
        own = _OWN_IDS.get(name, set()) - ({"byte_offset", "line"} if places else set())
        found[name] = sorted(
            (
                tuple(_meant(column, value, meaning) for column, value in row.items() if column not in own)
                for row in rows
            ),
            key=repr,
        )
    return found


def _rows(connection: Any, table: str) -> list[dict[str, Any]]:
    result = connection.execute(f"SELECT * FROM {table}")
    columns = [column[0] for column in result.description]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def _meanings(tables: dict[str, list[dict[str, Any]]], paths: dict[int, Any]) -> dict[str, dict[Any, Any]]:
    """Kind of id -> id -> what it stands for."""

    def plain(table: str, key: str, *columns: str) -> dict[Any, Any]:
        return {row[key]: tuple(row[column] for column in columns) for row in tables[table]}

    known: dict[str, dict[Any, Any]] = {
        "action": {None: None, 0: "undefined", **plain("log_action", "idaction", "name", "type")},
        "device": plain("device", "iddevice", "user_agent"),
        "location": plain(
            "location", "idlocation", "country", "region", "region_name", "city", "latitude", "longitude"
        ),
        "referrer": plain("referrer", "idreferrer", "type", "name", "keyword", "url", "keyword_from_host"),
        "visit": plain("visit", "idvisit", "idsite", "config_id", "visit_first_action_time"),
        "path": paths,
        "archive": plain("archive", "idarchive", "idsite", "period", "date1", "date2", "segment"),
    }
    known["client"] = {
        row["idclient"]: (
            row["ip"],
            row["language"],
            known["device"][row["iddevice"]],
            known["location"][row["idlocation"]],
        )
        for row in tables["client"]
    }
    known["first"] = {
        row["idrequest"]: (
            row["server_time"],
            row["kind"],
            known["action"][row["idaction_url"]],
            row["user_id"],
        )
        for row in tables["request"]
    }
    return known


def _meant(column: str, value: Any, meaning: dict[str, dict[Any, Any]]) -> Any:
    if "idaction" in column:
        return meaning["action"][value]
    if column.startswith("id") and column not in ("idsite", "idvisitor", "idsource", "idimport"):
        return meaning[column.removeprefix("id")][value]  # KeyError: an id that this module does not know yet
    return value


def assert_same(found: dict[str, list[tuple[Any, ...]]], wanted: dict[str, list[tuple[Any, ...]]]) -> None:
    """Equal, table by table; says which rows are only on one side."""
    for name, rows in wanted.items():
        if found[name] != rows:
            left, right = {*map(repr, found[name])}, {*map(repr, rows)}
            extra, missing = sorted(left - right)[:3], sorted(right - left)[:3]
            raise AssertionError(
                f"table {name} ({len(found[name])} rows for {len(rows)}):\n  too much {extra}\n  missing  {missing}"
            )


# --- logs with everything in them ---

_CAMPAIGNS = (
    *("?utm_campaign=spring&utm_term=tents", "?utm_campaign=Spring&utm_term=tents", "?pk_campaign=autumn"),
    *("?mtm_campaign=spring&mtm_kwd=boots", "?utm_campaign=winter"),
)
_REFERRERS = (
    *("https://www.google.com/search?q=tents", "https://www.facebook.com/", "https://blog.example.net/a?b=1"),
    *("http://example.org/internal", "https://duckduckgo.com/"),
)
_PAGES = (
    *("/", "/shop/", "/shop/tents?page=2", "/shop/tents?page=2&sid=1", "/about", "/a/b/c/d/e/f/g/h/i/j/k/l"),
    *("/search?q=tent", "/search?q=tent&cat=gear&search_count=0", "/search?q=Boots", "/files/list.pdf"),
    *("/files/a.zip", "/m;a=1?c=3", "/caf%C3%A9"),
)


def rich_log(seed: int, visits: int = 60, *, days: int = 4, users: bool = True, host: bool = False) -> list[str]:
    """Lines of different seconds, in order of time: campaigns in mid-visit, users on several devices, searches,
    downloads, pauses around half an hour, midnights, errors, bots, static files, garbage."""
    rng = random.Random(seed)
    agents = (FIREFOX, SAFARI, "curl/8.4.0")
    lines: dict[int, str] = {}
    for _ in range(visits):
        at = rng.randrange(days * 86400)
        if rng.random() < 0.25:
            at = at // 86400 * 86400 + 86400 - rng.randrange(900)  # goes on after midnight
        ip, agent = f"203.0.113.{rng.randrange(8)}", rng.choice(agents[:2])
        user = f"user{rng.randrange(3)}" if users and rng.random() < 0.2 else "-"
        referrer = rng.choice(_REFERRERS) if rng.random() < 0.5 else "-"
        for _ in range(rng.choice((1, 1, 2, 4, 7))):
            path, status = rng.choice(_PAGES), 200
            chance = rng.random()
            if chance < 0.15:
                path = f"/shop/{rng.choice(_CAMPAIGNS)}"
            elif chance < 0.2:
                path, status = "/gone", 404
            elif chance < 0.25:
                path = "/style.css"
            while at in lines:
                at += 1
            lines[at] = hit(
                MIDNIGHT + timedelta(seconds=at),
                path,
                ip=ip,
                agent=agent if chance < 0.97 else agents[2],
                user=user if chance < 0.9 else "-",
                referrer=referrer if chance < 0.7 else rng.choice(_REFERRERS),
                status=status,
                host=rng.choice(("example.org", "www.example.org")) if host else None,
                zone=60,
            )
            at += rng.choice((1, 5, 60, 700, 1799, 1800, 1801, 4000))
    ordered = [lines[at] for at in sorted(lines)]
    for _ in range(visits // 15):
        ordered.insert(rng.randrange(1, len(ordered)), f"garbage {rng.random()}")
    return ordered


def environment(folder: Path) -> dict[str, str]:
    """The environment of a `piwik` process of its own, with folders of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIWIK_")}
    return {**kept, "XDG_CONFIG_HOME": str(folder / "config"), "XDG_DATA_HOME": str(folder / "data")}
