"""PagePerformance: how long pages took. The combined log formats carry no times; without any, all is 0."""

from piwikcli.plugins.api import Plugin, Ratio, simple

# (name in records, column); `servery_time` is a spelling that Matomo keeps for compatibility
STEPS = (
    ("network", "time_network"),
    ("server", "time_server"),
    ("transfer", "time_transfer"),
    ("domprocessing", "time_dom_processing"),
    ("domcompletion", "time_dom_completion"),
    ("onload", "time_on_load"),
)

_TOTALS = {"server": "servery"}
_STORED = tuple(
    f"PagePerformance_{name}_{what}"
    for step in (*(step for step, _ in STEPS), "pageload")
    for name, what in ((_TOTALS.get(step, step), "time"), (step, "hits"))
)


def _average(step: str, column: str) -> Ratio:
    stored = f"PagePerformance_{_TOTALS.get(step, step)}_time"
    return Ratio(f"avg_{column}", stored, f"PagePerformance_{step}_hits", 2, "duration")


PROCESSED = tuple(_average(step, column) for step, column in (*STEPS, ("pageload", "page_load_time")))

REPORTS = (
    simple(
        "PagePerformance.get",
        "Performance overview",
        _STORED,
        metrics=(*_STORED, *(metric.name for metric in PROCESSED)),
        processed=PROCESSED,
        temporary=_STORED,
        parameters=("columns",),
    ),
)

PLUGIN = Plugin("PagePerformance", reports=REPORTS, described_in="piwikcli.plugins.descriptions.actions")
