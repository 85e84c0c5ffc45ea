"""aggregate: custom variables of visits, pages and conversions -> leaf rows. See docs/reference/metrics.md."""

from __future__ import annotations

from collections.abc import Iterable

from piwikcli.archive import leaves
from piwikcli.archive.conversions import add_converted
from piwikcli.plugins.api import TableRecord, VariableRecord, literal
from piwikcli.store import Connection

SLOTS = 5
_VISITS = {
    "nb_uniq_visitors": "count(DISTINCT idvisitor)",
    "nb_visits": "count(*)",
    "nb_actions": "sum(visit_total_actions)",
    "nb_users": "count(DISTINCT user_id)",
    "max_actions": "max(visit_total_actions)",
    "sum_visit_length": "sum(visit_total_time)",
    "bounce_count": "count(*) FILTER (visit_total_actions <= 1)",
    "nb_visits_converted": "count(*) FILTER (visit_goal_converted = 1)",
}
_PAGES = {
    "nb_uniq_visitors": "count(DISTINCT idvisitor)",
    "nb_visits": "count(DISTINCT idvisit)",
    "nb_actions": "count(*)",
}


def add_variables(connection: Connection, records: Iterable[TableRecord]) -> None:
    """Leaves of the records of this kind, from tables `v`, `t` and `c`."""
    path = f"[{literal('name')}, {literal('value')}]"
    for record in records:
        if not isinstance(record, VariableRecord):
            continue
        for table, variables, columns in (("v", "custom_var", _VISITS), ("t", "page_var", _PAGES)):
            values = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
            select = f"SELECT idarchive, {path} AS path, {values} FROM ({_each(table, variables)})"
            leaves.add(connection, record.name, columns, f"{select} GROUP BY ALL")
        add_converted(
            connection, record.name, f"({_each('c', 'custom_var')}) c", (literal("c.name"), literal("c.value"))
        )


def _each(table: str, variables: str) -> str:
    """Rows of a table once for each of their variables, as `name` and `value`."""
    return f"""
        SELECT x.*, {variables}[2 * slot - 1] AS name, coalesce({variables}[2 * slot], '') AS value
        FROM (SELECT * FROM {table} WHERE {variables} IS NOT NULL) x, range(1, {SLOTS + 1}) s(slot)
        WHERE {variables}[2 * slot - 1] <> ''
    """
