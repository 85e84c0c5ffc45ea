"""commit: a batch of requests into the log tables, with everything that it changes, in one transaction.

What the batch touches is read, recognised again together with the new requests, and replaced.
See docs/explanation/visits.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from piwikcli.ingest import touched
from piwikcli.ingest.batch import Batch
from piwikcli.ingest.dictionaries import dates, nullable, timestamps, words
from piwikcli.ingest.distinct import unique
from piwikcli.ingest.fingerprints import Recognition
from piwikcli.ingest.identities import Identities
from piwikcli.ingest.recognise import CAMPAIGN, NULL, Ints, Requests, Visits
from piwikcli.ingest.recognition import recognise
from piwikcli.ingest.tracking import pool
from piwikcli.ingest.tracking.commit import recompute
from piwikcli.store import Connection, number
from piwikcli.store.retention import deleted_before

if TYPE_CHECKING:
    from piwikcli.ingest.lookups.devices import Device


class Committer:
    """Writes batches into log tables. `devices` must know every user agent of a batch."""

    def __init__(self, recognition: Recognition, devices: Mapping[str, Device]) -> None:
        self._look_back = recognition.look_back
        self._recognition = recognition
        self._identities = Identities(recognition, devices)

    def store(self, connection: Connection, idsource: int, batch: Batch, removed_offset: int | None = None) -> None:
        """Add a batch's requests; `removed_offset` takes back the one that began there (it was cut short)."""
        removed = None if removed_offset is None else (idsource, removed_offset)
        if not len(batch) and removed is None:
            return
        new = self._new_requests(connection, idsource, batch)
        names = self._recognition.privacy.users(self._recognition.secret, batch.vocabulary.users.names[:])
        labels = batch.vocabulary.categories.names[:]
        used = np.unique(new.user[new.user != NULL]).tolist()
        old = touched.read(connection, new.config, new.time, [names[u] for u in used], self._look_back, removed)
        if pool.has_tracking(connection, new.config):
            # visits of tracking requests are touched, which have more to them
            pool.start(connection, _as_pool(new, names, labels))
            if removed is not None:
                pool.take_back(connection, *removed)
            recompute(connection, self._look_back)
            return
        users, categories = old.users + names, old.categories + labels
        new.user = np.where(new.user == NULL, NULL, new.user + len(old.users))
        new.category = np.where(new.category == NULL, NULL, new.category + len(old.categories))
        requests = old.requests.join(new)
        if len(requests):
            _describe_referrers(connection, requests)
            _rank_sources(connection, requests)
            requests, visits = recognise(requests, users, self._look_back)
            _replace(connection, requests, visits, users, categories, old.visit_of)
            _mark_days(connection, requests.idsite, requests.day)
        else:
            _delete(connection)
        if old.days:
            sites, days = (np.array(column, dtype=np.int64) for column in zip(*old.days, strict=True))
            _mark_days(connection, sites, days)

    def _new_requests(self, connection: Connection, idsource: int, batch: Batch) -> Requests:
        ids, c, n = self._identities, batch.columns, len(batch)
        if not n:
            return Requests.none()
        ids.learn(connection, batch)
        start = number(connection, "SELECT coalesce(max(idrequest), 0) + 1 FROM request")
        unset = np.full(n, NULL, dtype=np.int64)
        return Requests(
            idrequest=start + np.arange(n),
            source=np.full(n, idsource, dtype=np.int64),
            source_rank=unset,
            offset=c["offset"],
            time=c["time"],
            day=c["day"],
            hour=c["hour"],
            idsite=c["site"],
            kind=c["kind"],
            url=ids.action(c["url"]),
            name=ids.action(c["name"]),
            client=ids.client(c["client"]),
            user=c["user"],
            config=ids.config(c["client"], c["site"], c["day"]),
            referrer=ids.referrer(c["referrer"]),
            referrer_type=unset,
            campaign=unset,
            keyword=unset,
            keyword_from_host=np.zeros(n, dtype=np.bool_),
            prefix=c["prefix"],
            category=c["category"],
            count=c["count"],
        )


