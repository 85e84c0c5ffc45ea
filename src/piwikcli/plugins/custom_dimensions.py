"""CustomDimensions: values that a site defines for its visits and actions. See docs/reference/cli.md#dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from piwikcli.plugins.api import Dimension, Plugin
from piwikcli.plugins.custom_dimension_reports import METRICS, RECORDS, REPORTS
from piwikcli.plugins.custom_dimension_settings import REPORTS as SETTINGS

if TYPE_CHECKING:
    from piwikcli.store import Connection


def dimensions_of(connection: Connection, idsite: int) -> tuple[Dimension, ...]:
    """The active custom dimensions of a site as segments: `dimension<id>`."""
    from piwikcli.store.dimensions import of_sites

    return tuple(
        Dimension(
            segment=f"dimension{one.idcustomdimension}",
            title=one.name,
            sql=f"e.custom_dimension[{one.index}]" if one.scope == "visit" else f"x.action_dimension[{one.index}]",
            source="visit" if one.scope == "visit" else "action",
            table="detail",
        )
        for one in of_sites(connection)
        if one.idsite == idsite and one.active
    )


PLUGIN = Plugin(
    "CustomDimensions",
    records=RECORDS,
    reports=(*REPORTS, *SETTINGS),
    metrics=METRICS,
    dimensions_of=dimensions_of,
    described_in="piwikcli.plugins.descriptions.visitors",
)
