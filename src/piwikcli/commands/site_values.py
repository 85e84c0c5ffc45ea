"""What a site's settings may be: cleaned as they are stored, refused with what would be right."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

from piwikcli.errors import UsageError, nearest


def clean(**given: Any) -> dict[str, Any]:
    """The given settings by their names in `store.sites.Site`, without those that are None.

    Lists are words between commas, in one string or several. Raises UsageError for a value no site can have.
    """
    checks: dict[str, Callable[[Any], Any]] = {
        "name": _name,
        "urls": _urls,
        "timezone": _timezone,
        "currency": _currency,
        "excluded_ips": _ips,
    }
    return {key: checks.get(key, _as_it_is)(value) for key, value in given.items() if value is not None}


def _as_it_is(value: Any) -> Any:
    """Flags as they are, lists as the words between their commas."""
    return _words(value) if isinstance(value, list) else value


def _words(given: list[str]) -> tuple[str, ...]:
    parts = [word.strip() for part in given for word in part.split(",")]
    return tuple(dict.fromkeys(word for word in parts if word))


def _name(name: str) -> str:
    if not name.strip():
        raise UsageError("a site's name cannot be empty")
    return name.strip()


def _urls(given: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(clean_url(url) for url in given))


def clean_url(url: str) -> str:
    """A site's URL with a scheme and no slash at its end. Raises UsageError when it names no host."""
    text = url.strip()
    if not re.match(r"[a-z][a-z0-9+.-]*://", text, re.IGNORECASE):
        text = f"http://{text}"
    try:
        host = urlsplit(text).hostname
    except ValueError:
        host = None
    if not host or re.search(r"\s", text):
        raise UsageError(f"{url!r} is not a site's URL; write it as https://example.org")
    return text.rstrip("/")


def _timezone(zone: str) -> str:
    from zoneinfo import available_timezones

    from piwikcli.store.zones import offset_name

    if (offset := offset_name(zone)) is not None:
        return offset
    zones = {name.lower(): name for name in available_timezones()}
    if zone.lower() not in zones:
        cities = {name.rpartition("/")[2]: name for name in sorted(zones.values()) if "/" in name}
        city = re.search(r"Did you mean (.+)\?", nearest(zone, cities))
        hint = f" Did you mean {cities[city[1]]}?" if city else nearest(zone, zones.values())
        raise UsageError(f"there is no time zone {zone}.{hint or ' Use a name like Europe/Berlin, or UTC+5.5.'}")
    return zones[zone.lower()]


def _currency(code: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", code):
        raise UsageError(f"a currency is a code of three letters like EUR, not {code!r}")
    return code.upper()


def _ips(given: list[str]) -> tuple[str, ...]:
    words = _words(given)
    for word in words:
        try:
            # a wildcard stands for whole numbers at the end: 10.1.*.*
            ip_network(re.sub(r"(\.\*)+$", lambda stars: ".0" * (len(stars[0]) // 2), word), strict=False)
        except ValueError:
            raise UsageError(
                f"{word!r} is no address or range; write 10.1.2.3, 10.1.2.*, 10.1.0.0/16 or 2001:db8::/32"
            ) from None
    return words
