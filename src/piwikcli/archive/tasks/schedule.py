"""The timetable of scheduled tasks, kept in the database. Rules: docs/reference/tasks.md.

A task's next time is stored before it runs, so that one that dies is not run over and over. One process runs tasks at
a time: the others find the lock taken and go on.
"""

from __future__ import annotations

import calendar
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module

from piwikcli import plugins
from piwikcli.errors import PiwikError, UsageError, nearest
from piwikcli.plugins.api import Task, TaskRun
from piwikcli.plugins.api.tasks import Schedule
from piwikcli.settings import SETTINGS, Settings
from piwikcli.store import Connection, Database, number
from piwikcli.store.options import option, set_option

_REMEMBERED = "tasks.known"

RETRIES = 3
"""How often a task that failed is tried again an hour later, before it waits for its next turn."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A task in the timetable. `next_run` is None until it is scheduled."""

    task: Task
    active: bool
    next_run: datetime | None
    last_run: datetime | None
    output: str | None
    failures: int


@dataclass(frozen=True, slots=True)
class Ran:
    """A task that ran: how long it took, and what it did or why it failed."""

    name: str
    seconds: float
    output: str
    failed: bool


def next_run(schedule: Schedule, now: datetime) -> datetime:
    """When a task that runs at `now` is to run again: on the hour, or at midnight UTC."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    if schedule == "hourly":
        return hour + timedelta(hours=1)
    midnight = hour.replace(hour=0)
    if schedule == "monthly":
        year, month = now.year + now.month // 12, now.month % 12 + 1
        return midnight.replace(year=year, month=month, day=min(now.day, calendar.monthrange(year, month)[1]))
    return midnight + timedelta(days=7 if schedule == "weekly" else 1)


def timetable(connection: Connection, settings: Settings) -> list[Entry]:
    """Every task there is, in the order in which they would run."""
    found = connection.execute("SELECT name, next_run, last_run, output, failures FROM task").fetchall()
    known = {name: values for name, *values in found}
    entries = []
    for task in sorted(plugins.tasks(), key=lambda task: task.priority):
        after, last, output, failures = known.get(task.name, (None, None, None, 0))
        entries.append(Entry(task, _is_active(task, settings), after, last, output, failures))
    return entries


def _is_active(task: Task, settings: Settings) -> bool:
    return not task.settings or any(settings.get(name) != SETTINGS[name].default_value() for name in task.settings)


def run_due(
    database: Database,
    settings: Settings,
    now: datetime | None = None,
    *,
    force: bool = False,
    on_run: Callable[[Ran], None] | None = None,
) -> list[Ran] | None:
    """Run the tasks that are due, by priority, or with `force` all; None when another process is at it.

    A task that is new, or was switched on since, is only scheduled. Nothing is written when nothing is due.
    """
    now = _now(now)
    if not database.exists():
        return []
    with database.read() as connection:
        if not force and _nothing_due(connection, settings, now):
            return []
        entries = timetable(connection, settings)
        gone = _stale(connection, entries)
    todo = [entry for entry in entries if entry.active and (force or _is_due(entry, now))]
    fresh = [entry for entry in entries if entry.active and entry.next_run is None]
    with _alone(database) as alone:
        if not alone:
            return None
        with database.write() as connection:
            connection.execute("DELETE FROM task WHERE list_contains(?::VARCHAR[], name)", [gone])
            for entry in fresh:
                _store(connection, entry.task.name, next_run(entry.task.schedule, now))
            set_option(connection, _REMEMBERED, _known(settings))
        return _run(database, settings, [entry.task for entry in todo], now, on_run)


def _nothing_due(connection: Connection, settings: Settings, now: datetime) -> bool:
    """Whether the timetable is that of these plugins and settings, and no task's time has come.

    Importing every plugin to learn that would be most of what `piwik archive` does when it has nothing to do.
    """
    if option(connection, _REMEMBERED) != _known(settings):
        return False
    return number(connection, "SELECT count(*) FROM task WHERE next_run <= ?", [now]) == 0


def _known(settings: Settings) -> str:
    """Changes when there may be other tasks, or others are switched on."""
    values = [str(settings.get(name)) for name in SETTINGS if name.startswith(("lists.", "retention.", "privacy."))]
    return f"{';'.join(values)} {plugins.code_state()}"


def run_named(
    database: Database,
    settings: Settings,
    name: str,
    now: datetime | None = None,
    *,
    on_run: Callable[[Ran], None] | None = None,
) -> list[Ran] | None:
    """Run one task now, due or not. Raises UsageError for a name that there isn't."""
    tasks = {task.name: task for task in plugins.tasks()}
    if name not in tasks:
        raise UsageError(f"there is no task {name}.{nearest(name, tasks)} piwik tasks list shows all.")
    with _alone(database) as alone:
        return _run(database, settings, [tasks[name]], _now(now), on_run) if alone else None


def _now(now: datetime | None) -> datetime:
    return (now or datetime.now(UTC)).replace(tzinfo=None, microsecond=0)


def _is_due(entry: Entry, now: datetime) -> bool:
    return entry.next_run is not None and now >= entry.next_run


def _stale(connection: Connection, entries: Sequence[Entry]) -> list[str]:
    """Entries of tasks that there are no more or that are switched off."""
    active = [entry.task.name for entry in entries if entry.active]
    found = connection.execute("SELECT name FROM task WHERE NOT list_contains(?::VARCHAR[], name)", [active])
    return [name for (name,) in found.fetchall()]


def _run(
    database: Database,
    settings: Settings,
    tasks: Sequence[Task],
    now: datetime,
    on_run: Callable[[Ran], None] | None,
) -> list[Ran]:
    done = []
    for task in tasks:
        with database.write() as connection:
            _store(connection, task.name, next_run(task.schedule, now))
        ran = _run_one(TaskRun(database, settings, now), task)
        with database.write() as connection:
            _remember(connection, ran, now)
        done.append(ran)
        if on_run:
            on_run(ran)
    return done


def _run_one(run: TaskRun, task: Task) -> Ran:
    started = time.monotonic()
    module, _, function = task.run.partition(":")
    try:
        output, failed = str(getattr(import_module(module), function)(run)), False
    except (PiwikError, OSError, ValueError) as error:
        output, failed = f"ERROR: {error}", True
    return Ran(task.name, time.monotonic() - started, output, failed)


def _store(connection: Connection, name: str, after: datetime) -> None:
    connection.execute(
        "INSERT INTO task (name, next_run, failures) VALUES ($1, $2, 0) "
        "ON CONFLICT (name) DO UPDATE SET next_run = excluded.next_run",
        [name, after],
    )


def _remember(connection: Connection, ran: Ran, now: datetime) -> None:
    connection.execute(
        "UPDATE task SET last_run = $2, seconds = $3, output = $4, "
        "failures = CASE WHEN $5 THEN failures + 1 ELSE 0 END WHERE name = $1",
        [ran.name, now, round(ran.seconds, 3), ran.output, ran.failed],
    )
    connection.execute(
        "UPDATE task SET next_run = least(next_run, $2::TIMESTAMP + INTERVAL 1 HOUR) "
        "WHERE name = $1 AND failures BETWEEN 1 AND $3",
        [ran.name, now, RETRIES],
    )


@contextmanager
def _alone(database: Database) -> Iterator[bool]:
    """Whether no other process runs tasks of this database meanwhile."""
    handle = os.open(database.path.with_name(database.path.name + ".tasks.lock"), os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)
