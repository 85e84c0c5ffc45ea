"""What stored segments mean for archives: which are built with everything else, which are no longer needed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from piwikcli.archive.segments.definition import catalogue, define
from piwikcli.errors import UsageError
from piwikcli.store import Connection, segments

ARCHIVE_TABLES = ("archive_row", "archive_goal", "archive_metric", "archive_numeric", "archive")


@dataclass(slots=True)
class Archived:
    """The normal forms of the segments that `piwik archive` builds for a site, and what is wrong with others."""

    normals: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def archived(connection: Connection, idsite: int) -> Archived:
    """The stored segments with auto-archive of a site. One whose definition no longer holds is named, not built."""
    found = Archived()
    stored = [one for one in segments.all_segments(connection, idsite) if one.auto_archive]
    known = catalogue(connection, idsite) if stored else {}
    for one in stored:
        try:
            normal = define(one.definition, known).normal
        except UsageError as error:
            found.problems.append(f"segment {one.idsegment} ({one.name}) is not built: {error}")
            continue
        if normal not in found.normals:
            found.normals.append(normal)
    return found


def drop_unused(connection: Connection, idsites: Iterable[int], definition: str) -> None:
    """Delete a definition's archives of these sites, except where another stored segment means the same."""
    for idsite in idsites:
        gone = _normal(connection, idsite, definition)
        if gone in {_normal(connection, idsite, one.definition) for one in segments.all_segments(connection, idsite)}:
            continue
        for table in ARCHIVE_TABLES:
            connection.execute(
                f"DELETE FROM {table} WHERE idarchive IN "
                "(SELECT idarchive FROM archive WHERE idsite = ? AND segment = ?)",
                [idsite, gone],
            )


def _normal(connection: Connection, idsite: int, definition: str) -> str | None:
    """A definition's normal form; None where the site cannot answer it."""
    try:
        return define(definition, catalogue(connection, idsite)).normal
    except UsageError:
        return None
