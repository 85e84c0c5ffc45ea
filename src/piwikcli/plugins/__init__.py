"""The core plugins, one module per domain of analytics, and their registry."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from piwikcli.plugins.api import AnyRecord, Plugin

CORE = (
    "visits_summary",
    "actions",
    "referrers",
    "devices_detection",
    "user_country",
    "user_language",
    "visit_time",
    "visitor_interest",
    "visit_frequency",
    "resolution",
    "device_plugins",
    "goals",
    "page_performance",
    "api_get",
)


@cache
def plugins() -> tuple[Plugin, ...]:
    """Every active plugin, VisitsSummary first."""
    return tuple(import_module(f"piwikcli.plugins.{name}").PLUGIN for name in CORE)


@cache
def records() -> tuple[AnyRecord, ...]:
    """Every record of every active plugin, in order."""
    return tuple(record for plugin in plugins() for record in plugin.records)
