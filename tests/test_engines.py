"""Search engines and keywords: docs/reference/referrers.md#search-engines."""

from __future__ import annotations

import pytest

from piwikcli.ingest.lookups.engines import SearchEngines, lossy_host
from piwikcli.ingest.urls import parse
from piwikcli.lists.definitions import Definitions, SearchEngine

OURS = SearchEngines(Definitions.load().engines)


def search(url: str, engines: SearchEngines = OURS) -> tuple[str, str | None] | None:
    parts = parse(url)
    assert parts is not None
    found = engines.detect(url, parts)
    return found and tuple(found)


@pytest.mark.parametrize(
    ("host", "lossy"),
    [
        ("www.google.com", "google.com"),
        ("www3.google.co.uk", "google.{}"),
        ("m.google.com.br", "google.{}"),
        ("google.it", "google.{}"),
        ("search.brave.com", "brave.com"),
        ("fr.search.yahoo.com", "{}.search.yahoo.com"),
        ("br.images.search.yahoo.com", "{}.images.search.yahoo.com"),
        ("suche.web.de", "suche.web.{}"),
        ("internal.test", "internal.test"),
    ],
)
def test_countries_and_mobile_hosts_share_a_definition(host: str, lossy: str) -> None:
    assert lossy_host(host) == lossy


G = "https://www.google.com"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        (f"{G}/search?q=Blue+Shoe", ("Google", "blue shoe")),
        (f"{G}/", ("Google", None)),
        (G, ("Google", None)),
        (f"{G}/search?q=", ("Google", None)),
        (f"{G}/search?hl=en", ("Google", None)),
        (f"{G}/url?sa=t&q=&url=x", ("Google", None)),
        (f"{G}/#q=frag", ("Google", "frag")),
        (f"{G}/maps?q=mapa", ("Google", "mapa")),
        (f"{G}/intl/en/about/", None),
        (f"{G}/search?q=a&tbm=isch", ("Google Images", "a")),
        (f"{G}/search?q=a&tbm=vid", ("Google Video", "a")),
        (f"{G}/search?q=a&tbm=shop", ("Google Shopping", "a")),
        (f"{G}/search?q=a&tbm=nws", ("Google", "a")),
        (
            "https://images.google.de/imgres?imgurl=x&prev=/images%3Fq%3Dten%26hl%3Den",
            ("Google Images", "ten"),
        ),
        (f"{G}/imgres?q=eleven&prev=/search%3Fq%3Dtwelve", ("Google Images", "twelve")),
        (f"{G}/imgres?q=eleven", ("Google Images", "eleven")),
        (f"{G}/search?as_q=a+b&as_epq=c+d&as_oq=e+f&as_eq=g+h", ("Google", 'a b e or f "c d" -g -h')),
        (f"{G}/search?q=z&as_epq=", ("Google", "z")),
        ("https://m.google.co.uk/search?q=Uk", ("Google", "uk")),
        ("https://cse.google.com/cse?cx=1&q=cse", ("Google Custom Search", "cse")),
        ("https://www.portal.test/s?cx=partner-pub-123&q=four", ("Google Custom Search", "four")),
        ("https://www.portal.test/s?q=four&cx=partner-pub-123", None),
        ("https://mail.google.com/mail/u/0/", None),
        ("https://translate.google.com/translate?u=x", None),
    ],
)
def test_google(url: str, found: tuple[str, str | None] | None) -> None:
    assert search(url) == found


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://www.bing.com/search?form=QBLH&q=Bing", ("Bing", "bing")),
        ("https://www.bing.com/search?q=&form=X", None),
        ("https://www.bing.com/", ("Bing", None)),
        ("https://search.yahoo.com/search?p=Sapato+Azul", ("Yahoo!", "sapato azul")),
        ("https://xx.foo.search.yahoo.com/search?p=three", ("Yahoo!", "three")),
        ("https://br.images.search.yahoo.com/images?p=two", ("Yahoo! Images", "two")),
        ("https://r.search.yahoo.com/abc", ("Yahoo!", None)),
        ("https://duckduckgo.com/", ("DuckDuckGo", None)),
        ("https://www.startpage.com/do/search", ("StartPage", None)),
        ("https://search.brave.com/", ("Brave", None)),
        ("https://suche.web.de/web?su=Wagen", ("Web.de", "wagen")),
        ("https://www.qwant.com/?q=Mot&t=web", ("Qwant", "mot")),
        ("https://nova.rambler.ru/search?query=x", ("Rambler", "x")),
        ("https://search.seznam.cz/?q=Ahoj", ("Seznam", "ahoj")),
        ("https://www.portal.test/pemonitorhosted/ws/results/web/six/1", ("InfoSpace", "six")),
        ("https://www.facebook.com/", ("Facebook", None)),
        ("https://www.facebook.com/groups/x?h=1", None),
        ("https://m.facebook.com/", None),
    ],
)
def test_other_engines(url: str, found: tuple[str, str | None] | None) -> None:
    assert search(url) == found


@pytest.mark.parametrize(
    ("url", "keyword"),
    [
        ("https://www.baidu.com/s?wd=%B0%D9%B6%C8", "百度"),
        ("https://www.baidu.com/s?wd=%E7%99%BE&ie=utf-8", "百"),
        ("https://yandex.ru/search/?text=%D0%B4%D0%BE%D0%BC", "дом"),
        ("https://go.mail.ru/search?q=%EC%E8%F0", "мир"),
    ],
)
def test_keywords_in_other_charsets(url: str, keyword: str) -> None:
    found = search(url)
    assert found is not None
    assert found[1] == keyword


def test_rules_of_a_definition() -> None:
    engines = SearchEngines(
        {
            "find.test": SearchEngine("Find", ("/\\/for\\/([^\\/?]+)/", "q"), ("/^\\/hidden/", "/exactly")),
            "find.test/deep": SearchEngine("Deep", ("q",)),
            "broken.test": SearchEngine("Broken", ("/(/", "/nogroup/"), ("/(/",), ("no-such-charset",)),
        }
    )
    assert search("http://find.test/for/Red%20hat/2?q=x", engines) == ("Find", "red hat")
    assert search("http://find.test/?q=x&q=y", engines) == ("Find", "y")
    assert search("http://find.test/?q[]=x", engines) is None
    assert search("http://www.find.test/hidden/x?y", engines) == ("Find", None)
    assert search("http://find.test/exactly", engines) == ("Find", None)
    assert search("http://find.test/exactly/", engines) is None
    assert search("http://find.test/", engines) is None
    assert search("http://find.test/deep?q=x", engines) == ("Deep", "x")
    assert search("http://broken.test/nogroup", engines) is None
    assert search("/no-host?q=x", engines) is None
