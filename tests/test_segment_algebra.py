"""Segments combine as sets do: negation, `;` and `,`. docs/explanation/segments.md."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers_import import import_lines, new_database, rich_log
from piwikcli.archive.segments import catalogue, define, make_members
from piwikcli.store import Connection
from tracking_requests import add_dimension, add_goal, cart, request, shop, track

VISIT = {
    "actions": ["1", "2", "3"],
    "visitDuration": ["0", "60", "300"],
    "visitServerHour": ["8", "12", "20"],
    "visitIp": ["203.0.113.5", "198.51.100.0"],
    "referrerName": ["Google", "example", "0", "_"],
    "referrerKeyword": ["tent", "x"],
    "browserCode": ["FF", "MF"],
    "browserVersion": ["99", "128.0"],
    "deviceType": ["smartphone", "1"],
    "entryPageUrl": ["example.org/", "a"],
    "userId": ["user1", "USER"],
}
ACTION = {
    "pageUrl": ["example.org/", "shop", "a"],
    "actionUrl": ["a", "pdf"],
    "downloadUrl": ["pdf"],
    "siteSearchKeyword": ["tent", "t"],
    "actionType": ["downloads", "8"],
    "actionServerHour": ["8", "12"],
}


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    folder = tmp_path_factory.mktemp("algebra")
    database = new_database(folder / "piwik.duckdb")
    import_lines(database, folder, rich_log(5, visits=80))
    with database.read() as opened:
        yield opened


def selected(connection: Connection, *segments: str) -> list[frozenset[int]]:
    """The visits that each segment selects, of all days; the empty one selects everything."""
    known = catalogue(connection, 1)
    definitions = {number: define(text, known) for number, text in enumerate(segments)}
    make_members(connection, 1, definitions, date(2020, 1, 1), date(2030, 1, 1))
    rows = connection.execute("SELECT segment, idvisit FROM member WHERE here").fetchall()
    return [frozenset(idvisit for number, idvisit in rows if number == wanted) for wanted in definitions]


def conditions(names: dict[str, list[str]], *operators: str) -> st.SearchStrategy[str]:
    """`name operator value`; ids and numbers with names take no parts of texts."""
    fitting = [
        f"{name}{operator}{value}"
        for name, values in names.items()
        for value in values
        for operator in operators
        if operator in ("==", "!=") or name not in ("visitIp", "deviceType", "actionType")
    ]
    return st.sampled_from(fitting)


quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(conditions({**VISIT, **ACTION}, "==", "=@"))
def test_a_condition_and_its_denial_share_out_all_visits(connection: Connection, condition: str) -> None:
    denial = condition.replace("==", "!=").replace("=@", "!@")
    everything, one, other = selected(connection, "", condition, denial)
    assert one | other == everything - unknown(connection, denial)
    assert not one & other


def unknown(connection: Connection, denial: str) -> frozenset[int]:
    """Visits without a referrer, where the value is 0: neither equal nor different."""
    if denial not in ("referrerName!=0", "referrerName!@0"):
        return frozenset()
    (nameless,) = selected(connection, "referrerName==")
    return nameless


@quick
@given(
    st.sampled_from([f"{name}{{}}{v}" for name in ("actions", "visitDuration", "visitServerHour") for v in "0358"])
)
def test_numbers_are_less_equal_or_more(connection: Connection, pattern: str) -> None:
    everything, less, equal, more, at_most = selected(
        connection, "", *(pattern.format(o) for o in ("<", "==", ">", "<="))
    )
    assert less | equal | more == everything
    assert len(less) + len(equal) + len(more) == len(everything)
    assert at_most == less | equal


@quick
@given(
    conditions({**VISIT, **ACTION}, "==", "!=", "=@", "!@", "=^", "=$", ">", "<="),
    conditions(VISIT, "==", "!=", "=@", "!@", "=^", "=$", ">", "<="),
)
def test_visit_conditions_intersect_and_unite(connection: Connection, one: str, other: str) -> None:
    first, second, both, either = selected(connection, one, other, f"{one};{other}", f"{one},{other}")
    assert both == first & second
    assert either == first | second


@quick
@given(conditions(ACTION, "==", "=@"), conditions(ACTION, "==", "=@"))
def test_action_conditions_unite_and_deny_as_sets(connection: Connection, one: str, other: str) -> None:
    """Joined by `;` they must hold for one action, which is less than for one visit."""
    not_one, not_other = (text.replace("==", "!=").replace("=@", "!@") for text in (one, other))
    everything, first, second, both, either, neither = selected(
        connection, "", one, other, f"{one};{other}", f"{one},{other}", f"{not_one};{not_other}"
    )
    assert either == first | second
    assert both <= first & second
    assert neither == everything - either


# --- of different kinds of rows: actions, conversions, items ---

ACTIONS = {
    "pageUrl": ["example.org/a", "b"],
    "eventCategory": ["Video"],
    "eventValue": ["0", "3"],
    "contentName": ["Banner"],
    "siteSearchKeyword": ["t"],
    "dimension2": ["x", "y"],
    "productViewCategory": ["Hats"],
}
CONVERSIONS_AND_ITEMS = {
    "visitConvertedGoalId": ["0", "-1", "1"],
    "orderId": ["O-1", "o"],
    "productSku": ["S1", "S"],
    "productCategory": ["Shoes", "a"],
    "productPrice": ["5", "20"],
}


@pytest.fixture(scope="module")
def tracked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Forty visits of one to four random requests each; some have no action, some no conversion."""
    database = shop(tmp_path_factory.mktemp("tracked") / "piwik.duckdb")
    add_goal(database, name="Signup", match_attribute="url", pattern="/b")
    add_dimension(database, "visit")
    add_dimension(database, "action")
    rng = random.Random(4)

    def items() -> str:
        return cart(
            [f"S{rng.randrange(3)}", "Item", rng.choice(["Shoes", ["Hats", "Sale"], []]), rng.choice([5, 20]), 1]
        )

    def parameters(number: int) -> dict[str, object]:
        kinds: list[dict[str, object]] = [
            {"dimension2": rng.choice("xyz")},
            {"e_c": rng.choice(["Video", "Form"]), "e_a": "play", "e_v": rng.choice([0, 3])},
            {"c_n": rng.choice(["Banner", "Box"]), "c_p": "p"},
            {"search": rng.choice(["tent", "rope"])},
            {"_pks": "S1", "_pkc": rng.choice(["Hats", "Shoes"])},
            {"idgoal": 0, "ec_id": f"O-{number}", "revenue": 9, "ec_items": items()},
            {"idgoal": 0, "revenue": 4, "ec_items": items()},
        ]
        return rng.choice(kinds)

    requests = [
        request(
            f"{8 + visit // 6:02d}:{visit % 6 * 10 + step:02d}:00",
            rng.choice(["/a", "/b"]),
            id=f"{visit + 1:016x}",
            cip=f"203.0.113.{visit}",
            **parameters(visit),
        )
        for visit in range(40)
        for step in range(rng.randrange(1, 5))
    ]
    track(database, *requests)
    with database.read() as opened:
        yield opened


@quick
@given(conditions(ACTIONS, "==", "=@", ">"), conditions(CONVERSIONS_AND_ITEMS, "==", "=@", ">", "<="))
def test_rows_of_different_kinds_unite_too(tracked: Connection, one: str, other: str) -> None:
    first, second, either, turned = selected(tracked, one, other, f"{one},{other}", f"{other},{one}")
    assert either == turned == first | second


@quick
@given(conditions({**ACTIONS, **CONVERSIONS_AND_ITEMS}, "==", "=@"), conditions(CONVERSIONS_AND_ITEMS, "==", "=@"))
def test_rows_of_different_kinds_are_denied_together(tracked: Connection, one: str, other: str) -> None:
    not_one, not_other = (text.replace("==", "!=").replace("=@", "!@") for text in (one, other))
    everything, first, second, lacks, neither = selected(tracked, "", one, other, not_one, f"{not_one};{not_other}")
    assert lacks == everything - first
    assert neither == everything - (first | second)
