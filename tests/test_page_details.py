"""Pages: the conversions that they take part in, and how long they took to load.

Definitions: docs/reference/metrics.md#goals, docs/reference/metrics.md#page-performance.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from helpers_tracking import CART, ORDER, PAGE, SEARCH, TITLE, Archived, Log
from piwikcli.archive.periods import Period

DAY = Period.of("day", date(2026, 3, 2))
WEEK = Period.of("week", date(2026, 3, 2))


def page(log: Log, visit: int, time: str, path: str, title: str = "", **state: int) -> None:
    url = log.action(PAGE, f"example.org{path}")
    log.hit(visit, time, url=url, name=log.action(TITLE, title), state=state)


@pytest.fixture
def shop(tmp_path: Path) -> Archived:
    log = Log(tmp_path)
    one = log.visit("10:00:00", "10:03:00", entry="example.org/shop/a", converted=True, actions=3)
    page(log, one, "10:00:00", "/shop/a", "A")
    page(log, one, "10:01:00", "/shop/b", "B")
    log.conversion(one, "10:01:30", 1, 10.0, pageviews_before=2)
    page(log, one, "10:02:00", "/shop/a", "A")
    log.conversion(one, "10:03:00", ORDER, 9.0, pageviews_before=3)
    log.conversion(one, "10:03:00", CART, 66.99)
    two = log.visit("11:00:00", "11:03:00", entry="example.org/shop/a", actions=1)
    page(log, two, "11:00:00", "/shop/a", "A")
    three = log.visit("2026-03-03 10:00:00", entry="example.org/shop/a", converted=True)
    page(log, three, "2026-03-03 10:00:00", "/shop/a", "A")
    log.conversion(three, "2026-03-03 10:00:00", 1, 2.0, pageviews_before=1)
    return log.built()


def by_label(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["label"]: row for row in rows}


def test_a_conversion_counts_for_every_view_before_it(shop: Archived) -> None:
    [folder] = shop.rows("Actions.getPageUrls", DAY, expanded="1")
    pages = by_label(folder["subtable"])
    assert pages["/a"]["goals"]["idgoal=1"] == {
        "nb_conversions": 1,
        "revenue": 10,
        "nb_conv_pages_before": 2,
        "nb_conversions_attrib": 0.5,
        "nb_conversions_page_rate": 0,
        "nb_conversions_page_uniq": 1,
        "revenue_attrib": 5,
        "revenue_entry": 10,
        # of two visits that began here one converted
        "nb_conversions_entry_rate": 0.5,
        "revenue_per_entry": 5,
        "nb_conversions_entry": 1,
    }
    # two views before the order
    order = pages["/a"]["goals"]["idgoal=ecommerceOrder"]
    assert (order["nb_conversions"], order["revenue"], order["nb_conversions_page_uniq"]) == (2, 18, 2)
    assert (order["nb_conversions_attrib"], order["revenue_attrib"]) == (0.6666, 6)
    assert pages["/b"]["goals"]["idgoal=1"] == {
        "nb_conversions": 1,
        "revenue": 10,
        "nb_conv_pages_before": 2,
        "nb_conversions_attrib": 0.5,
        "nb_conversions_page_rate": 0,  # only rows that are asked for have one
        "nb_conversions_page_uniq": 1,
        "revenue_attrib": 5,
    }


def test_carts_have_no_share_and_no_entry(shop: Archived) -> None:
    [folder] = shop.rows("Actions.getPageUrls", DAY)
    cart = folder["goals"]["idgoal=ecommerceAbandonedCart"]
    assert cart == {
        "nb_conversions": 3,
        "revenue": 200.97,
        "nb_conversions_page_rate": 1,
        "nb_conversions_page_uniq": 3,
    }


def test_folders_and_periods_add_up_even_rates(shop: Archived) -> None:
    [folder] = shop.rows("Actions.getPageUrls", WEEK)
    goal = folder["goals"]["idgoal=1"]
    assert (goal["nb_conversions"], goal["revenue"], goal["nb_conversions_attrib"]) == (3, 22, 2)
    assert goal["nb_conv_pages_before"] == 5
    assert (goal["nb_conversions_entry_rate"], goal["revenue_per_entry"]) == (1.5, 7)
    # rows of pages have no conversions of their own
    assert not {"nb_conversions", "revenue"} & folder.keys()


def test_the_page_rate_compares_with_the_sites_conversions_in_the_rows_asked_for(shop: Archived) -> None:
    titles = by_label(shop.rows("Actions.getPageTitles", WEEK))
    rates = {label: row["goals"]["idgoal=1"]["nb_conversions_page_rate"] for label, row in titles.items()}
    assert rates == {" A": 1, " B": 0.5}
    [folder] = shop.rows("Actions.getPageUrls", WEEK, expanded="1")
    below = by_label(folder["subtable"])["/b"]["goals"]["idgoal=1"]
    assert below["nb_conversions_page_rate"] == 0
    [root] = shop.ask("Actions.getPageUrls", WEEK).rows
    asked = by_label(shop.rows("Actions.getPageUrls", WEEK, idSubtable=str(root.idsubtable)))
    assert asked["/b"]["goals"]["idgoal=1"]["nb_conversions_page_rate"] == 0.5


def test_a_rate_per_entry_rounds_halves_up_on_the_decimal_value(tmp_path: Path) -> None:
    log = Log(tmp_path)
    for n in range(4):
        visit = log.visit(f"10:0{n}:00", entry="example.org/a")
        page(log, visit, f"10:0{n}:00", "/a")
    log.conversion(visit, "10:03:00", ORDER, 73.49, pageviews_before=1)
    [row] = log.built().rows("Actions.getPageUrls", DAY)
    assert row["goals"]["idgoal=ecommerceOrder"]["revenue_per_entry"] == 18.373


def test_what_has_no_url_is_a_page_whatever_it_was(tmp_path: Path) -> None:
    log = Log(tmp_path)
    visit = log.visit("10:00:00")
    page(log, visit, "10:00:00", "/a", "A")
    page(log, visit, "10:00:01", "/a", "B")
    log.hit(visit, "10:00:02", url=0, name=log.action(TITLE, "C"), state={"time_network": 5})
    log.hit(visit, "10:00:03", kind=3, url=0)
    log.hit(visit, "10:00:04", kind=10, url=0, detail={"idaction_event_category": 0})
    log.hit(visit, "10:00:05", kind=SEARCH, name=log.action(SEARCH, "tents"))
    log.hit(visit, "10:00:06", kind=13, url=0)
    log.hit(visit, "10:00:07", url=0, name=0)
    shop = log.built()
    rows = by_label(shop.rows("Actions.getPageUrls", DAY))
    # one visit, whatever kinds of actions are among them
    assert {label: (row["nb_visits"], row["nb_hits"]) for label, row in rows.items()} == {
        "/a": (1, 2),
        "Page URL not defined": (1, 4),
    }
    assert rows["Page URL not defined"]["avg_time_network"] == 0.005
    totals = shop.row("Actions.get", DAY)
    assert (totals["nb_pageviews"], totals["nb_uniq_pageviews"], totals["nb_downloads"]) == (6, 2, 0)
    titles = by_label(shop.rows("Actions.getPageTitles", DAY))
    assert titles[" Page Name not defined"]["nb_hits"] == 1


def test_a_page_has_the_visitor_of_its_time(tmp_path: Path) -> None:
    log = Log(tmp_path)
    # one visit of two people: the second one's id is what the visit has at its end
    visit = log.visit("10:00:00", visitor=2)
    log.hit(visit, "10:00:00", url=log.action(PAGE, "example.org/a"), state={"idvisitor": 1})
    log.hit(visit, "10:00:01", url=log.action(PAGE, "example.org/a"))
    other = log.visit("11:00:00", visitor=1)
    log.hit(other, "11:00:00", url=log.action(PAGE, "example.org/a"))
    log.hit(other, "11:00:01", kind=SEARCH, name=log.action(SEARCH, "tents"), search_cat="shoes")
    [row] = log.built().rows("Actions.getPageUrls", DAY)
    assert (row["nb_visits"], row["nb_uniq_visitors"], row["nb_hits"]) == (2, 2, 3)


def test_a_keyword_has_the_conversions_of_visits_that_began_with_its_search(tmp_path: Path) -> None:
    log = Log(tmp_path)
    keyword = log.action(SEARCH, "tents")
    visit = log.visit("10:00:00", visit_entry_idaction_name=keyword)
    log.hit(visit, "10:00:00", kind=SEARCH, name=keyword)
    log.conversion(visit, "10:01:00", 1, 4.0, pageviews_before=0)
    [row] = log.built().rows("Actions.getSiteSearchKeywords", DAY)
    assert row["goals"] == {
        "idgoal=1": {
            "revenue_entry": 4,
            "nb_conversions_entry_rate": 1,
            "revenue_per_entry": 4,
            "nb_conversions_entry": 1,
        }
    }


# --- page performance ---


@pytest.fixture
def timed(tmp_path: Path) -> Archived:
    log = Log(tmp_path)
    one, two = log.visit("10:00:00"), log.visit("2026-03-03 10:00:00")
    page(log, one, "10:00:00", "/shop/a", time_network=33, time_server=400, time_on_load=7)
    page(log, one, "10:00:01", "/shop/a", time_network=100, time_server=201)
    page(log, one, "10:00:02", "/shop/b", time_network=250)
    page(log, one, "10:00:03", "/about")
    page(log, two, "2026-03-03 10:00:00", "/shop/a", time_network=10)
    return log.built()


NETWORK = ("nb_hits_with_time_network", "min_time_network", "max_time_network", "avg_time_network")


def test_pages_tell_how_long_they_took(timed: Archived) -> None:
    rows = by_label(timed.rows("Actions.getPageUrls", DAY, expanded="1"))
    assert [rows["shop"][name] for name in NETWORK] == [3, "0.0330", "0.2500", 0.128]
    below = by_label(rows["shop"]["subtable"])
    assert [below["/a"].get(name) for name in NETWORK] == [2, "0.0330", "0.1000", None]
    assert rows["shop"]["avg_page_load_time"] == 0.436
    # the sums behind averages are shown on demand
    assert "sum_time_network" not in rows["shop"]
    raw = by_label(timed.rows("Actions.getPageUrls", DAY, showRawMetrics="1"))
    assert raw["shop"]["sum_time_network"] == 0.383
    # a page without times has the columns, too, in their order
    assert {name: rows["/about"][name] for name in NETWORK} == dict(zip(NETWORK, (0, None, None, 0), strict=True))
    assert rows["/about"]["avg_page_load_time"] == 0
    assert [name for name in rows["/about"] if "network" in name] == list(NETWORK)


def test_hidden_columns_leave_the_sums_behind_averages(timed: Archived) -> None:
    """Only a request that names no columns loses them, as in Matomo; shown ones are those named."""
    hidden = by_label(timed.rows("Actions.getPageUrls", DAY, hideColumns="nb_visits"))["shop"]
    assert "nb_visits" not in hidden
    assert (hidden["sum_time_network"], hidden["avg_time_network"]) == (0.383, 0.128)
    shown = by_label(timed.rows("Actions.getPageUrls", DAY, showColumns="nb_hits,sum_time_network"))["shop"]
    assert {"nb_hits": 3, "sum_time_network": 0.383}.items() <= shown.items()
    assert "avg_time_network" not in shown


def test_a_single_page_has_no_segment_and_no_load_times(timed: Archived) -> None:
    [page] = timed.rows("Actions.getPageUrl", DAY, pageUrl="http://example.org/shop/a")
    assert (page["label"], page["nb_hits"], page["url"]) == ("/a", 2, "https://example.org/shop/a")
    assert "segment" not in page
    assert not [name for name in page if "network" in name]


def test_times_that_are_all_0_are_not_shown(tmp_path: Path) -> None:
    """Of entry pages, whatever other pages took; where one page took longer, the others' 0 are shown."""
    log = Log(tmp_path)
    visit = log.visit("10:00:00", entry="example.org/enter")
    page(log, visit, "10:00:00", "/enter", time_network=0, time_server=10)
    page(log, visit, "10:00:01", "/next", time_network=7, time_server=10)
    archived = log.built()
    every = by_label(archived.rows("Actions.getPageUrls", DAY))["/enter"]
    assert [every.get(name) for name in NETWORK] == [1, "0.0000", "0.0000", 0]
    entry = by_label(archived.rows("Actions.getEntryPageUrls", DAY))["/enter"]
    assert set(NETWORK) & entry.keys() == set()
    assert (entry["nb_hits_with_time_server"], entry["avg_page_load_time"]) == (1, 0.01)


