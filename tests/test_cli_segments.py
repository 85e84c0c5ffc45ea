"""`piwik segments`, and stored segments in `piwik archive`. docs/reference/cli.md#segments."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helpers_import import SAFARI, hit, import_lines, new_database, query
from piwikcli.commands import app
from piwikcli.store import Database


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("PIWIK_DB", str(tmp_path / "piwik.duckdb"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    made = new_database(tmp_path / "piwik.duckdb")
    lines = [hit("10:00:00", "/a"), hit("11:00:00", "/b", agent=SAFARI), hit("11:01:00", "/c", agent=SAFARI)]
    import_lines(made, tmp_path, lines)
    return made


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = app.run(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def listed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(capsys, "segments", "list", "--format", "json")[1])
    return found


def archived(database: Database) -> set[str]:
    return {segment for (segment,) in query(database, "SELECT DISTINCT segment FROM archive WHERE state = 'done'")}


def test_stored_segments_are_archived_with_everything_else(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    phones = ("segments", "add", "--name", "Phones", "--definition", "deviceType==smartphone", "--auto-archive")
    assert run(capsys, *phones) == (0, "1\n", "")
    assert run(capsys, "segments", "add", "--name", "Long", "--definition", "actions>1")[:2] == (0, "2\n")
    shown = [(one["idsegment"], one["idsite"], one["definition"], one["auto_archive"]) for one in listed(capsys)]
    assert shown == [(1, 0, "deviceType==smartphone", True), (2, 0, "actions>1", False)]
    assert "2 days, 2 weeks, 2 months, 2 years archived" in run(capsys, "archive")[2]
    assert archived(database) == {"", "deviceType==smartphone"}
    assert "nothing to do" in run(capsys, "archive")[2]
    # all visits alone, and one segment alone
    assert "1 day, 1 week" in run(capsys, "archive", "--skip-segments", "--force", "--period", "day,week")[2]
    assert "1 day archived" in run(capsys, "archive", "--segment", "actions>1", "--period", "day")[2]
    assert archived(database) == {"", "deviceType==smartphone", "actions>1"}


def test_changing_and_deleting_a_segment_drops_archives_that_nobody_needs(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("One", "Two"):
        arguments = ("segments", "add", "--name", name, "--definition", "country==xx;actions>1", "--auto-archive")
        assert run(capsys, *arguments)[0] == 0
    run(capsys, "archive", "--period", "day")
    assert archived(database) == {"", "actions>1;countryCode==xx"}
    assert run(capsys, "segments", "update", "1", "--definition", "actions>2", "--name", "Three")[0] == 0
    assert archived(database) == {"", "actions>1;countryCode==xx"}
    assert run(capsys, "segments", "delete", "2", "--yes") == (0, "", "")
    assert archived(database) == {""}
    assert [(one["name"], one["definition"]) for one in listed(capsys)] == [("Three", "actions>2")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("add --name X --definition browserCod==FF", "Segment 'browserCod' is not a supported segment."),
        ("add --name X", "a segment needs a name and a definition"),
        ("add --name X --definition actions>1 --idsite 7", "no site 7"),
        ("update 5 --name X", "no segment 5; none is stored"),
        ("update 5", "nothing to change"),
        ("delete 5 --yes", "no segment 5; none is stored"),
    ],
)
def test_what_cannot_be_done_is_refused(
    database: Database, capsys: pytest.CaptureFixture[str], arguments: str, message: str
) -> None:
    code, out, err = run(capsys, "segments", *arguments.split())
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1


def test_names_are_checked_before_there_is_a_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIWIK_DB", str(tmp_path / "empty.duckdb"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    new_database(tmp_path / "empty.duckdb", site=False)
    code, out, err = run(capsys, "segments", "add", "--name", "X", "--definition", "pageUr==x")
    assert (code, out) == (2, "")
    assert "Did you mean pageUrl?" in err
    assert run(capsys, "segments", "add", "--name", "X", "--definition", "pageUrl==x")[:2] == (0, "1\n")


def test_without_on_demand_only_segments_in_real_time_are_built_for_a_report(
    database: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIWIK_ARCHIVING_ON_DEMAND", "false")
    run(capsys, "segments", "add", "--name", "X", "--definition", "actions>1", "--auto-archive")
    report = ("report", "VisitsSummary.getVisits", "--date", "2026-03-02", "--format", "csv", "--segment")
    assert run(capsys, *report, "actions>1")[1] == "value\n0"
    assert run(capsys, *report, "actions==2")[1] == "value\n1"


def test_names_are_what_definitions_are_written_with(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "segments", "names", "--format", "json")
    by_name = {one["segment"]: one for one in json.loads(out)}
    assert code == 0
    assert by_name["continentCode"]["operators"] == ["==", "!="]
    assert by_name["countryCode"]["aliases"] == ["country"]
    assert by_name["pageUrl"]["level"] == "action"
