"""What a log line or a tracking request becomes: its fields, and why it is dropped or the visit that it is in.

Lines are imported as any others, in a transaction that is rolled back. See docs/how-to/explain.md.
"""

from __future__ import annotations

import tempfile
import time
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from piwikcli.errors import InputError
from piwikcli.ingest.importer import Importer
from piwikcli.ingest.jobs import ImportOptions, Job, Piece, Preparer
from piwikcli.ingest.parse import parse
from piwikcli.ingest.stored import stored
from piwikcli.ingest.stream import Chunk, LogStream
from piwikcli.ingest.summary import DROPPED, IMPORTED, REJECTED
from piwikcli.ingest.tracking.fates import DROPPED as DROPPED_REASONS
from piwikcli.ingest.tracking.fates import REASONS
from piwikcli.ingest.tracking.importer import ReplayImporter, TrackingImporter
from piwikcli.ingest.tracking.inputs import Read, detect
from piwikcli.ingest.tracking.logs import LogImporter
from piwikcli.ingest.tracking.prepare import RequestPreparer
from piwikcli.ingest.tracking.sent import NONE, Sent
from piwikcli.store import Database, number

LONGEST_REQUEST = 16 << 20
"""A tracking request may be longer than a log's line."""


@dataclass(slots=True)
class Explained:
    """A line, or a request of a bulk document."""

    line: int
    content: str
    log_format: str
    outcome: str
    """imported, dropped, rejected"""
    reason: str = ""
    """Why it is dropped or rejected."""
    fields: dict[str, Any] = field(default_factory=dict)
    request: dict[str, Any] = field(default_factory=dict)
    visit: dict[str, Any] = field(default_factory=dict)
    reports: list[str] = field(default_factory=list)


def explain(database: Database, options: ImportOptions, text: bytes, *, replay: bool = False) -> list[Explained]:
    """What the text's lines become with options of a dry run; blank lines and comments are passed over.

    `replay`: they are of a tracking endpoint's log. Raises InputError where they are neither lines of a known
    format nor tracking requests.
    """
    text = text if text.endswith(b"\n") else text + b"\n"
    kind: type[_Explainer] = _Replay if replay else _Logs
    if not replay and options.choice.given() is None:
        try:
            options.choice.find("the line", text)
        except InputError:
            kind, options = _Requests, replace(options, max_line_bytes=max(options.max_line_bytes, LONGEST_REQUEST))
    return kind(database, options).explain(text)


class _Explainer(Importer):
    """Imports lines into a database that does not keep them."""

    def __init__(self, database: Database, options: ImportOptions) -> None:
        if not options.dry_run:
            raise ValueError("explaining is a dry run")
        super().__init__(database, options)

    def explain(self, text: bytes) -> list[Explained]:
        with tempfile.TemporaryDirectory(prefix="piwik-") as folder, self._turns:
            contents = [_text(line, self._options.reading.encoding) for line in text.split(b"\n")]
            path = Path(folder) / "line"
            path.write_bytes(text)
            log_format = self._named(text)
            with self._turns.transaction() as connection:
                self._begin(connection)
            self._import(str(path))
            with self._turns.transaction() as connection:
                idsource = number(connection, "SELECT coalesce(max(idsource), 0) FROM source")
                requests = stored(connection, idsource)
                found = []
                for offset, one in self._lines(text, log_format):
                    if one.outcome == IMPORTED and offset in requests:
                        one.request, one.visit, one.reports = requests[offset]
                    found.append(one)
        for one in found:
            one.content = contents[one.line - 1].rstrip("\r")
        return sorted(found, key=lambda one: one.line)

    def _target(self, idsite: int | None) -> str:
        """One of its own, so that a line that was imported before is explained all the same."""
        return f"explain;{super()._target(idsite)}"

    @abstractmethod
    def _named(self, text: bytes) -> str:
        """What the text is in; raises InputError."""

    @abstractmethod
    def _lines(self, text: bytes, log_format: str) -> Iterator[tuple[int, Explained]]:
        """Each line that was imported, with its offset."""


