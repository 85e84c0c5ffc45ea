"""The combined formats of Apache and nginx: templates whose ordinary lines are cut by the places of their quotes.

What is cut is what the template's regular expression would match, sooner. What is left (escaped quotes, unusual
spacing, garbage) is read as lines of any template are. Reference: docs/reference/log-formats.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from piwikcli.ingest.parsing.expression import match
from piwikcli.ingest.parsing.fields import Reading, Rows, read_rows
from piwikcli.ingest.parsing.lines import Bools, Ints, Lines, Spans, Text
from piwikcli.ingest.parsing.ordinary import clients, paths, same
from piwikcli.ingest.parsing.templated import TemplateFormat
from piwikcli.ingest.parsing.times import NO_TIME, read_times

_STAMP = 28
"""Bytes of `[25/Feb/2026:00:20:12 +0000] ` before the request's quote, without the bracket that opens it."""
_TIME = 26
_BEFORE, _BEHIND = (np.uint16(int.from_bytes(two, "little")) for two in (b" [", b"] "))
_STATUS = np.uint64(int.from_bytes(b" \0\0\0 \0\0\0", "little"))
_STATUS_MASK = np.uint64(int.from_bytes(b"\xff\0\0\0\xff\0\0\0", "little"))
_PIECE = 1 << 13
"""So many lines at a time stay in the processor's cache."""
_FEW = 16
"""One line of so many: fewer are not worth looking for separators in the whole text."""


@dataclass(frozen=True)
class CombinedFormat(TemplateFormat):
    """A line format: an optional host, the client, the time, the request, perhaps referrer and user agent.

    Any text may follow.
    """

    @property
    def quoted(self) -> bool:
        """Whether referrer and user agent follow, in quotes."""
        return "user_agent" in self.fields

    def read(self, lines: Lines, rows: Ints, reading: Reading) -> Rows:
        """The ordinary lines at once; fields that no request needs only the template reads."""
        if reading.extra or reading.ignored or reading.everything:
            return super().read(lines, rows, reading)
        found = _cut(lines, rows, reading, quoted=self.quoted, host=self.host)
        if len(found) == len(rows):
            return found
        rest = np.setdiff1d(rows, found.index, assume_unique=True)
        if _FEW * len(rest) > len(rows):
            return Rows.join([found, super().read(lines, rest, reading)])
        [template] = self.templates
        return Rows.join([found, read_rows(*match(lines, rest, template.regex), reading)])


def _cut(lines: Lines, rows: Ints, reading: Reading, *, quoted: bool, host: bool) -> Rows:
    """Those of the lines that have the ordinary shape."""
    text = lines.text
    quotes = text.places(b'"')
    wanted = 6 if quoted else 2
    first = np.searchsorted(quotes, lines.start)
    index = np.flatnonzero(np.diff(first, append=len(quotes)) == wanted)
    if len(rows) < len(lines):
        index = np.intersect1d(index, rows, assume_unique=True)
    pieces = []
    for place in range(0, max(len(index), 1), _PIECE):
        some = index[place : place + _PIECE]
        at = [quotes[first[some] + k] for k in range(wanted)]
        pieces.append(_shaped(text, some, lines.start[some], lines.stop[some], at, reading))
    index, start, end, time, status, *at = (np.concatenate(column) for column in zip(*pieces, strict=True))

    fields, nobody = clients(Spans(text, start, end), host=host)
    fields["path"], no_request = paths(Spans(text, at[0] + 1, at[1]))
    if quoted:
        fields["referrer"] = _bytes(Spans(text, at[2] + 1, at[3]))
        fields["agent"] = _bytes(Spans(text, at[4] + 1, at[5]))
    else:
        fields["referrer"] = fields["agent"] = same(b"", len(fields["path"]))
    found = Rows(index, {"time": time, "status": status}, fields)
    wrong = nobody | no_request
    return found.take(np.flatnonzero(~wrong)) if wrong.any() else found


def _shaped(text: Text, index: Ints, start: Ints, stop: Ints, at: list[Ints], reading: Reading) -> list[Ints]:
    """Index, start and end of the client, time, status and quotes of those of the lines that look as they must."""
    array, words, pairs = text.array, text.words(8), text.words(2)
    day = at[0] - _STAMP
    ok = (day - 2 > start) & (array[start] > 32)  # no blank before the client
    day = np.where(ok, day, 2)
    ok &= (pairs[day - 2] == _BEFORE) & (pairs[day + _TIME] == _BEHIND)
    status, valid = _statuses(words[at[1] + 1])
    ok &= valid
    length_at = at[1] + 6
    if len(at) > 2:
        ok &= (array[at[2] - 1] == 32) & (at[4] == at[3] + 2) & (array[at[3] + 1] == 32)
        ok &= _is_token(words[length_at], at[2] - 1 - length_at)
    else:
        ok &= (stop > length_at) & (array[length_at] != 32)
    time = read_times(Spans(text, day, day + _TIME), default=reading.timezone)
    ok &= time != NO_TIME
    columns = [index, start, day - 2, time, status, *at]
    return columns if ok.all() else [column[ok] for column in columns]


def _statuses(words: npt.NDArray[np.uint64]) -> tuple[Ints, Bools]:
    """What ` 200 ` says at the beginning of each word, and which are such."""
    ok = (words & _STATUS_MASK) == _STATUS
    status = np.zeros(len(words), dtype=np.int64)
    for place in (1, 2, 3):
        digit = (words >> np.uint64(8 * place)) & np.uint64(0xFF)
        ok &= (digit >= 48) & (digit <= 57)
        status = status * 10 + digit.astype(np.int64) - 48
    return status, ok


def _is_token(words: npt.NDArray[np.uint64], width: Ints) -> Bools:
    """Whether the first `width` bytes (one to eight) of each word are digits or hyphens."""
    ok = (width > 0) & (width <= 8)
    for place in range(8):
        char = (words >> np.uint64(8 * place)) & np.uint64(0xFF)
        ok &= (width <= place) | ((char >= 48) & (char <= 57)) | (char == 45)
    return ok


def _bytes(spans: Spans) -> pa.DictionaryArray:
    encoded = spans.dictionary()
    return pa.DictionaryArray.from_arrays(encoded.indices, encoded.dictionary.cast(pa.binary()))
