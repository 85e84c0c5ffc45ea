"""`piwik archive`: build whatever reports need and is missing or out of date."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from piwikcli.commands import console, options
from piwikcli.errors import ExitCode, UsageError, nearest

if TYPE_CHECKING:
    from piwikcli.archive.build import Built
    from piwikcli.archive.periods import Period
    from piwikcli.store import Connection
    from piwikcli.store.sites import Site

PERIODS = ("day", "week", "month", "year", "range")


def command(
    idsite: Annotated[str, typer.Option("--idsite", metavar="N,...|all", help="Which sites.")] = "all",
    period: Annotated[
        str, typer.Option("--period", metavar="P,...", help="Of day, week, month, year, range.")
    ] = "day,week,month,year",
    date_: Annotated[
        str | None,
        typer.Option("--date", metavar="D", help="2026-03-01, A,B, lastN, today ... [all]", show_default=False),
    ] = None,
    segment: Annotated[
        str | None,
        typer.Option("--segment", metavar="DEF", help="Of this segment only.", show_default=False),
    ] = None,
    skip_segments: Annotated[bool, typer.Option("--skip-segments", help="Leave out stored segments.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Build again what is there already.")] = False,
    memory_limit: options.MemoryLimitOption = None,
    threads: options.ThreadsOption = None,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> int:
    """Build the archives that are missing or out of date."""
    names = _periods(period)
    settings = options.load_settings(db=db, lock_timeout=lock_timeout)
    database = options.open_database(settings, memory_limit=memory_limit, threads=threads)
    from piwikcli.archive.build import all_periods, ensure
    from piwikcli.store import sites

    segments: dict[int, list[str]] = {}
    with database.read() as connection:
        chosen = _sites(idsite, sites.all_sites(connection))
        wanted: dict[int, list[Period]] = {}
        for site in chosen:
            segments[site.idsite] = _segments(connection, site, segment, skip_segments)
            if date_ is None:
                if "range" in names:
                    raise UsageError("--period range needs --date A,B")
                wanted[site.idsite] = all_periods(connection, site.idsite, names)
            else:
                wanted[site.idsite] = _dated(names, date_, today_of(site))
    for site in chosen:
        built = ensure(database, [site.idsite], wanted[site.idsite], segments[site.idsite], settings, force=force)
        for one in built:
            console.note(_line(site, one))
        if not built:
            console.note(f"site {site.idsite} ({site.name}): nothing to do")
    return ExitCode.DONE


EPILOG = options.examples(
    "piwik archive",
    "piwik archive --period week",
    'piwik archive --segment "countryCode==de" --date last30',
    "piwik archive --period range --date 2026-03-01,2026-03-09",
)


def _segments(connection: Connection, site: Site, segment: str | None, skip: bool) -> list[str]:
    """What to build of a site: all visits and its stored segments, or one segment alone."""
    from piwikcli.archive.segments import catalogue, define
    from piwikcli.archive.segments.stored import archived

    if segment is not None:
        return [define(segment, catalogue(connection, site.idsite)).normal]
    if skip:
        return [""]
    found = archived(connection, site.idsite)
    for problem in found.problems:
        console.warn(problem)
    return ["", *found.normals]


def today_of(site: Site) -> date:
    """The site's local date now."""
    return datetime.now(UTC).astimezone(ZoneInfo(site.timezone)).date()


def _line(site: Site, built: Built) -> str:
    what = ", ".join(f"{n} {name}{'s' if n != 1 else ''}" for name, n in built.periods.items())
    return f"site {site.idsite} ({site.name}): {what or 'nothing'} archived in {built.seconds:.1f} s"


def _periods(text: str) -> list[str]:
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in PERIODS:
            raise UsageError(f"no period {name!r}.{nearest(name, PERIODS)} Known: {', '.join(PERIODS)}")
    if not names:
        raise UsageError(f"--period is empty; known: {', '.join(PERIODS)}")
    return sorted(set(names), key=PERIODS.index)


def _sites(text: str, known: list[Site]) -> list[Site]:
    if text.strip().lower() == "all":
        return known
    by_id = {str(site.idsite): site for site in known}
    chosen: list[Site] = []
    for word in text.split(","):
        if word.strip() not in by_id:
            have = ", ".join(by_id) or "none"
            raise UsageError(f"no site {word.strip() or '(empty)'}; there are: {have}")
        chosen.append(by_id[word.strip()])
    return chosen


def _dated(names: list[str], text: str, today: date) -> list[Period]:
    from piwikcli.archive.periods import parse_dates

    wanted: list[Period] = []
    for name in names:
        found = parse_dates(name, text, today)
        wanted += found if isinstance(found, list) else [found]
    return wanted
