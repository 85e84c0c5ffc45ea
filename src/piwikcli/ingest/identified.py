"""Recognition where visitors name themselves: components of requests in which somebody has a user id.

Look-ups follow the order of docs/explanation/visits.md: by the user's visitor id (no lower bound in time),
then by fingerprint among visits of nobody or of the same user; without an id by fingerprint only.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from piwikcli.ingest.recognise import (
    MAX_ACTIONS,
    NULL,
    VISIT_LENGTH,
    Assignment,
    Requests,
    VisitReferrer,
    mix,
)


class _Visit:
    __slots__ = ("actions", "chain", "last", "last_day", "number", "referrer", "user", "visitor")

    def __init__(self, number: int, visitor: int, chain: int, referrer: VisitReferrer) -> None:
        self.number = number
        self.visitor = visitor
        self.chain = chain
        self.referrer = referrer
        self.user = NULL
        self.actions = 0
        self.last = self.last_day = 0


def user_visitor(user_id: str) -> int:
    """A user's visitor id: the first 16 hex digits of the SHA-1 of the user id."""
    return int(hashlib.sha1(user_id.encode()).hexdigest()[:16], 16)


def linked_to_users(requests: Requests) -> npt.NDArray[np.bool_]:
    """Which requests are in a component (of fingerprints and user ids) in which somebody has a user id."""
    named: npt.NDArray[np.bool_] = requests.user != NULL
    if not named.any():
        return named
    # everybody's fingerprint that a named request has, and then everything of those fingerprints
    linked: npt.NDArray[np.bool_] = np.isin(requests.config, np.unique(requests.config[named]))
    return linked


def by_identity(requests: Requests, users: Sequence[str], look_back: int) -> Assignment:
    """Assign requests to visits one by one. They must be in order; sites may be mixed."""
    found: list[_Visit] = []
    previous: list[int] = []
    visit_of = np.empty(len(requests), dtype=np.int64)
    visitors: dict[tuple[int, int], list[_Visit]] = defaultdict(list)
    configs: dict[int, list[_Visit]] = defaultdict(list)
    ids = [user_visitor(user) for user in users]
    for row in range(len(requests)):
        time, day, site = int(requests.time[row]), int(requests.day[row]), int(requests.idsite[row])
        config, user = int(requests.config[row]), int(requests.user[row])
        match: _Visit | None = None
        if user != NULL:
            match = _latest(visitors[site, ids[user]])
        if match is None:
            candidates = [
                visit
                for visit in configs[config]
                if visit.last >= time - look_back and (user == NULL or visit.user in (NULL, user))
            ]
            match = _latest(candidates)
        if match is not None and match.actions >= MAX_ACTIONS:
            match = None
        if match is None or match.last <= time - VISIT_LENGTH or match.last_day != day or match.referrer.changes(row):
            if match is not None:
                visitor = match.visitor
            elif user != NULL:
                visitor = ids[user]
            else:
                visitor = int(
                    mix(requests.config[row : row + 1] ^ mix(requests.time[row : row + 1].astype(np.uint64)))[0]
                )
            # whoever the fingerprint's visits belong to: nobody's visit may follow a user's
            run = (visit.chain for visit in configs[config] if visit.last >= time - look_back)
            visit = _Visit(len(found), visitor, min(run, default=time), VisitReferrer(requests, row))
            found.append(visit)
            previous.append(match.number if match is not None else NULL)
            visitors[site, visitor].append(visit)
            configs[config].append(visit)
        else:
            visit = match
            visit.referrer.add(row)
            if user != NULL and visit.visitor != ids[user]:
                visitors[site, visit.visitor].remove(visit)
                visit.visitor = ids[user]
                visitors[site, visit.visitor].append(visit)
        if user != NULL:
            visit.user = user
        visit.actions += 1
        visit.last, visit.last_day = time, day
        visit_of[row] = visit.number
    return Assignment(
        visit_of,
        np.array(previous, dtype=np.int64),
        np.array([visit.visitor for visit in found], dtype=np.uint64),
        np.array([visit.chain for visit in found], dtype=np.int64),
    )


def _latest(visits: list[_Visit]) -> _Visit | None:
    return max(visits, key=lambda visit: (visit.last, visit.number), default=None)
