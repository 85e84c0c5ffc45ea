"""Building archives: whatever is missing or out of date, in a few statements per level of periods.

Days come from the logs, weeks, months, years and ranges from their children. Everything that one call
builds of a level becomes visible together. See docs/explanation/archiving.md.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from piwikcli.archive import conversions, details, rows, slices, tracked
from piwikcli.archive.aggregate import make_leaves
from piwikcli.archive.declarations import Declared
from piwikcli.archive.families import families
from piwikcli.archive.limits import Limits, remember_declarations
from piwikcli.archive.numbers import store_day_numbers, store_period_numbers
from piwikcli.archive.periods import IDS, Period
from piwikcli.plugins import records
from piwikcli.settings import Settings
from piwikcli.store import Connection, Database, keep, number
from piwikcli.store.retention import deleted_before
from piwikcli.store.sites import get as get_site

KEEP_AFTER = 5.0
"""What was built is committed when a level of periods took longer than so many seconds: commits have a price."""

ACTIONS_AT_ONCE = 8_000_000
"""Days are built in groups of about so many actions, which bounds memory."""


@dataclass(slots=True)
class Built:
    """What a call did for one site: archives per period name, and seconds in all."""

    idsite: int
    periods: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """An archive of a site: a period of all visits (segment '') or of a segment's (its normal form)."""

    segment: str
    period: Period

    @property
    def key(self) -> Key:
        return self.segment, self.period.id, self.period.date1, self.period.date2


Key = tuple[str, int, date, date]
"""Segment, period id, first and last day."""


def ensure(
    database: Database,
    sites: Sequence[int],
    periods: Iterable[Period],
    segments: str | Sequence[str],
    settings: Settings,
    *,
    force: bool = False,
) -> list[Built]:
    """Build the archives of these sites, periods and segments that are missing or out of date, children first.

    Periods without any visit have no archive. `force` builds the wanted periods in any case. Nothing is
    locked when there is nothing to do. Segments that are built by one call share the work; '' is all visits.
    """
    segments = [segments] if isinstance(segments, str) else segments
    wanted = list(dict.fromkeys(Wanted(segment, period) for segment in segments for period in periods))
    limits = Limits.of(settings)
    if not force:
        with database.read() as connection:
            sites = [idsite for idsite in sites if _is_missing(connection, idsite, wanted, limits)]
    done: list[Built] = []
    if not sites:
        return done
    with database.write() as connection:
        remember_declarations(connection)
        for idsite in sites:
            started = time.monotonic()
            built = Built(idsite)
            _build_site(connection, idsite, wanted, limits, force, built)
            built.seconds = time.monotonic() - started
            done.append(built)
    return done


def _is_missing(connection: Connection, idsite: int, wanted: list[Wanted], limits: Limits) -> bool:
    finished = _finished(connection, idsite, limits)
    candidates = {one.period for one in wanted if not finished.has(one)}
    if not candidates:
        return False
    days = _days_with_data(connection, idsite)
    return any(_has_data(period, days) for period in candidates)


def all_periods(connection: Connection, idsite: int, names: Iterable[str]) -> list[Period]:
    """Every day, week, month and year in which the site has data."""
    days = _days_with_data(connection, idsite)
    return [period for name in names for period in sorted({Period.of(name, day) for day in days}, key=_first)]


def _build_site(
    connection: Connection,
    idsite: int,
    wanted: list[Wanted],
    limits: Limits,
    force: bool,
    built: Built,
) -> None:
    zone = get_site(connection, idsite).zone
    today = datetime.now(UTC).astimezone(zone).date()
    days = _days_with_data(connection, idsite)
    finished = _finished(connection, idsite, limits)
    complete = deleted_before(connection)
    plan: dict[int, dict[Wanted, None]] = defaultdict(dict)
    children: dict[Wanted, list[Wanted]] = {}

    def add(one: Wanted, again: bool, wanted_itself: bool = False) -> None:
        if one in plan[one.period.id] or one.period.date2 < complete or not _has_data(one.period, days):
            return
        if not again and (one.key in finished.whole or (wanted_itself and one.key in finished.basic)):
            return
        plan[one.period.id][one] = None
        if one.period.name != "day":
            below = (Wanted(one.segment, child) for child in _children(one.period, today) if _has_data(child, days))
            children[one] = [
                child for child in below if child.period.date2 >= complete or child.key in finished.whole
            ]
            for child in children[one]:
                add(child, False)

    for one in wanted:
        add(one, force, True)
    kept = time.monotonic()
    for level in sorted(level for level, some in plan.items() if some):
        todo = sorted(plan[level], key=lambda one: _first(one.period))
        if level == IDS["day"]:
            for group in _groups(todo, days):
                _build_days(connection, idsite, group, limits)
                kept = _keep(connection, kept)
        else:
            _build_periods(connection, idsite, todo, children, limits)
            kept = _keep(connection, kept)
        built.periods[todo[0].period.name] += len(todo)


