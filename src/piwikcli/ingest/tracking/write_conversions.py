"""Conversions and their items into the tables, from what `visits` has recognised."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from piwikcli.ingest.dictionaries import dates, texts, timestamps
from piwikcli.ingest.identities import location_ids
from piwikcli.ingest.lookups.location import Location
from piwikcli.ingest.recognise import NULL, Ints
from piwikcli.ingest.tracking.batch import GOAL
from piwikcli.ingest.tracking.conversions import CART_GOAL, ORDER_GOAL
from piwikcli.ingest.tracking.visits import Place, Recognised
from piwikcli.store import Connection

_REVENUES = ("revenue_subtotal", "revenue_tax", "revenue_shipping", "revenue_discount")


def register(connection: Connection, name: str, rows: pa.Table) -> None:
    connection.register("found_rows", rows)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM found_rows")
    connection.unregister("found_rows")


def listed(values: tuple[str | None, ...] | None) -> list[str | None] | None:
    return None if values is None else list(values)


def place_ids(connection: Connection, places: list[Place]) -> dict[Place | None, int | None]:
    """Ids of places that requests have changed; None is the client's own."""
    known: dict[Place | None, int | None] = {None: None}
    if places:
        known.update(
            zip(places, location_ids(connection, [Location(*place) for place in places]).tolist(), strict=True)
        )
    return known


def store_conversions(connection: Connection, found: Recognised, idvisit: Ints) -> None:
    c, m = found.columns, found.composed
    v = m.visits
    location = place_ids(connection, list({s.place: None for _, _, s in found.conversions if s.place is not None}))
    initial: Any = v["initial_since_order"]
    rows = []
    for place, conversion, state in found.conversions:
        row = conversion.row
        sale = conversion.idgoal in (CART_GOAL, ORDER_GOAL)
        ordered = 0 if m.ordered[row] else int(initial[place])
        action = not sale and c["kind"][row] != GOAL
        rows.append(
            {
                "idvisit": int(idvisit[place]),
                "idrequest": int(c["idrequest"][row]),
                "idvisitor": int(c["visitor_after"][row]),
                "idgoal": conversion.idgoal,
                "buster": conversion.buster,
                "idlink_va": int(c["idrequest"][row]) if action else None,
                "takes_url": action,
                "idorder": conversion.order,
                "items": conversion.items,
                "revenue": conversion.revenue,
                "pageviews_before": None if conversion.idgoal == CART_GOAL else int(found.pages_before[row]),
                "visitor_seconds_since_order": None if ordered == NULL else ordered,
                "referrer_request": int(c["idrequest"][m.referrer_row[row]]),
                "idlocation": location[state.place],
                "custom_dimension": listed(state.dimensions),
                "custom_var": listed(state.variables),
            }
        )
    if rows:
        register(connection, "found_conversion", pa.Table.from_pylist(rows, _CONVERSION))
        parts = ", ".join(f"CASE WHEN f.idgoal = 0 THEN x.{name} END AS {name}" for name in _REVENUES)
        connection.execute(
            f"""
            INSERT INTO conversion BY NAME
            SELECT f.idvisit, p.idsite, f.idvisitor, f.idrequest, f.idgoal, f.buster, p.server_time, p.day, p.hour,
                   f.idlink_va, CASE WHEN f.takes_url THEN p.idaction_url END AS idaction_url, f.idorder, f.items,
                   coalesce(x.conversion_url, '') AS url, f.revenue, {parts}, f.pageviews_before,
                   v.visitor_returning, v.visitor_count_visits, v.visitor_seconds_since_first,
                   f.visitor_seconds_since_order,
                   CASE WHEN x.idreferrer_conversion IS NULL OR (n.type <> 6 AND o.type = 6 AND o.name IS NOT NULL)
                        THEN s.idreferrer ELSE x.idreferrer_conversion END AS idreferrer,
                   v.iddevice, coalesce(f.idlocation, b.idlocation) AS idlocation, f.custom_dimension, f.custom_var
            FROM found_conversion f
            JOIN pool p ON p.idrequest = f.idrequest
            JOIN request_detail x ON x.idrequest = f.idrequest
            JOIN visit v ON v.idvisit = f.idvisit
            JOIN client b ON b.idclient = v.idclient
            JOIN pool s ON s.idrequest = f.referrer_request
            JOIN referrer o ON o.idreferrer = s.idreferrer
            LEFT JOIN referrer n ON n.idreferrer = x.idreferrer_conversion
            ORDER BY p.server_time
            """
        )
    if found.items:
        _store_items(connection, found, idvisit)


_CONVERSION = pa.schema(
    [
        *((name, pa.int64()) for name in ("idvisit", "idrequest")),
        ("idvisitor", pa.uint64()),
        *((name, pa.int64()) for name in ("idgoal", "buster", "idlink_va")),
        ("takes_url", pa.bool_()),
        ("idorder", pa.string()),
        ("items", pa.int64()),
        ("revenue", pa.float64()),
        *((name, pa.int64()) for name in ("pageviews_before", "visitor_seconds_since_order", "referrer_request")),
        ("idlocation", pa.int64()),
        ("custom_dimension", pa.list_(pa.string())),
        ("custom_var", pa.list_(pa.string())),
    ]
)


def _store_items(connection: Connection, found: Recognised, idvisit: Ints) -> None:
    c = found.columns
    items = [item for _, item in found.items]
    rows = np.array([item.row for item in items], dtype=np.int64)
    categories = [[*item.categories, *[0] * 5][:5] for item in items]
    table = {
        "idsite": c["site"][rows],
        "idvisitor": c["visitor_after"][rows],
        "server_time": timestamps(c["time"][rows]),
        "day": dates(c["day"][rows]),
        "idvisit": idvisit[np.array([place for place, _ in found.items], dtype=np.int64)],
        "idorder": texts([item.order for item in items]),
        "idaction_sku": pa.array([item.sku for item in items], pa.int64()),
        "idaction_name": pa.array([item.name for item in items], pa.int64()),
        **{
            f"idaction_category{index + 1 if index else ''}": pa.array([one[index] for one in categories], pa.int64())
            for index in range(5)
        },
        "price": pa.array([item.price for item in items], pa.float64()),
        "quantity": pa.array([item.quantity for item in items], pa.int64()),
        "deleted": pa.array([item.deleted for item in items], pa.bool_()),
    }
    connection.register("new_rows", pa.table(table))
    connection.execute("INSERT INTO conversion_item BY NAME SELECT * FROM new_rows")
    connection.unregister("new_rows")
