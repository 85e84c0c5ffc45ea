"""What distinct values become, looked at once a run and not once a piece: pages, referrers, clients, goals.

Everything here is a function of texts and of what is configured. The results are places in the run's vocabulary.
"""

from __future__ import annotations

from typing import NamedTuple

from piwikcli.ingest import sitesearch
from piwikcli.ingest.lookups.language import browser_language, likely_country
from piwikcli.ingest.lookups.language import normalise as normalise_languages
from piwikcli.ingest.lookups.location import UNKNOWN_COUNTRY, Location, Locator
from piwikcli.ingest.lookups.referrers import PagePart, ReferrerDetector
from piwikcli.ingest.tracking import values
from piwikcli.ingest.tracking.batch import NULL, PAGE, SEARCH, UNDEFINED, Client, Known, Vocabulary
from piwikcli.ingest.tracking.goals import GoalMatcher
from piwikcli.ingest.tracking.installation import Installation
from piwikcli.ingest.urls import clean_title, normalise, normalise_target, split_prefix


class Page(NamedTuple):
    """What a URL becomes: places of page or keyword and category, the number of results, the prefix's number."""

    kind: int
    url: int
    name: int
    prefix: int
    category: int
    results: int
    stored: int
    """Place of the URL's text, as conversions keep it."""


class Memory:
    """What one run has looked at; `words` takes the names."""

    def __init__(
        self,
        installation: Installation,
        words: Vocabulary,
        detector: ReferrerDetector,
        matcher: GoalMatcher,
        locator: Locator,
    ) -> None:
        self._installation = installation
        self._detector = detector
        self._matcher = matcher
        self._locator = locator
        self.words = words
        self.pages = Known[tuple[int, str, str], Page](self._page)
        """Of (site, URL, charset of the words in it)."""
        self.parts = Known[tuple[str, tuple[tuple[str, str], ...]], PagePart](self._part)
        """What tells where a request came from, of (URL, campaign parameters of the request's own)."""
        self.referrers = Known[tuple[int, PagePart, str], int](self._referrer)
        """Place of the referrer, of (site, part of the page, referrer's URL)."""
        self.clients = Known[tuple[str, str, str, str, int], int](self._client)
        """Place of the client, of (address, user agent, client hints, languages, plugins)."""
        self.matches = Known[tuple[int, tuple[tuple[str, str], ...]], int](self._match)
        """Place of the goals that an action may convert, of (site, texts by what goals compare); NULL for none."""

    def _page(self, key: tuple[int, str, str]) -> Page:
        idsite, url, charset = key
        site = self._installation.sites[idsite]
        excluded = self._installation.excluded_parameters(idsite)
        words = self.words
        if site.sitesearch:
            found = sitesearch.detect(
                url,
                site.sitesearch_keyword_parameters or sitesearch.DEFAULT_KEYWORD_PARAMETERS,
                site.sitesearch_category_parameters,
                charset=charset or None,
            )
            if found is not None:
                count = NULL if found.count is None else found.count
                stored = normalise(found.url, excluded=excluded, keep_fragment=site.keep_url_fragments) or ""
                keyword = words.actions[found.keyword, SEARCH]
                category = words.texts[found.category or ""]
                return Page(SEARCH, NULL, keyword, NULL, category, count, words.texts[stored])
        stored_url = normalise(url, excluded=excluded, keep_fragment=site.keep_url_fragments)
        if stored_url is None:
            return Page(PAGE, UNDEFINED, UNDEFINED, NULL, NULL, NULL, words.texts[""])
        prefix, short = split_prefix(stored_url)
        place = words.actions[short, PAGE]
        return Page(PAGE, place, UNDEFINED, NULL if prefix is None else prefix, NULL, NULL, words.texts[stored_url])

    def _part(self, key: tuple[str, tuple[tuple[str, str], ...]]) -> PagePart:
        url, own = key
        return self._detector.page_part(url, dict(own) or None)

    def _referrer(self, key: tuple[int, PagePart, str]) -> int:
        found = self._detector.detect_part(*key)
        return self.words.referrers[self._installation.privacy.referrer_of(found)]

    def _client(self, key: tuple[str, str, str, str, int]) -> int:
        address, agent, hints, tongues, plugins = key
        agent = values.plain(agent)
        if hints and (hint := values.compact(hints)):
            agent = f"{agent}\n{hint}"
        languages = normalise_languages(tongues)
        ip = self._installation.privacy.looked_up(address)
        place = self._place(ip, languages)
        return self.words.clients[Client(ip, agent, place, browser_language(languages), languages, plugins)]

    def _place(self, ip: str, languages: str) -> Location:
        """By address, else by the browser's languages."""
        found = self._locator(ip)
        return found if found.country != UNKNOWN_COUNTRY else found._replace(country=likely_country(languages))

    def _match(self, key: tuple[int, tuple[tuple[str, str], ...]]) -> int:
        idsite, sent = key
        texts = {attribute: text for attribute, raw in sent if (text := _compared(attribute, raw)) is not None}
        found = self._matcher.automatic(idsite, texts)
        return self.words.matches[found] if found else NULL


def _compared(attribute: str, text: str) -> str | None:
    """What a goal's pattern is compared with; None for the target of a link that is no URL."""
    if attribute == "title":
        return clean_title(text)
    return normalise_target(text) if attribute in ("file", "external_website") else values.decoded(text)
