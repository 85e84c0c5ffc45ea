"""A Markdown table (GitHub's kind): figures to the right, subtables indented below their row, maps as sections.

Shows columns, not row metadata; nested columns are named below the table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from piwikcli.report.render.lines import (
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

_INDENT = "\u2003"
"""An em space; plain ones are not shown."""
_ACTIVE = re.compile(r"[\\`*_{}\[\]<>|~#&]")
"""What Markdown or HTML would read as more than text."""
_LINE_ENDS = re.compile(r"\r\n|[\r\n\v\f\x85\u2028\u2029]")
_UNSHOWN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FIGURE = re.compile(r"[+-]?[\d.,]+%?")


def write(result: Result, method: str, options: RenderOptions) -> Iterator[str]:
    """The text, a piece per line."""
    if isinstance(result, DataTable):
        yield from _table(lambda: table_lines(result), options, stated_columns(result))
    elif isinstance(result, SimpleTable):
        names = options.column_names
        rows = [(0, {**cells, "name": names.get(cells["name"], cells["name"])}) for _, cells in simple_lines(result)]
        yield from _table(lambda: iter(rows), options)
    elif isinstance(result, Number):
        yield f"{_text(result.value)}\n"
    elif has_tables(result):
        for index, (heading, one) in enumerate(sections(result)):
            yield ("\n" if index else "") + f"## {_text(heading)}\n\n"
            yield from write(one, method, options)
    else:
        yield from _table(lambda: map_lines(result), options)


def _table(lines: Callable[[], Iterator[Line]], options: RenderOptions, stated: Iterable[str] = ()) -> Iterator[str]:
    figures = {name: name != "label" for name in stated}
    nested: dict[str, None] = {}
    for _, cells in lines():
        for name, value in cells.items():
            if is_nested(value):
                nested[name] = None
            else:
                figures[name] = figures.get(name, name != "label") and _is_figure(value)
    columns = [name for name in figures if name not in nested]
    if not columns:
        yield f"{NO_DATA}\n"
        return
    yield _line(_text(options.column_names.get(name, name), escape=False) for name in columns)
    yield _line("---:" if figures[name] else "---" for name in columns)
    for depth, cells in lines():
        yield _line((_INDENT * depth if name == "label" else "") + _text(cells.get(name)) for name in columns)
    if nested:
        yield f"\nNot shown: {', '.join(nested)}. Use `--format csv` or `json`.\n"


def _line(cells: Iterator[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


def _is_figure(value: Any) -> bool:
    return value is None or not isinstance(value, str) or _FIGURE.fullmatch(value) is not None


def _text(value: Any, *, escape: bool = True) -> str:
    """The value as text on one line that Markdown shows as it is."""
    text = _UNSHOWN.sub("\ufffd", text_of(value)) if isinstance(value, str) else text_of(value)
    if escape:
        text = _ACTIVE.sub(lambda match: f"\\{match[0]}" if match[0] not in "<>&" else _HTML[match[0]], text)
    else:
        text = text.replace("|", "\\|")
    return _LINE_ENDS.sub("<br>", text).replace("\t", " ")


_HTML = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
