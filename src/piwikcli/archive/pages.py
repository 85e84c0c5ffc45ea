"""Leaf rows of pages, titles, downloads and what else actions are about.

Visits and visitors are counted per action and then summed into the paths that actions become. See
docs/explanation/archiving.md and docs/reference/actions.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from piwikcli.archive import leaves
from piwikcli.archive.families import Family
from piwikcli.archive.paths import place_actions
from piwikcli.archive.slices import NAMED_TWICE
from piwikcli.plugins.api import PageRecord
from piwikcli.store import Connection, number

EVENT = 10
"""Kind of events; the time before one is not spent on a page."""

UNDEFINED = {
    "idaction_url": "{0}.kind IN (1, 2, 3, 13) AND coalesce({0}.idaction_url, 0) = 0",
    "idaction_name": "{0}.kind = 1 AND coalesce({0}.idaction_name, 0) = 0",
}
"""By column, the actions that count as a page without one; downloads, outlinks, contents whose URL is none, too."""


def add_pages(connection: Connection, records: Sequence[PageRecord], family_of: Mapping[str, Family]) -> None:
    """Leaves of these records from `p` (pages per visit), `hit` (actions) and `v` (visits)."""
    for column in dict.fromkeys(record.column for record in records):
        _per_action(connection, column)
        for record in records:
            if record.column == column:
                _pages(connection, record, family_of[record.name])


def _per_action(connection: Connection, column: str) -> None:
    """Table `per_action`: everything that is known of an action as a page, per archive and action id.

    Action id 0 stands for the pages that have none in this column.
    """
    _per_visit(connection, column)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE per_action AS
        WITH hits AS (
            SELECT idarchive, idaction, count(*) AS nb_visits, sum(nb_hits) AS nb_hits,
                   nullif(sum(following), 0) AS nb_hits_following_search,
                   CAST(max(search_count) = 0 AS BIGINT) AS no_result
            FROM per_visit GROUP BY ALL
        ), repeated AS MATERIALIZED (
            SELECT idarchive, idaction, idvisit, s.idvisitor FROM per_visit JOIN several s USING (idarchive, idvisit)
        ), not_alone AS (
            SELECT idarchive, idaction, count(*) AS not_alone FROM repeated GROUP BY ALL
        ), again AS (
            SELECT idarchive, idaction, count(DISTINCT coalesce(r.idvisitor, s.idvisitor)) AS again
            FROM repeated s
            LEFT JOIN (SELECT idarchive, idvisit, coalesce({column}, 0) AS idaction, idvisitor FROM renamed) r
                USING (idarchive, idvisit, idaction)
            GROUP BY ALL
        ), spent AS (
            SELECT idarchive, {column}_ref AS idaction, sum(time_spent_ref_action) AS sum_time_spent
            FROM hit WHERE kind <> {EVENT} AND time_spent_ref_action > 0 AND {column}_ref > 0 GROUP BY ALL
        ), entries AS (
            SELECT idarchive, visit_entry_{column} AS idaction, count(*) AS entry_nb_visits,
                   count(*) FILTER (once) AS entry_nb_uniq_visitors,
                   sum(visit_total_actions) AS entry_nb_actions, sum(visit_total_time) AS entry_sum_visit_length,
                   count(*) FILTER (visit_total_actions <= 1) AS entry_bounce_count
            FROM v WHERE visit_entry_{column} > 0 GROUP BY ALL
        ), entries_again AS (
            SELECT idarchive, visit_entry_{column} AS idaction, count(DISTINCT idvisitor) AS entry_again
            FROM v WHERE visit_entry_{column} > 0 AND NOT once GROUP BY ALL
        ), exits AS (
            SELECT idarchive, visit_exit_{column} AS idaction, count(*) AS exit_nb_visits,
                   count(*) FILTER (once) AS exit_nb_uniq_visitors
            FROM v WHERE visit_exit_{column} > 0 GROUP BY ALL
        ), exits_again AS (
            SELECT idarchive, visit_exit_{column} AS idaction, count(DISTINCT idvisitor) AS exit_again
            FROM v WHERE visit_exit_{column} > 0 AND NOT once GROUP BY ALL
        )
        SELECT idarchive, idaction, nb_visits,
               nb_visits - coalesce(not_alone, 0) + coalesce(again, 0) AS nb_uniq_visitors, nb_hits,
               nb_hits_following_search, no_result, coalesce(sum_time_spent, 0) AS sum_time_spent,
               entry_nb_visits, entry_nb_uniq_visitors + coalesce(entry_again, 0) AS entry_nb_uniq_visitors,
               entry_nb_actions, entry_sum_visit_length, entry_bounce_count,
               exit_nb_visits, exit_nb_uniq_visitors + coalesce(exit_again, 0) AS exit_nb_uniq_visitors
        FROM hits
        LEFT JOIN not_alone USING (idarchive, idaction)
        LEFT JOIN again USING (idarchive, idaction)
        LEFT JOIN spent USING (idarchive, idaction)
        LEFT JOIN entries USING (idarchive, idaction)
        LEFT JOIN entries_again USING (idarchive, idaction)
        LEFT JOIN exits USING (idarchive, idaction)
        LEFT JOIN exits_again USING (idarchive, idaction)
        """
    )


