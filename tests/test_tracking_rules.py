"""Small rules of tracking requests: limits, odd texts, older forms. docs/reference/tracking.md#values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers_import import query
from piwikcli.ingest.exclusions import Exclusions
from piwikcli.ingest.tracking import values
from piwikcli.ingest.tracking.goals import matches
from piwikcli.store.goals import Goal
from tracking_requests import (
    ANNA,
    actions,
    cart,
    conversions,
    items,
    rejects,
    request,
    shop,
    track,
    track_file,
    visits,
)


def test_numbers_of_other_scripts_and_without_limit_are_none() -> None:
    assert [values.integer(text) for text in ("02", "1_000", "٣")] == [2, None, None]
    assert [values.number(text) for text in ("1e400", "-1e400", "٣", "1e300")] == [0, 0, 0, 1e300]


def test_visitor_ids_are_16_bytes() -> None:
    assert values.visitor_id("ABCDEFabcdef01239999") == 0xABCDEFABCDEF0123
    assert values.visitor_id("zz__0x-1+2 3abcd") == 0x000000010203ABCD
    assert values.visitor_id("İ" * 8) == 0  # two bytes each
    assert [values.forced_visitor_id(text) for text in ("a" * 15, "a" * 17, "é" * 8, "é" * 16)] == [
        None,
        None,
        0,
        None,
    ]


def test_order_ids_are_cut_where_their_escaped_form_is_too_long(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    long = "M" * 97 + "&&"
    track(
        database,
        request("10:00:00", id=ANNA, idgoal=0, ec_id=long, revenue=1),
        request("10:00:10", id=ANNA, idgoal=0, ec_id="N" * 101, revenue=1),
        request("10:00:20", id=ANNA, idgoal=0, ec_id="N" * 100 + "x", revenue=1),  # the same, when cut
    )
    assert conversions(database, "idorder") == [("M" * 97 + "&am",), ("N" * 100,)]


def test_line_breaks_stay_in_events_only(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    track(
        database,
        request("10:00:00", e_c="a\nb", e_a="c\rd", e_n="e\nf"),
        request("10:00:10", c_n="a\nb", c_p="c\r\nd"),
        request("10:00:20", uid="an\nna"),
        request("10:00:30", uid="anna"),
    )
    assert actions(
        database, "=idaction_event_category", "=idaction_event_action", "=idaction_name", "=idaction_content_name"
    )[:2] == [("a\nb", "c\rd", "e\nf", None), (None, None, None, "ab")]
    assert visits(database, "user_id", "visit_total_actions") == [("anna", 3)]


def test_products_in_custom_variables_of_the_page(tmp_path: Path) -> None:
    """As trackers sent them before there were `_pks` and the others, which come first."""
    database = shop(tmp_path / "piwik.duckdb")
    older = json.dumps({"2": ["_pkp", 9.5], "3": ["_pks", "S1"], "4": ["_pkn", "Hat"], "5": ["_pkc", '["a","b"]']})
    track(
        database,
        request("10:00:00", cvar=older),
        request("10:00:10", cvar=older, _pks="S2", _pkc=""),
        request("10:00:20", cvar=json.dumps({"1": ["_pks", "S3"], "3": ["other", "S4"], "4": ["_pkn"]})),
    )
    assert actions(
        database,
        *("=idaction_product_sku", "=idaction_product_name", "=idaction_product_cat", "=idaction_product_cat2"),
        "product_price",
    ) == [("S1", "Hat", "a", "b", 9.5), ("S2", "Hat", None, None, 9.5), (None, None, None, None, None)]


def test_amounts_and_quantities_that_are_none(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    sent = cart(["A", "", "", "1_0", "1_0"], ["B", "", "", "1e400", "1e400"], ["C", "", "", " 2 ", 1e300])
    track(database, request("10:00:00", idgoal=0, revenue="1e400", ec_items=sent))
    many = 2147483647
    assert items(database, "sku", "price", "quantity") == [("A", 0.0, 1), ("B", 0.0, many), ("C", 2.0, many)]
    assert conversions(database, "revenue", "items") == [(0.0, many)]


def test_halves_of_characters_are_no_text(tmp_path: Path) -> None:
    """JSON can name them; nothing can store them."""
    database = shop(tmp_path / "piwik.duckdb")
    track(
        database,
        request("10:00:00", cvar_='{"1":["\\ud800","v"]}', ec_items='[["\\ud800"]]', idgoal=0),
        request("10:00:10", _pkc='["\\ud800"]'),
    )
    assert items(database, "sku") == [("?",)]
    assert visits(database, "custom_var_k1") == [("?",)]
    titled = [request(f"10:00:2{n}", "/x", action_name=f"{n} \ud800 \U0001f600") for n in range(3)]
    track(database, titled[0], name="single")
    for name, sent in (
        ("line", json.dumps({"requests": titled[1:2]})),
        ("bulk", json.dumps({"requests": titled[2:]}, indent=1)),
    ):
        (tmp_path / name).write_text(sent)
        assert track_file(database, tmp_path / name).outcome("imported") == 1
    names = query(database, "SELECT name FROM log_action WHERE type = 4 ORDER BY name")
    assert [name for (name,) in names] == [f"{n} ? \U0001f600" for n in range(3)]


def test_load_times_of_a_page_view_come_by_its_id_only(tmp_path: Path) -> None:
    """Of several page views of one id in a visit the latest gets them; nothing is known without an id."""
    database = shop(tmp_path / "piwik.duckdb")
    track(
        database,
        request("10:00:00", "/a", id=ANNA),
        request("10:00:10", "/a", id=ANNA, ping=1, pf_srv=5),
        request("10:00:20", "/b", id=ANNA, pv_id="bbbbbb", pf_srv=6),
        request("10:00:30", "/b", id=ANNA, pv_id="bbbbbb"),
        request("10:00:40", "/b", id=ANNA, pv_id="bbbbbb", ping=1, pf_srv=7),
        request("10:00:50", "/b", id=ANNA, pv_id="cccccc", ping=1, pf_srv=8),
    )
    assert actions(database, "time_server") == [(None,), (6,), (7,)]


@pytest.mark.parametrize(
    ("rules", "excluded"),
    [
        (("monitor",), ["Site Monitor/2", "MONITOR"]),
        # a regular expression has the last word, whatever comes after it
        (("/^site/i", "other"), ["Site Monitor/2"]),
        (("/^site/", "other"), []),
        (("other", "/monitor/i"), ["Site Monitor/2", "MONITOR", "Another"]),
        (("/broken(/", "another"), ["Another"]),
    ],
)
def test_excluded_user_agents(tmp_path: Path, rules: tuple[str, ...], excluded: list[str]) -> None:
    database = shop(tmp_path / "piwik.duckdb", excluded_user_agents=rules)
    agents = ["Site Monitor/2", "MONITOR", "Another", "Mozilla/5.0"]
    summary = track(database, *(request(f"10:00:0{n}", ua=agent) for n, agent in enumerate(agents)))
    assert summary.outcome("dropped") == len(excluded)
    kept = {agent for (agent,) in query(database, "SELECT user_agent FROM device")}
    assert {*agents} - {*excluded} == kept & {*agents}
    assert rejects(database) == []


def test_patterns_are_tried_url_decoded_as_well() -> None:
    goal = Goal(1, 1, "G", "", "url", r"caf%C3%A9/\d{2}$", "regex")
    assert matches(goal, "https://example.org/café/12")
    assert not matches(goal, "https://example.org/cafe/12")


def test_exclusions_without_rules_are_false() -> None:
    assert not Exclusions({})
