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
    from piwikcli.plugins.api import Report
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
    chosen = _chosen(methods or [], parameters)
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
        reports=chosen,
    ) as every:
        wanted = _requests(chosen, parameters, every, named=bool(methods))
        requests = {_stem(request): request for request in wanted}
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


def _chosen(methods: list[str], parameters: Mapping[str, str]) -> list[Report]:
    """The reports of these methods; without any every one that needs no parameter of its own.

    Raises UsageError for what a named report does not know or lacks.
    """
    from piwikcli.plugins import report, reports
    from piwikcli.report.requests import ReportRequest

    if not methods:
        return [one for one in reports().values() if one.exported and _lacks(one, parameters) <= {one.varies}]
    named = [report(method) for method in methods]
    for one in named:
        request = ReportRequest.of(one, parameters)
        if one.varies not in one.needs:
            request.require_needs()
    return named


def _lacks(report: Report, parameters: Mapping[str, str]) -> set[str]:
    return {name for name in report.needs if name not in parameters}


def _requests(
    chosen: list[Report], parameters: Mapping[str, str], reports: Reports, *, named: bool
) -> Iterator[ReportRequest]:
    """Each report; those of goals for every goal beside, unless they were named, those of dimensions for each."""
    from piwikcli.report.requests import ReportRequest

    for report in chosen:
        lacks = _lacks(report, parameters)
        if not lacks:
            yield ReportRequest.of(report, parameters)
        if report.varies is not None and report.varies not in parameters and (lacks or not named):
            for value in reports.configured.values_of(report.varies, reports.selection.sites):
                yield ReportRequest.of(report, {**parameters, report.varies: value})


def _stem(request: ReportRequest) -> str:
    report = request.report
    parts = [f"_{name}-{value}" for name in _SPECIFIC if name in report.parameters and (value := request.text(name))]
    return report.method + "".join(parts)
