"""JSON in the shape of Matomo's Reporting API: `/` and all that is not ASCII is escaped.

table [{...}, ...]   row {...}   number {"value": 5}   map {"2026-03-01": ...}   nothing []
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from piwikcli.report.render.options import RenderOptions
from piwikcli.report.render.values import decode_entities
from piwikcli.report.table import DataTable, Document, Number, Result, Row, SimpleTable, TableMap

_CALLBACK = re.compile(r"[A-Za-z0-9_.]+")


def write(result: Result, method: str, options: RenderOptions) -> Iterator[str]:
    """The document, a piece per row. Map entries with one number are that number."""
    yield from _wrapped(_pieces(result, options), options)


def write_document(document: Document, options: RenderOptions) -> Iterator[str]:
    """Nested dicts and lists as they are; a single value as `{"value": 5}`."""
    value = document.value if isinstance(document.value, (dict, list)) else {"value": document.value}
    yield from _wrapped([_dump(value, options)], options)


def _wrapped(pieces: Iterable[str], options: RenderOptions) -> Iterator[str]:
    wrapped = options.callback is not None and _CALLBACK.fullmatch(options.callback) is not None
    if wrapped:
        yield f"{options.callback}("
    yield from pieces
    if wrapped:
        yield ")"


def _pieces(result: Result, options: RenderOptions) -> Iterator[str]:
    if isinstance(result, Number):
        yield _dump({"value": result.value}, options)
    elif isinstance(result, SimpleTable) and len(result.columns) == 1:
        yield _dump({"value": next(iter(result.columns.values()))}, options)
    else:
        yield from _result(result, options)


def _result(result: Result, options: RenderOptions) -> Iterator[str]:
    if isinstance(result, DataTable):
        yield "["
        for index, row in enumerate(result.rows):
            yield ("," if index else "") + _dump(cells_of(row, options), options)
        yield "]"
    elif isinstance(result, TableMap):
        if not result.tables:
            yield "[]"
            return
        for index, (key, one) in enumerate(result.tables.items()):
            yield ("," if index else "{") + _dump(key, options) + ":"
            yield from _result(one, options)
        yield "}"
    elif isinstance(result, Number):
        yield _dump(result.value, options)
    elif len(result.columns) == 1:
        yield _dump(next(iter(result.columns.values())), options)
    else:
        yield _dump(result.columns, options)


def cells_of(row: Row, options: RenderOptions) -> dict[str, Any]:
    """A row as JSON shows it: columns, metadata, the id of its subtable, the subtable."""
    cells = row.columns | row.metadata
    if row.idsubtable is not None and not options.hide_idsubdatatable:
        cells["idsubdatatable"] = row.idsubtable
    if row.subtable is not None:
        cells["subtable"] = row.subtable
    return cells


_encoder = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False)


def _dump(value: Any, options: RenderOptions) -> str:
    return _encoder.encode(plain(value, options)).replace("/", "\\/")


def plain(value: Any, options: RenderOptions) -> Any:
    """As json.dumps takes it: decoded texts, whole floats as ints, rows of nested tables."""
    kind = type(value)
    if kind is int:
        return value
    if kind is str:
        return decode_entities(value) if "&" in value else value
    if kind is float:
        if value != value or value in (float("inf"), float("-inf")):
            return None
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        # PHP knows one kind of empty array
        return {str(name): one if type(one) is int else plain(one, options) for name, one in value.items()} or []
    if isinstance(value, (list, tuple)):
        return [plain(one, options) for one in value]
    if isinstance(value, DataTable):
        return [plain(cells_of(row, options), options) for row in value.rows]
    if isinstance(value, SimpleTable):
        return plain(value.columns, options)
    # answers inside an answer (API.getBulkRequest)
    if isinstance(value, TableMap):
        return plain(value.tables, options)
    if isinstance(value, Number):
        return {"value": plain(value.value, options)}
    if isinstance(value, Document):
        return plain(value.value, options)
    return value
