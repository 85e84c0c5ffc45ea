"""Scheduled tasks: when they run, and what they do. docs/reference/tasks.md."""

from __future__ import annotations

import fcntl
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from helpers_import import archive_all, build, hit, import_lines, new_database, numbers, query, record, settings_with
from piwikcli.archive.periods import Period
from piwikcli.archive.tasks import schedule
from piwikcli.archive.tasks.schedule import next_run, run_due, run_named
from piwikcli.errors import UsageError
from piwikcli.store import Database

NOW = datetime(2026, 6, 15, 10, 20, 30)
MARCH = Period.of("month", datetime(2026, 3, 1).date())


def day(text: str) -> Period:
    return Period.of("day", datetime.fromisoformat(text).date())


def due(database: Database, at: datetime, **settings: Any) -> dict[str, str]:
    """Names of the tasks that run at a time, and what they did."""
    given = {name.replace("__", "."): value for name, value in settings.items()}
    return {ran.name: ran.output for ran in run_due(database, settings_with(given), at) or []}


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """2 and 3 March, 1 April and 14 June, archived."""
    made = new_database(tmp_path / "piwik.duckdb")
    times = ("2026-03-02 10:00:00", "2026-03-03 10:00:00", "2026-04-01 10:00:00", "2026-06-14 10:00:00")
    import_lines(made, tmp_path, [hit(at, "/a", ip=f"203.0.113.{n}", user="ann") for n, at in enumerate(times)])
    archive_all(made)
    return made


@pytest.mark.parametrize(
    ("every", "now", "then"),
    [
        ("hourly", "2026-06-15 10:20:30", "2026-06-15 11:00:00"),
        ("hourly", "2026-12-31 23:59:59", "2027-01-01 00:00:00"),
        ("daily", "2026-06-15 00:00:00", "2026-06-16 00:00:00"),
        ("weekly", "2026-06-15 10:20:30", "2026-06-22 00:00:00"),
        ("monthly", "2026-01-31 10:20:30", "2026-02-28 00:00:00"),
        ("monthly", "2026-12-15 10:20:30", "2027-01-15 00:00:00"),
    ],
)
def test_next_times(every: Any, now: str, then: str) -> None:
    assert next_run(every, datetime.fromisoformat(now)) == datetime.fromisoformat(then)


def test_a_new_task_is_scheduled_and_runs_at_its_next_time(database: Database) -> None:
    assert due(database, NOW) == {}
    [(planned,)] = query(database, "SELECT next_run FROM task WHERE name = 'CoreAdminHome.purgeOutdatedArchives'")
    assert planned == datetime(2026, 6, 16)
    assert due(database, datetime(2026, 6, 15, 23, 59, 59)) == {}
    assert list(due(database, datetime(2026, 6, 16))) == [
        "CoreAdminHome.purgeOutdatedArchives",
        "CoreAdminHome.purgeInvalidatedArchives",
    ]  # by priority
    assert due(database, datetime(2026, 6, 16, 1)) == {}


def test_tasks_of_settings_that_are_not_set_are_not_in_the_timetable(database: Database) -> None:
    due(database, NOW)
    names = {name for (name,) in query(database, "SELECT name FROM task")}
    assert "PrivacyManager.deleteLogData" not in names
    due(database, NOW, retention__logs=30)
    names = {name for (name,) in query(database, "SELECT name FROM task")}
    assert "PrivacyManager.deleteLogData" in names
    due(database, NOW)
    names = {name for (name,) in query(database, "SELECT name FROM task")}
    assert "PrivacyManager.deleteLogData" not in names


