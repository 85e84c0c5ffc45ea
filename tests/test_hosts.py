"""Which sites a URL belongs to: docs/reference/referrers.md."""

from __future__ import annotations

import pytest

from piwikcli.ingest.lookups.hosts import KnownHosts, canonical_host, host_suffixes
from piwikcli.ingest.urls import Url, parse

KNOWN = KnownHosts(
    {
        1: ["https://www.shop.example", "https://blog.example/Shop"],
        2: ["http://blog.example/shop/news/", "blog.example/help"],
        3: ["http://.wild.example", "http://", "http://host:bad/"],
    }
)


def url(text: str) -> Url:
    parts = parse(text)
    assert parts is not None
    return parts


@pytest.mark.parametrize(
    ("text", "sites"),
    [
        ("http://shop.example/x", {1}),
        ("http://WWW.Shop.example", {1}),
        ("http://sub.shop.example/", set()),
        ("http://blog.example/", set()),
        ("http://blog.example/shop", {1}),
        ("http://blog.example/shop/item?x", {1}),
        ("http://blog.example/shops", set()),
        ("http://blog.example/shop/news/1", {2}),
        ("http://blog.example/help/", {2}),
        ("http://a.b.wild.example/", {3}),
        ("http://wild.example/", {3}),
    ],
)
def test_the_deepest_path_decides(text: str, sites: set[int]) -> None:
    assert KNOWN.sites(url(text)) == sites


def test_the_visited_page_makes_its_host_known() -> None:
    assert KNOWN.sites(url("http://other.example/"), ("other.example", 1)) == {1}
    assert KNOWN.sites(url("http://blog.example/"), ("blog.example", 1)) == {1}
    assert KNOWN.sites(url("http://blog.example/help"), ("blog.example", 1)) == {2}
    assert KNOWN.sites(url("http://shop.example/"), ("shop.example", 2)) == {1, 2}


def test_the_path_that_names_a_website() -> None:
    assert KNOWN.path(url("http://blog.example/shop/news/1")) == "/shop/news"
    assert KNOWN.path(url("http://blog.example/x")) == ""
    assert KNOWN.path(url("http://shop.example/x")) == ""


def test_hosts() -> None:
    assert canonical_host("WWW.www.X.example") == "www.x.example"
    assert list(host_suffixes("a.b.c")) == ["a.b.c", "b.c", "c"]
