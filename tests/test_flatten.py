"""Flat tables, as docs/reference/formats.md ("Flat tables") defines them."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from piwikcli.report.flatten import Flat, flatten, page_url_label
from piwikcli.report.table import DataTable, Row

PAGES = Flat(separator="/", label_dimension="Actions_PageUrl", finish_label=page_url_label)
KEYWORDS = Flat(dimensions=("Referrers_Keyword", "Referrers_SearchEngine"))


def leaf(label: str, visits: int = 1, **metadata: Any) -> Row:
    return Row({"label": label, "nb_visits": visits}, metadata)


def folder(label: str, *rows: Row, **metadata: Any) -> Row:
    return Row({"label": label, "nb_visits": 99}, metadata, idsubtable=7, subtable=DataTable(list(rows)))


def others(visits: int = 1) -> Row:
    return Row({"label": "Others", "nb_visits": visits}, {"url": "/"}, is_summary=True)


def labels(table: DataTable) -> list[Any]:
    return [row.label for row in table]


def test_pages_become_paths() -> None:
    tree = DataTable(
        [
            leaf("/index"),
            folder("blog", leaf("/index"), folder("2024", leaf("/first.html"), others())),
            folder("Path", leaf("/?b=2&a=1")),
            leaf("Page URL not defined"),
            others(),
        ]
    )
    assert labels(flatten(tree, PAGES)) == [
        "/",
        "/blog/",
        "/blog/2024/first.html",
        "/blog/2024/ - Others",
        "/Path/?b=2&a=1",
        "Page URL not defined",
        "Others",
    ]


def test_pages_following_a_search_have_no_leading_slash() -> None:
    how = Flat(separator="/", finish_label=partial(page_url_label, leading_slash=False))
    tree = DataTable([leaf("/index"), folder("product", leaf("/a"), others())])
    assert labels(flatten(tree, how)) == ["/", "product/a", "product/ - Others"]


def test_websites_and_outlinks() -> None:
    tree = DataTable([folder("chatgpt.com", leaf("index"), leaf("app?q=1")), folder("docs.org", leaf("/"))])
    assert labels(flatten(tree, Flat(separator="/"))) == [
        "chatgpt.com/index",
        "chatgpt.com/app?q=1",
        "docs.org/",
    ]


def test_levels_are_kept_as_dimensions_and_an_empty_parent_shows() -> None:
    flat = flatten(DataTable([folder("", leaf("Google")), folder("buy shoes ", leaf("Bing"), others())]), KEYWORDS)
    assert labels(flat) == [" - Google", "buy shoes - Bing", "buy shoes - Others"]
    assert [row.metadata for row in flat] == [
        {"Referrers_Keyword": "", "Referrers_SearchEngine": "Google"},
        {"Referrers_Keyword": "buy shoes", "Referrers_SearchEngine": "Bing"},
        {"is_summary": True, "Referrers_Keyword": "buy shoes", "Referrers_SearchEngine": "Others"},
    ]


def test_leaves_inherit_metadata_that_they_lack() -> None:
    parent = {"logo": "google.png", "segment": "referrerName==Google"}
    tree = DataTable([folder("Google", leaf("a"), leaf("b", logo="b.png", segmentValue="b"), **parent)])
    assert [row.metadata for row in flatten(tree, Flat())] == [
        parent,
        {"logo": "b.png", "segmentValue": "b"},
    ]


def test_summary_rows_are_marked_and_lose_their_url() -> None:
    (row,) = flatten(DataTable([folder("Twitter", others(), url="twitter.com")]), Flat())
    assert row.label == "Twitter - Others"
    assert row.metadata == {"is_summary": True}
    assert row.is_summary


def test_aggregate_rows_come_before_their_leaves() -> None:
    how = Flat(separator="/", finish_label=page_url_label, label_dimension="Page", include_aggregate_rows=True)
    flat = flatten(DataTable([folder("product", leaf("/a", url="u")), leaf("/b")]), how)
    assert [(row.label, row.metadata) for row in flat] == [
        ("/product", {"Page": "/product", "is_aggregate": 1}),
        ("/product/a", {"url": "u", "Page": "/product/a", "is_aggregate": 0}),
        ("/b", {"Page": "/b", "is_aggregate": 0}),
    ]


def test_leaves_keep_their_columns_and_lose_their_subtables() -> None:
    tree = DataTable([folder("a", leaf("b", 5)), folder("empty")], {"totals": {"nb_visits": 5}})
    flat = flatten(tree, Flat())
    assert [row.columns for row in flat] == [
        {"label": "a - b", "nb_visits": 5},
        {"label": "empty", "nb_visits": 99},
    ]
    assert all(row.subtable is None and row.idsubtable is None for row in flat)
    assert flat.metadata == {"totals": {"nb_visits": 5}}
    assert labels(tree) == ["a", "empty"], "the given table is not changed"


@pytest.mark.parametrize(
    ("label", "expected"),
    [("index", "/index"), ("/index", "/"), ("a/index", "/a/"), ("/a", "/a"), ("a/indexes", "/a/indexes")],
)
def test_page_url_label(label: str, expected: str) -> None:
    assert page_url_label(label) == expected


def test_metadata_stands_in_matomos_order() -> None:
    page = leaf("/a", segment="pageUrl==a", url="http://example.org/a")
    flat = flatten(DataTable([folder("x", page, others(), segment="pageUrl=^x")]), PAGES)
    assert [list(row.metadata) for row in flat] == [
        ["url", "Actions_PageUrl", "segment"],
        ["segment", "Actions_PageUrl", "is_summary"],
    ]
