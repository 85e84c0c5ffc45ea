"""Actions: trees of pages, titles, entries and exits, searches, single pages."""

import pytest

from piwikcli.errors import UsageError
from piwikcli.plugins.action_lookup import target_labels, url_labels
from piwikcli.plugins.api.records import SUMMARY_LABEL
from report_helpers import DAY, WEEK, Rows, Store

BLOG = {
    "nb_visits": 32,
    "nb_hits": 32,
    "sum_time_spent": 1795,
    "entry_nb_visits": 6,
    "entry_bounce_count": 1,
    "exit_nb_visits": 8,
}
PAGES: Rows = {
    ("blog",): BLOG,
    ("blog", "2022"): {"nb_visits": 5, "nb_hits": 5, "sum_time_spent": 440, "exit_nb_visits": 1},
    ("blog", "2022", "/a b"): {
        "nb_visits": 5,
        "nb_uniq_visitors": 5,
        "nb_hits": 5,
        "sum_time_spent": 440,
        "exit_nb_visits": 1,
        "url": ("example.org/blog/2022/a%20b", 1),
    },
    ("blog", SUMMARY_LABEL): {"nb_visits": 27, "nb_hits": 27, "sum_time_spent": 1355, "entry_nb_visits": 6},
    ("/index",): {
        "nb_visits": 40,
        "nb_uniq_visitors": 38,
        "nb_hits": 50,
        "sum_time_spent": 100,
        "nb_hits_following_search": 2,
        "entry_nb_visits": 30,
        "entry_bounce_count": 10,
        "url": ("example.org/", 1),
    },
    ("/caf%C3%A9+au+lait",): {
        "nb_visits": 1,
        "nb_hits": 1,
        "sum_time_spent": 0,
        "url": ("example.org/caf%C3%A9+au+lait", 1),
    },
    ("Page URL not defined",): {"nb_visits": 1, "nb_hits": 1, "sum_time_spent": 0},
}


def store(record: str = "Actions_actions_url", rows: Rows = PAGES) -> Store:
    found = Store()
    found.archive(numbers={"nb_visits": 100}, tables={record: rows})
    return found


def test_overview() -> None:
    found = Store()
    found.archive(numbers={"nb_visits": 1, "Actions_nb_pageviews": 322, "Actions_nb_keywords": 3})
    assert list(found.columns("Actions.get").items()) == [
        ("nb_pageviews", 322),
        ("nb_uniq_pageviews", 0),
        ("nb_downloads", 0),
        ("nb_uniq_downloads", 0),
        ("nb_outlinks", 0),
        ("nb_uniq_outlinks", 0),
        ("nb_searches", 0),
        ("nb_keywords", 3),
    ]


def test_pages_and_folders() -> None:
    found = store().rows("Actions.getPageUrls")
    assert [row["label"] for row in found] == ["/index", "blog", "/café au lait", "Page URL not defined"]
    assert found[0] == {
        "label": "/index",
        "nb_visits": 40,
        "nb_uniq_visitors": 38,
        "nb_hits": 50,
        "sum_time_spent": 100,
        "nb_hits_following_search": 2,
        "entry_nb_visits": 30,
        "entry_bounce_count": 10,
        "avg_page_load_time": 0,
        "avg_time_on_page": 2,
        "bounce_rate": "33%",
        "exit_rate": "0%",
        "url": "http://www.example.org/",
        "segment": "pageUrl==http%253A%252F%252Fwww.example.org%252F",
    }
    assert found[1] == {
        "label": "blog",
        **BLOG,
        "avg_page_load_time": 0,
        "avg_time_on_page": 56,
        "bounce_rate": "17%",
        "exit_rate": "25%",
        "segment": "pageUrl=^http%253A%252F%252Fwww.example.org%252Fblog",
    }
    # labels are decoded, addresses and segments keep the stored form
    assert found[2]["url"] == "http://www.example.org/caf%C3%A9+au+lait"
    assert found[2]["segment"] == "pageUrl==http%253A%252F%252Fwww.example.org%252Fcaf%2525C3%2525A9%252Bau%252Blait"
    assert found[3]["segment"] == "pageUrl=="


