"""`piwik archive`: what it builds, and when a report may do with what is there. docs/explanation/archiving.md."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from helpers_import import archive_all, environment, hit, import_lines, new_database, query, settings_with
from piwikcli.archive import build as building
from piwikcli.archive.tasks.schedule import run_named
from piwikcli.commands import app
from piwikcli.settings import Settings
from piwikcli.store import Database

Captured = pytest.CaptureFixture[str]
TODAY = datetime.now(UTC).date()


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Visits on 2, 3 and 9 March."""
    made = new_database(tmp_path / "piwik.duckdb")
    days = ("2026-03-02", "2026-03-03", "2026-03-09")
    import_lines(made, tmp_path, [hit(f"{day} 10:00:00", "/a") for day in days])
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PIWIK_DB", str(made.path))
    monkeypatch.chdir(tmp_path)
    return made


def archive(capsys: Captured, *line: str, code: int = 0) -> str:
    """What `piwik archive` says."""
    assert app.run(["archive", *line]) == code
    return capsys.readouterr().err


def visits(capsys: Captured, period: str, day: str, **settings: object) -> tuple[object, str]:
    """nb_visits of a report, and what it says beside."""
    for name, value in settings.items():
        assert app.run(["config", "set", name.replace("__", "."), str(value).lower()]) == 0
    capsys.readouterr()
    line = ["report", "VisitsSummary.getVisits", "--period", period, "--date", day, "--format", "json"]
    assert app.run(line) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    return (found["value"] if isinstance(found, dict) else found), err


def states(database: Database) -> dict[str, list[str]]:
    """State -> archives in it, as period id and first day."""
    found: dict[str, list[str]] = {}
    for state, name in query(database, "SELECT state, period || ' ' || date1 FROM archive ORDER BY period, date1"):
        found.setdefault(state, []).append(name)
    return found


def test_a_second_run_has_nothing_to_do(database: Database, capsys: Captured) -> None:
    assert "3 days, 2 weeks, 1 month, 1 year archived" in archive(capsys)
    before = query(database, "SELECT * FROM archive ORDER BY ALL")
    assert archive(capsys) == "site 1 (Example): nothing to do\n"
    assert query(database, "SELECT * FROM archive ORDER BY ALL") == before


