"""Which visit each request belongs to, where visitors may name themselves.

The look-ups and their order: docs/explanation/visits.md#visitors-with-an-id. Visitors that share nothing with
others are recognised all at once (`apart`), the others in one pass in order of time.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from piwikcli.ingest.recognise import CAMPAIGN, DIRECT, MAX_ACTIONS, NULL, VISIT_LENGTH, Ids, Ints, mix
from piwikcli.ingest.tracking.apart import Apart, visitors_apart
from piwikcli.ingest.tracking.arrivals import FORCED, USER, Arrivals, Seed
from piwikcli.ingest.tracking.batch import CONTENT, PING, Bools


@dataclass(slots=True)
class Assigned:
    """Visits are numbered from 0: the seeds, then those of the requests in order of their beginning.

    `visit[i]` is NULL for a ping that found none; `visitor[i]` the visit's visitor id right after request i.
    `previous[v]` is the visitor's visit before v, or NULL; `by_campaign[v]`: only a campaign opened it.
    """

    visit: Ints
    visitor: Ids
    previous: Ints
    by_campaign: Bools
    chain: Ints


class _Visit:
    __slots__ = (
        "actions",
        "campaign",
        "chain",
        "config",
        "day",
        "keyword",
        "last",
        "number",
        "type",
        "user",
        "visitor",
    )

    def __init__(self, number: int, visitor: int, config: int, chain: int) -> None:
        self.number = number
        self.visitor = visitor
        self.config = config
        self.chain = chain
        self.user = 0
        self.actions = self.last = self.day = 0
        self.type = DIRECT
        self.campaign = self.keyword = NULL


def assign(q: Arrivals, seeds: list[Seed], look_back: int) -> Assigned:
    """Assign requests (in the total order, sites mixed) to visits. `look_back` (seconds) is of fingerprints."""
    strangers = mix(q.config ^ mix(q.time.astype(np.uint64)))
    apart = visitors_apart(q, strangers, seeds, look_back)
    left = np.ones(len(q.time), dtype=np.bool_)
    left[apart.rows] = False
    rows = np.flatnonzero(left)
    return _joined(apart, rows, walk(q.take(rows), strangers[rows], seeds, look_back), len(seeds))


def _joined(apart: Apart, rows: Ints, walked: Assigned, seeds: int) -> Assigned:
    """Both ways' visits, numbered together; `walked` are those of `rows`."""
    _, at = np.unique(walked.visit, return_index=True)
    firsts = rows[at[walked.visit[at] >= seeds]]
    begins = np.sort(np.append(apart.begins, firsts))

    def number(begin: Ints) -> Ints:
        return np.where(begin == NULL, NULL, seeds + np.searchsorted(begins, begin))

    def renumbered(visit: Ints) -> Ints:
        """Numbers among all visits of those that were walked to."""
        if not len(firsts):
            return visit
        return np.where(visit < seeds, visit, number(firsts[np.maximum(visit - seeds, 0)]))

    n = len(rows) + len(apart.rows)
    visit, visitor = np.full(n, NULL, dtype=np.int64), np.zeros(n, dtype=np.uint64)
    visit[apart.rows], visitor[apart.rows] = number(apart.begin), apart.visitor
    visit[rows], visitor[rows] = renumbered(walked.visit), walked.visitor
    previous, chain = (np.full(seeds + len(begins), start, dtype=np.int64) for start in (NULL, 0))
    by_campaign = np.zeros(seeds + len(begins), dtype=np.bool_)
    here, there = number(apart.begins), number(firsts)
    previous[here] = np.where(apart.previous < NULL, -2 - apart.previous, number(apart.previous))
    previous[there] = renumbered(walked.previous[seeds:])
    chain[here], chain[there] = apart.chain, walked.chain[seeds:]
    by_campaign[there] = walked.by_campaign[seeds:]
    return Assigned(visit, visitor, previous, by_campaign, chain)


