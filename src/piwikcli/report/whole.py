"""A whole request, for methods that are about more than one site and one period (`piwikcli.plugins.api.Request`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from piwikcli.archive.periods import FIRST_DATE, Period
from piwikcli.plugins import described as all_descriptions
from piwikcli.plugins import dimensions as all_dimensions
from piwikcli.plugins import report as report_named
from piwikcli.plugins import reports as all_reports
from piwikcli.plugins.api import Description, Dimension, Report, Span
from piwikcli.plugins.pretty import pretty
from piwikcli.report.context import referrer_url
from piwikcli.report.formatting import clock, duration, money, percent, quotient
from piwikcli.report.numeric import is_numeric, number
from piwikcli.report.reading import Reading
from piwikcli.report.requests import ReportRequest
from piwikcli.report.selection import latest_day, periods_of, segment_of, sites_of
from piwikcli.report.table import Answer, Value

if TYPE_CHECKING:
    from piwikcli.report.pipeline import Reports
    from piwikcli.store.sites import Site

_SELECTION = frozenset({"idSite", "period", "date", "segment"})


@dataclass(frozen=True, slots=True)
class WholeRequest:
    """See `piwikcli.plugins.api.Request`."""

    _reports: Reports
    _reading: Reading
    parameters: Mapping[str, str]

    @property
    def sites(self) -> Sequence[Site]:
        return self._reports.selection.sites

    @property
    def periods(self) -> Sequence[Period]:
        return self._reports.selection.periods

    @property
    def segment(self) -> str:
        return self._reports.selection.segment

    def ask(self, method: str, **parameters: str) -> Answer:
        report = report_named(method)
        own = {name: value for name, value in parameters.items() if name not in _SELECTION}
        request = ReportRequest.of(report, own)
        request.require_needs()
        chosen = self._reports.selection
        if "idSite" in parameters:
            sites, by_site = sites_of(self._reading.connection, parameters["idSite"], every=not report.sited)
            chosen = replace(chosen, sites=sites, by_site=by_site)
        if "date" in parameters or "period" in parameters:
            period = parameters.get("period") or (chosen.periods[0].name if chosen.periods else "day")
            date = parameters.get("date") or str(latest_day(self._reading, chosen.sites) or "today")
            periods, by_date = periods_of(period, date, chosen.sites)
            chosen = replace(chosen, periods=periods, by_date=by_date)
        if "segment" in parameters:
            chosen = replace(
                chosen, segment=segment_of(self._reading.connection, parameters["segment"], chosen.sites)
            )
        return self._reports.of(chosen).answer(request)

    def reports(self) -> Mapping[str, Report]:
        return all_reports()

    def descriptions(self) -> Mapping[str, Description]:
        return all_descriptions()

    def dimensions(self) -> Sequence[Dimension]:
        found = {
            one.segment: one for site in self.sites for one in all_dimensions(self._reading.connection, site.idsite)
        }
        return list(found.values()) or list(all_dimensions())

    def column_text(self, name: str) -> str:
        from piwikcli.plugins.descriptions.columns import column_text

        return column_text(name)

    def counts_visitors(self, period: Span) -> bool:
        return period.name in self._reports.selection.unique_visitors

    def pretty(self, period: Span | None = None, *, short: bool = False) -> str:
        if period is None:
            first, last = self.periods[0], self.periods[-1]
            period = first if first == last else Period("range", first.date1, last.date2)
        return pretty(period, short=short)

    def formatted(self, value: Value, kind: str) -> Value:
        if not is_numeric(value):
            return value
        if kind == "money":
            return money(value, self.sites[0].currency if self.sites else "USD")
        if kind == "percent":
            return percent(value)
        if kind == "duration":
            return duration(value)
        if kind != "duration_s":
            return value
        # of load times the hundredths count
        hundredths = round(number(value) % 1 * 100)
        return f"{clock(int(number(value)))}.{hundredths:02}" if hundredths else clock(value)

    def quotient(self, dividend: Value, divisor: Value, decimals: int = 0) -> int | float:
        return quotient(dividend, divisor, decimals)

    def referrer_url(self, kind: Literal["search", "social", "ai"], name: str, keyword: str = "") -> str | None:
        return referrer_url(kind, name, keyword, self._reports.selection.data_dir)

    def previous(self, period: Span) -> Period:
        return Period(period.name, period.date1, period.date2).shifted(-1)

    def selected(self, idvisit: str) -> str:
        if not self.segment:
            return "true"
        from piwikcli.archive.segments import catalogue, define, make_members

        connection = self._reading.connection
        date1 = min((one.date1 for one in self.periods), default=FIRST_DATE)
        date2 = max((one.date2 for one in self.periods), default=datetime.now(UTC).date() + timedelta(days=1))
        connection.execute("CREATE OR REPLACE TEMP TABLE selected_visit (idvisit BIGINT)")
        for site in self.sites:
            definition = define(self.segment, catalogue(connection, site.idsite))
            make_members(connection, site.idsite, {1: definition}, date1, date2)
            connection.execute("INSERT INTO selected_visit SELECT idvisit FROM member WHERE here")
        return f"{idvisit} IN (SELECT idvisit FROM selected_visit)"

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        found = self._reading.execute(sql, list(parameters))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