def test_one_process_runs_tasks_at_a_time(database: Database) -> None:
    due(database, NOW)
    with database.path.with_name(database.path.name + ".tasks.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert run_due(database, settings_with(), datetime(2026, 6, 20)) is None
    assert len(run_due(database, settings_with(), datetime(2026, 6, 20)) or []) == 2


def test_a_failure_is_kept_and_tried_again_an_hour_later_three_times(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"lists__spammers": str(tmp_path / "missing.txt"), "data_dir": str(tmp_path)}
    due(database, NOW, **settings)
    at, hours = datetime(2026, 6, 22), []
    for _ in range(5):
        ran = due(database, at, **settings)
        assert ran["CoreAdminHome.updateSpammerList"].startswith("ERROR: ")
        [(after,)] = query(database, "SELECT next_run FROM task WHERE name = 'CoreAdminHome.updateSpammerList'")
        hours.append((after - at).total_seconds() / 3600)
        at = after
    assert hours == [1, 1, 1, 24 * 7 - 3, 24 * 7]
    (tmp_path / "missing.txt").write_text("spam.example\n")
    assert due(database, at, **settings)["CoreAdminHome.updateSpammerList"] == "spammers.txt replaced (13 bytes)"
    assert (tmp_path / "spammers.txt").read_text() == "spam.example\n"
    [(failures,)] = query(database, "SELECT failures FROM task WHERE name = 'CoreAdminHome.updateSpammerList'")
    assert failures == 0


def test_the_next_time_is_kept_before_a_task_runs(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    due(database, NOW)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(schedule, "_run_one", die)
    with pytest.raises(KeyboardInterrupt):
        due(database, datetime(2026, 6, 16))
    monkeypatch.undo()
    assert list(due(database, datetime(2026, 6, 16))) == ["CoreAdminHome.purgeInvalidatedArchives"]


def test_a_task_runs_by_its_name(database: Database) -> None:
    [ran] = run_named(database, settings_with(), "CoreAdminHome.purgeOrphanedArchives", NOW) or []
    assert ran.output == "0 archives of deleted sites deleted, 0 names that nothing uses"
    with pytest.raises(UsageError, match=r"Did you mean CoreAdminHome\.purgeOutdatedArchives"):
        run_named(database, settings_with(), "CoreAdminHome.purgeOutdatedArchive", NOW)


def test_a_list_that_is_none_does_not_replace_the_old_one(database: Database, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "page.html").write_text("<html>Not found</html>")
    settings = settings_with({"lists.socials": str(tmp_path / "page.html"), "data_dir": str(tmp_path / "data")})
    [ran] = run_named(database, settings, "Referrers.updateSocials", NOW) or []
    assert ran.failed
    assert not (tmp_path / "data" / "Socials.yml").exists()
    (tmp_path / "page.html").write_text("Mastodon:\n  - mastodon.example\n")
    [ran] = run_named(database, settings, "Referrers.updateSocials", NOW) or []
    assert ran.output == "Socials.yml replaced (31 bytes)"


# --- purges ---


def test_archives_of_ranges_go_after_a_day(database: Database) -> None:
    build(database, Period("range", MARCH.date1, MARCH.date2))
    task = "CoreAdminHome.purgeOutdatedArchives"
    assert [ran.output for ran in run_named(database, settings_with(), task, datetime(2026, 1, 1)) or []] == [
        "0 archives of ranges deleted"
    ]
    assert [ran.output for ran in run_named(database, settings_with(), task, datetime(2999, 1, 1)) or []] == [
        "1 archives of ranges deleted"
    ]
    assert query(database, "SELECT count(*) FROM archive WHERE period = 5") == [(0,)]
    assert numbers(database, MARCH)["nb_visits"] == 2


def test_old_logs_go_and_their_archives_stay(database: Database, tmp_path: Path) -> None:
    before = [numbers(database, period) for period in (MARCH, day("2026-03-02"), day("2026-06-14"))]
    year = Period.of("year", MARCH.date1)
    rows = record(database, MARCH, "Actions_actions_url", "nb_hits")
    settings = settings_with({"retention.logs": 30})
    [ran] = run_named(database, settings, "PrivacyManager.deleteLogData", NOW) or []
    assert ran.output == "3 visits deleted"
    assert query(database, "SELECT count(*) FROM visit") == query(database, "SELECT count(*) FROM request") == [(1,)]
    assert sorted(query(database, "SELECT ip FROM client")) == [("",), ("",), ("",), ("203.0.113.3",)]
    # nothing builds them again, not even other settings or a late line for one of the days
    archive_all(database, settings=settings_with({"archiving.maximum_rows.actions": 7}))
    import_lines(database, tmp_path, [hit("2026-03-02 12:00:00", ip="203.0.113.99")], name="late.log")
    archive_all(database)
    build(database, day("2026-03-02"), MARCH, force=True)
    assert [numbers(database, period) for period in (MARCH, day("2026-03-02"), day("2026-06-14"))] == before
    assert record(database, MARCH, "Actions_actions_url", "nb_hits") == rows == {"/a": 2}
    # the year goes on, from its months
    import_lines(database, tmp_path, [hit("2026-06-15 12:00:00", ip="203.0.113.98")], name="new.log")
    archive_all(database)
    assert numbers(database, year)["nb_visits"] == 5


def test_old_reports_go_and_their_numbers_stay(database: Database) -> None:
    settings = settings_with({"retention.reports": 2})
    [ran] = run_named(database, settings, "PrivacyManager.deleteReportData", NOW) or []
    assert ran.output == "reports of 3 archives deleted, their numbers kept"  # two days and a week
    old, kept = day("2026-03-02"), day("2026-06-14")
    rows = "SELECT count(*) FROM archive_row JOIN archive USING (idarchive) WHERE period = 1 AND date1 = ?"
    assert query(database, rows, [old.date1]) == [(0,)]
    assert query(database, rows, [kept.date1]) > [(0,)]
    assert query(database, "SELECT value FROM archive_numeric JOIN archive USING (idarchive) "
                 "WHERE name = 'nb_visits' AND period = 1 ORDER BY date1") == [(1.0,)] * 4  # fmt: skip
    assert archive_all(database) == {}
    # a month that is needed again is built from days that are whole
    build(database, MARCH, force=True)
    assert record(database, MARCH, "Actions_actions_url", "nb_hits") == {"/a": 2}


def test_archives_of_deleted_sites_and_without_data_go(database: Database) -> None:
    with database.write() as connection:
        connection.execute(
            "INSERT INTO archive SELECT 999, 7, 1, date1, date2, '', '', 'done', built FROM archive LIMIT 1"
        )
        connection.execute("DELETE FROM request WHERE day = DATE '2026-04-01'")
        connection.execute("DELETE FROM visit WHERE day = DATE '2026-04-01'")
        connection.execute("UPDATE archive SET state = 'invalid' WHERE DATE '2026-04-01' BETWEEN date1 AND date2")
    [ran] = run_named(database, settings_with(), "CoreAdminHome.purgeOrphanedArchives", NOW) or []
    assert ran.output == "1 archives of deleted sites deleted, 0 names that nothing uses"
    [ran] = run_named(database, settings_with(), "CoreAdminHome.purgeInvalidatedArchives", NOW) or []
    assert ran.output == "3 archives without data deleted"  # day, week, month; the year has other days
    archive_all(database)
    assert numbers(database, Period.of("year", MARCH.date1))["nb_visits"] == 3
