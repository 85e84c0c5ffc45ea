"""Tables of very many rows: shaped piece by piece, kept in a temporary file, finished while they are printed.

In memory are a piece at a time, and of every row what it is sorted by. The rows, their order and their values are
those of `rows.filtered`: what comes before the generic filters looks at a root row and what is below it, what comes
after them at one row. Requests that look at all rows at once (`rows.is_large`) take the usual way.
"""

from __future__ import annotations

import pickle
import tempfile
import weakref
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from piwikcli.plugins.api import Report
from piwikcli.report.context import ReportContext
from piwikcli.report.filters import TOTAL_ROWS_BEFORE_LIMIT, GenericFilters
from piwikcli.report.processed import process_table, processed_of
from piwikcli.report.requests import ReportRequest
from piwikcli.report.rows import record_of, row_by_row, shaped
from piwikcli.report.sorting import sort_table, sorted_items
from piwikcli.report.table import DataTable, Row

PIECE = 4_000
"""Rows that are in memory at a time, a root row with all that is below it being the least."""
_BATCH = 1_000


class LargeRows:
    """A sequence of rows in a temporary file, read anew, and finished, each time it is gone through."""

    def __init__(
        self, file: Any, places: array[int], order: Sequence[int], finish: Callable[[DataTable], Any]
    ) -> None:
        self._file, self._places, self._order, self._finish = file, places, order, finish
        self.folded = False
        """Whether one of them sums what a row limit folded."""
        weakref.finalize(self, file.close)

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Row]:
        order = iter(self._order)
        while some := list(islice(order, _BATCH)):
            yield from self._finish(DataTable([self._read(number) for number in some])).rows

    def _read(self, number: int) -> Row:
        self._file.seek(self._places[number])
        row: Row = pickle.load(self._file)
        return row


def large_table(
    report: Report,
    context: ReportContext,
    request: ReportRequest,
    default_limit: int | None,
    formatted: Callable[[DataTable], Any],
) -> DataTable:
    """The finished table, whose rows are read from a temporary file as they are asked for."""
    record = record_of(report, context)
    assert record is not None
    processed = processed_of(report, context)
    wanted = request.generic_filters(default_limit)
    early = wanted.filter_sort_column in {metric.name for metric in (*report.root_processed, *processed)}
    keys = _Keys(wanted.filter_sort_column)
    file = tempfile.TemporaryFile()  # noqa: SIM115  # it lives as long as the rows
    places = array("Q")
    folded = False
    for piece in context.reader.pieces(record, PIECE, expanded=request.expanded or request.flat):
        table = shaped(report, replace(context, reader=piece), request)
        if early:
            process_table(table, report.root_processed, processed)
        folded = _keep(table, report, wanted, keys, places, file) or folded
        del table, piece  # before the next one is there
    order = keys.order(wanted)
    chosen = order[max(wanted.filter_offset, 0) :]
    if wanted.filter_limit >= 0:
        chosen = chosen[: wanted.filter_limit]

    def finish(table: DataTable) -> Any:
        return formatted(row_by_row(table, report, request, processed))

    rows: Any = LargeRows(file, places, chosen, finish)
    rows.folded = folded
    return DataTable(rows, {TOTAL_ROWS_BEFORE_LIMIT: len(order)})


def _keep(
    table: DataTable, report: Report, wanted: GenericFilters, keys: _Keys, places: array[int], file: Any
) -> bool:
    """Write the rows to the file and remember what they are sorted by; whether one of them sums folded rows."""
    folded = False
    for row in table.rows:
        if row.subtable is not None:
            row.subtable = _sorted_subtable(row.subtable, report, wanted)
            folded = folded or any(below.is_summary for below in row.subtable.walk())
        folded = folded or row.is_summary
        keys.add(row)
        places.append(file.tell())
        pickle.dump(row, file, pickle.HIGHEST_PROTOCOL)
    return folded


def _sorted_subtable(table: DataTable, report: Report, wanted: GenericFilters) -> DataTable:
    if wanted.filter_sort_column:
        table = sort_table(table, wanted.filter_sort_column, wanted.filter_sort_order)
    return sort_table(table, report.subtable_sort, "asc") if report.subtable_sort is not None else table


class _Keys:
    """What rows are sorted by, in columns."""

    def __init__(self, column: str | None) -> None:
        names = {"label", "nb_visits"} | ({column} if column else set())
        self._columns: dict[str, list[Any]] = {name: [] for name in names}
        self._widths = array("H")
        self._summary: list[int] = []

    def add(self, row: Row) -> None:
        if row.is_summary:
            self._summary.append(len(self._widths))
        self._widths.append(len(row.columns))
        for name, values in self._columns.items():
            values.append(row.columns.get(name))

    def order(self, wanted: GenericFilters) -> list[int]:
        """The rows' numbers as `sort_table` would order them."""
        last = set(self._summary)
        rows = [number for number in range(len(self._widths)) if number not in last]
        column = wanted.filter_sort_column
        if column and rows and self._columns[column][rows[0]] is None:
            column = "nb_visits"
        if column and rows and self._columns[column][rows[0]] is not None:
            descending = wanted.filter_sort_order == "desc"
            rows = sorted_items(rows, self._value, self._widths.__getitem__, column, descending)
        return rows + self._summary

    def _value(self, number: int, name: str) -> Any:
        return self._columns[name][number]
