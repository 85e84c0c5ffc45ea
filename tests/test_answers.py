"""Answers that parity of tables does not cover, compared with the real Matomo's, value by value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oracle import Case, differences, needs_oracle
from piwikcli.plugins import reports

pytestmark = needs_oracle

# texts are our own; graphs and guides are not part of this tool; ids of subtables and times differ by nature
OURS = frozenset(
    {
        "documentation",
        "onlineGuideUrl",
        "imageGraphUrl",
        "imageGraphEvolutionUrl",
        "timerMillis",
        "idsubdatatable",
    }
)


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case("log_week", tmp_path_factory.mktemp("log_week"))


def test_processed_reports(week: Case) -> None:
    found = processed(week)
    assert {key: lines for key, lines in found.items() if lines and key not in FAULTS} == {}
    assert len(found) >= 53


def processed(case: Case) -> dict[str, list[str]]:
    """Report -> how our answers differ."""
    found = {}
    for key, expected in case.answers("processed").items():
        module, action, *rest = key.split("_", 2)
        if f"{module}.{action}" not in reports():
            continue
        parameters = dict(one.split("--") for one in rest)
        got = case.ask(
            "API.getProcessedReport", apiModule=module, apiAction=action, filter_truncate="5", **parameters
        )
        found[key] = differences(expected, got, ignoring=OURS)
    return found


FAULTS = {
    # its "Others" row and its total add up a ratio
    "Actions_getSiteSearchKeywords",
    # its totals are called by their ids: {"2": 1145}
    "Referrers_getAll",
    # its "Others" row has the url "URL unknown!"
    "Referrers_getSearchEngines",
}
FAULTS_OF_TRACKING = {
    *FAULTS - {"Referrers_getSearchEngines"},
    # as above
    "Actions_getSiteSearchNoResultKeywords",
    "Actions_getSiteSearchCategories",
    # its "Others" row has a logo's height
    "UserCountry_getCountry",
    # its totals add up the smallest and largest values
    "CustomDimensions_getCustomDimension_idDimension--2",
    # one of its columns has no type
    "Goals_get_idGoal--ecommerceOrder",
    # 2,020% of the visits converted
    "API_get",
}


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("rowevo_pageurl", {"apiModule": "Actions", "apiAction": "getPageUrls", "label": "products>@/shoes"}),
        ("rowevo_ref", {"apiModule": "Referrers", "apiAction": "getReferrerType", "label": "Search Engines"}),
    ],
)
def test_rows_over_time(week: Case, name: str, parameters: dict[str, str]) -> None:
    got = week.ask("API.getRowEvolution", period="day", date=week.period, **parameters)
    assert differences(week.answers("evolution")[name], got, ignoring=OURS) == []


@pytest.mark.parametrize(
    ("name", "period", "method"),
    [
        ("series_VisitsSummary", "day", "VisitsSummary.get"),
        ("series_week", "week", "VisitsSummary.get"),
        ("series_Referrers", "day", "Referrers.getReferrerType"),
    ],
)
def test_several_periods(week: Case, name: str, period: str, method: str) -> None:
    got = week.ask(method, period=period, date=week.period)
    assert differences(week.answers("evolution")[name], got) == []


@pytest.mark.parametrize("name", ["week", "mixed"])
def test_filters(name: str, request: pytest.FixtureRequest) -> None:
    case: Case = request.getfixturevalue(name)
    found: dict[str, Any] = {}
    for query, expected in case.answers("filters").items():
        if query != "pivotBy=x":  # an error, see test_comparisons
            parameters = dict(one.split("=", 1) for one in query.split("&"))
            got = case.ask("Actions.getPageUrls", **{"filter_limit": "-1", **parameters})
            if "disable_generic_filters" in parameters:  # nothing sorts
                expected, got = by_label(expected), by_label(got)
            found[query] = differences(expected, got, ignoring=OURS)
    assert {query: lines for query, lines in found.items() if lines} == {}


def by_label(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: str(row["label"]))


# ids are numbers of Matomo's own, some of them random; days until today
IDS = frozenset(
    {
        "idVisit",
        "visitorId",
        "fingerprint",
        "pageIdAction",
        "pageId",
        "goalPageId",
        "nextVisitorId",
        "previousVisitorId",
        "daysAgo",
    }
)


def test_visits(week: Case) -> None:
    expected = week.answers("Live.getLastVisitsDetails")
    got = week.ask("Live.getLastVisitsDetails", filter_limit="-1", date="2026-02-24,2026-03-07")
    assert len(got) == len(expected)
    assert differences(expected, got, ignoring=IDS) == []


def test_visitors(week: Case) -> None:
    visits = week.ask("Live.getLastVisitsDetails", filter_limit="-1", date="2026-02-24,2026-03-07")
    ours = {(one["lastActionTimestamp"], one["visitIp"], one["browser"]): one["visitorId"] for one in visits}
    for expected in week.answers("visitor_profiles").values():
        latest = expected["lastVisits"][0]
        visitor = ours[latest["lastActionTimestamp"], latest["visitIp"], latest["browser"]]
        got = week.ask("Live.getVisitorProfile", visitorId=visitor)
        assert differences(expected, got, ignoring=IDS) == []


def test_transitions(week: Case) -> None:
    expected = week.answers("transitions_urls")
    got = {url: week.ask("Transitions.getTransitionsForPageUrl", pageUrl=url) for url in expected}
    assert differences(expected, got) == []


# tracking requests: goals, events, contents, orders, dimensions ---------------------------------------------


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case("requests_mixed", tmp_path_factory.mktemp("requests_mixed"))


def test_processed_reports_of_tracking_requests(mixed: Case) -> None:
    found = processed(mixed)
    assert {key for key, lines in found.items() if lines} == FAULTS_OF_TRACKING
    assert len(found) == 80


def test_rows_of_tracking_requests_over_time(mixed: Case) -> None:
    expected = mixed.answers("evolution")
    asked = {"apiModule": "Actions", "apiAction": "getPageUrls", "label": "products>@/shoes"}
    got = mixed.ask("API.getRowEvolution", period="day", date=mixed.period, **asked)
    assert differences(expected["rowevo_pageurl"], got, ignoring=OURS) == []
    got = mixed.ask("Referrers.getReferrerType", period="day", date=mixed.period)
    assert differences(expected["series_Referrers"], got) == []


@pytest.fixture(scope="module")
def visits_of(mixed: Case) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(Matomo's visit, ours), the latest first."""
    expected = mixed.answers("Live.getLastVisitsDetails")
    got = mixed.ask("Live.getLastVisitsDetails", filter_limit="-1", date="2024-03-29,2024-04-03")
    assert len(got) == len(expected)
    return list(zip(expected, got, strict=True))


