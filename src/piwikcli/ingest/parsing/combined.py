"""parse: bytes -> hits. A chunk of whole lines becomes an Arrow table, without a Python loop over lines.

Lines of the ordinary shape are cut by the positions of their newlines and quotes, all at once; what is
left (escaped quotes, unusual spacing, garbage) goes through the format's regular expression one by one.
Both ways give the same fields. Reference: docs/reference/log-formats.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from piwikcli.ingest.parsing.family import LogFormat
from piwikcli.ingest.parsing.fields import Reading, Rows
from piwikcli.ingest.parsing.hits import AHEAD, EARLIEST, NO_HITS, REJECT_BYTES, Parsed, Reject
from piwikcli.ingest.parsing.lines import Bools, Ints, Lines, Spans, Text
from piwikcli.ingest.parsing.ordinary import clients, paths
from piwikcli.ingest.parsing.template import Template
from piwikcli.ingest.parsing.templated import TemplateFormat
from piwikcli.ingest.stream import Chunk

# " [25/Feb/2026:00:20:12 +0000] " stands before the request's quote; positions are from the day's first digit
_STAMP = 28
_MINUTES = int.from_bytes(b":\0\0:\0\0 \0", "little")
_MINUTES_MASK = int.from_bytes(b"\xff\0\0\xff\0\0\xff\0", "little")
_STATUS = int.from_bytes(b" \0\0\0 \0\0\0", "little")
_STATUS_MASK = int.from_bytes(b"\xff\0\0\0\xff\0\0\0", "little")

_CLIENT = rb"(?P<ip>[\w*.:-]+)\s+\S+\s+(?P<user>\S+)"
_HOST = rb"(?P<host>[\w\-.]*)(?::\d+)?\s+"
_TIME = rb"\s+\[(?P<date>[^\]]*?)\s+(?P<zone>[^\]\s]*)\]"
_REQUEST = rb"(?P<method>\S+)\s+(?P<path>.*?)\s++(?P<protocol>\S+)"
_ANSWER = rb'"\s+(?P<status>\d+)\s+(?P<length>\S+)'
_QUOTED = rb'\s+"(?P<referrer>.*?)"\s+"(?P<agent>.*?)"'


def _for_arrow(pattern: bytes) -> str:
    """A pattern that a whole value must match."""
    return f"(?s)^{_in_re2(pattern)}$"


def _in_re2(pattern: bytes) -> str:
    """What a pattern is called there: a vertical tab is no white space, and nothing is possessive."""
    text = pattern.decode().replace(r"[^\]\s]", "<bracket>").replace(r"\s", r"[\s\v]").replace(r"\S", r"[^\s\v]")
    return text.replace("<bracket>", r"[^\]\s\v]").replace("++", "+")


@dataclass(frozen=True)
class CombinedFormat(LogFormat):
    """A line format: an optional host, the client, the time, the request, perhaps referrer and user agent.

    Any text may follow.
    """

    name: str
    sample: str
    template: Template
    """The same lines for the family of templates: what `parse` gives is what the template would, sooner."""
    detectable: bool = True

    @property
    def fields(self) -> frozenset[str]:
        return self.template.fields

    @property
    def expression(self) -> str:
        return self.template.regex

    @property
    def richness(self) -> int:
        return len(self.template.parts)

    @property
    def quoted(self) -> bool:
        """Whether referrer and user agent follow, in quotes."""
        return "user_agent" in self.fields

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """What a line must look like; the fast path of `parse` accepts nothing that this would not."""
        pattern = self._client + _TIME + rb'\s+"' + _REQUEST + _ANSWER + (_QUOTED if self.quoted else b"")
        return re.compile(pattern, re.DOTALL)

    @property
    def _client(self) -> bytes:
        return (_HOST if self.host else b"") + _CLIENT

    @property
    def client(self) -> str:
        """The pattern's part before the time: `host` (where the format has one), `ip` and `user`, for Arrow."""
        return _for_arrow(self._client)

    @cached_property
    def linear(self) -> str:
        """The pattern for Arrow, which takes time in proportion to a line, whatever the line."""
        return f"(?s)^{_in_re2(self.pattern.pattern)}"

    def read(self, lines: Lines, rows: Ints, reading: Reading) -> Rows:
        return TemplateFormat(self.name, self.sample, (self.template,)).read(lines, rows, reading)


