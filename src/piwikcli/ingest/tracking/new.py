"""New tracking requests into the tables that never change: dictionary ids, details, items."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyarrow as pa

from piwikcli.ingest.dictionaries import dates, in_use, nullable, resolve, texts, timestamps, words
from piwikcli.ingest.fingerprints import Fingerprints, Recognition
from piwikcli.ingest.identities import correct_first, device_ids, location_ids, packed_ip, referrer_ids
from piwikcli.ingest.tracking.batch import (
    ACTIONS,
    CONTENT,
    DOWNLOAD,
    EVENT,
    NULL,
    OUTLINK,
    TIMINGS,
    Batch,
    Client,
    Ids,
    Ints,
    Vocabulary,
)
from piwikcli.ingest.tracking.goals import Match
from piwikcli.store import Connection, number, unused
from piwikcli.store.retention import masked

if TYPE_CHECKING:
    from piwikcli.ingest.lookups.devices import Device

T = TypeVar("T")
_NONE: Ints = np.empty(0, dtype=np.int64)
_FAR = np.iinfo(np.int64).max
_TEXTS = {
    "resolution": "resolution",
    "country": "country",
    "region": "region",
    "city": "city",
    "conversion_url": "conversion_url",
    "order": "idorder",
}
_LISTS = ("visit_dimension", "action_dimension", "visit_var", "page_var")


class Newcomers:
    """Stores new requests' immutable part. `devices` must know every agent of the batches."""

    def __init__(self, recognition: Recognition, devices: Mapping[str, Device]) -> None:
        self._secret = recognition.secret
        self._ip_mask = recognition.privacy.ip_mask
        self._fingerprints = Fingerprints(recognition)
        self._devices = devices
        self._deleted = ""
        self._start(Vocabulary())

    def _start(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._client = self._referrer = self._match = _NONE
        self._action = self._first_time = _NONE
        self._print: Ids = np.empty(0, dtype=np.uint64)

    def store(self, connection: Connection, idsource: int, batch: Batch) -> pa.Table:
        """Write details and items; returns the requests as `pool.start` takes them."""
        deleted = unused.state(connection)
        if batch.vocabulary is not self._vocabulary or deleted != self._deleted:
            self._start(batch.vocabulary)
            self._deleted = deleted
        v, c = batch.vocabulary, batch.columns
        self._learn_clients(connection, _unlearned(v.clients.names, self._client, c["client"]))
        referrers = _unlearned(v.referrers.names, self._referrer, c["referrer"], c["conversion_referrer"])
        self._referrer = np.append(self._referrer, referrer_ids(connection, referrers))
        self._learn_matches(connection, _unlearned(v.matches.names, self._match, c["match"]))
        self._learn_actions(connection, batch)
        first = number(connection, "SELECT coalesce(max(idrequest), 0) + 1 FROM request")
        idrequest = first + np.arange(len(batch))
        config = self._fingerprints.daily(self._print[c["client"]], c["site"], c["day"])
        self._insert(connection, "request_detail", self._details(batch, idrequest, config))
        items = self._items(v, idrequest, c["items"])
        if items is not None:
            self._insert(connection, "request_item", items)
        return pa.table(
            {
                "idrequest": idrequest,
                "idsite": c["site"],
                "idsource": np.full(len(batch), idsource, dtype=np.int64),
                "byte_offset": c["offset"],
                "server_time": timestamps(c["time"]),
                "day": dates(c["day"]),
                "hour": c["hour"],
                "kind": c["kind"],
                "idaction_url": self._ids(c["url"]),
                "idaction_name": self._ids(c["name"]),
                "url_prefix": nullable(c["prefix"], pa.int64()),
                "idreferrer": self._referrer[c["referrer"]],
                "idclient": self._client[c["client"]],
                "user_id": words(c["user"], v.users.names),
                "search_cat": words(c["category"], v.texts.names),
                "search_count": nullable(c["count"], pa.int64()),
                "config_id": config,
            }
        )

    def _insert(self, connection: Connection, table: str, rows: pa.Table) -> None:
        connection.register("new_rows", rows)
        connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM new_rows")
        connection.unregister("new_rows")

    def _ids(self, places: Ints) -> pa.Array:
        """Ids of actions: NULL for none, 0 for undefined."""
        return nullable(self._numbers(places), pa.int64())

    def _numbers(self, places: Ints) -> Ints:
        if not len(self._action):
            return np.where(places == NULL, NULL, 0)
        return np.where(places >= 0, self._action[np.maximum(places, 0)], np.where(places == NULL, NULL, 0))

    def _details(self, batch: Batch, idrequest: Ints, config: Ids) -> pa.Table:
        v, c = batch.vocabulary, batch.columns
        timings = np.stack([c[name] for name in TIMINGS], axis=1)
        timed = (timings != NULL).any(axis=1)
        return pa.table(
            {
                "idrequest": idrequest,
                "config_id": config,
                "idvisitor": pa.array(batch.visitor, mask=c["identified"] == 0),
                "identified_by": c["identified"],
                "new_visit": c["new_visit"].astype(np.bool_),
                "localtime": nullable(c["localtime"], pa.int64()),
                "plugins": c["plugins"],
                "idpageview": batch.page_view,
                "bandwidth": nullable(c["bandwidth"], pa.int64()),
                "timings": _lists(timed, timings),
                "idmatch": nullable(np.append(self._match, NULL)[c["match"]], pa.int64()),
                "idgoal": nullable(c["idgoal"], pa.int64()),
                "idreferrer_conversion": nullable(
                    np.append(self._referrer, NULL)[c["conversion_referrer"]], pa.int64()
                ),
                "idaction_product_cat": self._groups(v, c["categories"]),
                **{name: words(c[column], v.texts.names) for column, name in _TEXTS.items()},
                **{name: self._ids(c[column]) for column, name in ACTIONS.items()},
                **{name: pa.array(values, mask=np.isnan(values)) for name, values in batch.floats.items()},
                **{name: _taken(v.lists.names, c[name], pa.list_(pa.string())) for name in _LISTS},
            }
        )

    def _groups(self, v: Vocabulary, places: Ints) -> pa.Array:
        found, codes = in_use(places)
        return self._nested([v.groups.names[place] for place in found]).take(codes)

    def _nested(self, groups: Sequence[tuple[int, ...]]) -> pa.Array:
        """Lists of ids of groups of places."""
        sizes = np.fromiter(map(len, groups), dtype=np.int32, count=len(groups))
        flat = np.fromiter((place for group in groups for place in group), dtype=np.int64, count=int(sizes.sum()))
        offsets = np.append(0, np.cumsum(sizes)).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), pa.array(self._numbers(flat)))

    def _items(self, v: Vocabulary, idrequest: Ints, places: Ints) -> pa.Table | None:
        rows = [
            (request, position, sku, name, categories, price, quantity)
            for request, place in zip(
                idrequest[places != NULL].tolist(), places[places != NULL].tolist(), strict=True
            )
            for position, (sku, name, categories, price, quantity) in enumerate(v.items.names[place])
        ]
        if not rows:
            return None
        request, position, sku, name, categories, price, quantity = zip(*rows, strict=True)
        return pa.table(
            {
                "idrequest": pa.array(request, pa.int64()),
                "position": pa.array(position, pa.int64()),
                "idaction_sku": self._ids(np.array(sku, dtype=np.int64)),
                "idaction_name": self._ids(np.array(name, dtype=np.int64)),
                "idaction_category": self._nested(categories),
                "price": pa.array(price, pa.float64()),
                "quantity": pa.array(quantity, pa.int64()),
            }
        )

    # --- dictionaries ---------------------------------------------------------------------------------------

    def _learn_clients(self, connection: Connection, clients: Sequence[Client]) -> None:
        if not clients:
            return
        devices = {client.agent: self._devices[client.agent] for client in clients}
        iddevice = dict(zip(devices, device_ids(connection, devices).tolist(), strict=True))
        places = list({client.location: None for client in clients})
        idlocation = dict(zip(places, location_ids(connection, places).tolist(), strict=True))
        rows = [(masked(c.ip, self._ip_mask), iddevice[c.agent], idlocation[c.location], c.language) for c in clients]
        distinct = list(dict.fromkeys(rows))
        ip, device, location, language = zip(*distinct, strict=True)
        found = resolve(
            connection,
            "client",
            "idclient",
            {
                "ip": texts(ip),
                "iddevice": pa.array(device, pa.int64()),
                "idlocation": pa.array(location, pa.int64()),
                "language": texts(language),
            },
            {"location_ip": pa.array([packed_ip(text) for text in ip], pa.binary())},
        )
        id_of = dict(zip(distinct, found.tolist(), strict=True))
        prints = [self._print_of(client, devices[client.agent]) for client in clients]
        self._client = np.append(self._client, np.array([id_of[row] for row in rows], dtype=np.int64))
        self._print = np.append(self._print, np.array(prints, dtype=np.uint64))

    def _print_of(self, client: Client, device: Device) -> int:
        """The part of the fingerprint that stays from day to day, as for a web log's clients."""
        cookie, flash, java, pdf, quicktime, realplayer, silverlight, windowsmedia = (
            str(client.plugins >> bit & 1) for bit in range(8)
        )
        if device.browser == "IE":
            cookie = "0"
        flags = f"{flash}{java}0{quicktime}{realplayer}{pdf}{windowsmedia}0{silverlight}{cookie}"
        parts = (self._secret, device.fingerprint, flags, client.ip, client.languages[:20])
        text = "\x1f".join(parts).encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.md5(text, usedforsecurity=False).digest()[:8], "big")

    def _learn_matches(self, connection: Connection, new: Sequence[tuple[Match, ...]]) -> None:
        found = (
            resolve(connection, "goal_match", "idmatch", {"goals": texts([json.dumps(match) for match in new])})
            if new
            else _NONE
        )
        self._match = np.append(self._match, found)

    def _learn_actions(self, connection: Connection, batch: Batch) -> None:
        """Ids of the names in use, drawn in the order of the requests.

        A URL's prefix is that of its first request, whichever arrives first.
        """
        names = batch.vocabulary.actions.names
        size = len(names)
        first = np.full(size, _FAR, dtype=np.int64)
        order = np.full(size, _FAR, dtype=np.int64)
        prefix = np.full(size, NULL, dtype=np.int64)
        time = batch.columns["time"]
        rows = np.arange(len(batch))
        for places, at, rank, prefixes in self._uses(batch):
            row = rows if at is None else at
            used = places >= 0
            np.minimum.at(order, places[used], (16 * row + rank)[used])
            latest_first = np.argsort(-time[row[used]], kind="stable")
            where, when = places[used][latest_first], time[row[used]][latest_first]
            earlier = when < first[where]
            first[where[earlier]] = when[earlier]  # the last to be assigned is the earliest
            if prefixes is not None:
                prefix[where[earlier]] = prefixes[used][latest_first][earlier]
        self._action = np.append(self._action, np.full(size - len(self._action), NULL, dtype=np.int64))
        self._first_time = np.append(self._first_time, np.full(size - len(self._first_time), _FAR, dtype=np.int64))
        new = np.flatnonzero((self._action == NULL) & (first != _FAR))
        if len(new):
            new = new[np.argsort(order[new], kind="stable")]
            found = resolve(
                connection,
                "log_action",
                "idaction",
                {
                    "name": texts([names[place][0] for place in new.tolist()]),
                    "type": pa.array([names[place][1] for place in new.tolist()], pa.uint8()),
                },
                {"url_prefix": nullable(prefix[new], pa.uint8()), "first_time": timestamps(first[new])},
            )
            connection.register("resolved", pa.table({"place": np.arange(len(found)), "idaction": found}))
            stored = connection.execute(
                "SELECT epoch(first_time)::BIGINT FROM resolved JOIN log_action USING (idaction) ORDER BY place"
            ).fetchnumpy()
            connection.unregister("resolved")
            self._action[new] = found
            self._first_time[new] = np.asarray(next(iter(stored.values())))
        before = np.flatnonzero(first < self._first_time)
        if len(before):
            correct_first(connection, self._action[before], first[before], prefix[before])
            self._first_time[before] = first[before]

    def _uses(self, batch: Batch) -> Iterator[tuple[Ints, Ints | None, Ints, Ints | None]]:
        """(places, rows or None for all, ranks within a request, URL prefixes or None)"""
        c = batch.columns
        kind = c["kind"]
        other = np.isin(kind, (EVENT, CONTENT, OUTLINK, DOWNLOAD))
        yield c["name"], None, np.where(kind == EVENT, 3, 0), None
        yield c["url"], None, np.where(other, 0, 1), c["prefix"]
        for rank, name in (
            *((1, "event_action"), (2, "event_category"), (1, "content_interaction"), (2, "content_name")),
            *((3, "content_piece"), (4, "content_target"), (10, "product"), (11, "sku")),
        ):
            yield c[name], None, np.full(len(batch), rank), None
        for column, nested in (
            ("categories", batch.vocabulary.groups.names),
            ("items", batch.vocabulary.items.names),
        ):
            used = np.flatnonzero(c[column] != NULL)
            flat = [
                (row, 5 + position, place)
                for row in used.tolist()
                for position, place in enumerate(_flattened(nested[int(c[column][row])]))
            ]
            if flat:
                row, rank, place = np.array(flat, dtype=np.int64).T
                yield place, row, np.minimum(rank, 15), None


