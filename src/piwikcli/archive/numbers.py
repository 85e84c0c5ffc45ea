"""Numeric records: one number per archive, from the logs or from the children's numbers."""

from __future__ import annotations

from collections.abc import Sequence

from piwikcli.archive.slices import of_archives
from piwikcli.plugins.api import ConversionNumbers, NumericRecord
from piwikcli.store import Connection

_SOURCES = {"visits": "FROM v", "actions": "FROM a", "pages": "FROM p", "conversions": "FROM c"}


def store_day_numbers(connection: Connection, records: Sequence[NumericRecord]) -> None:
    """Compute every number from `v`, `a`, `p` and `c`, into `number_of` (idarchive, name, value)."""
    for source, relation in _SOURCES.items():
        _aggregate(connection, [record for record in records if record.source == source], relation)


def store_period_numbers(
    connection: Connection, records: Sequence[NumericRecord], families: Sequence[ConversionNumbers]
) -> None:
    """Sums and maxima of the numbers of `child` archives; distinct counts again from the logs.

    Numbers of `families` are told by the beginning of their names.
    """
    maxima = [record.name for record in records if record.aggregation == "max"]
    recounts = [record for record in records if record.aggregation == "recount"]
    added = [record.name for record in records if record.aggregation != "recount"]
    connection.execute(
        """
        INSERT INTO number_of
        SELECT c.idarchive, n.name, CASE WHEN list_contains($1, n.name) THEN max(n.value) ELSE sum(n.value) END
        FROM child c JOIN archive_numeric n ON n.idarchive = c.idchild
        WHERE list_contains($2, n.name) OR len(list_filter($3, lambda start: starts_with(n.name, start))) > 0
        GROUP BY c.idarchive, n.name
        """,
        [maxima, added, [f"{record.name}_" for record in families]],
    )
    visits = [record for record in recounts if record.source == "visits"]
    _aggregate(connection, visits, f"FROM {of_archives('visit')} v")


def _aggregate(connection: Connection, records: Sequence[NumericRecord], relation: str) -> None:
    if not records:
        return
    values = ", ".join(f"round(CAST({record.sql} AS DOUBLE), 2) AS n{i}" for i, record in enumerate(records))
    found = connection.execute(f"SELECT idarchive, {values} {relation} GROUP BY idarchive").fetchall()
    numbers = [
        (idarchive, record.name, value)
        for idarchive, *row in found
        for record, value in zip(records, row, strict=True)
        if value
    ]
    if numbers:
        ids, names, amounts = (list(column) for column in zip(*numbers, strict=True))
        connection.execute(
            "INSERT INTO number_of SELECT unnest(?::INTEGER[]), unnest(?::VARCHAR[]), unnest(?::DOUBLE[])",
            [ids, names, amounts],
        )
