"""The DuckDB file: opening, locking, transactions, migrations.

DuckDB lets one process write, and then nobody else in; an open reader keeps a writer out too. So nothing
here holds the file open for long: a writer takes an flock beside the database before it reads the state
that it depends on and keeps it until its commit; a reader opens, fetches, closes.
See docs/explanation/importing.md.
"""

from __future__ import annotations

import fcntl
import os
import random
import re
import secrets
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from piwikcli.declared import dataclass
from piwikcli.errors import BusyError, InputError, PiwikError, UsageError

if TYPE_CHECKING:
    import duckdb

    Connection = duckdb.DuckDBPyConnection
else:
    Connection = Any  # the engine is imported when it is needed: what only prepares rows has no database

_OPEN: weakref.WeakSet[Connection] = weakref.WeakSet()


def interrupt_all() -> None:
    """Stop the queries of every open connection; a signal handler calls it, since DuckDB finishes them otherwise."""
    for connection in list(_OPEN):
        connection.interrupt()


_FULL = re.compile(r"No space left on device|[Dd]isk quota exceeded|not enough (?:disk )?space")
_LOCK_WORDS = ("Could not set lock", "Conflicting lock", "different configuration", "being used by another")


LONGEST_WAIT = 0.06
"""Seconds after which whoever waits for the database tries again, at the latest."""


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """Commits when the block ends, rolls back when it raises."""
    connection.execute("BEGIN TRANSACTION")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@dataclass(frozen=True, slots=True)
