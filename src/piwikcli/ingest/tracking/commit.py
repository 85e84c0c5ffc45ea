"""commit: a batch of tracking requests into the log tables, with everything that it changes, in one transaction.

    new rows -> pool (what they touch) -> recognise -> replace
See docs/explanation/visits.md#late-requests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from piwikcli.ingest.dictionaries import dates, nullable, timestamps
from piwikcli.ingest.fingerprints import Recognition
from piwikcli.ingest.recognise import NULL, Ints
from piwikcli.ingest.tracking import pool
from piwikcli.ingest.tracking.batch import CART, ORDER, PING, Batch
from piwikcli.ingest.tracking.conversions import Sale, StoredItem
from piwikcli.ingest.tracking.new import Newcomers
from piwikcli.ingest.tracking.visits import Given, Money, Place, Recognised, Varying, recognise
from piwikcli.ingest.tracking.write_conversions import listed, place_ids, register, store_conversions
from piwikcli.store import Connection, number, one

if TYPE_CHECKING:
    from piwikcli.ingest.lookups.devices import Device

_TIME_COLUMNS = (
    *("time_network", "time_server", "time_transfer"),
    *("time_dom_processing", "time_dom_completion", "time_on_load"),
)


class TrackingCommitter:
    """Writes batches of tracking requests. `devices` must know every user agent of a batch."""

    def __init__(self, recognition: Recognition, devices: Mapping[str, Device]) -> None:
        self._look_back = recognition.look_back
        self._newcomers = Newcomers(recognition, devices)

    def store(self, connection: Connection, idsource: int, batch: Batch, removed_offset: int | None = None) -> None:
        """Add a batch's requests; `removed_offset` takes back the one that began there (it was cut short)."""
        if not len(batch) and removed_offset is None:
            return
        pool.start(connection, self._newcomers.store(connection, idsource, batch))
        if removed_offset is not None:
            pool.take_back(connection, idsource, removed_offset)
        recompute(connection, self._look_back)


def recompute(connection: Connection, look_back: int) -> None:
    """Recognise what the pool begins with, and all that it touches; replace what is stored of it."""
    pool.close(connection, look_back)
    given = read(connection)
    if len(given.columns["time"]):
        _replace(connection, recognise(given, look_back))
    else:
        _delete(connection)


# --- reading --------------------------------------------------------------------------------------------------


def read(connection: Connection) -> Given:
    """Everything that recognition needs of the pool."""
    columns = pool.load(connection)
    again = pool.repeated_orders(connection)
    columns["repeated"] = np.isin(columns["idrequest"], np.array(again, dtype=np.int64))
    deleted = connection.execute("SELECT idsite, idgoal FROM goal WHERE deleted").fetchall()
    varying = _varying(connection) if (columns["varies"] | columns["moves"]).any() else {}
    return Given(
        columns,
        pool.seeds(connection),
        _goals(connection),
        _money(connection),
        _sales(connection),
        varying,
        _places(connection) if varying else {},
        frozenset(deleted),
    )


def _goals(connection: Connection) -> dict[int, tuple[Any, ...]]:
    rows = connection.execute(
        "SELECT idmatch, goals FROM goal_match WHERE idmatch IN ("
        "SELECT x.idmatch FROM request_detail x SEMI JOIN pool USING (idrequest))"
    ).fetchall()
    return {idmatch: tuple(tuple(goal) for goal in json.loads(goals)) for idmatch, goals in rows}


def _money(connection: Connection) -> dict[int, Money]:
    rows = connection.execute(
        "SELECT idrequest, revenue, custom_float FROM request_detail x SEMI JOIN pool USING (idrequest) "
        "WHERE revenue IS NOT NULL OR (custom_float IS NOT NULL AND idmatch IS NOT NULL)"
    ).fetchall()
    return {idrequest: Money(revenue, value) for idrequest, revenue, value in rows}


def _sales(connection: Connection) -> dict[int, Sale]:
    orders = connection.execute(
        f"SELECT p.idrequest, x.idorder FROM pool p JOIN request_detail x USING (idrequest) "
        f"WHERE p.kind IN ({ORDER}, {CART})"
    ).fetchall()
    if not orders:
        return {}
    items: dict[int, list[StoredItem]] = {idrequest: [] for idrequest, _ in orders}
    rows = connection.execute(
        """
        SELECT i.idrequest, i.idaction_sku, i.idaction_name, i.idaction_category, i.price, i.quantity
        FROM request_item i SEMI JOIN pool USING (idrequest) ORDER BY i.idrequest, i.position
        """
    ).fetchall()
    for idrequest, sku, name, categories, price, quantity in rows:
        items[idrequest].append((sku, name, tuple(categories), price, quantity))
    return {idrequest: Sale(order, tuple(items[idrequest])) for idrequest, order in orders}


