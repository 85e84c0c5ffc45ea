"""All declared formats, by name."""

from __future__ import annotations

from piwikcli.errors import UsageError, nearest
from piwikcli.ingest.formats.combined import COMBINED
from piwikcli.ingest.formats.headers import HEADED
from piwikcli.ingest.formats.objects import JSON
from piwikcli.ingest.formats.templates import OTHERS, STORES
from piwikcli.ingest.parsing.family import LogFormat

FORMATS: tuple[LogFormat, ...] = (*COMBINED, *HEADED, *STORES, *JSON, *OTHERS)
"""In the order in which they are tried: Matomo's."""

ALIASES = {
    "combined": "ncsa_extended",
    "vhost_combined": "common_complete",
    "tomcat": "common",
    "netscaler": "w3c_extended",
    "alb": "elb",
    "istio": "envoy",
}


def named(name: str) -> LogFormat:
    """The format of that name; raises UsageError naming the nearest."""
    known = {log_format.name: log_format for log_format in FORMATS}
    wanted = ALIASES.get(name, name)
    if wanted not in known:
        names = [*known, *ALIASES]
        raise UsageError(f"unknown log format {name}.{nearest(name, names)} Known: {', '.join(names)}")
    return known[wanted]
