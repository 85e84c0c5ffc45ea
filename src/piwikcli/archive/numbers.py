"""Numeric records: one number per archive, from the logs or from the children's numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from piwikcli.plugins.api import ConversionNumbers, DistinctNumber, NumericRecord
from piwikcli.store import Connection

_SOURCES = {
    "visits": "FROM v",
    "actions": "FROM a",
    "pages": "FROM p",
    "urls": "FROM u",
    "conversions": "FROM c",
    "tracked": "FROM t",
}
_TRACKED = ("conversions", "tracked")

Number = NumericRecord | DistinctNumber


def store_day_numbers(connection: Connection, records: Sequence[Number], *, tracked: bool) -> None:
    """Compute every number from `v`, `a`, `p`, `c` and `t`, into `number_of` (idarchive, name, value).

    The last two are there where something was `tracked`.
    """
    for source, relation in _SOURCES.items():
        if source in _TRACKED and not tracked:
            continue
        by_decimals: dict[int, dict[str, str]] = defaultdict(dict)
        for record in records:
            if isinstance(record, NumericRecord) and record.source == source:
                by_decimals[record.decimals][record.name] = record.sql
        for decimals, values in by_decimals.items():
            _store(connection, values, f"SELECT idarchive, {{}} {relation} GROUP BY idarchive", decimals)
    _count_distinct(connection, records, "v")


def store_period_numbers(
    connection: Connection, records: Sequence[Number], families: Sequence[ConversionNumbers]
) -> None:
    """Sums and maxima of the numbers of `child` archives; distinct counts again from the logs.

    Numbers of `families` are told by the beginning of their names.
    """
    added = [record for record in records if isinstance(record, NumericRecord)]
    maxima = [record.name for record in added if record.aggregation == "max"]
    connection.execute(
        """
        INSERT INTO number_of
        SELECT c.idarchive, n.name, CASE WHEN list_contains($1, n.name) THEN max(n.value) ELSE sum(n.value) END
        FROM child c JOIN archive_numeric n ON n.idarchive = c.idchild
        WHERE list_contains($2, n.name) OR len(list_filter($3, lambda start: starts_with(n.name, start))) > 0
        GROUP BY c.idarchive, n.name
        """,
        [maxima, [record.name for record in added], [f"{record.name}_" for record in families]],
    )
    _count_distinct(connection, records, "built_visit")


def _count_distinct(connection: Connection, records: Sequence[Number], visits: str) -> None:
    """Every value once per archive, with the conditions that some visit of its fulfils."""
    by_expression: dict[str, list[DistinctNumber]] = defaultdict(list)
    for record in records:
        if isinstance(record, DistinctNumber):
            by_expression[record.of].append(record)
    for sql, some in by_expression.items():
        conditions = ", ".join(f"bool_or({record.where}) AS c{n}" for n, record in enumerate(some))
        counts = {record.name: f"count(*) FILTER (c{n})" for n, record in enumerate(some)}
        values = (
            f"SELECT v.idarchive, {sql} AS value, {conditions} FROM {visits} v WHERE {sql} IS NOT NULL GROUP BY ALL"
        )
        _store(connection, counts, f"SELECT idarchive, {{}} FROM ({values}) GROUP BY idarchive")


def _store(connection: Connection, values: Mapping[str, str], query: str, decimals: int = 2) -> None:
    """Add numbers, by name, that a query with one row per archive gives; `{}` in it stands for their aggregates."""
    if not values:
        return
    rounded = ", ".join(f"round(CAST({sql} AS DOUBLE), {decimals})" for sql in values.values())
    found = connection.execute(query.format(rounded)).fetchall()
    numbers = [
        (idarchive, name, value)
        for idarchive, *row in found
        for name, value in zip(values, row, strict=True)
        if value
    ]
    if numbers:
        ids, names, amounts = (list(column) for column in zip(*numbers, strict=True))
        connection.execute(
            "INSERT INTO number_of SELECT unnest(?::INTEGER[]), unnest(?::VARCHAR[]), unnest(?::DOUBLE[])",
            [ids, names, amounts],
        )
