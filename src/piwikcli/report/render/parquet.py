"""Parquet: the rows of csv with real types. Rates are fractions (0.37 for 37%), days are dates.

Whole numbers are INT64 (DECIMAL(38, 0) where they are larger), others DOUBLE. The field's metadata
`piwik.kind` says `percent` of rates. Types: docs/reference/formats.md, "Types".
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from piwikcli.report.render.lines import stated_columns
from piwikcli.report.render.options import RenderOptions
from piwikcli.report.render.typed import Column, columns_of, flat_lines
from piwikcli.report.table import Result

_ROWS = 20_000
"""Rows of a row group: what is in memory as Arrow at a time."""

_TYPES: dict[str, Any] = {
    "text": pa.string(),
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "huge": pa.decimal128(38, 0),
    "number": pa.float64(),
    "percent": pa.float64(),
    "date": pa.date32(),
    "moment": pa.timestamp("us"),
}


class _Sink:
    """A file that keeps what is written until it is taken."""

    closed = False

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._written.append(bytes(data))
        return len(data)

    def flush(self) -> None: ...

    def take(self) -> bytes:
        taken = b"".join(self._written)
        self._written = []
        return taken


def write(result: Result, method: str, options: RenderOptions) -> Iterator[bytes]:
    """The file, a piece per row group."""
    columns = columns_of(lambda: flat_lines(result), stated_columns(result))
    for column in columns:
        if column.kind == "huge" and not _fits(result, column.name):
            column.kind = "text"
    schema = pa.schema([_field(column) for column in columns])
    lines = flat_lines(result)
    sink = _Sink()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        while some := list(islice(lines, _ROWS)):
            arrays = [_array(column, [cells.get(column.name) for _, cells in some]) for column in columns]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            yield sink.take()
    yield sink.take()


def _field(column: Column) -> Any:
    found = pa.field(column.name, _TYPES[column.kind])
    return found.with_metadata({"piwik.kind": "percent"}) if column.kind == "percent" else found


def _array(column: Column, given: list[Any]) -> Any:
    values = [column.value(one) for one in given]
    if column.kind == "huge":
        values = [None if one is None else Decimal(one) for one in values]
    if column.kind == "text":
        # lone surrogates cannot be written
        values = [None if one is None else one.encode("utf-8", "replace").decode() for one in values]
    return pa.array(values, type=_TYPES[column.kind])


def _fits(result: Result, name: str) -> bool:
    """Whether all whole numbers of a column have at most 38 digits."""
    values = (cells.get(name) for _, cells in flat_lines(result))
    return all(abs(one) < 10**38 for one in values if isinstance(one, (int, float)) and one == one)
