"""The part of the logs that archives are aggregated from: `v` (visits), `a` (actions) and `p` (pages per visit).

`building` says what is being built, a row per local day of each archive: (idarchive, idsite, day, segment, date1,
date2). `segment` is 0 for all visits, else the number under which the table `member` has the segment's visits.
"""

from __future__ import annotations

from collections.abc import Sequence

from piwikcli.archive.periods import Period
from piwikcli.store import Connection, number

_SLICED = ("visit", "request", "conversion", "conversion_item")


def set_building(connection: Connection, idsite: int, archives: Sequence[tuple[int, int, Period]]) -> None:
    """Fill `building` for (idarchive, number of its segment, period) of a site."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE building "
        "(idarchive INTEGER, idsite INTEGER, day DATE, segment INTEGER, date1 DATE, date2 DATE)"
    )
    rows = [
        (idarchive, day, segment, period.date1, period.date2)
        for idarchive, segment, period in archives
        for day in period.days()
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


def make_views(connection: Connection, *, all_visits: bool, segments: bool) -> None:
    """Views `built_<log table>`: its rows with the `idarchive` that they count in.

    That is told by their local `day`, and by their visit's segment: `member` says which visits a segment selects,
    some of them only for archives that don't cover their own day. `all_visits` and `segments`: what is being built.
    """
    for table in _SLICED:
        whole = f"""
            SELECT b.idarchive, x.* FROM {table} x JOIN building b ON b.idsite = x.idsite AND b.day = x.day
            WHERE b.segment = 0"""
        part = f"""
            SELECT b.idarchive, x.* FROM {table} x JOIN member m ON m.idvisit = x.idvisit
            JOIN building b ON b.segment = m.segment AND b.idsite = x.idsite AND b.day = x.day
            WHERE m.here OR m.day NOT BETWEEN b.date1 AND b.date2"""
        parts = [*([whole] if all_visits else []), *([part] if segments else [])]
        connection.execute(f"CREATE OR REPLACE TEMP VIEW built_{table} AS {' UNION ALL '.join(parts)}")


_LOCALTIME = "epoch(v.visit_first_action_time)::BIGINT % 86400"
_DETAILS = f"""
    CAST(coalesce(e.visit_goal_converted, false) AS UTINYINT) AS visit_goal_converted,
    coalesce(e.plugins, 0) AS plugins, coalesce(e.resolution, 'unknown') AS config_resolution,
    coalesce(e.visitor_localtime, {_LOCALTIME}) AS visitor_localtime, e.custom_dimension, e.custom_var"""
_NO_DETAILS = f"""
    0::UTINYINT AS visit_goal_converted, 0::USMALLINT AS plugins, 'unknown' AS config_resolution,
    {_LOCALTIME} AS visitor_localtime, NULL::VARCHAR[] AS custom_dimension, NULL::VARCHAR[] AS custom_var"""


def make_visits(connection: Connection) -> None:
    """Table `v`: one row per visit of the archives' days, by the local day of its last action.

    `once` marks visitors with a single visit in the archive: they need no distinct count.
    """
    tracked = number(connection, "SELECT count(*) FROM visit_detail")
    tracked = number(connection, "SELECT count(*) FROM visit_detail")
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE v AS
        WITH back AS (
            SELECT idarchive, idvisitor FROM built_visit GROUP BY ALL HAVING count(*) > 1
        )
        SELECT v.*, c.language, {_DETAILS if tracked else _NO_DETAILS}, back.idvisitor IS NULL AS once
        FROM built_visit v
        JOIN client c USING (idclient)
        LEFT JOIN back ON back.idarchive = v.idarchive AND back.idvisitor = v.idvisitor
        {"LEFT JOIN visit_detail e ON e.idvisit = v.idvisit" if tracked else ""}
        """
    )


NAMED_TWICE = "idaction_url > 0 AND (idaction_name > 0 OR kind NOT IN (1, 2, 3)) OR idaction_url = 0"
"""Where no action has both a URL and a name, as in a web log, a row of `p` is one of `u` already."""


