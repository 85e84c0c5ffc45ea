"""Whatever the order of arrival, the cuts between files and the size of batches: the same log tables.

docs/explanation/visits.md#late-requests
"""

from __future__ import annotations

import json
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from helpers_import import MIDNIGHT, SAFARI, hit, import_files, query, text
from piwikcli.ingest.lookups.location import NOWHERE
from piwikcli.ingest.lookups.referrers import Referrer
from piwikcli.ingest.tracking.batch import Batch, Client
from piwikcli.ingest.tracking.importer import TrackingImporter
from piwikcli.store import Database
from tracking_requests import add_dimension, add_goal, lines_of, request, shop, track, track_file

_CAMPAIGNS = ("?utm_campaign=spring", "?utm_campaign=Spring&utm_term=tents", "?pk_campaign=autumn")
_REFERRERS = ("https://www.google.com/search?q=tents", "https://blog.example.net/a", "http://example.org/in")


def stream(seed: int, count: int) -> list[dict[str, str]]:
    """Requests of everything that there is, by a few visitors on a few devices, of different seconds, in order."""
    rng = random.Random(seed)
    ids = [f"{n}" * 16 for n in range(4)]
    found: list[dict[str, str]] = []
    second = 0
    for number in range(count):
        second += rng.choice((1, 7, 60, 400, 1799, 1800, 3000))
        at = MIDNIGHT + timedelta(seconds=second)
        more: dict[str, Any] = {"cip": f"203.0.113.{rng.randrange(3)}"}
        if rng.random() < 0.3:
            more["ua"] = SAFARI
        who = rng.random()
        if who < 0.5:
            more["id"] = rng.choice(ids)
        elif who < 0.65:
            more["uid"] = f"user{rng.randrange(2)}"
        elif who < 0.75:
            more["cid"] = rng.choice(ids)
        if rng.random() < 0.3:
            more["ref"] = rng.choice(_REFERRERS)
        if rng.random() < 0.05:
            more["new_visit"] = 1
        if rng.random() < 0.2:
            more |= {"dimension1": rng.choice(("a", "b", "")), "dimension2": f"s{number % 3}"}
        if rng.random() < 0.1:
            more |= {"country": rng.choice(("fr", "jp")), "city": "Somewhere"}
        if rng.random() < 0.1:
            more |= {"res": "1280x720", "cvar_": json.dumps({"1": ["k", f"v{number % 2}"]})}
        url = f"/p{rng.randrange(6)}{rng.choice(_CAMPAIGNS) if rng.random() < 0.15 else ''}"
        pages = rng.choice(("aaaaaa", "bbbbbb"))
        more |= rng.choice(
            (
                {"action_name": f"T{number % 5}", "pv_id": pages, "pf_net": number % 90, "pf_srv": 5},
                {"action_name": f"T{number % 5}"},
                {"e_c": "Video", "e_a": "play", "e_v": 1.5, "pv_id": pages, "pf_onl": 7},
                {"search": f"w{number % 3}", "search_count": 2},
                {"download": f"http://example.org/f{number % 2}.pdf"},
                {"link": "https://partner.example/"},
                {"c_n": "Banner", "c_p": "b.png"},
                {"ping": 1},
                {"idgoal": 2, "revenue": 3},
                {"idgoal": 0, "revenue": 9, "ec_items": json.dumps([[f"S{number % 4}", "n", "c", 3, 1]])},
                {
                    "idgoal": 0,
                    "ec_id": f"O{rng.randrange(9)}",
                    "ec_items": '[["S1","n","c",3,2],["S9","m",["x","y"],1,1]]',
                },
            )
        )
        found.append(request(f"{at:%Y-%m-%d %H:%M:%S}", url, **more))
    return found


def database_at(path: Path) -> Database:
    database = shop(path, timezone="America/New_York")
    add_goal(database, match_attribute="url", pattern="/p1", allow_multiple=True, revenue=2)
    add_goal(database, match_attribute="manually")
    add_goal(database, match_attribute="visit_duration", pattern="10")
    add_dimension(database, "visit")
    add_dimension(database, "action", "url:/(p[0-3])")
    return database


_WITHOUT_IDS = {
    "log_visit": "* EXCLUDE (idvisit) REPLACE"
    " ((SELECT server_time FROM request q WHERE q.idrequest = last_idlink_va) AS last_idlink_va)",
    "log_link_visit_action": "* EXCLUDE (idlink_va, idvisit)",
    "log_conversion": "* EXCLUDE (idvisit) REPLACE"
    " ((SELECT server_time FROM request q WHERE q.idrequest = idlink_va) AS idlink_va)",
    "log_conversion_item": "* EXCLUDE (idvisit)",
    "request_state": "* EXCLUDE (idrequest, idvisit), idvisit = 0,"
    " (SELECT server_time FROM request q WHERE q.idrequest = t.idrequest)",
    "log_action": "* EXCLUDE (idaction)",
}


