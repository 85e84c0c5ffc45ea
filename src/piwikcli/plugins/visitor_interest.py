"""VisitorInterest: visits by duration, pages, count and recency. Ranges: docs/reference/metrics.md."""

from collections.abc import Callable, Mapping

from piwikcli.plugins.api import BucketRecord, Context, DataTable, Plugin, Ratio, Report, Row


def _ranges(*bounds: tuple[int, int | None]) -> tuple[tuple[int, int | None, str], ...]:
    def label(low: int, high: int | None) -> str:
        if high is None:
            return f"{low}+"
        return str(low) if low == high else f"{low}-{high}"

    return tuple((low, high, label(low, high)) for low, high in bounds)


# 60, 120, ... 900 seconds fall into two ranges each, and are counted in both
DURATIONS = _ranges(
    (0, 10), (11, 30), (31, 60), (60, 120), (120, 240), (240, 420), (420, 600), (600, 900), (900, 1800), (1801, None)
)  # fmt: skip
PAGES = _ranges((1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 7), (8, 10), (11, 14), (15, 20), (21, None))
COUNTS = _ranges(
    *((n, n) for n in range(1, 9)), (9, 14), (15, 25), (26, 50), (51, 100), (101, 200), (201, None)
)  # fmt: skip
DAYS = _ranges(*((n, n) for n in range(8)), (8, 14), (15, 30), (31, 60), (61, 120), (121, 364), (365, None))
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
_LABELS = {record.name: [label for _, _, label in record.buckets] for record in RECORDS}


def _every_bucket(record: str) -> Callable[[DataTable, Context], DataTable]:
    """All ranges in their order as soon as one has a row."""

    def rows(table: DataTable, context: Context) -> DataTable:
        visits = {str(row.label): row.columns.get("nb_visits", 0) for row in table}
        total = sum(visits.values())
        labels = _LABELS[record] if visits else []
        return DataTable(
            [
                Row({"label": _as_in_matomo(label), "nb_visits": visits.get(label, 0), TOTAL: total})
                for label in labels
            ],
            table.metadata,
        )

    return rows


def _as_in_matomo(label: str) -> str:
    """The label that Matomo stores, which flat tables and filters see: `1-1` for 1, `21%2B` for 21+."""
    if label.isdigit():
        return f"{label}-{label}"
    return label.replace("+", "%2B")


def _duration(label: str) -> str:
    low, _, high = label.partition("-")
    if label.endswith("+"):
        return f"{int(label[:-1]) // 60}+ min"
    return f"{int(low) // 60}-{int(high) // 60} min" if int(high) > 60 else f"{low}–{high}s"


def _counted(unit: str) -> Callable[[str], str]:
    def label(bucket: str) -> str:
        low, _, high = bucket.partition("-")
        count = low if low == high else bucket
        return f"{count} {unit}" if count == "1" else f"{count} {unit}s"

    return label


def _days(label: str) -> str:
    return "New visits" if label == NEW_VISITS else _counted("day")(label)


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
        _counted("page"),
        "actions",
        "PagesPerVisit",
    ),
    _report(
        "getNumberOfVisitsByVisitCount",
        "Visits by visit number",
        "VisitorInterest_visitsByVisitCount",
        _counted("visit"),
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
