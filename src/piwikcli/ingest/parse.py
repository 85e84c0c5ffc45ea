"""parse: bytes -> hits. A chunk of whole lines becomes an Arrow table, without a Python loop over lines.

Lines of the ordinary shape are cut by the positions of their newlines and quotes, all at once; what is
left (escaped quotes, unusual spacing, garbage) goes through the format's regular expression one by one.
Both ways give the same fields. Reference: docs/reference/log-formats.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from piwikcli.ingest.formats import LogFormat
from piwikcli.ingest.stream import Chunk

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

EARLIEST = int(datetime(1991, 8, 6, tzinfo=UTC).timestamp())
"""The first web site; no request is older."""

REASONS = ("no_match", "bad_request", "no_time", "time_out_of_range", "line_too_long")
_REJECT_BYTES = 4096
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_MONTH_CODES = np.array([int.from_bytes(m, "big") for m in _MONTHS], dtype=np.int64)
_MONTH_ORDER = np.argsort(_MONTH_CODES)
_MONTH_SORTED = _MONTH_CODES[_MONTH_ORDER]
# "[25/Feb/2026:00:20:12 +0000] " stands before the request's quote; offsets are from the day's first digit
_STAMP = 28
_PUNCTUATION = ((-1, b"["), (2, b"/"), (6, b"/"), (11, b":"), (14, b":"), (17, b":"), (20, b" "), (26, b"]"), (27, b" "))
_DIGITS = (0, 1, 7, 8, 9, 10, 12, 13, 15, 16, 18, 19, 22, 23, 24, 25)


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that is no request: where it is and why."""

    line: int
    """From 1 within the source."""
    offset: int
    reason: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a chunk's lines are.

    `hits` has a row per line of the format: line (int64, from 1), offset (int64, bytes), time (int64,
    seconds UTC), status (int64) and, dictionary-encoded binary, client, request, referrer, agent.
    lines = len(hits) + len(rejects) + blank.
    """

    hits: pa.Table
    rejects: list[Reject]
    lines: int
    blank: int
    last_line_offset: int


def parse(chunk: Chunk, log_format: LogFormat, *, first_line: int, now: int, max_line: int) -> Parsed:
    """Parse a chunk whose first line is number `first_line`. `now` in seconds UTC bounds the times."""
    if chunk.oversize:
        reject = Reject(first_line, chunk.offset, "line_too_long", chunk.data)
        return Parsed(_table(_Columns.empty(), b"", first_line, chunk.offset), [reject], 1, 0, chunk.offset)
    data = chunk.data
    text: Bytes = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(text == 10)
    if chunk.unterminated:
        ends = np.append(ends, len(text))
    starts = np.empty_like(ends)
    starts[:1] = 0
    starts[1:] = ends[:-1] + 1
    stops = ends - ((ends > starts) & (text[np.maximum(ends - 1, 0)] == 13))
    columns, fast = _cut(text, starts, stops, log_format)
    slow, rejects, blank = _match_rest(data, starts, stops, np.flatnonzero(~fast), log_format, max_line)
    merged = columns.merge(slow)
    wrong = (merged.time < EARLIEST) | (merged.time > now + 86400)
    for position in np.flatnonzero(wrong):
        index = int(merged.index[position])
        rejects.append((index, "time_out_of_range"))
    if wrong.any():
        merged = merged.take(~wrong)
    listed = [
        Reject(
            first_line + index,
            chunk.offset + int(starts[index]),
            reason,
            data[int(starts[index]) : min(int(stops[index]), int(starts[index]) + _REJECT_BYTES)],
        )
        for index, reason in sorted(rejects)
    ]
    hits = _table(merged, data, first_line, chunk.offset, starts)
    last = chunk.offset + (int(starts[-1]) if len(starts) else 0)
    return Parsed(hits, listed, len(starts), blank, last)


@dataclass(slots=True)
class _Columns:
    """Fields of lines as spans of the chunk's text: `index` is the line within the chunk."""

    index: Ints
    time: Ints
    status: Ints
    spans: list[tuple[Ints, Ints]]  # client, request, referrer, agent: (start, stop)

    @classmethod
    def empty(cls) -> _Columns:
        none = np.empty(0, dtype=np.int64)
        return cls(none, none, none, [(none, none)] * 4)

    def take(self, mask: Bools | Ints) -> _Columns:
        spans = [(a[mask], b[mask]) for a, b in self.spans]
        return _Columns(self.index[mask], self.time[mask], self.status[mask], spans)

    def merge(self, other: _Columns) -> _Columns:
        """Both, in the order of lines."""
        if not len(other.index):
            return self
        spans = [
            (np.concatenate((a, c)), np.concatenate((b, d)))
            for (a, b), (c, d) in zip(self.spans, other.spans, strict=True)
        ]
        both = _Columns(
            np.concatenate((self.index, other.index)),
            np.concatenate((self.time, other.time)),
            np.concatenate((self.status, other.status)),
            spans,
        )
        return both.take(np.argsort(both.index, kind="stable"))