def test_expanded_subtables_have_their_metrics_and_segments_too() -> None:
    [_, blog, *_] = store().rows("Actions.getPageUrls", expanded="1")
    year, others = blog["subtable"][1], blog["subtable"][0]
    # Others is last, although it has more visits
    assert [row["label"] for row in blog["subtable"]] == ["2022", "Others"]
    year, others = blog["subtable"]
    assert year["segment"] == "pageUrl=^http%253A%252F%252Fwww.example.org%252Fblog%252F2022"
    assert year["exit_rate"] == "20%"
    assert "avg_page_load_time" not in year
    assert "segment" not in others
    [page] = year["subtable"]
    assert (page["label"], page["url"]) == ("/a b", "http://www.example.org/blog/2022/a%20b")


def test_one_subtable() -> None:
    found = store()
    rows = found.rows("Actions.getPageUrls", idSubtable=str(found.path(("blog",))))
    assert [row["label"] for row in rows] == ["2022", "Others"]
    assert rows[0]["segment"] == "pageUrl=^http%253A%252F%252Fwww.example.org%252Fblog%252F2022"


def test_depth_limits_expansion() -> None:
    rows = store().rows("Actions.getPageUrls", expanded="1", depth="1")
    year = rows[1]["subtable"][0]
    assert year["label"] == "2022"
    assert "subtable" not in year


def test_flat_pages() -> None:
    found = store().rows("Actions.getPageUrls", flat="1")
    assert [row["label"] for row in found] == [
        "/",
        "/blog/ - Others",
        "/blog/2022/a b",
        "/café au lait",
        "Page URL not defined",
    ]
    assert found[1]["segment"] == "pageUrl=^http%253A%252F%252Fwww.example.org%252Fblog"
    assert found[1]["is_summary"] is True
    # the dimension keeps the label as it is stored
    assert found[3]["Actions_PageUrl"] == "/caf%C3%A9+au+lait"
    assert found[2]["avg_page_load_time"] == 0


def test_entries_and_exits() -> None:
    entries = store().rows("Actions.getEntryPageUrls", expanded="1")
    assert [row["label"] for row in entries] == ["/index", "blog"]
    assert entries[0]["segment"] == "entryPageUrl==http%253A%252F%252Fwww.example.org%252F"
    assert entries[1]["segment"].startswith("pageUrl=^")
    assert [row["label"] for row in entries[1]["subtable"]] == ["Others"]
    exits = store().rows("Actions.getExitPageUrls", expanded="1")
    assert [row["label"] for row in exits] == ["blog"]
    assert [row["label"] for row in exits[0]["subtable"]] == ["2022"]
    # a flat table keeps all leaves of the folders that it keeps
    flat = store().rows("Actions.getExitPageUrls", flat="1")
    assert [row["label"] for row in flat] == ["/blog/ - Others", "/blog/2022/a b"]
    assert flat[1]["Actions_ExitPageUrl"] == "/blog/2022/a b"


