"""Processed metrics: what a report computes from a row's columns. Formulas: docs/reference/metrics.md."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from piwikcli.plugins.api import ProcessedMetric, Report
from piwikcli.plugins.api.reports import Processed, Ratio
from piwikcli.report.context import ReportContext
from piwikcli.report.formatting import quotient
from piwikcli.report.sums import TOTALS_ROW
from piwikcli.report.table import DataTable, Row, Value

# counts are small numbers: the same quotients come again and again
_quotient = lru_cache(maxsize=1 << 16)(quotient)


def processed_of(report: Report, context: ReportContext) -> tuple[Processed, ...]:
    """The report's processed metrics, which may depend on the request."""
    return report.processed(context) if callable(report.processed) else report.processed


def known_columns(report: Report, context: ReportContext) -> Collection[str]:
    """The columns of plugins that any row of the record has: every row has the metrics made of them, then."""
    metrics = (*report.root_processed, *processed_of(report, context))
    if not any(isinstance(metric, Ratio) and metric.optional for metric in metrics):
        return ()
    record = report.record(context) if callable(report.record) else report.record
    return context.reader.metrics(record) if record else ()


def untold(metrics: Sequence[Processed], tables: Iterable[DataTable], known: Collection[str]) -> frozenset[str]:
    """Columns of optional metrics that go, because no row of a table has a dividend other than 0.

    The table comes in pieces, of which no more are looked at than needed.
    """
    left = [metric for metric in metrics if isinstance(metric, Ratio) and metric.optional and metric.divisor in known]
    for table in tables if left else ():
        left = [metric for metric in left if not any(row.columns.get(metric.dividend) for row in table.rows)]
        if not left:
            break
    return frozenset(name for metric in left for name in (metric.dividend, metric.divisor, *metric.beside))


def without(table: DataTable, columns: frozenset[str]) -> DataTable:
    """The table, whose rows lose some columns."""
    for row in table.walk() if columns else ():
        for name in columns & row.columns.keys():
            del row.columns[name]
    return table


def complete(
    table: DataTable, metrics: Sequence[Processed], known: Collection[str], order: Sequence[str]
) -> DataTable:
    """The table, whose rows all get the columns that optional metrics are made of: 0, those beside them None.

    What is beside them are texts with the four decimals of a database column.
    """
    told = [metric for metric in metrics if isinstance(metric, Ratio) and metric.in_every_row]
    told = [metric for metric in told if metric.divisor in known]
    if not told:
        return table
    values: dict[str, Value] = {}
    for metric in told:
        values |= {metric.dividend: 0, metric.divisor: 0, **dict.fromkeys(metric.beside)}
    orders: dict[tuple[str, ...], list[str]] = {}
    texts = [name for metric in told for name in metric.beside]
    places = {name: place for place, name in enumerate(("label", *order))}
    totals = table.metadata.get(TOTALS_ROW)
    rows = [*table.walk(), *([totals] if isinstance(totals, Row) else [])]
    for row in rows:
        if not values.keys() <= row.columns.keys():
            found = values | row.columns
            had = tuple(row.columns)
            if had not in orders:
                orders[had] = sorted(found, key=lambda name: places.get(name, len(places)))
            row.columns = {name: found[name] for name in orders[had]}
        for name in texts:
            value = row.columns[name]
            if value is not None:
                row.columns[name] = f"{value:.4f}"
    return table


def process_table(
    table: DataTable,
    root: Sequence[Processed],
    processed: Sequence[Processed],
    known: Collection[str] = (),
    *,
    below: Sequence[Processed] = (),
) -> None:
    """Compute the metrics of all rows, `root` those of the table's own only, `below` those of its subtables' only.

    `known` are columns that rows of the record have, of which optional metrics are made (`known_columns`).
    """
    for row in table.rows:
        process(row.columns, root, known)
        process(row.columns, processed, known)
        if row.subtable is not None:
            process_table(row.subtable, below, processed, below=below)


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
