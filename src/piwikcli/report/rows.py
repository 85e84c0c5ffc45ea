"""A table report: its rows as the record has them, then every filter in its order.

    rows, labels, metadata -> pivot -> totals -> flat -> generic filters -> processed metrics
    -> comparisons -> queued labels -> columns -> label

See docs/reference/reports.md, "Order".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from piwikcli.plugins import report as report_named
from piwikcli.plugins.api import BY_NAME, GOAL_METRICS, Report
from piwikcli.plugins.api.reports import Processed
from piwikcli.plugins.labels import urldecode
from piwikcli.plugins.metrics import SHOW_ALL_COLUMNS
from piwikcli.report.columns import drop_columns, select_columns
from piwikcli.report.comparisons import Series, compare
from piwikcli.report.context import ReportContext
from piwikcli.report.filters import SUMMARY_LABEL, apply_generic_filters
from piwikcli.report.flatten import Flat, flatten, page_url_label
from piwikcli.report.goal_columns import add_goal_columns, wants_goal_columns
from piwikcli.report.labels import filter_labels, is_encoded_path
from piwikcli.report.pivot import COLUMN_LIMIT, check_dimension, pivot
from piwikcli.report.processed import complete, known_columns, process_table, processed_of, untold, without
from piwikcli.report.reader import columns_of
from piwikcli.report.requests import ReportRequest
from piwikcli.report.sorting import sort_table
from piwikcli.report.sums import TOTALS_ROW, sum_rows, with_totals, with_totals_row
from piwikcli.report.table import DataTable, Result, Row, Value

STORED = "_stored"
"""Internal row metadata: the stored label, for filters that come after the label was made pretty."""
_INTERNAL = (STORED, "folder")

LARGE = 50_000
"""Rows of a record, on all levels and in all periods, from which on a report is made piece by piece."""
_WHOLE = (
    "pivotBy",
    "keep_totals_row",
    "filter_add_columns_when_show_all_columns",
    "disable_generic_filters",
    "compare",
)
"""Parameters that look at all rows at once."""

_PERIOD_IDS = {
    "sum_daily_nb_uniq_visitors": 11,
    "sum_daily_exit_nb_uniq_visitors": 16,
    "sum_daily_entry_nb_uniq_visitors": 18,
    "sum_daily_nb_users": 40,
}
_GOALS = "10"
_IDS = {name: metric.id for name, metric in BY_NAME.items()} | _PERIOD_IDS | {"goals": _GOALS}
_GOAL_IDS = {metric.name: metric.id for metric in GOAL_METRICS} | {"nb_conversions_page_rate": 11}


def record_of(report: Report, context: ReportContext) -> str:
    """The record that the report's rows are in; empty where there is none."""
    return report.record(context) if callable(report.record) else report.record or ""


def build(report: Report, context: ReportContext, *, expanded: bool) -> DataTable:
    """The report's rows with their own labels and metadata, queued labels excepted."""
    if report.compute is not None:
        computed = report.compute(context)
        table = computed if isinstance(computed, DataTable) else DataTable()
    elif report.record is not None:
        asked = context.parameters.get("idSubtable", "")
        idsubtable = int(asked) if asked.isdigit() else None
        record = record_of(report, context)
        table = context.table(record, idsubtable, expanded=expanded)
        if report.rows is not None:
            table = report.rows(table, context)
    else:
        table = DataTable()
    _label(table, report, context)
    return _merged(table) if report.merge else table


def _label(table: DataTable, report: Report, context: ReportContext) -> None:
    for row in table.rows:
        stored = str(row.label)
        row.metadata[STORED] = stored
        if not row.is_summary:
            if report.label is not None and not report.queued:
                row.columns["label"] = report.label(stored)
            if report.label_in is not None:
                row.columns["label"] = report.label_in(stored, context)
            if report.metadata is not None:
                row.metadata.update(report.metadata(row, stored, context))
        if row.subtable is not None and report.recursive:
            _label(row.subtable, report, context)


