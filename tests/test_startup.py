"""Start-up is a feature: what `piwik report` imports, and that the short ways give the same as the long ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from piwikcli import plugins
from piwikcli.archive.limits import Limits, remember_declarations
from piwikcli.commands import app
from piwikcli.plugins.api import PageRecord
from piwikcli.settings import Settings
from piwikcli.store import Database

LINE = '10.0.0.1 - - [03/Mar/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 99 "-" "Firefox/120.0"\n'
HEAVY = ("pyarrow", "numpy", "pandas", "pydantic", "rich", "babel", "tomlkit", "yaml", "geoip2", "ua_parser")
SCRIPT = (
    "import sys\n"
    "from piwikcli.commands.app import run\n"
    "code = run(sys.argv[2:])\n"
    "found = set(sys.argv[1].split(',')) & set(sys.modules)\n"
    "sys.exit(f'imported: {sorted(found)}' if found else code)"
)


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PIWIK_DB", str(tmp_path / "p.duckdb"))
    monkeypatch.chdir(tmp_path)


def test_a_report_with_its_archive_present_imports_only_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(LINE)
    assert app.run(["-q", "import-logs", "access.log"]) == 0
    assert app.run(["-q", "archive"]) == 0
    others = ("piwikcli.archive.build", "piwikcli.plugins.referrers", "piwikcli.ingest")
    for format in ("csv", "tsv", "json", "xml", "table"):
        unwanted = {*HEAVY, *others} - ({"rich"} if format == "table" else set())
        done = subprocess.run(
            [
                *(sys.executable, "-c", SCRIPT, ",".join(unwanted)),
                *("-q", "report", "Actions.getPageUrls", "--period", "month", "--format", format),
            ],
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "/a" in done.stdout.replace("\\/", "/")


def test_an_import_does_without_pydantic(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(LINE)
    command = [sys.executable, "-c", SCRIPT, "pydantic", "-q", "import-logs", "access.log", "--skip", "0"]
    assert subprocess.run(command, capture_output=True, text=True).stderr == ""


def test_a_report_is_found_in_the_plugin_that_is_named_for_it() -> None:
    for method, report in plugins.reports().items():
        assert plugins.report(method) is report
    for record in plugins.records():
        assert plugins.page_record(record.name) is (record if isinstance(record, PageRecord) else None)


def test_what_the_plugins_declare_is_remembered_until_their_code_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = Limits.of(Settings.load())
    with Database.at(tmp_path / "p.duckdb").write() as connection:
        remember_declarations(connection)
        monkeypatch.setattr("piwikcli.archive.limits._declarations", lambda: "other")
        assert limits.described(connection) != limits.described()
        monkeypatch.setattr("piwikcli.plugins.code_state", lambda: "changed")
        assert limits.described(connection) == limits.described()
        remember_declarations(connection)
        assert '"records":"other"' in limits.described(connection)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", "x", "--filter-limit", "ten"], "invalid value for '--filter-limit'"),
        (["archive", "--threads", "0"], "invalid value for '--threads'"),
    ],
)
def test_values_that_are_not_plain_still_get_typers_messages(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("limit", ["-1", "5"])
def test_numbers_texts_and_lists_arrive_in_their_types(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def api_parameters(**given: Any) -> dict[str, str]:
        seen.update(given)
        return {"unknown": "1"}

    monkeypatch.setattr("piwikcli.commands.reporting.api_parameters", api_parameters)
    arguments = ["--filter-limit", limit, "--label", "a", "--label", "b", "--show-columns", "x", "--flat"]
    assert app.run(["report", "Actions.getPageUrls", *arguments]) == 2
    assert seen["filter_limit"] == int(limit)
    assert (seen["label"], seen["show_columns"], seen["flat"], seen["param"]) == (["a", "b"], "x", True, None)
