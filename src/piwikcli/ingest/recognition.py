"""The whole of recognition: fingerprints in one go, components with user ids one by one, then their visits.

See docs/explanation/visits.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from piwikcli.ingest.identified import by_identity, linked_to_users
from piwikcli.ingest.recognise import VISIT_LENGTH, Requests, Visits, by_fingerprint, compose, in_order


def recognise(requests: Requests, users: Sequence[str], look_back: int) -> tuple[Requests, Visits]:
    """All visits of the requests, and the requests in the order in which `Visits` has them.

    `requests.user` points into `users`; `look_back` is in seconds.
    """
    order = in_order(requests)
    linked = linked_to_users(requests)
    if linked.any():
        order = np.arange(len(requests)) if order is None else order
        together = requests.take(order[linked[order]])
        order = order[~linked[order]]
    config = requests.config if order is None else requests.config[order]
    by_config = np.argsort(config, kind="stable")
    alone = requests.take(by_config if order is None else order[by_config])
    assignment = by_fingerprint(alone, max(look_back, VISIT_LENGTH))
    if linked.any():
        assignment = assignment.join(by_identity(together, users, max(look_back, VISIT_LENGTH)))
        alone = alone.join(together)
    return alone, compose(alone, assignment)
