"""Filters of answers that are no tables (`Document`): lists of sites, goals or values, and single objects.

As in Matomo, `filter_pattern`, `filter_offset` and `filter_limit` select from lists, whose rows may be under their
ids; `showColumns` and `hideColumns` select from the rows. A single object only loses what `hideColumns` names.
See docs/reference/reports.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from piwikcli.report.columns import select_columns
from piwikcli.report.filters import filter_pattern, limit
from piwikcli.report.requests import ReportRequest
from piwikcli.report.table import DataTable, Document, Row, SimpleTable

_VALUE = "value"
_OTHERS = ("apiModule", "urls")
"""Parameters of methods that hand these filters on to the reports that they ask."""


def filtered_document(document: Document, request: ReportRequest) -> Document:
    """What the request wants of the answer. Raises UsageError for a pattern that is no regular expression."""
    wanted = request.generic_filters(None)
    show, hide = request.words("showColumns"), request.words("hideColumns")
    nested = request.flag("hideColumnsRecursively", True)
    value = document.value
    is_asked = wanted.filter_pattern or wanted.filter_offset or wanted.filter_limit >= 0 or show or hide
    if not is_asked or any(name in request.report.parameters for name in _OTHERS):
        return document
    by_id = isinstance(value, dict) and bool(value) and all(isinstance(one, dict) for one in value.values())
    if isinstance(value, Mapping) and not by_id:
        kept = select_columns(SimpleTable(dict(value)), hide=hide, nested=nested)
        return Document(kept.columns if isinstance(kept, SimpleTable) else value)
    if not isinstance(value, (list, dict)):
        return document
    keys = list(value) if isinstance(value, dict) else range(len(value))
    rows = [Row(_cells(value[key]), {"key": key}) for key in keys]
    column = wanted.filter_column if "filter_column" in request.values or not rows else _first(rows[0])
    table = DataTable(rows)
    if wanted.filter_pattern:
        table = filter_pattern(table, wanted.filter_pattern, column)
    table = limit(table, wanted.filter_offset, wanted.filter_limit)
    selected = select_columns(table, show, hide, nested=nested)
    assert isinstance(selected, DataTable)
    found = {row.metadata["key"]: _plain(row.columns, value[row.metadata["key"]]) for row in selected}
    return Document(found if isinstance(value, dict) else list(found.values()))


def _cells(one: Any) -> dict[str, Any]:
    return dict(one) if isinstance(one, dict) else {_VALUE: one}


def _plain(columns: dict[str, Any], one: Any) -> Any:
    return columns if isinstance(one, dict) else one


def _first(row: Row) -> str:
    return "name" if "name" in row.columns else next(iter(row.columns), _VALUE)
