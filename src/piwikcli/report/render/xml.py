"""XML in the shape of Matomo's Reporting API, indented with tabs.

table <result><row>...</row></result>   row <result><nb_visits>...   number <result>5</result>
map   <results><result date="2026-03-01">...</result></results>      nothing <result />
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from piwikcli.report.render.options import RenderOptions
from piwikcli.report.render.values import goal_rows, not_xml, text_of
from piwikcli.report.sums import TOTALS_ROW
from piwikcli.report.table import DataTable, Number, Result, Row, SimpleTable, TableMap

_HEADER = '<?xml version="1.0" encoding="utf-8" ?>\n'
_TAG_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
"""What every XML parser takes for a name; they disagree about other alphabets, and a colon is for namespaces."""
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})


def write(result: Result, method: str, options: RenderOptions) -> Iterator[str]:
    """The document, a piece per row."""
    yield _HEADER
    if isinstance(result, TableMap):
        yield from _map(result, "results", "", 0, options)
    else:
        yield from _result(result, "", 0, options)


def _map(result: TableMap, tag: str, attributes: str, depth: int, options: RenderOptions) -> Iterator[str]:
    indent = "\t" * depth
    if not result.tables:
        yield f"{indent}<{tag}{attributes} />"
        return
    yield f"{indent}<{tag}{attributes}>\n"
    for key, one in result.tables.items():
        named = f' {result.key_name}="{_escaped(key)}"'
        if isinstance(one, TableMap):
            yield from _map(one, "result", named, depth + 1, options)
        else:
            yield from _result(one, named, depth + 1, options)
        yield "\n"
    yield f"{indent}</{tag}>"


def _result(result: Result, attributes: str, depth: int, options: RenderOptions) -> Iterator[str]:
    indent = "\t" * depth
    if isinstance(result, Number):
        yield _element("result", result.value, depth, attributes)
    elif isinstance(result, SimpleTable) and len(result.columns) == 1:
        yield _element("result", next(iter(result.columns.values())), depth, attributes)
    elif isinstance(result, SimpleTable) and result.columns:
        yield f"{indent}<result{attributes}>\n"
        yield _cells(result.columns, depth + 1, _has_valid_names([result.columns]))
        yield f"{indent}</result>"
    elif isinstance(result, DataTable) and _all_rows(result):
        yield f"{indent}<result{attributes}>\n"
        yield from _rows(result, depth + 1, options)
        yield f"{indent}</result>"
    else:
        yield f"{indent}<result{attributes} />"


def _all_rows(table: DataTable) -> list[Row]:
    totals = table.metadata.get(TOTALS_ROW)
    return [*table.rows, totals] if isinstance(totals, Row) else table.rows


def _rows(table: DataTable, depth: int, options: RenderOptions) -> Iterator[str]:
    rows = _all_rows(table)
    valid = _has_valid_names(cells for row in rows for cells in (row.columns, row.metadata))
    indent = "\t" * depth
    for row in rows:
        cells = row.columns | row.metadata
        if row.idsubtable is not None and not options.hide_idsubdatatable:
            cells["idsubdatatable"] = row.idsubtable
        text = _cells(cells, depth + 1, valid)
        if row.subtable is not None:
            inner = "".join(_rows(row.subtable, depth + 2, options))
            text += f"{indent}\t<subtable>\n{inner}{indent}\t</subtable>\n" if inner else f"{indent}\t<subtable />\n"
        yield f"{indent}<row>\n{text}{indent}</row>\n"


def _cells(cells: dict[str, Any], depth: int, valid: bool) -> str:
    return "".join(
        (_element(str(name), value, depth) if valid else _element("col", value, depth, f' name="{_escaped(name)}"'))
        + "\n"
        for name, value in cells.items()
    )


def _element(tag: str, value: Any, depth: int, attributes: str = "") -> str:
    """One element without its newline; nested values become elements inside it."""
    indent = "\t" * depth
    inner = _nested(value, depth + 1)
    if inner is not None:
        return f"{indent}<{tag}{attributes}>\n{inner}{indent}</{tag}>" if inner else f"{indent}<{tag}{attributes} />"
    text = _escaped(value)
    return f"{indent}<{tag}{attributes}>{text}</{tag}>" if text else f"{indent}<{tag}{attributes} />"


def _nested(value: Any, depth: int) -> str | None:
    """The elements of a nested value, each with its newline; None for a single value."""
    if isinstance(value, DataTable):
        return "".join(_rows(value, depth, RenderOptions()))
    if isinstance(value, SimpleTable):
        return _nested(value.columns, depth)
    goals = goal_rows(value)
    if goals is not None:
        return "".join(
            _element("row", one, depth, f" idgoal='{_escaped(goal)}'") + "\n" for goal, one in goals.items()
        )
    if isinstance(value, dict):
        return _cells(value, depth, _has_valid_names([value]))
    if isinstance(value, (list, tuple)):
        return "".join(_element("row", one, depth) + "\n" for one in value)
    return None


def _has_valid_names(rows: Iterable[dict[str, Any]]) -> bool:
    """Whether every column can be a tag; if one cannot, all cells of the table are `<col name=...>`."""
    names = {str(name) for row in rows for name in row}
    return all(_TAG_NAME.fullmatch(name) for name in names)


def _escaped(value: Any) -> str:
    """Escaped text; characters that XML cannot hold are left out."""
    return not_xml().sub("", text_of(value)).translate(_ESCAPES)
