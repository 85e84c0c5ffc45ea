"""What the fields of a line are called, how they look, and how their texts become the columns of hits.

The names are those of Matomo's importer, so that `--log-format-regex` groups and declared formats are read
alike. Reference: docs/reference/log-formats.md#fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from piwikcli.ingest.parsing import times
from piwikcli.ingest.parsing.addresses import Proxies, without_port
from piwikcli.ingest.parsing.lines import Ints, Spans

FIELDS = {
    "ip": "client address",
    "client": "client address and port",
    "forwarded": "addresses that proxies passed on (`X-Forwarded-For`, `X-Real-IP`)",
    "host": "host, with or without port",
    "userid": "user name; `-` is none",
    "date": "date, time and zone, or the date alone",
    "time": "time, where it stands apart from the date",
    "timezone": "zone, where it stands apart",
    "epoch_secs": "seconds since 1970",
    "epoch_milli": "milliseconds since 1970",
    "epoch_micro": "microseconds since 1970",
    "epoch_nano": "nanoseconds since 1970",
    "request": "method, path and protocol",
    "request_url": "method, URL and protocol",
    "method": "method",
    "path": "path, with or without query",
    "query_string": "query, where it stands apart; `-` is none",
    "url": "whole URL",
    "scheme": "http or https",
    "status": "status",
    "length": "bytes sent",
    "referrer": "referrer; `-` is none",
    "user_agent": "user agent",
    "generation_time_secs": "time taken in seconds",
    "generation_time_milli": "time taken in milliseconds",
    "generation_time_micro": "time taken in microseconds",
    "generation_time_nano": "time taken in nanoseconds",
    "event_category": "event category",
    "event_action": "event action",
    "event_name": "event name",
    "session_time": "length of a stream",
}

ADDRESS = r"[\w*.:\-]+"
HOST = r"[\w.\-]*(?::\d+)?"
PATTERNS = {"ip": ADDRESS, "client": r"[\w*.:\-\[\]]+", "host": HOST, "status": r"\d+", "session_time": r"[\d\-]+"}
"""How a field must look (without anchors); others may be anything that fits between their neighbours."""


def missing(fields: frozenset[str]) -> list[str]:
    """What lines of these fields do not say, and must to count as requests."""
    needed = {"time": {"date", *_EPOCHS}, "path": {"path", "url"}, "client address": {"ip", "client", "forwarded"}}
    return [name for name, ways in needed.items() if not ways & fields]


_EPOCHS = {"epoch_secs": 1, "epoch_milli": 10**3, "epoch_micro": 10**6, "epoch_nano": 10**9}
_GENERATION = {
    # in the order in which Matomo's importer looks at them
    "generation_time_milli": 1.0,
    "generation_time_micro": 1e-3,
    "generation_time_secs": 1e3,
    "generation_time_nano": 1e-6,
}
_ORIGIN = re.compile(rb"[A-Za-z][\w+.\-]*://([^/?#]*)")
_PORT = re.compile(rb"(.*?)(?::\d+)?", re.DOTALL)
_MOST = (1 << 62) - 1

GROUP = "group:"
"""Before the name of a field that is kept as it stands, for a custom variable."""
EVENTS = ("event_category", "event_action", "event_name")

Decoder = Callable[[bytes], bytes]
"""What a distinct text stands for."""
Cleaner = Callable[[pa.Array], pa.Array]
"""What all distinct texts stand for."""
_DASH, _NONE = pa.scalar(b"-", pa.binary()), pa.scalar(b"", pa.binary())


@dataclass(frozen=True, slots=True)
class Reading:
    """What a run's options say about reading texts; zones are time zones or seconds east of UTC."""

    timezone: tzinfo | int = 0
    """Of times without a zone."""
    date_format: str | None = None
    """strptime's form of the date."""
    encoding: str = "utf-8"
    query_delimiter: bytes = b"?"
    proxies: Proxies = field(default_factory=Proxies)
    extra: tuple[str, ...] = ()
    """Fields to keep as they stand, in columns of their own."""
    ignored: frozenset[str] = frozenset()
    """Fields that mean nothing otherwise."""
    everything: bool = False
    """Also columns that no request needs."""

    def wants(self, name: str) -> bool:
        """Whether a field that no request needs is asked for."""
        return self.everything or name in self.extra


