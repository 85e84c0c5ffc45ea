"""Days add up to periods, and only what is missing or out of date is built. docs/explanation/archiving.md."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from helpers_import import (
    SAFARI,
    archive_all,
    assert_same,
    build,
    facts,
    hit,
    import_files,
    import_lines,
    moment,
    new_database,
    numbers,
    query,
    record,
    rich_log,
    settings_with,
    text,
)
from piwikcli.archive.build import ensure
from piwikcli.archive.periods import Period
from piwikcli.archive.rows import COLUMNS, DISTINCT
from piwikcli.store import Database

MARCH = Period.of("month", date(2026, 3, 1))


def day(number: int, month: int = 3) -> Period:
    return Period.of("day", date(2026, month, number))


def span(first: str, last: str) -> Period:
    return Period("range", date.fromisoformat(first), date.fromisoformat(last))


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """Some 70 days from 2026-02-20 on, with visits on most of them; nothing is archived yet."""
    folder = tmp_path_factory.mktemp("archived")
    rng = random.Random(4)
    lines: list[str] = []
    at = moment("2026-02-20 00:00:00")
    while at < moment("2026-05-02 00:00:00"):
        path = rng.choice(("/", "/a/b", "/a/c?x=1", "/search?q=tent", "/files/a.pdf", "/?utm_campaign=x&utm_term=y"))
        who: dict[str, Any] = {"ip": f"203.0.113.{rng.randrange(30)}", "user": rng.choice(("-", "-", "ann", "bob"))}
        referrer = rng.choice(("-", "https://www.google.com/", "https://blog.example.net/x"))
        lines.append(hit(at, path, referrer=referrer, agent=rng.choice((SAFARI, "Mozilla/5.0 Firefox/99.0")), **who))
        at += timedelta(seconds=rng.choice((5, 300, 1700, 8000, 30_000)))
    database = new_database(folder / "piwik.duckdb", timezone="Europe/Berlin")
    import_lines(database, folder, lines)
    return database


def additive(period: Period, database: Database) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """(record, path) -> all columns that add up, with the sums of daily uniques."""
    columns = [name for name in COLUMNS if name not in DISTINCT and name != "max_actions"]
    rows = query(
        database,
        f"SELECT r.record, p.path, {', '.join(columns)} FROM archive_row r JOIN archive USING (idarchive) "
        "JOIN archive_path p USING (idpath) WHERE period = ? AND date1 = ? AND date2 = ?",
        [period.id, period.date1, period.date2],
    )
    return {(row[0], *row[1]): row[2:] for row in rows}


def added_days(period: Period, database: Database) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """The same from the days of the period, by hand."""
    columns = [name for name in COLUMNS if name not in DISTINCT and name != "max_actions"]
    daily = {period_name: name for name, period_name in DISTINCT.items()}
    rows = query(
        database,
        f"SELECT r.record, p.path, {', '.join(daily.get(c, c) for c in columns)} FROM archive_row r "
        "JOIN archive USING (idarchive) JOIN archive_path p USING (idpath) "
        "WHERE period = 1 AND date1 BETWEEN ? AND ?",
        [period.date1, period.date2],
    )
    sums: dict[tuple[Any, ...], list[Any]] = defaultdict(lambda: [None] * len(columns))
    for name, path, *values in rows:
        total = sums[(name, *path)]
        for place, value in enumerate(values):
            if value is not None:
                total[place] = (total[place] or 0) + value
    return {key: tuple(values) for key, values in sums.items()}


@pytest.mark.parametrize(
    "period",
    [
        Period.of("week", date(2026, 3, 4)),
        Period.of("week", date(2026, 4, 1)),  # across a month's end
        Period.of("month", date(2026, 3, 1)),
        Period.of("month", date(2026, 2, 1)),
        Period.of("year", date(2026, 1, 1)),
        span("2026-02-25", "2026-03-06"),
        span("2026-02-20", "2026-05-01"),
    ],
    ids=lambda period: period.slug + period.name,
)
def test_periods_are_the_sums_of_their_days(archived: Database, period: Period) -> None:
    build(archived, period, *(Period.of("day", d) for d in period.days()))
    found, wanted = additive(period, archived), added_days(period, archived)
    assert found.keys() == wanted.keys()
    assert found == wanted
    [(visits, actions, length, bounces, largest)] = query(
        archived,
        "SELECT count(*), sum(visit_total_actions), sum(visit_total_time), "
        "count(*) FILTER (visit_total_actions = 1), max(visit_total_actions) FROM visit WHERE day BETWEEN ? AND ?",
        [period.date1, period.date2],
    )
    totals = numbers(archived, period)
    assert totals["nb_visits"] == visits
    assert totals["nb_actions"] == actions
    assert totals["sum_visit_length"] == length
    assert totals["bounce_count"] == bounces
    assert totals["max_actions"] == largest


def test_a_range_of_one_day_is_that_day(archived: Database) -> None:
    both = (day(4), span("2026-03-04", "2026-03-04"))
    build(archived, *both)
    rows = [
        query(
            archived,
            "SELECT r.* EXCLUDE (idarchive) FROM archive_row r JOIN archive USING (idarchive) "
            "WHERE period = ? AND date1 = ? AND date2 = ? ORDER BY ALL",
            [period.id, period.date1, period.date2],
        )
        for period in both
    ]
    assert rows[0] == rows[1] != []
    assert numbers(archived, both[0]) == numbers(archived, both[1])


@pytest.mark.parametrize("seed", range(6))
def test_unique_visitors_of_any_range_are_counted_exactly(archived: Database, seed: int) -> None:
    rng = random.Random(seed)
    first = date(2026, 2, 20) + timedelta(days=rng.randrange(60))
    period = Period("range", first, first + timedelta(days=rng.randrange(1, 40)))
    build(archived, period)
    found = query(archived, "SELECT idvisitor, user_id FROM visit WHERE day BETWEEN ? AND ?", [first, period.date2])
    assert numbers(archived, period)["nb_uniq_visitors"] == len({visitor for visitor, _ in found})
    assert numbers(archived, period)["nb_users"] == len({user for _, user in found if user})


def test_rows_of_periods_get_exact_uniques_when_asked_for(archived: Database) -> None:
    week = Period.of("week", date(2026, 3, 11))
    build(archived, week)
    plain = record(archived, week, "Referrers_type", "nb_uniq_visitors", "sum_daily_nb_uniq_visitors", "nb_visits")
    exact_settings = settings_with({"archiving.exact_row_uniques": True})
    build(archived, week, settings=exact_settings)
    exact = record(archived, week, "Referrers_type", "nb_uniq_visitors", "sum_daily_nb_uniq_visitors", "nb_visits")
    brute = query(
        archived,
        "SELECT CAST(type AS VARCHAR), sum(n) FROM (SELECT r.type, count(DISTINCT idvisitor) AS n FROM visit "
        "JOIN referrer r USING (idreferrer) WHERE day BETWEEN ? AND ? GROUP BY r.type, r.name, r.keyword, r.url) "
        "GROUP BY 1",
        [week.date1, week.date2],
    )
    assert {label: row[0] for label, row in plain.items()} == dict.fromkeys(plain)
    assert {label: row[0] for label, row in exact.items()} == {label: int(n) for label, n in brute}
    assert {label: row[1:] for label, row in exact.items()} == {label: row[1:] for label, row in plain.items()}


# --- what is built ---


def four_days(tmp_path: Path) -> Database:
    """2 and 3 March, 9 March and 1 April."""
    database = new_database(tmp_path / "piwik.duckdb")
    days = ("2026-03-02", "2026-03-03", "2026-03-09", "2026-04-01")
    import_lines(database, tmp_path, [hit(f"{day} 10:00:00") for day in days])
    return database


def test_everything_is_built_once(tmp_path: Path) -> None:
    database = four_days(tmp_path)
    assert archive_all(database) == {"day": 4, "week": 3, "month": 2, "year": 1}
    before = query(database, "SELECT * FROM archive ORDER BY idarchive")
    assert archive_all(database) == {}
    assert query(database, "SELECT * FROM archive ORDER BY idarchive") == before


def test_days_without_visits_have_no_archive(tmp_path: Path) -> None:
    database = four_days(tmp_path)
    assert ensure(database, [1], [day(4), Period.of("year", date(2025, 1, 1))], "", settings_with()) == []
    build(database, MARCH)
    dates = query(database, "SELECT period, CAST(date1 AS VARCHAR) FROM archive ORDER BY 1, 2")
    assert dates == [(1, "2026-03-02"), (1, "2026-03-03"), (1, "2026-03-09"), *[(2, d) for d in (
        "2026-03-02", "2026-03-09")], (3, "2026-03-01")]  # fmt: skip


def test_late_lines_rebuild_the_days_and_periods_that_they_change(tmp_path: Path) -> None:
    database = four_days(tmp_path)
    build(database, span("2026-03-01", "2026-03-05"), span("2026-03-05", "2026-03-12"))
    archive_all(database)
    late = [hit("2026-03-03 12:00:00", ip="203.0.113.99")]
    import_lines(database, tmp_path, late, name="late.log")
    stale = query(database, "SELECT period, CAST(date1 AS VARCHAR) FROM archive WHERE state <> 'done' ORDER BY 1, 2")
    assert stale == [(1, "2026-03-03"), (2, "2026-03-02"), (3, "2026-03-01"), (4, "2026-01-01"), (5, "2026-03-01")]
    assert archive_all(database) == {"day": 1, "week": 1, "month": 1, "year": 1}
    assert numbers(database, MARCH)["nb_visits"] == 4


def test_importing_nothing_new_leaves_archives_alone(tmp_path: Path) -> None:
    database = four_days(tmp_path)
    archive_all(database)
    import_files(database, tmp_path / "access.log")
    import_lines(
        database, tmp_path, ["garbage", hit("2026-03-02 11:00:00", "/x.css")], name="b.log", format_name="combined"
    )
    assert archive_all(database) == {}


def test_a_visit_that_moves_to_another_day_changes_both(tmp_path: Path) -> None:
    """The visit belongs to the day of its last action."""
    database = new_database(tmp_path / "piwik.duckdb")
    options: dict[str, Any] = {"idsite": 1}
    import_lines(database, tmp_path, [hit("2026-03-02 23:50:00", user="ann")], name="a.log", **options)
    archive_all(database)
    assert numbers(database, day(2))["nb_visits"] == 1
    # a known user's visit ends at midnight, so the next day has one of its own
    import_lines(database, tmp_path, [hit("2026-03-03 00:05:00", user="ann")], name="b.log", **options)
    archive_all(database)
    assert (numbers(database, day(2))["nb_visits"], numbers(database, day(3))["nb_visits"]) == (1, 1)
    assert numbers(database, Period.of("week", date(2026, 3, 2)))["nb_uniq_visitors"] == 1


def test_other_limits_are_other_archives(tmp_path: Path) -> None:
    database = four_days(tmp_path)
    archive_all(database)
    limited = settings_with({"archiving.maximum_rows.actions": 10})
    assert archive_all(database, settings=limited) == {"day": 4, "week": 3, "month": 2, "year": 1}
    assert archive_all(database, settings=limited) == {}


def test_force_builds_again(tmp_path: Path) -> None:
    database = four_days(tmp_path)
    archive_all(database)
    before = facts(database)
    build(database, MARCH, force=True)
    assert_same(facts(database), before)


def test_the_order_of_building_does_not_matter(tmp_path: Path) -> None:
    log = rich_log(21, visits=70)
    once, pieces = new_database(tmp_path / "once.duckdb"), new_database(tmp_path / "pieces.duckdb")
    third = len(log) // 3
    import_lines(once, tmp_path, log)
    archive_all(once)
    for number, part in enumerate((log[2 * third :], log[:third], log[third : 2 * third])):
        (tmp_path / f"{number}.log").write_bytes(text(part))
        import_files(pieces, tmp_path / f"{number}.log", format_name="combined")
        if number == 0:
            build(pieces, Period.of("year", date(2026, 1, 1)))
        else:
            build(pieces, day(5), day(2))
    build(pieces, Period.of("month", date(2026, 3, 1)))
    archive_all(pieces)
    assert_same(facts(pieces), facts(once))


# --- days of the site ---


@pytest.mark.parametrize(
    ("timezone", "times", "expected"),
    [
        ("UTC", ("2026-03-02 23:59:59", "2026-03-03 00:00:00"), {2: 1, 3: 1}),
        ("Europe/Berlin", ("2026-03-02 22:59:59", "2026-03-02 23:00:00"), {2: 1, 3: 1}),
        ("Asia/Kathmandu", ("2026-03-02 18:14:59", "2026-03-02 18:15:00"), {2: 1, 3: 1}),
        ("UTC+5.75", ("2026-03-02 18:14:59", "2026-03-02 18:15:00"), {2: 1, 3: 1}),
        ("UTC-3.5", ("2026-03-03 03:29:59", "2026-03-03 03:30:00"), {2: 1, 3: 1}),
        ("America/New_York", ("2026-03-03 04:59:59", "2026-03-03 05:00:00"), {2: 1, 3: 1}),
        # the day on which clocks go forward has 23 hours: from 23:00 to 22:00 UTC
        ("Europe/Berlin", ("2026-03-28 22:59:59", "2026-03-28 23:00:00", "2026-03-29 21:59:59"), {28: 1, 29: 2}),
        ("Europe/Berlin", ("2026-03-29 21:59:59", "2026-03-29 22:00:00"), {29: 1, 30: 1}),
    ],
)
def test_days_are_the_sites(tmp_path: Path, timezone: str, times: tuple[str, ...], expected: dict[int, int]) -> None:
    database = new_database(tmp_path / "piwik.duckdb", timezone=timezone)
    import_lines(database, tmp_path, [hit(time, ip=f"203.0.113.{n}") for n, time in enumerate(times)])
    archive_all(database)
    assert {number: numbers(database, day(number))["nb_visits"] for number in expected} == expected


def test_hours_of_the_day_on_which_clocks_go_back(tmp_path: Path) -> None:
    """25 October 2026 has the hour from 2 to 3 twice."""
    database = new_database(tmp_path / "piwik.duckdb", timezone="Europe/Berlin")
    times = ("2026-10-24 22:00:00", "2026-10-25 00:30:00", "2026-10-25 01:30:00", "2026-10-25 22:59:59")
    import_lines(database, tmp_path, [hit(time, ip=f"203.0.113.{n}") for n, time in enumerate(times)])
    archive_all(database)
    assert numbers(database, day(25, 10))["nb_visits"] == 4
    hours = record(database, day(25, 10), "VisitTime_serverTime", "nb_visits")
    assert {hour: n for hour, n in hours.items() if n} == {"0": 1, "2": 2, "23": 1}


def test_a_visit_over_midnight_is_of_its_last_day_its_actions_of_their_own(tmp_path: Path) -> None:
    """With a site that changed its zone, or a user's visit, an action may lie on another day than its visit."""
    database = new_database(tmp_path / "piwik.duckdb")
    import_lines(database, tmp_path, [hit("23:58:00", "/a"), hit("2026-03-03 00:01:00", "/b")])
    with database.write() as connection:  # one visit of both, as an installation without midnight rule has it
        connection.execute(
            "UPDATE request SET idvisit = (SELECT min(idvisit) FROM visit);"
            "DELETE FROM visit WHERE idvisit > (SELECT min(idvisit) FROM visit);"
            "UPDATE visit SET day = DATE '2026-03-03', visit_total_actions = 2, visit_total_time = 181,"
            " visit_last_action_time = TIMESTAMP '2026-03-03 00:01:00'"
        )
    archive_all(database)
    assert "nb_visits" not in numbers(database, day(2))
    assert numbers(database, day(2))["Actions_nb_pageviews"] == 1
    assert numbers(database, day(3))["nb_visits"] == 1
    assert numbers(database, day(3))["nb_actions"] == 2
    assert record(database, day(2), "Actions_actions_url", "nb_hits") == {"/a": 1}
    assert record(database, day(3), "Actions_actions_url", "nb_hits") == {"/b": 1}