def tables(database: Database) -> dict[str, list[str]]:
    """Every log table, all columns, actions by name and without ids, in an order of their own."""
    with database.read() as connection:
        names = dict(connection.execute("SELECT idaction, name || ' ' || type FROM log_action").fetchall())
        found = {}
        for table, columns in _WITHOUT_IDS.items():
            result = connection.execute(f"SELECT {columns} FROM {table} t")
            heads = [column[0] for column in result.description]
            found[table] = sorted(
                repr([names.get(v, v) if "idaction" in head else v for head, v in zip(heads, row, strict=True)])
                for row in result.fetchall()
            )
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_any_cut_and_order_gives_the_same_tables(tmp_path: Path, seed: int) -> None:
    requests = stream(seed, 120)
    rng = random.Random(seed)
    whole = database_at(tmp_path / "whole.duckdb")
    (tmp_path / "all").write_bytes(lines_of(requests))
    assert track_file(whole, tmp_path / "all").outcome("imported") == len(requests)
    wanted = tables(whole)
    assert {table: bool(rows) for table, rows in wanted.items()} == dict.fromkeys(_WITHOUT_IDS, True)

    small = database_at(tmp_path / "small.duckdb")
    track_file(small, tmp_path / "all", batch_bytes=6000)
    assert tables(small) == wanted

    cuts = sorted(rng.sample(range(1, len(requests)), 4))
    pieces = [requests[a:b] for a, b in zip([0, *cuts], [*cuts, len(requests)], strict=True)]
    pieces.append(
        [pieces[1].pop(index) for index in sorted(rng.sample(range(len(pieces[1])), len(pieces[1]) // 2))[::-1]]
    )
    rng.shuffle(pieces)
    cut = database_at(tmp_path / "cut.duckdb")
    for number, piece in enumerate(piece for piece in pieces if piece):
        file = tmp_path / f"piece{number}"
        file.write_bytes(lines_of(sorted(piece, key=lambda one: one["cdt"])))
        track_file(cut, file)
    assert tables(cut) == wanted


def test_a_web_log_of_the_same_visitors_may_come_before_or_after(tmp_path: Path) -> None:
    requests = [
        request("10:00:00", "/a"),
        request("10:05:00", "/b", e_c="c", e_a="a"),
        request("10:20:00", "/c", ping=1),
        request("10:30:00", "/d", idgoal=2),
    ]
    log = text([hit("10:02:00", "/x"), hit("10:25:00", "/y", user="anna"), hit("11:30:00", "/z", user="anna")])
    (tmp_path / "requests").write_bytes(lines_of(requests))
    (tmp_path / "log").write_bytes(log)
    first, last = (database_at(tmp_path / f"{name}.duckdb") for name in ("first", "last"))
    import_files(first, tmp_path / "log")
    track_file(first, tmp_path / "requests")
    track_file(last, tmp_path / "requests")
    import_files(last, tmp_path / "log")
    assert tables(first) == tables(last)
    with last.read() as connection:
        found = connection.execute(
            "SELECT user_id, visit_total_actions, visit_total_time, visit_goal_converted FROM log_visit "
            "ORDER BY visit_first_action_time"
        ).fetchall()
    assert found == [("anna", 4, 1805, 1), ("anna", 1, 0, 0)]


def test_pings_wait_for_the_visit_that_they_belong_to(tmp_path: Path) -> None:
    database = database_at(tmp_path / "piwik.duckdb")
    (tmp_path / "pings").write_bytes(lines_of([request("10:10:00", "/", ping=1), request("12:00:00", "/", ping=1)]))
    assert track_file(database, tmp_path / "pings").outcome("imported") == 2
    (tmp_path / "page").write_bytes(lines_of([request("10:00:00", "/a")]))
    track_file(database, tmp_path / "page")
    with database.read() as connection:
        assert connection.execute("SELECT visit_total_actions, visit_total_time FROM log_visit").fetchall() == [
            (1, 601)
        ]
        assert connection.execute("SELECT count(*) FROM request WHERE idvisit = 0").fetchall() == [(1,)]


def test_a_vocabulary_may_grow_while_a_batch_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it does when the next piece is ready meanwhile: its clients, referrers and goals wait for their batch."""
    learn = TrackingImporter._learn

    def learn_and_go_on(self: TrackingImporter, batch: Batch) -> None:
        learn(self, batch)
        words = batch.vocabulary
        words.clients[Client("203.0.113.99", "Unheard of/1.0", NOWHERE, "", "", 0)]
        words.referrers[Referrer(3, "later.example", None, "https://later.example/")]

    monkeypatch.setattr(TrackingImporter, "_learn", learn_and_go_on)
    database = shop(tmp_path / "piwik.duckdb")
    track(database, *stream(1, 20))
    assert query(database, "SELECT count(*) FROM client WHERE ip = '203.0.113.99'") == [(0,)]
    assert query(database, "SELECT count(*) FROM referrer WHERE name = 'later.example'") == [(0,)]
