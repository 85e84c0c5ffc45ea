"""MultiSites: all sites beside each other, and how each did against the period before."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from piwikcli.declared import dataclass
from piwikcli.errors import UsageError
from piwikcli.plugins.api import (
    Answer,
    DataTable,
    Document,
    Plugin,
    Report,
    Request,
    Row,
    SimpleTable,
    Span,
    TableMap,
)

GROUP = ""
"""Sites have no groups here."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A column: what it is called, where it comes from, and what Matomo calls its record."""

    column: str
    evolution: str
    method: str
    source: str
    record: str
    money: bool = False


MEASURES = (
    Measure("nb_visits", "visits_evolution", "VisitsSummary.get", "nb_visits", "nb_visits"),
    Measure("nb_actions", "actions_evolution", "VisitsSummary.get", "nb_actions", "nb_actions"),
    Measure("nb_pageviews", "pageviews_evolution", "Actions.get", "nb_pageviews", "Actions_nb_pageviews"),
    Measure("revenue", "revenue_evolution", "Goals.get", "revenue", "Goal_revenue", money=True),
)
ENHANCED = (
    Measure("nb_conversions", "nb_conversions_evolution", "Goals.get", "nb_conversions", "Goal_nb_conversions"),
    Measure("orders", "orders_evolution", "Goals.get:ecommerceOrder", "nb_conversions", "Goal_0_nb_conversions"),
    Measure(
        "ecommerce_revenue",
        "ecommerce_revenue_evolution",
        "Goals.get:ecommerceOrder",
        "revenue",
        "Goal_0_revenue",
        money=True,
    ),
)


def evolution(now: float, then: float, elapsed: float = 1) -> float:
    """The relative change, 3 decimals, against what was to be expected by now: 0 if equal, 1 from nothing."""
    expected = then * elapsed
    if now == expected:
        return 0
    return round((now - expected) / expected, 3) if expected else 1


def all_sites(request: Request) -> Answer:
    """One row per site with visits (`enhanced=1`: per site), for each period."""
    tables = {period.key: _table(request, period) for period in request.periods}
    return TableMap("date", dict(tables)) if len(tables) > 1 else next(iter(tables.values()))


def one_site(request: Request) -> Answer:
    """The row of one site, without label."""
    found = {}
    for period in request.periods:
        rows = _rows(request, period, every=True)
        found[period.key] = SimpleTable(
            {name: value for name, value in rows[0].columns.items() if name != "label"} if rows else {}
        )
    return TableMap("date", dict(found)) if len(found) > 1 else next(iter(found.values()))


def with_groups(request: Request) -> Document:
    """numSites, totals, lastDate, sites."""
    period = request.periods[0]
    rows = _rows(request, period, every=True)
    totals = {
        measure.column: sum(row.columns.get(measure.column, 0) for row in rows) for measure in _measures(request)
    }
    totals["nb_visits_lastdate"] = sum(row.metadata["previous_nb_visits"] for row in rows)
    return Document(
        {
            "numSites": len(rows),
            "totals": totals,
            "lastDate": str(request.previous(period).date1),
            "sites": [row.columns | row.metadata for row in rows],
        }
    )


def _table(request: Request, period: Span) -> DataTable:
    rows = _rows(request, period, every=request.parameters.get("enhanced") == "1")
    column = request.parameters.get("filter_sort_column") or "nb_visits"
    descending = request.parameters.get("filter_sort_order") != "asc"
    rows.sort(key=lambda row: str(row.label).lower())
    rows.sort(key=lambda row: row.columns.get(column, 0) or 0, reverse=descending)
    limit = int(request.parameters.get("filter_limit") or -1)
    offset = int(request.parameters.get("filter_offset") or 0)
    return DataTable(rows[offset:] if limit < 0 else rows[offset : offset + limit])


def _measures(request: Request) -> tuple[Measure, ...]:
    return MEASURES + (ENHANCED if request.parameters.get("enhanced") == "1" else ())


def _rows(request: Request, period: Span, *, every: bool) -> list[Row]:
    before = request.previous(period)
    measures = _measures(request)
    now, then = _numbers(request, period, measures), _numbers(request, before, measures)
    wanted = _wanted(request)
    rows = []
    for site in request.sites:
        if not wanted(site.name):
            continue
        own, past = now.get(site.idsite, {}), then.get(site.idsite, {})
        if not every and not own.get("nb_visits"):
            continue
        ratio = _elapsed(period, site.zone)
        columns: dict[str, Any] = {"label": site.name}
        columns |= {measure.column: own.get(measure.column, 0) for measure in measures}
        metadata: dict[str, Any] = {
            "idsite": site.idsite,
            "ratio": ratio,
            "currencySymbol": str(request.formatted(0, "money")).rstrip("0"),
            "periodName": period.name,
            "previousRange": request.pretty(before, short=True),
            "group": GROUP,
            "main_url": site.main_url,
        }
        for measure in measures:
            change = evolution(own.get(measure.column, 0), past.get(measure.column, 0), ratio)
            columns[measure.evolution] = request.formatted(change, "percent")
            columns[f"{measure.evolution}_trend"] = (change > 0) - (change < 0)
            metadata[f"previous_{measure.record}"] = past.get(measure.column, 0)
        rows.append(Row(columns, metadata))
    return rows


def _numbers(request: Request, period: Span, measures: tuple[Measure, ...]) -> dict[int, dict[str, float]]:
    """idsite -> column -> number, one request per source for all sites."""
    asked = {
        "idSite": "".join(f"{site.idsite}," for site in request.sites),
        "period": period.name,
        "date": f"{period.date1},{period.date2}" if period.name == "range" else str(period.date1),
        "format_metrics": "0",
    }
    found: dict[int, dict[str, float]] = {}
    for source in dict.fromkeys(measure.method for measure in measures):
        method, _, idgoal = source.partition(":")
        answer = request.ask(method, **asked, **({"idGoal": idgoal} if idgoal else {}))
        for idsite, one in answer.tables.items() if isinstance(answer, TableMap) else ():
            columns: Mapping[str, Any] = one.columns if isinstance(one, SimpleTable) else {}
            numbers = found.setdefault(int(idsite), {})
            numbers.update(
                {measure.column: columns.get(measure.source) or 0 for measure in measures if measure.method == source}
            )
    return found


def _wanted(request: Request) -> Callable[[str], bool]:
    pattern = request.parameters.get("pattern", "")
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise UsageError(f"pattern={pattern} is not a regular expression: {error}") from error
    return lambda name: compiled.search(name) is not None


def _elapsed(period: Span, zone: tzinfo) -> float:
    """The share of the period that is over, 3 decimals; 1 for one that has ended."""
    start = datetime.combine(period.date1, time(), zone)
    end = datetime.combine(period.date2 + timedelta(days=1), time(), zone)
    now = datetime.now(zone)
    return 1 if now >= end or now <= start else round((now - start) / (end - start), 3)


def _report(action: str, title: str, answer: Callable[[Request], Answer], *, sited: bool = False) -> Report:
    return Report(
        method=f"MultiSites.{action}",
        title=title,
        kind="document",
        whole=answer,
        metrics=tuple(name for measure in MEASURES for name in (measure.column, measure.evolution)),
        parameters=("pattern", "enhanced"),
        flags=("enhanced",),
        archived=False,
        sited=sited,
        exported=False,
    )


REPORTS = (
    _report("getAll", "All sites", all_sites),
    _report("getOne", "One site against the period before", one_site, sited=True),
    _report("getAllWithGroups", "All sites with their totals", with_groups),
)

PLUGIN = Plugin("MultiSites", reports=REPORTS)
