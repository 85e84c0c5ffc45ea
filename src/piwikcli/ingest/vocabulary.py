"""What a run has met so far: distinct clients, actions, referrers and texts, numbered once.

Batches hold these numbers ("places"); `commit` knows their dictionary ids, and asks the database only
about the ones it hasn't seen. Lists only grow, so one thread may read what another is adding to.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from piwikcli.ingest.lookups.location import Location
from piwikcli.ingest.lookups.referrers import Referrer

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Ints = npt.NDArray[np.int64]


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

    def all(self, keys: Sequence[K]) -> tuple[list[int], list[K]]:
        """The numbers of all keys, and those of them that are new."""
        before = len(self.names)
        places = list(map(self.get, keys))
        if None not in places:
            return cast(list[int], places), []
        # `self[key]` numbers it, unless the same key came before among these
        known = [self[key] if place is None else place for key, place in zip(keys, places, strict=True)]
        return known, self.names[before:]


class Growing:
    """Rows of integers that are added and read as an array. Rows never change, so a reader's array stays right."""

    def __init__(self, width: int) -> None:
        self._rows: Ints = np.empty((1024, width), dtype=np.int64)
        self._filled = 0

    def __len__(self) -> int:
        return self._filled

    def extend(self, rows: Sequence[Sequence[int]] | Ints) -> None:
        """Add rows of the right width."""
        if not len(rows):
            return
        size = self._filled + len(rows)
        if size > len(self._rows):
            larger = np.empty((max(size, 2 * len(self._rows)), self._rows.shape[1]), dtype=np.int64)
            larger[: self._filled] = self._rows[: self._filled]
            self._rows = larger
        self._rows[self._filled : size] = rows
        self._filled = size

    def array(self) -> Ints:
        """All rows so far, (rows, width)."""
        return self._rows[: self._filled]


class Column:
    """One text column of hits over a run: what each distinct value says, looked at once.

    `read` turns new values into rows of `width` integers.
    """

    def __init__(self, width: int, read: Callable[[list[bytes]], Sequence[Sequence[int]]]) -> None:
        self._known: Places[bytes] = Places()
        self._rows = Growing(width)
        self._read = read

    def __call__(self, column: pa.DictionaryArray) -> Ints:
        """The integers of every row of a batch, (rows, width)."""
        places, new = self._known.all(column.dictionary.to_pylist())
        if new:
            self._rows.extend(self._read(new))
        of_value = self._rows.array()[np.array(places, dtype=np.int64)]
        codes: Ints = column.indices.to_numpy(zero_copy_only=False)
        return of_value[codes]


CLIENT_IP, CLIENT_AGENT, CLIENT_LOCATION, CLIENT_LANGUAGE = range(4)
"""Columns of `Vocabulary.clients`: places in its other lists."""


_LISTS = ("ips", "agents", "locations", "languages", "actions", "referrers", "users", "categories")


@dataclass(slots=True)
class News:
    """What a vocabulary has got since somebody last looked."""

    clients: Ints
    lists: list[list[Any]]


class Vocabulary:
    """A run's distinct values."""

    def __init__(self) -> None:
        self.clients = Growing(4)
        """Who asked: rows of (ip, agent, location, language)."""
        self.ips: Places[str] = Places()
        """Addresses as the log has them."""
        self.agents: Places[str] = Places()
        self.locations: Places[Location] = Places()
        self.languages: Places[str] = Places()
        self.actions: Places[tuple[str, int]] = Places()
        """(name, type)"""
        self.referrers: Places[Referrer] = Places()
        self.users: Places[str] = Places()
        self.categories: Places[str] = Places()

    def __len__(self) -> int:
        """How much there is, to know when to start anew."""
        return len(self.clients) + len(self.actions) + len(self.referrers) + len(self.users)

    def __reduce__(self) -> tuple[type[Vocabulary], tuple[()]]:
        """To another process goes an empty one; what is in it goes as news."""
        return Vocabulary, ()

    def sizes(self) -> tuple[int, ...]:
        """How much there is of everything, for a later `since`."""
        return len(self.clients), *(len(getattr(self, name).names) for name in _LISTS)

    def since(self, sizes: Sequence[int]) -> News:
        """What has come since the sizes were these."""
        lists = [getattr(self, name).names[size:] for name, size in zip(_LISTS, sizes[1:], strict=True)]
        return News(self.clients.array()[sizes[0] :], lists)

    def add(self, news: News) -> None:
        """Take over what another process's vocabulary has got; this one is then read by place only."""
        for name, names in zip(_LISTS, news.lists, strict=True):
            getattr(self, name).names.extend(names)
        self.clients.extend(news.clients)
