"""Facts about the installation that are kept in the database."""

from __future__ import annotations

from collections.abc import Mapping

from piwikcli.store.database import Connection, one


def record_settings(connection: Connection, settings: Mapping[str, str]) -> list[str]:
    """Remember settings that change stored numbers when the first import is made.

    Returns a note for each that differs now from what the database began with.
    """
    notes: list[str] = []
    for name, value in settings.items():
        found = one(connection, "SELECT value FROM option WHERE name = ?", [name])
        if found is None:
            connection.execute("INSERT INTO option VALUES (?, ?)", [name, value])
        elif found[0] != value:
            notes.append(f"{name} is {value}, but this database began with {found[0]}: new data will differ from old")
    return notes
