"""What `piwik report` and `piwik export` share: their options, and the way from them to data."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date as date_type
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from piwikcli.commands import console
from piwikcli.errors import UsageError

if TYPE_CHECKING:
    from piwikcli.archive.periods import Period
    from piwikcli.plugins.api import Report
    from piwikcli.report.pipeline import Reports
    from piwikcli.report.reading import Reading
    from piwikcli.report.render.options import Feed
    from piwikcli.report.selection import Selection
    from piwikcli.settings import Settings
    from piwikcli.store import Database

IdsiteOption = Annotated[
    str | None,
    typer.Option("--idsite", metavar="N,...|all", help="Site; the only one there is by default.", show_default=False),
]
PeriodOption = Annotated[str, typer.Option("--period", metavar="PERIOD", help="day, week, month, year or range.")]
DateOption = Annotated[
    str | None,
    typer.Option(
        "--date",
        metavar="DATE",
        help="2026-03-05, today, yesterday, last7, previous3, 2026-03-01,2026-03-31, ... "
        "[default: the latest day with visits].",
        show_default=False,
    ),
]
SegmentOption = Annotated[
    str, typer.Option("--segment", metavar="DEF", help="Only these visits.", show_default=False)
]
FlatOption = Annotated[bool, typer.Option("--flat", help="One flat table instead of subtables.")]
ExpandedOption = Annotated[bool, typer.Option("--expanded", help="Subtables inside their rows.")]
IdsubtableOption = Annotated[
    int | None,
    typer.Option("--idsubtable", metavar="N", help="The rows of one subtable.", show_default=False),
]
FilterLimitOption = Annotated[
    int | None,
    typer.Option("--filter-limit", metavar="N", help="Number of rows; -1 is all.", show_default=False),
]
FilterSortColumnOption = Annotated[
    str | None,
    typer.Option("--filter-sort-column", metavar="C", help="Sort by this column.", show_default=False),
]
FilterSortOrderOption = Annotated[
    str | None, typer.Option("--filter-sort-order", metavar="asc|desc", show_default=False)
]
FilterPatternOption = Annotated[
    str | None,
    typer.Option("--filter-pattern", metavar="P", help="Rows whose label matches this regex.", show_default=False),
]
ShowColumnsOption = Annotated[
    str | None, typer.Option("--show-columns", metavar="A,B", help="Only these columns.", show_default=False)
]
HideColumnsOption = Annotated[
    str | None, typer.Option("--hide-columns", metavar="A,B", help="Not these columns.", show_default=False)
]
LabelOption = Annotated[
    list[str] | None,
    typer.Option("--label", metavar="L", help="Only the row of this label (parent>child).", show_default=False),
]
ParamOption = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        metavar="NAME=VALUE",
        help="Any other parameter of the Reporting API.",
        show_default=False,
    ),
]
RawOption = Annotated[bool, typer.Option("--raw", help="Numbers as they are: no %, no durations, no money.")]

FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="table, csv, tsv, json, ndjson, xml, rss, html, md, parquet or xlsx "
        "[default: by FILE's name, table on a terminal, else csv].",
        show_default=False,
    ),
]
KeepFormulasOption = Annotated[
    bool,
    typer.Option("--keep-formulas", help="csv, tsv, xlsx: leave text that a spreadsheet would run as it is."),
]


def api_parameters(
    *,
    flat: bool,
    expanded: bool,
    idsubtable: int | None,
    filter_limit: int | None,
    filter_sort_column: str | None,
    filter_sort_order: str | None,
    filter_pattern: str | None,
    show_columns: str | None,
    hide_columns: str | None,
    label: Sequence[str] | None,
    raw: bool,
    param: Sequence[str] | None,
) -> dict[str, str]:
    """The options as Reporting API parameters; `--param` wins. Raises UsageError for one without `=`."""
    given = {
        "flat": "1" if flat else None,
        "expanded": "1" if expanded else None,
        "idSubtable": idsubtable,
        "filter_limit": filter_limit,
        "filter_sort_column": filter_sort_column,
        "filter_sort_order": filter_sort_order,
        "filter_pattern": filter_pattern,
        "showColumns": show_columns,
        "hideColumns": hide_columns,
        "label": "\n".join(label) if label else None,
        "format_metrics": "0" if raw else None,
    }
    parameters = {name: str(value) for name, value in given.items() if value is not None}
    for one in param or ():
        name, equals, value = one.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--param {one}: write it as NAME=VALUE")
        name = name.strip()
        # elements of an array (`compareDates[]=...` twice) stand on lines of their own
        parameters[name] = f"{parameters[name]}\n{value}" if name.endswith("[]") and name in parameters else value
    return parameters


@contextmanager
def open_reports(
    database: Database,
    settings: Settings,
    *,
    idsite: str | None,
    period: str,
    date: str | None,
    segment: str,
    reports: Sequence[Report] = (),
) -> Iterator[Reports]:
    """The reports of the sites and periods that are meant; archives that they miss are built first.

    `reports` are those that are wanted, which may need neither a date nor archives (none given: any).
    Raises UsageError for a site, period or date that there isn't.
    """
    from piwikcli.report.pipeline import Reports
    from piwikcli.report.reading import Reading

    with Reading(database, settings) as reading:
        selection = _select(reading, settings, reports, idsite=idsite, period=period, date=date, segment=segment)
        if selection.periods and (not reports or any(report.archived for report in reports)):
            reading.ensure(selection)
        with _without_collector():
            yield Reports(reading, selection)
        if reading.as_of:
            console.note(f"as of {reading.as_of} UTC; newer requests wait for piwik archive")
        if reading.missing:
            first, more = reading.missing[0], len(reading.missing) - 1
            others = f" and {more} more" if more else ""
            dates = f"{first.date1},{first.date2}" if first.name == "range" else f"{first.date1}"
            console.note(f"no archive of {first.name} {dates}{others} yet: piwik archive builds it")


@contextmanager
def _without_collector() -> Iterator[None]:
    """Large tables are trees without cycles: looking for some in them takes a third of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _select(
    reading: Reading,
    settings: Settings,
    reports: Sequence[Report],
    *,
    idsite: str | None,
    period: str,
    date: str | None,
    segment: str,
) -> Selection:
    from piwikcli.archive.periods import Period
    from piwikcli.report.selection import Selection, latest_day, periods_of, segment_of, sites_of

    Period.of(period, date_type.today())  # a wrong name is said before anything else
    every = bool(reports) and not any(report.sited for report in reports)
    sites, by_site = sites_of(reading.connection, idsite, every=every)
    segment = segment_of(reading.connection, segment, sites)
    periods: Sequence[Period] = ()
    by_date = False
    if date is not None or not reports or any(report.dated for report in reports):
        day = None if date is not None else latest_day(reading, sites)
        if date is None:
            console.note(f"--date {day} (the latest day with visits)" if day else "no visits yet; --date today")
        text = date or str(day or "today")
        if period == "range" and date is None:
            text = f"{text},{text}"
        periods, by_date = periods_of(period, text, sites)
    return Selection(
        sites=sites,
        periods=periods,
        segment=segment,
        by_site=by_site,
        by_date=by_date,
        unique_visitors=frozenset(settings.words("archiving.unique_visitors")),
        data_dir=settings.path("data_dir"),
    )


