"""Lines that say more than a page view has room for: times of the server, events, custom variables.

See docs/reference/log-formats.md#from-a-line-to-a-request.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from helpers_import import SAFARI, assert_same, facts, hit, new_database, query, rich_log, text
from piwikcli.errors import UsageError
from piwikcli.ingest.formats import Choice
from piwikcli.ingest.jobs import ImportOptions
from piwikcli.ingest.parsing.fields import Reading
from piwikcli.ingest.rules import Rules
from piwikcli.ingest.sitebook import SiteOptions
from piwikcli.ingest.summary import Summary
from piwikcli.ingest.tracking.importer import ReplayImporter
from piwikcli.ingest.tracking.logs import LogImporter
from piwikcli.ingest.variables import Variables
from piwikcli.store import Database, dimensions


def import_text(database: Database, folder: Path, data: bytes, **options: Any) -> Summary:
    file = folder / "a.log"
    file.write_bytes(data)
    variables = options.get("variables", Variables())
    options.setdefault("reading", Reading(extra=variables.fields))
    return LogImporter(database, ImportOptions(sites=SiteOptions(1), **options)).run([str(file)])


class _Always(LogImporter):
    """Every line as a tracking request."""

    def _begin(self, connection: Any) -> None:
        super()._begin(connection)
        self._always = True


@pytest.mark.parametrize("rules", [Rules(), Rules(enable_static=True, enable_bots=True, enable_http_errors=True)])
def test_both_ways_give_the_same(tmp_path: Path, rules: Rules) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(text(rich_log(7, visits=40, host=True)))
    found = []
    for name, importer in (("plain", LogImporter), ("tracked", _Always)):
        database = new_database(tmp_path / f"{name}.duckdb", urls=["http://example.org", "http://www.example.org"])
        summary = importer(database, ImportOptions(rules=rules)).run([str(log)])
        found.append((summary.fates, facts(database)))
    assert found[1][0] == found[0][0]
    assert_same(found[1][1], found[0][1])


@pytest.mark.parametrize(("bots", "counted"), [(False, 1), (True, 2)])
@pytest.mark.parametrize("importer", [LogImporter, _Always])
def test_a_crawler_is_known_by_its_address(
    tmp_path: Path, importer: type[LogImporter], bots: bool, counted: int
) -> None:
    """Whatever it calls itself."""
    log = tmp_path / "a.log"
    log.write_bytes(text([hit("10:00:00", "/a", ip="157.55.39.1"), hit("10:00:01", "/a", ip="157.5.39.1")]))
    options = ImportOptions(rules=Rules(enable_bots=bots), sites=SiteOptions(1))
    summary = importer(new_database(tmp_path / "piwik.duckdb"), options).run([str(log)])
    assert (summary.outcome("imported"), summary.fates["dropped", "bot"]) == (counted, 2 - counted)


def test_the_time_that_the_server_took(tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    line = hit("10:00:00", "/a")
    string = (
        '$remote_addr - $remote_user [$time_local] "$request" $status $bytes_sent "$http_referer" "$http_user_agent"'
    )
    lines = [f"{line} 0.042", f"{hit('10:00:05', '/b')} -", f"{hit('10:00:09', '/c')} 0.000"]
    summary = import_text(database, tmp_path, text(lines), choice=Choice(string=f"{string} $request_time"))
    assert summary.outcome("imported") == 3
    rows = query(database, "SELECT time_server FROM log_link_visit_action ORDER BY server_time")
    assert rows == [(42,), (None,), (None,)]


def test_lines_that_say_less_join_the_same_visit(tmp_path: Path) -> None:
    """First with times, then without: also what comes later is recognised together with it."""
    database = new_database(tmp_path / "piwik.duckdb")
    header = "#Fields: date time c-ip cs-uri-stem sc-status time-taken sc-win32-status cs(User-Agent)\n"
    agent = "Mozilla/5.0+(Windows+NT+10.0)+Firefox/128.0"
    timed = f"{header}2026-03-02 10:00:00 203.0.113.1 /a 200 42 0 {agent}\n"
    import_text(database, tmp_path, timed.encode())
    import_text(database, tmp_path, text([hit("10:05:00", "/b", agent=agent)]))
    assert query(database, "SELECT visit_total_actions FROM visit") == [(2,)]
    rows = query(database, "SELECT time_server FROM log_link_visit_action ORDER BY server_time")
    assert rows == [(42,), (None,)]


def test_a_stream_is_an_event(tmp_path: Path) -> None:
    """CloudFront's RTMP logs."""
    database = new_database(tmp_path / "piwik.duckdb")
    lines = (
        "#Fields: date time x-edge-location c-ip x-event sc-bytes x-sname cs-uri-stem c-user-agent\n"
        "2026-03-02\t10:00:00\tSEA4\t203.0.113.1\tplay\t700\tfilm\trtmp://example.org/a\tUA\n"
    )
    summary = import_text(database, tmp_path, lines.encode())
    assert summary.outcome("imported") == 1
    rows = query(
        database,
        "SELECT c.name, a.name, n.name FROM log_link_visit_action l "
        "JOIN log_action c ON c.idaction = l.idaction_event_category "
        "JOIN log_action a ON a.idaction = l.idaction_event_action JOIN log_action n ON n.idaction = l.idaction_name",
    )
    assert rows == [("cloudfront_rtmp", "play", "film")]


