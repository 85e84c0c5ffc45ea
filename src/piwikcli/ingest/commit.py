"""commit: a batch of requests into the log tables, with everything that it changes, in one transaction.

What the batch touches is read, recognised again together with the new requests, and replaced.
See docs/explanation/visits.md.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from piwikcli.ingest import touched
from piwikcli.ingest.dictionaries import numbers, resolve, texts
from piwikcli.ingest.enrich import NULL, Batch, Client
from piwikcli.ingest.fingerprints import Fingerprints, Recognition
from piwikcli.ingest.lookups.devices import Device
from piwikcli.ingest.recognise import CAMPAIGN, Ints, Requests, Visits, recognise
from piwikcli.store import Connection, number

_NOWHERE = b"\0" * 10 + b"\xff\xff" + b"\0" * 4


class Committer:
    """Writes batches into log tables. `devices` must know every user agent of a batch."""

    def __init__(self, recognition: Recognition, devices: Mapping[str, Device]) -> None:
        self._look_back = recognition.look_back
        self._fingerprints = Fingerprints(recognition)
        self._devices = devices

    def store(
        self, connection: Connection, idsource: int, batch: Batch, removed_offset: int | None = None
    ) -> None:
        """Add a batch's requests; `removed_offset` takes back the one that began there (it was cut short)."""
        removed = None if removed_offset is None else (idsource, removed_offset)
        if not len(batch) and removed is None:
            return
        new = self._new_requests(connection, idsource, batch)
        used = np.unique(new.user[new.user != NULL]).tolist()
        old = touched.read(
            connection, new.config, new.time, [batch.users[u] for u in used], self._look_back, removed
        )
        users, categories = old.users + batch.users, old.categories + batch.categories
        new.user = np.where(new.user == NULL, NULL, new.user + len(old.users))
        new.category = np.where(new.category == NULL, NULL, new.category + len(old.categories))
        requests = old.requests.join(new)
        days = set(old.days)
        if len(requests):
            _describe_referrers(connection, requests)
            _rank_sources(connection, requests)
            requests, visits = recognise(requests, users, self._look_back)
            _replace(connection, requests, visits, users, categories, old.visit_of)
            days |= set(zip(requests.idsite.tolist(), requests.day.tolist(), strict=True))
        else:
            _delete(connection)
        _mark_days(connection, days)

    def _new_requests(self, connection: Connection, idsource: int, batch: Batch) -> Requests:
        c = batch.columns
        n = len(batch)
        clients = [(client, self._devices[client.agent]) for client in batch.clients]
        idclient = _clients(connection, clients)
        idreferrer = _referrers(connection, batch)
        idaction = _actions(connection, batch)
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
            url=_ids(idaction, c["url"]),
            name=_ids(idaction, c["name"]),
            client=_ids(idclient, c["client"]),
            user=c["user"],
            config=self._fingerprints(clients, c["client"], c["site"], c["day"]),
            referrer=_ids(idreferrer, c["referrer"]),
            referrer_type=unset,
            campaign=unset,
            keyword=unset,
            keyword_from_host=np.zeros(n, dtype=np.bool_),
            prefix=c["prefix"],
            category=c["category"],
            count=c["count"],
        )


# --- dictionary ids ---------------------------------------------------------------------------------------


def _clients(connection: Connection, clients: Sequence[tuple[Client, Device]]) -> Ints:
    devices = {client.agent: device for client, device in clients}
    found = list(devices.values())
    iddevice = resolve(
        connection,
        "device",
        "iddevice",
        {"user_agent": texts(list(devices))},
        {
            "is_bot": pa.array([d.is_bot for d in found], pa.bool_()),
            "fingerprint": texts([d.fingerprint for d in found]),
            "config_os": texts([d.os for d in found]),
            "config_os_version": texts([d.os_version for d in found]),
            "config_browser_name": texts([d.browser for d in found]),
            "config_browser_version": texts([d.browser_version for d in found]),
            "config_browser_engine": texts([d.engine for d in found]),
            "config_client_type": pa.array([d.client_type for d in found], pa.uint8()),
            "config_device_type": pa.array([d.device_type for d in found], pa.uint8()),
            "config_device_brand": texts([d.brand for d in found]),
            "config_device_model": texts([d.model for d in found]),
        },
    )
    device_of = dict(zip(devices, iddevice.tolist(), strict=True))
    places = list({client.location: None for client, _ in clients})
    idlocation = resolve(
        connection,
        "location",
        "idlocation",
        {
            "country": texts([p.country for p in places]),
            "region": texts([p.region for p in places]),
            "city": texts([p.city for p in places]),
            "latitude": pa.array([p.latitude for p in places], pa.float64()),
            "longitude": pa.array([p.longitude for p in places], pa.float64()),
        },
    )
    location_of = dict(zip(places, idlocation.tolist(), strict=True))
    return resolve(
        connection,
        "client",
        "idclient",
        {
            "ip": texts([client.ip for client, _ in clients]),
            "iddevice": numbers([device_of[client.agent] for client, _ in clients]),
            "idlocation": numbers([location_of[client.location] for client, _ in clients]),
            "language": texts([client.language for client, _ in clients]),
        },
        {"location_ip": pa.array([packed_ip(client.ip) for client, _ in clients], pa.binary())},
    )


