"""prepare: a dump's bytes -> tracking requests, piece by piece, without a database. See `ingest.prepare`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from piwikcli.ingest import ledger
from piwikcli.ingest.fingerprints import Recognition
from piwikcli.ingest.jobs import ImportOptions, Job, Piece, Preparer, while_wanted
from piwikcli.ingest.lookups.location import Locator
from piwikcli.ingest.parsing.hits import Reject
from piwikcli.ingest.prepare import spammers
from piwikcli.ingest.stream import Chunk, LogStream
from piwikcli.ingest.summary import DROPPED, IMPORTED, REJECTED
from piwikcli.ingest.tracking.batch import Batch
from piwikcli.ingest.tracking.enrich import CAMPAIGN, Enricher
from piwikcli.ingest.tracking.fates import DROPPED as DROPPED_REASONS
from piwikcli.ingest.tracking.fates import REASONS
from piwikcli.ingest.tracking.inputs import DOCUMENT, OPENED, Read, Reader, Replay
from piwikcli.ingest.tracking.installation import Installation
from piwikcli.ingest.tracking.parameters import NAMES
from piwikcli.ingest.tracking.sent import Sent
from piwikcli.ingest.tracking.suffix import Suffix
from piwikcli.lists.definitions import Definitions
from piwikcli.store import Connection, dimensions, goals
from piwikcli.store.dimensions import CustomDimension
from piwikcli.store.goals import Goal

PIECE_BYTES = 8 << 20
"""Text is read in pieces of this size."""
_CONTENT_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Configured:
    """What is configured beside the sites. `replayed` is the site of everything in an endpoint's log."""

    goals: tuple[Goal, ...]
    dimensions: tuple[CustomDimension, ...]
    secret: str
    """The installation's."""
    replayed: int | None = None
    looked_at: frozenset[str] = frozenset()
    """Further parameters that rules are about."""

    @property
    def names(self) -> frozenset[str]:
        """Parameters that mean something."""
        own = (f"dimension{d.idcustomdimension}" for d in self.dimensions)
        return frozenset({*NAMES, *CAMPAIGN, *own, *self.looked_at})

    def replay(self, options: ImportOptions) -> Replay:
        """How an endpoint's log is read."""
        return Replay(options.choice, options.reading, options.rules, options.tracker_files, self.replayed)


def configured(connection: Connection, recognition: Recognition, options: ImportOptions) -> Configured:
    """What the database has configured, and what the options' rules look at."""
    found = tuple(goals.of_sites(connection)), tuple(dimensions.of_sites(connection))
    looked_at = frozenset(rule.parameter for rule in options.exclude_requests)
    return Configured(*found, recognition.secret, looked_at=looked_at)


class TrackingPreparer(Preparer):
    """Enriches requests by what is configured at the time of the job."""

    _enricher: Enricher | None = None
    _known: tuple[Configured, frozenset[int]] | None = None

    def _enrich(self, job: Job, sent: Sent, default_site: int | None) -> Batch:
        known = (job.configured, frozenset(job.book.sites))
        if self._enricher is None or self._known != known:
            options = self._options
            installation = Installation(
                job.book.sites,
                job.configured.goals,
                job.configured.dimensions,
                default_site,
                options.ai_assistants,
                spammers(options.data_dir),
                options.privacy,
                job.configured.secret,
                options.exclude_requests,
            )
            self._enricher = Enricher(installation, Definitions.load(options.data_dir), Locator(options.geoip))
            self._suffix = Suffix(options.suffix, job.configured.names)
            self._known = known
        return self._enricher(self._suffix(sent), int(time.time()))


class RequestPreparer(TrackingPreparer):
    """Prepares dumps of requests, and endpoints' access logs."""

    def _pieces(self, job: Job, stream: LogStream) -> Iterator[Piece]:
        options, line = self._options, job.line
        configured: Configured = job.configured
        reader = Reader(job.log_format, configured.names, options.max_line_bytes, configured.replay(options))
        size = min(options.batch_bytes, PIECE_BYTES)
        if reader.is_document:
            for part in reader.parts(stream, size):
                read = reader.document(part, line)
                line += read.lines
                follows = OPENED if part.opened else DOCUMENT
                yield replace(self._piece(part.chunk, read, job, stream.consumed()), log_format=follows)
            return
        for chunk in while_wanted(stream.chunks(size, options.max_line_bytes), job, stream.tail):
            read = reader(chunk, line, int(time.time()))
            line += read.lines
            piece = self._piece(chunk, read, job, stream.consumed())
            job.count(piece.fates)
            yield piece

    def _piece(self, chunk: Chunk, read: Read, job: Job, consumed: int) -> Piece:
        """Enrich, and note every request's fate."""
        batch = self._enrich(job, read.sent, self._options.sites.idsite)
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
        return Piece.of(
            chunk,
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
