"""Visitors whom nothing connects with others are recognised all at once: as if one request came after the other."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from piwikcli.ingest.recognise import mix
from piwikcli.ingest.tracking.apart import visitors_apart
from piwikcli.ingest.tracking.arrivals import Arrivals, Seed
from piwikcli.ingest.tracking.assign import Assigned, assign, walk
from piwikcli.ingest.tracking.batch import PAGE, PING

HALF_HOUR, LONG = 1800, 90_000
STEPS = (0, 1, 60, 1799, 1800, 1801, 5000, 80_000)


def arrivals(seed: int, visitors: int, shared: float, rows: int = 400) -> Arrivals:
    """Requests of two sites in order of time. `shared` is how often a fingerprint is somebody else's."""
    rng = np.random.default_rng(seed)
    time = np.cumsum(rng.choice(STEPS, rows, p=(0.1, 0.2, 0.4, 0.05, 0.05, 0.05, 0.1, 0.05))) + 10**9
    who = rng.integers(1, visitors + 1, rows)
    how = np.where(who % 3 == 0, 0, 1 + who % 3)
    day = time // 86400
    # a device or two for everybody, another fingerprint each day
    owner = np.where(rng.random(rows) < shared, rng.integers(1, visitors + 1, rows), who)
    config = (owner * 10_000 + who % 2 * 5000 + (rng.random(rows) < 0.1) * 500 + day % 400).astype(np.uint64)
    campaign = rng.random(rows) < 0.05
    return Arrivals(
        time=time,
        day=day,
        site=who % 2 + 1,
        kind=np.where(rng.random(rows) < 0.2, PING, PAGE),
        config=config,
        visitor=np.where(how > 0, who, 0).astype(np.uint64),
        identified=how,
        user=np.where(how == 1, who, 0).astype(np.uint64),
        new_visit=rng.random(rows) < 0.03,
        referrer_type=np.where(campaign, 6, np.where(rng.random(rows) < 0.3, 3, 1)),
        campaign=rng.integers(0, 2, rows),
        keyword=rng.integers(0, 2, rows),
        keyword_from_host=np.zeros(rows, dtype=np.bool_),
    )


def seeds_of(q: Arrivals) -> list[Seed]:
    """Earlier visits of some visitors: long over, just over, with very many actions."""
    first = int(q.time[0])
    before = {3: 10**6, 4: HALF_HOUR, 7: 100, 8: 10**6}
    return [
        Seed(90 + who, who % 2 + 1, who, first - gap, (first - gap) // 86400, 10_000 if who == 8 else 1)
        for who, gap in before.items()
    ]


def assert_same(found: Assigned, wanted: Assigned) -> None:
    for field in fields(Assigned):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(wanted, field.name), field.name)


@pytest.mark.parametrize("look_back", [HALF_HOUR, LONG])
@pytest.mark.parametrize("shared", [0.0, 0.02, 0.3])
@pytest.mark.parametrize("seed", range(8))
def test_both_ways_give_the_same_visits(seed: int, shared: float, look_back: int) -> None:
    q = arrivals(seed, visitors=(4, 20, 80)[seed % 3], shared=shared)
    seeds = seeds_of(q) if seed % 2 else []
    strangers = mix(q.config ^ mix(q.time.astype(np.uint64)))
    assert_same(assign(q, seeds, look_back), walk(q, strangers, seeds, look_back))


def test_most_visitors_are_apart() -> None:
    q = arrivals(1, visitors=80, shared=0.0)
    assert len(visitors_apart(q, q.config, [], HALF_HOUR).rows) > 0.6 * len(q.time)


def test_whoever_shares_a_fingerprint_is_not() -> None:
    q = arrivals(1, visitors=80, shared=0.0)
    q.config[10] = q.config[20]
    apart = set(visitors_apart(q, q.config, [], HALF_HOUR).rows.tolist())
    assert {q.visitor[10], q.visitor[20]}.isdisjoint(q.visitor[list(apart)][q.identified[list(apart)] > 0])