def _varying(connection: Connection) -> dict[int, Varying]:
    rows = connection.execute(
        """
        SELECT idrequest, visit_dimension, visit_var, country, region, city, latitude, longitude
        FROM request_detail x SEMI JOIN pool USING (idrequest)
        WHERE coalesce(visit_dimension::VARCHAR, visit_var::VARCHAR, country, region, city, latitude::VARCHAR,
                       longitude::VARCHAR) IS NOT NULL
        """
    ).fetchall()
    return {
        idrequest: Varying(
            None if dimensions is None else tuple(dimensions),
            None if variables is None else tuple(variables),
            tuple(place) if any(value is not None for value in place) else None,
        )
        for idrequest, dimensions, variables, *place in rows
    }


def _places(connection: Connection) -> dict[int, Place]:
    rows = connection.execute(
        "SELECT c.idclient, l.country, l.region, l.city, l.latitude, l.longitude, l.region_name "
        "FROM client c JOIN location l USING (idlocation) WHERE c.idclient IN (SELECT idclient FROM pool)"
    ).fetchall()
    return {idclient: Place(*place) for idclient, *place in rows}


# --- replacing ------------------------------------------------------------------------------------------------


def _delete(connection: Connection) -> None:
    """Remove what is stored of the touched visits and of the pool."""
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE old_request AS SELECT idrequest FROM pool WHERE NOT is_new;
        UPDATE archive SET state = 'invalid' WHERE state = 'done' AND EXISTS (
            SELECT 1 FROM visit v WHERE v.idvisit IN (SELECT idvisit FROM touched) AND v.idsite = archive.idsite
            AND v.day BETWEEN archive.date1 AND archive.date2);
        DELETE FROM request_state WHERE idrequest IN (SELECT idrequest FROM old_request);
        """
    )
    first = one(connection, "SELECT min(server_time) FROM pool")
    if first is not None and first[0] is not None:
        connection.execute(
            f"DELETE FROM request WHERE server_time >= TIMESTAMP '{first[0]}' "
            "AND idrequest IN (SELECT idrequest FROM old_request)"
        )
    for table in ("visit", "visit_detail", "conversion", "conversion_item"):
        connection.execute(f"DELETE FROM {table} WHERE idvisit IN (SELECT idvisit FROM touched)")


def _replace(connection: Connection, found: Recognised) -> None:
    """Put what was recognised in the place of what was stored."""
    first = dict(
        connection.execute(
            "SELECT idfirst, idvisit FROM visit WHERE idvisit IN (SELECT idvisit FROM touched)"
        ).fetchall()
    )
    v = found.composed.visits
    idvisit = _visit_ids(connection, v["idfirst"], first)
    _delete(connection)
    register(connection, "found_request", _request_rows(found, idvisit))
    register(connection, "found_visit", _visit_rows(connection, found, idvisit))
    own = ", ".join(f"p.{name}" for name in pool.OWN_COLUMNS)
    connection.execute(
        f"""
        INSERT INTO request BY NAME
        SELECT {own}, r.idvisit, r.idaction_url_ref, r.idaction_name_ref, r.time_spent_ref_action, r.pageview_position
        FROM pool p JOIN found_request r USING (idrequest) ORDER BY p.server_time;
        INSERT INTO request_state BY NAME
        SELECT idrequest, idvisit, idvisitor, repeated, time_spent, {", ".join(_TIME_COLUMNS)}
        FROM found_request WHERE tracked;
        INSERT INTO visit BY NAME
        SELECT f.* EXCLUDE (user_request, resolution_request, profilable, visitor_seconds_since_order,
                            visit_total_events, visit_goal_converted, visit_goal_buyer, last_idlink_va,
                            custom_dimension, custom_var, tracked, idlocation),
               u.user_id, c.iddevice, coalesce(f.idlocation, c.idlocation) AS idlocation
        FROM found_visit f JOIN client c USING (idclient) LEFT JOIN pool u ON u.idrequest = f.user_request
        ORDER BY f.visit_last_action_time;
        INSERT INTO visit_detail BY NAME
        SELECT f.idvisit, f.profilable, b.localtime AS visitor_localtime, f.visitor_seconds_since_order,
               f.visit_total_events, f.visit_goal_converted, f.visit_goal_buyer, s.resolution,
               coalesce(b.plugins, 0) AS plugins, f.last_idlink_va, f.custom_dimension, f.custom_var
        FROM found_visit f
        LEFT JOIN request_detail b ON b.idrequest = f.idfirst
        LEFT JOIN request_detail s ON s.idrequest = f.resolution_request
        WHERE f.tracked
        """
    )
    if found.conversions or found.items:
        store_conversions(connection, found, idvisit)
    _mark_days(connection)


def _visit_ids(connection: Connection, firsts: Any, known: Mapping[int, int]) -> Ints:
    """Ids of visits: a visit whose first request is what it was keeps its own."""
    start = max(number(connection, "SELECT max(idvisit) FROM visit"), *known.values(), 0) + 1
    new = start + np.arange(len(firsts))
    return np.array([known.get(first, own) for first, own in zip(firsts.tolist(), new.tolist(), strict=True)])


def _request_rows(found: Recognised, idvisit: Ints) -> pa.Table:
    c, m = found.columns, found.composed
    action = c["kind"] < PING
    lost = len(found.lost)

    def padded(values: pa.Array) -> pa.ChunkedArray:
        return pa.chunked_array([values, pa.nulls(lost, values.type)])

    def with_lost(values: Any, fill: Any) -> Any:
        return np.append(values, np.full(lost, fill, dtype=values.dtype))

    times = [
        nullable(np.where(action, found.timings[:, index], NULL), pa.int64()) for index in range(len(_TIME_COLUMNS))
    ]
    return pa.table(
        {
            "idrequest": np.append(c["idrequest"], found.lost),
            "idvisit": with_lost(idvisit[m.place], 0),
            "idvisitor": with_lost(c["visitor_after"], 0),
            "repeated": with_lost(c["repeated"], False),
            "tracked": with_lost(c["tracked"], True),
            "idaction_url_ref": padded(nullable(m.url_ref, pa.int64())),
            "idaction_name_ref": padded(nullable(m.name_ref, pa.int64())),
            "time_spent_ref_action": with_lost(m.time_spent_ref, 0),
            "pageview_position": padded(nullable(m.position, pa.int64())),
            "time_spent": padded(nullable(m.time_spent, pa.int64())),
            **{name: padded(values) for name, values in zip(_TIME_COLUMNS, times, strict=True)},
        }
    )


_VISIT_TIMES = ("chain_time", "visit_first_action_time", "visit_last_action_time")
_VISIT_NULLS = (
    *("visitor_seconds_since_first", "visitor_seconds_since_order"),
    *("visit_entry_idaction_url", "visit_exit_idaction_url"),
)


def _visit_rows(connection: Connection, found: Recognised, idvisit: Ints) -> pa.Table:
    c, m = found.columns, found.composed
    v: dict[str, Any] = dict(m.visits)
    heads = np.unique(m.head)
    requests = np.append(c["idrequest"], NULL)

    def request_at(rows: Ints) -> pa.Array:
        return nullable(requests[np.where((rows < 0) | (rows >= len(c["idrequest"])), -1, rows)], pa.int64())

    states = found.states
    moved = {state.place: None for state in states.values() if state.place is not None}
    location = place_ids(connection, list(moved))
    buyers = np.zeros(len(heads), dtype=np.int64)
    buyers[list(found.buyers)] = list(found.buyers.values())
    columns: dict[str, Any] = {
        "idvisit": idvisit,
        "idsite": c["site"][heads],
        "user_request": request_at(v.pop("user_row")),
        "resolution_request": request_at(v.pop("resolution_row")),
        "last_idlink_va": request_at(v.pop("action_row")),
        "visit_goal_buyer": buyers,
        "idlocation": _sparse(len(heads), {at: location.get(s.place) for at, s in states.items()}, pa.int64()),
        "custom_dimension": _sparse(len(heads), {at: listed(s.dimensions) for at, s in states.items()}, _TEXTS),
        "custom_var": _sparse(len(heads), {at: listed(s.variables) for at, s in states.items()}, _TEXTS),
    }
    v.pop("initial_since_order")
    for name, values in v.items():
        if name in _VISIT_TIMES:
            columns[name] = timestamps(values)
        elif name == "day":
            columns[name] = dates(values)
        elif name in _VISIT_NULLS:
            columns[name] = nullable(values, pa.int64())
        else:
            columns[name] = values
    return pa.table(columns)


_TEXTS = pa.list_(pa.string())


def _sparse(rows: int, known: Mapping[int, Any], kind: pa.DataType) -> pa.Array:
    """A column with values in a few rows, NULL in the others."""
    if not known:
        return pa.nulls(rows, kind)
    places = np.full(rows, NULL, dtype=np.int64)
    places[list(known)] = np.arange(len(known))
    return pa.array(list(known.values()), kind).take(pa.array(places, mask=places == NULL))


def _mark_days(connection: Connection) -> None:
    """Every archive that holds a local day of the pool or of its visits is out of date."""
    connection.execute(
        """
        UPDATE archive SET state = 'invalid' WHERE state = 'done' AND EXISTS (
            SELECT 1 FROM (
                SELECT DISTINCT idsite, day FROM pool UNION SELECT DISTINCT idsite, day FROM found_visit) d
            WHERE d.idsite = archive.idsite AND d.day BETWEEN archive.date1 AND archive.date2)
        """
    )
