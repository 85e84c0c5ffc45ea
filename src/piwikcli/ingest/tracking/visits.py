"""recognise: requests -> visits, actions' places, conversions, items. A function of the requests alone.

assign (which visit) -> compose (its columns) -> conversions and what changes on the way
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from piwikcli.ingest.recognise import NULL, Ints
from piwikcli.ingest.tracking.arrivals import Arrivals, Seed
from piwikcli.ingest.tracking.assign import assign
from piwikcli.ingest.tracking.batch import CART, GOAL, ORDER, PAGE, Bools
from piwikcli.ingest.tracking.compose import Composed, Facts, History, compose
from piwikcli.ingest.tracking.conversions import (
    Conversion,
    Item,
    Sale,
    VisitGoals,
    VisitSales,
    gain,
    matched,
)
from piwikcli.ingest.tracking.goals import Match

TIMES = tuple(f"timings[{index}]" for index in range(1, 7))


class Place(NamedTuple):
    """A visit's place as stored."""

    country: str
    region: str | None
    city: str | None
    latitude: float | None
    longitude: float | None
    region_name: str | None = None


@dataclass(frozen=True, slots=True)
class Varying:
    """What a request changes of its visit: custom dimensions and variables (lists), or its place."""

    dimensions: tuple[str | None, ...] | None = None
    variables: tuple[str | None, ...] | None = None
    place: tuple[str | None, str | None, str | None, float | None, float | None] | None = None


@dataclass(frozen=True, slots=True)
class Money:
    """What a converting request says about its worth."""

    revenue: float | None
    event_value: float | None


@dataclass(slots=True)
class Given:
    """The pool: columns of requests in the total order, and by row what only few of them have."""

    columns: Mapping[str, Any]
    seeds: list[tuple[int, ...]]
    goals: Mapping[int, tuple[Match, ...]]
    """By idmatch."""
    money: Mapping[int, Money]
    """By idrequest, as the next three."""
    sales: Mapping[int, Sale]
    varying: Mapping[int, Varying]
    place_of: Mapping[int, Place]
    """By idclient: where visits with a change of place are at first."""
    deleted_goals: frozenset[tuple[int, int]]
    """(idsite, idgoal)"""


@dataclass(slots=True)
class State:
    """What a visit has right after a request, where requests change it."""

    dimensions: tuple[str | None, ...] | None = None
    variables: tuple[str | None, ...] | None = None
    place: Place | None = None


@dataclass(slots=True)
class Recognised:
    """Visits, and requests sorted by visit: `columns` are theirs. Pings without a visit are in `lost`."""

    columns: dict[str, Any]
    lost: Ints
    """idrequest"""
    composed: Composed
    timings: Ints
    """(requests, 6): milliseconds, NULL for none."""
    conversions: list[tuple[int, Conversion, State]] = field(default_factory=list)
    """(place of the visit, conversion, the visit's state)"""
    pages_before: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    items: list[tuple[int, Item]] = field(default_factory=list)
    states: dict[int, State] = field(default_factory=dict)
    """By place of visit: what it has at its end, where requests changed it."""
    buyers: dict[int, int] = field(default_factory=dict)


