"""Which content has been imported, and how far. A file is known by its content, never by its name.

See docs/explanation/importing.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from piwikcli.ingest.parsing.family import LogFormat
from piwikcli.ingest.parsing.fields import Reading
from piwikcli.ingest.parsing.lines import Lines
from piwikcli.ingest.stream import HEAD, TAIL, LogStream
from piwikcli.store import Connection, number
from piwikcli.store.retention import masked

_NEWLINE = ord("\n")
_OF_LINES = f"source_checkpoint WHERE idsource = ? AND committed {{}} {TAIL}"
"""Checkpoints of a source: up to TAIL there is one at the end of every line."""
HEADS = (256, 4096, HEAD)
"""Hashes are kept of the first so many bytes of content, as far as it reaches."""


def digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def head_hashes(head: bytes, committed: int) -> list[str]:
    return [digest(head[: min(size, committed)]) for size in HEADS]


@dataclass(slots=True)
class Source:
    """How far a content has been imported into a target. Offsets count decompressed bytes."""

    idsource: int
    committed: int = 0
    lines: int = 0
    tail_offset: int = 0
    unterminated: str = ""
    """Fate (`outcome:reason`) of a last line that had no newline yet."""
    format: str = ""
    already: int = 0
    """Lines of this content that an earlier import has."""
    rivals: frozenset[int] = frozenset()
    """Sources of the same target that had been begun, without a commit, when this one was made."""
    whole: bool = False
    """Nothing follows: the content is a part of what was imported."""


class Again(Protocol):
    """Reads again what was imported, to tell whether a content is the same."""

    def hits(self, log_format: str, text: bytes, *, first: bool) -> dict[int, tuple[int, str]]:
        """Offset in the text -> time as it is stored (seconds UTC) and address, of every line that is a hit.

        `log_format` is the source's; `first`: the text is the content's beginning.
        """
        ...


@dataclass(frozen=True, slots=True)
class Rereading:
    """Lines of logs."""

    formats: Callable[[str], LogFormat]
    """From a source's stored format to the format."""
    reading: Reading
    shift: int = 0
    """`--add-to-date`, in seconds."""

    def hits(self, log_format: str, text: bytes, *, first: bool) -> dict[int, tuple[int, str]]:
        """See `Again`."""
        lines = Lines.of(text, first=first)
        found = self.formats(log_format).read(lines, np.arange(len(lines)), self.reading)
        times = (found.numbers["time"] + self.shift).tolist()
        ips = [ip.decode("latin-1") for ip in found.texts["ip"].to_pylist()]
        return dict(zip(lines.start[found.index].tolist(), zip(times, ips, strict=True), strict=True))


def find(connection: Connection, target: str, stream: LogStream, again: Again) -> Source | None:
    """The source whose imported content this stream begins with (or is the beginning of); None for new content.

    Moves the stream to where the import continues. Raises nothing: a mismatch is new content.
    """
    head = stream.head(HEADS[-1])
    rows = connection.execute(
        "SELECT idsource, head_hashes, committed, lines, tail_offset, unterminated, format FROM source "
        "WHERE target = ? AND committed > 0 ORDER BY committed DESC",
        [target],
    ).fetchall()
    reached = len(head)
    for idsource, hashes, committed, lines, tail_offset, unterminated, log_format in rows:
        if reached < HEADS[-1] and reached < committed:
            # shorter than what was imported: it may be the beginning of it
            if not _begins(connection, idsource, head, hashes, committed, log_format, again):
                continue
        elif head_hashes(head, committed) != hashes:
            continue
        source = Source(idsource, committed, lines, tail_offset, unterminated, log_format, already=lines)
        stream.spool()
        if _continues(connection, source, stream, again):
            return source
        stream.reopen()
    return None


def _begins(
    connection: Connection,
    idsource: int,
    head: bytes,
    hashes: list[str],
    committed: int,
    log_format: str,
    again: Again,
) -> bool:
    """Whether a short content is how the source began.

    It has the head hashes that it reaches, and what was stored of the source in it stands in it where it should:
    two extracts of one log may well begin with the same line.
    """
    for size, expected in zip(HEADS, hashes, strict=True):
        if min(size, committed) <= len(head) and digest(head[: min(size, committed)]) != expected:
            return False
    found = _stands(connection, idsource, head, 0, log_format, again)
    return found is not None and (found > 0 or len(head) >= HEADS[0])


def _stands(
    connection: Connection, idsource: int, text: bytes, base: int, log_format: str, again: Again
) -> int | None:
    """How many of a source's stored requests and rejects stand in the text at their offsets; None: one does not.

    `base` is the offset at which the text begins. The text may end inside a line.
    """
    bounds = [idsource, base, base + len(text)]
    rejected = connection.execute(
        "SELECT byte_offset - $2, content FROM reject WHERE idsource = $1 AND byte_offset >= $2 AND byte_offset < $3",
        bounds,
    ).fetchall()
    if any(not content.startswith(text[at : at + len(content)]) for at, content in rejected):
        return None
    stored = connection.execute(
        "SELECT q.byte_offset - $2, epoch(q.server_time)::BIGINT, c.ip FROM request q JOIN client c USING (idclient) "
        "WHERE q.idsource = $1 AND q.byte_offset >= $2 AND q.byte_offset < $3",
        bounds,
    ).fetchall()
    whole = text.rfind(b"\n") + 1  # what follows is cut inside a line
    hits = again.hits(log_format, text[:whole], first=base == 0)
    if any(at < whole and not _is_stored_as(hits.get(at), time, ip) for at, time, ip in stored):
        return None
    return len(stored) + len(rejected)


