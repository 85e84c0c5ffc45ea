"""Expressions of PCRE that Python spells differently. docs/reference/goals.md#what-matches."""

from __future__ import annotations

import re

import pytest

from piwikcli.regexes import compiled


@pytest.mark.parametrize(
    ("pattern", "found", "missed"),
    [
        (r"/(?<year>\d{4})/", "/2026/", "/26/"),
        (r"(?<=a)b", "ab", "cb"),
        (r"(?<!a)b", "cb", "ab"),
        (r"\Aabc\z", "abc", "abc\n"),
        (r"abc\Z", "abc\n", "abc d"),
        (r"[[:digit:]]+\h[[:alpha:]_-]", "12\t_", "12 3"),
        (r"[^[:space:]]{3}", "abc", "a b"),
        (r"[]a]b", "]b", "cb"),
        (r"[^]a]b", "cb", "]b"),
        (r"[a[]x", "[x", "bx"),
        (r"\/thanks\/?$", "/thanks", "/thanksgiving"),
        (r"\[\h?x", "[ x", "x"),
        (r"a++b", "aab", "b"),
    ],
)
def test_what_matches(pattern: str, found: str, missed: str) -> None:
    regex = compiled(pattern)
    assert regex is not None
    assert regex.search(found)
    assert not regex.search(missed)


def test_flags_and_what_cannot_be_read() -> None:
    insensitive = compiled("a", re.IGNORECASE)
    assert insensitive is not None
    assert insensitive.search("A")
    assert [compiled(pattern) for pattern in ("(", "[a", "*a", r"\K(?R)")] == [None] * 4