def _as_pool(new: Requests, users: Sequence[str], categories: Sequence[str]) -> pa.Table:
    """New requests as `pool.start` takes them."""
    return pa.table(
        {
            "idrequest": new.idrequest,
            "idsite": new.idsite,
            "idsource": new.source,
            "byte_offset": new.offset,
            "server_time": timestamps(new.time),
            "day": dates(new.day),
            "hour": new.hour,
            "kind": new.kind,
            "idaction_url": nullable(new.url, pa.int64()),
            "idaction_name": nullable(new.name, pa.int64()),
            "url_prefix": nullable(new.prefix, pa.int64()),
            "idreferrer": new.referrer,
            "idclient": new.client,
            "user_id": words(new.user, users),
            "search_cat": words(new.category, categories),
            "search_count": nullable(new.count, pa.int64()),
            "config_id": new.config,
        }
    )


# --- what recognition needs to know beside the requests' own columns ----------------------------------------


def _describe_referrers(connection: Connection, requests: Requests) -> None:
    """Fill in referrer types, and codes for campaign names and keywords (compared without case)."""
    used = np.zeros(int(requests.referrer.max()) + 1, dtype=np.bool_)
    used[requests.referrer] = True
    connection.register("used", pa.table({"idreferrer": np.flatnonzero(used)}))
    rows = connection.execute("SELECT idreferrer, type FROM used JOIN referrer USING (idreferrer)").fetchnumpy()
    campaigns = connection.execute(
        "SELECT idreferrer, lower(coalesce(name, '')), lower(coalesce(keyword, '')), keyword_from_host "
        f"FROM used JOIN referrer USING (idreferrer) WHERE type = {CAMPAIGN}"
    ).fetchall()
    connection.unregister("used")
    kind, name, keyword = (np.full(len(used), NULL, dtype=np.int64) for _ in range(3))
    from_host = np.zeros(len(used), dtype=np.bool_)
    kind[np.asarray(rows["idreferrer"])] = np.asarray(rows["type"])
    codes: dict[str, int] = {}
    for idreferrer, campaign, word, host in campaigns:
        name[idreferrer] = codes.setdefault(campaign, len(codes))
        keyword[idreferrer] = codes.setdefault(word, len(codes))
        from_host[idreferrer] = host
    requests.referrer_type = kind[requests.referrer]
    requests.campaign = name[requests.referrer]
    requests.keyword = keyword[requests.referrer]
    requests.keyword_from_host = from_host[requests.referrer]


def _rank_sources(connection: Connection, requests: Requests) -> None:
    """Sources in the total order: by their first request's time, then by what they begin with."""
    rows = connection.execute(
        "SELECT idsource FROM source ORDER BY first_time NULLS LAST, head_hashes[1], idsource"
    ).fetchall()
    rank = np.zeros(max((row[0] for row in rows), default=0) + 1, dtype=np.int64)
    rank[[row[0] for row in rows]] = np.arange(len(rows))
    requests.source_rank = rank[requests.source]


# --- replacing ------------------------------------------------------------------------------------------------


def _delete(connection: Connection) -> None:
    connection.execute(
        """
        DELETE FROM request WHERE idvisit IN (SELECT idvisit FROM touched)
            AND server_time >= (SELECT min(low) FROM touched);
        DELETE FROM visit WHERE idvisit IN (SELECT idvisit FROM touched)
            AND visit_last_action_time >= (SELECT min(low) FROM touched);
        """
    )


