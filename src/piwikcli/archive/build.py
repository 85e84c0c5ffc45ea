"""Building archives: whatever is missing or out of date, in a few statements per level of periods.

Days come from the logs, weeks, months, years and ranges from their children. Everything that one call
builds of a level becomes visible together. See docs/explanation/archiving.md.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from piwikcli.archive import leaves, rows, slices
from piwikcli.archive.numbers import store_day_numbers, store_period_numbers
from piwikcli.archive.periods import IDS, Period
from piwikcli.errors import UsageError
from piwikcli.plugins import records
from piwikcli.plugins.api import NumericRecord, RowCount, TableRecord
from piwikcli.settings import SETTINGS, Settings
from piwikcli.store import Connection, Database
from piwikcli.store.sites import get as get_site

ACTIONS_AT_ONCE = 8_000_000
"""Days are built in groups of about so many actions, which bounds memory."""


@dataclass(slots=True)
class Built:
    """What a call did for one site: archives per period name, and seconds in all."""

    idsite: int
    periods: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What is configured for archives: row limits (`archiving.maximum_rows.<x>` -> rows; 0 is none), exact uniques.

    An archive remembers what it was built with, the plugins' records included, and is out of date when that changes.
    """

    maximum: Mapping[str, int]
    exact_row_uniques: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        prefix = "archiving.maximum_rows."
        maximum = {name.removeprefix(prefix): settings.integer(name) for name in SETTINGS if name.startswith(prefix)}
        return cls(maximum, settings.flag("archiving.exact_row_uniques"))

    def described(self) -> str:
        words = {
            **dict(sorted(self.maximum.items())),
            "exact_row_uniques": self.exact_row_uniques,
            "records": _declarations(),
        }
        return json.dumps(words, separators=(",", ":"))


@cache
def _declarations() -> str:
    """Changes when a record of an active plugin is added, removed or declared differently."""
    return hashlib.blake2b(repr(records()).encode(), digest_size=8).hexdigest()


Key = tuple[int, date, date]
"""Period id, first and last day."""


def ensure(
    database: Database,
    sites: Sequence[int],
    periods: Iterable[Period],
    segment: str,
    settings: Settings,
    *,
    force: bool = False,
) -> list[Built]:
    """Build the archives of these sites and periods that are missing or out of date, children first.

    Periods without any visit have no archive. `force` builds the wanted periods in any case. Nothing is
    locked when there is nothing to do. `segment` must be empty in this release.
    """
    if segment:
        raise UsageError("segments are not in this release")
    wanted = list(dict.fromkeys(periods))
    limits = Limits.of(settings)
    if not force:
        with database.read() as connection:
            sites = [idsite for idsite in sites if _is_missing(connection, idsite, wanted, limits)]
    done: list[Built] = []
    if not sites:
        return done
    with database.write() as connection:
        for idsite in sites:
            started = time.monotonic()
            built = Built(idsite)
            _build_site(connection, idsite, wanted, limits, force, built)
            built.seconds = time.monotonic() - started
            done.append(built)
    return done


def _is_missing(connection: Connection, idsite: int, wanted: list[Period], limits: Limits) -> bool:
    finished = _finished(connection, idsite, limits)
    candidates = [period for period in wanted if _key(period) not in finished]
    if not candidates:
        return False
    days = _days_with_data(connection, idsite)
    return any(_has_data(period, days) for period in candidates)


def all_periods(connection: Connection, idsite: int, names: Iterable[str]) -> list[Period]:
    """Every day, week, month and year in which the site has data."""
    days = _days_with_data(connection, idsite)
    return [period for name in names for period in sorted({Period.of(name, day) for day in days}, key=_key)]


def _build_site(
    connection: Connection,
    idsite: int,
    wanted: list[Period],
    limits: Limits,
    force: bool,
    built: Built,
) -> None:
    zone = ZoneInfo(get_site(connection, idsite).timezone)
    today = datetime.now(UTC).astimezone(zone).date()
    days = _days_with_data(connection, idsite)
    finished = _finished(connection, idsite, limits)
    plan: dict[int, set[Period]] = defaultdict(set)
    children: dict[Period, list[Period]] = {}

    def add(period: Period, again: bool) -> None:
        if period in plan[period.id] or not _has_data(period, days):
            return
        if _key(period) in finished and not again:
            return
        plan[period.id].add(period)
        if period.name != "day":
            children[period] = [child for child in _children(period, today) if _has_data(child, days)]
            for child in children[period]:
                add(child, False)

    for period in wanted:
        add(period, force)
    for level in sorted(level for level, some in plan.items() if some):
        todo = sorted(plan[level], key=_key)
        if level == IDS["day"]:
            for group in _groups(todo, days):
                _build_days(connection, idsite, group, limits)
        else:
            _build_periods(connection, idsite, todo, children, limits)
        built.periods[todo[0].name] += len(todo)


def _children(period: Period, today: date) -> list[Period]:
    if period.name == "range" and period.date1 == period.date2:
        return [Period.of("day", period.date1)]
    return period.children(today)


def _groups(periods: list[Period], actions: Mapping[date, int]) -> Iterable[list[Period]]:
    group: list[Period] = []
    size = 0
    for period in periods:
        if group and size + actions[period.date1] > ACTIONS_AT_ONCE:
            yield group
            group, size = [], 0
        group.append(period)
        size += actions[period.date1]
    if group:
        yield group