def _is_stored_as(hit: tuple[int, str] | None, time: int, ip: str) -> bool:
    """Whether a line is the request that has this time and address; a stored address may be masked or blanked."""
    if hit is None or hit[0] != time:
        return False
    return ip in ("", hit[1]) or any(ip == masked(hit[1], mask) for mask in range(1, 5))


def _continues(connection: Connection, source: Source, stream: LogStream, again: Again) -> bool:
    """Whether what ends at the committed offset (or at the last checkpoint that this content reaches) is the same."""
    checkpoints = connection.execute(
        "SELECT committed, lines, tail_hash FROM source_checkpoint WHERE idsource = ? ORDER BY committed",
        [source.idsource],
    ).fetchall()
    last = None
    for committed, lines, tail_hash in checkpoints:
        tail = stream.skip_to(committed)
        if stream.position < committed:
            rest = tail[last[0] :] if last and stream.position <= TAIL else tail
            if stream.position <= TAIL and b"\n" in rest:
                return False  # a line that ends elsewhere
            ended = stream.position + 1 == committed and digest(tail + b"\n") == tail_hash
            if last is None and stream.position < HEADS[0] and not ended:
                return False  # less than a line, of which nobody can say what it begins
            base = stream.position - len(tail)
            if _stands(connection, source.idsource, tail, base, source.format, again) is None:
                return False
            # the content ends inside what was imported: nothing of it is new
            source.whole = True
            source.already = (last[1] if last else 0) + _lines_after(stream, last[0] if last else 0)
            return True
        if digest(tail) != tail_hash:
            return False
        last = (committed, lines)
    return last is not None


def _lines_after(stream: LogStream, offset: int) -> int:
    """Lines between an offset and the end of a content that ends early."""
    stream.reopen()
    stream.skip_to(offset)
    lines, unterminated = 0, False
    for chunk in stream.chunks(1 << 24, 1 << 24):
        lines += chunk.data.count(b"\n")
        unterminated = chunk.unterminated
    return lines + unterminated


def create(connection: Connection, target: str, name: str, head: bytes, log_format: str) -> Source:
    """A new source. Call it in the transaction in which `find` found none."""
    begun = connection.execute("SELECT idsource FROM source WHERE target = ? AND committed = 0", [target]).fetchall()
    source = Source(number(connection, "SELECT coalesce(max(idsource), 0) + 1 FROM source"), format=log_format)
    source.rivals = frozenset(idsource for (idsource,) in begun)
    connection.execute(
        "INSERT INTO source VALUES (?, ?, ?, ?, 0, 0, 0, '', NULL, ?)",
        [source.idsource, target, name, [digest(head[: HEADS[0]])], log_format],
    )
    return source


def is_elsewhere(connection: Connection, target: str, head: bytes) -> bool:
    """Whether a content that begins like this has been imported into another target that may have the same site."""
    rows = connection.execute(
        "SELECT target, head_hashes, committed FROM source "
        "WHERE target <> ? AND committed >= ? AND head_hashes[1] = ?",
        [target, HEADS[0], digest(head[: HEADS[0]])],
    ).fetchall()
    site, one = target.partition(";")[0], target.startswith("idsite=")
    return any(
        head_hashes(head, committed) == hashes
        and not (one and other.startswith("idsite=") and other.partition(";")[0] != site)
        for other, hashes, committed in rows
    )


def is_overtaken(connection: Connection, source: Source, head: bytes) -> bool:
    """Whether another import has committed the same content since this source was made."""
    rows = connection.execute(
        "SELECT o.idsource, o.head_hashes, o.committed FROM source o JOIN source s USING (target) "
        "WHERE s.idsource = $1 AND o.idsource <> $1 AND o.committed > 0",
        [source.idsource],
    ).fetchall()
    return any(
        head_hashes(head, committed) == hashes
        for idsource, hashes, committed in rows
        if idsource > source.idsource or idsource in source.rivals
    )


def begin(connection: Connection, source: Source, first_time: int) -> None:
    """Note the time (seconds UTC) of a source's first request: it places the source in the total order."""
    connection.execute(
        "UPDATE source SET first_time = make_timestamp(CAST(? AS BIGINT) * 1000000) "
        "WHERE idsource = ? AND first_time IS NULL",
        [first_time, source.idsource],
    )


def advance(connection: Connection, source: Source, name: str, head: bytes, tail: bytes) -> None:
    """Store how far the source has come; the caller has moved `source` on. `tail` ends at its offset."""
    connection.execute(
        "UPDATE source SET name = ?, head_hashes = ?, committed = ?, lines = ?, tail_offset = ?, unterminated = ?, "
        "format = ? WHERE idsource = ?",
        [
            name,
            head_hashes(head, source.committed),
            source.committed,
            source.lines,
            source.tail_offset,
            source.unterminated,
            source.format,
            source.idsource,
        ],
    )
    connection.execute(
        "DELETE FROM source_checkpoint WHERE idsource = ? AND committed >= ?",
        [source.idsource, source.committed],
    )
    checkpoints = [(source.committed, source.lines, tail)]
    if not number(connection, f"SELECT count(*) FROM {_OF_LINES.format('>')}", [source.idsource]):
        # short contents are told apart line by line
        connection.execute(f"DELETE FROM {_OF_LINES.format('<=')}", [source.idsource])
        ends = [at for at, byte in enumerate(head[:TAIL], 1) if byte == _NEWLINE and at < source.committed]
        checkpoints += [(end, lines, head[:end]) for lines, end in enumerate(ends, 1)]
    connection.executemany(
        "INSERT INTO source_checkpoint VALUES (?, ?, ?, ?)",
        [[source.idsource, committed, lines, digest(end)] for committed, lines, end in checkpoints],
    )
