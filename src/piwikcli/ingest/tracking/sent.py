"""Requests as they were sent: a column per parameter, each distinct text of it once.

    query strings, URLs ─┐
    JSON objects ────────┼──► Sent
    bulk JSON ───────────┘

Nothing here knows what a parameter means. See docs/reference/tracking.md#inputs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from piwikcli.ingest.jsontext import loads
from piwikcli.ingest.tracking.documents import requests_of

Ints = npt.NDArray[np.int64]
NONE = -1


@dataclass(slots=True)
class Column:
    """A parameter's texts: `codes` points into `values`, NONE where it was not sent."""

    codes: Ints
    values: list[str]

    def each(self, function: Callable[[str], str]) -> Column:
        """With another text in place of each distinct one."""
        return Column(self.codes, [function(text) for text in self.values])


@dataclass(frozen=True, slots=True)
class Bad:
    """A line (or a request of a bulk document) that is none: its row in `Sent`'s order of lines, and why."""

    line: int
    offset: int
    reason: str
    content: bytes


@dataclass(slots=True)
class Sent:
    """Requests of a chunk, in order. `line` counts from 1, `offset` in bytes, both within the source."""

    line: Ints
    offset: Ints
    columns: dict[str, Column]
    bad: list[Bad] = field(default_factory=list)
    blank: int = 0
    dropped: dict[int, str] = field(default_factory=dict)
    """Offset -> reason of lines of an access log that its own rules leave out."""

    def __len__(self) -> int:
        return len(self.line)

    def take(self, rows: Ints) -> Sent:
        """Some requests, without the lines that were none."""
        columns = {name: Column(column.codes[rows], column.values) for name, column in self.columns.items()}
        return Sent(self.line[rows], self.offset[rows], columns)

    def column(self, name: str) -> Column:
        """A parameter's column; all NONE when no request has it."""
        found = self.columns.get(name)
        return found if found is not None else Column(np.full(len(self), NONE, dtype=np.int64), [])


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a text: where each begins (bytes within it), and where it ends without its line end."""

    data: bytes
    starts: Ints
    stops: Ints

    @classmethod
    def of(cls, data: bytes) -> Lines:
        newlines = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == 10)
        if len(data) and data[-1] != 10:
            newlines = np.append(newlines, len(data))
        starts = np.append(0, newlines[:-1] + 1) if len(newlines) else np.empty(0, dtype=np.int64)
        return cls(data, starts.astype(np.int64), newlines.astype(np.int64))

    def text(self, index: int) -> bytes:
        return self.data[int(self.starts[index]) : int(self.stops[index])].rstrip(b"\r")

    def strings(self, rows: Ints) -> pa.Array:
        """The lines as Arrow strings; lines that are not UTF-8 are read as Latin-1."""
        binary = self._lines(rows)
        try:
            return binary.cast(pa.string())
        except pa.ArrowInvalid:
            return pa.array([_decoded(raw) for raw in binary.to_pylist()], pa.string())

    def _lines(self, rows: Ints) -> pa.Array:
        if b"\r" in self.data or len(self.data) >= 1 << 31:
            return pa.array([self.text(row) for row in rows.tolist()], pa.binary())
        # without their ends the lines stand one after the other; blank ones take no room
        ends = np.append(0, self.stops[rows] - rows).astype(np.int32)
        joined = self.data.replace(b"\n", b"")
        return pa.Array.from_buffers(pa.binary(), len(rows), [None, pa.py_buffer(ends), pa.py_buffer(joined)])


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


# --- query strings -----------------------------------------------------------------------------------------


def from_queries(queries: pa.Array, names: frozenset[str]) -> dict[str, Column]:
    """Columns of query strings (without anything before their `?`); the last of repeated names counts."""
    parts = pc.split_pattern(queries, "&")
    parents = np.asarray(pc.list_parent_indices(parts), dtype=np.int64)
    tokens = pc.list_flatten(parts).dictionary_encode()
    codes = np.asarray(tokens.indices, dtype=np.int64)
    name_of: list[int] = []
    value_of: list[int] = []
    places: dict[str, int] = {}
    values: list[list[str]] = []
    known: list[dict[str, int]] = []
    for token in tokens.dictionary.to_pylist():
        name, _, value = token.partition("=")
        name = decode(name) if "%" in name or "+" in name else name
        if name not in names:
            name_of.append(NONE)
            value_of.append(NONE)
            continue
        place = places.setdefault(name, len(places))
        if place == len(values):
            values.append([])
            known.append({})
        text = decode(value)
        code = known[place].setdefault(text, len(values[place]))
        if code == len(values[place]):
            values[place].append(text)
        name_of.append(place)
        value_of.append(code)
    name = np.array(name_of or [NONE], dtype=np.int64)[codes]
    value = np.array(value_of or [NONE], dtype=np.int64)[codes]
    columns: dict[str, Column] = {}
    for word, place in places.items():
        rows = np.flatnonzero(name == place)
        filled = np.full(len(queries), NONE, dtype=np.int64)
        filled[parents[rows]] = value[rows]  # of a repeated name the last is assigned last
        columns[word] = Column(filled, values[place])
    return columns


def decode(text: str) -> str:
    """A query's name or value: `+` is a blank, `%xx` a byte of UTF-8 (or of Windows-1252, if it is none)."""
    if "+" in text:
        text = text.replace("+", " ")
    if "%" not in text:
        return text
    data = unquote_to_bytes(text)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def query_of(text: str) -> str:
    """The query string in a line that is one, or a URL with one."""
    before, question, query = text.partition("?")
    if question and "=" not in before:
        text = query
    return text.partition("#")[0]


