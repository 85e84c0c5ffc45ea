"""VisitsSummary, VisitFrequency, Goals, PagePerformance, API: rows of numbers."""

import pytest

from piwikcli.archive.periods import Period
from piwikcli.errors import UsageError
from piwikcli.plugins import report
from piwikcli.report.requests import ReportRequest
from piwikcli.report.table import Number, SimpleTable
from report_helpers import DAY, WEEK, Store

# one day of the sample site
NUMBERS = {
    "nb_visits": 100,
    "nb_uniq_visitors": 100,
    "nb_actions": 328,
    "max_actions": 19,
    "sum_visit_length": 19172,
    "bounce_count": 38,
    "nb_visits_converted": 20,
}
NEW = {f"{name}_new": value for name, value in NUMBERS.items()}
YEAR = Period.of("year", DAY.date1)


def store() -> Store:
    found = Store()
    actions = {"nb_pageviews": 322, "nb_uniq_pageviews": 318, "nb_downloads": 2, "nb_searches": 4}
    found.archive(
        numbers=NUMBERS
        | NEW
        | {f"Actions_{name}": value for name, value in actions.items()}
        | {"Goal_nb_conversions": 26, "Goal_revenue": 910.9}
        | {"Goal_0_nb_conversions": 12, "Goal_0_nb_visits_converted": 9, "Goal_0_revenue": 815.9}
        | {"Goal_0_items": 48},
        tables={"Referrers_type": {("1",): {"nb_visits": 40}, ("2",): {"nb_visits": 60}}},
    )
    return found


def test_visits_summary() -> None:
    assert list(store().columns("VisitsSummary.get").items()) == [
        ("nb_uniq_visitors", 100),
        ("nb_users", 0),
        ("nb_visits", 100),
        ("nb_actions", 328),
        ("nb_visits_converted", 20),
        ("bounce_count", 38),
        ("sum_visit_length", 19172),
        ("max_actions", 19),
        ("bounce_rate", "38%"),
        ("nb_actions_per_visit", 3.3),
        ("avg_time_on_site", 192),
    ]


def test_columns_choose_and_what_they_need_is_computed() -> None:
    assert store().columns("VisitsSummary.get", columns="bounce_rate,nb_visits") == {
        "bounce_rate": "38%",
        "nb_visits": 100,
    }
    assert store().columns("VisitsSummary.get", hideColumns="nb_users") == {
        name: value for name, value in store().columns("VisitsSummary.get").items() if name != "nb_users"
    }


def test_formats_of_metrics() -> None:
    def shown(mode: str) -> tuple[object, ...]:
        columns = store().columns("VisitsSummary.get", format_metrics=mode)
        return columns["bounce_rate"], columns["avg_time_on_site"]

    assert shown("bc") == ("38%", 192)
    assert shown("0") == (0.38, 192)
    assert shown("1") == ("38%", "3 min 12s")


def test_unique_visitors_are_left_out_where_they_are_not_counted() -> None:
    found = Store()
    found.archive(YEAR, numbers=NUMBERS)
    reports = found.select(YEAR, unique_visitors=frozenset({"day", "week", "month"}))

    result = reports.answer(ReportRequest.of(report("VisitsSummary.get"), {}))
    assert isinstance(result, SimpleTable)
    assert list(result.columns)[:3] == ["nb_visits", "nb_actions", "nb_visits_converted"]
    with pytest.raises(UsageError, match=r"nb_uniq_visitors is not enabled .* archiving\.unique_visitors"):
        reports.answer(ReportRequest.of(report("VisitsSummary.getUniqueVisitors"), {}))


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("getVisits", 100),
        ("getUniqueVisitors", 100),
        ("getUsers", 0),
        ("getActions", 328),
        ("getMaxActions", 19),
        ("getSumVisitsLength", 19172),
        ("getSumVisitsLengthPretty", "5 hours 19 min"),
        ("getBounceCount", 38),
        ("getVisitsConverted", 20),
    ],
)
def test_single_numbers(method: str, value: object) -> None:
    assert store().ask(f"VisitsSummary.{method}") == Number(value)  # type: ignore[arg-type]  # int or str


def test_without_visits_a_row_is_empty_and_a_number_zero() -> None:
    empty = Store()
    for method in ("VisitsSummary.get", "VisitFrequency.get", "Goals.get", "Actions.get", "API.get"):
        assert empty.ask(method) == SimpleTable()
    assert empty.ask("VisitsSummary.getVisits") == Number(0)


