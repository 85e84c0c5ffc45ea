"""Visits of visitors whom nothing connects with others, all at once: the same as one look-up after the other.

A visitor is apart when each of their fingerprints is theirs alone: then the look-ups of `assign` can find no visit
but their own latest, and visits end where a gap, a day or a `new_visit` says so. Pure: columns in, columns out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from piwikcli.ingest.recognise import CAMPAIGN, MAX_ACTIONS, NULL, VISIT_LENGTH, Ids, Ints, mix
from piwikcli.ingest.tracking.arrivals import Arrivals, Seed
from piwikcli.ingest.tracking.batch import PING, Bools


@dataclass(slots=True)
class Apart:
    """Rows of visitors apart, and their visits, each known by the row that begins it.

    `begin` is that of each of `rows` (NULL for a ping without a visit), `visitor` the visitor's id there.
    `begins` are rows that begin a visit; for each `previous` is the row that begins the visitor's visit before,
    -2 - n for seed n, or NULL; `chain` is as in `Assigned`.
    """

    rows: Ints
    begin: Ints
    visitor: Ids
    begins: Ints
    previous: Ints
    chain: Ints


def visitors_apart(q: Arrivals, anonymous: Ids, seeds: list[Seed], look_back: int) -> Apart:
    """Visits of all visitors apart; `anonymous` is the id that each row would give to an unknown visitor."""
    named = q.identified != 0
    who = np.where(named, mix(q.visitor ^ mix(q.site.astype(np.uint64))), mix(~q.config))
    group, number = _groups(who)
    apart = np.ones(number, dtype=np.bool_)
    apart[group[_shared(q.config, group)]] = False
    apart[np.bincount(group, minlength=number) >= MAX_ACTIONS] = False
    rows = np.flatnonzero(apart[group])
    rows = rows[np.argsort(group[rows], kind="stable")]
    if not len(rows):
        return Apart(rows, rows, q.visitor[rows], rows, rows, rows)
    w = _Walked(q, rows, group[rows], seeds, look_back)
    bad = np.unique(w.group[w.unusual])
    apart[bad] = False
    kept = apart[w.group]
    begins = kept & w.begins
    visitor = np.where(named[rows], q.visitor[rows], anonymous[rows[w.stranger]])
    return Apart(
        rows[kept],
        np.where(w.begin == NULL, NULL, rows[w.begin])[kept],
        np.where(w.begin == NULL, np.uint64(0), visitor)[kept],
        rows[begins],
        w.previous[begins],
        w.chain[begins],
    )


class _Walked:
    """Requests sorted by visitor, within it in the total order; positions in this order, NULL for none."""

    def __init__(self, q: Arrivals, rows: Ints, group: Ints, seeds: list[Seed], look_back: int) -> None:
        n = len(rows)
        at = np.arange(n)
        first = np.ones(n, dtype=np.bool_)
        first[1:] = group[1:] != group[:-1]
        head = np.maximum.accumulate(np.where(first, at, 0))
        time, day, ping = q.time[rows], q.day[rows], q.kind[rows] == PING
        named = q.identified[rows] != 0

        def latest(holds: Bools) -> Ints:
            """The visitor's latest position up to each at which something holds."""
            found: Ints = np.maximum.accumulate(np.where(holds, at, NULL))
            return np.where(found >= head, found, NULL)

        acts = latest(~ping)
        before = np.full(n, NULL, dtype=np.int64)
        before[1:] = np.where(first[1:], NULL, acts[:-1])
        known = before != NULL
        seed = _seed_of(q, rows, named & ~known, {(s.site, s.visitor): i for i, s in enumerate(seeds)})
        last_seed = np.array([*(s.last for s in seeds), 0])[seed]
        seed_day = np.array([*(s.day for s in seeds), NULL])[seed]
        last = np.where(known, time[before], last_seed)
        found = known | (seed != NULL)
        over = ~found | q.new_visit[rows] | (last <= time - VISIT_LENGTH)
        over |= np.where(known, day[before], seed_day) != day
        self.group = group
        self.begins = over & ~ping
        opened = latest(self.begins)
        self.begin = np.where(over & ping, NULL, opened)
        # without an id nobody is known for longer than the look-back
        found &= named | (last >= time - max(look_back, VISIT_LENGTH))
        self.stranger = np.maximum(latest(self.begins & ~found), 0)
        self.previous = np.where(known, rows[opened[before]], np.where(seed == NULL, NULL, -2 - seed))
        self.previous[~found] = NULL
        many = np.array([*(s.actions >= MAX_ACTIONS for s in seeds), False])[seed]
        # what only looking at one visit after the other can tell
        self.unusual = (
            (self.begins & known & (time == last))
            | (~over & (q.referrer_type[rows] == CAMPAIGN))
            | ((seed != NULL) & ~over)
            | many
        )
        self.chain = self._chains(q.config[rows], time, np.where(ping, NULL, at), look_back)

    def _chains(self, config: Ids, time: Ints, acts: Ints, look_back: int) -> Ints:
        """Of each visit, when the first of those began that its fingerprint has had without a longer pause."""
        out = np.zeros(len(time), dtype=np.int64)
        begins = np.flatnonzero(self.begins)
        if not len(begins):
            return out
        ends = np.maximum.reduceat(acts, begins)
        order = np.lexsort((begins, config[begins]))
        begins, ends = begins[order], ends[order]
        new = np.ones(len(begins), dtype=np.bool_)
        pause = time[begins[1:]] - time[ends[:-1]]
        new[1:] = (config[begins[1:]] != config[begins[:-1]]) | (pause > max(look_back, VISIT_LENGTH))
        out[begins] = time[begins][np.maximum.accumulate(np.where(new, np.arange(len(begins)), 0))]
        return out


def _groups(keys: Ids) -> tuple[Ints, int]:
    """Each row's number of its key, and how many keys there are."""
    values, places = np.unique(keys, return_inverse=True)
    return places.astype(np.int64), len(values)


def _shared(config: Ids, group: Ints) -> Bools:
    """Rows whose fingerprint somebody else has, too."""
    order = np.argsort(config, kind="stable")
    same = config[order[1:]] == config[order[:-1]]
    mixed = np.unique(config[order[1:]][same & (group[order[1:]] != group[order[:-1]])])
    return np.isin(config, mixed)


def _seed_of(q: Arrivals, rows: Ints, wanted: Bools, places: Mapping[tuple[int, int], int]) -> Ints:
    """The place of each row's visitor among the seeds; NULL for none, and where it is not wanted."""
    out = np.full(len(rows), NULL, dtype=np.int64)
    if places:
        at = np.flatnonzero(wanted)
        keys = zip(q.site[rows[at]].tolist(), q.visitor[rows[at]].tolist(), strict=True)
        out[at] = [places.get(key, NULL) for key in keys]
    return out
