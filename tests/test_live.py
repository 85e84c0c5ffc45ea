"""Live and Transitions: docs/reference/live.md. Three visits of two visitors, made by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from helpers_import import hit, import_lines, new_database
from piwikcli.errors import UsageError
from piwikcli.plugins import report
from piwikcli.report.pipeline import Reports
from piwikcli.report.reading import Reading
from piwikcli.report.render import render
from piwikcli.report.requests import ReportRequest
from piwikcli.report.selection import Selection, periods_of, segment_of, sites_of
from piwikcli.settings import Settings
from piwikcli.store import Database
from tracking_requests import add_goal, request, shop, track

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:122.0) Gecko/20100101 Firefox/122.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36"
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """10:00 Ada: /, /shop, a search, /shop, a file. 10:10 Bob: /shop. 10:20 Ada by a campaign: /contact."""
    folder = tmp_path_factory.mktemp("live")
    database = new_database(folder / "p.duckdb", timezone="Europe/Berlin")
    ada, bob = {"ip": "10.0.0.1", "agent": FIREFOX}, {"ip": "10.0.0.2", "agent": CHROME}
    lines = [
        hit("10:00:00", "/", referrer="https://www.google.com/", **ada),
        hit("10:00:30", "/shop", **ada),
        hit("10:01:00", "/search?q=hats", **ada),
        hit("10:01:40", "/shop", **ada),
        hit("10:02:00", "/list.pdf", **ada),
        hit("10:10:00", "/shop", referrer="https://news.example.net/a", **bob),
        hit("10:20:00", "/contact?utm_campaign=spring", **ada),
    ]
    import_lines(database, folder, lines)
    return database


def ask(database: Database, method: str, *, date: str = "2026-03-02", segment: str = "", **parameters: str) -> Any:
    request = ReportRequest.of(report(method), parameters)
    request.require_needs()
    with Reading(database, Settings.load(environment={})) as reading:
        sites, _ = sites_of(reading.connection, "1")
        periods, by_date = periods_of("day", date, sites)
        answer = Reports(
            reading, Selection(sites, periods, segment_of(reading.connection, segment, sites), by_date=by_date)
        ).answer(request)
    return json.loads(render(answer, "json", method=method))


# visits -----------------------------------------------------------------------------------------------------


def test_the_latest_visits_come_first(database: Database) -> None:
    found = ask(database, "Live.getLastVisitsDetails")
    assert [visit["lastActionDateTime"] for visit in found] == [
        "2026-03-02 10:20:00",
        "2026-03-02 10:10:00",
        "2026-03-02 10:02:00",
    ]
    oldest = ask(database, "Live.getLastVisitsDetails", filter_sort_order="asc", filter_limit="1")
    assert [visit["visitIp"] for visit in oldest] == ["10.0.0.1"]
    assert ask(database, "Live.getLastVisitsDetails", filter_limit="1", filter_offset="1") == found[1:2]
    assert ask(database, "Live.getLastVisitsDetails", date="2026-03-01") == []


def test_a_visit_has_its_times_in_utc_and_in_the_sites_time(database: Database) -> None:
    visit = ask(database, "Live.getLastVisitsDetails")[2]
    assert (visit["serverDate"], visit["visitServerHour"], visit["serverTimePretty"]) == (
        "2026-03-02",
        "10",
        "11:02:00",
    )
    assert visit["serverDatePretty"] == "Monday, March 2, 2026"
    assert visit["lastActionTimestamp"] - visit["firstActionTimestamp"] == 120
    assert (visit["visitDuration"], visit["visitDurationPretty"]) == (121, "2 min 1s")
    first = visit["actionDetails"][0]
    # actions count on the site's clock
    assert first["timestamp"] == visit["firstActionTimestamp"] + 3600
    assert first["serverTimePretty"] == "Mar 2, 2026 11:00:00"


def test_a_visit_says_who_with_what_and_from_where(database: Database) -> None:
    latest, bobs, first = ask(database, "Live.getLastVisitsDetails")
    assert (first["visitorType"], latest["visitorType"], latest["visitCount"]) == ("new", "returning", 2)
    assert latest["visitorId"] == first["visitorId"] != bobs["visitorId"]
    assert latest["secondsSinceFirstVisit"] == 1200
    assert (first["referrerType"], first["referrerName"]) == ("search", "Google")
    assert first["referrerKeyword"] == "Keyword not defined"
    assert (bobs["referrerType"], bobs["referrerName"]) == ("website", "news.example.net")
    assert (first["browser"], first["operatingSystem"]) == ("Firefox 122.0", "GNU/Linux")
    assert (bobs["browserFamilyDescription"], bobs["deviceType"]) == ("Blink (Chrome, Opera)", "Desktop")
    assert (first["country"], first["location"]) == ("Unknown", "Unknown")


def test_actions_by_kind(database: Database) -> None:
    done = ask(database, "Live.getLastVisitsDetails")[2]["actionDetails"]
    assert [(one["type"], one.get("timeSpent")) for one in done] == [
        ("action", 30),
        ("action", 70),  # through the search, until the next page
        ("search", None),
        ("action", 21),  # until the end, as a download follows
        ("download", None),
    ]
    assert done[2]["siteSearchKeyword"] == "hats"
    assert (done[1]["url"], done[1]["pageviewPosition"]) == ("http://example.org/shop", 2)
    assert (done[4]["title"], done[4]["subtitle"]) == ("Download", "http://example.org/list.pdf")


def test_parts_that_are_a_lone_0(tmp_path: Path) -> None:
    """An event without a category that can be named has no fields of one; a price of 0 is none."""
    database = shop(tmp_path / "p.duckdb")
    track(
        database,
        request("10:00:00", "/a", e_c="0", e_a="0"),
        request("10:00:05", "/a", e_c="c", e_a="0"),
        request("10:00:10", "/a", _pks="S", _pkp="0"),
    )
    done = ask(database, "Live.getLastVisitsDetails")[0]["actionDetails"]
    assert [(one["type"], one.get("eventCategory"), one.get("title")) for one in done[:2]] == [
        (10, None, None),
        ("event", "c", "Event"),
    ]
    assert (done[2]["productViewSku"], done[2].get("productViewPrice")) == ("S", None)


def test_load_times_and_goals_of_the_same_second(tmp_path: Path) -> None:
    """A load time needs all its steps; of the same second a goal without a page comes first, others after theirs."""
    database = shop(tmp_path / "p.duckdb")
    add_goal(database, match_attribute="url", pattern="/b", pattern_type="contains")
    add_goal(database, match_attribute="manually")
    steps = {"pf_net": 1, "pf_srv": 20, "pf_tfr": 3, "pf_dm1": 4, "pf_dm2": 5, "pf_onl": 6}
    track(
        database,
        request("10:00:00", "/a", pf_srv=20),
        request("10:00:05", "/b", **steps),
        request("10:00:05", "/c"),
        request("10:00:05", "/c", idgoal=2),
    )
    [visit] = ask(database, "Live.getLastVisitsDetails")
    done = [(one["type"], one["url"][-2:], one.get("pageLoadTime")) for one in visit["actionDetails"]]
    assert done == [
        ("action", "/a", None),
        ("goal", "/c", None),
        ("action", "/b", "0.04s"),
        ("goal", "/b", None),
        ("action", "/c", None),
    ]


def test_visits_without_actions_and_flat(database: Database) -> None:
    [visit] = ask(database, "Live.getLastVisitsDetails", doNotFetchActions="1", filter_limit="1")
    assert "actionDetails" not in visit
    [flat] = ask(database, "Live.getLastVisitsDetails", flat="1", filter_limit="1")
    assert flat["actionDetails_0_url"] == "http://example.org/contact"
    [few] = ask(database, "Live.getLastVisitsDetails", filter_limit="1", showColumns="visitIp,actions")
    assert few == {"visitIp": "10.0.0.1", "actions": 1}
    [hidden] = ask(database, "Live.getLastVisitsDetails", filter_limit="1", hideColumns="url")
    assert "url" not in hidden["actionDetails"][0]


def test_only_what_is_newer_or_of_one_visitor(database: Database) -> None:
    later = int(datetime(2026, 3, 2, 10, 15, tzinfo=UTC).timestamp())
    assert len(ask(database, "Live.getLastVisitsDetails", minTimestamp=str(later))) == 1
    visitor = ask(database, "Live.getMostRecentVisitorId")["value"]
    assert len(ask(database, "Live.getLastVisitsDetails", visitorId=visitor)) == 2
    assert ask(database, "Live.getMostRecentVisitsDateTime") == {"value": "2026-03-02 10:20:00"}
    first = ask(database, "Live.getFirstVisitForVisitorId", visitorId=visitor)
    assert first["lastActionDateTime"] == "2026-03-02 10:02:00"
    with pytest.raises(UsageError, match="16 hexadecimal digits"):
        ask(database, "Live.getLastVisitsDetails", visitorId="ada")


def test_only_visits_of_a_segment(database: Database) -> None:
    found = ask(database, "Live.getLastVisitsDetails", segment="browserCode==FF;actions>1")
    assert [visit["lastActionDateTime"] for visit in found] == ["2026-03-02 10:02:00"]
    ours = ask(database, "Live.getMostRecentVisitorId", segment="browserCode==CH")
    assert ours == {"value": ask(database, "Live.getLastVisitsDetails")[1]["visitorId"]}
    parameters = {"pageUrl": "http://example.org/shop"}
    found = ask(database, "Transitions.getTransitionsForPageUrl", segment="browserCode==FF", **parameters)
    assert found["pageMetrics"] == {"loops": 0, "pageviews": 2, "entries": 0, "exits": 1}


def test_the_last_minutes_are_counted(tmp_path: Path) -> None:
    database = new_database(tmp_path / "p.duckdb")
    now = datetime.now(UTC).replace(microsecond=0)
    lines = [
        hit(now - timedelta(minutes=50), "/old", ip="10.0.0.9"),
        hit(now - timedelta(minutes=5), "/a"),
        hit(now - timedelta(minutes=4), "/b"),
    ]
    import_lines(database, tmp_path, lines)
    expected = {"visits": 1, "actions": 2, "visitors": 1, "visitsConverted": 0}
    assert ask(database, "Live.getCounters", lastMinutes="30") == [expected]
    assert ask(database, "Live.getCounters", lastMinutes="60")[0]["visits"] == 2
    with pytest.raises(UsageError, match="between 1 and 2880"):
        ask(database, "Live.getCounters", lastMinutes="0")


def test_a_visitor_over_all_visits(database: Database) -> None:
    found = ask(database, "Live.getVisitorProfile")
    assert (found["totalVisits"], found["totalActions"], found["totalPageViews"]) == (2, 6, 4)
    assert (found["totalUniquePageViews"], found["totalRevisitedPages"]) == (3, 1)
    assert (found["totalSearches"], found["totalDownloads"]) == (1, 1)
    assert found["visitedPages"][0] == {"url": "http://example.org/shop", "count": 2}
    assert found["searches"] == [{"keyword": "hats", "searches": 1}]
    assert found["firstVisit"]["referralSummary"] == "Google"
    assert found["lastVisit"]["referralSummary"] == "Campaign: spring"
    assert found["devices"][0]["devices"] == [{"name": "Generic Desktop", "count": 2}]
    assert len(found["lastVisits"]) == 2
    bobs = ask(database, "Live.getLastVisitsDetails")[1]["visitorId"]
    assert (found["nextVisitorId"], found["previousVisitorId"]) == (bobs, None)
    assert len(ask(database, "Live.getVisitorProfile", limitVisits="1")["lastVisits"]) == 1
    assert ask(database, "Live.getVisitorProfile", visitorId="0" * 16) == []


# transitions ------------------------------------------------------------------------------------------------


def test_what_came_before_and_after_a_page(database: Database) -> None:
    found = ask(database, "Transitions.getTransitionsForPageUrl", pageUrl="http://www.example.org/shop")
    assert found["date"] == "Mon, Mar 2, 2026"
    assert found["pageMetrics"] == {"loops": 0, "pageviews": 3, "entries": 1, "exits": 2}
    assert found["previousPages"] == [{"label": "example.org/", "referrals": 1}]
    assert found["previousSiteSearches"] == [{"label": "hats", "referrals": 1}]
    assert found["followingSiteSearches"] == [{"label": "hats", "referrals": 1}]
    assert found["downloads"] == [{"label": "http://example.org/list.pdf", "referrals": 1}]
    assert found["referrers"] == [
        {
            "label": "From websites",
            "shortName": "website",
            "visits": 1,
            "details": [{"label": "https://news.example.net/a", "referrals": "1"}],
        }
    ]


def test_rows_beyond_the_limit_are_others(tmp_path: Path) -> None:
    database = new_database(tmp_path / "p.duckdb")
    lines = []
    for n, page in enumerate("abcd"):
        lines += [hit(f"10:{n}0:00", f"/{page}", ip=f"10.0.0.{n}"), hit(f"10:{n}0:10", "/z", ip=f"10.0.0.{n}")]
    import_lines(database, tmp_path, [*lines, hit("10:30:20", "/z", ip="10.0.0.3")])
    parameters = {"actionName": "example.org/z", "limitBeforeGrouping": "2", "parts": "internalReferrers"}
    found = ask(database, "Transitions.getTransitionsForAction", **parameters)
    assert found["previousPages"] == [
        {"label": "example.org/a", "referrals": 1},
        {"label": "example.org/b", "referrals": 1},
        {"label": "Others", "referrals": 2},
    ]
    assert found["pageMetrics"] == {"loops": 1, "pageviews": 5, "entries": 0, "exits": 4}
    assert "referrers" not in found


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"pageUrl": "http://example.org/nothing"}, "NoDataForAction"),
        ({"pageUrl": "http://example.org/shop", "limitBeforeGrouping": "few"}, "has to be an integer"),
        ({"pageUrl": "http://example.org/shop", "parts": "some"}, "parts=some"),
    ],
)
def test_transitions_that_there_are_not(database: Database, parameters: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ask(database, "Transitions.getTransitionsForPageUrl", **parameters)
    with pytest.raises(UsageError, match="Unknown action type"):
        ask(database, "Transitions.getTransitionsForAction", actionName="x", actionType="y")
    with pytest.raises(UsageError, match="no views"):
        ask(database, "Transitions.getTransitionsForPageUrl", date="2026-03-01", pageUrl="http://example.org/shop")


# what visits have --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        # the most frequent first, then by the value itself
        ("visitorType", ["new", "returning"]),
        ("referrerType", ["campaign", "search", "website"]),
        ("countryName", ["Unknown"]),
        ("pageUrl", ["http://example.org/shop", "http://example.org/", "http://example.org/contact"]),
        ("entryPageUrl", ["http://example.org/", "http://example.org/contact", "http://example.org/shop"]),
        ("exitPageUrl", ["http://example.org/shop", "http://example.org/contact"]),
        ("downloadUrl", ["http://example.org/list.pdf"]),
        ("siteSearchKeyword", ["hats"]),
    ],
)
def test_values_suggested_for_a_segment(database: Database, segment: str, expected: list[str]) -> None:
    found = ask(database, "API.getSuggestedValuesForSegment", segmentName=segment)
    assert [value.partition("?")[0] for value in found] == expected


def test_nothing_to_suggest(database: Database) -> None:
    with pytest.raises(UsageError, match="There was no data to suggest for eventName"):
        ask(database, "API.getSuggestedValuesForSegment", segmentName="eventName")
    with pytest.raises(UsageError, match=r"there is no segment pageURL\. Did you mean pageUrl"):
        ask(database, "API.getSuggestedValuesForSegment", segmentName="pageURL")
    with pytest.raises(UsageError, match="segmentName"):
        ask(database, "API.getSuggestedValuesForSegment")
