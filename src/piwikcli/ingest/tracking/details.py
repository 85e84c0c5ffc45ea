"""What a request carries beside its action: dimensions, variables, timings, goals, orders.

See docs/reference/tracking.md and docs/reference/goals.md.
"""

from __future__ import annotations

import numpy as np

from piwikcli.ingest.lookups.referrers import (
    AI_ASSISTANT,
    CAMPAIGN,
    SOCIAL,
    TEXT_LENGTH,
    WEBSITE,
    Referrer,
    ReferrerDetector,
)
from piwikcli.ingest.lookups.referrers import SEARCH as SEARCH_ENGINE
from piwikcli.ingest.tracking import values
from piwikcli.ingest.tracking.actions import Actions
from piwikcli.ingest.tracking.batch import (
    CART,
    CATEGORY,
    DOWNLOAD,
    EVENT,
    GOAL,
    NULL,
    ORDER,
    OUTLINK,
    PAGE,
    PING,
    PLUGINS,
    PRODUCT,
    SEARCH,
    SKU,
    TIMINGS,
    UNDEFINED,
    Floats,
    Ints,
    each,
    each_float,
    flagged,
    of_each,
    value_at,
)
from piwikcli.ingest.tracking.extraction import extract
from piwikcli.ingest.tracking.goals import GoalMatcher
from piwikcli.ingest.tracking.installation import Installation
from piwikcli.ingest.tracking.memory import Memory
from piwikcli.ingest.tracking.sent import Column, Sent
from piwikcli.ingest.urls import BLANKS, normalise
from piwikcli.store.dimensions import CustomDimension

_CREDITED = (SEARCH_ENGINE, WEBSITE, SOCIAL, AI_ASSISTANT)
_MONEY = {
    "revenue_subtotal": "ec_st",
    "revenue_tax": "ec_tx",
    "revenue_shipping": "ec_sh",
    "revenue_discount": "ec_dt",
}


