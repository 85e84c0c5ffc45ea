"""CSV and TSV in the shape of Matomo's Reporting API.

One header line, one line per row; metadata columns are called `metadata_<name>`, nested ones
`goals_idgoal=1_revenue`. Subtables are not part of it (ask for a flat table). Lines end with a newline,
the last one without.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from piwikcli.report.numeric import is_numeric
from piwikcli.report.render.lines import stated_columns
from piwikcli.report.render.options import RenderOptions
from piwikcli.report.render.values import NO_DATA, text_of
from piwikcli.report.sums import TOTALS_ROW
from piwikcli.report.table import DataTable, Number, Result, Row, SimpleTable, TableMap

Cells = dict[str, Any]

_FORMULA_START = ("=", "+", "-", "@")
_SUSPECT_START = (*_FORMULA_START, "%")
_QUOTED = frozenset('",;\n\r')
"""Matomo leaves newlines unquoted, which no reader can undo; here they are quoted."""
_BOM = b"\xff\xfe"
_GOAL_COLUMN = re.compile(r"goals_idgoal=(?P<goal>[^_]+)_(?P<metric>.+)")


def write(result: Result, method: str, options: RenderOptions) -> Iterator[str | bytes]:
    """Comma-separated values, a piece per line."""
    return _encoded(_lines(result, ",", options), options)


def write_tsv(result: Result, method: str, options: RenderOptions) -> Iterator[str | bytes]:
    """Tab-separated values; quoting is that of csv."""
    return _encoded(_lines(result, "\t", options), options)


def _encoded(lines: Iterator[str], options: RenderOptions) -> Iterator[str | bytes]:
    first = next(lines, None)
    if first is None:
        yield NO_DATA
    elif options.convert_to_unicode:
        yield _BOM + first.encode("utf-16-le", "replace")
        for line in lines:
            yield f"\n{line}".encode("utf-16-le", "replace")
    else:
        yield first
        for line in lines:
            yield f"\n{line}"


def _lines(result: Result, separator: str, options: RenderOptions) -> Iterator[str]:
    columns = stated_columns(result)
    for cells in rows_of(result) if not columns else ():
        columns.update(dict.fromkeys(cells))
    if not columns:
        return
    yield separator.join(_cell(shown_name(name, options), separator, options) for name in columns)
    for cells in rows_of(result):
        yield separator.join(_cell(cells.get(name), separator, options) for name in columns)


def rows_of(result: Result) -> Iterator[Cells]:
    """The flat cells of each row, in order: keys of maps, columns, metadata. A lone number is `value`."""
    if isinstance(result, DataTable):
        rows = result.rows
        totals = result.metadata.get(TOTALS_ROW)
        for row in [*rows, totals] if isinstance(totals, Row) else rows:
            yield _flat(row.columns) | {
                f"metadata_{name}": value for name, value in row.metadata.items() if not _is_nested(value)
            }
    elif isinstance(result, TableMap):
        for key, one in result.tables.items():
            for cells in rows_of(one):
                yield {result.key_name: key, **cells}
    elif isinstance(result, Number):
        yield {"value": result.value}
    elif len(result.columns) == 1:
        yield {"value": next(iter(result.columns.values()))}
    elif result.columns:
        yield _flat(result.columns)


def _flat(columns: Cells) -> Cells:
    if not any(_is_nested(value) for value in columns.values()):
        return columns
    return dict(_flattened(columns))


def _flattened(columns: Cells, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in columns.items():
        if isinstance(value, dict):
            yield from _flattened(value, f"{prefix}{name}_")
        elif isinstance(value, (list, tuple)):
            yield from _flattened({str(i): one for i, one in enumerate(value)}, f"{prefix}{name}_")
        elif not isinstance(value, (DataTable, SimpleTable)):
            yield f"{prefix}{name}", value


def _is_nested(value: Any) -> bool:
    return isinstance(value, (dict, list, tuple, DataTable, SimpleTable))


def shown_name(name: str, options: RenderOptions) -> str:
    """The header of a column: as it is, or with `column_names` as Matomo translates it."""
    names = options.column_names
    if not names:
        return name
    if name.startswith("metadata_"):
        metadata = name.removeprefix("metadata_")
        return f"Metadata: {names.get(metadata, metadata)}"
    goal = _GOAL_COLUMN.fullmatch(name)
    if goal is not None:
        return f"{names.get(goal['metric'], goal['metric'])} (Goal {goal['goal']})"
    return names.get(name, name)


def _cell(value: Any, separator: str, options: RenderOptions) -> str:
    text = text_of(value)
    if not isinstance(value, str):
        return text
    text = text.replace("\t", " ")
    if text.startswith(_SUSPECT_START) and not options.keep_formulas and is_formula(text):
        text = f"'{text}"
    if separator in text or not _QUOTED.isdisjoint(text):
        text = '"' + text.replace('"', '""') + '"'
    return text


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run the text; a percent sign does not disguise it."""
    while text.startswith("%00"):
        text = text[3:]
    text = text.replace("%", "", 1)
    return text.startswith(_FORMULA_START) and not is_numeric(text)
