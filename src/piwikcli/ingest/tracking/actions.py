"""What a request is: its kind, and the names (URLs, titles, event parts) that it has.

The highest of several kinds in one request wins: docs/reference/tracking.md#kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from piwikcli.ingest import sitesearch
from piwikcli.ingest.tracking import values
from piwikcli.ingest.tracking.batch import (
    CART,
    CATEGORY,
    CONTENT,
    DOWNLOAD,
    EVENT,
    EVENT_ACTION,
    EVENT_NAME,
    GOAL,
    INTERACTION,
    NULL,
    ORDER,
    OUTLINK,
    PAGE,
    PIECE,
    PING,
    PRODUCT,
    SEARCH,
    SKU,
    TARGET,
    TITLE,
    UNDEFINED,
    Bools,
    Ints,
    each,
    flagged,
    of_each,
    value_at,
)
from piwikcli.ingest.tracking.installation import Installation
from piwikcli.ingest.tracking.memory import Memory, Page
from piwikcli.ingest.tracking.sent import Sent
from piwikcli.ingest.urls import BLANKS, clean_title, cut, normalise, normalise_target, split_prefix

Tests = list[tuple[str, Bools]]


def kinds(sent: Sent, site: Ints, installation: Installation) -> tuple[Ints, Tests]:
    """Each request's kind as far as its parameters say it, and the tests that a wrong one fails."""
    idgoal = each(sent.column("idgoal"), values.integer)
    order = flagged(sent.column("ec_id"), lambda text: text not in ("", "0"))
    ping = each(sent.column("ping"), values.integer) == 1
    action = ~ping & (idgoal < 0)

    def has(name: str, empty: tuple[str, ...] = ("",)) -> Bools:
        found: Bools = action & flagged(sent.column(name), lambda text: text not in empty)
        return found

    download, link = has("download"), has("link")
    event = has("e_c") & has("e_a")
    content = has("c_n", ("", "0"))
    searchable = np.array([False, *(s.sitesearch for s in installation.sites.values())])
    order_of = {idsite: place for place, idsite in enumerate(installation.sites, 1)}
    search = searchable[of_each([site], lambda idsite: order_of.get(idsite, 0))] & flagged(
        sent.column("search"), lambda text: values.trimmed(text) not in ("", "0")
    )
    kind = np.full(len(sent), PAGE, dtype=np.int64)
    for holds, value in ((search, SEARCH), (content, CONTENT), (event, EVENT), (link, OUTLINK), (download, DOWNLOAD)):
        kind[holds & action] = value
    custom = kind == PAGE
    kind[idgoal > 0] = GOAL
    kind[idgoal == 0] = np.where(order, ORDER, CART)[idgoal == 0]
    kind[ping] = PING

    def blank(name: str) -> Bools:
        return flagged(sent.column(name), lambda text: not text.strip(BLANKS))

    unknown = _unknown_goals(site, np.where(kind == GOAL, idgoal, NULL), installation)
    tests: Tests = [
        ("bad_event", (kind == EVENT) & (blank("e_c") | blank("e_a"))),
        ("bad_content", (kind == CONTENT) & blank("c_n")),
        ("bad_action", custom & action & (each(sent.column("ca"), values.integer) == 1)),
        ("unknown_goal", unknown),
    ]
    return kind, tests


def _unknown_goals(site: Ints, idgoal: Ints, installation: Installation) -> Bools:
    known = {(goal.idsite, goal.idgoal) for goal in installation.goals}
    unknown: Bools = of_each([site, idgoal], lambda idsite, goal: int(goal > 0 and (idsite, goal) not in known)) == 1
    return unknown


