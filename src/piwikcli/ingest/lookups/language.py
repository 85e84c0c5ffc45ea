"""A browser's languages: as they are stored, and the country that they make likely.

Rules: docs/reference/tracking.md#language.
"""

from __future__ import annotations

import re
from functools import cache

from piwikcli.ingest.lookups.location import UNKNOWN_COUNTRY

_NOISE = re.compile(r"\([^)]*\)|;[^,]*|\\.|\s|\.[a-z0-9_\-]+")
_TAG = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?")
_REGION = re.compile(r"-([a-z]{2})(?=[,-]|$)")


def normalise(accept_language: str) -> str:
    """The list without qualities, comments, blanks and charsets, in lower case: `de-de,en`.

    >>> normalise("de_DE.UTF-8, en;q=0.5")
    'de-de,en'
    """
    text = _NOISE.sub("", accept_language.replace("_", "-").lower())
    tags = [tag for tag in text.split(",") if tag and tag != "en-securid" and not tag.startswith("chrome:")]
    return ",".join("sr-rs" if tag == "sr-sp" else tag for tag in tags)


def browser_language(normalised: str) -> str:
    """`ll-cc` or `ll` of the first known language; `xx` when none is, empty when there is nothing."""
    if not normalised:
        return ""
    for text in normalised.split(","):
        tag = _TAG.match(text)
        if tag is not None and tag[1] in _languages():
            region = tag[3]
            return f"{tag[1]}-{region}" if region and region.isalpha() else tag[1]
    return "xx"


def likely_country(normalised: str) -> str:
    """The country that the languages speak for: of the first tag's language, else the first region named."""
    first = normalised.partition(",")[0]
    if len(first) < 2:
        return UNKNOWN_COUNTRY
    tag = _TAG.fullmatch(first)
    if tag is not None and not tag[3] and (country := _main_countries().get(tag[1])):
        return country
    for region in _REGION.findall(normalised):
        if region in _countries():
            return str(region)
    return UNKNOWN_COUNTRY


@cache
def _languages() -> frozenset[str]:
    from babel import Locale

    return frozenset(code for code in map(str, Locale("en").languages) if len(code) == 2)


@cache
def _countries() -> frozenset[str]:
    from babel import Locale

    no_countries = {"XA", "XB", "XX", "ZZ", "EU", "EZ", "UN", "QO"}
    codes = map(str, Locale("en").territories)
    return frozenset(code.lower() for code in codes if len(code) == 2 and code not in no_countries)


@cache
def _main_countries() -> dict[str, str]:
    """Language -> the country that it is of, which for Portuguese is not where most of its speakers live."""
    from babel.core import get_global

    likely = {
        language: str(full).rpartition("_")[2].lower()
        for language, full in get_global("likely_subtags").items()
        if len(language) == 2
    }
    return {**{k: v for k, v in likely.items() if v in _countries()}, "pt": "pt"}
