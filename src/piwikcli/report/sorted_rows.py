"""Rows of tables in a temporary file, each table in the order of `sorting.sort_table`.

SQLite, which comes with Python, sorts them: outside of memory, and without Arrow, which DuckDB needs to take
Python's rows in numbers.
"""

from __future__ import annotations

import pickle
import sqlite3
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

from piwikcli.report.numeric import is_numeric, number
from piwikcli.report.sorting import natural_key
from piwikcli.report.table import DataTable, Row

Key = tuple[Any, ...]
_MEMORY = 16 << 10
"""KiB of the file that are kept in memory."""
_LARGEST = 1 << 63


class TemporaryFile:
    """What the tables of an answer are kept in. It is gone with the last of them."""

    def __init__(self) -> None:
        # "" is a file that SQLite removes itself, when it is closed or the process ends
        self.connection = sqlite3.connect("", isolation_level=None)
        weakref.finalize(self, self.connection.close)
        for setting in (f"cache_size = -{_MEMORY}", "journal_mode = OFF", "synchronous = OFF", "temp_store = FILE"):
            self.connection.execute(f"PRAGMA {setting}")
        self._tables = 0

    def name(self) -> str:
        """The name of one more table."""
        self._tables += 1
        return f"rows{self._tables}"


class SortedRows:
    """Add all rows, then read them, as often as needed.

    What `sort_table` decides by the whole table is decided by the first rows that say it: which column sorts it
    (`nb_visits` where the first row lacks the wanted one), and whether that is a number.
    """

    def __init__(self, column: str | None, *, descending: bool, file: TemporaryFile | None = None) -> None:
        self._column, self._descending = column, descending
        self._decided = not column
        self._numeric: bool | None = False if column == "label" else None
        self._count = 0
        self._sorted = False
        self._file = file or TemporaryFile()
        self._execute = self._file.connection.execute
        self._name = self._file.name()
        self._execute(f"CREATE TABLE given_{self._name} (summary, first, second, width, natural, label, body)")

    def __len__(self) -> int:
        return self._count

    def key(self, row: Row) -> Key:
        """What the row is sorted by, to be given with what is to be kept of it."""
        if row.is_summary:
            return 1, None, None, 0, b"", b""
        if not self._decided:
            self._decide(row)
        if not self._column:
            return 0, None, None, 0, b"", b""
        value = row.columns.get(self._column)
        if self._numeric is None and value is not None and value != "":
            self._numeric = is_numeric(value)
        text = _text(row.columns.get("label"))
        natural, label = _bytes(natural_key(text)), _bytes(text)
        if self._numeric is False:
            return 0, None if value is None else _bytes(natural_key(_text(value))), None, 0, natural, label
        second: Any = row.columns.get("nb_visits")
        if self._column == "nb_visits":
            second = None if row.columns.get("label") is None else natural
        else:
            second = None if second is None else _number(second)
        return 0, None if value is None else _number(value), second, len(row.columns), natural, label

    def _decide(self, row: Row) -> None:
        self._decided = True
        if row.columns.get(self._column or "") is None:
            self._column = "nb_visits"
        if row.columns.get(self._column or "") is None:
            self._column = None  # the order stays

    def add(self, keys: Sequence[Key], rows: Sequence[Row]) -> None:
        """Keep these rows under their keys."""
        given = ((*key, _packed(row)) for key, row in zip(keys, rows, strict=True))
        self._execute("BEGIN")
        self._file.connection.executemany(f"INSERT INTO given_{self._name} VALUES (?, ?, ?, ?, ?, ?, ?)", given)
        self._execute("COMMIT")
        self._count += len(keys)

    def read(self, offset: int = 0, count: int = -1) -> Iterator[Row]:
        """The rows in their order, `count` of them (-1: all) after the first `offset` ones."""
        if not self._sorted:
            self._sort()
        last = self._count if count < 0 else offset + count
        found = self._execute(f"SELECT body FROM {self._name} WHERE rowid > ? AND rowid <= ?", [offset, last])
        return (_unpacked(body) for (body,) in found)

    def _sort(self) -> None:
        first = "DESC" if self._descending else "ASC"
        # of rows with as many visits the labels run the other way; other columns come before visits in the same one
        second = {"DESC": "ASC", "ASC": "DESC"}[first] if self._column == "nb_visits" else first
        self._execute(
            f"""
            CREATE TABLE {self._name} AS SELECT body FROM given_{self._name}
            ORDER BY summary, first IS NULL, first {first}, second IS NULL, second {second},
                     width, natural, label, rowid
            """
        )
        self._execute(f"DROP TABLE given_{self._name}")
        self._sorted = True


def _packed(row: Row) -> bytes:
    return pickle.dumps(_parts(row), pickle.HIGHEST_PROTOCOL)


def _unpacked(body: bytes) -> Row:
    return _row(pickle.loads(body))


def _parts(row: Row) -> tuple[Any, ...]:
    below = row.subtable and ([_parts(one) for one in row.subtable.rows], row.subtable.metadata)
    return row.columns, row.metadata, row.idsubtable, below, row.is_summary


def _row(parts: tuple[Any, ...]) -> Row:
    columns, metadata, idsubtable, below, is_summary = parts
    subtable = below and DataTable([_row(one) for one in below[0]], below[1])
    return Row(columns, metadata, idsubtable, subtable, is_summary)


def _number(value: Any) -> int | float:
    found = number(value)
    return found if isinstance(found, float) or -_LARGEST <= found < _LARGEST else float(found)


def _bytes(text: str) -> bytes:
    """The text so that bytes compare as its characters do, lone surrogates too."""
    return text.encode("utf-8", "surrogatepass")


def _text(value: Any) -> str:
    return "" if value is None else str(value)
