"""What a batch touches: the stored requests that must be recognised again together with the new ones.

A fingerprint's requests influence each other as long as the gaps between them are within the look-back:
such an unbroken run is `visit.chain_time`. User ids link visits without bound in time, so a component in
which somebody has one is read whole. See docs/explanation/visits.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from piwikcli.ingest.dictionaries import texts, timestamps
from piwikcli.ingest.distinct import unique
from piwikcli.ingest.recognise import NULL, Ids, Ints, Requests
from piwikcli.store import Connection, number


@dataclass(slots=True)
class Stored:
    """Requests read back, with the lists that `user` and `category` point into, and their visits.

    `visit_of` maps a visit's first request to its idvisit, so that it keeps it. The temporary table
    `touched` names the visits that are to be replaced.
    """

    requests: Requests
    users: list[str]
    categories: list[str]
    visit_of: dict[int, int]
    days: set[tuple[int, int]]
    """(idsite, local date) of the visits and requests that were read."""


def read(
    connection: Connection,
    configs: Ids,
    times: Ints,
    users: list[str],
    look_back: int,
    removed: tuple[int, int] | None,
) -> Stored:
    """Find and read what requests with these fingerprints, times (seconds UTC) and user ids touch.

    `removed` is (idsource, byte offset) of a request that is taken back.
    """
    _near(connection, configs, times, look_back)
    if removed is not None:
        connection.execute(
            """
            INSERT INTO touched
            SELECT idvisit, config_id, chain_time, user_id, visit_first_action_time FROM visit
            WHERE idvisit IN (SELECT idvisit FROM request WHERE idsource = ? AND byte_offset = ?)
              AND idvisit NOT IN (SELECT idvisit FROM touched)
            """,
            list(removed),
        )
    # a run is recognised from its beginning
    connection.execute(
        """
        INSERT INTO touched
        SELECT v.idvisit, v.config_id, v.chain_time, v.user_id, v.visit_first_action_time
        FROM visit v SEMI JOIN touched t ON v.config_id = t.config_id AND v.chain_time = t.chain_time
        WHERE v.idvisit NOT IN (SELECT idvisit FROM touched)
          AND v.visit_last_action_time >= (SELECT min(chain_time) FROM touched)
        """
    )
    if users or number(connection, "SELECT count(*) FROM touched WHERE user_id IS NOT NULL"):
        _whole_components(connection, configs, users)
    return _load(connection, removed)


def _near(connection: Connection, configs: Ids, times: Ints, look_back: int) -> None:
    """Table `touched`: visits whose run a new request of their fingerprint joins, extends or bridges."""
    distinct, place = unique(configs)
    low = np.full(len(distinct), np.iinfo(np.int64).max)
    high = np.full(len(distinct), np.iinfo(np.int64).min)
    np.minimum.at(low, place, times)
    np.maximum.at(high, place, times)
    bounds = pa.table(
        {
            "config_id": pa.array(distinct),
            "low": timestamps(low - look_back),
            "high": timestamps(high + look_back),
        }
    )
    connection.register("new_config", bounds)
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE touched AS
        SELECT v.idvisit, v.config_id, v.chain_time, v.user_id, v.visit_first_action_time AS low
        FROM visit v JOIN new_config n ON v.config_id = n.config_id
        WHERE v.visit_last_action_time >= (SELECT min(low) FROM new_config)
          AND v.visit_last_action_time >= n.low AND v.chain_time <= n.high
        """
    )
    connection.unregister("new_config")


