"""Events: category, action and name of what visitors did. Definitions: docs/reference/metrics.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from piwikcli.errors import UsageError
from piwikcli.plugins.api import (
    Context,
    DataTable,
    Measure,
    Metric,
    Plugin,
    Ratio,
    Report,
    Row,
    TrackedRecord,
    literal,
)
from piwikcli.plugins.labels import escaped, urlencode

NAME_NOT_SET = "Piwik_EventNameNotSet"
NAME_NOT_DEFINED = "Event Name not defined"

METRICS = (
    Metric(34, "nb_events"),
    Metric(38, "nb_events_with_value"),
    Metric(35, "sum_event_value"),
    Metric(36, "min_event_value", "min"),
    Metric(37, "max_event_value", "max"),
)
_MEASURES = tuple(
    Measure(metric, sql)
    for metric, sql in zip(
        METRICS,
        (
            "count(*)",
            "count(t.custom_float)",
            "round_even(coalesce(sum(t.custom_float), 0), 2)",
            "round_even(min(t.custom_float), 2)",
            "round_even(max(t.custom_float), 2)",
        ),
        strict=True,
    )
)
_LABELS = {
    "category": literal("category.name"),
    "action": literal("action.name"),
    # an event without name counts in the row above only, or has a row of its own where names come first
    "name": literal("name.name"),
}


def _record(first: str, second: str) -> TrackedRecord:
    outer = f"coalesce({_LABELS[first]}, '{NAME_NOT_SET if first == 'name' else ''}')"
    return TrackedRecord(
        name=f"Events_{first}_{second}",
        key=(
            ("category", "t.idaction_event_category"),
            ("action", "t.idaction_event_action"),
            ("name", "t.idaction_name"),
        ),
        actions=("category", "action", "name"),
        path=(outer, _LABELS[second]),
        where="t.idaction_event_category IS NOT NULL",
        measures=_MEASURES,
        max_rows="events",
        max_subtable_rows="events_subtable",
    )


LEVELS = ("category", "action", "name")
RECORDS = tuple(_record(first, second) for first in LEVELS for second in LEVELS if first != second)

_DIMENSIONS = {"category": "eventCategory", "action": "eventAction", "name": "eventName"}
_AVERAGE = Ratio("avg_event_value", "sum_event_value", "nb_events_with_value", 2)
# what is shown below a level if nothing else is asked for
_SECONDARY = {"category": "action", "action": "name", "name": "action"}


def _other(first: str) -> Callable[[Context], str]:
    """The record of the secondary dimension that is asked for."""

    def record(context: Context) -> str:
        known = {_DIMENSIONS[level]: level for level in LEVELS if level != first}
        asked = context.parameters.get("secondaryDimension", "")
        if asked and asked not in known:
            raise UsageError(
                f"Secondary dimension '{asked}' is not valid for the API get{first.capitalize()}. "
                f"Use one of: {', '.join(known)}"
            )
        return f"Events_{first}_{known.get(asked, _SECONDARY[first])}"

    return record


def _label(stored: str) -> str:
    return NAME_NOT_DEFINED if stored == NAME_NOT_SET else stored


def _metadata(level: str) -> Callable[[Row, str, Context], Mapping[str, str]]:
    def metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
        if stored == NAME_NOT_SET:
            return {}
        return {"segment": f"{_DIMENSIONS[level]}=={urlencode(escaped(stored))}"}

    return metadata


def _rows(table: DataTable, context: Context) -> DataTable:
    """Rows of events without value say so: their smallest and largest value is none.

    A flat table has the events that have both levels.
    """
    if context.parameters.get("flat") == "1":
        table = DataTable([row for row in table if row.subtable is not None], table.metadata)
    for row in table.walk():
        for name in ("min_event_value", "max_event_value"):
            row.columns.setdefault(name, None)
    return table


def _report(action: str, title: str, level: str, **options: object) -> Report:
    return Report(
        method=f"Events.{action}",
        title=title,
        rows=_rows,
        label=_label,
        metadata=_metadata(level),
        metrics=("nb_events", "sum_event_value", "min_event_value", "max_event_value", "nb_events_with_value"),
        processed=(_AVERAGE,),
        **options,  # type: ignore[arg-type]  # keywords of Report, checked where they are used
    )


def _dimension(level: str) -> str:
    return f"Events_Event{level.capitalize()}"


def _root(level: str) -> Report:
    second = _SECONDARY[level]
    return _report(
        f"get{level.capitalize()}",
        f"Event {'categories' if level == 'category' else f'{level}s'}",
        level,
        record=_other(level),
        parameters=("secondaryDimension",),
        subtable=f"Events.get{second.capitalize()}From{level.capitalize()}Id",
        flat_stored=True,
        inherits_segment=False,
        dimensions=(_dimension(level), _dimension(second)),
    )


def _below(first: str, second: str) -> Report:
    return _report(
        f"get{second.capitalize()}From{first.capitalize()}Id",
        f"Event {second}s of one {first}",
        second,
        record=f"Events_{first}_{second}",
        parameters=("idSubtable",),
        needs=("idSubtable",),
        dimensions=(_dimension(second),),
    )


REPORTS = (
    *(_root(level) for level in LEVELS),
    *(_below(first, second) for first in LEVELS for second in LEVELS if first != second),
)

PLUGIN = Plugin(
    "Events",
    records=RECORDS,
    reports=REPORTS,
    metrics=METRICS,
    described_in="piwikcli.plugins.descriptions.actions",
)
