"""enrich: hits -> requests. Each distinct address, path, agent and referrer is looked at once a run.

What settings alone decide is decided here and kept on the request: whether it counts, its URL without
noise, site search, its referrer. Nothing here knows the database; ids are places in the run's vocabulary,
which `commit` turns into dictionary ids. See docs/explanation/importing.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from piwikcli.ingest.batch import Batch, Bools, Ints
from piwikcli.ingest.clock import SiteClock
from piwikcli.ingest.distinct import unique
from piwikcli.ingest.exclusions import Exclusions
from piwikcli.ingest.lookups.bots import is_crawler_address, is_importer_bot, is_tracker_bot
from piwikcli.ingest.lookups.location import NOWHERE, Locator
from piwikcli.ingest.lookups.referrers import PagePart, ReferrerDetector
from piwikcli.ingest.lookups.spam import Spam
from piwikcli.ingest.pages import NULL, PAGE_COLUMNS, URL_CHARACTERS, Pages, address, error_title
from piwikcli.ingest.privacy import OPEN, Privacy
from piwikcli.ingest.rules import (
    ABSOLUTE,
    CODE,
    DOWNLOAD_FILE,
    PATH_FILTERED,
    SKIPPED_DOWNLOAD,
    STATIC_FILE,
    Rules,
    Targets,
    first_reason,
    host_filtered,
    hostname_accepted,
)
from piwikcli.ingest.sitebook import SiteBook
from piwikcli.ingest.urls import DEFAULT_EXCLUDED_PARAMETERS
from piwikcli.ingest.vocabulary import (
    CLIENT_AGENT,
    CLIENT_IP,
    CLIENT_LANGUAGE,
    CLIENT_LOCATION,
    Column,
    Growing,
    Memo,
    Places,
    Vocabulary,
)
from piwikcli.lists.definitions import Definitions
from piwikcli.store.sites import Site

NO_HOST = "no-hostname-found-in-log"
_FORGET = 2_000_000
"""So many distinct values are remembered; then the run starts anew with an empty vocabulary."""
_PART = len(PAGE_COLUMNS)


@dataclass(frozen=True, slots=True)
class _Judged:
    """Hits whose fates are known. `site` is of the rows in `keep`, the others of all hits."""

    fate: npt.NDArray[np.int8]
    keep: Ints
    unknown_hosts: set[str]
    site: Ints
    host: Ints
    time: Ints
    path: Ints
    flags: Ints
    referrer: Ints
    agent: Ints
    shown_ip: Ints
    status: Ints
    titled: Bools
    """Errors and redirects."""


class Enricher:
    """Turns the hits of one import run into requests; remembers what it has looked at. `use` comes first."""

    def __init__(
        self,
        rules: Rules,
        definitions: Definitions,
        locator: Locator,
        *,
        encoding: str = "utf-8",
        ai_assistants: bool = True,
        spammers: Sequence[str] = (),
        privacy: Privacy = OPEN,
    ) -> None:
        self._rules = rules
        self._targets = Targets(rules)
        self._definitions = definitions
        self._ai_assistants = ai_assistants
        self._locator = locator
        self._encoding = encoding
        self._privacy = privacy
        self._spam = Spam(spammers)
        self._sites: dict[int, Site] = {}
        self._forget()

    def use(self, book: SiteBook) -> None:
        """Look hosts' sites up in this book from now on; new sites are made there."""
        self._book = book
        if self._sites != book.sites or not self._sites:
            self._use(book.sites)

    def look_up(self, hits: pa.Table) -> None:
        """Look at what hits say that come later, as far as it depends on no site."""
        for name, column in (
            ("ip", self._ip),
            ("path", self._path),
            ("referrer", self._referrer),
            ("agent", self._agent),
        ):
            column(_texts(hits, name))

    def _forget(self) -> None:
        """Begin with an empty vocabulary."""
        self.words = Vocabulary()
        self._hosts: Places[str] = Places()
        self._paths: list[str] = []
        self._referrers: Places[str] = Places()
        self._parts: Places[PagePart] = Places()
        self._host = Column(1, self._read_hosts)
        self._ip = Column(3, self._read_ips)
        self._user = Column(1, self._read_users)
        self._path = Column(3, self._read_paths)
        self._referrer = Column(2, self._read_referrers)
        self._agent = Column(2, self._read_agents)
        self._client_of: Places[int] = Places()
        self._page_of: Places[tuple[int, int, int, int]] = Places()
        self._page_rows = Growing(_PART + 1)
        self._found: Memo[tuple[int, int, int], int] = Memo(self._find_referrer)

    def _use(self, sites: Mapping[int, Site]) -> None:
        """Prepare for these sites; they grow while hosts of a log make new ones."""
        self._sites = dict(sites)
        self._clock = SiteClock({site.idsite: site.timezone for site in sites.values()})
        excluded = {
            idsite: DEFAULT_EXCLUDED_PARAMETERS | frozenset(site.excluded_parameters)
            for idsite, site in sites.items()
        }
        self._exclusions = Exclusions(sites)
        self._detector = ReferrerDetector(
            self._definitions,
            {idsite: site.urls for idsite, site in sites.items()},
            ai_assistants=self._ai_assistants,
            excluded_parameters=excluded,
        )
        self._pages = Pages(self.words, self._parts, self._sites, excluded, self._detector)
        self._found.clear()

    def judge(self, hits: pa.Table) -> Batch:
        """Whether hits count, with no more than the `site` and `time` of those that do."""
        judged = self._judge(hits)
        columns = {"site": judged.site, "time": judged.time[judged.keep]}
        return Batch(judged.fate, columns, self.words, judged.unknown_hosts)

    def _judge(self, hits: pa.Table) -> _Judged:
        if len(self.words) > _FORGET:
            self._forget()
            self._use(self._sites)
        rules = self._rules
        host = self._host(_texts(hits, "host"))[:, 0]
        ip, shown_ip, crawler = self._ip(_texts(hits, "ip")).T
        path, flags, absolute_host = self._path(_texts(hits, "path")).T
        referrer, spam = self._referrer(_texts(hits, "referrer")).T
        agent, bot = self._agent(_texts(hits, "agent")).T
        time = _ints(hits, "time") + rules.add_to_date
        status = _ints(hits, "status")
        error = (status >= 400) & (status < 600)
        redirect = (status >= 300) & (status < 400) & (status != 304)

        hosts = self._hosts.names
        tests = [("download_extension", flags & SKIPPED_DOWNLOAD != 0)]
        if rules.hostnames:
            tests.append(("hostname", _flags([not hostname_accepted(name, rules.hostnames) for name in hosts])[host]))
        tests += [
            ("http_error", error & (not rules.enable_http_errors)),
            ("http_redirect", redirect & (not rules.enable_http_redirects)),
            ("path", flags & PATH_FILTERED != 0),
            ("static", flags & STATIC_FILE != 0),
            ("bot", bot != 0),
        ]
        if rules.include_hosts or rules.exclude_hosts:
            # a line's own host counts, else the one in an absolute path
            named = np.where((host == self._hosts[""]) & (flags & ABSOLUTE != 0), absolute_host, host)
            tests.append(("host_filter", _flags([host_filtered(name, rules) for name in hosts])[named]))
        if rules.exclude_older_than is not None:
            tests.append(("older", time < rules.exclude_older_than))
        if rules.exclude_newer_than is not None:
            tests.append(("newer", time > rules.exclude_newer_than))
        fate = first_reason(tests, len(time))
        # only hosts of hits that count so far are looked up: the look-up may make a site
        site_of_host, unknown = self._resolve(hosts, np.unique(host[fate == 0]).tolist())
        tests = [("no_site", (site_of_host == 0)[host]), ("bot", crawler != 0)]
        if self._exclusions:
            site = site_of_host[host]
            tests.append(("excluded_ip", self._exclusions.ips(site, ip, self.words.ips.names)))
            tests.append(("excluded_user_agent", self._exclusions.agents(site, agent, self.words.agents.names)))
        if self._spam:
            tests.append(("referrer_spam", spam != 0))
        fate = np.where(fate == 0, first_reason(tests, len(time)), fate)

        missing = np.unique(host[fate == CODE["no_site"]]).tolist()
        keep = np.flatnonzero(fate == 0)
        return _Judged(
            fate,
            keep,
            {hosts[place] for place in missing} & unknown,
            site_of_host[host[keep]],
            *(host, time, path, flags, referrer, agent, shown_ip, status, error | redirect),
        )

    def __call__(self, hits: pa.Table) -> Batch:
        judged = self._judge(hits)
        keep, site, path, flags, status = judged.keep, judged.site, judged.path, judged.flags, judged.status
        host, time, referrer = judged.host[keep], judged.time[keep], judged.referrer[keep]
        day, hour = self._clock(site, time)
        # an error's title names its status and referrer, so such pages are told apart by them too
        titled = np.where(judged.titled[keep], 1 + (status[keep] << 32) + referrer, 0)
        made = self._page(site, host, (path << 1 | (flags & DOWNLOAD_FILE != 0))[keep], titled)
        keys, found = _distinct((site, made[:, _PART], referrer))
        origin = np.array([self._found[key] for key in keys] or [0], dtype=np.int64)[found]
        columns = {
            "offset": _ints(hits, "offset")[keep],
            "time": time,
            "site": site,
            "day": day,
            "hour": hour,
            "client": self._client(judged.shown_ip[keep], judged.agent[keep]),
            "user": self._user(_texts(hits, "user"))[keep, 0],
            "referrer": origin,
            **{name: made[:, index] for index, name in enumerate(PAGE_COLUMNS)},
        }
        return Batch(judged.fate, columns, self.words, judged.unknown_hosts)

    # --- once per distinct value --------------------------------------------------------------------------

    def _text(self, raw: bytes) -> str:
        """Bytes that are not in the log's encoding are read as Latin-1, so that no line is lost."""
        try:
            return raw.decode(self._encoding)
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    def _read_hosts(self, new: list[bytes]) -> list[tuple[int]]:
        fixed = self._rules.log_hostname
        if fixed:
            return [(self._hosts[fixed],)] * len(new)
        names = [self._text(raw).lower().strip(".\"'") or NO_HOST if raw else "" for raw in new]
        return [(self._hosts[name],) for name in names]

    def _read_ips(self, new: list[bytes]) -> list[tuple[int, int, bool]]:
        """An address, what of it look-ups see, and whether only crawlers have it."""
        ips, looked_up, bots = self.words.ips, self._privacy.looked_up, self._rules.enable_bots
        return [
            (ips[ip], ips[looked_up(ip)], not bots and is_crawler_address(ip))
            for ip in (raw.decode("latin-1") for raw in new)
        ]

    def _read_users(self, new: list[bytes]) -> list[tuple[int]]:
        users = self.words.users
        return [(NULL if raw in (b"-", b"") else users[self._text(raw)[:200]],) for raw in new]

    def _read_paths(self, new: list[bytes]) -> list[tuple[int, int, int]]:
        targets = [self._targets(self._text(raw)) for raw in new]
        start = len(self._paths)
        self._paths += [target.full_path for target in targets]
        return [
            (place, target.flags, self._hosts[target.absolute_host] if target.flags & ABSOLUTE else NULL)
            for place, target in enumerate(targets, start)
        ]

    def _read_referrers(self, new: list[bytes]) -> list[tuple[int, bool]]:
        referrers = [
            text[:URL_CHARACTERS] if text != "-" else "" for text in (self._text(raw).strip('"') for raw in new)
        ]
        return list(zip(map(self._referrers.__getitem__, referrers), self._spam(referrers), strict=True))

    def _read_agents(self, new: list[bytes]) -> list[tuple[int, bool]]:
        agents = [self._text(raw).strip('"') for raw in new]
        return [(self.words.agents[agent], self._is_bot(agent)) for agent in agents]

    def _is_bot(self, agent: str) -> bool:
        """The importer's bots, then those that the tracker knows; none with --enable-bots."""
        if self._rules.enable_bots:
            return False
        lower = agent.lower()
        return (
            is_importer_bot(lower)
            or any(word.lower() in lower for word in self._rules.exclude_agents)
            or is_tracker_bot(agent)
        )

    def _find_referrer(self, key: tuple[int, int, int]) -> int:
        """`key` is (site, page part, referrer)."""
        idsite, part, referrer = key
        found = self._detector.detect_part(idsite, self._parts.names[part], self._referrers.names[referrer])
        return self.words.referrers[self._privacy.referrer_of(found)]

    def _make_page(self, idsite: int, host: int, path: int, titled: int) -> tuple[int, ...]:
        """`path` is twice its place, odd for a download; `titled` 0 or what an error's title names."""
        name, text = self._hosts.names[host], self._paths[path >> 1]
        if path & 1:
            return self._pages.download(idsite, name, text)
        if not titled:
            return self._pages.page(idsite, name, text)
        url, referrer = address(text, name, self._sites[idsite]), self._referrers.names[(titled - 1) & 0xFFFFFFFF]
        shown = self._privacy.address(referrer)
        title = error_title((titled - 1) >> 32, url, shown, self._rules.title_delimiter)
        return self._pages.page(idsite, name, text, title)

    # --- once per batch -----------------------------------------------------------------------------------

    def _resolve(self, hosts: list[str], used: list[int]) -> tuple[Ints, set[str]]:
        """The sites of the used hosts (0 for none, and for unused ones), and the used hosts that have none."""
        found = {place: self._book.find(hosts[place]) for place in used}
        if len(self._book.sites) != len(self._sites):
            self._use(self._book.sites)
        unknown = {hosts[place] for place, idsite in found.items() if idsite is None}
        return np.array([found.get(place) or 0 for place in range(max(len(hosts), 1))], dtype=np.int64), unknown

    def _page(self, *columns: Ints) -> Ints:
        """The page columns of each row's (site, host, path, title)."""
        keys, at = _distinct(columns)
        places, new = self._page_of.all(keys)
        self._page_rows.extend([self._make_page(*key) for key in new])
        return self._page_rows.array()[np.array(places, dtype=np.int64)][at]

    def _client(self, ip: Ints, agent: Ints) -> Ints:
        """Places of the clients; a client is an address, a user agent and what they tell (place, language)."""
        keys, at = unique((ip << 32) | agent)
        places, new = self._client_of.all(keys.tolist())
        if new:
            rows = np.zeros((len(new), 4), dtype=np.int64)
            made = np.array(new, dtype=np.int64)
            rows[:, CLIENT_IP], rows[:, CLIENT_AGENT] = made >> 32, made & 0xFFFFFFFF
            rows[:, CLIENT_LOCATION] = self._locations(rows[:, CLIENT_IP])
            rows[:, CLIENT_LANGUAGE] = self.words.languages[""]
            self.words.clients.extend(rows)
        return np.array(places, dtype=np.int64)[at]

    def _locations(self, ips: Ints) -> Ints | int:
        places, names = self.words.locations, self.words.ips.names
        if not self._locator:
            return places[NOWHERE]
        return np.array([places[self._locator(names[place])] for place in ips.tolist()], dtype=np.int64)


