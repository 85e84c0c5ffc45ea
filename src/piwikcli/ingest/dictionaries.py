"""Dictionary ids: distinct values in, the integers that log tables hold out. Ids are append-only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from piwikcli.store import Connection, number

Ints = npt.NDArray[np.int64]


def resolve(
    connection: Connection,
    table: str,
    id_column: str,
    keys: dict[str, pa.Array],
    values: dict[str, pa.Array] | None = None,
) -> Ints:
    """The id of each row of `keys`, in order; rows that `table` lacks are added with `values` beside them.

    Keys must be distinct. NULL equals NULL.
    """
    rows = len(next(iter(keys.values())))
    if not rows:
        return np.empty(0, dtype=np.int64)
    wanted = pa.table({"place": pa.array(np.arange(rows)), **keys, **(values or {})})
    same = " AND ".join(f"t.{name} IS NOT DISTINCT FROM k.{name}" for name in keys)
    connection.register("wanted_keys", wanted)
    found = connection.execute(
        f"SELECT k.place, t.{id_column} FROM wanted_keys k JOIN {table} t ON {same}"
    ).fetchnumpy()
    connection.unregister("wanted_keys")
    out = np.full(rows, -1, dtype=np.int64)
    out[np.asarray(found["place"])] = np.asarray(found[id_column])
    new = np.flatnonzero(out < 0)
    if len(new):
        out[new] = number(connection, f"SELECT coalesce(max({id_column}), 0) + 1 FROM {table}") + np.arange(len(new))
        added = wanted.drop_columns("place").take(pa.array(new)).append_column(id_column, pa.array(out[new]))
        connection.register("new_keys", added)
        connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM new_keys")
        connection.unregister("new_keys")
    return out


def texts(values: Sequence[Any]) -> pa.Array:
    return pa.array(values, pa.string())


def nullable(values: Ints, kind: pa.DataType) -> pa.Array:
    """Numbers, negative ones as NULL."""
    return pa.array(values, mask=values < 0).cast(kind)


def timestamps(seconds: Ints) -> pa.Array:
    return pa.array(np.asarray(seconds, dtype=np.int64) * 1_000_000).cast(pa.timestamp("us"))


def dates(days: Ints) -> pa.Array:
    """Dates from days since 1970."""
    return pa.array(np.asarray(days, dtype=np.int32)).cast(pa.date32())


def in_use(places: Ints) -> tuple[list[int], pa.Array]:
    """The places that there are among some, and which of these each is; NULL for negative ones."""
    there = places >= 0
    found = np.unique(places[there])
    return found.tolist(), pa.array(np.searchsorted(found, places).astype(np.int32), mask=~there)


def words(places: Ints, of: Sequence[str]) -> pa.Array:
    """Texts by place, negative ones as NULL. `of` may be long: only what is used of it is looked at."""
    found, codes = in_use(places)
    if not found:
        return pa.nulls(len(places), pa.string())
    return pa.DictionaryArray.from_arrays(codes, pa.array([of[place] for place in found], pa.string()))
