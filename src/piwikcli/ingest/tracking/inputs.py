"""Which kind of dump a content is, and its chunks as requests. docs/reference/tracking.md#inputs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from piwikcli.errors import InputError
from piwikcli.ingest.formats import Choice
from piwikcli.ingest.parse import parse
from piwikcli.ingest.parsing.hits import Parsed
from piwikcli.ingest.stream import Chunk
from piwikcli.ingest.tracking.sent import (
    NONE,
    Bad,
    Column,
    Ints,
    JsonReader,
    Sent,
    columns_of,
    from_queries,
    read_document,
    read_queries,
)

JSON, QUERIES, DOCUMENT, ENDPOINT = "tracking_json", "tracking_queries", "tracking_bulk", "tracking_log:"
"""Names of inputs; that of an endpoint's access log is followed by the log's format."""

ENDPOINTS = ("piwik.php", "matomo.php")
_QUERY = re.compile(rb"\s*(?:\?|https?://\S*\?|[\w%.\[\]-]+=)[^\s\"]*$")


def detect(name: str, head: bytes) -> str:
    """The kind of input that a content's beginning shows. Raises InputError when it is none."""
    lines = [line for line in head.split(b"\n")[:1000] if line.strip()]
    first = lines[0].strip() if lines else b""
    if first[:1] in (b"{", b"["):
        try:
            json.loads(first)
            return JSON
        except ValueError:
            # a document over several lines, or lines longer than what was looked at
            return DOCUMENT if len(lines) > 1 and not _is_object(lines[1]) else JSON
    if any(_is_object(line) for line in lines[:20]):
        return JSON
    if any(_QUERY.match(line.rstrip(b"\r")) for line in lines[:20]):
        return QUERIES
    if b"\x00" in head:
        raise InputError(f"{name}: is binary data, not tracking requests")
    try:
        return ENDPOINT + Choice().find(name, head).key
    except InputError:
        raise InputError(
            f"{name}: is no dump of tracking requests (query strings, URLs, JSON, an endpoint's access log)"
        ) from None


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
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

    def __init__(self, kind: str, names: frozenset[str], max_line: int) -> None:
        self._kind = kind
        self._names = names
        self._max_line = max_line
        self._read: Callable[[Chunk, int], Sent] = {
            JSON: self._objects,
            QUERIES: self._queries,
            DOCUMENT: self._document,
        }.get(kind, self._hits)
        self._json = JsonReader(names) if kind == JSON else None
        self._format = Choice().again(kind.removeprefix(ENDPOINT)) if kind.startswith(ENDPOINT) else None
        self._now = 0

    @property
    def whole(self) -> bool:
        """Whether the content must be read as one chunk."""
        return self._kind == DOCUMENT

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

    def _document(self, chunk: Chunk, line: int) -> Sent:
        return read_document(chunk.data, self._names, first_line=line, offset=chunk.offset)

    def _hits(self, chunk: Chunk, line: int) -> Sent:
        assert self._format is not None
        parsed = parse(chunk, self._format, first_line=line, now=self._now, max_line=self._max_line)
        return from_hits(parsed, self._names)


def from_hits(parsed: Parsed, names: frozenset[str]) -> Sent:
    """Requests of an endpoint's access log: the query's parameters, over what the log itself says."""
    bad = [Bad(reject.line, reject.offset, reject.reason, reject.content) for reject in parsed.rejects]
    hits = parsed.hits
    path = columns_of(pa.table({"path": _texts(hits["path"])}), frozenset({"path"})).get("path")
    line, offset = (np.asarray(hits[name].to_numpy(), dtype=np.int64) for name in ("line", "offset"))
    if path is None:
        return Sent(line[:0], offset[:0], {}, bad, parsed.blank)
    replayed = np.array([_query(text) is not None for text in path.values], dtype=np.bool_)[path.codes]
    bad += [
        Bad(int(line[row]), int(offset[row]), "no_request", path.values[int(path.codes[row])].encode())
        for row in np.flatnonzero(~replayed).tolist()
    ]
    rows = np.flatnonzero(replayed)
    queries = pa.array([_query(text) or "" for text in path.values], pa.string()).take(pa.array(path.codes[rows]))
    columns = from_queries(queries, names)
    log = {
        "cip": _texts(hits["ip"]),
        "ua": _texts(hits["agent"]),
        "urlref": _texts(hits["referrer"]),
        "cdt": hits["time"].cast(pa.string()),
    }
    for name, texts in log.items():
        own = columns_of(pa.table({name: texts}).take(pa.array(rows)), frozenset({name})).get(name)
        if own is not None:
            columns[name] = _beneath(columns.get(name), own)
    return Sent(line[rows], offset[rows], columns, bad, parsed.blank)


def _texts(column: pa.ChunkedArray) -> pa.Array:
    """A column of bytes as texts, `-` as none."""
    array = column.combine_chunks()
    known = [raw.decode("utf-8", "replace").strip('"') for raw in array.dictionary.cast(pa.binary()).to_pylist()]
    texts = pa.array([None if text in ("-", "") else text for text in known], pa.string())
    return texts.take(array.indices)


def _query(path: str) -> str | None:
    """The query of a request to the endpoint; None for another request, or one without a site."""
    before, _, query = path.partition("?")
    if not before.lower().endswith(ENDPOINTS) or not re.search(r"(?:^|&)idsite=", query):
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
