"""Goals, orders, carts and items of tracking requests. Rules: docs/reference/goals.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers_import import SAFARI
from piwikcli.ingest.tracking.goals import matches
from piwikcli.ingest.tracking.values import items as parse_items
from piwikcli.ingest.tracking.values import money, number
from piwikcli.store.goals import Goal
from tracking_requests import ANNA, BERT, add_goal, cart, conversions, items, request, shop, track, visits


def test_what_converts_a_goal_and_what_it_is_worth(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    add_goal(database, match_attribute="url", pattern="sid=9", revenue=7)  # before parameters are removed
    add_goal(database, match_attribute="manually", revenue=5.5, allow_multiple=True)
    add_goal(database, match_attribute="event_name", pattern="trailer", event_value_as_revenue=True, revenue=1)
    add_goal(database, match_attribute="file", pattern="manual.pdf")
    track(
        database,
        request("10:00:00", "/a?sid=9&b=1", id=ANNA),
        request("10:00:10", "/b?sid=9", id=ANNA),  # once a visit
        request("10:00:20", "/c?sid=1", id=ANNA, idgoal=2, revenue="12.345"),
        request("10:00:30", "/c", id=ANNA, idgoal="02", revenue="abc"),
        request("10:00:40", "/c", id=ANNA, e_c="c", e_a="a", e_n=" The TRAILER", e_v="2.5"),
        request("10:00:50", "/c", id=ANNA, download="manual.pdf"),  # no URL
        request("10:01:00", "/c", id=ANNA, download="http://example.org/Manual.PDF", revenue=3),
        request("10:01:10", "/?q=sid=9", id=ANNA),  # a search
    )
    assert conversions(database, "idgoal", "revenue", "url", "pageviews_before", "idlink_va IS NULL") == [
        (1, 7.0, "http://example.org/a?b=1", 1, False),
        (2, 12.35, "http://example.org/c", 2, True),
        (2, 5.5, "http://example.org/c", 2, True),
        (3, 2.5, "http://example.org/c", 2, False),
        (4, 3.0, "http://example.org/Manual.PDF", 2, False),
    ]
    assert visits(database, "visit_goal_converted", "visit_goal_buyer") == [(1, 0)]


def test_a_visit_must_have_lasted_longer_than_the_minutes(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    add_goal(database, match_attribute="visit_duration", pattern="10")
    track(
        database,
        *(request(time, id=ANNA) for time in ("10:00:00", "10:10:00", "10:10:01", "10:11:00")),
        *(request(time, id=BERT, ping=n) for n, time in enumerate(("10:00:05", "10:11:05"))),
    )
    assert conversions(database, "idgoal", "server_time::TIME::VARCHAR") == [(1, "10:10:01")]


@pytest.mark.parametrize(
    ("kind", "pattern", "text", "found"),
    [
        ("contains", "/Thanks", "http://e.org/thanks?a", True),
        ("exact", "http://e.org/", "http://e.org/a", False),
        ("regex", "p/ok/[a-z]{3}$", "http://e.org/p/ok/abc", True),
        ("regex", "p\\/ok", "http://e.org/p/ok", True),
        ("regex", "(", "(", False),
        ("contains", "/caf%C3%A9", "http://e.org/café", True),
        ("contains", "/café", "http://e.org/caf%C3%A9", False),
    ],
)
def test_patterns(kind: str, pattern: str, text: str, found: bool) -> None:
    assert matches(Goal(1, 1, "G", match_attribute="url", pattern=pattern, pattern_type=kind), text) is found


def test_who_gets_the_credit(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    add_goal(database, match_attribute="manually", allow_multiple=True)
    ask = "https://www.bing.com/search?q=Tents"
    track(
        database,
        request("10:00:00", id=ANNA, ref="https://blog.example.net/"),
        request("10:00:10", id=ANNA, idgoal=1),
        request("10:00:20", id=ANNA, idgoal=1, _ref=ask),
        request("10:00:30", id=ANNA, idgoal=1, _ref=ask, _rcn="Mail", _rck="One"),
        request("10:00:40", id=ANNA, idgoal=1, _ref="http://example.org/own", _rck="ignored"),
        request("11:00:00", "/?utm_campaign=spring", id=ANNA),
        request("11:00:10", id=ANNA, idgoal=1, _ref=ask, _rcn=" "),
    )
    assert conversions(database, "referer_type", "referer_name", "referer_keyword") == [
        (3, "blog.example.net", None),
        (2, "Bing", "tents"),
        (6, "mail", "one"),
        (3, "blog.example.net", None),
        (6, "spring", ""),
    ]


def test_a_cart_becomes_an_order(tmp_path: Path) -> None:
    """What was in the cart and is not in the order is kept as deleted, at the order's time."""
    database = shop(tmp_path / "piwik.duckdb")
    shoe, hat, sock = ["A", "Shoe", "c", 10, 1], ["B", "Hat", ["x", "y"], "5.005", "2.5"], ["C", "Sock", "", 1, -3]
    track(
        database,
        request("10:00:00", id=ANNA, idgoal=0, revenue=10, ec_items=cart(shoe)),
        request("10:00:10", id=ANNA, idgoal=0, revenue=9, ec_items=cart(hat, sock)),
        request(
            "10:00:20", id=ANNA, idgoal=0, ec_id="102", revenue="66.99000000000001", ec_st=1.005, ec_items=cart(hat)
        ),
    )
    assert conversions(database, "idgoal", "idorder", "items", "revenue", "revenue_subtotal", "revenue_tax") == [
        (0, "102", 2, 66.99, 1.01, None)
    ]
    assert items(
        database, "sku", "category", "price", "quantity", "deleted", "idorder", "server_time::TIME::VARCHAR"
    ) == [
        ("A", "c", 10.0, 1, True, "102", "10:00:20"),
        ("B", "x", 5.01, 2, False, "102", "10:00:20"),
    ]
    assert visits(database, "visit_goal_buyer", "visitor_returning", "visitor_seconds_since_order") == [(1, 0, 0)]


