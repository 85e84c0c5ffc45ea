"""Segments on what tracking requests carry: events, contents, conversions, orders, items, dimensions, variables."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from helpers_import import query, settings_with
from piwikcli.archive.build import ensure
from piwikcli.archive.periods import Period
from piwikcli.archive.segments import catalogue, define, make_members
from piwikcli.store import Database, goals
from tracking_requests import add_dimension, add_goal, cart, request, shop, track

ANN, BOB, CAT, DAN = (letter * 16 for letter in "abcd")
NAMES = {8: "ann", 9: "bob", 10: "cat", 11: "dan"}
"""By the hour of the visit."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """Ann plays a video and signs up; Bob sees a banner and orders; Cat leaves a cart; Dan reads."""
    folder = tmp_path_factory.mktemp("tracking")
    made = shop(folder / "piwik.duckdb")
    add_goal(made, name="Signup", match_attribute="url", pattern="/thanks")
    add_dimension(made, "visit")
    add_dimension(made, "action")
    shoe, hat = cart(["SKU-1", "Shoe", ["Shoes", "Sale"], 50, 1]), cart(["SKU-2", "Hat & Co", "Hats", 10, 2])
    plan, kind = json.dumps({"2": ["Plan", "gold"]}), json.dumps({"1": ["Kind", "Page"]})
    bob = {"id": BOB, "uid": "bob"}
    clock = {"h": 23, "m": 5, "s": 0}
    track(
        made,
        request("08:00:00", "/a", id=ANN, action_name="Fish & Chips", dimension1="Pro", dimension2="x", **clock),
        request("08:01:00", "/a", id=ANN, e_c="Vidéo", e_a="play", e_n="intro", e_v="2.5"),
        request("08:02:00", "/thanks", id=ANN, dimension2="y", cvar=kind),
        request("09:00:00", "/b", **bob, dimension1="free", cvar_=plan),
        request("09:01:00", "/b", **bob, c_n="Banner", c_p="b.png", c_t="http://partner.example/"),
        request("09:02:00", "/b", **bob, idgoal=0, ec_id="ORD-1", revenue=60, ec_items=shoe),
        request("10:00:00", "/c", id=CAT, _pkn="Hat & Co", _pks="SKU-2", _pkp="10", _pkc="Hats"),
        request("10:01:00", "/c", id=CAT, idgoal=0, revenue=20, ec_items=hat),
        request("11:00:00", "/d", id=DAN, res="800x600"),
    )
    return made


def selected(database: Database, segment: str) -> str:
    day = date(2026, 3, 2)
    with database.read() as connection:
        make_members(connection, 1, {1: define(segment, catalogue(connection, 1))}, day, day)
        found = connection.execute("SELECT start_hour FROM member JOIN visit USING (idvisit) WHERE here").fetchall()
    return " ".join(sorted(NAMES[hour] for (hour,) in found))


@pytest.mark.parametrize(
    ("segment", "who"),
    [
        ("events>0", "ann"),
        ("events==0", "bob cat dan"),
        ("eventCategory==Vidéo", "ann"),
        ("eventCategory=@video", "ann"),
        ("eventCategory!=Vidéo", "bob cat dan"),
        ("eventCategory!=", "ann"),
        ("eventAction==play;eventName==intro", "ann"),
        ("eventAction==play;pageUrl=@/a", ""),
        ("eventUrl=@example.org/a", "ann"),
        ("actionUrl=@example.org/a", "ann"),
        ("eventValue>2", "ann"),
        ("eventValue>2.5", ""),
        ("actionType==events", "ann"),
        ("actionType==contents", "bob"),
        ("contentName==Banner;contentPiece=$png", "bob"),
        ("contentTarget==http://partner.example/", "bob"),
        ("contentInteraction!=", ""),
        ("pageTitle==Fish & Chips", "ann"),
        ("pageTitle==Fish%20%26amp%3B%20Chips", "ann"),
        ("visitLocalHour==23", "ann"),
        ("visitLocalMinute==5", "ann"),
        ("userId==BOB", "bob"),
        ("userId!=", "bob"),
        ("resolution==800x600", "dan"),
        # conversions: an order is one, a cart is none
        ("visitConverted==1", "ann bob"),
        ("visitConvertedGoalId==1", "ann"),
        ("visitConvertedGoalId!=1", "bob cat dan"),
        ("visitConvertedGoalId==0", "bob"),
        ("visitConvertedGoalId==-1", "cat"),
        ("visitConvertedGoalName==SIGNUP", "ann"),
        ("visitEcommerceStatus==ordered", "bob"),
        ("visitEcommerceStatus==abandonedCart", "cat"),
        ("visitEcommerceStatus==none", "ann dan"),
        ("visitEcommerceStatus!=none", "bob cat"),
        ("orderId==ord-1", "bob"),
        ("orderId!=ORD-1", "ann cat dan"),
        ("orderId==", "ann cat dan"),
        ("revenueOrder>=60", "bob"),
        ("revenueOrder>60", ""),
        ("revenueAbandonedCart>0", "cat"),
        ("revenueOrder>0;revenueAbandonedCart>0", ""),
        ("daysSinceLastEcommerceOrder>=0", "bob"),
        # items of orders and carts
        ("productSku==SKU-1", "bob"),
        ("productName=@HAT", "cat"),
        ("productName==Hat & Co", "cat"),
        ("productPrice>10", "bob"),
        ("productCategory==Sale", "bob"),
        ("productCategory2==Sale", "bob"),
        ("productCategory1==Sale", ""),
        ("productCategory!=Sale", "ann cat dan"),
        ("productCategory!=Shoes;productCategory!=Hats", "ann dan"),
        # viewed products
        ("productViewSku==SKU-2", "cat"),
        ("productViewCategory==Hats;productViewPrice==10", "cat"),
        ("productViewCategory!=Hats", "ann bob dan"),
        # of the site's own
        ("dimension1==pro", "ann"),
        ("dimension1!=pro", "bob cat dan"),
        ("dimension1==", "cat dan"),
        ("dimension2==x", "ann"),
        ("dimension2==x;dimension2==y", ""),
        ("dimension2!=x", "bob cat dan"),
        ("customVariableName==plan;customVariableValue==gold", "bob"),
        ("customVariableName2==Plan", "bob"),
        ("customVariableName1==Plan", ""),
        ("customVariablePageName==Kind", "ann"),
        ("customVariablePageValue1!=Page", "bob cat dan"),
        # several kinds of rows
        ("eventCategory!=,orderId!=", "ann bob"),
        ("pageUrl==example.org/b;orderId==ORD-1;productSku==SKU-1", "bob"),
        ("orderId==ORD-1,pageUrl=@/d;visitConverted==0", "dan"),
    ],
)
def test_which_visits_are_selected(database: Database, segment: str, who: str) -> None:
    assert selected(database, segment) == who


def test_either_of_two_kinds_of_rows_also_where_there_is_none_of_one_kind(tmp_path: Path) -> None:
    """Ann's only request is an order, which is no action; Bob only reads."""
    database = shop(tmp_path / "piwik.duckdb")
    item = cart(["SKU-1", "Shoe", "Shoes", 50, 1])
    track(
        database,
        request("08:00:00", "/order", id=ANN, idgoal=0, ec_id="ORD-1", revenue=50, ec_items=item),
        request("09:00:00", "/b", id=BOB),
    )
    assert query(database, "SELECT count(*) FROM request WHERE kind < 100") == [(1,)]
    for of_action, of_order in (("pageUrl=@/b", "orderId==ORD-1"), ("pageTitle==x", "productSku==SKU-1")):
        assert selected(database, f"{of_action},{of_order}") == selected(database, f"{of_order},{of_action}")
    assert selected(database, "pageUrl=@/b,orderId==ORD-1") == "ann bob"
    assert selected(database, "pageTitle==x,productSku==SKU-1") == "ann"
    assert selected(database, "pageUrl=@/b,productSku==SKU-1;orderId!=ORD-1") == "bob"