def test_fields_as_custom_variables(tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    regex = (
        r'(?P<ip>\S+) \[(?P<date>[^ ]+) (?P<timezone>[^\]]+)\] "(?P<method>\S+) (?P<path>\S+) \S+" (?P<status>\d+)'
        r' "(?P<user_agent>[^"]*)" (?P<userid>\S+) (?P<plan>\S+)'
    )
    lines = [
        f'203.0.113.1 [02/Mar/2026:10:00:0{n} +0000] "GET /{n} HTTP/1.1" 200 "{SAFARI}" {user} {plan}'
        for n, (user, plan) in enumerate((("ann", "gold"), ("-", "-")))
    ]
    variables = Variables(page=(("plan", "Plan"),), visit=(("userid", "Who"),), http_method=True)
    reading = Reading(extra=variables.fields, ignored=frozenset({"userid"}))
    options = {"choice": Choice(regex=regex), "variables": variables, "reading": reading}
    assert import_text(database, tmp_path, text(lines), **options).outcome("imported") == 2
    rows = query(database, "SELECT page_var, visit_var FROM request_detail ORDER BY idrequest")
    assert [[None if found is None else [value for value in found if value] for found in row] for row in rows] == [
        [["Plan", "gold", "HTTP-method", "GET", "HTTP-code", "200"], ["Who", "ann"]],
        [["HTTP-method", "GET", "HTTP-code", "200"], None],
    ]
    # mapped, then ignored: it is no user id any more
    assert query(database, "SELECT DISTINCT user_id FROM request") == [(None,)]


def test_fates_of_lines(tmp_path: Path) -> None:
    """Of every kind, and the last one again when it has grown."""
    database = new_database(tmp_path / "piwik.duckdb")
    header = "#Fields: date time c-ip cs-uri-stem sc-status time-taken cs(User-Agent)\n"
    rows = ["/a 200 1 Firefox/128", "/x.png 200 1 Firefox/128", "/b 404 1 Firefox/128", "/c 200 1 curl/8"]
    lines = [f"2026-03-02 10:00:0{n} 203.0.113.1 {row}" for n, row in enumerate(rows)]
    data = header + "\n".join([*lines, "", "garbage", lines[0].replace("03-02", "13-02"), lines[0]])
    summary = import_text(database, tmp_path, data.encode())
    assert summary.reasons("dropped") == {"blank": 1, "bot": 1, "comment": 1, "http_error": 1, "static": 1}
    assert summary.reasons("rejected") == {"no_match": 1, "no_time": 1}
    assert (summary.lines, summary.outcome("imported")) == (9, 2)
    again = import_text(database, tmp_path, f"{data}x\n{lines[0]}\n".encode())
    assert (again.outcome("imported"), again.outcome("already_imported")) == (2, 8)
    assert query(database, "SELECT count(*) FROM request") == [(3,)]
    assert query(database, "SELECT sum(lines)::INT FROM ledger WHERE outcome <> 'already_imported'") == [(10,)]


def test_parameters_that_every_request_gets(tmp_path: Path) -> None:
    """Also those of a tracking endpoint's log, whatever they say themselves."""
    database = new_database(tmp_path / "piwik.duckdb")
    with database.write() as connection:
        dimensions.add(connection, 1, name="Server", scope="action", extract=[])
    import_text(database, tmp_path, text([hit("10:00:00", "/a")]), suffix="&dimension1=web01&lang=de")
    asked = "/matomo.php?idsite=1&rec=1&url=http://example.org/b&dimension1=other"
    log = tmp_path / "replay.log"
    log.write_bytes(text([hit("10:00:01", asked)]))
    ReplayImporter(database, ImportOptions(suffix="dimension1=web02")).run([str(log)])
    found = query(database, "SELECT custom_dimension_1 FROM log_link_visit_action ORDER BY server_time")
    assert found == [("web01",), ("web02",)]
    assert query(database, "SELECT location_browser_lang FROM log_visit WHERE idvisit = 1") == [("de",)]
    for suffix, message in (
        ("cip=203.0.113.9", "--request-suffix: cip is of each line, not of all"),
        ("dimension2=x", "--request-suffix: 'dimension2=x' has no parameter that means something here"),
    ):
        with pytest.raises(UsageError, match=message):
            import_text(database, tmp_path, text([hit("11:00:00")]), suffix=suffix)
    assert query(database, "SELECT count(*) FROM import") == [(2,)]
