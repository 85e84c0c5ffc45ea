"""How stored labels are written in segments and read by people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piwikcli.plugins.action_reports import _twice
from piwikcli.plugins.continents import CONTINENTS
from piwikcli.plugins.labels import country_name, language_and_region, language_name, urldecode, urlencode


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("cloud blog", "cloud+blog"),
        ("Yahoo!", "Yahoo%21"),
        ("a-b_c.d~e", "a-b_c.d%7Ee"),
        ("ç/%+", "%C3%A7%2F%25%2B"),
    ],
)
def test_encoding(text: str, encoded: str) -> None:
    assert urlencode(text) == encoded


@given(st.text())
def test_what_was_encoded_can_be_decoded(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    assert urldecode(urlencode(text)) == text
    assert urldecode(urldecode(_twice(text))) == text


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("/caf%C3%A9", "/café"),
        ("/plus+a?b=c+d&e=%20", "/plus a?b=c d&e= "),
        ("/pct%zz%2", "/pct%zz%2"),
        ("/latin%E9", "/latin"),  # not UTF-8
        ("%2525", "%25"),  # once
    ],
)
def test_labels_are_decoded_once(stored: str, shown: str) -> None:
    assert urldecode(stored) == shown


def test_names() -> None:
    assert [country_name(code) for code in ("de", "hk", "xx", "", "zz9", "a2")] == [
        "Germany",
        "Hong Kong SAR China",
        "Unknown",
        "Unknown",
        "Unknown",
        "Satellite Provider",
    ]
    assert [language_name(code) for code in ("fr", "xx", "", "qq")] == [
        "French",
        "Unknown",
        "Unknown",
        "Unknown",
    ]
    assert language_and_region("pt-br") == "Portuguese - Brazil (pt-br)"


def test_every_country_is_on_one_continent() -> None:
    assert {"de": "Europe", "us": "North America", "br": "South America", "nz": "Oceania"}.items() <= (
        CONTINENTS.items()
    )
    assert set(CONTINENTS.values()) == {
        "Africa",
        "Antarctica",
        "Asia",
        "Central America",
        "Europe",
        "North America",
        "Oceania",
        "South America",
    }
    assert len(CONTINENTS) > 240
