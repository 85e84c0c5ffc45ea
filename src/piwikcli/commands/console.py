"""The only module that writes stderr: messages, warnings, errors and the progress bar.

What is shown depends on `state`: `-q` silences all but errors, `--no-progress` the bar, which also needs a
terminal that can redraw a line. See docs/reference/cli.md.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from piwikcli.declared import dataclass

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import Task, TaskID
    from rich.text import Text


@dataclass(slots=True)
class State:
    """How much this process says."""

    quiet: bool = False
    progress: bool = True
    debug: bool = False
    bar: Bar | None = None
    """The bar on the screen; messages are printed above it."""


state = State()


def reset() -> None:
    """Back to what a new process says; `PIWIK_DEBUG=1` is `--debug`."""
    state.quiet, state.progress, state.bar = False, True, None
    state.debug = os.environ.get("PIWIK_DEBUG", "").lower() not in ("", "0", "false", "no", "off")


def note(text: str) -> None:
    """A message for the user: what was done or decided. Silent with -q."""
    if not state.quiet:
        _write(text)


def warn(text: str) -> None:
    """Something to look at that does not stop the command. Silent with -q."""
    if not state.quiet:
        _write(f"piwik: {_styled('warning:', '33')} {text}")


def error(text: str) -> None:
    """Why the command failed, as one line; shown with -q too."""
    _write(f"piwik: {' '.join(text.split())}")


def traceback(failure: BaseException) -> None:
    """Where the command failed, for --debug."""
    from traceback import format_exception

    _write("".join(format_exception(failure)).rstrip())


def is_terminal() -> bool:
    """Whether stderr is a terminal that can move its cursor (`TERM=dumb` can't)."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def _styled(word: str, code: str) -> str:
    coloured = is_terminal() and not os.environ.get("NO_COLOR") and state.bar is None
    return f"\x1b[{code}m{word}\x1b[0m" if coloured else word


def _write(text: str) -> None:
    if state.bar is not None:
        state.bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        return
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except BrokenPipeError:
        # whoever listened to the messages has gone; the work goes on
        # open for as long as the process lives
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


class Progress:
    """What an import reports while it runs. This one shows nothing."""

    def update(self, done: int, lines: int) -> None:
        """`done` bytes of the total and `lines` lines are behind us."""

    def describe(self, text: str) -> None:
        """What is being read now (a file's name)."""


class _BarProgress(Progress):
    def __init__(self, bar: Bar, task: TaskID) -> None:
        self._bar = bar
        self._task = task

    def update(self, done: int, lines: int) -> None:
        self._bar.update(self._task, completed=done, lines=lines)

    def describe(self, text: str) -> None:
        self._bar.update(self._task, description=text)


@contextmanager
def progress(total: int | None, description: str = "") -> Iterator[Progress]:
    """A bar of bytes done out of `total` (None: unknown), lines a second and time left, or nothing at all.

    Only on a terminal, and neither with --no-progress nor -q.
    """
    if state.quiet or not state.progress or not is_terminal():
        yield Progress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress
    from rich.text import Text

    class LineRate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(line_rate(int(task.fields["lines"]), task.elapsed))

    bar = RichProgress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        LineRate(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task(description, total=total, lines=0)
        state.bar = bar
        try:
            yield _BarProgress(bar, task)
        finally:
            state.bar = None


def line_rate(lines: int, seconds: float | None) -> str:
    """`12,345 lines/s`; an em dash before there is a rate."""
    return f"{lines / seconds:,.0f} lines/s" if lines and seconds else "— lines/s"