@dataclass(slots=True)
class Rows:
    """Lines of a format as the columns of hits; `index` is the line within the chunk, ascending."""

    index: Ints
    numbers: dict[str, Ints]
    """time (seconds UTC, or NO_TIME), status (-1: none), and where the format has them generation
    (milliseconds; -1) and length (bytes; -1), the latter when everything is asked for."""
    texts: dict[str, pa.DictionaryArray]
    """host, ip, user, path, referrer, agent and where the format has them others; empty is none."""

    def __len__(self) -> int:
        return len(self.index)

    def take(self, rows: Ints) -> Rows:
        return Rows(
            self.index[rows],
            {name: values[rows] for name, values in self.numbers.items()},
            {name: values.take(pa.array(rows)) for name, values in self.texts.items()},
        )

    @classmethod
    def join(cls, parts: Sequence[Rows]) -> Rows:
        """All of them, in the order of lines; what one has no column for is none."""
        parts = [part for part in parts if len(part)] or list(parts[:1])
        if len(parts) == 1:
            return parts[0]
        numbers = {
            name: np.concatenate([part.numbers.get(name, np.full(len(part), -1, dtype=np.int64)) for part in parts])
            for name in dict.fromkeys(name for part in parts for name in part.numbers)
        }
        index = np.concatenate([part.index for part in parts])
        order = np.argsort(index, kind="stable")
        texts = {}
        for name in dict.fromkeys(name for part in parts for name in part.texts):
            pieces = [_plain(part.texts[name]) if name in part.texts else _nothing(len(part)) for part in parts]
            # a value may stand twice among the distinct ones: cheaper than to look for it
            before = np.cumsum([0, *(len(piece.dictionary) for piece in pieces[:-1])])
            codes = [piece.indices.to_numpy() + at for piece, at in zip(pieces, before.tolist(), strict=True)]
            indices = pa.array(np.concatenate(codes)[order].astype(np.int32))
            values = pa.concat_arrays([piece.dictionary for piece in pieces])
            texts[name] = pa.DictionaryArray.from_arrays(indices, values)
        return Rows(index[order], {name: values[order] for name, values in numbers.items()}, texts)


def _plain(values: pa.DictionaryArray) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(values.indices, values.dictionary.cast(pa.binary()))


def _nothing(size: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(size, dtype=np.int32)), pa.array([b""], pa.binary()))


def read_rows(
    index: Ints,
    fields: Mapping[str, Spans],
    reading: Reading,
    decoders: Mapping[str, Decoder] | None = None,
    constants: Mapping[str, bytes] | None = None,
) -> Rows:
    """The columns of hits of fields by name.

    `decoders` turn distinct texts of a field into what they stand for; `constants` are columns that all lines share.
    """
    decoders = decoders or {}
    size = len(index)
    kept = {GROUP + name: _decoded(fields[name]) for name in reading.extra if name in fields}
    fields = {name: spans for name, spans in fields.items() if name not in reading.ignored}

    def text(*names: str, clean: Cleaner | None = None) -> pa.DictionaryArray:
        for name in names:
            if name in fields:
                return _decoded(fields[name], decoders.get(name), clean)
        return _nothing(size)

    numbers = {"time": _times(size, fields, reading), "status": _numbers(size, fields, "status", -1, decoders)}
    if "length" in fields and reading.everything:
        numbers["length"] = _numbers(size, fields, "length", -1, decoders)
    taken = next((name for name in _GENERATION if name in fields), None)
    if taken is not None:
        read = _milliseconds(_GENERATION[taken], decoders.get(taken))
        numbers["generation"] = times.per_distinct(fields[taken], read)
    texts = {
        "host": text("host", clean=_hosts),
        "user": text("userid", clean=_dash),
        "referrer": text("referrer", clean=_referrer),
        "agent": text("user_agent", clean=_unquoted),
    }
    path = text("path", "url")
    if "url" in fields:
        texts["host"], path = _split_url(path, texts["host"] if "host" in fields else None)
    if "query_string" in fields:
        path = _joined(path, text("query_string", clean=_query), reading.query_delimiter)
    texts["path"] = path
    address = text("ip", "client", clean=_addresses if "client" in fields else _unquoted)
    texts["ip"] = reading.proxies.addresses(address, text("forwarded")) if "forwarded" in fields else address
    for name in EVENTS:
        if name in fields:
            texts[name] = text(name)
    for name, value in (constants or {}).items():
        texts[name] = pa.DictionaryArray.from_arrays(
            pa.array(np.zeros(size, dtype=np.int32)), pa.array([value], pa.binary())
        )
    texts |= kept
    return Rows(index, numbers, texts)


# --- distinct texts -------------------------------------------------------------------------------------------


def _decoded(spans: Spans, decoder: Decoder | None = None, clean: Cleaner | None = None) -> pa.DictionaryArray:
    encoded = spans.dictionary()
    values = encoded.dictionary.cast(pa.binary())
    if decoder is not None:
        values = _each(values, decoder)
    return pa.DictionaryArray.from_arrays(encoded.indices, clean(values) if clean is not None else values)


def _each(values: pa.Array, decoder: Decoder) -> pa.Array:
    return pa.array(map(decoder, values.to_pylist()), pa.binary())


