"""Where a visit came from: campaign, search engine, social network, AI assistant, website, or nowhere.

The rules in their order, and what is stored for each type: docs/reference/referrers.md.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from piwikcli.ingest.lookups.engines import SearchEngines
from piwikcli.ingest.lookups.hosts import KnownHosts, canonical_host, host_suffixes
from piwikcli.ingest.sitesearch import decode_value
from piwikcli.ingest.urls import (
    BLANKS,
    CAMPAIGN_KEYWORD_PARAMETERS,
    CAMPAIGN_NAME_PARAMETERS,
    DEFAULT_EXCLUDED_PARAMETERS,
    QueryValue,
    Simple,
    Url,
    clean,
    decode_entities,
    looks_like_url,
    parse,
    parse_query,
    simple,
    without_noise,
)
from piwikcli.lists.definitions import Definitions

DIRECT = 1
SEARCH = 2
WEBSITE = 3
CAMPAIGN = 6
SOCIAL = 7
AI_ASSISTANT = 8

TEXT_LENGTH = 255
"""Characters to which a referrer's name and keyword are cut."""

URL_LENGTH = 1500
"""Characters to which a referrer's URL is cut."""

_HOST_NOISE: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = tuple(
    (re.compile(rf"(?:^|\.){host}$"), frozenset(names.split()))
    for host, names in (
        (r"google(?:\.[a-z]{2,3}){1,2}", "ved usg ei sa bvm client"),
        (r"facebook\.com", "h p"),
        (r"instagram\.com", "e s"),
        (r"bing\.com", "form cvid"),
        (r"youtube\.com", "feature"),
    )
)


class Referrer(NamedTuple):
    """What one request says about where it came from.

    `type` is 1 direct, 2 search engine, 3 website, 6 campaign, 7 social network or 8 AI assistant.
    `keyword_from_host`: the campaign has no keyword and the referrer's host stands in for it; a visit
    that is already of this campaign keeps its own keyword instead.
    """

    type: int
    name: str | None
    keyword: str | None
    url: str
    keyword_from_host: bool = False


class PagePart(NamedTuple):
    """All of a page URL that the detection looks at; see `ReferrerDetector.page_part`."""

    ignored: bool
    host: str
    campaign: str
    keyword: str


_TELLING = frozenset((*CAMPAIGN_NAME_PARAMETERS, "ignore_referrer", "ignore_referer"))
"""Without one of these parameters a page's query tells nothing."""
_NO_PAGE = PagePart(False, "", "", "")