def _whole_components(connection: Connection, configs: Ids, users: list[str]) -> None:
    """Widen `touched` to whole components: fingerprints and user ids both link visits."""
    connection.register("new_config", pa.table({"config_id": pa.array(np.unique(configs))}))
    connection.register("new_user", pa.table({"user_id": texts(users)}))
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE linked_config AS
            SELECT config_id FROM new_config UNION SELECT config_id FROM touched;
        CREATE OR REPLACE TEMP TABLE linked_user AS
            SELECT user_id FROM new_user UNION SELECT user_id FROM touched WHERE user_id IS NOT NULL;
        """
    )
    connection.unregister("new_config")
    connection.unregister("new_user")
    size = -1
    while (count := number(connection, "SELECT count(*) FROM touched")) != size:
        size = count
        connection.execute(
            """
            INSERT INTO touched
            SELECT v.idvisit, v.config_id, v.chain_time, v.user_id, v.visit_first_action_time FROM visit v
            WHERE (v.user_id IN (SELECT user_id FROM linked_user)
                   OR (v.config_id IN (SELECT config_id FROM linked_config)
                       AND v.config_id IN (SELECT config_id FROM visit WHERE user_id IS NOT NULL)))
              AND v.idvisit NOT IN (SELECT idvisit FROM touched);
            INSERT INTO linked_config
            SELECT DISTINCT config_id FROM touched
            WHERE config_id NOT IN (SELECT config_id FROM linked_config);
            INSERT INTO linked_user
            SELECT DISTINCT user_id FROM touched
            WHERE user_id IS NOT NULL AND user_id NOT IN (SELECT user_id FROM linked_user);
            """
        )


def _load(connection: Connection, removed: tuple[int, int] | None) -> Stored:
    if not number(connection, "SELECT count(*) FROM touched"):
        return Stored(Requests.none(), [], [], {}, set())
    visits = connection.execute(
        "SELECT idfirst, idvisit, idsite, epoch(day)::BIGINT // 86400 FROM visit "
        "WHERE idvisit IN (SELECT idvisit FROM touched)"
    ).fetchall()
    rows: dict[str, Any] = connection.execute(
        """
        SELECT q.idrequest, q.idsource AS source, q.byte_offset AS offset, epoch(q.server_time)::BIGINT AS time,
               epoch(q.day)::BIGINT // 86400 AS day, q.hour::BIGINT AS hour, q.idsite::BIGINT AS idsite,
               q.kind::BIGINT AS kind, coalesce(q.idaction_url, -1)::BIGINT AS url,
               coalesce(q.idaction_name, -1)::BIGINT AS name, q.idclient::BIGINT AS client,
               t.config_id AS config, q.idreferrer::BIGINT AS referrer,
               coalesce(q.url_prefix::BIGINT, -1) AS prefix, coalesce(q.search_count::BIGINT, -1) AS count,
               coalesce(q.user_id, '') AS user_id, q.search_cat IS NOT NULL AS has_category,
               coalesce(q.search_cat, '') AS search_cat
        FROM request q JOIN touched t ON t.idvisit = q.idvisit
        WHERE q.server_time >= (SELECT min(low) FROM touched)
        """
    ).fetchnumpy()
    if removed is not None:
        keep = ~((np.asarray(rows["source"]) == removed[0]) & (np.asarray(rows["offset"]) == removed[1]))
        rows = {name: np.asarray(values)[keep] for name, values in rows.items()}
    users, user = _codes(rows.pop("user_id"))
    has_category = np.asarray(rows.pop("has_category"), dtype=np.bool_)
    categories, category = _codes(rows.pop("search_cat"), blank_is_null=False)
    config: Ids = np.asarray(rows.pop("config"), dtype=np.uint64)
    columns: dict[str, Any] = {name: np.asarray(values, dtype=np.int64) for name, values in rows.items()}
    n = len(columns["time"])
    unset = np.full(n, NULL, dtype=np.int64)
    requests = Requests(
        **columns,
        config=config,
        source_rank=unset,
        user=user,
        referrer_type=unset,
        campaign=unset,
        keyword=unset,
        keyword_from_host=np.zeros(n, dtype=np.bool_),
        category=np.where(has_category, category, NULL),
    )
    days = {(site, day) for _, _, site, day in visits}
    days |= set(zip(columns["idsite"].tolist(), columns["day"].tolist(), strict=True))
    return Stored(requests, users, categories, {first: idvisit for first, idvisit, _, _ in visits}, days)


def _codes(values: Any, *, blank_is_null: bool = True) -> tuple[list[str], Ints]:
    """Distinct texts, and each row's place among them (NULL for a blank one)."""
    array = np.asarray(values, dtype=object).astype(str)
    distinct, place = np.unique(array, return_inverse=True)
    codes = place.astype(np.int64)
    if blank_is_null:
        codes = np.where(array == "", NULL, codes)
    return distinct.tolist(), codes
