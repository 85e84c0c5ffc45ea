"""API.getRowEvolution: one row of a report, or several, over a series of periods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote_plus

from piwikcli.errors import UsageError
from piwikcli.plugins.api import DataTable, Document, Request, Row, TableMap
from piwikcli.plugins.api_metadata import described
from piwikcli.plugins.api_processed import ask

_TOP_ROWS = 3
_SCHEMES = ("http://www.", "https://www.", "http://", "https://")

Series = Mapping[str, Row | None]
"""Period -> the row then."""


def row_evolution(request: Request) -> Document:
    """With one label: the row's metrics by period. With several, or none (the top rows): one column of each.

    A `range` counts as its days. Raises UsageError for a single period, or a report that is not listed.
    """
    method = f"{request.parameters.get('apiModule', '')}.{request.parameters.get('apiAction', '')}"
    metadata = described(request, method, request.parameters)
    if metadata is None or "dimension" not in metadata:
        raise UsageError(f"Requested report {method} not found in the list of available reports.")
    first, last = request.periods[0], request.periods[-1]
    period = "day" if first.name == "range" else first.name
    dates = {"period": period, "date": f"{first.date1},{last.date2 if period == 'day' else last.date1}"}
    if first.date1 == last.date2:
        raise UsageError(
            "Row evolutions can not be processed with this combination of 'date' and 'period' parameters."
        )
    labels = [label for label in request.parameters.get("label", "").split(",") if label]
    if len(labels) == 1:
        return Document(_single(request, method, metadata, labels[0], dates))
    labels = labels or _top_labels(request, method, metadata, dates)
    return Document(_several(request, method, metadata, labels, dates))


def _series(
    request: Request, method: str, metadata: Mapping[str, Any], label: str, dates: Mapping[str, str]
) -> dict[str, Row | None]:
    answer = ask(request, method, metadata, label=label, filter_limit="-1", **dates)
    tables = answer.tables if isinstance(answer, TableMap) else {}
    return {
        key: table.rows[0] if isinstance(table, DataTable) and table.rows else None for key, table in tables.items()
    }


def _single(
    request: Request, method: str, metadata: Mapping[str, Any], label: str, dates: Mapping[str, str]
) -> dict[str, Any]:
    series = _series(request, method, metadata, label, dates)
    names = metadata["metrics"] | metadata.get("processedMetrics", {})
    types = metadata["metricTypes"]
    data = {key: [] if row is None else [_cells(request, row, names, types)] for key, row in series.items()}
    metrics = {name: {"name": title} | _extent(series, name, types.get(name)) for name, title in names.items()}
    latest = next((row for row in reversed(series.values()) if row is not None), None)
    found: dict[str, Any] = {
        "label": _label(request, metadata, label, latest),
        "reportData": data,
        "metadata": {"metrics": metrics, "dimension": metadata["dimension"]},
    }
    if latest is not None:
        keys = ("logo",) if metadata["module"] == "Actions" else ("logo", "url")
        found |= {key: latest.metadata[key] for key in keys if latest.metadata.get(key)}
    return found


def _several(
    request: Request, method: str, metadata: Mapping[str, Any], labels: Sequence[str], dates: Mapping[str, str]
) -> dict[str, Any]:
    names = metadata["metrics"] | metadata.get("processedMetrics", {})
    column = request.parameters.get("column") or next(iter(names))
    if column not in names:
        raise UsageError(f"{method} has no column {column}; it has {', '.join(names)}")
    kind = metadata["metricTypes"].get(column, "number")
    data: dict[str, dict[str, Any]] = {}
    metrics: dict[str, Any] = {}
    for index, label in enumerate(labels):
        series = _series(request, method, metadata, label, dates)
        latest = next((row for row in reversed(series.values()) if row is not None), None)
        name = f"{_label(request, metadata, label, latest)} ({names[column]})"
        metrics[f"{column}_{index}"] = {"name": name} | _extent(series, column, kind)
        for key, row in series.items():
            value = 0 if row is None else row.columns.get(column, 0)
            data.setdefault(key, {})[f"{column}_{index}"] = _shown(request, value, kind)
    return {
        "column": column,
        "reportData": {key: [cells] for key, cells in data.items()},
        "metadata": {"metrics": metrics, "dimension": metadata["dimension"], "columns": dict(names)},
    }


def _top_labels(request: Request, method: str, metadata: Mapping[str, Any], dates: Mapping[str, str]) -> list[str]:
    """The rows with the highest counts over the whole time."""
    first, last = request.periods[0], request.periods[-1]
    whole = {"period": "range", "date": f"{first.date1},{last.date2}"}
    answer = ask(request, method, metadata, filter_limit=str(_TOP_ROWS), **{**dates, **whole})
    rows = answer.rows if isinstance(answer, DataTable) else []
    return [_as_parameter(str(row.label)) for row in rows]


def _as_parameter(label: str) -> str:
    return label.replace("%", "%25").replace(">", "%3E").replace("+", "%2B")


def _cells(request: Request, row: Row, names: Mapping[str, str], types: Mapping[str, str]) -> dict[str, Any]:
    cells = {name: _shown(request, row.columns[name], types.get(name)) for name in row.columns if name in names}
    return cells | ({} if row.idsubtable is None else {"idsubdatatable": row.idsubtable})


def _shown(request: Request, value: Any, kind: str | None) -> Any:
    return request.formatted(value, "percent") if kind == "percent" else value


def _extent(series: Series, name: str, kind: str | None) -> dict[str, Any]:
    """min, max and change from the first value that is not 0 on; nothing where there is none.

    Percentages are compared as they are shown: 34, not 0.34. A single value has no change.
    """
    scale = 100 if kind == "percent" else 1
    values = [round(row.columns.get(name, 0) * scale, 4) for row in series.values() if row is not None]
    while values and not values[0]:
        del values[0]
    if not values:
        return {}
    plain = [int(value) if value == int(value) else value for value in values]
    found: dict[str, Any] = {"min": min(plain), "max": max(plain)}
    if len(plain) > 1:
        change = round((plain[-1] - plain[0]) / plain[0] * 100)
        found["change"] = f"{'' if change < 0 else '+'}{change}%"
    return found


def _label(request: Request, metadata: Mapping[str, Any], label: str, row: Row | None) -> str:
    """The row in words: a page's address without its scheme, otherwise the path of labels."""
    parts = [unquote_plus(part).strip() for part in label.split(">")]
    if metadata["module"] == "Actions" and "Url" in metadata["action"]:
        if row is not None and row.metadata.get("url"):
            return _without_scheme(str(row.metadata["url"]), _SCHEMES)
        host = _without_scheme(request.sites[0].main_url, ("http://", "https://")).rstrip("/")
        return "/".join((host, *(part.removeprefix("@") for part in parts), ""))
    if row is not None and len(parts) == 1:
        return str(row.label).strip()
    return " - ".join(part.removeprefix("@") for part in parts)


def _without_scheme(url: str, schemes: Sequence[str]) -> str:
    return next((url.removeprefix(scheme) for scheme in schemes if url.startswith(scheme)), url)
