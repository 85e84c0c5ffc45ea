"""What new requests touch: stored requests that must be recognised again together with them.

Requests influence each other through fingerprints, visitor ids and order ids. The temporary table `pool` has the
new requests and, closing over these links, the stored ones of every visit that can be affected; `touched` names
those visits. What happened before the first new request of a link is over, and is not read: only a visitor's
last visit before it (a seed) is known. See docs/explanation/visits.md#late-requests.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from piwikcli.ingest.recognise import VISIT_LENGTH, Ids
from piwikcli.ingest.tracking.arrivals import USER
from piwikcli.ingest.tracking.batch import ORDER
from piwikcli.store import Connection, number, one

OWN_COLUMNS = (
    *("idrequest", "idsite", "idsource", "byte_offset", "server_time", "day", "hour", "kind"),
    *(
        "idaction_url",
        "idaction_name",
        "url_prefix",
        "idreferrer",
        "idclient",
        "user_id",
        "search_cat",
        "search_count",
    ),
)
"""Columns of `request` that no visit changes."""

_SHA1 = "('0x' || left(sha1({}), 16))::UBIGINT"
"""A user's visitor id."""


def has_tracking(connection: Connection, configs: Ids) -> bool:
    """Whether the visits in `touched`, or pings of these fingerprints, are those of tracking requests."""
    if not number(connection, "SELECT count(*) FROM (SELECT 1 FROM request_state LIMIT 1)"):
        return False
    if number(connection, "SELECT count(*) FROM touched SEMI JOIN visit_detail USING (idvisit)"):
        return True
    connection.register("new_config", pa.table({"config_id": pa.array(np.unique(configs))}))
    waiting = number(
        connection,
        "SELECT count(*) FROM request_state s JOIN request_detail x USING (idrequest) "
        "SEMI JOIN new_config USING (config_id) WHERE s.idvisit = 0",
    )
    connection.unregister("new_config")
    return waiting > 0


