"""The public interface of plugins. Core plugins use nothing else."""

from piwikcli.plugins.api.metrics import (
    BY_NAME,
    METRICS,
    VISIT_METRICS,
    Metric,
    ProcessedMetric,
)
from piwikcli.plugins.api.plugin import Plugin
from piwikcli.plugins.api.records import (
    ActionRecord,
    AnyRecord,
    BucketRecord,
    FlagRecord,
    NumericRecord,
    PageRecord,
    RowCount,
    TableRecord,
    VisitRecord,
)
from piwikcli.plugins.api.reports import Context, Ratio, Report, number, simple
from piwikcli.plugins.api.table import DataTable, Number, Result, Row, SimpleTable, TableMap

__all__ = [
    "BY_NAME",
    "METRICS",
    "VISIT_METRICS",
    "ActionRecord",
    "AnyRecord",
    "BucketRecord",
    "Context",
    "DataTable",
    "FlagRecord",
    "Metric",
    "Number",
    "NumericRecord",
    "PageRecord",
    "Plugin",
    "ProcessedMetric",
    "Ratio",
    "Report",
    "Result",
    "Row",
    "RowCount",
    "SimpleTable",
    "TableMap",
    "TableRecord",
    "VisitRecord",
    "number",
    "simple",
]
