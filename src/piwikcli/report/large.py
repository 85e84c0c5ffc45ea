"""Tables of very many rows: shaped piece by piece, sorted in a temporary file, read from there as they are printed.

In memory is one piece at a time, whatever the number of rows, and of tables of a map. The rows, their order and their
values are those of `rows.filtered`: what comes before sorting looks at a root row and what is below it, what comes
after it at one row. Requests that look at all rows at once (`rows.is_large`) take the usual way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from piwikcli.plugins.api import Report
from piwikcli.report.context import ReportContext
from piwikcli.report.filters import TOTAL_ROWS_BEFORE_LIMIT, GenericFilters, apply_row_filters
from piwikcli.report.processed import complete, known_columns, process_table, processed_of, untold, without
from piwikcli.report.reader import columns_of
from piwikcli.report.requests import ReportRequest
from piwikcli.report.rows import record_of, row_by_row, shaped
from piwikcli.report.sorted_rows import SortedRows, TemporaryFile
from piwikcli.report.sorting import sort_table
from piwikcli.report.table import DataTable, Row

PIECE = 4_000
"""Rows that are in memory at a time, a root row with all that is below it being the least."""
_BATCH = 1_000


class LargeRows:
    """A sequence of rows that are read anew each time it is gone through."""

    def __init__(self, rows: SortedRows, offset: int, limit: int, finish: Callable[[DataTable], DataTable]) -> None:
        self._rows, self._offset, self._finish = rows, offset, finish
        self._count = max(0, len(rows) - offset if limit < 0 else min(limit, len(rows) - offset))
        self.folded = False
        """Whether one of them sums what a row limit folded."""

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Row]:
        rows = self._rows.read(self._offset, self._count)
        while some := list(islice(rows, _BATCH)):
            yield from self._finish(DataTable(some)).rows


def large_table(
    report: Report,
    context: ReportContext,
    request: ReportRequest,
    default_limit: int | None,
    formatted: Callable[[DataTable], Any],
    file: TemporaryFile | None = None,
) -> DataTable:
    """The finished table, whose rows are read from a temporary file as they are asked for."""
    record = record_of(report, context)
    processed = processed_of(report, context)
    wanted = request.generic_filters(default_limit)
    known = known_columns(report, context)
    metrics, order = (*report.root_processed, *processed), columns_of(record)
    early = wanted.need([metric.name for metric in metrics])
    nested = request.expanded or request.flat
    gone = frozenset[str]()
    if known:
        pieces = context.reader.pieces(record, PIECE, expanded=nested)
        tables = (shaped(report, replace(context, reader=piece), request) for piece in pieces)
        gone = untold(metrics, tables, known)
        known = {*known} - gone
        del pieces, tables

    def finish(table: DataTable) -> DataTable:
        done: DataTable = formatted(row_by_row(table, report, request, processed, known))
        return done

    # finished before they are kept, as formats may read them twice; unless few are asked for
    few = wanted.filter_limit >= 0
    rows = SortedRows(wanted.filter_sort_column, descending=wanted.filter_sort_order == "desc", file=file)
    folded = False
    for piece in context.reader.pieces(record, PIECE, expanded=nested):
        table = complete(
            without(shaped(report, replace(context, reader=piece), request), gone), metrics, known, order
        )
        if early:
            process_table(table, report.root_processed, processed, known)
        table = apply_row_filters(table, wanted)
        for row in table.rows:
            if row.subtable is not None:
                row.subtable = _sorted_subtable(row.subtable, report, wanted)
        folded = folded or any(row.is_summary for row in table.walk())
        keys = [rows.key(row) for row in table.rows]
        rows.add(keys, table.rows if few else finish(table).rows)
        del table, piece  # before the next one is there
    found: Any = LargeRows(rows, max(wanted.filter_offset, 0), wanted.filter_limit, finish if few else _as_they_are)
    found.folded = folded
    return DataTable(found, {TOTAL_ROWS_BEFORE_LIMIT: len(rows)})


def _as_they_are(table: DataTable) -> DataTable:
    return table


def _sorted_subtable(table: DataTable, report: Report, wanted: GenericFilters) -> DataTable:
    if wanted.filter_sort_column:
        table = sort_table(table, wanted.filter_sort_column, wanted.filter_sort_order)
    return sort_table(table, report.subtable_sort, "asc") if report.subtable_sort is not None else table
