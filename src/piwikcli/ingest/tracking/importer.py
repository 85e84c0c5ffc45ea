"""import-requests: dumps of tracking requests in, log tables out, exactly once.

The steps, transactions and the ledger are those of `ingest.importer`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from piwikcli.errors import UsageError
from piwikcli.ingest.files import in_order
from piwikcli.ingest.fingerprints import Recognition
from piwikcli.ingest.importer import Content, Importer
from piwikcli.ingest.jobs import Preparer
from piwikcli.ingest.stream import Chunk, LogStream
from piwikcli.ingest.tracking.batch import Batch, value_at
from piwikcli.ingest.tracking.commit import TrackingCommitter
from piwikcli.ingest.tracking.enrich import request_times
from piwikcli.ingest.tracking.inputs import DOCUMENT, ENDPOINT, OPENED, Reader, Replay, detect
from piwikcli.ingest.tracking.prepare import RequestPreparer, configured
from piwikcli.ingest.tracking.suffix import Suffix
from piwikcli.store import Connection

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
        if not self._book.sites:
            raise UsageError("there is no site yet: piwik sites add --name N --url U")
        self._configured = configured(connection, self._recognition, self._options)
        Suffix(self._options.suffix, self._configured.names)  # a wrong one is found before anything is done

    def _make_committer(self, recognition: Recognition) -> TrackingCommitter:
        return TrackingCommitter(recognition, self._devices)

    def _find(self, stream: LogStream, head: bytes) -> Content:
        default = self._options.sites.idsite
        return Content(
            self._detect(stream, head),
            self._target(default) if default is not None else "requests",
            Rereading(self._configured.names, self._options.max_line_bytes, self._configured.replay(self._options)),
            lambda key: key.partition("\n")[0],
        )

    def _detect(self, stream: LogStream, head: bytes) -> str:
        """The kind of input."""
        return detect(stream.name, head, self._options.choice)

    def _has_lines(self, log_format: str) -> bool:
        return log_format not in (DOCUMENT, OPENED)

    def _prepared_by(self, log_format: str) -> type[Preparer]:
        return RequestPreparer

    def _learn(self, batch: Batch) -> None:
        self._devices.learn({client.agent for client in batch.vocabulary.clients.names})

    def _in_order(self, names: list[str]) -> list[str]:
        return names


class ReplayImporter(TrackingImporter):
    """One run of import-logs --replay-tracking: every file is an endpoint's access log."""

    def _detect(self, stream: LogStream, head: bytes) -> str:
        return ENDPOINT + self._options.choice.find(stream.name, head).key

    def _begin(self, connection: Connection) -> None:
        super()._begin(connection)
        self._configured = replace(self._configured, replayed=self._options.sites.idsite)

    def _in_order(self, names: list[str]) -> list[str]:
        return in_order(names, self._options.choice, self._options.reading)
