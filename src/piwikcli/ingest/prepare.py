"""prepare: a file's bytes -> requests, piece by piece, without a database.

Each piece passes named steps: read, parse, enrich; `importer` commits what comes out. A preparer runs in the
importing process or in a worker beside it, with the same result. See docs/explanation/importing.md.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from importlib import resources
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from piwikcli.errors import InputError
from piwikcli.ingest import ledger
from piwikcli.ingest.enrich import Enricher
from piwikcli.ingest.formats import Choice
from piwikcli.ingest.lookups.location import Locator
from piwikcli.ingest.parse import parse
from piwikcli.ingest.parsing.family import LogFormat
from piwikcli.ingest.parsing.fields import Reading
from piwikcli.ingest.parsing.hits import Parsed, Reject
from piwikcli.ingest.parsing.lines import PADDING
from piwikcli.ingest.privacy import OPEN, Privacy
from piwikcli.ingest.rules import Rules
from piwikcli.ingest.sitebook import SiteBook, SiteOptions
from piwikcli.ingest.stream import HEAD, TAIL, Chunk, LogStream
from piwikcli.ingest.summary import IMPORTED
from piwikcli.ingest.variables import Variables
from piwikcli.lists.definitions import Definitions
from piwikcli.store.sites import Site

PIECE_BYTES = 24 << 20
"""Log text is parsed in pieces of this size, which stay near the processor; a batch has several."""


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
    """A chunk that is read, parsed and enriched, and waits for its commit. Offsets count bytes."""

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


def make_enricher(options: ImportOptions) -> Enricher:
    """An enricher for a run with these options; it still needs a book of sites."""
    return Enricher(
        options.rules,
        Definitions.load(options.data_dir),
        Locator(options.geoip),
        encoding=options.reading.encoding,
        ai_assistants=options.ai_assistants,
        spammers=spammers(options.data_dir),
        privacy=options.privacy,
    )


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


@dataclass(frozen=True, slots=True)
class _Begun:
    """A file whose first chunk is parsed before its job is there."""

    name: str
    head: bytes
    log_format: str
    stream: LogStream
    chunks: Iterator[Chunk]
    first: Chunk
    parsed: Parsed

    def is_for(self, job: Job) -> bool:
        """Whether that is how the job begins."""
        whole = job.offset == 0 and job.line == 1 and job.wanted is None and job.options.piece_lines is None
        return whole and (job.name, job.head, job.log_format) == (self.name, self.head, self.log_format)


class HitPreparer(Preparer):
    """Prepares logs whose lines are hits and no more."""

    def __init__(self, options: ImportOptions) -> None:
        super().__init__(options)
        self._enricher = make_enricher(options)
        self._begun: _Begun | None = None

    def begin(self, name: str) -> None:
        """Parse the first lines of a file that will probably be imported from its beginning.

        What is wrong with the file is left to the job.
        """
        with suppress(InputError), ExitStack() as opened:
            stream = LogStream(name)
            opened.callback(stream.close)
            head = stream.head(HEAD)
            log_format = self._options.choice.find(name, head)
            chunks = self._chunks(stream)
            for first in chunks:
                parsed = self._parse(first, log_format, 1)
                self._enricher.look_up(parsed.hits)
                self._begun = _Begun(name, head, log_format.key, stream, chunks, first, parsed)
                opened.pop_all()
                return

    def _open(self, job: Job) -> LogStream:
        if self._begun is not None:
            if self._begun.is_for(job):
                return self._begun.stream
            self._begun.stream.close()
            self._begun = None
        return super()._open(job)

    def _chunks(self, stream: LogStream) -> Iterator[Chunk]:
        options = self._options
        return stream.chunks(min(options.batch_bytes, PIECE_BYTES), options.max_line_bytes, padding=PADDING)

    def _parse(self, chunk: Chunk, log_format: LogFormat, line: int) -> Parsed:
        """The hits of a chunk whose first line has this number."""
        options, now = self._options, int(time.time())
        return parse(chunk, log_format, options.reading, first_line=line, now=now, max_line=options.max_line_bytes)

    def _pieces(self, job: Job, stream: LogStream) -> Iterator[Piece]:
        line, log_format = job.line, self._options.choice.again(job.log_format)
        known = len(job.book.created)
        begun, self._begun = self._begun, None
        self._enricher.use(job.book)
        chunks = chain([begun.first], begun.chunks) if begun is not None else self._chunks(stream)
        for chunk in while_wanted(chunks, job, stream.tail):
            if begun is not None and chunk is begun.first:
                parsed = begun.parsed
            else:
                parsed = self._parse(chunk, log_format, line)
            log_format = parsed.log_format or log_format
            if job.first_line > line:
                parsed = parsed.from_line(job.first_line)
            line += parsed.lines
            batch = self._enricher(parsed.hits)
            fates = ledger.fates_of(parsed, batch)
            job.count(fates)
            yield Piece(
                size=chunk.size,
                end=chunk.offset + chunk.size,
                tail=chunk.tail,
                lines=parsed.lines,
                last_line=parsed.last_line_offset,
                unterminated=ledger.last_fate(parsed, batch) if chunk.unterminated else "",
                batch=batch,
                fates=fates,
                rejects=parsed.rejects,
                log_format=log_format.key,
                created=job.book.created[known:],
                consumed=stream.consumed(),
            )


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


def spammers(data_dir: Path | None) -> list[str]:
    """Hosts of referrer spam; `spammers.txt` in the data folder replaces the built-in list."""
    own = data_dir / "spammers.txt" if data_dir else None
    path = own if own is not None and own.is_file() else resources.files("piwikcli.lists") / "spammers.txt"
    return [line.strip().lower() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
