"""Tasks that delete archives. Which and when: docs/reference/tasks.md, docs/how-to/privacy.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from piwikcli.archive.periods import IDS, Period, custom_ranges
from piwikcli.plugins.api import TaskRun
from piwikcli.store import Connection, number
from piwikcli.store.unused import delete_unused

BASIC = "basic"
"""State of an archive that kept its numbers only."""

_TABLES = ("archive_row", "archive_goal", "archive_metric")


def outdated_archives(run: TaskRun) -> str:
    """Archives of ranges older than `archiving.keep_ranges` days: they are built again when they are asked for.

    Those of `archiving.custom_ranges` stay.
    """
    days = run.settings.integer("archiving.keep_ranges")
    if not days:
        return "ranges are kept"
    pinned = custom_ranges(run.settings.words("archiving.custom_ranges"), run.now.date())
    with run.database.write() as connection:
        count = _delete(
            connection,
            "period = ? AND built < ? AND NOT list_contains(?::VARCHAR[], date1 || ',' || date2)",
            [IDS["range"], run.now - timedelta(days=days), [f"{one.date1},{one.date2}" for one in pinned]],
        )
    return f"{count} archives of ranges deleted"


def invalidated_archives(run: TaskRun) -> str:
    """Archives that are out of date and whose days have no requests any more."""
    with run.database.write() as connection:
        count = _delete(
            connection,
            """
            state = 'invalid' AND NOT EXISTS (
                SELECT 1 FROM (SELECT idsite, day FROM request UNION SELECT idsite, day FROM visit) d
                WHERE d.idsite = archive.idsite AND d.day BETWEEN archive.date1 AND archive.date2)
            """,
            [],
        )
    return f"{count} archives without data deleted"


def orphaned_archives(run: TaskRun) -> str:
    """Archives of sites that are gone, parts of archives that are gone, and names that nothing uses any more."""
    with run.database.write() as connection:
        count = _delete(connection, "idsite NOT IN (SELECT idsite FROM site)", [])
        for table in (*_TABLES, "archive_numeric"):
            connection.execute(f"DELETE FROM {table} WHERE idarchive NOT IN (SELECT idarchive FROM archive)")
        names = delete_unused(connection)
    return f"{count} archives of deleted sites deleted, {names} names that nothing uses"


def old_reports(run: TaskRun) -> str:
    """Reports of periods that ended more than `retention.reports` months ago; those of `retention.keep` stay."""
    months = run.settings.integer("retention.reports")
    if not months:
        return "reports are kept"
    first = Period.of("month", run.now.date())
    limit: date = first.shifted(-months).date1
    kept = [IDS[name] for name in run.settings.words("retention.keep")]
    segments = "" if run.settings.flag("retention.keep_segments") else "OR segment <> ''"
    which = f"date2 < ? AND (NOT list_contains(?::INTEGER[], period) {segments})"
    with run.database.write() as connection:
        if not run.settings.flag("retention.keep_basic_metrics"):
            return f"{_delete(connection, which, [limit, kept])} archives deleted"
        count = _delete(connection, f"{which} AND state = 'invalid'", [limit, kept])
        stripped = f"{which} AND state = 'done'"
        count += number(connection, f"SELECT count(*) FROM archive WHERE {stripped}", [limit, kept])
        for table in _TABLES:
            connection.execute(
                f"DELETE FROM {table} WHERE idarchive IN (SELECT idarchive FROM archive WHERE {stripped})",
                [limit, kept],
            )
        connection.execute(f"UPDATE archive SET state = '{BASIC}' WHERE {stripped}", [limit, kept])
    return f"reports of {count} archives deleted, their numbers kept"


def _delete(connection: Connection, where: str, parameters: Sequence[Any]) -> int:
    """Delete the archives that meet a condition, with all they hold; how many they were."""
    count = number(connection, f"SELECT count(*) FROM archive WHERE {where}", parameters)
    if count:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE purged AS SELECT idarchive FROM archive WHERE {where}", parameters
        )
        for table in (*_TABLES, "archive_numeric", "archive"):
            connection.execute(f"DELETE FROM {table} WHERE idarchive IN (SELECT idarchive FROM purged)")
    return count
