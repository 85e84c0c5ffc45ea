"""API.getProcessedReport: one report ready to be shown, with its description, names of columns and totals."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from piwikcli.errors import UsageError
from piwikcli.plugins.api import DataTable, Document, Request, Result, Row, SimpleTable, TableMap
from piwikcli.plugins.api.table import Value
from piwikcli.plugins.api_metadata import described

OWN = ("apiModule", "apiAction", "showTimer", "hideMetricsDoc")
_PER_VISIT = "nb_actions_per_visit"
_PER_SEARCH = "nb_pages_per_search"
_GENERATION = "avg_time_generation"
_MINUTE = 60
_OF_ROWS = ("sum_", "price")
"""Columns that are not shown, and yet numbers of the rows."""
_NOT_ADDITIVE = re.compile("^avg_|_rate|_percent")


def processed_report(request: Request) -> Document:
    """website, prettyDate, metadata, columns, reportData, reportMetadata, reportTotal, timerMillis.

    Several dates give maps of rows by date. Raises UsageError for a report that is not listed.
    """
    started = time.perf_counter()
    method = f"{request.parameters.get('apiModule', '')}.{request.parameters.get('apiAction', '')}"
    metadata = described(request, method, request.parameters)
    if metadata is None:
        raise UsageError(f"Requested report {method} not found in the list of available reports.")
    answer = ask(request, method, metadata, keep_totals_row="1")
    columns = _columns(metadata, answer)
    types = metadata["metricTypes"] | metadata.get("metricTypesGoal", {})
    raw = request.parameters.get("showRawMetrics") == "1"
    data, about = _shown(request, answer, columns, types, raw=raw)
    found: dict[str, Any] = {
        "website": request.sites[0].name,
        "prettyDate": request.pretty(),
        "metadata": metadata,
        "columns": {name: title[:1].upper() + title[1:] for name, title in columns.items()},
        "reportData": data,
        "reportMetadata": about,
        "reportTotal": _totals(request, answer, metadata),
    }
    if request.parameters.get("showTimer") != "0":
        found["timerMillis"] = str(round((time.perf_counter() - started) * 1000))
    return Document(found)


def ask(request: Request, method: str, metadata: Mapping[str, Any], **parameters: str) -> Result:
    """The report's rows with all columns that its metadata names, nothing formatted."""
    wanted = {name: value for name, value in request.parameters.items() if name not in OWN}
    if _PER_VISIT in metadata.get("processedMetrics", {}) and metadata.get("dimension"):
        wanted["filter_add_columns_when_show_all_columns"] = "1"
    answer = request.ask(method, **{**wanted, "format_metrics": "0", **parameters})
    return answer.as_table() if isinstance(answer, Document) else answer


def _columns(metadata: Mapping[str, Any], answer: Result) -> dict[str, str]:
    """Column -> name, in the order in which they are shown."""
    columns: dict[str, str] = {"label": metadata["dimension"]} if "dimension" in metadata else {}
    columns |= metadata["metrics"] | metadata.get("processedMetrics", {})
    if "revenue" in metadata.get("metricsGoal", {}):
        columns.setdefault("revenue", metadata["metricsGoal"]["revenue"])
    # only sites that measured it long ago have this one
    rows = _rows(answer)
    if rows and not any(_GENERATION in row.columns for row in rows):
        columns.pop(_GENERATION, None)
    return columns


def _rows(answer: Result) -> list[Row]:
    if isinstance(answer, TableMap):
        return [row for one in answer.tables.values() for row in _rows(one)]
    if isinstance(answer, SimpleTable):
        return [Row(answer.columns)]
    return answer.rows if isinstance(answer, DataTable) else []


def _shown(
    request: Request, answer: Result, columns: Mapping[str, str], types: Mapping[str, str], *, raw: bool
) -> tuple[Any, Any]:
    """(the rows with these columns, their metadata)"""

    def cells(found: Mapping[str, Any]) -> dict[str, Any]:
        shown = {name: found[name] for name in found if name in columns}
        shown |= {name: 0 for name in columns if name not in found and name != "label"}
        if raw:
            return shown
        return {name: _formatted(request, name, value, types.get(name, "number")) for name, value in shown.items()}

    if isinstance(answer, TableMap):
        parts = {key: _shown(request, one, columns, types, raw=raw) for key, one in answer.tables.items()}
        return {key: rows for key, (rows, _) in parts.items()}, {key: about for key, (_, about) in parts.items()}
    if isinstance(answer, SimpleTable):
        return cells(answer.columns) if answer.columns else [], []
    if not isinstance(answer, DataTable):
        return [], []
    about = [
        row.metadata | ({} if row.idsubtable is None else {"idsubdatatable": row.idsubtable}) for row in answer.rows
    ]
    # a table without any metadata has no list of it
    return [cells(row.columns) for row in answer.rows], about if any(about) else []


def _formatted(request: Request, name: str, value: Value, kind: str) -> Value:
    if name == _GENERATION and isinstance(value, (int, float)) and value < _MINUTE:
        return f"{value}s"  # its thousandths count
    return request.formatted(value, "duration" if name == _GENERATION else kind)


def _totals(request: Request, answer: Result, metadata: Mapping[str, Any]) -> Any:
    """Sums of the columns over all rows, and what is per visit in them."""
    if isinstance(answer, TableMap):
        return {key: _totals(request, one, metadata) for key, one in answer.tables.items()}
    if isinstance(answer, SimpleTable) and metadata["module"] == "API":
        return {name: value for name, value in answer.columns.items() if not _NOT_ADDITIVE.search(name)}
    if not isinstance(answer, DataTable) or not answer.rows:
        return []
    totals = dict(answer.metadata.get("totals", {}))
    report = request.reports()[f"{metadata['module']}.{metadata['action']}"]
    for name in report.temporary:
        if not name.startswith(_OF_ROWS):  # marks and divisors of the report's own, no numbers of its rows
            totals.pop(name, None)
    if _PER_VISIT in metadata.get("processedMetrics", {}) and totals.get("nb_visits"):
        totals[_PER_VISIT] = request.quotient(totals.get("nb_actions", 0), totals["nb_visits"], 1)
    if _PER_SEARCH in metadata["metrics"]:
        totals[_PER_SEARCH] = round(
            totals.get("nb_hits", totals.get("nb_actions", 0)) / (totals["nb_visits"] or 1), 1
        )
    return totals
