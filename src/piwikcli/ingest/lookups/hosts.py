"""Hosts: the one that a URL means, and which sites a URL belongs to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from piwikcli.ingest.urls import Url, parse

NO_SITES: frozenset[int] = frozenset()


def canonical_host(host: str) -> str:
    """`host` in lower case, without one leading `www.`"""
    return host.lower().removeprefix("www.")


def host_suffixes(host: str) -> Iterator[str]:
    """`a.b.c` -> `a.b.c`, `b.c`, `c`"""
    while host:
        yield host
        host = host.partition(".")[2]


class KnownHosts:
    """The URLs of all sites, by host and path. A URL like `http://.example.org` stands for all subdomains."""

    def __init__(self, site_urls: Mapping[int, Sequence[str]]) -> None:
        hosts: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        for idsite, urls in site_urls.items():
            for text in urls:
                url = parse(text if "//" in text else f"//{text}")
                if url is not None and url.host:
                    hosts[canonical_host(url.host)][_folder(url.path)].add(idsite)
        self._own: dict[tuple[int, str, str], bool] = {}
        self._hosts = {host: sorted(paths.items(), key=lambda item: -len(item[0])) for host, paths in hosts.items()}

    def sites(self, url: Url, page: tuple[str, int] = ("", 0)) -> frozenset[int] | set[int]:
        """The sites that `url` belongs to: those of the deepest known path that it lies under.

        `page` is the (canonical host, site) of the page being visited: known whatever the site's URLs are.
        """
        host, path = canonical_host(url.host), _folder(url.path)
        for key in _keys(host):
            own = key == page[0] != ""
            for known, sites in self._hosts.get(key, ()):
                if path.startswith(known):
                    return sites | {page[1]} if own and known == "/" else sites
            if own:
                return {page[1]}
        return NO_SITES

    def is_own(self, idsite: int, host: str, page_host: str) -> bool:
        """Whether every path of a (canonical) host surely belongs to the site, seen from one of its pages."""
        key = (idsite, host, page_host)
        known = self._own.get(key)
        if known is None:
            known = self._own[key] = host == page_host != "" and all(
                idsite in sites for _, sites in self._hosts.get(host, ())
            )
        return known

    def path(self, url: Url) -> str:
        """The deepest known path, other than `/`, that `url` lies under, without its end slash."""
        path = _folder(url.path)
        for known, _ in self._hosts.get(canonical_host(url.host), ()):
            if known != "/" and path.startswith(known):
                return known.rstrip("/")
        return ""


def _keys(host: str) -> Iterator[str]:
    yield host
    for suffix in host_suffixes(host):
        yield f".{suffix}"


def _folder(path: str) -> str:
    path = path.lower()
    return path if path.endswith("/") else f"{path}/"
