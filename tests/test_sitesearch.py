"""Searches on the site, recognised by URL: docs/reference/urls.md."""

from __future__ import annotations

import pytest

from piwikcli.ingest.sitesearch import SiteSearch, decode_value, detect

S = "https://www.shop.example/search"
KEYWORDS, CATEGORIES = ["q", "term"], ["scat", "group"]


def found(query: str, charset: str | None = None) -> tuple[str, str | None, int | None] | None:
    search = detect(S + query, KEYWORDS, CATEGORIES, charset=charset)
    return search and (search.keyword, search.category, search.count)


@pytest.mark.parametrize(
    ("query", "search"),
    [
        ("?q=One&scat=Clothes&search_count=5", ("One", "Clothes", 5)),
        ("?Q=Two&SCAT=X", ("Two", "X", None)),
        ("?q=three&cat=Y&scat=", ("three", None, None)),
        ("?q[]=arr", ("arr", None, None)),
        ("?q=&term=four", ("four", None, None)),
        ("?term=a&q=b", ("b", None, None)),
        ("#q=five", ("five", None, None)),
        ("#/route?q=six", ("six", None, None)),
        ("?q=cat2&group=G1&scat=S1", ("cat2", "S1", None)),
        ("?x=1&q=ten%2Bplus+sp&b=2#fr", ("ten+plus sp", None, None)),
        ("?q=a%26b&amp;scat=k", ("a&b", "k", None)),
        ("?q=n&search_count=0", ("n", None, 0)),
        ("?q=n&search_count=abc", ("n", None, None)),
        ("?q=n&search_count=-1", ("n", None, None)),
        (f"?q=n&scat={'c' * 300}", ("n", "c" * 200, None)),
        (f"?q={'k' * 1100}", ("k" * 1000, None, None)),
    ],
)
def test_searches(query: str, search: tuple[str, str | None, int | None]) -> None:
    keyword, category, count = search
    if keyword.startswith("kkk"):  # the whole URL has 1024 bytes
        keyword = "k" * (1024 - len(S) - len("?q="))
    assert found(query) == (keyword, category, count)


@pytest.mark.parametrize("query", ["", "?q", "?q=", "?q=%20", "?q=0", "?scat=only", "?s=not-configured", "?x=q"])
def test_pages_that_are_no_search(query: str) -> None:
    assert found(query) is None


def test_the_default_keyword_parameters() -> None:
    names = ("q", "query", "s", "search", "searchword", "k", "keyword", "keywords")
    assert all(detect(f"{S}?{name}=x") for name in names)
    assert detect(f"{S}?text=x") is None
    assert detect("not a url?q=x:80") is not None
    assert detect("http://:80/?q=x") is None


def test_the_page_behind_a_search() -> None:
    search = detect(f"{S}?a=1&q=x&Scat=y&search_count=3#/r?term=z&b=2", KEYWORDS, CATEGORIES)
    assert search == SiteSearch("x", "y", 3, f"{S}?a=1&search_count=3#/r?b=2")


def test_the_pages_charset() -> None:
    assert found("?q=%E7%E3o", "iso-8859-1") == ("ção", None, None)
    assert found("?q=%C3%A7%C3%A3o", "no-such-charset") == ("ção", None, None)
    # Without a charset, bytes that are no UTF-8 are read as Windows-1252
    assert found("?q=%E7%E3o") == ("ção", None, None)
    assert decode_value("%81") == "\ufffd"
    assert decode_value(" 100%+a ") == "100% a"
