"""Resolution: screen sizes. Without tracking requests every visit's is `unknown`."""

from collections.abc import Mapping

from piwikcli.plugins.api import Context, Dimension, Plugin, Report, Row, VisitRecord
from piwikcli.plugins.device_names import BROWSERS, OPERATING_SYSTEMS
from piwikcli.plugins.labels import UNKNOWN, urlencode
from piwikcli.plugins.metrics import VISIT_COLUMNS

DIMENSIONS = (
    Dimension(
        segment="resolution",
        title="Screen resolution",
        sql="coalesce(e.resolution, 'unknown')",
        table="detail",
        values="1280x1024, ...",
        aliases=("screenType",),
    ),
)

RECORDS = (
    # shorter ones (1x1) are no screens
    VisitRecord(name="Resolution_resolution", path=("v.config_resolution",), where="length(v.config_resolution) > 5"),
    VisitRecord(
        name="Resolution_configuration",
        table="device",
        path=("d.config_os || ';' || d.config_browser_name || ';' || v.config_resolution",),
    ),
)


def _configuration(label: str) -> str:
    system, browser, resolution = [*label.split(";"), "", ""][:3]
    return f"{OPERATING_SYSTEMS.get(system, UNKNOWN)} / {browser_name(browser)} / {resolution}"


def browser_name(code: str) -> str:
    """A browser's name by its code; clients without one are stored by their own name."""
    return UNKNOWN if code in ("", "UNK", "xx") else BROWSERS.get(code, code)


def _segment(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    return {"segment": f"resolution=={urlencode(stored)}"}


REPORTS = (
    Report(
        method="Resolution.getResolution",
        title="Screen Resolution",
        record="Resolution_resolution",
        metadata=_segment,
        metrics=VISIT_COLUMNS,
        dimensions=("Resolution_Resolution",),
    ),
    Report(
        method="Resolution.getConfiguration",
        title="Configurations",
        record="Resolution_configuration",
        label=_configuration,
        merge=True,
        metrics=VISIT_COLUMNS,
        dimensions=("Resolution_Configuration",),
    ),
)

PLUGIN = Plugin(
    "Resolution",
    records=RECORDS,
    reports=REPORTS,
    dimensions=DIMENSIONS,
    described_in="piwikcli.plugins.descriptions.visitors",
)
