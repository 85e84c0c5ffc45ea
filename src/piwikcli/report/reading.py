"""The database as reports read it: open read-only, let go while archives that they miss are built."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

from piwikcli.report.reader import Archives, find_archives

if TYPE_CHECKING:
    from piwikcli.report.selection import Selection
    from piwikcli.settings import Settings
    from piwikcli.store import Connection, Database

_KEPT = 16
"""Sites' archives that a reading remembers; an export goes through many."""


class Reading:
    """A connection for reports. DuckDB keeps writers out while it is open, so building archives reopens it.

    Over a connection of one's own (`Reading.over`) nothing is ever built.
    """

    def __init__(self, database: Database | None, settings: Settings | None) -> None:
        self._database = database
        self._settings = settings
        self._open = ExitStack()
        self._connection: Connection | None = None
        self._archives: dict[Hashable, Archives] = {}

    @classmethod
    def over(cls, connection: Connection) -> Reading:
        reading = cls(None, None)
        reading._connection = connection
        return reading

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._release()

    @property
    def connection(self) -> Connection:
        """The connection, opened when it is first needed. `ensure` may close it."""
        if self._connection is None:
            if self._database is None:
                raise RuntimeError("this reading was closed")
            self._connection = self._open.enter_context(self._database.read())
        return self._connection

    def execute(self, query: str, parameters: Sequence[Any] = (), /) -> Connection:
        return self.connection.execute(query, parameters)

    def archives(self, idsite: int, selection: Selection) -> Archives:
        """The archives of one of the selection's sites, looked for once."""
        key = (idsite, tuple(selection.periods), selection.segment)
        if key not in self._archives:
            while len(self._archives) >= _KEPT:
                del self._archives[next(iter(self._archives))]
            found = find_archives(self, idsite, selection.periods, selection.segment)
            self._archives[key] = Archives(self, found)
        return self._archives[key]

    def ensure(self, selection: Selection) -> bool:
        """Build the archives that the selection misses; whether there were any to look for.

        Archives are current when they were built with today's settings. Without `archiving.on_demand` none are built.
        """
        if self._database is None or self._settings is None:
            return False
        if not self._settings.flag("archiving.on_demand") and not self._is_real_time(selection):
            return False
        if is_current(self, selection, self._settings):
            return False
        from piwikcli.archive.build import ensure

        self._release()
        idsites = [site.idsite for site in selection.sites]
        ensure(self._database, idsites, selection.periods, selection.segment, self._settings)
        return True

    def _is_real_time(self, selection: Selection) -> bool:
        """Whether it is about a segment that `piwik archive` does not build: that is built here in any case."""
        if not selection.segment:
            return False
        from piwikcli.archive.segments.stored import archived

        return all(
            selection.segment not in archived(self.connection, site.idsite).normals for site in selection.sites
        )

    def _release(self) -> None:
        self._open.close()
        self._connection = None
        self._archives = {}


def is_current(reads: Reading, selection: Selection, settings: Settings) -> bool:
    """Whether every period of every site has an archive that was built with these settings."""
    from piwikcli.archive.limits import Limits

    built_with = Limits.of(settings).described(reads.connection)
    wanted = len(set(selection.periods))
    for site in selection.sites:
        archives = reads.archives(site.idsite, selection)
        if len(archives.ids) < wanted or not archives.all_built_with(built_with):
            return False
    return True
