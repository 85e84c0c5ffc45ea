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
from piwikcli.ingest.explain import Explained
from piwikcli.ingest.explain import explain as explain_text
from piwikcli.ingest.jobs import ImportOptions
from piwikcli.ingest.rules import Rules
from piwikcli.ingest.sitebook import SiteOptions
from piwikcli.ingest.stored import OF_FIELD, OF_KIND, OF_REFERRER, OF_VISITS
from piwikcli.ingest.variables import Variables
from piwikcli.plugins import report
from piwikcli.store import Database, dimensions, goals

GOOGLE = "https://www.google.com/search?q=tents"


def explain(database: Database, *lines: str, replay: bool = False, **options: Any) -> list[Explained]:
    chosen = ImportOptions(**{"sites": SiteOptions(1), "dry_run": True, **options})
    return explain_text(database, chosen, "\n".join(lines).encode(), replay=replay)


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
    with pytest.raises(InputError, match=r"the line: is in no known log format .*, and no tracking request"):
        explain(database, "garbage")


def test_without_a_database(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "none.duckdb")
    [found] = explain(database, hit("10:00:00", host="shop.test"), sites=SiteOptions())
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
    assert run(["explain", "--exclude-path", "/a", "--format", "json", hit("10:00:00", "/a", host="shop.test")]) == 0
    assert json.loads(capsys.readouterr().out)["reason"] == "path"
    assert run(["explain", "x", "--format", "xml"]) == 2
    assert run(["explain", "x"]) == 5


def test_bytes_that_are_no_utf8(tmp_path: Path) -> None:
    """Told as they are imported: as Latin-1."""
    database = new_database(tmp_path / "piwik.duckdb")
    text = hit("10:00:00", "/b\xe4").encode("latin-1")
    [found] = explain_text(database, ImportOptions(sites=SiteOptions(1), dry_run=True), text)
    assert (found.fields["path"], found.request["url"]) == ("/bä", "example.org/bä")
    assert '"GET /bä HTTP/1.1"' in found.content


def test_a_log_line_that_converts_a_goal(tmp_path: Path) -> None:
    """Also what a log has no room for otherwise: custom variables."""
    database = new_database(tmp_path / "piwik.duckdb")
    with database.write() as connection:
        goals.add(connection, 1, name="Signup", match_attribute="url", pattern="thanks", revenue=10)
    lines = [hit("10:00:00", "/thanks"), hit("10:00:01", "/b.png"), "", hit("10:00:02", "/c")]
    found = explain(database, *lines, variables=Variables(http_method=True))
    assert [(one.line, one.outcome, one.reason) for one in found] == [
        (1, "imported", ""),
        (2, "dropped", "static"),
        (4, "imported", ""),
    ]
    assert found[0].request["goals"] == "Signup (10.0)"
    assert found[0].request["custom_variables"] == "HTTP-code, 200"
    assert {"Goals.get", "CustomVariables.getCustomVariables"} <= set(found[0].reports)
    assert "goals" not in found[2].request
    assert found[2].visit["actions"] == 2


CLIENT = "rec=1&cip=203.0.113.9&cdt=2026-03-02%2010:00:0"


