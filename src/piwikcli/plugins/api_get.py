"""API: one row with the numbers of every plugin's `get` report, and methods about reports."""

from __future__ import annotations

from piwikcli.plugins.api import Context, Plugin, Report, SimpleTable, document
from piwikcli.plugins.api_bulk import bulk, is_plugin_activated, measurable_types, version
from piwikcli.plugins.api_evolution import row_evolution
from piwikcli.plugins.api_metadata import one_metadata, report_metadata, segments_metadata
from piwikcli.plugins.api_processed import processed_report
from piwikcli.plugins.api_suggestions import suggested_values

# bounces and time of the two groups, and their conversions, are not part of the overview
_FREQUENCY = (
    "nb_visits",
    "nb_actions",
    "nb_uniq_visitors",
    "nb_users",
    "max_actions",
    "bounce_rate",
    "nb_actions_per_visit",
    "avg_time_on_site",
)
_VISITS = (
    "nb_uniq_visitors",
    "nb_visits",
    "nb_users",
    "nb_actions",
    "max_actions",
    "bounce_count",
    "sum_visit_length",
)
_AT_THE_END = ("bounce_rate", "nb_actions_per_visit", "avg_time_on_site")
_SOURCES = (
    "VisitsSummary.get",
    "VisitFrequency.get",
    "Referrers.get",
    "PagePerformance.get",
    "Goals.get",
    "Actions.get",
)


def _get(context: Context) -> SimpleTable:
    if not context.has_visits:
        return SimpleTable()
    found = {}
    for method in _SOURCES:
        # the sums behind the averages of page performance belong to the overview too
        raw = {"showRawMetrics": "1"} if method == "PagePerformance.get" else {}
        result = context.report(method, idGoal="", columns="", **raw)
        found[method] = result.columns if isinstance(result, SimpleTable) else {}
    visits, frequency = found["VisitsSummary.get"], found["VisitFrequency.get"]
    percents = {name: value for name, value in found["Referrers.get"].items() if name.endswith("_percent")}
    columns = {name: visits[name] for name in _VISITS if name in visits}
    for group in ("_new", "_returning"):
        columns.update({name + group: frequency[name + group] for name in _FREQUENCY if name + group in frequency})
    columns.update({name: value for name, value in found["Referrers.get"].items() if name not in percents})
    for method in ("PagePerformance.get", "Goals.get", "Actions.get"):
        columns.update(found[method])
    columns.update(percents)
    columns.update({name: visits[name] for name in _AT_THE_END if name in visits})
    return SimpleTable(columns)


_NAMES = ("apiModule", "apiAction")
_SPECIFIC = ("idGoal", "idDimension")


REPORTS = (
    Report(
        method="API.get",
        title="Main metrics",
        kind="simple",
        compute=_get,
        parameters=("columns",),
    ),
    document(
        "API.getReportMetadata",
        "All reports in words",
        report_metadata,
        "hideMetricsDoc",
        "showSubtableReports",
        flags=("hideMetricsDoc", "showSubtableReports"),
        sited=False,
    ),
    document(
        "API.getMetadata",
        "One report in words",
        one_metadata,
        *_NAMES,
        "hideMetricsDoc",
        needs=_NAMES,
        flags=("hideMetricsDoc",),
        sited=False,
    ),
    document(
        "API.getProcessedReport",
        "A report ready to be shown",
        processed_report,
        *_NAMES,
        *_SPECIFIC,
        "showTimer",
        "hideMetricsDoc",
        needs=_NAMES,
        flags=("showTimer", "hideMetricsDoc"),
        dated=True,
    ),
    document(
        "API.getRowEvolution",
        "Rows over several periods",
        row_evolution,
        *_NAMES,
        *_SPECIFIC,
        "column",
        needs=_NAMES,
        dated=True,
    ),
    document("API.getSegmentsMetadata", "All segments in words", segments_metadata, sited=False),
    document("API.getBulkRequest", "Several requests in one", bulk, "urls", needs=("urls",), sited=False),
    document("API.getMatomoVersion", "The version of this program", version, sited=False),
    document("API.getPiwikVersion", "The version of this program", version, sited=False),
    document(
        "API.isPluginActivated",
        "Whether there is a plugin",
        is_plugin_activated,
        "pluginName",
        needs=("pluginName",),
        sited=False,
    ),
    document(
        "API.getSuggestedValuesForSegment",
        "Values that the latest visits have",
        suggested_values,
        "segmentName",
        needs=("segmentName",),
    ),
    document("API.getAvailableMeasurableTypes", "Kinds of sites: websites", measurable_types, sited=False),
)

PLUGIN = Plugin("API", reports=REPORTS, described_in="piwikcli.plugins.descriptions.goals")
