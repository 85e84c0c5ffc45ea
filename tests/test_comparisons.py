"""`compare=1` and `pivotBy`: docs/reference/reports.md."""

from __future__ import annotations

from typing import Any

import pytest

from piwikcli.errors import UsageError
from piwikcli.report.comparisons import change
from piwikcli.report.render import render
from piwikcli.report.table import DataTable, SimpleTable, TableMap
from report_helpers import DAY, Store, shown, visits

COUNTRY = "UserCountry.getCountry"
NEXT = DAY.shifted(1)


@pytest.fixture
def store() -> Store:
    """Two days: France falls from 8 visits to 6, Germany is there on the first day only."""
    store = Store()
    first = {("fr",): visits(8, sum_visit_length=40), ("de",): visits(2)}
    second = {("fr",): visits(6, sum_visit_length=90)}
    store.archive(DAY, numbers={"nb_visits": 10, "max_actions": 3}, tables={"UserCountry_country": first})
    store.archive(NEXT, numbers={"nb_visits": 6, "max_actions": 3}, tables={"UserCountry_country": second})
    return store


def compared(store: Store, method: str = COUNTRY, **parameters: str) -> list[dict[str, Any]]:
    others = {"compare": "1", "comparePeriods": "day", "compareDates": str(NEXT.date1)}
    return store.rows(method, **{**others, **parameters})


@pytest.mark.parametrize(
    ("now", "then", "expected"),
    [
        (6, 8, "-25%"),
        (8, 6, "+33.3%"),
        (0, 0, "+0%"),
        (5, 0, "+100%"),
        (0, 5, "-100%"),
        (35, 3, "+1,066.7%"),
        (0.038, 0.032, "+18.8%"),
    ],
)
def test_how_much_a_number_changed(now: float, then: float, expected: str) -> None:
    assert change(now, then) == expected


def test_each_row_has_its_series(store: Store) -> None:
    france = compared(store, showColumns="nb_visits,sum_visit_length")[0]
    assert france["nb_visits"] == 8
    own, other = shown(france["comparisons"])
    assert {name: own[name] for name in ("nb_visits", "compareDate", "compareSegmentPretty")} == {
        "nb_visits": 8,
        "compareDate": "2026-03-03",
        "compareSegmentPretty": "All visits",
    }
    assert "nb_visits_change" not in own
    assert other["nb_visits"] == 6
    assert (other["nb_visits_change"], other["nb_visits_change_from"]) == ("-25%", "+33.3%")
    assert (other["sum_visit_length_change"], other["sum_visit_length_change_from"]) == ("+125%", "-55.6%")
    assert other["comparePeriodPretty"] == "Wednesday, March 4, 2026"
    assert other["compareSeriesPretty"] == "(Wednesday, March 4, 2026) (All visits)"
    assert "nb_actions" not in other


def test_a_row_that_the_other_day_lacks_counts_as_zeros(store: Store) -> None:
    germany = compared(store)[1]
    _, other = shown(germany["comparisons"])
    assert germany["label"] == "Germany"
    assert (other["nb_visits"], other["nb_visits_change"], other["bounce_count_change_from"]) == (0, "-100%", "+100%")
    assert other["segment"] == germany["segment"]


def test_on_a_terminal_series_are_lines_below_their_row(store: Store) -> None:
    asked = {"compare": "1", "comparePeriods": "day", "compareDates": str(NEXT.date1), "showColumns": "nb_visits"}
    lines = render(store.ask(COUNTRY, **asked), "table").decode().splitlines()
    assert lines[0].split() == ["label", "nb_visits", "nb_visits_change"]
    assert lines[2].split() == ["France", "8"]
    assert lines[3].split("  ")[1:2] == ["(Wednesday, March 4, 2026) (All visits)"]
    assert lines[3].split()[-2:] == ["6", "-25%"]
    assert lines[5].split()[-2:] == ["0", "-100%"]
    # of a report of one row they are columns
    lines = render(store.ask("VisitsSummary.get", **asked), "table").decode().splitlines()
    assert "(Wednesday, March 4, 2026)" in " ".join(lines[:6])
    assert lines[-1].split() == ["nb_visits", "10", "6", "-40%"]


def test_changes_can_be_turned_round_and_have_trends(store: Store) -> None:
    _, other = shown(compared(store, invert_compare_change_compute="1", include_trends="1")[0]["comparisons"])
    assert (other["nb_visits_change"], other["nb_visits_change_from"]) == ("+33.3%", "-25%")
    assert (other["nb_visits_trend"], other["nb_visits_trend_from"], other["max_actions_trend"]) == (1, -1, 0)


