"""What a run has met so far: distinct clients, actions, referrers and texts, numbered once.

Batches hold these numbers ("places"); `commit` knows their dictionary ids, and asks the database only
about the ones it hasn't seen. Lists only grow, so one thread may read what another is adding to.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from piwikcli.ingest.lookups.location import Location
from piwikcli.ingest.lookups.referrers import Referrer

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memo(dict[K, V]):
    """Remembers a function's results: `memo[key]` computes each key once."""

    def __init__(self, function: Callable[[K], V]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, key: K) -> V:
        value = self[key] = self._function(key)
        return value


class Places(dict[K, int]):
    """Numbers things in the order in which they are first met: `places[key]`."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[K] = []
        """The things by number."""

    def __missing__(self, key: K) -> int:
        place = self[key] = len(self.names)
        self.names.append(key)
        return place


class Growing:
    """Rows of integers that are added one by one and read as an array."""

    def __init__(self, width: int) -> None:
        self._rows: npt.NDArray[np.int64] = np.empty((1024, width), dtype=np.int64)
        self._filled = 0
        self._new: list[tuple[int, ...]] = []

    def add(self, row: tuple[int, ...]) -> int:
        """Add a row; returns its place."""
        self._new.append(row)
        return self._filled + len(self._new) - 1

    def array(self) -> npt.NDArray[np.int64]:
        """All rows so far, (rows, width)."""
        if self._new:
            size = self._filled + len(self._new)
            if size > len(self._rows):
                larger = np.empty((max(size, 2 * len(self._rows)), self._rows.shape[1]), dtype=np.int64)
                larger[: self._filled] = self._rows[: self._filled]
                self._rows = larger
            self._rows[self._filled : size] = self._new
            self._filled, self._new = size, []
        return self._rows[: self._filled]


class Client(NamedTuple):
    """Who asked: address as the log has it, user agent, place, language."""

    ip: str
    agent: str
    location: Location
    language: str


class Vocabulary:
    """A run's distinct values."""

    def __init__(self) -> None:
        self.clients: list[Client] = []
        self.actions: Places[tuple[str, int]] = Places()
        """(name, type)"""
        self.referrers: Places[Referrer] = Places()
        self.users: Places[str] = Places()
        self.categories: Places[str] = Places()

    def __len__(self) -> int:
        """How much there is, to know when to start anew."""
        return len(self.clients) + len(self.actions) + len(self.referrers) + len(self.users)
