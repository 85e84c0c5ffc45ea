"""Growing files, through rotation: what to read now. See docs/how-to/follow.md."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from piwikcli.errors import UsageError
from piwikcli.ingest.stream import STDIN


class Followed:
    """A file by its name. The file that had it stays open until another has it and the old one is read to its end."""

    def __init__(self, name: str) -> None:
        if name == STDIN:
            raise UsageError("--follow reads files, not stdin")
        self.name = name
        self._open: int | None = None
        self._seen = (-1, -1)

    def changed(self) -> Iterator[str]:
        """Names under which there is something new: the old file that was renamed or deleted, then the one here."""
        try:
            here = Path(self.name).stat()
        except OSError:
            yield from self._rest()  # between two files
            return
        if self._open is not None and not os.path.samestat(here, os.fstat(self._open)):
            yield from self._rest()
            self.close()
        if self._open is None:
            try:
                self._open = os.open(self.name, os.O_RDONLY)
            except OSError:
                return
            self._seen = (-1, -1)
        yield from self._if_changed(self.name)

    def _rest(self) -> Iterator[str]:
        if self._open is not None:
            yield from self._if_changed(f"/dev/fd/{self._open}")

    def _if_changed(self, name: str) -> Iterator[str]:
        assert self._open is not None
        now = os.fstat(self._open)
        seen = (now.st_size, now.st_mtime_ns)
        if seen != self._seen:
            self._seen = seen
            yield name

    def close(self) -> None:
        if self._open is not None:
            with suppress(OSError):
                os.close(self._open)
        self._open = None
