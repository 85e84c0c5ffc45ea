"""enrich: requests as sent -> requests as they count. Each distinct text is looked at once.

Decided here, from the request and the settings alone, and kept on the request: whether it counts, what kind it
is, its URL without noise, its referrer, the goals that it matches, the values of custom dimensions.
See docs/reference/tracking.md.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pyarrow as pa

from piwikcli.ingest.clock import SiteClock
from piwikcli.ingest.exclusions import Exclusions
from piwikcli.ingest.lookups.bots import is_crawler_address, is_tracker_bot
from piwikcli.ingest.lookups.hosts import KnownHosts
from piwikcli.ingest.lookups.location import Locator
from piwikcli.ingest.lookups.referrers import PagePart, ReferrerDetector
from piwikcli.ingest.lookups.spam import Spam
from piwikcli.ingest.tracking import values
from piwikcli.ingest.tracking.actions import Actions, Tests, kinds
from piwikcli.ingest.tracking.batch import (
    NULL,
    TIMINGS,
    Batch,
    Ids,
    Ints,
    Places,
    Vocabulary,
    each,
    flagged,
    of_each,
    value_at,
)
from piwikcli.ingest.tracking.details import Details
from piwikcli.ingest.tracking.fates import CODE
from piwikcli.ingest.tracking.goals import GoalMatcher
from piwikcli.ingest.tracking.installation import Installation
from piwikcli.ingest.tracking.memory import Memory
from piwikcli.ingest.tracking.products import with_products
from piwikcli.ingest.tracking.sent import Column, Sent
from piwikcli.ingest.urls import CAMPAIGN_KEYWORD_PARAMETERS, CAMPAIGN_NAME_PARAMETERS, parse
from piwikcli.lists.definitions import Definitions

EARLIEST = 681_436_800
"""1991-08-06, the first web site; no request is older."""
_AHEAD = 86_400
CAMPAIGN = (*CAMPAIGN_NAME_PARAMETERS, *CAMPAIGN_KEYWORD_PARAMETERS)
"""Parameters of a page's URL that a request may also have itself."""

NOBODY, USER, FORCED, VISITOR = 0, 1, 2, 3
"""`identified`: by nothing, uid, cid, _id."""
_FORGET = 2_000_000


