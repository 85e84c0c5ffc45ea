"""What of a request is not stored as it was sent. Settings `privacy.*`: docs/how-to/privacy.md.

Everything here is a function of one distinct value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from piwikcli.ingest.lookups.referrers import SEARCH, WEBSITE, Referrer
from piwikcli.ingest.parsing.hits import Reject
from piwikcli.ingest.urls import parse
from piwikcli.settings import Settings
from piwikcli.store.retention import anonymous, masked

QUERY, PATH, ALL = "exclude_query", "exclude_path", "exclude_all"
"""What a referrer loses, from little to everything."""


@dataclass(frozen=True, slots=True)
class Privacy:
    """The settings of one run."""

    ip_mask: int = 0
    """How many bytes of an address are not stored."""
    mask_before: bool = False
    """Whether the place and the fingerprint are made of the masked address already."""
    user_ids: bool = False
    order_ids: bool = False
    referrer: str = ""
    """QUERY, PATH, ALL, or nothing."""

    @classmethod
    def of(cls, settings: Settings) -> Privacy:
        referrer = settings.text("privacy.anonymize_referrer")
        return cls(
            settings.integer("privacy.ip_mask"),
            settings.flag("privacy.ip_mask_before_lookups"),
            settings.flag("privacy.anonymize_user_id"),
            settings.flag("privacy.anonymize_order_id"),
            referrer if referrer in (QUERY, PATH, ALL) else "",
        )

    @property
    def mask_at_lookups(self) -> int:
        """How many bytes of an address look-ups do not see."""
        return self.ip_mask if self.mask_before else 0

    def looked_up(self, ip: str) -> str:
        """The address that the place and the fingerprint are made of. Exclusions see all of it."""
        return masked(ip, self.mask_at_lookups)

    def user(self, secret: str, user_id: str) -> str:
        """A user id as it is stored, and as visitors are recognised by it."""
        return anonymous(secret, user_id[:200]) if self.user_ids and user_id else user_id

    def users(self, secret: str, user_ids: Sequence[str]) -> list[str]:
        return [self.user(secret, one) for one in user_ids] if self.user_ids else list(user_ids)

    def order(self, secret: str, order_id: str) -> str:
        """An order id as it is stored. What was sent twice, in whatever case, is the same order still."""
        has_one = self.order_ids and order_id not in ("", "0")
        return anonymous(secret, order_id.lower()) if has_one else order_id

    def referrer_of(self, found: Referrer) -> Referrer:
        """Where a request came from, without what must not be stored; campaigns keep their names."""
        if not self.referrer:
            return found
        found = found._replace(url=self.address(found.url))
        if found.type == SEARCH:
            return found._replace(keyword=None)
        return found._replace(name="") if found.type == WEBSITE and self.referrer == ALL else found

    def address(self, url: str) -> str:
        """A referrer's address, without what must not be stored."""
        return _cut(url, self.referrer) if url and self.referrer else url

    def rejects(self, rejects: list[Reject]) -> list[Reject]:
        """Lines that are no requests: what in them would have to be hidden is not known, so nothing is kept."""
        return rejects if self == OPEN else [replace(one, content=b"") for one in rejects]


OPEN = Privacy()
"""Everything is stored as it was sent."""


@lru_cache(maxsize=10_000)
def _cut(url: str, option: str) -> str:
    if option == ALL:
        return ""
    if option == QUERY:
        return url.partition("#")[0].partition("?")[0]
    parts = parse(url)
    return f"{parts.scheme}://{parts.host}/" if parts is not None and parts.host else ""