def _keep(connection: Connection, kept: float) -> float:
    """Commit what was built if the last commit was at `kept`, a while ago; when it was now."""
    if time.monotonic() - kept < KEEP_AFTER:
        return kept
    keep(connection)
    return time.monotonic()


def _children(period: Period, today: date) -> list[Period]:
    if period.name == "range" and period.date1 == period.date2:
        return [Period.of("day", period.date1)]
    return period.children(today)


def _groups(wanted: list[Wanted], actions: Mapping[date, int]) -> Iterable[list[Wanted]]:
    group: list[Wanted] = []
    size = 0
    for one in wanted:
        if group and size + actions[one.period.date1] > ACTIONS_AT_ONCE:
            yield group
            group, size = [], 0
        group.append(one)
        size += actions[one.period.date1]
    if group:
        yield group


def _build_days(connection: Connection, idsite: int, days: list[Wanted], limits: Limits) -> None:
    ids = _begin(connection, idsite, days, limits)
    _slice(connection, idsite, ids)
    slices.make_visits(connection)
    slices.make_actions(connection)
    is_tracked = tracked.make_tracked(connection)
    declared = Declared.of(records(), connection, idsite)
    details.start(connection)
    some = families(declared.tables)
    make_leaves(connection, some, tracked=is_tracked)
    rows.from_leaves(connection, some)
    details.from_leaves(connection)
    _start_numbers(connection)
    store_day_numbers(connection, declared.numbers, tracked=is_tracked)
    if is_tracked:
        conversions.store_day_numbers(connection, declared.conversion_numbers)
    _finish(connection, ids, limits, declared)


def _build_periods(
    connection: Connection,
    idsite: int,
    periods: list[Wanted],
    children: Mapping[Wanted, list[Wanted]],
    limits: Limits,
) -> None:
    ids = _begin(connection, idsite, periods, limits)
    finished = _finished(connection, idsite, limits).whole
    pairs = [(ids[one], finished[child.key]) for one in periods for child in children[one]]
    connection.execute("CREATE OR REPLACE TEMP TABLE child (idarchive INTEGER, idchild INTEGER)")
    parents, kids = (list(column) for column in zip(*pairs, strict=True))
    connection.execute("INSERT INTO child SELECT unnest(?::INTEGER[]), unnest(?::INTEGER[])", [parents, kids])
    _slice(connection, idsite, ids)
    declared = Declared.of(records(), connection, idsite)
    some = families(declared.tables)
    rows.from_children(connection, some)
    details.from_children(connection)
    if limits.exact_row_uniques:
        rows.keep_aside(connection)
        slices.make_visits(connection)
        slices.make_actions(connection)
        is_tracked = tracked.make_tracked(connection)
        details.start(connection)
        make_leaves(connection, some, tracked=is_tracked)
        rows.from_leaves(connection, some)
        rows.add_exact_uniques(connection)
    _start_numbers(connection)
    store_period_numbers(connection, declared.numbers, declared.conversion_numbers)
    _finish(connection, ids, limits, declared)


def _slice(connection: Connection, idsite: int, ids: Mapping[Wanted, int]) -> None:
    """Say what is being built, and which visits the segments among it select."""
    from piwikcli.archive.segments import catalogue, define, make_members

    names = sorted({one.segment for one in ids} - {""})
    numbers = {"": 0, **{name: n for n, name in enumerate(names, 1)}}
    slices.set_building(connection, idsite, [(ids[one], numbers[one.segment], one.period) for one in ids])
    known = catalogue(connection, idsite) if names else {}
    make_members(
        connection,
        idsite,
        {numbers[name]: define(name, known) for name in names},
        min(one.period.date1 for one in ids),
        max(one.period.date2 for one in ids),
    )
    slices.make_views(connection, all_visits=any(not one.segment for one in ids), segments=bool(names))


