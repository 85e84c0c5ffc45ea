"""aggregate: conversions and measures of pages -> details of page records' leaf rows.

A page takes part in every conversion that comes after a view of it in the visit; the page that a visit began with
also has all of the visit's conversions. Definitions: docs/reference/metrics.md#goals.
"""

from __future__ import annotations

from collections.abc import Iterable

from piwikcli.archive.pages import UNDEFINED
from piwikcli.archive.paths import number_paths, place_actions
from piwikcli.plugins.api import PageRecord, TableRecord
from piwikcli.store import Connection, number

_PAIRS = (
    *("nb_conversions", "revenue", "nb_conv_pages_before", "nb_conversions_attrib"),
    *("nb_conversions_page_uniq", "revenue_attrib"),
)
_ENTRIES = ("nb_conversions_entry", "revenue_entry")


def add_page_details(connection: Connection, records: Iterable[TableRecord]) -> None:
    """Add to `leaf_goal` and `leaf_metric` what tables `c` and `t` have of pages."""
    pages = [record for record in records if isinstance(record, PageRecord)]
    converted = bool(number(connection, "SELECT count(*) FROM c"))
    measured = bool(number(connection, "SELECT count(*) FROM t"))
    for record in pages:
        if converted and record.conversions:
            _conversions(connection, record)
        if measured and record.measures:
            _measures(connection, record)


def _conversions(connection: Connection, record: PageRecord) -> None:
    _pairs(connection, record)
    _entries(connection, record)
    place_actions(connection, record.tree, "pairs")
    place_actions(connection, record.tree, "entries")
    placed = f"JOIN action_path p ON p.idaction = x.idaction AND p.tree = '{record.tree}'"
    sums = ", ".join(f"sum({name}) AS {name}" for name in (*_PAIRS, *_ENTRIES))
    connection.execute(
        f"""
        INSERT INTO leaf_goal BY NAME
        WITH visits AS (
            SELECT x.idarchive, p.idpath, count(*) AS entry_nb_visits
            FROM (SELECT idarchive, visit_entry_{record.column} AS idaction FROM v) x {placed} GROUP BY ALL
        ), goals AS (
            SELECT x.idarchive, x.idgoal, p.idpath, {sums}
            FROM (SELECT * FROM pairs UNION ALL BY NAME SELECT * FROM entries) x {placed} GROUP BY ALL
        )
        SELECT g.idarchive, '{record.name}' AS record, g.idpath, g.idgoal, g.* EXCLUDE (idarchive, idpath, idgoal),
               {_quotient("nb_conversions_entry")} AS nb_conversions_entry_rate,
               {_quotient("revenue_entry")} AS revenue_per_entry
        FROM goals g LEFT JOIN visits USING (idarchive, idpath)
        """
    )


def _quotient(column: str) -> str:
    """A column per entry, 3 decimals, halves away from zero on the decimal value."""
    return f"round(CAST({column} / entry_nb_visits AS DECIMAL(30, 9)), 3)::DOUBLE"


def _pairs(connection: Connection, record: PageRecord) -> None:
    """Table `pairs`: conversions with each view before them, per archive, goal and action.

    Of several conversions of one goal in a visit, the one after most pages stands for the visit.
    """
    types = ", ".join(map(str, record.types))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE pairs AS
        WITH per_visit AS (
            SELECT c.idarchive, c.idgoal, q.{record.column} AS idaction, c.idvisit, count(*) AS n,
                   sum(c.revenue) AS revenue, max(c.pageviews_before) AS before,
                   sum(round_even(1 / nullif(c.pageviews_before, 0), 4)) AS attrib,
                   round_even(sum(c.revenue / nullif(c.pageviews_before, 0)) * 100, 0) / 100 AS revenue_attrib
            FROM c
            JOIN request q ON q.idvisit = c.idvisit AND q.server_time <= c.server_time AND q.kind < 100
            JOIN log_action l ON l.idaction = q.{record.column} AND l.type IN ({types})
            WHERE {record.conversions == "all"}
            GROUP BY ALL
        )
        SELECT idarchive, idgoal, idaction, sum(n) AS nb_conversions, round_even(sum(revenue), 2) AS revenue,
               max(before) AS nb_conv_pages_before, sum(attrib) AS nb_conversions_attrib,
               sum(n) AS nb_conversions_page_uniq, sum(revenue_attrib) AS revenue_attrib
        FROM per_visit GROUP BY ALL
        """
    )


def _entries(connection: Connection, record: PageRecord) -> None:
    """Table `entries`: conversions of visits that began with an action of the record; no carts."""
    types = ", ".join(map(str, record.types))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE entries AS
        SELECT c.idarchive, c.idgoal, l.idaction, count(*) AS nb_conversions_entry,
               round_even(sum(c.revenue), 2) AS revenue_entry
        FROM c
        JOIN visit w ON w.idvisit = c.idvisit
        JOIN log_action l ON l.idaction = w.visit_entry_{record.column} AND l.type IN ({types})
        WHERE c.idgoal >= 0
        GROUP BY ALL
        """
    )


def _measures(connection: Connection, record: PageRecord) -> None:
    types = ", ".join(map(str, record.types))
    values = ", ".join(f"{measure.sql} AS {measure.metric.name}" for measure in record.measures)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE measured_actions AS
        SELECT t.idarchive, t.{record.column} AS idaction, {values}
        FROM t JOIN log_action l ON l.idaction = t.{record.column} AND l.type IN ({types})
        GROUP BY ALL
        """
    )
    place_actions(connection, record.tree, "measured_actions")
    of_path = ", ".join(f"{m.metric.aggregation}({m.metric.name}) AS {m.metric.name}" for m in record.measures)
    placed = f"""
        SELECT x.idarchive, p.idpath, {of_path}
        FROM measured_actions x JOIN action_path p ON p.idaction = x.idaction AND p.tree = '{record.tree}'
        GROUP BY ALL
    """
    if record.undefined is not None:
        undefined = UNDEFINED[record.column].format("t")
        connection.execute(f"CREATE OR REPLACE TEMP TABLE undefined AS SELECT ['{record.undefined}'] AS path")
        number_paths(connection, "undefined")
        placed += f"""
            UNION ALL BY NAME
            SELECT t.idarchive, p.idpath, {values}
            FROM t, undefined JOIN archive_path p USING (path)
            WHERE {undefined}
            GROUP BY ALL
        """
    numbers = ", ".join(f"{measure.metric.name}::DOUBLE" for measure in record.measures)
    connection.execute(
        f"""
        INSERT INTO leaf_metric BY NAME
        SELECT * FROM (
            SELECT idarchive, '{record.name}' AS record, idpath,
                   unnest([{", ".join(str(measure.metric.id) for measure in record.measures)}]) AS metric,
                   unnest([{numbers}]) AS value
            FROM ({placed}))
        WHERE value IS NOT NULL
        """
    )