class Actions:
    """The actions of requests of one chunk, as columns of places; `kind` is final (a page may be a search)."""

    def __init__(self, installation: Installation, memory: Memory, sent: Sent, site: Ints, kind: Ints) -> None:
        self._installation = installation
        self._memory = memory
        self._words = memory.words
        self._sent = sent
        self._site = site
        n = len(sent)
        self.kind = kind.copy()
        empty = np.full(n, NULL, dtype=np.int64)
        self.columns = {name: empty.copy() for name in ("url", "name", "prefix", "category", "count")}
        self.columns["url_text"] = empty.copy()
        self.columns.update({name: empty.copy() for name in ("event_category", "event_action")})
        self.columns.update({name: empty.copy() for name in ("sku", "product", "categories")})
        self.columns.update({f"content_{part}": empty.copy() for part in ("name", "piece", "target", "interaction")})
        self._url = sent.column("url")
        if n:
            self._pages()
            self._searches()
            self._events()
            self._contents()
            self._targets()
            self._products()
        self.columns["kind"] = self.kind

    # --- kind by kind -------------------------------------------------------------------------------------

    def _pages(self) -> None:
        """Pages; those whose URL has a search become one."""
        rows = np.flatnonzero(self.kind == PAGE)
        if not len(rows):
            return
        charset = self._sent.column("cs")
        keys = [self._site[rows], self._url.codes[rows], charset.codes[rows]]
        found = of_each(keys, self._page(charset.values))
        table = np.array(self._found, dtype=np.int64)[found]
        for index, name in enumerate(("kind", "url", "name", "prefix", "category", "count", "url_text")):
            target = self.kind if name == "kind" else self.columns[name]
            target[rows] = table[:, index]
        counts = each(self._sent.column("search_count"), _count)
        searched = rows[self.kind[rows] == SEARCH]
        missing = searched[self.columns["count"][searched] == NULL]
        self.columns["count"][missing] = counts[missing]
        pages = rows[self.kind[rows] == PAGE]
        titles = each(self._sent.column("action_name"), self._title, UNDEFINED)
        self.columns["name"][pages] = titles[pages]

    def _page(self, charsets: list[str]) -> Callable[[int, int, int], int]:
        self._found: list[Page] = []

        def look(idsite: int, url: int, charset: int) -> int:
            key = (idsite, value_at(self._url.values, url), value_at(charsets, charset))
            self._found.append(self._memory.pages[key])
            return len(self._found) - 1

        return look

    def _title(self, text: str) -> int:
        title = clean_title(text)
        return self._words.actions[title, TITLE] if title else UNDEFINED

    def _searches(self) -> None:
        """Searches that the parameters say; those in URLs are done."""
        rows = (self.kind == SEARCH) & (self.columns["name"] == NULL)
        if not rows.any():
            return
        words = self._words
        keyword = each(self._sent.column("search"), lambda text: words.actions[cut(values.trimmed(text)), SEARCH])
        category = each(
            self._sent.column("search_cat"),
            lambda text: words.texts[values.trimmed(text)[: sitesearch.CATEGORY_LENGTH]],
            words.texts[""],
        )
        count = each(self._sent.column("search_count"), _count)
        for name, found in (("name", keyword), ("category", category), ("count", count)):
            self.columns[name][rows] = found[rows]
        self.columns["url_text"][rows] = words.texts[""]

    def _events(self) -> None:
        rows = self.kind == EVENT
        if not rows.any():
            return
        self._other_urls(rows, EVENT)
        for column, parameter, kind in (
            ("event_category", "e_c", EVENT),
            ("event_action", "e_a", EVENT_ACTION),
            ("name", "e_n", EVENT_NAME),
        ):
            found = each(self._sent.column(parameter), partial(self._part, kind))
            self.columns[column][rows] = found[rows]

    def _contents(self) -> None:
        rows = self.kind == CONTENT
        if not rows.any():
            return
        self._other_urls(rows, CONTENT)
        for part, parameter, kind in (
            ("name", "c_n", CONTENT),
            ("piece", "c_p", PIECE),
            ("target", "c_t", TARGET),
            ("interaction", "c_i", INTERACTION),
        ):
            found = each(self._sent.column(parameter), partial(self._part, kind))
            self.columns[f"content_{part}"][rows] = found[rows]

    def _part(self, kind: int, text: str) -> int:
        """A part of an event or content: NULL when it is blank, undefined when it is a lone `0`."""
        # line breaks stay in events only
        decode = values.decoded if kind in (EVENT, EVENT_ACTION, EVENT_NAME) else values.plain
        word = decode(text).strip(BLANKS)
        return NULL if not word else UNDEFINED if word == "0" else self._words.actions[word, kind]

    def _other_urls(self, rows: Bools, kind: int) -> None:
        """URLs of events (without prefix, as pages) and contents (in full)."""
        found: list[tuple[int, int, int]] = []

        def look(idsite: int, code: int) -> int:
            site = self._installation.sites[idsite]
            stored = normalise(
                value_at(self._url.values, code),
                excluded=self._installation.excluded_parameters(idsite),
                keep_fragment=site.keep_url_fragments,
            )
            prefix, short = split_prefix(stored) if stored and kind == EVENT else (None, stored)
            place = UNDEFINED if not short else self._words.actions[short, kind]
            found.append((place, NULL if prefix is None else prefix, self._words.texts[stored or ""]))
            return len(found) - 1

        place = of_each([self._site, self._url.codes], look, rows)[rows]
        table = np.array(found, dtype=np.int64)[place]
        for index, name in enumerate(("url", "prefix", "url_text")):
            self.columns[name][rows] = table[:, index]

    def _targets(self) -> None:
        """Outlinks and downloads."""
        for kind, parameter in ((OUTLINK, "link"), (DOWNLOAD, "download")):
            rows = self.kind == kind
            if not rows.any():
                continue
            column = self._sent.column(parameter)
            self.columns["url"][rows] = each(column, partial(self._target, kind))[rows]
            self.columns["url_text"][rows] = each(column, self._target_text)[rows]

    def _target(self, kind: int, text: str) -> int:
        target = normalise_target(text)
        return self._words.actions[target, kind] if target else UNDEFINED

    def _target_text(self, text: str) -> int:
        return self._words.texts[normalise_target(text) or ""]

    def _products(self) -> None:
        """Viewed products and categories, of pages, events and searches."""
        rows = np.isin(self.kind, (PAGE, EVENT, SEARCH))
        words = self._words

        def named(kind: int, text: str) -> int:
            return words.actions[values.plain(text), kind] if text else UNDEFINED

        def listed(text: str) -> int | None:
            found = values.product_categories(text)
            if found is None:
                return None
            return words.groups[tuple(words.actions[name, CATEGORY] if name else UNDEFINED for name in found)]

        for column, parameter, kind in (("sku", "_pks", SKU), ("product", "_pkn", PRODUCT)):
            found = each(self._sent.column(parameter), partial(named, kind))
            self.columns[column] = np.where(rows, found, NULL)
        self.columns["categories"] = np.where(rows, each(self._sent.column("_pkc"), listed), NULL)


def _count(text: str) -> int | None:
    value = values.integer(text)
    return min(value, values.LARGEST_COUNT) if value is not None and value >= 0 else None
