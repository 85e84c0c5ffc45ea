"""The lists of search engines, social networks and AI assistants."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from piwikcli.errors import InputError
from piwikcli.lists.definitions import Definitions

OURS = Definitions.load()


def test_the_built_in_lists_are_wide() -> None:
    assert len(OURS.engine_urls) >= 200
    assert len({name for name, _ in OURS.socials}) >= 60
    assert len({name for name, _ in OURS.assistants}) >= 20
    names = {"Google", "Google Images", "Bing", "Yahoo!", "DuckDuckGo", "Yandex", "Baidu", "Naver", "Seznam"}
    assert names <= set(OURS.engine_urls)
    assert {"Facebook", "Twitter", "LinkedIn", "YouTube", "reddit"} <= {name for name, _ in OURS.socials}


def test_the_built_in_lists_are_well_formed() -> None:
    for url, engine in OURS.engines.items():
        assert re.fullmatch(r"(\{\}\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(\.\{\})?(/[\w/.-]+)?", url), url
        for rule in (*engine.params, *(engine.hidden or ())):
            if rule.startswith("/") and rule.endswith("/") and len(rule) > 1:
                re.compile(rule[1:-1])
        for charset in engine.charsets:
            assert "".encode(charset) == b""
        if engine.backlink is not None:
            assert "{k}" in engine.backlink, engine.name
    for _, host in (*OURS.socials, *OURS.assistants):
        assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/[a-z/]+)?", host), host
    assert len(OURS.socials) == len({host for _, host in OURS.socials})
    assert len(OURS.assistants) == len({host for _, host in OURS.assistants})


def test_addresses_for_links() -> None:
    assert OURS.search_engine_url("Google") == "http://google.com"
    assert OURS.search_result_url("Google", "blue & shoe") == "http://google.com/search?q=blue+%26+shoe"
    assert OURS.search_result_url("DuckDuckGo", "é") == "http://duckduckgo.com/?q=%C3%A9"
    assert OURS.search_result_url("no such engine", "x") is None
    assert OURS.search_engine_url("no such engine") is None
    assert OURS.social_url("Twitter") == "http://twitter.com"
    assert OURS.social_url("no such network") is None


def test_files_of_the_data_dir_replace_ours_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "SearchEngines.yml").write_text(
        """
1.cz:
  -
    urls: [1.cz, 'one.{}']
    params: [q, '/s\\/(.+)/']
    charsets: [iso-8859-2]
    hiddenkeyword: ['/^$/', '/']
    backlink: 's/{k}'
  -
    urls: ['{}.two.cz']
    params: []
Second:
  - urls: [1.cz]
    params: [p]
""",
        encoding="utf-8",
    )
    loaded = Definitions.load(tmp_path)
    assert set(loaded.engines) == {"1.cz", "one.{}", "{}.two.cz"}
    assert loaded.engines["1.cz"].name == "Second"  # a later block takes the URL over
    one = loaded.engines["one.{}"]
    assert (one.name, one.params, one.hidden) == ("1.cz", ("q", "/s\\/(.+)/"), ("/^$/", "/"))
    assert (one.charsets, one.backlink) == (("iso-8859-2",), "s/{k}")
    assert loaded.engines["{}.two.cz"].hidden is None
    assert loaded.search_result_url("Second", "x") is None
    assert (loaded.socials, loaded.assistants) == (OURS.socials, OURS.assistants)

    (tmp_path / "Socials.yml").write_text("Net: [Net.Example, n.et]\n", encoding="utf-8")
    assert Definitions.load(tmp_path).socials == (("Net", "net.example"), ("Net", "n.et"))


@pytest.mark.parametrize(
    "text", ["", "- a\n- b\n", "Net: net.example\n", "Net: [", "1: {}\n2: 3\n", "Net:\n  - urls: [a.b]\n"]
)
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    name = "SearchEngines.yml" if text.startswith("1:") else "Socials.yml"
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=name):
        Definitions.load(tmp_path)


def test_a_missing_data_dir_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        Definitions.load(tmp_path / "missing")
