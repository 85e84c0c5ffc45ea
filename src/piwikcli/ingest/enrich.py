"""enrich: hits -> requests. Each distinct client, request line, agent and referrer is looked at once.

What settings alone decide is decided here and kept on the request: whether it counts, its URL without
noise, site search, its referrer. Nothing here knows the database; ids are places in the batch's own lists
(`Batch`), which `commit` turns into dictionary ids. See docs/explanation/importing.md.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from piwikcli.ingest import sitesearch
from piwikcli.ingest.clock import SiteClock
from piwikcli.ingest.lookups.bots import is_importer_bot, is_tracker_bot
from piwikcli.ingest.lookups.definitions import Definitions
from piwikcli.ingest.lookups.location import Location, Locator
from piwikcli.ingest.lookups.referrers import PagePart, Referrer, ReferrerDetector
from piwikcli.ingest.rules import CODE, Rules, Target, Targets, first_reason, host_filtered, hostname_accepted
from piwikcli.ingest.sitebook import SiteBook
from piwikcli.ingest.urls import DEFAULT_EXCLUDED_PARAMETERS, clean_title, normalise, normalise_target, split_prefix
from piwikcli.store.sites import Site

Ints = npt.NDArray[np.int64]

PAGE, OUTLINK, DOWNLOAD, TITLE, SEARCH = 1, 2, 3, 4, 8
NULL = -1
NO_HOST = "no-hostname-found-in-log"
_ADDRESS = re.compile(r"[\w*.:\-]+")  # masked addresses and host names pass
_URL_CHARACTERS = 1024
_CACHE = 500_000


class Client(NamedTuple):
    """Who asked: address as the log has it, user agent, place, language."""

    ip: str
    agent: str
    location: Location
    language: str


class Page(NamedTuple):
    """What a URL becomes: the kind of action, its (name, type) pairs, and what it tells about the referrer."""

    kind: int
    url: tuple[str, int] | None
    name: tuple[str, int] | None
    prefix: int | None
    part: PagePart
    category: str | None = None
    count: int | None = None


class Places(dict[Any, int]):
    """Numbers things in the order in which they are first asked for."""

    def __missing__(self, key: Any) -> int:
        self[key] = place = len(self)
        return place


@dataclass(slots=True)
class Batch:
    """Requests as columns, with the lists that their place columns point into.

    `fate` has a code of `rules.REASONS` per hit; the other columns only rows of accepted hits.
    """

    fate: npt.NDArray[np.int8]
    columns: dict[str, Ints]
    clients: list[Client] = field(default_factory=list)
    actions: list[tuple[str, int]] = field(default_factory=list)
    referrers: list[Referrer] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    unknown_hosts: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.columns["time"])


class Enricher:
    """Turns the hits of one import run into requests; remembers URLs and referrers between chunks.

    `book` finds the hosts' sites (and may make new ones).
    """

    def __init__(
        self,
        rules: Rules,
        book: SiteBook,
        definitions: Definitions,
        locator: Locator,
        *,
        ai_assistants: bool = True,
        spammers: Sequence[str] = (),
    ) -> None:
        self._rules = rules
        self._targets = Targets(rules)
        self._book = book
        self._definitions = definitions
        self._ai_assistants = ai_assistants
        self._locator = locator
        self._spammers = tuple(spammers)
        self._pages: dict[tuple[int, str, bool, str], Page] = {}
        self._found: dict[tuple[int, PagePart, str], Referrer] = {}
        self._bots: dict[str, bool] = {}
        self._sites: dict[int, Site] = {}
        self._use(book.sites)

    def _use(self, sites: Mapping[int, Site]) -> None:
        """Prepare for these sites; they grow while hosts of a log make new ones."""
        self._sites = dict(sites)
        self._clock = SiteClock({site.idsite: site.timezone for site in sites.values()})
        self._excluded = {s.idsite: DEFAULT_EXCLUDED_PARAMETERS | set(s.excluded_parameters) for s in sites.values()}
        self._detector = ReferrerDetector(
            self._definitions,
            {idsite: site.urls for idsite, site in sites.items()},
            ai_assistants=self._ai_assistants,
            excluded_parameters=self._excluded,
        )
        self._found.clear()

    def __call__(self, hits: pa.Table, encoding: str) -> Batch:
        rules = self._rules
        rows = hits.num_rows
        client, clients = _dictionary(hits, "client", encoding)
        line, lines = _dictionary(hits, "request", encoding)
        referrer, referrers = _dictionary(hits, "referrer", encoding)
        agent, agents = _dictionary(hits, "agent", encoding)
        referrers = [text.strip('"') for text in referrers]
        referrers = ["" if text == "-" else text[:_URL_CHARACTERS] for text in referrers]
        agents = [text.strip('"') for text in agents]
        time = _ints(hits, "time") + rules.add_to_date
        status = _ints(hits, "status")

        hosts, ips, users = Places(), Places(), Places()
        parts = [self._client(text) for text in clients]
        known = np.array([part is not None for part in parts], dtype=np.bool_)
        host_of = np.array([hosts[p[0]] if p else 0 for p in parts], dtype=np.int64)
        ip_of = np.array([ips[p[1]] if p else 0 for p in parts], dtype=np.int64)
        user_of = np.array([users[p[2]] if p and p[2] else NULL for p in parts], dtype=np.int64)
        host_names: list[str] = list(hosts) or [""]
        targets = [self._targets(text) for text in lines]

        site_of_host, unknown = self._resolve(host_names)
        error, redirect = status // 100 >= 4, (status // 100 == 3) & (status != 304)
        error &= status < 600
        host = host_of[client] if len(parts) else client
        spam = [any(word in text.lower() for word in self._spammers) for text in referrers]
        fate = first_reason(
            (
                ("bad_request", _flags([t.bad for t in targets])[line] | ~known[client]),
                ("download_extension", _flags([t.skipped_download for t in targets])[line]),
                ("hostname", _flags([not hostname_accepted(h, rules.hostnames) for h in host_names])[host]),
                ("http_error", error & (not rules.enable_http_errors)),
                ("http_redirect", redirect & (not rules.enable_http_redirects)),
                ("path", _flags([t.path_filtered for t in targets])[line]),
                ("static", _flags([t.static for t in targets])[line]),
                ("bot", _flags([self._is_bot(text) for text in agents])[agent]),
                ("host_filter", self._host_filtered(host_names, targets, host, line)),
                ("older", time < (rules.exclude_older_than or -(1 << 62))),
                ("newer", time > (rules.exclude_newer_than or 1 << 62)),
                ("no_site", (site_of_host == 0)[host]),
                ("excluded_ip", self._excluded_ips(list(ips), site_of_host)[ip_of[client], site_of_host[host]]),
                ("excluded_user_agent", self._excluded_agents(agents, site_of_host, host, agent)),
                ("referrer_spam", _flags(spam)[referrer]),
            ),
            rows,
        )

        batch = Batch(fate, {})
        batch.unknown_hosts = {host_names[h] for h in np.unique(host[fate == CODE["no_site"]]).tolist()} & unknown
        keep = np.flatnonzero(fate == 0)
        host, line, status, referrer = host[keep], line[keep], status[keep], referrer[keep]
        client, agent, time = client[keep], agent[keep], time[keep]
        site = site_of_host[host]
        day, hour = self._clock(site, time)

        titled = error[keep] | redirect[keep]
        pages, page = self._pages_of(host_names, targets, lines, site, host, line, titled, status, referrer, referrers)
        found, referrer = self._referrers_of(site, [p.part for p in pages], page, referrers, referrer)
        who, of_client = _pairs(ip_of[client], agent)
        ip_names = list(ips)
        places = [self._locator(ip_names[a]) for a in who[0].tolist()]
        batch.clients = [
            Client(ip_names[a], agents[b], place, "")
            for a, b, place in zip(who[0].tolist(), who[1].tolist(), places, strict=True)
        ]
        batch.referrers = found
        batch.users = list(users)
        actions, categories = Places(), Places()
        columns = {
            "kind": [p.kind for p in pages],
            "url": [actions[p.url] if p.url else (NULL if p.kind == SEARCH else NULL - 1) for p in pages],
            "name": [actions[p.name] if p.name else (NULL - 1 if p.kind == PAGE else NULL) for p in pages],
            "prefix": [NULL if p.prefix is None else p.prefix for p in pages],
            "category": [NULL if p.category is None else categories[p.category] for p in pages],
            "count": [NULL if p.count is None else p.count for p in pages],
        }
        batch.columns = {name: np.array(values, dtype=np.int64)[page] for name, values in columns.items()}
        batch.columns |= {
            "offset": _ints(hits, "offset")[keep],
            "time": time,
            "site": site,
            "day": day,
            "hour": hour,
            "client": of_client,
            "user": user_of[client],
            "referrer": referrer,
        }
        batch.actions, batch.categories = list(actions), list(categories)
        return batch

    def _client(self, text: str) -> tuple[str, str, str] | None:
        """(host, address, user) of a line's beginning; None when the address is not one."""
        words = text.split()
        if len(words) < 3:
            return None
        host = self._rules.log_hostname or ""
        if len(words) == 4 and not host:
            name, colon, port = words[0].rpartition(":")
            host = (name if colon and port.isdigit() else words[0]).lower().strip(".\"'")
            host = host or NO_HOST
        ip = words[-3]
        if not _ADDRESS.fullmatch(ip):
            return None
        user = words[-1]
        return host, ip, "" if user == "-" else user[:200]

    def _resolve(self, hosts: list[str]) -> tuple[Ints, set[str]]:
        found = [self._book.find(host) for host in hosts]
        if len(self._book.sites) != len(self._sites):
            self._use(self._book.sites)
        unknown = {host for host, idsite in zip(hosts, found, strict=True) if idsite is None}
        return np.array([idsite or 0 for idsite in found], dtype=np.int64), unknown

    def _is_bot(self, agent: str) -> bool:
        """The importer's bots, then those that the tracker knows; none with --enable-bots."""
        if self._rules.enable_bots:
            return False
        known = self._bots.get(agent)
        if known is None:
            lower = agent.lower()
            known = (
                is_importer_bot(lower)
                or any(word.lower() in lower for word in self._rules.exclude_agents)
                or is_tracker_bot(agent)
            )
            self._bots[agent] = known
        return known

    def _host_filtered(self, hosts: list[str], targets: list[Target], host: Ints, line: Ints) -> npt.NDArray[np.bool_]:
        rules = self._rules
        if not rules.include_hosts and not rules.exclude_hosts:
            return np.zeros(len(host), dtype=np.bool_)
        by_host = _flags([host_filtered(name, rules) for name in hosts])
        by_target = _flags([host_filtered(t.absolute_host, rules) for t in targets])
        absolute = _flags([bool(t.absolute_host) for t in targets])
        own = _flags([bool(name) for name in hosts])
        return np.where(own[host], by_host[host], np.where(absolute[line], by_target[line], by_host[host]))

    def _excluded_ips(self, ips: list[str], sites: Ints) -> npt.NDArray[np.bool_]:
        """Address by site id: whether the site excludes it."""
        table = np.zeros((max(len(ips), 1), int(sites.max(initial=0)) + 1), dtype=np.bool_)
        for idsite in {int(s) for s in sites.tolist()} - {0}:
            rules = self._sites[idsite].excluded_ips
            if rules:
                table[: len(ips), idsite] = [ip_excluded(ip, rules) for ip in ips]
        return table

    def _excluded_agents(self, agents: list[str], sites: Ints, host: Ints, agent: Ints) -> npt.NDArray[np.bool_]:
        out = np.zeros(len(agent), dtype=np.bool_)
        for idsite in {int(s) for s in sites.tolist()} - {0}:
            words = [word.lower() for word in self._sites[idsite].excluded_user_agents if word]
            if words:
                hit = _flags([any(word in text.lower() for word in words) for text in agents])
                out |= hit[agent] & (sites[host] == idsite)
        return out

    def _pages_of(
        self,
        hosts: list[str],
        targets: list[Target],
        lines: list[str],
        site: Ints,
        host: Ints,
        line: Ints,
        titled: npt.NDArray[np.bool_],
        status: Ints,
        referrer: Ints,
        referrers: list[str],
    ) -> tuple[list[Page], Ints]:
        """The distinct pages asked for, and each row's place among them."""
        # an error's title names status and referrer, so such rows are told apart by them too
        detail = np.where(titled, 1 + status * (len(referrers) + 1) + referrer, 0)
        (hs, ls, ds), place = _triples(host, line, detail)
        site_of = np.zeros(len(hosts), dtype=np.int64)
        site_of[host] = site
        pages: list[Page] = []
        for h, t, d in zip(hs.tolist(), ls.tolist(), ds.tolist(), strict=True):
            target, idsite = targets[t], int(site_of[h])
            title = ""
            url = self._address(target, hosts[h], idsite)
            if d:
                code, ref = divmod(d - 1, len(referrers) + 1)
                title = self._title(code, url, referrers[ref])
            key = (idsite, url, target.download, title)
            page = self._pages.get(key)
            if page is None:
                if len(self._pages) >= _CACHE:
                    self._pages.clear()
                page = self._pages[key] = self._page(url, target.download, title, self._sites[idsite])
            pages.append(page)
        return pages, place

    def _address(self, target: Target, host: str, idsite: int) -> str:
        path = target.full_path[:_URL_CHARACTERS]
        if not path.startswith("/"):
            return path
        main = self._sites[idsite].main_url
        if host:
            scheme = main.partition("://")[0] if "://" in main else "http"
            return f"{scheme}://{host}{path}"
        return main.rstrip("/") + path

    def _title(self, status: int, url: str, referrer: str) -> str:
        between = self._rules.title_delimiter
        title = f"{status}{between}URL = {quote(url, safe='')}"
        return f"{title}{between}From = {quote(referrer, safe='')}" if referrer else title

    def _page(self, url: str, download: bool, title: str, site: Site) -> Page:
        part = self._detector.page_part(url)
        if download:
            target = normalise_target(url)
            return Page(DOWNLOAD, (target, DOWNLOAD) if target else None, None, None, part)
        if site.sitesearch:
            search = sitesearch.detect(
                url,
                site.sitesearch_keyword_parameters or sitesearch.DEFAULT_KEYWORD_PARAMETERS,
                site.sitesearch_category_parameters,
            )
            if search is not None:
                keyword = (search.keyword, SEARCH)
                return Page(SEARCH, None, keyword, None, part, search.category or "", search.count)
        stored = normalise(url, excluded=self._excluded[site.idsite], keep_fragment=site.keep_url_fragments)
        text = clean_title(title)
        name = (text, TITLE) if text else None
        if stored is None:
            return Page(PAGE, None, name, None, part)
        prefix, short = split_prefix(stored)
        return Page(PAGE, (short, PAGE), name, prefix, part)

    def _referrers_of(
        self, site: Ints, parts: list[PagePart], page: Ints, referrers: list[str], referrer: Ints
    ) -> tuple[list[Referrer], Ints]:
        """The distinct resolved referrers, and each row's place among them."""
        part_places = Places()
        part_of = np.array([part_places[part] for part in parts], dtype=np.int64)
        part_list: list[PagePart] = list(part_places)
        (ss, ps, rs), place = _triples(site, part_of[page] if len(page) else page, referrer)
        found = Places()
        out: list[int] = []
        for s, p, r in zip(ss.tolist(), ps.tolist(), rs.tolist(), strict=True):
            key = (s, part_list[p], referrers[r])
            resolved = self._found.get(key)
            if resolved is None:
                if len(self._found) >= _CACHE:
                    self._found.clear()
                resolved = self._found[key] = self._detector.detect_part(*key)
            out.append(found[resolved])
        return list(found), np.array(out, dtype=np.int64)[place]


