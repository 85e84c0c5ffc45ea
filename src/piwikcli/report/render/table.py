"""Aligned columns for a terminal: numbers to the right, subtables indented below their row.

Shows columns, not row metadata. Where lines would be wider than the terminal, headers are broken into
several lines, then labels cut with an ellipsis, then columns left out (the report's chief ones last) and named below.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from piwikcli.report.render.lines import (
    Cells,
    Line,
    has_tables,
    is_nested,
    map_lines,
    sections,
    simple_lines,
    stated_columns,
    table_lines,
)
from piwikcli.report.render.options import RenderOptions
from piwikcli.report.render.values import NO_DATA, text_of
from piwikcli.report.table import DataTable, Number, Result, SimpleTable

_GAP = "  "
_INDENT = "  "
_ELLIPSIS = "…"
_BAR = 10
_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")
"""A bar's greatest length, and its last character."""
_TITLE_LINE = 10
_TITLE_PIECE = re.compile(r"[^_\s]*[_\s]|[^_\s]+")
_NAMED = 8
"""So many columns that are not shown are named."""
_TEXT_AT_LEAST = 20
"""Terminal cells that a text column keeps when it is cut."""
_SPACES = re.compile(r"[\t\n\r\v\f\x85\u2028\u2029]+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, and marks that turn the direction of writing: a label must not steer a terminal."""
_FIGURE = re.compile(
    r"[+-]?[^\w\s]?-?[\d.,]+(%|s)?|[+-]?(\d+ days )?\d\d:\d\d:\d\d|-?\d+ (years|days|hours|min) \w+( min)?"
)


def write(result: Result, method: str, options: RenderOptions) -> Iterator[str]:
    """The text, a piece per line; every line ends with a newline."""
    yield from (f"{line}\n" for line in _lines(result, options))


def _lines(result: Result, options: RenderOptions) -> Iterator[str]:
    if isinstance(result, Number):
        yield clean(result.value)
    elif isinstance(result, SimpleTable):
        yield from _simple(result, options)
    elif isinstance(result, DataTable):
        yield from _Layout(lambda: table_lines(result), options, stated=stated_columns(result)).lines()
    elif has_tables(result):
        for index, (heading, one) in enumerate(sections(result)):
            if index:
                yield ""
            yield _bold(clean(heading), options)
            yield from _lines(one, options)
    else:
        yield from _Layout(lambda: map_lines(result), options).lines()


def _simple(result: SimpleTable, options: RenderOptions) -> Iterator[str]:
    names = options.column_names
    rows = [{**cells, "name": names.get(cells["name"], cells["name"])} for _, cells in simple_lines(result)]
    compared = any(len(row) > 2 for row in rows)
    yield from _Layout(lambda: ((0, row) for row in rows), options, header=compared).lines()


@dataclass(slots=True)
class _Column:
    name: str
    title: list[str]
    """The header's lines."""
    width: int
    is_text: bool = False


class _Layout:
    """Lays rows out in two passes, measure and print, so that no table of texts is kept in memory."""

    def __init__(
        self,
        rows: Callable[[], Iterator[Line]],
        options: RenderOptions,
        *,
        header: bool = True,
        stated: Iterable[str] = (),
    ) -> None:
        # cells are what a terminal counts: two for a wide character, none for a combining one
        from rich.cells import cell_len, set_cell_size

        self.rows, self.options, self.header, self.stated = rows, options, header, stated
        self.cell_len, self.set_cell_size = cell_len, set_cell_size

    def lines(self) -> Iterator[str]:
        columns, nested = self._measured()
        if not columns:
            yield NO_DATA
            return
        shown = self._fitted(columns)
        if self.header:
            for line in range(max(len(column.title) for column in shown)):
                titles = [self._cell(column, _title_line(column.title, line)) for column in shown]
                yield _bold(_GAP.join(titles).rstrip(), self.options)
            yield _GAP.join("─" * column.width for column in shown)
        measure, most = self._measure(shown)
        for depth, cells in self.rows():
            bar = _GAP + _bar(cells.get(measure), most) if most else ""
            yield (self._line(shown, depth, cells) + bar).rstrip()
        dropped = [column.name for column in columns if column not in shown]
        if dropped:
            more = f" and {len(dropped) - _NAMED} more" if len(dropped) > _NAMED else ""
            yield ""
            yield (
                f"Not shown: {', '.join(dropped[:_NAMED])}{more}. "
                "Use a wider terminal, --show-columns or --format csv."
            )
        if nested:
            yield ""
            yield f"Not shown: {', '.join(nested)}. Use --format csv or json."

    def _measured(self) -> tuple[list[_Column], list[str]]:
        """The columns with the width of their widest cell, and the names of nested ones."""
        columns = {name: self._column(name) for name in self.stated}
        nested: dict[str, None] = {}
        for depth, cells in self.rows():
            for name, value in cells.items():
                if is_nested(value):
                    nested[name] = None
                    continue
                column = columns.get(name)
                if column is None:
                    column = columns[name] = self._column(name)
                text = _text(name, value, depth)
                column.width = max(column.width, self.cell_len(text))
                if not column.is_text and text and not isinstance(value, (int, float)):
                    column.is_text = _FIGURE.fullmatch(text) is None
        return [column for name, column in columns.items() if name not in nested], list(nested)

    def _column(self, name: str) -> _Column:
        return _Column(name, [clean(self.options.column_names.get(name, name))], 0, name in ("label", "name"))

    def _fitted(self, columns: list[_Column]) -> list[_Column]:
        """The columns that fit, with room for their header."""
        limit = self.options.width
        if limit is not None and self.options.bars:
            limit -= _BAR + len(_GAP)
        if not self.header:
            return columns
        wide = _total(max(c.width, self.cell_len(c.title[0])) for c in columns)
        for column in columns:
            if limit is not None and wide > limit:
                column.title = _broken(column.title[0], max(column.width, _TITLE_LINE))
            column.width = max(column.width, *map(self.cell_len, column.title))
        if limit is None:
            return columns
        narrow = {column.name: min(column.width, _TEXT_AT_LEAST) for column in columns if column.is_text}
        shown = list(columns)
        if _total(narrow.get(c.name, c.width) for c in shown) > limit:
            shown.sort(key=lambda c: not c.is_text and c.name not in self.options.chief)
        while len(shown) > 1 and _total(narrow.get(c.name, c.width) for c in shown) > limit:
            shown.pop()
        for column in sorted((c for c in shown if c.is_text), key=lambda c: -c.width):
            excess = _total(c.width for c in shown) - limit
            if excess > 0:
                column.width = max(column.width - excess, narrow[column.name])
        return shown

    def _measure(self, columns: list[_Column]) -> tuple[str, float]:
        """What bars show: the first column of plain numbers, and its greatest value; 0 for no bars."""
        for column in columns if self.options.bars and self.header else ():
            values = [cells[column.name] for _, cells in self.rows() if cells.get(column.name) is not None]
            if values and all(isinstance(value, (int, float)) for value in values):
                return column.name, max(values)
        return "", 0

    def _line(self, columns: list[_Column], depth: int, cells: Cells) -> str:
        return _GAP.join(self._cell(one, _text(one.name, cells.get(one.name), depth)) for one in columns)

    def _cell(self, column: _Column, text: str) -> str:
        space = column.width - self.cell_len(text)
        if space < 0:
            return str(self.set_cell_size(text, column.width - 1)) + _ELLIPSIS
        return text + " " * space if column.is_text else " " * space + text


def _bar(value: Any, most: float) -> str:
    """A bar in eighths of a character, as long as the value's share of `most`."""
    eighths = round(8 * _BAR * value / most) if isinstance(value, (int, float)) and value > 0 else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8]


def _title_line(title: list[str], line: int) -> str:
    """Line `line` of a header, empty below its last one."""
    return title[line] if line < len(title) else ""


def _broken(title: str, width: int) -> list[str]:
    """The title in lines of about `width`, broken after `_` and spaces."""
    lines = [""]
    for piece in _TITLE_PIECE.findall(title):
        if lines[-1] and len(lines[-1]) + len(piece) > width:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def _total(widths: Iterable[int]) -> int:
    each = list(widths)
    return sum(each) + len(_GAP) * (len(each) - 1)


def _text(name: str, value: Any, depth: int) -> str:
    return _INDENT * depth + clean(value) if name == "label" else clean(value)


def clean(value: Any) -> str:
    """The value on one line, without what a terminal would take for a command."""
    text = text_of(value)
    return text if text.isalnum() else _UNPRINTABLE.sub("\ufffd", _SPACES.sub(" ", text))


def _bold(text: str, options: RenderOptions) -> str:
    if not options.color:
        return text
    from rich.color import ColorSystem
    from rich.style import Style

    return Style(bold=True).render(text, color_system=ColorSystem.STANDARD)
