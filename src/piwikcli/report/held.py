"""What the tables of one answer take, so that a map of many tables is made as one of many rows is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from piwikcli.report.sorted_rows import TemporaryFile


class Held:
    """How many rows are in memory, and the file of the rows that are not."""

    def __init__(self) -> None:
        self.rows = 0
        self._file: TemporaryFile | None = None

    @property
    def file(self) -> TemporaryFile:
        if self._file is None:
            from piwikcli.report.sorted_rows import TemporaryFile

            self._file = TemporaryFile()
        return self._file
