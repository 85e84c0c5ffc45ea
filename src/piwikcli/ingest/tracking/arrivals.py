"""What recognition looks at of requests, and what it knows of visits that are over."""

from __future__ import annotations

from dataclasses import dataclass, fields

from piwikcli.ingest.recognise import Ids, Ints
from piwikcli.ingest.tracking.batch import Bools

NOBODY, USER, FORCED, VISITOR = 0, 1, 2, 3


@dataclass(slots=True)
class Arrivals:
    """What recognition looks at, as columns of requests in the total order. Times are seconds UTC."""

    time: Ints
    day: Ints
    site: Ints
    kind: Ints
    config: Ids
    visitor: Ids
    """The id that the request names, where `identified` is not NOBODY."""
    identified: Ints
    user: Ids
    """Hash of the user id, 0 for none."""
    new_visit: Bools
    referrer_type: Ints
    campaign: Ints
    keyword: Ints
    keyword_from_host: Bools

    def take(self, rows: Ints) -> Arrivals:
        """Some of the requests."""
        return Arrivals(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Seed:
    """A visitor's latest visit before the requests: it is over, but its visitor is known."""

    idvisit: int
    site: int
    visitor: int
    last: int
    day: int
    actions: int
