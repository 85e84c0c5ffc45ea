"""Local dates and hours of a site's requests, computed once at import."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from piwikcli.store.zones import zone_of

Ints = npt.NDArray[np.int64]

_STEP = 900
"""No time zone changes its offset within a quarter of an hour (UTC)."""


class SiteClock:
    """Turns times in seconds UTC into local dates (days since 1970) and hours. `zones`: site id -> name."""

    def __init__(self, zones: Mapping[int, str]) -> None:
        self._zones = {idsite: zone_of(name) for idsite, name in zones.items()}
        self._offsets: dict[tuple[int, int], int] = {}

    def __call__(self, site: Ints, time: Ints) -> tuple[Ints, Ints]:
        """Local date and hour of each row."""
        slots = time // _STEP
        changed = np.ones(len(time), dtype=np.bool_)
        changed[1:] = (slots[1:] != slots[:-1]) | (site[1:] != site[:-1])
        heads = np.flatnonzero(changed)  # requests of one quarter follow each other, mostly
        offsets = [self.offset(*key) for key in zip(site[heads].tolist(), slots[heads].tolist(), strict=True)]
        local = time + np.repeat(np.array(offsets, dtype=np.int64), np.diff(heads, append=len(time)))
        return local // 86400, (local % 86400) // 3600

    def offset(self, idsite: int, slot: int) -> int:
        """Seconds by which the site is ahead of UTC in a quarter of an hour."""
        known = self._offsets.get((idsite, slot))
        if known is None:
            delta = datetime.fromtimestamp(slot * _STEP, UTC).astimezone(self._zones[idsite]).utcoffset()
            known = int(delta.total_seconds()) if delta else 0
            self._offsets[idsite, slot] = known
        return known
