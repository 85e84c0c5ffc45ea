"""Which hits count: drop rules in the order in which they are tested, each with a reason of its own.

Reference: docs/reference/log-formats.md.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

DOWNLOADS = frozenset(
    # archives and packages
    "7z arc arj bz2 deb dmg gz gzip hqx jar msi msp rar rpm sea sit tar tbz tgz torrent z zip apk"
    # documents
    " csv doc docx json odb odf odg odp ods odt pdf ppt pptx rtf txt wpd xls xlsx xml xsd azw3 epub mobi ibooks"
    # media
    " aac asf asx avi flac flv mov movie mp2 mp3 mp4 mpeg mpg ogg ogv qt qtm ra ram wav webm wma wmv"
    # other
    " bin exe phps md5 sig".split()
)
STATIC = frozenset("gif jpg jpeg png bmp ico svg svgz webp ttf otf eot woff woff2 class swf css js xml".split())

# reasons in order of precedence; 0 is "accepted"
REASONS = (
    "",
    "download_extension",
    "hostname",
    "http_error",
    "http_redirect",
    "path",
    "static",
    "bot",
    "host_filter",
    "older",
    "newer",
    "no_site",
    "excluded_ip",
    "excluded_user_agent",
    "referrer_spam",
)
CODE = {reason: code for code, reason in enumerate(REASONS)}


@dataclass(frozen=True, slots=True)
class Rules:
    """import_logs.py's filtering options. Empty tuples filter nothing; times are seconds UTC."""

    enable_static: bool = False
    enable_bots: bool = False
    enable_http_errors: bool = False
    enable_http_redirects: bool = False
    hostnames: tuple[str, ...] = ()
    include_hosts: tuple[str, ...] = ()
    exclude_hosts: tuple[str, ...] = ()
    include_paths: tuple[str, ...] = ()
    exclude_paths: tuple[str, ...] = ()
    exclude_agents: tuple[str, ...] = ()
    download_extensions: frozenset[str] = DOWNLOADS
    exclude_older_than: int | None = None
    exclude_newer_than: int | None = None
    strip_query_string: bool = False
    query_string_delimiter: str = "?"
    force_lowercase_path: bool = False
    add_to_date: int = 0
    log_hostname: str | None = None
    title_delimiter: str = "/"


class Target(NamedTuple):
    """What a path asks for. `flags` says which rules would drop it, whoever asked."""

    full_path: str
    flags: int
    absolute_host: str = ""


DOWNLOAD_FILE, SKIPPED_DOWNLOAD, STATIC_FILE, PATH_FILTERED, ABSOLUTE = (1 << bit for bit in range(5))
"""Bits of `Target.flags`: it counts as a download, it is one that the options leave out, ..."""

_ABSOLUTE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]*://([^/?#]*)")


class Targets:
    """Looks at paths under the rules; call it once per distinct path."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._include = _globs(rules.include_paths)
        self._exclude = _globs(rules.exclude_paths)

    def __call__(self, text: str, query: str | None = None) -> Target:
        """`query` is given where the format logs it apart from the path."""
        rules = self._rules
        if rules.force_lowercase_path:
            text = text.lower()
        path, delimiter, joined = text.partition(rules.query_string_delimiter)
        if query is None:
            query = joined
        else:
            delimiter = rules.query_string_delimiter
        if query == "-" or rules.strip_query_string:
            query = ""
        extension = path.rpartition(".")[2].lower()
        flags = 0
        if extension in rules.download_extensions:
            flags = DOWNLOAD_FILE
        elif extension in DOWNLOADS:
            flags = SKIPPED_DOWNLOAD
        if extension in STATIC or (path.endswith("robots.txt") and path.rpartition("/")[2] == "robots.txt"):
            flags |= DOWNLOAD_FILE if rules.enable_static else STATIC_FILE
        if (self._exclude and self._exclude.match(path)) or (self._include and not self._include.match(path)):
            flags |= PATH_FILTERED
        full = f"{path}{delimiter}{query}" if query else path
        absolute = None if path[:1] == "/" else _ABSOLUTE.match(path)
        if absolute is None:
            return Target(full, flags)
        return Target(full, flags | ABSOLUTE, absolute[1].lower())


def _globs(patterns: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{fnmatch.translate(p)})" for p in patterns)) if patterns else None


def hostname_accepted(host: str, patterns: Sequence[str]) -> bool:
    """`--hostname`: a line with a host must match one of the globs."""
    return not patterns or not host or any(fnmatch.fnmatchcase(host, pattern) for pattern in patterns)


def host_filtered(host: str, rules: Rules) -> bool:
    """`--exclude-host` and `--include-host`: exact names."""
    return host in rules.exclude_hosts or bool(rules.include_hosts and host not in rules.include_hosts)


def first_reason(tests: Sequence[tuple[str, npt.NDArray[np.bool_]]], rows: int) -> npt.NDArray[np.int8]:
    """Per row the code of the first rule that holds, 0 where none does. Tests stand in order of precedence."""
    fate = np.zeros(rows, dtype=np.int8)
    for reason, holds in reversed(tests):
        fate[holds] = CODE[reason]
    return fate
