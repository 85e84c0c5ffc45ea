"""import-requests: dumps of tracking requests in, log tables out, exactly once.

The steps, transactions and the ledger are those of `ingest.importer`; requests are read and enriched here.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np

from piwikcli.errors import UsageError
from piwikcli.ingest import ledger
from piwikcli.ingest.ahead import ahead
from piwikcli.ingest.files import in_order
from piwikcli.ingest.fingerprints import Recognition
from piwikcli.ingest.importer import Content, Importer
from piwikcli.ingest.lookups.location import Locator
from piwikcli.ingest.parsing.hits import Reject
from piwikcli.ingest.prepare import Job, Piece, spammers, while_wanted
from piwikcli.ingest.stream import Chunk, LogStream
from piwikcli.ingest.summary import DROPPED, IMPORTED, REJECTED
from piwikcli.ingest.tracking.batch import Batch, value_at
from piwikcli.ingest.tracking.commit import TrackingCommitter
from piwikcli.ingest.tracking.enrich import CAMPAIGN, Enricher, request_times
from piwikcli.ingest.tracking.fates import DROPPED as DROPPED_REASONS
from piwikcli.ingest.tracking.fates import REASONS
from piwikcli.ingest.tracking.inputs import ENDPOINT, Read, Reader, Replay, detect
from piwikcli.ingest.tracking.installation import Installation
from piwikcli.ingest.tracking.parameters import NAMES
from piwikcli.lists.definitions import Definitions
from piwikcli.store import Connection, dimensions, goals

PIECE_BYTES = 8 << 20
"""Text is read in pieces of this size."""
PIECES_AHEAD = 2
_CONTENT_BYTES = 4096
_FAR = 1 << 40


@dataclass(frozen=True, slots=True)
class Rereading:
    """Reads requests again, to tell whether a content is the same as one that was imported."""

    names: frozenset[str]
    max_line: int
    replay: Replay

    def hits(self, log_format: str, text: bytes, *, first: bool) -> dict[int, tuple[int, str]]:
        """See `sources.Again`."""
        sent = Reader(log_format, self.names, self.max_line, self.replay)(Chunk(0, text, len(text)), 1, _FAR).sent
        ip = sent.column("cip")
        ips = [value_at(ip.values, code) for code in ip.codes.tolist()]
        return dict(zip(sent.offset.tolist(), zip(request_times(sent).tolist(), ips, strict=True), strict=True))


class TrackingImporter(Importer):
    """One run of import-requests over some files."""

    def _begin(self, connection: Connection) -> None:
        super()._begin(connection)
        self._dimensions = dimensions.of_sites(connection)
        if not self._book.sites:
            raise UsageError("there is no site yet: piwik sites add --name N --url U")
        options = self._options
        installation = Installation(
            self._book.sites,
            goals.of_sites(connection),
            self._dimensions,
            options.sites.idsite,
            options.ai_assistants,
            spammers(options.data_dir),
            options.privacy,
            self._recognition.secret,
        )
        self._enricher = Enricher(installation, Definitions.load(options.data_dir), Locator(options.geoip))

    def _make_committer(self, recognition: Recognition) -> TrackingCommitter:
        return TrackingCommitter(recognition, self._devices)

    def _find(self, stream: LogStream, head: bytes) -> Content:
        default = self._options.sites.idsite
        return Content(
            self._detect(stream, head),
            self._target(default) if default is not None else "requests",
            Rereading(self._names(), self._options.max_line_bytes, self._replay()),
            lambda key: key,
        )

    def _detect(self, stream: LogStream, head: bytes) -> str:
        """The kind of input."""
        return detect(stream.name, head, self._options.choice)

    def _replay(self) -> Replay:
        options = self._options
        return Replay(options.choice, options.reading, options.rules, options.tracker_files)

    def _learn(self, batch: Batch) -> None:
        self._devices.learn({client.agent for client in batch.vocabulary.clients.names})

    def _names(self) -> frozenset[str]:
        """Parameters that mean something here."""
        return frozenset({*NAMES, *CAMPAIGN, *(f"dimension{d.idcustomdimension}" for d in self._dimensions)})

    def _in_order(self, names: list[str]) -> list[str]:
        return names

    def _pieces(self, job: Job, stream: LogStream) -> Iterator[Piece]:
        """Read in a thread of its own, and enrich; the next piece is made while one is written."""
        options = self._options
        reader = Reader(job.log_format, self._names(), options.max_line_bytes, self._replay())
        size = min(options.batch_bytes, PIECE_BYTES)
        chunks = stream.whole() if reader.whole else stream.chunks(size, options.max_line_bytes)
        read = self._read_all(while_wanted(chunks, job, stream.tail), reader, job.line)
        # where only so many requests are wanted, what a piece had must be known before the next is read
        with ahead(read, PIECES_AHEAD) if job.wanted is None else nullcontext(read) as pieces:
            for chunk, found in pieces:
                piece = self._piece(chunk, found, job, stream.consumed())
                job.count(piece.fates)
                yield piece

    def _read_all(self, chunks: Iterator[Chunk], reader: Reader, line: int) -> Iterator[tuple[Chunk, Read]]:
        for chunk in chunks:
            read = reader(chunk, line, int(time.time()))
            line += read.lines
            yield chunk, read

    def _piece(self, chunk: Chunk, read: Read, job: Job, consumed: int) -> Piece:
        """Enrich, and note every request's fate."""
        batch = self._enricher(read.sent, int(time.time()))
        rejects = _rejects(chunk, read, batch.fate)
        fates: ledger.Fates = Counter((REJECTED, reject.reason) for reject in rejects)
        for code, count in zip(*(a.tolist() for a in np.unique(batch.fate, return_counts=True)), strict=True):
            if code == 0:
                fates[IMPORTED, ""] += count
            elif REASONS[code] in DROPPED_REASONS:
                fates[DROPPED, REASONS[code]] += count
        fates.update((DROPPED, reason) for reason in read.sent.dropped.values())
        if read.sent.blank:
            fates[DROPPED, "blank"] += read.sent.blank
        return Piece(
            size=chunk.size,
            end=chunk.offset + chunk.size,
            tail=chunk.tail,
            lines=read.lines,
            last_line=read.last_offset,
            unterminated=_last_fate(read, batch.fate, rejects) if chunk.unterminated else "",
            batch=batch,
            fates=fates,
            rejects=rejects,
            log_format=job.log_format,
            created=[],
            consumed=consumed,
        )


