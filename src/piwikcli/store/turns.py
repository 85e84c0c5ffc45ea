"""The transactions of one job: each by itself, many in a row, or all of it as a rehearsal."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from piwikcli.store.database import LONGEST_WAIT, Connection, Database, transaction

HOLD = 3.0
"""Seconds for which the database stays open from one transaction to the next: opening and closing it costs as
much as writing some ten thousand rows."""


class Turns:
    """Opens the database for each transaction, and closes it at the end of the block in any case.

    With `together` it stays open for the next one, which follows soon; after HOLD seconds everybody who waits for
    the database gets a turn. A `rehearsal` is one transaction that is rolled back, in a database that is thrown
    away where there is none yet.
    """

    def __init__(self, database: Database, *, together: bool = False, rehearsal: bool = False) -> None:
        self._database = database
        self._together = together
        self._rehearsal = rehearsal
        self._open = ExitStack()
        self._connection: Connection | None = None
        self._since = 0.0

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Commits when the block ends, rolls back when it raises; a rehearsal's takes part in the one of all."""
        if self._rehearsal:
            assert self._connection is not None
            yield self._connection
        elif not self._together:
            with self._database.write() as connection:
                yield connection
        else:
            if self._connection is not None and time.monotonic() - self._since > HOLD:
                self._close()
                time.sleep(LONGEST_WAIT)  # whoever waits tries at least that often
            if self._connection is None:
                self._connection = self._open.enter_context(self._database.session())
                self._since = time.monotonic()
            with transaction(self._connection):
                yield self._connection

    def __enter__(self) -> Turns:
        if self._rehearsal:
            database = self._database
            if not database.exists():
                folder = self._open.enter_context(tempfile.TemporaryDirectory(prefix="piwik-"))
                database = replace(database, path=Path(folder) / "rehearsal.duckdb")
            self._connection = self._open.enter_context(database.session())
            self._connection.execute("BEGIN TRANSACTION")
            self._open.callback(self._connection.execute, "ROLLBACK")
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        self._connection = None
        self._open.close()
