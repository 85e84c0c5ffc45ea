"""Searches on the site itself, recognised by their URL: docs/reference/urls.md#site-search."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from piwikcli.ingest.urls import BLANKS, Parameters, build_query, clean, cut, parse, parse_query

DEFAULT_KEYWORD_PARAMETERS: tuple[str, ...] = (
    *("q", "query", "s", "search", "searchword", "k", "keyword", "keywords"),
)

CATEGORY_LENGTH = 200
"""Characters to which a search category is cut."""


@dataclass(frozen=True, slots=True)
class SiteSearch:
    """A search on the site.

    `category` is None without a category parameter (Matomo stores an empty text then); `count` is the
    number of results, when the URL says it. `url` is the page without the search's own parameters.
    """

    keyword: str
    category: str | None
    count: int | None
    url: str


def detect(
    url: str,
    keyword_parameters: Sequence[str] = DEFAULT_KEYWORD_PARAMETERS,
    category_parameters: Sequence[str] = (),
    *,
    charset: str | None = None,
) -> SiteSearch | None:
    """The search that the page `url` shows the results of, or None.

    Parameters are looked for in the order given, whatever their case, in the query and then in the
    fragment. `charset` is the page's encoding, for values that are not percent-encoded UTF-8.
    """
    if "=" not in url or (url.isprintable() and not _mention(tuple(keyword_parameters)).search(url)):
        return None
    parts = parse(clean(url))
    if parts is None:
        return None
    route, question, in_fragment = parts.fragment.partition("?")
    if not question:
        route, in_fragment = "", parts.fragment
    query, fragment = parse_query(parts.query), parse_query(in_fragment)
    values = {name.lower(): value for name, value in (query | fragment).items()}
    keyword = _first_value(values, keyword_parameters, charset)
    if keyword is None:
        return None
    category = _first_value(values, category_parameters, charset)
    count = _text(values.get("search_count"), charset)
    own = {name.lower() for name in (*keyword_parameters, *category_parameters)}
    page = parts._replace(
        query=_without(query, own),
        fragment=(route + question + _without(fragment, own)).rstrip("?"),
    )
    return SiteSearch(
        keyword=cut(keyword),
        category=None if category is None else category[:CATEGORY_LENGTH],
        count=int(count) if count.isascii() and count.isdigit() else None,
        url=str(page),
    )


@lru_cache(maxsize=100)
def _mention(parameters: tuple[str, ...]) -> re.Pattern[str]:
    """Matches a URL that may have one of the parameters: quicker than taking every query apart."""
    names = "|".join(map(re.escape, parameters)) or "(?!)"
    return re.compile(rf"[?&;#](?:{names})(?:=|\[|%5B)", re.IGNORECASE)


def decode_value(value: str, charset: str | None = None) -> str:
    """A query value, decoded (`+` is a blank) and trimmed.

    Bytes that are no valid text in `charset`, or else in UTF-8, are read as Windows-1252.
    """
    if "%" not in value and "+" not in value:
        return value.strip(BLANKS)
    data = unquote_to_bytes(value.replace("+", " ").encode("utf-8", "replace"))
    for encoding in (charset or "utf-8", "utf-8"):
        try:
            return data.decode(encoding).strip(BLANKS)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("cp1252", "replace").strip(BLANKS)


def _first_value(values: Parameters, names: Sequence[str], charset: str | None) -> str | None:
    for name in names:
        text = _text(values.get(name.lower()), charset)
        if text and text != "0":
            return text
    return None


def _text(value: str | list[str | None] | None, charset: str | None) -> str:
    if isinstance(value, list):
        value = value[0]
    return "" if value is None else decode_value(value, charset)


def _without(parameters: Parameters, names: set[str]) -> str:
    return build_query({name: value for name, value in parameters.items() if name.lower() not in names})
