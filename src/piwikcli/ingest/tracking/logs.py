"""Logs whose lines say more than a page view has room for become tracking requests; others go the quick way.

Which way does not change what they have in common: visits and reports are the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from piwikcli.ingest import ledger
from piwikcli.ingest.batch import Batch as PlainBatch
from piwikcli.ingest.commit import Committer
from piwikcli.ingest.fingerprints import Recognition
from piwikcli.ingest.importer import Importer, Storing
from piwikcli.ingest.jobs import ImportOptions, Job, Piece, Preparer
from piwikcli.ingest.parsing.family import LogFormat
from piwikcli.ingest.parsing.hits import REJECT_BYTES, Parsed, Reject
from piwikcli.ingest.prepare import HitPreparer, hits_of, make_enricher, parse_chunk
from piwikcli.ingest.rules import REASONS
from piwikcli.ingest.stream import Chunk, LogStream
from piwikcli.ingest.summary import DROPPED, IMPORTED, REJECTED
from piwikcli.ingest.tracking import fates as tracked
from piwikcli.ingest.tracking.batch import Batch
from piwikcli.ingest.tracking.commit import TrackingCommitter
from piwikcli.ingest.tracking.hits import EVENT, Composer
from piwikcli.ingest.tracking.prepare import PIECE_BYTES, TrackingPreparer, configured
from piwikcli.ingest.tracking.suffix import Suffix
from piwikcli.store import Connection, number


class LogImporter(Importer):
    """One run of import-logs."""

    def _begin(self, connection: Connection) -> None:
        super()._begin(connection)
        self._configured = configured(connection, self._recognition, self._options)
        Suffix(self._options.suffix, self._configured.names)  # a wrong one is found before anything is done
        # plain hits may belong to visits of requests, which only these know
        self._always = bool(self._configured.goals) or bool(number(connection, "SELECT count(*) FROM request_detail"))

    def _make_committer(self, recognition: Recognition) -> Storing:
        return _Committers(
            Committer(recognition, self._devices), TrackingCommitter(recognition, self._devices), self._seen
        )

    def _seen(self) -> None:
        self._always = True

    def _learn(self, batch: Any) -> None:
        if isinstance(batch, PlainBatch):
            super()._learn(batch)
        else:
            self._devices.learn({client.agent for client in batch.vocabulary.clients.names})

    def _prepared_by(self, log_format: str) -> type[Preparer]:
        more = self._options.variables or self._options.suffix or self._options.exclude_requests
        if self._always or more or says_more(self._options.choice.again(log_format)):
            return LogRequestPreparer
        return HitPreparer


class LogRequestPreparer(TrackingPreparer):
    """Prepares logs as tracking requests: the rules of logs first, then those of requests."""

    def __init__(self, options: ImportOptions) -> None:
        super().__init__(options)
        self._judge = make_enricher(options)
        self._composer: Composer | None = None

    def _pieces(self, job: Job, stream: LogStream) -> Iterator[Piece]:
        options = self._options
        known = len(job.book.created)
        self._judge.use(job.book)
        chunks = stream.chunks(min(options.batch_bytes, PIECE_BYTES), options.max_line_bytes)
        for chunk, parsed, log_format in hits_of(job, chunks, stream.tail, partial(parse_chunk, options=options)):
            batch, reasons = self._judged(job, parsed)
            fates, rejects = _fates(chunk, parsed, reasons)
            job.count(fates)
            yield Piece.of(
                chunk,
                lines=parsed.lines,
                last_line=parsed.last_line_offset,
                unterminated=_last_fate(parsed, reasons, rejects) if chunk.unterminated else "",
                batch=batch,
                fates=fates,
                rejects=rejects,
                log_format=log_format,
                created=job.book.created[known:],
                consumed=stream.consumed(),
            )

    def _judged(self, job: Job, parsed: Parsed) -> tuple[Batch, Any]:
        """The hits as requests, and why each of them does not count (an empty text where it does)."""
        judged = self._judge.judge(parsed.hits)
        keep = np.flatnonzero(judged.fate == 0)
        o = self._options
        if self._composer is None or not self._composer.knows(job.book.sites):
            self._composer = Composer(o.rules, job.book.sites, o.reading.encoding, o.variables, o.privacy)
        sent = self._composer(parsed.hits.take(keep), judged.columns["site"], judged.columns["time"])
        batch = replace(self._enrich(job, sent, None), unknown_hosts=frozenset(judged.unknown_hosts))
        reasons = np.array(REASONS, dtype=object)[judged.fate]
        reasons[keep] = np.array(tracked.REASONS, dtype=object)[batch.fate]
        return batch, reasons


def _fates(chunk: Chunk, parsed: Parsed, reasons: Any) -> tuple[ledger.Fates, list[Reject]]:
    fates: ledger.Fates = Counter()
    rejects = list(parsed.rejects)
    for reason, count in Counter(reasons.tolist()).items():
        if not reason:
            fates[IMPORTED, ""] += count
        elif reason in REASONS or reason in tracked.DROPPED:
            fates[DROPPED, reason] += count
        else:
            rejects += _rejects(chunk, parsed, np.flatnonzero(reasons == reason), reason)
    fates += ledger.others_of(parsed)
    fates.update(Counter((REJECTED, reject.reason) for reject in rejects[len(parsed.rejects) :]))
    return fates, sorted(rejects, key=lambda reject: reject.offset)


class _Committers:
    """The way of a batch's kind."""

    def __init__(self, plain: Committer, tracking: TrackingCommitter, tracked_one: Any) -> None:
        self._plain = plain
        self._tracking = tracking
        self._tracked_one = tracked_one

    def store(self, connection: Connection, idsource: int, batch: Any, removed_offset: int | None = None) -> None:
        if isinstance(batch, PlainBatch):
            self._plain.store(connection, idsource, batch, removed_offset)
        else:
            self._tracked_one()
            self._tracking.store(connection, idsource, batch, removed_offset)


def says_more(log_format: LogFormat) -> bool:
    """Whether lines have what only a tracking request has room for."""
    return any(name.startswith("generation_time") or name in EVENT for name in log_format.fields)


def _last_fate(parsed: Parsed, reasons: Any, rejects: list[Reject]) -> str:
    """`outcome:reason` of the chunk's last line."""
    at = parsed.last_line_offset
    for reject in rejects:
        if reject.offset == at:
            return f"{REJECTED}:{reject.reason}"
    offsets = parsed.hits["offset"]
    if len(offsets) and offsets[-1].as_py() == at:
        return f"{DROPPED}:{reasons[-1]}" if reasons[-1] else f"{IMPORTED}:"
    return f"{DROPPED}:{parsed.last_dropped}"


def _rejects(chunk: Chunk, parsed: Parsed, rows: Any, reason: str) -> list[Reject]:
    found = []
    for row in rows.tolist():
        line, offset = parsed.hits["line"][row].as_py(), parsed.hits["offset"][row].as_py()
        start = offset - chunk.offset
        content = chunk.data[start : start + REJECT_BYTES].partition(b"\n")[0].rstrip(b"\r")
        found.append(Reject(line, offset, reason, content))
    return found
