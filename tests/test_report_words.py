"""Reports in words (API.getReportMetadata), ready to be shown (getProcessedReport), over time (getRowEvolution)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from piwikcli.errors import UsageError
from piwikcli.plugins import described, reports
from piwikcli.plugins.api.describe import metric_type
from piwikcli.plugins.descriptions.columns import COLUMNS, column_name, column_text
from piwikcli.report.render import render
from report_helpers import DAY, SITE, WEEK, Store, visits

NEXT = DAY.shifted(1)


@pytest.fixture
def store() -> Store:
    """Two days and their week: France falls from 8 visits to 6, Germany is there on the first day only."""
    store = Store()
    first = {("fr",): visits(8, sum_visit_length=100), ("de",): visits(2, bounce_count=1)}
    second = {("fr",): visits(6, sum_visit_length=90)}
    for period, rows in ((DAY, first), (NEXT, second)):
        nb_visits = sum(row["nb_visits"] for row in rows.values())
        store.archive(period, numbers={"nb_visits": nb_visits}, tables={"UserCountry_country": rows})
    return store


def asked(store: Store, method: str, *periods: Any, by_date: bool = False, **parameters: str) -> Any:
    from piwikcli.plugins import report
    from piwikcli.report.requests import ReportRequest

    answer = store.select(*(periods or (DAY,)), by_date=by_date).answer(ReportRequest.of(report(method), parameters))
    return json.loads(render(answer, "json", method=method))


# every report is described ----------------------------------------------------------------------------------


def test_every_table_and_row_is_described() -> None:
    missing = [
        method
        for method, report in reports().items()
        if report.kind in ("table", "simple") and report.exported and method not in described()
    ]
    assert missing == []
    for method, one in described().items():
        assert one.name, method
        assert one.text.endswith("."), method
        assert one.metrics, method
        assert all(other in described() for other in one.related), method


def test_columns_have_names_and_texts() -> None:
    assert column_name("nb_visits") == "Visits"
    assert column_name("goal_1_revenue") == "goal_1_revenue"
    assert column_text("bounce_count") == "Visits of one action."
    assert column_text("bounce_count_returning") == "Visits of one action, of returning visitors."
    assert column_text("goal_1_revenue") == ""
    assert column_text("Referrers_visitorsFromAIAssistants_percent") == "The share of visits from AI assistants."
    assert column_name("avg_time_on_load") == "Avg. time: what the page does when it is loaded"
    assert all(text.endswith(".") for _, text in COLUMNS.values())


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("nb_visits", "number"),
        ("bounce_rate_new", "percent"),
        ("nb_visits_percentage", "percent"),
        ("avg_time_on_site_returning", "duration_s"),
        ("revenue_per_visit", "money"),
        ("avg_price", "money"),
        ("avg_event_value", "number"),
    ],
)
def test_types_of_metrics(name: str, kind: str) -> None:
    assert metric_type(name) == kind


# getReportMetadata ------------------------------------------------------------------------------------------


def test_reports_are_listed_by_category(store: Store) -> None:
    listed = asked(store, "API.getReportMetadata")
    categories = [one["category"] for one in listed]
    assert list(dict.fromkeys(categories))[:3] == ["Visitors", "Actions", "Referrers"]
    assert [one["uniqueId"] for one in listed[:3]] == [
        "VisitsSummary_get",
        "UserCountry_getCountry",
        "UserCountry_getContinent",
    ]
    assert not any(one.get("isSubtableReport") for one in listed)
    with_subtables = asked(store, "API.getReportMetadata", showSubtableReports="1")
    below = [one["uniqueId"] for one in with_subtables if one.get("isSubtableReport")]
    assert "Referrers_getSearchEnginesFromKeywordId" in below


def test_what_is_said_about_one_report(store: Store) -> None:
    [one] = asked(store, "API.getMetadata", apiModule="Referrers", apiAction="getKeywords")
    assert one["dimensions"] == {"Referrers_Keyword": "Keyword", "Referrers_SearchEngine": "Search Engine"}
    assert one["actionToLoadSubTables"] == "getSearchEnginesFromKeywordId"
    assert one["metrics"]["nb_visits"] == "Visits"
    assert one["metricTypes"]["avg_time_on_site"] == "duration_s"
    assert one["metricsDocumentation"]["bounce_rate"].startswith("The share of visits of one action")
    assert (
        "metricsDocumentation"
        not in asked(store, "API.getMetadata", apiModule="Referrers", apiAction="getKeywords", hideMetricsDoc="1")[0]
    )
    assert asked(store, "API.getMetadata", apiModule="Referrers", apiAction="getNothing") == []


def test_reports_of_single_goals_and_dimensions(store: Store) -> None:
    store.connection.execute(
        "INSERT INTO goal BY NAME SELECT 1 AS idsite, 3 AS idgoal, 'Sign up' AS name, '' AS description, "
        "'url' AS match_attribute, '/thanks' AS pattern, 'contains' AS pattern_type, false AS case_sensitive, "
        "false AS allow_multiple, 0 AS revenue, false AS event_value_as_revenue, false AS deleted"
    )
    listed = {one["uniqueId"]: one for one in asked(store, "API.getReportMetadata")}
    assert listed["Goals_get_idGoal--3"]["name"] == "Goal Sign up"
    assert listed["Goals_get_idGoal--3"]["parameters"] == {"idGoal": 3}


def test_segments_in_words(store: Store) -> None:
    found = {one["segment"]: one for one in asked(store, "API.getSegmentsMetadata")}
    assert found["browserCode"]["category"] == "Visitors"
    assert found["actions"]["type"] == "metric"
    assert found["referrerName"]["category"] == "Referrers"
    assert "new, returning" in found["visitorType"]["acceptedValues"]
    assert next(one["category"] for one in found.values()) == "Visitors"


# getProcessedReport -----------------------------------------------------------------------------------------


def test_a_report_ready_to_be_shown(store: Store) -> None:
    parameters = {"apiModule": "UserCountry", "apiAction": "getCountry", "filter_limit": "1"}
    found = asked(store, "API.getProcessedReport", **parameters)
    assert (found["website"], found["prettyDate"]) == (SITE.name, "Tuesday, March 3, 2026")
    assert list(found["columns"].values())[:3] == ["Country", "Visits", "Unique visitors"]
    assert found["reportData"] == [
        {
            "label": "France",
            "nb_visits": 8,
            "nb_uniq_visitors": 8,
            "nb_actions": 8,
            "nb_actions_per_visit": 1,
            "avg_time_on_site": "00:00:13",
            "bounce_rate": "100%",
            "revenue": "$0",
        }
    ]
    assert found["reportMetadata"][0]["code"] == "fr"
    # totals are those of all rows, whatever the limit
    assert (found["reportTotal"]["nb_visits"], found["reportTotal"]["nb_actions_per_visit"]) == (10, 1)


def test_several_dates_are_shown_by_date(store: Store) -> None:
    parameters = {"apiModule": "UserCountry", "apiAction": "getCountry"}
    found = asked(store, "API.getProcessedReport", DAY, NEXT, by_date=True, **parameters)
    assert found["prettyDate"] == "March 3\N{THIN SPACE}–\N{THIN SPACE}4, 2026"
    assert [row["label"] for row in found["reportData"]["2026-03-03"]] == ["France", "Germany"]
    assert [row["label"] for row in found["reportData"]["2026-03-04"]] == ["France"]


def test_reports_that_are_not_listed_cannot_be_shown(store: Store) -> None:
    with pytest.raises(UsageError, match="not found in the list of available reports"):
        asked(store, "API.getProcessedReport", apiModule="VisitsSummary", apiAction="getVisits")


# getRowEvolution --------------------------------------------------------------------------------------------

COUNTRY = {"apiModule": "UserCountry", "apiAction": "getCountry"}


def test_one_row_over_time(store: Store) -> None:
    found = asked(store, "API.getRowEvolution", DAY, NEXT, by_date=True, label="France", **COUNTRY)
    assert found["label"] == "France"
    assert [rows[0]["nb_visits"] for rows in found["reportData"].values()] == [8, 6]
    assert found["metadata"]["metrics"]["nb_visits"] == {"name": "Visits", "min": 6, "max": 8, "change": "-25%"}
    assert found["metadata"]["metrics"]["avg_time_on_site"] == {
        "name": "Avg. Time on Website",
        "min": 13,
        "max": 15,
        "change": "+15%",
    }
    assert found["logo"].startswith("plugins/")


def test_a_row_that_is_there_once_has_no_change(store: Store) -> None:
    found = asked(store, "API.getRowEvolution", DAY, NEXT, by_date=True, label="Germany", **COUNTRY)
    assert found["reportData"]["2026-03-04"] == []
    assert found["metadata"]["metrics"]["nb_visits"] == {"name": "Visits", "min": 2, "max": 2}
    assert found["metadata"]["metrics"]["bounce_rate"] == {"name": "Bounce Rate", "min": 50, "max": 50}


def test_several_rows_over_time(store: Store) -> None:
    found = asked(store, "API.getRowEvolution", DAY, NEXT, by_date=True, label="Germany,France", **COUNTRY)
    assert found["column"] == "nb_visits"
    assert found["reportData"] == {
        "2026-03-03": [{"nb_visits_0": 2, "nb_visits_1": 8}],
        "2026-03-04": [{"nb_visits_0": 0, "nb_visits_1": 6}],
    }
    assert found["metadata"]["metrics"]["nb_visits_1"] == {
        "name": "France (Visits)",
        "min": 6,
        "max": 8,
        "change": "-25%",
    }


def test_one_period_is_no_evolution(store: Store) -> None:
    with pytest.raises(UsageError, match="can not be processed with this combination"):
        asked(store, "API.getRowEvolution", DAY, label="France", **COUNTRY)
    assert WEEK.name == "week"


def test_columns_are_called_as_the_report_calls_them() -> None:
    from piwikcli.commands.reporting import column_names

    wanted = {"translateColumnNames": "1"}
    assert column_names({}, "Actions.getPageUrls") == {}
    assert column_names(wanted)["nb_visits"] == "Visits"
    assert column_names(wanted, "Actions.getPageUrls")["nb_visits"] == "Unique Pageviews"
    assert column_names(wanted, "Actions.getOutlinks")["nb_hits"] == "Clicks"