def test_a_run_without_work_imports_little(database: Database, tmp_path: Path) -> None:
    program = (
        "import sys; from piwikcli.commands import app; app.run(['archive'])\n"
        "heavy = {'numpy', 'pyarrow', 'piwikcli.plugins.actions', 'rich', 'yaml'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    surroundings = {**environment(tmp_path), "PIWIK_DB": str(database.path)}
    subprocess.run(
        [sys.executable, "-c", "from piwikcli.commands import app; app.run(['archive'])"], env=surroundings
    )
    done = subprocess.run([sys.executable, "-c", program], env=surroundings, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "site 1 (Example): nothing to do\n")


def test_what_was_built_before_a_run_ended_is_kept(
    database: Database, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = building._build_periods

    def die(connection: object, idsite: int, wanted: list[building.Wanted], *more: object) -> None:
        if wanted[0].period.name == "month":
            raise KeyboardInterrupt
        built(connection, idsite, wanted, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(building, "_build_periods", die)
    monkeypatch.setattr(building, "KEEP_AFTER", 0.0)
    with pytest.raises(KeyboardInterrupt):
        archive_all(database)
    monkeypatch.undo()
    assert states(database) == {
        "done": ["1 2026-03-02", "1 2026-03-03", "1 2026-03-09", "2 2026-03-02", "2 2026-03-09"]
    }
    assert archive_all(database) == {"month": 1, "year": 1}


# --- out of date by hand ---


def test_a_day_out_of_date_takes_its_week_month_and_year_along(database: Database, capsys: Captured) -> None:
    archive(capsys)
    assert (
        archive(capsys, "--invalidate", "--period", "day", "--date", "2026-03-03")
        == "4 archives are out of date now\n"
    )
    assert states(database)["invalid"] == ["1 2026-03-03", "2 2026-03-02", "3 2026-03-01", "4 2026-01-01"]
    assert "1 day, 1 week, 1 month, 1 year archived" in archive(capsys)


def test_a_month_out_of_date_takes_its_days_along_when_told_to(database: Database, capsys: Captured) -> None:
    archive(capsys)
    line = ["--invalidate", "--period", "month", "--date", "2026-03-01"]
    assert archive(capsys, *line) == "2 archives are out of date now\n"
    archive(capsys)
    assert archive(capsys, *line, "--cascade") == "7 archives are out of date now\n"
    assert "--invalidate needs --date" in archive(capsys, "--invalidate", code=2)


# --- options of Matomo's archiver ---


def test_matomos_names(database: Database, capsys: Captured) -> None:
    said = archive(
        capsys,
        *("--force-idsites", "1", "--force-periods", "day", "--force-date-range", "2026-03-01,2026-03-05"),
        *(
            "--skip-all-segments",
            "--disable-scheduled-tasks",
            "--url",
            "https://matomo.example",
            "--force-all-websites",
        ),
    )
    assert said.startswith("without effect here: --url, --force-all-websites\nsite 1 (Example): 2 days archived")


def test_sites_are_left_out_and_left_for_later(database: Database, capsys: Captured) -> None:
    assert app.run(["sites", "add", "--name", "two", "--url", "https://two.example"]) == 0
    assert archive(capsys, "--skip-idsites", "1") == "site 2 (two): nothing to do\n"
    said = archive(capsys, "--max-websites-to-process", "1")
    assert said.endswith("1 sites are left for the next run\n")
    assert "no site 7" in archive(capsys, "--skip-idsites", "7", code=2)


# --- reports ---


def test_todays_archive_is_good_for_a_while(database: Database, tmp_path: Path, capsys: Captured) -> None:
    now = datetime.now(UTC)
    first = now - timedelta(seconds=2)
    import_lines(database, tmp_path, [hit(first, "/a")], name="today.log")
    day = str(first.date())
    if first.date() != datetime.now(UTC).date():
        pytest.skip("midnight")
    assert visits(capsys, "day", day) == (1, "")
    import_lines(database, tmp_path, [hit(now, "/a", ip="203.0.113.9")], name="later.log")
    value, said = visits(capsys, "day", day)
    assert value == 1
    assert said.startswith("as of ")
    assert "newer requests wait for piwik archive" in said
    assert visits(capsys, "month", day)[0] == 2  # was not there yet: built, from a day of today
    assert visits(capsys, "day", day) == (2, "")


def test_todays_archive_without_lifetime(database: Database, tmp_path: Path, capsys: Captured) -> None:
    first = datetime.now(UTC) - timedelta(seconds=2)
    import_lines(database, tmp_path, [hit(first, "/a")], name="today.log")
    assert visits(capsys, "day", str(first.date()), archiving__today_lifetime=0) == (1, "")
    import_lines(database, tmp_path, [hit(first, "/a", ip="203.0.113.9")], name="later.log")
    assert visits(capsys, "day", str(first.date())) == (2, "")


def test_another_days_archive_is_built_again_at_once(database: Database, tmp_path: Path, capsys: Captured) -> None:
    assert visits(capsys, "day", "2026-03-02") == (1, "")
    import_lines(database, tmp_path, [hit("2026-03-02 12:00:00", ip="203.0.113.9")], name="late.log")
    assert visits(capsys, "day", "2026-03-02") == (2, "")


def test_without_archives_on_demand(database: Database, tmp_path: Path, capsys: Captured) -> None:
    missing = "no archive of day 2026-03-02 yet: piwik archive builds it\n"
    assert visits(capsys, "day", "2026-03-02", archiving__on_demand=False) == (0, missing)
    assert visits(capsys, "day", "2026-03-04") == (0, "")  # nothing happened then
    archive(capsys)
    assert visits(capsys, "day", "2026-03-02") == (1, "")
    import_lines(database, tmp_path, [hit("2026-03-02 12:00:00", ip="203.0.113.9")], name="late.log")
    value, said = visits(capsys, "day", "2026-03-02")
    assert value == 1  # out of date, and all there is
    assert said.startswith("as of ")
    assert visits(capsys, "range", "2026-03-01,2026-03-03")[0] == 3  # a range is built all the same
    value, said = visits(capsys, "range", "2026-03-02,2026-03-03", archiving__on_demand_ranges=False)
    assert (value, said) == (0, "no archive of range 2026-03-02,2026-03-03 yet: piwik archive builds it\n")
    archive(capsys)
    assert visits(capsys, "day", "2026-03-02") == (2, "")


# --- time zones ---


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Auckland", "Pacific/Pago_Pago"])
def test_days_of_sites_far_from_greenwich(tmp_path: Path, zone: str) -> None:
    """At noon UTC of 2 March it is the 3rd in Kiritimati (+14) and Auckland (+13), the 2nd in Pago Pago (-11)."""
    made = new_database(tmp_path / "piwik.duckdb", timezone=zone)
    import_lines(made, tmp_path, [hit("2026-03-02 12:00:00")])
    archive_all(made, settings=settings_with())
    [(day,)] = query(made, "SELECT date1 FROM archive WHERE period = 1")
    assert day == date(2026, 3, 2 if zone == "Pacific/Pago_Pago" else 3)


def test_custom_ranges_are_built_with_everything_else(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """By default, or alone with --period range; the task that deletes ranges leaves them alone."""

    def choose(text: str) -> None:
        monkeypatch.setenv("PIWIK_ARCHIVING_CUSTOM_RANGES", text)

    said = archive(capsys, "--period", "range", code=2)
    assert "--date A,B or ranges in the setting archiving.custom_ranges" in said
    choose("last30;foo")
    assert "must be ranges with semicolons between them, such as last30;" in archive(
        capsys, "--period", "range", code=2
    )
    choose("2026-03-03,2026-03-09; previous99999")
    assert "archiving.custom_ranges: The date 'previous99999'" in archive(capsys, "--period", "range", code=2)
    choose("2026-03-03,2026-03-09;2026-03-02,2026-03-03;last7")
    assert "3 days archived" in archive(capsys, "--period", "day", "--skip-tasks")
    assert "2 weeks, 1 month, 1 year, 2 ranges archived" in archive(capsys, "--skip-tasks")
    assert "nothing to do" in archive(capsys, "--skip-tasks")
    found = query(
        database,
        "SELECT date1::VARCHAR, value FROM archive JOIN archive_numeric USING (idarchive) "
        "WHERE period = 5 AND name = 'nb_visits' ORDER BY date1",
    )
    assert found == [("2026-03-02", 2.0), ("2026-03-03", 2.0)]
    task, later = "CoreAdminHome.purgeOutdatedArchives", datetime(2999, 1, 1)
    for ranges, gone in (("2026-03-03,2026-03-09;2026-03-02,2026-03-03", 0), ("2026-03-02,2026-03-03", 1)):
        choose(ranges)
        [ran] = run_named(database, Settings.load(), task, later) or []
        assert ran.output == f"{gone} archives of ranges deleted"


def test_nothing_to_archive_and_wrong_words_are_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("PIWIK_DB", str(new_database(tmp_path / "empty.duckdb", site=False).path))
    assert "there is no site yet; import a log first" in archive(capsys)
    assert "--memory-limit: 'lots' is no size such as 1GB" in archive(capsys, "--memory-limit", "lots", code=2)
    both = ("--date", "today", "--force-date-last-n", "3")
    assert "--date and --force-date-last-n both say which dates" in archive(capsys, *both, code=2)


def test_the_last_days_by_matomos_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    made = new_database(tmp_path / "piwik.duckdb")
    days = (TODAY - timedelta(days=n) for n in (0, 2, 4))
    import_lines(made, tmp_path, [hit(f"{day} 00:00:00", "/a") for day in days])
    monkeypatch.setenv("PIWIK_DB", str(made.path))
    assert "2 days archived" in archive(capsys, "--force-date-last-n", "3", "--period", "day", "--skip-tasks")
