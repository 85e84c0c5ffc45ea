"""Goals: what is configured. Goals are changed by `piwik goals`."""

from __future__ import annotations

from typing import Any

from piwikcli.errors import UsageError
from piwikcli.plugins.api import Document, Request, document


def goal_row(row: dict[str, Any]) -> dict[str, Any]:
    """A goal as the Reporting API has it; one that is converted by hand has no pattern."""
    numbers = ("case_sensitive", "allow_multiple", "deleted", "event_value_as_revenue")
    hidden = ("pattern", "pattern_type", "case_sensitive") if row["match_attribute"] == "manually" else ()
    return {name: int(value) if name in numbers else value for name, value in row.items() if name not in hidden}


def all_goals(request: Request) -> Document:
    """Every goal of the sites by its number; `orderByName=1` by name."""
    order = "lower(name), idgoal" if request.parameters.get("orderByName") == "1" else "idsite, idgoal"
    rows = request.rows(
        f"""
        SELECT idsite, idgoal, name, description, match_attribute, pattern, pattern_type, case_sensitive,
               allow_multiple, revenue, deleted, event_value_as_revenue
        FROM goal WHERE idsite = ANY(?) AND NOT deleted ORDER BY {order}
        """,
        [[site.idsite for site in request.sites]],
    )
    return Document({str(row["idgoal"]): goal_row(row) for row in rows} or [])


def one_goal(request: Request) -> Document:
    """The goal `idGoal`. Raises UsageError where there is none."""
    goals = all_goals(request).value
    wanted = request.parameters["idGoal"]
    if wanted not in goals:
        raise UsageError(f"site {request.sites[0].idsite} has no goal {wanted}")
    return Document(goals[wanted])


REPORTS = (
    document("Goals.getGoals", "A site's goals", all_goals, "orderByName", flags=("orderByName",)),
    document("Goals.getGoal", "One goal", one_goal, "idGoal", needs=("idGoal",)),
)
