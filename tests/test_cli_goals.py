"""`piwik goals` and `piwik dimensions`. docs/reference/cli.md#goals."""

import json
from pathlib import Path

import pytest

from helpers_import import query
from piwikcli.commands import app
from piwikcli.store import Database

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> Database:
    """A database with two sites."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PIWIK_DB", str(tmp_path / "piwik.duckdb"))
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        assert app.run(["sites", "add", "--name", name, "--url", f"https://{name}.example"]) == 0
    capsys.readouterr()
    return Database.at(tmp_path / "piwik.duckdb")


def run(capsys: Captured, *line: str) -> tuple[int, str, str]:
    code = app.run(list(line))
    return code, *capsys.readouterr()


def listed(capsys: Captured, what: str, *more: str) -> list[dict[str, object]]:
    code, out, _ = run(capsys, what, "list", "--format", "json", *more)
    assert code == 0
    rows: list[dict[str, object]] = json.loads(out)
    return rows


def test_goals_count_from_one_per_site_and_no_id_comes_back(capsys: Captured) -> None:
    def add(idsite: str) -> str:
        return run(capsys, "goals", "add", "--idsite", idsite, "--name", "G", "--match", "manually")[1]

    assert [add("1"), add("1"), add("2")] == ["1\n", "2\n", "1\n"]
    assert run(capsys, "goals", "delete", "2", "--idsite", "1", "--yes") == (0, "", "")
    assert add("1") == "3\n"
    assert [(row["idsite"], row["idgoal"]) for row in listed(capsys, "goals")] == [(1, 1), (1, 3), (2, 1)]


def test_a_goal_has_everything_that_was_said(capsys: Captured) -> None:
    line = ["--idsite", "1", "--name", "Video", "--description", "Plays", "--match", "event_category"]
    line += ["--pattern", "V+1%2B", "--pattern-type", "exact", "--case-sensitive", "--revenue", "2.5"]
    assert run(capsys, "goals", "add", *line, "--allow-multiple", "--event-value-as-revenue") == (0, "1\n", "")
    assert listed(capsys, "goals", "--idsite", "1") == [
        {
            "idsite": 1,
            "idgoal": 1,
            "name": "Video",
            "description": "Plays",
            "match_attribute": "event_category",
            "pattern": "V 1+",
            "pattern_type": "exact",
            "case_sensitive": True,
            "allow_multiple": True,
            "revenue": 2.5,
            "event_value_as_revenue": True,
        }
    ]
    assert run(capsys, "goals", "update", "1", "--idsite", "1", "--revenue", "3", "--no-allow-multiple")[0] == 0
    changed = listed(capsys, "goals")[0]
    assert (changed["revenue"], changed["allow_multiple"], changed["pattern"]) == (3, False, "V 1+")


def test_a_goal_that_could_never_be_converted_is_refused(capsys: Captured) -> None:
    def refused(*line: str) -> str:
        code, out, err = run(capsys, "goals", "add", "--idsite", "1", "--name", "G", *line)
        assert (code, out) == (2, "")
        return err

    assert "Did you mean title?" in refused("--match", "titel", "--pattern", "x")
    assert "needs a pattern" in refused("--match", "url")
    assert "begins with http" in refused("--match", "url", "--pattern", "/x", "--pattern-type", "exact")
    assert "number of minutes" in refused("--match", "visit_duration", "--pattern", "long")
    assert "greater_than" in refused("--match", "url", "--pattern", "1", "--pattern-type", "greater_than")
    assert "event value" in refused("--match", "url", "--pattern", "x", "--event-value-as-revenue")
    assert "there are 1, 2" in run(capsys, "goals", "add", "--name", "G", "--match", "manually")[2]
    assert "it has none" in run(capsys, "goals", "update", "7", "--idsite", "1", "--revenue", "1")[2]


def test_an_expression_that_is_none_is_stored_but_named(capsys: Captured) -> None:
    """Matomo stores such a goal, too; it never matches."""
    line = ("goals", "add", "--idsite", "1", "--name", "G", "--match", "url", "--pattern-type", "regex", "--pattern")
    code, out, err = run(capsys, *line, "(")
    assert (code, out) == (0, "1\n")
    assert err.startswith("piwik: warning: goal 1 will never match: '(' is not a regular expression: missing )")
    assert run(capsys, *line, "^/a/") == (0, "2\n", "")
    assert "goal 2 will never match" in run(capsys, "goals", "update", "2", "--idsite", "1", "--pattern", "[")[2]


def test_dimensions_have_an_id_per_site_and_an_index_per_scope(capsys: Captured, database: Database) -> None:
    def add(scope: str, *more: str) -> str:
        return run(capsys, "dimensions", "add", "--idsite", "1", "--name", "D", "--scope", scope, *more)[1]

    assert [add("visit"), add("action", "--extract", "url:/a/(.)", "--extract", "urlparam:y"), add("action")] == [
        *("1\n", "2\n", "3\n")
    ]
    assert run(capsys, "dimensions", "delete", "2", "--idsite", "1", "--yes")[0] == 0
    assert add("action") == "4\n"
    rows = listed(capsys, "dimensions")
    assert [(row["idcustomdimension"], row["scope"], row["index"], row["active"]) for row in rows] == [
        *((1, "visit", 1, True), (2, "action", 1, False), (3, "action", 2, True), (4, "action", 3, True))
    ]
    assert rows[1]["extractions"] == ["url:/a/(.)", "urlparam:y"]
    update = ["dimensions", "update", "2", "--idsite", "1", "--active", "--extract", "action_name:^(.)"]
    assert run(capsys, *update) == (0, "", "")
    assert query(database, "SELECT active, extractions FROM custom_dimension WHERE idcustomdimension = 2") == [
        (True, [{"dimension": "action_name", "pattern": "^(.)"}])
    ]


def test_a_dimension_without_use_is_refused(capsys: Captured) -> None:
    def refused(scope: str, *extract: str) -> str:
        line = ["dimensions", "add", "--idsite", "1", "--name", "D", "--scope", scope]
        code, _, err = run(capsys, *line, *(part for one in extract for part in ("--extract", one)))
        assert code == 2
        return err

    assert "Did you mean visit?" in refused("visits")
    assert "one group" in refused("action", "url:/a/")
    assert "not a regular expression" in refused("action", "url:(")
    assert "url:REGEX" in refused("action", "host:x")
    assert "only dimensions of actions" in refused("visit", "url:(.)")
