"""recognise: requests of a set of visitors -> visits and the actions' places in them.

A pure function of the requests: whatever order they arrived in, the result is that of one pass in order of
time. Two ways through it, one definition (docs/explanation/visits.md): requests without visitor ids are
cut by fingerprint and time gap, all at once; components in which somebody has a user id go through
`identified`, request by request.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Ids = npt.NDArray[np.uint64]

VISIT_LENGTH = 1800
"""Seconds after which a visit without requests is over."""
MAX_ACTIONS = 10_000
"""A visit with that many actions takes no more; its visitor counts as unknown."""
NULL = -1
PAGE, SEARCH = 1, 8
DIRECT, CAMPAIGN = 1, 6


@dataclass(slots=True)
class Requests:
    """Requests as columns of equal length. Ids are dictionary ids: NULL (-1) for none, 0 for undefined."""

    idrequest: Ints
    """Stored requests have theirs; new ones are numbered by the caller beforehand."""
    source: Ints
    source_rank: Ints
    """The source's place in the total order."""
    offset: Ints
    time: Ints
    """Seconds UTC."""
    day: Ints
    """The site's local date, days since 1970."""
    hour: Ints
    """The site's local hour."""
    idsite: Ints
    kind: Ints
    url: Ints
    name: Ints
    client: Ints
    user: Ints
    """Index of the user id, or NULL."""
    config: Ids
    """Fingerprint (it covers the site and, by default, the local date)."""
    referrer: Ints
    referrer_type: Ints
    campaign: Ints
    """Code of the campaign's name, NULL unless the referrer is a campaign."""
    keyword: Ints
    keyword_from_host: Bools
    prefix: Ints
    """This and the next two are only carried along: URL prefix, search category, search count."""
    category: Ints
    count: Ints

    def __len__(self) -> int:
        return len(self.time)

    @classmethod
    def none(cls) -> Requests:
        types = {"config": np.uint64, "keyword_from_host": np.bool_}
        return cls(*(np.empty(0, dtype=types.get(field.name, np.int64)) for field in fields(cls)))

    def take(self, rows: Ints | Bools | None) -> Requests:
        """Some rows, or all of them in another order; None leaves them as they are."""
        if rows is None:
            return self
        return Requests(*(getattr(self, field.name).take(rows) for field in fields(self)))

    def join(self, other: Requests) -> Requests:
        """These requests and then the other ones."""
        return Requests(*(np.concatenate((getattr(self, f.name), getattr(other, f.name))) for f in fields(self)))


@dataclass(slots=True)
class Assignment:
    """Which visit each request belongs to, and which visit each visit follows.

    `visit[i]` numbers the visit of request i; `previous[v]` is the visitor's visit before v, or NULL for an
    unknown visitor; `visitor[v]` the visitor's id; `chain[v]` when the unbroken run of its fingerprint began.
    """

    visit: Ints
    previous: Ints
    visitor: Ids
    chain: Ints

    def join(self, other: Assignment) -> Assignment:
        """The assignment of these requests and then the other ones."""
        base = len(self.previous)
        return Assignment(
            np.concatenate((self.visit, other.visit + base)),
            np.concatenate((self.previous, np.where(other.previous == NULL, NULL, other.previous + base))),
            np.concatenate((self.visitor, other.visitor)),
            np.concatenate((self.chain, other.chain)),
        )


@dataclass(slots=True)
class Visits:
    """Visits as columns, and for each request (in the order given) its visit and what it follows."""

    columns: dict[str, Ints | Ids]
    visit: Ints
    url_ref: Ints
    name_ref: Ints
    time_spent_ref: Ints
    position: Ints


def mix(values: Ids) -> Ids:
    """Spread the bits of 64-bit values (the finaliser of splitmix64)."""
    with np.errstate(over="ignore"):
        x = values + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def in_order(requests: Requests) -> Ints | None:
    """Rows in the total order: time, then the source's rank, then its byte offset; None: they are in it."""
    steps = np.diff(requests.time)
    if (steps > 0).all():
        return None
    if (steps >= 0).all() and not np.diff(requests.source_rank).any() and (np.diff(requests.offset) > 0).all():
        return None
    return np.lexsort((requests.offset, requests.source_rank, requests.time))


