"""Ranges of numbers as rows: their labels as stored, and as people read them."""

from __future__ import annotations

from collections.abc import Callable

from piwikcli.plugins.api import DataTable, Row

Range = tuple[int, int | None, str]
"""(from, to, label); a `to` of None is open."""


def ranges(*bounds: tuple[int, int | None]) -> tuple[Range, ...]:
    """Ranges with their labels: `1`, `9-14`, `101+`."""

    def label(low: int, high: int | None) -> str:
        if high is None:
            return f"{low}+"
        return str(low) if low == high else f"{low}-{high}"

    return tuple((low, high, label(low, high)) for low, high in bounds)


def counted(unit: str) -> Callable[[str], str]:
    """Shown label of a range of so many units: `1 visit`, `9-14 visits`."""

    def label(bucket: str) -> str:
        low, _, high = bucket.partition("-")
        count = low if low == high else bucket
        return f"{count} {unit}" if count == "1" else f"{count} {unit}s"

    return label


def as_in_matomo(label: str) -> str:
    """The label that Matomo stores, which flat tables and filters see: `1-1` for 1, `21%2B` for 21+."""
    if label.isdigit():
        return f"{label}-{label}"
    return label.replace("+", "%2B")


def every_range(some: tuple[Range, ...], column: str, table: DataTable, **others: int) -> DataTable:
    """All ranges in their order as soon as one has a row, with `column` and the columns `others`."""
    found = {str(row.label): row.columns.get(column, 0) for row in table}
    labels = [label for _, _, label in some] if any(found.values()) else []
    rows = [Row({"label": as_in_matomo(label), column: found.get(label, 0), **others}) for label in labels]
    return DataTable(rows, table.metadata)