def test_pages_following_a_search_have_no_segment() -> None:
    [row] = store().rows("Actions.getPageUrlsFollowingSiteSearch")
    assert row["label"] == "/index"
    assert "segment" not in row
    [flat] = store().rows("Actions.getPageUrlsFollowingSiteSearch", flat="1")
    assert flat["Actions_DestinationPage"] == flat["label"] == "/"
    folders: Rows = {
        ("a",): {"nb_visits": 1, "nb_hits": 1, "nb_hits_following_search": 1},
        ("a", "/caf%C3%A9"): {
            "nb_visits": 1,
            "nb_hits": 1,
            "nb_hits_following_search": 1,
            "goals": {1: {"nb_conversions": 1, "nb_conversions_page_uniq": 1}},
        },
    }
    found = Store()
    found.archive(numbers={"nb_visits": 1, "Goal_1_nb_conversions": 4}, tables={"Actions_actions_url": folders})
    # unlike in other reports of pages the dimension has the decoded label, and leaves have the share of conversions
    [leaf] = found.rows("Actions.getPageUrlsFollowingSiteSearch", flat="1")
    assert leaf["Actions_DestinationPage"] == leaf["label"] == "a/café"
    assert leaf["goals"]["idgoal=1"]["nb_conversions_page_rate"] == 0.25
    [page] = found.rows("Actions.getPageUrls", flat="1")
    assert page["Actions_PageUrl"] == "/a/caf%C3%A9"
    assert "nb_conversions_page_rate" not in page["goals"]["idgoal=1"]


@pytest.mark.parametrize("label", ["blog>2022>@/a b", "blog%3E2022%3E%40%2Fa%20b"])
def test_a_page_found_by_its_path_is_as_its_folder_shows_it(label: str) -> None:
    """Also where the path is encoded as a whole, as in the address of an API request."""
    [row] = store().rows("Actions.getPageUrls", label=label)
    assert (row["label"], row["nb_visits"]) == ("/a b", 5)
    # what a subtable within an expanded table does not have
    assert row["avg_page_load_time"] == 0
    assert store().rows("Actions.getPageUrls", label="blog%3E1999") == []


def test_titles() -> None:
    titles: Rows = {
        (" Blog / First post",): {"nb_visits": 20, "nb_hits": 22},
        (" Page Name not defined",): {"nb_visits": 9, "nb_hits": 9},
        (" A &amp; B",): {"nb_visits": 1, "nb_hits": 1, "entry_nb_visits": 1},
    }
    found = store("Actions_actions", titles)
    rows = found.rows("Actions.getPageTitles")
    assert [row["label"] for row in rows] == [" Blog / First post", " Page Name not defined", " A &amp; B"]
    assert [row["segment"] for row in rows] == [
        "pageTitle==Blog%2B%252F%2BFirst%2Bpost",
        "pageTitle==",
        "pageTitle==A%2B%2526amp%253B%2BB",
    ]
    [entry] = found.rows("Actions.getEntryPageTitles")
    assert entry["segment"] == "entryPageTitle==A%2B%2526amp%253B%2BB"
    flat = found.rows("Actions.getPageTitles", flat="1")
    assert flat[1]["label"] == flat[1]["Actions_PageTitle"] == "Page Name not defined"
    # asked for by label, with or without the leading space
    [one] = found.rows("Actions.getPageTitles", label="Blog / First post")
    assert one["nb_hits"] == 22


def test_downloads_and_outlinks() -> None:
    files: Rows = {
        ("www.example.org",): {"nb_visits": 2, "nb_hits": 2},
        ("www.example.org", "/a.pdf"): {
            "nb_visits": 2,
            "nb_hits": 2,
            "url": ("http://www.example.org/a.pdf", None),
        },
    }
    [host] = store("Actions_downloads", files).rows("Actions.getDownloads", expanded="1")
    assert host == {
        "label": "www.example.org",
        "nb_visits": 2,
        "nb_hits": 2,
        "subtable": [
            {
                "label": "/a.pdf",
                "nb_visits": 2,
                "nb_hits": 2,
                "url": "http://www.example.org/a.pdf",
                "segment": "downloadUrl==http%253A%252F%252Fwww.example.org%252Fa.pdf",
            }
        ],
    }
    [flat] = store("Actions_outlink", files).rows("Actions.getOutlinks", flat="1")
    assert flat["label"] == "www.example.org/a.pdf"
    assert flat["segment"] == "outlinkUrl==http%253A%252F%252Fwww.example.org%252Fa.pdf"


