"""The rules of visits, conversions and items once more, one request after the other, as slow and plain as can be.

Written from docs/explanation/visits.md and docs/reference/goals.md, not from the program: `test_tracking_model` holds
both against each other. It knows what `test_tracking_model.stream` sends, and requests in order of time only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

LENGTH = 1800
DIRECT, SEARCH_ENGINE, WEBSITE, CAMPAIGN = 1, 2, 3, 6
PAGE, OUTLINK, DOWNLOAD, SEARCH, EVENT, CONTENT = 1, 2, 3, 8, 10, 13
PING, GOAL, ORDER, CART = 100, 101, 102, 103

Request = Mapping[str, str]
Source = tuple[int, str | None, str | None]


@dataclass(frozen=True)
class Goal:
    """What converts it: `attribute` and `pattern` as `piwik goals` takes them."""

    idgoal: int
    attribute: str
    pattern: str = ""
    multiple: bool = False
    revenue: float = 0.0


@dataclass
class Visit:
    """A visit, and what is known of its visitor."""

    number: int
    device: tuple[str, ...]
    visitor: str
    first: int
    last: int
    day: Any
    source: Source
    known: bool
    count: int = 1
    since_last: int = 0
    since_first: int | None = 0
    since_order: int | None = None
    returning: int = 0
    user: str | None = None
    identified: bool = False
    total_time: int = 0
    actions: int = 0
    interactions: int = 0
    searches: int = 0
    events: int = 0
    converted: bool = False
    buyer: int = 0
    resolution: str = "unknown"
    dimension: str | None = None
    entry: tuple[str | int | None, str | int] = (None, 0)
    exit: tuple[str | int | None, str | int] = (0, 0)
    newest: Action | None = None
    once: set[int] = field(default_factory=set)
    cart: Conversion | None = None
    items: dict[tuple[str, str], Item] = field(default_factory=dict)


@dataclass
class Action:
    """An action of a visit."""

    time: int
    kind: int
    before: tuple[str | int | None, str | int]
    since_last: int
    position: int | None
    view: str
    server: int | None
    visit: int
    spent: int | None = None


@dataclass
class Conversion:
    """A conversion, an order or a cart, and what it copies of its visit."""

    time: int
    idgoal: int
    revenue: float
    pages_before: int | None
    count: int
    since_order: int | None
    source: Source
    dimension: str | None
    returning: int


@dataclass
class Item:
    """An item as its last change left it."""

    price: float
    quantity: int
    time: int
    deleted: bool = False


def kind_of(request: Request) -> int:
    """The highest of several kinds."""
    if request.get("ping"):
        return PING
    if request.get("idgoal"):
        return GOAL if request["idgoal"] != "0" else ORDER if request.get("ec_id") else CART
    ranking = (("download", DOWNLOAD), ("link", OUTLINK), ("e_c", EVENT), ("c_n", CONTENT), ("search", SEARCH))
    return next((kind for name, kind in ranking if request.get(name)), PAGE)


def visitor_of(request: Request) -> tuple[str, str]:
    """By what the visitor is known, and the id; empty for a fingerprint only."""
    if request.get("uid"):
        return "uid", hashlib.sha1(request["uid"].encode(), usedforsecurity=False).hexdigest()[:16]
    return next(((name, request[name]) for name in ("cid", "_id") if request.get(name)), ("", ""))


def source_of(request: Request) -> tuple[Source, str]:
    """Where a request came from, a campaign's keyword being None without one; the referrer's host."""
    query = dict(pair.split("=") for pair in request["url"].partition("?")[2].split("&") if pair)
    host = request["urlref"].split("/")[2] if request.get("urlref") else ""
    if "utm_campaign" in query:
        return (CAMPAIGN, query["utm_campaign"].lower(), query.get("utm_term")), host
    if host in ("", "example.org"):
        return (DIRECT, None, None), host
    return ((SEARCH_ENGINE, "Google", None) if "google" in host else (WEBSITE, host, None)), host


class Model:
    """What requests in order of time become."""

    def __init__(self, goals: list[Goal]) -> None:
        self._goals = goals
        self.visits: list[Visit] = []
        self.actions: list[Action] = []
        self.conversions: list[Conversion] = []
        self._orders: set[str] = set()

    def add(self, request: Request) -> None:
        at = datetime.strptime(request["cdt"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        time, kind = int(at.timestamp()), kind_of(request)
        how, given = visitor_of(request)
        device = (request["cip"], request["ua"], str(at.date()))
        source, host = source_of(request)
        found = self._find(time, how, given, device, request.get("uid"))
        over = found is None or "new_visit" in request or found.last <= time - LENGTH or found.day != at.date()
        changed = not over and found is not None and source[0] == CAMPAIGN and _is_other(found.source, source)
        if kind == PING and (over or changed):
            return
        if source[0] == CAMPAIGN and source[2] is None:
            keeps = not over and found is not None and found.source[:2] == source[:2]
            source = (*source[:2], found.source[2] if keeps and found is not None else host)
        seen = 0 if found is None or over else found.interactions - found.searches
        repeated = kind == ORDER and request["ec_id"].lower() in self._orders
        if found is None or over or changed:
            visit = self._begin(request, time, at.date(), device, given, found, source)
            before, since = (0, 0), 0
            visit.entry = {PAGE: (_address(request), _name(request)), SEARCH: (0, request.get("search", 0))}.get(
                kind, (None, 0)
            )
        else:
            visit, before, since = found, found.exit, min(time - found.last, LENGTH)
            visit.visitor, visit.identified = given or visit.visitor, visit.identified or bool(given)
            visit.user = request.get("uid") or visit.user
            if visit.source[0] == DIRECT:
                visit.source = source
            if kind == PAGE and visit.entry[0] is None:
                visit.entry = (_address(request), visit.entry[1])
            if visit.newest is not None and since > 0 and not repeated:
                visit.newest.spent = since
            visit.last = visit.last if kind == PING else time
            visit.total_time = 1 + time - visit.first
        is_new = visit is not found
        goals = list(self._reached(request, kind, None if is_new else time - visit.first))
        gain = 2 if kind == ORDER else int(request["idgoal"]) + 2 if kind == GOAL else int(bool(goals))
        visit.total_time += gain if not is_new or visit.known else 0
        self._act(request, kind, time, visit, is_new, before, since)
        if request.get("ec_id"):
            visit.since_order = 0
        visit.converted |= bool(goals) or kind == ORDER
        pages = seen + (kind == PAGE)
        for goal in goals:
            if goal.multiple or goal.idgoal not in visit.once:
                visit.once.add(goal.idgoal)
                revenue = float(request.get("revenue", goal.revenue))
                self.conversions.append(_conversion(request, time, visit, goal.idgoal, revenue, pages))
        if kind in (ORDER, CART):
            self._sell(request, kind, time, visit, pages, repeated)

    def _find(self, time: int, how: str, given: str, device: tuple[str, ...], user: str | None) -> Visit | None:
        """By id the oldest of the latest, else by fingerprint the newest of the latest in half an hour."""
        named = [visit for visit in self.visits if given and visit.visitor == given]
        if named:
            return max(named, key=lambda visit: (visit.last, -visit.number))
        same = [
            visit
            for visit in self.visits
            if visit.device == device and visit.last >= time - LENGTH and how != "cid"
            if how != "uid" or visit.user in (None, user)
        ]
        return max(same, key=lambda visit: (visit.last, visit.number)) if same else None

    def _begin(
        self,
        request: Request,
        time: int,
        day: Any,
        device: tuple[str, ...],
        given: str,
        found: Visit | None,
        source: Source,
    ) -> Visit:
        """A new visit, of the visitor of the one that was found."""
        number = len(self.visits)
        visitor = found.visitor if found is not None else given or f"unknown {number}"
        visit = Visit(number, device, visitor, time, time, day, source, known=found is not None)
        visit.user, visit.identified = request.get("uid"), bool(given)
        ordered = False
        if found is not None:
            passed = time - found.first
            ordered = bool(found.since_order)
            visit.count, visit.since_last = found.count + 1, passed
            visit.since_first = None if found.since_first is None else found.since_first + passed
            visit.since_order = None if found.since_order is None else found.since_order + passed
        visit.returning = 2 if request.get("ec_id") or ordered else int(visit.known)
        self.visits.append(visit)
        return visit

    def _reached(self, request: Request, kind: int, lasted: int | None) -> Iterator[Goal]:
        for goal in self._goals:
            if kind == GOAL:
                yield from [goal] if str(goal.idgoal) == request["idgoal"] else []
            elif kind < PING and goal.attribute == "visit_duration":
                yield from [goal] if lasted is not None and lasted / 60 > float(goal.pattern) else []
            else:
                compared = {
                    "url": (PAGE, "url"),
                    "event_category": (EVENT, "e_c"),
                    "external_website": (OUTLINK, "link"),
                }
                of, parameter = compared.get(goal.attribute, (None, ""))
                yield from [goal] if kind == of and goal.pattern in request[parameter] else []

    def _act(
        self, request: Request, kind: int, time: int, visit: Visit, is_new: bool, before: Any, since: int
    ) -> None:
        """Counters, entry and exit, and the action's row."""
        visible = kind in (PAGE, SEARCH)
        view, server = request.get("pv_id", ""), request.get("pf_srv")
        if kind < PING:
            shown = visit.interactions + visible or None
            took = int(server) if server and kind == PAGE else None
            visit.newest = Action(time, kind, before, since, shown, view, took, visit.number)
            self.actions.append(visit.newest)
        if kind != PAGE and view and server:
            views = [a for a in self.actions if (a.visit, a.view, a.kind) == (visit.number, view, PAGE)]
            if views:
                views[-1].server = int(server)
        visit.actions += kind in (PAGE, SEARCH, EVENT, OUTLINK, DOWNLOAD)
        visit.interactions += visible
        visit.searches += kind == SEARCH
        visit.events += kind == EVENT
        if kind == PAGE:
            visit.exit = (_address(request), _name(request) or visit.exit[1])
        elif kind == SEARCH:
            visit.exit = (0 if is_new else None, request["search"])
        if visit.resolution == "unknown":
            visit.resolution = request.get("res", "unknown")
        visit.dimension = request.get("dimension1", visit.dimension)

    def _sell(self, request: Request, kind: int, time: int, visit: Visit, pages: int, repeated: bool) -> None:
        """An order or a cart: an order turns the open cart into itself."""
        ordered, has_open = kind == ORDER, visit.buyer in (2, 3)
        new = _conversion(request, time, visit, 0 if ordered else -1, float(request["revenue"]), pages)
        new.pages_before = pages if ordered else None
        recorded = not repeated and (visit.cart is not None if has_open else ordered or visit.cart is None)
        if recorded:
            if has_open and visit.cart is not None:
                self.conversions.remove(visit.cart)
                visit.cart = None
            self.conversions.append(new)
            visit.cart = visit.cart if ordered else new
            _keep_items(visit, request["ec_id"] if ordered else "0", json.loads(request["ec_items"]), time)
        if ordered:
            self._orders.add(request["ec_id"].lower())
        visit.buyer = 1 if ordered else 2 if visit.buyer in (0, 2) else 3


