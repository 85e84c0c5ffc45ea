"""From a request to a result: one selection of sites and periods, any number of reports.

Each period of each site goes through alone; several become a map. See docs/reference/reports.md.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from piwikcli.archive.periods import Period
from piwikcli.errors import UsageError
from piwikcli.plugins import report as report_named
from piwikcli.plugins.api import Report
from piwikcli.plugins.metrics import SHOW_ALL_COLUMNS
from piwikcli.report.columns import drop_columns, select_columns
from piwikcli.report.comparisons import COMPARISONS, Series, compare, series_of
from piwikcli.report.configured import Configured
from piwikcli.report.context import ReportContext
from piwikcli.report.formatting import duration, format_metrics
from piwikcli.report.goal_columns import goal_column_kinds, wants_goal_columns
from piwikcli.report.held import Held
from piwikcli.report.processed import process, processed_of
from piwikcli.report.reader import Archives, find_days
from piwikcli.report.reading import Reading
from piwikcli.report.requests import ReportRequest
from piwikcli.report.rows import build, filtered, is_large, queued, without_internals
from piwikcli.report.selection import Selection, segment_of
from piwikcli.report.table import Answer, DataTable, Document, Number, Result, Row, SimpleTable, TableMap, Value

__all__ = ["Reports", "Selection"]

if TYPE_CHECKING:
    from piwikcli.store import Connection
    from piwikcli.store.sites import Site


class Reports:
    """Reports of one selection from one database; what several of them need is read once."""

    def __init__(self, reading: Reading | Connection, selection: Selection) -> None:
        self._reading = reading if isinstance(reading, Reading) else Reading.over(reading)
        self.selection = selection
        self.configured = Configured(self._reading)
        self._archives: dict[int, Archives] = {}
        self._others: dict[Hashable, Reports] = {}

    @property
    def reading(self) -> Reading:
        """The database that they are read from."""
        return self._reading

    def some(self, periods: Sequence[Period]) -> Reports:
        """The same for some of the periods."""
        return Reports(self._reading, replace(self.selection, periods=periods))

    def of(self, selection: Selection) -> Reports:
        """Reports of another selection, whose archives are built if they are missing."""
        key = (tuple(s.idsite for s in selection.sites), tuple(selection.periods), selection.segment)
        if key not in self._others:
            self._reading.ensure(selection)
            self._others[key] = Reports(self._reading, selection)
        return self._others[key]

    def answer(
        self, request: ReportRequest, default_limit: int | None = None, *, period: Period | None = None
    ) -> Answer:
        """The finished result, a map where the selection is one; with `period` for that one alone.

        `default_limit` is the number of rows without `filter_limit` (None: all).
        """
        chosen = self.selection
        by_date = chosen.by_date and period is None
        if request.report.whole is not None:
            return self._whole(request, period)
        if request.report.single is not None and (by_date or chosen.by_site):
            raise request.report.single("dates" if by_date else "sites")

        compares = request.flag("compare") and request.report.kind in ("table", "simple")
        series = series_of(request, chosen, self._normal) if compares else []
        if period is not None and len(chosen.periods) > 1:
            series = [one.at(chosen.periods.index(period)) for one in series]

        held = Held()

        def of_site(site: Site) -> Answer:
            def of_period(period: Period) -> Answer:
                context = self._context(site, period, request.values)
                compared = self._compared(series, site, chosen.periods.index(period) if by_date else 0, context)
                return self._finish(context, request, default_limit, compared, held)

            if by_date:
                return TableMap("date", {one.key: _in_map(of_period(one)) for one in chosen.periods})
            return of_period(period or chosen.periods[0])

        if not chosen.by_site:
            return of_site(chosen.sites[0])
        return TableMap("idSite", {str(site.idsite): _in_map(of_site(site)) for site in chosen.sites})

    def _normal(self, segment: str) -> str:
        return segment_of(self._reading.connection, segment, self.selection.sites)

    def _compared(
        self, series: Sequence[Series], site: Site, index: int, own: ReportContext
    ) -> list[tuple[Series, ReportContext]]:
        """Each series with the context of its period, this one's own first."""
        found = []
        for number, one in enumerate(series):
            if number == 0:
                found.append((one, own))
                continue
            reports = self.of(replace(self.selection, periods=one.periods, segment=one.segment))
            found.append((one, reports._context(site, one.periods[index], own.parameters)))
        return found

    def _whole(self, request: ReportRequest, period: Period | None) -> Answer:
        from piwikcli.report.whole import WholeRequest

        assert request.report.whole is not None
        reports = self if period is None else self.some([period])
        answer = request.report.whole(WholeRequest(reports, self._reading, request.values))
        show, hide = request.words("showColumns"), request.words("hideColumns")
        if isinstance(answer, DataTable) and (show or hide):
            return select_columns(answer, show, hide, nested=request.flag("hideColumnsRecursively", True))
        if isinstance(answer, Document):
            from piwikcli.report.documents import filtered_document

            return filtered_document(answer, request)
        return answer

    def _context(self, site: Site, period: Period, parameters: Mapping[str, str]) -> ReportContext:
        if site.idsite not in self._archives:
            self._archives[site.idsite] = self._reading.archives(site.idsite, self.selection)
        return ReportContext(
            site=site,
            span=period,
            segment=self.selection.segment,
            parameters=parameters,
            unique_visitors=period.name in self.selection.unique_visitors,
            reader=self._archives[site.idsite].reader(period),
            data_dir=self.selection.data_dir,
            configured=self.configured,
            days_of=partial(self._days, site, period),
            ask=self._ask,
        )

    def _days(self, site: Site, period: Period) -> Mapping[date, Mapping[str, int | float]]:
        out_of_date = self._reading.out_of_date(site.idsite, self.selection)
        found = find_days(self._reading, site.idsite, period, self.selection.segment, out_of_date)
        archives = Archives(self._reading, found)
        return {day.date1: archives.numbers(idarchive) for day, idarchive in found.items()}

    def _ask(self, context: ReportContext, method: str, parameters: Mapping[str, str]) -> Answer:
        """A report that another one is made of: all its rows, in no order, nothing formatted."""
        report = report_named(method)
        request = ReportRequest.of(report, {"format_metrics": "0", **parameters})
        inner = replace(context, parameters=request.values)
        if report.kind != "table":
            return self._finish(inner, request, None)
        table = build(report, inner, expanded=False)
        return without_internals(queued(table, report))

    def _finish(
        self,
        context: ReportContext,
        request: ReportRequest,
        default_limit: int | None,
        compared: Sequence[tuple[Series, ReportContext]] = (),
        held: Held | None = None,
    ) -> Answer:
        held = held or Held()
        report = request.report
        kinds = {metric.name: metric.kind for metric in (*processed_of(report, context), *report.root_processed)}
        kinds.update({metric.name: metric.kind for metric in SHOW_ALL_COLUMNS if metric.name not in kinds})

        def formatted(result: Result) -> Result:
            return format_metrics(result, request.format_metrics, kinds=kinds, currency=context.site.currency)

        if report.kind == "number":
            return _number(report, context)
        if report.kind == "document":
            return report.compute(context) if report.compute is not None else Document([])
        if report.kind == "table" and not compared and is_large(report, context, request, held.rows):
            from piwikcli.report.large import large_table

            return large_table(report, context, request, default_limit, formatted, held.file)
        result: Result
        if report.kind == "simple":
            result = _simple(report, context, request)
            if compared:
                result = _compared_simple(result, report, request, compared)
        else:
            result = filtered(report, context, request, default_limit, compared)
            held.rows += sum(1 for _ in result.walk())

        if wants_goal_columns(request) and isinstance(result, DataTable):
            kinds |= goal_column_kinds(result)
        if compared and isinstance(result, DataTable):
            for row in result.walk():
                row.metadata[COMPARISONS] = formatted(row.metadata[COMPARISONS])
        elif compared and isinstance(result, SimpleTable) and result.columns:
            result.columns[COMPARISONS] = formatted(result.columns[COMPARISONS])
        return formatted(result)


