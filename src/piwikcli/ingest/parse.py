"""parse: bytes -> hits. A chunk of whole lines becomes an Arrow table, without a Python loop over lines.

Reference: docs/reference/log-formats.md.
"""

from __future__ import annotations

from piwikcli.ingest.parsing import combined
from piwikcli.ingest.parsing.family import LogFormat
from piwikcli.ingest.parsing.fields import Reading
from piwikcli.ingest.parsing.frame import parse_lines
from piwikcli.ingest.parsing.hits import Parsed
from piwikcli.ingest.stream import Chunk

_PLAIN = Reading()


def parse(
    chunk: Chunk, log_format: LogFormat, reading: Reading = _PLAIN, *, first_line: int, now: int, max_line: int
) -> Parsed:
    """Parse a chunk whose first line is number `first_line`. `now` in seconds UTC bounds the times.

    A line longer than `max_line` bytes is rejected.
    """
    if isinstance(log_format, combined.CombinedFormat) and not reading.extra and not reading.ignored:
        return combined.parse(chunk, log_format, first_line=first_line, now=now, max_line=max_line)
    return parse_lines(chunk, log_format, reading, first_line=first_line, now=now, max_line=max_line)
