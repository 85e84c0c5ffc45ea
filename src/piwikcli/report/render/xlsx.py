"""A workbook of one sheet: numbers, rates, amounts and days as Excel knows them, subtables as outline groups.

Text is never run: cells are written as text, and one that looks like a formula is marked as such (`quotePrefix`, the
apostrophe that Excel shows in the formula bar), unless formulas are kept. Types: docs/reference/formats.md, "Types".
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import xlsxwriter

from piwikcli.errors import PiwikError
from piwikcli.report.render.csv import is_formula, shown_name
from piwikcli.report.render.lines import stated_columns
from piwikcli.report.render.options import RenderOptions
from piwikcli.report.render.typed import Column, columns_of, nested_lines
from piwikcli.report.render.values import NO_DATA
from piwikcli.report.table import Result

_ROWS = 1_048_576
_TEXT = 32_767
"""Rows of a sheet, and characters of a cell, beyond which Excel refuses the file."""
_EXACT = 2**53
_LEVELS = 7
_WIDEST = 60
_CREATED = datetime(2000, 1, 1)
"""A constant, so that the same report gives the same file."""
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_NUMBER_FORMATS = {
    "integer": "#,##0",
    "number": "#,##0.00##",
    "percent": "0%",
    "rate": "0.00%",
    "date": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm:ss",
}


def write(result: Result, method: str, options: RenderOptions) -> Iterator[bytes]:
    """The file in one piece. Raises PiwikError for more rows than a sheet has."""
    columns = columns_of(lambda: nested_lines(result), stated_columns(result))
    packed = io.BytesIO()
    book = xlsxwriter.Workbook(packed, {"constant_memory": True, "strings_to_urls": False})
    book.set_properties({"created": _CREATED, "title": method})
    sheet = book.add_worksheet(_NOT_IN_NAMES.sub(" ", method or "report")[:31])
    formats = _Formats(book)
    if not columns:
        sheet.write_string(0, 0, NO_DATA)
    for place, column in enumerate(columns):
        title = shown_name(column.name, options)
        sheet.set_column(place, place, min(max(len(title), column.width, 8) + 2, _WIDEST))
        sheet.write_string(0, place, title, formats.title)
    sheet.freeze_panes(1, 1 if columns and columns[0].name == "label" else 0)
    last = 0
    for last, (depth, cells) in enumerate(nested_lines(result), 1):
        if last >= _ROWS:
            raise PiwikError(f"a sheet has {_ROWS:,} rows; use --format csv or parquet, or --filter-limit")
        if depth:
            sheet.set_row(last, None, None, {"level": min(depth, _LEVELS)})
        for place, column in enumerate(columns):
            _cell(sheet, last, place, column, cells.get(column.name), depth, formats, options)
    if columns:
        sheet.autofilter(0, 0, last, len(columns) - 1)
    book.close()
    yield packed.getvalue()


class _Formats:
    """The cell formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[str, int, bool], Any] = {}
        self.title = book.add_format({"bold": True, "bottom": 1})

    def of(self, kind: str, indent: int = 0, literal: bool = False) -> Any:
        key = (kind, indent, literal)
        if key not in self._made:
            wanted: dict[str, Any] = {}
            if kind in _NUMBER_FORMATS:
                wanted["num_format"] = _NUMBER_FORMATS[kind]
            if indent:
                wanted["indent"] = min(indent, 15)
            if literal:
                wanted["quote_prefix"] = True
            self._made[key] = self._book.add_format(wanted)
        return self._made[key]


def _cell(
    sheet: Any,
    row: int,
    place: int,
    column: Column,
    given: Any,
    depth: int,
    formats: _Formats,
    options: RenderOptions,
) -> None:
    value = column.value(given)
    if value is None:
        return
    match column.kind:
        case "text":
            text = value.encode("utf-8", "replace").decode()
            if len(text) > _TEXT:
                text = text[: _TEXT - 1] + "…"
            literal = not options.keep_formulas and is_formula(text)
            sheet.write_string(row, place, text, formats.of("text", depth if column.name == "label" else 0, literal))
        case "boolean":
            sheet.write_boolean(row, place, value)
        case "date" | "moment":
            sheet.write_datetime(row, place, value, formats.of(column.kind))
        case "percent":
            sheet.write_number(row, place, value, formats.of("percent" if column.is_whole else "rate"))
        case _ if abs(value) > _EXACT:
            sheet.write_string(row, place, str(value) if isinstance(value, int) else f"{value:.0f}")
        case _:
            sheet.write_number(row, place, value, formats.of("integer" if column.kind == "huge" else column.kind))