def _cut(text: Bytes, starts: Ints, stops: Ints, log_format: LogFormat) -> tuple[_Columns, Bools]:
    """Cut the lines of the ordinary shape; the mask says which they are."""
    quotes = np.flatnonzero(text == 34)
    first = np.searchsorted(quotes, starts)
    count = np.searchsorted(quotes, stops) - first
    wanted = 6 if log_format.quoted else 2
    fast = count == wanted
    lines = np.flatnonzero(fast)
    at = [quotes[first[lines] + k] for k in range(wanted)]
    start, stop = starts[lines], stops[lines]

    day = at[0] - _STAMP
    ok = day - 2 > start
    day = np.where(ok, day, 2)
    for offset, sign in _PUNCTUATION:
        ok &= text[day + offset] == sign[0]
    ok &= text[day - 2] == 32
    for offset in _DIGITS:
        ok &= text[day + offset] - 48 <= 9  # unsigned: smaller values wrap around
    zone_sign = text[day + 21]
    ok &= (zone_sign == 43) | (zone_sign == 45)

    after = at[1]
    last = len(text) - 1
    length_stop = at[2] - 1 if log_format.quoted else stop
    ok &= length_stop > after + 6
    status_at = np.minimum(after + 2, last - 3)
    ok &= text[np.minimum(after + 1, last)] == 32
    for offset in (0, 1, 2):
        ok &= text[status_at + offset] - 48 <= 9
    ok &= text[status_at + 3] == 32
    if log_format.quoted:
        ok &= text[at[2] - 1] == 32
        ok &= (at[4] == at[3] + 2) & (text[np.minimum(at[3] + 1, last)] == 32)
        # the length is one token
        width = length_stop - (after + 6)
        ok &= width <= 20
        for offset in range(int(np.where(ok, width, 0).max(initial=0))):
            char = text[np.minimum(after + 6 + offset, last)]
            ok &= (offset >= width) | (char - 48 <= 9) | (char == 45)
    else:
        ok &= text[np.minimum(after + 6, last)] != 32

    time, valid = _stamps(text, np.where(ok, day, 2) if len(text) > 30 else day * 0, ok)
    ok &= valid
    fast[lines[~ok]] = False
    keep = np.flatnonzero(ok)
    status = _number(text, status_at[keep], 3)
    spans = [(start[keep], day[keep] - 2), (at[0][keep] + 1, at[1][keep])]
    if log_format.quoted:
        spans += [(at[2][keep] + 1, at[3][keep]), (at[4][keep] + 1, at[5][keep])]
    else:
        nothing = np.zeros(len(keep), dtype=np.int64)
        spans += [(nothing, nothing)] * 2
    return _Columns(lines[keep], time[keep], status, spans), fast


def _number(text: Bytes, at: Ints, digits: int) -> Ints:
    value = np.zeros(len(at), dtype=np.int64)
    for offset in range(digits):
        value = value * 10 + (text[at + offset].astype(np.int64) - 48)
    return value


def _stamps(text: Bytes, day: Ints, ok: Bools) -> tuple[Ints, Bools]:
    """Seconds UTC of `dd/Mon/yyyy:HH:MM:SS +zzzz` at the given positions, and which are real dates."""
    seconds = np.zeros(len(day), dtype=np.int64)
    rows = np.flatnonzero(ok)
    at = day[rows]
    letters = [text[at + offset].astype(np.int64) for offset in (3, 4, 5)]
    code = (letters[0] << 16) | (letters[1] << 8) | letters[2]
    slot = np.minimum(np.searchsorted(_MONTH_SORTED, code), 11)
    valid = _MONTH_SORTED[slot] == code
    month = _MONTH_ORDER[slot]
    months = (_number(text, at + 7, 4) - 1970) * 12 + month
    monthday = _number(text, at, 2)
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    following = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    hour, minute, second = (_number(text, at + offset, 2) for offset in (12, 15, 18))
    zone_hour, zone_minute = _number(text, at + 22, 2), _number(text, at + 24, 2)
    valid &= (monthday >= 1) & (monthday <= following - first)
    valid &= (hour < 24) & (minute < 60) & (second < 60) & (zone_minute < 60) & (zone_hour < 24)
    zone = (zone_hour * 3600 + zone_minute * 60) * np.where(text[at + 21] == 45, -1, 1)
    seconds[rows] = (first + monthday - 1) * 86400 + hour * 3600 + minute * 60 + second - zone
    out = np.zeros(len(day), dtype=np.bool_)
    out[rows] = valid
    return seconds, out


