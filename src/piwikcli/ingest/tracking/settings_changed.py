"""recompute: a site's stored requests under its present settings and goals. docs/reference/cli.md#sites.

What settings decided when a request was imported is decided again, as far as what is stored tells it.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa

from piwikcli.ingest.clock import SiteClock
from piwikcli.ingest.dictionaries import dates, nullable, resolve, texts
from piwikcli.ingest.fingerprints import Fingerprints, Recognition
from piwikcli.ingest.tracking import pool
from piwikcli.ingest.tracking.batch import DOWNLOAD, EVENT, GOAL, NULL, OUTLINK, PAGE, PING
from piwikcli.ingest.tracking.commit import recompute
from piwikcli.ingest.tracking.goals import GoalMatcher, Match
from piwikcli.ingest.tracking.reapplied import readdressed
from piwikcli.ingest.urls import DEFAULT_EXCLUDED_PARAMETERS, PREFIXES, normalise
from piwikcli.store import Connection, goals, sites
from piwikcli.store.sites import Site


def recompute_site(connection: Connection, idsite: int, recognition: Recognition) -> int:
    """Apply the site's settings and goals to all its requests; returns how many there are."""
    site = sites.get(connection, idsite)
    own = ", ".join(f"q.{name}" for name in pool.OWN_COLUMNS)
    stored: pa.Table = connection.sql(
        f"""
        SELECT {own}, coalesce(x.config_id, v.config_id) AS config_id
        FROM request q
        LEFT JOIN visit v ON v.idvisit = q.idvisit
        LEFT JOIN request_detail x ON x.idrequest = q.idrequest
        WHERE q.idsite = {idsite:d}
        """
    ).to_arrow_table()
    if not len(stored):
        return 0
    time = np.asarray(stored["server_time"].cast(pa.timestamp("s")).cast(pa.int64()))
    day = np.asarray(stored["day"].cast(pa.int32()).cast(pa.int64()))
    of_site = np.full(len(stored), idsite, dtype=np.int64)
    new_day, hour = SiteClock({idsite: site.timezone})(of_site, time)
    config = Fingerprints(recognition).moved(np.asarray(stored["config_id"], dtype=np.uint64), of_site, day, new_day)
    for name, column in (("day", dates(new_day)), ("hour", pa.array(hour)), ("config_id", pa.array(config))):
        stored = stored.set_column(stored.column_names.index(name), name, column)
    _store_details(connection, stored, site.idsite)  # goals see the URLs as they were
    stored = readdressed(connection, stored, site)
    _shorten_conversions(connection, site)
    pool.start(connection, stored)
    connection.execute("UPDATE pool SET is_new = false")
    connection.execute("INSERT INTO touched SELECT idvisit FROM visit WHERE idsite = ?", [idsite])
    connection.execute("UPDATE archive SET state = 'invalid' WHERE idsite = ?", [idsite])
    recompute(connection, recognition.look_back)
    return len(stored)


def _shorten_conversions(connection: Connection, site: Site) -> None:
    """URLs of conversions, as those of actions."""
    urls = connection.execute(
        "SELECT DISTINCT x.conversion_url FROM request_detail x SEMI JOIN moved USING (idrequest) "
        "WHERE x.conversion_url <> ''"
    ).fetchall()
    excluded = DEFAULT_EXCLUDED_PARAMETERS | frozenset(site.excluded_parameters)
    now = {url: normalise(url, excluded=excluded, keep_fragment=site.keep_url_fragments) for (url,) in urls}
    changed = {url: short for url, short in now.items() if short is not None and short != url}
    if changed:
        connection.register("shortened", pa.table({"url": list(changed), "short": list(changed.values())}))
        connection.execute(
            "UPDATE request_detail SET conversion_url = s.short FROM shortened s "
            "WHERE s.url = request_detail.conversion_url AND idrequest IN (SELECT idrequest FROM moved)"
        )
        connection.unregister("shortened")