_QUERY = re.compile(r"[^?]*=")


def read_queries(data: bytes, names: frozenset[str], *, first_line: int, offset: int) -> Sent:
    """One query string or URL a line."""
    lines = Lines.of(data)
    texts = [_decoded(lines.text(row)).strip() for row in range(len(lines.starts))]
    good = [row for row, text in enumerate(texts) if "=" in text and not text.startswith("#")]
    bad = [
        Bad(first_line + row, offset + int(lines.starts[row]), "no_request", lines.text(row))
        for row, text in enumerate(texts)
        if text and "=" not in text and not text.startswith("#")
    ]
    rows = np.array(good, dtype=np.int64)
    columns = from_queries(pa.array([query_of(texts[row]) for row in good], pa.string()), names)
    blank = len(texts) - len(good) - len(bad)
    return Sent(first_line + rows, offset + lines.starts[rows], columns, bad, blank)


# --- JSON ------------------------------------------------------------------------------------------------------


class JsonReader:
    """Reads JSON objects, one a line, with DuckDB's JSON parser; bulk documents among them are taken apart."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._connection = duckdb.connect(":memory:", config={"threads": 1})
        structure = json.dumps({**dict.fromkeys(sorted(names), "VARCHAR"), "requests": "JSON"})
        self._sql = f"SELECT unnest(json_transform(line, '{structure}')) FROM lines"
        self._valid = "SELECT json_valid(line) AS ok FROM lines"

    def read(self, data: bytes, *, first_line: int, offset: int) -> Sent:
        """Lines of JSON objects: parameter -> value, or bulk documents."""
        lines = Lines.of(data)
        filled = np.flatnonzero(lines.stops > lines.starts)
        strings = lines.strings(filled)
        if (b"true" in data or b"false" in data) and b'"requests"' not in data:
            strings = _without_booleans(strings)
        blank = len(lines.starts) - len(filled)
        if not len(filled):
            return Sent(filled, filled, {}, [], blank)
        table = pa.table({"line": strings})
        bad: list[Bad] = []
        try:
            found = self._run(self._sql, table)
        except duckdb.InvalidInputException:  # some line is no JSON: find out which
            ok = self._run(self._valid, table)["ok"].to_numpy().copy()
            texts = table["line"].to_pylist()
            for place in np.flatnonzero(~ok).tolist():
                row = int(filled[place])
                if (repaired := _repaired(texts[place])) is not None:
                    texts[place], ok[place] = repaired, True
                elif (raw := lines.text(row)).strip():
                    bad.append(Bad(first_line + row, offset + int(lines.starts[row]), "no_json", raw))
                else:
                    blank += 1
            filled, table = filled[ok], pa.table({"line": pa.array(texts, pa.string()).filter(pa.array(ok))})
            found = self._run(self._sql, table)
        sent = Sent(first_line + filled, offset + lines.starts[filled], {}, bad, blank)
        documents = np.flatnonzero(found["requests"].is_valid().to_numpy())
        if len(documents):
            return self._with_bulk(sent, table["line"], documents)
        sent.columns = columns_of(found, self._names)
        return sent

    def _run(self, sql: str, lines: pa.Table) -> pa.Table:
        self._connection.register("lines", lines)
        try:
            return self._connection.sql(sql).to_arrow_table()
        finally:
            self._connection.unregister("lines")

    def _with_bulk(self, sent: Sent, lines: pa.ChunkedArray, documents: Ints) -> Sent:
        """Lines of which some are bulk documents: those become as many requests as they hold."""
        bulk = set(documents.tolist())
        entries: list[tuple[int, int, Any]] = []
        bad = list(sent.bad)
        for row, text in enumerate(lines.to_pylist()):
            line, at = int(sent.line[row]), int(sent.offset[row])
            if row in bulk:
                for position, request in requests_of(text):
                    entries.append((line, at + position, request))
            else:
                try:
                    entries.append((line, at, loads(text)))
                except ValueError:
                    bad.append(Bad(line, at, "no_json", text.encode()))
        return from_objects(entries, self._names, bad, sent.blank)


def _without_booleans(lines: pa.Array) -> pa.Array:
    """JSON objects whose `true` and `false` are `"1"` and `"0"`, as `plain` has those of bulk documents."""
    for word, digit in (("true", "1"), ("false", "0")):
        lines = pc.replace_substring_regex(lines, rf'([^\\]"\s*:\s*){word}(\s*[,}}])', rf'\1"{digit}"\2')
    return lines


_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def _repaired(line: str) -> str | None:
    """JSON without the halves of characters that it names (`\\ud83d`), which DuckDB refuses; None for no JSON."""
    if not _HALF.search(line):
        return None
    try:
        return whole(json.dumps(json.loads(line, parse_constant=_refused), ensure_ascii=False))
    except (ValueError, RecursionError):
        return None


def _refused(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def whole(text: str) -> str:
    """Text without halves of characters, as JSON may name them."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def columns_of(table: pa.Table, names: frozenset[str]) -> dict[str, Column]:
    """An Arrow table of texts as columns; those that nobody sent are left out."""
    columns: dict[str, Column] = {}
    for name in table.column_names:
        column = table[name]
        if name not in names or column.null_count == len(column):
            continue
        encoded = column.combine_chunks().dictionary_encode()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.combine_chunks()
        codes = np.asarray(encoded.indices.fill_null(NONE), dtype=np.int64)
        columns[name] = Column(codes, encoded.dictionary.to_pylist())
    return columns


