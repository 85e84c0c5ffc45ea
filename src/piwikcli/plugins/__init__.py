"""The core plugins, one module per domain of analytics, and their registry."""

from __future__ import annotations

import os
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from piwikcli import __version__
from piwikcli.errors import PiwikError, UsageError, nearest
from piwikcli.plugins.api import AnyRecord, Description, Dimension, Metric, PageRecord, Plugin, Report, Task

if TYPE_CHECKING:
    from piwikcli.store import Connection

CORE = (
    "visits_summary",
    "core_home",
    "actions",
    "referrers",
    "devices_detection",
    "user_country",
    "user_language",
    "user_id",
    "visit_time",
    "visitor_interest",
    "visit_frequency",
    "resolution",
    "device_plugins",
    "goals",
    "ecommerce",
    "events",
    "contents",
    "custom_dimensions",
    "custom_variables",
    "page_performance",
    "live",
    "transitions",
    "multi_sites",
    "sites_manager",
    "segment_editor",
    "core_admin_home",
    "privacy_manager",
    "api_get",
)


@cache
def plugins() -> tuple[Plugin, ...]:
    """Every active plugin, VisitsSummary first."""
    return tuple(_plugin(name) for name in CORE)


def _plugin(name: str) -> Plugin:
    plugin: Plugin = import_module(f"piwikcli.plugins.{name}").PLUGIN
    return plugin


def _home_of(name: str) -> Plugin | None:
    """The plugin whose module is named for it (`VisitsSummary`: visits_summary), without importing the others."""
    module = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return _plugin(module) if module in CORE else None


def code_state() -> str:
    """Changes whenever a plugin's code may have changed."""
    found = [__version__]
    for folder in (Path(__file__).parent, Path(__file__).parent / "api"):
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if entry.name.endswith(".py"):
                stat = entry.stat()
                found.append(f"{entry.name},{stat.st_size},{stat.st_mtime_ns}")
    return ";".join(found)


@cache
def records() -> tuple[AnyRecord, ...]:
    """Every record of every active plugin, in order."""
    return tuple(record for plugin in plugins() for record in plugin.records)


def tasks() -> tuple[Task, ...]:
    """Every scheduled task of every active plugin, in order."""
    return tuple(task for plugin in plugins() for task in plugin.tasks)


def dimensions(connection: Connection | None = None, idsite: int | None = None) -> tuple[Dimension, ...]:
    """Every dimension of every active plugin, with a database and an idsite those of that site's own too."""
    own = [
        dimension
        for plugin in plugins()
        if plugin.dimensions_of is not None and connection is not None and idsite is not None
        for dimension in plugin.dimensions_of(connection, idsite)
    ]
    return (*(dimension for plugin in plugins() for dimension in plugin.dimensions), *own)


@cache
def measured() -> dict[int, Metric]:
    """Every metric that records of active plugins have beside the common ones, by its id.

    Raises PiwikError when two of them have one id.
    """
    found: dict[int, Metric] = {}
    for plugin in plugins():
        for metric in plugin.metrics:
            if found.setdefault(metric.id, metric) != metric:
                raise PiwikError(f"plugin {plugin.name}: metric id {metric.id} is {found[metric.id].name} already")
    return found


@cache
def measures_of(record: str) -> tuple[Metric, ...]:
    """What rows of that record may have beside the common metrics."""
    home = _home_of(record.partition("_")[0])
    return home.metrics if home else tuple(measured().values())


@cache
def page_record(name: str) -> PageRecord | None:
    """The record of pages of that name; None where it is another kind of record."""
    home = _home_of(name.partition("_")[0])
    found = [record for record in (home.records if home else ()) if record.name == name]
    found = found or [record for record in records() if record.name == name]
    return found[0] if found and isinstance(found[0], PageRecord) else None


@cache
def reports() -> dict[str, Report]:
    """Every report of every active plugin by its method, in order."""
    return {report.method: report for plugin in plugins() for report in plugin.reports}


@cache
def described() -> dict[str, Description]:
    """Every report that is described, by its method."""
    found: dict[str, Description] = {}
    for plugin in plugins():
        if plugin.described_in:
            texts: dict[str, Description] = import_module(plugin.described_in).DESCRIPTIONS
            found.update({method: one for method, one in texts.items() if method.startswith(f"{plugin.name}.")})
    return found


def description_of(method: str) -> Description | None:
    """What is said of a report, without importing what is said of others; None where nothing is."""
    home = _home_of(method.partition(".")[0])
    if home is None:
        return described().get(method)
    if not home.described_in:
        return None
    texts: dict[str, Description] = import_module(home.described_in).DESCRIPTIONS
    return texts.get(method)


_ALIASES = {
    "UserSettings.getBrowser": "DevicesDetection.getBrowsers",
    "UserSettings.getBrowserVersion": "DevicesDetection.getBrowserVersions",
    "UserSettings.getBrowserType": "DevicesDetection.getBrowserEngines",
    "UserSettings.getOS": "DevicesDetection.getOsVersions",
    "UserSettings.getOSFamily": "DevicesDetection.getOsFamilies",
    "UserSettings.getMobileVsDesktop": "DevicesDetection.getType",
    "UserSettings.getResolution": "Resolution.getResolution",
    "UserSettings.getConfiguration": "Resolution.getConfiguration",
    "UserSettings.getPlugin": "DevicePlugins.getPlugin",
    "UserSettings.getLanguage": "UserLanguage.getLanguage",
    "UserSettings.getLanguageCode": "UserLanguage.getLanguageCode",
    "Referrers.getRefererType": "Referrers.getReferrerType",
}


def report(method: str) -> Report:
    """The report of that method, by its name today or in Piwik 2.

    Raises UsageError, with the nearest name, when there is none.
    """
    name = method.strip()
    if name.startswith("Referers."):
        name = "Referrers." + name.removeprefix("Referers.")
    name = _ALIASES.get(name, name)
    home = _home_of(name.partition(".")[0])
    for report in home.reports if home else ():
        if report.method == name:
            return report
    known = reports()
    if name in known:
        return known[name]
    by_lower = {other.lower(): other for other in known}
    if name.lower() in by_lower:
        return known[by_lower[name.lower()]]
    module, _, action = name.partition(".")
    modules = {report.module for report in known.values()}
    if module in modules and action:
        what = (
            f"The method '{action}' does not exist or is not available in the module "
            f"'\\Piwik\\Plugins\\{module}\\API'."
        )
    else:
        what = f"There is no report {method}."
    raise UsageError(f"{what}{nearest(name, known)} piwik report --list shows all.")
