"""Facts about the installation that are kept in the database."""

from __future__ import annotations

from collections.abc import Mapping

from piwikcli.store.database import Connection, one


def option(connection: Connection, name: str) -> str | None:
    """The value of one fact; None where there is none."""
    found = one(connection, "SELECT value FROM option WHERE name = ?", [name])
    return found[0] if found else None


def set_option(connection: Connection, name: str, value: str) -> None:
    """Keep a fact, in place of what was known before."""
    connection.execute("INSERT OR REPLACE INTO option VALUES (?, ?)", [name, value])


def record_settings(connection: Connection, settings: Mapping[str, str]) -> list[str]:
    """Remember settings that change stored numbers when the first import is made.

    Returns a note for each that differs now from what the database began with.
    """
    notes: list[str] = []
    for name, value in settings.items():
        found = option(connection, name)
        if found is None:
            set_option(connection, name, value)
        elif found != value:
            notes.append(f"{name} is {value}, but this database began with {found}: new data will differ from old")
    return notes
