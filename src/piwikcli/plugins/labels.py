"""How stored labels become what people read: URL encoding, country and language names."""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from urllib.parse import quote_plus, unquote_to_bytes

from piwikcli.plugins.api.records import LOOKS_ESCAPED

ICONS = "plugins/Morpheus/icons/dist"
"""Where Matomo's web interface keeps its icons; reports name them for those who show them."""
FLAG = f"{ICONS}/flags/xx.png"
UNKNOWN = "Unknown"

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#039;"})
_COUNTRIES = {
    "xx": UNKNOWN,
    "": UNKNOWN,
    "ti": "China",  # Tibet, in old data
    "eu": "European Union",
    "ap": "Asia/Pacific Region",
    "a1": "Anonymous Proxy",
    "a2": "Satellite Provider",
    "o1": "Other Country",
}


def urlencode(text: str) -> str:
    """Percent-encoding as in segments: a space is `+`; of ASCII letters, digits and `-_.` stay plain."""
    return quote_plus(text, errors="surrogateescape").replace("~", "%7E")


_LOOKS_ESCAPED = re.compile(LOOKS_ESCAPED)


def literal(text: str) -> str:
    """A text as a label that says just what the text does, as reports decode entities. In SQL: `api.literal`."""
    return text.replace("&", "&amp;") if "&" in text and _LOOKS_ESCAPED.search(text) else text


def plain(label: str) -> str:
    """The text that a label made with `literal` stands for."""
    return label.replace("&amp;", "&")


def escaped(label: str) -> str:
    """The text of a label as Matomo stores texts of requests, with HTML entities, and so asks for them in segments.

    Segments here know titles, events and contents both ways.
    """
    return plain(label).translate(_ESCAPES)


def urldecode(text: str) -> str:
    """The text with its percent-encoding undone once; bytes that are not UTF-8 are left out."""
    if "%" not in text and "+" not in text:
        return text
    return unquote_to_bytes(text.replace("+", " ").encode("utf-8", "surrogateescape")).decode("utf-8", "ignore")


@cache
def _names() -> Any:
    # the data alone: babel.Locale would parse formats that nobody needs here
    from babel.localedata import load

    return load("en")


def country_name(code: str) -> str:
    """`de` -> `Germany`; Unknown for a code that is no country's."""
    code = code.lower()
    if code in _COUNTRIES:
        return _COUNTRIES[code]
    name = _names()["territories"].get(code.upper()) if len(code) == 2 else None
    return str(name) if name else UNKNOWN


def country_names() -> dict[str, str]:
    """Code -> name of every country."""
    codes = (code.lower() for code in _names()["territories"] if len(code) == 2 and code.isalpha())
    return {code: country_name(code) for code in codes}


@cache
def _country_codes() -> dict[str, str]:
    return {name: code for code, name in country_names().items()}


def country_code(name: str) -> str:
    """`Germany` -> `de`; UNK for a name that is no country's."""
    return _country_codes().get(name, "UNK")


def language_name(code: str) -> str:
    """`fr` -> `French`; Unknown for `xx`, the empty code and codes that are no language's."""
    if code in ("", "xx"):
        return UNKNOWN
    name = _names()["languages"].get(code.lower())
    return str(name) if name else UNKNOWN


def language_and_region(code: str) -> str:
    """`en-gb` -> `English - United Kingdom (en-gb)`, `fr` -> `French (fr)`."""
    language, _, region = code.partition("-")
    name = language_name(language)
    country = country_name(region) if region else UNKNOWN
    return f"{name} - {country} ({code})" if country != UNKNOWN else f"{name} ({code or 'xx'})"
