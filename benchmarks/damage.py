"""Lines as broken disks, full disks and port scanners leave them.

A damaged line never fits any access log format: whatever is done to it, it can not be read as a hit.
"""

from __future__ import annotations

from random import Random

GARBAGE = (
    b"PHP Warning:  Undefined array key 3 in /var/www/html/index.php on line 12",
    b'{"level":"error","error":"upstream timed out"}',
    b"<html><body><h1>502 Bad Gateway</h1></body></html>",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"- - - -",
    b'" 200 - "-" "-"',
)


def damaged(line: bytes, rng: Random) -> bytes:
    """`line` (without its line end) cut off, overwritten with binary bytes, unquoted or replaced."""
    kind = int(rng.random() * 4)
    request_end = line.index(b'" ')
    if kind == 0:
        return line[: 1 + int(rng.random() * request_end)]
    if kind == 1:
        junk = bytes(1 + int(rng.random() * 255) for _ in range(20 + int(rng.random() * 100)))
        junk = junk.translate(None, b'\n\r"')
        return line[: line.index(b"[")] + b"\x00" + junk
    if kind == 2:
        return line[:request_end] + line[request_end + 1 :]
    return GARBAGE[int(rng.random() * len(GARBAGE))]