def _per_visit(connection: Connection, column: str) -> None:
    """View `per_visit`: one row per visit and action id in this column.

    A row of `p` is one already where no action has both a URL and a name, as in a web log.
    """
    both = number(
        connection,
        f"SELECT count(*) FROM (SELECT 1 FROM p WHERE {NAMED_TWICE} LIMIT 1)",
    )
    grouped = both or column == "idaction_name"
    values = "sum({0}) AS {0}, sum({1}) AS {1}, max({2}) AS {2}" if grouped else "{0}, {1}, {2}"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW per_visit AS
        SELECT idarchive, idvisit, coalesce({column}, 0) AS idaction,
               {values.format("nb_hits", "following", "search_count")}
        FROM p WHERE {column} > 0 OR {UNDEFINED[column].format("p")}{" GROUP BY ALL" if grouped else ""}
        """
    )


def _pages(connection: Connection, record: PageRecord, family: Family) -> None:
    types = ", ".join(map(str, record.types))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE of_record AS
        SELECT idaction, name FROM log_action
        WHERE type IN ({types}) AND idaction IN (SELECT idaction FROM per_action)
        """
    )
    place_actions(connection, record.tree, "of_record")
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE place AS
        SELECT o.idaction, o.name, t.idpath, count(*) OVER (PARTITION BY t.idpath) > 1 AS shared
        FROM of_record o JOIN action_path t ON t.idaction = o.idaction AND t.tree = '{record.tree}'
        """
    )
    columns = record.columns
    connection.execute(
        f"""
        INSERT INTO {family.leaf} BY NAME
        SELECT idarchive, '{record.name}' AS record, idpath, idaction, {", ".join(columns)}
        FROM per_action JOIN place USING (idaction) WHERE NOT shared
        """
    )
    # of several actions with one path (hosts of one site) the most-hit one gives the URL
    totals = {name: f"sum({name}) AS {name}" for name in columns}
    connection.execute(
        f"""
        INSERT INTO {family.leaf} BY NAME
        SELECT idarchive, '{record.name}' AS record, idpath, arg_min(idaction, (-nb_hits, name)) AS idaction,
               {", ".join(totals.values())}
        FROM per_action JOIN place USING (idaction) WHERE shared
        GROUP BY idarchive, idpath
        """
    )
    if record.undefined is not None:
        plain = [name for name in columns if not name.startswith(("entry_", "exit_"))]
        leaves.add(
            connection,
            record.name,
            plain,
            f"""
            SELECT idarchive, ['{record.undefined}'] AS path, {", ".join(totals[name] for name in plain)}
            FROM per_action WHERE idaction = 0 GROUP BY idarchive
            """,
        )