def _dash(values: pa.Array) -> pa.Array:
    dashes = pc.equal(values, _DASH)
    return pc.if_else(dashes, _NONE, values) if pc.any(dashes).as_py() else values


def _query(values: pa.Array) -> pa.Array:
    return _dash(_each(values, _without_mark) if pc.any(pc.starts_with(values, "?")).as_py() else values)


def _without_mark(raw: bytes) -> bytes:
    return raw.removeprefix(b"?")


def _unquoted(values: pa.Array) -> pa.Array:
    return _each(values, _strip) if pc.any(pc.match_substring(values, '"')).as_py() else values


def _strip(raw: bytes) -> bytes:
    return raw.strip(b'"')


def _referrer(values: pa.Array) -> pa.Array:
    return _dash(_unquoted(values))


def _hosts(values: pa.Array) -> pa.Array:
    return _each(values, _host)


def _addresses(values: pa.Array) -> pa.Array:
    return _each(values, without_port)


@lru_cache(maxsize=10_000)
def _host(raw: bytes) -> bytes:
    match = _PORT.fullmatch(raw)
    host = match[1] if match else raw
    return b"" if host == b"-" else host


def _split_url(
    urls: pa.DictionaryArray, host: pa.DictionaryArray | None
) -> tuple[pa.DictionaryArray, pa.DictionaryArray]:
    """Host and path of URLs; the path of a URL without host is the URL."""
    hosts, paths = [], []
    for url in urls.dictionary.to_pylist():
        match = _ORIGIN.match(url)
        hosts.append(_host(match[1]) if match else b"")
        rest = url[match.end() :] if match else url
        paths.append(rest if rest[:1] == b"/" or not match else b"/" + rest)
    path = pa.DictionaryArray.from_arrays(urls.indices, pa.array(paths, pa.binary()))
    of_url = pa.DictionaryArray.from_arrays(urls.indices, pa.array(hosts, pa.binary()))
    return (of_url if host is None else host), path


def _joined(path: pa.DictionaryArray, query: pa.DictionaryArray, delimiter: bytes) -> pa.DictionaryArray:
    """Paths with their queries behind; once per distinct pair."""
    width = max(len(query.dictionary), 1)
    pairs = pa.array(path.indices.to_numpy().astype(np.int64) * width + query.indices.to_numpy()).dictionary_encode()
    paths, queries = path.dictionary.to_pylist(), query.dictionary.to_pylist()
    joined = []
    for pair in pairs.dictionary.to_pylist():
        of_path, of_query = paths[pair // width], queries[pair % width]
        joined.append(of_path + delimiter + of_query if of_query else of_path)
    return pa.DictionaryArray.from_arrays(pairs.indices, pa.array(joined, pa.binary()))


# --- numbers ----------------------------------------------------------------------------------------------------


def _numbers(
    size: int, fields: Mapping[str, Spans], name: str, missing: int, decoders: Mapping[str, Decoder]
) -> Ints:
    if name not in fields:
        return np.full(size, missing, dtype=np.int64)
    decoder, most = decoders.get(name), 999 if name == "status" else _MOST

    def read(raw: bytes) -> int:
        digits = (decoder(raw) if decoder else raw).strip(b'"')
        return min(int(digits), most) if digits.isdigit() and len(digits) < 40 else missing

    return times.per_distinct(fields[name], read)


def _milliseconds(factor: float, decoder: Decoder | None) -> Callable[[bytes], int]:
    def read(raw: bytes) -> int:
        try:
            taken = float((decoder(raw) if decoder else raw).strip(b'"')) * factor
        except ValueError:
            return -1
        return int(taken) if 0 <= taken < 1e12 else -1

    return read


def _times(size: int, fields: Mapping[str, Spans], reading: Reading) -> Ints:
    for name, per_second in _EPOCHS.items():
        if name in fields:
            return times.read_epochs(fields[name], per_second)
    if "date" not in fields:
        return np.full(size, times.NO_TIME, dtype=np.int64)
    date, zones = fields["date"], fields.get("timezone")
    if "time" in fields:
        date = _side_by_side(date, fields["time"])
    if reading.date_format is not None:
        return times.read_custom(
            date, reading.date_format, zones, default=reading.timezone, encoding=reading.encoding
        )
    return times.read_times(date, zones, default=reading.timezone)


def _side_by_side(date: Spans, time: Spans) -> Spans:
    """Date and time as one text: as they stand where one blank is between them, else put together."""
    if date.text is time.text and (time.start - date.stop == 1).all():
        return Spans(date.text, date.start, time.stop)
    blank = pa.scalar(b" ", pa.binary())
    return Spans.of(
        pc.binary_join_element_wise(date.array().cast(pa.binary()), time.array().cast(pa.binary()), blank)
    )
