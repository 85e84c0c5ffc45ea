"""Visits and the places of actions in them, from requests that have been assigned to visits.

Pure: columns in, columns out. What each column is: docs/explanation/visits.md#what-a-visit-knows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from piwikcli.ingest.recognise import DIRECT, NULL, VISIT_LENGTH, Ids, Ints
from piwikcli.ingest.tracking.assign import Assigned
from piwikcli.ingest.tracking.batch import DOWNLOAD, EVENT, OUTLINK, PAGE, PING, SEARCH, Bools

_NEVER = np.iinfo(np.int64).max
_COUNTED = (PAGE, SEARCH, EVENT, OUTLINK, DOWNLOAD)


@dataclass(slots=True)
class History:
    """Visits that were over before (the seeds): what a visitor's next visit needs of each. NULL for unknown."""

    start: Ints
    count: Ints
    since_first: Ints
    since_order: Ints


@dataclass(slots=True)
class Facts:
    """What composing needs of requests, as columns in order of visit, within it in the total order.

    `first` marks each visit's first request. `gain` is what a conversion adds to the visit's time.
    """

    first: Bools
    arrival: Ints
    """Place in the total order."""
    idrequest: Ints
    time: Ints
    day: Ints
    hour: Ints
    kind: Ints
    url: Ints
    name: Ints
    client: Ints
    referrer: Ints
    referrer_type: Ints
    visitor: Ids
    config: Ids
    identified: Bools
    tracked: Bools
    """It is a tracking request, not a web log's hit."""
    has_user: Bools
    has_order: Bools
    """An order id was sent, whatever the kind."""
    resolution: Bools
    """A resolution other than `unknown` was sent."""
    action_dimensions: Bools
    """Its site has dimensions of actions."""
    repeated: Bools
    converts: Bools
    """It matches a goal or names one, or is an order: also when nothing is recorded in the end."""
    gain: Ints


@dataclass(slots=True)
class Composed:
    """Columns of visits in order, and of requests as given; `*_row` are rows of requests, NULL for none."""

    visits: dict[str, Ints | Ids | Bools]
    head: Ints
    """Row of the first request of each request's visit."""
    place: Ints
    """Place of each request's visit among the visits."""
    url_ref: Ints
    name_ref: Ints
    time_spent_ref: Ints
    time_spent: Ints
    position: Ints
    pages_before: Ints
    """Page views of the visit before each request."""
    referrer_row: Ints
    """The request whose referrer the visit has right after each request."""
    ordered: Bools
    """Whether an order id has been sent in the visit up to each request."""
    action_row: Ints
    """The newest action of the visit up to each request, at sites with dimensions of actions."""


