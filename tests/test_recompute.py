"""`piwik sites recompute`: old requests under a new time zone and new goals. docs/reference/cli.md#sites."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers_import import SECRET, hit, import_lines, new_database, query
from piwikcli.ingest.fingerprints import Recognition
from piwikcli.ingest.tracking.settings_changed import recompute_site
from piwikcli.store import Database, sites
from test_tracking_order import tables
from tracking_requests import ANNA, actions, add_goal, conversions, request, track, visits

REQUESTS = (
    request("23:50:00", "/a", id=ANNA),
    request("2026-03-03 00:10:00", "/thanks?x=1", id=ANNA),
    request("2026-03-03 00:20:00", "/b", id=ANNA, idgoal=1),
    request("2026-03-03 00:21:00", "/b", cip="203.0.113.9"),
)
RECOGNITION = Recognition(SECRET)


def database_at(path: Path, timezone: str) -> Database:
    database = new_database(path, timezone=timezone)
    add_goal(database, match_attribute="manually", revenue=1)
    return database


def test_a_new_time_zone_gives_what_it_would_have_given_from_the_start(tmp_path: Path) -> None:
    database, wanted = database_at(tmp_path / "a.duckdb", "UTC"), database_at(tmp_path / "b.duckdb", "Asia/Tokyo")
    for one in (database, wanted):
        track(one, *REQUESTS)
        import_lines(one, tmp_path, [hit("23:55:00", "/log", ip="203.0.113.77", user="u")], name="log")
    assert len(visits(database, "day")) == 4
    with database.write() as connection:
        sites.update(connection, 1, timezone="Asia/Tokyo")
        assert recompute_site(connection, 1, RECOGNITION) == 5
    assert len(visits(database, "day")) == 3
    assert tables(database) == tables(wanted)


def test_a_new_goal_finds_old_requests(tmp_path: Path) -> None:
    database = database_at(tmp_path / "a.duckdb", "UTC")
    track(database, *REQUESTS)
    import_lines(database, tmp_path, [hit("10:00:00", "/thanks", ip="203.0.113.77")], name="log")
    add_goal(database, match_attribute="url", pattern="/thanks", revenue=5)
    with database.write() as connection:
        recompute_site(connection, 1, RECOGNITION)
    found = [
        (2, 5.0, "http://example.org/thanks"),
        (2, 5.0, "http://example.org/thanks?x=1"),
        (1, 1.0, "http://example.org/b"),
    ]
    assert conversions(database, "idgoal", "revenue", "url") == found
    with database.write() as connection:
        recompute_site(connection, 1, RECOGNITION)
    assert conversions(database, "idgoal", "revenue", "url") == found
    assert query(database, "SELECT count(*) FROM request") == [(5,)]


@pytest.mark.parametrize("zone", ["UTC", "America/Sao_Paulo"])
def test_without_a_change_nothing_changes(tmp_path: Path, zone: str) -> None:
    database = database_at(tmp_path / "a.duckdb", zone)
    track(database, *REQUESTS)
    before = tables(database)
    with database.write() as connection:
        recompute_site(connection, 1, RECOGNITION)
    assert tables(database) == before


def test_urls_lose_what_is_excluded_now(tmp_path: Path) -> None:
    """A parameter, a fragment; one that was removed at import does not come back."""
    database = database_at(tmp_path / "a.duckdb", "UTC")
    with database.write() as connection:
        sites.update(connection, 1, keep_url_fragments=True, excluded_parameters=("old",))
    urls = ("/a?x=1&y=2&old=3#top", "/a?y=2", "http://www.example.org/a?x=9&y=2", "/b?term=tents&in=shop&x=2")
    track(database, *(request(f"10:0{n}:00", url, action_name="T") for n, url in enumerate(urls)))
    track(database, request("10:09:00", "/a?x=1", e_c="c", e_a="a"), name="event")
    track(database, request("10:10:00", "/goal?x=1#here", idgoal=1), name="goal")
    with database.write() as connection:
        sites.update(
            connection,
            1,
            keep_url_fragments=False,
            excluded_parameters=("x",),
            sitesearch_keyword_parameters=("term",),
            sitesearch_category_parameters=("in",),
        )
        assert recompute_site(connection, 1, RECOGNITION) == 6
    found = actions(database, "=idaction_url", "=idaction_name", "search_cat", "pageview_position")
    assert found == [
        ("example.org/a?y=2", "T", None, 1),
        ("example.org/a?y=2", "T", None, 2),
        ("example.org/a?y=2", "T", None, 3),
        (None, "tents", "shop", 4),
        ("example.org/a", None, None, 4),
    ]
    assert conversions(database, "url") == [("http://example.org/goal",)]
    [(searches, exit_url)] = visits(database, "visit_total_searches", "visit_exit_idaction_url")
    assert (searches, exit_url) == (1, None)
    before = tables(database)
    with database.write() as connection:
        recompute_site(connection, 1, RECOGNITION)
    assert tables(database) == before


def test_settings_applied_later_give_what_they_would_have_given_from_the_start(tmp_path: Path) -> None:
    lines = [hit(f"10:0{n}:00", f"/p{n % 3}?s={n % 2}&sess={n}&find=w{n % 2}") for n in range(6)]
    new = {"excluded_parameters": ("sess",), "sitesearch_keyword_parameters": ("find",)}
    later = new_database(tmp_path / "a.duckdb", sitesearch_keyword_parameters=("nothing",))
    first = new_database(tmp_path / "b.duckdb", **new)
    for database in (later, first):
        import_lines(database, tmp_path, lines, name="log")
    with later.write() as connection:
        sites.update(connection, 1, **new)
        recompute_site(connection, 1, RECOGNITION)
    found, wanted = tables(later), tables(first)
    assert found.pop("log_action") != wanted.pop("log_action")  # names of before stay
    assert found == wanted
