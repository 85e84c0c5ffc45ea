"""Results as lines to look at: nested rows with their depth, and the tables of a map under headings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from piwikcli.report.sums import TOTALS_ROW
from piwikcli.report.table import COLUMNS, DataTable, Number, Result, Row, SimpleTable, TableMap

Cells = dict[str, Any]
Line = tuple[int, Cells]
"""How deep a row is nested, and its cells."""


def is_nested(value: Any) -> bool:
    """Whether a cell holds more than a single value."""
    return isinstance(value, (dict, list, tuple, DataTable, SimpleTable))


def has_tables(result: TableMap) -> bool:
    """Whether a map holds tables of several rows, which need a heading each."""
    return any(
        has_tables(one) if isinstance(one, TableMap) else isinstance(one, DataTable) for one in result.tables.values()
    )


def sections(result: TableMap, title: str = "") -> Iterator[tuple[str, Result]]:
    """Each table of a map, or of a map of maps, with its heading."""
    for key, one in result.tables.items():
        heading = f"{title}{result.key_name} {key}"
        if isinstance(one, TableMap):
            yield from sections(one, f"{heading}, ")
        else:
            yield heading, one


def map_lines(result: TableMap) -> Iterator[Line]:
    """One line per key of a map without tables."""
    for key, one in result.tables.items():
        if isinstance(one, TableMap):
            for depth, cells in map_lines(one):
                yield depth, {result.key_name: key, **cells}
        elif isinstance(one, Number):
            yield 0, {result.key_name: key, "value": one.value}
        elif isinstance(one, SimpleTable) and one.columns:
            yield 0, {result.key_name: key, **one.columns}


def table_lines(table: DataTable, depth: int = 0) -> Iterator[Line]:
    """The table's rows, those of subtables below their row, and the totals row."""
    for row in table.rows:
        yield depth, row.columns
        if row.subtable is not None:
            yield from table_lines(row.subtable, depth + 1)
    totals = table.metadata.get(TOTALS_ROW)
    if isinstance(totals, Row):
        yield depth, totals.columns


def simple_lines(result: SimpleTable) -> Iterator[Line]:
    """One line per column, as one line with all of them is rarely readable."""
    for name, value in result.columns.items():
        if not is_nested(value):
            yield 0, {"name": name, "value": value}


def stated_columns(result: Result) -> dict[str, None]:
    """The columns that a table says it has, even without rows."""
    return dict.fromkeys(result.metadata.get(COLUMNS, ())) if isinstance(result, DataTable) else {}
