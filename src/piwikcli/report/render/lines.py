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
    """The table's rows, below each the series it is compared with and its subtable's rows, and the totals row."""
    for row in table.rows:
        yield depth, row.columns
        yield from _series(row.metadata.get("comparisons"), row.columns, depth + 1)
        if row.subtable is not None:
            yield from table_lines(row.subtable, depth + 1)
    totals = table.metadata.get(TOTALS_ROW)
    if isinstance(totals, Row):
        yield depth, totals.columns


def _series(compared: Any, columns: Cells, depth: int) -> Iterator[Line]:
    """The series of a comparison but the first, which is the row itself."""
    for one in compared.rows[1:] if isinstance(compared, DataTable) else ():
        # how the first would have changed is the same told from the other side
        cells = {name: value for name, value in one.columns.items() if not name.endswith("_change_from")}
        label = {"label": one.metadata.get("compareSeriesPretty", "")} if "label" in columns else {}
        yield depth, {**label, **cells}


def simple_lines(result: SimpleTable) -> Iterator[Line]:
    """One line per column, as one line with all is rarely readable; beside it the series that it is compared with."""
    compared = result.columns.get("comparisons")
    others = compared.rows[1:] if isinstance(compared, DataTable) else []
    for name, value in result.columns.items():
        if not is_nested(value):
            cells = {"name": name, "value": value}
            for one in others:
                title = str(one.metadata.get("compareSeriesPretty", ""))
                cells |= {title: one.columns.get(name)}
                if f"{name}_change" in one.columns:
                    cells |= {f"{title} change": one.columns[f"{name}_change"]}
            yield 0, cells


def stated_columns(result: Result) -> dict[str, None]:
    """The columns that a table says it has, even without rows."""
    return dict.fromkeys(result.metadata.get(COLUMNS, ())) if isinstance(result, DataTable) else {}