def _merged(table: DataTable) -> DataTable:
    """Rows of the same label, and the same `code` if they have one, added up; the first one's metadata stays."""
    groups: dict[tuple[bool, Value, Value], list[Row]] = {}
    for row in table.rows:
        groups.setdefault((row.is_summary, row.label, row.metadata.get("code")), []).append(row)
    if len(groups) == len(table.rows):
        return table
    return replace(table, rows=[_merge(rows) for rows in groups.values()])


def _merge(rows: list[Row]) -> Row:
    first = rows[0]
    return first if len(rows) == 1 else replace(first, columns={"label": first.label, **sum_rows(rows)})


def filtered(
    report: Report,
    context: ReportContext,
    request: ReportRequest,
    default_limit: int | None,
    compared: Sequence[tuple[Series, ReportContext]] = (),
) -> DataTable:
    """The finished table; `compared` has the series of a comparison, this request's own first."""
    processed = processed_of(report, context)
    table, known = _told(shaped(report, context, request), report, context, processed)
    if request.text("filter_add_columns_when_show_all_columns") not in ("", "0"):
        table, processed = _all_columns(table, report, request, processed)
    if wants_goal_columns(request):
        table = add_goal_columns(table, request, context)
    if not request.flag("disable_generic_filters"):
        filters = request.generic_filters(default_limit)
        if filters.need([metric.name for metric in (*report.root_processed, *processed)]):
            process_table(table, report.root_processed, processed, known)
        table = apply_generic_filters(table, filters)
        if report.subtable_sort is not None:
            for row in table.rows:
                row.subtable = row.subtable and sort_table(row.subtable, report.subtable_sort, "asc")
    pivoted = bool(request.text("pivotBy"))
    if not pivoted:
        below = report.root_processed if _by_path(request) else ()
        process_table(table, report.root_processed, processed, known, below=below)
        totals = table.metadata.get(TOTALS_ROW)
        if isinstance(totals, Row):
            process_table(DataTable([totals]), report.root_processed, processed, known)
    if compared:
        _compare(table, report, request, processed, compared)
    return _finished(table, report, request, pivoted=pivoted)


def _told(
    table: DataTable, report: Report, context: ReportContext, processed: Sequence[Processed]
) -> tuple[DataTable, Collection[str]]:
    """The table with the columns of optional metrics in all its rows or in none, and the columns known of it."""
    known = known_columns(report, context)
    metrics = (*report.root_processed, *processed)
    gone = untold(metrics, [table], known)
    known = {*known} - gone
    return complete(without(table, gone), metrics, known, columns_of(record_of(report, context))), known


def is_large(report: Report, context: ReportContext, request: ReportRequest, held: int = 0) -> bool:
    """Whether the report is made piece by piece (`report.large`): it may be, and there are many rows of it.

    Those of the other periods count, which would be fetched together, and the `held` ones of other tables.
    """
    selects = report.rows is not None and not report.row_by_row
    if report.record is None or selects or report.compute is not None or report.merge:
        return False
    if (
        request.labels
        or wants_goal_columns(request)
        or request.idsubtable is not None
        or any(request.text(name) not in ("", "0") for name in _WHOLE)
    ):
        return False
    if not request.generic_filters(None).row_by_row:
        return False
    return held + context.reader.count(record_of(report, context)) >= LARGE


def row_by_row(
    table: DataTable,
    report: Report,
    request: ReportRequest,
    processed: Sequence[Processed],
    known: Collection[str],
) -> DataTable:
    """What follows the generic filters, and depends on nothing but the row and the columns `known` in its table."""
    process_table(table, report.root_processed, processed, known)
    return _finished(table, report, request)