def test_a_report_of_one_row_is_compared_too(store: Store) -> None:
    parameters = {"compare": "1", "comparePeriods": "day", "compareDates": str(NEXT.date1)}
    result = store.ask("VisitsSummary.get", columns="nb_visits,max_actions", **parameters)
    assert isinstance(result, SimpleTable)
    assert result.columns["nb_visits"] == 10
    _, other = shown(result.columns["comparisons"])
    assert (other["nb_visits"], other["nb_visits_change"], other["max_actions_change"]) == (6, "-40%", "+0%")


def test_several_dates_are_compared_one_by_one(store: Store) -> None:
    from piwikcli.plugins import report
    from piwikcli.report.requests import ReportRequest

    request = ReportRequest.of(
        report(COUNTRY), {"compare": "1", "comparePeriods": "day", "compareDates": "2026-03-04,2026-03-05"}
    )
    result = store.select(DAY, NEXT, by_date=True).answer(request)
    assert isinstance(result, TableMap)
    second = result.tables["2026-03-04"]
    assert isinstance(second, DataTable)
    _, other = shown(shown(second)[0]["comparisons"])
    assert (other["compareDate"], other["nb_visits"]) == ("2026-03-05", 0)


def test_segments_are_compared_too(store: Store) -> None:
    firefox = {("fr",): visits(3)}
    store.archive(DAY, numbers={"nb_visits": 3}, tables={"UserCountry_country": firefox}, segment="browserCode==FF")
    france, germany = store.rows(COUNTRY, compare="1", compareSegments="browserCode==FF")
    own, other = shown(france["comparisons"])
    assert [one["nb_visits"] for one in (own, other)] == [8, 3]
    assert (other["compareSegment"], other["compareSeriesPretty"]) == (
        "browserCode==FF",
        "(Tuesday, March 3, 2026) (browserCode==FF)",
    )
    assert "nb_visits_change" not in other
    assert shown(germany["comparisons"])[1]["nb_visits"] == 0


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"comparePeriods": "day\nday"}, "as many elements"),
        ({"compareDates": "2026-03-04,2026-03-05"}, "2 periods cannot be compared with 1"),
        ({"compareSegments": "actions==1\nactions==2\nactions==3\nactions==4\nactions==5"}, "at most 5 segments"),
        ({"comparePeriods": "\n".join(["day"] * 5), "compareDates": "\n".join([str(NEXT.date1)] * 5)}, "at most 5"),
    ],
)
def test_what_cannot_be_compared(store: Store, parameters: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        compared(store, **parameters)


# pivot tables -----------------------------------------------------------------------------------------------


@pytest.fixture
def keywords() -> Store:
    store = Store()
    rows = {
        ("shoes",): visits(7),
        ("shoes", "Google"): visits(4),
        ("shoes", "Bing"): visits(3),
        ("hats",): visits(6),
        ("hats", "Bing"): visits(5),
        ("hats", "Qwant"): visits(1),
    }
    store.archive(numbers={"nb_visits": 13}, tables={"Referrers_keywordBySearchEngine": rows})
    return store


def cells(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in ("segment", "url", "logo")} for row in rows]


def test_subtables_become_columns(keywords: Store) -> None:
    rows = keywords.rows("Referrers.getKeywords", pivotBy="Referrers.SearchEngine")
    assert cells(rows) == [
        {
            "label": "shoes",
            "1.\N{NO-BREAK SPACE}Bing": 3,
            "2.\N{NO-BREAK SPACE}Google": 4,
            "3.\N{NO-BREAK SPACE}Qwant": 0,
        },
        {
            "label": "hats",
            "1.\N{NO-BREAK SPACE}Bing": 5,
            "2.\N{NO-BREAK SPACE}Google": 0,
            "3.\N{NO-BREAK SPACE}Qwant": 1,
        },
    ]


def test_columns_beyond_the_limit_are_others(keywords: Store) -> None:
    parameters = {"pivotBy": "Referrers.SearchEngine", "pivotByColumnLimit": "1", "disable_queued_filters": "1"}
    rows = keywords.rows("Referrers.getKeywords", pivotByColumn="nb_actions", **parameters)
    assert cells(rows) == [
        {"label": "shoes", "Bing": 3, "Others": 4},
        {"label": "hats", "Bing": 5, "Others": 1},
    ]


def test_only_the_subtables_dimension_can_be_pivoted_by(keywords: Store) -> None:
    with pytest.raises(UsageError, match=r"Invalid dimension 'x'\. Referrers\.getKeywords can be pivoted by"):
        keywords.rows("Referrers.getKeywords", pivotBy="x")
    with pytest.raises(UsageError, match=r"Invalid dimension 'Actions\.PageUrl'\.$"):
        keywords.rows(COUNTRY, pivotBy="Actions.PageUrl")
