"""Clients and request lines of the combined formats, taken apart: the ordinary ones at once, by their ends.

What is not ordinary (a user name, an unusual method, garbage) meets a pattern, once per distinct text. Both ways
give the same fields. Reference: docs/reference/log-formats.md.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from piwikcli.ingest.parsing.lines import Bools, Ints, Spans

_NO_USER = b" - -"
_ADDRESS = r"^[\w*.:-]+$"
_CLIENT = r"(?P<ip>[\w*.:-]+)[\s\v]+[^\s\v]+[\s\v]+(?P<user>[^\s\v]+)"
_HOST = r"(?P<host>[\w\-.]*)(?::\d+)?[\s\v]+"
# the beginnings and ends of ordinary request lines, as little-endian integers
_FOUR, _FIVE = np.uint64(0xFFFFFFFF), np.uint64(0xFFFFFFFFFF)
_GET, _POST, _HEAD = (np.uint64(int.from_bytes(method, "little")) for method in (b"GET ", b"POST ", b"HEAD "))
_HTTP_1, _HTTP_2, _HTTP_3 = (
    np.uint64(int.from_bytes(protocol, "little")) for protocol in (b" HTTP/1.", b" HTTP/2.", b" HTTP/3.")
)
_PROTOCOL = 9
"""Bytes of ` HTTP/1.1`."""


def clients(spans: Spans, *, host: bool) -> tuple[dict[str, pa.DictionaryArray], Bools]:
    """`host`, `ip` and `user` of what stands before the time, and the rows that are no client.

    `host` says whether it begins with one.
    """
    nobody = np.zeros(len(spans), dtype=np.bool_)
    address = spans.stop - len(_NO_USER)
    if not host and (address > spans.start).all() and spans.text.equal(address, _NO_USER).all():
        ip = Spans(spans.text, spans.start, address).dictionary()
        if pc.all(pc.match_substring_regex(ip.dictionary.cast(pa.binary()), _ADDRESS)).as_py() is not False:
            return {"host": same(b"", len(spans)), "ip": _values(ip), "user": same(b"", len(spans))}, nobody
    encoded = spans.dictionary()
    found = pc.extract_regex(encoded.dictionary.cast(pa.binary()), f"^{_HOST if host else ''}{_CLIENT}$")
    names = ("host", "ip", "user") if host else ("ip", "user")
    fields = {
        name: pa.DictionaryArray.from_arrays(encoded.indices, found.field(name).fill_null(b"")) for name in names
    }
    if not host:
        fields["host"] = same(b"", len(spans))
    if found.null_count:
        nobody = np.asarray(found.is_null(), dtype=np.bool_)[np.asarray(encoded.indices)]
    return fields, nobody


def paths(spans: Spans) -> tuple[pa.DictionaryArray, Bools]:
    """The paths of request lines, and the rows whose text is none."""
    words = spans.text.words(8)
    first = words[spans.start]
    short = (first & _FOUR) == _GET
    long = ((first & _FIVE) == _POST) | ((first & _FIVE) == _HEAD)
    start = spans.start + np.where(short, 4, np.where(long, 5, 0))
    stop = spans.stop - _PROTOCOL
    ordinary = (short | long) & (stop > start)
    last = words[np.where(ordinary, stop, 0)]
    minor = spans.text.array[np.where(ordinary, spans.stop - 1, 0)]
    ordinary &= ((last == _HTTP_1) & ((minor == 48) | (minor == 49))) | (
        ((last == _HTTP_2) | (last == _HTTP_3)) & (minor == 48)
    )
    text = spans.text.array
    # white space at the path's ends would belong to what separates it from its neighbours
    ordinary &= (text[np.where(ordinary, start, 0)] > 32) & (text[np.where(ordinary, stop - 1, 0)] > 32)
    wrong = np.zeros(len(spans), dtype=np.bool_)
    odd = np.flatnonzero(~ordinary)
    if len(odd):
        start[odd], stop[odd], wrong[odd] = _matched(spans.take(odd))
    return _values(Spans(spans.text, start, stop).dictionary()), wrong


def _matched(spans: Spans) -> tuple[Ints, Ints, Bools]:
    """Where the paths start and stop, and which texts don't match."""
    encoded = spans.dictionary()
    found = [path_within(value) for value in encoded.dictionary.cast(pa.binary()).to_pylist()]
    place = np.array([span or (0, 0) for span in found], dtype=np.int64)
    wrong = np.array([span is None for span in found], dtype=np.bool_)
    codes = np.asarray(encoded.indices)
    return spans.start + place[codes, 0], spans.start + place[codes, 1], wrong[codes]


def path_within(request: bytes) -> tuple[int, int] | None:
    """Where the path is in `method path protocol`; None when the text is no request. It may hold white space.

    What `(\\S+)\\s+(.*?)\\s+(\\S+)` says, in time proportional to the text.
    """
    words = request.split(None, 1)
    if len(words) < 2 or request[:1].isspace() or request[-1:].isspace():
        return None
    start = len(request) - len(words[1])
    last = len(request) - len(request.rsplit(None, 1)[1])
    if last > start:
        return start, start + len(request[start:last].rstrip())
    # two words: the path is empty if there is white space for both its sides
    return (start - 1, start - 1) if start - len(words[0]) > 1 else None


def _values(encoded: pa.DictionaryArray) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(encoded.indices, encoded.dictionary.cast(pa.binary()))


def same(value: bytes, rows: int) -> pa.DictionaryArray:
    """A column that all rows share."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), pa.array([value], pa.binary()))