def start(connection: Connection, new: pa.Table) -> None:
    """Begin with new requests: `OWN_COLUMNS` and `config_id`."""
    connection.register("new_requests", new)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE pool AS
        SELECT {", ".join(OWN_COLUMNS)}, config_id, 0::BIGINT AS idvisit, true AS is_new FROM new_requests;
        CREATE OR REPLACE TEMP TABLE touched (idvisit BIGINT);
        CREATE OR REPLACE TEMP TABLE link
            (kind UTINYINT, key UBIGINT, idsite INTEGER, low TIMESTAMP);
        """
    )
    connection.unregister("new_requests")


def take_back(connection: Connection, source: int, offset: int) -> None:
    """Delete the request that began at an offset of a source; the rest of its visit is recognised again."""
    found = connection.execute(
        "SELECT idrequest, idvisit FROM request WHERE idsource = ? AND byte_offset = ?", [source, offset]
    ).fetchall()
    for idrequest, idvisit in found:
        if idvisit:
            connection.execute("INSERT INTO touched VALUES (?)", [idvisit])
        for table in ("request", "request_detail", "request_item", "request_state"):
            connection.execute(f"DELETE FROM {table} WHERE idrequest = ?", [idrequest])


def close(connection: Connection, look_back: int) -> None:
    """Widen `pool` and `touched` until nothing outside is affected any more."""
    reach = f"INTERVAL {max(look_back, VISIT_LENGTH) + VISIT_LENGTH} SECOND"
    stored = number(connection, "SELECT count(*) FROM (SELECT 1 FROM request LIMIT 1)")
    _take_in(connection)
    size = -1
    while (count := number(connection, "SELECT count(*) FROM pool")) != size:
        size = count
        _links(connection)
        if not stored:
            break
        first = one(connection, f"SELECT min(low) - {reach} FROM link")
        bound = f"TIMESTAMP '{first[0]}'" if first and first[0] else "TIMESTAMP '1970-01-01'"
        # details have no time, but numbers like the requests that they are of
        least = number(connection, f"SELECT coalesce(min(idrequest), 0) FROM request WHERE server_time >= {bound}")
        orders = f"""
                UNION
                SELECT q.idvisit FROM request_detail x JOIN link k ON k.kind = 2 AND hash(lower(x.idorder)) = k.key
                JOIN request q ON q.idrequest = x.idrequest AND q.idsite = k.idsite AND q.kind = {ORDER}
                WHERE x.idrequest >= {least} AND x.idorder IS NOT NULL AND q.server_time >= k.low
        """
        connection.execute(
            f"""
            INSERT INTO touched
            SELECT idvisit FROM (
                SELECT v.idvisit FROM visit v JOIN link k ON k.kind = 0 AND v.config_id = k.key
                WHERE v.visit_last_action_time >= {bound}
                  AND v.visit_last_action_time >= k.low - {reach}
                UNION
                SELECT v.idvisit FROM visit v
                JOIN link k ON k.kind = 1 AND v.idvisitor = k.key AND v.idsite = k.idsite
                WHERE v.visit_last_action_time >= {bound}
                  AND v.visit_last_action_time >= k.low - {reach}
                UNION
                SELECT q.idvisit FROM request_detail x JOIN link k ON k.kind = 1 AND x.idvisitor = k.key
                JOIN request q ON q.idrequest = x.idrequest AND q.idsite = k.idsite
                WHERE x.idrequest >= {least} AND q.server_time >= {bound} AND q.server_time >= k.low - {reach}
                {orders if number(connection, "SELECT count(*) FROM link WHERE kind = 2") else ""}
            ) WHERE idvisit <> 0 AND idvisit NOT IN (SELECT idvisit FROM touched)
            """
        )
        _take_in(connection)
        # pings that have found no visit so far
        connection.execute(
            f"""
            INSERT INTO pool
            SELECT {", ".join(f"q.{name}" for name in OWN_COLUMNS)}, x.config_id, 0, false
            FROM request q JOIN request_detail x USING (idrequest)
            WHERE q.idvisit = 0 AND q.server_time >= {bound} AND x.idrequest >= {least}
              AND q.idrequest NOT IN (SELECT idrequest FROM pool)
              AND EXISTS (SELECT 1 FROM link k WHERE q.server_time >= k.low - {reach} AND (
                  (k.kind = 0 AND k.key = x.config_id)
                  OR (k.kind = 1 AND k.key = x.idvisitor AND k.idsite = q.idsite)))
            """
        )


def _take_in(connection: Connection) -> None:
    """Requests of touched visits."""
    first = one(connection, "SELECT min(visit_first_action_time) FROM visit SEMI JOIN touched USING (idvisit)")
    if first is None or first[0] is None:
        return
    connection.execute(
        f"""
        INSERT INTO pool
        SELECT {", ".join(f"q.{name}" for name in OWN_COLUMNS)}, coalesce(x.config_id, v.config_id), q.idvisit, false
        FROM request q
        JOIN visit v ON v.idvisit = q.idvisit
        LEFT JOIN request_detail x ON x.idrequest = q.idrequest
        WHERE q.server_time >= TIMESTAMP '{first[0]}' AND q.idvisit IN (SELECT idvisit FROM touched)
          AND q.idrequest NOT IN (SELECT idrequest FROM pool)
        """
    )


def _links(connection: Connection) -> None:
    """Fingerprints (kind 0), visitor ids (1) and order ids (2) of the pool, with the first time of each."""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE link AS
        SELECT kind, key, idsite, min(server_time) AS low FROM (
            SELECT 0::UTINYINT AS kind, config_id AS key, 0 AS idsite, server_time FROM pool
            UNION ALL
            SELECT 1, coalesce(x.idvisitor, {_SHA1.format("p.user_id")}), p.idsite, p.server_time
            FROM pool p LEFT JOIN request_detail x USING (idrequest)
            WHERE x.idvisitor IS NOT NULL OR p.user_id IS NOT NULL
            UNION ALL
            SELECT 1, idvisitor, idsite, visit_first_action_time FROM visit
            WHERE idvisit IN (SELECT idvisit FROM touched)
            UNION ALL
            SELECT 2, hash(lower(x.idorder)), p.idsite, p.server_time
            FROM pool p JOIN request_detail x USING (idrequest) WHERE p.kind = {ORDER} AND x.idorder IS NOT NULL
        ) GROUP BY ALL
        """
    )


