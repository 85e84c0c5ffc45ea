"""Periods: which dates they hold, what they consist of, how a request names them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piwikcli.archive.periods import Period, parse_dates
from piwikcli.errors import UsageError

TODAY = date(2026, 3, 18)  # a Wednesday
days = st.dates(date(1992, 1, 1), date(2090, 12, 31))


def keys(periods: Period | list[Period]) -> list[str]:
    assert isinstance(periods, list)
    return [period.key for period in periods]


def named(periods: list[Period]) -> list[str]:
    return [f"{period.name} {period.key}" for period in periods]


@pytest.mark.parametrize(
    ("name", "day", "number", "first", "last", "key"),
    [
        ("day", "2024-01-31", 1, "2024-01-31", "2024-01-31", "2024-01-31"),
        ("week", "2024-01-31", 2, "2024-01-29", "2024-02-04", "2024-01-29,2024-02-04"),
        ("week", "2024-01-29", 2, "2024-01-29", "2024-02-04", "2024-01-29,2024-02-04"),
        ("month", "2024-02-29", 3, "2024-02-01", "2024-02-29", "2024-02"),
        ("month", "2025-12-05", 3, "2025-12-01", "2025-12-31", "2025-12"),
        ("year", "2024-07-01", 4, "2024-01-01", "2024-12-31", "2024"),
        ("range", "2024-07-01", 5, "2024-07-01", "2024-07-01", "2024-07-01,2024-07-01"),
    ],
)
def test_the_period_that_contains_a_day(name: str, day: str, number: int, first: str, last: str, key: str) -> None:
    period = Period.of(name, date.fromisoformat(day))
    assert (period.id, str(period.date1), str(period.date2), period.key) == (number, first, last, key)


def test_exported_folders_are_named_by_the_first_day() -> None:
    assert Period.of("month", TODAY).slug == "2026-03-01"
    assert Period("range", date(2026, 2, 25), date(2026, 3, 6)).slug == "2026-02-25_2026-03-06"


def test_children_of_day_week_and_year() -> None:
    assert Period.of("day", TODAY).children() == []
    week = Period.of("week", TODAY)
    assert [child.key for child in week.children()] == [str(day) for day in week.days()]
    assert [child.key for child in Period.of("year", TODAY).children()] == [f"2026-{n:02}" for n in range(1, 13)]


def test_a_month_is_its_whole_monday_weeks_and_the_days_around_them() -> None:
    assert named(Period.of("month", date(2026, 3, 5)).children()) == [
        "day 2026-03-01",
        "week 2026-03-02,2026-03-08",
        "week 2026-03-09,2026-03-15",
        "week 2026-03-16,2026-03-22",
        "week 2026-03-23,2026-03-29",
        "day 2026-03-30",
        "day 2026-03-31",
    ]


def covered(first: str, last: str, today: date = TODAY) -> list[str]:
    return named(Period("range", date.fromisoformat(first), date.fromisoformat(last)).children(today))


def test_a_range_is_covered_by_the_fewest_units() -> None:
    assert covered("2024-01-01", "2026-02-04") == [
        "year 2024",
        "year 2025",
        "month 2026-01",
        "day 2026-02-01",
        "day 2026-02-02",
        "day 2026-02-03",
        "day 2026-02-04",
    ]
    assert covered("2026-02-02", "2026-02-10") == [
        "week 2026-02-02,2026-02-08",
        "day 2026-02-09",
        "day 2026-02-10",
    ]
    assert covered("2026-02-07", "2026-02-16") == [
        "day 2026-02-07",
        "day 2026-02-08",
        "week 2026-02-09,2026-02-15",
        "day 2026-02-16",
    ]
    # a range that ends beyond the month after next: days up to the month's end, never a week across it
    assert covered("2025-10-30", "2026-01-31")[:3] == [
        "day 2025-10-30",
        "day 2025-10-31",
        "month 2025-11",
    ]
    assert covered("2026-03-02", "2026-03-02") == ["day 2026-03-02"]


def test_an_unfinished_month_may_stand_in_for_its_days() -> None:
    assert covered("2026-03-01", "2026-03-18") == ["month 2026-03"]
    assert covered("2026-03-01", "2026-03-17")[0] == "day 2026-03-01"  # it ends before today: not the month


@given(first=days, length=st.integers(0, 1200))
def test_a_finished_range_is_covered_exactly_once(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    children = Period("range", first, last).children(date(2100, 1, 1))
    assert [day for child in children for day in child.days()] == list(Period("range", first, last).days())


@given(day=days)
def test_children_are_their_period_exactly_once(day: date) -> None:
    for name in ("week", "month", "year"):
        period = Period.of(name, day)
        assert day in period
        assert [d for child in period.children() for d in child.days()] == list(period.days())


@given(day=days, name=st.sampled_from(["day", "week", "month", "year"]), count=st.integers(-20, 20))
def test_shifting_forth_and_back(day: date, name: str, count: int) -> None:
    period = Period.of(name, day)
    assert period.shifted(count).shifted(-count) == period


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-05", "2026-03-05"),
        ("2026-3-5", "2026-03-05"),
        ("2026/03/05", "2026-03-05"),
        ("2026-03-05 10:11:12", "2026-03-05"),
        ("5 March 2026", "2026-03-05"),
        ("Mar 5 2026", "2026-03-05"),
        ("05/Mar/2026", "2026-03-05"),
        ("today", "2026-03-18"),
        ("NOW", "2026-03-18"),
        ("yesterday", "2026-03-17"),
        ("yesterdaySameTime", "2026-03-17"),
        ("tomorrow", "2026-03-19"),
        ("lastWeek", "2026-03-11"),
        ("last week", "2026-03-11"),
        ("last-month", "2026-02-18"),
        ("lastyear", "2025-03-18"),
        ("3 days ago", "2026-03-15"),
    ],
)
def test_a_single_date(text: str, day: str) -> None:
    assert parse_dates("day", text, TODAY) == Period.of("day", date.fromisoformat(day))


def test_last_month_of_a_long_month_is_the_short_ones_end() -> None:
    assert parse_dates("day", "last month", date(2026, 3, 31)) == Period.of("day", date(2026, 2, 28))


def test_last_n_ends_with_the_current_period_and_previous_n_before_it() -> None:
    assert keys(parse_dates("day", "last3", TODAY)) == ["2026-03-16", "2026-03-17", "2026-03-18"]
    assert keys(parse_dates("day", "previous2", TODAY)) == ["2026-03-16", "2026-03-17"]
    assert keys(parse_dates("week", "last2", TODAY)) == ["2026-03-09,2026-03-15", "2026-03-16,2026-03-22"]
    assert keys(parse_dates("month", "previous3", TODAY)) == ["2025-12", "2026-01", "2026-02"]
    assert keys(parse_dates("year", "last1", TODAY)) == ["2026"]


@pytest.mark.parametrize(("name", "cap"), [("day", 1825), ("week", 520), ("month", 120), ("year", 10)])
def test_last_n_is_capped(name: str, cap: int) -> None:
    assert len(keys(parse_dates(name, "last99999", TODAY))) == cap


def test_last_n_of_a_range_is_one_range() -> None:
    assert parse_dates("range", "last7", TODAY) == Period("range", date(2026, 3, 12), date(2026, 3, 18))
    assert parse_dates("range", "previous7", TODAY) == Period("range", date(2026, 3, 11), date(2026, 3, 17))


def test_two_dates_are_all_periods_between_them_or_one_range() -> None:
    assert keys(parse_dates("day", "2026-02-27,2026-03-01", TODAY)) == [
        "2026-02-27",
        "2026-02-28",
        "2026-03-01",
    ]
    assert keys(parse_dates("week", "2026-03-01,2026-03-03", TODAY)) == [
        "2026-02-23,2026-03-01",
        "2026-03-02,2026-03-08",
    ]
    assert keys(parse_dates("month", "2025-12-31,lastWeek", TODAY)) == [
        "2025-12",
        "2026-01",
        "2026-02",
        "2026-03",
    ]
    assert parse_dates("range", "2026-03-01,yesterday", TODAY) == Period("range", date(2026, 3, 1), date(2026, 3, 17))


@pytest.mark.parametrize(
    ("period", "text", "message"),
    [
        (
            "hour",
            "today",
            "The period 'hour' is not supported. Try any of the following instead: day, week, ",
        ),
        ("day", "2026-13-01", "Date format must be: YYYY-MM-DD, or 'today' or 'yesterday' or any keyword"),
        ("day", "", "Date format must be"),
        ("day", "1991-08-05", "before the first website"),
        ("day", "9999-12-31", "Date format must be"),
        ("day", "900 months ago", "before the first website"),
        ("day", "last0", "not a correct date range"),
        ("range", "2026-03-01", "The date '2026-03-01' is not a correct date range. It should have the "),
        ("range", "2026-03-05,2026-03-01", "2026-03-05 is later than 2026-03-01"),
        ("range", "last99999", "before the first website"),
        ("day", "last3,today", "not a correct date range"),
        ("day", "2026-03-01,", "not a correct date range"),
        ("day", "2026-03-01,2026-03-02,2026-03-03", "not a correct date range"),
        ("day", "2026-03-01,nonsense", "Date format must be"),
    ],
)
def test_what_is_refused(period: str, text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_dates(period, text, TODAY)
    assert message in str(caught.value)
