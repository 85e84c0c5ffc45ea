"""Processed metrics: what a report computes from a row's columns. Formulas: docs/reference/metrics.md."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from piwikcli.plugins.api import ProcessedMetric, Report
from piwikcli.plugins.api.reports import Processed, Ratio
from piwikcli.report.context import ReportContext
from piwikcli.report.formatting import quotient
from piwikcli.report.table import DataTable, Value

# counts are small numbers: the same quotients come again and again
_quotient = lru_cache(maxsize=1 << 16)(quotient)


def processed_of(report: Report, context: ReportContext) -> tuple[Processed, ...]:
    """The report's processed metrics, which may depend on the request."""
    return report.processed(context) if callable(report.processed) else report.processed


def process_table(
    table: DataTable,
    root: Sequence[Processed],
    processed: Sequence[Processed],
    known: Collection[str] = (),
    *,
    below: Sequence[Processed] = (),
) -> None:
    """Compute the metrics of all rows, `root` those of the table's own only, `below` those of its subtables' only.

    `known` are columns that rows outside this piece of a table have.
    """
    known = {*known, *divisors_of(table, (*root, *processed))}
    for row in table.rows:
        process(row.columns, root, known)
        process(row.columns, processed, known)
        if row.subtable is not None:
            process_table(row.subtable, below, processed, below=below)


def divisors_of(table: DataTable, metrics: Sequence[Processed]) -> Iterator[str]:
    """The divisors of optional metrics that any row of the table has: all its rows have the metric, then."""
    optional = (metric.divisor for metric in metrics if isinstance(metric, Ratio) and metric.optional)
    return (divisor for divisor in optional if any(divisor in row.columns for row in table.rows))


def process(columns: dict[str, Value], metrics: Sequence[Processed], known: Collection[str] = ()) -> None:
    """Compute the metrics that the row does not have yet."""
    for metric in metrics:
        if metric.name in columns:
            continue
        if isinstance(metric, ProcessedMetric):
            columns[metric.name] = metric.compute(columns)
        elif not metric.optional or metric.divisor in columns or metric.divisor in known:
            dividend, divisor = columns.get(metric.dividend), columns.get(metric.divisor)
            columns[metric.name] = _quotient(dividend, divisor, metric.decimals)
