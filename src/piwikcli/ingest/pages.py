"""What a page, download or site search of a web log becomes: its actions, and what it says about referrers.

Looked at once per distinct (site, host, path). See docs/reference/urls.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import quote

from piwikcli.ingest import sitesearch
from piwikcli.ingest.lookups.referrers import PagePart, ReferrerDetector
from piwikcli.ingest.urls import clean_title, normalise, normalise_target, simple, split_prefix
from piwikcli.ingest.vocabulary import Places, Vocabulary
from piwikcli.store.sites import Site

PAGE, OUTLINK, DOWNLOAD, TITLE, SEARCH = 1, 2, 3, 4, 8
NULL = -1
UNDEFINED = -2
"""Place of an action that the request should have and does not: stored as id 0."""
URL_CHARACTERS = 1024

PAGE_COLUMNS = ("kind", "url", "name", "prefix", "category", "count")
"""Columns of requests that a page decides; `Pages` adds the place of what it tells about the referrer."""


class Pages:
    """Turns paths into rows of PAGE_COLUMNS and a place in `parts`; actions are numbered in `words`."""

    def __init__(
        self,
        words: Vocabulary,
        parts: Places[PagePart],
        sites: Mapping[int, Site],
        excluded: Mapping[int, Collection[str]],
        detector: ReferrerDetector,
    ) -> None:
        self._words = words
        self._parts = parts
        self._sites = sites
        self._excluded = excluded
        self._detector = detector

    def page(self, idsite: int, host: str, path: str, title: str = "") -> tuple[int, ...]:
        """A page view or a site search; `title` is there for errors only."""
        site, words = self._sites[idsite], self._words
        url = address(path, host, site)
        keywords = site.sitesearch_keyword_parameters or sitesearch.DEFAULT_KEYWORD_PARAMETERS
        found = simple(url)
        part = self._parts[self._detector.page_part(found or url)]
        searched = site.sitesearch
        if found and searched:
            names = {name.lower() for name in found.parameters}
            searched = bool(names) and any(name.lower() in names for name in keywords)
        if searched:
            search = sitesearch.detect(url, keywords, site.sitesearch_category_parameters)
            if search is not None:
                count = NULL if search.count is None else search.count
                category = words.categories[search.category or ""]
                return SEARCH, NULL, words.actions[search.keyword, SEARCH], NULL, category, count, part
        name = words.actions[title, TITLE] if title else UNDEFINED
        excluded = self._excluded[idsite]
        stored = (
            found.stored(excluded)
            if found
            else normalise(url, excluded=excluded, keep_fragment=site.keep_url_fragments)
        )
        if stored is None:
            return PAGE, UNDEFINED, name, NULL, NULL, NULL, part
        prefix, short = split_prefix(stored)
        return PAGE, words.actions[short, PAGE], name, NULL if prefix is None else prefix, NULL, NULL, part

    def download(self, idsite: int, host: str, path: str) -> tuple[int, ...]:
        url = address(path, host, self._sites[idsite])
        target = normalise_target(url)
        action = self._words.actions[target, DOWNLOAD] if target else UNDEFINED
        return DOWNLOAD, action, NULL, NULL, NULL, NULL, self._parts[self._detector.page_part(url)]


def address(path: str, host: str, site: Site) -> str:
    """The URL that a log line asks for, at the line's own host or else the site's."""
    path = path[:URL_CHARACTERS]
    if not path.startswith("/"):
        return path
    if host:
        scheme = site.main_url.partition("://")[0] if "://" in site.main_url else "http"
        return f"{scheme}://{host}{path}"
    return site.main_url.rstrip("/") + path


def error_title(status: int, url: str, referrer: str, delimiter: str) -> str:
    """The title of a page that answered with an error or a redirect."""
    title = f"{status}{delimiter}URL = {quote(url, safe='')}"
    return clean_title(f"{title}{delimiter}From = {quote(referrer, safe='')}" if referrer else title)
