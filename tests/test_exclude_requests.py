"""Requests that do not count by what they say, or because a browser fetched ahead. docs/reference/tracking.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers_import import hit, query, text
from piwikcli.commands.app import run
from piwikcli.errors import UsageError
from piwikcli.ingest.exclude_requests import excluded_requests
from piwikcli.settings import SETTINGS
from piwikcli.store import Database
from tracking_requests import ANNA, actions, request, shop, track


@pytest.mark.parametrize(
    ("rule", "sent", "excluded"),
    [
        ("e_c==test", "Test", True),
        ("e_c==test", "tests", False),
        ("e_c!=test", "other", True),
        ("e_c!=test", "TEST", False),
        ("url=@%2Fpreview%2F", "http://example.org/Preview/1", True),
        ("url=@%2Fpreview%2F", "http://example.org/preview", False),
        ("url!@example.org", "http://other.example/", True),
        ("url!@example.org", "http://example.org/", False),
        ("ua=^monitor", "Monitor/2", True),
        ("ua=^monitor", "a monitor", False),
        ("url=$.test%2F", "http://a.test/", True),
        ("url=$.test%2F", "http://a.test/x", False),
        ("action_name==a%2Cb+c", "A,b c", True),
    ],
)
def test_rules(rule: str, sent: str, excluded: bool) -> None:
    [one] = excluded_requests([rule])
    assert one.matches(sent) is excluded


@pytest.mark.parametrize("text", ["e_c", "e_c=test", "==test", "a==1,b>2"])
def test_what_is_no_rule_is_refused_when_it_is_set(text: str) -> None:
    with pytest.raises(UsageError, match=r"tracking.exclude_requests must be rules of a parameter"):
        SETTINGS["tracking.exclude_requests"].parse(text)


def test_rules_have_commas_between_them() -> None:
    assert SETTINGS["tracking.exclude_requests"].parse("e_c==Test, url=@a%2Cb") == ("e_c==Test", "url=@a%2Cb")


def test_any_rule_that_matches_leaves_a_request_out(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    rules = excluded_requests(["e_c==Test", "own=^x"])
    summary = track(
        database,
        request("10:00:00", "/a", id=ANNA),
        request("10:00:10", "/b", id=ANNA, e_c="test", e_a="x"),
        request("10:00:20", "/c", id=ANNA, own="Xyz"),  # a parameter that means nothing else
        request("10:00:30", "/d", id=ANNA, own="y", rec=0),
        exclude_requests=rules,
    )
    assert summary.reasons("dropped") == {"excluded_request": 2, "no_rec": 1}
    assert actions(database, "=idaction_url") == [("example.org/a",)]


def test_pages_that_browsers_fetch_ahead(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    summary = track(
        database,
        request("10:00:00", "/a", id=ANNA),
        request("10:00:10", "/b", id=ANNA, **{"X-Purpose": "preview"}),
        request("10:00:20", "/c", id=ANNA, **{"X-Purpose": "Instant"}),
        request("10:00:30", "/d", id=ANNA, **{"X-Moz": "prefetch"}),
        request("10:00:40", "/e", id=ANNA, **{"X-Moz": "livebookmarks", "X-Purpose": "x"}),
    )
    assert summary.reasons("dropped") == {"prefetch": 3}
    assert actions(database, "=idaction_url") == [("example.org/a",), ("example.org/e",)]


def test_the_setting_holds_for_logs_and_their_explanation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PIWIK_DB", str(tmp_path / "piwik.duckdb"))
    Path("access.log").write_bytes(text([hit("10:00:00", "/a"), hit("10:00:05", "/preview/b")]))
    assert run(["config", "set", "exclude_requests", "url=@/preview/"]) == 0
    assert run(["import-logs", "access.log"]) == 0
    assert "1 imported + 1 dropped (excluded_request 1)" in capsys.readouterr().err
    database = Database.at(tmp_path / "piwik.duckdb")
    assert query(database, "SELECT count(*) FROM request") == [(1,)]
    assert run(["explain", hit("10:00:09", "/preview/c")]) == 0
    assert "excluded_request" in capsys.readouterr().out
    for command in (["config", "set", "exclude_requests", "url~x"], ["import-logs", "access.log"]):
        assert run(command) == 2
        assert "tracking.exclude_requests must be rules of a parameter" in capsys.readouterr().err
        monkeypatch.setenv("PIWIK_TRACKING_EXCLUDE_REQUESTS", "url~x")
