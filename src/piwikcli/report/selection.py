"""What data a request is about: which sites, which periods, which visits.

Forms of `--idsite` and `--date`: docs/reference/periods.md and docs/reference/reports.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from datetime import date as date_type
from pathlib import Path
from typing import TYPE_CHECKING

from piwikcli.archive.periods import Period, parse_dates
from piwikcli.declared import dataclass
from piwikcli.errors import UsageError
from piwikcli.report.reader import Reads, latest_visit_day

if TYPE_CHECKING:
    from piwikcli.store import Connection
    from piwikcli.store.sites import Site


@dataclass(frozen=True, slots=True)
class Selection:
    """What data a request is about; `by_site` and `by_date` say whether its result is a map of them."""

    sites: Sequence[Site]
    periods: Sequence[Period]
    segment: str = ""
    by_site: bool = False
    by_date: bool = False
    unique_visitors: frozenset[str] = frozenset({"day", "week", "month", "year", "range"})
    """Periods whose unique visitors are counted (setting archiving.unique_visitors)."""
    data_dir: Path | None = None


def sites_of(connection: Connection, idsite: str | None, *, every: bool = False) -> tuple[list[Site], bool]:
    """The sites that `idsite` (`1`, `1,2`, `all`) names, and whether they make a map.

    Without `idsite`: the only one there is, or `every` one. Raises UsageError for a site that there isn't.
    """
    from piwikcli.store import sites

    known = sites.all_sites(connection)
    if idsite is None and every:
        return known, False
    if not known:
        raise UsageError("there is no site yet; import a log first (piwik import-logs LOG)")
    if idsite is None:
        if len(known) > 1:
            there = ", ".join(f"{site.idsite} {site.name}" for site in known[:10])
            raise UsageError(f"there are {len(known)} sites: say which with --idsite N or all ({there})")
        return known, False
    if idsite.strip().lower() == "all":
        return known, True
    wanted = [word.strip() for word in idsite.split(",") if word.strip()]
    if not wanted or not all(word.isdigit() for word in wanted):
        raise UsageError(f"--idsite {idsite}: write a number, several with commas, or all")
    return [sites.get(connection, int(word)) for word in dict.fromkeys(wanted)], "," in idsite


def periods_of(period: str, date: str, sites: Sequence[Site]) -> tuple[list[Period], bool]:
    """The periods that `period` and `date` name, and whether they make a map.

    "Today" is the site's own, UTC's for several. Raises UsageError for what is no date.
    """
    today = datetime.now(sites[0].zone if len(sites) == 1 else UTC).date()
    found = parse_dates(period, date, today)
    return (found, True) if isinstance(found, list) else ([found], False)


def latest_day(reads: Reads, sites: Sequence[Site]) -> date_type | None:
    """The last local day on which one of the sites has visits."""
    days = [day for site in sites if (day := latest_visit_day(reads, site.idsite)) is not None]
    return max(days, default=None)


def segment_of(connection: Connection, text: str, sites: Sequence[Site]) -> str:
    """The normal form of a segment, which its archives are known by; '' is all visits.

    Raises UsageError for a definition that one of the sites cannot answer.
    """
    if not text.strip():
        return ""
    from piwikcli.archive.segments import catalogue, define

    normal = {define(text, catalogue(connection, site.idsite)).normal for site in sites}
    return normal.pop()
