"""Processed metrics that several plugins' reports have. Formulas: docs/reference/metrics.md."""

from __future__ import annotations

from piwikcli.plugins.api import Ratio

ACTIONS_PER_VISIT = Ratio("nb_actions_per_visit", "nb_actions", "nb_visits", 1)
TIME_ON_SITE = Ratio("avg_time_on_site", "sum_visit_length", "nb_visits", 0, "duration")
BOUNCE_RATE = Ratio("bounce_rate", "bounce_count", "nb_visits", 2, "percent")
CONVERSION_RATE = Ratio("conversion_rate", "nb_visits_converted", "nb_visits", 4, "percent")

VISIT_COLUMNS = (
    "nb_visits",
    "nb_uniq_visitors",
    "nb_actions",
    "nb_users",
)
"""What a report of a visit dimension is about."""

NOT_COUNTS = frozenset({"label", "goals", "nb_conversions", "revenue"})
"""Columns that a row of zeros does not have."""

SHOW_ALL_COLUMNS = (CONVERSION_RATE, ACTIONS_PER_VISIT, TIME_ON_SITE, BOUNCE_RATE)
"""Added to every row by `filter_add_columns_when_show_all_columns=1`."""


def suffixed(metric: Ratio, suffix: str) -> Ratio:
    """The same metric of columns whose names end in `suffix` (new visitors, returning visitors)."""
    return Ratio(
        metric.name + suffix, metric.dividend + suffix, metric.divisor + suffix, metric.decimals, metric.kind
    )