class ReferrerDetector:
    """Tells referrers apart, for sites whose URLs are `site_urls` (site id -> main and alias URLs).

    `excluded_parameters` and `excluded_referrers` are per site id and complete (global and the site's
    own together); a site without the former has `DEFAULT_EXCLUDED_PARAMETERS`. An excluded referrer is
    a host, a host with the beginning of a path, or `.host` for all of its subdomains.
    Without `ai_assistants` they count as the websites that they are.
    """

    def __init__(
        self,
        definitions: Definitions,
        site_urls: Mapping[int, Sequence[str]],
        *,
        ai_assistants: bool = True,
        excluded_parameters: Mapping[int, Collection[str]] | None = None,
        excluded_referrers: Mapping[int, Sequence[str]] | None = None,
    ) -> None:
        self._engines = SearchEngines(definitions.engines)
        self._socials = _SocialNetworks(definitions.socials)
        self._assistants = _by_host(definitions.assistants if ai_assistants else ())
        self._known_hosts = KnownHosts(site_urls)
        self._excluded_parameters = dict(excluded_parameters or {})
        self._excluded_referrers = {
            idsite: [entry.strip().lower().removeprefix("http://").removeprefix("https://") for entry in entries]
            for idsite, entries in (excluded_referrers or {}).items()
        }

    def detect(
        self, idsite: int, page_url: str, referrer_url: str, parameters: Mapping[str, str] | None = None
    ) -> Referrer:
        """The referrer of a request for `page_url`. `parameters`: see `page_part`."""
        return self.detect_part(idsite, self.page_part(page_url, parameters), referrer_url)

    def page_part(self, page_url: str | Simple, parameters: Mapping[str, str] | None = None) -> PagePart:
        """What of `page_url` decides about the referrer.

        `parameters` are a tracking request's own: campaign parameters there override the URL's.
        """
        found = simple(page_url) if isinstance(page_url, str) else page_url
        if found:
            part = PagePart(False, canonical_host(found.host), "", "")
            if not _TELLING.isdisjoint(found.parameters):
                part = _page_part(found.host, found.parameters, "")
        else:
            url = parse(clean(str(page_url)))
            part = _NO_PAGE if url is None else _page_part(url.host, parse_query(url.query), url.fragment)
        if parameters:
            name = _first_text(parameters, CAMPAIGN_NAME_PARAMETERS)
            keyword = _first_text(parameters, CAMPAIGN_KEYWORD_PARAMETERS)
            if name:
                part = part._replace(campaign=name, keyword=keyword or part.keyword)
        return part

    def detect_part(self, idsite: int, part: PagePart, referrer_url: str) -> Referrer:
        """The referrer of a request for any page whose `page_part` is `part`."""
        if part.ignored:
            return Referrer(DIRECT, "", "", "")
        simply = simple(referrer_url)
        if simply and not part.campaign and self._is_own_page(idsite, part, simply):
            return Referrer(DIRECT, None, None, self._stored_url(idsite, referrer_url, simply))  # as most are
        raw = decode_entities(referrer_url).strip(BLANKS) if referrer_url else ""
        url = parse(raw) if raw and looks_like_url(raw) else None
        if url is not None:
            if not url.host.islower():
                url = url._replace(host=url.host.lower())
            if self._is_excluded(idsite, url):
                url = None
        if url is None:
            found, stored = self._campaign(part, "", None) or Referrer(DIRECT, None, None, ""), ""
        else:
            found = (
                self._campaign(part, raw, url)
                or self._direct(idsite, part, url)
                or self._assistant(url)
                or self._search(raw, url)
                or self._social(raw)
                or self._website(url)
            )
            stored = self._stored_url(idsite, raw, simply or url)[:URL_LENGTH]
        name, keyword = found.name and found.name[:TEXT_LENGTH], found.keyword and found.keyword[:TEXT_LENGTH]
        return Referrer(found.type, name, keyword, stored, found.keyword_from_host)

    def _is_own_page(self, idsite: int, part: PagePart, referrer: Simple) -> bool:
        """Whether a referrer is surely one of the site's pages."""
        host = canonical_host(referrer.host)
        own = idsite not in self._excluded_referrers and self._known_hosts.is_own(idsite, host, part.host)
        return own and not _is_advertising(host)

    def _is_excluded(self, idsite: int, url: Url) -> bool:
        for entry in self._excluded_referrers.get(idsite, ()):
            host, slash, path = entry.partition("/")
            same = url.host.endswith(host) if host.startswith(".") else host == url.host
            if same and host and (not slash or url.path.lower().startswith(slash + path)):
                return True
        return False

    def _campaign(self, part: PagePart, raw: str, url: Url | None) -> Referrer | None:
        name, keyword = part.campaign, part.keyword
        if url is not None and not keyword:
            if name:
                search = self._engines.detect(raw, url)
                keyword = (search and search.keyword) or ""
            if not keyword and _is_advertising(url.host):
                parameters = parse_query(url.query)
                shown_on = parse(_value(parameters, "url"))
                if shown_on is not None and shown_on.host:
                    keyword = f"(adwords) {shown_on.host}"
                    kind = _value(parameters, "ad_type")
                    name = name or (f"AdWords ({kind})" if kind else "AdWords")
        if not name:
            return None
        host = url.host if url is not None else ""
        return Referrer(CAMPAIGN, name.lower(), (keyword or host).lower(), "", keyword_from_host=not keyword)

    def _direct(self, idsite: int, part: PagePart, url: Url) -> Referrer | None:
        sites = self._known_hosts.sites(url, page=(part.host, idsite))
        return Referrer(DIRECT, None, None, "") if idsite in sites or not url.host else None

    def _assistant(self, url: Url) -> Referrer | None:
        for host in host_suffixes(url.host):
            for path, name in self._assistants.get(host, ()):
                if not path or url.path == path or url.path.startswith(f"{path}/"):
                    return Referrer(AI_ASSISTANT, name, "", "")
        return None

    def _search(self, raw: str, url: Url) -> Referrer | None:
        search = self._engines.detect(raw, url)
        return None if search is None else Referrer(SEARCH, search.engine, search.keyword, "")

    def _social(self, raw: str) -> Referrer | None:
        name = self._socials.find(raw)
        return None if name is None else Referrer(SOCIAL, name, "", "")

    def _website(self, url: Url) -> Referrer:
        return Referrer(WEBSITE, url.host + self._known_hosts.path(url), None, "")

    def _stored_url(self, idsite: int, raw: str, url: Simple | Url) -> str:
        excluded = self._excluded_parameters.get(idsite, DEFAULT_EXCLUDED_PARAMETERS)
        if isinstance(url, Simple):
            return url.stored(_with_noise(excluded, url.host) if url.parameters else excluded)
        cleaned = clean(raw)
        stored = url if cleaned == raw else parse(cleaned)
        if stored is None:
            return ""
        return str(without_noise(stored, _with_noise(excluded, stored.host.lower()) if stored.query else excluded))


