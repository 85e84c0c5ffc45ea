"""What holds for every archive, whatever the log and the way it was built. docs/explanation/archiving.md."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from helpers_import import (
    PIWIK,
    archive_all,
    assert_same,
    build,
    environment,
    facts,
    import_files,
    import_lines,
    new_database,
    query,
    record,
    rich_log,
    settings_with,
    text,
)
from piwikcli.archive.invalidate import invalidate
from piwikcli.archive.periods import Period
from piwikcli.store import Database

FIRST = date(2026, 3, 1)
EXACT = settings_with({"archiving.exact_row_uniques": True})
RANGE = Period("range", FIRST, date(2026, 3, 5))
WEEK = Period.of("week", date(2026, 3, 2))


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """Visitors who are recognised over several days, users on several devices; row uniques are exact."""
    folder = tmp_path_factory.mktemp("exact")
    database = new_database(folder / "piwik.duckdb")
    import_lines(database, folder, rich_log(33, visits=150), format_name="combined")
    build(database, WEEK, RANGE, Period.of("month", FIRST), settings=EXACT)
    return database


def counted(database: Database, period: Period, sql: str) -> dict[str, int]:
    """Distinct things per key, added up by label, from (label, key, thing) rows of the log, by hand."""
    seen: dict[str, dict[Any, set[Any]]] = defaultdict(lambda: defaultdict(set))
    for label, key, thing in query(database, sql, [period.date1, period.date2]):
        seen[label][key].add(thing)
    return {label: sum(len(things) for things in keys.values()) for label, keys in seen.items()}


_VISITS = (
    "FROM visit v JOIN device d USING (iddevice) JOIN location l USING (idlocation) "
    "JOIN referrer r USING (idreferrer)"
)
_BETWEEN = "BETWEEN $1 AND $2"
# record -> (what makes a group of which visitors are counted, label)
DIMENSIONS = {
    "DevicesDetection_browsers": ("d.config_browser_name", "d.config_browser_name"),
    "DevicesDetection_osVersions": ("1", "d.config_os || ';' || d.config_os_version"),
    "UserCountry_country": ("1", "l.country"),
    "VisitTime_serverTime": ("1", "v.start_hour::VARCHAR"),
    "UserId_users": ("1", "v.user_id"),
    "Referrers_type": ("v.idreferrer", "r.type::VARCHAR"),
}


@pytest.mark.parametrize("period", [WEEK, RANGE, Period.of("month", FIRST)], ids=lambda period: period.name)
@pytest.mark.parametrize("name", DIMENSIONS)
def test_exact_visitors_and_users_of_a_dimensions_rows(exact: Database, period: Period, name: str) -> None:
    key, label = DIMENSIONS[name]
    for column, thing in (("nb_uniq_visitors", "v.idvisitor"), ("nb_users", "v.user_id")):
        by_hand = counted(
            exact,
            period,
            f"SELECT {label}, {key}, {thing} {_VISITS} WHERE v.day {_BETWEEN} "
            f"AND {thing} IS NOT NULL AND {label} IS NOT NULL",
        )
        found = {path: n for path, n in record(exact, period, name, column).items() if n}
        assert found == by_hand
        assert by_hand


@pytest.mark.parametrize("period", [WEEK, RANGE], ids=lambda period: period.name)
def test_exact_visitors_of_pages(exact: Database, period: Period) -> None:
    """They are counted per page and then added up in its row; a page counts when it was hit in the period."""
    pages = "a.type = 1 AND x.day BETWEEN $1 AND $2"
    name = "regexp_replace(a.name, '^[^/]*', '')"
    for column, sql in (
        (
            "nb_uniq_visitors",
            "FROM request x JOIN visit v USING (idvisit) JOIN log_action a ON a.idaction = x.idaction_url",
        ),
        ("entry_nb_uniq_visitors", "FROM visit x JOIN log_action a ON a.idaction = x.visit_entry_idaction_url"),
        ("exit_nb_uniq_visitors", "FROM visit x JOIN log_action a ON a.idaction = x.visit_exit_idaction_url"),
    ):
        by_hand = counted(exact, period, f"SELECT {name}, a.idaction, idvisitor {sql} WHERE {pages}")
        found = record(exact, period, "Actions_actions_url", column)
        simple = ("/about", "/shop/tents?page=2", "/m;a=1?c=3")  # pages that are rows of their own
        labels = {"/about": "/about", "/shop/tents?page=2": "shop > /tents?page=2", "/m;a=1?c=3": "/m;a=1?c=3"}
        assert {page: found.get(labels[page]) or 0 for page in simple} == {
            page: by_hand.get(page, 0) for page in simple
        }
        assert any(by_hand.get(page) for page in simple)
    # folders have none: a visitor of two pages would count twice
    assert record(exact, period, "Actions_actions_url", "nb_uniq_visitors")["shop"] is None


def test_rows_have_as_many_exact_visitors_as_days_had_at_most(exact: Database) -> None:
    rows = query(
        exact,
        "SELECT nb_uniq_visitors, sum_daily_nb_uniq_visitors, nb_visits "
        "FROM archive_row JOIN archive USING (idarchive) WHERE period > 1 AND nb_uniq_visitors IS NOT NULL",
    )
    assert len(rows) > 100
    assert all(unique <= daily <= visits for unique, daily, visits in rows)
    assert any(unique < daily for unique, daily, _ in rows)


# --- the way does not matter ---


@pytest.mark.parametrize("seed", range(2))
def test_archives_built_in_pieces_and_after_invalidation_equal_those_from_scratch(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    log = rich_log(50 + seed, visits=40)
    once, pieces = new_database(tmp_path / "once.duckdb"), new_database(tmp_path / "pieces.duckdb")
    import_lines(once, tmp_path, log, format_name="combined")
    archive_all(once)
    cuts = sorted(rng.sample(range(1, len(log)), 3))
    parts = [log[a:b] for a, b in zip([0, *cuts], [*cuts, len(log)], strict=True)]
    rng.shuffle(parts)
    for number, part in enumerate(parts):
        (tmp_path / f"{number}.log").write_bytes(text(part))
        import_files(pieces, tmp_path / f"{number}.log", format_name="combined")
        for _ in range(2):
            kind = rng.choice(("day", "week", "month", "year"))
            period = Period.of(kind, FIRST + timedelta(days=rng.randrange(6)))
            if rng.random() < 0.5:
                build(pieces, period, force=rng.random() < 0.3)
            else:
                with pieces.write() as connection:
                    invalidate(connection, [1], [period], cascade=rng.random() < 0.5)
    archive_all(pieces)
    assert_same(facts(pieces), facts(once))


def test_a_killed_run_leaves_whole_archives_only(tmp_path: Path) -> None:
    """Killed at moments that cover its whole run: what readers see is always what a run to the end makes."""
    whole = new_database(tmp_path / "whole.duckdb")
    import_lines(whole, tmp_path, rich_log(7, visits=60), format_name="combined")
    empty = whole.path.read_bytes()
    surroundings = environment(tmp_path)
    started = time.monotonic()
    subprocess.run([PIWIK, "archive", "-q", "--skip-tasks", "--db", str(whole.path)], env=surroundings, check=True)
    took = time.monotonic() - started
    wanted = _rows(whole)
    kept: list[int] = []
    for step in range(4):
        killed = Database.at(tmp_path / f"killed{step}.duckdb")
        killed.path.write_bytes(empty)
        process = subprocess.Popen([PIWIK, "archive", "-q", "--db", str(killed.path)], env=surroundings)
        time.sleep(took * (0.4 + 0.17 * step))
        process.send_signal(signal.SIGKILL)
        process.wait()
        found = _rows(killed)
        assert query(killed, "SELECT count(*) FROM archive WHERE state <> 'done'") == [(0,)]
        assert all(rows == wanted[key] for key, rows in found.items())
        kept.append(len(found))
        archive_all(killed)
        assert _rows(killed) == wanted
    assert len(wanted) >= max(kept)


def _rows(database: Database) -> dict[tuple[Any, ...], list[tuple[Any, ...]]]:
    """(period, first day) -> numbers and rows of the archive."""
    found: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {
        key: [] for key in query(database, "SELECT period, date1 FROM archive")
    }
    for sql in (
        "SELECT period, date1, name, value FROM archive_numeric JOIN archive USING (idarchive) ORDER BY ALL",
        "SELECT period, date1, record, path, r.* EXCLUDE (idarchive, record, idpath, idaction) FROM archive_row r "
        "JOIN archive USING (idarchive) JOIN archive_path USING (idpath) ORDER BY ALL",
    ):
        for period, first, *row in query(database, sql):
            found[period, first].append(tuple(row))
    return found
