"""Conversions as segments."""

from piwikcli.plugins.api import Dimension

_GOAL_NAME = "(SELECT any_value(g.name) FROM goal g WHERE g.idsite = c.idsite AND g.idgoal = c.idgoal)"

DIMENSIONS = (
    Dimension(
        segment="visitConverted",
        title="Whether the visit converted a goal",
        sql="CAST(coalesce(e.visit_goal_converted, false) AS UTINYINT)",
        table="detail",
        type="number",
        values="0, 1",
    ),
    Dimension(
        segment="visitConvertedGoalId",
        title="Id of a converted goal",
        sql="c.idgoal",
        source="conversion",
        type="number",
        values="a goal's number; 0 an order, -1 a cart",
    ),
    Dimension(segment="visitConvertedGoalName", title="Name of its goal", sql=_GOAL_NAME, source="conversion"),
)