def _finished(table: DataTable, report: Report, request: ReportRequest, *, pivoted: bool = False) -> DataTable:
    if request.flag("disable_queued_filters"):
        table = _with_ids(table)
    elif not pivoted:
        table = queued(table, report)
    table = _shown(table, report, request)
    if request.labels:
        table = _labelled(table, report, request)
    if request.flag("hideIdSubDatable"):
        for row in table.walk():
            row.idsubtable = None
    return without_internals(table)


def shaped(report: Report, context: ReportContext, request: ReportRequest) -> DataTable:
    """The report's rows with the levels that the request wants: pivoted, flat, expanded or the root's."""
    by_path = _by_path(request)
    dimension = request.text("pivotBy")
    if dimension:
        check_dimension(report, dimension)
        table = sort_table(build(report, context, expanded=True), report.sort or "label", report.sort_order)
        _load_subtables(table, report, context)
        column = request.text("pivotByColumn") or "nb_visits"
        ranked = not request.flag("disable_queued_filters")
        return pivot(table, column, request.integer("pivotByColumnLimit", COLUMN_LIMIT), ranked=ranked)
    table = build(report, context, expanded=(request.expanded and report.nests) or request.flat or by_path)
    if request.flag("keep_totals_row"):
        table = with_totals_row(with_totals(table), request.text("keep_totals_row_label") or "Totals")
    if request.flat:
        return _flat(table, report, context, request)
    if by_path and report.recursive and report.rows is not None:
        for row in list(table.walk()):
            row.subtable = row.subtable and report.rows(row.subtable, context)
    elif by_path:
        _load_subtables(table, report, context)
    if request.depth >= 0:
        _prune(table, request.depth)
    return table


def _by_path(request: ReportRequest) -> bool:
    """Whether rows of subtables are asked for, which then are as if their subtable had been."""
    return any(">" in label or is_encoded_path(label) for label in request.labels)


def _compare(
    table: DataTable,
    report: Report,
    request: ReportRequest,
    processed: Sequence[Processed],
    compared: Sequence[tuple[Series, ReportContext]],
) -> None:
    described: list[tuple[Series, Mapping[str, Value], DataTable | None]] = []
    for index, (series, context) in enumerate(compared):
        other = table
        if index:
            other, known = _told(shaped(report, context, request), report, context, processed)
            process_table(other, report.root_processed, processed, known)
        described.append((series, series.described(context.span), other))
    show, hide = request.words("showColumns"), request.words("hideColumns")
    compare(
        table,
        described,
        key=lambda row: (row.is_summary, row.metadata.get(STORED, row.label)),
        shown=lambda name: name not in hide and (not show or name in show),
        helpers=() if request.flag("showRawMetrics") else report.temporary,
        invert=request.flag("invert_compare_change_compute"),
        trends=request.flag("include_trends"),
    )


def _load_subtables(table: DataTable, report: Report, context: ReportContext) -> None:
    """Subtables as the report's own subtable method gives them, with pretty labels and metadata."""
    if not report.subtable or report.recursive or report.flat_stored:
        return
    leaves = report_named(report.subtable)
    for row in table.rows:
        if row.idsubtable is not None:
            inner = replace(context, parameters={**context.parameters, "idSubtable": str(row.idsubtable)})
            row.subtable = queued(build(leaves, inner, expanded=False), leaves)


def _flat(table: DataTable, report: Report, context: ReportContext, request: ReportRequest) -> DataTable:
    _load_subtables(table, report, context)
    if not report.inherits_segment:
        for row in table.walk():
            row.metadata.pop("segment", None)
    finish: dict[str, Callable[[str], str]] = {
        "page": page_url_label,
        "destination": partial(page_url_label, leading_slash=False),
    }
    how = Flat(
        separator=report.separator,
        dimensions=report.dimensions,
        label_dimension=_label_dimension(report, context),
        finish_label=finish.get(report.flat_label),
        include_aggregate_rows=request.flag("include_aggregate_rows"),
    )
    flat = flatten(table, how)
    for row in flat.rows:
        # what a folder's row limit cut off is a leaf like others; only the root's comes last
        row.is_summary = row.is_summary and row.label == SUMMARY_LABEL
        if report.flat_label == "destination" and how.label_dimension is not None:
            row.metadata[how.label_dimension] = urldecode(str(row.label))
    return flat


