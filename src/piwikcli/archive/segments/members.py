"""Which visits a segment selects: the temporary table `member`, filled once per (segment, days).

    member (segment, idvisit, day, here)    a row per visit that a segment selects

`segment` is the number that the caller gave it, `day` the visit's local day. Without `here` the visit is selected
only in archives that do not cover its day, for the actions that it had there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from piwikcli.archive.segments.compiler import compile_definition
from piwikcli.archive.segments.definition import Definition
from piwikcli.store import Connection
from piwikcli.store.database import one

_MARGIN = timedelta(days=2)
"""More than any local day lies apart from the UTC day of the same date."""


def make_members(
    connection: Connection, idsite: int, definitions: Mapping[int, Definition], date1: date, date2: date
) -> None:
    """Fill `member` for segments (number -> definition) of a site, for its local days from date1 to date2."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE member (segment INTEGER, idvisit BIGINT, day DATE, here BOOLEAN)"
    )
    if not definitions:
        return
    _near(connection, idsite, date1, date2)
    for number, definition in definitions.items():
        chosen = compile_definition(definition)
        # what is selected in an archive of its own day is selected in those of other days too
        here = "true" if chosen.here == chosen.elsewhere else f"coalesce({chosen.here.text}, false)"
        values = () if chosen.here == chosen.elsewhere else chosen.here.values
        connection.execute(
            f"INSERT INTO member SELECT {number}, v.idvisit, v.day, {here} "
            f"FROM {chosen.source} WHERE {chosen.elsewhere.text}",
            [*values, *chosen.elsewhere.values],
        )


def _near(connection: Connection, idsite: int, date1: date, date2: date) -> None:
    """Views of the visits that had anything in these days, and of all their actions, conversions and items.

    They may hold more than that; archives take from `member` what lies in their days.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW near_visit AS
        SELECT * FROM visit
        WHERE idsite = {idsite:d} AND day >= DATE '{date1}'
          AND visit_first_action_time < TIMESTAMP '{date2 + _MARGIN} 00:00:00'
        """
    )
    bounds = one(connection, "SELECT min(visit_first_action_time), max(day) FROM near_visit")
    first = bounds[0].date() if bounds and bounds[0] else date1
    last = bounds[1] if bounds and bounds[1] else date2
    between = (
        f"idsite = {idsite:d} AND server_time >= TIMESTAMP '{first - _MARGIN} 00:00:00' "
        f"AND server_time < TIMESTAMP '{last + _MARGIN} 00:00:00'"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW near_action AS SELECT * FROM request WHERE kind < 100 AND {between}"
    )
    connection.execute(f"CREATE OR REPLACE TEMP VIEW near_conversion AS SELECT * FROM conversion WHERE {between}")
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW near_item AS SELECT * FROM conversion_item WHERE NOT deleted AND {between}"
    )
