"""Tracking requests -> visits and actions: a rule, a small stream, the rows that must come out.

Rules: docs/reference/tracking.md, docs/explanation/visits.md. Each test imports once.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from helpers_import import SAFARI, build, query, record
from piwikcli.archive.periods import Period
from tracking_requests import (
    ANNA,
    BERT,
    actions,
    add_dimension,
    add_goal,
    rejects,
    request,
    shop,
    track,
    visits,
)


def test_look_ups_by_id_and_fingerprint(tmp_path: Path) -> None:
    """An unknown _id joins the fingerprint's visit, a cid never does, a uid joins nobody's only."""
    database = shop(tmp_path / "piwik.duckdb")
    one, two, three, four = ({"cip": f"203.0.113.{n}"} for n in range(1, 5))
    track(
        database,
        request("10:00:00", id=ANNA, **one),
        request("10:01:00", id=BERT, **one),  # joins, and the visit is Bert's now
        request("10:02:00", **one),  # no id: joins whoever it is
        request("10:03:00", id=ANNA, ua=SAFARI, **one),  # nobody is Anna any more
        request("10:04:00", **two),
        request("10:05:00", cid="c" * 16, **two),  # an unknown forced id begins a visit
        request("10:06:00", uid="eva", **three),
        request("10:07:00", uid="max", **three),  # another user's visit is never joined
        request("10:08:00", id="d" * 16, **four),
        request("11:30:00", id="d" * 16, ua=SAFARI, **four),  # by id there is no limit in time
    )
    assert visits(
        database, "idvisitor % 65536", "visit_total_actions", "visitor_returning", "user_id", "profilable"
    ) == [
        (0xBBBB, 3, 0, None, 1),
        (0xAAAA, 1, 0, None, 1),
        (visits(database, "idvisitor % 65536")[2][0], 1, 0, None, 0),
        (0xCCCC, 1, 0, None, 1),
        (visits(database, "idvisitor % 65536")[4][0], 1, 0, "eva", 1),
        (visits(database, "idvisitor % 65536")[5][0], 1, 0, "max", 1),
        (0xDDDD, 1, 0, None, 1),
        (0xDDDD, 1, 1, None, 1),
    ]
    assert actions(database, "idvisitor % 65536")[:3] == [(0xAAAA,), (0xBBBB,), (0xBBBB,)]


def test_half_an_hour_campaigns_and_new_visit_end_a_visit(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    track(
        database,
        request("10:00:00", id=ANNA, ref="https://blog.example.net/"),
        request("10:29:59", id=ANNA),
        request("10:59:59", id=ANNA),  # 1800 seconds later
        request("11:00:00", "/?utm_campaign=Spring", id=ANNA),  # makes a direct visit one of the campaign
        request("11:01:00", "/?utm_campaign=spring", id=ANNA),
        request("11:02:00", "/?utm_campaign=autumn", id=ANNA),
        request("11:03:00", id=ANNA, new_visit=1),
    )
    assert visits(
        database, "visit_total_actions", "visitor_count_visits", "visitor_seconds_since_last", "referer_name"
    ) == [(2, 1, 0, "blog.example.net"), (3, 2, 3599, "spring"), (1, 3, 121, "autumn"), (1, 4, 60, None)]


def test_a_ping_prolongs_a_visit_and_begins_none(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    add_dimension(database, "action")
    track(
        database,
        request("10:00:00", "/a", id=ANNA),
        request("10:01:40", "/a", id=ANNA, ping=1),
        request("10:28:00", "/a", id=ANNA, ping=1),
        request("10:31:00", "/a", id=ANNA, ping=1),  # more than half an hour after the last action
        request("12:00:00", "/a", id=BERT, ping=1),
    )
    assert visits(database, "visit_last_action_time::TIME::VARCHAR", "visit_total_time", "visit_total_actions") == [
        ("10:00:00", 1681, 1)
    ]
    assert actions(database, "time_spent") == [(1680,)]
    assert query(database, "SELECT count(*) FROM request WHERE idvisit = 0") == [(2,)]


def test_what_time_is_spent_where(tmp_path: Path) -> None:
    """Every later request says again how long the newest action was looked at; a repeated order does not."""
    database = shop(tmp_path / "piwik.duckdb")
    add_dimension(database, "action")
    track(
        database,
        request("10:00:00", "/p", id=ANNA),
        request("10:00:07", "/p", id=ANNA, idgoal=0, revenue=1),
        request("10:00:10", "/p", id=ANNA, idgoal=0, ec_id="O1", revenue=1),
        request("10:00:57", "/p", id=ANNA, idgoal=0, ec_id="o1", revenue=1),
        request("10:01:40", "/p", id=ANNA, ping=1),
    )
    assert actions(database, "time_spent") == [(43,)]
    assert visits(database, "visit_total_time", "visit_last_action_time::TIME::VARCHAR") == [(101, "10:00:57")]


def test_the_last_request_of_a_visit_adds_what_it_converts(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    add_goal(database, match_attribute="url", pattern="/thanks")
    add_goal(database, match_attribute="manually")
    last = ({"url": "/thanks"}, {"idgoal": 2}, {"idgoal": 0, "ec_id": "O"}, {"idgoal": 0})
    track(
        database,
        *(request("10:00:00", cip=f"10.0.0.{n}") for n in range(4)),
        *(request("10:00:10", cip=f"10.0.0.{n}", **more) for n, more in enumerate(last)),
        # a new visit that converts at once gets nothing; one of a known visitor does
        request("12:00:00", "/thanks", id=ANNA),
        request("14:00:00", "/thanks", id=ANNA),
    )
    assert [time for (time,) in visits(database, "visit_total_time")] == [12, 15, 13, 11, 0, 1]


def test_kinds_and_what_they_count(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    kinds = (
        {"download": "http://example.org/a.zip?x=1#y", "link": "https://o.example/", "e_c": "c", "e_a": "a"},
        {"link": "https://o.example/?a=1&amp;b=2", "e_c": "c", "e_a": "a"},
        {"e_c": " Video ", "e_a": "play", "e_n": "  ", "e_v": "x", "c_n": "n"},
        {"c_n": "Banner", "c_p": "a'b&amp;c", "c_i": "click", "search": "s"},
        {"search": " Red  shoes ", "search_cat": " Shop ", "search_count": "-1"},
        {"e_c": "only one"},
        {"url": "/?q=hats&search_count=7", "search_count": "3", "search_cat": "ignored"},
    )
    track(database, *(request(f"10:00:{n:02}", **{"url": "/p", "id": ANNA} | more) for n, more in enumerate(kinds)))
    assert actions(database, "kind", "=idaction_url", "=idaction_name", "custom_float", "pageview_position") == [
        (3, "http://example.org/a.zip?x=1#y", None, None, None),
        (2, "https://o.example/?a=1&b=2", None, None, None),
        (10, "example.org/p", None, 0.0, None),
        (13, "http://example.org/p", None, None, None),
        (8, None, "Red  shoes", None, 1),
        (1, "example.org/p", None, None, 2),
        (8, None, "hats", None, 3),
    ]
    assert actions(database, "search_cat", "search_count")[4:] == [("Shop", None), (None, None), ("", 7)]
    assert actions(database, "=idaction_event_category", "=idaction_content_piece", "=idaction_content_target")[
        2:4
    ] == [
        ("Video", None, None),
        (None, "a'b&c", None),
    ]
    assert visits(
        database,
        "visit_total_actions",
        "visit_total_interactions",
        "visit_total_searches",
        "visit_total_events",
        "visit_entry_idaction_name",
    ) == [(6, 3, 2, 1, 0)]


def test_wrong_requests_are_rejected_and_leave_nothing(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    wrong = (
        {"cid": "abc"},
        {"e_c": " ", "e_a": "a"},
        {"c_n": "  "},
        {"pf_net": -2},
        {"ca": 1},
        {"idgoal": 7},
        {"cdt": "yesterday"},
        {"cdt": "1990-01-01 00:00:00"},
        {"idsite": 9},
        {"rec": 0},
        {"ua": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
        {"ref": "http://semalt.com/x"},
    )
    summary = track(database, *(request("10:00:00", **more) for more in wrong))
    assert [reason for _, reason in rejects(database)] == [
        *("bad_visitor_id", "bad_event", "bad_content", "bad_timing", "bad_action", "unknown_goal"),
        *("no_time", "time_out_of_range", "unknown_site"),
    ]
    assert summary.reasons("dropped") == {"bot": 1, "no_rec": 1, "referrer_spam": 1}
    assert (visits(database, "idvisit"), query(database, "SELECT count(*) FROM request_detail")) == ([], [(0,)])


def test_times_may_be_unix_and_offset_and_the_visitors_own(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    track(
        database,
        request("10:00:00", id=ANNA, cdt="1772445600", h=7, m="x", s=61),
        request("10:00:00", id=BERT, cdo=-1800),
    )
    assert visits(database, "visit_first_action_time::VARCHAR", "visitor_localtime::VARCHAR") == [
        ("2026-03-02 09:30:00", "09:30:00"),
        ("2026-03-02 10:00:00", "07:00:00"),
    ]


def test_place_resolution_language_and_plugins(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    track(
        database,
        request("10:00:00", id=ANNA, lang="de_AT.UTF-8, en;q=0.5", pdf=1, cookie=1),
        request("10:00:10", id=ANNA, res="1920x1080x24", country="jp", city="Tokyo", lat="35.6895123", java=1),
        request("10:00:20", id=ANNA, res="1x1", country="br"),
        request("11:00:00", id=ANNA, lang="nl"),
    )
    assert visits(
        database,
        "location_browser_lang",
        "location_country",
        "location_city",
        "location_latitude",
        "config_resolution",
        "config_pdf",
        "config_java",
    ) == [("de-at", "br", "Tokyo", 35.689512, "1920x1080", 1, 0), ("nl", "nl", None, None, "unknown", 0, 0)]


def test_custom_dimensions_and_variables(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    add_dimension(database, "visit")
    add_dimension(database, "action", "url:/blog/([0-9]{4})/", "urlparam:year", "action_name:^(T.)")
    track(
        database,
        request("10:00:00", "/blog/2024/", id=ANNA, dimension1=" gold ", cvar_='{"2":["Plan","pro"]}'),
        request("10:00:10", "/x?myyear=19%2B9#f", id=ANNA, dimension1=""),
        request("10:00:20", "/x", id=ANNA, action_name="Title", cvar='{"1":["k","v"]}'),
        request("10:00:30", "/blog/2024/", id=ANNA, dimension2="sent"),
        request("10:00:40", "/blog/2024/", id=ANNA, link="https://o.example/blog/2021/"),
        request("10:00:50", "/blog/2024/", id=ANNA, search="word"),
    )
    assert [value for (value,) in actions(database, "custom_dimension_1")] == [
        "2024",
        "19+9",
        "Ti",
        "sent",
        "2021",
        None,
    ]
    assert actions(database, "custom_var_k1", "custom_var_v1")[2] == ("k", "v")
    assert visits(database, "custom_dimension_1", "custom_var_k2", "custom_var_v2") == [("", "Plan", "pro")]


def test_timings_belong_to_page_views(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    track(
        database,
        request("10:00:00", "/a", id=ANNA, pv_id="abcdefgh", pf_net=0, pf_srv=16777216, pf_tfr=-1, pf_onl="x"),
        request("10:00:10", "/a", id=ANNA, pv_id="abcdef", e_c="c", e_a="a", pf_srv=8),
        request("10:00:20", "/a", id=ANNA, pv_id="other1", ping=1, pf_net=5),
    )
    assert actions(database, "idpageview", "time_network", "time_server", "time_transfer", "time_on_load") == [
        ("abcdef", 0, 8, None, None),
        ("abcdef", None, None, None, None),
    ]


def test_products_that_were_looked_at(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    track(
        database,
        request("10:00:00", id=ANNA, _pks="S1", _pkn="Shoe", _pkc='["a"," b ","","c"]', _pkp="9.999"),
        request("10:00:10", id=ANNA, _pkc='[ "a"]', _pkp="1,5"),
        request("10:00:20", id=ANNA, _pkc=""),
        request("10:00:30", id=ANNA, _pkc='["a",'),
    )
    assert actions(
        database,
        "=idaction_product_sku",
        "=idaction_product_cat",
        "=idaction_product_cat2",
        "=idaction_product_cat3",
        "product_price",
    ) == [
        ("S1", "a", " b ", "c", 9.999),
        (None, '[ "a"]', None, None, 1.0),
        (None, None, None, None, None),
        (None, None, None, None, None),
    ]
    assert actions(database, "idaction_product_cat")[2:] == [(0,), (None,)]


def test_a_language_without_region_is_its_main_countrys(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    languages = ("ja", "ja-jp", "fr", "fr-fr", "es-419", "")
    track(database, *(request("10:00:00", cip=f"10.0.0.{n}", lang=lang) for n, lang in enumerate(languages)))
    day = Period.of("day", date(2026, 3, 2))
    build(database, day)
    assert record(database, day, "UserLanguage_language", "nb_visits") == {"ja-jp": 2, "fr": 2, "es": 1, "xx": 1}


def test_ipv4_written_as_ipv6_stays_apart(tmp_path: Path) -> None:
    """As another visitor and another address; look-ups and bots' networks take it for what it is."""
    database = shop(tmp_path / "piwik.duckdb")
    mapped = "::ffff:198.51.100.7"
    summary = track(
        database,
        request("10:00:00", cip="198.51.100.7"),
        request("10:00:10", cip=mapped),
        request("10:00:20", cip="::ffff:157.55.39.1"),  # a crawler's network
    )
    assert summary.outcome("dropped") == 1
    assert query(database, "SELECT ip FROM client ORDER BY ip") == [("198.51.100.7",), (mapped,)]
