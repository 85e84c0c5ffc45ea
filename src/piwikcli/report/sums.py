"""Adding rows up: the "Others" row of a row limit, a table's totals.

How a column adds up follows from its name: `min_*` and `max_*` keep the smallest and the largest
value, averages, rates and shares are not additive and left out (reports compute them again from the
sums), everything else is a sum. The rates inside `goals` are stored numbers and do add up. See
docs/reference/metrics.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from piwikcli.report.numeric import is_numeric, number
from piwikcli.report.table import DataTable, Row, Value

TOTALS = "totals"
"""Table metadata: column -> total over all rows, before any limit."""
TOTALS_ROW = "totals_row"
"""Table metadata: a Row that renderers with plain rows (csv, xml, table) print last; not part of json."""

_NOT_ADDITIVE = re.compile(r"^avg_|_rate$|_per_|_percent(age)?$|_evolution$|_change(_from)?$|_trend(_from)?$")


def sum_rows(rows: Iterable[Row]) -> dict[str, Value]:
    """The columns of one row that sums `rows`; labels and other texts are left out.

    A column is present if any row has it. Nested columns (`goals`) add up key by key. Floats are
    added in the rows' order.
    """
    total: dict[str, Value] = {}
    for row in rows:
        _add(total, row.columns)
    return total


def _add(total: dict[str, Any], columns: dict[str, Any], *, nested: bool = False) -> None:
    for name, value in columns.items():
        if not nested and (name == "label" or _NOT_ADDITIVE.search(name)):
            continue
        if isinstance(value, dict):
            inner = total.setdefault(name, {})
            if isinstance(inner, dict):
                _add(inner, value, nested=True)
        elif value is None:
            total.setdefault(name, None)
        elif is_numeric(value):
            total[name] = _combine(name, total.get(name), value)


def _combine(name: str, so_far: Value, value: Value) -> Value:
    if so_far is None:
        return value
    if name.startswith("min_"):
        return min(so_far, value, key=number)
    if name.startswith(("max_", "_")):
        return max(so_far, value, key=number)
    return number(so_far) + number(value)


def with_totals(table: DataTable) -> DataTable:
    """The table with its column sums as metadata `totals` (none for an empty table)."""
    totals = {name: value for name, value in sum_rows(table.rows).items() if not name.startswith("_")}
    return replace(table, metadata=table.metadata | {TOTALS: totals})


def with_totals_row(table: DataTable, label: str = "Totals") -> DataTable:
    """The table with a totals row for renderers to append (`keep_totals_row=1`).

    Uses the metadata `totals` where it is there, so that it still sums what limits cut off.
    """
    totals = table.metadata.get(TOTALS) or sum_rows(table.rows)
    return replace(table, metadata=table.metadata | {TOTALS_ROW: Row({"label": label, **totals})})
