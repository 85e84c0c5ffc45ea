"""Whatever a parameter says, an import goes on. docs/reference/tracking.md#values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helpers_import import query
from piwikcli.ingest.summary import IMPORTED
from piwikcli.ingest.tracking import values
from piwikcli.ingest.tracking.parameters import NAMES
from tracking_requests import ANNA, actions, add_dimension, add_goal, cart, items, request, shop, track, track_file

STRANGE = [
    *(
        "",
        "0",
        "-1",
        "1e9",
        "9" * 19,
        "9" * 20,
        "-" + "9" * 30,
        "9" * 5000,
        "NaN",
        "inf",
        "1e999",
        "0x10",
        "1_0",
        "１２",
    ),
    *("null", "true", "[]", "{}", "[[]]", '[["a"]]', '[["a","b","c","1","2"],"x",3]', '[["a","b",[],1e308,1e308]]'),
    *(
        '{"1":["k","v"]}',
        '{"fullVersionList":[{"brand":null}]}',
        '{"platform":5}',
        "[" * 2000,
        "[[1e999,1e999,[1e999,NaN],1e999,1e999]]",
        "%",
        "%zz",
        "%00",
        "\0",
    ),
    *(
        "é" * 300,
        "\u202eabc",
        "a\tb\nc",
        '"',
        "'",
        "<b>&amp;</b>",
        "http://",
        "//x",
        "🙂" * 100,
        "a" * 5000,
        "\ud800",
    ),
    *(
        "https://u:p@h:99999/p?q#f",
        "2038-01-19 03:14:08",
        "-62135596800",
        "9999-12-31 23:59:59",
        "::1",
        "fe80::1%eth0",
    ),
]
ORDER = frozenset({"idgoal", "ec_id", "ec_st", "ec_tx", "ec_sh", "ec_dt", "ec_items", "revenue"})


def test_no_value_stops_an_import(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    add_goal(database, match_attribute="url", pattern="x", pattern_type="contains")
    add_dimension(database, "action", "url:(.*)")
    page: dict[str, Any] = {"_id": ANNA}
    order = {**page, "idgoal": "0", "ec_id": "O1", "ec_items": cart(["A", "B", "C", 1, 1])}
    names = sorted({*NAMES, "dimension1"} - {"rec"})
    sent = [
        request(f"10:{position:02d}:00", "/x") | {**(order if name in ORDER else page), name: value}
        for name in names
        for position, value in enumerate(STRANGE)
    ]
    summary = track(database, *sent)
    assert len(sent) > 3400
    assert summary.lines == len(sent)
    [(kept,)] = query(database, "SELECT count(*) FROM request")
    assert summary.outcome(IMPORTED) == kept > 3000


def test_numbers_that_no_column_holds(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    track(
        database,
        request("10:00:00", "/?q=a", id=ANNA, search="a", search_count="9" * 15),
        request("10:00:10", "/b", id=ANNA, cdo="9" * 30),
        request(
            "10:00:20", "/c", id=ANNA, idgoal=0, ec_id="O", revenue=1, ec_items=cart(["S", "", "", "1e999", 1e300])
        ),
    )
    assert actions(database, "search_count", "server_time::TIME::VARCHAR") == [
        (2**31 - 1, "10:00:00"),
        (None, "10:00:10"),  # the offset is no number: as if it were not there
    ]
    assert items(database, "sku", "price", "quantity") == [("S", 0.0, 2**31 - 1)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("02", 2),
        ("1e3", 1000),
        (" 7 ", 7),
        ("7.0", 7),
        ("7.5", None),
        ("", None),
        ("1_0", None),
        ("１２", None),
        ("0x10", None),
        ("4e18", 4 * 10**18),
        ("9" * 19, None),
        ("1e999", None),
        ("nan", None),
    ],
)
def test_whole_numbers(text: str, value: int | None) -> None:
    assert values.integer(text) == value


def test_lines_nested_too_deeply(tmp_path: Path) -> None:
    """They are rejected, and stop neither detection nor what stands beside them."""
    deep = "[" * 200_000 + "]" * 200_000
    good = request("10:00:00", "/a", id=ANNA)
    bulk = json.dumps({"requests": [request("10:00:10", "/b", id=ANNA)]})[:-2] + f', {{"url": {deep}}}]}}'
    file = tmp_path / "dump"
    file.write_text("\n".join([deep, json.dumps(good), bulk, ""]), encoding="utf-8")
    database = shop(tmp_path / "piwik.duckdb")
    summary = track_file(database, file)
    assert [time for (time,) in actions(database, "server_time::TIME::VARCHAR")] == ["10:00:00", "10:00:10"]
    assert summary.fates == {("imported", ""): 2, ("rejected", "no_json"): 1, ("rejected", "no_request"): 1}


def test_products_in_custom_variables_that_strangers_send(tmp_path: Path) -> None:
    """Lists without end are none; halves of characters are question marks."""
    database = shop(tmp_path / "piwik.duckdb")
    track(
        database,
        request("10:00:00", "/a", id=ANNA, cvar='{"3":["_pks",' + "[" * 200_000),
        request("10:00:10", "/b", id=ANNA, cvar=json.dumps({"3": ["_pks", "S\ud800"]})),
    )
    assert actions(database, "=idaction_product_sku") == [(None,), ("S?",)]
