"""import-logs: files in, log tables out, exactly once.

What `prepare` makes of a file is committed in batches. A batch's rows, its ledger entries and the file's
position commit together, so a killed run continues exactly there. See docs/explanation/importing.md.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from piwikcli import __version__
from piwikcli.errors import InputError, PiwikError
from piwikcli.ingest import ledger, sources
from piwikcli.ingest.ahead import Ahead, ahead
from piwikcli.ingest.devicebook import DeviceBook
from piwikcli.ingest.files import in_order
from piwikcli.ingest.fingerprints import Recognition
from piwikcli.ingest.follow import Followed
from piwikcli.ingest.jobs import ImportOptions, Job, Piece, Preparer
from piwikcli.ingest.lookups.location import Locator
from piwikcli.ingest.prepare import HitPreparer
from piwikcli.ingest.sitebook import SiteBook
from piwikcli.ingest.stream import STDIN, LogStream
from piwikcli.ingest.summary import ALREADY, IMPORTED, Summary
from piwikcli.ingest.worker import Worker
from piwikcli.store import Connection, Database, number, one
from piwikcli.store.options import record_settings
from piwikcli.store.turns import Turns

PIECES_AHEAD = 6
"""So many pieces may wait for their commit."""


class Storing(Protocol):
    """Writes a batch of requests into the log tables."""

    def store(self, connection: Connection, idsource: int, batch: Any, removed_offset: int | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class Content:
    """What a content is in (`log_format`, as kept with its source) and goes into (`target`)."""

    log_format: str
    target: str
    again: sources.Again
    show: Callable[[str], str]
    """A format's name for people."""

    @property
    def shown(self) -> str:
        return self.show(self.log_format)


Progress = Callable[[str, int, int, int], None]
"""Called with (file, compressed bytes consumed, compressed bytes in all or 0, lines read so far)."""