class Details:
    """Columns of a chunk's requests; `actions` are theirs."""

    def __init__(
        self,
        installation: Installation,
        memory: Memory,
        sent: Sent,
        site: Ints,
        actions: Actions,
        detector: ReferrerDetector,
        matcher: GoalMatcher,
    ) -> None:
        self._installation = installation
        self._memory = memory
        self._words = memory.words
        self._sent = sent
        self._site = site
        self._actions = actions
        self._kind = actions.kind
        self._detector = detector
        self._matcher = matcher

    def columns(self) -> dict[str, Ints]:
        sent, words = self._sent, self._words
        n = len(sent)
        return {
            "new_visit": each(sent.column("new_visit"), lambda text: int(values.integer(text) not in (None, 0)), 0),
            "resolution": each(sent.column("res"), lambda text: words.texts[text[:9]] if text else None),
            "plugins": self._plugins(),
            **{name: each(sent.column(name), values.timing) for name in TIMINGS},
            "bandwidth": each(sent.column("bw_bytes"), lambda text: max(values.integer(text) or NULL, NULL)),
            **{
                # of a lambda with a default no type is inferred
                name: each(sent.column(name), lambda text, size=size: words.texts[text[:size]] if text else None)  # type: ignore[misc]
                for name, size in (("country", 3), ("region", 3), ("city", 255))
            },
            "visit_dimension": self._dimensions("visit"),
            "action_dimension": self._dimensions("action"),
            "visit_var": self._variables("_cvar", np.ones(n, dtype=np.bool_)),
            "page_var": self._variables("cvar", self._kind < PING),
            **self._conversions(),
        }

    def floats(self) -> dict[str, Floats]:
        sent, kind = self._sent, self._kind
        ecommerce = (kind == ORDER) | (kind == CART)

        out = {
            "latitude": each_float(sent.column("lat"), lambda text: values.number(text) if text else None),
            "longitude": each_float(sent.column("long"), lambda text: values.number(text) if text else None),
            "custom_float": np.where(
                kind == EVENT,
                each_float(sent.column("e_v"), lambda text: values.number(text) if text else None),
                np.nan,
            ),
            "product_price": np.where(
                np.isin(kind, (PAGE, EVENT, SEARCH)),
                each_float(sent.column("_pkp"), lambda text: values.number(text) if text else None),
                np.nan,
            ),
            "revenue": each_float(sent.column("revenue"), values.amount),
        }
        for name, parameter in _MONEY.items():
            sums = each_float(sent.column(parameter), lambda text: (values.amount(text) or 0.0) if text else None)
            out[name] = np.where(ecommerce, sums, np.nan)
        return out

    # --- columns ------------------------------------------------------------------------------------------

    def _plugins(self) -> Ints:
        out = np.zeros(len(self._sent), dtype=np.int64)
        for bit, name in enumerate(PLUGINS):
            out |= each(self._sent.column(name), lambda text: int(values.integer(text) not in (None, 0)), 0) << bit
        return out

    def _dimensions(self, scope: str) -> Ints:
        """Lists by index; NULL where the site has no dimension of that scope (or sends none of a visit's)."""
        out = np.full(len(self._sent), NULL, dtype=np.int64)
        actions = self._kind < PING
        for idsite in np.unique(self._site).tolist():
            known = [
                d for d in self._installation.dimensions if (d.idsite, d.scope, d.active) == (idsite, scope, True)
            ]
            rows = np.flatnonzero((self._site == idsite) & (actions | (scope == "visit")))
            if not known or not len(rows):
                continue
            width = max(d.index for d in known)
            codes = [self._dimension(dimension, rows) for dimension in known]
            places = [dimension.index - 1 for dimension in known]

            def listed(*found: int, places: list[int] = places, width: int = width) -> int:
                row: list[str | None] = [None] * width
                for place, code in zip(places, found, strict=True):
                    row[place] = self._words.texts.names[code] if code != NULL else None
                return self._words.lists[tuple(row)]

            filled = of_each(codes, listed)
            if scope == "visit":
                filled[np.all(np.stack(codes) == NULL, axis=0)] = NULL
            out[rows] = filled
        return out

    def _dimension(self, dimension: CustomDimension, rows: Ints) -> Ints:
        """Places of texts: what was sent, else what is extracted."""
        texts = self._words.texts
        sent = each(
            self._sent.column(f"dimension{dimension.idcustomdimension}"), lambda text: texts[values.dimension(text)]
        )[rows]
        if not dimension.extractions:
            return sent
        missing = np.flatnonzero(sent == NULL)
        urls, titles = self._own_urls(), self._sent.column("action_name")

        def look(url: int, title: int) -> int:
            value = extract(dimension, value_at(urls.values, url), value_at(titles.values, title))
            return NULL if value is None else texts[value]

        sent[missing] = of_each([urls.codes[rows[missing]], titles.codes[rows[missing]]], look)
        return sent

    def _own_urls(self) -> Column:
        """An action's own URL as sent: an outlink's or download's target; none of a search that is a parameter."""
        url, kind = self._sent.column("url"), self._kind
        codes = url.codes.copy()
        names = list(url.values)
        for own, parameter in ((OUTLINK, "link"), (DOWNLOAD, "download")):
            rows = kind == own
            if rows.any():
                target = self._sent.column(parameter)
                codes[rows] = target.codes[rows] + len(names)
                names += target.values
        searched = flagged(self._sent.column("search"), lambda text: values.trimmed(text) not in ("", "0"))
        codes[(kind == SEARCH) & searched] = NULL
        return Column(codes, names)

    def _variables(self, parameter: str, rows: np.typing.NDArray[np.bool_]) -> Ints:
        def look(text: str) -> int | None:
            found = values.custom_variables(text)
            return None if found is None else self._words.lists[tuple(found)]

        return np.where(rows, each(self._sent.column(parameter), look), NULL)

    # --- goals, orders, carts ---------------------------------------------------------------------------------

    def _conversions(self) -> dict[str, Ints]:
        sent, kind = self._sent, self._kind
        match = self._matches()
        idgoal = np.where(kind == GOAL, each(sent.column("idgoal"), values.integer), NULL)
        manual = of_each([self._site, idgoal], self._manual, kind == GOAL)
        match = np.where(kind == GOAL, manual, match)
        converts = (match != NULL) | (kind >= GOAL)
        url = np.where((match != NULL) & (kind < PING), self._actions.columns["url_text"], NULL)
        url = np.where(
            kind == GOAL, of_each([self._site, sent.column("url").codes], self._address, kind == GOAL), url
        )
        items = each(sent.column("ec_items"), self._items)
        return {
            "match": match,
            "idgoal": idgoal,
            "conversion_url": url,
            "conversion_referrer": np.where(converts, self._credited(converts), NULL),
            "order": each(sent.column("ec_id"), self._order),
            "items": np.where((kind == ORDER) | (kind == CART), items, NULL),
        }

    def _matches(self) -> Ints:
        """Places of the sets of goals that actions match."""
        out = np.full(len(self._sent), NULL, dtype=np.int64)
        if not self._matcher:
            return out
        sent, kind = self._sent, self._kind
        for kinds, parameters in _COMPARED.items():
            rows = np.isin(kind, kinds)
            if not rows.any():
                continue
            columns = {attribute: sent.column(parameter) for attribute, parameter in parameters.items()}

            def look(idsite: int, *codes: int, columns: dict[str, Column] = columns) -> int:
                texts = (
                    (attribute, value_at(column.values, code))
                    for (attribute, column), code in zip(columns.items(), codes, strict=True)
                )
                return self._memory.matches[idsite, tuple(texts)]

            keys = [self._site, *(column.codes for column in columns.values())]
            out = np.where(rows, of_each(keys, look, rows), out)
        return out

    def _manual(self, idsite: int, idgoal: int) -> int:
        found = self._matcher.manual(idsite, idgoal)
        return NULL if found is None else self._words.matches[found,]

    def _address(self, idsite: int, code: int) -> int:
        """A manual conversion's URL, without excluded parameters."""
        site = self._installation.sites[idsite]
        stored = normalise(
            value_at(self._sent.column("url").values, code),
            excluded=self._installation.excluded_parameters(idsite),
            keep_fragment=site.keep_url_fragments,
        )
        return self._words.texts[stored or ""]

    def _credited(self, rows: np.typing.NDArray[np.bool_]) -> Ints:
        """Places of the referrers that requests name for their conversions."""
        sent = self._sent
        campaign, keyword, referrer = (sent.column(name) for name in ("_rcn", "_rck", "_ref"))

        def look(idsite: int, name: int, word: int, ref: int) -> int:
            text = values.plain(value_at(campaign.values, name)).strip(BLANKS)
            if text:
                key = values.plain(value_at(keyword.values, word)).strip(BLANKS)
                named = Referrer(CAMPAIGN, text.lower()[:TEXT_LENGTH], key.lower()[:TEXT_LENGTH], "")
                return self._words.referrers[named]
            if ref == NULL:
                return NULL
            found = self._installation.privacy.referrer_of(self._detector.detect(idsite, "", referrer.values[ref]))
            return self._words.referrers[found._replace(url="")] if found.type in _CREDITED else NULL

        return of_each([self._site, campaign.codes, keyword.codes, referrer.codes], look, rows)

    def _order(self, text: str) -> int | None:
        """An order id; `0` is none."""
        word = values.order_id(text)
        return self._words.texts[word] if word not in ("", "0") else None

    def _items(self, text: str) -> int | None:
        actions = self._words.actions
        found = [
            (
                actions[sku, SKU],
                actions[name, PRODUCT] if name else UNDEFINED,
                tuple(actions[category, CATEGORY] for category in categories),
                price,
                quantity,
            )
            for sku, name, categories, price, quantity in values.items(text)
        ]
        return self._words.items[tuple(found)] if found else None


_COMPARED: dict[tuple[int, ...], dict[str, str]] = {
    (PAGE,): {"url": "url", "title": "action_name"},
    (DOWNLOAD,): {"file": "download"},
    (OUTLINK,): {"external_website": "link"},
    (EVENT,): {"event_category": "e_c", "event_action": "e_a", "event_name": "e_n"},
    (SEARCH, 13): {},
}
"""Kinds of actions, and the parameters that goals compare."""