def parse(chunk: Chunk, log_format: CombinedFormat, *, first_line: int, now: int, max_line: int) -> Parsed:
    """Parse a chunk whose first line is number `first_line`. `now` in seconds UTC bounds the times."""
    if chunk.oversize:
        reject = Reject(first_line, chunk.offset, "line_too_long", chunk.data)
        return Parsed(NO_HITS, [reject], 1, 0, chunk.offset)
    lines = Lines.of(chunk.data, first=chunk.offset == 0, padding=chunk.padding)
    data = lines.text.data
    starts, stops = lines.start, lines.stop
    columns, fast = _cut(lines, log_format)
    long = stops - starts > max_line
    if long.any():
        columns, fast = columns.take(~long[columns.index]), fast & ~long
    slow, rejects, blank = _match_rest(data, starts, stops, np.flatnonzero(~fast), log_format, max_line)
    merged = columns.merge(slow)
    wrong = (merged.time < EARLIEST) | (merged.time > now + AHEAD)
    for position in np.flatnonzero(wrong):
        index = int(merged.index[position])
        rejects.append((index, "time_out_of_range"))
    if wrong.any():
        merged = merged.take(~wrong)
    fields, why = _fields(merged, lines.text, log_format)
    rejects += [(int(merged.index[row]), reason) for row, reason in why]
    listed = [
        Reject(
            first_line + index,
            chunk.offset + int(starts[index]),
            reason,
            data[int(starts[index]) : min(int(stops[index]), int(starts[index]) + REJECT_BYTES)],
        )
        for index, reason in sorted(rejects)
    ]
    hits = pa.table(
        {
            "line": merged.index + first_line,
            "offset": starts[merged.index] + chunk.offset,
            "time": merged.time,
            "status": merged.status,
            **fields,
        }
    )
    if why:
        hits = hits.filter(pa.array(_all_but(len(merged.index), [row for row, _ in why])))
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


def _cut(lines: Lines, log_format: CombinedFormat) -> tuple[_Columns, Bools]:
    """Cut the lines of the ordinary shape; the mask says which they are."""
    text = lines.text.array
    words = lines.text.words(8)
    quotes = lines.text.places(b'"')
    first = np.searchsorted(quotes, lines.start)
    wanted = 6 if log_format.quoted else 2
    fast = np.diff(first, append=len(quotes)) == wanted
    index = np.flatnonzero(fast)
    first = first[index]
    at = [quotes[first + k] for k in range(wanted)]
    start, stop = lines.start[index], lines.stop[index]

    day = at[0] - _STAMP
    ok = (day - 2 > start) & (text[start] > 32)  # no blank before the client
    day = np.where(ok, day, 2)
    time, valid = _stamps(words, day)
    ok &= valid

    status_word = words[at[1] + 1]
    ok &= (status_word & _STATUS_MASK) == _STATUS
    status = np.zeros(len(index), dtype=np.int64)
    for place in (1, 2, 3):
        digit = (status_word >> (8 * place)) & 0xFF
        ok &= (digit >= 48) & (digit <= 57)
        status = status * 10 + digit.astype(np.int64) - 48
    length_at = at[1] + 6
    length_stop = at[2] - 1 if log_format.quoted else stop
    ok &= length_stop > length_at
    if log_format.quoted:
        ok &= text[at[2] - 1] == 32
        ok &= (at[4] == at[3] + 2) & (text[at[3] + 1] == 32)
        ok &= _is_token(words[length_at], length_stop - length_at)
    else:
        ok &= text[length_at] != 32

    fast[index[~ok]] = False
    keep = slice(None) if ok.all() else np.flatnonzero(ok)
    spans = [(start[keep], day[keep] - 2), (at[0][keep] + 1, at[1][keep])]
    if log_format.quoted:
        spans += [(at[2][keep] + 1, at[3][keep]), (at[4][keep] + 1, at[5][keep])]
    else:
        nothing = np.zeros(len(spans[0][0]), dtype=np.int64)
        spans += [(nothing, nothing)] * 2
    return _Columns(index[keep], time[keep], status[keep], spans), fast


