"""Records and reports of custom dimensions. Definitions: docs/reference/metrics.md#custom-dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from piwikcli.errors import UsageError
from piwikcli.plugins.api import (
    Context,
    DataTable,
    Measure,
    Metric,
    PerDimension,
    Ratio,
    Report,
    Row,
    TrackedRecord,
    VisitRecord,
    literal,
)
from piwikcli.plugins.labels import plain, urlencode
from piwikcli.plugins.metrics import ACTIONS_PER_VISIT, BOUNCE_RATE, TIME_ON_SITE, VISIT_COLUMNS
from piwikcli.plugins.page_performance import measures

NOT_DEFINED = "Value not defined"

# As in Matomo, values of events pass for seconds of generation, and smallest and largest times are added up
_GENERATION = tuple(
    Measure(Metric(number, f"{name}_time_generation"), sql)
    for number, name, sql in (
        (30, "sum", "sum(t.custom_float) FILTER (t.custom_float > 0) / 1000"),
        (31, "nb_hits_with", "nullif(count(*) FILTER (t.custom_float > 0), 0)"),
        (32, "min", "min(t.custom_float) FILTER (t.custom_float > 0) / 1000"),
        (33, "max", "max(t.custom_float) FILTER (t.custom_float > 0) / 1000"),
    )
)
_MEASURES = (*_GENERATION, *measures(1101, extremes_add_up=True))
METRICS = tuple(measure.metric for measure in _MEASURES)
# an event and a page of one URL are two actions of one name, and share a row
_NAME = "(SELECT u.name FROM log_action u WHERE u.idaction = t.idaction_url)"
_URL = r"regexp_replace(g.url, '^https?://(www\.)?', '')"

RECORDS = (
    PerDimension(
        scope="visit",
        record=VisitRecord(
            name="CustomDimensions_Dimension{id}",
            path=(literal("v.custom_dimension[{index}]"),),
            conversions=(literal("c.custom_dimension[{index}]"),),
            max_rows="custom_dimensions",
        ),
    ),
    PerDimension(
        scope="action",
        record=TrackedRecord(
            name="CustomDimensions_Dimension{id}",
            key=(("value", "t.action_dimension[{index}]"), ("url", _NAME)),
            path=(literal("g.value"), _URL),
            where="t.action_dimension[{index}] IS NOT NULL",
            metrics=(
                *("nb_visits", "nb_uniq_visitors", "nb_hits"),
                *("sum_time_spent", "bounce_count", "exit_nb_visits"),
            ),
            measures=_MEASURES,
            max_rows="custom_dimensions",
            max_subtable_rows="custom_dimensions_subtable",
        ),
    ),
)


def _dimension(context: Context) -> Any:
    """The dimension that is asked for. Raises UsageError where the site has no active one of that number."""
    asked = context.parameters.get("idDimension", "")
    found = context.dimensions.get(int(asked)) if asked.isdigit() else None
    if found is None or not found.active:
        known = ", ".join(str(one.idcustomdimension) for one in context.dimensions.values() if one.active)
        there = f"there are: {known}" if known else "it has none"
        raise UsageError(
            f"site {context.site.idsite} has no active dimension '{asked}'; {there} (--param idDimension=N)"
        )
    return found


def _record(context: Context) -> str:
    return f"CustomDimensions_Dimension{_dimension(context).idcustomdimension}"


def _value(stored: str) -> str:
    return stored or NOT_DEFINED


def _of_value(context: Context, value: str) -> str:
    return f"dimension{context.parameters['idDimension']}=={urlencode(plain(value))}"


def _rows(table: DataTable, context: Context) -> DataTable:
    """Rows below a value are of URLs, and say so."""
    asked = context.parameters.get("idSubtable", "")
    if asked.isdigit():
        _name_urls(table, context.label_of(_record(context), int(asked)), context)
    for row in table:
        if row.subtable is not None and row.label:  # as in Matomo, which doesn't say it of those without a value
            _name_urls(row.subtable, str(row.label), context)
    return table


def _name_urls(table: DataTable, value: str, context: Context) -> None:
    for row in table:
        url = urlencode(str(row.label))
        row.metadata |= {"segment": f"{_of_value(context, value)};actionUrl=${url}", "url": url}


def _metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    return {} if "segment" in row.metadata else {"segment": _of_value(context, stored)}


_OF_ACTIONS = (
    Ratio("avg_time_on_dimension", "sum_time_spent", "nb_hits", 0, "duration"),
    BOUNCE_RATE,
    Ratio("exit_rate", "exit_nb_visits", "nb_visits", 2, "percent"),
    Ratio(
        "avg_time_generation",
        "sum_time_generation",
        "nb_hits_with_time_generation",
        3,
        optional=True,
        beside=("min_time_generation", "max_time_generation"),
    ),
)


def _processed(context: Context) -> tuple[Ratio, ...]:
    if _dimension(context).scope == "visit":
        return (TIME_ON_SITE, BOUNCE_RATE, ACTIONS_PER_VISIT)
    return _OF_ACTIONS


REPORTS = (
    Report(
        method="CustomDimensions.getCustomDimension",
        title="Custom dimension",
        record=_record,
        rows=_rows,
        label=_value,
        metadata=_metadata,
        metrics=(*VISIT_COLUMNS, "nb_hits"),
        processed=_processed,
        temporary=("sum_time_generation",),
        parameters=("idDimension",),
        needs=("idDimension",),
        varies="idDimension",
        subtable="CustomDimensions.getCustomDimension",
        flat_stored=True,
        label_dimension=lambda context: f"CustomDimension_CustomDimension{context.parameters['idDimension']}",
    ),
)