def recognise(given: Given, look_back: int) -> Recognised:
    """All visits of the pool. `look_back` in seconds."""
    q = given.columns
    seeds = [Seed(*seed[:6]) for seed in given.seeds]
    past = np.array([seed[6:10] for seed in given.seeds] or np.empty((0, 4)), dtype=np.int64)
    history = History(*(past[:, index] for index in range(4)))
    assigned = assign(
        Arrivals(
            *(q[name] for name in ("time", "day", "site", "kind", "config", "visitor", "identified", "user")),
            *(q[name] for name in ("new_visit", "referrer_type", "campaign", "keyword", "keyword_from_host")),
        ),
        seeds,
        look_back,
    )
    kept = np.flatnonzero(assigned.visit != NULL)
    order = kept[np.argsort(assigned.visit[kept], kind="stable")]
    c = {name: values[order] for name, values in q.items()}
    number = assigned.visit[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = number[1:] != number[:-1]
    since = np.where(
        first, NULL, c["time"] - c["time"][np.maximum.accumulate(np.where(first, np.arange(len(first)), 0))]
    )
    found = _matches(c, since, given)
    repeated = c["repeated"]
    converts, gains = _gains(c, found)
    composed = compose(
        Facts(
            first=first,
            arrival=order,
            **{name: c[name] for name in ("idrequest", "time", "day", "hour", "kind", "url", "name", "client")},
            referrer=c["referrer"],
            referrer_type=c["referrer_type"],
            visitor=assigned.visitor[order],
            config=c["config"],
            identified=c["identified"] > 0,
            tracked=c["tracked"],
            has_user=c["user"] != 0,
            has_order=c["has_order"],
            resolution=c["resolution"],
            action_dimensions=c["action_dimensions"],
            repeated=repeated,
            converts=converts,
            gain=gains,
        ),
        assigned,
        history,
    )
    c["visitor_after"] = assigned.visitor[order]
    out = Recognised(c, q["idrequest"][assigned.visit == NULL], composed, _timings(c, composed.place))
    _convert(out, given, found, assigned.by_campaign[len(seeds) :], assigned.previous[len(seeds) :] - len(seeds))
    return out


def _matches(c: Mapping[str, Any], since: Ints, given: Given) -> dict[int, list[Match]]:
    """By row, the goals that requests convert."""
    found: dict[int, list[Match]] = {}
    for row in np.flatnonzero(c["idmatch"] != NULL).tolist():
        goals = matched(given.goals[int(c["idmatch"][row])], int(c["kind"][row]), _known(since, row))
        site = int(c["site"][row])
        goals = [goal for goal in goals if (site, goal[0]) not in given.deleted_goals]
        if goals:
            found[row] = goals
    return found


def _known(values: Ints, row: int) -> int | None:
    value = int(values[row])
    return None if value == NULL else value


def _gains(c: Mapping[str, Any], found: Mapping[int, list[Match]]) -> tuple[Bools, Ints]:
    """Which requests convert, and what that adds to a visit's time."""
    kind = c["kind"]
    converts = (kind == ORDER) | (kind == GOAL)
    converts[list(found)] = True
    gains = np.zeros(len(kind), dtype=np.int64)
    for row in np.flatnonzero(converts).tolist():
        gains[row] = gain(int(kind[row]), int(c["idgoal"][row]), True)
    return converts, gains


def _timings(c: Mapping[str, Any], place: Ints) -> Ints:
    """Page views have their own; other requests with their page view id correct them."""
    sent = np.stack([c[name] for name in TIMES], axis=1)
    page = c["kind"] == PAGE
    out = np.where(page[:, None], sent, NULL)
    updates = np.flatnonzero(~page & (c["page_view"] != 0) & (sent != NULL).any(axis=1))
    if len(updates):
        wanted = {(int(place[row]), int(c["page_view"][row])) for row in updates.tolist()}
        views: dict[tuple[int, int], int] = {}
        visits = np.isin(place, place[updates])
        for row in np.flatnonzero(
            visits & ((page & (c["page_view"] != 0)) | np.isin(np.arange(len(page)), updates))
        ).tolist():
            key = (int(place[row]), int(c["page_view"][row]))
            if key not in wanted:
                continue
            if page[row]:
                views[key] = row
            elif key in views:
                out[views[key]] = np.where(sent[row] != NULL, sent[row], out[views[key]])
    return out


def _convert(
    out: Recognised, given: Given, found: Mapping[int, list[Match]], by_campaign: Bools, previous: Ints
) -> None:
    """Walk through the requests that convert or change their visit, visit by visit."""
    c, composed = out.columns, out.composed
    kind, place = c["kind"], composed.place
    busy = (kind == ORDER) | (kind == CART) | c["varies"] | c["moves"]
    busy[list(found)] = True
    out.pages_before = composed.pages_before + (kind == PAGE)
    _count_closed(out, by_campaign, previous)
    visit = NULL
    goals, sales, state = VisitGoals(), VisitSales(), State()

    def finish() -> None:
        if visit != NULL:
            out.buyers[visit] = sales.buyer
            if state != State():
                out.states[visit] = state
            out.items += [(visit, item) for item in sales.items.values()]
            ordered = [(conversion, states[conversion.row]) for conversion in (*goals.found, *sales.conversions())]
            out.conversions += [(visit, conversion, then) for conversion, then in ordered]

    states: dict[int, State] = {}
    for row in np.flatnonzero(busy).tolist():
        if place[row] != visit:
            finish()
            visit = int(place[row])
            goals, sales, state, states = VisitGoals(), VisitSales(), State(), {}
        idrequest = int(c["idrequest"][row])
        if idrequest in given.varying:
            state = _changed(state, given.varying[idrequest], given.place_of[int(c["client"][composed.head[row]])])
        states[row] = state
        money = given.money.get(idrequest, Money(None, None))
        if kind[row] in (ORDER, CART):
            sale = given.sales.get(idrequest, Sale(None, ()))
            sales.add(row, int(kind[row]), Sale(sale.order, sale.items, bool(c["repeated"][row])), money.revenue)
        elif row in found:
            goals.add(row, int(c["time"][row]), found[row], money.revenue, money.event_value)
    finish()


def _count_closed(out: Recognised, by_campaign: Bools, previous: Ints) -> None:
    """A visit that a campaign opened counts, for its first request, the pages of the visit which that closed."""
    composed = out.composed
    heads = np.unique(composed.head)
    for visit in np.flatnonzero(by_campaign & (previous >= 0)).tolist():
        closed = int(previous[visit])
        row = int(heads[visit])
        rows = np.flatnonzero((composed.place == closed) & (out.columns["kind"] == PAGE))
        before = rows[out.columns["time"][rows] <= out.columns["time"][row]]
        out.pages_before[row] += len(before)


def _changed(state: State, change: Varying, first: Place) -> State:
    """A visit's state after a request that changes it; `first` is where the visit began."""
    place = state.place
    if change.place is not None:
        own = place or first
        country, region, city, latitude, longitude = change.place
        place = Place(
            own.country if country is None else country,
            own.region if region is None else region,
            own.city if city is None else city,
            own.latitude if latitude is None else round(latitude, 6),
            own.longitude if longitude is None else round(longitude, 6),
            own.region_name if region is None else None,
        )
    return State(_over(state.dimensions, change.dimensions), _over(state.variables, change.variables), place)


def _over(old: tuple[str | None, ...] | None, new: tuple[str | None, ...] | None) -> tuple[str | None, ...] | None:
    """Later values over earlier ones, index by index."""
    if old is None or new is None:
        return new if old is None else old
    width = max(len(old), len(new))
    padded = [(*values, *[None] * (width - len(values))) for values in (old, new)]
    return tuple(before if now is None else now for before, now in zip(*padded, strict=True))