def packed_ip(text: str) -> bytes:
    """16 bytes, IPv4 mapped into IPv6; what is no address is 0.0.0.0."""
    try:
        return socket.inet_pton(socket.AF_INET6, text if ":" in text else f"::ffff:{text}")
    except (OSError, ValueError):
        return _NOWHERE


def _referrers(connection: Connection, batch: Batch) -> Ints:
    return resolve(
        connection,
        "referrer",
        "idreferrer",
        {
            "type": pa.array([r.type for r in batch.referrers], pa.uint8()),
            "name": texts([r.name for r in batch.referrers]),
            "keyword": texts([r.keyword for r in batch.referrers]),
            "url": texts([r.url for r in batch.referrers]),
            "keyword_from_host": pa.array([r.keyword_from_host for r in batch.referrers], pa.bool_()),
        },
    )


def _actions(connection: Connection, batch: Batch) -> Ints:
    """log_action ids. A URL's prefix is that of its first request, whichever arrives first."""
    if not batch.actions:
        return np.empty(0, dtype=np.int64)
    c = batch.columns
    latest_first = np.argsort(c["time"], kind="stable")[::-1]
    first = np.zeros(len(batch.actions), dtype=np.int64)
    prefix = np.full(len(batch.actions), NULL, dtype=np.int64)
    for column in ("name", "url"):
        rows = latest_first[c[column][latest_first] >= 0]
        first[c[column][rows]] = c["time"][rows]  # the last to be assigned is the earliest
    prefix[c["url"][rows]] = c["prefix"][rows]
    values = {"url_prefix": _nullable(prefix, pa.uint8()), "first_time": _timestamps(first)}
    keys = {
        "name": texts([name for name, _ in batch.actions]),
        "type": pa.array([kind for _, kind in batch.actions], pa.uint8()),
    }
    idaction = resolve(connection, "log_action", "idaction", keys, values)
    connection.register("first_seen", pa.table({"idaction": pa.array(idaction), **values}))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE seen_earlier AS SELECT f.* FROM first_seen f JOIN log_action a "
        "USING (idaction) WHERE f.first_time < a.first_time"
    )
    connection.unregister("first_seen")
    connection.execute(
        "UPDATE log_action SET url_prefix = f.url_prefix, first_time = f.first_time "
        "FROM seen_earlier f WHERE f.idaction = log_action.idaction"
    )
    return idaction


def _ids(ids: Ints, places: Ints) -> Ints:
    """Dictionary ids of places; -1 stays NULL, -2 becomes 0 (not defined)."""
    if not len(ids):
        return np.where(places == NULL, NULL, 0)
    return np.where(places >= 0, ids[np.maximum(places, 0)], np.where(places == NULL, NULL, 0))


# --- what recognition needs to know beside the requests' own columns ----------------------------------------