class Enricher:
    """Turns what one run reads into requests; remembers what it has looked at."""

    def __init__(self, installation: Installation, definitions: Definitions, locator: Locator) -> None:
        self._installation = installation
        sites = installation.sites
        urls = {idsite: site.urls for idsite, site in sites.items()}
        self._locator = locator
        self._clock = SiteClock({idsite: site.timezone for idsite, site in sites.items()})
        self._exclusions = Exclusions(sites)
        self._known = KnownHosts(urls)
        self._detector = ReferrerDetector(
            definitions,
            urls,
            ai_assistants=installation.ai_assistants,
            excluded_parameters={idsite: installation.excluded_parameters(idsite) for idsite in sites},
            excluded_referrers={i: site.excluded_referrers for i, site in sites.items() if site.excluded_referrers},
        )
        self._matcher = GoalMatcher(installation.goals)
        self._start()

    def _start(self) -> None:
        self.words = Vocabulary()
        self._memory = Memory(self._installation, self.words, self._detector, self._matcher, self._locator)

    def __call__(self, sent: Sent, now: int) -> Batch:
        """`now` (seconds UTC) is what times may not be far ahead of."""
        if len(self.words) > _FORGET:
            self._start()
        sent = with_products(self._without_names(sent))
        site, fate = self._sites(sent)
        time = request_times(sent)
        kind, wrong = kinds(sent, site, self._installation)
        tests: Tests = [
            ("no_time", time == NULL),
            ("time_out_of_range", (time < EARLIEST) | (time > now + _AHEAD)),
            *self._exclusion_tests(sent, site),
            ("bad_visitor_id", flagged(sent.column("cid"), _is_no_forced_id)),
            *wrong,
            *(("bad_timing", flagged(sent.column(name), values.is_impossible_timing)) for name in TIMINGS),
        ]
        for reason, holds in tests:
            fate[(fate == 0) & holds] = CODE[reason]
        keep = np.flatnonzero(fate == 0)
        sent, site, time = sent.take(keep), site[keep], time[keep]
        day, hour = self._clock(site, time) if len(site) else (site, site)
        actions = Actions(self._installation, self._memory, sent, site, kind[keep])
        details = Details(self._installation, self._memory, sent, site, actions, self._detector, self._matcher)
        more = details.columns()
        identified, visitor = self._visitors(sent)
        columns: dict[str, Ints] = {
            "offset": sent.offset,
            "time": time,
            "site": site,
            "day": day,
            "hour": hour,
            "client": self._clients(sent, more["plugins"]),
            "user": each(sent.column("uid"), lambda text: self.words.users[text[:200]] if text else None),
            "referrer": self._referrers(sent, site),
            "identified": identified,
            "localtime": _local_times(sent, time),
            **actions.columns,
            **more,
        }
        return Batch(fate, columns, details.floats(), visitor, _page_views(sent), self.words)

    def _without_names(self, sent: Sent) -> Sent:
        """User and order ids as they are stored, before anything is made of them."""
        privacy, secret = self._installation.privacy, self._installation.secret
        columns = dict(sent.columns)
        if "uid" in columns:
            columns["uid"] = columns["uid"].each(lambda text: privacy.user(secret, values.unbroken(text)))
        if privacy.order_ids and "ec_id" in columns:
            columns["ec_id"] = columns["ec_id"].each(lambda text: privacy.order(secret, values.order_id(text)))
        return replace(sent, columns=columns)

    # --- whose, when, whether -----------------------------------------------------------------------------

    def _sites(self, sent: Sent) -> tuple[Ints, np.typing.NDArray[np.int8]]:
        """Sites, and the fates of requests that have none."""
        default = self._installation.default_site or 0
        known = self._installation.sites
        site = each(sent.column("idsite"), lambda text: values.integer(text) or 0 if text else default, default)
        fate = np.zeros(len(sent), dtype=np.int8)
        fate[site <= 0] = CODE["no_idsite"]
        unknown = of_each([site], lambda idsite: int(idsite > 0 and idsite not in known)) == 1
        fate[unknown] = CODE["unknown_site"]
        return np.where(unknown, 0, np.maximum(site, 0)), fate

    def _exclusion_tests(self, sent: Sent, site: Ints) -> Tests:
        agent, ip, referrer = sent.column("ua"), sent.column("cip"), sent.column("urlref")
        spam = Spam(self._installation.spammers)
        counted = flagged(sent.column("bots"), lambda text: values.integer(text) not in (None, 0))
        bot = flagged(agent, is_tracker_bot) | flagged(ip, is_crawler_address)
        tests: Tests = [
            ("bot", bot & ~counted),
            ("no_rec", each(sent.column("rec"), lambda text: values.integer(text) or 0, 0) == 0),
        ]
        rules = self._installation.exclude_requests
        if rules:
            left_out = [flagged(sent.column(rule.parameter), rule.matches) for rule in rules]
            tests.append(("excluded_request", np.logical_or.reduce(left_out)))
        if self._exclusions:
            names = [*ip.values, ""]
            tests.append(("excluded_ip", self._exclusions.ips(site, _last(ip), names)))
            tests.append(("excluded_user_agent", self._exclusions.agents(site, _last(agent), [*agent.values, ""])))
        if spam:
            tests.append(("referrer_spam", np.array([*spam(referrer.values), False])[referrer.codes]))
        strict = {idsite for idsite, known in self._installation.sites.items() if known.exclude_unknown_urls}
        if strict:
            url = sent.column("url")

            def unknown(idsite: int, code: int) -> int:
                parts = parse(value_at(url.values, code)) if idsite in strict else None
                return int(idsite in strict and (parts is None or idsite not in self._known.sites(parts)))

            tests.append(("unknown_url", of_each([site, url.codes], unknown) == 1))
        ahead = flagged(sent.column("X-Purpose"), lambda text: text.strip().lower() in ("preview", "instant"))
        ahead |= flagged(sent.column("X-Moz"), lambda text: text.strip().lower() == "prefetch")
        return [*tests, ("prefetch", ahead)]

    # --- who ----------------------------------------------------------------------------------------------

    def _visitors(self, sent: Sent) -> tuple[Ints, Ids]:
        """By what each visitor is identified, and the id."""
        user, forced, visitor = sent.column("uid"), sent.column("cid"), sent.column("_id")
        by_user = flagged(user, bool)
        by_force = ~by_user & flagged(forced, bool)
        by_id = ~by_user & ~by_force & flagged(visitor, lambda text: values.visitor_id(text) is not None)
        ids = np.zeros(len(sent), dtype=np.uint64)
        for rows, column, function in (
            (by_user, user, user_visitor),
            (by_force, forced, values.forced_visitor_id),
            (by_id, visitor, values.visitor_id),
        ):
            if rows.any():
                found = np.array([*(function(text) or 0 for text in column.values), 0], dtype=np.uint64)
                ids[rows] = found[column.codes[rows]]
        identified = np.select([by_user, by_force, by_id], [USER, FORCED, VISITOR], NOBODY)
        return identified.astype(np.int64), ids

    def _clients(self, sent: Sent, plugins: Ints) -> Ints:
        ip, agent, hints, language = (sent.column(name) for name in ("cip", "ua", "uadata", "lang"))

        def look(address: int, name: int, hint: int, tongue: int, flags: int) -> int:
            texts = (value_at(ip.values, address), value_at(agent.values, name))
            return self._memory.clients[
                *texts, value_at(hints.values, hint), value_at(language.values, tongue), flags
            ]

        return of_each([ip.codes, agent.codes, hints.codes, language.codes, plugins], look)

    def _referrers(self, sent: Sent, site: Ints) -> Ints:
        url, referrer = sent.column("url"), sent.column("urlref")
        named = [sent.columns[name] for name in CAMPAIGN if name in sent.columns]
        names = [name for name in CAMPAIGN if name in sent.columns]

        # of many pages the same little matters: most requests of a site differ in their referrers alone
        parts: Places[PagePart] = Places()

        def page_part(page: int, *codes: int) -> int:
            own = tuple(
                (name, column.values[code])
                for name, column, code in zip(names, named, codes, strict=True)
                if code != NULL
            )
            return parts[self._memory.parts[value_at(url.values, page), own]]

        def look(idsite: int, part: int, ref: int) -> int:
            return self._memory.referrers[idsite, parts.names[part], value_at(referrer.values, ref)]

        part = of_each([url.codes, *(column.codes for column in named)], page_part)
        return of_each([site, part, referrer.codes], look)


