"""Dictionary ids of a run's vocabulary: asked for once per distinct value, then looked up by place."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from piwikcli.ingest.batch import Batch
from piwikcli.ingest.dictionaries import nullable, resolve, texts, timestamps
from piwikcli.ingest.fingerprints import Fingerprints, Recognition
from piwikcli.ingest.lookups.location import Location
from piwikcli.ingest.lookups.referrers import Referrer
from piwikcli.ingest.recognise import NULL, Ids, Ints
from piwikcli.ingest.vocabulary import CLIENT_AGENT, CLIENT_IP, CLIENT_LANGUAGE, CLIENT_LOCATION, Vocabulary
from piwikcli.store import Connection, unused
from piwikcli.store.retention import masked

if TYPE_CHECKING:
    from piwikcli.ingest.lookups.devices import Device

_MAPPED = b"\0" * 10 + b"\xff\xff"
_NOWHERE = _MAPPED + b"\0" * 4
_NONE: Ints = np.empty(0, dtype=np.int64)


class Identities:
    """Arrays of ids by place. `devices` must know every user agent of the batches."""

    def __init__(self, recognition: Recognition, devices: Mapping[str, Device]) -> None:
        self._fingerprints = Fingerprints(recognition)
        self._ip_mask = recognition.privacy.ip_mask
        self._devices = devices
        self._vocabulary: Vocabulary | None = None
        self._deleted = ""
        self._start(None)

    def _start(self, vocabulary: Vocabulary | None) -> None:
        self._vocabulary = vocabulary
        self._client = self._referrer = self._action = self._first_time = _NONE
        self._print: Ids = np.empty(0, dtype=np.uint64)

    def learn(self, connection: Connection, batch: Batch) -> None:
        """Make sure that everything a batch points to has an id; note URLs' first prefixes."""
        deleted = unused.state(connection)
        if batch.vocabulary is not self._vocabulary or deleted != self._deleted:
            self._start(batch.vocabulary)
            self._deleted = deleted
        words = batch.vocabulary
        self._learn_clients(connection, words, batch.new_clients(len(self._client)))
        referrers = words.referrers.names[len(self._referrer) :]
        if referrers:
            self._referrer = np.append(self._referrer, referrer_ids(connection, referrers))
        self._learn_actions(connection, batch)

    def client(self, places: Ints) -> Ints:
        return self._client[places]

    def referrer(self, places: Ints) -> Ints:
        return self._referrer[places]

    def action(self, places: Ints) -> Ints:
        """Ids of actions; NULL stays NULL, UNDEFINED becomes 0."""
        if not len(self._action):
            return np.where(places == NULL, NULL, 0)
        return np.where(places >= 0, self._action[np.maximum(places, 0)], np.where(places == NULL, NULL, 0))

    def config(self, client: Ints, site: Ints, day: Ints) -> Ids:
        """Fingerprints of requests by clients (places) at sites on local days."""
        return self._fingerprints.daily(self._print[client], site, day)

    def _learn_clients(self, connection: Connection, words: Vocabulary, clients: Ints) -> None:
        if not len(clients):
            return
        ip = pa.array([words.ips.names[place] for place in clients[:, CLIENT_IP].tolist()], pa.string())
        agents, of_agent = np.unique(clients[:, CLIENT_AGENT], return_inverse=True)
        devices = {agent: self._devices[agent] for agent in (words.agents.names[place] for place in agents.tolist())}
        used, of_location = np.unique(clients[:, CLIENT_LOCATION], return_inverse=True)
        locations = [words.locations.names[place] for place in used.tolist()]
        languages = texts(words.languages.names[:]).take(pa.array(clients[:, CLIENT_LANGUAGE]))
        keys = {
            "ip": ip,
            "iddevice": pa.array(device_ids(connection, devices)[of_agent]),
            "idlocation": pa.array(location_ids(connection, locations)[of_location]),
            "language": languages,
        }
        found = self._client_ids(connection, keys)
        fingerprints = texts([device.fingerprint for device in devices.values()]).take(pa.array(of_agent))
        described = pa.table({"fingerprint": fingerprints, "ip": ip, "language": languages})
        self._client = np.append(self._client, found)
        self._print = np.append(self._print, self._fingerprints.constant(connection, described))

    def _client_ids(self, connection: Connection, keys: dict[str, pa.Array]) -> Ints:
        """Ids of clients as they are stored: of several that differ in what `privacy.ip_mask` masks there is one."""
        kept, of_kept = keys, None
        if self._ip_mask:
            lighter = pa.array([masked(ip, self._ip_mask) for ip in keys["ip"].to_pylist()], pa.string())
            codes = {name: column.dictionary_encode().indices.to_numpy() for name, column in keys.items()}
            codes["ip"] = lighter.dictionary_encode().indices.to_numpy()
            _, first, of_kept = np.unique(
                np.stack(list(codes.values()), axis=1), axis=0, return_index=True, return_inverse=True
            )
            kept = {name: column.take(pa.array(first)) for name, column in {**keys, "ip": lighter}.items()}
        packed = {"location_ip": pa.array([packed_ip(text) for text in kept["ip"].to_pylist()], pa.binary())}
        found = resolve(connection, "client", "idclient", kept, packed)
        return found if of_kept is None else found[of_kept.reshape(-1)]

    def _learn_actions(self, connection: Connection, batch: Batch) -> None:
        """A URL's prefix is that of its first request, whichever arrives first."""
        actions = batch.vocabulary.actions.names[:]
        if not actions or not len(batch):
            return
        time = batch.columns["time"]
        first = np.full(len(actions), np.iinfo(np.int64).max)
        prefix = np.full(len(actions), NULL, dtype=np.int64)
        latest_first = slice(None, None, -1) if (np.diff(time) >= 0).all() else np.argsort(time, kind="stable")[::-1]
        for column in ("name", "url"):
            places = batch.columns[column][latest_first]
            used = places >= 0
            first[places[used]] = time[latest_first][used]  # the last to be assigned is the earliest
            if column == "url":
                prefix[places[used]] = batch.columns["prefix"][latest_first][used]
        known = len(self._action)
        # what another batch of this run is still to bring has no time here, and waits for it
        seen = np.flatnonzero(first[known:] != np.iinfo(np.int64).max)
        limit = known + int(seen.max(initial=-1)) + 1
        if limit > known:
            fresh = slice(known, limit)
            times = np.minimum(first[fresh], np.iinfo(np.int32).max)
            keys = {
                "name": texts([name for name, _ in actions[fresh]]),
                "type": pa.array([kind for _, kind in actions[fresh]], pa.uint8()),
            }
            values = {"url_prefix": nullable(prefix[fresh], pa.uint8()), "first_time": timestamps(times)}
            found = resolve(connection, "log_action", "idaction", keys, values)
            connection.register("resolved", pa.table({"place": np.arange(len(found)), "idaction": found}))
            stored = connection.execute(
                "SELECT epoch(first_time)::BIGINT FROM resolved JOIN log_action USING (idaction) ORDER BY place"
            ).fetchnumpy()
            connection.unregister("resolved")
            self._action = np.append(self._action, found)
            self._first_time = np.append(self._first_time, np.asarray(next(iter(stored.values()))))
        earlier = np.flatnonzero(first[: len(self._action)] < self._first_time)
        if len(earlier):
            correct_first(connection, self._action[earlier], first[earlier], prefix[earlier])
            self._first_time[earlier] = first[earlier]


