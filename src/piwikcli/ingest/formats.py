"""Log formats as declarations, and finding the one that a file is in.

Reference: docs/reference/log-formats.md.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from piwikcli.errors import InputError, UsageError, nearest

_CLIENT = rb"(?P<ip>[\w*.:-]+)\s+\S+\s+(?P<user>\S+)"
_HOST = rb"(?P<host>[\w\-.]*)(?::\d+)?\s+"
_TIME = rb"\s+\[(?P<date>[^\]]*?)\s+(?P<zone>[^\]\s]*)\]"
_REQUEST = rb"(?P<method>\S+)\s+(?P<path>.*?)\s+(?P<protocol>\S+)"
_STATUS = rb'"\s+(?P<status>\d+)\s+(?P<length>\S+)'
_QUOTED = rb'\s+"(?P<referrer>.*?)"\s+"(?P<agent>.*?)"'


def _whole(pattern: bytes) -> str:
    """A pattern for Arrow that a whole value must match; to RE2 a vertical tab is no white space, here it is."""
    return f"(?s)^{pattern.decode()}$".replace(r"\s", r"[\s\v]").replace(r"\S", r"[^\s\v]")


@dataclass(frozen=True, slots=True)
class LogFormat:
    """A line format: an optional host, the client, the time, the request, perhaps referrer and user agent.

    Any text may follow. `richness` decides between two formats that both match: more fields win.
    """

    name: str
    sample: str
    host: bool
    quoted: bool
    """Whether referrer and user agent follow, in quotes."""
    pattern: re.Pattern[bytes] = field(init=False, repr=False)
    """What a line must look like; the fast path of `parse` accepts nothing that this would not."""
    client: str = field(init=False, repr=False)
    """The pattern's part before the time: `host` (where the format has one), `ip` and `user`, for Arrow."""
    request: str = field(init=False, repr=False)
    """Its part between the first quotes: `method`, `path` and `protocol`, for Arrow."""

    def __post_init__(self) -> None:
        client = (_HOST if self.host else b"") + _CLIENT
        pattern = client + _TIME + rb'\s+"' + _REQUEST + _STATUS + (_QUOTED if self.quoted else b"")
        object.__setattr__(self, "pattern", re.compile(pattern, re.DOTALL))
        object.__setattr__(self, "client", _whole(client))
        object.__setattr__(self, "request", _whole(_REQUEST))

    @property
    def richness(self) -> int:
        return 8 + self.host + 2 * self.quoted


FORMATS = (
    LogFormat(
        "common",
        '203.0.113.9 - alice [04/Mar/2024:10:11:12 +0100] "GET /a/b?x=1 HTTP/1.1" 200 512',
        host=False,
        quoted=False,
    ),
    LogFormat(
        "common_vhost",
        'shop.test:443 203.0.113.9 - - [04/Mar/2024:10:11:12 +0100] "GET /a HTTP/1.1" 200 512',
        host=True,
        quoted=False,
    ),
    LogFormat(
        "ncsa_extended",
        '203.0.113.9 - - [04/Mar/2024:10:11:12 -0330] "GET /a HTTP/2.0" 200 - "https://ref.test/p" "TestUA/1.0"',
        host=False,
        quoted=True,
    ),
    LogFormat(
        "common_complete",
        'shop.test:443 203.0.113.9 - alice [04/Mar/2024:10:11:12 +0100] "GET /a/b?x=1 HTTP/2.0" 200 512'
        ' "https://ref.test/" "TestUA/1.0"',
        host=True,
        quoted=True,
    ),
)
"""In the order in which they are tried."""

ALIASES = {"combined": "ncsa_extended", "vhost_combined": "common_complete"}
_SAMPLE_LINES = 1000


def named(name: str) -> LogFormat:
    """The format of that name; raises UsageError naming the nearest."""
    known = {log_format.name: log_format for log_format in FORMATS}
    wanted = ALIASES.get(name, name)
    if wanted not in known:
        names = [*known, *ALIASES]
        raise UsageError(f"unknown log format {name}.{nearest(name, names)} Known: {', '.join(names)}")
    return known[wanted]


def detect(name: str, sample: bytes) -> LogFormat:
    """The format of most of the sample's lines; the richer of two that match a line.

    `sample` is the beginning of the content. Raises InputError when no line is in a known format.
    """
    votes: Counter[LogFormat] = Counter()
    for line in sample.split(b"\n", _SAMPLE_LINES)[:_SAMPLE_LINES]:
        matching = [log_format for log_format in FORMATS if log_format.pattern.match(line)]
        if matching:
            votes[max(matching, key=lambda log_format: log_format.richness)] += 1
    if votes:
        return max(votes, key=lambda log_format: (votes[log_format], log_format.richness))
    if b"\x00" in sample:
        raise InputError(f"{name}: is binary data, not an access log")
    raise InputError(f"{name}: is in no known log format (see --log-format-name)")
