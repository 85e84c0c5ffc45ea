"""The part of the logs that archives are aggregated from: temporary tables `v` (visits) and `a` (actions).

`building` says what is being built: (idarchive, idsite, day), a row per local day of each archive.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from piwikcli.store import Connection


def set_building(connection: Connection, days: Iterable[tuple[int, int, date]]) -> None:
    """Fill `building` with (idarchive, idsite, local day)."""
    connection.execute("CREATE OR REPLACE TEMP TABLE building (idarchive INTEGER, idsite INTEGER, day DATE)")
    rows = list(days)
    if rows:
        ids, sites, dates = (list(column) for column in zip(*rows, strict=True))
        connection.execute(
            "INSERT INTO building SELECT unnest(?::INTEGER[]), unnest(?::INTEGER[]), unnest(?::DATE[])",
            [ids, sites, dates],
        )


def make_visits(connection: Connection) -> None:
    """Table `v`: one row per visit of the archives' days, by the local day of its last action.

    `once` marks visitors with a single visit in the archive: they need no distinct count.
    """
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE v AS
        SELECT b.idarchive, v.*, c.language,
               CAST(v.idvisit IN (SELECT idvisit FROM log_conversion WHERE idgoal >= 0) AS UTINYINT)
                   AS visit_goal_converted,
               count(*) OVER (PARTITION BY b.idarchive, v.idvisitor) = 1 AS once
        FROM visit v
        JOIN building b ON b.idsite = v.idsite AND b.day = v.day
        JOIN client c USING (idclient)
        """
    )


def make_actions(connection: Connection) -> None:
    """Table `a`: one row per action of the archives' days, by its own local day.

    `once` marks visitors whose actions in the archive all belong to one visit.
    """
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE a AS
        WITH q AS (
            SELECT b.idarchive, q.idvisit, q.kind, q.idaction_url, q.idaction_name, q.idaction_url_ref,
                   q.idaction_name_ref, q.time_spent_ref_action, q.search_cat, q.search_count
            FROM request q JOIN building b ON b.idsite = q.idsite AND b.day = q.day
        ), member AS (
            SELECT DISTINCT q.idarchive, q.idvisit, w.idvisitor FROM q JOIN visit w USING (idvisit)
        ), counted AS (
            SELECT *, count(*) OVER (PARTITION BY idarchive, idvisitor) = 1 AS once FROM member
        )
        SELECT q.*, counted.idvisitor, counted.once FROM q JOIN counted USING (idarchive, idvisit)
        """
    )
