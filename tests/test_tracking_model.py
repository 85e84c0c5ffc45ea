"""The program against a model of its rules that goes one request after the other, on streams of everything."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from helpers_import import FIREFOX, MIDNIGHT, SAFARI, query
from tracking_model import Goal, Model
from tracking_requests import add_dimension, add_goal, shop, track

GOALS = [
    Goal(1, "manually", revenue=5.0),
    Goal(2, "manually", multiple=True),
    Goal(3, "url", "/a", revenue=1.0),
    Goal(4, "visit_duration", "10"),
    Goal(5, "event_category", "c", multiple=True, revenue=3.0),
    Goal(6, "external_website", "out", revenue=2.0),
]
_GAPS = (0, 1, 1, 5, 5, 10, 10, 60, 60, 600, 601, 1500, 1799, 1800, 1801, 4000, 20000)
_PEOPLE = ("a" * 16, "b" * 16, "c" * 16)


def stream(seed: int, count: int) -> list[dict[str, str]]:
    """Requests of a few people on a few devices, in order of time; of odd seeds close together."""
    rng = random.Random(seed)
    gaps, devices = (_GAPS[:8], (SAFARI,)) if seed % 2 else (_GAPS, (FIREFOX, SAFARI))

    def maybe(share: float, **more: str) -> dict[str, str]:
        return more if rng.random() < share else {}

    def items(most: int) -> str:
        return json.dumps([[sku, sku, "c", rng.choice((1, 2)), 1] for sku in rng.sample("ABC", rng.randint(0, most))])

    found, second = [], 72_000
    for _ in range(count):
        second += rng.choice(gaps)
        campaign = f"?utm_campaign={rng.choice(('one', 'Two'))}" + rng.choice(("", "&utm_term=k"))
        person = rng.choice(_PEOPLE)
        request = {
            "idsite": "1",
            "rec": "1",
            "cdt": f"{MIDNIGHT + timedelta(seconds=second):%Y-%m-%d %H:%M:%S}",
            "cip": f"203.0.113.{rng.randint(1, len(devices))}",
            "ua": rng.choice(devices),
            "url": f"http://example.org/{rng.choice('abcd')}{rng.choice((*[''] * 8, campaign))}",
            **rng.choice(
                ({"_id": person}, {"_id": person}, {"cid": person}, {"uid": rng.choice(("ann", "bob"))}, {})
            ),
            **maybe(0.08, new_visit="1"),
            **maybe(
                0.1,
                urlref=rng.choice(("https://blog.example.net/", "https://www.google.com/", "http://example.org/z")),
            ),
            **maybe(0.1, _rcn="credit"),
            **maybe(0.1, res=rng.choice(("1x1", "2x2"))),
            **maybe(0.2, dimension1=rng.choice(("v", "w", ""))),
            **maybe(0.2, pv_id=rng.choice(("p1", "p2"))),
            **maybe(0.2, pf_srv=rng.choice(("5", "7"))),
        }
        page: dict[str, str] = maybe(0.6, action_name=rng.choice(("T1", "T2")))
        order = {"idgoal": "0", "ec_id": f"O{rng.randrange(8)}", "revenue": "20", "ec_items": items(2)}
        kinds = (
            *(page, page, page, page),
            {"search": rng.choice(("foo", "bar"))},
            {"e_c": "c", "e_a": "a", **maybe(0.5, e_n="n")},
            {"link": "http://out.example/x"},
            {"download": "http://example.org/f.zip"},
            {"c_n": "n"},
            {"ping": "1"},
            {"idgoal": rng.choice(("1", "2")), **maybe(0.5, revenue="7")},
            {"idgoal": "0", "revenue": "5.5", "ec_items": items(3)},
            {"idgoal": "0", "revenue": "6.5", "ec_items": items(3)},
            *(order, order),
            {"ec_id": "loose"},
        )
        found.append(request | rng.choice(kinds))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_the_program_does_as_the_model(tmp_path: Path, seed: int) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    for goal in GOALS:
        pattern = {"pattern": goal.pattern} if goal.pattern else {}
        add_goal(
            database, match_attribute=goal.attribute, allow_multiple=goal.multiple, revenue=goal.revenue, **pattern
        )
    add_dimension(database, "visit")
    add_dimension(database, "action")
    requests = stream(seed, 120)
    track(database, *requests)
    model = Model(GOALS)
    for request in requests:
        model.add(request)
    names = dict(query(database, "SELECT idaction, name FROM log_action"))

    def rows(sql: str, *actions: int) -> list[str]:
        """Rows as text, sorted; `actions` are columns with ids of names."""
        found = [
            [names.get(v, v) if place in actions else v for place, v in enumerate(r)] for r in query(database, sql)
        ]
        return sorted(map(_text, found))

    assert rows(
        "SELECT epoch(visit_first_action_time)::INT, epoch(visit_last_action_time)::INT, visit_total_time, "
        "visit_total_actions, visit_total_interactions, visit_total_searches, visit_total_events, "
        "visitor_count_visits, visitor_seconds_since_last, visitor_seconds_since_first, visitor_seconds_since_order, "
        "visitor_returning, visit_goal_converted, visit_goal_buyer, visit_entry_idaction_url, "
        "visit_entry_idaction_name, visit_exit_idaction_url, visit_exit_idaction_name, referer_type, referer_name, "
        "nullif(referer_keyword, ''), config_resolution, custom_dimension_1, user_id, profilable FROM log_visit",
        *range(14, 18),
    ) == sorted(
        _text(
            [
                *(v.first, v.last, v.total_time, v.actions, v.interactions, v.searches, v.events),
                *(v.count, v.since_last, v.since_first, v.since_order, v.returning, int(v.converted), v.buyer),
                *(*v.entry, *v.exit, *v.source[:2], v.source[2] or None),
                *(v.resolution, v.dimension, v.user, int(v.identified)),
            ]
        )
        for v in model.visits
    )
    assert rows(
        "SELECT epoch(server_time)::INT, kind, idaction_url_ref, idaction_name_ref, time_spent_ref_action, "
        "time_spent, pageview_position, time_server FROM log_link_visit_action",
        *(2, 3),
    ) == sorted(
        _text([a.time, a.kind, *a.before, a.since_last, a.spent, a.position, a.server]) for a in model.actions
    )
    assert rows(
        "SELECT epoch(server_time)::INT, idgoal, revenue, pageviews_before, visitor_count_visits, "
        "visitor_seconds_since_order, referer_type, referer_name, custom_dimension_1, visitor_returning "
        "FROM log_conversion"
    ) == sorted(
        _text(
            [
                *(c.time, c.idgoal, c.revenue, c.pages_before, c.count, c.since_order, *c.source[:2]),
                *(c.dimension, c.returning),
            ]
        )
        for c in model.conversions
    )
    assert rows(
        "SELECT i.idorder, s.name, i.price, i.quantity, i.deleted, epoch(i.server_time)::INT "
        "FROM log_conversion_item i JOIN log_action s ON s.idaction = i.idaction_sku"
    ) == sorted(
        _text([order, sku, item.price, item.quantity, item.deleted, item.time])
        for visit in model.visits
        for (order, sku), item in visit.items.items()
    )


def _text(row: list[Any]) -> str:
    return repr([float(value) if isinstance(value, (int, float)) else value for value in row])
