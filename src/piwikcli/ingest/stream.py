"""Input as a stream of chunks of whole lines, whatever the compression and size.

A chunk never splits a line, so every chunk parses on its own and memory is bounded by the chunk's size.
Offsets count bytes of the decompressed content. See docs/explanation/importing.md.
"""

from __future__ import annotations

import bz2
import io
import lzma
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from piwikcli.errors import InputError

STDIN = "-"
_MAGIC = ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"\xfd7zXZ\x00", "xz"))
TAIL = 4096
"""How many bytes before a committed offset tell whether a content is still the same."""
HEAD = 65536
"""How many bytes at the beginning of a content tell its format, and whether it is the same."""
_REJECT_BYTES = 4096
"""How much of a line that is longer than the limit is kept."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines of a source.

    `offset` is where they begin. Only a source's last line may lack its newline (`unterminated`).
    An oversize line comes as a chunk of its own: `data` is its beginning, `size` its whole length in bytes.
    """

    offset: int
    buffer: bytes | bytearray
    """What holds the lines; a bytearray is used again for the next chunk."""
    size: int
    unterminated: bool = False
    oversize: bool = False
    tail: bytes = b""
    """The last TAIL bytes of the content up to the chunk's end."""
    padding: int = 0
    """So many bytes follow the lines in `buffer`, zeros at first."""

    @property
    def data(self) -> bytes:
        """The lines, to keep."""
        return self.buffer if isinstance(self.buffer, bytes) else bytes(memoryview(self.buffer)[: self.size])


class _Readable(Protocol):
    """A file, decompressed or as it is."""

    def readinto(self, room: memoryview, /) -> int: ...

    def close(self) -> None: ...


_PACKED = 1 << 13
_MOST = 1 << 20
"""So much of a compressed file is read at a time, and so much unpacked where the format lets us stop. What the first
holds is lost where the data are damaged.
"""


class _Unpacked:
    """Reads one compressed stream after the other, to the last byte before an early end or damage: then EOFError.

    The readers of the standard library keep back what stands before the end, zstandard's stays silent.
    """

    def __init__(self, raw: io.BufferedReader, kind: str) -> None:
        self._raw = raw
        self._kind = kind
        self._stream = self._new()
        self._started = False
        self._left = b""
        """Compressed bytes that are read and not yet unpacked."""
        self._ready = memoryview(b"")

    def _new(self) -> Any:
        if self._kind == "gzip":
            from isal import isal_zlib

            return isal_zlib.decompressobj(31)
        if self._kind == "zstd":
            import zstandard

            return zstandard.ZstdDecompressor().decompressobj()
        return bz2.BZ2Decompressor() if self._kind == "bzip2" else lzma.LZMADecompressor()

    def readinto(self, room: memoryview) -> int:
        """Fill the beginning of `room`; how many bytes, none at the end."""
        while not self._ready:
            if self._stream.eof:
                self._left = self._stream.unused_data
                self._stream, self._started = self._new(), False
            waits = getattr(self._stream, "needs_input", True)
            packed = self._left or (self._raw.read(_PACKED) if waits else b"")
            if not packed and waits:
                if self._started:
                    raise EOFError(f"the data end within a {self._kind} stream")
                return 0
            self._left = b""
            if not self._started:  # what stands between streams may be padded with zeros
                packed = packed.lstrip(b"\0")
                self._started = bool(packed)
            if self._started:
                self._ready = memoryview(self._unpack(packed))
        part, self._ready = self._ready[: len(room)], self._ready[len(room) :]
        room[: len(part)] = part
        return len(part)

    def _unpack(self, packed: bytes) -> bytes:
        most = () if self._kind == "zstd" else (_MOST,)
        try:
            unpacked: bytes = self._stream.decompress(packed, *most)
        except Exception as error:  # the libraries' own error classes share no base
            raise EOFError(f"damaged {self._kind} data") from error
        if self._kind == "gzip":
            self._left = self._stream.unconsumed_tail
        return unpacked

    def close(self) -> None:
        """The raw file is closed by whoever opened it."""