def compose(f: Facts, assigned: Assigned, history: History) -> Composed:
    """Visits in order of `f`; those of `history` have the lowest numbers in `assigned`."""
    n = len(f.time)
    row = np.arange(n)
    heads = np.flatnonzero(f.first)
    tails = np.append(heads[1:], n)[: len(heads)] - 1
    place = np.cumsum(f.first) - 1
    head = heads[place]

    def latest(holds: Bools) -> Ints:
        """The visit's latest row up to each row at which something holds; NULL if there is none yet."""
        found: Ints = np.maximum.accumulate(np.where(holds, row, NULL))
        return np.where(found >= head, found, NULL)

    def before(values: Ints, start: int) -> Ints:
        """The value one row earlier in the visit."""
        out = np.full(n, start, dtype=np.int64)
        out[1:] = np.where(f.first[1:], start, values[:-1])
        return out

    def so_far(holds: Bools) -> Ints:
        """How many rows of the visit, up to each row, at which something holds."""
        total = np.cumsum(holds)
        return total - (total - holds)[head]

    page, search, ping = f.kind == PAGE, f.kind == SEARCH, f.kind == PING
    # the exit page so far: a page's URL, nothing after a search, undefined before the first of either
    url_now = _pick(np.where(page, f.url, np.where(f.first, 0, NULL)), latest(page | search), 0)
    name_now = _pick(np.maximum(f.name, 0), latest(search | (page & (f.name > 0))), 0)
    last_before = before(_pick(f.time, latest(~ping), 0), 0)
    gap = np.where(f.first, 0, np.clip(f.time - last_before, 0, VISIT_LENGTH))
    seen = so_far(page | search)
    outside = latest(f.referrer_type != DIRECT)
    # the first request from outside stays the visit's, whatever comes later
    first_outside = np.minimum.reduceat(np.where(f.referrer_type != DIRECT, row, n), heads)[place]
    referrer_row = np.where(outside == NULL, head, first_outside)
    ordered = so_far(f.has_order) > 0
    action_row = latest(f.action_dimensions & (f.kind < PING))

    start = f.time[heads]
    last_row = latest(~ping)[tails]
    previous = assigned.previous[len(history.start) :]
    first_order = np.minimum.reduceat(np.where(f.has_order, f.arrival, _NEVER), heads)
    past = _histories(previous, start, f.arrival[heads], first_order, history)
    known = previous != NULL
    first_page = np.minimum.reduceat(np.where(page, row, n), heads)
    entry_url = np.where(first_page < n, f.url[np.minimum(first_page, n - 1)], NULL)
    several = tails > heads
    visits: dict[str, Ints | Ids | Bools] = {
        "idvisitor": f.visitor[tails],
        "config_id": f.config[heads],
        "idfirst": f.idrequest[heads],
        "chain_time": assigned.chain[len(history.start) :],
        "visit_first_action_time": start,
        "visit_last_action_time": f.time[last_row],
        "day": f.day[last_row],
        "start_hour": f.hour[heads],
        "user_row": np.maximum.reduceat(np.where(f.has_user, row, NULL), heads),
        "idclient": f.client[heads],
        "idreferrer": f.referrer[referrer_row[tails]],
        "visitor_returning": np.where(f.has_order[heads] | (past.ordered_before > 0), 2, known.astype(np.int64)),
        "visitor_count_visits": past.count,
        "visitor_seconds_since_last": past.since_last,
        "visitor_seconds_since_first": past.since_first,
        "visitor_seconds_since_order": past.since_order,
        "visit_total_time": np.where(several, 1 + f.time[tails] - start, 0)
        + np.where(several | known, f.gain[tails], 0),
        "visit_total_actions": so_far(np.isin(f.kind, _COUNTED))[tails],
        "visit_total_interactions": seen[tails],
        "visit_total_searches": so_far(search)[tails],
        "visit_total_events": so_far(f.kind == EVENT)[tails],
        "visit_entry_idaction_url": np.where(search[heads], 0, entry_url),
        "visit_entry_idaction_name": np.where(page | search, np.maximum(f.name, 0), 0)[heads],
        "visit_exit_idaction_url": url_now[tails],
        "visit_exit_idaction_name": name_now[tails],
        "visit_goal_converted": so_far(f.converts)[tails] > 0,
        "profilable": so_far(f.identified)[tails] > 0,
        "tracked": so_far(f.tracked)[tails] > 0,
        "resolution_row": np.minimum.reduceat(np.where(f.resolution, row, n), heads),
        "action_row": action_row[tails],
        "initial_since_order": past.initial_since_order,
    }
    return Composed(
        visits=visits,
        head=head,
        place=place,
        url_ref=before(url_now, 0),
        name_ref=before(name_now, 0),
        time_spent_ref=gap,
        time_spent=_time_spent(f, gap, before(action_row, NULL)),
        position=np.where(seen > 0, seen, NULL),
        pages_before=so_far(page) - page,
        referrer_row=referrer_row,
        ordered=ordered,
        action_row=action_row,
    )


def _pick(values: Ints, rows: Ints, missing: int) -> Ints:
    """Values at rows, `missing` where there is none."""
    return np.where(rows == NULL, missing, values[np.maximum(rows, 0)])


def _time_spent(f: Facts, gap: Ints, action: Ints) -> Ints:
    """Seconds on each action: every later request of the visit says it again, the last one counts."""
    spent = np.full(len(gap), NULL, dtype=np.int64)
    says = np.flatnonzero((gap > 0) & (action != NULL) & ~f.repeated)
    spent[action[says]] = gap[says]
    return spent


@dataclass(slots=True)
class _Past:
    """What visits inherit from their visitors' visits before; NULL for unknown."""

    count: Ints
    since_last: Ints
    since_first: Ints
    since_order: Ints
    """At the visit's end."""
    initial_since_order: Ints
    """At its beginning."""
    ordered_before: Ints
    """The previous visit's `since_order`."""


def _histories(previous: Ints, start: Ints, begin: Ints, first_order: Ints, history: History) -> _Past:
    """One visit after the other, since each needs its predecessor's; `previous` counts the history's visits first.

    `begin` and `first_order` are places in the total order: what follows in the predecessor is not known yet.
    """
    seeds, n = len(history.start), len(start)
    starts = np.append(history.start, start)
    count = np.append(history.count, np.ones(n, dtype=np.int64))
    since_first = np.append(history.since_first, np.zeros(n, dtype=np.int64))
    # at the beginning of each visit; of those of the history at their end
    since_order = np.append(history.since_order, np.where(first_order == begin, 0, NULL))
    ordered = np.append(np.full(seeds, _NEVER), first_order)
    before = np.full(n, NULL, dtype=np.int64)
    for visit in np.flatnonzero(previous != NULL).tolist():
        p, own = int(previous[visit]), seeds + visit
        passed = starts[own] - starts[p]
        count[own] = count[p] + 1
        since_first[own] = since_first[p] + passed if since_first[p] != NULL else NULL
        before[visit] = 0 if ordered[p] < begin[visit] else since_order[p]
        if before[visit] != NULL and first_order[visit] != begin[visit]:
            since_order[own] = before[visit] + passed
    known = previous != NULL
    since_last = np.where(known, start - starts[np.maximum(previous, 0)], 0)
    initial = since_order[seeds:]
    at_end = np.where(first_order != _NEVER, 0, initial)
    return _Past(count[seeds:], since_last, since_first[seeds:], at_end, initial, before)
