"""VisitFrequency: the visit metrics of new and of returning visitors apart.

Returning covers returning customers too. Definitions: docs/reference/metrics.md.
"""

from typing import Literal

from piwikcli.plugins.api import DistinctNumber, NumericRecord, Plugin, simple
from piwikcli.plugins.metrics import suffixed
from piwikcli.plugins.visits_summary import COLUMNS, PROCESSED, UNIQUE

GROUPS = (("new", "v.visitor_returning = 0"), ("returning", "v.visitor_returning > 0"))


def _records(group: str, condition: str) -> tuple[NumericRecord | DistinctNumber, ...]:
    def record(name: str, sql: str, aggregation: Literal["sum", "max"] = "sum") -> NumericRecord:
        return NumericRecord(name=f"{name}_{group}", sql=sql, source="visits", aggregation=aggregation)

    where = f"FILTER ({condition})"
    return (
        record("nb_visits", f"count(*) {where}"),
        DistinctNumber(name=f"nb_uniq_visitors_{group}", of="v.idvisitor", where=condition),
        DistinctNumber(name=f"nb_users_{group}", of="v.user_id", where=condition),
        record("nb_actions", f"sum(v.visit_total_actions) {where}"),
        record("max_actions", f"max(v.visit_total_actions) {where}", "max"),
        record("sum_visit_length", f"sum(v.visit_total_time) {where}"),
        record("bounce_count", f"count(*) FILTER (v.visit_total_actions <= 1 AND {condition})"),
        record("nb_visits_converted", f"count(*) FILTER (v.visit_goal_converted = 1 AND {condition})"),
    )


_COLUMNS = tuple(f"{name}_{group}" for group, _ in GROUPS for name in COLUMNS)

REPORTS = (
    simple(
        "VisitFrequency.get",
        "Visits of new and of returning visitors",
        _COLUMNS,
        unique=tuple(f"{name}_{group}" for group, _ in GROUPS for name in UNIQUE),
        metrics=tuple(f"{name}_{group}" for group, _ in GROUPS for name in (*COLUMNS, *(m.name for m in PROCESSED))),
        processed=tuple(suffixed(metric, f"_{group}") for group, _ in GROUPS for metric in PROCESSED),
        parameters=("columns",),
    ),
)

PLUGIN = Plugin(
    "VisitFrequency",
    records=tuple(r for group in GROUPS for r in _records(*group)),
    reports=REPORTS,
    described_in="piwikcli.plugins.descriptions.actions",
)