def _unlearned(names: Sequence[T], learned: Ints, *places: Ints) -> Sequence[T]:
    """What places of a batch point to and is not learned yet.

    The vocabulary goes on growing while a batch is stored: what only later batches have is left to them.
    """
    return names[len(learned) : max(int(column.max(initial=NULL)) for column in places) + 1]


def _flattened(group: tuple[object, ...]) -> list[int]:
    """Places of actions in a group of categories, or in items: per item SKU, name, categories."""
    out: list[int] = []
    for entry in group:
        if isinstance(entry, tuple):
            out += [entry[0], entry[1], *entry[2]]
        else:
            assert isinstance(entry, int)
            out.append(entry)
    return out


def _taken(known: Sequence[Sequence[object]], places: Ints, kind: pa.DataType) -> pa.Array:
    """Values by place, NULL for none."""
    found, codes = in_use(places)
    return pa.array([list(known[place]) for place in found], kind).take(codes)


def _lists(filled: np.typing.NDArray[np.bool_], rows: Ints) -> pa.Array:
    """A list per row, NULL where nothing is filled; entries that are NULL stay so inside."""
    width = rows.shape[1]
    flat = rows[filled].ravel()
    offsets = np.zeros(len(filled) + 1, dtype=np.int32)
    offsets[1:] = np.cumsum(filled) * width
    lists = pa.ListArray.from_arrays(pa.array(offsets), nullable(flat, pa.int64()))
    return (
        lists.filter(pa.array(filled)).take(pa.array(np.cumsum(filled) - 1, mask=~filled)) if len(filled) else lists
    )
