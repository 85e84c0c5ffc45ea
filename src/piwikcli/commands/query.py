"""`piwik query`: read-only SQL over the views of requests, visits, actions, conversions and records."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from piwikcli.commands import options, output, reporting
from piwikcli.errors import UsageError

if TYPE_CHECKING:
    from piwikcli.store import Database


def command(
    sql: Annotated[str | None, typer.Argument(metavar="SQL", help="One SELECT; - reads it from stdin.")] = None,
    format: reporting.FormatOption = None,
    file: options.OutputOption = None,
    keep_formulas: reporting.KeepFormulasOption = False,
    list_views: Annotated[bool, typer.Option("--list", help="The views, with their columns.")] = False,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
    memory_limit: options.MemoryLimitOption = None,
    threads: options.ThreadsOption = None,
) -> None:
    """Answer a question in SQL: DuckDB's dialect, over views of what is stored.

    Nothing can be changed, and SQL reaches neither files nor the network.
    """
    if list_views:
        _list(format, file)
        return
    if sql is None:
        raise UsageError("say what to ask: piwik query SQL (piwik query --list shows the views)")
    if sql == "-":
        sql = sys.stdin.read()
    chosen = reporting.output_format(format, file)
    if chosen == "rss":
        raise UsageError("rss is for reports of several dates; use another format")
    settings = options.load_settings(db=db, lock_timeout=lock_timeout)
    database = options.open_database(settings, memory_limit=memory_limit, threads=threads)
    found = _answer(database, sql)
    if chosen == "parquet":
        _write_parquet(found, file)
        return
    from piwikcli.report.render import RenderOptions, write
    from piwikcli.report.results import table_of

    on_screen = file is None and sys.stdout.isatty()
    render_options = RenderOptions(
        keep_formulas=keep_formulas,
        color=on_screen and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
        width=shutil.get_terminal_size().columns if on_screen else None,
    )
    table = table_of(found, nested_as_text=chosen not in ("json", "ndjson", "xml"))
    with output.output(file, binary=True) as stream:
        write(table, chosen, stream, method="query", options=render_options)
        if chosen in reporting.UNENDED:
            stream.write(b"\n")


def _answer(database: Database, sql: str) -> Any:
    """All rows as an Arrow table; the database is closed before anything is written, so that it can be written to."""
    from piwikcli.store.views import answer, querying

    with querying(database) as connection:
        return answer(connection, sql)


def _write_parquet(found: Any, file: Path | None) -> None:
    import pyarrow.parquet as pq

    with output.output(file, binary=True) as stream:
        pq.write_table(found, stream, compression="zstd")


def _list(format: str | None, file: Path | None) -> None:
    from piwikcli.store.views import views

    rows = [
        {"view": view.name, "a row per": view.grain, "column": name, "meaning": meaning}
        for view in views()
        for name, meaning in view.columns.items()
    ]
    chosen = output.list_format(format, file)
    output.write_list(rows, tuple(rows[0]), chosen, file, table=("view", "column", "meaning"))
