"""What archives are built with: row limits, exact uniques, and the plugins' declarations.

An archive remembers it, and is out of date when it changes. See docs/explanation/archiving.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

from piwikcli import plugins
from piwikcli.declared import dataclass
from piwikcli.settings import SETTINGS, Settings
from piwikcli.store import Connection
from piwikcli.store.options import option, set_option

_REMEMBERED = "archive.records"


@dataclass(frozen=True, slots=True)
class Limits:
    """Row limits of archives (`archiving.maximum_rows.<x>` -> rows; 0 is none), and whether row uniques are exact."""

    maximum: Mapping[str, int]
    exact_row_uniques: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        prefix = "archiving.maximum_rows."
        maximum = {name.removeprefix(prefix): settings.integer(name) for name in SETTINGS if name.startswith(prefix)}
        return cls(maximum, settings.flag("archiving.exact_row_uniques"))

    def described(self, connection: Connection | None = None) -> str:
        """As column `archive.settings` has it. With a connection, what it remembers of the plugins is enough."""
        words = {
            **dict(sorted(self.maximum.items())),
            "exact_row_uniques": self.exact_row_uniques,
            "records": (connection and _remembered(connection)) or _declarations(),
        }
        return json.dumps(words, separators=(",", ":"))


def remember_declarations(connection: Connection) -> None:
    """Keep what the plugins declare beside what their code looks like, for `Limits.described` of a reader.

    Importing every plugin, only to learn that nothing has changed, would be half of a report's time.
    """
    if _remembered(connection) is None:
        set_option(connection, _REMEMBERED, f"{_declarations()} {plugins.code_state()}")


def _remembered(connection: Connection) -> str | None:
    declarations, _, state = (option(connection, _REMEMBERED) or "").partition(" ")
    return declarations if state == plugins.code_state() else None


@cache
def _declarations() -> str:
    """Changes when a record of an active plugin is added, removed or declared differently."""
    import hashlib

    return hashlib.blake2b(repr(plugins.records()).encode(), digest_size=8).hexdigest()