def load(connection: Connection) -> dict[str, Any]:
    """The pool as numpy columns, in the total order. NULL is -1 (in floats NaN, in ids 0)."""
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE source_rank AS
        SELECT idsource, row_number() OVER (ORDER BY first_time NULLS LAST, head_hashes[1], idsource) AS place
        FROM source
        """
    )
    optional = (
        *("localtime", "timings[1]", "timings[2]", "timings[3]", "timings[4]", "timings[5]", "timings[6]"),
        *("idmatch", "idgoal", "idreferrer_conversion"),
    )
    numbers = ", ".join(f'coalesce(x.{name}, -1)::BIGINT AS "{name}"' for name in optional)
    found: dict[str, Any] = connection.execute(
        f"""
        SELECT p.idrequest, p.idsite::BIGINT AS site, epoch(p.server_time)::BIGINT AS time,
               epoch(p.day)::BIGINT // 86400 AS day, p.hour::BIGINT AS hour, p.kind::BIGINT AS kind,
               coalesce(p.idaction_url, -1)::BIGINT AS url, coalesce(p.idaction_name, -1)::BIGINT AS name,
               p.idclient::BIGINT AS client, p.idreferrer::BIGINT AS referrer, p.config_id AS config,
               coalesce(x.idvisitor, CASE WHEN x.idrequest IS NULL AND p.user_id IS NOT NULL
                   THEN {_SHA1.format("p.user_id")} END, 0) AS visitor,
               coalesce(x.identified_by, CASE WHEN p.user_id IS NULL THEN 0 ELSE {USER} END)::BIGINT AS identified,
               CASE WHEN p.user_id IS NULL THEN 0::UBIGINT ELSE hash(p.user_id) END AS user,
               x.idrequest IS NOT NULL AS tracked, coalesce(x.new_visit, false) AS new_visit,
               coalesce(x.resolution <> 'unknown', false) AS resolution,
               coalesce(x.plugins, 0)::BIGINT AS plugins,
               x.action_dimension IS NOT NULL AS action_dimensions,
               x.visit_dimension IS NOT NULL OR x.visit_var IS NOT NULL AS varies,
               coalesce(x.country, x.region, x.city, x.latitude::VARCHAR, x.longitude::VARCHAR) IS NOT NULL AS moves,
               x.idorder IS NOT NULL AS has_order,
               CASE WHEN coalesce(x.idpageview, '') = '' THEN 0::UBIGINT ELSE hash(x.idpageview) END AS page_view,
               r.type::BIGINT AS referrer_type, hash(lower(coalesce(r.name, ''))) AS campaign,
               hash(lower(coalesce(r.keyword, ''))) AS keyword, r.keyword_from_host,
               {numbers}
        FROM pool p
        LEFT JOIN request_detail x ON x.idrequest = p.idrequest
        JOIN referrer r ON r.idreferrer = p.idreferrer
        JOIN source_rank s ON s.idsource = p.idsource
        ORDER BY p.server_time, s.place, p.byte_offset
        """
    ).fetchnumpy()
    return {name: np.asarray(values) for name, values in found.items()}


def repeated_orders(connection: Connection) -> list[int]:
    """Requests of the pool whose order id the site has had before, in the total order."""
    rows = connection.execute(
        f"""
        WITH mine AS (
            SELECT p.idsite, lower(x.idorder) AS idorder FROM pool p JOIN request_detail x USING (idrequest)
            WHERE p.kind = {ORDER} AND x.idorder IS NOT NULL
        ), every AS (
            SELECT idrequest, idsite, idsource, server_time, byte_offset, lower(idorder) AS idorder FROM (
                SELECT q.idrequest, q.idsite, q.idsource, q.server_time, q.byte_offset, x.idorder
                FROM request_detail x JOIN request q USING (idrequest)
                WHERE q.kind = {ORDER} AND x.idorder IS NOT NULL
                  AND q.idrequest NOT IN (SELECT idrequest FROM pool)
                UNION ALL
                SELECT p.idrequest, p.idsite, p.idsource, p.server_time, p.byte_offset, x.idorder
                FROM pool p JOIN request_detail x USING (idrequest)
                WHERE p.kind = {ORDER} AND x.idorder IS NOT NULL
            )
        ), placed AS (
            SELECT idrequest, row_number() OVER (
                PARTITION BY idsite, idorder ORDER BY server_time, s.place, byte_offset) AS n
            FROM every JOIN source_rank s USING (idsource) SEMI JOIN mine USING (idsite, idorder)
        )
        SELECT idrequest FROM placed WHERE n > 1 AND idrequest IN (SELECT idrequest FROM pool)
        """
    ).fetchall()
    return [idrequest for (idrequest,) in rows]


def seeds(connection: Connection) -> list[tuple[int, ...]]:
    """Each visitor's last visit that is not in the pool.

    (idvisit, site, visitor, last action, its local day, actions, start, count, since first, since order)
    """
    return connection.execute(
        """
        SELECT v.idvisit, v.idsite, v.idvisitor, epoch(v.visit_last_action_time)::BIGINT,
               epoch(v.day)::BIGINT // 86400, v.visit_total_actions, epoch(v.visit_first_action_time)::BIGINT,
               v.visitor_count_visits, coalesce(v.visitor_seconds_since_first, -1),
               coalesce(e.visitor_seconds_since_order, -1)
        FROM visit v JOIN link k ON k.kind = 1 AND v.idvisitor = k.key AND v.idsite = k.idsite
        LEFT JOIN visit_detail e ON e.idvisit = v.idvisit
        WHERE v.idvisit NOT IN (SELECT idvisit FROM touched) AND v.visit_last_action_time < k.low
        QUALIFY row_number() OVER (
            PARTITION BY v.idsite, v.idvisitor ORDER BY v.visit_last_action_time DESC, v.idvisit) = 1
        """
    ).fetchall()
