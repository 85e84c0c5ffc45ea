"""`compare=1`: each row beside the same row of other periods and segments.

Every row gets `comparisons`, a table with one row per series, this request's own first: its numbers, and how they
changed against the first period. See docs/reference/reports.md, "Comparisons".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from piwikcli.archive.periods import Period
from piwikcli.declared import dataclass
from piwikcli.errors import UsageError
from piwikcli.plugins.pretty import pretty
from piwikcli.report.formatting import quotient
from piwikcli.report.numeric import is_numeric, number
from piwikcli.report.requests import ReportRequest
from piwikcli.report.selection import Selection, periods_of
from piwikcli.report.table import DataTable, Row, Value

COMPARISONS = "comparisons"
"""Row metadata: the table of series."""
ALL_VISITS = "All visits"
SEGMENT_LIMIT = 5
PERIOD_LIMIT = 5


@dataclass(frozen=True, slots=True)
class Series:
    """One series: the periods that stand for those of the request, one each, and a segment."""

    periods: Sequence[Period]
    segment: str
    """In its normal form, which archives are known by."""
    definition: str
    """The segment as the request writes it."""
    date: str
    """As the request names it."""
    is_first_period: bool

    def at(self, index: int) -> Series:
        """The same of one of the request's periods."""
        return replace(self, periods=[self.periods[index]])

    def described(self, period: Period) -> dict[str, Value]:
        segment = self.definition or ALL_VISITS
        return {
            "compareSegment": self.definition,
            "compareSegmentPretty": segment,
            "comparePeriod": period.name,
            "compareDate": self.date or _date(period),
            "comparePeriodPretty": pretty(period),
            "compareSeriesPretty": f"({pretty(period)}) ({segment})",
        }


def series_of(
    request: ReportRequest, selection: Selection, normal: Callable[[str], str] = lambda segment: segment
) -> list[Series]:
    """The series that the request compares, this one first; for each period all segments.

    `normal` gives a segment's normal form. Raises UsageError for too many series, and for periods that cannot be told
    apart one by one.
    """
    names, dates = request.array("comparePeriods"), request.array("compareDates")
    if len(names) != len(dates):
        raise UsageError("compareDates[] and comparePeriods[] must have as many elements as each other")
    segments = {selection.segment: selection.segment}
    for text in request.array("compareSegments"):
        segments.setdefault(normal(text), text)
    if len(segments) > SEGMENT_LIMIT:
        raise UsageError(f"at most {SEGMENT_LIMIT} segments can be compared, this one included")
    if len(names) + 1 > PERIOD_LIMIT:
        raise UsageError(f"at most {PERIOD_LIMIT} periods can be compared, this one included")
    periods: list[tuple[Sequence[Period], str]] = [(selection.periods, "")]
    for name, date in zip(names, dates, strict=True):
        found, several = periods_of(name, date, selection.sites)
        if len(found) != len(selection.periods) or several != selection.by_date:
            raise UsageError(
                f"compareDates[]={date}: {len(found)} periods cannot be compared with {len(selection.periods)}"
            )
        periods.append((found, "" if several else date))
    return [
        Series(found, segment, text, date, is_first_period=index == 0)
        for index, (found, date) in enumerate(periods)
        for segment, text in segments.items()
    ]


def compare(
    table: DataTable,
    described: Sequence[tuple[Series, Mapping[str, Value], DataTable | None]],
    *,
    key: Callable[[Row], object],
    shown: Callable[[str], bool],
    helpers: Sequence[str] = (),
    invert: bool = False,
    trends: bool = False,
) -> None:
    """Give every row of `table`, and of its loaded subtables, its series.

    `described` has each series, its description, and its rows (None: that table has no such subtable).
    Rows are the same where `key` is. `shown` says which columns the request wants, `helpers` which of them only
    processed metrics need: a series without the row has them, as zeros.
    """
    others = [{key(row): row for row in other.rows} if other is not None else {} for _, _, other in described[1:]]
    segments = len({series.segment for series, _, _ in described})
    for row in table.rows:
        found = [row, *(rows.get(key(row)) for rows in others)]
        compared: list[Row] = []
        for index, ((series, description, _), one) in enumerate(zip(described, found, strict=True)):
            columns = _numbers(one, row, shown, helpers)
            if not series.is_first_period:
                columns |= _changes(columns, compared[index % segments].columns, invert, trends)
            metadata = dict(description) | {"idsubdatatable": -1 if one is None else one.idsubtable or -1}
            if "segment" in row.metadata:
                metadata["segment"] = row.metadata["segment"]
            compared.append(Row(columns, metadata))
        row.metadata[COMPARISONS] = DataTable(compared)
        if row.subtable is not None:
            below = [
                (series, description, one.subtable if one is not None else None)
                for (series, description, _), one in zip(described, found, strict=True)
            ]
            compare(row.subtable, below, key=key, shown=shown, helpers=helpers, invert=invert, trends=trends)


def _numbers(row: Row | None, first: Row, shown: Callable[[str], bool], helpers: Sequence[str]) -> dict[str, Value]:
    """The row's numeric columns; zeros under the first row's names where there is no such row."""
    columns = (row or first).columns
    return {
        name: value if row is not None else 0
        for name, value in columns.items()
        if name != "label" and is_numeric(value) and shown(name) and (row is None or name not in helpers)
    }


def _changes(columns: dict[str, Value], first: dict[str, Value], invert: bool, trends: bool) -> dict[str, Value]:
    changes: dict[str, Value] = {}
    for name, value in columns.items():
        now, then = number(value), number(first.get(name))
        if invert:
            now, then = then, now
        changes[f"{name}_change"] = change(now, then)
        changes[f"{name}_change_from"] = change(then, now)
        if trends:
            changes[f"{name}_trend"] = _trend(now, then)
            changes[f"{name}_trend_from"] = _trend(then, now)
    return changes


def change(now: float, then: float) -> str:
    """How much `now` is above or below `then`, in percent with a sign and at most one decimal: `+1,066.7%`.

    From 0 everything is `+100%`.
    """
    if now == then:
        return "+0%"
    percent = quotient((now - then) * 100, abs(then), 1) if then else 100
    return f"{'' if percent < 0 else '+'}{percent:,}%"


def _trend(now: float, then: float) -> int:
    return (now > then) - (now < then)


def _date(period: Period) -> str:
    return f"{period.date1},{period.date2}" if period.name == "range" else str(period.date1)
