"""`piwik export`: many reports, periods and dates, one file each."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from piwikcli.commands import console, options, reporting
from piwikcli.errors import UsageError

if TYPE_CHECKING:
    from piwikcli.commands.export_files import Target, Written
    from piwikcli.plugins.api import Report
    from piwikcli.report.pipeline import Reports
    from piwikcli.report.requests import ReportRequest
    from piwikcli.store import Database

FILES_PER_PROCESS = 500
"""Files that are worth starting one more process for."""
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
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            "-j",
            metavar="N",
            min=1,
            help="Processes at work [default: up to one a core].",
            show_default=False,
        ),
    ] = None,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """Write many reports, one file each: DIR/PERIOD/DATE/Module.method.EXT."""
    if folder is None:
        raise UsageError("say where to: piwik export -o DIR")
    from piwikcli.report.render import RenderOptions

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
    if format == "rss":
        raise UsageError("rss has several dates in one file, an export one file per date; use piwik report")
    chosen = _chosen(methods or [], parameters)
    settings = options.load_settings(db=db, lock_timeout=lock_timeout)
    database = options.open_database(settings)
    written: list[Written] = []
    with reporting.open_reports(
        database,
        settings,
        idsite=idsite,
        period=period,
        date=date,
        segment=segment,
        reports=chosen,
    ) as reports:
        wanted = _requests(chosen, parameters, reports, named=bool(methods))
        requests = {_stem(request): request for request in wanted}
        from piwikcli.commands.export_files import Target, write_manifest

        render_options = RenderOptions(
            convert_to_unicode=parameters.get("convertToUnicode") == "1",
            column_names=reporting.column_names(parameters),
            hide_idsubdatatable=parameters.get("hideIdSubDatable") == "1",
            keep_formulas=keep_formulas,
        )
        target = Target(folder, format, render_options, bool(methods))
        written.extend(_files(database, reports, requests, target, jobs))
        write_manifest(folder, written)
    console.note(f"{len(written)} files in {folder}")


def _files(
    database: Database, reports: Reports, requests: Mapping[str, ReportRequest], target: Target, jobs: int | None
) -> Iterator[Written]:
    """Write everything: what needs other dates or sites here, where their archives can be built, the rest at once."""
    from piwikcli.commands.export_files import export_here, export_in_processes, jobs_of

    alone = {
        stem: request
        for stem, request in requests.items()
        if request.report.whole is not None or request.flag("compare")
    }
    rest = {stem: request for stem, request in requests.items() if stem not in alone}
    periods = reports.selection.periods
    processes = jobs or min(os.cpu_count() or 1, 1 + len(rest) * len(periods) // FILES_PER_PROCESS)
    for job in jobs_of(alone, periods, 1):
        yield from export_here(reports, job, target)
    if processes == 1:
        for job in jobs_of(rest, periods, 1):
            yield from export_here(reports, job, target)
    elif rest:
        _ = reports.reading.connection  # open while the others read: nobody changes anything in between
        yield from export_in_processes(
            database, reports.selection, jobs_of(rest, periods, processes), target, processes
        )


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
