"""`piwik import-requests`: dumps of tracking requests into visits, goals and orders."""

from __future__ import annotations

import json
from pathlib import Path
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
    geoip: Annotated[
        Path | None,
        typer.Option(
            "--geoip",
            metavar="FILE",
            help="A .mmdb database of places (setting geoip.database).",
            show_default=False,
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data-dir", metavar="DIR", help="Newer referrer lists (setting data_dir).", show_default=False
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Everything but the commit.")] = False,
    summary_json: Annotated[bool, typer.Option("--summary-json", help="The summary as JSON on stdout.")] = False,
    max_rejects: Annotated[
        str | None,
        typer.Option(
            "--max-rejects",
            metavar="N|P%",
            help="More rejected requests end with exit code 3.",
            show_default=False,
        ),
    ] = None,
    max_line_bytes: Annotated[
        int, typer.Option("--max-line-bytes", metavar="N", min=256, help="A longer line is rejected.")
    ] = 16 << 20,
    batch_bytes: Annotated[
        int, typer.Option("--batch-bytes", metavar="N", min=1, help="Text between two commits.")
    ] = 128 << 20,
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
    from piwikcli.ingest.prepare import ImportOptions
    from piwikcli.ingest.sitebook import SiteOptions
    from piwikcli.ingest.tracking.importer import TrackingImporter

    chosen = ImportOptions(
        sites=SiteOptions(idsite),
        geoip=settings.path("geoip.database"),
        data_dir=settings.path("data_dir"),
        daily_salt=settings.text("visitors.salt") == "daily",
        ip_mask=settings.integer("privacy.ip_mask"),
        look_back=settings.integer("visitors.look_back"),
        ai_assistants=settings.flag("referrers.ai_assistants"),
        batch_bytes=batch_bytes,
        max_line_bytes=max_line_bytes,
        dry_run=dry_run,
        described=json.dumps({"requests": files, "idsite": idsite}),
    )
    summary = run(settings, chosen, expand(files), memory_limit, threads, None, TrackingImporter)
    return report(summary, allowed, as_json=summary_json)


EPILOG = options.examples(
    "piwik import-requests --idsite 1 requests.jsonl",
    "piwik import-requests matomo-access.log.gz",
    "cat bulk.json | piwik import-requests -",
)
