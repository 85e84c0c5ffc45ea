"""What a line becomes, told without keeping it. docs/how-to/explain.md."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from helpers_import import hit, import_lines, new_database, query
from piwikcli.commands.app import run
from piwikcli.errors import InputError
from piwikcli.ingest.explain import _OF_KIND, _OF_REFERRER, _OF_VISITS, Explained, Explainer
from piwikcli.ingest.prepare import ImportOptions
from piwikcli.ingest.sitebook import SiteOptions
from piwikcli.plugins import report
from piwikcli.store import Database

GOOGLE = "https://www.google.com/search?q=tents"


def explain(database: Database, *lines: str, **options: Any) -> list[Explained]:
    chosen = ImportOptions(sites=SiteOptions(1), dry_run=True, **options)
    return Explainer(database, chosen).explain("\n".join(lines).encode())


def test_a_page_view(tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    [found] = explain(database, hit("10:00:00", "/a?b=1", referrer=GOOGLE))
    assert (found.log_format, found.outcome, found.reason) == ("ncsa_extended", "imported", "")
    assert found.fields["path"] == "/a?b=1"
    assert found.fields["time"] == "2026-03-02 10:00:00 UTC"
    assert found.request == {
        "kind": "page view",
        "site": "1 (Example)",
        "day": "2026-03-02",
        "hour": 10,
        "url": "example.org/a?b=1",
    }
    assert (found.visit["actions"], found.visit["referrer"]) == (1, "search engine Google tents")
    assert {"Actions.getPageUrls", "VisitsSummary.get", "Referrers.getSearchEngines"} <= set(found.reports)
    assert query(database, "SELECT count(*) FROM request") == [(0,)]


def test_the_visit_that_a_line_joins(tmp_path: Path) -> None:
    """Also one that has been imported: it is told as if it came again."""
    database = new_database(tmp_path / "piwik.duckdb")
    import_lines(database, tmp_path, [hit("10:00:00"), hit("10:05:00", "/b")])
    [[idvisit]] = query(database, "SELECT idvisit FROM visit")
    [found] = explain(database, hit("10:10:00", "/file.pdf"))
    assert found.request["kind"] == "download"
    assert (found.visit["idvisit"], found.visit["actions"]) == (idvisit, 3)
    [again] = explain(database, hit("10:00:00"))
    assert (again.outcome, again.visit["actions"]) == ("imported", 3)
    assert query(database, "SELECT count(*) FROM request") == [(2,)]


def test_lines_that_do_not_count(tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    found = explain(database, hit("10:00:00", "/a.png"), "garbage", hit("10:00:01"), hit("10:00:02", status=404))
    assert [(one.line, one.outcome, one.reason) for one in found] == [
        (1, "dropped", "static"),
        (2, "rejected", "no_match"),
        (3, "imported", ""),
        (4, "dropped", "http_error"),
    ]
    with pytest.raises(InputError, match="the line: is in no known log format"):
        explain(database, "garbage")


def test_without_a_database(tmp_path: Path) -> None:
    [found] = Explainer(Database.at(tmp_path / "none.duckdb"), ImportOptions(dry_run=True)).explain(
        hit("10:00:00", host="shop.test").encode()
    )
    assert found.request["site"] == "1 (shop.test)"
    assert not (tmp_path / "none.duckdb").exists()


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIWIK_DB", str(tmp_path / "piwik.duckdb"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert run(["explain", hit("10:00:00", "/a", host="shop.test")]) == 0
    shown = capsys.readouterr().out
    assert "  format    common_complete\n  fields    " in shown
    assert "  fate      imported\n  request   kind  page view\n" in shown
    stdin = io.TextIOWrapper(io.BytesIO(b"#Fields: date time c-ip cs-uri-stem\n2026-03-02 10:00:00 203.0.113.1 /a\n"))
    monkeypatch.setattr("sys.stdin", stdin)
    assert run(["explain", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["line"], found["log_format"], found["fields"]["path"]) == (2, "w3c_extended", "/a")
    assert run(["explain", "x", "--format", "xml"]) == 2
    assert run(["explain", "x"]) == 5


def test_reports_that_are_named_exist() -> None:
    names = {*_OF_VISITS, *(name for names in (*_OF_KIND.values(), *_OF_REFERRER.values()) for name in names)}
    assert {report(name).method for name in names} == names
