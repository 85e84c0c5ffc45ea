"""VisitorInterest: visits by duration, pages, count and recency. Ranges: docs/reference/metrics.md."""

from collections.abc import Callable, Mapping

from piwikcli.plugins.api import BucketRecord, Context, DataTable, Plugin, Ratio, Report, Row
from piwikcli.plugins.ranges import counted, every_range, ranges

# 60, 120, ... 900 seconds fall into two ranges each, and are counted in both
DURATIONS = ranges(
    (0, 10), (11, 30), (31, 60), (60, 120), (120, 240), (240, 420), (420, 600), (600, 900), (900, 1800), (1801, None)
)  # fmt: skip
PAGES = ranges((1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 7), (8, 10), (11, 14), (15, 20), (21, None))
COUNTS = ranges(
    *((n, n) for n in range(1, 9)), (9, 14), (15, 25), (26, 50), (51, 100), (101, 200), (201, None)
)  # fmt: skip
DAYS = ranges(*((n, n) for n in range(8)), (8, 14), (15, 30), (31, 60), (61, 120), (121, 364), (365, None))
NEW_VISITS = "General_NewVisits"

RECORDS = (
    BucketRecord(name="VisitorInterest_timeGap", value="v.visit_total_time", buckets=DURATIONS),
    BucketRecord(name="VisitorInterest_pageGap", value="v.visit_total_actions", buckets=PAGES),
    BucketRecord(name="VisitorInterest_visitsByVisitCount", value="v.visitor_count_visits", buckets=COUNTS),
    BucketRecord(
        name="VisitorInterest_daysSinceLastVisit",
        # new visits are a range of their own
        value="CASE v.visitor_returning WHEN 0 THEN -1 WHEN 1 THEN v.visitor_seconds_since_last // 86400 END",
        buckets=((-1, -1, NEW_VISITS), *DAYS),
    ),
)

# the same in every row; only the percentage needs it
TOTAL = "_nb_visits_of_all_rows"
PERCENTAGE = Ratio("nb_visits_percentage", "nb_visits", TOTAL, 2, "percent")
_RANGES = {record.name: record.buckets for record in RECORDS}


def _every_bucket(record: str) -> Callable[[DataTable, Context], DataTable]:
    def rows(table: DataTable, context: Context) -> DataTable:
        total = sum(row.columns.get("nb_visits", 0) for row in table)
        return every_range(_RANGES[record], "nb_visits", table, **{TOTAL: total})

    return rows


def _duration(label: str) -> str:
    low, _, high = label.partition("-")
    if label.endswith("+"):
        return f"{int(label[:-1]) // 60}+ min"
    return f"{int(low) // 60}-{int(high) // 60} min" if int(high) > 60 else f"{low}–{high}s"


def _days(label: str) -> str:
    return "New visits" if label == NEW_VISITS else counted("day")(label)


def _range_segment(name: str) -> Callable[[Row, str, Context], Mapping[str, str]]:
    def metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
        low, dash, high = stored.removesuffix("%2B").partition("-")
        if stored == NEW_VISITS:
            return {"segment": "visitorType==new"}
        if not dash:
            return {"segment": f"{name}>={low}"}
        return {"segment": f"{name}=={low}" if low == high else f"{name}>={low};{name}<={high}"}

    return metadata


def _report(
    action: str,
    title: str,
    record: str,
    label: Callable[[str], str],
    segment: str,
    dimension: str,
    processed: tuple[Ratio, ...] = (),
) -> Report:
    return Report(
        method=f"VisitorInterest.{action}",
        title=title,
        record=record,
        rows=_every_bucket(record),
        label=label,
        queued=True,
        metadata=_range_segment(segment),
        metrics=("nb_visits",),
        processed=processed,
        temporary=(TOTAL,),
        sort=None,
        constant_rows=True,
        dimensions=(f"VisitorInterest_{dimension}",),
    )


REPORTS = (
    _report(
        "getNumberOfVisitsPerVisitDuration",
        "Visits per visit duration",
        "VisitorInterest_timeGap",
        _duration,
        "visitDuration",
        "VisitDuration",
    ),
    _report(
        "getNumberOfVisitsPerPage",
        "Visits per number of pages",
        "VisitorInterest_pageGap",
        counted("page"),
        "actions",
        "PagesPerVisit",
    ),
    _report(
        "getNumberOfVisitsByVisitCount",
        "Visits by visit number",
        "VisitorInterest_visitsByVisitCount",
        counted("visit"),
        "visitCount",
        "VisitsbyVisitNumber",
        (PERCENTAGE,),
    ),
    _report(
        "getNumberOfVisitsByDaysSinceLast",
        "Visits by days since last visit",
        "VisitorInterest_daysSinceLastVisit",
        _days,
        "daysSinceLastVisit",
        "VisitorDaysSinceLast",
    ),
)

PLUGIN = Plugin(
    "VisitorInterest", records=RECORDS, reports=REPORTS, described_in="piwikcli.plugins.descriptions.actions"
)