def checked_format(format: str | None, fallback: str) -> str:
    """The format, if there is such one. Raises UsageError with the nearest name."""
    from piwikcli.errors import nearest
    from piwikcli.report.render import FORMATS

    name = (format or fallback).lower()
    if name not in FORMATS:
        raise UsageError(
            f"Renderer format '{name}' not valid. Try any of the following instead: "
            f"{', '.join(sorted(FORMATS))}.{nearest(name, FORMATS)}"
        )
    return name


def output_format(format: str | None, file: Path | None) -> str:
    """The format as asked, else by the file's name, else table on a terminal and csv off it."""
    if format is None and file is not None and file.suffix:
        from piwikcli.report.render import format_of

        return format_of(file)
    on_screen = file is None and sys.stdout.isatty()
    chosen = checked_format(format, "table" if on_screen else "csv")
    if on_screen and chosen in ("parquet", "xlsx"):
        raise UsageError(f"{chosen} is not for a terminal; write it to a file: -o FILE.{chosen}")
    return chosen


UNENDED = frozenset({"csv", "tsv", "json", "xml"})
"""Formats that end without a line end, as the Reporting API's answers do."""


def feed(selection: Selection) -> Feed | None:
    """What an RSS feed says of the selection's site; None where there is not exactly one."""
    from piwikcli.report.render.options import Feed

    if len(selection.sites) != 1:
        return None
    site = selection.sites[0]
    return Feed(idsite=site.idsite, site=site.name, url=site.main_url)


def chief_columns(method: str) -> tuple[str, ...]:
    """The columns that people look at first."""
    from piwikcli.plugins import description_of

    own = description_of(method)
    return () if own is None else (*own.metrics, *own.processed)


def column_names(parameters: Mapping[str, str], method: str | None = None) -> Mapping[str, str]:
    """Column -> its name in words, with translateColumnNames=1; as the report of that method calls it."""
    if parameters.get("translateColumnNames") != "1":
        return {}
    from piwikcli.plugins import description_of
    from piwikcli.plugins.descriptions.columns import COLUMNS

    names = {name: title for name, (title, _) in COLUMNS.items()}
    own = description_of(method) if method else None
    return names if own is None else {**names, **own.metrics, **own.processed}
