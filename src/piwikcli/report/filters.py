"""The generic filters of every table report, in the order in which they are applied.

    Pattern -> PatternRecursive -> ExcludeLowPopulation -> Sort -> Truncate -> Limit

Each is a pure function: it returns a new table and shares the rows that it leaves alone. Parameters
carry the Reporting API's names. Definitions: docs/reference/formats.md, "Filters".
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from piwikcli.declared import dataclass
from piwikcli.errors import UsageError
from piwikcli.report.numeric import number
from piwikcli.report.sorting import Order, sort_table
from piwikcli.report.sums import TOTALS_ROW, sum_rows
from piwikcli.report.table import DataTable, Result, Row, SimpleTable, TableMap, Value

TOTAL_ROWS_BEFORE_LIMIT = "total_rows_before_limit"
"""Table metadata: how many rows there were before `limit`."""
SUMMARY_LABEL = "Others"
LOW_POPULATION_SHARE = 0.02
"""What `filter_excludelowpop` without a value asks of a row: this share of the column's sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenericFilters:
    """What a request asks of the generic filters; the defaults leave a table as it is.

    `filter_limit`, `filter_truncate`: negative means no limit. `filter_sort_column` None keeps the
    order. `has_label`: the request names rows by label, so that truncation and limit are skipped.
    """

    filter_column: str = "label"
    filter_pattern: str | None = None
    filter_column_recursive: str = "label"
    filter_pattern_recursive: str | None = None
    filter_excludelowpop: str | None = None
    filter_excludelowpop_value: float = 0
    filter_sort_column: str | None = None
    filter_sort_order: Order = "desc"
    filter_truncate: int = -1
    filter_offset: int = 0
    filter_limit: int = -1
    keep_summary_row: bool = False
    has_label: bool = False

    def need(self, names: Collection[str]) -> bool:
        """Whether one of the columns is looked at."""
        return bool({self.filter_sort_column, self.filter_excludelowpop, self.filter_column} & set(names))

    @property
    def row_by_row(self) -> bool:
        """Whether sorting and limits alone look at more than one row."""
        low = self.filter_excludelowpop is not None and not self.filter_excludelowpop_value
        return not low and self.filter_truncate < 0 and not self.keep_summary_row


def apply_generic_filters(table: DataTable, wanted: GenericFilters) -> DataTable:
    """The table after all generic filters. Raises UsageError for a pattern that is no regular expression."""
    table = apply_row_filters(table, wanted)
    if wanted.filter_sort_column:
        table = sort_table(table, wanted.filter_sort_column, wanted.filter_sort_order)
    if not wanted.has_label:
        table = truncate(table, wanted.filter_truncate)
        table = limit(table, wanted.filter_offset, wanted.filter_limit, wanted.keep_summary_row)
    return table


def apply_row_filters(table: DataTable, wanted: GenericFilters) -> DataTable:
    """The table after the filters that select rows."""
    if wanted.filter_pattern:
        table = filter_pattern(table, wanted.filter_pattern, wanted.filter_column)
    if wanted.filter_pattern_recursive:
        table = filter_pattern_recursive(table, wanted.filter_pattern_recursive, wanted.filter_column_recursive)
    if wanted.filter_excludelowpop:
        table = exclude_low_population(table, wanted.filter_excludelowpop, wanted.filter_excludelowpop_value)
    return table


def filter_pattern(table: DataTable, pattern: str, column: str = "label") -> DataTable:
    """Only the rows whose column (or metadata of that name) matches, ignoring case; the summary row too."""
    matches = _matcher(pattern, column)
    return replace(table, rows=[row for row in table.rows if matches(row)])


def filter_pattern_recursive(table: DataTable, pattern: str, column: str = "label") -> DataTable:
    """Only the rows that match or have a descendant that does, down all loaded subtables."""
    matches = _matcher(pattern, column)

    def kept(rows: Iterable[Row]) -> Iterable[Row]:
        for row in rows:
            subtable = row.subtable and replace(row.subtable, rows=list(kept(row.subtable.rows)))
            if subtable or matches(row):
                yield row if subtable is None else replace(row, subtable=subtable)

    return replace(table, rows=list(kept(table.rows)))


