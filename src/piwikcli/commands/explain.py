"""`piwik explain`: what a log line or a tracking request becomes."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from piwikcli.commands import options, output
from piwikcli.commands.log_options import LogOptions
from piwikcli.errors import InputError, UsageError

if TYPE_CHECKING:
    from piwikcli.ingest.explain import Explained


@options.grouped
def command(
    lines: LogOptions,
    texts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="LINE...",
            help="Log lines, a header before those of a W3C log, or tracking requests; none or -: stdin.",
        ),
    ] = None,
    style: Annotated[str, typer.Option("--format", metavar="text|json", help="Text, or an object a line.")] = "text",
    geoip: options.GeoipOption = None,
    data_dir: options.DataDirOption = None,
    max_line_bytes: options.MaxLineBytesOption = 1 << 20,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> None:
    """Say what log lines and tracking requests become. Nothing is stored."""
    if style not in ("text", "json"):
        raise UsageError(f"--format: {style!r} is neither text nor json")
    settings = options.load_settings(
        {"geoip.database": geoip, "data_dir": data_dir}, db=db, lock_timeout=lock_timeout
    )
    text = _read() if texts in (None, [], ["-"]) else "\n".join(texts or ()).encode("utf-8", "surrogateescape")
    if not text.strip():
        raise InputError("there is no line to explain")
    from piwikcli.ingest.explain import explain

    chosen = lines.import_options(settings, max_line_bytes=max_line_bytes, dry_run=True)
    for one in explain(options.open_database(settings), chosen, text, replay=lines.replay_tracking):
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