def by_fingerprint(requests: Requests, look_back: int) -> Assignment:
    """Cut requests without visitor ids into visits. They must be sorted by config, then in order.

    `look_back` (seconds, at least VISIT_LENGTH): how long a fingerprint remembers its visitor.
    """
    n = len(requests)
    time, config = requests.time, requests.config
    first = np.ones(n, dtype=np.bool_)
    first[1:] = config[1:] != config[:-1]
    gap = np.zeros(n, dtype=np.int64)
    gap[1:] = time[1:] - time[:-1]
    unknown = first | (gap > look_back)
    chain_start = unknown.copy()
    new = unknown | (gap >= VISIT_LENGTH)
    new[1:] |= requests.day[1:] != requests.day[:-1]
    _split_further(requests, new, unknown)

    visit = np.cumsum(new) - 1
    heads = np.flatnonzero(new)
    count = len(heads)
    previous = np.where(unknown[heads], NULL, np.arange(count) - 1)
    # a visitor is named after the fingerprint and the time at which it was unknown
    root = np.maximum.accumulate(np.where(unknown, np.arange(n), 0))[heads]
    visitor = mix(config[root] ^ mix(time[root].astype(np.uint64)))
    chain = time[np.maximum.accumulate(np.where(chain_start, np.arange(n), 0))[heads]]
    return Assignment(visit, previous, visitor, chain)


def _split_further(requests: Requests, new: Bools, unknown: Bools) -> None:
    """Open a new visit where a campaign changes, and an unknown visitor's after MAX_ACTIONS; in place.

    Both depend on what the visit has become so far, so the few visits concerned are walked through.
    """
    number = np.cumsum(new) - 1
    heads = np.append(np.flatnonzero(new), len(new))
    concerned = np.unique(number[(requests.referrer_type == CAMPAIGN) & ~new])
    long = np.flatnonzero(np.diff(heads) > MAX_ACTIONS)
    for visit in np.union1d(concerned, long).tolist():
        start, stop = int(heads[visit]), int(heads[visit + 1])
        campaign = VisitReferrer(requests, start)
        actions = 1
        for row in range(start + 1, stop):
            if actions >= MAX_ACTIONS:
                new[row] = unknown[row] = True
            elif campaign.changes(row):
                new[row] = True
            if new[row]:
                campaign = VisitReferrer(requests, row)
                actions = 0
            else:
                campaign.add(row)
            actions += 1


class VisitReferrer:
    """The referrer of a visit while its requests come in."""

    def __init__(self, requests: Requests, row: int) -> None:
        self._requests = requests
        self._row = row

    def changes(self, row: int) -> bool:
        """Whether the request's campaign is another one than the visit's referrer (direct visits have none)."""
        q, mine = self._requests, self._row
        if q.referrer_type[row] != CAMPAIGN or q.referrer_type[mine] == DIRECT:
            return False
        if q.referrer_type[mine] != CAMPAIGN or q.campaign[row] != q.campaign[mine]:
            return True
        return bool(not q.keyword_from_host[row] and q.keyword[row] != q.keyword[mine])

    def add(self, row: int) -> None:
        """A direct visit takes the first other referrer."""
        if self._requests.referrer_type[self._row] == DIRECT:
            self._row = row