def test_visits_of_tracking_requests(visits_of: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    found = [differences(one, other, ignoring=IDS) for one, other in visits_of]
    assert [lines for lines in found if lines] == []
    assert len(found) == 99


def test_visitors_of_tracking_requests(mixed: Case, visits_of: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    ours = {one["idVisit"]: other["visitorId"] for one, other in visits_of}
    for expected in mixed.answers("visitor_profiles").values():
        got = mixed.ask("Live.getVisitorProfile", visitorId=ours[expected["lastVisits"][0]["idVisit"]])
        assert differences(expected, got, ignoring=IDS) == []


@pytest.mark.parametrize(
    ("name", "method", "parameter"),
    [
        ("transitions_urls", "getTransitionsForPageUrl", "pageUrl"),
        ("transitions_titles", "getTransitionsForPageTitle", "pageTitle"),
    ],
)
def test_transitions_of_tracking_requests(mixed: Case, name: str, method: str, parameter: str) -> None:
    found = {}
    for page, expected in mixed.answers(name).items():
        got = mixed.ask(f"Transitions.{method}", **{parameter: page})
        found[page] = differences(expected, got)
    assert {page: lines for page, lines in found.items() if lines} == {}


@pytest.mark.parametrize("format", ["csv", "tsv", "json", "xml", "html"])
@pytest.mark.parametrize(("number", "period"), [(0, "range"), (3, "day")])
def test_bytes_of_tracking_requests(mixed: Case, number: int, period: str, format: str) -> None:
    """Tables with goals have other orders of columns: docs/reference/formats.md."""
    expected = (mixed.folder / "extra" / "formats" / f"{number}.VisitsSummary_get.{format}").read_bytes()
    assert mixed.written("VisitsSummary.get", format, period=period, date=mixed.period) == expected


@pytest.mark.parametrize("name", ["week", "mixed"])
def test_single_answers(name: str, request: pytest.FixtureRequest) -> None:
    case: Case = request.getfixturevalue(name)
    found = {}
    for query, expected in case.answers("misc").items():
        method, _, text = query.partition(" ")
        if method not in reports() or (isinstance(expected, dict) and expected.get("result") == "error"):
            continue
        parameters = json.loads(text) if text.startswith("{") else dict([text.split("=")]) if text else {}
        got = case.ask(method, **{"filter_limit": "-1", **{name: str(value) for name, value in parameters.items()}})
        found[query] = differences(expected, got, ignoring=OURS)
    assert {query: lines for query, lines in found.items() if lines} == {}
    assert len(found) >= 16
