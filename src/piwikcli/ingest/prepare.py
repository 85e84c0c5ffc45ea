"""prepare: a file's bytes -> requests, piece by piece, without a database.

Each piece passes named steps: read, parse, enrich; `importer` commits what comes out. A preparer runs in the
importing process or in a worker beside it, with the same result. See docs/explanation/importing.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib import resources
from itertools import chain
from pathlib import Path

from piwikcli.errors import InputError
from piwikcli.ingest import ledger
from piwikcli.ingest.enrich import Enricher
from piwikcli.ingest.jobs import ImportOptions, Job, Piece, Preparer, while_wanted
from piwikcli.ingest.lookups.location import Locator
from piwikcli.ingest.parse import parse
from piwikcli.ingest.parsing.family import LogFormat
from piwikcli.ingest.parsing.hits import Parsed
from piwikcli.ingest.parsing.lines import PADDING
from piwikcli.ingest.stream import HEAD, Chunk, LogStream
from piwikcli.lists.definitions import Definitions

PIECE_BYTES = 24 << 20
"""Log text is parsed in pieces of this size, which stay near the processor; a batch has several."""


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
                parsed = parse_chunk(first, log_format, 1, self._options)
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
        begun, self._begun = self._begun, None
        return begun.parsed if begun is not None else parse_chunk(chunk, log_format, line, self._options)

    def _pieces(self, job: Job, stream: LogStream) -> Iterator[Piece]:
        known = len(job.book.created)
        self._enricher.use(job.book)
        chunks = self._chunks(stream) if self._begun is None else chain([self._begun.first], self._begun.chunks)
        for chunk, parsed, log_format in hits_of(job, chunks, stream.tail, self._parse):
            batch = self._enricher(parsed.hits)
            fates = ledger.fates_of(parsed, batch)
            job.count(fates)
            yield Piece.of(
                chunk,
                lines=parsed.lines,
                last_line=parsed.last_line_offset,
                unterminated=ledger.last_fate(parsed, batch) if chunk.unterminated else "",
                batch=batch,
                fates=fates,
                rejects=parsed.rejects,
                log_format=log_format,
                created=job.book.created[known:],
                consumed=stream.consumed(),
            )


def parse_chunk(chunk: Chunk, log_format: LogFormat, line: int, options: ImportOptions) -> Parsed:
    """The hits of a chunk whose first line has this number."""
    now = int(time.time())
    return parse(chunk, log_format, options.reading, first_line=line, now=now, max_line=options.max_line_bytes)


def hits_of(
    job: Job, chunks: Iterator[Chunk], before: bytes, read: Callable[[Chunk, LogFormat, int], Parsed]
) -> Iterator[tuple[Chunk, Parsed, str]]:
    """The job's chunks, their hits from its first line on, and the key of the format of what follows.

    `read` is told a chunk, its format and the number of its first line; `before` stands before the first chunk.
    """
    line, log_format = job.line, job.options.choice.again(job.log_format)
    for chunk in while_wanted(chunks, job, before):
        parsed = read(chunk, log_format, line)
        log_format = parsed.log_format or log_format
        if job.first_line > line:
            parsed = parsed.from_line(job.first_line)
        line += parsed.lines
        yield chunk, parsed, log_format.key


def spammers(data_dir: Path | None) -> list[str]:
    """Hosts of referrer spam; `spammers.txt` in the data folder replaces the built-in list."""
    own = data_dir / "spammers.txt" if data_dir else None
    path = own if own is not None and own.is_file() else resources.files("piwikcli.lists") / "spammers.txt"
    return [line.strip().lower() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
