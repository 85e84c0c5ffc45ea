"""A plugin: one domain of analytics, declared as data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from piwikcli.declared import dataclass
from piwikcli.plugins.api.dimensions import Dimension
from piwikcli.plugins.api.metrics import Metric
from piwikcli.plugins.api.records import AnyRecord
from piwikcli.plugins.api.reports import Report
from piwikcli.plugins.api.tasks import Task

if TYPE_CHECKING:
    from piwikcli.store import Connection


@dataclass(frozen=True, slots=True)
class Plugin:
    """What one module of `piwikcli.plugins` (or a third party's package) contributes."""

    name: str
    records: tuple[AnyRecord, ...] = ()
    reports: tuple[Report, ...] = ()
    metrics: tuple[Metric, ...] = ()
    """What its records measure beside the common metrics."""
    described_in: str = ""
    """The module whose DESCRIPTIONS (method -> Description) say what its reports are about."""
    dimensions: tuple[Dimension, ...] = ()
    """Each is a segment."""
    dimensions_of: Callable[[Connection, int], tuple[Dimension, ...]] | None = None
    """Dimensions that a site has of its own, from the database and an idsite."""
    tasks: tuple[Task, ...] = ()
    """What is done on a schedule."""