def _match_rest(
    data: bytes, starts: Ints, stops: Ints, lines: Ints, log_format: LogFormat, max_line: int
) -> tuple[_Columns, list[tuple[int, str]], int]:
    """The lines of unusual shape, one by one: their fields, the rejected (line, reason), how many are blank."""
    rejects: list[tuple[int, str]] = []
    blank = 0
    found: list[tuple[int, ...]] = []
    for index in lines.tolist():
        start, stop = int(starts[index]), int(stops[index])
        if stop - start > max_line:
            rejects.append((index, "line_too_long"))
            continue
        match = log_format.pattern.match(data, start, stop)
        if match is None:
            if not data[start:stop].strip():
                blank += 1
            else:
                rejects.append((index, "no_match"))
            continue
        time = stamp(match["date"], match["zone"])
        if time is None:
            rejects.append((index, "no_time"))
            continue
        spans = [start, match.end("user"), match.start("method"), match.end("protocol")]
        for group in ("referrer", "agent"):
            spans += [*match.span(group)] if log_format.quoted else [0, 0]
        found.append((index, time, min(int(match["status"]), 999), *spans))
    if not found:
        return _Columns.empty(), rejects, blank
    table = np.array(found, dtype=np.int64)
    spans_of = [(table[:, k], table[:, k + 1]) for k in (3, 5, 7, 9)]
    return _Columns(table[:, 0], table[:, 1], table[:, 2], spans_of), rejects, blank


def stamp(date: bytes, zone: bytes) -> int | None:
    """Seconds UTC of a date and a zone as `±HHMM` or `±HH:MM`; None when either is wrong."""
    digits = zone.replace(b":", b"")
    try:
        parsed = datetime.strptime(date.decode("ascii"), "%d/%b/%Y:%H:%M:%S")
        if len(digits) != 5 or digits[:1] not in (b"+", b"-") or not digits[1:].isdigit():
            return None
        offset = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5]))
        aware = parsed.replace(tzinfo=timezone(offset if digits[:1] == b"+" else -offset))
        return int(aware.timestamp())
    except (ValueError, UnicodeDecodeError):
        return None


def _table(columns: _Columns, data: bytes, first_line: int, offset: int, starts: Ints | None = None) -> pa.Table:
    line_starts = starts[columns.index] if starts is not None else columns.index
    fields = [_dictionary(data, a, b) for a, b in columns.spans]
    return pa.table(
        {
            "line": columns.index + first_line,
            "offset": line_starts + offset,
            "time": columns.time,
            "status": columns.status,
            "client": fields[0],
            "request": fields[1],
            "referrer": fields[2],
            "agent": fields[3],
        }
    )


def _dictionary(data: bytes, start: Ints, stop: Ints) -> pa.Array:
    """Spans of the text as a dictionary array, without copying the text: Arrow's views point into it."""
    length = (stop - start).astype(np.int32)
    views = np.zeros((len(start), 4), dtype=np.int32)
    if len(start):
        text: Bytes = np.frombuffer(data, dtype=np.uint8)
        views[:, 0] = length
        inline = np.flatnonzero(length <= 12)
        raw = views.view(np.uint8).reshape(len(start), 16)
        last = len(text) - 1
        for k in range(4):  # a long view begins with its first four bytes
            raw[:, 4 + k] = text[np.minimum(start + k, last)]
        for k in range(12):  # a short one is the text itself, padded with zeros
            char = text[np.minimum(start[inline] + k, last)]
            raw[inline, 4 + k] = np.where(k < length[inline], char, 0)
        outside = length > 12
        views[outside, 2] = 0
        views[outside, 3] = start[outside]
    array = pa.Array.from_buffers(
        pa.binary_view(), len(start), [None, pa.py_buffer(views), pa.py_buffer(data)]
    )
    return array.dictionary_encode()
