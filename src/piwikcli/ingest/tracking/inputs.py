"""Which kind of dump a content is, and its chunks as requests. docs/reference/tracking.md#inputs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from piwikcli.errors import InputError
from piwikcli.ingest.formats import Choice
from piwikcli.ingest.jsontext import loads
from piwikcli.ingest.lookups.bots import is_importer_bot
from piwikcli.ingest.parse import parse
from piwikcli.ingest.parsing.fields import Reading
from piwikcli.ingest.parsing.hits import REJECT_BYTES, Parsed
from piwikcli.ingest.rules import Rules, host_filtered, hostname_accepted
from piwikcli.ingest.stream import Chunk, LogStream
from piwikcli.ingest.tracking.batch import flagged, value_at
from piwikcli.ingest.tracking.documents import BULK, Part, parts
from piwikcli.ingest.tracking.sent import (
    NONE,
    Bad,
    Column,
    Ints,
    JsonReader,
    Sent,
    from_objects,
    from_queries,
    read_queries,
)

JSON, QUERIES, DOCUMENT, ENDPOINT = "tracking_json", "tracking_queries", "tracking_bulk", "tracking_log:"
"""Names of inputs; that of an endpoint's access log is followed by the log's format."""
OPENED = f"{DOCUMENT}\nopened"
"""What follows is inside a list of requests."""

ENDPOINTS = ("piwik.php", "matomo.php")
_QUERY = re.compile(rb"\s*(?:\?|https?://\S*\?|[\w%.\[\]-]+=)[^\s\"]*$")


def detect(name: str, head: bytes, choice: Choice | None = None) -> str:
    """The kind of input that a content's beginning shows. Raises InputError when it is none."""
    lines = [line for line in head.split(b"\n")[:1000] if line.strip()]
    first = lines[0].strip() if lines else b""
    if first[:1] in (b"{", b"["):
        try:
            loads(first)
            return JSON
        except ValueError:
            if len(lines) == 1:  # longer than what was looked at
                return DOCUMENT if BULK.search(first) else JSON
            return JSON if _is_object(lines[1]) else DOCUMENT
    if any(_is_object(line) for line in lines[:20]):
        return JSON
    if any(_QUERY.match(line.rstrip(b"\r")) for line in lines[:20]):
        return QUERIES
    if b"\x00" in head:
        raise InputError(f"{name}: is binary data, not tracking requests")
    try:
        return ENDPOINT + (choice or Choice()).find(name, head).key
    except InputError:
        raise InputError(
            f"{name}: is no dump of tracking requests (query strings, URLs, JSON, an endpoint's access log)"
        ) from None


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(loads(line), dict)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Read:
    """A chunk as requests. lines = len(sent) + len(sent.bad) + sent.blank, where bulk documents count by request."""

    sent: Sent
    lines: int
    """Of the text."""
    last_offset: int


class Reader:
    """Reads chunks of one kind of input. `names` are the parameters wanted."""

    def __init__(self, kind: str, names: frozenset[str], max_line: int, replay: Replay) -> None:
        self._kind = kind
        self._names = names
        self._max_line = max_line
        self._read: Callable[[Chunk, int], Sent] = {
            JSON: self._objects,
            QUERIES: self._queries,
            DOCUMENT: self._documents,
            OPENED: self._documents,
        }.get(kind, self._hits)
        self._json = JsonReader(names) if kind == JSON else None
        self._replay = replay
        self._format = replay.choice.again(kind.removeprefix(ENDPOINT)) if kind.startswith(ENDPOINT) else None
        self._now = 0

    @property
    def is_document(self) -> bool:
        """Whether the content is no lines, but bulk documents: see `parts`."""
        return self._kind in (DOCUMENT, OPENED)

    def parts(self, stream: LogStream, size: int) -> Iterator[Part]:
        """Bulk documents from the stream's position on, in parts of about `size` bytes, for `document`."""
        blocks = stream.blocks(size)
        return parts(blocks, stream.position, stream.tail, self._max_line, opened=self._kind == OPENED)

    def document(self, part: Part, line: int) -> Read:
        """As `__call__`, of a part of bulk documents. Where it is broken it ends as within a line."""
        chunk, end = part.chunk, part.chunk.size if part.broken is None else part.broken - part.chunk.offset
        starts = np.flatnonzero(np.frombuffer(chunk.data[:end], dtype=np.uint8) == 10) + chunk.offset

        def line_of(offset: int) -> int:
            return line + int(np.searchsorted(starts, offset))

        entries = [(line_of(offset), offset, request) for offset, request in part.entries]
        bad = []
        if part.broken is not None:
            bad.append(Bad(line_of(part.broken), part.broken, "no_json", chunk.data[end : end + REJECT_BYTES]))
        sent = from_objects(entries, self._names, bad, 0)
        return Read(sent, len(starts) + chunk.unterminated, chunk.offset + end)

    def __call__(self, chunk: Chunk, line: int, now: int) -> Read:
        """`line` is the number of the chunk's first line, `now` in seconds UTC."""
        self._now = now
        if chunk.oversize:
            bad = [Bad(line, chunk.offset, "line_too_long", chunk.data)]
            none = np.empty(0, dtype=np.int64)
            return Read(Sent(none, none, {}, bad), 1, chunk.offset)
        sent = self._read(chunk, line)
        lines = chunk.data.count(b"\n") + chunk.unterminated
        last = chunk.data.rfind(b"\n", 0, len(chunk.data) - (not chunk.unterminated)) + 1
        return Read(sent, lines, chunk.offset + last)

    def _objects(self, chunk: Chunk, line: int) -> Sent:
        assert self._json is not None
        return self._json.read(chunk.data, first_line=line, offset=chunk.offset)

    def _queries(self, chunk: Chunk, line: int) -> Sent:
        return read_queries(chunk.data, self._names, first_line=line, offset=chunk.offset)

    def _documents(self, chunk: Chunk, line: int) -> Sent:
        found = parts([chunk.data], chunk.offset, b"", self._max_line, opened=self._kind == OPENED)
        return next((self.document(part, line).sent for part in found), from_objects([], self._names, [], 0))

    def _hits(self, chunk: Chunk, line: int) -> Sent:
        assert self._format is not None
        reading = self._replay.reading
        parsed = parse(chunk, self._format, reading, first_line=line, now=self._now, max_line=self._max_line)
        self._format = parsed.log_format or self._format
        return from_hits(parsed, self._names, self._replay)


