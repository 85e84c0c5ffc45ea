"""A text that looks like an HTML entity is shown as it is, wherever reports have it. docs/reference/formats.md."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from helpers_import import archive_all
from helpers_tracking import Archived
from piwikcli.archive.periods import Period
from piwikcli.plugins.labels import literal, plain, urlencode
from piwikcli.report.render.values import text_of
from tracking_requests import ANNA, add_dimension, cart, request, shop, track

DAY = Period.of("day", date(2026, 3, 2))
SENT, TEXT = "x &amp;lt; y", "x &lt; y"
"""Entities that are sent are decoded once, when they are read."""


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Archived:
    database = shop(tmp_path_factory.mktemp("literal") / "piwik.duckdb", sitesearch_category_parameters=("c",))
    add_dimension(database, "visit")
    add_dimension(database, "action")
    item = ["S &amp;lt;", SENT, SENT, 1, 1]
    track(
        database,
        request("10:00:00", "/a", id=ANNA, action_name=SENT, dimension1=SENT, dimension2=SENT),
        request("10:00:10", id=ANNA, e_c=SENT, e_a=SENT, e_n=SENT),
        request("10:00:20", id=ANNA, c_n=SENT, c_p=SENT),
        request("10:00:30", id=ANNA, search=SENT, search_cat=SENT),
        request("10:00:40", id=ANNA, cvar_=json.dumps({"1": [SENT, SENT]})),
        request("10:00:50", id=ANNA, idgoal=0, ec_id="O", ec_items=cart(item)),
        request("10:01:00", id=ANNA, uid=TEXT),
    )
    archive_all(database)
    return Archived(database)


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("Actions.getPageTitles", {}),
        ("Actions.getSiteSearchKeywords", {}),
        ("Actions.getSiteSearchCategories", {}),
        ("Events.getCategory", {}),
        ("Events.getAction", {}),
        ("Events.getName", {}),
        ("Contents.getContentNames", {}),
        ("Contents.getContentPieces", {}),
        ("CustomDimensions.getCustomDimension", {"idDimension": "1"}),
        ("CustomDimensions.getCustomDimension", {"idDimension": "2"}),
        ("CustomVariables.getCustomVariables", {}),
        ("Goals.getItemsName", {}),
        ("Goals.getItemsCategory", {}),
        ("UserId.getUsers", {}),
    ],
)
def test_labels(archived: Archived, method: str, parameters: dict[str, str]) -> None:
    rows = archived.rows(method, DAY, **parameters)
    assert TEXT in [text_of(row["label"]).strip() for row in rows]


def test_segments_name_the_text(archived: Archived) -> None:
    segments = {
        row.get("segment")
        for method, parameters in (
            ("CustomDimensions.getCustomDimension", {"idDimension": "1"}),
            ("UserId.getUsers", {}),
        )
        for row in archived.rows(method, DAY, **parameters)
    }
    assert segments == {f"dimension1=={urlencode(TEXT)}", f"userId=={urlencode(TEXT)}"}


def test_single_visits(archived: Archived) -> None:
    [visit] = archived.ask("Live.getLastVisitsDetails", DAY).rows
    shown: list[Any] = visit.columns["actionDetails"]
    texts = [
        text_of(one.get(name)) for one in shown for name in ("pageTitle", "eventName", "contentName") if one.get(name)
    ]
    assert texts == [TEXT, TEXT, TEXT]


def test_only_what_looks_like_an_entity_is_escaped() -> None:
    texts = ["a & b", "a&b;", "&;", "a&lt;b & c", "&#039;"]
    assert [literal(text) for text in texts] == ["a & b", "a&amp;b;", "&;", "a&amp;lt;b &amp; c", "&amp;#039;"]
    assert [text_of(literal(text)) for text in texts] == [plain(literal(text)) for text in texts] == texts


@pytest.mark.parametrize(
    ("method", "segment"),
    [
        ("Actions.getPageTitles", "pageTitle==x%2B%2526amp%253Blt%253B%2By"),
        ("Actions.getSiteSearchKeywords", "siteSearchKeyword==x+%26lt%3B+y"),
        ("Events.getCategory", "eventCategory==x+%26amp%3Blt%3B+y"),
        ("Contents.getContentNames", "contentName==x+%26amp%3Blt%3B+y"),
    ],
)
def test_segments_of_texts_are_matomos(archived: Archived, method: str, segment: str) -> None:
    """Matomo stores titles, events and contents with entities, and searches, which URLs have, without."""
    assert segment in [row.get("segment") for row in archived.rows(method, DAY)]
