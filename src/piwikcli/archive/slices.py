"""The part of the logs that archives are aggregated from: temporary tables `v` (visits) and `a` (actions).

`building` says what is being built, a row per local day of each archive: (idarchive, idsite, day, segment, date1,
date2). `segment` is 0 for all visits, else a number that the table `member` says the visits of (`segments`).
"""

from __future__ import annotations

from collections.abc import Sequence

from piwikcli.archive.periods import Period
from piwikcli.store import Connection


def set_building(connection: Connection, idsite: int, archives: Sequence[tuple[int, str, Period]]) -> None:
    """Fill `building` for (idarchive, segment, period) of a site."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE building "
        "(idarchive INTEGER, idsite INTEGER, day DATE, segment INTEGER, date1 DATE, date2 DATE)"
    )
    rows = [
        (idarchive, day, 0, period.date1, period.date2) for idarchive, _, period in archives for day in period.days()
    ]
    ids, days, numbers, first, last = (list(column) for column in zip(*rows, strict=True))
    connection.execute(
        """
        INSERT INTO building
        SELECT unnest($2::INTEGER[]), $1, unnest($3::DATE[]), unnest($4::INTEGER[]), unnest($5::DATE[]),
               unnest($6::DATE[])
        """,
        [idsite, ids, days, numbers, first, last],
    )


def of_archives(table: str) -> str:
    """A log table's rows with the `idarchive` that they count in, by their local `day` (a row per archive)."""
    return f"(SELECT b.idarchive, x.* FROM {table} x JOIN building b ON b.idsite = x.idsite AND b.day = x.day)"


def make_visits(connection: Connection) -> None:
    """Table `v`: one row per visit of the archives' days, by the local day of its last action.

    `once` marks visitors with a single visit in the archive: they need no distinct count.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE v AS
        SELECT v.*, c.language,
               CAST(v.idvisit IN (SELECT idvisit FROM conversion WHERE idgoal >= 0) AS UTINYINT)
                   AS visit_goal_converted,
               count(*) OVER (PARTITION BY v.idarchive, v.idvisitor) = 1 AS once
        FROM {of_archives("visit")} v
        JOIN client c USING (idclient)
        """
    )


def make_actions(connection: Connection) -> None:
    """Table `a`: one row per action of the archives' days, by its own local day.

    `once` marks visitors whose actions in the archive all belong to one visit.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE a AS
        WITH q AS (
            SELECT idarchive, idvisit, kind, idaction_url, idaction_name, idaction_url_ref,
                   idaction_name_ref, time_spent_ref_action, search_cat, search_count
            FROM {of_archives("request")}
            WHERE kind < 100
        ), member AS (
            SELECT DISTINCT q.idarchive, q.idvisit, w.idvisitor FROM q JOIN visit w USING (idvisit)
        ), counted AS (
            SELECT *, count(*) OVER (PARTITION BY idarchive, idvisitor) = 1 AS once FROM member
        )
        SELECT q.*, counted.idvisitor, counted.once FROM q JOIN counted USING (idarchive, idvisit)
        """
    )