class _Logs(_Explainer, LogImporter):
    """Lines of logs; each is a piece of its own, whose ledger is its fate."""

    def __init__(self, database: Database, options: ImportOptions) -> None:
        super().__init__(database, replace(options, piece_lines=1))
        self._made: list[Piece] = []

    def _pieces(self, job: Job, stream: LogStream) -> Iterator[Piece]:
        for piece in super()._pieces(job, stream):
            self._made.append(piece)
            yield piece

    def _named(self, text: bytes) -> str:
        return self._options.choice.find("the line", text).name

    def _lines(self, text: bytes, log_format: str) -> Iterator[tuple[int, Explained]]:
        options = self._options
        fields = parse(
            Chunk(0, text, len(text)),
            options.choice.find("the line", text),
            replace(options.reading, everything=True),
            first_line=1,
            now=int(time.time()),
            max_line=options.max_line_bytes,
        )
        encoding = options.reading.encoding
        hits = {hit["line"]: hit for hit in fields.hits.to_pylist()}
        for line, piece in enumerate(self._made, 1):
            [(outcome, reason)] = piece.fates
            if reason not in ("blank", "comment"):
                one = Explained(line, "", log_format, outcome, reason, _readable(hits.get(line, {}), encoding))
                yield piece.last_line, one


class _Asking(RequestPreparer):
    """Remembers what was sent."""

    def __init__(self, options: ImportOptions) -> None:
        super().__init__(options)
        self.asked: list[tuple[Read, Piece]] = []

    def _piece(self, chunk: Chunk, read: Read, job: Job, consumed: int) -> Piece:
        piece = super()._piece(chunk, read, job, consumed)
        self.asked.append((read, piece))
        return piece


class _Requests(_Explainer, TrackingImporter):
    """Tracking requests: those that were sent, and their fates."""

    def _prepared_by(self, log_format: str) -> type[Preparer]:
        self._preparer = _Asking(self._options)
        self._preparers[_Asking] = self._preparer
        return _Asking

    def _named(self, text: bytes) -> str:
        try:
            return detect("the line", text, self._options.choice).partition("\n")[0]
        except InputError:
            raise InputError(
                "the line: is in no known log format (see --log-format-name), and no tracking request"
            ) from None

    def _lines(self, text: bytes, log_format: str) -> Iterator[tuple[int, Explained]]:
        for read, piece in self._preparer.asked:
            sent = read.sent
            for row, (line, offset, code) in enumerate(
                zip(sent.line.tolist(), sent.offset.tolist(), piece.batch.fate.tolist(), strict=True)
            ):
                reason = REASONS[code]
                outcome = DROPPED if reason in DROPPED_REASONS else REJECTED if reason else IMPORTED
                yield offset, Explained(line, "", log_format, outcome, reason, _sent(sent, row))
            for bad in sent.bad:
                yield bad.offset, Explained(bad.line, "", log_format, REJECTED, bad.reason)
            for offset, reason in sent.dropped.items():
                line = text.count(b"\n", 0, offset) + 1
                yield offset, Explained(line, "", log_format, DROPPED, reason)


class _Replay(_Requests, ReplayImporter):
    """Lines of a tracking endpoint's log."""

    def _named(self, text: bytes) -> str:
        return self._options.choice.find("the line", text).name


def _readable(hit: dict[str, Any], encoding: str) -> dict[str, Any]:
    """A hit's fields that the line has."""
    hit = {
        name: value for name, value in hit.items() if name not in ("line", "offset") and value not in (b"", b"-", -1)
    }
    if hit:
        hit["time"] = f"{datetime.fromtimestamp(hit['time'], UTC):%Y-%m-%d %H:%M:%S} UTC"
    return {name: _text(value, encoding) if isinstance(value, bytes) else value for name, value in hit.items()}


def _text(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _sent(sent: Sent, row: int) -> dict[str, Any]:
    """The parameters of a request."""
    return {
        name: column.values[column.codes[row]] for name, column in sent.columns.items() if column.codes[row] != NONE
    }