def _is_no_forced_id(text: str) -> bool:
    return text != "" and values.forced_visitor_id(text) is None


def user_visitor(user_id: str) -> int:
    """A user's visitor id: the first 16 hex digits of the SHA-1 of the whole user id."""
    return int(hashlib.sha1(user_id.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()[:16], 16)


def request_times(sent: Sent) -> Ints:
    """When requests happened: seconds UTC, NULL for no usable time."""
    time = times_of(sent.column("cdt"))
    back = np.abs(each(sent.column("cdo"), lambda text: values.integer(text) or 0, 0))
    return np.where(time == NULL, NULL, time - back)


def times_of(column: Column) -> Ints:
    """Seconds UTC; NULL for none. Times in Matomo's own form are read all at once."""
    if not column.values:
        return np.full(len(column.codes), NULL, dtype=np.int64)
    texts = pa.array(column.values, pa.string())
    parsed = pa.compute.strptime(texts, format="%Y-%m-%d %H:%M:%S", unit="s", error_is_null=True).cast(pa.int64())
    found = parsed.fill_null(NULL).to_numpy(zero_copy_only=False).copy()
    for place in np.flatnonzero(parsed.is_null()).tolist():
        read = values.seconds(column.values[place])
        found[place] = NULL if read is None else read
    return np.append(found, NULL)[column.codes]


def _last(column: Column) -> Ints:
    """Codes that point to one more value where nothing was sent."""
    return np.where(column.codes == NULL, len(column.values), column.codes)


def _local_times(sent: Sent, time: Ints) -> Ints:
    """The visitors' clocks; NULL where a request says nothing about it."""
    parts = [each(sent.column(name), _part, NULL) for name in ("h", "m", "s")]
    told = (parts[0] != NULL) | (parts[1] != NULL) | (parts[2] != NULL)
    out = np.zeros(len(time), dtype=np.int64)
    for part, limit, worth, own in zip(
        parts, (24, 60, 60), (3600, 60, 1), (time // 3600 % 24, time // 60 % 60, time % 60), strict=True
    ):
        out += worth * np.where(part == NULL, own, np.where(part < limit, part, 0))
    return np.where(told, out, NULL)


def _part(text: str) -> int | None:
    """An hour, minute or second; what is out of range becomes one that is too high."""
    value = values.integer(text)
    return None if value is None else value if value >= 0 else 99


def _page_views(sent: Sent) -> pa.Array:
    column = sent.column("pv_id")
    if not column.values:
        return pa.nulls(len(sent), pa.string())
    known = pa.array([values.page_view_id(text) for text in column.values], pa.string())
    return known.take(pa.array(column.codes, mask=column.codes == NULL))