def _ints(hits: pa.Table, name: str) -> Ints:
    return np.asarray(hits[name].combine_chunks().to_numpy(zero_copy_only=False), dtype=np.int64)


def _texts(hits: pa.Table, name: str) -> pa.DictionaryArray:
    chunk = hits[name].combine_chunks()
    return chunk.chunk(0) if isinstance(chunk, pa.ChunkedArray) else chunk


def _flags(values: list[bool]) -> Bools:
    return np.array(values or [False], dtype=np.bool_)


def _distinct(columns: tuple[Ints, ...]) -> tuple[list[Any], Ints]:
    """The distinct rows of some columns (as tuples), and each row's place among them."""
    code = columns[0]
    for column in columns[1:]:
        # dense codes, so that their product stays small
        width = int(column.max(initial=0)) + 1
        if width > 1 << 24 or (int(code.max(initial=0)) + 1) * width >= 1 << 62:
            values, column = np.unique(column, return_inverse=True)
            width = len(values)
        if (int(code.max(initial=0)) + 1) * width >= 1 << 62:
            code = np.unique(code, return_inverse=True)[1]
        code = code * width + column
    values, place = unique(code)
    first = np.empty(len(values), dtype=np.int64)
    first[place[::-1]] = np.arange(len(code))[::-1]
    return list(zip(*(column[first].tolist() for column in columns), strict=True)), place