def test_states_of_a_buyer(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    steps = ({}, {"ec_id": "O"}, {}, {"ec_id": "P"})
    track(
        database,
        *(
            request(
                f"10:{count}0:{n:02}", cip=f"10.0.0.{count}", idgoal=0, **{k: v + str(count) for k, v in step.items()}
            )
            for count in range(1, 5)
            for n, step in enumerate(steps[:count])
        ),
    )
    assert [state for (state,) in visits(database, "visit_goal_buyer")] == [2, 1, 3, 1]
    assert [idgoal for (idgoal,) in conversions(database, "idgoal")] == [-1, 0, 0, -1, 0, 0]


def test_an_order_id_counts_once_in_order_of_time(tmp_path: Path) -> None:
    """Whichever arrives first; a visit with a repeated order counts as converted all the same."""
    database = shop(tmp_path / "piwik.duckdb")
    track(database, request("12:00:00", id=ANNA, idgoal=0, ec_id="O-1", revenue=2), name="late")
    assert conversions(database, "revenue") == [(2.0,)]
    track(database, request("10:00:00", id=BERT, idgoal=0, ec_id="o-1", revenue=1), name="early")
    assert conversions(database, "revenue", "idvisitor") == [(1.0, int(BERT, 16))]
    assert visits(database, "visit_goal_converted", "visit_goal_buyer", "visitor_seconds_since_order") == [
        *((1, 1, 0), (1, 1, 0)),
    ]


def test_returning_customers(tmp_path: Path) -> None:
    """The visit after an order is returning, the one after that a returning customer's."""
    database = shop(tmp_path / "piwik.duckdb")
    track(
        database,
        request("10:00:00", id=ANNA),
        request("10:00:10", id=ANNA, idgoal=0, ec_id="O"),
        request("11:00:00", id=ANNA),
        request("12:00:00", id=ANNA),
    )
    assert visits(database, "visitor_returning", "visitor_seconds_since_order", "visitor_seconds_since_first") == [
        (0, 0, 0),
        (1, 3600, 3600),
        (2, 7200, 7200),
    ]


def test_an_order_is_unknown_to_a_visit_that_began_before_it(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    track(
        database,
        request("10:00:00", id=ANNA),
        request("10:00:10", id=ANNA, ua=SAFARI, new_visit=1),
        request("10:00:20", idgoal=0, ec_id="O"),  # on the first device, where the first visit goes on
    )
    assert visits(database, "visitor_count_visits", "visitor_returning", "visitor_seconds_since_order") == [
        (1, 0, 0),
        (2, 1, None),
    ]


def test_a_campaign_in_mid_visit_shows_the_pages_of_the_closed_visit(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    add_goal(database, match_attribute="manually", allow_multiple=True)
    track(
        database,
        request("10:00:00", id=ANNA, ref="https://blog.example.net/"),
        request("10:00:10", "/?utm_campaign=spring", id=ANNA, idgoal=1),
        request("10:00:20", id=ANNA, new_visit=1, idgoal=1),
    )
    assert conversions(database, "pageviews_before") == [(1,), (0,)]


def test_items_are_lists_with_a_sku() -> None:
    assert parse_items('[["A"],["","x"],[null,"x"],[1,2.0,3,"1,5",true],7,["C","n",null,null,0]]') == [
        ("A", "", [], 0.0, 1),
        ("1", "2", ["3"], 0.0, 1),
        ("C", "n", [], 0.0, 1),
    ]
    assert [parse_items(text) for text in ("", "null", "{}", "text", '[["A"')] == [[]] * 5


def test_texts_and_objects_in_the_place_of_an_item() -> None:
    """A text is taken apart letter by letter, of an object the names 0 to 4 count; both as in Matomo."""
    assert parse_items('["B12","Xyz45","",{"0":"D","2":"c","4":3},{"sku":"E"}]') == [
        ("B", "1", ["2"], 0.0, 1),
        ("X", "y", ["z"], 4.0, 5),
        ("D", "", ["c"], 0.0, 3),
    ]


def test_amounts() -> None:
    assert [money(value) for value in (1.005, -4.567, 66.99000000000001, 1.239)] == [1.01, -4.57, 66.99, 1.24]
    assert [number(text) for text in ("12,5", "abc", " 7 ", "1e2", "-1.5x")] == [12.0, 0.0, 0.0, 100.0, -1.5]
