"""Goals: conversions and revenue. Goals and orders come with tracking requests; without any, all is 0."""

from collections.abc import Mapping

from piwikcli.plugins.api import Context, NumericRecord, Plugin, Ratio, Report

_OVERVIEW = "c.idgoal >= 0"  # carts are not conversions
GROUPS = (
    ("", "true"),
    ("_new_visit", "c.visitor_returning = 0"),
    ("_returning_visit", "c.visitor_returning > 0"),
)


def _records(suffix: str, condition: str) -> tuple[NumericRecord, ...]:
    def record(name: str, sql: str) -> NumericRecord:
        return NumericRecord(name=name + suffix, sql=sql, source="conversions")

    overview = f"FILTER ({_OVERVIEW} AND {condition})"
    orders = f"FILTER (c.idgoal = 0 AND {condition})"
    return (
        record("Goal_nb_conversions", f"count(*) {overview}"),
        record("Goal_nb_visits_converted", f"count(DISTINCT c.idvisit) {overview}"),
        record("Goal_revenue", f"round(sum(c.revenue) {overview}, 2)"),
        record("Goal_0_nb_conversions", f"count(*) {orders}"),
        record("Goal_0_nb_visits_converted", f"count(DISTINCT c.idvisit) {orders}"),
        record("Goal_0_revenue", f"round(sum(c.revenue) {orders}, 2)"),
        record("Goal_0_items", f"sum(c.items) {orders}"),
    )


ORDER, CART = "ecommerceOrder", "ecommerceAbandonedCart"
_CORE = ("nb_conversions", "nb_visits_converted", "revenue")
_ORDER_REVENUES = ("revenue_subtotal", "revenue_tax", "revenue_shipping", "revenue_discount")
# visits that a group's conversions are compared with
_VISITS = {"": "nb_visits", "_new_visit": "nb_visits_new", "_returning_visit": "nb_visits_returning"}


def _goal_metrics(idgoal: str) -> tuple[str, ...]:
    """What is stored of all goals (empty), of orders (`0` without their parts), of carts, of one goal."""
    if idgoal == ORDER:
        return (*_CORE, *_ORDER_REVENUES, "items")
    return (*_CORE, "items") if idgoal in ("0", CART) else _CORE


def _goal_numerics(context: Context) -> Mapping[str, str]:
    idgoal = context.parameters.get("idGoal", "")
    prefix = {"": "Goal_", ORDER: "Goal_0_", CART: "Goal_-1_"}.get(idgoal, f"Goal_{idgoal}_")
    metrics = _goal_metrics(idgoal)
    stored = {f"{prefix}{name}{suffix}": f"{name}{suffix}" for suffix in _VISITS for name in metrics}
    return {**stored, **{visits: visits for visits in _VISITS.values()}}


def _goal_processed(context: Context) -> tuple[Ratio, ...]:
    ratios: list[Ratio] = []
    for suffix, visits in _VISITS.items():
        if context.parameters.get("idGoal", "") in (ORDER, CART):
            name = f"avg_order_revenue{suffix}"
            ratios.append(Ratio(name, f"revenue{suffix}", f"nb_conversions{suffix}", 2, "money"))
        converted = f"nb_visits_converted{suffix}"
        ratios.append(Ratio(f"conversion_rate{suffix}", converted, visits, 4, "percent"))
    return tuple(ratios)


REPORTS = (
    Report(
        method="Goals.get",
        title="Goals overview",
        kind="simple",
        numerics=_goal_numerics,
        processed=_goal_processed,
        temporary=tuple(_VISITS.values()),
        metrics=tuple(
            name + suffix
            for suffix in _VISITS
            for name in (*_CORE, *_ORDER_REVENUES, "items", "avg_order_revenue", "conversion_rate")
        ),
        parameters=("idGoal", "columns"),
    ),
)

PLUGIN = Plugin(
    "Goals",
    records=tuple(r for group in GROUPS for r in _records(*group)),
    reports=REPORTS,
    described_in="piwikcli.plugins.descriptions.goals",
)
