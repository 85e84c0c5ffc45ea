"""parse: bytes -> hits. A chunk of whole lines becomes an Arrow table, without a Python loop over lines.

Here is what is the same whatever the format; `parsing` has how lines are read. docs/reference/log-formats.md
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from piwikcli.ingest.parsing.family import LogFormat
from piwikcli.ingest.parsing.fields import Reading, Rows
from piwikcli.ingest.parsing.hits import AHEAD, EARLIEST, REJECT_BYTES, Parsed, Reject
from piwikcli.ingest.parsing.lines import Bools, Ints, Lines, Spans
from piwikcli.ingest.parsing.times import NO_TIME
from piwikcli.ingest.stream import Chunk

_PLAIN = Reading()


def parse(
    chunk: Chunk, log_format: LogFormat, reading: Reading = _PLAIN, *, first_line: int, now: int, max_line: int
) -> Parsed:
    """Parse a chunk whose first line is number `first_line`. `now` in seconds UTC bounds the times.

    A line longer than `max_line` bytes is rejected.
    """
    lines = Lines.of(chunk.buffer, first=chunk.offset == 0, padding=chunk.padding)
    if chunk.oversize:
        lines = Lines(lines.text, lines.start[:1], np.array([lines.text.size]))
    rejects = _Rejects(lines)
    everything = np.arange(len(lines))
    long = (lines.stop - lines.start > max_line) | chunk.oversize
    rows = rejects.without(everything, long, "line_too_long")
    comments = log_format.comments(lines, rows)
    found = log_format.read(lines, rows, reading)
    left = _except(_except(rows, comments), found.index)
    blank = _blank(lines.spans(left))
    left = left[~blank]
    none = log_format.almost(lines, left)
    rejects.add(none, "bad_request")
    rejects.add(_except(left, none), "no_match")
    time = found.numbers["time"]
    found = _kept(found, rejects.without(found.index, time == NO_TIME, "no_time"))
    time = found.numbers["time"]
    wrong = (time < EARLIEST) | (time > now + AHEAD)
    found = _kept(found, rejects.without(found.index, wrong, "time_out_of_range"))
    hits = pa.table(
        {
            "line": found.index + first_line,
            "offset": lines.start[found.index] + chunk.offset,
            **found.numbers,
            **{name: values.cast(pa.dictionary(pa.int32(), pa.binary())) for name, values in found.texts.items()},
        }
    )
    last = chunk.offset + (int(lines.start[-1]) if len(lines) else 0)
    return Parsed(
        hits,
        rejects.listed(first_line, chunk.offset),
        len(lines),
        int(blank.sum()),
        last,
        comments=len(comments),
        last_dropped="comment" if len(comments) and int(comments[-1]) == len(lines) - 1 else "blank",
        log_format=log_format.after(lines),
    )


class _Rejects:
    """Lines that are no hits, and why."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._found: list[tuple[int, str]] = []

    def add(self, rows: Ints, reason: str) -> None:
        self._found += [(row, reason) for row in rows.tolist()]

    def without(self, rows: Ints, bad: Bools, reason: str) -> Ints:
        """The lines that are not bad; the others are noted."""
        if not bad.any():
            return rows
        self.add(rows[bad], reason)
        return rows[~bad]

    def listed(self, first_line: int, offset: int) -> list[Reject]:
        text, start, stop = self._lines.text, self._lines.start, self._lines.stop
        return [
            Reject(
                first_line + row,
                offset + int(start[row]),
                reason,
                text.cut(int(start[row]), min(int(stop[row]), int(start[row]) + REJECT_BYTES)),
            )
            for row, reason in sorted(self._found)
        ]


def _except(rows: Ints, others: Ints) -> Ints:
    """Both are ascending, and the others are among the rows."""
    if not len(others):
        return rows
    if len(others) == len(rows):
        return rows[:0]
    return np.setdiff1d(rows, others, assume_unique=True)


def _kept(found: Rows, index: Ints) -> Rows:
    if len(index) == len(found):
        return found
    return found.take(np.searchsorted(found.index, index))


def _blank(spans: Spans) -> Bools:
    return np.array([not text.strip() for text in spans.tolist()], dtype=np.bool_)
