"""What `piwik report` and `piwik export` share: their options, and the way from them to data."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date as date_type
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from piwikcli.commands import console
from piwikcli.errors import UsageError

if TYPE_CHECKING:
    from piwikcli.archive.periods import Period
    from piwikcli.report.pipeline import Reports, Selection
    from piwikcli.settings import Settings
    from piwikcli.store import Connection, Database
    from piwikcli.store.sites import Site

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
        parameters[name.strip()] = value
    return parameters


@contextmanager
def open_reports(
    database: Database, settings: Settings, *, idsite: str | None, period: str, date: str | None, segment: str
) -> Iterator[Reports]:
    """The reports of the sites and periods that are meant; archives that they miss are built first.

    Raises UsageError for a site, period or date that there isn't.
    """
    from piwikcli.report.pipeline import Reports

    # opening the database takes longer than a report: once, if nothing is to be built
    with database.read() as connection:
        selection = _select(connection, settings, idsite=idsite, period=period, date=date, segment=segment)
        reports = Reports(connection, selection)
        if not settings.flag("archiving.on_demand") or reports.are_current(settings):
            with _without_collector():
                yield reports
            return
    from piwikcli.archive.build import ensure

    ensure(database, [site.idsite for site in selection.sites], selection.periods, selection.segment, settings)
    with database.read() as connection, _without_collector():
        yield Reports(connection, selection)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Large tables are trees without cycles: looking for some in them takes a third of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _select(
    connection: Connection,
    settings: Settings,
    *,
    idsite: str | None,
    period: str,
    date: str | None,
    segment: str,
) -> Selection:
    from piwikcli.archive.periods import Period, parse_dates
    from piwikcli.report.pipeline import Selection

    if segment:
        raise UsageError("segments are not in this release")
    Period.of(period, date_type.today())  # a wrong name is said before anything else
    sites, by_site = _sites(connection, idsite)
    text = date or _latest(connection, sites)
    today = datetime.now(ZoneInfo(sites[0].timezone if len(sites) == 1 else "UTC")).date()
    if period == "range" and date is None:
        text = f"{text},{text}"
    periods = parse_dates(period, text, today)
    return Selection(
        sites=sites,
        periods=periods if isinstance(periods, list) else [periods],
        segment=segment,
        by_site=by_site,
        by_date=isinstance(periods, list),
        unique_visitors=frozenset(settings.words("archiving.unique_visitors")),
        data_dir=settings.path("data_dir"),
    )


def _sites(connection: Connection, idsite: str | None) -> tuple[list[Site], bool]:
    from piwikcli.store import sites

    known = sites.all_sites(connection)
    if not known:
        raise UsageError("there is no site yet; import a log first (piwik import-logs LOG)")
    if idsite is None:
        if len(known) > 1:
            there = ", ".join(f"{site.idsite} {site.name}" for site in known[:10])
            raise UsageError(f"there are {len(known)} sites: say which with --idsite N or all ({there})")
        return known, False
    if idsite.strip().lower() == "all":
        return known, True
    wanted = [word.strip() for word in idsite.split(",") if word.strip()]
    if not wanted or not all(word.isdigit() for word in wanted):
        raise UsageError(f"--idsite {idsite}: write a number, several with commas, or all")
    return [sites.get(connection, int(word)) for word in dict.fromkeys(wanted)], "," in idsite


def _latest(connection: Connection, sites: Sequence[Site]) -> str:
    from piwikcli.report.reader import latest_visit_day

    days: list[date_type] = [day for site in sites if (day := latest_visit_day(connection, site.idsite)) is not None]
    if not days:
        console.note("no visits yet; --date today")
        return "today"
    console.note(f"--date {max(days)} (the latest day with visits)")
    return str(max(days))


def chunks(periods: Sequence[Period], size: int) -> Iterator[Sequence[Period]]:
    """The periods in runs of at most `size`, which bounds what is in memory at a time."""
    for start in range(0, len(periods), size):
        yield periods[start : start + size]


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


def column_names(parameters: Mapping[str, str]) -> Mapping[str, str]:
    """Column -> its name in words, with translateColumnNames=1."""
    if parameters.get("translateColumnNames") != "1":
        return {}
    from piwikcli.report.column_names import COLUMN_NAMES

    return COLUMN_NAMES
