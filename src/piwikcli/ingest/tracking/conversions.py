"""Goals, orders and carts of visits: which are recorded, and the items of carts and orders.

Semantics: docs/reference/goals.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from piwikcli.ingest.tracking.batch import CART, GOAL, ORDER
from piwikcli.ingest.tracking.goals import Match
from piwikcli.ingest.tracking.values import LARGEST_COUNT, money

ORDER_GOAL, CART_GOAL = 0, -1
CART_ITEMS = "0"
"""Order id of a cart's items."""

NOTHING, ORDERED, ABANDONED, ORDERED_THEN_ABANDONED = 0, 1, 2, 3

StoredItem = tuple[int, int, tuple[int, ...], float, int]
"""(idaction of the SKU, of the name, of the categories, price, quantity)"""


@dataclass(frozen=True, slots=True)
class Sale:
    """A cart or order as sent; `repeated`: the site has had its order id before."""

    order: str | None
    items: tuple[StoredItem, ...]
    repeated: bool = False


@dataclass(slots=True)
class Conversion:
    """A conversion: `row` is the request that it was (last) written by."""

    row: int
    idgoal: int
    buster: int
    revenue: float | None
    order: str | None = None
    items: int | None = None


@dataclass(slots=True)
class Item:
    """An item of a visit's cart or order; `row` is the request that last changed it."""

    row: int
    order: str
    sku: int
    name: int
    categories: tuple[int, ...]
    price: float
    quantity: int
    deleted: bool = False


@dataclass(slots=True)
class VisitSales:
    """Orders, carts and items of one visit while its requests come in."""

    buyer: int = NOTHING
    cart: Conversion | None = None
    orders: list[Conversion] = field(default_factory=list)
    items: dict[tuple[str, int], Item] = field(default_factory=dict)

    def add(self, row: int, kind: int, sale: Sale, revenue: float | None) -> None:
        """An order or a cart update; `row` is its request."""
        worth = money(revenue) if revenue is not None else 0.0
        count = sum(item[4] for item in sale.items)
        order = sale.order if kind == ORDER else None
        new = Conversion(row, CART_GOAL, 0, worth, order, min(max(count, 0), LARGEST_COUNT))
        if order is not None:
            new.idgoal, new.buster = ORDER_GOAL, order_buster(order)
        if self.buyer in (ABANDONED, ORDERED_THEN_ABANDONED):
            # the open cart is updated, by an order for the last time; a negative count changes nothing
            recorded = not sale.repeated and count >= 0 and self.cart is not None
            if recorded:
                self.cart = None
        else:
            recorded = not sale.repeated and (order is not None or self.cart is None)
        if recorded:
            if order is None:
                self.cart = new
            else:
                self.orders.append(new)
            self._sync(row, order or CART_ITEMS, sale.items)
        if order is not None:
            self.buyer = ORDERED
        else:
            self.buyer = ABANDONED if self.buyer in (NOTHING, ABANDONED) else ORDERED_THEN_ABANDONED

    def _sync(self, row: int, order: str, sent: tuple[StoredItem, ...]) -> None:
        """Bring the stored items of the cart (or of this order) to what was sent."""
        latest = {item[0]: item for item in sent}
        stored = [item for item in self.items.values() if item.order in (order, CART_ITEMS)]
        for item in stored:
            del self.items[item.order, item.sku]
            now = latest.get(item.sku)
            if now is None:
                item.deleted, item.row, item.order = True, row, order
            elif (item.order, item.name, item.categories, item.price, item.quantity, item.deleted) != (
                *(order, now[1], now[2], now[3], max(now[4], 0)),
                False,
            ):
                item.row, item.order, item.deleted = row, order, False
                item.name, item.categories, item.price, item.quantity = now[1], now[2], now[3], max(now[4], 0)
            self.items[item.order, item.sku] = item
        known = {item.sku for item in stored}
        for sku, name, categories, price, quantity in sent:
            if sku not in known:
                known.add(sku)
                self.items[order, sku] = Item(row, order, sku, name, categories, price, max(quantity, 0))

    def conversions(self) -> Iterable[Conversion]:
        return [*self.orders, *([self.cart] if self.cart is not None else [])]


def order_buster(order: str) -> int:
    """First 8 hex digits of the order id's MD5."""
    return int(hashlib.md5(order.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()[:8], 16)


def matched(goals: Iterable[Match], kind: int, seconds: int | None) -> list[Match]:
    """The goals that a request converts; `seconds` since the visit began, None for its first request."""
    return [
        goal for goal in goals if kind == GOAL or goal[4] is None or (seconds is not None and seconds / 60 > goal[4])
    ]


@dataclass(slots=True)
class VisitGoals:
    """Goal conversions of one visit."""

    found: list[Conversion] = field(default_factory=list)
    once: set[int] = field(default_factory=set)

    def add(
        self, row: int, time: int, goals: Iterable[Match], revenue: float | None, event_value: float | None
    ) -> None:
        """Record what a request converts; goals that count once a visit take the first."""
        for idgoal, multiple, default, by_event, _ in goals:
            if not multiple:
                if idgoal in self.once:
                    continue
                self.once.add(idgoal)
            worth = default if revenue is None else revenue
            if by_event and event_value is not None:
                worth = event_value
            self.found.append(Conversion(row, idgoal, time % 100_000_000 if multiple else 0, money(worth)))


def gain(kind: int, idgoal: int, converts: bool) -> int:
    """Seconds that a converting request adds to its visit's time."""
    if kind == ORDER:
        return 2
    if kind == GOAL:
        return idgoal + 2
    return 1 if converts and kind != CART else 0


Sales = Mapping[int, Sale]