@lru_cache(maxsize=1000)
def _noise(host: str) -> frozenset[str]:
    """Parameters that mean nothing in the URLs of a (lower-case) host."""
    return frozenset(name for pattern, names in _HOST_NOISE if pattern.search(host) for name in names)


def _with_noise(excluded: Collection[str], host: str) -> Collection[str]:
    noise = _noise(host)
    return frozenset(excluded) | noise if noise else excluded


class _SocialNetworks:
    """Finds the first network of the list that has one of its domains somewhere in a URL."""

    def __init__(self, domains: Iterable[tuple[str, str]]) -> None:
        # Dots of a definition match any character, so only what stands before the first one is literal.
        # Two characters of it are enough to leave one or two candidates per piece of a URL.
        self._by_start: dict[str, list[tuple[int, str, re.Pattern[str]]]] = defaultdict(list)
        for order, (name, domain) in enumerate(domains):
            pattern = re.compile(r".".join(map(re.escape, domain.split("."))) + r"(?:[./]|$)")
            self._by_start[domain.partition(".")[0][:2]].append((order, name, pattern))

    def find(self, raw: str) -> str | None:
        url = raw.lower()
        best: tuple[int, str] | None = None
        for piece in re.finditer(r"[^./]+", url):
            at = piece.start()
            for start in {url[at], url[at : at + 2]}:
                for order, name, pattern in self._by_start.get(start, ()):
                    if (best is None or order < best[0]) and pattern.match(url, at):
                        best = order, name
        return best and best[1]


def _by_host(entries: Iterable[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    """host -> its (path without end slash, name); longest path first."""
    hosts: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, entry in entries:
        host, slash, path = entry.partition("/")
        hosts[host].append(((slash + path).rstrip("/"), name))
    for paths in hosts.values():
        paths.sort(key=lambda item: -len(item[0]))
    return dict(hosts)


def _is_advertising(host: str) -> bool:
    return "googleads" in host or "doubleclick" in host


def _page_part(host: str, query: Mapping[str, QueryValue], fragment: str) -> PagePart:
    if query.get("ignore_referrer") == "1" or query.get("ignore_referer") == "1":
        return PagePart(True, "", "", "")
    name, keyword = _campaign_of(query)
    if not keyword and "=" in fragment:
        in_fragment = _campaign_of(parse_query(fragment))
        if in_fragment[0]:
            name, keyword = in_fragment
    return PagePart(False, canonical_host(host), name, keyword)


def _campaign_of(parameters: Mapping[str, QueryValue]) -> tuple[str, str]:
    name = _first_value(parameters, CAMPAIGN_NAME_PARAMETERS)
    return (name, _first_value(parameters, CAMPAIGN_KEYWORD_PARAMETERS)) if name else ("", "")


def _first_value(parameters: Mapping[str, QueryValue], names: Iterable[str]) -> str:
    return next(filter(None, (_value(parameters, name) for name in names if name in parameters)), "")


def _value(parameters: Mapping[str, QueryValue], name: str) -> str:
    value = parameters.get(name)
    return decode_value(value) if isinstance(value, str) else ""


def _first_text(parameters: Mapping[str, str], names: Iterable[str]) -> str:
    return next((text for name in names if (text := parameters.get(name, "").strip(BLANKS))), "")
