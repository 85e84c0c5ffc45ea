"""The database as reports read it: open read-only, let go while archives that they miss are built."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from piwikcli.report.reader import NEVER, Archives, OutOfDate, find_archives

if TYPE_CHECKING:
    from piwikcli.archive.periods import Period
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
        self.as_of: datetime | None = None
        """When the oldest archive that was read was built (UTC), if requests came in for it since."""
        self.missing: list[Period] = []
        """Periods with visits whose archive is not there and may not be built by a report."""

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

    def cursor(self) -> Connection:
        return self.connection.cursor()

    def archives(self, idsite: int, selection: Selection) -> Archives:
        """The archives of one of the selection's sites, looked for once."""
        key = (idsite, tuple(selection.periods), selection.segment)
        if key not in self._archives:
            while len(self._archives) >= _KEPT:
                del self._archives[next(iter(self._archives))]
            found = find_archives(
                self, idsite, selection.periods, selection.segment, self.out_of_date(idsite, selection)
            )
            self._archives[key] = Archives(self, found)
            self._note_age(list(found.values()))
            self._note_missing(idsite, selection, [one for one in selection.periods if one not in found])
        return self._archives[key]

    def _note_age(self, ids: Sequence[int]) -> None:
        found = self.execute(
            "SELECT min(built) FROM archive WHERE idarchive = ANY(?) AND state = 'invalid'", [ids]
        ).fetchall()
        ages = [age for age in (found[0][0], self.as_of) if age is not None]
        self.as_of = min(ages, default=None)

    def _note_missing(self, idsite: int, selection: Selection, periods: Sequence[Period]) -> None:
        if not periods or self._settings is None or self._may_build(self._settings, selection):
            return
        days = self.execute(
            "SELECT DISTINCT day FROM visit WHERE idsite = ? AND day BETWEEN ? AND ?",
            [idsite, min(one.date1 for one in periods), max(one.date2 for one in periods)],
        ).fetchall()
        self.missing += [one for one in periods if any(day in one for (day,) in days) and one not in self.missing]

    def ensure(self, selection: Selection) -> bool:
        """Build the archives that the selection misses; whether there were any to look for.

        Archives are current when they were built with today's settings.
        """
        if self._database is None or self._settings is None or not self._may_build(self._settings, selection):
            return False
        if is_current(self, selection, self._settings):
            return False
        from piwikcli.archive.build import ensure

        self._release()
        idsites = [site.idsite for site in selection.sites]
        ensure(self._database, idsites, selection.periods, selection.segment, self._settings)
        return True

    def out_of_date(self, idsite: int, selection: Selection) -> OutOfDate:
        """Which archives of a site may be read although requests came in since.

        Where none can be built: all. Otherwise those of periods with today in them, for `archiving.today_lifetime`.
        """
        if self._settings is None or not self._may_build(self._settings, selection):
            return OutOfDate(every=True)
        lifetime = self._settings.integer("archiving.today_lifetime")
        zones = [site.zone for site in selection.sites if site.idsite == idsite]
        if not lifetime or not zones:
            return NEVER
        now = datetime.now(UTC)
        since = now.replace(tzinfo=None, microsecond=0) - timedelta(seconds=lifetime)
        return OutOfDate(now.astimezone(zones[0]).date(), since)

    def _may_build(self, settings: Settings, selection: Selection) -> bool:
        """Whether a report may build what it misses: `archiving.on_demand`, and without it ranges and segments that
        `piwik archive` does not build."""
        if settings.flag("archiving.on_demand"):
            return True
        ranges = settings.flag("archiving.on_demand_ranges")
        if ranges and all(period.name == "range" for period in selection.periods):
            return True
        return settings.flag("archiving.on_demand_segments") and self._is_real_time(selection)

    def _is_real_time(self, selection: Selection) -> bool:
        """Whether it is about a segment that `piwik archive` does not build."""
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
