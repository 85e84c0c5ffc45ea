"""Every error that a user can meet, and the exit code it ends with.

    PiwikError                 1  failed
    ├── UsageError             2  wrong option, wrong configuration
    ├── BusyError              4  the database is locked by another process
    └── InputError             5  input missing, unreadable, truncated or in no known format

Each message is one line: what happened, where, and what to do next. `docs/reference/cli.md` lists the codes.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """The process's exit status."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REJECTS = 3
    BUSY = 4
    INPUT = 5
    HANGUP = 129
    INTERRUPTED = 130
    TERMINATED = 143


class PiwikError(Exception):
    """Something failed; the message says what and what to do next."""

    exit_code = ExitCode.FAILED


class UsageError(PiwikError):
    """A wrong option, parameter or configuration value."""

    exit_code = ExitCode.USAGE


class BusyError(PiwikError):
    """Another process holds the database for longer than `--lock-timeout`."""

    exit_code = ExitCode.BUSY


class InputError(PiwikError):
    """An input file is missing, unreadable, truncated or in no known format."""

    exit_code = ExitCode.INPUT


def nearest(word: str, known: Iterable[str]) -> str:
    """`" Did you mean X?"` for the known word most like `word`, or an empty string."""
    names = list(known)
    lower = {name.lower(): name for name in names}
    found = difflib.get_close_matches(word.lower(), list(lower), n=1, cutoff=0.6)
    return f" Did you mean {lower[found[0]]}?" if found else ""
