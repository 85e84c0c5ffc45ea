"""`piwik import-logs`: access logs into visits."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from piwikcli.commands import console, inert_options, log_values, options, output
from piwikcli.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from piwikcli.ingest.importer import Importer
    from piwikcli.ingest.prepare import ImportOptions
    from piwikcli.ingest.rules import Rules
    from piwikcli.ingest.summary import Summary
    from piwikcli.ingest.worker import Worker
    from piwikcli.settings import Settings

Many = list[str] | None
FOLLOW_SECONDS = 2.0
"""Between two looks at files that are followed."""


def _many(*names: str, help: str, metavar: str = "GLOB") -> Any:
    return typer.Option(*names, help=help, metavar=metavar, show_default=False)


def command(
    logs: Annotated[
        list[str],
        typer.Argument(metavar="LOG...", help="Files, globs, folders; .gz .bz2 .zst .xz; - is stdin."),
    ],
    idsite: Annotated[
        int | None,
        typer.Option("--idsite", metavar="N", help="Everything belongs to site N.", show_default=False),
    ] = None,
    idsite_fallback: Annotated[
        int | None,
        typer.Option("--idsite-fallback", metavar="N", help="Site of hosts that no site has.", show_default=False),
    ] = None,
    add_sites_new_hosts: Annotated[
        bool, typer.Option("--add-sites-new-hosts", help="Make a site for every unknown host.")
    ] = False,
    log_format_name: Annotated[
        str | None,
        typer.Option("--log-format-name", metavar="NAME", help="Don't detect the format.", show_default=False),
    ] = None,
    log_format: Annotated[
        str | None, _many("--log-format", help="nginx's or Apache's format string.", metavar="STRING")
    ] = None,
    log_format_regex: Annotated[
        str | None, _many("--log-format-regex", help="A line's fields as named groups.", metavar="REGEX")
    ] = None,
    log_date_format: Annotated[
        str | None, _many("--log-date-format", help="strptime's form of its dates.", metavar="FORM")
    ] = None,
    log_timezone: Annotated[
        str | None, _many("--log-timezone", help="Of times without a zone (UTC).", metavar="ZONE")
    ] = None,
    trusted_proxies: Annotated[
        Many, _many("--trusted-proxies", help="Whose X-Forwarded-For is believed.", metavar="NETWORK")
    ] = None,
    w3c_fields: Annotated[
        str | None, _many("--w3c-fields", help="The #Fields line of a log without one.", metavar="LINE")
    ] = None,
    w3c_map_field: Annotated[
        Many, _many("--w3c-map-field", help="Another name of a column.", metavar="MINE=USUAL")
    ] = None,
    w3c_field_regex: Annotated[
        Many, _many("--w3c-field-regex", help="A column's values, with a named group.", metavar="COLUMN=REGEX")
    ] = None,
    w3c_time_taken_millisecs: Annotated[
        bool, typer.Option("--w3c-time-taken-millisecs", help="time-taken is in milliseconds.")
    ] = False,
    ignore_groups: Annotated[
        str | None, _many("--ignore-groups", help="Fields that mean nothing otherwise.", metavar="A,B")
    ] = None,
    regex_group_to_page_cvar: Annotated[
        Many, _many("--regex-group-to-page-cvar", help="A page's custom variable.", metavar="FIELD=NAME")
    ] = None,
    regex_group_to_visit_cvar: Annotated[
        Many, _many("--regex-group-to-visit-cvar", help="A visit's.", metavar="FIELD=NAME")
    ] = None,
    track_http_method: Annotated[
        str | None, _many("--track-http-method", help="Page variable HTTP-method.", metavar="yes|no")
    ] = None,
    skip: Annotated[int, typer.Option("--skip", metavar="N", min=0, help="Leave out the first N lines.")] = 0,
    enable_static: Annotated[bool, typer.Option("--enable-static", help="Count images, css, js, fonts.")] = False,
    enable_bots: Annotated[bool, typer.Option("--enable-bots", help="Count bots.")] = False,
    enable_http_errors: Annotated[bool, typer.Option("--enable-http-errors", help="Count 4xx and 5xx.")] = False,
    enable_http_redirects: Annotated[
        bool, typer.Option("--enable-http-redirects", help="Count 3xx (304 always counts).")
    ] = False,
    hostname: Annotated[Many, _many("--hostname", help="Only these hosts; again for more.")] = None,
    include_host: Annotated[Many, _many("--include-host", help="Only this host.", metavar="HOST")] = None,
    exclude_host: Annotated[Many, _many("--exclude-host", help="Not this host.", metavar="HOST")] = None,
    include_path: Annotated[Many, _many("--include-path", help="Only these paths.")] = None,
    include_path_from: Annotated[
        Path | None, _many("--include-path-from", help="Such paths, one a line.", metavar="FILE")
    ] = None,
    exclude_path: Annotated[Many, _many("--exclude-path", help="Not these paths.")] = None,
    exclude_path_from: Annotated[
        Path | None, _many("--exclude-path-from", help="Such paths, one a line.", metavar="FILE")
    ] = None,
    useragent_exclude: Annotated[
        Many, _many("--useragent-exclude", help="Not user agents that contain this.", metavar="TEXT")
    ] = None,
    download_extensions: Annotated[
        str | None, _many("--download-extensions", help="What counts as a download.", metavar="A,B")
    ] = None,
    add_download_extensions: Annotated[
        str | None, _many("--add-download-extensions", help="What counts too.", metavar="A,B")
    ] = None,
    exclude_older_than: Annotated[
        str | None, _many("--exclude-older-than", help="'YYYY-MM-DD hh:mm:ss ±HHMM'.", metavar="TIME")
    ] = None,
    exclude_newer_than: Annotated[
        str | None, _many("--exclude-newer-than", help="'YYYY-MM-DD hh:mm:ss ±HHMM'.", metavar="TIME")
    ] = None,
    strip_query_string: Annotated[bool, typer.Option("--strip-query-string", help="Drop queries.")] = False,
    query_string_delimiter: Annotated[
        str, typer.Option("--query-string-delimiter", metavar="C", help="Where the path ends.")
    ] = "?",
    force_lowercase_path: Annotated[
        bool, typer.Option("--force-lowercase-path", help="Lower-case paths and queries.")
    ] = False,
    add_to_date: Annotated[int, typer.Option("--add-to-date", metavar="SECONDS", help="Shift all times.")] = 0,
    log_hostname: Annotated[
        str | None, _many("--log-hostname", help="The host of every line.", metavar="HOST")
    ] = None,
    title_category_delimiter: Annotated[
        str, typer.Option("--title-category-delimiter", metavar="C", help="In the titles of errors.")
    ] = "/",
    encoding: Annotated[str, typer.Option("--encoding", metavar="NAME", help="Of the log.")] = "utf8",
    replay_tracking: Annotated[
        bool, typer.Option("--replay-tracking", help="The logs are of a tracking endpoint: replay its requests.")
    ] = False,
    replay_tracking_expected_tracker_file: Annotated[
        str | None,
        _many("--replay-tracking-expected-tracker-file", help="What the endpoint's path ends with.", metavar="NAME"),
    ] = None,
    geoip: Annotated[
        Path | None,
        _many("--geoip", help="A .mmdb database of places (setting geoip.database).", metavar="FILE"),
    ] = None,
    data_dir: Annotated[
        Path | None, _many("--data-dir", help="Newer referrer lists (setting data_dir).", metavar="DIR")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on reading what the files get, through rotation.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Everything but the commit.")] = False,
    summary_json: Annotated[bool, typer.Option("--summary-json", help="The summary as JSON on stdout.")] = False,
    max_rejects: Annotated[
        str | None,
        _many("--max-rejects", help="More rejected lines end with exit code 3.", metavar="N|P%"),
    ] = None,
    max_line_bytes: Annotated[
        int, typer.Option("--max-line-bytes", metavar="N", min=256, help="A longer line is rejected.")
    ] = 1 << 20,
    batch_bytes: Annotated[
        int, typer.Option("--batch-bytes", metavar="N", min=1, help="Log text between two commits.")
    ] = 72 << 20,
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
    with beside(names, threads) as worker:  # first of all: both processes import what they need at the same time
        from piwikcli.ingest.rules import DOWNLOADS, Rules

        extensions = DOWNLOADS if download_extensions is None else frozenset(log_values.words(download_extensions))
        rules = Rules(
            enable_static=enable_static,
            enable_bots=enable_bots,
            enable_http_errors=enable_http_errors,
            enable_http_redirects=enable_http_redirects,
            hostnames=tuple(hostname or ()),
            include_hosts=tuple(include_host or ()),
            exclude_hosts=tuple(exclude_host or ()),
            include_paths=(*(include_path or ()), *log_values.lines(include_path_from, "--include-path-from")),
            exclude_paths=(*(exclude_path or ()), *log_values.lines(exclude_path_from, "--exclude-path-from")),
            exclude_agents=tuple(useragent_exclude or ()),
            download_extensions=extensions | frozenset(log_values.words(add_download_extensions or "")),
            exclude_older_than=log_values.moment(exclude_older_than, "--exclude-older-than"),
            exclude_newer_than=log_values.moment(exclude_newer_than, "--exclude-newer-than"),
            strip_query_string=strip_query_string,
            query_string_delimiter=log_values.delimiter(query_string_delimiter),
            force_lowercase_path=force_lowercase_path,
            add_to_date=add_to_date,
            log_hostname=log_hostname.lower() if log_hostname else None,
            title_delimiter=title_category_delimiter,
        )
        from piwikcli.ingest.formats import Choice
        from piwikcli.ingest.parsing.addresses import Proxies
        from piwikcli.ingest.parsing.fields import Reading
        from piwikcli.ingest.prepare import ImportOptions
        from piwikcli.ingest.sitebook import SiteOptions
        from piwikcli.ingest.tracking.logs import LogImporter
        from piwikcli.ingest.variables import Variables

        if log_date_format is not None and log_format_regex is None:
            raise UsageError("--log-date-format needs --log-format-regex")
        choice = Choice(
            name=log_format_name if log_format_regex is None else None,
            regex=log_format_regex,
            string=log_format,
            w3c_fields=w3c_fields,
            w3c_names=log_values.pairs(
                [p for text in w3c_map_field or () for p in text.split(",")], "--w3c-map-field"
            ),
            w3c_matchers=log_values.pairs(w3c_field_regex, "--w3c-field-regex"),
            w3c_milliseconds=w3c_time_taken_millisecs,
        )
        variables = Variables(
            tuple(log_values.pairs(regex_group_to_page_cvar, "--regex-group-to-page-cvar").items()),
            tuple(log_values.pairs(regex_group_to_visit_cvar, "--regex-group-to-visit-cvar").items()),
            log_values.flag(track_http_method, "--track-http-method"),
        )
        choice.given()  # a wrong option is said before anything is read
        chosen = ImportOptions(
            rules=rules,
            sites=SiteOptions(idsite, idsite_fallback, add_sites_new_hosts),
            choice=choice,
            reading=Reading(
                timezone=log_values.timezone(log_timezone),
                date_format=log_date_format,
                encoding=log_values.encoding(encoding),
                query_delimiter=query_string_delimiter.encode(),
                extra=variables.fields,
                ignored=frozenset(log_values.words(ignore_groups or "")),
                proxies=Proxies.of([network for text in trusted_proxies or () for network in text.split(",")]),
            ),
            variables=variables,
            skip=skip,
            geoip=settings.path("geoip.database"),
            data_dir=settings.path("data_dir"),
            daily_salt=settings.text("visitors.salt") == "daily",
            ip_mask=settings.integer("privacy.ip_mask"),
            look_back=settings.integer("visitors.look_back"),
            ai_assistants=settings.flag("referrers.ai_assistants"),
            batch_bytes=batch_bytes,
            max_line_bytes=max_line_bytes,
            dry_run=dry_run,
            described=json.dumps({"logs": logs, "idsite": idsite, "rules": _described(rules)}),
        )
        importer: type[Importer] = LogImporter
        if replay_tracking:
            from piwikcli.ingest.tracking.importer import ReplayImporter as importer

            if (ending := replay_tracking_expected_tracker_file) is not None:
                chosen = replace(chosen, tracker_files=(ending.lower(),))
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

    database = options.open_database(settings, memory_limit=memory_limit, threads=threads)
    total = sum(Path(name).stat().st_size for name in names if Path(name).is_file())
    before = dict.fromkeys(names, 0)
    with console.progress(total or None, names[0] if names else "") as bar:

        def advance(name: str, consumed: int, of: int, lines: int) -> None:
            before[name] = consumed
            bar.describe(Path(name).name)
            bar.update(sum(before.values()), lines)

        return (importer or Importer)(database, chosen, advance, worker).run(names)


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
    """Read on until a signal ends the command; what it has done is told then."""
    if chosen.dry_run:
        raise UsageError("--follow keeps what it reads; it is no --dry-run")
    running = importer(options.open_database(settings, memory_limit=memory_limit, threads=threads), chosen)

    def pause() -> bool:
        time.sleep(FOLLOW_SECONDS)
        return True

    try:
        running.follow(names, pause)
    finally:
        report(running.summary, None, as_json=as_json)
    return ExitCode.DONE


def report(summary: Summary, allowed: tuple[float, bool] | None, *, as_json: bool) -> int:
    """Print the summary; the exit code of it."""
    for note in summary.notes:
        console.note(note)
    for idsite, name, url in summary.sites_created:
        console.note(f"site {idsite} created: {name} ({url}, UTC); change it with piwik sites update {idsite}")
    if summary.unknown_hosts:
        hosts = ", ".join(sorted(summary.unknown_hosts)[:10])
        console.note(f"no site has these hosts: {hosts} (see --idsite-fallback, --add-sites-new-hosts)")
    console.note(summary.line())
    if as_json:
        output.line(json.dumps(summary.as_json(), ensure_ascii=False))
    for problem in summary.problems:
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