def from_objects(entries: Sequence[tuple[int, int, Any]], names: frozenset[str], bad: list[Bad], blank: int) -> Sent:
    """Requests as (line, byte offset, query string or object)."""
    kept: list[tuple[int, int]] = []
    rows: list[dict[str, str]] = []
    queries = [query_of(request) for _, _, request in entries if isinstance(request, str)]
    parsed = iter(_as_rows(from_queries(pa.array(queries, pa.string()), names), len(queries)))
    for line, offset, request in entries:
        if isinstance(request, str):
            rows.append(next(parsed))
        elif isinstance(request, dict):
            rows.append(
                {name: plain(value) for name, value in request.items() if name in names and value is not None}
            )
        else:
            bad.append(Bad(line, offset, "no_request", json.dumps(request).encode()))
            continue
        kept.append((line, offset))
    filled: dict[str, Column] = {}
    for name in {name: None for row in rows for name in row}:
        places: dict[str, int] = {}
        codes = [places.setdefault(row[name], len(places)) if name in row else NONE for row in rows]
        filled[name] = Column(np.array(codes, dtype=np.int64), list(places))
    line, offset = np.array(kept or np.empty((0, 2)), dtype=np.int64).T
    return Sent(line, offset, filled, bad, blank)


def _as_rows(columns: dict[str, Column], count: int) -> list[dict[str, str]]:
    """Columns as one dictionary a row, without what was not sent."""
    rows: list[dict[str, str]] = [{} for _ in range(count)]
    for name, column in columns.items():
        for row in np.flatnonzero(column.codes != NONE).tolist():
            rows[row][name] = column.values[int(column.codes[row])]
    return rows


def plain(value: Any) -> str:
    """A JSON value as the text that a query string would carry."""
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, bool):
        return "1" if value else "0"
    return json.dumps(value, ensure_ascii=False)
