"""Many transactions in a row, without keeping the database from others for long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from piwikcli.store.database import LONGEST_WAIT, Connection, Database, transaction

HOLD = 3.0
"""Seconds for which the database stays open from one transaction to the next: opening and closing it costs as
much as writing some ten thousand rows."""


class Turns:
    """Transactions of one long job. After HOLD seconds everybody who waits for the database gets a turn.

    The block closes the database at its end.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._open = ExitStack()
        self._connection: Connection | None = None
        self._since = 0.0

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """As `Database.write`; the database may stay open afterwards."""
        if self._connection is not None and time.monotonic() - self._since > HOLD:
            self._close()
            time.sleep(LONGEST_WAIT)  # whoever waits tries at least that often
        if self._connection is None:
            self._connection = self._open.enter_context(self._database.session())
            self._since = time.monotonic()
        with transaction(self._connection):
            yield self._connection

    def __enter__(self) -> Turns:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        self._connection = None
        self._open.close()