def compose(requests: Requests, assignment: Assignment) -> Visits:
    """The visits' columns and the actions' places. Requests must be in order within each visit."""
    visit = assignment.visit
    order = None if (np.diff(visit) >= 0).all() else np.argsort(visit, kind="stable")
    q = requests.take(order)
    number = visit if order is None else visit[order]
    n = len(q)
    row = np.arange(n)
    first = np.ones(n, dtype=np.bool_)
    first[1:] = number[1:] != number[:-1]
    heads = np.flatnonzero(first)
    tails = np.append(heads[1:], n) - 1
    head_of = np.maximum.accumulate(np.where(first, row, 0))

    page, search = q.kind == PAGE, q.kind == SEARCH
    # the exit page so far: a page's URL, nothing after a search, undefined before the first of either
    url_set = np.where(page, q.url, np.where(first, 0, NULL))
    url_now = url_set[np.maximum.accumulate(np.where(first | page | search, row, 0))]
    named = search | (page & (q.name > 0))
    name_set = np.where(page | search, np.maximum(q.name, 0), 0)
    name_now = name_set[np.maximum.accumulate(np.where(first | named, row, 0))]
    url_ref, name_ref = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    url_ref[1:] = np.where(first[1:], 0, url_now[:-1])
    name_ref[1:] = np.where(first[1:], 0, name_now[:-1])
    spent = np.zeros(n, dtype=np.int64)
    spent[1:] = np.where(first[1:], 0, np.clip(q.time[1:] - q.time[:-1], 0, VISIT_LENGTH))
    total = np.cumsum(page | search)
    seen = total - total[head_of] + (page | search)[head_of]
    position = np.where(seen > 0, seen, NULL)

    first_page = np.minimum.reduceat(np.where(page, row, n), heads)
    entry_url = np.where(first_page < n, q.url[np.minimum(first_page, n - 1)], NULL)
    entry_url = np.where(search[heads], 0, entry_url)
    outside = np.minimum.reduceat(np.where(q.referrer_type != DIRECT, row, n), heads)
    referrer = q.referrer[np.where(outside < n, np.minimum(outside, n - 1), heads)]
    last_user = np.maximum.reduceat(np.where(q.user != NULL, row, NULL), heads)
    user = np.where(last_user != NULL, q.user[np.maximum(last_user, 0)], NULL)

    ids = number[heads]
    start, end = q.time[heads], q.time[tails]
    actions = tails - heads + 1
    counts, roots = _history(assignment.previous, start)
    previous = assignment.previous[ids]
    known = previous != NULL
    columns: dict[str, Ints | Ids] = {
        "idsite": q.idsite[heads],
        "idvisitor": assignment.visitor[ids],
        "config_id": q.config[heads],
        "idfirst": q.idrequest[heads],
        "chain_time": assignment.chain[ids],
        "visit_first_action_time": start,
        "visit_last_action_time": end,
        "day": q.day[tails],
        "start_hour": q.hour[heads],
        "user": user,
        "idclient": q.client[heads],
        "idreferrer": referrer,
        "visitor_returning": known.astype(np.int64),
        "visitor_count_visits": counts,
        "visitor_seconds_since_last": np.where(known, start - start[np.maximum(previous, 0)], 0),
        "visitor_seconds_since_first": start - start[roots],
        "visit_total_time": np.where(actions > 1, 1 + end - start, 0),
        "visit_total_actions": actions,
        "visit_total_interactions": np.add.reduceat((page | search).astype(np.int64), heads),
        "visit_total_searches": np.add.reduceat(search.astype(np.int64), heads),
        "visit_entry_idaction_url": entry_url,
        "visit_entry_idaction_name": name_set[heads],
        "visit_exit_idaction_url": url_now[tails],
        "visit_exit_idaction_name": name_now[tails],
    }

    def back(values: Ints) -> Ints:
        if order is None:
            return values
        out = np.empty_like(values)
        out[order] = values
        return out

    return Visits(columns, visit, back(url_ref), back(name_ref), back(spent), back(position))


def _history(previous: Ints, start: Ints) -> tuple[Ints, Ints]:
    """Each visit's place in its visitor's history (from 1) and the visit which that history began with."""
    counts = np.ones(len(start), dtype=np.int64)
    roots = np.arange(len(start))
    # a visit's predecessor has a lower number, and most have none
    for visit in np.flatnonzero(previous != NULL).tolist():
        counts[visit] = counts[previous[visit]] + 1
        roots[visit] = roots[previous[visit]]
    return counts, roots