@dataclass(frozen=True, slots=True)
class Replay:
    """How an endpoint's access log is read: its format, the endpoint's names, what is left out."""

    choice: Choice = field(default_factory=Choice)
    reading: Reading = field(default_factory=Reading)
    rules: Rules = field(default_factory=Rules)
    endpoints: tuple[str, ...] = ENDPOINTS
    idsite: int | None = None
    """Everything belongs to this site, whatever a request says."""


def from_hits(parsed: Parsed, names: frozenset[str], replay: Replay) -> Sent:
    """Requests of an endpoint's access log: the query's parameters, over what the log itself says."""
    bad = [Bad(reject.line, reject.offset, reject.reason, reject.content) for reject in parsed.rejects]
    hits = parsed.hits
    line, offset, time, status = (
        np.asarray(hits[name].to_numpy(), dtype=np.int64) for name in ("line", "offset", "time", "status")
    )
    path, agent = (_column(hits, name) for name in ("path", "agent"))
    queries = [_query(text, replay.endpoints) for text in path.values]
    asks = flagged(Column(path.codes, [query or "" for query in queries]), bool)
    time = time + replay.rules.add_to_date
    reason = _left_out(replay.rules, _column(hits, "host"), agent, time, status)
    bad += [
        Bad(int(line[row]), int(offset[row]), "no_request", value_at(path.values, int(path.codes[row])).encode())
        for row in np.flatnonzero(~asks & (reason == "")).tolist()
    ]
    dropped = {int(offset[row]): str(reason[row]) for row in np.flatnonzero(reason != "").tolist()}
    rows = np.flatnonzero(asks & (reason == ""))
    texts = pa.array([query or "" for query in queries], pa.string()).take(pa.array(path.codes[rows]))
    columns = from_queries(texts, names)
    log = {"cip": _column(hits, "ip"), "ua": agent, "urlref": _column(hits, "referrer")}
    seconds, codes = np.unique(time, return_inverse=True)
    log["cdt"] = Column(codes.astype(np.int64), [str(second) for second in seconds.tolist()])
    if replay.rules.enable_bots:
        log["bots"] = Column(np.zeros(len(time), dtype=np.int64), ["1"])
    if replay.idsite is not None:
        columns["idsite"] = Column(np.zeros(len(rows), dtype=np.int64), [str(replay.idsite)])
    for name, own in log.items():
        columns[name] = _beneath(columns.get(name), Column(own.codes[rows], own.values))
    return Sent(line[rows], offset[rows], columns, bad, parsed.blank, dropped)


def _left_out(rules: Rules, host: Column, agent: Column, time: Ints, status: Ints) -> np.typing.NDArray[np.str_]:
    """Why the log's own rules leave lines out; empty for those that stay. Errors stay: the request was made."""
    words = [word.lower() for word in rules.exclude_agents]
    bot = flagged(agent, lambda text: is_importer_bot(text.lower()) or any(word in text.lower() for word in words))
    redirect = (status >= 300) & (status < 400) & (status != 304)
    tests = (
        ("hostname", flagged(host, lambda text: not hostname_accepted(text, rules.hostnames))),
        ("http_redirect", redirect & (not rules.enable_http_redirects)),
        ("bot", bot & (not rules.enable_bots)),
        ("host_filter", flagged(host, lambda text: host_filtered(text, rules))),
        ("older", time < (rules.exclude_older_than if rules.exclude_older_than is not None else -(1 << 62))),
        ("newer", time > (rules.exclude_newer_than if rules.exclude_newer_than is not None else 1 << 62)),
    )
    reason = np.full(len(time), "", dtype="U16")
    for name, holds in reversed(tests):
        reason[holds] = name
    return reason


def _column(hits: pa.Table, name: str) -> Column:
    """A column of bytes as texts; `-` and nothing are not sent."""
    array = hits[name].combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = (
            pa.concat_arrays(array.chunks)
            if array.num_chunks
            else pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), pa.array([], pa.binary()))
        )
    known = [raw.decode("utf-8", "replace").strip('"') for raw in array.dictionary.cast(pa.binary()).to_pylist()]
    codes = np.asarray(array.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    empty = np.array([*(text in ("", "-") for text in known), False], dtype=np.bool_)
    return Column(np.where(empty[codes], NONE, codes), known)


def _query(path: str, endpoints: tuple[str, ...]) -> str | None:
    """The query of a request to the endpoint; None for another request, or one without a site."""
    before, _, query = path.partition("?")
    if not before.lower().endswith(endpoints) or not re.search(r"(?:^|&)idsite=", query):
        return None
    return query


def _beneath(sent: Column | None, own: Column) -> Column:
    """What was sent, else what the log says."""
    if sent is None:
        return own
    codes: Ints = np.where(
        sent.codes != NONE, sent.codes, np.where(own.codes != NONE, own.codes + len(sent.values), NONE)
    )
    return Column(codes, [*sent.values, *own.values])