def _begin(connection: Connection, idsite: int, wanted: list[Wanted], limits: Limits) -> dict[Wanted, int]:
    """New archive ids, in state `building`; what they replace goes."""
    found = connection.execute("SELECT coalesce(max(idarchive), 0) FROM archive").fetchall()
    start = int(found[0][0]) + 1
    ids = {one: start + n for n, one in enumerate(wanted)}
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    connection.execute("CREATE OR REPLACE TEMP TABLE begun AS SELECT * FROM archive LIMIT 0")
    connection.execute(
        """
        INSERT INTO begun
        SELECT unnest($1::INTEGER[]), $2, unnest($3::UTINYINT[]), unnest($4::DATE[]), unnest($5::DATE[]),
               unnest($6::VARCHAR[]), $7, 'building', $8
        """,
        [
            list(ids.values()),
            idsite,
            [one.period.id for one in wanted],
            [one.period.date1 for one in wanted],
            [one.period.date2 for one in wanted],
            [one.segment for one in wanted],
            limits.described(),
            now,
        ],
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE replaced AS
        SELECT a.idarchive FROM archive a SEMI JOIN begun USING (idsite, period, date1, date2, segment)
        """
    )
    replaces = number(connection, "SELECT count(*) FROM replaced")
    for table in ("archive_row", "archive_goal", "archive_metric", "archive_numeric", "archive") if replaces else ():
        connection.execute(f"DELETE FROM {table} WHERE idarchive IN (SELECT idarchive FROM replaced)")
    connection.execute("INSERT INTO archive SELECT * FROM begun")
    return ids


def _start_numbers(connection: Connection) -> None:
    connection.execute("CREATE OR REPLACE TEMP TABLE number_of (idarchive INTEGER, name VARCHAR, value DOUBLE)")


def _finish(connection: Connection, ids: Mapping[Wanted, int], limits: Limits, declared: Declared) -> None:
    """Count rows, apply the limits, store, and let readers see the archives."""
    rows.count_rows(connection, declared.counts)
    rows.limit(connection, declared.tables, limits.maximum)
    connection.execute("INSERT INTO archive_row BY NAME SELECT * FROM rows")
    details.store(connection)
    connection.execute("INSERT INTO archive_numeric SELECT * FROM number_of WHERE value <> 0")
    connection.execute(
        "UPDATE archive SET state = 'done' WHERE idarchive BETWEEN ? AND ?",
        [min(ids.values()), max(ids.values())],
    )


def _days_with_data(connection: Connection, idsite: int) -> dict[date, int]:
    """Local days with visits or actions, or with an archive of visits that are deleted -> how many actions."""
    found = connection.execute(
        """
        SELECT day, sum(n)::BIGINT FROM (
            SELECT day, count(*) AS n FROM request WHERE idsite = $1 AND day >= $2 GROUP BY day
            UNION ALL SELECT DISTINCT day, 0 FROM visit WHERE idsite = $1 AND day >= $2
            UNION ALL SELECT date1, 0 FROM archive WHERE idsite = $1 AND period = 1 AND segment = '' AND date1 < $2)
        GROUP BY day
        """,
        [idsite, deleted_before(connection)],
    ).fetchall()
    return dict(found)


def _has_data(period: Period, days: Mapping[date, int]) -> bool:
    if period.name == "day":
        return period.date1 in days
    return any(day in period for day in days)


@dataclass(frozen=True, slots=True)
class _Finished:
    """Archives that need not be built. Some of them keep numbers only: nothing else can be built from these."""

    whole: Mapping[Key, int]
    basic: frozenset[Key]

    def has(self, one: Wanted) -> bool:
        return one.key in self.whole or one.key in self.basic


def _finished(connection: Connection, idsite: int, limits: Limits) -> _Finished:
    """The site's archives that were built with these limits, or whose visits are deleted (docs/how-to/privacy.md)."""
    found = connection.execute(
        "SELECT segment, period, date1, date2, idarchive, state = 'basic' AND date2 >= $3 FROM archive "
        "WHERE idsite = $1 AND (date2 < $3 OR state = 'basic' OR state = 'done' AND settings = $2)",
        [idsite, limits.described(connection), deleted_before(connection)],
    ).fetchall()
    return _Finished(
        {tuple(key): idarchive for *key, idarchive, basic in found if not basic},
        frozenset(tuple(key) for *key, _, basic in found if basic),
    )


def _first(period: Period) -> tuple[int, date, date]:
    return period.id, period.date1, period.date2
