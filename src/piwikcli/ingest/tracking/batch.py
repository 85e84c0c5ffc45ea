"""Tracking requests as columns, and the distinct values that they point to."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from piwikcli.ingest.lookups.location import Location
from piwikcli.ingest.lookups.referrers import Referrer
from piwikcli.ingest.tracking.goals import Match
from piwikcli.ingest.tracking.sent import Column

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.uint64]

NULL = -1
UNDEFINED = -2
"""Place of an action that a request should have and does not: stored as id 0."""

PAGE, OUTLINK, DOWNLOAD, TITLE, SKU, PRODUCT, CATEGORY, SEARCH = 1, 2, 3, 4, 5, 6, 7, 8
EVENT, EVENT_ACTION, EVENT_NAME, CONTENT, PIECE, TARGET, INTERACTION = 10, 11, 12, 13, 14, 15, 16
PING, GOAL, ORDER, CART = 100, 101, 102, 103
"""Kinds of requests: action types, then those that are no actions."""

PLUGINS = ("cookie", "fla", "java", "pdf", "qt", "realp", "ag", "wma")
"""Parameters of the bits of `plugins`, from the lowest."""

TIMINGS = ("pf_net", "pf_srv", "pf_tfr", "pf_dm1", "pf_dm2", "pf_onl")

ACTIONS = {
    "event_category": "idaction_event_category",
    "event_action": "idaction_event_action",
    "content_name": "idaction_content_name",
    "content_piece": "idaction_content_piece",
    "content_target": "idaction_content_target",
    "content_interaction": "idaction_content_interaction",
    "sku": "idaction_product_sku",
    "product": "idaction_product_name",
}
"""Columns of places of actions beside `url` and `name`, and what they are called in `request_detail`."""


class Client(NamedTuple):
    """Who asked. `agent` is the user agent, with client hints after a line break where they were sent."""

    ip: str
    agent: str
    location: Location
    language: str
    """As it is stored; the fingerprint covers `languages`, the normalised list."""
    languages: str
    plugins: int


class Places(dict[K, int], Generic[K]):
    """Numbers things in the order in which they are first met."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[K] = []

    def __missing__(self, key: K) -> int:
        place = self[key] = len(self.names)
        self.names.append(key)
        return place


class Known(dict[K, V], Generic[K, V]):
    """A function's results by its argument, from one piece of an input to the next; not more than `MOST`."""

    MOST = 1 << 16

    def __init__(self, function: Callable[[K], V]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, key: K) -> V:
        if len(self) >= self.MOST:
            self.clear()
        found = self[key] = self._function(key)
        return found


Item = tuple[int, int, tuple[int, ...], float, int]
"""Places of SKU, name and categories among the actions; price, quantity."""


class Vocabulary:
    """A run's distinct values."""

    def __init__(self) -> None:
        self.clients: Places[Client] = Places()
        self.actions: Places[tuple[str, int]] = Places()
        self.referrers: Places[Referrer] = Places()
        self.users: Places[str] = Places()
        self.texts: Places[str] = Places()
        self.lists: Places[tuple[str | None, ...]] = Places()
        self.groups: Places[tuple[int, ...]] = Places()
        """Groups of actions: the categories of a product."""
        self.matches: Places[tuple[Match, ...]] = Places()
        self.items: Places[tuple[Item, ...]] = Places()

    def __len__(self) -> int:
        return sum(len(part) for part in vars(self).values())

    def __reduce__(self) -> tuple[type[Vocabulary], tuple[()]]:
        """To another process goes an empty one; what is in it goes as news."""
        return Vocabulary, ()

    def sizes(self) -> list[int]:
        """How much there is of everything, for a later `since`."""
        return [len(part.names) for part in vars(self).values()]

    def since(self, sizes: Sequence[int]) -> list[list[Any]]:
        """What has come since the sizes were these."""
        return [part.names[size:] for part, size in zip(vars(self).values(), sizes, strict=True)]

    def add(self, news: Sequence[list[Any]]) -> None:
        """Take over what another process's vocabulary has got; this one is then read by place only."""
        for part, names in zip(vars(self).values(), news, strict=True):
            part.names.extend(names)