def test_tracking_requests(tmp_path: Path) -> None:
    """Query strings and URLs; each is told on its own, with the visit that they make together."""
    database = new_database(tmp_path / "piwik.duckdb")
    with database.write() as connection:
        dimensions.add(connection, 1, name="Plan", scope="visit", extract=[])
    found = explain(
        database,
        f"idsite=1&{CLIENT}0&url=http://example.org/a&action_name=Start&dimension1=gold",
        f"https://matomo.test/matomo.php?idsite=1&{CLIENT}1&e_c=Video&e_a=Play&e_n=Intro&e_v=3&foo=bar",
        f"?idsite=1&{CLIENT}2&search=tents&search_cat=shop&search_count=0&url=http://example.org/s",
        f"?idsite=1&{CLIENT}3&c_n=Ad&c_p=banner.png&url=http://example.org/a",
        f"?idsite=7&{CLIENT}4&url=http://example.org/a",
        f"?idsite=1&{CLIENT}5&ua=Googlebot/2.1&url=http://example.org/a",
        sites=SiteOptions(),
    )
    assert {one.log_format for one in found} == {"tracking_queries"}
    assert [(one.line, one.outcome, one.reason) for one in found] == [
        *((line, "imported", "") for line in (1, 2, 3, 4)),
        (5, "rejected", "unknown_site"),
        (6, "dropped", "bot"),
    ]
    at = {"site": "1 (Example)", "day": "2026-03-02", "hour": 10}
    page = {"kind": "page view", **at, "url": "example.org/a", "title": "Start", "dimensions": "gold"}
    assert found[0].request == page
    assert found[0].fields["action_name"] == "Start"
    event = {"event_category": "Video", "event_action": "Play", "event_name": "Intro", "event_value": 3.0}
    assert found[1].request == {"kind": "event", **at, **event}
    assert "foo" not in found[1].fields
    search = {"keyword": "tents", "category": "shop", "results": 0}
    assert found[2].request == {"kind": "site search", **at, **search}
    assert found[3].request["content_piece"] == "banner.png"
    assert [one.visit.get("actions") for one in found] == [3, 3, 3, 3, None, None]  # a content is no action
    assert {"CustomDimensions.getCustomDimension", "Actions.getPageTitles"} <= set(found[0].reports)
    assert {"Events.getCategory", "Events.getName"} <= set(found[1].reports)
    assert query(database, "SELECT count(*) FROM request") == [(0,)]


def test_tracking_requests_as_json(tmp_path: Path) -> None:
    """A line of a bulk document is as many requests as it holds."""
    database = new_database(tmp_path / "piwik.duckdb", ecommerce=True)
    order = {"idsite": 1, "rec": 1, "cdt": 1772445600, "idgoal": 0, "ec_id": "o1", "revenue": 20}
    items = {"ec_items": [["A1", "Tent", "", 10, 2]]}
    bulk = {"requests": [f"?{CLIENT}1&idsite=1&url=http://example.org/b", {"idsite": 1, "rec": 1}]}
    ping = {"idsite": 1, "rec": 1, "cdt": 1772445500, "ping": 1, "cip": "203.0.113.7"}
    found = explain(database, *map(json.dumps, (order | items, bulk, ping)), "{broken")
    assert [(one.line, one.outcome, one.reason) for one in found] == [
        (1, "imported", ""),
        (2, "imported", ""),
        (2, "rejected", "no_time"),
        (3, "imported", ""),
        (4, "rejected", "no_json"),
    ]
    assert found[0].request["order"] == "o1"
    assert (found[0].request["revenue"], found[0].request["items"]) == (20.0, 1)
    assert "Goals.getItemsSku" in found[0].reports
    assert (found[3].request["kind"], found[3].visit, found[3].reports) == ("ping", {}, [])


def test_a_tracking_endpoints_log(tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    asked = "/piwik.php?idsite=1&rec=1&url=http://example.org/a&download=http://example.org/f.zip"
    lines = [hit("10:00:00", asked), hit("10:00:01", "/a"), hit("10:00:02", asked, agent="curl/8"), "garbage"]
    found = explain(database, *lines, replay=True, sites=SiteOptions())
    assert [(one.line, one.outcome, one.reason) for one in found] == [
        (1, "imported", ""),
        (2, "rejected", "no_request"),
        (3, "dropped", "bot"),
        (4, "rejected", "no_match"),
    ]
    assert (found[0].log_format, found[0].request["kind"]) == ("ncsa_extended", "download")
    assert (found[0].fields["cip"], found[0].reports[0]) == ("203.0.113.1", "Actions.getDownloads")
    rules = Rules(enable_bots=True)
    assert explain(database, *lines, replay=True, sites=SiteOptions(), rules=rules)[2].outcome == "imported"


def test_reports_that_are_named_exist() -> None:
    by = (*OF_KIND.values(), *OF_REFERRER.values(), *OF_FIELD.values())
    names = {*OF_VISITS, *(name for methods in by for name in methods)}
    assert {report(name).method for name in names} == names