class Database:
    """A database file and how to open it.

    `lock_timeout` is in seconds; `memory_limit` is DuckDB's notation ("1GB"); `threads` bounds its workers.
    """

    path: Path
    lock_timeout: float = 300
    memory_limit: str | None = None
    threads: int | None = None

    @classmethod
    def at(
        cls,
        path: Path | str,
        *,
        lock_timeout: float = 300,
        memory_limit: str | None = None,
        threads: int | None = None,
    ) -> Database:
        return cls(Path(path), lock_timeout, memory_limit, threads)

    def exists(self) -> bool:
        return self.path.exists()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction under the file lock; creates the database and its schema on first use.

        Commits when the block ends, rolls back when it raises.
        Raises BusyError (naming the holder's PID) when others hold the database longer than `lock_timeout`.
        """
        with self.session() as connection, transaction(connection):
            yield connection

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A connection for several transactions under one file lock; nobody else gets in before it ends.

        Creates the database and its schema on first use. Raises BusyError as `write` does.
        """
        _make_folder(self.path.parent)
        with self._lock() as deadline:
            connection = self._connect(read_only=False, deadline=deadline)
            try:
                _migrate(connection)
                yield connection
            finally:
                connection.close()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only connection to a consistent state. Raises InputError when there is no database yet."""
        if not self.path.exists():
            raise InputError(f"{self.path}: no database yet; import a log first (piwik import-logs LOG)")
        connection = self._connect(read_only=True, deadline=time.monotonic() + self.lock_timeout)
        try:
            if _pending(connection):
                connection.close()
                with self.write():
                    pass
                connection = self._connect(read_only=True, deadline=time.monotonic() + self.lock_timeout)
            yield connection
        finally:
            connection.close()

    def _connect(self, *, read_only: bool, deadline: float) -> Connection:
        import duckdb

        config: dict[str, str | bool | int | float | list[str]] = {}
        if self.memory_limit:
            config["memory_limit"] = self.memory_limit
        if self.threads:
            config["threads"] = self.threads
        while True:
            try:
                connection = duckdb.connect(str(self.path), read_only=read_only, config=config)
            except duckdb.IOException as error:
                text = str(error)
                if not any(word in text for word in _LOCK_WORDS):
                    raise InputError(f"{self.path}: {_first_line(text)}") from error
                if time.monotonic() >= deadline:
                    found = re.search(r"PID (\d+)", text)
                    raise BusyError(self._busy(found[1] if found else "")) from error
                time.sleep(random.uniform(0.01, LONGEST_WAIT))
            except (
                duckdb.SerializationException,
                duckdb.InvalidInputException,
                duckdb.CatalogException,
            ) as error:
                raise PiwikError(f"{self.path}: cannot be opened: {_first_line(str(error))}") from error
            else:
                _OPEN.add(connection)
                connection.execute("SET TimeZone = 'UTC'")
                connection.execute("SET preserve_insertion_order = false" if not read_only else "SELECT 1")
                return connection

    @contextmanager
    def _lock(self) -> Iterator[float]:
        """Hold the flock beside the database; yields the deadline for what is left of the waiting time."""
        deadline = time.monotonic() + self.lock_timeout
        lock = self.path.with_name(self.path.name + ".lock")
        try:
            handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise InputError(f"{self.path}: cannot be written: {error.strerror}") from error
        try:
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        raise BusyError(self._busy(os.pread(handle, 32, 0).decode("ascii", "ignore"))) from None
                    time.sleep(random.uniform(0.01, LONGEST_WAIT))
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
            yield deadline
            os.ftruncate(handle, 0)
        finally:
            os.close(handle)

    def _busy(self, pid: str) -> str:
        holder = f"process {pid}" if pid else "another process"
        return (
            f"{self.path}: busy: {holder} has held it for longer than {self.lock_timeout:g} s "
            "(wait for it, or raise --lock-timeout)"
        )


def explained(error: BaseException) -> PiwikError | None:
    """What an error of the engine's means to a user, where it is no fault of the program; else None."""
    import duckdb

    text = _first_line(str(error))
    if isinstance(error, duckdb.Error) and "Corrupt database file" in text:
        return InputError("the database is damaged: restore a copy, or import the logs into a new one (--db PATH)")
    if isinstance(error, duckdb.Error) and _FULL.search(text):
        return PiwikError(f"no space left for the database; nothing of this transaction was kept ({text})")
    if isinstance(error, duckdb.OutOfMemoryException):
        return PiwikError("out of memory (try a higher --memory-limit or fewer --threads)")
    if isinstance(error, duckdb.IOException):
        return InputError(f"the database cannot be read or written: {text}")
    return None


def keep(connection: Connection) -> None:
    """Commit what a `Database.write` block did so far and go on: a process that is killed later does not lose it."""
    connection.execute("COMMIT")
    connection.execute("BEGIN TRANSACTION")


def one(connection: Connection, sql: str, parameters: Sequence[Any] = ()) -> Any:
    """The first row of a query, or None. (DuckDB's fetchone would leave the result open.)"""
    rows = connection.execute(sql, parameters).fetchall()
    return rows[0] if rows else None


def number(connection: Connection, sql: str, parameters: Sequence[Any] = ()) -> int:
    """The one whole number that a query gives; 0 for none."""
    row = one(connection, sql, parameters)
    return int(row[0]) if row and row[0] is not None else 0


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be created: {error.strerror}") from error


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "unknown error"


def _migrations() -> list[tuple[str, str]]:
    files = sorted(Path(__file__).with_name("migrations").glob("*.sql"))
    return [(file.stem, file.read_text(encoding="utf-8")) for file in files]


def _applied(connection: Connection) -> set[str]:
    import duckdb

    try:
        found = connection.execute("SELECT name FROM migration").fetchall()
    except duckdb.CatalogException:  # a new file; looking into information_schema takes longer than most reports
        return set()
    return {name for (name,) in found}


def _pending(connection: Connection) -> bool:
    done = _applied(connection)
    return any(name not in done for name, _ in _migrations())


def _migrate(connection: Connection) -> None:
    """Apply the dated migrations that this file has not had yet, each in a transaction of its own."""
    done = _applied(connection)
    if not done and (table := one(connection, "SELECT min(table_name) FROM duckdb_tables()")[0]):
        raise UsageError(f"the database is something else's (it has a table {table}); name another file with --db")
    known = _migrations()
    newer = done - {name for name, _ in known}
    if newer:
        raise PiwikError(
            f"the database was made by a newer piwikcli (it has {max(newer)}); upgrade piwikcli to use it"
        )
    for name, sql in known:
        if name in done:
            continue
        connection.execute("BEGIN TRANSACTION")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migration (name VARCHAR PRIMARY KEY, applied TIMESTAMP NOT NULL)"
        )
        connection.execute(sql)
        connection.execute("INSERT INTO migration VALUES (?, now()::TIMESTAMP)", [name])
        connection.execute("INSERT OR IGNORE INTO option VALUES ('visitors.secret', ?)", [secrets.token_hex(16)])
        connection.execute("COMMIT")
