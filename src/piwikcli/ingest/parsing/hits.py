"""What a chunk's lines are: hits and rejects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from piwikcli.ingest.parsing.family import LogFormat

EARLIEST = int(datetime(1991, 8, 6, tzinfo=UTC).timestamp())
"""The first web site; no request is older."""
AHEAD = 86400
"""So many seconds may a request be ahead of the clock."""

REASONS = ("no_match", "bad_request", "no_time", "time_out_of_range", "line_too_long")
REJECT_BYTES = 4096
"""So much of a line that is no hit is kept."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that is no request: where it is and why."""

    line: int
    """From 1 within the source."""
    offset: int
    reason: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a chunk's lines are.

    `hits` has a row per line of the format: line (int64, from 1), offset (int64, bytes), time (int64,
    seconds UTC), status (int64; -1: the format has none) and, as dictionaries of bytes (which may hold a value
    twice), host, ip, user, path (with its query), referrer, agent; what a format does not have is b"".
    Formats that log them add generation (int64, milliseconds) and, where everything is asked for, length (int64,
    bytes); -1 where a line has none.
    lines = len(hits) + len(rejects) + blank + comments + skipped.
    """

    hits: pa.Table
    rejects: list[Reject]
    lines: int
    blank: int
    last_line_offset: int
    comments: int = 0
    """Lines that are no requests and are not meant to be any: headers."""
    last_dropped: str = "blank"
    """Why the last line is dropped, where it is neither a hit nor a reject."""
    skipped: int = 0
    """Lines that were left out because of `--skip`."""
    log_format: LogFormat | None = None
    """The format of what follows, where it is another than before."""

    def from_line(self, first: int) -> Parsed:
        """Without the lines before the one numbered `first`."""
        keep = pc.greater_equal(self.hits["line"], first)
        hits = self.hits.filter(keep)
        rejects = [reject for reject in self.rejects if reject.line >= first]
        left_out = len(self.hits) - len(hits) + len(self.rejects) - len(rejects)
        last = self.last_dropped if len(hits) or rejects else "skipped"
        return replace(self, hits=hits, rejects=rejects, skipped=left_out, last_dropped=last)
