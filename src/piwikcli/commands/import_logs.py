"""`piwik import-logs`: access logs into visits."""

from __future__ import annotations

import glob
import json
import os
import time
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from piwikcli.commands import console, inert_options, log_values, options, output
from piwikcli.commands.log_options import LogOptions
from piwikcli.errors import ExitCode, InputError, UsageError

if TYPE_CHECKING:
    from piwikcli.ingest.formats import Choice
    from piwikcli.ingest.importer import Importer
    from piwikcli.ingest.jobs import ImportOptions
    from piwikcli.ingest.rules import Rules
    from piwikcli.ingest.summary import Summary
    from piwikcli.ingest.worker import Worker
    from piwikcli.settings import Settings

FOLLOW_SECONDS = 2.0
"""Between two looks at files that are followed."""


@options.grouped
def command(
    logs: Annotated[
        list[str],
        typer.Argument(metavar="LOG...", help="Files, globs, folders; .gz .bz2 .zst .xz; - is stdin."),
    ],
    lines: LogOptions,
    skip: Annotated[int, typer.Option("--skip", metavar="N", min=0, help="Leave out the first N lines.")] = 0,
    geoip: options.GeoipOption = None,
    data_dir: options.DataDirOption = None,
    debug_request_limit: Annotated[
        int | None,
        typer.Option("--debug-request-limit", metavar="N", min=1, help="Stop after N requests.", show_default=False),
    ] = None,
    dump_log_regex: Annotated[
        bool, typer.Option("--dump-log-regex", help="Print the format as --log-format-regex takes it, and stop.")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on reading what the files get, through rotation.")
    ] = False,
    dry_run: options.DryRunOption = False,
    summary_json: options.SummaryJsonOption = False,
    max_rejects: options.MaxRejectsOption = None,
    max_line_bytes: options.MaxLineBytesOption = 1 << 20,
    batch_bytes: options.BatchBytesOption = 72 << 20,
    output_file: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="Append stdout and stderr to FILE.",
            show_default=False,
            callback=output.append_all_to,
            expose_value=False,
        ),
    ] = None,
    memory_limit: options.MemoryLimitOption = None,
    threads: options.ThreadsOption = None,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> int:
    """Import access logs: each line once, however often the command runs."""
    settings = options.load_settings(
        {"geoip.database": geoip, "data_dir": data_dir}, db=db, lock_timeout=lock_timeout
    )
    allowed = log_values.max_rejects(max_rejects)
    from piwikcli.ingest.files import expand
    from piwikcli.ingest.worker import beside

    names = expand(logs)
    if dump_log_regex:
        return _dump(names, lines.choice)
    with beside(names, threads) as worker:  # first of all: both processes import what they need at the same time
        chosen = lines.import_options(
            settings,
            limit=debug_request_limit,
            skip=skip,
            batch_bytes=batch_bytes,
            max_line_bytes=max_line_bytes,
            dry_run=dry_run,
            described=json.dumps({"logs": logs, "idsite": lines.idsite, "rules": _described(lines.rules)}),
        )
        if worker is not None and not lines.replay_tracking:
            worker.begin(chosen, names)
        from piwikcli.ingest.tracking.logs import LogImporter

        importer: type[Importer] = LogImporter
        if lines.replay_tracking:
            from piwikcli.ingest.tracking.importer import ReplayImporter as importer
        if follow:
            return _follow(settings, importer, chosen, names, memory_limit, threads, as_json=summary_json)
        summary = run(settings, chosen, names, memory_limit, threads, worker, importer)
    return report(summary, allowed, as_json=summary_json)


Command = inert_options.Command
EPILOG = options.examples(
    "piwik import-logs access.log",
    "piwik import-logs --idsite 1 /var/log/nginx/access.log*",
    "zcat old.log.gz | piwik import-logs --idsite 1 -",
    "piwik import-logs --log-format '$remote_addr [$time_local] \"$request\" $status' access.log",
)