def test_addresses_however_they_are_encoded(tmp_path: Path) -> None:
    """A page's own segment is encoded twice, and read decoded."""
    database = shop(tmp_path / "piwik.duckdb")
    track(database, request("08:00:00", "/caf%C3%A9", id=ANN), request("09:00:00", "/café", id=BOB))
    assert selected(database, "pageUrl==http://example.org/café") == "ann bob"
    assert selected(database, "pageUrl==http%253A%252F%252Fexample.org%252Fcaf%2525C3%2525A9") == "ann bob"
    assert selected(database, "pageUrl!=http://example.org/café") == ""
    assert selected(database, "pageUrl==http://example.org/cafe") == ""


def test_a_goal_with_another_name_is_another_segment(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    idgoal = add_goal(database, name="Old", match_attribute="url", pattern="/thanks")
    track(database, request("08:00:00", "/thanks", id=ANN))
    segment, day = "visitConvertedGoalName==Old", Period.of("day", date(2026, 3, 2))
    found = []
    for name in ("Old", "New"):
        with database.write() as connection:
            goals.update(connection, 1, idgoal, name=name)
        ensure(database, [1], [day], [segment, "visitConvertedGoalId==1"], settings_with())
        rows = query(
            database,
            "SELECT segment, max(value) FROM archive JOIN archive_numeric USING (idarchive) "
            "WHERE state = 'done' AND name = 'nb_visits' GROUP BY segment",
        )
        found.append(dict(rows))
    assert found == [{segment: 1, "visitConvertedGoalId==1": 1}, {"visitConvertedGoalId==1": 1}]
