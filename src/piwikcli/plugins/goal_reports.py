"""The reports of Goals: totals, and how many visits and days conversions take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from piwikcli.errors import UsageError
from piwikcli.plugins.api import Context, DataTable, Ratio, Report
from piwikcli.plugins.ranges import Range, counted, every_range

ORDER, CART = "ecommerceOrder", "ecommerceAbandonedCart"
CORE = ("nb_conversions", "nb_visits_converted", "revenue")
_ORDER_REVENUES = ("revenue_subtotal", "revenue_tax", "revenue_shipping", "revenue_discount")
# visits that a group's conversions are compared with
_VISITS = {"": "nb_visits", "_new_visit": "nb_visits_new", "_returning_visit": "nb_visits_returning"}
_ALL = tuple(_VISITS)
_CONVERTED = "nb_visits_converted"


def _idgoal(context: Context) -> str:
    idgoal = context.parameters.get("idGoal", "")
    if idgoal and not idgoal.isdigit() and idgoal not in (ORDER, CART):
        raise UsageError(f"idGoal={idgoal} is no goal: a number, {ORDER} or {CART}")
    return idgoal


def _stored(name: str, idgoal: str) -> str:
    """The stored number's name: of all goals together for an empty `idgoal`."""
    if not idgoal and name.startswith(_CONVERTED):
        # of all goals together, a visit is converted that says so of itself
        return _CONVERTED + _VISITS[name.removeprefix(_CONVERTED)].removeprefix("nb_visits")
    number = {"": "", ORDER: "0_", CART: "-1_"}.get(idgoal, f"{idgoal}_")
    return f"Goal_{number}{name}"


def _each_goal(context: Context) -> Sequence[str]:
    """The goals whose numbers an overview has beside those of all together."""
    shown = not _idgoal(context) and context.parameters.get("showAllGoalSpecificMetrics") == "1"
    return [str(goal) for goal in context.goals] if shown else []


def _metrics(idgoal: str) -> tuple[str, ...]:
    """What is stored of all goals (empty), of orders (`0` without their parts), of carts, of one goal."""
    if idgoal == ORDER:
        return (*CORE, *_ORDER_REVENUES, "items")
    return (*CORE, "items") if idgoal in ("0", CART) else CORE


def _numerics(groups: tuple[str, ...]) -> Callable[[Context], Mapping[str, str]]:
    def numerics(context: Context) -> Mapping[str, str]:
        idgoal = _idgoal(context)
        names = [f"{name}{group}" for group in groups for name in _metrics(idgoal)]
        each = [(f"{name}{group}", goal) for group in groups for goal in _each_goal(context) for name in CORE]
        return {
            **{_stored(name, idgoal): name for name in names},
            **{_stored(name, goal): f"goal_{goal}_{name}" for name, goal in each},
            **{_VISITS[group]: _VISITS[group] for group in groups},
        }

    return numerics


def _processed(groups: tuple[str, ...]) -> Callable[[Context], tuple[Ratio, ...]]:
    def processed(context: Context) -> tuple[Ratio, ...]:
        ratios: list[Ratio] = []
        for group in groups:
            if _idgoal(context) in (ORDER, CART):
                name = f"avg_order_revenue{group}"
                ratios.append(Ratio(name, f"revenue{group}", f"nb_conversions{group}", 2, "money"))
            converted = f"nb_visits_converted{group}"
            ratios.append(Ratio(f"conversion_rate{group}", converted, _VISITS[group], 4, "percent"))
            for goal in _each_goal(context):
                of_goal = f"goal_{goal}_"
                rate = f"{of_goal}conversion_rate{group}"
                ratios.append(Ratio(rate, f"{of_goal}{converted}", _VISITS[group], 4, "percent"))
        return tuple(ratios)

    return processed


def _totals(action: str, title: str, groups: tuple[str, ...]) -> Report:
    return Report(
        method=f"Goals.{action}",
        title=title,
        kind="simple",
        numerics=_numerics(groups),
        processed=_processed(groups),
        temporary=tuple(_VISITS[group] for group in groups),
        metrics=tuple(
            name + group
            for group in groups
            for name in (*CORE, *_ORDER_REVENUES, "items", "avg_order_revenue", "conversion_rate")
        ),
        parameters=("idGoal", "columns", "showAllGoalSpecificMetrics"),
        flags=("showAllGoalSpecificMetrics",),
        varies="idGoal" if action == "get" else None,
    )


def _total(action: str, title: str, name: str) -> Report:
    return Report(
        method=f"Goals.{action}",
        title=title,
        kind="number",
        number=lambda context: _stored(name, _idgoal(context)),
        metrics=(name,),
        parameters=("idGoal",),
    )


def _of_goal(buckets: tuple[Range, ...]) -> Callable[[DataTable, Context], DataTable]:
    """Conversions of the goal asked for, in every range; without one (or with 0) of all goals of the user."""

    def rows(table: DataTable, context: Context) -> DataTable:
        idgoal = _idgoal(context)
        if idgoal not in ("", "0"):
            for row in table:
                of_goal = row.columns.get("goals", {}).get(f"idgoal={idgoal}", {})
                row.columns["nb_conversions"] = of_goal.get("nb_conversions", 0)
        return every_range(buckets, "nb_conversions", table)

    return rows


def until_conversion(action: str, title: str, record: str, buckets: tuple[Range, ...], unit: str) -> Report:
    """Conversions per number of visits or days that they took."""
    return Report(
        method=f"Goals.{action}",
        title=title,
        record=record,
        rows=_of_goal(buckets),
        label=counted(unit),
        queued=True,
        metrics=("nb_conversions",),
        parameters=("idGoal",),
        varies="idGoal",
        sort=None,
        constant_rows=True,
        dimensions=(f"Goals_{'DaysToConversion' if unit == 'day' else 'VisitsUntilConversion'}",),
    )


REPORTS = (
    _totals("get", "Goals overview", _ALL),
    _totals("getMetrics", "Goals without visitor groups", ("",)),
    _total("getConversions", "Conversions", "nb_conversions"),
    _total("getNbVisitsConverted", "Visits with conversions", "nb_visits_converted"),
    _total("getRevenue", "Revenue", "revenue"),
    Report(
        method="Goals.getConversionRate",
        title="Conversion rate",
        kind="simple",
        numerics=_numerics(("",)),
        processed=_processed(("",)),
        temporary=("nb_visits", *CORE, *_ORDER_REVENUES, "items", "avg_order_revenue"),
        metrics=("conversion_rate",),
        parameters=("idGoal",),
    ),
)
