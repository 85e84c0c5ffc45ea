"""VisitsSummary: how many visits, visitors and actions. Definitions: docs/reference/metrics.md."""

from piwikcli.plugins.api import DistinctNumber, NumericRecord, Plugin, number, simple
from piwikcli.plugins.metrics import ACTIONS_PER_VISIT, BOUNCE_RATE, TIME_ON_SITE

RECORDS = (
    NumericRecord(name="nb_visits", sql="count(*)", source="visits"),
    DistinctNumber(name="nb_uniq_visitors", of="v.idvisitor"),
    DistinctNumber(name="nb_users", of="v.user_id"),
    NumericRecord(name="nb_actions", sql="sum(v.visit_total_actions)", source="visits"),
    NumericRecord(name="max_actions", sql="max(v.visit_total_actions)", source="visits", aggregation="max"),
    NumericRecord(name="sum_visit_length", sql="sum(v.visit_total_time)", source="visits"),
    NumericRecord(name="bounce_count", sql="count(*) FILTER (v.visit_total_actions <= 1)", source="visits"),
    NumericRecord(name="nb_visits_converted", sql="count(*) FILTER (v.visit_goal_converted = 1)", source="visits"),
)

COLUMNS = (
    "nb_uniq_visitors",
    "nb_users",
    "nb_visits",
    "nb_actions",
    "nb_visits_converted",
    "bounce_count",
    "sum_visit_length",
    "max_actions",
)
UNIQUE = ("nb_uniq_visitors", "nb_users")
PROCESSED = (BOUNCE_RATE, ACTIONS_PER_VISIT, TIME_ON_SITE)

REPORTS = (
    simple(
        "VisitsSummary.get",
        "Visits Summary",
        COLUMNS,
        unique=UNIQUE,
        metrics=COLUMNS,
        processed=PROCESSED,
        parameters=("columns",),
    ),
    number("VisitsSummary.getVisits", "Visits", "nb_visits"),
    number("VisitsSummary.getUniqueVisitors", "Unique visitors", "nb_uniq_visitors", unique=UNIQUE),
    number("VisitsSummary.getUsers", "Users", "nb_users", unique=UNIQUE),
    number("VisitsSummary.getActions", "Actions", "nb_actions"),
    number("VisitsSummary.getMaxActions", "Maximum actions in one visit", "max_actions"),
    number("VisitsSummary.getSumVisitsLength", "Total time spent, in seconds", "sum_visit_length"),
    number(
        "VisitsSummary.getSumVisitsLengthPretty",
        "Total time spent",
        "sum_visit_length",
        number_kind="duration",
    ),
    number("VisitsSummary.getBounceCount", "Bounces", "bounce_count"),
    number("VisitsSummary.getVisitsConverted", "Visits with conversions", "nb_visits_converted"),
)

PLUGIN = Plugin(
    "VisitsSummary", records=RECORDS, reports=REPORTS, described_in="piwikcli.plugins.descriptions.visitors"
)
