"""PagePerformance: how long pages took to load, as browsers tell. Definitions: docs/reference/metrics.md."""

from piwikcli.plugins.api import Measure, Metric, NumericRecord, Plugin, ProcessedMetric, Ratio, simple

# (name in records, column); `servery_time` is a spelling that Matomo keeps for compatibility
STEPS = (
    ("network", "time_network"),
    ("server", "time_server"),
    ("transfer", "time_transfer"),
    ("domprocessing", "time_dom_processing"),
    ("domcompletion", "time_dom_completion"),
    ("onload", "time_on_load"),
)
COLUMNS = tuple(column for _, column in STEPS)


def measures(first_id: int, *, extremes_add_up: bool = False) -> tuple[Measure, ...]:
    """Sum, count, smallest and largest of each step's seconds; ids from `first_id` on, four a step."""
    found = []
    for n, column in enumerate(COLUMNS):
        low, high = ("sum", "sum") if extremes_add_up else ("min", "max")
        metrics = (
            Metric(first_id + 4 * n, f"sum_{column}"),
            Metric(first_id + 4 * n + 1, f"nb_hits_with_{column}"),
            # the two ways are texts of a fixed set, which a loop variable is not
            Metric(first_id + 4 * n + 2, f"min_{column}", low),  # type: ignore[arg-type]
            Metric(first_id + 4 * n + 3, f"max_{column}", high),  # type: ignore[arg-type]
        )
        sql = (
            f"sum(t.{column}) / 1000",
            f"nullif(count(t.{column}), 0)",
            f"min(t.{column}) / 1000",
            f"max(t.{column}) / 1000",
        )
        found += [Measure(metric, one) for metric, one in zip(metrics, sql, strict=True)]
    return tuple(found)


PAGE_MEASURES = measures(1001)
"""What rows of pages have."""
SUMS = tuple(f"sum_{column}" for column in COLUMNS)

# averages of rows whose pages told their times
AVERAGES = tuple(
    Ratio(
        f"avg_{column}",
        f"sum_{column}",
        f"nb_hits_with_{column}",
        3,
        "duration",
        optional=True,
        beside=(f"min_{column}", f"max_{column}"),
        in_every_row=True,
    )
    for column in COLUMNS
)
PAGE_LOAD_TIME = ProcessedMetric(
    "avg_page_load_time",
    lambda columns: sum(columns.get(f"avg_{column}", 0) for column in COLUMNS),
    "duration",
)

_TOTALS = {"server": "servery"}


def _names(step: str) -> tuple[str, str]:
    return f"PagePerformance_{_TOTALS.get(step, step)}_time", f"PagePerformance_{step}_hits"


_ANY = f"coalesce({', '.join(f't.{column}' for column in COLUMNS)}) IS NOT NULL"
_ALL = " + ".join(f"coalesce(t.{column}, 0)" for column in COLUMNS)


def _numbers(step: str, milliseconds: str, hits: str) -> tuple[NumericRecord, ...]:
    time, count = _names(step)
    return (
        NumericRecord(name=time, sql=f"{milliseconds} / 1000", source="tracked", decimals=3),
        NumericRecord(name=count, sql=hits, source="tracked"),
    )


RECORDS = (
    *(record for step, column in STEPS for record in _numbers(step, f"sum(t.{column})", f"count(t.{column})")),
    *_numbers("pageload", f"sum({_ALL})", f"count(*) FILTER ({_ANY})"),
)
_STORED = tuple(record.name for record in RECORDS)
PROCESSED = tuple(
    Ratio(f"avg_{column}", *_names(step), 2, "duration") for step, column in (*STEPS, ("pageload", "page_load_time"))
)

REPORTS = (
    simple(
        "PagePerformance.get",
        "Performance overview",
        _STORED,
        metrics=(*_STORED, *(metric.name for metric in PROCESSED)),
        processed=PROCESSED,
        temporary=_STORED,
        queued=True,
        parameters=("columns",),
    ),
)

PLUGIN = Plugin(
    "PagePerformance",
    records=RECORDS,
    reports=REPORTS,
    described_in="piwikcli.plugins.descriptions.actions",
)
