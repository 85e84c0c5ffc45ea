"""What the rows of a record hold: small logs and the tables that must come out.

Definitions: docs/reference/metrics.md, docs/reference/actions.md, docs/explanation/archiving.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from helpers_import import (
    archive_all,
    build,
    hit,
    import_lines,
    new_database,
    numbers,
    query,
    record,
    settings_with,
)
from piwikcli.archive.periods import Period
from piwikcli.ingest.rules import Rules
from piwikcli.store import Database

DAY = Period.of("day", date(2026, 3, 2))
WEEK = Period.of("week", date(2026, 3, 2))
URLS, TITLES, KEYWORDS, DOWNLOADS = (
    *("Actions_actions_url", "Actions_actions"),
    *("Actions_sitesearch", "Actions_downloads"),
)


def made(
    tmp_path: Path, lines: Sequence[str], *, values: dict[str, object] | None = None, **options: Any
) -> Database:
    site = options.pop("site", {})
    database = new_database(tmp_path / "piwik.duckdb", **site)
    import_lines(database, tmp_path, lines, **options)
    archive_all(database, settings=settings_with(values))
    return database


def visit(start: str, *paths: str, ip: str = "203.0.113.1", step: int = 10, **options: Any) -> list[str]:
    """One page after the other, `step` seconds apart."""
    hour, minute, second = (int(part) for part in start.split(":"))
    first = (hour * 60 + minute) * 60 + second
    times = [first + step * n for n in range(len(paths))]
    return [
        hit(f"{at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}", path, ip=ip, **options)
        for at, path in zip(times, paths, strict=True)
    ]


# --- trees ---


@pytest.mark.parametrize(
    ("path", "labels"),
    [
        ("/", "/index"),
        ("/about", "/about"),
        ("/shop/tents/", "shop > tents > /index"),
        ("/shop/list?category=rain&page=2", "shop > /list?category=rain&page=2"),
        ("/?page=2", "/?page=2"),
        ("/a/b/c/d/e/f/g/h/i/j/k/l", "a > b > c > d > e > f > g > h > i > /j/k/l"),
        ("/a//b", "a > /b"),
        ("/a/ /b", None),
        ("/%20x%20/y", "%20x%20 > /y"),
        ("/x?sid=1&utm_campaign=c&b=2", "/x?b=2"),
        ("/m;a=1?c=3;d=4", "/m?a=1&c=3&d=4"),
        ("/q?path=/a/b", "q?path= > a > /b"),
        ("/caf%C3%A9/x", "caf%C3%A9 > /x"),
    ],
)
def test_labels_of_pages(tmp_path: Path, path: str, labels: str | None) -> None:
    database = made(tmp_path, [hit("10:00:00", path)])
    rows = record(database, DAY, URLS, "nb_hits")
    assert max(rows.values()) == 1
    if labels is not None:
        assert max(rows, key=len) == labels


def test_a_folder_is_the_sum_of_what_is_below_it(tmp_path: Path) -> None:
    lines = [
        *visit("10:00:00", "/shop/a", "/shop/b", "/shop/a"),
        *visit("11:00:00", "/shop/a", ip="203.0.113.2"),
        *visit("12:00:00", "/shop", ip="203.0.113.3"),
    ]
    columns = (
        *("nb_visits", "nb_uniq_visitors", "nb_hits", "sum_time_spent", "entry_nb_visits", "entry_nb_actions"),
        *("entry_bounce_count", "exit_nb_visits", "exit_nb_uniq_visitors"),
    )
    assert record(made(tmp_path, lines), DAY, URLS, *columns) == {
        "shop": (3, None, 4, 20, 2, 4, 1, 2, None),
        "shop > /a": (2, 2, 3, 10, 2, 4, 1, 2, 2),
        "shop > /b": (1, 1, 1, 10, None, None, None, None, None),
        "/shop": (1, 1, 1, 0, 1, 1, 1, 1, 1),
    }


def test_pages_of_two_hosts_with_one_path_share_a_row(tmp_path: Path) -> None:
    """Visits are counted per page and then added; the most-hit page gives the URL."""
    site = {"urls": ["http://example.org", "http://shop.example"]}
    lines = [
        hit("10:00:00", "/a", host="example.org"),
        hit("10:00:10", "/a", host="shop.example"),
        hit("10:00:20", "/a", host="shop.example"),
    ]
    database = made(tmp_path, lines, site=site, idsite=None)
    assert record(database, DAY, URLS, "nb_visits", "nb_uniq_visitors", "nb_hits") == {"/a": (2, 2, 3)}
    of_row = (
        "SELECT name FROM archive_row r JOIN archive USING (idarchive) JOIN log_action a ON a.idaction = r.idaction"
    )
    assert query(database, f"{of_row} WHERE record = ? AND period = 1", [URLS]) == [("shop.example/a",)]


def test_the_url_of_a_period_is_that_of_the_day_with_the_most_hits(tmp_path: Path) -> None:
    site = {"urls": ["http://example.org", "http://shop.example"]}
    lines = [
        hit("2026-03-02 10:00:00", "/a", host="example.org"),
        *(hit(f"2026-03-03 10:00:0{n}", "/a", host="shop.example") for n in range(2)),
    ]
    database = made(tmp_path, lines, site=site, idsite=None)
    of_row = (
        "SELECT name FROM archive_row r JOIN archive USING (idarchive) JOIN log_action a ON a.idaction = r.idaction"
    )
    assert query(database, f"{of_row} WHERE record = ? AND period = 2", [URLS]) == [("shop.example/a",)]


def test_downloads_are_grouped_by_host(tmp_path: Path) -> None:
    lines = visit("10:00:00", "/a", "/files/x.pdf?v=1", "/files/x.pdf?v=1", "/y.zip")
    database = made(tmp_path, lines)
    columns = ("nb_visits", "nb_uniq_visitors", "nb_hits", "sum_time_spent", "entry_nb_visits", "exit_nb_visits")
    assert record(database, DAY, DOWNLOADS, *columns) == {
        "example.org": (2, None, 3, 0, None, None),
        "example.org > /files/x.pdf?v=1": (1, 1, 2, 0, None, None),
        "example.org > /y.zip": (1, 1, 1, 0, None, None),
    }
    found = numbers(database, DAY)
    assert (found["Actions_nb_downloads"], found["Actions_nb_uniq_downloads"]) == (3, 2)
    assert (found["Actions_nb_pageviews"], found["nb_actions"]) == (1, 4)


# --- time, entries, exits ---


def test_time_spent_is_the_time_until_the_next_action(tmp_path: Path) -> None:
    lines = [
        *visit("10:00:00", "/a", "/b", "/a", step=60),
        # a download ends nobody's time on the page, but what comes after it counts again
        *visit("12:00:00", "/a", "/files/x.pdf", "/b", ip="203.0.113.2", step=7),
    ]
    assert record(made(tmp_path, lines), DAY, URLS, "sum_time_spent", "nb_hits") == {
        "/a": (60 + 7 + 7, 3),
        "/b": (60, 2),
    }


def test_entries_and_exits(tmp_path: Path) -> None:
    lines = [
        *visit("10:00:00", "/a", "/b", "/c"),
        *visit("10:00:00", "/a", ip="203.0.113.2"),
        *visit("10:00:00", "/files/x.pdf", "/b", ip="203.0.113.3"),
        *visit("10:00:00", "/find?q=x", "/c", ip="203.0.113.4"),
        *visit("10:00:00", "/c", "/find?q=x", ip="203.0.113.5"),
    ]
    columns = (
        *("entry_nb_visits", "entry_nb_actions", "entry_sum_visit_length", "entry_bounce_count"),
        *("exit_nb_visits", "nb_hits_following_search"),
    )
    assert record(made(tmp_path, lines), DAY, URLS, *columns) == {
        "/a": (2, 4, 21, 1, 1, None),
        "/b": (1, 2, 11, 0, 1, None),
        "/c": (1, 2, 11, 0, 2, 1),
    }


# --- titles and searches ---


def test_pages_of_a_log_have_no_titles(tmp_path: Path) -> None:
    lines = [*visit("10:00:00", "/a", "/b", "/find?q=x", "/c"), *visit("11:00:00", "/a", ip="203.0.113.2")]
    database = made(tmp_path, lines)
    columns = (
        *("nb_visits", "nb_uniq_visitors", "nb_hits", "sum_time_spent", "nb_hits_following_search"),
        *("entry_nb_visits", "exit_nb_visits"),
    )
    assert record(database, DAY, TITLES, *columns) == {" Page Name not defined": (2, 2, 4, 0, 1, None, None)}


def test_errors_and_redirects_have_titles(tmp_path: Path) -> None:
    lines = [
        hit("10:00:00", "/gone?x=1", status=404, referrer="https://blog.example.net/a b"),
        hit("10:00:10", "/moved", status=301),
        hit("10:00:20", "/a", status=304),
    ]
    rules = Rules(enable_http_errors=True, enable_http_redirects=True)
    database = made(tmp_path, lines, rules=rules)
    gone = quote("http://example.org/gone?x=1", safe="")
    titles = record(database, DAY, TITLES, "nb_hits", "sum_time_spent")
    assert titles == {
        f" 404/URL = {gone}/From = {quote('https://blog.example.net/a b', safe='')}": (1, 10),
        " 301/URL = http%3A%2F%2Fexample.org%2Fmoved": (1, 10),
        " Page Name not defined": (1, 0),
    }
    assert record(database, DAY, URLS, "nb_hits") == {"/gone?x=1": 1, "/moved": 1, "/a": 1}


def test_searches(tmp_path: Path) -> None:
    site = {"sitesearch_category_parameters": ["cat"]}
    lines = [
        *visit("10:00:00", "/find?q=Tent&cat=gear", "/a", "/find?q=Tent&cat=gear"),
        *visit("11:00:00", "/find?q=tent", "/find?q=none&search_count=0", ip="203.0.113.2"),
        *visit("12:00:00", "/find?q=none&search_count=0", ip="203.0.113.3"),
        *visit("13:00:00", "/find?q=some&search_count=0", "/find?q=some&search_count=4", ip="203.0.113.4"),
    ]
    database = made(tmp_path, lines, site=site)
    columns = ("nb_visits", "nb_hits", "sum_time_spent", "no_result", "exit_nb_visits", "nb_uniq_visitors")
    assert record(database, DAY, KEYWORDS, *columns) == {
        "Tent": (1, 2, 20, None, 1, None),  # the page after it has no title: its time counts for the keyword, too
        "tent": (1, 1, 10, None, None, None),
        "none": (2, 2, 0, 1, 2, None),
        "some": (1, 2, 10, 0, 1, None),
    }
    assert record(database, DAY, "Actions_SiteSearchCategories", "nb_visits", "nb_uniq_visitors", "nb_actions") == {
        "gear": (1, 1, 2)
    }
    found = numbers(database, DAY)
    assert (found["Actions_nb_searches"], found["Actions_nb_keywords"], found["nb_actions"]) == (7, 4, 8)


# --- drop rules, seen in the reports ---

MIXED = [
    hit("10:00:00", "/a"),
    hit("10:00:01", "/style.css"),
    hit("10:00:02", "/gone", status=404),
    hit("10:00:03", "/moved", status=302),
    hit("10:00:04", "/b", agent="Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    hit("10:00:05", "/robots.txt"),
    hit("10:00:06", "/feed.xml"),
]


@pytest.mark.parametrize(
    ("rules", "pages", "downloads"),
    [
        (Rules(), {"/a"}, set()),
        (Rules(enable_static=True), {"/a"}, {"/style.css", "/robots.txt", "/feed.xml"}),
        (Rules(enable_http_errors=True), {"/a", "/gone"}, set()),
        (Rules(enable_http_redirects=True), {"/a", "/moved"}, set()),
        (Rules(enable_bots=True), {"/a", "/b"}, set()),
    ],
)
def test_what_the_options_let_in(tmp_path: Path, rules: Rules, pages: set[str], downloads: set[str]) -> None:
    database = made(tmp_path, MIXED, rules=rules)
    assert set(record(database, DAY, URLS, "nb_hits")) == pages
    found = {label.rpartition(" > ")[2] for label in record(database, DAY, DOWNLOADS, "nb_hits")}
    assert found - {"example.org"} == downloads


# --- visit records ---


def test_buckets_share_their_bounds(tmp_path: Path) -> None:
    """A visit of exactly 60 seconds is in two buckets."""
    lines = [hit("10:00:00"), hit("10:00:59"), hit("11:00:00", ip="203.0.113.2")]
    gaps = record(made(tmp_path, lines), DAY, "VisitorInterest_timeGap", "nb_visits")
    assert {label: n for label, n in gaps.items() if n} == {"0-10": 1, "31-60": 1, "60-120": 1}


def test_a_campaign_without_keyword_has_no_subtable_row(tmp_path: Path) -> None:
    lines = [
        hit("10:00:00", "/?utm_campaign=spring&utm_term=tents"),
        hit("10:00:00", "/?utm_campaign=spring", ip="203.0.113.2"),
    ]
    rows = record(made(tmp_path, lines), DAY, "Referrers_keywordByCampaign", "nb_visits")
    assert rows == {"spring": 2, "spring > tents": 1}


# --- row limits ---


def paths(counts: dict[str, int]) -> list[str]:
    """As many visits of one page as said, each of another visitor."""
    lines = []
    for path, count in counts.items():
        for number in range(count):
            lines.append(hit(f"10:{len(lines):02d}:00", path, ip=f"203.0.{len(lines)}.{number}"))
    return lines


LIMIT = "archiving.maximum_rows.actions"


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (5, {"/a": 4, "/b": 3, "/c": 2, "/d": 1, "/e": 1}),  # not longer than the limit
        (4, {"/a": 4, "/b": 3, "/c": 2, "Others": 2}),  # one less is kept
        (2, {"/a": 4, "Others": 7}),
        (1, {"Others": 11}),
        (0, {"/a": 4, "/b": 3, "/c": 2, "/d": 1, "/e": 1}),  # no limit
    ],
)
def test_rows_beyond_the_limit_are_folded(tmp_path: Path, limit: int, expected: dict[str, int]) -> None:
    lines = paths({"/a": 4, "/b": 3, "/c": 2, "/e": 1, "/d": 1})
    database = made(tmp_path, lines, values={LIMIT: limit})
    assert record(database, DAY, URLS, "nb_visits") == expected


def test_of_equal_rows_fewer_columns_come_first_and_then_the_label(tmp_path: Path) -> None:
    """/b and /d were never entered or left, so they have fewer columns than /a and /c."""
    lines = [*visit("10:00:00", "/a", "/d", "/b", "/c")]
    database = made(tmp_path, lines, values={LIMIT: 4})
    assert len(record(database, DAY, URLS, "nb_visits")) == 4
    build(database, DAY, settings=settings_with({LIMIT: 3}), force=True)
    assert record(database, DAY, URLS, "nb_visits") == {"/b": 1, "/d": 1, "Others": 2}
    build(database, DAY, settings=settings_with({LIMIT: 2}), force=True)
    assert record(database, DAY, URLS, "nb_visits", "entry_nb_visits") == {"/b": (1, None), "Others": (3, 1)}


def test_subtables_have_a_limit_of_their_own(tmp_path: Path) -> None:
    counts = {"/x/a": 4, "/x/b": 3, "/x/c": 2, "/y/a": 2, "/z/q": 1}
    values: dict[str, object] = {LIMIT: 3, f"{LIMIT}_subtable": 2}
    database = made(tmp_path, paths(counts), values=values)
    assert record(database, DAY, URLS, "nb_visits") == {
        "x": 9,
        "x > /a": 4,
        "x > Others": 5,
        "y": 2,
        "y > /a": 2,
        "z": 1,
        "z > /q": 1,
    }
    build(database, DAY, settings=settings_with({LIMIT: 2, f"{LIMIT}_subtable": 2}), force=True)
    assert record(database, DAY, URLS, "nb_visits") == {"x": 9, "x > /a": 4, "x > Others": 5, "Others": 3}


def test_a_periods_others_hold_its_days_others(tmp_path: Path) -> None:
    monday = paths({"/a": 3, "/b": 2, "/c": 1})
    tuesday = [line.replace("02/Mar", "03/Mar") for line in paths({"/c": 3, "/d": 2, "/e": 1})]
    database = made(tmp_path, [*monday, *tuesday], values={LIMIT: 2})
    assert record(database, DAY, URLS, "nb_visits") == {"/a": 3, "Others": 3}
    # of /a 3, /c 3, Others 6: the equal ones in order of labels
    assert record(database, WEEK, URLS, "nb_visits") == {"/a": 3, "Others": 9}


def test_numbers_of_rows_are_counted_before_the_limit(tmp_path: Path) -> None:
    lines = paths({f"/find?q=k{n}": 1 for n in range(6)})
    database = made(tmp_path, lines, values={"archiving.maximum_rows.site_search": 3})
    assert len(record(database, DAY, KEYWORDS, "nb_visits")) == 3
    assert numbers(database, DAY)["Actions_nb_keywords"] == 6
