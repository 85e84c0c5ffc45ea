"""Scheduled tasks as data: what is done again and again, and when. See docs/reference/tasks.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from piwikcli.declared import dataclass

if TYPE_CHECKING:
    from datetime import datetime

    from piwikcli.settings import Settings
    from piwikcli.store import Database

Schedule = Literal["hourly", "daily", "weekly", "monthly"]

HIGHEST, HIGH, NORMAL, LOW, LOWEST = 0, 3, 6, 9, 12
"""Priorities: of the tasks that are due, those with the smallest run first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something that is done on a schedule.

    `name` is `Module.task`. `run` is `package.module:function`, imported when the task is due; the function takes
    a `TaskRun` and returns, in one line, what it did. It takes the database for itself as long as it needs it.
    A task with `settings` does nothing, and is not due, while all of them have their default.
    """

    name: str
    schedule: Schedule
    run: str
    help: str
    priority: int = NORMAL
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskRun:
    """What a task works with; `now` is UTC without a time zone."""

    database: Database
    settings: Settings
    now: datetime
