"""An HTML table in the shape of Matomo's Reporting API: a column per column of the report, then the row metadata
in one cell and the id of the subtable. In a map the first column is the key; empty tables are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

from piwikcli.report.render.lines import is_nested, stated_columns
from piwikcli.report.render.options import RenderOptions
from piwikcli.report.render.values import escaped, text_of
from piwikcli.report.sums import TOTALS_ROW
from piwikcli.report.table import DataTable, Number, Result, Row, SimpleTable, TableMap

_MISSING = "-"
_METADATA, _SUBTABLE = "_metadata", "_idSubtable"
_Cells = dict[str, Any]


def write(result: Result, method: str, options: RenderOptions) -> Iterator[str]:
    """The table, a piece per row."""
    columns = stated_columns(result)
    last: set[str] = set()
    for cells, row in _rows(result):
        columns.update(dict.fromkeys(cells))
        last.update(_extra(row, options))
    ending = [name for name in (_METADATA, _SUBTABLE) if name in last]
    titles = [*(options.column_names.get(name, name) for name in columns), *ending]
    yield f'<table id="{escaped(method.replace(".", "_"))}" border="1">\n<thead>\n\t<tr>\n'
    yield "".join(f"\t\t<th>{escaped(title)}</th>\n" for title in titles)
    yield "\t</tr>\n</thead>\n<tbody>\n"
    for cells, row in _rows(result):
        extra = _extra(row, options)
        texts = [_cell(cells.get(name)) for name in columns] + [extra.get(name, _MISSING) for name in ending]
        yield "\t<tr>\n" + "".join(f"\t\t<td>{text}</td>\n" for text in texts) + "\t</tr>\n"
    yield "</tbody>\n</table>\n"


def _rows(result: Result) -> Iterator[tuple[_Cells, Row | None]]:
    """Each row's columns behind the keys of its map, and the row itself if it may have more."""
    if isinstance(result, DataTable):
        for row in result.rows:
            yield row.columns, row
        totals = result.metadata.get(TOTALS_ROW)
        if isinstance(totals, Row):
            yield totals.columns, totals
    elif isinstance(result, TableMap):
        for key, one in result.tables.items():
            for cells, inner in _rows(one):
                yield {f"_{result.key_name}": key, **cells}, inner
    elif isinstance(result, Number):
        yield {"value": result.value}, None
    elif len(result.columns) == 1:
        yield {"value": next(iter(result.columns.values()))}, None
    elif result.columns:
        yield result.columns, None


def _extra(row: Row | None, options: RenderOptions) -> dict[str, str]:
    """The finished cells of a row's metadata and subtable, as far as it has them."""
    found: dict[str, str] = {}
    if row is None:
        return found
    if row.metadata:
        found[_METADATA] = escaped(
            "<br />".join(
                f"'{name}' => {_quoted(value)}" for name, value in row.metadata.items() if not is_nested(value)
            )
        )
    if row.idsubtable is not None and not options.hide_idsubdatatable:
        found[_SUBTABLE] = str(row.idsubtable)
    return found


def _quoted(value: Any) -> str:
    return f"'{text_of(value)}'" if isinstance(value, str) else text_of(value)


def _cell(value: Any) -> str:
    if value is None:
        return _MISSING
    return f"<pre>{escaped(_array(value))}</pre>" if is_nested(value) else escaped(text_of(value))


def _array(value: Any, indent: str = "") -> str:
    """A nested value in PHP's notation, which Matomo shows."""
    if isinstance(value, DataTable):
        value = [row.columns for row in value.rows]
    elif isinstance(value, SimpleTable):
        value = value.columns
    if isinstance(value, dict):
        items = [(_literal(str(name)), one) for name, one in value.items()]
    elif isinstance(value, (list, tuple)):
        items = [(str(index), one) for index, one in enumerate(value)]
    else:
        return _literal(value)
    lines = [
        f"{indent}  {name} => \n{indent}  {_array(one, indent + '  ')},\n"
        if is_nested(one)
        else f"{indent}  {name} => {_literal(one)},\n"
        for name, one in items
    ]
    return f"array (\n{''.join(lines)}{indent})"


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value) if isinstance(value, float) and isfinite(value) else text_of(value)
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'" if isinstance(value, str) else text