def _in_map(answer: Answer) -> Result:
    return answer.as_table() if isinstance(answer, Document) else answer


# numbers and single rows ----------------------------------------------------------------------------------


def _number(report: Report, context: ReportContext) -> Number:
    name = report.number(context) if callable(report.number) else report.number or ""
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
    elif not request.flag("showRawMetrics") and not wanted and not _keeps_temporary(report, request):
        shown = drop_columns(shown, report.temporary)
    return shown if isinstance(shown, SimpleTable) else SimpleTable()


def _keeps_temporary(report: Report, request: ReportRequest) -> bool:
    """Whether a queued filter would take the temporary columns, and none is to run."""
    return report.queued and request.flag("disable_queued_filters")


def _compared_simple(
    result: SimpleTable,
    report: Report,
    request: ReportRequest,
    compared: Sequence[tuple[Series, ReportContext]],
) -> SimpleTable:
    """One row with its series beside it, as column `comparisons`."""
    row = Row(dict(result.columns))
    described: list[tuple[Series, Mapping[str, Value], DataTable | None]] = []
    for series, context in compared:
        other = row if context is compared[0][1] else Row(_simple(report, context, request).columns)
        described.append((series, series.described(context.span), DataTable([other] if other.columns else [])))
    compare(
        DataTable([row]),
        described,
        key=lambda row: 0,
        shown=lambda name: True,
        invert=request.flag("invert_compare_change_compute"),
        trends=request.flag("include_trends"),
    )
    columns = {**result.columns, COMPARISONS: row.metadata[COMPARISONS]} if result.columns else {}
    return replace(result, columns=columns)


def _stored_numbers(report: Report, context: ReportContext) -> dict[str, Value]:
    if not context.has_visits:
        return {}
    numerics = report.numerics(context) if callable(report.numerics) else report.numerics or {}
    hidden = () if context.unique_visitors else report.unique
    return {column: context.number(name) for name, column in numerics.items() if column not in hidden}