def _store_details(connection: Connection, stored: pa.Table, idsite: int) -> None:
    """New fingerprints and matches into the details; hits of web logs get details where they match a goal."""
    connection.register("moved_rows", stored.select(["idrequest", "config_id", "user_id"]))
    connection.execute("CREATE OR REPLACE TEMP TABLE moved AS SELECT * FROM moved_rows")
    connection.unregister("moved_rows")
    connection.execute(
        "UPDATE request_detail SET config_id = m.config_id FROM moved m WHERE m.idrequest = request_detail.idrequest"
    )
    matched = _matches(connection, idsite)
    connection.register("matched_rows", matched)
    connection.execute("CREATE OR REPLACE TEMP TABLE matched AS SELECT * FROM matched_rows")
    connection.unregister("matched_rows")
    connection.execute(
        """
        UPDATE request_detail SET idmatch = NULL
        WHERE idmatch IS NOT NULL AND idrequest IN (SELECT idrequest FROM moved);
        INSERT INTO request_detail BY NAME
        SELECT m.idrequest, m.config_id, CASE WHEN m.user_id IS NULL THEN 0 ELSE 1 END AS identified_by,
               CASE WHEN m.user_id IS NOT NULL THEN ('0x' || left(sha1(m.user_id), 16))::UBIGINT END AS idvisitor,
               false AS new_visit, 0 AS plugins
        FROM moved m SEMI JOIN matched USING (idrequest)
        WHERE m.idrequest NOT IN (SELECT idrequest FROM request_detail);
        UPDATE request_detail SET idmatch = t.idmatch, conversion_url = coalesce(conversion_url, t.url)
        FROM matched t WHERE t.idrequest = request_detail.idrequest
        """
    )


def _matches(connection: Connection, idsite: int) -> pa.Table:
    """(idrequest, idmatch, url) of requests that match the site's goals, by the names that are stored."""
    matcher = GoalMatcher(goal for goal in goals.of_sites(connection) if goal.idsite == idsite)
    rows = connection.execute(
        """
        SELECT q.kind, q.url_prefix, x.idgoal, u.name, n.name, c.name, a.name, list(q.idrequest)
        FROM request q
        LEFT JOIN request_detail x USING (idrequest)
        LEFT JOIN log_action u ON u.idaction = q.idaction_url
        LEFT JOIN log_action n ON n.idaction = q.idaction_name
        LEFT JOIN log_action c ON c.idaction = x.idaction_event_category
        LEFT JOIN log_action a ON a.idaction = x.idaction_event_action
        WHERE q.idsite = ? GROUP BY ALL
        """,
        [idsite],
    ).fetchall()
    found: dict[str, list[tuple[int, str]]] = {}
    for kind, prefix, idgoal, url, name, category, action, requests in rows:
        address = (PREFIXES[prefix] if prefix is not None else "") + (url or "")
        if kind == GOAL:
            manual = matcher.manual(idsite, idgoal)
            matched: tuple[Match, ...] = (manual,) if manual is not None else ()
        else:
            matched = matcher.automatic(idsite, _texts(kind, address, name, category, action)) if kind < PING else ()
        if matched:
            found.setdefault(json.dumps(matched), []).extend((request, address) for request in requests)
    ids = resolve(connection, "goal_match", "idmatch", {"goals": texts(list(found))}) if found else np.empty(0)
    flat: list[tuple[int, int, Any]] = [
        (request, int(idmatch), address)
        for idmatch, requests in zip(ids.tolist(), found.values(), strict=True)
        for request, address in requests
    ]
    columns = list(zip(*flat, strict=True)) or [(), (), ()]
    return pa.table(
        {
            "idrequest": pa.array(columns[0], pa.int64()),
            "idmatch": nullable(np.array(columns[1] or [NULL], dtype=np.int64)[: len(flat)], pa.int64()),
            "url": texts(columns[2]),
        }
    )


def _texts(kind: int, url: str, name: str | None, category: str | None, action: str | None) -> dict[str, str]:
    """What goals compare of an action."""
    return {
        PAGE: {"url": url, "title": name or ""},
        DOWNLOAD: {"file": url},
        OUTLINK: {"external_website": url},
        EVENT: {"event_category": category or "", "event_action": action or "", "event_name": name or ""},
    }.get(kind, {})
