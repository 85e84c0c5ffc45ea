"""The family of JSON lines: one object a line, fields by path.

DuckDB's JSON functions take all lines of a chunk at once and judge each on its own, so that a broken line costs
nothing but itself.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from piwikcli.ingest.parsing.family import LogFormat
from piwikcli.ingest.parsing.fields import Decoder, Reading, Rows, read_rows
from piwikcli.ingest.parsing.lines import Ints, Lines, Spans

_LOCAL = threading.local()
_BYTES = re.compile(rb"(?:\\x[0-9A-Fa-f]{2})+")


@dataclass(frozen=True)
class JsonFormat(LogFormat):
    """A format of JSON objects. `paths`: field -> where it may be found (JSON paths), the first that is there."""

    name: str
    sample: str
    paths: Mapping[str, tuple[str, ...]]
    requires: tuple[str, ...]
    """What an object of the format has: tells formats apart."""
    detectable: bool = True
    decoders: Mapping[str, Decoder] = field(default_factory=dict)

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(self.paths)

    def recognises(self, lines: Lines, rows: Ints) -> Ints:
        """Those of the lines that are objects with what the format requires."""
        rows = rows[lines.text.array[lines.start[rows]] == ord("{")]
        if not len(rows):
            return rows
        values = _strings(lines.spans(rows), "utf-8")
        there = " AND ".join(f"json_exists(line, {_quoted(path)})" for path in self.requires)
        found = _query(values, f"CASE WHEN json_valid(line) THEN {there} ELSE false END AS good")
        good: Ints = rows[np.asarray(found["good"].combine_chunks())]
        return good

    def read(self, lines: Lines, rows: Ints, reading: Reading) -> Rows:
        """Objects with a path (or URL); broken ones that only have nginx's `\\xNN` in them are mended first."""
        values = _strings(lines.spans(rows), reading.encoding)
        table = self._extract(values)
        good = np.asarray(table["good"].combine_chunks())
        if good.all():
            return self._rows(rows, table, reading)
        bad = np.flatnonzero(~good)
        mended = {place: text for place in bad.tolist() if (text := _mend(values[place].as_py())) is not None}
        parts = [self._rows(rows[good], table.filter(pa.array(good)), reading)]
        if mended:
            again = self._extract(pa.array(mended.values(), pa.string()))
            fine = np.asarray(again["good"].combine_chunks())
            of = rows[np.fromiter(mended, dtype=np.int64)]
            parts.append(self._rows(of[fine], again.filter(pa.array(fine)), reading))
        return Rows.join(parts)

    def _extract(self, values: pa.Array) -> pa.Table:
        """A column per field, and whether the line is an object with a path."""
        wanted = [path for paths in self.paths.values() for path in paths]
        listed = ", ".join(map(_quoted, wanted))
        columns, at = [], 0
        for name, paths in self.paths.items():
            places = ", ".join(f"found[{at + place}]" for place in range(1, len(paths) + 1))
            columns.append(f'coalesce({places}) AS "{name}"' if len(paths) > 1 else f'{places} AS "{name}"')
            at += len(paths)
        path = "path" if "path" in self.paths else "url"
        return _query(
            values,
            f"CASE WHEN json_valid(line) THEN json_extract_string(line, [{listed}]) END AS found",
            ", ".join(columns),
            f"*, coalesce(\"{path}\" <> '', false) AS good",
        )

    def _rows(self, rows: Ints, table: pa.Table, reading: Reading) -> Rows:
        fields = {name: Spans.of(_encoded(table[name].combine_chunks(), reading.encoding)) for name in self.paths}
        return read_rows(rows, fields, reading, self.decoders)


def _query(values: pa.Array, *expressions: str) -> pa.Table:
    """SQL expressions over lines (the column `line`), each over the one before; rows stay in order."""
    connection = getattr(_LOCAL, "connection", None)
    if connection is None:
        import duckdb  # only logs of JSON lines need it here

        connection = _LOCAL.connection = duckdb.connect(config={"threads": 1})
    relation = connection.from_arrow(pa.table({"line": values}))
    for expression in expressions:
        relation = relation.project(expression)
    return relation.to_arrow_table()


def _quoted(path: str) -> str:
    return "'" + path.replace("'", "''") + "'"


def _strings(spans: Spans, encoding: str) -> pa.Array:
    """Lines as strings. A line that is not in the encoding is read as Latin-1."""
    values = spans.array()
    if _is_utf8(encoding):
        try:
            str(memoryview(spans.text.data)[: spans.text.size], "utf-8")
            return values.cast(pa.binary()).cast(pa.string())
        except UnicodeDecodeError:
            pass

    def text(raw: bytes) -> str:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    return pa.array([raw.decode() if raw.isascii() else text(raw) for raw in spans.tolist()], pa.string())


def _encoded(values: pa.Array, encoding: str) -> pa.Array:
    """Texts in the log's encoding, as the fields of all other formats are."""
    if _is_utf8(encoding):
        return values
    texts = (None if text is None else text.encode(encoding, "replace") for text in values.to_pylist())
    return pa.array(texts, pa.binary())


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("-", "").replace("_", "") == "utf8"


def _mend(line: str) -> str | None:
    """nginx without `escape=json` writes bytes as `\\xNN`, which JSON does not know; None for other faults."""
    if "\\x" not in line or not line.startswith("{"):
        return None

    def text(match: re.Match[bytes]) -> bytes:
        raw = bytes.fromhex(match[0].replace(b"\\x", b"").decode())
        try:
            meant = raw.decode()
        except UnicodeDecodeError:
            meant = raw.decode("latin-1")
        return json.dumps(meant)[1:-1].encode()

    return _BYTES.sub(text, line.encode()).decode()
