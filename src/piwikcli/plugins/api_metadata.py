"""API.getReportMetadata and getMetadata: every report in words, with its columns and their types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from piwikcli.plugins.api import Description, Document, Report, Request
from piwikcli.plugins.api.describe import metric_type

CATEGORIES = ("Visitors", "Actions", "Referrers", "Ecommerce", "Goals", "API")
"""The order in which reports are listed."""
UNIQUE = ("nb_uniq_visitors", "nb_users")
"""Columns that exist only for periods whose unique visitors are counted."""
_GOAL_REPORTS = ("Goals.get", "Goals.getVisitsUntilConversion", "Goals.getDaysToConversion")
_ORDER, _CART = "ecommerceOrder", "ecommerceAbandonedCart"

_GOAL_COLUMNS: Mapping[str, tuple[dict[str, str], dict[str, str], tuple[str, ...]]] = {
    "visits": (
        {"nb_conversions": "Conversions", "revenue": "Revenue"},
        {"revenue_per_visit": "Revenue per Visit"},
        ("revenue_per_visit", "nb_conversions", "conversion_rate", "revenue"),
    ),
    "pages": (
        {"nb_conversions": "Conversions", "nb_conversions_attrib": "Conversions", "revenue_attrib": "Revenue"},
        {"revenue_per_visit": "Revenue per Visit", "nb_conversions_page_rate": "Viewed before conversion rate"},
        (
            "revenue_per_visit",
            "nb_conversions",
            "conversion_rate",
            "nb_conversions_attrib",
            "revenue_attrib",
            "nb_conversions_page_rate",
        ),
    ),
    "entries": (
        {"nb_conversions": "Conversions", "nb_conversions_entry": "Conversions", "revenue_entry": "Revenue"},
        {
            "revenue_per_visit": "Revenue per Visit",
            "revenue_per_entry": "Revenue per Entry",
            "nb_conversions_entry_rate": "Conversion Rate",
        },
        (
            "revenue_per_visit",
            "nb_conversions",
            "conversion_rate",
            "nb_conversions_entry",
            "revenue_entry",
            "revenue_per_entry",
            "nb_conversions_entry_rate",
        ),
    ),
}


def report_metadata(request: Request) -> Document:
    """All reports of the site, by category and their place in it."""
    return Document(
        list(
            _all(
                request,
                documented=request.parameters.get("hideMetricsDoc") != "1",
                subtables=request.parameters.get("showSubtableReports") == "1",
            )
        )
    )


def one_metadata(request: Request) -> Document:
    """The one report that `apiModule` and `apiAction` name (and `apiParameters[idGoal]`, ...); nothing if none."""
    wanted = f"{request.parameters.get('apiModule', '')}.{request.parameters.get('apiAction', '')}"
    parameters = {
        name: request.parameters[name] for name in ("idGoal", "idDimension") if request.parameters.get(name)
    }
    found = described(request, wanted, parameters, documented=request.parameters.get("hideMetricsDoc") != "1")
    return Document([] if found is None else [found])


_SOURCES = {"visit": "Visitors", "action": "Actions", "conversion": "Goals", "item": "Ecommerce"}


def segments_metadata(request: Request) -> Document:
    """Every segment by category and name: whether it is a number, and which values it takes."""
    found = [
        {
            "type": "metric" if one.type == "number" else "dimension",
            "category": "Referrers" if one.table == "referrer" else _SOURCES[one.source],
            "name": one.title,
            "segment": one.segment,
            **({"acceptedValues": one.values} if one.values else {}),
        }
        for one in request.dimensions()
    ]
    order = list(dict.fromkeys(("Visitors", "Actions", "Referrers", *_SOURCES.values())))
    return Document(
        sorted(found, key=lambda one: (order.index(one["category"]), one["name"].lower(), one["segment"]))
    )


def described(
    request: Request, method: str, parameters: Mapping[str, str], *, documented: bool = False
) -> dict[str, Any] | None:
    """The metadata of one report with these parameters; None if it has none."""
    listed = _all(request, documented=documented, subtables=True)
    same = [one for one in listed if f"{one['module']}.{one['action']}" == method]
    for one in same:
        own = {name: str(value) for name, value in one.get("parameters", {}).items()}
        if own == {name: value for name, value in parameters.items() if name in ("idGoal", "idDimension")}:
            return one
    return next((one for one in same if "parameters" not in one), same[0] if same else None)


def _all(request: Request, *, documented: bool = False, subtables: bool = False) -> Iterator[dict[str, Any]]:
    hidden = _hidden(request)
    below = {report.subtable for report in request.reports().values() if report.subtable != report.method}
    listed = []
    for method, description in request.descriptions().items():
        report = request.reports().get(method)
        if report is None or (
            report.needs and "idSubtable" not in report.needs and "idDimension" not in report.needs
        ):
            continue
        if method in below and not subtables:
            continue
        listed += [
            _metadata(request, report, one, parameters, hidden, documented=documented, is_subtable=method in below)
            for one, parameters in _variants(request, report, description)
        ]
    # sorting is stable: reports of one place stay in the order of their variants
    listed.sort(key=lambda pair: pair[0])
    yield from (metadata for _, metadata in listed)


def _hidden(request: Request) -> frozenset[str]:
    """Unique counts that the request's periods do not have, and users where the site knows none."""
    counted = all(request.counts_visitors(period) for period in request.periods)
    marks = ", ".join("?" for _ in request.sites) or "NULL"
    idsites = [site.idsite for site in request.sites]
    users = request.rows(f"SELECT 1 FROM visit WHERE idsite IN ({marks}) AND user_id IS NOT NULL LIMIT 1", idsites)
    return frozenset((*(() if counted else ("nb_uniq_visitors",)), *(() if users else ("nb_users",))))


