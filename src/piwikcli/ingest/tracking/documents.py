"""Bulk documents as a stream: requests in the order of the text, whatever its size and wherever its lines end.

What has been read ends after a request, so that reading goes on there after an interruption; `opened` says whether
that is inside a list of requests. See docs/reference/tracking.md#inputs.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from piwikcli.ingest.stream import TAIL, Chunk

_REQUESTS = re.compile(r'"requests"\s*:\s*\[')
BULK = re.compile(rb'^\s*\{.{0,4000}?"requests"\s*:\s*\[')
"""How a content of bulk documents begins."""
_SKIP = re.compile(r"[\s,]*")
_KEY_LENGTH = 4096
"""So much of the text may `"requests": [` be spread over."""


@dataclass(slots=True)
class Part:
    """A part of a content: `entries` are requests (query strings, or objects) with the byte where each begins.

    `broken` is where the text stops being JSON, or None; `opened`: whether a list of requests goes on after it.
    """

    chunk: Chunk
    entries: list[tuple[int, Any]] = field(default_factory=list)
    broken: int | None = None
    opened: bool = False


def parts(blocks: Iterable[bytes], offset: int, tail: bytes, longest: int, *, opened: bool) -> Iterator[Part]:
    """The parts of a content from a byte offset on, of about a block each; `tail` is what stands before.

    A request of more than `longest` bytes is broken. Text that is not UTF-8 is read as Latin-1.
    """
    reading = _Reading(offset, opened, longest)
    for data, last in _with_last(blocks):
        part = reading(data, last)
        if part.chunk.size:
            tail = (tail + part.chunk.data)[-TAIL:]
            chunk = part.chunk
            part.chunk = Chunk(chunk.offset, chunk.data, chunk.size, chunk.unterminated, tail=tail)
            yield part


def requests_of(text: str) -> Iterator[tuple[int, Any]]:
    """The requests of a document, query strings or objects, with the byte at which each begins.

    None stands for what cannot be read.
    """
    data = text.encode("utf-8", "surrogatepass")
    part = _Reading(0, False, len(data))(data, True)
    yield from part.entries
    if part.broken is not None:
        yield part.broken, None


class _Reading:
    def __init__(self, offset: int, opened: bool, longest: int) -> None:
        self._offset = offset
        self._opened = opened
        self._found = opened or offset > 0
        self._longest = longest
        self._text = ""
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._json = json.JSONDecoder()

    def __call__(self, data: bytes, last: bool) -> Part:
        """What is whole of the text so far."""
        text = self._text + self._decode(data, last)
        entries: list[tuple[int, Any]] = []
        broken: int | None = None
        at = counted = 0
        position = self._offset

        def advance(to: int) -> int:
            nonlocal counted, position
            position += len(text[counted:to].encode("utf-8", "surrogateescape"))
            counted = to
            return position

        while True:
            if not self._opened:
                found = _REQUESTS.search(text, at)
                if found is None:
                    if last and not self._found:  # no bulk document at all
                        broken = self._offset
                    at = len(text) if last else max(at, len(text) - _KEY_LENGTH)
                    break
                at, self._opened, self._found = found.end(), True, True
            skipped = _SKIP.match(text, at)
            at = skipped.end() if skipped else at
            if at == len(text):
                break
            if text[at] == "]":
                self._opened, at = False, at + 1
                continue
            try:
                request, end = self._json.raw_decode(text, at)
            except (ValueError, RecursionError):
                if not last and len(text) - at <= self._longest:
                    break  # the rest of it is still to come
                broken = advance(at)
                at, self._opened = len(text), last
                break
            if end == len(text) and not last:
                break  # a number may go on
            entries.append((advance(at), _latin(request, self._json, text[at:end])))
            at = end
        begin = self._offset
        self._offset = advance(at)
        self._text = text[at:]
        raw = text[:at].encode("utf-8", "surrogateescape")
        chunk = Chunk(begin, raw, len(raw), last and broken is not None)
        return Part(chunk, entries, broken, self._opened)


def _latin(request: Any, decoder: json.JSONDecoder, text: str) -> Any:
    """A request, read again where its bytes are not UTF-8."""
    if text.isascii():
        return request
    raw = text.encode("utf-8", "surrogateescape")
    try:
        raw.decode("utf-8")
        return request
    except UnicodeDecodeError:
        return decoder.decode(raw.decode("latin-1"))


def _with_last(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each block, and whether it is the last one."""
    before: bytes | None = None
    for block in blocks:
        if before is not None:
            yield before, False
        before = block
    if before is not None:
        yield before, True