def _is_token(word: npt.NDArray[np.uint64], width: Ints) -> Bools:
    """Whether the first `width` bytes (at most 8) of each word are digits or hyphens."""
    ok = width <= 8
    for place in range(8):
        char = (word >> (8 * place)) & 0xFF
        ok &= (width <= place) | ((char >= 48) & (char <= 57)) | (char == 45)
    return ok


def _stamps(words: npt.NDArray[np.uint64], day: Ints) -> tuple[Ints, Bools]:
    """Seconds UTC of ` [dd/Mon/yyyy:HH:MM:SS ±zzzz] ` around the day's position, and which are real times.

    Lines of one hour follow each other, so dates are parsed once per run of equal (date, hour, zone).
    """
    date, hour, zone = words[day - 2], words[day + 6], words[day + 20]
    changed = np.ones(len(day), dtype=np.bool_)
    changed[1:] = (date[1:] != date[:-1]) | (hour[1:] != hour[:-1]) | (zone[1:] != zone[:-1])
    heads = np.flatnonzero(changed)
    keys = zip(date[heads].tolist(), hour[heads].tolist(), zone[heads].tolist(), strict=True)
    base = np.array([_hour(*key) for key in keys], dtype=np.int64)
    runs = np.diff(heads, append=len(day))
    seconds = np.repeat(base, runs)
    valid = seconds != _NO_HOUR
    clock = words[day + 14]
    valid &= (clock & _MINUTES_MASK) == _MINUTES
    for place, worth, highest in ((1, 600, 53), (2, 60, 57), (4, 10, 53), (5, 1, 57)):
        digit = (clock >> (8 * place)) & 0xFF
        valid &= (digit >= 48) & (digit <= highest)
        seconds += (digit.astype(np.int64) - 48) * worth
    return seconds, valid


_NO_HOUR = -(1 << 60)


@lru_cache(maxsize=100_000)
def _hour(date: int, hour: int, zone: int) -> int:
    """Seconds UTC at which an hour begins; the arguments are the words around it."""
    day = date.to_bytes(8, "little") + hour.to_bytes(8, "little")
    end = zone.to_bytes(8, "little")
    if day[:2] != b" [" or end[:1] != b" " or end[6:] != b"] ":
        return _NO_HOUR
    found = stamp(day[2:] + b":00:00", end[1:6])
    return _NO_HOUR if found is None else found


def _match_rest(
    data: bytes, starts: Ints, stops: Ints, lines: Ints, log_format: CombinedFormat, max_line: int
) -> tuple[_Columns, list[tuple[int, str]], int]:
    """The lines of unusual shape, one by one: their fields, the rejected (line, reason), how many are blank."""
    rejects: list[tuple[int, str]] = []
    blank = 0
    found: list[tuple[int, ...]] = []
    # a line that does not match may take the pattern itself very long to find out
    shapes = pa.array(
        [data[a:b] for a, b in zip(starts[lines].tolist(), stops[lines].tolist(), strict=True)], pa.binary()
    )
    matching = pc.match_substring_regex(shapes, log_format.linear).to_pylist()
    for index, good in zip(lines.tolist(), matching, strict=True):
        start, stop = int(starts[index]), int(stops[index])
        if stop - start > max_line:
            rejects.append((index, "line_too_long"))
            continue
        match = log_format.pattern.match(data, start, stop) if good else None
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


def _fields(
    columns: _Columns, text: Text, log_format: CombinedFormat
) -> tuple[dict[str, pa.Array], list[tuple[int, str]]]:
    """The texts of the lines, and the rows that are no hits after all: (row, reason)."""
    client, request, referrer, agent = (Spans(text, start, stop) for start, stop in columns.spans)
    fields, no_client = clients(client, log_format.client, host=log_format.host)
    path, no_request = paths(request)
    why = [(row, "no_match") for row in np.flatnonzero(no_client).tolist()]
    why += [(row, "bad_request") for row in np.flatnonzero(no_request & ~no_client).tolist()]
    fields |= {"path": path, "referrer": _bytes(referrer), "agent": _bytes(agent)}
    return fields, why


def _bytes(spans: Spans) -> pa.DictionaryArray:
    encoded = spans.dictionary()
    return pa.DictionaryArray.from_arrays(encoded.indices, encoded.dictionary.cast(pa.binary()))


def _all_but(rows: int, without: list[int]) -> Bools:
    mask = np.ones(rows, dtype=np.bool_)
    mask[without] = False
    return mask