def _variants(
    request: Request, report: Report, description: Description
) -> Iterator[tuple[Description, dict[str, Any]]]:
    """The report, and where it is about one goal or one dimension at a time, each of them."""
    if report.method == "CustomDimensions.getCustomDimension":
        yield from _dimensions(request, description)
        return
    if report.method.startswith("Goals.getItems") and not any(site.ecommerce for site in request.sites):
        return
    yield description, {}
    if report.method not in _GOAL_REPORTS:
        return
    order = CATEGORIES.index(description.category)
    if any(site.ecommerce for site in request.sites):
        yield from ((one, {"idGoal": idgoal}) for idgoal, one in _ecommerce(description))
    for idgoal, name in _goals(request):
        title = f"Goal {name}" if report.method == "Goals.get" else f"{name} - {description.name}"
        place = description.order + 10 * (idgoal + 1)
        yield replace(description, name=title, order=place, goals="", category=CATEGORIES[order]), {"idGoal": idgoal}


def _ecommerce(description: Description) -> Iterator[tuple[str, Description]]:
    if description.dimension:
        yield (
            _ORDER,
            replace(
                description,
                category="Ecommerce",
                name=f"Ecommerce Orders - {description.name}",
                goals="",
            ),
        )
        yield (
            _CART,
            replace(
                description,
                category="Ecommerce",
                order=description.order + 3,
                name=f"Abandoned Carts - {description.name}",
                goals="",
            ),
        )
        return
    average = {"avg_order_revenue": "Average Order Value"}
    yield (
        _ORDER,
        replace(
            description,
            category="Ecommerce",
            name="Ecommerce Orders",
            metrics={
                "nb_conversions": "Ecommerce Orders",
                "nb_visits_converted": "Visits with Conversions",
                "conversion_rate": "Conversion Rate",
                "revenue": "Revenue",
                "revenue_subtotal": "Subtotal",
                "revenue_tax": "Tax",
                "revenue_shipping": "Shipping",
                "revenue_discount": "Discount",
                "items": "Purchased Products",
            },
            processed=average,
        ),
    )
    yield (
        _CART,
        replace(
            description,
            category="Ecommerce",
            order=description.order + 3,
            name="Abandoned Carts",
            metrics={
                "nb_conversions": "Abandoned Carts",
                "conversion_rate": "Conversion Rate",
                "revenue": "Revenue left in cart",
                "items": "Products left in cart",
            },
            processed=average,
        ),
    )


def _goals(request: Request) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for site in request.sites:
        rows = request.rows(
            "SELECT idgoal, name FROM goal WHERE idsite = ? AND NOT deleted ORDER BY idgoal", [site.idsite]
        )
        found += [(row["idgoal"], row["name"]) for row in rows]
    return found