def make_actions(connection: Connection) -> None:
    """View `a`: one row per action of the archives' days, by its own local day. Table `p`: the same per visit.

    View `hit` is `a` without the visitor, which costs a join. `idvisitor` is the visit's id when the action was
    made; `renamed` has the actions for which that is no longer the visit's.
    `p` has a row per (visit, kind, URL, name) of an archive, with `nb_hits`, those of them after a search
    (`following`) and the largest `search_count`; view `u` one per (visit, kind, URL). Table `several` has the visits
    in `p` of visitors that have more than one there, and of several visitors: only they need a distinct count.
    """
    connection.execute(
        """
        CREATE OR REPLACE TEMP VIEW hit AS SELECT * FROM built_request WHERE kind < 100;
        CREATE OR REPLACE TEMP VIEW a AS
        SELECT q.*, coalesce(s.idvisitor, w.idvisitor) AS idvisitor
        FROM hit q JOIN visit w USING (idvisit) LEFT JOIN request_state s ON s.idrequest = q.idrequest
        """
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE p AS
        SELECT q.idarchive, q.idvisit, q.kind, q.idaction_url, q.idaction_name, count(*) AS nb_hits,
               count(keyword.idaction) AS following, max(q.search_count) AS search_count
        FROM hit q
        LEFT JOIN log_action keyword ON keyword.idaction = q.idaction_name_ref AND keyword.type = 8
        GROUP BY ALL
        """
    )
    both = number(connection, f"SELECT count(*) FROM (SELECT 1 FROM p WHERE {NAMED_TWICE} LIMIT 1)")
    values = "sum(nb_hits) AS nb_hits, sum(following) AS following, max(search_count) AS search_count"
    grouped = f"SELECT idarchive, idvisit, kind, idaction_url, {values} FROM p GROUP BY ALL"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW u AS {grouped if both else 'SELECT * FROM p'}")
    if not number(connection, "SELECT count(*) FROM request_state"):
        _tell_visitors_apart(connection)
        return
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE renamed AS
        SELECT q.idarchive, q.idvisit, q.idaction_url, q.idaction_name, s.idvisitor
        FROM hit q
        JOIN request_state s ON s.idrequest = q.idrequest
        SEMI JOIN (
            SELECT s.idvisit FROM request_state s JOIN visit w USING (idvisit) WHERE s.idvisitor <> w.idvisitor
        ) o ON o.idvisit = q.idvisit;
        CREATE OR REPLACE TEMP TABLE several AS
        WITH member AS (
            SELECT idarchive, idvisit, idvisitor FROM (SELECT DISTINCT idarchive, idvisit FROM p)
            JOIN visit USING (idvisit)
        ), met AS (
            SELECT * FROM member UNION SELECT idarchive, idvisit, idvisitor FROM renamed
        )
        SELECT member.* FROM member
        SEMI JOIN (
            SELECT m.idarchive, m.idvisit FROM met m
            SEMI JOIN (SELECT idarchive, idvisitor FROM met GROUP BY ALL HAVING count(*) > 1)
                USING (idarchive, idvisitor)
            UNION SELECT idarchive, idvisit FROM renamed
        ) USING (idarchive, idvisit)
        """
    )


def _tell_visitors_apart(connection: Connection) -> None:
    """Tables `renamed` and `several` where no request has a visitor id of its own."""
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE renamed
            (idarchive INTEGER, idvisit BIGINT, idaction_url INTEGER, idaction_name INTEGER, idvisitor UBIGINT);
        CREATE OR REPLACE TEMP TABLE several AS
        WITH met AS (
            SELECT idarchive, idvisit, idvisitor FROM (SELECT DISTINCT idarchive, idvisit FROM p)
            JOIN visit USING (idvisit)
        )
        SELECT * FROM met SEMI JOIN (SELECT idarchive, idvisitor FROM met GROUP BY ALL HAVING count(*) > 1)
            USING (idarchive, idvisitor)
        """
    )
