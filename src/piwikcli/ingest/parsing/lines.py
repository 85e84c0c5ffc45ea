"""A chunk's text, where its lines are, and fields as spans of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

_BLOCK = 1 << 17
PADDING = 64
"""Zeros after a text."""
_FIRST_BYTES = np.array([0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF], dtype=np.uint32)
_NEWLINE = 10
_BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Text:
    """Bytes that spans point into. A few zeros follow them, so that words may be read anywhere."""

    data: bytes | bytearray
    size: int
    """Bytes without what follows."""
    array: Bytes = field(init=False)
    _places: dict[bytes, Ints] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.array = np.frombuffer(self.data, dtype=np.uint8)

    @classmethod
    def of(cls, data: bytes | bytearray | pa.Buffer | memoryview) -> Text:
        return cls(b"".join((data, bytes(PADDING))), len(data))

    def cut(self, start: int, stop: int) -> bytes:
        """A part of it."""
        return bytes(self.data[start:stop])

    def words(self, size: int) -> npt.NDArray[Any]:
        """The text as overlapping little-endian integers of 1, 2, 4 or 8 bytes."""
        return np.ndarray((len(self.data) - size + 1,), f"<u{size}", self.data, 0, (1,))

    def places(self, literal: bytes) -> Ints:
        """Where a literal stands."""
        found = self._places.get(literal)
        if found is None:
            if self.data.find(literal, 0, self.size) < 0:
                found = np.empty(0, dtype=np.int64)
            elif len(literal) == 1:
                found = self._scan(literal[0])
            else:
                found = self.places(literal[:1])
                found = found[self.equal(found, literal)]
            self._places[literal] = found
        return found

    def _scan(self, byte: int) -> Ints:
        # block by block: the work stays in the processor's cache
        blocks = []
        for start in range(0, self.size, _BLOCK):
            found = np.flatnonzero(self.array[start : min(start + _BLOCK, self.size)] == byte)
            found += start
            blocks.append(found)
        return np.concatenate(blocks) if blocks else np.empty(0, dtype=np.int64)

    def equal(self, at: Ints, literal: bytes) -> Bools:
        """Whether the literal stands at these positions, which must be within the text or at its end."""
        same = at + len(literal) <= self.size
        offset = 0
        while offset < len(literal):
            width = next(size for size in (8, 4, 2, 1) if size <= len(literal) - offset)
            wanted = int.from_bytes(literal[offset : offset + width], "little")
            same &= self.words(width)[at + offset if offset else at] == wanted
            offset += width
        return same


@dataclass(slots=True)
class Spans:
    """A field of some lines: where in the text it starts and stops."""

    text: Text
    start: Ints
    stop: Ints
    _encoded: pa.DictionaryArray | None = field(default=None, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.start)

    def take(self, rows: Ints | Bools) -> Spans:
        return Spans(self.text, self.start[rows], self.stop[rows])

    @classmethod
    def of(cls, values: pa.Array) -> Spans:
        """Spans of a binary or string array's own buffer; null is empty."""
        values = values.cast(pa.large_binary())
        offsets = np.frombuffer(values.buffers()[1], dtype=np.int64)[values.offset : values.offset + len(values) + 1]
        start, stop = offsets[:-1].copy(), offsets[1:].copy()
        if values.null_count:
            stop = np.where(np.asarray(values.is_valid()), stop, start)
        data = values.buffers()[2]
        return cls(Text.of(data if data is not None else b""), start, stop)

    @classmethod
    def of_bytes(cls, values: Iterable[bytes]) -> Spans:
        return cls.of(pa.array(list(values), pa.binary()))

    def tolist(self) -> list[bytes]:
        data = memoryview(self.text.data)
        return [bytes(data[a:b]) for a, b in zip(self.start.tolist(), self.stop.tolist(), strict=True)]

    def array(self) -> pa.Array:
        """As a binary_view array, without copying the text.

        A view is 16 bytes: the length, then the text itself (up to 12 bytes, padded with zeros), or its first
        four bytes, the number of the buffer and the position in it.
        """
        length = self.stop - self.start
        views = np.zeros((len(self.start), 4), dtype=np.uint32)
        words = self.text.words(4)
        views[:, 0] = length
        views[:, 1] = words[self.start]
        views[:, 3] = self.start
        short = np.flatnonzero(length <= 12)
        for part in range(3):
            have = np.clip(length[short] - 4 * part, 0, 4)
            views[short, 1 + part] = words[self.start[short] + 4 * part] & _FIRST_BYTES[have]
        buffers = [None, pa.py_buffer(views), pa.py_buffer(self.text.data)]
        return pa.Array.from_buffers(pa.binary_view(), len(self.start), buffers)

    def dictionary(self) -> pa.DictionaryArray:
        if self._encoded is None:
            self._encoded = self.array().dictionary_encode()
        return self._encoded


@dataclass(slots=True)
class Lines:
    """Lines of a chunk: `start` and `stop` (without line end) in its text."""

    text: Text
    start: Ints
    stop: Ints

    def __len__(self) -> int:
        return len(self.start)

    @classmethod
    def of(cls, data: bytes | bytearray, *, first: bool = False, padding: int = 0) -> Lines:
        """All lines; the last may lack its newline. `first`: the content begins here, perhaps with a BOM.

        `padding` tells how many bytes follow the lines, PADDING zeros at first, or 0.
        """
        text = Text(data, len(data) - padding) if padding else Text.of(data)
        ends = text.places(b"\n")
        if text.size and data[text.size - 1] != _NEWLINE:
            ends = np.append(ends, text.size)
        start = np.empty_like(ends)
        start[:1] = 0
        start[1:] = ends[:-1] + 1
        stop = ends - ((ends > start) & (text.array[np.maximum(ends - 1, 0)] == 13))
        if first and data.startswith(_BOM):
            start[0] = 3
        return cls(text, start, stop)

    def spans(self, index: Ints | None = None) -> Spans:
        """The whole lines (or those of `index`) as a field."""
        if index is None:
            return Spans(self.text, self.start, self.stop)
        return Spans(self.text, self.start[index], self.stop[index])

    def line_of(self, at: Ints) -> Ints:
        """Which line a position is in."""
        return np.searchsorted(self.start, at, side="right") - 1