def walk(q: Arrivals, strangers: Ids, seeds: list[Seed], look_back: int) -> Assigned:
    """One request after the other; `strangers` is the id that each would give to an unknown visitor."""
    look_back = max(look_back, VISIT_LENGTH)
    visitors: dict[tuple[int, int], list[_Visit]] = defaultdict(list)
    configs: dict[int, list[_Visit]] = defaultdict(list)
    previous = [NULL] * len(seeds)
    by_campaign = [False] * len(seeds)
    chains = [0] * len(seeds)
    for number, seed in sorted(enumerate(seeds), key=lambda pair: pair[1].last):
        known = _Visit(number, seed.visitor, 0, 0)
        known.last, known.day, known.actions = seed.last, seed.day, seed.actions
        visitors[seed.site, seed.visitor].append(known)
    n = len(q.time)
    visit_of = [NULL] * n
    visitor_of = [0] * n
    anonymous = strangers.tolist()
    rows = zip(
        *(column.tolist() for column in (q.time, q.day, q.site, q.kind, q.config, q.visitor, q.identified, q.user)),
        *(column.tolist() for column in (q.new_visit, q.referrer_type, q.campaign, q.keyword, q.keyword_from_host)),
        strict=True,
    )
    for row, (
        time,
        day,
        site,
        kind,
        config,
        given,
        how,
        user,
        forced,
        source,
        campaign,
        keyword,
        from_host,
    ) in enumerate(rows):
        found: _Visit | None = None
        if how and (named := visitors.get((site, given))):
            found = _newest(named, oldest_of_equals=True)
        if found is None and how != FORCED and (same := configs.get(config)):
            found = _open(same, time - look_back, user if how == USER else 0)
        if found is not None and found.actions >= MAX_ACTIONS:
            found = None
        over = found is None or forced or found.last <= time - VISIT_LENGTH or found.day != day
        changed = (
            not over
            and found is not None
            and source == CAMPAIGN
            and found.type != DIRECT
            and (found.type != CAMPAIGN or found.campaign != campaign or (not from_host and found.keyword != keyword))
        )
        if over or changed:
            if kind == PING:
                continue
            visitor = found.visitor if found is not None else given if how else anonymous[row]
            run = [v.chain for v in configs[config] if v.last >= time - look_back]
            visit = _Visit(len(previous), visitor, config, min(run, default=time))
            previous.append(NULL if found is None else found.number)
            by_campaign.append(changed)
            chains.append(visit.chain)
            visitors[site, visitor].append(visit)
            configs[config].append(visit)
            visit.type, visit.campaign, visit.keyword = source, campaign, keyword
        else:
            assert found is not None
            visit = found
            if visit.type == DIRECT and source != DIRECT:
                visit.type, visit.campaign, visit.keyword = source, campaign, keyword
            if how and visit.visitor != given:
                visitors[site, visit.visitor].remove(visit)
                visit.visitor = given
                visitors[site, given].append(visit)
        if user:
            visit.user = user
        if kind < PING and kind != CONTENT:
            visit.actions += 1
        if kind != PING:
            visit.last, visit.day = time, day
            _to_end(visitors[site, visit.visitor], visit)
            _to_end(configs[visit.config], visit)
        visit_of[row] = visit.number
        visitor_of[row] = visit.visitor
    return Assigned(
        np.array(visit_of, dtype=np.int64),
        np.array(visitor_of, dtype=np.uint64),
        np.array(previous, dtype=np.int64),
        np.array(by_campaign, dtype=np.bool_),
        np.array(chains, dtype=np.int64),
    )


def _newest(visits: list[_Visit], *, oldest_of_equals: bool) -> _Visit:
    """The visit with the latest last action; lists are kept in that order."""
    best = visits[-1]
    for visit in reversed(visits):
        if visit.last != best.last:
            break
        if (visit.number < best.number) == oldest_of_equals:
            best = visit
    return best


def _open(visits: list[_Visit], earliest: int, user: int) -> _Visit | None:
    """A fingerprint's newest visit that is not too old; with `user`, of nobody or that user."""
    while visits and visits[0].last < earliest:
        del visits[0]
    allowed = [visit for visit in visits if visit.user in (0, user)] if user else visits
    return _newest(allowed, oldest_of_equals=False) if allowed else None


def _to_end(visits: list[_Visit], visit: _Visit) -> None:
    if visits[-1] is not visit:
        visits.remove(visit)
        visits.append(visit)