def ip_excluded(ip: str, rules: Collection[str]) -> bool:
    """Whether an address is in a list of addresses, networks (`10.0.0.0/8`) and wildcards (`10.1.*`)."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ip in rules
    for rule in rules:
        if "*" in rule:
            if ip.startswith(rule.split("*")[0]):
                return True
            continue
        try:
            if address in ipaddress.ip_network(rule, strict=False):
                return True
        except ValueError:
            continue
    return False


def _ints(hits: pa.Table, name: str) -> Ints:
    return np.asarray(hits[name].combine_chunks().to_numpy(zero_copy_only=False), dtype=np.int64)


def _flags(values: list[bool]) -> npt.NDArray[np.bool_]:
    return np.array(values or [False], dtype=np.bool_)


def _dictionary(hits: pa.Table, name: str, encoding: str) -> tuple[Ints, list[str]]:
    """A column's codes and its distinct texts. Bytes that are not in the encoding are read as Latin-1."""
    chunk = hits[name].combine_chunks()
    if isinstance(chunk, pa.ChunkedArray):
        chunk = chunk.chunk(0)
    codes = np.asarray(chunk.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    return codes, [_text(value, encoding) for value in chunk.dictionary.to_pylist()]


def _text(value: bytes, encoding: str) -> str:
    try:
        return value.decode(encoding)
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _pairs(a: Ints, b: Ints) -> tuple[tuple[Ints, Ints], Ints]:
    """Distinct pairs of two columns of small numbers, and each row's place among them."""
    width = int(b.max(initial=0)) + 1
    distinct, place = np.unique(a * width + b, return_inverse=True)
    return (distinct // width, distinct % width), place


def _triples(a: Ints, b: Ints, c: Ints) -> tuple[tuple[Ints, Ints, Ints], Ints]:
    (first, third), place = _pairs(a, c) if int(c.max(initial=0)) < (1 << 20) else _pairs_sparse(a, c)
    (pair, second), place = _pairs(place, b)
    return (first[pair], second, third[pair]), place


def _pairs_sparse(a: Ints, b: Ints) -> tuple[tuple[Ints, Ints], Ints]:
    """As `_pairs`, for a second column of large numbers."""
    values, codes = np.unique(b, return_inverse=True)
    (first, code), place = _pairs(a, codes)
    return (first, values[code]), place