def _is_other(before: Source, now: Source) -> bool:
    """Whether a campaign ends a visit that came from elsewhere."""
    if before[0] == DIRECT:
        return False
    return before[:2] != now[:2] or (now[2] is not None and before[2] != now[2])


def _address(request: Request) -> str:
    return request["url"].partition("?")[0].removeprefix("http://")


def _name(request: Request) -> str | int:
    return request.get("action_name", 0)


def _conversion(request: Request, time: int, visit: Visit, idgoal: int, revenue: float, pages: int) -> Conversion:
    source = (CAMPAIGN, request["_rcn"].lower(), "") if request.get("_rcn") else visit.source
    copied = (visit.count, visit.since_order, source, visit.dimension, visit.returning)
    return Conversion(time, idgoal, revenue, pages, *copied)


def _keep_items(visit: Visit, order: str, sent: list[list[Any]], time: int) -> None:
    """Bring the items of the cart or order to what was sent: [SKU, name, category, price, quantity] each."""
    now = {entry[0]: entry for entry in sent}
    for owner, sku in [key for key in visit.items if key[0] in (order, "0")]:
        item = visit.items.pop((owner, sku))
        if sku not in now:
            item = Item(item.price, item.quantity, time, deleted=True)
        elif (owner, item.price, item.quantity, item.deleted) != (order, now[sku][3], now[sku][4], False):
            item = Item(now[sku][3], now[sku][4], time)
        visit.items[order, sku] = item
    for sku, entry in now.items():
        visit.items.setdefault((order, sku), Item(entry[3], entry[4], time))
