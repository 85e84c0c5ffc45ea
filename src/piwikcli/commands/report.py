"""`piwik report`: one report, printed or written."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from piwikcli.commands import console, options, output, reporting
from piwikcli.errors import UsageError

TABLE_ROWS = 100
"""Rows of a table without --filter-limit."""


def command(
    method: Annotated[
        str | None, typer.Argument(metavar="METHOD", help="Module.method, e.g. Actions.getPageUrls.")
    ] = None,
    idsite: reporting.IdsiteOption = None,
    period: reporting.PeriodOption = "day",
    date: reporting.DateOption = None,
    segment: reporting.SegmentOption = "",
    format: reporting.FormatOption = None,
    file: options.OutputOption = None,
    flat: reporting.FlatOption = False,
    expanded: reporting.ExpandedOption = False,
    idsubtable: reporting.IdsubtableOption = None,
    filter_limit: reporting.FilterLimitOption = None,
    filter_sort_column: reporting.FilterSortColumnOption = None,
    filter_sort_order: reporting.FilterSortOrderOption = None,
    filter_pattern: reporting.FilterPatternOption = None,
    show_columns: reporting.ShowColumnsOption = None,
    hide_columns: reporting.HideColumnsOption = None,
    label: reporting.LabelOption = None,
    param: reporting.ParamOption = None,
    raw: reporting.RawOption = False,
    keep_formulas: reporting.KeepFormulasOption = False,
    chart: Annotated[
        bool, typer.Option("--chart", help="Draw it: several dates as lines, a table's first rows as bars.")
    ] = False,
    list_methods: Annotated[
        bool, typer.Option("--list", help="Every method, with its parameters and columns.")
    ] = False,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """Print one report."""
    if list_methods:
        _list(format, file)
        return
    if method is None:
        raise UsageError("say which report: piwik report METHOD (piwik report --list shows all)")
    if chart:
        _require_charts(format)
    from piwikcli.plugins import report
    from piwikcli.report.render import RenderOptions, write
    from piwikcli.report.requests import ReportRequest

    parameters = reporting.api_parameters(
        flat=flat,
        expanded=expanded,
        idsubtable=idsubtable,
        filter_limit=filter_limit,
        filter_sort_column=filter_sort_column,
        filter_sort_order=filter_sort_order,
        filter_pattern=filter_pattern,
        show_columns=show_columns,
        hide_columns=hide_columns,
        label=label,
        raw=raw or chart,
        param=param,
    )
    request = ReportRequest.of(report(method), parameters)
    request.require_needs()
    format = "table" if chart else reporting.output_format(format, file)
    settings = options.load_settings(db=db, lock_timeout=lock_timeout)
    database = options.open_database(settings)
    with reporting.open_reports(
        database,
        settings,
        idsite=idsite,
        period=period,
        date=date,
        segment=segment,
        reports=[request.report],
    ) as reports:
        result = reports.answer(request, TABLE_ROWS if format == "table" else None)
        feed = reporting.feed(reports.selection)
    if not chart:
        _announce_cuts(result, request)
        _announce_unknown(result, request)
    on_screen = file is None and sys.stdout.isatty()
    render_options = RenderOptions(
        convert_to_unicode=request.flag("convertToUnicode"),
        column_names=reporting.column_names(parameters, request.report.method),
        callback=parameters.get("callback") or parameters.get("jsoncallback"),
        hide_idsubdatatable=request.flag("hideIdSubDatable"),
        keep_formulas=keep_formulas,
        feed=feed,
        bars=on_screen,
        color=on_screen and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
        width=shutil.get_terminal_size().columns if on_screen else None,
        chief=reporting.chief_columns(request.report.method) if on_screen and format == "table" else (),
    )
    if chart:
        from piwikcli.report.render.chart import write as draw

        drawn = "".join(draw(result, request.report.method, render_options, request.words("showColumns")))
        with output.output(file) as text:
            text.write(drawn)
        return
    with output.output(file, binary=True) as stream:
        write(result, format, stream, method=request.report.method, options=render_options)
        if on_screen and format in reporting.UNENDED:
            stream.write(b"\n")  # or the prompt stands behind the last row


def _require_charts(format: str | None) -> None:
    """Raises UsageError where a chart can't be drawn whatever the report."""
    from importlib.util import find_spec

    if format not in (None, "table"):
        raise UsageError(f"--chart draws for the terminal; it can't be --format {format}")
    if find_spec("plotext") is None:
        raise UsageError("--chart needs plotext: pip install 'piwikcli[chart]'")


def _announce_cuts(result: object, request: object) -> None:
    """Say what is missing from a table: rows beyond the limit, and rows that an archive folded."""
    from piwikcli.report.filters import TOTAL_ROWS_BEFORE_LIMIT
    from piwikcli.report.requests import ReportRequest
    from piwikcli.report.table import DataTable, TableMap

    if isinstance(result, TableMap):
        for one in result.tables.values():
            _announce_cuts(one, request)
        return
    if not isinstance(result, DataTable) or not isinstance(request, ReportRequest):
        return
    total = result.metadata.get(TOTAL_ROWS_BEFORE_LIMIT, len(result))
    if len(result) < total and not request.text("filter_limit") and not request.labels:
        console.note(f"{len(result)} of {total} rows; --filter-limit -1 shows all")
    rows = result.rows
    folded = any(row.is_summary for row in result.walk()) if isinstance(rows, list) else rows.folded
    if folded and not request.text("filter_truncate"):
        console.note("Others sums the rows beyond the archive's row limit (archiving.maximum_rows)")


def _announce_unknown(result: object, request: object) -> None:
    """Say which columns were asked for that no row has."""
    from piwikcli.report.requests import ReportRequest
    from piwikcli.report.table import DataTable

    if not isinstance(result, DataTable) or not isinstance(result.rows, list) or not result.rows:
        return
    if not isinstance(request, ReportRequest) or request.flag("disable_queued_filters"):
        return
    shown, column = request.words("showColumns"), request.text("filter_sort_column")
    if not shown and not column:
        return
    known = {name for row in result.walk() for name in row.columns}
    for name in shown:
        if name not in known and not any(other.startswith(f"{name}__") for other in known):
            console.note(f"no row has the column {name}; piwik report --list shows the columns of every report")
    if column and column not in known and not shown and not request.text("hideColumns"):
        console.note(f"no row has the column {column}; sorted by nb_visits")


def _list(format: str | None, file: Path | None) -> None:
    from piwikcli.plugins import reports

    rows = [
        {
            "method": report.method,
            "title": report.title,
            "kind": report.kind,
            "parameters": list(report.parameters),
            "columns": list(report.metrics),
            "subtable": report.subtable,
        }
        for report in reports().values()
    ]
    chosen = output.list_format(format, file)
    output.write_list(rows, tuple(rows[0]), chosen, file, table=("method", "title", "parameters", "columns"))