def _label_dimension(report: Report, context: ReportContext) -> str | None:
    return report.label_dimension(context) if callable(report.label_dimension) else report.label_dimension


def _prune(table: DataTable, depth: int) -> None:
    for row in table.rows:
        if row.subtable is None:
            continue
        if depth == 0:
            row.subtable, row.idsubtable = None, None
        else:
            _prune(row.subtable, depth - 1)


def _all_columns(
    table: DataTable, report: Report, request: ReportRequest, processed: tuple[Processed, ...]
) -> tuple[DataTable, tuple[Processed, ...]]:
    own = {metric.name for metric in processed}
    added = tuple(metric for metric in SHOW_ALL_COLUMNS if metric.name not in own)
    if request.text("filter_add_columns_when_show_all_columns") == "1" and not report.constant_rows:
        table = replace(table, rows=[row for row in table.rows if row.columns.get("nb_visits")])
    return table, (*added, *processed)


def _with_ids(table: DataTable) -> DataTable:
    """Stored columns under their ids, those of goals too: names come with the queued filters."""
    for row in table.walk():
        row.columns = {str(_IDS.get(name, name)): value for name, value in row.columns.items()}
        goals = row.columns.get(_GOALS)
        if isinstance(goals, dict):
            found = {_goal_id(goal): _goal_ids(values) for goal, values in goals.items()}
            # keys that count from 0 are a list's in PHP
            row.columns[_GOALS] = (
                list(found.values()) if list(found) == [str(i) for i in range(len(found))] else found
            )
    return table


def _goal_id(name: str) -> str:
    idgoal = name.removeprefix("idgoal=")
    return {"ecommerceOrder": "0", "ecommerceAbandonedCart": "-1"}.get(idgoal, idgoal)


def _goal_ids(values: Mapping[str, Value]) -> dict[str, Value]:
    return {str(_GOAL_IDS.get(name, name)): value for name, value in values.items()}


def queued(table: DataTable, report: Report) -> DataTable:
    """Labels as they are shown: URL-decoded, then made pretty where the report does that last."""
    for row in table.rows:
        _decode(row)
        if report.queued and report.label is not None and not row.is_summary:
            row.columns["label"] = report.label(str(row.label))
    return table


def _decode(row: Row) -> None:
    row.columns["label"] = urldecode(str(row.label))
    if row.subtable is not None:
        for below in row.subtable.rows:
            _decode(below)


def _shown(table: DataTable, report: Report, request: ReportRequest) -> DataTable:
    shown: Result = table
    if request.text("showColumns") or request.text("hideColumns"):
        nested = request.flag("hideColumnsRecursively")
        show, hide = request.words("showColumns"), request.words("hideColumns")
        shown = select_columns(table, show, hide, nested=nested)  # the sums behind averages stay, as in Matomo
    elif not request.flag("showRawMetrics"):
        shown = drop_columns(table, report.temporary)
    return shown if isinstance(shown, DataTable) else table


def _labelled(table: DataTable, report: Report, request: ReportRequest) -> DataTable:
    found = filter_labels(
        table,
        request.labels,
        titles=report.title_labels,
        add_label_index=request.flag("labelFilterAddLabelIndex"),
        names_of=lambda row: (row.metadata.get(STORED, row.label), row.label),
    )
    if not request.expanded:
        for row in found.rows:
            row.subtable = None
    return found


def without_internals(table: DataTable) -> DataTable:
    for row in table.walk():
        for name in _INTERNAL:
            row.metadata.pop(name, None)
    return table