def test_a_week_has_the_smallest_and_largest_time_of_its_days(timed: Archived) -> None:
    rows = by_label(timed.rows("Actions.getPageUrls", WEEK, flat="1"))
    assert [rows["/shop/a"][name] for name in NETWORK] == [3, "0.0100", "0.1000", 0.048]


def test_the_sites_averages(timed: Archived) -> None:
    row = timed.row("PagePerformance.get", DAY)
    assert row == {
        "avg_time_network": 0.13,
        "avg_time_server": 0.3,
        "avg_time_transfer": 0,
        "avg_time_dom_processing": 0,
        "avg_time_dom_completion": 0,
        "avg_time_on_load": 0.01,
        "avg_page_load_time": 0.33,
    }
    raw = timed.row("PagePerformance.get", WEEK, showRawMetrics="1")
    assert raw["PagePerformance_network_time"] == 0.393
    # a queued filter takes them away
    unqueued = timed.row("PagePerformance.get", WEEK, disable_queued_filters="1")
    assert unqueued["PagePerformance_network_time"] == 0.393
    assert (raw["PagePerformance_network_hits"], raw["PagePerformance_pageload_hits"]) == (4, 4)
    assert raw["PagePerformance_pageload_time"] == 1.001


def test_a_language_of_one_country_is_filled(tmp_path: Path) -> None:
    log = Log(tmp_path)
    for n in range(4):
        log.visit(f"10:0{n}:00", country=f"c{n}")
    for row, language in zip(log._rows["client"], ("ja", "fr-fr", "pt-br", "ja-jp"), strict=True):
        row["language"] = language
    rows = log.built().rows("UserLanguage.getLanguageCode", DAY)
    assert {row["segment"]: row["nb_visits"] for row in rows} == {
        "languageCode==ja-jp": 2,
        "languageCode==fr": 1,
        "languageCode==pt-br": 1,
    }
