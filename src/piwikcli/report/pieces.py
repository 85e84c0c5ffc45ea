"""A record's rows piece by piece, in one pass over the archive: root rows by their ids, each with what is below it.

What is where: docs/reference/schema.md. DuckDB sorts outside of memory where its limit says so.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from piwikcli.report.details import ALL_LEVELS, GOAL_COLUMNS, Details, add_goal, metric_names, whole
from piwikcli.report.reader import Reads, rows_sql

if TYPE_CHECKING:
    from piwikcli.store import Connection

Levels = Mapping[int | None, list[tuple[Any, ...]]]
"""Parent -> rows as `Archives.rows` gives them."""
_MEMORY = 192
"""MB that DuckDB may take: enough for some millions of rows; twice as much where that is too little."""
_MOST = 16_384
_FETCHED = 2_000


def pieces(
    reads: Reads, idarchive: int, record: str, size: int, *, expanded: bool
) -> Iterator[tuple[Levels, Details]]:
    """About `size` rows at a time, cut between root rows; `expanded`: with the rows below them."""
    with _little_memory(reads):
        details = _DetailsStream(reads, idarchive, record, expanded=expanded)
        sql = rows_sql(record, ALL_LEVELS if expanded else None, by_root=True)
        levels: dict[int | None, list[tuple[Any, ...]]] = defaultdict(list)
        count, last = 0, None
        for root, *row in _stream(reads, sql, [[idarchive], record]):
            if count >= size and root != last:
                yield levels, details.until(last)
                levels, count = defaultdict(list), 0
            levels[row[1]].append(tuple(row))
            count, last = count + 1, root
        if count:
            yield levels, details.until(last)


@contextmanager
def _little_memory(reads: Reads) -> Iterator[None]:
    """DuckDB with a low limit and one thread, as each needs memory of its own; what was set before comes back."""
    connection: Connection = reads.cursor()
    names = ("memory_limit", "threads", "preserve_insertion_order")
    before = [connection.execute(f"SELECT current_setting('{name}')").fetchall()[0][0] for name in names]
    [(folder,)] = connection.execute("SELECT current_setting('temp_directory')").fetchall()
    if folder != tempfile.gettempdir():  # it can't be set once it was used
        connection.execute("SET temp_directory = ?", [tempfile.gettempdir()])
    try:
        _set(connection, names, [f"{_MEMORY}MB", 1, False])
        yield
    finally:
        _set(connection, names, before)
        connection.close()


def _set(connection: Connection, names: Sequence[str], values: Sequence[Any]) -> None:
    for name, value in zip(names, values, strict=True):
        connection.execute(f"SET {name} = ?", [value])


def _stream(reads: Reads, sql: str, parameters: list[Any]) -> Iterator[tuple[Any, ...]]:
    # a cursor of its own: its result goes on while others ask
    cursor: Connection = reads.cursor()
    try:
        found = _executed(cursor, sql, parameters)
        while some := found.fetchmany(_FETCHED):
            yield from some
    finally:
        cursor.close()


def _executed(connection: Connection, sql: str, parameters: list[Any]) -> Connection:
    """The result of a query, for which what does not fit into little memory goes to temporary files."""
    from duckdb import OutOfMemoryException

    limit = _MEMORY
    while True:
        try:
            return connection.execute(sql, parameters)
        except OutOfMemoryException:
            if limit > _MOST:
                raise
            limit *= 2
            connection.execute(f"SET memory_limit = '{limit}MB'")


class _DetailsStream:
    """What rows have beside their columns, in the same order."""

    def __init__(self, reads: Reads, idarchive: int, record: str, *, expanded: bool) -> None:
        self._names = metric_names(record)
        level = "" if expanded else "AND p.parent IS NULL"

        def sql(table: str, columns: str, order: str = "") -> str:
            return (
                f"SELECT p.ancestors[1], d.idpath, {columns} FROM {table} d "
                f"JOIN archive_path p ON p.idpath = d.idpath "
                f"WHERE d.idarchive = $1 AND d.record = $2 {level} ORDER BY p.ancestors[1], d.idpath{order}"
            )

        goals = ", ".join(f"d.{name.strip()}" for name in GOAL_COLUMNS.split(","))
        parameters = [idarchive, record]
        self._metrics = _Ahead(_stream(reads, sql("archive_metric", "d.metric, d.value"), parameters))
        self._goals = _Ahead(_stream(reads, sql("archive_goal", f"d.idgoal, {goals}", ", d.idgoal"), parameters))

    def until(self, root: int | None) -> Details:
        """The details of the rows below the roots up to this one."""
        found: dict[int, dict[str, Any]] = defaultdict(dict)
        for idpath, metric, value in self._metrics.until(root):
            if metric in self._names:
                found[idpath][self._names[metric]] = whole(value)
        for idpath, idgoal, *values in self._goals.until(root):
            add_goal(found[idpath], idgoal, values)
        return found


class _Ahead:
    """Rows in the order of their first value, taken up to one."""

    def __init__(self, rows: Iterator[tuple[Any, ...]]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def until(self, root: int | None) -> Iterator[tuple[Any, ...]]:
        while self._next is not None and (root is None or self._next[0] <= root):
            yield self._next[1:]
            self._next = next(self._rows, None)
