"""enrich: hits -> requests. Each distinct client, request line, agent and referrer is looked at once a run.

What settings alone decide is decided here and kept on the request: whether it counts, its URL without
noise, site search, its referrer. Nothing here knows the database; ids are places in the run's vocabulary,
which `commit` turns into dictionary ids. See docs/explanation/importing.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from piwikcli.ingest import sitesearch
from piwikcli.ingest.clock import SiteClock
from piwikcli.ingest.exclusions import Exclusions
from piwikcli.ingest.lookups.bots import is_importer_bot, is_tracker_bot
from piwikcli.ingest.lookups.location import Locator
from piwikcli.ingest.lookups.referrers import PagePart, ReferrerDetector
from piwikcli.ingest.rules import CODE, Rules, Target, Targets, first_reason, host_filtered, hostname_accepted
from piwikcli.ingest.sitebook import SiteBook
from piwikcli.ingest.urls import (
    DEFAULT_EXCLUDED_PARAMETERS,
    clean_title,
    normalise,
    normalise_target,
    split_prefix,
)
from piwikcli.ingest.vocabulary import Client, Growing, Memo, Places, Vocabulary
from piwikcli.lists.definitions import Definitions
from piwikcli.store.sites import Site

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

PAGE, OUTLINK, DOWNLOAD, TITLE, SEARCH = 1, 2, 3, 4, 8
NULL = -1
UNDEFINED = -2
"""Place of an action that the request should have and does not: stored as id 0."""
NO_HOST = "no-hostname-found-in-log"
_ADDRESS = re.compile(r"[\w*.:\-]+")  # masked addresses and host names pass
_URL_CHARACTERS = 1024
_FORGET = 2_000_000
"""So many distinct values are remembered; then the run starts anew with an empty vocabulary."""


# what a line's beginning says: whether it is right, places of its host and address, place of the user or NULL
_KNOWN, _HOST, _IP, _USER = range(4)
# what a URL becomes: columns of requests, and the place of what it tells about the referrer
_PAGE_COLUMNS = ("kind", "url", "name", "prefix", "category", "count")
_PART = len(_PAGE_COLUMNS)


@dataclass(slots=True)
class Batch:
    """Requests as columns; place columns point into `vocabulary`, of which only `sizes` entries count.

    `fate` has a code of `rules.REASONS` per hit; the other columns only rows of accepted hits.
    """

    fate: npt.NDArray[np.int8]
    columns: dict[str, Ints]
    vocabulary: Vocabulary
    unknown_hosts: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.columns["time"])

    @classmethod
    def join(cls, batches: Sequence[Batch]) -> Batch:
        """Batches of one vocabulary as one."""
        if len(batches) == 1:
            return batches[0]
        columns = {name: np.concatenate([b.columns[name] for b in batches]) for name in batches[0].columns}
        hosts = set().union(*(b.unknown_hosts for b in batches))
        return cls(np.concatenate([b.fate for b in batches]), columns, batches[0].vocabulary, hosts)


class Enricher:
    """Turns the hits of one import run into requests; remembers what it has looked at.

    `book` finds the hosts' sites (and may make new ones).
    """

    def __init__(
        self,
        rules: Rules,
        book: SiteBook,
        definitions: Definitions,
        locator: Locator,
        *,
        encoding: str = "utf-8",
        ai_assistants: bool = True,
        spammers: Sequence[str] = (),
    ) -> None:
        self._rules = rules
        self._targets = Targets(rules)
        self._book = book
        self._definitions = definitions
        self._ai_assistants = ai_assistants
        self._locator = locator
        self._encoding = encoding
        self._spammers = tuple(spammers)
        self._forget()
        self._use(book.sites)

    def _forget(self) -> None:
        """Begin with an empty vocabulary."""
        self.words = Vocabulary()
        self._told = 0
        self._hosts: Places[str] = Places()
        self._ips: Places[str] = Places()
        self._agents: Places[str] = Places()
        self._lines: Places[Target] = Places()
        self._referrers: Places[str] = Places()
        self._parts: Places[PagePart] = Places()
        self._client_rows = Growing(4)
        self._page_rows = Growing(_PART + 1)
        self._client_of: Memo[bytes, int] = Memo(lambda raw: self._client_rows.add(self._read_client(raw)))
        self._line_of: Memo[bytes, int] = Memo(lambda raw: self._lines[self._targets(self._text(raw))])
        self._referrer_of: Memo[bytes, int] = Memo(self._read_referrer)
        self._agent_of: Memo[bytes, int] = Memo(lambda raw: self._agents[self._text(raw).strip('"')])
        self._bot: Memo[int, bool] = Memo(self._is_bot)
        self._spam: Memo[int, bool] = Memo(self._is_spam)
        self._who: Memo[int, int] = Memo(self._make_client)
        self._page: Memo[tuple[int, int, int, int], int] = Memo(lambda key: self._page_rows.add(self._make_page(key)))
        self._found: Memo[tuple[int, int, int], int] = Memo(self._find_referrer)

    def _use(self, sites: Mapping[int, Site]) -> None:
        """Prepare for these sites; they grow while hosts of a log make new ones."""
        self._sites = dict(sites)
        self._clock = SiteClock({site.idsite: site.timezone for site in sites.values()})
        self._excluded = {
            site.idsite: DEFAULT_EXCLUDED_PARAMETERS | set(site.excluded_parameters) for site in sites.values()
        }
        self._exclusions = Exclusions(sites)
        self._detector = ReferrerDetector(
            self._definitions,
            {idsite: site.urls for idsite, site in sites.items()},
            ai_assistants=self._ai_assistants,
            excluded_parameters=self._excluded,
        )
        self._found.clear()

    def __call__(self, hits: pa.Table) -> Batch:
        if len(self.words) > _FORGET:
            self._forget()
        rules = self._rules
        client, sources = _dictionary(hits, "client", self._client_of)
        line, targets = _dictionary(hits, "request", self._line_of)
        referrer, referrers = _dictionary(hits, "referrer", self._referrer_of)
        agent, agents = _dictionary(hits, "agent", self._agent_of)
        of_client = self._client_rows.array()[sources][client]
        host, ip = of_client[:, _HOST], of_client[:, _IP]
        wanted = [self._lines.names[place] for place in targets]
        time = _ints(hits, "time") + rules.add_to_date
        status = _ints(hits, "status")
        error = (status >= 400) & (status < 600)
        redirect = (status >= 300) & (status < 400) & (status != 304)

        hosts = self._hosts.names[:]
        tests = [
            ("bad_request", _flags([target.bad for target in wanted])[line] | (of_client[:, _KNOWN] == 0)),
            ("download_extension", _flags([target.skipped_download for target in wanted])[line]),
            ("hostname", _flags([not hostname_accepted(name, rules.hostnames) for name in hosts])[host]),
            ("http_error", error & (not rules.enable_http_errors)),
            ("http_redirect", redirect & (not rules.enable_http_redirects)),
            ("path", _flags([target.path_filtered for target in wanted])[line]),
            ("static", _flags([target.static for target in wanted])[line]),
            ("bot", _flags([self._bot[place] for place in agents])[agent]),
        ]
        if rules.include_hosts or rules.exclude_hosts:
            tests.append(("host_filter", self._host_filtered(hosts, wanted, host, line)))
        if rules.exclude_older_than is not None:
            tests.append(("older", time < rules.exclude_older_than))
        if rules.exclude_newer_than is not None:
            tests.append(("newer", time > rules.exclude_newer_than))
        fate = first_reason(tests, len(time))
        # only hosts of hits that count so far are looked up: the look-up may make a site
        site_of_host, unknown = self._resolve(hosts, np.unique(host[fate == 0]).tolist())
        tests = [("no_site", (site_of_host == 0)[host])]
        if self._exclusions:
            site = site_of_host[host]
            tests.append(("excluded_ip", self._exclusions.ips(site, ip, self._ips.names)))
            names = [self._agents.names[place] for place in agents]
            tests.append(("excluded_user_agent", self._exclusions.agents(site, agent, names)))
        tests.append(("referrer_spam", _flags([self._spam[place] for place in referrers])[referrer]))
        fate = np.where(fate == 0, first_reason(tests, len(time)), fate)

        batch = Batch(fate, {}, self.words)
        missing = np.unique(host[fate == CODE["no_site"]]).tolist()
        batch.unknown_hosts = {hosts[place] for place in missing} & unknown
        keep = np.flatnonzero(fate == 0)
        host, line, status, referrer = host[keep], line[keep], status[keep], referrer[keep]
        time, site = time[keep], site_of_host[host]
        day, hour = self._clock(site, time)
        place_of = np.array(referrers or [0], dtype=np.int64)[referrer]
        # an error's title names its status and referrer, so such pages are told apart by them too
        titled = (error | redirect)[keep]
        pages, page = _distinct(
            (
                site,
                host,
                np.array(targets or [0], dtype=np.int64)[line],
                np.where(titled, 1 + (status << 32) + place_of, 0),
            )
        )
        places = [self._page[key] for key in pages]
        made = self._page_rows.array()[places][page]
        keys, found = _distinct((site, made[:, _PART], place_of))
        origin = np.array([self._found[key] for key in keys] or [0], dtype=np.int64)[found]
        who = (ip[keep] << 32) | np.array(agents or [0], dtype=np.int64)[agent[keep]]
        clients, of = unique(who)
        batch.columns = {
            "offset": _ints(hits, "offset")[keep],
            "time": time,
            "site": site,
            "day": day,
            "hour": hour,
            "client": np.array([self._who[key] for key in clients.tolist()] or [0], dtype=np.int64)[of],
            "user": of_client[keep, _USER],
            "referrer": origin,
            **{name: made[:, index] for index, name in enumerate(_PAGE_COLUMNS)},
        }
        return batch

    def new_clients(self) -> list[Client]:
        """Clients met since the last call."""
        clients = self.words.clients
        new = clients[self._told :]
        self._told = len(clients)
        return new

    # --- once per distinct value --------------------------------------------------------------------------

    def _text(self, raw: bytes) -> str:
        """Bytes that are not in the log's encoding are read as Latin-1, so that no line is lost."""
        try:
            return raw.decode(self._encoding)
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    def _read_client(self, raw: bytes) -> tuple[int, int, int, int]:
        words = raw.decode("latin-1").split() if raw.isascii() else self._text(raw).split()
        if len(words) < 3 or not _ADDRESS.fullmatch(words[-3]):
            return 0, self._hosts[""], 0, NULL
        host = self._rules.log_hostname or ""
        if len(words) == 4 and not host:
            name, colon, port = words[0].rpartition(":")
            host = (name if colon and port.isdigit() else words[0]).lower().strip(".\"'") or NO_HOST
        user = words[-1]
        place = NULL if user == "-" else self.words.users[user[:200]]
        return 1, self._hosts[host], self._ips[words[-3]], place

    def _read_referrer(self, raw: bytes) -> int:
        text = self._text(raw).strip('"')
        return self._referrers["" if text == "-" else text[:_URL_CHARACTERS]]

    def _is_bot(self, place: int) -> bool:
        """The importer's bots, then those that the tracker knows; none with --enable-bots."""
        if self._rules.enable_bots:
            return False
        agent = self._agents.names[place]
        lower = agent.lower()
        return (
            is_importer_bot(lower)
            or any(word.lower() in lower for word in self._rules.exclude_agents)
            or is_tracker_bot(agent)
        )

    def _is_spam(self, place: int) -> bool:
        lower = self._referrers.names[place].lower()
        return any(word in lower for word in self._spammers)

    def _make_client(self, key: int) -> int:
        ip = self._ips.names[key >> 32]
        self.words.clients.append(Client(ip, self._agents.names[key & 0xFFFFFFFF], self._locator(ip), ""))
        return len(self.words.clients) - 1

    def _make_page(self, key: tuple[int, int, int, int]) -> tuple[int, ...]:
        """`key` is (site, host, target, 0 or what an error's title names)."""
        idsite, host, place, detail = key
        target, site = self._lines.names[place], self._sites[idsite]
        url = self._address(target, self._hosts.names[host], site)
        part = self._parts[self._detector.page_part(url)]
        words = self.words
        if target.download:
            address = normalise_target(url)
            action = words.actions[address, DOWNLOAD] if address else UNDEFINED
            return DOWNLOAD, action, NULL, NULL, NULL, NULL, part
        if site.sitesearch:
            search = sitesearch.detect(
                url,
                site.sitesearch_keyword_parameters or sitesearch.DEFAULT_KEYWORD_PARAMETERS,
                site.sitesearch_category_parameters,
            )
            if search is not None:
                count = NULL if search.count is None else search.count
                category = words.categories[search.category or ""]
                return SEARCH, NULL, words.actions[search.keyword, SEARCH], NULL, category, count, part
        name = UNDEFINED
        if detail:
            title = clean_title(
                self._title((detail - 1) >> 32, url, self._referrers.names[(detail - 1) & 0xFFFFFFFF])
            )
            name = words.actions[title, TITLE]
        stored = normalise(url, excluded=self._excluded[idsite], keep_fragment=site.keep_url_fragments)
        if stored is None:
            return PAGE, UNDEFINED, name, NULL, NULL, NULL, part
        prefix, short = split_prefix(stored)
        return PAGE, words.actions[short, PAGE], name, NULL if prefix is None else prefix, NULL, NULL, part

    def _address(self, target: Target, host: str, site: Site) -> str:
        path = target.full_path[:_URL_CHARACTERS]
        if not path.startswith("/"):
            return path
        if host:
            scheme = site.main_url.partition("://")[0] if "://" in site.main_url else "http"
            return f"{scheme}://{host}{path}"
        return site.main_url.rstrip("/") + path

    def _title(self, status: int, url: str, referrer: str) -> str:
        between = self._rules.title_delimiter
        title = f"{status}{between}URL = {quote(url, safe='')}"
        return f"{title}{between}From = {quote(referrer, safe='')}" if referrer else title

    def _find_referrer(self, key: tuple[int, int, int]) -> int:
        """`key` is (site, page part, referrer)."""
        idsite, part, referrer = key
        found = self._detector.detect_part(idsite, self._parts.names[part], self._referrers.names[referrer])
        return self.words.referrers[found]

    # --- once per chunk -----------------------------------------------------------------------------------

    def _resolve(self, hosts: list[str], used: list[int]) -> tuple[Ints, set[str]]:
        """The sites of the used hosts (0 for none, and for unused ones), and the used hosts that have none."""
        found = {place: self._book.find(hosts[place]) for place in used}
        if len(self._book.sites) != len(self._sites):
            self._use(self._book.sites)
        unknown = {hosts[place] for place, idsite in found.items() if idsite is None}
        return np.array([found.get(place) or 0 for place in range(max(len(hosts), 1))], dtype=np.int64), unknown

    def _host_filtered(self, hosts: list[str], targets: list[Target], host: Ints, line: Ints) -> Bools:
        """A line's own host counts, else the one in an absolute path."""
        by_host = _flags([host_filtered(name, self._rules) for name in hosts])
        by_target = _flags([host_filtered(target.absolute_host, self._rules) for target in targets])
        absolute = _flags([bool(target.absolute_host) for target in targets])
        own = _flags([bool(name) for name in hosts])
        return np.where(~own[host] & absolute[line], by_target[line], by_host[host])


def _ints(hits: pa.Table, name: str) -> Ints:
    return np.asarray(hits[name].combine_chunks().to_numpy(zero_copy_only=False), dtype=np.int64)


def _flags(values: list[bool]) -> Bools:
    return np.array(values or [False], dtype=np.bool_)


def _dictionary(hits: pa.Table, name: str, memo: Memo[bytes, Any]) -> tuple[Ints, list[Any]]:
    """A column's codes, and what the memo says of its distinct values."""
    chunk = hits[name].combine_chunks()
    if isinstance(chunk, pa.ChunkedArray):
        chunk = chunk.chunk(0)
    codes = np.asarray(chunk.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    return codes, [memo[raw] for raw in chunk.dictionary.to_pylist()]


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


def unique(values: Ints) -> tuple[Ints, Ints]:
    """Distinct numbers in order of appearance, and each row's place among them (hashed: faster than sorting)."""
    encoded = pa.array(values).dictionary_encode()
    return encoded.dictionary.to_numpy(), encoded.indices.to_numpy().astype(np.int64)
