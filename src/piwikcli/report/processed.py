"""Processed metrics: what a report computes from a row's columns. Formulas: docs/reference/metrics.md."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from piwikcli.plugins.api import ProcessedMetric, Report
from piwikcli.plugins.api.reports import Processed
from piwikcli.report.context import ReportContext
from piwikcli.report.formatting import quotient
from piwikcli.report.table import DataTable, Value

# counts are small numbers: the same quotients come again and again
_quotient = lru_cache(maxsize=1 << 16)(quotient)


def processed_of(report: Report, context: ReportContext) -> tuple[Processed, ...]:
    """The report's processed metrics, which may depend on the request."""
    return report.processed(context) if callable(report.processed) else report.processed


def process_table(table: DataTable, root: Sequence[Processed], processed: Sequence[Processed]) -> None:
    for row in table.rows:
        process(row.columns, root)
        process(row.columns, processed)
        if row.subtable is not None:
            process_table(row.subtable, (), processed)


def process(columns: dict[str, Value], metrics: Sequence[Processed]) -> None:
    """Compute the metrics that the row does not have yet."""
    for metric in metrics:
        if metric.name in columns:
            continue
        if isinstance(metric, ProcessedMetric):
            columns[metric.name] = metric.compute(columns)
        elif not metric.optional or metric.divisor in columns:
            dividend, divisor = columns.get(metric.dividend), columns.get(metric.divisor)
            columns[metric.name] = _quotient(dividend, divisor, metric.decimals)
