"""`piwik archive`: build whatever reports need and is missing or out of date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from piwikcli.commands import console, inert_options, options
from piwikcli.errors import ExitCode, UsageError, nearest

if TYPE_CHECKING:
    from piwikcli.archive.build import Built
    from piwikcli.archive.periods import Period
    from piwikcli.settings import Settings
    from piwikcli.store import Connection, Database
    from piwikcli.store.sites import Site

PERIODS = ("day", "week", "month", "year", "range")
_USUAL = "day,week,month,year"


def command(
    idsite: Annotated[
        str, typer.Option("--idsite", "--force-idsites", metavar="N,...|all", help="Which sites.")
    ] = "all",
    skip_idsites: Annotated[
        str, typer.Option("--skip-idsites", metavar="N,...", help="But not these.", show_default=False)
    ] = "",
    period: Annotated[
        str,
        typer.Option(
            "--period",
            "--force-periods",
            metavar="P,...",
            help="Of day, week, month, year, range.",
            show_default="all but range",
        ),
    ] = _USUAL,
    date_: Annotated[
        str | None,
        typer.Option(
            "--date",
            "--force-date-range",
            metavar="D",
            help="2026-03-01, A,B, lastN, today ... [all]",
            show_default=False,
        ),
    ] = None,
    last_n: Annotated[
        int | None, typer.Option("--force-date-last-n", metavar="N", min=1, help="As --date lastN.", hidden=True)
    ] = None,
    segment: Annotated[
        str | None,
        typer.Option("--segment", metavar="DEF", help="Of this segment only.", show_default=False),
    ] = None,
    force_idsegments: Annotated[
        str, typer.Option("--force-idsegments", metavar="N,...", help="Of these stored segments.", show_default=False)
    ] = "",
    skip_segments: Annotated[
        bool, typer.Option("--skip-segments", "--skip-all-segments", help="Leave out stored segments.")
    ] = False,
    skip_segments_today: Annotated[
        bool, typer.Option("--skip-segments-today", help="Leave them out of periods with today in them.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Build again what is there already.")] = False,
    invalidate: Annotated[
        bool, typer.Option("--invalidate", help="Build nothing: mark the periods of --date as out of date.")
    ] = False,
    cascade: Annotated[
        bool, typer.Option("--cascade", help="With --invalidate: the shorter periods inside, too.")
    ] = False,
    max_websites: Annotated[
        int | None,
        typer.Option("--max-websites-to-process", metavar="N", min=1, help="Stop after N sites.", show_default=False),
    ] = None,
    max_archives: Annotated[
        int | None,
        typer.Option(
            "--max-archives-to-process",
            metavar="N",
            min=1,
            help="Begin no site after N archives.",
            show_default=False,
        ),
    ] = None,
    skip_tasks: Annotated[
        bool, typer.Option("--skip-tasks", "--disable-scheduled-tasks", help="Run no scheduled tasks at the end.")
    ] = False,
    memory_limit: options.MemoryLimitOption = None,
    threads: options.ThreadsOption = None,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> int:
    """Build the archives that are missing or out of date."""
    names = _periods(period)
    if last_n is not None:
        if date_ is not None:
            raise UsageError("--date and --force-date-last-n both say which dates; give one of them")
        date_ = f"last{last_n}"
    if date_ is None and invalidate:
        raise UsageError("--invalidate needs --date: which archives are out of date?")
    settings = options.load_settings(db=db, lock_timeout=lock_timeout)
    if date_ is None and "range" in names and not settings.words("archiving.custom_ranges"):
        raise UsageError("--period range needs --date A,B or ranges in the setting archiving.custom_ranges")
    database = options.open_database(settings, memory_limit=memory_limit, threads=threads)
    from piwikcli.archive.build import all_periods
    from piwikcli.archive.periods import custom_ranges
    from piwikcli.store import sites

    work: list[_Work] = []
    with database.read() as connection:
        known = sites.all_sites(connection)
        if not known:
            console.note("there is no site yet; import a log first (piwik import-logs LOG)")
        chosen = _sites(idsite, known)
        skipped = _sites(skip_idsites, known) if skip_idsites else []
        for site in chosen:
            if site in skipped:
                continue
            segments = _segments(connection, site, segment, force_idsegments, skip_segments)
            if date_ is None:
                periods = all_periods(connection, site.idsite, [name for name in names if name != "range"])
                if "range" in names or period == _USUAL:
                    periods += custom_ranges(settings.words("archiving.custom_ranges"), today_of(site))
            else:
                periods = _dated(names, date_, today_of(site))
            work.append(_Work(site, segments, periods))
    if invalidate:
        return _invalidate(database, work, segment, cascade)
    count = sites_done = 0
    for number, one in enumerate(work):
        if (max_archives and count >= max_archives) or (max_websites and sites_done >= max_websites):
            console.note(f"{len(work) - number} sites are left for the next run")
            break
        built = _build(database, one, settings, force=force, skip_segments_today=skip_segments_today)
        console.note(_line(one.site, built) if built else f"site {one.site.idsite} ({one.site.name}): nothing to do")
        count += sum(sum(part.periods.values()) for part in built)
        sites_done += bool(built)
    return ExitCode.DONE if skip_tasks else _run_tasks(database, settings)


EPILOG = options.examples(
    "piwik archive",
    "piwik archive --period week",
    'piwik archive --segment "countryCode==de" --date last30',
    "piwik archive --period range --date 2026-03-01,2026-03-09",
    "piwik archive --invalidate --period month --date 2026-03-01 --cascade",
)

Command = inert_options.accepting(
    with_value=(
        *("--url", "--matomo-domain", "--concurrent-requests-per-website", "--concurrent-archivers"),
        *("--php-cli-options", "--force-report", "--force-timeout-for-periods"),
    ),
    flags=("--accept-invalid-ssl-certificate", "--force-all-websites", "--xhprof"),
)


@dataclass(slots=True)
class _Work:
    """What is to be built of a site, if it is missing."""

    site: Site
    segments: list[str]
    periods: list[Period]


def _build(
    database: Database, work: _Work, settings: Settings, *, force: bool, skip_segments_today: bool
) -> list[Built]:
    from piwikcli.archive.build import ensure

    now = [period for period in work.periods if skip_segments_today and today_of(work.site) in period]
    later = [period for period in work.periods if period not in now]
    sites = [work.site.idsite]
    built = ensure(database, sites, later, work.segments, settings, force=force)
    if now and "" in work.segments:
        built += ensure(database, sites, now, "", settings, force=force)
    return built


def _invalidate(database: Database, work: list[_Work], segment: str | None, cascade: bool) -> int:
    from piwikcli.archive.invalidate import invalidate

    with database.write() as connection:
        count = sum(
            invalidate(
                connection,
                [one.site.idsite],
                one.periods,
                None if segment is None else one.segments[0],
                cascade=cascade,
            )
            for one in work
        )
    console.note(f"{count} archives are out of date now")
    return ExitCode.DONE


def _run_tasks(database: Database, settings: Settings) -> int:
    """Run the tasks that are due. The command has failed when one of them has."""
    from piwikcli.archive.tasks.schedule import run_due
    from piwikcli.commands.tasks import finish, show

    return finish(run_due(database, settings, on_run=show))


def _segments(connection: Connection, site: Site, segment: str | None, stored: str, skip: bool) -> list[str]:
    """What to build of a site: all visits and its stored segments, one segment alone, or some stored ones."""
    if segment is not None:
        from piwikcli.archive.segments import catalogue, define

        return [define(segment, catalogue(connection, site.idsite)).normal]
    if stored:
        return _stored_segments(connection, site, stored)
    if skip:
        return [""]
    from piwikcli.archive.segments.stored import archived

    found = archived(connection, site.idsite)
    for problem in found.problems:
        console.warn(problem)
    return ["", *found.normals]


def _stored_segments(connection: Connection, site: Site, stored: str) -> list[str]:
    from piwikcli.archive.segments import catalogue, define
    from piwikcli.store import segments

    if not all(word.strip().isdigit() for word in stored.split(",")):
        raise UsageError(f"--force-idsegments {stored}: write ids with commas; piwik segments list shows them")
    wanted = [segments.get(connection, int(word)) for word in stored.split(",")]
    known = catalogue(connection, site.idsite)
    return [
        define(one.definition, known).normal for one in wanted if one.idsite in (segments.EVERY_SITE, site.idsite)
    ]


def today_of(site: Site) -> date:
    """The site's local date now."""
    return datetime.now(UTC).astimezone(site.zone).date()


def _line(site: Site, built: list[Built]) -> str:
    counts: dict[str, int] = {}
    for part in built:
        for name, n in part.periods.items():
            counts[name] = counts.get(name, 0) + n
    what = ", ".join(f"{n} {name}{'s' if n != 1 else ''}" for name, n in counts.items())
    seconds = sum(part.seconds for part in built)
    return f"site {site.idsite} ({site.name}): {what or 'nothing'} archived in {seconds:.1f} s"


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
