"""Which type a report's columns have, for formats that have types (parquet, xlsx).

Values come as the report gives them: numbers as they are, rates as text (`37%`), days as text. A column gets one
type, by all its values and, where those leave a choice, by its name, so that tomorrow's file has today's types:
`nb_visits` is a whole number, `revenue` is not, even where all are whole. See docs/reference/formats.md, "Types".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from math import isfinite
from typing import Any, Literal

from piwikcli.report.numeric import is_numeric, number
from piwikcli.report.render.csv import rows_of
from piwikcli.report.render.values import text_of
from piwikcli.report.table import DataTable, Result, TableMap

Kind = Literal["text", "boolean", "integer", "huge", "number", "percent", "date", "moment"]
"""`huge` is a whole number beyond 64 bits, `moment` a date and time."""

Cells = dict[str, Any]
Line = tuple[int, Cells]
"""How deep a row is nested, and its flat cells (see `csv.rows_of`)."""

_FRACTIONS = re.compile(r"revenue|price|^avg_|_avg_|_rate|_per_|percent|_evolution|latitude|longitude")
"""Columns whose values are fractions, even where they happen to be whole."""
_COUNTS = re.compile(r"(^|_)(nb|sum|max|min)_|bounce_count|^id[A-Z]")
"""Metrics and ids (`idSite`), whose numbers may come as text."""
_PERCENT = re.compile(r"[+-]?\d[\d,]*(\.\d+)?%")
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_MOMENT = re.compile(_DATE.pattern + r"[ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?")


@dataclass(slots=True)
class Column:
    """A column's name, type, longest text in characters, and whether its rates are whole percents."""

    name: str
    kind: Kind = "text"
    width: int = 0
    is_whole: bool = True
    seen: set[Kind] = field(default_factory=set)

    def decide(self) -> None:
        """Settle on the type that fits all values seen."""
        numbers = self.seen - {"percent"}
        if "text" in self.seen or (self.seen & {"date", "moment"} and len(self.seen) > 1):
            self.kind = "text"
        elif self.seen in ({"date"}, {"moment"}, {"boolean"}):
            self.kind = next(iter(self.seen))
        elif "percent" in self.seen:
            self.kind = "percent"
        elif "number" in numbers or _FRACTIONS.search(self.name):
            self.kind = "number"
        elif "huge" in numbers:
            self.kind = "huge"
        elif numbers or _COUNTS.search(self.name):
            self.kind = "integer"

    def value(self, given: Any) -> Any:
        """A cell in the column's type; None for none."""
        if _is_nothing(given):
            return None
        match self.kind:
            case "text":
                return text_of(given)
            case "date":
                return date.fromisoformat(given)
            case "moment":
                return datetime.fromisoformat(given)
            case "boolean":
                return bool(given)
            case "percent" if isinstance(given, str) and given.endswith("%"):
                return float(f"{given[:-1].replace(',', '')}e-2")
            case "number" | "percent":
                return float(number(given))
        return int(number(given))


def columns_of(lines: Callable[[], Iterator[Line]], stated: Iterable[str] = ()) -> list[Column]:
    """The `stated` columns, then those of all lines in the order in which they appear, each with its type."""
    columns = {name: Column(name) for name in stated}
    for _, cells in lines():
        for name, value in cells.items():
            column = columns.get(name)
            if column is None:
                column = columns[name] = Column(name)
            if not _is_nothing(value):
                column.seen.add(_kind(name, value))
                if isinstance(value, str):
                    column.width = max(column.width, len(value))
                    column.is_whole = column.is_whole and "." not in value
    for column in columns.values():
        column.decide()
    return list(columns.values())


def flat_lines(result: Result) -> Iterator[Line]:
    """Rows as in csv: without subtables."""
    for cells in rows_of(result):
        yield 0, cells


def nested_lines(result: Result) -> Iterator[Line]:
    """Rows as in csv, with those of loaded subtables below their row."""
    if isinstance(result, TableMap):
        for key, one in result.tables.items():
            for depth, cells in nested_lines(one):
                yield depth, {result.key_name: key, **cells}
    elif isinstance(result, DataTable):
        yield from _rows(result, 0)
    else:
        yield from flat_lines(result)


def _rows(table: DataTable, depth: int) -> Iterator[Line]:
    below = [row.subtable for row in table.rows]
    for index, cells in enumerate(rows_of(table)):
        yield depth, cells
        subtable = below[index] if index < len(below) else None
        if subtable is not None:
            yield from _rows(subtable, depth + 1)


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and not isfinite(value))


def _kind(name: str, value: Any) -> Kind:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if -(2**63) <= value < 2**63 else "huge"
    if isinstance(value, float):
        return _kind(name, int(value)) if value.is_integer() else "number"
    if not isinstance(value, str) or name == "label" or name.startswith("metadata_"):
        return "text"
    if _DATE.fullmatch(value):
        return "date"
    if _MOMENT.fullmatch(value):
        return "moment"
    if _PERCENT.fullmatch(value):
        return "percent"
    if (_COUNTS.search(name) or _FRACTIONS.search(name)) and is_numeric(value):
        return _kind(name, number(value))
    return "text"