def _build_days(connection: Connection, idsite: int, days: list[Period], limits: Limits) -> None:
    ids = _begin(connection, idsite, days, limits)
    slices.set_building(connection, [(ids[p], idsite, p.date1) for p in days])
    slices.make_visits(connection)
    slices.make_actions(connection)
    tables, numbers, _ = _declared()
    leaves.make_leaves(connection, tables)
    rows.from_leaves(connection, tables)
    _start_numbers(connection)
    store_day_numbers(connection, numbers)
    _finish(connection, ids, limits)


def _build_periods(
    connection: Connection,
    idsite: int,
    periods: list[Period],
    children: Mapping[Period, list[Period]],
    limits: Limits,
) -> None:
    ids = _begin(connection, idsite, periods, limits)
    finished = _finished(connection, idsite, limits)
    pairs = [(ids[p], finished[_key(child)]) for p in periods for child in children[p]]
    connection.execute("CREATE OR REPLACE TEMP TABLE child (idarchive INTEGER, idchild INTEGER)")
    parents, kids = (list(column) for column in zip(*pairs, strict=True))
    connection.execute("INSERT INTO child SELECT unnest(?::INTEGER[]), unnest(?::INTEGER[])", [parents, kids])
    slices.set_building(connection, [(ids[p], idsite, day) for p in periods for day in p.days()])
    tables, numbers, _ = _declared()
    rows.from_children(connection)
    if limits.exact_row_uniques:
        rows.keep_aside(connection)
        slices.make_visits(connection)
        slices.make_actions(connection)
        leaves.make_leaves(connection, tables)
        rows.from_leaves(connection, tables)
        rows.add_exact_uniques(connection)
    _start_numbers(connection)
    store_period_numbers(connection, numbers)
    _finish(connection, ids, limits)


def _declared() -> tuple[list[TableRecord], list[NumericRecord], list[RowCount]]:
    numbers = [record for record in records() if isinstance(record, NumericRecord)]
    counts = [record for record in records() if isinstance(record, RowCount)]
    tables = [record for record in records() if not isinstance(record, (NumericRecord, RowCount))]
    return tables, numbers, counts


def _begin(connection: Connection, idsite: int, periods: list[Period], limits: Limits) -> dict[Period, int]:
    """New archive ids, in state `building`; what they replace goes."""
    found = connection.execute("SELECT coalesce(max(idarchive), 0) FROM archive").fetchall()
    start = int(found[0][0]) + 1
    ids = {period: start + n for n, period in enumerate(periods)}
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE replaced AS SELECT idarchive FROM archive WHERE idsite = ? AND segment = '' "
        "AND list_contains(?::VARCHAR[], period || ' ' || date1 || ' ' || date2)",
        [idsite, [f"{p.id} {p.date1} {p.date2}" for p in periods]],
    )
    for table in ("archive_row", "archive_numeric", "archive"):
        connection.execute(f"DELETE FROM {table} WHERE idarchive IN (SELECT idarchive FROM replaced)")
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    connection.executemany(
        "INSERT INTO archive VALUES (?, ?, ?, ?, ?, '', ?, 'building', ?)",
        [[ids[p], idsite, p.id, p.date1, p.date2, limits.described(), now] for p in periods],
    )
    return ids


def _start_numbers(connection: Connection) -> None:
    connection.execute("CREATE OR REPLACE TEMP TABLE number_of (idarchive INTEGER, name VARCHAR, value DOUBLE)")


def _finish(connection: Connection, ids: Mapping[Period, int], limits: Limits) -> None:
    """Count rows, apply the limits, store, and let readers see the archives."""
    tables, _, counts = _declared()
    rows.count_rows(connection, counts)
    rows.limit(connection, tables, limits.maximum)
    connection.execute("INSERT INTO archive_row BY NAME SELECT * FROM rows")
    connection.execute("INSERT INTO archive_numeric SELECT * FROM number_of WHERE value <> 0")
    connection.execute(
        "UPDATE archive SET state = 'done' WHERE idarchive BETWEEN ? AND ?",
        [min(ids.values()), max(ids.values())],
    )


def _days_with_data(connection: Connection, idsite: int) -> dict[date, int]:
    """Local days with visits or actions -> how many actions."""
    found = connection.execute(
        """
        SELECT day, sum(n)::BIGINT FROM (
            SELECT day, count(*) AS n FROM request WHERE idsite = $1 GROUP BY day
            UNION ALL SELECT DISTINCT day, 0 FROM visit WHERE idsite = $1)
        GROUP BY day
        """,
        [idsite],
    ).fetchall()
    return dict(found)


def _has_data(period: Period, days: Mapping[date, int]) -> bool:
    if period.name == "day":
        return period.date1 in days
    return any(day in period for day in days)


def _finished(connection: Connection, idsite: int, limits: Limits) -> dict[Key, int]:
    found = connection.execute(
        "SELECT period, date1, date2, idarchive FROM archive "
        "WHERE idsite = ? AND segment = '' AND state = 'done' AND settings = ?",
        [idsite, limits.described()],
    ).fetchall()
    return {(period, date1, date2): idarchive for period, date1, date2, idarchive in found}


def _key(period: Period) -> Key:
    return period.id, period.date1, period.date2
