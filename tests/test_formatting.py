"""Quotients, rates, durations and money, as docs/reference/formats.md ("Formatted metrics") defines them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piwikcli.errors import UsageError
from piwikcli.report.formatting import clock, duration, format_metrics, money, percent, quotient
from piwikcli.report.table import DataTable, Row, SimpleTable


@pytest.mark.parametrize(
    ("dividend", "divisor", "decimals", "expected"),
    [
        (3579, 1145, 1, 3.1),
        (168033, 1145, 0, 147),
        (424, 1145, 2, 0.37),
        (909, 2000, 3, 0.455),  # 0.4545, whose float is a little less
        (57, 200, 2, 0.29),
        (-57, 200, 2, -0.29),
        (1, 3, 4, 0.3333),
        (5, 0, 2, 0),
        (5, None, 2, 0),
        (None, 5, 2, 0),
        ("10", "4", 0, 3),
        (6, 2, 1, 3),
        (253.45999999999998, 3, 2, 84.49),
    ],
)
def test_quotient(dividend: Any, divisor: Any, decimals: int, expected: float) -> None:
    result = quotient(dividend, divisor, decimals)
    assert (result, type(result)) == (expected, type(expected))


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6), st.integers(0, 4))
def test_quotient_is_within_half_a_unit(dividend: int, divisor: int, decimals: int) -> None:
    assert abs(quotient(dividend, divisor, decimals) - dividend / divisor) <= 0.5 * 10**-decimals * (1 + 1e-6)


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (0.33, "33%"),
        (0.045, "4.5%"),
        (0.1234, "12.34%"),
        (0, "0%"),
        (9, "900%"),
        (0.29, "29%"),
        (-0.05, "-5%"),
    ],
)
def test_percent(ratio: float, expected: str) -> None:
    assert percent(ratio) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0s"),
        (0.573, "0.57s"),
        (1.8, "1.8s"),
        (59.999, "1 min 0s"),
        (147, "2 min 27s"),
        (3600, "1 hours 0 min"),
        (168033, "1 days 22 hours"),
        (40_000_000, "1 years 97 days"),
        (-5, "-5s"),
    ],
)
def test_duration_sentence(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(0, "00:00:00"), (49, "00:00:49"), (168033, "1 days 22:40:33")])
def test_clock(seconds: int, expected: str) -> None:
    assert clock(seconds) == expected


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "expected"),
    [
        (73.49, "EUR", "en", "€73.49"),
        (40, "USD", "en", "$40"),
        (40.0, "USD", "en", "$40"),
        (1234567.5, "USD", "en", "$1,234,567.50"),
        (-5, "USD", "en", "-$5"),
        (12.345, "GBP", "en", "£12.35"),
        (12.5, "PLN", "en", "PLN12.50"),
        (1234.5, "EUR", "de", "1.234,50\xa0€"),
        (40, "EUR", "de", "40\xa0€"),
    ],
)
def test_money(amount: float, currency: str, locale: str, expected: str) -> None:
    assert money(amount, currency, locale) == expected


def test_other_locales_write_their_own_decimal_sign() -> None:
    assert percent(0.045, "de") == "4,5%"
    with pytest.raises(UsageError, match="Unknown language 'klingon'"):
        percent(0.045, "klingon")


PAGE = {
    "label": "0.5",
    "nb_visits": 3,
    "bounce_rate": 0.33,
    "exit_rate": 0.5,
    "avg_time_on_page": 49,
    "avg_time_server": 0.573,
    "nb_pages_per_search": 1.5,
    "revenue": 12.5,
    "goals": {"idgoal=1": {"conversion_rate": 0.5}},
}
KINDS = {
    "bounce_rate": "percent",
    "exit_rate": "percent",
    "avg_time_on_page": "duration",
    "avg_time_server": "duration",
}


def formatted(mode: Any) -> dict[str, Any]:
    table = DataTable([Row({"label": "parent"}, subtable=DataTable([Row(PAGE)]))])
    result = format_metrics(table, mode, kinds=KINDS, currency="EUR")
    assert isinstance(result, DataTable)
    assert result.rows[0].subtable is not None
    columns = result.rows[0].subtable.rows[0].columns
    return {name: value for name, value in columns.items() if value != PAGE[name]}


def test_bc_formats_rates_only() -> None:
    assert formatted("bc") == {"bounce_rate": "33%", "exit_rate": "50%"}


def test_0_formats_nothing_1_all_processed_metrics_and_all_money_too() -> None:
    assert formatted("0") == {}
    processed = {
        "bounce_rate": "33%",
        "exit_rate": "50%",
        "avg_time_on_page": "00:00:49",
        "avg_time_server": "0.57s",
    }
    assert formatted("1") == processed
    assert formatted("all") == processed | {"revenue": "€12.50"}


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(UsageError, match="Use one of: bc, 0, 1, all"):
        formatted("2")


@pytest.mark.parametrize(
    ("name", "is_rate"),
    [
        ("bounce_rate_new", True),
        ("goal_1_conversion_rate", True),
        ("conversion_rate_new_visit", True),
        ("visits_evolution", True),
        ("Referrers_visitorsFromWebsites_percent", True),
        ("nb_visits_percentage", True),
        ("nb_conversions_page_rate", False),
        ("goal_1_revenue", False),
    ],
)
def test_which_columns_are_rates(name: str, is_rate: bool) -> None:
    expected = "25%" if is_rate else 0.25
    assert format_metrics(SimpleTable({name: 0.25})) == SimpleTable({name: expected})
    assert format_metrics(SimpleTable({name: "25%"})) == SimpleTable({name: "25%"})
