"""Columns of goals in a table's rows. Formulas: docs/reference/metrics.md#columns-of-goals."""

from __future__ import annotations

from typing import Any

import pytest

from piwikcli.errors import UsageError
from report_helpers import Store, visits

METHOD = "UserCountry.getCountry"
ALL = {"filter_update_columns_when_show_all_goals": "1"}


@pytest.fixture
def store() -> Store:
    store = Store()
    germany = visits(
        4,
        nb_conversions=3,
        revenue=30.5,
        goals={
            1: {"nb_conversions": 2, "revenue": 10.9},
            0: {"nb_conversions": 1, "revenue": 19.6, "items": 7},
            -1: {"nb_conversions": 1, "revenue": 99.0, "items": 2},
        },
    )
    # conversions whose visits came from elsewhere
    france = {
        "nb_visits": 0,
        "nb_conversions": 2,
        "revenue": 7.0,
        "goals": {1: {"nb_conversions": 2, "revenue": 7.0}},
    }
    store.archive(tables={"UserCountry_country": {("de",): germany, ("fr",): france}})
    return store


def added(rows: list[dict[str, Any]], label: str) -> dict[str, Any]:
    [row] = [row for row in rows if row["label"] == label]
    return {name: value for name, value in row.items() if name.startswith(("goal_", "revenue_per"))}


def test_by_default_each_goals_conversion_rate(store: Store) -> None:
    rows = store.rows(METHOD, **ALL)
    assert added(rows, "Germany") == {
        # (10 + 19) / 4
        "revenue_per_visit": 7.25,
        "goal_ecommerceAbandonedCart_conversion_rate": "25%",
        "goal_ecommerceOrder_conversion_rate": "25%",
        "goal_1_conversion_rate": "50%",
    }
    # without visits per conversion
    assert added(rows, "France")["revenue_per_visit"] == 3.5
    assert added(rows, "France")["goal_1_conversion_rate"] == "0%"
    assert "goal_1_conversion_rate" not in store.rows(METHOD)[0]


def test_all_columns_of_every_goal_or_of_one(store: Store) -> None:
    row = added(store.rows(METHOD, **ALL, idGoal="0", format_metrics="0"), "Germany")
    assert {name: row[f"goal_1_{name}"] for name in ("nb_conversions", "revenue", "revenue_per_visit")} == {
        "nb_conversions": 2,
        "revenue": 10.9,
        "revenue_per_visit": 2.73,
    }
    order = added(store.rows(METHOD, **ALL, idGoal="ecommerceOrder", format_metrics="0"), "Germany")
    assert order == {
        "revenue_per_visit": 7.25,
        "goal_ecommerceOrder_conversion_rate": 0.25,
        "goal_ecommerceOrder_nb_conversions": 1,
        "goal_ecommerceOrder_revenue_per_visit": 4.9,
        "goal_ecommerceOrder_revenue": 19.6,
        "goal_ecommerceOrder_avg_order_revenue": 19.6,
        "goal_ecommerceOrder_items": 7,
    }


def test_goals_that_no_row_has(store: Store) -> None:
    rows = store.rows(METHOD, **ALL, filter_show_goal_columns_process_goals="1,9")
    assert added(rows, "Germany")["goal_9_conversion_rate"] == "0%"
    assert list(added(store.rows(METHOD, **ALL, idGoal="-2"), "Germany")) == ["revenue_per_visit"]
    with pytest.raises(UsageError, match="idGoal=x is no goal"):
        store.rows(METHOD, **ALL, idGoal="x")


def test_a_table_is_sorted_by_them(store: Store) -> None:
    rows = store.rows(METHOD, **ALL, idGoal="1", filter_sort_column="goal_1_revenue", filter_sort_order="asc")
    assert [row["label"] for row in rows] == ["France", "Germany"]


def test_of_pages_shares_and_entries() -> None:
    store = Store()
    goal = {
        "nb_conversions": 4,
        "revenue": 20.0,
        "nb_conversions_attrib": 1.5,
        "revenue_attrib": 7.5,
        "nb_conversions_page_uniq": 4,
        "nb_conversions_entry": 1,
        "revenue_entry": 5.0,
    }
    page = {"nb_visits": 9, "nb_hits": 9, "entry_nb_visits": 3, "goals": {1: goal}}
    store.archive(numbers={"Goal_1_nb_conversions": 6}, tables={"Actions_actions": {(" a",): page}})
    shares = store.rows("Actions.getPageTitles", **ALL, idGoal="-3")
    assert added(shares, " a") == {
        "revenue_per_visit": 2.22,
        "goal_1_nb_conversions_attrib": 1.5,
        "goal_1_revenue_attrib": 7.5,
        "goal_1_nb_conversions_page_rate": 0.667,
    }
    entries = store.rows("Actions.getEntryPageTitles", **ALL, idGoal="-4")
    assert added(entries, " a") == {
        "revenue_per_visit": 2.22,
        "goal_1_nb_conversions_entry": 1,
        "goal_1_revenue_per_entry": 6.67,
        "goal_1_revenue_entry": 5,
        "goal_1_nb_conversions_entry_rate": 0.333,
    }
