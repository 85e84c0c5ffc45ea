"""Metrics as data: the columns that records store and the numbers that reports compute from them.

Ids and aggregation rules: docs/reference/metrics.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from piwikcli.declared import dataclass

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

GOAL_METRICS: tuple[Metric, ...] = (
    Metric(1, "nb_conversions"),
    Metric(3, "nb_visits_converted"),
    Metric(2, "revenue"),
    Metric(4, "revenue_subtotal"),
    Metric(5, "revenue_tax"),
    Metric(6, "revenue_shipping"),
    Metric(7, "revenue_discount"),
    Metric(8, "items"),
    Metric(9, "nb_conv_pages_before"),
    Metric(10, "nb_conversions_attrib"),
    Metric(12, "nb_conversions_page_uniq"),
    Metric(15, "revenue_attrib"),
    Metric(17, "revenue_entry"),
    Metric(13, "nb_conversions_entry_rate"),
    Metric(14, "revenue_per_entry"),
    Metric(16, "nb_conversions_entry"),
)
"""Every column that `archive_goal` has, in the order in which reports show them. All of them add up."""

ITEM_METRICS: tuple[Metric, ...] = (
    Metric(23, "revenue"),
    Metric(24, "quantity"),
    Metric(25, "price"),
    Metric(26, "orders"),
    Metric(27, "price_viewed"),
)
"""What rows of products have beside visits, visitors and views of their pages."""

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
class Measure:
    """A metric that a record has beside the common ones, and the SQL aggregate that gives it for one group.

    Ids below 1000 are those of docs/reference/metrics.md; a plugin's own metrics take ids from there on. Two
    metrics of one id, or two of one record with one name, are refused.
    """

    metric: Metric
    sql: str


@dataclass(frozen=True, slots=True)
class ProcessedMetric:
    """A number computed from a row's columns when the report is made, never stored."""

    name: str
    compute: Callable[[Mapping[str, Any]], int | float]
    kind: Kind = "number"
    needs: tuple[str, ...] = ()
    """Columns that the formula reads."""