class LogStream:
    """One input file (or stdin), decompressed by what its first bytes say.

    Raises InputError when it is missing or unreadable. `truncated` is set when the compressed data end early.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.truncated = False
        self.total = 0
        """Compressed bytes in all; 0 when unknown (stdin)."""
        self._spool: io.BufferedReader | None = None
        self._damaged = False
        """Whether what was spooled was truncated."""
        self._raw = self._open(name)
        self._file = self._decompressed()
        self._head = b""
        self._position = 0
        self._tail = b""

    def _open(self, name: str) -> io.BufferedReader:
        if name == STDIN:
            return cast(io.BufferedReader, sys.stdin.buffer)
        path = Path(name)
        try:
            if path.is_dir():
                raise InputError(f"{name}: is a directory")
            raw = path.open("rb")
        except OSError as error:
            raise InputError(f"{name}: {(error.strerror or 'cannot be read').lower()}") from error
        self.total = path.stat().st_size if path.is_file() else 0
        return raw

    def _decompressed(self) -> _Readable:
        start = self._raw.peek(6)[:6]
        kind = next((kind for magic, kind in _MAGIC if start.startswith(magic)), None)
        if kind is not None:
            return _Unpacked(self._raw, kind)
        return self._raw

    def reopen(self) -> None:
        """Start again from the first byte. What came from stdin must have been spooled."""
        if self._spool is not None:
            self._spool.seek(0)
            self._raw, self._file = self._spool, self._spool
        elif self.name == STDIN:
            raise ValueError("stdin cannot be read twice")
        else:
            self.close()
            self._raw = self._open(self.name)
            self._file = self._decompressed()
        self._head, self._position, self._tail, self.truncated = b"", 0, b"", False

    def spool(self) -> None:
        """Copy what is left of stdin to a temporary file, so that it can be read twice."""
        if self.name != STDIN or self._spool is not None:
            return
        spool = tempfile.TemporaryFile(prefix="piwik-")  # noqa: SIM115 - closed with the stream
        while block := self._next(1 << 20):
            spool.write(block)
        self._spool = cast(io.BufferedReader, spool)
        self._damaged = self.truncated
        self.reopen()

    def consumed(self) -> int:
        """Compressed bytes read so far, for the progress bar."""
        try:
            return self._raw.tell() if self.total else 0
        except (OSError, ValueError):
            return 0

    def head(self, size: int) -> bytes:
        """The first `size` bytes of content (or all there is), without consuming them."""
        if len(self._head) < size and self._position == 0:
            room = bytearray(size - len(self._head))
            self._head += memoryview(room)[: self._read_into(memoryview(room))]
        return self._head[:size]

    def skip_to(self, offset: int) -> bytes:
        """Move to a byte offset of the content; returns the TAIL bytes before it.

        The position stays below `offset` when the content ends before it.
        """
        while self._position < offset:
            if self._raw is self._file and self._seekable and offset - TAIL > self._position:
                self._head, self._tail = b"", b""
                self._position = min(offset - TAIL, self.total)
                self._raw.seek(self._position)
            block = self._next(min(offset - self._position, 1 << 20))
            if not block:
                break
            self._tail = (self._tail + block)[-TAIL:]
        return self._tail

    def peek(self) -> bytes:
        """The next byte, unread; empty at the end."""
        block = self._next(1)
        self._head = block + self._head
        self._position -= len(block)
        return block

    @property
    def _seekable(self) -> bool:
        return self.name != STDIN and self._spool is None and bool(self.total)

    @property
    def tail(self) -> bytes:
        """The last TAIL bytes before the position."""
        return self._tail

    @property
    def position(self) -> int:
        return self._position

    def chunks(self, size: int, max_line: int, *, padding: int = 0) -> Iterator[Chunk]:
        """The content from here on, as chunks of about `size` bytes of whole lines.

        With `padding`, so many zeros follow the lines of each; and the chunks share one buffer, which the next
        one overwrites: it costs less to fill it again than to get new memory for every chunk.
        """
        room = bytearray(max_line + size + _REJECT_BYTES + padding)
        view = memoryview(room)
        offset = self._position
        carried = skipped = 0
        while True:
            read = self._next_into(view[carried : carried + size])
            filled = carried + read
            if skipped:  # inside a line that is too long already; what is carried of it is its beginning
                end = room.find(b"\n", carried, filled) + 1
                self._tail = (self._tail + room[carried : end or filled])[-TAIL:]
                skipped += (end or filled) - carried
                if read and not end:
                    continue
                beginning = bytes(view[:carried])
                yield Chunk(offset, beginning, skipped, unterminated=not end, oversize=True, tail=self._tail)
                if not end:
                    return
                view[: filled - end] = view[end:filled]
                offset, skipped, carried, filled = offset + skipped, 0, 0, filled - end
                if not filled:
                    continue
            elif not read:
                if carried:
                    yield self._chunk(offset, bytes(view[:carried]), carried, unterminated=True)
                return
            cut = room.rfind(b"\n", carried, filled) + 1
            if cut:
                rest = bytes(view[cut:filled])
                if padding:
                    view[cut : cut + padding] = bytes(padding)
                    yield self._chunk(offset, room, cut)
                else:
                    yield self._chunk(offset, bytes(view[:cut]), cut)
                view[: len(rest)] = rest
                offset, filled = offset + cut, len(rest)
            carried = filled
            if carried > max_line:
                skipped = carried
                self._tail = (self._tail + room[:carried])[-TAIL:]
                carried = min(carried, _REJECT_BYTES)

    def blocks(self, size: int) -> Iterator[bytes]:
        """The content from here on, cut anywhere, for what is no lines."""
        while block := self._next(size):
            yield block

    def _chunk(self, offset: int, data: bytes | bytearray, size: int, *, unterminated: bool = False) -> Chunk:
        self._tail = (self._tail + data[max(size - TAIL, 0) : size])[-TAIL:]
        padding = len(data) - size
        return Chunk(offset, data, size, unterminated, tail=self._tail, padding=padding)

    def close(self) -> None:
        if self.name != STDIN or self._spool is not None:
            self._file.close()
            self._raw.close()

    def _next(self, size: int) -> bytes:
        """The next `size` bytes, or fewer at the end of the content."""
        room = bytearray(size)
        return bytes(memoryview(room)[: self._next_into(memoryview(room))])

    def _next_into(self, room: memoryview) -> int:
        """Fill `room` with what comes next; how much there was of it."""
        block, self._head = self._head[: len(room)], self._head[len(room) :]
        room[: len(block)] = block
        filled = len(block) + self._read_into(room[len(block) :])
        self._position += filled
        return filled

    def _read_into(self, room: memoryview) -> int:
        """As `_next_into`, of what is not in the head."""
        filled = 0
        while filled < len(room) and not self.truncated:
            try:
                count = self._file.readinto(room[filled:])
            except EOFError:
                self.truncated = True
                break
            except (OSError, ValueError) as error:
                raise InputError(f"{self.name}: {error}") from error
            if not count:
                self.truncated = self._damaged
                break
            filled += count
        return filled
