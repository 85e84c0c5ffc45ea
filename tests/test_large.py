"""Reports of very many rows: the same rows in the same order as the usual way, in bounded memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from piwikcli.commands.app import run
from piwikcli.store import Database

ROWS = 600


def fill(path: Path, rows: int, days: int = 1) -> None:
    """Days of page URLs: half at the root, half in folders of folders, with ties and missing columns."""
    with Database.at(path).write() as connection:
        connection.execute(
            f"CREATE TEMP TABLE day AS SELECT i + 1 AS idarchive, DATE '2026-03-01' + i::INTEGER AS day "
            f"FROM range({days}) t(i)"
        )
        connection.execute("INSERT INTO archive SELECT idarchive, 1, 1, day, day, '', '', 'done', day FROM day")
        connection.execute("INSERT INTO archive_numeric SELECT idarchive, 'nb_visits', 1 FROM day")
        folders = max(2, rows // 100)
        connection.execute(
            f"""
            CREATE TEMP TABLE path AS
            SELECT i AS idpath, NULL::INTEGER AS parent, 1 AS depth, 'folder' || i AS label,
                   ['folder' || i] AS path, [i] AS ancestors
            FROM range(1, {folders} + 1) t(i)
            UNION ALL
            SELECT i, CASE WHEN i % 2 = 0 THEN 1 + i % {folders} END, 1 + (i % 2 = 0)::INTEGER,
                   '/Page ' || (i * 7919 % {rows}),
                   CASE WHEN i % 2 = 0 THEN ['folder' || (1 + i % {folders}), 'x'] ELSE ['x'] END,
                   CASE WHEN i % 2 = 0 THEN [1 + i % {folders}, i] ELSE [i] END
            FROM range({folders} + 1, {rows} + 1) t(i)
            """
        )
        connection.execute("INSERT INTO archive_path SELECT * FROM path")
        connection.execute(
            "INSERT INTO log_action SELECT idpath, 'e.org/' || idpath, 1, 0, TIMESTAMP '2026-03-01' FROM path"
        )
        connection.execute(
            """
            INSERT INTO archive_row BY NAME
            SELECT idarchive, 'Actions_actions_url' AS record, idpath,
                   CASE WHEN label LIKE '/%' THEN idpath END AS idaction,
                   idpath % 7 AS nb_visits, idpath % 11 AS nb_hits,
                   CASE WHEN idpath % 5 > 0 THEN idpath % 3 END AS exit_nb_visits,
                   CASE WHEN idpath % 4 = 0 THEN 1 END AS entry_nb_visits, 1 AS entry_bounce_count
            FROM path, day
            """
        )
        # some rows have times and goals, in the middle and at the end
        connection.execute(
            "INSERT INTO archive_metric SELECT idarchive, 'Actions_actions_url', idpath, metric, metric - 1000 "
            "FROM path, day, (SELECT unnest([1001, 1002]) AS metric) WHERE idpath % 6 = 5 AND idpath > 200"
        )
        connection.execute(
            "INSERT INTO archive_goal BY NAME "
            "SELECT idarchive, 'Actions_actions_url' AS record, idpath, idgoal, "
            "1 AS nb_conversions, 2.5 AS revenue "
            "FROM path, day, (SELECT unnest([2, 0]) AS idgoal) WHERE idpath % 9 = 1"
        )


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "p.duckdb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(path.parent))
        assert run(["-q", "sites", "add", "--name", "a", "--url", "http://e.org", "--db", str(path)]) == 0
    fill(path, ROWS, days=3)
    return path


@pytest.fixture(autouse=True)
def _environment(database: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIWIK_DB", str(database))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("PIWIK_ARCHIVING_ON_DEMAND", "false")
    monkeypatch.chdir(tmp_path)


def report(name: str, *options: str, method: str = "Actions.getPageUrls") -> bytes:
    arguments = ("-q", "report", method, "--date", "2026-03-01", "-o", name, *options)
    assert run([*arguments]) == 0
    return Path(name).read_bytes()


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--flat",),
        ("--expanded",),
        ("--flat", "--filter-limit", "25", "--param", "filter_offset=7"),
        ("--flat", "--filter-sort-column", "nb_hits", "--filter-sort-order", "asc"),
        ("--flat", "--filter-sort-column", "label", "--raw"),
        ("--flat", "--filter-sort-column", "exit_rate", "--show-columns", "exit_rate,nb_visits"),
        ("--filter-sort-column", "exit_nb_visits", "--param", "hideIdSubDatable=1"),
        ("--flat", "--filter-pattern", "page 1", "--filter-limit", "20"),
        ("--param", "filter_pattern_recursive=page 1", "--expanded"),
        ("--flat", "--param", "filter_excludelowpop=nb_hits", "--param", "filter_excludelowpop_value=5"),
        ("--param", "disable_queued_filters=1"),
    ],
)
@pytest.mark.parametrize("name", ["out.json", "out.csv"])
def test_piece_by_piece_gives_the_same_bytes(
    name: str, options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = report(name, *options)
    monkeypatch.setattr("piwikcli.report.rows.LARGE", 10)
    monkeypatch.setattr("piwikcli.report.large.PIECE", 50)
    seen: list[Any] = []
    from piwikcli.report import large

    original = large.large_table
    monkeypatch.setattr("piwikcli.report.large.large_table", lambda *given: seen.append(1) or original(*given))
    assert report(name, *options) == usual
    assert len(seen) == 1
    assert len(usual) > 500


@pytest.mark.parametrize("format", ["csv", "tsv", "json", "ndjson", "xml", "html", "md", "table", "parquet"])
def test_every_format_goes_through_large_rows(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = report("out", "--flat", "--format", format)
    monkeypatch.setattr("piwikcli.report.rows.LARGE", 10)
    monkeypatch.setattr("piwikcli.report.large.PIECE", 50)
    assert report("out", "--flat", "--format", format) == usual


@pytest.mark.parametrize(
    "options", [("--label", "folder1"), ("--param", "filter_excludelowpop=nb_hits"), ("--param", "filter_truncate=5")]
)
def test_requests_that_look_at_all_rows_take_the_usual_way(
    options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = report("out.csv", *options)
    monkeypatch.setattr("piwikcli.report.rows.LARGE", 1)
    monkeypatch.delattr("piwikcli.report.large.large_table", raising=False)
    assert report("out.csv", *options) == usual


@pytest.mark.parametrize("format", ["csv", "json", "xml", "html", "md", "rss", "parquet"])
def test_tables_of_several_dates_are_made_so_together(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ("--flat", "--format", format, "--date", "2026-03-01,2026-03-04")  # the last day has none
    usual = report("out", *options)
    made: list[int] = []
    from piwikcli.report import large

    original = large.large_table
    monkeypatch.setattr("piwikcli.report.large.large_table", lambda *given: made.append(1) or original(*given))
    monkeypatch.setattr("piwikcli.report.rows.LARGE", 3 * ROWS)
    monkeypatch.setattr("piwikcli.report.large.PIECE", 50)
    assert report("out", *options) == usual
    assert len(made) == 3


MEASURE = """
import sys
from piwikcli.commands.app import run
from piwikcli.report import pieces, rows
rows.LARGE, pieces._MEMORY = int(sys.argv[1]), int(sys.argv[2])
code = run(sys.argv[3:])
with open("/proc/self/status") as status:  # getrusage counts what the process had before exec, too
    print(next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM")))
sys.exit(code)
"""


def peak(folder: Path, rows: int, *, large: int = 10_000, engine: int) -> int:
    """MiB at most in use while a flat report of so many rows is written; the engine may have `engine` of them."""
    path = folder / f"{rows}.duckdb"
    assert run(["-q", "sites", "add", "--name", "a", "--url", "http://e.org", "--db", str(path)]) == 0
    fill(path, rows)
    command = ("-q", "report", "Actions.getPageUrls", "--flat", "--date", "2026-03-01", "--db", str(path))
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(large), str(engine), *command, "-o", "out.ndjson"],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    return int(done.stdout.split()[-1])


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    # the engine takes what it may have; the usual way takes 240 MiB more
    assert peak(tmp_path, 100_000, engine=64) - peak(tmp_path, 15_000, engine=64) < 130


@pytest.mark.skipif("PIWIK_TEST_LARGE" not in os.environ, reason="takes minutes: set PIWIK_TEST_LARGE=1")
def test_a_million_rows_take_no_more_than_the_engine_may_have(tmp_path: Path) -> None:
    from piwikcli.report.pieces import _MEMORY
    from piwikcli.report.rows import LARGE

    assert peak(tmp_path, 1_000_000, large=LARGE, engine=_MEMORY) < 150 + _MEMORY


def test_reports_that_select_rows_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = report("out.json", "--flat", method="Actions.getEntryPageUrls")
    monkeypatch.setattr("piwikcli.report.rows.LARGE", 10)
    monkeypatch.setattr("piwikcli.report.large.PIECE", 50)
    assert report("out.json", "--flat", method="Actions.getEntryPageUrls") == usual