def _dimensions(request: Request, description: Description) -> Iterator[tuple[Description, dict[str, Any]]]:
    for site in request.sites:
        for row in request.rows(
            "SELECT idcustomdimension, scope, name FROM custom_dimension WHERE idsite = ? AND active "
            "ORDER BY idcustomdimension",
            [site.idsite],
        ):
            visits = row["scope"] == "visit"
            yield (
                replace(
                    description,
                    category="Visitors" if visits else "Actions",
                    subcategory=f"customdimension{row['idcustomdimension']}",
                    order=description.order if visits else 39,
                    name=row["name"],
                    dimension=row["name"],
                    metrics={"nb_visits": "Visits", "nb_actions": "Actions"}
                    if visits
                    else {"nb_hits": "Actions", "nb_visits": "Unique Actions"},
                    processed={
                        "avg_time_on_site": "Avg. Time on Website",
                        "bounce_rate": "Bounce Rate",
                        "nb_actions_per_visit": "Actions per Visit",
                    }
                    if visits
                    else {
                        "avg_time_on_dimension": "Avg. Time On Dimension",
                        "bounce_rate": "Bounce Rate",
                        "exit_rate": "Exit rate",
                        "avg_time_generation": "Avg. generation time",
                    },
                ),
                {"idDimension": str(row["idcustomdimension"])},
            )


def _metadata(
    request: Request,
    report: Report,
    description: Description,
    parameters: Mapping[str, Any],
    hidden: frozenset[str],
    *,
    documented: bool,
    is_subtable: bool,
) -> tuple[tuple[int, int], dict[str, Any]]:
    """(place in the list, the report's metadata)"""
    uncounted = {"nb_uniq_visitors"} & hidden
    if not description.dimension:
        # a site's users are counted whatever the period; rows have both counts or none
        gone = hidden | (frozenset(UNIQUE) if uncounted and report.module == "API" else frozenset())
        typed = [name for name in description.metrics if name not in uncounted]
    else:
        gone = frozenset(UNIQUE) if uncounted else frozenset()
        typed = [name for name in description.metrics if name != "label"]
    metrics = {name: title for name, title in description.metrics.items() if name not in gone}
    typed += [name for name in (*description.processed, *description.also) if name not in typed]
    found: dict[str, Any] = {"category": description.category}
    if description.subcategory:
        found["subcategory"] = description.subcategory
    found |= {"name": description.name, "module": report.module, "action": report.action}
    if parameters:
        found["parameters"] = dict(parameters)
    if description.dimension:
        found["dimension"] = description.dimension
    found["documentation"] = description.text
    if is_subtable:
        found["isSubtableReport"] = True
    levels = _levels(request, report, description)
    if len(levels) > 1:
        found["dimensions"] = levels
    found["metrics"] = metrics
    if documented:
        texts = {name: request.column_text(name) for name in (*metrics, *description.processed)}
        found["metricsDocumentation"] = {name: text for name, text in texts.items() if text}
    if description.processed:
        found["processedMetrics"] = dict(description.processed)
    found["metricTypes"] = {name: metric_type(name) for name in typed}
    if report.subtable and description.nested:
        found["actionToLoadSubTables"] = report.subtable.partition(".")[2]
    if report.constant_rows:
        found["constantRowsCount"] = True
    if description.related:
        found["relatedReports"] = [
            {
                "name": request.descriptions()[method].name,
                "module": method.partition(".")[0],
                "action": method.partition(".")[2],
            }
            for method in description.related
        ]
    if description.goals:
        columns, processed, types = _GOAL_COLUMNS[description.goals]
        found["metricsGoal"] = dict(columns)
        found["processedMetricsGoal"] = dict(processed)
        found["metricTypesGoal"] = {name: metric_type(name) for name in types}
    found["uniqueId"] = "_".join(
        (report.module, report.action, *(f"{name}--{value}" for name, value in parameters.items()))
    )
    return (CATEGORIES.index(description.category), description.order), found


def _levels(request: Request, report: Report, description: Description) -> dict[str, str]:
    """The names of the levels of a report whose subtables are about something else."""
    below = request.descriptions().get(report.subtable or "")
    if len(report.dimensions) < 2 or below is None:
        return {}
    return {report.dimensions[0]: description.dimension, report.dimensions[1]: below.dimension}
