"""Columns about conversions in the rows of a table, `goal_1_nb_conversions` and the like.

Asked for with `filter_update_columns_when_show_all_goals=1`; `idGoal` says which. Definitions and formulas:
docs/reference/metrics.md, "Columns of goals".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from piwikcli.errors import UsageError
from piwikcli.plugins.api.metrics import Kind
from piwikcli.report.context import ReportContext
from piwikcli.report.details import SPECIAL_GOALS
from piwikcli.report.formatting import quotient
from piwikcli.report.numeric import number
from piwikcli.report.requests import ReportRequest
from piwikcli.report.table import DataTable, Value

ORDER, CART = SPECIAL_GOALS[0], SPECIAL_GOALS[-1]
_FULL = ("conversion_rate", "nb_conversions", "revenue_per_visit", "revenue")
_ECOMMERCE = ("avg_order_revenue", "items")
_PAGES = ("nb_conversions_attrib", "revenue_attrib", "nb_conversions_page_rate")
_ENTRIES = ("nb_conversions_entry", "revenue_per_entry", "revenue_entry", "nb_conversions_entry_rate")
_SETS: Mapping[str, tuple[str, ...]] = {
    "0": _FULL,
    "-1": ("conversion_rate",),
    "-2": (),
    "-3": _PAGES,
    "-4": _ENTRIES,
    "-5": (*_PAGES, *_ECOMMERCE),
    "-6": (*_ENTRIES, *_ECOMMERCE),
}
"""What `idGoal` asks for when it is not one goal: of every goal these columns."""

MONEY = ("revenue_per_visit", "revenue_per_entry", "avg_order_revenue")


def wants_goal_columns(request: ReportRequest) -> bool:
    return request.flag("filter_update_columns_when_show_all_goals")


def add_goal_columns(table: DataTable, request: ReportRequest, context: ReportContext) -> DataTable:
    """The table with `revenue_per_visit` and the columns of each goal in every row. Changes the rows."""
    asked = request.text("idGoal") or "-1"
    if asked not in _SETS and asked not in (ORDER, CART) and not asked.isdigit():
        raise UsageError(f"idGoal={asked} is no goal; columns of all goals are chosen by {', '.join(_SETS)}")
    if asked in _SETS:
        found = {key.removeprefix("idgoal="): None for row in table.walk() for key in row.columns.get("goals", {})}
        more = request.words("filter_show_goal_columns_process_goals")
        wrong = [goal for goal in more if not goal.isdigit() and goal not in (ORDER, CART)]
        if wrong:
            raise UsageError(f"filter_show_goal_columns_process_goals={wrong[0]} is no goal")
        found |= dict.fromkeys(more)
        goals, columns = sorted(found, key=_order), _SETS[asked]
    else:
        goals, columns = [asked], _FULL + (_ECOMMERCE if asked in (ORDER, CART) else ())
    for row in table.walk():
        of_row = row.columns
        if "goals" not in of_row and "nb_visits" not in of_row:
            continue
        of_row["revenue_per_visit"] = _revenue_per_visit(of_row)
        for goal in goals:
            values = of_row.get("goals", {}).get(f"idgoal={goal}", {})
            wanted = (name for name in columns if name not in _ECOMMERCE or goal in (ORDER, CART))
            of_row |= {f"goal_{goal}_{name}": _column(name, values, of_row) for name in wanted}
    return table


def goal_column_kinds(table: DataTable) -> dict[str, Kind]:
    """Kind of each column that was added, for formatting."""
    names = {name for row in table.walk() for name in row.columns}
    kinds: dict[str, Kind] = {
        name: "percent" for name in names if name.startswith("goal_") and name.endswith("_rate")
    }
    return kinds | {name: "money" for name in names if name.endswith(MONEY)}


def _order(goal: str) -> tuple[int, str]:
    numbers = {name: idgoal for idgoal, name in SPECIAL_GOALS.items()}
    return (int(goal) if goal.lstrip("-").isdigit() else numbers.get(goal, 0), goal)


def _revenue_per_visit(row: Mapping[str, Any]) -> Value:
    """Each goal's revenue, cents cut off, per visit; carts left out."""
    goals = row.get("goals", {})
    revenue = sum(int(number(values.get("revenue"))) for key, values in goals.items() if key != f"idgoal={CART}")
    conversions = sum(number(v.get("nb_conversions")) for key, v in goals.items() if key != f"idgoal={CART}")
    per = row.get("nb_visits") or row.get("nb_conversions") or conversions
    return quotient(revenue or int(number(row.get("revenue"))), per, 2)


def _column(name: str, goal: Mapping[str, Any], row: Mapping[str, Any]) -> Value:
    conversions, revenue = goal.get("nb_conversions"), goal.get("revenue")
    if name == "conversion_rate":
        return quotient(conversions, row.get("nb_visits"), 4)
    if name == "revenue_per_visit":
        return quotient(revenue, row.get("nb_visits") or conversions, 2)
    if name == "avg_order_revenue":
        return quotient(revenue, conversions, 2)
    if name == "nb_conversions_entry_rate":
        return quotient(goal.get("nb_conversions_entry"), row.get("entry_nb_visits"), 3)
    if name == "revenue_per_entry":
        return quotient(revenue, row.get("entry_nb_visits") or conversions, 2)
    return goal.get(name, 0)