def _matcher(pattern: str, column: str) -> Callable[[Row], bool]:
    try:
        with warnings.catch_warnings():
            # "possible nested set" and the like: the pattern is the user's, and works
            warnings.simplefilter("ignore", FutureWarning)
            regex = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        message = f"{pattern!r} is not a regular expression: {error}. Escape special characters with a \\."
        raise UsageError(message) from error

    def matches(row: Row) -> bool:
        value = row.columns.get(column, row.metadata.get(column))
        return regex.search("" if value is None else str(value)) is not None

    return matches


def exclude_low_population(table: DataTable, column: str, minimum: float = 0) -> DataTable:
    """Without the rows whose column is below `minimum`; 0 asks for 2 % of the column's sum."""
    if not minimum:
        minimum = LOW_POPULATION_SHARE * sum(number(row.columns.get(column)) for row in table.rows)
    return replace(table, rows=[row for row in table.rows if number(row.columns.get(column)) >= minimum])


def truncate(table: DataTable, rows: int) -> DataTable:
    """The first `rows` rows, the others summed in one row "Others", in every loaded subtable too.

    A table of one row more is left alone, as "Others" would save nothing. A summary row that is there
    already is summed with the rest. Averages and rates are not in the new row: they are computed later.
    """
    if rows < 0:
        return table
    kept = table.rows
    if len(kept) > rows + 1:
        others = Row({"label": SUMMARY_LABEL, **sum_rows(kept[rows:])}, is_summary=True)
        kept = [*kept[:rows], others]
    return replace(
        table,
        rows=[row if row.subtable is None else replace(row, subtable=truncate(row.subtable, rows)) for row in kept],
    )


def limit(table: DataTable, offset: int = 0, rows: int = -1, keep_summary_row: bool = False) -> DataTable:
    """At most `rows` rows (all if negative) from `offset` on, of the root table only.

    The summary row counts as the last one, unless `keep_summary_row` adds it to any selection. The
    number of rows before is kept as metadata `total_rows_before_limit`.
    """
    metadata = table.metadata | {TOTAL_ROWS_BEFORE_LIMIT: len(table.rows)}
    summary = [row for row in table.rows if row.is_summary] if keep_summary_row else []
    candidates = [row for row in table.rows if not row.is_summary] if summary else table.rows
    offset = max(offset, 0)
    end = None if rows < 0 else offset + rows
    return DataTable([*candidates[offset:end], *summary], metadata)


def each_table(result: Result, change: Callable[[DataTable], DataTable]) -> Result:
    """`change` applied to a table, or to each table of a map; single numbers and rows stay as they are."""
    if isinstance(result, DataTable):
        return change(result)
    if isinstance(result, TableMap):
        return TableMap(result.key_name, {key: each_table(one, change) for key, one in result.tables.items()})
    return result


def each_columns(
    result: Result, change: Callable[[dict[str, Value]], dict[str, Value]], *, subtables: bool = True
) -> Result:
    """`change` applied to the columns of every row: of tables, their subtables and totals, maps and simple tables."""

    def changed(table: DataTable) -> DataTable:
        totals = table.metadata.get(TOTALS_ROW)
        if isinstance(totals, Row):
            totals = replace(totals, columns=change(totals.columns))
        return replace(
            table,
            metadata=table.metadata if totals is None else table.metadata | {TOTALS_ROW: totals},
            rows=[
                Row(
                    change(row.columns),
                    row.metadata,
                    row.idsubtable,
                    changed(row.subtable) if subtables and row.subtable else row.subtable,
                    row.is_summary,
                )
                for row in table.rows
            ],
        )

    if isinstance(result, SimpleTable):
        return replace(result, columns=change(result.columns))
    if isinstance(result, TableMap):
        tables = {key: each_columns(one, change, subtables=subtables) for key, one in result.tables.items()}
        return TableMap(result.key_name, tables)
    return changed(result) if isinstance(result, DataTable) else result
