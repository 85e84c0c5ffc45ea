"""Events, contents and products: what tracking requests say that visitors did, saw and bought.

Definitions: docs/reference/metrics.md#events.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from helpers_tracking import (
    CART,
    CONTENT,
    EVENT_ACTION,
    EVENT_CATEGORY,
    EVENT_NAME,
    ORDER,
    PAGE,
    PIECE,
    PRODUCT,
    SKU,
    Archived,
    Log,
)
from helpers_tracking import CATEGORY as PRODUCT_CATEGORY
from piwikcli.archive.periods import Period
from piwikcli.errors import UsageError

DAY = Period.of("day", date(2026, 3, 2))
WEEK = Period.of("week", date(2026, 3, 2))


def event(
    log: Log, visit: int, time: str, category: str, action: str, name: str | None = None, value: float | None = None
) -> None:
    detail = {
        "idaction_event_category": log.action(EVENT_CATEGORY, category),
        "idaction_event_action": log.action(EVENT_ACTION, action),
        "custom_float": value,
    }
    log.hit(visit, time, kind=EVENT_CATEGORY, name=log.action(EVENT_NAME, name), detail=detail)


@pytest.fixture
def film(tmp_path: Path) -> Archived:
    log = Log(tmp_path)
    one, two = log.visit("10:00:00", visitor=7), log.visit("11:00:00", visitor=7)
    event(log, one, "10:00:00", "film", "play", "trailer", 2.5)
    event(log, one, "10:00:01", "film", "play", "trailer", -1.0)
    event(log, one, "10:00:02", "film", "stop", "trailer")
    event(log, two, "11:00:00", "film", "play", "trailer", 0.125)
    event(log, two, "11:00:01", "film", "play")
    event(log, two, "11:00:02", "menu", "open")
    three = log.visit("2026-03-03 10:00:00")
    event(log, three, "2026-03-03 10:00:00", "film", "play", "trailer", 9.0)
    return log.built()


def values(rows: list[dict[str, Any]], *columns: str) -> dict[str, Any]:
    return {row["label"]: tuple(row.get(column) for column in columns) for row in rows}


EVENT = ("nb_visits", "nb_uniq_visitors", "nb_events", "nb_events_with_value", "sum_event_value")


def test_events_by_category_and_action(film: Archived) -> None:
    """Visits and visitors are distinct per category, action and name, and added up above."""
    rows = film.rows("Events.getCategory", DAY, expanded="1")
    assert values(rows, *EVENT) == {"film": (4, 3, 5, 3, 1.62), "menu": (1, 1, 1, 0, 0)}
    assert values(rows[0]["subtable"], *EVENT) == {"play": (3, 2, 4, 3, 1.62), "stop": (1, 1, 1, 0, 0)}
    assert values(rows, "segment") == {"film": ("eventCategory==film",), "menu": ("eventCategory==menu",)}


def test_the_smallest_and_largest_value_are_of_events_with_one(film: Archived) -> None:
    columns = ("min_event_value", "max_event_value", "avg_event_value")
    assert values(film.rows("Events.getCategory", DAY), *columns) == {
        "film": (-1, 2.5, 0.54),
        "menu": (None, None, 0),
    }
    assert values(film.rows("Events.getCategory", WEEK), *columns)["film"] == (-1, 9, 2.66)


def test_an_event_without_name_counts_above_only_or_has_a_row_of_its_own(film: Archived) -> None:
    actions = film.rows("Events.getAction", DAY, expanded="1")
    assert values(actions, "nb_events") == {"play": (4,), "stop": (1,), "open": (1,)}
    below = {row["label"]: values(row.get("subtable", []), "nb_events") for row in actions}
    assert below == {"play": {"trailer": (3,)}, "stop": {"trailer": (1,)}, "open": {}}
    names = film.rows("Events.getName", DAY)
    assert values(names, "nb_events", "segment") == {
        "trailer": (4, "eventName==trailer"),
        "Event Name not defined": (2, None),
    }


def test_the_secondary_dimension_and_its_subtables(film: Archived) -> None:
    rows = film.rows("Events.getCategory", DAY, expanded="1", secondaryDimension="eventName")
    assert values(rows[0]["subtable"], "nb_events") == {"trailer": (4,)}
    with pytest.raises(UsageError, match="Use one of: eventAction, eventName"):
        film.rows("Events.getCategory", DAY, secondaryDimension="eventCategory")
    root = film.ask("Events.getName", DAY).rows[0]
    below = film.rows("Events.getActionFromNameId", DAY, idSubtable=str(root.idsubtable))
    assert values(below, "nb_events", "segment") == {
        "play": (3, "eventAction==play"),
        "stop": (1, "eventAction==stop"),
    }


def test_flat_events_are_those_with_both_levels(film: Archived) -> None:
    rows = film.rows("Events.getAction", DAY, flat="1")
    assert values(rows, "nb_events", "Events_EventAction", "Events_EventName") == {
        "play - trailer": (3, "play", "trailer"),
        "stop - trailer": (1, "stop", "trailer"),
    }


def test_others_keep_extremes_and_sums(tmp_path: Path) -> None:
    log = Log(tmp_path)
    for n, category in enumerate(("a", "a", "a", "b", "b", "c", "d")):
        event(log, log.visit(f"10:0{n}:00"), f"10:0{n}:00", category, "x", None, float(n))
    rows = log.built(values={"archiving.maximum_rows.events": 3}).rows("Events.getCategory", DAY)
    columns = ("nb_events", "sum_event_value", "min_event_value", "max_event_value")
    assert values(rows, *columns) == {"a": (3, 3, 0, 2), "b": (2, 7, 3, 4), "Others": (2, 11, 5, 6)}


# --- contents ---


def content(log: Log, visit: int, time: str, name: str, piece: str | None, used: bool = False) -> None:
    detail = {
        "idaction_content_name": log.action(CONTENT, name),
        "idaction_content_piece": log.action(PIECE, piece),
        "idaction_content_interaction": log.action(16, "click") if used else None,
    }
    log.hit(visit, time, kind=CONTENT, detail=detail)


@pytest.fixture
def banners(tmp_path: Path) -> Archived:
    log = Log(tmp_path)
    one, two = log.visit("10:00:00"), log.visit("11:00:00")
    content(log, one, "10:00:00", "Ad", "a.png")
    content(log, one, "10:00:01", "Ad", "a.png")
    content(log, one, "10:00:02", "Ad", "a.png", used=True)
    content(log, two, "11:00:00", "Ad", None)
    content(log, two, "11:00:01", "Ad", None, used=True)
    content(log, two, "11:00:02", "Ad", "b.png", used=True)
    content(log, two, "11:00:03", "Unseen", "c.png", used=True)
    return log.built()


CONTENTS = ("nb_visits", "nb_impressions", "nb_interactions", "interaction_rate")


def test_contents_that_were_used_without_being_seen_have_no_row(banners: Archived) -> None:
    rows = banners.rows("Contents.getContentNames", DAY)
    assert values(rows, *CONTENTS) == {"Ad": (2, 3, 3, 1)}
    below = banners.ask("Contents.getContentNames", DAY).rows[0].idsubtable
    pieces = banners.rows("Contents.getContentNames", DAY, idSubtable=str(below))
    assert values(pieces, *CONTENTS) == {"a.png": (1, 2, 1, 0.5)}


def test_pieces_and_those_that_are_not_defined(banners: Archived) -> None:
    rows = banners.rows("Contents.getContentPieces", DAY, expanded="1")
    assert values(rows, *CONTENTS) == {"a.png": (1, 2, 1, 0.5), "Content Piece not defined": (1, 1, 0, 0)}
    # subtables are asked for by their ids
    assert all("subtable" not in row for row in rows)
    assert values(rows, "segment")["a.png"] == ("contentPiece==a.png",)


def test_flat_contents(banners: Archived) -> None:
    rows = banners.rows("Contents.getContentPieces", DAY, flat="1")
    assert values(rows, "nb_impressions", "Contents_ContentPiece") == {
        "a.png - Ad": (2, "a.png - Ad"),
        "Content Piece not defined - Ad": (1, "Content Piece not defined - Ad"),
    }


# --- products ---


def view(log: Log, visit: int, time: str, **product: Any) -> None:
    categories = [log.action(PRODUCT_CATEGORY, name) for name in product.get("categories", ())]
    detail = {
        "idaction_product_sku": log.action(SKU, product.get("sku")),
        "idaction_product_name": log.action(PRODUCT, product.get("name")),
        "idaction_product_cat": categories or None,
        "product_price": product.get("price"),
    }
    log.hit(visit, time, url=log.action(PAGE, "example.org/shop"), detail=detail)


@pytest.fixture
def products(tmp_path: Path) -> Archived:
    log = Log(tmp_path)
    one, two = log.visit("10:00:00", visitor=7), log.visit("11:00:00", visitor=7)
    view(log, one, "10:00:00", sku="S1", name="Shoes", categories=["Sale", "Feet"], price=50.0)
    view(log, two, "11:00:00", sku="S1", name="Shoes", categories=["Sale"], price=40.0)
    view(log, two, "11:00:01", sku="S2", price=9.5)
    view(log, two, "11:00:02", categories=["Hats"])
    log.conversion(one, "10:10:00", ORDER, 100.0)
    log.item(one, "10:10:00", "S1", "A1", name="Shoes", categories=["Sale", "Feet"], price=49.99, quantity=2)
    log.item(one, "10:10:00", "S3", "A1", price=0.5, quantity=4)
    log.item(one, "10:20:00", "S1", "A2", name="Shoes", categories=["Sale"], price=50.0, quantity=1)
    log.item(one, "10:20:00", "S4", "A2", name="Gone", price=1.0, deleted=True)
    log.conversion(two, "11:10:00", CART, 40.0)
    log.item(two, "11:10:00", "S1", name="Shoes", categories=["Sale"], price=40.0)
    return log.built()


ITEM = ("revenue", "quantity", "orders", "nb_visits", "nb_uniq_visitors", "nb_actions")
RATES = ("avg_price", "avg_quantity", "conversion_rate")


def test_products_that_were_bought_and_seen(products: Archived) -> None:
    rows = products.rows("Goals.getItemsSku", DAY)
    assert [row["label"] for row in rows] == ["S1", "S3", "S2"]
    assert values(rows, *ITEM) == {
        "S1": (149.98, 3, 2, 2, 1, 2),
        "S3": (2, 4, 1, None, None, None),
        "S2": (None, None, None, 1, 1, 1),
    }
    # a product that nobody bought has the price that its page showed
    assert values(rows, *RATES) == {"S1": (50, 1.5, 1), "S3": (0.5, 4, 0), "S2": (9.5, 0, 0)}
    assert "price" not in rows[0]
    shown = products.ask("API.getProcessedReport", DAY, apiModule="Goals", apiAction="getItemsSku")
    assert shown.value["reportTotal"]["price"] == 100.49  # of the items that were bought


def test_a_product_counts_in_each_of_its_categories(products: Archived) -> None:
    rows = products.rows("Goals.getItemsCategory", DAY)
    assert values(rows, *ITEM) == {
        "Sale": (149.98, 3, 2, 2, 1, 2),
        "Feet": (99.98, 2, 1, 1, 1, 1),
        "Product Category not defined": (2, 4, 1, None, None, None),
        "Hats": (None, None, None, 1, 1, 1),
    }
    names = products.rows("Goals.getItemsName", DAY)
    assert values(names, "orders", "nb_visits", "segment") == {
        "Shoes": (2, 2, "productName==Shoes"),
        "Product Name not defined": (1, None, "productName==Product+Name+not+defined"),
    }


def test_products_in_abandoned_carts(products: Archived) -> None:
    rows = products.rows("Goals.getItemsSku", DAY, abandonedCarts="1")
    assert values(rows, "revenue", "abandoned_carts", "nb_visits", "orders", *RATES) == {
        "S1": (40, 1, 2, None, 40, 1, 0.5),
        "S2": (None, None, 1, None, 9.5, 0, 0),
    }