def _replace(
    connection: Connection,
    requests: Requests,
    visits: Visits,
    users: Sequence[str],
    categories: Sequence[str],
    visit_of: Mapping[int, int],
) -> None:
    """Put the recognised visits and requests in the place of those that were read."""
    if visit_of:
        _delete(connection)
    idvisit = _visit_ids(connection, np.asarray(visits.columns["idfirst"], dtype=np.int64), visit_of)
    # in order of time, so that the days of an archive lie together
    by_time = np.argsort(visits.columns["visit_last_action_time"], kind="stable")
    columns = {name: values[by_time] for name, values in visits.columns.items()}
    integers = {
        name: nullable(np.asarray(values, dtype=np.int64), pa.int64())
        for name, values in columns.items()
        if name not in _SPECIAL
    }
    _insert(
        connection,
        "visit",
        {
            "idvisit": pa.array(idvisit[by_time]),
            "idvisitor": pa.array(columns["idvisitor"]),
            "config_id": pa.array(columns["config_id"]),
            **{name: timestamps(np.asarray(columns[name], dtype=np.int64)) for name in _TIMES},
            "day": dates(np.asarray(columns["day"], dtype=np.int64)),
            "user_id": words(np.asarray(columns["user"], dtype=np.int64), users),
            **integers,
        },
        "new_rows.*, c.iddevice, c.idlocation",
        "JOIN client c USING (idclient)",
    )
    by_time = np.argsort(requests.time, kind="stable")
    q = requests.take(by_time)
    _insert(
        connection,
        "request",
        {
            "idrequest": pa.array(q.idrequest),
            "idsite": pa.array(q.idsite),
            "idsource": pa.array(q.source),
            "byte_offset": pa.array(q.offset),
            "server_time": timestamps(q.time),
            "day": dates(q.day),
            "hour": pa.array(q.hour),
            "kind": pa.array(q.kind),
            "idaction_url": nullable(q.url, pa.int64()),
            "idaction_name": nullable(q.name, pa.int64()),
            "url_prefix": nullable(q.prefix, pa.int64()),
            "idreferrer": pa.array(q.referrer),
            "idclient": pa.array(q.client),
            "user_id": words(q.user, users),
            "search_cat": words(q.category, categories),
            "search_count": nullable(q.count, pa.int64()),
            "idvisit": pa.array(idvisit[visits.visit][by_time]),
            "idaction_url_ref": nullable(visits.url_ref[by_time], pa.int64()),
            "idaction_name_ref": nullable(visits.name_ref[by_time], pa.int64()),
            "time_spent_ref_action": pa.array(visits.time_spent_ref[by_time]),
            "pageview_position": nullable(visits.position[by_time], pa.int64()),
        },
    )


def _visit_ids(connection: Connection, firsts: Ints, visit_of: Mapping[int, int]) -> Ints:
    """Ids of visits: a visit whose first request is what it was keeps its own."""
    start = max(number(connection, "SELECT max(idvisit) FROM visit"), *visit_of.values(), 0) + 1
    idvisit = start + np.arange(len(firsts))
    if visit_of:
        known = np.array(sorted(visit_of.items()), dtype=np.int64)
        at = np.minimum(np.searchsorted(known[:, 0], firsts), len(known) - 1)
        idvisit = np.where(known[at, 0] == firsts, known[at, 1], idvisit)
    return idvisit


_TIMES = ("chain_time", "visit_first_action_time", "visit_last_action_time")
_SPECIAL = frozenset({"idvisitor", "config_id", "day", "user", *_TIMES})


def _insert(
    connection: Connection, table: str, columns: dict[str, pa.Array], select: str = "*", join: str = ""
) -> None:
    connection.register("new_rows", pa.table(columns))
    connection.execute(f"INSERT INTO {table} BY NAME SELECT {select} FROM new_rows {join}")
    connection.unregister("new_rows")


def _mark_days(connection: Connection, site: Ints, day: Ints) -> None:
    """Every archive that holds one of these sites' local dates is out of date, unless its visits are deleted."""
    base = int(day.min())
    width = int(day.max()) - base + 1
    used, _ = unique(site * width + day - base)
    connection.register(
        "changed_day", pa.table({"idsite": pa.array(used // width), "day": dates(used % width + base)})
    )
    connection.execute(
        """
        UPDATE archive SET state = 'invalid'
        WHERE state IN ('done', 'basic') AND date2 >= $1 AND EXISTS (
            SELECT 1 FROM changed_day c
            WHERE c.idsite = archive.idsite AND c.day BETWEEN archive.date1 AND archive.date2)
        """,
        [deleted_before(connection)],
    )
    connection.unregister("changed_day")
