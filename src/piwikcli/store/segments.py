"""Stored segments: definitions with a name. What they select: docs/explanation/segments.md."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from piwikcli.errors import UsageError
from piwikcli.store.database import Connection, number

EVERY_SITE = 0


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A definition with a name, of one site or of every one (`idsite` 0)."""

    idsegment: int
    idsite: int
    name: str
    definition: str
    auto_archive: bool
    created: datetime
    changed: datetime


_COLUMNS = tuple(field.name for field in fields(StoredSegment))


def all_segments(connection: Connection, idsite: int | None = None) -> list[StoredSegment]:
    """Every stored segment by its id; with `idsite` those that the site has, with those of every site."""
    rows = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM segment ORDER BY idsegment").fetchall()
    found = [StoredSegment(*row) for row in rows]
    return [segment for segment in found if idsite is None or segment.idsite in (EVERY_SITE, idsite)]


def get(connection: Connection, idsegment: int) -> StoredSegment:
    """The segment, or UsageError naming those there are."""
    known = all_segments(connection)
    for segment in known:
        if segment.idsegment == idsegment:
            return segment
    there = f"there are: {', '.join(str(one.idsegment) for one in known)}" if known else "none is stored"
    raise UsageError(f"no segment {idsegment}; {there}")


def add(connection: Connection, *, name: str, definition: str, idsite: int, auto_archive: bool) -> int:
    """Store a segment and return its id (one more than the highest). The definition must have been checked."""
    idsegment = number(connection, "SELECT coalesce(max(idsegment), 0) + 1 FROM segment")
    now = _now()
    _store(connection, StoredSegment(idsegment, idsite, _name(name), definition, auto_archive, now, now))
    return idsegment


def update(connection: Connection, idsegment: int, **changes: Any) -> None:
    """Change a segment."""
    segment = get(connection, idsegment)
    if "name" in changes:
        changes["name"] = _name(changes["name"])
    if changes.get("definition", segment.definition) != segment.definition:
        changes["changed"] = _now()
    connection.execute("DELETE FROM segment WHERE idsegment = ?", [idsegment])
    _store(connection, replace(segment, **changes))


def delete(connection: Connection, idsegment: int) -> None:
    """Forget a segment."""
    get(connection, idsegment)
    connection.execute("DELETE FROM segment WHERE idsegment = ?", [idsegment])


def _name(name: str) -> str:
    if not name.strip():
        raise UsageError("a segment needs a name: piwik segments add --name N --definition DEF")
    return name.strip()


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def _store(connection: Connection, segment: StoredSegment) -> None:
    marks = ", ".join("?" for _ in _COLUMNS)
    connection.execute(
        f"INSERT INTO segment ({', '.join(_COLUMNS)}) VALUES ({marks})", list(asdict(segment).values())
    )
