"""Which site a hit belongs to: by option, or by the log's host. See docs/reference/cli.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from piwikcli.errors import UsageError
from piwikcli.ingest.lookups.hosts import canonical_host
from piwikcli.ingest.parsing.family import LogFormat
from piwikcli.ingest.parsing.fields import Reading
from piwikcli.ingest.parsing.lines import Lines
from piwikcli.ingest.urls import parse
from piwikcli.store import Connection, sites
from piwikcli.store.sites import Site

_EVIDENCE = 5
"""So many links from known pages must agree before a log's own host is read off its referrers."""


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """`--idsite`, `--idsite-fallback`, `--add-sites-new-hosts`."""

    idsite: int | None = None
    fallback: int | None = None
    add_new: bool = False


class SiteBook:
    """Finds hosts' sites, and makes new ones where the options (or an empty database) ask for it.

    New sites exist in memory until `store` writes them in the transaction of the batch that needs them.
    """

    def __init__(self, options: SiteOptions) -> None:
        self._options = options
        self.sites: dict[int, Site] = {}
        self.created: list[Site] = []
        self._stored: list[Site] = []
        self._by_host: dict[str, int] = {}
        self._automatic = False
        self._single: int | None = None

    def load(self, connection: Connection, *, first: bool = False) -> None:
        """Read the sites; `first` decides whether the database is empty, so that hosts make sites."""
        self._stored = sites.all_sites(connection)
        self.sites = {site.idsite: site for site in self._stored}
        if first:
            self._automatic = not self._stored and self._options.idsite is None
        self._by_host = {}
        for site in self._stored:
            for url in site.urls:
                parts = parse(url)
                if parts is not None:
                    self._by_host.setdefault(canonical_host(parts.host.lower()), site.idsite)
        for named in (self._options.idsite, self._options.fallback):
            if named is not None:
                sites.get(connection, named)

    def single(self, log_format: LogFormat, name: str, sample: bytes) -> int | None:
        """The one site of a log: by option, or because it has no hosts; None when hosts decide.

        Raises UsageError when there are several sites and nothing says which.
        """
        self._single = self._choose(log_format, name, sample)
        return self._single

    def _choose(self, log_format: LogFormat, name: str, sample: bytes) -> int | None:
        if self._options.idsite is not None:
            return self._options.idsite
        if log_format.host:
            return None
        if self._automatic and not self.sites:
            host = own_host(sample, log_format)
            stem = "stdin" if name == "-" else Path(name).name
            self._create(stem, f"http://{host}" if host else f"http://{stem.lower()}")
        if len(self.sites) == 1:
            return next(iter(self.sites))
        if self._options.fallback is not None:
            return self._options.fallback
        if not self.sites:
            raise UsageError("there is no site yet; piwik sites add --name N --url U, then --idsite")
        raise UsageError(f"{name}: the log names no hosts and there are {len(self.sites)} sites; say --idsite N")

    def find(self, host: str) -> int | None:
        """The site of a host, or None."""
        if self._options.idsite is not None:
            return self._options.idsite
        if not host:
            return self._single
        found = self._by_host.get(canonical_host(host))
        if found is not None:
            return found
        if self._options.fallback is not None:
            return self._options.fallback
        if (self._options.add_new or self._automatic) and host:
            return self._create(host, f"http://{host}")
        return None

    def _create(self, name: str, url: str) -> int:
        idsite = max(self.sites, default=0) + 1
        created = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        self._add(Site(idsite=idsite, name=name[:90], urls=(url,), created=created))
        return idsite

    def _add(self, site: Site) -> None:
        self.sites[site.idsite] = site
        self.created.append(site)
        parts = parse(site.main_url)
        if parts is not None:
            self._by_host[canonical_host(parts.host.lower())] = site.idsite

    def adopt(self, created: Sequence[Site]) -> None:
        """Take over sites that a copy of this book has made."""
        for site in created:
            if site.idsite not in self.sites:
                self._add(site)

    def is_current(self, connection: Connection) -> bool:
        """Whether the database still has the sites that hosts were looked up in."""
        return sites.all_sites(connection) == self._stored

    def store(self, connection: Connection) -> None:
        """Write the sites made since the last time."""
        for site in self.created:
            if site not in self._stored:
                values = {k: getattr(site, k) for k in ("name", "urls", "timezone", "created")}
                idsite = sites.add(connection, **values)
                self._stored.append(replace(site, idsite=idsite))


def own_host(sample: bytes, log_format: LogFormat) -> str | None:
    """The host that a log without hosts is of: the one whose pages link to each other in it.

    A referrer whose path the log itself serves is evidence for the referrer's host. None without clear evidence.
    """
    if "referrer" not in log_format.fields:
        return None
    lines = Lines.of(sample[: sample.rfind(b"\n") + 1], first=True)
    texts = log_format.read(lines, np.arange(len(lines)), Reading()).texts
    requested = {path.decode("latin-1").partition("?")[0] for path in texts["path"].dictionary.to_pylist()}
    links: list[tuple[str, str]] = []
    for referrer in texts["referrer"].to_pylist():
        parts = parse(referrer.decode("latin-1"))
        if parts is not None and parts.host and parts.path not in ("", "/"):
            links.append((parts.host.lower(), parts.path))
    votes = Counter(host for host, path in links if path in requested)
    if not votes:
        return None
    host, count = votes.most_common(1)[0]
    return host if count >= _EVIDENCE and 2 * count > votes.total() else None
