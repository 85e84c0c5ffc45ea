"""Jobs: what is to be read, and the pieces that come of it, in the importing process or in a worker beside it.

See docs/explanation/importing.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from piwikcli.errors import InputError
from piwikcli.ingest import ledger
from piwikcli.ingest.exclude_requests import ExcludedRequest
from piwikcli.ingest.formats import Choice
from piwikcli.ingest.parsing.fields import Reading
from piwikcli.ingest.parsing.hits import Reject
from piwikcli.ingest.privacy import OPEN, Privacy
from piwikcli.ingest.rules import Rules
from piwikcli.ingest.sitebook import SiteBook, SiteOptions
from piwikcli.ingest.stream import TAIL, Chunk, LogStream
from piwikcli.ingest.summary import IMPORTED
from piwikcli.ingest.variables import Variables
from piwikcli.store.sites import Site


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What an import run is told. Sizes are bytes, times seconds."""

    rules: Rules = field(default_factory=Rules)
    sites: SiteOptions = field(default_factory=SiteOptions)
    choice: Choice = field(default_factory=Choice)
    reading: Reading = field(default_factory=Reading)
    variables: Variables = field(default_factory=Variables)
    suffix: str = ""
    """Parameters that every request gets, as a query string."""
    limit: int | None = None
    """So many requests of the run are imported; what follows is left for another."""
    piece_lines: int | None = None
    """No more lines a piece."""
    skip: int = 0
    """So many lines of the run are left out."""
    geoip: Path | None = None
    data_dir: Path | None = None
    daily_salt: bool = True
    privacy: Privacy = OPEN
    look_back: int = 1800
    ai_assistants: bool = True
    exclude_requests: tuple[ExcludedRequest, ...] = ()
    batch_bytes: int = 72 << 20
    max_line_bytes: int = 1 << 20
    tracker_files: tuple[str, ...] = ("piwik.php", "matomo.php")
    """What paths of tracking requests end with, in an endpoint's log."""
    dry_run: bool = False
    described: str = "{}"
    """The options as JSON, kept with the import."""


@dataclass(slots=True)
class Job:
    """A file to prepare, from a byte offset of its content on."""

    name: str
    head: bytes
    """What the content begins with: whoever opens the file again makes sure that it is the same."""
    offset: int
    line: int
    """Number of the first line there."""
    first_line: int
    """Lines before this one are left out (`--skip`)."""
    log_format: str
    """Key of the format there."""
    options: ImportOptions
    book: SiteBook
    preparer: type[Preparer]
    """What prepares it."""
    configured: Any = None
    """What else is configured that it needs; may be sent to another process."""
    wanted: int | None = None
    """How many requests are; the rest is left. None: all there are."""
    truncated: bool = False
    """Set at the end: whether the compressed data ended early."""

    def count(self, fates: ledger.Fates) -> None:
        """Requests that a piece had are no longer wanted."""
        if self.wanted is not None:
            self.wanted -= fates[IMPORTED, ""]


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk that is read, parsed and enriched, and waits for its commit. Offsets count bytes.

    `size`, `end` and `tail` are the chunk's: see `of`.
    """

    size: int
    end: int
    tail: bytes
    lines: int
    last_line: int
    """Offset of the last line."""
    unterminated: str
    """Fate of that line when it has no newline yet, else empty."""
    batch: Any
    """Requests as the import's enricher makes them: of logs a `Batch`."""
    fates: ledger.Fates
    rejects: list[Reject]
    log_format: str
    """Key of the format of what follows."""
    created: list[Site]
    """Sites that the job's hosts have made so far."""
    consumed: int
    """Compressed bytes read so far."""

    @classmethod
    def of(cls, chunk: Chunk, **columns: Any) -> Piece:
        """The piece of a chunk, with its other columns."""
        return cls(size=chunk.size, end=chunk.offset + chunk.size, tail=chunk.tail, **columns)


class Preparer(ABC):
    """Prepares the files of one run; what it has looked at is remembered from file to file.

    A batch's vocabulary goes to another process as an empty one, and what is in it as news: see `worker`.
    """

    def __init__(self, options: ImportOptions) -> None:
        self._options = options

    def __call__(self, job: Job, stream: LogStream | None = None) -> Iterator[Piece]:
        """The file's pieces. `stream` stands at the job's offset; without it the file is opened.

        Raises InputError when the file cannot be read or is no longer the one that the job was made for.
        """
        if stream is not None:
            yield from self._pieces(job, stream)
            return
        stream = self._open(job)
        try:
            yield from self._pieces(job, stream)
        finally:
            job.truncated = stream.truncated
            stream.close()

    def _open(self, job: Job) -> LogStream:
        """The job's file, at its offset."""
        stream = LogStream(job.name)
        if stream.head(len(job.head)) != job.head:
            stream.close()
            raise InputError(f"{job.name}: was replaced while it was read; run the import again")
        stream.skip_to(job.offset)
        return stream

    @abstractmethod
    def _pieces(self, job: Job, stream: LogStream) -> Iterator[Piece]:
        """The pieces of a stream that stands at the job's offset."""


def while_wanted(chunks: Iterator[Chunk], job: Job, before: bytes) -> Iterator[Chunk]:
    """The chunks, cut to `piece_lines`; where only so many requests are wanted, to no more lines, until none is.

    A request is a line at least. Whoever gets a chunk counts its requests (`Job.count`) before asking for the next.
    `before` is what stands before the first, as far as `Chunk.tail` wants it.
    """
    at_most = job.options.piece_lines
    for chunk in chunks:
        if chunk.oversize or (job.wanted is None and at_most is None):
            yield chunk
            before = chunk.tail
            continue
        ends = np.flatnonzero(np.frombuffer(chunk.buffer, np.uint8, chunk.size) == 10) + 1
        ends = np.append(ends, chunk.size) if chunk.unterminated else ends
        at = line = 0
        while at < chunk.size:
            if job.wanted is not None and job.wanted <= 0:
                return
            line = min(line + (job.wanted or len(ends)), line + (at_most or len(ends)), len(ends))
            end = int(ends[line - 1])
            data = bytes(chunk.buffer[at:end])
            before = (before + data)[-TAIL:]
            unterminated = chunk.unterminated and end == chunk.size
            yield Chunk(chunk.offset + at, data, len(data), unterminated, tail=before)
            at = end
