"""Conversions in archives and reports: totals per goal, goals of rows, how long conversions take.

Definitions: docs/reference/metrics.md#goals.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from helpers_tracking import CART, ORDER, Archived, Log
from piwikcli.archive.periods import Period
from piwikcli.errors import UsageError
from tracking_requests import add_goal

DAY = Period.of("day", date(2026, 3, 2))
WEEK = Period.of("week", date(2026, 3, 2))
CAMPAIGN, SEARCH = 6, 2


@pytest.fixture
def shop(tmp_path: Path) -> Archived:
    """Three visits of Monday and one of Tuesday, with two goals, three orders and a cart."""
    log = Log(tmp_path)
    spring = (CAMPAIGN, "spring", "tents")
    one = log.visit("10:00:00", "10:20:00", country="de", referrer=spring, converted=True, actions=4)
    log.conversion(one, "10:05:00", 1, 10.0)
    log.conversion(one, "10:06:00", 2, 2.5)
    log.conversion(one, "11:07:00", 2, 2.5)
    parts = {"revenue_subtotal": 80.0, "revenue_tax": 15.2, "revenue_shipping": 4.8, "revenue_discount": 0.0}
    log.conversion(one, "10:20:00", ORDER, 100.0, items=3, **parts)
    two = log.visit("12:00:00", country="fr", returning=1, count=9, since_first=86_399, converted=True)
    log.conversion(two, "12:00:00", 1, 10.0)
    log.conversion(two, "12:01:00", CART, 66.99, items=5)
    log.visit("13:00:00", country="fr", referrer=(SEARCH, "Google", "tents"))
    three = log.visit("2026-03-03 09:00:00", country="de", returning=2, count=2, since_first=86_400, converted=True)
    log.conversion(three, "2026-03-03 09:00:00", 1, 0.1, idreferrer=log._referrer(*spring))
    log.conversion(three, "2026-03-03 09:01:00", ORDER, 36.745, items=1)
    log.conversion(three, "2026-03-03 09:02:00", ORDER, 0.01, items=2)
    # attributed to a campaign without keyword that no visit came from
    log.conversion(three, "2026-03-03 09:03:00", 3, 7.0, idreferrer=log._referrer(CAMPAIGN, "autumn", None))
    return log.built()


def test_all_goals_are_the_users_goals_and_orders_without_carts(shop: Archived) -> None:
    assert shop.row("Goals.get", DAY) == {
        "nb_conversions": 5,
        "nb_visits_converted": 2,
        "revenue": 125,
        "conversion_rate": 0.6667,
        "nb_conversions_new_visit": 4,
        "nb_visits_converted_new_visit": 1,
        "revenue_new_visit": 115,
        "conversion_rate_new_visit": 0.5,
        "nb_conversions_returning_visit": 1,
        "nb_visits_converted_returning_visit": 1,
        "revenue_returning_visit": 10,
        "conversion_rate_returning_visit": 1,
    }


def test_each_goal_beside_all_together(shop: Archived) -> None:
    for _ in range(3):
        add_goal(shop.database, match_attribute="manually")
    row = shop.row("Goals.get", DAY, showAllGoalSpecificMetrics="1")
    assert list(row)[:12] == list(shop.row("Goals.get", DAY))
    names = ("nb_conversions", "nb_visits_converted", "revenue", "conversion_rate")
    found = {goal: tuple(row[f"goal_{goal}_{name}"] for name in names) for goal in (1, 2, 3)}
    assert found == {1: (2, 2, 20, 0.6667), 2: (2, 1, 5, 0.3333), 3: (0, 0, 0, 0)}
    assert (row["goal_1_nb_conversions_new_visit"], row["goal_1_conversion_rate_new_visit"]) == (1, 0.5)
    # of one goal there is nothing to be shown beside it
    assert shop.row("Goals.get", DAY, idGoal="1", showAllGoalSpecificMetrics="1") == shop.row(
        "Goals.get", DAY, idGoal="1"
    )


def test_what_is_no_goal_is_refused(shop: Archived) -> None:
    with pytest.raises(UsageError, match="idGoal=x is no goal"):
        shop.row("Goals.get", DAY, idGoal="x")


@pytest.mark.parametrize(
    ("idgoal", "day", "week"),
    [
        ("1", (2, 2, 20), (3, 3, 20.1)),
        ("2", (2, 1, 5), (2, 1, 5)),
        ("3", (0, 0, 0), (1, 1, 7)),
        ("ecommerceOrder", (1, 1, 100), (3, 2, 136.75)),
        ("ecommerceAbandonedCart", (1, 1, 66.99), (1, 1, 66.99)),
        ("0", (1, 1, 100), (3, 2, 136.75)),
    ],
)
def test_each_goal_orders_and_carts(shop: Archived, idgoal: str, day: tuple[Any, ...], week: tuple[Any, ...]) -> None:
    for period, expected in ((DAY, day), (WEEK, week)):
        row = shop.row("Goals.getMetrics", period, idGoal=idgoal)
        assert (row["nb_conversions"], row["nb_visits_converted"], row["revenue"]) == expected
        assert shop.number("Goals.getConversions", period, idGoal=idgoal) == expected[0]
        assert shop.number("Goals.getNbVisitsConverted", period, idGoal=idgoal) == expected[1]
        assert shop.number("Goals.getRevenue", period, idGoal=idgoal) == expected[2]


def test_orders_have_the_parts_of_their_revenue_and_items_carts_items_only(shop: Archived) -> None:
    order = shop.row("Goals.getMetrics", DAY, idGoal="ecommerceOrder")
    assert order == {
        "nb_conversions": 1,
        "nb_visits_converted": 1,
        "revenue": 100,
        "revenue_subtotal": 80,
        "revenue_tax": 15.2,
        "revenue_shipping": 4.8,
        "revenue_discount": 0,
        "items": 3,
        "avg_order_revenue": 100,
        "conversion_rate": 0.3333,
    }
    cart = shop.row("Goals.getMetrics", DAY, idGoal="ecommerceAbandonedCart")
    assert list(cart) == [
        *("nb_conversions", "nb_visits_converted", "revenue", "items", "avg_order_revenue", "conversion_rate")
    ]
    assert cart["items"] == 5
    assert list(shop.row("Goals.getMetrics", DAY, idGoal="0"))[3:] == ["items", "conversion_rate"]


def test_a_sum_of_money_rounds_halves_to_the_even_cent(shop: Archived) -> None:
    tuesday = DAY.shifted(1)
    assert shop.number("Goals.getRevenue", tuesday, idGoal="ecommerceOrder") == 36.75
    assert shop.number("Goals.getRevenue", tuesday, idGoal="1") == 0.1


def goals_of(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {row["label"]: row.get("goals") for row in rows}


def test_rows_of_a_dimension_tell_their_goals_apart(shop: Archived) -> None:
    france, germany = shop.rows("UserCountry.getCountry", DAY)
    assert (germany["label"], france["label"]) == ("Germany", "France")
    assert germany["goals"] == {
        "idgoal=ecommerceOrder": {
            "nb_conversions": 1,
            "nb_visits_converted": 1,
            "revenue": 100,
            "revenue_subtotal": 80,
            "revenue_tax": 15.2,
            "revenue_shipping": 4.8,
            "revenue_discount": 0,
            "items": 3,
        },
        "idgoal=1": {"nb_conversions": 1, "nb_visits_converted": 1, "revenue": 10},
        "idgoal=2": {"nb_conversions": 2, "nb_visits_converted": 1, "revenue": 5},
    }
    assert (germany["nb_conversions"], germany["revenue"]) == (4, 115)
    # the cart is there, but does not count
    assert france["goals"]["idgoal=ecommerceAbandonedCart"] == {
        "nb_conversions": 1,
        "nb_visits_converted": 1,
        "revenue": 66.99,
        "items": 5,
    }
    assert (france["nb_conversions"], france["revenue"]) == (1, 10)
    assert france["nb_visits_converted"] == 1


def test_a_week_adds_up_the_goals_of_its_days(shop: Archived) -> None:
    germany = {row["label"]: row for row in shop.rows("UserCountry.getCountry", WEEK)}["Germany"]
    assert germany["goals"]["idgoal=1"] == {"nb_conversions": 2, "nb_visits_converted": 2, "revenue": 10.1}
    assert germany["goals"]["idgoal=ecommerceOrder"]["items"] == 6
    assert (germany["nb_conversions"], germany["revenue"]) == (8, 158.85)


def test_conversions_count_for_the_referrer_that_they_are_attributed_to(shop: Archived) -> None:
    goal = {"nb_conversions": 1, "nb_visits_converted": 1}
    monday = {row["label"]: row for row in shop.rows("Referrers.getCampaigns", DAY, expanded="1")}
    assert list(monday["spring"]["goals"]) == ["idgoal=ecommerceOrder", "idgoal=1", "idgoal=2"]
    assert goals_of(monday["spring"]["subtable"])["tents"] == monday["spring"]["goals"]
    tuesday = {row["label"]: row for row in shop.rows("Referrers.getCampaigns", DAY.shifted(1), expanded="1")}
    assert tuesday["spring"]["goals"] == {"idgoal=1": {**goal, "revenue": 0.1}}
    assert tuesday["spring"]["nb_visits"] == 0
    # without keyword there is no row below
    assert tuesday["autumn"]["goals"] == {"idgoal=3": {**goal, "revenue": 7}}
    assert "subtable" not in tuesday["autumn"]


def test_a_visit_that_converts_for_two_campaigns_counts_twice_among_campaigns(tmp_path: Path) -> None:
    log = Log(tmp_path)
    visit = log.visit("10:00:00", referrer=(CAMPAIGN, "spring", "tents"), converted=True)
    log.conversion(visit, "10:01:00", 1, 1.0)
    log.conversion(visit, "10:02:00", 1, 1.0)
    log.conversion(visit, "10:03:00", 1, 1.0, idreferrer=log._referrer(CAMPAIGN, "autumn", None))
    [row] = log.built().rows("Referrers.getReferrerType", DAY)
    assert row["goals"] == {"idgoal=1": {"nb_conversions": 3, "nb_visits_converted": 2, "revenue": 3}}


def test_only_the_upper_rows_of_keywords_and_engines_have_goals(tmp_path: Path) -> None:
    log = Log(tmp_path)
    visit = log.visit("10:00:00", referrer=(SEARCH, "Google", "tents"), converted=True)
    log.conversion(visit, "10:00:00", 1)
    shop = log.built()
    for method in ("Referrers.getKeywords", "Referrers.getSearchEngines"):
        [row] = shop.rows(method, DAY, expanded="1")
        assert list(row["goals"]) == ["idgoal=1"]
        assert "goals" not in row["subtable"][0]


def test_an_hour_has_the_conversions_of_that_hour(shop: Archived) -> None:
    hours = shop.rows("VisitTime.getVisitInformationPerServerTime", DAY)
    assert [row["nb_visits"] for row in hours[10:13]] == [1, 0, 1]
    assert {n: list(row["goals"]) for n, row in enumerate(hours) if "goals" in row} == {
        10: ["idgoal=ecommerceOrder", "idgoal=1", "idgoal=2"],
        11: ["idgoal=2"],
        12: ["idgoal=ecommerceAbandonedCart", "idgoal=1"],
    }


def conversions(rows: list[dict[str, Any]]) -> dict[str, int]:
    return {row["label"]: row["nb_conversions"] for row in rows if row["nb_conversions"]}


def test_visits_and_days_until_a_conversion(shop: Archived) -> None:
    visits, days = "Goals.getVisitsUntilConversion", "Goals.getDaysToConversion"
    # all goals of the user: neither orders nor carts
    assert conversions(shop.rows(visits, WEEK)) == {"1 visit": 3, "2 visits": 2, "9-14 visits": 1}
    assert conversions(shop.rows(visits, WEEK, idGoal="0")) == {"1 visit": 3, "2 visits": 2, "9-14 visits": 1}
    assert conversions(shop.rows(visits, WEEK, idGoal="2")) == {"1 visit": 2}
    assert conversions(shop.rows(visits, WEEK, idGoal="ecommerceOrder")) == {"1 visit": 1, "2 visits": 2}
    assert conversions(shop.rows(days, WEEK, idGoal="1")) == {"0 days": 2, "1 day": 1}
    assert conversions(shop.rows(days, WEEK, idGoal="ecommerceAbandonedCart")) == {"0 days": 1}


def test_every_range_has_a_row_as_soon_as_the_goal_has_a_conversion(shop: Archived) -> None:
    rows = shop.rows("Goals.getVisitsUntilConversion", DAY, idGoal="2")
    assert [row["label"] for row in rows][7:] == [
        *("8 visits", "9-14 visits", "15-25 visits", "26-50 visits", "51-100 visits", "101+ visits")
    ]
    assert [row["label"] for row in shop.rows("Goals.getDaysToConversion", DAY, idGoal="2")][7:] == [
        *("7 days", "8-14 days", "15-30 days", "31-60 days", "61-120 days", "121-364 days", "365+ days")
    ]
    assert shop.rows("Goals.getVisitsUntilConversion", DAY, idGoal="3") == []


def test_resolutions_and_plugins_of_tracked_visits(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.visit("10:00:00", resolution="1920x1080", plugins=0b1001)
    log.visit("11:00:00", resolution="1920x1080", plugins=0b0001, browser="CH")
    log.visit("12:00:00", resolution="1x1")  # no screen
    shop = log.built()
    resolutions = shop.rows("Resolution.getResolution", DAY)
    assert {row["label"]: row["nb_visits"] for row in resolutions} == {"1920x1080": 2}
    configurations = {row["label"]: row["nb_visits"] for row in shop.rows("Resolution.getConfiguration", DAY)}
    assert configurations == {
        "GNU/Linux / Firefox / 1920x1080": 1,
        "GNU/Linux / Chrome / 1920x1080": 1,
        "GNU/Linux / Firefox / 1x1": 1,
    }
    plugins = {row["label"]: row["nb_visits"] for row in shop.rows("DevicePlugins.getPlugin", DAY)}
    assert {name: count for name, count in plugins.items() if count} == {"Cookie": 2, "Pdf": 1}


def test_the_visitors_own_hour(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.visit("10:00:00")
    log._rows["visit_detail"][0]["visitor_localtime"] = 23 * 3600 + 59
    log.visit("10:30:00")
    hours = log.built().rows("VisitTime.getVisitInformationPerLocalTime", DAY)
    assert {row["label"]: row["nb_visits"] for row in hours if row["nb_visits"]} == {"10": 1, "23": 1}
