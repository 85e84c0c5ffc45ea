"""Cutting lines along a template: the places of the separators of all lines at once.

What is cut is what the template's regular expression would match; a line of which that is not certain (a separator
inside a field, odd white space, something missing) is left to the expression.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from piwikcli.ingest.parsing.expression import whole
from piwikcli.ingest.parsing.fields import PATTERNS
from piwikcli.ingest.parsing.lines import Bools, Ints, Lines, Spans, Text
from piwikcli.ingest.parsing.template import REQUEST, WORD, Field, Template

_ODD = b"\t\x0b\x0c\r"
_PIECE = 1 << 14
"""So many lines at a time stay in the processor's cache."""


def cut(lines: Lines, rows: Ints, template: Template) -> tuple[Ints, dict[str, Spans]]:
    """Cut the lines numbered `rows`: which of them could be cut, and their fields by name."""
    pieces = [_cut(lines, rows[at : at + _PIECE], template) for at in range(0, max(len(rows), 1), _PIECE)]
    if len(pieces) == 1:
        return _checked(*pieces[0])
    found = {
        name: Spans(
            lines.text,
            np.concatenate([fields[name].start for _, fields in pieces]),
            np.concatenate([fields[name].stop for _, fields in pieces]),
        )
        for name in pieces[0][1]
    }
    return _checked(np.concatenate([done for done, _ in pieces]), found)


def _cut(lines: Lines, rows: Ints, template: Template) -> tuple[Ints, dict[str, Spans]]:
    cutter = _Cutter(lines, rows, template)
    for place, part in enumerate(template.parts):
        if isinstance(part, bytes):
            cutter.literal(part, blank=place > 0)
        else:
            cutter.field(part)
    if cutter.ok.all():
        return rows, cutter.found
    keep = np.flatnonzero(cutter.ok)
    return rows[keep], {name: spans.take(keep) for name, spans in cutter.found.items()}


class _Cutter:
    """Goes along all lines together: `at` is how far each has been cut, `ok` whether that went well."""

    def __init__(self, lines: Lines, rows: Ints, template: Template) -> None:
        self._text: Text = lines.text
        self._stop = lines.stop[rows]
        self._at = lines.start[rows]
        self._next: dict[bytes, Ints] = {}
        """Separator -> index of its next place, where that is known without searching."""
        self.found: dict[str, Spans] = {}
        self.ok: Bools = np.ones(len(rows), dtype=np.bool_)
        for byte in _ODD:
            odd = self._text.places(bytes([byte]))
            if byte not in template.blanks and len(odd):
                self.ok &= np.searchsorted(odd, self._stop) == np.searchsorted(odd, self._at)

    def literal(self, part: bytes, *, blank: bool) -> None:
        self.ok &= self._text.equal(self._at, part)
        self._at = np.minimum(self._at + len(part), self._text.size)
        for separator, index in self._next.items():
            if count := part.count(separator):
                self._next[separator] = index + count
        if part.endswith(b" ") and blank:
            while (more := self._text.array[self._at] == 32).any():
                self._at = self._at + more
                self._next.pop(b" ", None)

    def field(self, part: Field) -> None:
        start = self._at
        # a word ends at its blank, whatever must come behind; a text at the whole literal
        separator = part.until[:1] if part.kind == WORD else part.until
        stop = self._stop if not separator else self._find(separator)
        if part.kind == WORD:
            if not part.until:
                stop = np.minimum(stop, self._find(b" "))
            self.ok &= stop > start
        self.ok &= (stop >= start) & (stop <= self._stop)
        if part.kind != WORD:
            # what a text holds is not known
            self._next = {known: index for known, index in self._next.items() if known == separator}
        self._at = np.minimum(np.maximum(stop, start), self._text.size)
        if part.kind == REQUEST:
            self._request(part, start, self._at)
        elif part.name:
            self.found[part.name] = Spans(self._text, start, self._at)

    def _find(self, separator: bytes) -> Ints:
        """The next place of a separator, or the end of the text."""
        places = self._text.places(separator)
        if not len(places):
            return np.full(len(self._at), self._text.size, dtype=np.int64)
        index = self._next.get(separator)
        if index is None:
            index = np.searchsorted(places, self._at)
        inside = np.minimum(index, len(places) - 1)
        found = places[inside]
        # a known index is wrong where a field held the separator
        self.ok &= (index == 0) | (places[np.minimum(index, len(places)) - 1] < self._at)
        found = np.where((index < len(places)) & (found >= self._at), found, self._text.size)
        if len(separator) == 1:
            self._next[separator] = index
        return found

    def _request(self, part: Field, start: Ints, stop: Ints) -> None:
        """Method, path and protocol: up to the first blank, and from the last one."""
        places, array = self._text.places(b" "), self._text.array
        if not len(places):
            self.ok[:] = False
            return
        first = np.searchsorted(places, start)
        last = np.searchsorted(places, stop) - 1
        method = places[np.minimum(first, len(places) - 1)]
        protocol = places[np.maximum(last, 0)]
        self.ok &= (method > start) & (protocol > method) & (protocol < stop - 1) & (last > first)
        self.ok &= (array[np.minimum(method + 1, self._text.size)] != 32) & (array[np.maximum(protocol, 1) - 1] != 32)
        path = Spans(self._text, method + 1, np.maximum(protocol, method + 1))
        self.found["method"] = Spans(self._text, start, np.maximum(method, start))
        self.found[part.path] = path


def _checked(rows: Ints, found: dict[str, Spans]) -> tuple[Ints, dict[str, Spans]]:
    """Without lines one of whose fields does not look as it must; each distinct text is looked at once."""
    ok = np.ones(len(rows), dtype=np.bool_)
    for name, regex in PATTERNS.items():
        if name in found:
            encoded: pa.DictionaryArray = found[name].dictionary()
            good = whole(encoded.dictionary.cast(pa.binary()), regex)
            if not good.all():
                ok &= good[encoded.indices.to_numpy()]
    if ok.all():
        return rows, found
    keep = np.flatnonzero(ok)
    return rows[keep], {name: spans.take(keep) for name, spans in found.items()}
