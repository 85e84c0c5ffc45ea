"""Marking archives as out of date by hand, so that `piwik archive` builds them again.

What an import changes is marked by the import. See docs/explanation/archiving.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from piwikcli.archive.periods import Period
from piwikcli.store import Connection, number
from piwikcli.store.retention import deleted_before


def invalidate(
    connection: Connection,
    sites: Sequence[int],
    periods: Sequence[Period],
    segment: str | None = None,
    *,
    cascade: bool = False,
) -> int:
    """Mark the archives of these periods and of all longer ones around them as out of date; how many.

    `segment` None is all of them. With `cascade` the shorter periods inside go, too. Archives of days whose visits
    are deleted stay as they are.
    """
    where = """
        list_contains($1::INTEGER[], idsite) AND ($2::VARCHAR IS NULL OR segment = $2) AND date2 >= $3
        AND state IN ('done', 'basic') AND EXISTS (
            SELECT 1 FROM (SELECT unnest($4::INTEGER[]) AS period, unnest($5::DATE[]) AS first,
                                  unnest($6::DATE[]) AS last) w
            WHERE CASE WHEN archive.period > w.period THEN archive.date1 <= w.last AND archive.date2 >= w.first
                       WHEN archive.period = w.period THEN archive.date1 = w.first AND archive.date2 = w.last
                       ELSE $7 AND archive.date1 >= w.first AND archive.date2 <= w.last END)
    """
    parameters = [
        list(sites),
        segment,
        deleted_before(connection),
        [period.id for period in periods],
        [period.date1 for period in periods],
        [period.date2 for period in periods],
        cascade,
    ]
    count = number(connection, f"SELECT count(*) FROM archive WHERE {where}", parameters)
    if count:
        connection.execute(f"UPDATE archive SET state = 'invalid' WHERE {where}", parameters)
    return count