def correct_first(connection: Connection, idaction: Ints, time: Ints, prefix: Ints) -> None:
    """Actions that turn out to have been requested earlier, perhaps under another prefix."""
    connection.register(
        "earlier",
        pa.table({"idaction": idaction, "first_time": timestamps(time), "url_prefix": nullable(prefix, pa.uint8())}),
    )
    connection.execute("CREATE OR REPLACE TEMP TABLE seen_earlier AS SELECT * FROM earlier")
    connection.unregister("earlier")
    connection.execute(
        "UPDATE log_action SET url_prefix = f.url_prefix, first_time = f.first_time FROM seen_earlier f "
        "WHERE f.idaction = log_action.idaction AND f.first_time < log_action.first_time"
    )


def referrer_ids(connection: Connection, referrers: Sequence[Referrer]) -> Ints:
    """Ids of distinct referrers."""
    return resolve(
        connection,
        "referrer",
        "idreferrer",
        {
            "type": pa.array([r.type for r in referrers], pa.uint8()),
            "name": texts([r.name for r in referrers]),
            "keyword": texts([r.keyword for r in referrers]),
            "url": texts([r.url for r in referrers]),
            "keyword_from_host": pa.array([r.keyword_from_host for r in referrers], pa.bool_()),
        },
    )


def device_ids(connection: Connection, devices: Mapping[str, Device]) -> Ints:
    """Ids of user agents, given with their devices."""
    found = list(devices.values())
    return resolve(
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


def location_ids(connection: Connection, places: Sequence[Location]) -> Ints:
    """Ids of distinct places."""
    return resolve(
        connection,
        "location",
        "idlocation",
        {
            "country": texts([p.country for p in places]),
            "region": texts([p.region for p in places]),
            "city": texts([p.city for p in places]),
            "latitude": pa.array([p.latitude for p in places], pa.float64()),
            "longitude": pa.array([p.longitude for p in places], pa.float64()),
            "region_name": texts([p.region_name for p in places]),
        },
    )


def packed_ip(text: str) -> bytes:
    """16 bytes, IPv4 mapped into IPv6; what is no address is 0.0.0.0."""
    try:
        if ":" in text:
            return socket.inet_pton(socket.AF_INET6, text)
        return _MAPPED + socket.inet_pton(socket.AF_INET, text)
    except (OSError, ValueError):
        return _NOWHERE
