"""The public interface of plugins. Core plugins use nothing else."""

from piwikcli.plugins.api.describe import Description
from piwikcli.plugins.api.dimensions import (
    Dimension,
    SegmentValue,
)
from piwikcli.plugins.api.metrics import (
    BY_NAME,
    GOAL_METRICS,
    METRICS,
    VISIT_METRICS,
    Measure,
    Metric,
    ProcessedMetric,
)
from piwikcli.plugins.api.plugin import Plugin
from piwikcli.plugins.api.records import (
    ActionRecord,
    AnyRecord,
    BucketRecord,
    ConversionBucketRecord,
    ConversionNumbers,
    DistinctNumber,
    FlagRecord,
    ItemRecord,
    NumericRecord,
    PageRecord,
    PerDimension,
    RowCount,
    TableRecord,
    TrackedRecord,
    VisitRecord,
)
from piwikcli.plugins.api.reports import Context, Ratio, Report, Request, Span, number, simple
from piwikcli.plugins.api.table import Answer, DataTable, Document, Number, Result, Row, SimpleTable, TableMap
from piwikcli.plugins.api.tasks import Task, TaskRun

__all__ = [
    "BY_NAME",
    "GOAL_METRICS",
    "METRICS",
    "VISIT_METRICS",
    "ActionRecord",
    "Answer",
    "AnyRecord",
    "BucketRecord",
    "Context",
    "ConversionBucketRecord",
    "ConversionNumbers",
    "DataTable",
    "Description",
    "Dimension",
    "DistinctNumber",
    "Document",
    "FlagRecord",
    "ItemRecord",
    "Measure",
    "Metric",
    "Number",
    "NumericRecord",
    "PageRecord",
    "PerDimension",
    "Plugin",
    "ProcessedMetric",
    "Ratio",
    "Report",
    "Request",
    "Result",
    "Row",
    "RowCount",
    "SegmentValue",
    "SimpleTable",
    "Span",
    "TableMap",
    "TableRecord",
    "Task",
    "TaskRun",
    "TrackedRecord",
    "VisitRecord",
    "number",
    "simple",
]
