"""VisitTime and VisitorInterest: rows that are always there."""

from datetime import date

import pytest

from piwikcli.archive.periods import Period
from piwikcli.errors import UsageError
from piwikcli.plugins import report
from piwikcli.report.requests import ReportRequest
from report_helpers import DAY, WEEK, Store, visits

SERVER, LOCAL = "VisitTime.getVisitInformationPerServerTime", "VisitTime.getVisitInformationPerLocalTime"


def test_every_hour_has_a_row_in_order() -> None:
    store = Store()
    store.archive(tables={"VisitTime_serverTime": {("14",): visits(2), ("3",): visits(5)}})
    found = store.rows(SERVER)
    assert [row["label"] for row in found] == [f"{hour:02}" for hour in range(24)]
    assert [row["nb_visits"] for row in found if row["nb_visits"]] == [5, 2]
    assert found[0] == {"label": "00", **visits(0, max_actions=0), "segment": "visitStartServerHour==23"}
    assert Store().rows(SERVER) == []


def test_server_hours_are_segments_in_utc_by_the_offset_at_the_periods_end() -> None:
    def segment(period: Period) -> str:
        store = Store()
        store.archive(period, tables={"VisitTime_serverTime": {("14",): visits(2)}})
        return str(store.rows(SERVER, period=period)[14]["segment"])

    assert segment(DAY) == "visitStartServerHour==13"
    # Berlin's summer time begins on March 29
    assert segment(Period.of("month", date(2026, 3, 1))) == "visitStartServerHour==12"


def test_local_hours() -> None:
    store = Store()
    store.archive(tables={"VisitTime_localTime": {("0",): visits(1)}})
    assert store.rows(LOCAL)[0]["segment"] == "visitLocalHour==0"
    flat = store.rows(LOCAL, flat="1")
    assert (flat[3]["label"], flat[3]["VisitTime_LocalTime"]) == ("03", "3")


def test_hours_can_be_sorted_and_limited_like_any_table() -> None:
    store = Store()
    store.archive(tables={"VisitTime_localTime": {("7",): visits(1), ("9",): visits(4)}})
    found = store.rows(LOCAL, filter_sort_column="nb_visits", filter_limit="2")
    assert [row["label"] for row in found] == ["09", "07"]


def test_days_of_the_week_sum_their_days() -> None:
    store = Store()
    store.archive(DAY, numbers={"nb_visits": 100, "nb_uniq_visitors": 99, "nb_actions": 328})
    store.archive(DAY.shifted(2), numbers={"nb_visits": 8, "bounce_count": 3})
    store.archive(WEEK, numbers={"nb_visits": 108})
    found = store.rows("VisitTime.getByDayOfWeek", period=WEEK)
    assert [row["label"] for row in found][::6] == ["Monday", "Sunday"]
    assert found[0] == {"label": "Monday", "nb_visits": 0, "day_of_week": 1}
    assert found[1] == {
        "label": "Tuesday",
        "nb_visits": 100,
        "nb_uniq_visitors": 99,
        "nb_actions": 328,
        "nb_users": 0,
        "sum_visit_length": 0,
        "bounce_count": 0,
        "nb_visits_converted": 0,
        "day_of_week": 2,
    }
    assert found[3]["bounce_count"] == 3
    assert Store().rows("VisitTime.getByDayOfWeek") == []


def test_days_of_the_week_are_of_one_period() -> None:
    reports = Store().select(DAY, DAY.shifted(1), by_date=True)
    with pytest.raises(UsageError, match="does not support multiple dates"):
        reports.answer(ReportRequest.of(report("VisitTime.getByDayOfWeek"), {}))


@pytest.mark.parametrize(
    ("method", "record", "labels", "segments"),
    [
        (
            "getNumberOfVisitsPerVisitDuration",
            "VisitorInterest_timeGap",
            "0–10s|11–30s|31–60s|1-2 min|2-4 min|4-7 min|7-10 min|10-15 min|15-30 min|30+ min",
            ["visitDuration>=0;visitDuration<=10", "visitDuration>=1801"],
        ),
        (
            "getNumberOfVisitsPerPage",
            "VisitorInterest_pageGap",
            "1 page|2 pages|3 pages|4 pages|5 pages|6-7 pages|8-10 pages|11-14 pages|15-20 pages|21+ pages",
            ["actions==1", "actions>=21"],
        ),
        (
            "getNumberOfVisitsByVisitCount",
            "VisitorInterest_visitsByVisitCount",
            "1 visit|2 visits|3 visits|4 visits|5 visits|6 visits|7 visits|8 visits|9-14 visits|15-25 visits|"
            "26-50 visits|51-100 visits|101-200 visits|201+ visits",
            ["visitCount==1", "visitCount>=201"],
        ),
        (
            "getNumberOfVisitsByDaysSinceLast",
            "VisitorInterest_daysSinceLastVisit",
            "New visits|0 days|1 day|2 days|3 days|4 days|5 days|6 days|7 days|8-14 days|15-30 days|"
            "31-60 days|61-120 days|121-364 days|365+ days",
            ["visitorType==new", "daysSinceLastVisit>=365"],
        ),
    ],
)
def test_buckets(method: str, record: str, labels: str, segments: list[str]) -> None:
    store = Store()
    store.archive(tables={record: {("1",): {"nb_visits": 3}}})
    found = store.rows(f"VisitorInterest.{method}")
    assert "|".join(row["label"] for row in found) == labels
    assert [found[0]["segment"], found[-1]["segment"]] == segments
    assert Store().rows(f"VisitorInterest.{method}") == []


def test_visit_counts_have_their_share() -> None:
    store = Store()
    stored = {("1",): {"nb_visits": 487}, ("2",): {"nb_visits": 10}}
    store.archive(tables={"VisitorInterest_visitsByVisitCount": stored})
    found = store.rows("VisitorInterest.getNumberOfVisitsByVisitCount")
    assert found[1] == {
        "label": "2 visits",
        "nb_visits": 10,
        "nb_visits_percentage": "2%",
        "segment": "visitCount==2",
    }
    assert found[2]["nb_visits_percentage"] == "0%"
