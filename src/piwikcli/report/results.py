"""The result of a query as a table that renderers print: Arrow in memory, rows made one batch at a time.

Values are as the database has them: times as text (`2026-03-05 10:00:00`), whole numbers of any size as int.
See docs/reference/query.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa

from piwikcli.report.table import COLUMNS, DataTable, Row

_BATCH = 10_000


class _Rows:
    """A sequence of rows that are made anew each time they are looked at."""

    def __init__(self, table: Any, nested_as_text: bool) -> None:
        self._table = table
        self._plain = _text if nested_as_text else _value

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __iter__(self) -> Iterator[Row]:
        names = self._table.column_names
        for batch in self._table.to_batches(max_chunksize=_BATCH):
            columns = [_values(column, self._plain) for column in batch.columns]
            for values in zip(*columns, strict=True):
                yield Row(dict(zip(names, values, strict=True)))


def table_of(found: Any, *, nested_as_text: bool) -> DataTable:
    """An Arrow table as a report's table. Lists and structs stay, or become JSON text."""
    names: list[str] = []
    for name in found.column_names:
        names.append(name if name not in names else f"{name}_{len(names) + 1}")
    named = found.rename_columns(names)
    rows: Any = _Rows(named, nested_as_text)
    return DataTable(rows, {COLUMNS: names})


def _values(column: Any, plain: Callable[[Any], Any]) -> list[Any]:
    values: list[Any] = column.to_pylist()
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return values
    return [plain(value) for value in values]


def _value(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            # renderers decode entities, which labels of pages have; here a text is what it is
            return value.replace("&", "&amp;") if "&" in value else value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime():
            return value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
        case bytes():
            return value.hex()
        case list() | tuple():
            return [_value(one) for one in value]
        case dict():
            return {str(name): _value(one) for name, one in value.items()}
    return str(value)


def _text(value: Any) -> Any:
    found = _value(value)
    if isinstance(found, (list, dict)):
        return json.dumps(found, ensure_ascii=False)
    return found
