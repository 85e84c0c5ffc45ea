"""`piwik export`: many reports, periods and dates, one file each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from piwikcli.commands import console, options, output, reporting
from piwikcli.errors import PiwikError, UsageError

if TYPE_CHECKING:
    from piwikcli.archive.periods import Period
    from piwikcli.report.pipeline import Reports
    from piwikcli.report.requests import ReportRequest

PERIODS_AT_A_TIME = 16
_SPECIFIC = ("idGoal", "idDimension")
"""Parameters that name which of several reports a file holds."""


def command(
    methods: Annotated[
        list[str] | None, typer.Argument(metavar="[METHOD]...", help="Reports; all of them by default.")
    ] = None,
    idsite: reporting.IdsiteOption = None,
    period: reporting.PeriodOption = "day",
    date: reporting.DateOption = None,
    segment: reporting.SegmentOption = "",
    format: Annotated[str, typer.Option("--format", metavar="FORMAT", help="As of report.")] = "csv",
    folder: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="Folder for the files (required).", show_default=False),
    ] = None,
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
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """Write many reports, one file each: DIR/PERIOD/DATE/Module.method.EXT."""
    if folder is None:
        raise UsageError("say where to: piwik export -o DIR")
    from piwikcli.report.render import FORMATS

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
        raw=raw,
        param=param,
    )
    format = reporting.checked_format(format, "csv")
    requests = dict(_named(methods, parameters) if methods else _all(parameters))
    settings = options.load_settings(db=db, lock_timeout=lock_timeout)
    database = options.open_database(settings)
    files = 0
    with reporting.open_reports(
        database,
        settings,
        idsite=idsite,
        period=period,
        date=date,
        segment=segment,
        reports=[request.report for request in requests.values()],
    ) as every:
        for periods in reporting.chunks(every.selection.periods, PERIODS_AT_A_TIME):
            reports = every if len(periods) == len(every.selection.periods) else every.some(periods)
            for stem, request in requests.items():
                for one in periods:
                    path = folder / one.name / one.slug / f"{stem}.{FORMATS[format].extension}"
                    files += _export(reports, request, one, format, path, keep_formulas, explicit=bool(methods))
    console.note(f"{files} files in {folder}")


def _export(
    reports: Reports,
    request: ReportRequest,
    period: Period,
    format: str,
    path: Path,
    keep_formulas: bool,
    *,
    explicit: bool,
) -> int:
    """Write one file; a report that this kind of period does not have is left out, unless it was named."""
    from piwikcli.report.render import RenderOptions, write

    try:
        result = reports.answer(request, period=period)
    except UsageError:
        if explicit:
            raise
        return 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PiwikError(f"{path.parent}: cannot be created: {error.strerror}") from error
    render_options = RenderOptions(
        convert_to_unicode=request.flag("convertToUnicode"),
        column_names=reporting.column_names(request.values),
        hide_idsubdatatable=request.flag("hideIdSubDatable"),
        keep_formulas=keep_formulas,
    )
    with output.output(path, binary=True) as stream:
        write(result, format, stream, method=request.report.method, options=render_options)
    return 1


def _named(methods: list[str], parameters: Mapping[str, str]) -> Iterator[tuple[str, ReportRequest]]:
    from piwikcli.plugins import report
    from piwikcli.report.requests import ReportRequest

    for method in methods:
        request = ReportRequest.of(report(method), parameters)
        request.require_needs()
        yield _stem(request), request


def _all(parameters: Mapping[str, str]) -> Iterator[tuple[str, ReportRequest]]:
    """Every report that needs no parameter of its own, and orders beside all goals."""
    from piwikcli.plugins import reports
    from piwikcli.report.requests import ReportRequest

    for report in reports().values():
        if not report.exported or any(name not in parameters for name in report.needs):
            continue
        request = ReportRequest.of(report, parameters)
        yield _stem(request), request
        if report.method == "Goals.get" and "idGoal" not in parameters:
            orders = ReportRequest.of(report, {**parameters, "idGoal": "0"})
            yield _stem(orders), orders


def _stem(request: ReportRequest) -> str:
    report = request.report
    parts = [f"_{name}-{value}" for name in _SPECIFIC if name in report.parameters and (value := request.text(name))]
    return report.method + "".join(parts)
