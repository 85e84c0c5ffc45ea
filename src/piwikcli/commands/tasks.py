"""`piwik tasks`: what is done on a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from piwikcli.commands import console, options, output
from piwikcli.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from piwikcli.archive.tasks.schedule import Ran

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

_COLUMNS = ("name", "schedule", "priority", "active", "next_run", "last_run", "output")


@app.command("list", epilog=options.examples("piwik tasks list", "piwik tasks list --format json"))
def list_(
    format_: options.ListFormatOption = None, path: options.OutputOption = None, db: options.DbOption = None
) -> int:
    """Show every task, when it runs next, and what it did last. Times are UTC."""
    settings = options.load_settings(db=db)
    from piwikcli.archive.tasks.schedule import timetable

    with options.open_database(settings).read() as connection:
        entries = timetable(connection, settings)
    rows = [
        {
            "name": entry.task.name,
            "schedule": entry.task.schedule,
            "priority": entry.task.priority,
            "active": entry.active,
            "next_run": entry.next_run,
            "last_run": entry.last_run,
            "output": entry.output,
        }
        for entry in entries
    ]
    output.write_list(rows, _COLUMNS, output.list_format(format_, path), path)
    return ExitCode.DONE


@app.command(epilog=options.examples("piwik tasks run", "piwik tasks run PrivacyManager.deleteLogData"))
def run(
    name: Annotated[str | None, typer.Argument(metavar="[TASK]", help="This one, due or not.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Every active task, due or not.")] = False,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> int:
    """Run the tasks that are due, or one."""
    settings = options.load_settings(db=db, lock_timeout=lock_timeout)
    database = options.open_database(settings)
    from piwikcli.archive.tasks.schedule import run_due, run_named

    if name is None:
        done = run_due(database, settings, force=force, on_run=show)
        if done == []:
            console.note("no task is due")
    else:
        done = run_named(database, settings, name, on_run=show)
    return finish(done)


def show(ran: Ran) -> None:
    """Say what a task did."""
    text = f"{ran.name}: {ran.output} ({ran.seconds:.1f} s)"
    if ran.failed:
        console.warn(text)
    else:
        console.note(text)


def finish(done: Sequence[Ran] | None) -> int:
    """The exit code of tasks that ran."""
    if done is None:
        console.note("another process runs the tasks")
        return ExitCode.DONE
    return ExitCode.FAILED if any(ran.failed for ran in done) else ExitCode.DONE