KEYWORDS: Rows = {
    ("red shoes",): {
        "nb_visits": 5,
        "nb_hits": 6,
        "sum_time_spent": 942,
        "exit_nb_visits": 1,
        "no_result": 0,
    },
    ("Hats",): {"nb_visits": 5, "nb_hits": 6, "sum_time_spent": 2295, "no_result": 1},
    (SUMMARY_LABEL,): {"nb_visits": 9, "nb_hits": 9, "sum_time_spent": 0, "no_result": 3},
}


def test_site_search_keywords() -> None:
    found = store("Actions_sitesearch", KEYWORDS)
    rows = found.rows("Actions.getSiteSearchKeywords")
    assert [row["label"] for row in rows] == ["Hats", "red shoes", "Others"]
    assert rows[1] == {
        "label": "red shoes",
        "nb_visits": 5,
        "nb_hits": 6,
        "sum_time_spent": 942,
        "exit_nb_visits": 1,
        "nb_pages_per_search": 1.2,
        "avg_time_on_page": 157,
        "bounce_rate": "0%",
        "exit_rate": "20%",
        "segment": "siteSearchKeyword==red+shoes",
    }
    assert [row["label"] for row in found.rows("Actions.getSiteSearchNoResultKeywords")] == ["Hats"]
    [flat] = found.rows("Actions.getSiteSearchNoResultKeywords", flat="1")
    assert flat["Actions_KeywordwithNoSearchResult"] == "Hats"
    assert "no_result" not in found.rows("Actions.getSiteSearchKeywords", showRawMetrics="1")[0]


def test_site_search_categories_have_no_unique_visitors() -> None:
    row = {"nb_visits": 7, "nb_uniq_visitors": 7, "nb_actions": 8}
    [found] = store("Actions_SiteSearchCategories", {("docs",): row}).rows("Actions.getSiteSearchCategories")
    assert found == {
        "label": "docs",
        "nb_visits": 7,
        "nb_actions": 8,
        "nb_pages_per_search": 1.1,
        "segment": "siteSearchCategory==docs",
    }


@pytest.mark.parametrize(
    ("url", "labels"),
    [
        ("http://www.example.org", ["/index"]),
        ("example.org/", ["/index"]),
        ("https://example.org/a/b?c=1", ["a", "/b?c=1"]),
        ("http://example.org//a//b/", ["a", "b", "/index"]),
        ("http://example.org/a?sid=9&c=1", ["/a?c=1"]),
    ],
)
def test_where_a_page_is_in_the_tree(url: str, labels: list[str]) -> None:
    assert url_labels(url, excluded=("SID",)) == labels


def test_where_a_download_is_in_the_tree() -> None:
    assert target_labels("http://host.org/a/b.pdf?x=1") == ["host.org", "/a/b.pdf?x=1"]


def test_one_page() -> None:
    found = store()
    [row] = found.rows("Actions.getPageUrl", pageUrl="http://www.example.org/blog/2022/a b")
    assert (row["nb_visits"], row["exit_rate"]) == (5, "20%")
    assert row["url"] == "http://www.example.org/blog/2022/a%20b"
    assert found.rows("Actions.getPageUrl", pageUrl="http://www.example.org/no/such") == []
    assert found.rows("Actions.getPageUrl", period=WEEK, pageUrl="http://www.example.org/") == []
    with pytest.raises(UsageError, match="pageUrl"):
        found.rows("Actions.getPageUrl")


def test_one_title() -> None:
    found = store("Actions_actions", {(" Pricing",): {"nb_visits": 17, "nb_hits": 18}})
    [row] = found.rows("Actions.getPageTitle", pageName="Pricing")
    assert row["nb_hits"] == 18
    # as in Matomo without what selects it, and without load times
    assert not row.keys() & {"segment", "avg_page_load_time"}
    assert found.rows("Actions.getPageTitle", period=DAY, pageName="None") == []