def run(
    settings: Settings,
    chosen: ImportOptions,
    names: list[str],
    memory_limit: str | None,
    threads: int | None,
    worker: Worker | None,
    importer: type[Importer] | None = None,
) -> Summary:
    """Import files, with progress on a terminal; `importer` is another one than that of logs."""
    if importer is None:
        from piwikcli.ingest.importer import Importer as importer

    if worker is not None and threads is None:
        threads = max((os.cpu_count() or 2) - 1, 1)  # one processor is the worker's
    database = options.open_database(settings, memory_limit=memory_limit, threads=threads)
    total = sum(Path(name).stat().st_size for name in names if Path(name).is_file())
    before = dict.fromkeys(names, 0)
    with console.progress(total or None, names[0] if names else "") as bar:

        def advance(name: str, consumed: int, of: int, lines: int) -> None:
            before[name] = consumed
            bar.describe(Path(name).name)
            bar.update(sum(before.values()), lines)

        return (importer or Importer)(database, chosen, advance, worker).run(names)


def _dump(names: list[str], choice: Choice) -> int:
    """Print the regular expression of each format that the files are in."""
    from piwikcli.ingest.stream import LogStream

    told: set[str] = set()
    for name in names:
        stream = LogStream(name)
        log_format = choice.find(name, stream.head(1 << 16))
        stream.close()
        found = log_format.expression
        if found is None:
            raise UsageError(
                f"{name}: no regular expression describes JSON; --log-format-name {log_format.name} reads it"
            )
        console.note(f"{name}: {log_format.name}")
        if unsaid := sorted(log_format.unsaid):
            console.note(f"the expression takes {', '.join(unsaid)} as they stand; {log_format.name} decodes them")
        if found not in told:
            output.line(found)
        told.add(found)
    return ExitCode.DONE


def _follow(
    settings: Settings,
    importer: type[Importer],
    chosen: ImportOptions,
    names: list[str],
    memory_limit: str | None,
    threads: int | None,
    *,
    as_json: bool,
) -> int:
    """Read on until a signal ends the command; what it has done is told then, what goes wrong at once."""
    if chosen.dry_run:
        raise UsageError("--follow keeps what it reads; it is no --dry-run")
    for name in names:
        if name == "-":
            raise UsageError("--follow reads files, not stdin")
        if not Path(name).exists():
            if glob.has_magic(name):
                raise InputError(f"{name}: matches no file; --follow reads files by their names")
            console.note(f"{name}: is not there yet; waiting for it")
        elif not os.access(name, os.R_OK):
            raise InputError(f"{name}: permission denied")
    running = importer(options.open_database(settings, memory_limit=memory_limit, threads=threads), chosen)
    told: list[str] = []

    def pause() -> bool:
        for problem in running.summary.problems[len(told) :]:
            console.error(problem)
            told.append(problem)
        time.sleep(FOLLOW_SECONDS)
        return True

    try:
        running.follow(names, pause)
    finally:
        report(running.summary, None, as_json=as_json, told=told)
    return ExitCode.DONE


def report(summary: Summary, allowed: tuple[float, bool] | None, *, as_json: bool, told: Collection[str] = ()) -> int:
    """Print the summary, but for problems that were told before; the exit code of it."""
    for note in summary.notes:
        console.note(note)
    for idsite, name, url in summary.sites_created:
        if summary.dry_run:
            console.note(f"site {idsite} would be created: {name} ({url}, UTC)")
            continue
        console.note(f"site {idsite} created: {name} ({url}, UTC); change it with piwik sites update {idsite}")
    if summary.unknown_hosts:
        hosts = ", ".join(sorted(summary.unknown_hosts)[:10])
        console.note(
            f"no site has these hosts: {hosts}; for their lines run it again with --add-sites-new-hosts and"
            " --hostname HOST for each"
        )
    console.note(summary.line())
    if as_json:
        output.line(json.dumps(summary.as_json(), ensure_ascii=False))
    for problem in summary.problems:
        if problem not in told:
            console.error(problem)
    rejected = summary.outcome("rejected")
    if allowed is not None:
        number, percent = allowed
        if rejected > (number / 100 * summary.lines if percent else number):
            console.error(f"{rejected:,} lines were rejected, more than --max-rejects allows; see table reject")
            return ExitCode.REJECTS
    return ExitCode.INPUT if summary.problems else ExitCode.DONE


def _described(rules: Rules) -> dict[str, Any]:
    values = {name: getattr(rules, name) for name in rules.__slots__}
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in values.items()}