def test_a_segment_that_selects_no_visit_gives_zeros() -> None:
    found = Store()
    found.archive(segment="countryCode==de")
    reports = found.select(DAY, segment="countryCode==de")
    result = reports.answer(ReportRequest.of(report("VisitsSummary.get"), {}))
    assert isinstance(result, SimpleTable)
    assert (result.columns["nb_visits"], result.columns["bounce_rate"]) == (0, "0%")


def test_visit_frequency_has_new_before_returning() -> None:
    columns = store().columns("VisitFrequency.get")
    assert list(columns)[:11] == [
        "nb_uniq_visitors_new",
        "nb_users_new",
        "nb_visits_new",
        "nb_actions_new",
        "nb_visits_converted_new",
        "bounce_count_new",
        "sum_visit_length_new",
        "max_actions_new",
        "bounce_rate_new",
        "nb_actions_per_visit_new",
        "avg_time_on_site_new",
    ]
    assert len(columns) == 22
    assert columns["avg_time_on_site_new"] == 192
    assert (columns["nb_visits_returning"], columns["bounce_rate_returning"]) == (0, "0%")


def test_goals() -> None:
    columns = store().columns("Goals.get")
    assert list(columns.items())[:4] == [
        ("nb_conversions", 26),
        ("nb_visits_converted", 20),
        ("revenue", 910.9),
        ("conversion_rate", "20%"),
    ]
    assert list(columns)[4:8] == [
        "nb_conversions_new_visit",
        "nb_visits_converted_new_visit",
        "revenue_new_visit",
        "conversion_rate_new_visit",
    ]
    assert len(columns) == 12


def test_orders() -> None:
    assert list(store().columns("Goals.get", idGoal="0").items())[:5] == [
        ("nb_conversions", 12),
        ("nb_visits_converted", 9),
        ("revenue", 815.9),
        ("items", 48),
        ("conversion_rate", "9%"),
    ]
    order = store().columns("Goals.get", idGoal="ecommerceOrder")
    assert len(order) == 30
    assert (order["revenue_tax"], order["avg_order_revenue"]) == (0, 67.99)
    cart = store().columns("Goals.get", idGoal="ecommerceAbandonedCart")
    assert len(cart) == 18
    assert cart["nb_conversions"] == 0
    assert len(store().columns("Goals.get", idGoal="7")) == 12


def test_page_performance_without_times_is_zero() -> None:
    assert store().columns("PagePerformance.get") == dict.fromkeys(
        (
            "avg_time_network",
            "avg_time_server",
            "avg_time_transfer",
            "avg_time_dom_processing",
            "avg_time_dom_completion",
            "avg_time_on_load",
            "avg_page_load_time",
        ),
        0,
    )


def test_page_performance_averages_have_two_decimals() -> None:
    found = Store()
    times = {"PagePerformance_servery_time": 8.504, "PagePerformance_server_hits": 17}
    found.archive(numbers=NUMBERS | times)
    assert found.columns("PagePerformance.get")["avg_time_server"] == 0.5


def test_api_get_joins_the_overviews() -> None:
    columns = store().columns("API.get")
    assert len(columns) == 83
    assert list(columns)[:8] == [
        "nb_uniq_visitors",
        "nb_visits",
        "nb_users",
        "nb_actions",
        "max_actions",
        "bounce_count",
        "sum_visit_length",
        "nb_visits_new",
    ]
    # of all goals together a visit is converted that says so of itself: docs/reference/metrics.md
    assert columns["nb_visits_converted"] == 20
    assert columns["Referrers_visitorsFromSearchEngines_percent"] == "60%"
    assert columns["PagePerformance_servery_time"] == 0
    assert "bounce_count_new" not in columns
    assert list(columns)[-3:] == ["bounce_rate", "nb_actions_per_visit", "avg_time_on_site"]
    assert store().columns("API.get", columns="nb_visits,nb_pageviews") == {
        "nb_visits": 100,
        "nb_pageviews": 322,
    }


def test_weeks_read_their_own_archive() -> None:
    found = store()
    found.archive(WEEK, numbers={"nb_visits": 497, "bounce_count": 189})
    assert found.columns("VisitsSummary.get", period=WEEK)["bounce_rate"] == "38%"
