"""`piwik import-requests`: dumps of tracking requests into visits, goals and orders."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from piwikcli.commands import log_values, options
from piwikcli.commands.import_logs import report, run


def command(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Files, globs, folders; .gz .bz2 .zst .xz; - is stdin."),
    ],
    idsite: Annotated[
        int | None,
        typer.Option("--idsite", metavar="N", help="Site of requests without idsite.", show_default=False),
    ] = None,
    geoip: options.GeoipOption = None,
    data_dir: options.DataDirOption = None,
    dry_run: options.DryRunOption = False,
    summary_json: options.SummaryJsonOption = False,
    max_rejects: options.MaxRejectsOption = None,
    max_line_bytes: options.MaxLineBytesOption = 16 << 20,
    batch_bytes: options.BatchBytesOption = 128 << 20,
    memory_limit: options.MemoryLimitOption = None,
    threads: options.ThreadsOption = None,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> int:
    """Import tracking requests: query strings, URLs, JSON, bulk JSON, or an endpoint's access log.

    The kind of each file is recognised by its content. Each request counts once, however often the command runs.
    """
    settings = options.load_settings(
        {"geoip.database": geoip, "data_dir": data_dir}, db=db, lock_timeout=lock_timeout
    )
    allowed = log_values.max_rejects(max_rejects)
    from piwikcli.ingest.files import expand
    from piwikcli.ingest.worker import beside

    names = expand(files)
    with beside(names, threads) as worker:
        from piwikcli.ingest.exclude_requests import excluded_requests
        from piwikcli.ingest.jobs import ImportOptions
        from piwikcli.ingest.privacy import Privacy
        from piwikcli.ingest.sitebook import SiteOptions
        from piwikcli.ingest.tracking.importer import TrackingImporter

        chosen = ImportOptions(
            sites=SiteOptions(idsite),
            geoip=settings.path("geoip.database"),
            data_dir=settings.path("data_dir"),
            daily_salt=settings.text("visitors.salt") == "daily",
            privacy=Privacy.of(settings),
            look_back=settings.integer("visitors.look_back"),
            ai_assistants=settings.flag("referrers.ai_assistants"),
            exclude_requests=excluded_requests(settings.words("tracking.exclude_requests")),
            batch_bytes=batch_bytes,
            max_line_bytes=max_line_bytes,
            dry_run=dry_run,
            described=json.dumps({"requests": files, "idsite": idsite}),
        )
        summary = run(settings, chosen, names, memory_limit, threads, worker, TrackingImporter)
    return report(summary, allowed, as_json=summary_json)


EPILOG = options.examples(
    "piwik import-requests --idsite 1 requests.jsonl",
    "piwik import-requests matomo-access.log.gz",
    "cat bulk.json | piwik import-requests -",
)