@dataclass(slots=True)
class Batch:
    """Requests as columns, in the order in which they were sent.

    `columns` are integers: places in `vocabulary` or numbers, NULL for none. `floats` have NaN for none.
    `fate` has a code of `fates.REASONS` per request sent; the other columns only rows of accepted ones.
    """

    fate: npt.NDArray[np.int8]
    columns: dict[str, Ints]
    floats: dict[str, Floats]
    visitor: Ids
    page_view: pa.Array
    vocabulary: Vocabulary
    unknown_hosts: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.columns["time"])

    def __reduce__(self) -> tuple[Callable[..., Batch], tuple[object, ...]]:
        """To another process: most columns hold one value, or small ones."""
        packed = {name: _packed(values) for name, values in self.columns.items()}
        parts = (self.fate, packed, self.floats, self.visitor, self.page_view, self.vocabulary, self.unknown_hosts)
        return _unpacked_batch, parts

    @classmethod
    def join(cls, batches: Sequence[Batch]) -> Batch:
        """Batches of one vocabulary as one."""
        if len(batches) == 1:
            return batches[0]
        first = batches[0]
        return cls(
            np.concatenate([b.fate for b in batches]),
            {name: np.concatenate([b.columns[name] for b in batches]) for name in first.columns},
            {name: np.concatenate([b.floats[name] for b in batches]) for name in first.floats},
            np.concatenate([b.visitor for b in batches]),
            pa.concat_arrays([b.page_view for b in batches]),
            first.vocabulary,
            frozenset().union(*(b.unknown_hosts for b in batches)),
        )


def _packed(values: Ints) -> tuple[int, int] | npt.NDArray[np.int32] | Ints:
    """(value, rows) of a column with one value, otherwise its values, in 32 bits where they fit."""
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    if low == high:
        return low, len(values)
    return values.astype(np.int32) if low >= -(1 << 31) and high < 1 << 31 else values


def _unpacked(values: Any) -> Ints:
    if isinstance(values, tuple):
        value, rows = values
        return np.full(rows, value, dtype=np.int64)
    return np.asarray(values, dtype=np.int64)


def _unpacked_batch(fate: Any, packed: dict[str, Any], *others: Any) -> Batch:
    return Batch(fate, {name: _unpacked(values) for name, values in packed.items()}, *others)


def each(column: Column, function: Callable[[str], int | None], missing: int = NULL) -> Ints:
    """A whole number per row: the function of each distinct text (None is NULL), `missing` where none was sent."""
    found = [function(text) for text in column.values]
    # code -1 points to the last entry
    return np.array([*(NULL if value is None else value for value in found), missing], dtype=np.int64)[column.codes]


def each_float(column: Column, function: Callable[[str], float | None]) -> Floats:
    """As `each`, with NaN for nothing."""
    found = [function(text) for text in column.values]
    return np.array([*(np.nan if value is None else value for value in found), np.nan])[column.codes]


def flagged(column: Column, function: Callable[[str], bool]) -> Bools:
    """Rows whose text has a property; false where none was sent."""
    return np.array([*(function(text) for text in column.values), False])[column.codes]


def distinct(columns: Sequence[Ints]) -> tuple[list[tuple[int, ...]], Ints]:
    """The distinct rows of some columns of whole numbers from -2 up, and each row's place among them."""
    code = columns[0] + 2
    for column in columns[1:]:
        width = int(column.max(initial=0)) + 3
        if (int(code.max(initial=0)) + 1) * width >= 1 << 62:
            code = np.unique(code, return_inverse=True)[1]
        code = code * width + column + 2
    values = pa.array(code).dictionary_encode()
    place = np.asarray(values.indices, dtype=np.int64)
    first = np.empty(len(values.dictionary), dtype=np.int64)
    first[place[::-1]] = np.arange(len(code))[::-1]
    return list(zip(*(column[first].tolist() for column in columns), strict=True)), place


def of_each(columns: Sequence[Ints], function: Callable[..., int], rows: Ints | Bools | None = None) -> Ints:
    """A function of whole numbers, computed once per distinct row; NULL outside `rows`."""
    n = len(columns[0])
    if rows is None:
        keys, place = distinct(columns)
        return np.array([function(*key) for key in keys] or [NULL], dtype=np.int64)[place] if n else columns[0]
    index = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
    out = np.full(n, NULL, dtype=np.int64)
    if len(index):
        keys, place = distinct([column[index] for column in columns])
        out[index] = np.array([function(*key) for key in keys], dtype=np.int64)[place]
    return out


def value_at(values: Sequence[Any], code: int, missing: Any = "") -> Any:
    """The value of a code; `missing` for NULL."""
    return values[code] if code >= 0 else missing
