"""`piwik explain`: what a log line becomes."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from piwikcli.commands import log_values, options, output
from piwikcli.errors import InputError, UsageError

if TYPE_CHECKING:
    from piwikcli.ingest.explain import Explained


def command(
    lines: Annotated[
        list[str] | None,
        typer.Argument(metavar="LINE...", help="Log lines, a header before those of a W3C log; none or -: stdin."),
    ] = None,
    idsite: Annotated[
        int | None, typer.Option("--idsite", metavar="N", help="They belong to site N.", show_default=False)
    ] = None,
    log_format_name: Annotated[
        str | None, typer.Option("--log-format-name", metavar="NAME", help="Don't detect it.", show_default=False)
    ] = None,
    log_format: Annotated[
        str | None,
        typer.Option("--log-format", metavar="STRING", help="nginx's or Apache's format string.", show_default=False),
    ] = None,
    log_format_regex: Annotated[
        str | None,
        typer.Option("--log-format-regex", metavar="REGEX", help="With named groups.", show_default=False),
    ] = None,
    log_date_format: Annotated[
        str | None, typer.Option("--log-date-format", metavar="FORM", help="strptime's form.", show_default=False)
    ] = None,
    log_timezone: Annotated[
        str | None,
        typer.Option("--log-timezone", metavar="ZONE", help="Of times without a zone.", show_default=False),
    ] = None,
    w3c_fields: Annotated[
        str | None, typer.Option("--w3c-fields", metavar="LINE", help="The #Fields line.", show_default=False)
    ] = None,
    enable_static: Annotated[bool, typer.Option("--enable-static", help="Count images, css, js, fonts.")] = False,
    enable_bots: Annotated[bool, typer.Option("--enable-bots", help="Count bots.")] = False,
    enable_http_errors: Annotated[bool, typer.Option("--enable-http-errors", help="Count 4xx and 5xx.")] = False,
    enable_http_redirects: Annotated[bool, typer.Option("--enable-http-redirects", help="Count 3xx.")] = False,
    style: Annotated[str, typer.Option("--format", metavar="text|json", help="Text, or an object a line.")] = "text",
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """Say what log lines become. Nothing is stored."""
    if style not in ("text", "json"):
        raise UsageError(f"--format: {style!r} is neither text nor json")
    settings = options.load_settings(db=db, lock_timeout=lock_timeout)
    text = _read() if lines in (None, [], ["-"]) else "\n".join(lines or ()).encode("utf-8", "surrogateescape")
    if not text.strip():
        raise InputError("there is no line to explain")
    from piwikcli.ingest.explain import Explainer
    from piwikcli.ingest.formats import Choice
    from piwikcli.ingest.parsing.fields import Reading
    from piwikcli.ingest.prepare import ImportOptions
    from piwikcli.ingest.rules import Rules
    from piwikcli.ingest.sitebook import SiteOptions

    chosen = ImportOptions(
        rules=Rules(
            enable_static=enable_static,
            enable_bots=enable_bots,
            enable_http_errors=enable_http_errors,
            enable_http_redirects=enable_http_redirects,
        ),
        sites=SiteOptions(idsite),
        choice=Choice(log_format_name, log_format_regex, log_format, w3c_fields),
        reading=Reading(log_values.timezone(log_timezone), log_date_format),
        geoip=settings.path("geoip.database"),
        data_dir=settings.path("data_dir"),
        daily_salt=settings.text("visitors.salt") == "daily",
        look_back=settings.integer("visitors.look_back"),
        ai_assistants=settings.flag("referrers.ai_assistants"),
        dry_run=True,
    )
    for one in Explainer(options.open_database(settings), chosen).explain(text):
        if style == "json":
            output.line(json.dumps(asdict(one), ensure_ascii=False, default=str))
        else:
            for shown in _shown(one):
                output.line(shown)


def _read() -> bytes:
    return sys.stdin.buffer.read()


def _shown(one: Explained) -> list[str]:
    """The lines of a readable answer."""
    out = [one.content, f"  format    {one.log_format}"]
    out += _block("fields", one.fields)
    out.append(f"  fate      {one.outcome}{f': {one.reason}' if one.reason else ''}")
    out += _block("request", one.request)
    out += _block("visit", one.visit)
    out += [f"  {'reports' if not n else '':9} {report}" for n, report in enumerate(one.reports)]
    return [*out, ""]


def _block(title: str, values: dict[str, Any]) -> list[str]:
    width = max(map(len, values), default=0)
    return [f"  {title if not n else '':9} {name:{width}}  {value}" for n, (name, value) in enumerate(values.items())]