class Importer:
    """One run of import-logs over some files."""

    def __init__(
        self,
        database: Database,
        options: ImportOptions,
        progress: Progress | None = None,
        worker: Worker | None = None,
    ) -> None:
        """`worker` prepares files in a process of its own; who started it closes it."""
        self._options = options
        self._worker = worker
        self._preparers: dict[type[Preparer], Preparer] = {}
        self._progress = progress
        self._turns = Turns(database, together=worker is not None, rehearsal=options.dry_run)
        Locator(options.geoip)  # a wrong one is found before anything is done
        self._book = SiteBook(options.sites)
        self._devices = DeviceBook()
        self._committer: Storing | None = None
        self._summary = Summary(dry_run=options.dry_run)
        self._counted: set[int] | None = None
        """Sources whose lines of earlier imports have been told, when files are read again and again."""

    def run(self, names: list[str]) -> Summary:
        """Import the files in order of time. Problems of single files are in the summary; wrong options raise."""
        started = time.monotonic()
        with self._turns:
            with self._turns.transaction() as connection:
                self._begin(connection)
            for name in self._in_order(names):
                if self._wanted == 0:
                    break
                self._import_if_readable(name)
            with self._turns.transaction() as connection:
                connection.execute("UPDATE import SET finished = ? WHERE idimport = ?", [_now(), self._idimport])
        self._finish(started)
        return self._summary

    @property
    def _wanted(self) -> int | None:
        """How many requests the run may still import; None: all there are."""
        limit = self._options.limit
        return None if limit is None else max(limit - self._summary.outcome(IMPORTED), 0)

    def _finish(self, started: float) -> None:
        if self._wanted == 0:
            stopped = f"stopped after {self._options.limit:,} requests; a run without --debug-request-limit goes on"
            self._summary.notes.append(stopped)
        self._summary.sites_created = [(site.idsite, site.name, site.main_url) for site in self._book.created]
        self._summary.seconds = time.monotonic() - started

    def follow(self, names: list[str], pause: Callable[[], bool]) -> Summary:
        """Import what the files have and get, through rotation, until `pause` says that it is enough.

        It is called when there is nothing new. What ends the process leaves the summary of what was committed.
        """
        started = time.monotonic()
        files = [Followed(name) for name in names]
        self._counted = set()
        with self._turns.transaction() as connection:
            self._begin(connection)
        try:
            while True:
                for file in files:
                    for name in file.changed():
                        self._import_if_readable(name)
                if self._wanted == 0 or not pause():
                    return self._summary
        finally:
            for file in files:
                file.close()
            with self._turns.transaction() as connection:
                connection.execute("UPDATE import SET finished = ? WHERE idimport = ?", [_now(), self._idimport])
            self._finish(started)
            self._summary.files = len(files)

    @property
    def summary(self) -> Summary:
        """What has been done so far."""
        return self._summary

    def _begin(self, connection: Connection) -> None:
        options = self._options
        self._book.load(connection, first=True)
        self._summary.notes += record_settings(
            connection,
            {
                "visitors.salt": "daily" if options.daily_salt else "none",
                "visitors.look_back": str(options.look_back),
                "referrers.ai_assistants": str(options.ai_assistants).lower(),
                "privacy.ip_mask_before_lookups": str(options.privacy.mask_at_lookups > 0).lower(),
            },
        )
        secret = one(connection, "SELECT value FROM option WHERE name = 'visitors.secret'")
        self._recognition = Recognition(
            secret[0] if secret else "", options.daily_salt, options.look_back, options.privacy
        )
        self._devices.load(connection)
        self._idimport = number(connection, "SELECT coalesce(max(idimport), 0) + 1 FROM import")
        connection.execute(
            "INSERT INTO import VALUES (?, ?, NULL, ?, ?)",
            [self._idimport, _now(), options.described, __version__],
        )

    # --- one file ---------------------------------------------------------------------------------------------

    def _import_if_readable(self, name: str) -> None:
        try:
            self._import(name)
        except InputError as error:
            if str(error) not in self._summary.problems:
                self._summary.problems.append(str(error))

    def _import(self, name: str) -> None:
        stream = LogStream(name)
        try:
            head = stream.head(sources.HEADS[-1])
            if head.strip():
                self._import_content(stream, head)
            self._summary.files += 1
            if stream.truncated:
                raise InputError(f"{name}: the compressed data are damaged; what could be read is imported")
        finally:
            stream.close()

    def _import_content(self, stream: LogStream, head: bytes) -> None:
        self._lines_before = self._summary.lines
        found = self._find(stream, head)
        log_format, shown = found.log_format, found.shown
        removed: int | None = None
        with self._turns.transaction() as connection:
            source = sources.find(connection, found.target, stream, found.again)
            if source is not None:
                log_format = source.format
                shown = found.show(log_format)
                stored = source.committed
                removed = self._continue_line(source, stream)
                if self._counted is None or source.idsource not in self._counted:
                    ledger.write_already(connection, self._idimport, source.idsource, source.already)
                    self._summary.fates[ALREADY, ""] += source.already
            else:
                self._book.store(connection)
                if sources.is_elsewhere(connection, found.target, head):
                    self._summary.notes.append(
                        f"{stream.name}: was imported before, with other options about sites or hosts;"
                        " lines that belong to the same site as then count twice"
                    )
                source = sources.create(connection, found.target, stream.name, head, log_format)
                stored = 0
        if self._counted is not None:
            self._counted.add(source.idsource)
        self._summary.formats[stream.name] = shown
        if not source.whole:
            self._read(stream, source, stored, log_format, head, removed)

    # --- what another kind of import does in another way ------------------------------------------------------

    def _make_committer(self, recognition: Recognition) -> Storing:
        """What writes batches."""
        from piwikcli.ingest.commit import Committer

        return Committer(recognition, self._devices)

    def _has_lines(self, log_format: str) -> bool:
        """Whether what a content in a format (by its key) says ends with its lines."""
        return True

    def _prepared_by(self, log_format: str) -> type[Preparer]:
        """What prepares a content in a format (by its key)."""
        return HitPreparer

    _configured: Any = None
    """What preparers need beside sites and options: see `Job.configured`."""

    def _in_order(self, names: list[str]) -> list[str]:
        """The files in order of their first lines' times."""
        return in_order(names, self._options.choice, self._options.reading)

    def _find(self, stream: LogStream, head: bytes) -> Content:
        """What a content is in and goes into."""
        choice = self._options.choice
        log_format = choice.find(stream.name, head)
        return Content(
            log_format.key,
            self._target(self._book.single(log_format, stream.name, head)),
            sources.Rereading(choice.again, self._options.reading, self._options.rules.add_to_date),
            lambda key: choice.again(key).name,
        )

    def _learn(self, batch: Any) -> None:
        """Know the devices of a batch's clients."""
        self._devices.learn_clients(batch)

    def _target(self, idsite: int | None) -> str:
        """What the content is imported into: a site or the hosts', and the host filter."""
        rules = self._options.rules
        hosts = sorted({*rules.hostnames, *rules.include_hosts, *(f"!{host}" for host in rules.exclude_hosts)})
        fallback = self._options.sites.fallback
        into = f"idsite={idsite}" if idsite is not None else f"hosts;fallback={fallback or ''}"
        return f"{into};filter={','.join(hosts)}"

    def _continue_line(self, source: sources.Source, stream: LogStream) -> int | None:
        """Where a last line without newline has grown, go back to its beginning: the offset to take back."""
        following = stream.peek() if source.unterminated and not source.whole else b""
        if not following:
            return None
        if following == b"\n" and self._has_lines(source.format):
            stream.skip_to(source.committed + 1)
            source.committed += 1
            source.unterminated = ""
            return None
        stream.reopen()
        stream.skip_to(source.tail_offset)
        source.lines -= 1
        source.already -= 1
        return source.tail_offset

    def _read(
        self,
        stream: LogStream,
        source: sources.Source,
        stored: int,
        log_format: str,
        head: bytes,
        removed: int | None,
    ) -> None:
        """Import what follows; the next chunk is read, parsed and enriched while this one is written.

        `stored` is the committed offset that the database has.
        """
        job = Job(
            name=stream.name,
            head=head,
            offset=stream.position,
            line=source.lines + 1,
            first_line=self._options.skip - self._lines_before + 1,
            log_format=log_format,
            options=self._options,
            book=self._book,
            preparer=self._prepared_by(log_format),
            configured=self._configured,
            wanted=self._wanted,
        )
        interrupt = self._worker.close if self._worker is not None else None
        with ahead(self._pieces(job, stream), PIECES_AHEAD, interrupt) as prepared:
            if self._committer is None:  # what it needs is imported while the first piece is prepared
                self._committer = self._make_committer(self._recognition)
                if self._worker is not None:
                    self._devices.get_ready()
            for pieces in self._batches(prepared):
                self._commit(stream, source, stored, pieces, head, removed)
                stored, removed = source.committed, None
        stream.truncated |= job.truncated

    def _batches(self, prepared: Ahead[Piece]) -> Iterator[list[Piece]]:
        """Pieces to commit together: as many as `batch_bytes` allows.

        With a worker no more than are there, but at least two after the first one: every commit recognises the
        visits of its first half hour again, together with what they had before.
        """
        pieces: list[Piece] = []
        size, enough = 0, 1
        for piece in prepared:
            full = size + piece.size > self._options.batch_bytes
            if pieces and (full or piece.batch.vocabulary is not pieces[0].batch.vocabulary):
                yield pieces
                pieces, size = [], 0
            pieces.append(piece)
            size += piece.size
            if self._worker is not None and prepared.is_idle and len(pieces) >= enough:
                yield pieces  # while the worker makes the next one
                pieces, size, enough = [], 0, 2
        if pieces:
            yield pieces

    def _pieces(self, job: Job, stream: LogStream) -> Iterator[Piece]:
        """By the worker, if there is one; what comes from stdin only this process has."""
        if self._worker is not None and stream.name != STDIN:
            return self._worker.pieces(job)
        if job.preparer not in self._preparers:
            self._preparers[job.preparer] = job.preparer(self._options)
        return self._preparers[job.preparer](job, stream)

    def _commit(
        self,
        stream: LogStream,
        source: sources.Source,
        stored: int,
        pieces: list[Piece],
        head: bytes,
        removed: int | None,
    ) -> None:
        """Write some chunks' requests, ledger and position in one transaction."""
        batch = pieces[0].batch.join([piece.batch for piece in pieces])
        fates: ledger.Fates = Counter()
        for piece in pieces:
            fates.update(piece.fates)
        rejects = self._options.privacy.rejects([reject for piece in pieces for reject in piece.rejects])
        last = pieces[-1]
        self._book.adopt(last.created)
        self._learn(batch)
        with self._turns.transaction() as connection:
            at = one(connection, "SELECT committed FROM source WHERE idsource = ?", [source.idsource])
            if at is None or at[0] != stored or (not stored and sources.is_overtaken(connection, source, head)):
                raise PiwikError(f"{stream.name}: another import of the same content is running")
            if not self._book.is_current(connection):
                raise PiwikError("sites were changed during the import; run it again to continue where it stopped")
            self._book.store(connection)
            if len(batch):
                sources.begin(connection, source, int(batch.columns["time"][0]))
            if removed is not None:
                ledger.take_back(connection, source.idsource, source.unterminated, removed)
            assert self._committer is not None
            self._committer.store(connection, source.idsource, batch, removed)
            ledger.write(connection, self._idimport, source.idsource, fates, rejects)
            source.committed, source.tail_offset, source.unterminated = (
                last.end,
                last.last_line,
                last.unterminated,
            )
            source.format = last.log_format
            source.lines += sum(piece.lines for piece in pieces)
            sources.advance(connection, source, stream.name, head, last.tail)
        self._summary.fates.update(fates)
        self._summary.unknown_hosts |= batch.unknown_hosts
        if self._progress is not None:
            self._progress(stream.name, last.consumed, stream.total, self._summary.lines)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)
