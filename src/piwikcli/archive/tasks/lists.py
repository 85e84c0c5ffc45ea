"""Tasks that fetch newer lists, from files or URLs, into `data_dir`. Settings: docs/reference/settings.md.

What was fetched is read as the importer would read it before it takes the old file's place.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from piwikcli.errors import InputError, UsageError
from piwikcli.lists.definitions import AI_ASSISTANTS, SEARCH_ENGINES, SOCIALS, Definitions
from piwikcli.plugins.api import TaskRun

if TYPE_CHECKING:
    from http.client import HTTPResponse

TIMEOUT = 60
"""Seconds to wait for a server's answer, and again for all of it."""

MAXIMUM = 1 << 30
"""Bytes of a list or database; more is refused."""


def search_engines(run: TaskRun) -> str:
    return _into_data_dir(run, "search_engines", SEARCH_ENGINES, _check_definitions)


def socials(run: TaskRun) -> str:
    return _into_data_dir(run, "socials", SOCIALS, _check_definitions)


def ai_assistants(run: TaskRun) -> str:
    return _into_data_dir(run, "ai_assistants", AI_ASSISTANTS, _check_definitions)


def spammers(run: TaskRun) -> str:
    return _into_data_dir(run, "spammers", "spammers.txt", _check_hosts)


def locations(run: TaskRun) -> str:
    """The database of locations, to where `geoip.database` says."""
    target = run.settings.path("geoip.database")
    if target is None:
        raise UsageError("lists.geoip needs geoip.database, the file to write")
    return _replace(run.settings.get("lists.geoip"), target, _check_database)


def _into_data_dir(run: TaskRun, setting: str, name: str, check: Callable[[Path], None]) -> str:
    folder = run.settings.path("data_dir")
    if folder is None:
        raise UsageError(f"lists.{setting} needs data_dir, the folder for {name}")
    return _replace(run.settings.get(f"lists.{setting}"), folder / name, check)


def _replace(origin: str, target: Path, check: Callable[[Path], None]) -> str:
    content = _fetch(origin)
    if target.exists() and target.read_bytes() == content:
        return f"{target.name} is up to date"
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        fetched = Path(folder) / target.name
        fetched.write_bytes(content)
        check(fetched)
        os.replace(fetched, target)
    return f"{target.name} replaced ({len(content):,} bytes)"


def _fetch(origin: str) -> bytes:
    """The content of a file or URL. Raises InputError."""
    if "://" not in origin:
        try:
            return Path(origin).expanduser().read_bytes()
        except OSError as error:
            raise InputError(f"{origin}: {error.strerror}") from error
    if not origin.startswith(("http://", "https://")):
        raise UsageError(f"{origin}: only http and https addresses, or a file")
    from http.client import HTTPException
    from urllib.error import URLError
    from urllib.request import urlopen

    try:
        with urlopen(origin, timeout=TIMEOUT) as response:
            return _read(origin, response)
    except URLError as error:  # HTTPError among them, which says its status
        raise InputError(f"{origin}: {error if getattr(error, 'code', None) else error.reason}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise InputError(f"{origin}: {' '.join(str(error).split()) or type(error).__name__}") from error


def _read(origin: str, response: HTTPResponse) -> bytes:
    """All that a server sends. Raises InputError when that is too much, too little or takes too long."""
    until = time.monotonic() + TIMEOUT
    parts, size = [], 0
    while part := response.read1(1 << 20):
        parts.append(part)
        size += len(part)
        if size > MAXIMUM:
            raise InputError(f"{origin}: larger than {MAXIMUM:,} bytes")
        if time.monotonic() > until:
            raise InputError(f"{origin}: took longer than {TIMEOUT} seconds")
    wanted = response.headers.get("Content-Length", "")
    if wanted.isdigit() and size < int(wanted):
        raise InputError(f"{origin}: only {size:,} of {wanted} bytes arrived")
    return b"".join(parts)


def _check_definitions(path: Path) -> None:
    Definitions.load(path.parent)


def _check_hosts(path: Path) -> None:
    try:
        hosts = path.read_text(encoding="utf-8").split()
    except ValueError as error:
        raise InputError(f"{path.name}: not a list of hosts") from error
    if not hosts or any("<" in host for host in hosts):
        raise InputError(f"{path.name}: not a list of hosts")


def _check_database(path: Path) -> None:
    import maxminddb

    try:
        maxminddb.open_database(path).close()
    except (ValueError, maxminddb.InvalidDatabaseError) as error:
        raise InputError(f"{path.name}: {error}") from error
