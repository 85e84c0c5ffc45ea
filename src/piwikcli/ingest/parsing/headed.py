"""The family of W3C extended logs: a `#Fields:` line names the columns of the lines behind it.

The header may change within a file, and a file that is continued later is read with the header that it had there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from piwikcli.ingest.parsing.columns import cut_columns, cut_quoted
from piwikcli.ingest.parsing.expression import match, whole
from piwikcli.ingest.parsing.family import LogFormat
from piwikcli.ingest.parsing.fields import Decoder, Reading, Rows, read_rows
from piwikcli.ingest.parsing.lines import Bools, Ints, Lines, Spans

HEADER = b"#Fields:"
_TOKEN = r"\S+"
_ANY = r'(?:"[^"]*"|\S+)'
_QUOTED = r'"[^"]*"'
_QUOTE = pa.scalar(b'"', pa.binary())
# how a field must look; the named group is what is wanted of it
_MATCHERS = {
    "date": r'"?(?P<date>\d[\d\-]*)"?',
    "time": r'"?(?P<time>\d+:[\d:]+)(?:\.\d+)?"?',
    "path": r'"?(?P<path>/[^\s"]*)"?',
    "query_string": r'"?(?P<query_string>[^\s"]*)"?',
    "ip": r'"?(?P<ip>[\w*.:\-]+)"?',
    "status": r'"?(?P<status>\d+)"?',
    "generation_time_secs": r'"?(?P<generation_time_secs>[\d.]+)"?',
    "generation_time_milli": r'"?(?P<generation_time_milli>[\d.]+)"?',
    "url": r'"?(?P<url>[^\s"]+)"?',
}


@dataclass(frozen=True)
class HeaderFormat(LogFormat):
    """A format with named columns. `columns`: column -> field."""

    name: str
    sample: str
    columns: Mapping[str, str]
    also: frozenset[str] = frozenset()
    """Columns that only tell that a log is of this format."""
    quoted: bool = False
    """Whether every value is in quotes."""
    matchers: Mapping[str, str] = field(default_factory=dict)
    """Field or column -> regular expression of its values, where it is not the usual one."""
    decoders: Mapping[str, Decoder] = field(default_factory=dict)
    expressed: Mapping[str, str] = field(default_factory=dict)
    """Field -> regular expression that takes from a value what its decoder would."""
    event_category: bytes = b""
    """Of the events that lines with an event's action are."""
    header: tuple[str, ...] = ()
    """Names of the columns, once known."""
    detectable: bool = True
    own_matchers: frozenset[str] = frozenset()
    """Columns for which the user gave an expression."""

    @property
    def key(self) -> str:
        return f"{self.name}\n{' '.join(self.header)}" if self.header else self.name

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(self._places if self.header else self.columns.values())

    @cached_property
    def _places(self) -> dict[str, int]:
        """Field -> its column; the first of several."""
        places: dict[str, int] = {}
        for place, name in enumerate(self.header):
            if name in self.columns:
                places.setdefault(self.columns[name], place)
        return places

    @property
    def richness(self) -> int:
        return len(self.fields) + len(self.also.intersection(self.header))

    def with_header(self, line: bytes) -> HeaderFormat:
        """The format with the columns of a `#Fields:` line (or of the names alone)."""
        names = line.decode("latin-1").removeprefix(HEADER.decode()).split()
        return replace(self, header=tuple(names))

    def after(self, lines: Lines) -> HeaderFormat:
        """The format behind these lines."""
        for _, log_format in self._segments(lines, np.arange(len(lines))):
            self = log_format
        return self

    def comments(self, lines: Lines, rows: Ints) -> Ints:
        """Those of the lines that are headers and comments."""
        found: Ints = rows[lines.text.array[lines.start[rows]] == ord("#")]
        return found

    def read(self, lines: Lines, rows: Ints, reading: Reading) -> Rows:
        """Lines behind a header that have its columns."""
        parts = [read_rows(rows[:0], {}, reading)]
        for segment, log_format in self._segments(lines, rows):
            parts += log_format._read(lines, segment, reading)
        return Rows.join(parts)

    def _segments(self, lines: Lines, rows: Ints) -> Iterator[tuple[Ints, HeaderFormat]]:
        """Runs of lines with one header, without comments."""
        comments = self.comments(lines, rows)
        headers = [row for row in comments.tolist() if lines.spans(np.array([row])).tolist()[0].startswith(HEADER)]
        data = np.setdiff1d(rows, comments, assume_unique=True)
        log_format, start = self, 0
        for row in [*headers, None]:
            stop = len(data) if row is None else int(np.searchsorted(data, row))
            if log_format.header:
                yield data[start:stop], log_format
            if row is not None:
                log_format = log_format.with_header(lines.spans(np.array([row])).tolist()[0])
            start = stop

    def _read(self, lines: Lines, rows: Ints, reading: Reading) -> list[Rows]:
        parts = []
        if not self.own_matchers.intersection(self.header):
            places = {name: place for name, place in self._places.items() if name != "method" or reading.wants(name)}
            way = cut_quoted if self.quoted else cut_columns
            cut, spans = way(lines, rows, len(self.header), places.values())
            good = np.ones(len(cut), dtype=np.bool_)
            for name, place in places.items():
                good &= _fits(spans[place], self._matcher(place, name), quoted=self.quoted)
            fields = {name: spans[at] if good.all() else spans[at].take(good) for name, at in places.items()}
            if not self.quoted:
                fields = {name: _bare(values) for name, values in fields.items()}
            parts.append(read_rows(cut[good], fields, reading, self.decoders, self._constants))
            rows = np.setdiff1d(rows, cut[good], assume_unique=True)
        if len(rows):
            found, fields = match(lines, rows, self.regex)
            parts.append(read_rows(found, fields, reading, self.decoders, self._constants))
        return parts

    @property
    def regex(self) -> str:
        """What a line of the present columns looks like."""
        named = {place: name for name, place in self._places.items()}
        return r"\s+".join(self._matcher(place, named.get(place, "")) for place in range(len(self.header)))

    @property
    def expression(self) -> str:
        return replace(self, matchers={**self.matchers, **self.expressed}).regex

    @property
    def unsaid(self) -> frozenset[str]:
        return frozenset((self.decoders.keys() - self.expressed.keys()) & self.fields | self._constants.keys())

    @property
    def _constants(self) -> dict[str, bytes]:
        return {"event_category": self.event_category} if "event_action" in self._places else {}

    def _matcher(self, place: int, name: str) -> str:
        """The expression of a column's values; `name` is its field, or empty."""
        own = self.matchers.get(self.header[place]) or self.matchers.get(name) or _MATCHERS.get(name)
        if own is not None:
            return own
        anything = _QUOTED if self.quoted else _ANY
        if name == "user_agent" or not name:
            return f"(?P<{name}>{anything})" if name else anything
        return f"(?P<{name}>{_QUOTED if self.quoted else _TOKEN})"


def _fits(spans: Spans, regex: str, *, quoted: bool) -> Bools:
    """Which texts a matcher takes; once per distinct text. `quoted`: they stood in quotes."""
    if quoted and regex.endswith(f"{_QUOTED})"):  # all do
        return np.ones(len(spans), dtype=np.bool_)
    encoded = spans.dictionary()
    values = encoded.dictionary.cast(pa.binary())
    if quoted:
        values = pc.binary_join_element_wise(_QUOTE, values, _QUOTE, pa.scalar(b"", pa.binary()))
    good = whole(values, regex)
    return np.ones(len(spans), dtype=np.bool_) if good.all() else good[encoded.indices.to_numpy()]


def _bare(spans: Spans) -> Spans:
    """Without quotes around the value."""
    array = spans.text.array
    quoted = (
        (spans.stop - spans.start >= 2) & (array[spans.start] == 34) & (array[np.maximum(spans.stop, 1) - 1] == 34)
    )
    return Spans(spans.text, spans.start + quoted, spans.stop - quoted) if quoted.any() else spans
