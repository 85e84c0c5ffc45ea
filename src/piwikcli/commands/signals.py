"""Signals that end a command: the running transaction rolls back and the exit code names the signal."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from piwikcli.errors import ExitCode


class Stopped(BaseException):
    """A signal asked the process to end. Not an Exception, so that no handler of failures swallows it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


ENDINGS: dict[int, tuple[str, ExitCode]] = {
    signal.SIGINT: ("interrupted", ExitCode.INTERRUPTED),
    signal.SIGTERM: ("terminated", ExitCode.TERMINATED),
    signal.SIGHUP: ("hung up", ExitCode.HANGUP),
}


@contextmanager
def stopping() -> Iterator[list[int]]:
    """Turn the first signal into Stopped, so that transactions roll back; a second one ends the process.

    Yields the signals received: an engine in the middle of a query may wrap Stopped in an error of its own.
    What is ignored from outside (nohup) stays ignored.
    """
    received: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        received.append(number)
        for other in previous:
            signal.signal(other, signal.SIG_DFL)
        # without it DuckDB would first finish the query that it is in; not imported: no database is open
        interrupt = getattr(sys.modules.get("piwikcli.store.database"), "interrupt_all", None)
        if interrupt is not None:
            interrupt()
        raise Stopped(number)

    previous = {number: signal.getsignal(number) for number in ENDINGS}
    previous = {number: handler for number, handler in previous.items() if handler is not signal.SIG_IGN}
    for number in previous:
        signal.signal(number, stop)
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
