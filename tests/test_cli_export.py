"""`piwik export`: the manifest, several processes, what can go wrong. docs/reference/cli.md#export."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from piwikcli.archive.periods import Period
from piwikcli.commands import export_files
from piwikcli.commands.app import run

LINE = '10.0.0.{n} - - [0{day}/Mar/2026:10:00:00 +0000] "GET /p{n} HTTP/1.1" 200 99 "-" "Firefox/120.0"\n'


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One to three pages on each of three days."""
    folder = tmp_path_factory.mktemp("export")
    log = folder / "access.log"
    log.write_text("".join(LINE.format(n=n, day=day) for day in (1, 2, 3) for n in range(day)))
    path = folder / "p.duckdb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        patch.setenv("PIWIK_DB", str(path))
        assert run(["-q", "sites", "add", "--name", "a", "--url", "http://example.org"]) == 0
        assert run(["-q", "import-logs", "--idsite", "1", str(log)]) == 0
        assert run(["-q", "archive"]) == 0
    return path


@pytest.fixture(autouse=True)
def _environment(database: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIWIK_DB", str(database))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


DAYS = ("-q", "export", "--date", "2026-03-01,2026-03-03", "--format", "json")


def manifest(folder: str) -> dict[str, dict[str, Any]]:
    return {one["file"]: one for one in json.loads(Path(folder, "manifest.json").read_text())["files"]}


def test_the_manifest_names_every_file_with_rows_and_hash() -> None:
    assert run([*DAYS, "-o", "out", "VisitsSummary.get", "Actions.getPageUrls", "--flat"]) == 0
    found = manifest("out")
    days = [f"day/2026-03-0{day}" for day in (1, 2, 3)]
    assert list(found) == [
        f"{day}/{name}.json" for day in days for name in ("Actions.getPageUrls", "VisitsSummary.get")
    ]
    for file, one in found.items():
        content = Path("out", file).read_bytes()
        assert (one["bytes"], one["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    pages = found["day/2026-03-03/Actions.getPageUrls.json"]
    assert {
        name: pages[name] for name in ("method", "parameters", "idsite", "segment", "period", "date", "rows")
    } == {
        "method": "Actions.getPageUrls",
        "parameters": {"flat": "1"},
        "idsite": "1",
        "segment": "",
        "period": "day",
        "date": "2026-03-03",
        "rows": 3,
    }
    assert found["day/2026-03-03/VisitsSummary.get.json"]["rows"] == 1


def test_a_later_export_adds_to_the_manifest() -> None:
    assert run([*DAYS, "-o", "out", "VisitsSummary.get"]) == 0
    Path("out/day/2026-03-01/VisitsSummary.get.json").unlink()
    month = ("-q", "export", "--period", "month", "--date", "2026-03-01", "-o", "out", "VisitsSummary.get")
    assert run([*month]) == 0
    assert list(manifest("out")) == [
        "day/2026-03-02/VisitsSummary.get.json",
        "day/2026-03-03/VisitsSummary.get.json",
        "month/2026-03-01/VisitsSummary.get.csv",
    ]


def test_several_processes_write_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*DAYS, "-o", "one", "--jobs", "1"]) == 0
    assert run([*DAYS, "-o", "two", "--jobs", "2"]) == 0
    one, two = (
        {path.relative_to(folder): path.read_bytes() for path in Path(folder).rglob("*.json")}
        for folder in ("one", "two")
    )
    assert len(one) > 150
    assert one == two


def test_the_work_is_cut_into_pieces_of_periods_and_reports() -> None:
    from piwikcli.plugins import report
    from piwikcli.report.requests import ReportRequest

    names = ("get", "getVisits", "getActions")
    requests = {name: ReportRequest(report(f"VisitsSummary.{name}"), {}) for name in names}
    days = [Period.of("day", date(2026, 3, day)) for day in range(1, 21)]
    assert [len(job.periods) for job in export_files.jobs_of(requests, days, 1)] == [16, 4]
    pieces = export_files.jobs_of(requests, days, 2)
    done = sorted((stem, period.key) for job in pieces for stem in job.requests for period in job.periods)
    assert done == sorted((stem, day.key) for stem in requests for day in days)
    assert len(pieces) == 6


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["-o", "out", "--format", "rss"], 2, "an export one file per date"),
        (["-o", "out", "Actions.getPageUrl", "--jobs", "2"], 2, "Please specify a value for"),
        (["-o", "used", "VisitsSummary.get"], 1, "is not the manifest of an export"),
    ],
)
def test_what_cannot_be_exported(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("used").mkdir()
    Path("used/manifest.json").write_text('{"name": "my web app"}')
    assert run(["-q", "export", "--date", "2026-03-01", *arguments]) == code
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert json.loads(Path("used/manifest.json").read_text()) == {"name": "my web app"}


def becomes(condition: Callable[[], bool]) -> bool:
    for _ in range(2000):
        if condition():
            return True
        time.sleep(0.01)
    return False


def is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_stopped_export_leaves_whole_files_and_no_process(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "piwikcli", *DAYS, "-o", "out", "--jobs", "2"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    assert becomes(lambda: any(Path("out").rglob("*.json")))
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) in (143, 0)  # 0: it was quicker
    assert becomes(lambda: not is_alive(process.pid))
    for path in Path("out").rglob("*"):
        assert path.is_dir() or json.loads(path.read_bytes()) is not None
