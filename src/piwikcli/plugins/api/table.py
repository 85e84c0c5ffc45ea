"""The DataTable: what an archive gives, what filters change, what renderers print.

Values keep their Python types (int, float, str, None, dict for `goals`) until a renderer decides.
A column that a row does not have is absent from `columns`, never None-filled.
Definitions: docs/reference/reports.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from piwikcli import declared

COLUMNS = "columns"
"""Metadata of a table whose columns are known whatever its rows have: their names, in order."""

Value = Any
"""int, float, str, bool, None, or for `goals` a dict of dicts."""


@dataclass(slots=True)
class Row:
    """One line of a table: columns first, then metadata, then perhaps a subtable."""

    columns: dict[str, Value]
    metadata: dict[str, Value] = field(default_factory=dict)
    idsubtable: int | None = None
    """Id under which the row's subtable can be asked for; None for a leaf."""
    subtable: DataTable | None = None
    """The loaded subtable (expanded, flat), or None."""
    is_summary: bool = False
    """The row that sums what a row limit folded ("Others")."""

    @property
    def label(self) -> Value:
        return self.columns.get("label")


@dataclass(slots=True)
class DataTable:
    """An ordered list of rows."""

    rows: list[Row] = field(default_factory=list)
    metadata: dict[str, Value] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def walk(self) -> Iterator[Row]:
        """Every row, parents before their children, through all loaded subtables."""
        for row in self.rows:
            yield row
            if row.subtable is not None:
                yield from row.subtable.walk()


@declared.dataclass(slots=True)
class SimpleTable:
    """One row without label (`VisitsSummary.get`). Empty columns mean: no data."""

    columns: dict[str, Value] = field(default_factory=dict)
    metadata: dict[str, Value] = field(default_factory=dict)


@declared.dataclass(slots=True)
class Number:
    """A report that is one number."""

    value: int | float | str


@declared.dataclass(slots=True)
class TableMap:
    """Several results of one report, keyed by date or by site (`key_name` is `date` or `idSite`)."""

    key_name: str
    tables: dict[str, Result] = field(default_factory=dict)


Result = DataTable | SimpleTable | Number | TableMap


@declared.dataclass(slots=True)
class Document:
    """An answer that is no table: nested dicts and lists, as JSON has them (`Live.getVisitorProfile`)."""

    value: Any

    def as_table(self) -> Result:
        """What formats that know tables only print: a list as rows, a dict as one row, the rest as a value."""
        if isinstance(self.value, dict):
            return SimpleTable(dict(self.value))
        if isinstance(self.value, list):
            return DataTable([Row(dict(one) if isinstance(one, dict) else {"value": one}) for one in self.value])
        return Number("" if self.value is None else self.value)


Answer = Result | Document
