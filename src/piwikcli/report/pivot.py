"""`pivotBy`: one column per value of a second dimension, instead of subtables.

See docs/reference/reports.md, "Pivot tables".
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from piwikcli.errors import UsageError
from piwikcli.plugins.api import Report
from piwikcli.report.filters import SUMMARY_LABEL
from piwikcli.report.numeric import number
from piwikcli.report.sorting import natural_key
from piwikcli.report.table import DataTable, Value

COLUMN_LIMIT = 10


def check_dimension(report: Report, dimension: str) -> None:
    """Raises UsageError unless the report's subtables are by `dimension` (`Referrers.SearchEngine`)."""
    below = tuple(name.replace("_", ".") for name in report.dimensions[1:])
    if report.subtable is None or dimension not in below[:1]:
        can = f" {report.method} can be pivoted by {below[0]}." if report.subtable and below else ""
        raise UsageError(f"Invalid dimension '{dimension}'.{can}")


def pivot(table: DataTable, column: str, limit: int, *, ranked: bool) -> DataTable:
    """The table with its loaded subtables turned into columns: label -> that row's `column`.

    The columns with the largest totals come first; `limit` bounds them (negative: all), what is beyond it is summed
    in `Others`. A row without the value has 0. `ranked` puts the rank before a column's name: `1. Google`.
    """
    totals: dict[str, float] = defaultdict(float)
    for row in table.rows:
        for below in row.subtable.rows if row.subtable is not None else ():
            totals[str(below.label)] += number(below.columns.get(column))
    names = sorted(totals, key=lambda name: (-totals[name], natural_key(name), name))
    names = [name for name in names if name != SUMMARY_LABEL]
    kept = names if limit < 0 else names[:limit]
    has_others = len(kept) < len(names) or SUMMARY_LABEL in totals
    shown = {name: f"{rank}.\N{NO-BREAK SPACE}{name}" if ranked else name for rank, name in enumerate(kept, 1)}
    rows = []
    for row in table.rows:
        columns: dict[str, Value] = dict.fromkeys(shown.values(), 0)
        if has_others:
            columns[SUMMARY_LABEL] = 0
        for below in row.subtable.rows if row.subtable is not None else ():
            name = shown.get(str(below.label), SUMMARY_LABEL)
            columns[name] += number(below.columns.get(column))
        rows.append(replace(row, columns={"label": row.label} | columns, subtable=None, idsubtable=None))
    return replace(table, rows=rows)