def _describe_referrers(connection: Connection, requests: Requests) -> None:
    """Fill in referrer types, and codes for campaign names and keywords (compared without case)."""
    distinct, place = np.unique(requests.referrer, return_inverse=True)
    connection.register("used", pa.table({"idreferrer": pa.array(distinct)}))
    rows = connection.execute(
        "SELECT type, lower(coalesce(name, '')), lower(coalesce(keyword, '')), keyword_from_host "
        "FROM used JOIN referrer USING (idreferrer) ORDER BY idreferrer"
    ).fetchall()
    connection.unregister("used")
    codes: dict[str, int] = {}
    kind = np.array([row[0] for row in rows], dtype=np.int64)
    name = [codes.setdefault(row[1], len(codes)) if row[0] == CAMPAIGN else NULL for row in rows]
    keyword = [codes.setdefault(row[2], len(codes)) if row[0] == CAMPAIGN else NULL for row in rows]
    from_host = np.array([row[3] for row in rows], dtype=np.bool_)
    requests.referrer_type = kind[place]
    requests.campaign = np.array(name, dtype=np.int64)[place]
    requests.keyword = np.array(keyword, dtype=np.int64)[place]
    requests.keyword_from_host = from_host[place]


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
        DELETE FROM request WHERE idvisit IN (SELECT idvisit FROM touched);
        DELETE FROM visit WHERE idvisit IN (SELECT idvisit FROM touched);
        """
    )


def _replace(
    connection: Connection,
    requests: Requests,
    visits: Visits,
    users: list[str],
    categories: list[str],
    visit_of: Mapping[int, int],
) -> None:
    """Put the recognised visits and requests in the place of those that were read."""
    _delete(connection)
    columns = visits.columns
    firsts = np.asarray(columns["idfirst"], dtype=np.int64)
    highest = number(connection, "SELECT max(idvisit) FROM visit")
    start = max(highest, *visit_of.values(), 0) + 1
    idvisit = start + np.arange(len(firsts))
    if visit_of:
        # a visit whose first request is what it was keeps its id
        idvisit = np.array(
            [visit_of.get(first, fresh) for first, fresh in zip(firsts.tolist(), idvisit.tolist(), strict=True)]
        )
    names = np.array([*users, None], dtype=object)
    # in order of time, so that the days of an archive lie together
    visit_of_row = idvisit[visits.visit]
    by_time = np.argsort(columns["visit_last_action_time"], kind="stable")
    idvisit = idvisit[by_time]
    columns = {name: values[by_time] for name, values in columns.items()}
    integers = {
        name: _nullable(np.asarray(values, dtype=np.int64), pa.int64())
        for name, values in columns.items()
        if name not in _SPECIAL
    }
    _insert(
        connection,
        "visit",
        {
            "idvisit": pa.array(idvisit),
            "idvisitor": pa.array(columns["idvisitor"]),
            "config_id": pa.array(columns["config_id"]),
            **{name: _timestamps(columns[name]) for name in _TIMES},
            "day": _dates(columns["day"]),
            "user_id": pa.array(names[columns["user"]], pa.string()),
            **integers,
        },
        "new_rows.*, c.iddevice, c.idlocation",
        "JOIN client c USING (idclient)",
    )
    labels = np.array([*categories, None], dtype=object)
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
            "server_time": _timestamps(q.time),
            "day": _dates(q.day),
            "hour": pa.array(q.hour),
            "kind": pa.array(q.kind),
            "idaction_url": _nullable(q.url, pa.int64()),
            "idaction_name": _nullable(q.name, pa.int64()),
            "url_prefix": _nullable(q.prefix, pa.int64()),
            "idreferrer": pa.array(q.referrer),
            "idclient": pa.array(q.client),
            "user_id": pa.array(names[q.user], pa.string()),
            "search_cat": pa.array(labels[q.category], pa.string()),
            "search_count": _nullable(q.count, pa.int64()),
            "idvisit": pa.array(visit_of_row[by_time]),
            "idaction_url_ref": _nullable(visits.url_ref[by_time], pa.int64()),
            "idaction_name_ref": _nullable(visits.name_ref[by_time], pa.int64()),
            "time_spent_ref_action": pa.array(visits.time_spent_ref[by_time]),
            "pageview_position": _nullable(visits.position[by_time], pa.int64()),
        },
    )


_TIMES = ("chain_time", "visit_first_action_time", "visit_last_action_time")
_SPECIAL = frozenset({"idvisitor", "config_id", "day", "user", *_TIMES})


def _insert(
    connection: Connection, table: str, columns: dict[str, pa.Array], select: str = "*", join: str = ""
) -> None:
    connection.register("new_rows", pa.table(columns))
    connection.execute(f"INSERT INTO {table} BY NAME SELECT {select} FROM new_rows {join}")
    connection.unregister("new_rows")


def _mark_days(connection: Connection, days: set[tuple[int, int]]) -> None:
    """Every archive that holds one of these (site, local date) is out of date."""
    if not days:
        return
    sites, dates = zip(*sorted(days), strict=True)
    connection.register(
        "changed_day", pa.table({"idsite": numbers(sites), "day": _dates(np.array(dates, dtype=np.int64))})
    )
    connection.execute(
        """
        UPDATE archive SET state = 'invalid'
        WHERE state = 'done' AND EXISTS (
            SELECT 1 FROM changed_day c
            WHERE c.idsite = archive.idsite AND c.day BETWEEN archive.date1 AND archive.date2)
        """
    )
    connection.unregister("changed_day")


def _nullable(values: Ints, kind: pa.DataType) -> pa.Array:
    return pa.array(values, mask=values < 0).cast(kind)


def _timestamps(seconds: Ints) -> pa.Array:
    return pa.array(np.asarray(seconds, dtype=np.int64) * 1_000_000).cast(pa.timestamp("us"))


def _dates(days: Ints) -> pa.Array:
    return pa.array(np.asarray(days, dtype=np.int32)).cast(pa.date32())
