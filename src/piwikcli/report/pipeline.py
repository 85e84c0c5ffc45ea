"""From a request to a result: one selection of sites and periods, any number of reports.

Each period of each site goes through alone; several become a map. See docs/reference/reports.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from piwikcli.archive.periods import Period
from piwikcli.errors import UsageError
from piwikcli.plugins import report as report_named
from piwikcli.plugins.api import Report
from piwikcli.plugins.metrics import SHOW_ALL_COLUMNS
from piwikcli.report.columns import drop_columns, select_columns
from piwikcli.report.context import ReportContext
from piwikcli.report.formatting import duration, format_metrics
from piwikcli.report.processed import process, processed_of
from piwikcli.report.reader import Archives, find_archives, find_days
from piwikcli.report.requests import ReportRequest
from piwikcli.report.rows import build, filtered, queued, without_internals
from piwikcli.report.table import Number, Result, SimpleTable, TableMap, Value

if TYPE_CHECKING:
    from piwikcli.settings import Settings
    from piwikcli.store import Connection
    from piwikcli.store.sites import Site


@dataclass(frozen=True, slots=True)
class Selection:
    """What data a request is about. `maps` are the names of the maps around the result, outermost first."""

    sites: Sequence[Site]
    periods: Sequence[Period]
    segment: str = ""
    by_site: bool = False
    by_date: bool = False
    unique_visitors: frozenset[str] = frozenset({"day", "week", "month", "year", "range"})
    """Periods whose unique visitors are counted (setting archiving.unique_visitors)."""
    data_dir: Path | None = None


class Reports:
    """Reports of one selection from one open database; what several of them need is read once."""

    def __init__(self, connection: Connection, selection: Selection) -> None:
        self._connection = connection
        self.selection = selection
        self._archives = {
            site.idsite: Archives(
                connection, find_archives(connection, site.idsite, selection.periods, selection.segment)
            )
            for site in selection.sites
        }

    def are_current(self, settings: Settings) -> bool:
        """Whether every period of every site has an archive that was built with these settings."""
        from piwikcli.archive.build import Limits

        built_with = Limits.of(settings).described()
        return all(
            len(archives.ids) == len(set(self.selection.periods)) and archives.all_built_with(built_with)
            for archives in self._archives.values()
        )

    def some(self, periods: Sequence[Period]) -> Reports:
        """The same for some of the periods."""
        return Reports(self._connection, replace(self.selection, periods=periods))

    def answer(
        self, request: ReportRequest, default_limit: int | None = None, *, period: Period | None = None
    ) -> Result:
        """The finished result, a map where the selection is one; with `period` for that one alone.

        `default_limit` is the number of rows without `filter_limit` (None: all).
        """
        chosen = self.selection
        by_date = chosen.by_date and period is None
        if request.report.single is not None and (by_date or chosen.by_site):
            raise request.report.single("dates" if by_date else "sites")

        def of_site(site: Site) -> Result:
            def of_period(period: Period) -> Result:
                return self._finish(self._context(site, period, request.values), request, default_limit)

            if by_date:
                return TableMap("date", {one.key: of_period(one) for one in chosen.periods})
            return of_period(period or chosen.periods[0])

        if not chosen.by_site:
            return of_site(chosen.sites[0])
        return TableMap("idSite", {str(site.idsite): of_site(site) for site in chosen.sites})

    def _context(self, site: Site, period: Period, parameters: Mapping[str, str]) -> ReportContext:
        return ReportContext(
            site=site,
            span=period,
            segment=self.selection.segment,
            parameters=parameters,
            unique_visitors=period.name in self.selection.unique_visitors,
            reader=self._archives[site.idsite].reader(period),
            data_dir=self.selection.data_dir,
            days_of=partial(self._days, site, period),
            ask=self._ask,
        )

    def _days(self, site: Site, period: Period) -> Mapping[date, Mapping[str, int | float]]:
        found = find_days(self._connection, site.idsite, period, self.selection.segment)
        archives = Archives(self._connection, found)
        return {day.date1: archives.numbers(idarchive) for day, idarchive in found.items()}

    def _ask(self, context: ReportContext, method: str, parameters: Mapping[str, str]) -> Result:
        """A report that another one is made of: all its rows, in no order, nothing formatted."""
        report = report_named(method)
        request = ReportRequest.of(report, {"format_metrics": "0", **parameters})
        inner = replace(context, parameters=request.values)
        if report.kind != "table":
            return self._finish(inner, request, None)
        table = build(report, inner, expanded=False)
        return without_internals(queued(table, report))

    def _finish(self, context: ReportContext, request: ReportRequest, default_limit: int | None) -> Result:
        report = request.report
        kinds = {metric.name: metric.kind for metric in (*processed_of(report, context), *report.root_processed)}
        kinds.update({metric.name: metric.kind for metric in SHOW_ALL_COLUMNS if metric.name not in kinds})
        if report.kind == "number":
            return _number(report, context)
        result: Result
        if report.kind == "simple":
            result = _simple(report, context, request)
        else:
            result = filtered(report, context, request, default_limit)
        return format_metrics(result, request.format_metrics, kinds=kinds, currency=context.site.currency)


# numbers and single rows ----------------------------------------------------------------------------------


def _number(report: Report, context: ReportContext) -> Number:
    name = report.number or ""
    if name in report.unique and not context.unique_visitors:
        raise UsageError(
            f"The metric {name} is not enabled for the requested period. "
            f"Please see the setting archiving.unique_visitors (add {context.period})."
        )
    value = context.number(name)
    return Number(duration(value) if report.number_kind == "duration" else value)


def _simple(report: Report, context: ReportContext, request: ReportRequest) -> SimpleTable:
    if report.compute is not None:
        computed = report.compute(context)
        columns = dict(computed.columns) if isinstance(computed, SimpleTable) else {}
    else:
        columns = _stored_numbers(report, context)
    if not columns:
        return SimpleTable()
    process(columns, processed_of(report, context))
    columns = {name: columns[name] for name in (*report.metrics, *columns) if name in columns}
    wanted = request.words("columns")
    if wanted:
        columns = {name: columns[name] for name in wanted if name in columns}
    shown: Result = SimpleTable(columns)
    if request.text("showColumns") or request.text("hideColumns"):
        shown = select_columns(shown, request.words("showColumns"), request.words("hideColumns"))
    elif not request.flag("showRawMetrics") and not wanted:
        shown = drop_columns(shown, report.temporary)
    return shown if isinstance(shown, SimpleTable) else SimpleTable()


def _stored_numbers(report: Report, context: ReportContext) -> dict[str, Value]:
    if not context.has_visits:
        return {}
    numerics = report.numerics(context) if callable(report.numerics) else report.numerics or {}
    hidden = () if context.unique_visitors else report.unique
    return {column: context.number(name) for name, column in numerics.items() if column not in hidden}
