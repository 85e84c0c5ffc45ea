"""Metrics as data: the columns that records store and the numbers that reports compute from them.

Ids and aggregation rules: docs/reference/metrics.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Aggregation = Literal["sum", "max", "min"]
Kind = Literal["number", "percent", "duration", "money"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A stored column of a record.

    `id` is the column's identity (the number Matomo uses for it); `name` what reports call it.
    `period_name` is set for distinct counts, which cannot be added up: rows of periods longer than
    a day carry the sum of the days' values under that name instead.
    """

    id: int
    name: str
    aggregation: Aggregation = "sum"
    period_name: str | None = None


METRICS: tuple[Metric, ...] = (
    Metric(1, "nb_uniq_visitors", period_name="sum_daily_nb_uniq_visitors"),
    Metric(2, "nb_visits"),
    Metric(3, "nb_actions"),
    Metric(39, "nb_users", period_name="sum_daily_nb_users"),
    Metric(4, "max_actions", "max"),
    Metric(5, "sum_visit_length"),
    Metric(6, "bounce_count"),
    Metric(7, "nb_visits_converted"),
    Metric(8, "nb_conversions"),
    Metric(9, "revenue"),
    Metric(12, "nb_hits"),
    Metric(13, "sum_time_spent"),
    Metric(28, "no_result"),
    Metric(29, "nb_hits_following_search"),
    Metric(17, "entry_nb_uniq_visitors", period_name="sum_daily_entry_nb_uniq_visitors"),
    Metric(19, "entry_nb_visits"),
    Metric(20, "entry_nb_actions"),
    Metric(21, "entry_sum_visit_length"),
    Metric(22, "entry_bounce_count"),
    Metric(14, "exit_nb_uniq_visitors", period_name="sum_daily_exit_nb_uniq_visitors"),
    Metric(15, "exit_nb_visits"),
)
"""Every column that `archive_row` has, in the order in which reports show them."""

BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}

VISIT_METRICS: tuple[str, ...] = (
    "nb_uniq_visitors",
    "nb_visits",
    "nb_actions",
    "nb_users",
    "max_actions",
    "sum_visit_length",
    "bounce_count",
    "nb_visits_converted",
)
"""What every record of a visit dimension stores."""


@dataclass(frozen=True, slots=True)
class ProcessedMetric:
    """A number computed from a row's columns when the report is made, never stored."""

    name: str
    compute: Callable[[Mapping[str, Any]], int | float]
    kind: Kind = "number"
    needs: tuple[str, ...] = ()
    """Columns that the formula reads."""