class ReplayImporter(TrackingImporter):
    """One run of import-logs --replay-tracking: every file is an endpoint's access log."""

    def _detect(self, stream: LogStream, head: bytes) -> str:
        return ENDPOINT + self._options.choice.find(stream.name, head).key

    def _replay(self) -> Replay:
        return replace(super()._replay(), idsite=self._options.sites.idsite)

    def _in_order(self, names: list[str]) -> list[str]:
        return in_order(names, self._options.choice, self._options.reading)


def _rejects(chunk: Chunk, read: Read, fate: np.typing.NDArray[np.int8]) -> list[Reject]:
    """Wrong requests, with their beginning."""
    found = [Reject(bad.line, bad.offset, bad.reason, bad.content[:_CONTENT_BYTES]) for bad in read.sent.bad]
    for row in np.flatnonzero(fate != 0).tolist():
        reason = REASONS[fate[row]]
        if reason not in DROPPED_REASONS:
            offset = int(read.sent.offset[row])
            start = offset - chunk.offset
            content = chunk.data[start : start + _CONTENT_BYTES].partition(b"\n")[0].rstrip(b"\r")
            found.append(Reject(int(read.sent.line[row]), offset, reason, content))
    return sorted(found, key=lambda reject: reject.offset)


def _last_fate(read: Read, fate: np.typing.NDArray[np.int8], rejects: list[Reject]) -> str:
    """`outcome:reason` of the chunk's last line."""
    at = read.last_offset
    if rejects and rejects[-1].offset >= at:
        return f"{REJECTED}:{rejects[-1].reason}"
    if len(read.sent) and int(read.sent.offset[-1]) >= at:
        code = int(fate[-1])
        return f"{IMPORTED}:" if code == 0 else f"{DROPPED}:{REASONS[code]}"
    return f"{DROPPED}:{read.sent.dropped.get(at, 'blank')}"
