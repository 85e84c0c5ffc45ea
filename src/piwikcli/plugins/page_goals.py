"""Goals in rows of pages: how many of the site's conversions came after a view. Docs: docs/reference/metrics.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from piwikcli.plugins.api import Context, DataTable

Rows = Callable[[DataTable, Context], DataTable]
_NUMBERS = {"ecommerceOrder": "0", "ecommerceAbandonedCart": "-1"}


def with_page_rates(rows: Rows | None = None, *, leaves_of_flat: bool = False) -> Rows:
    """`rows`, and then `nb_conversions_page_rate` in the goals of the rows that are asked for; below them it is 0.

    `leaves_of_flat`: those below have it in a flat table.
    """

    def changed(table: DataTable, context: Context) -> DataTable:
        table = rows(table, context) if rows else table
        all_levels = leaves_of_flat and context.parameters.get("flat") == "1"
        asked = None if all_levels else {id(row) for row in table}
        for row in table.walk():
            goals = row.columns.get("goals")
            if goals:
                known = context if asked is None or id(row) in asked else None
                row.columns["goals"] = {goal: _with_rate(goal, values, known) for goal, values in goals.items()}
        return table

    return changed


def _with_rate(goal: str, values: dict[str, Any], context: Context | None) -> dict[str, Any]:
    if "nb_conversions_page_uniq" not in values or (context is None and "nb_conv_pages_before" not in values):
        return values
    rate = 0.0
    if context is not None:
        idgoal = goal.removeprefix("idgoal=")
        total = context.number(f"Goal_{_NUMBERS.get(idgoal, idgoal)}_nb_conversions")
        found = values["nb_conversions_page_uniq"]
        # three decimals, halves up: both are whole numbers
        rate = (min(1000, (2000 * found + total) // (2 * total)) if total else 0) / 1000
    result: dict[str, Any] = {}
    for name, value in values.items():
        if name == "nb_conversions_page_uniq":
            result["nb_conversions_page_rate"] = int(rate) if rate.is_integer() else rate
        result[name] = value
    return result
