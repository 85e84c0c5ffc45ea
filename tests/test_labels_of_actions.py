"""What becomes of unusual names in the trees of labels. docs/reference/actions.md."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from helpers_tracking import OUTLINK, PAGE, TITLE, Log
from piwikcli.archive.periods import Period
from piwikcli.report.render.values import text_of

DAY = Period.of("day", date(2026, 3, 2))
NBSP = "\N{NO-BREAK SPACE}"


def labels(rows: list[dict[str, Any]]) -> list[str]:
    """The one path in a table, from the top."""
    [row] = rows
    return [row["label"], *(labels(row["subtable"]) if "subtable" in row else [])]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("ftp://example.org/f", ["ftp:", "example.org", "/f"]),
        ("httpsx://example.org/", ["httpsx:", "/example.org"]),
        ("app://com.example/x#y", ["app:", "com.example", "/x#y"]),
        ("://example.org/a", [":", "example.org", "/a"]),
        (":// y", [":", "/y"]),
        ("/one-slash.org/", ["/one-slash.org"]),
        ("example.org:8443/a/", ["a", "/index"]),
        ("example.org/p?url=https://x.org/a", ["p?url=https:", "x.org", "/a"]),
        (f"example.org/ {NBSP}/b", [NBSP, "/b"]),
    ],
)
def test_a_url_without_host_is_cut_as_it_stands(tmp_path: Path, name: str, path: list[str]) -> None:
    log = Log(tmp_path)
    log.hit(log.visit("10:00:00"), "10:00:00", url=log.action(PAGE, name))
    assert labels(log.built().rows("Actions.getPageUrls", DAY, expanded="1")) == path


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("https://o.org/a/b?c=1#d", ["o.org", "/a/b?c=1#d"]),
        ("HTTPS://O.org/a", ["O.org", "/a"]),
        ("//o.org/x", ["o.org", "/x"]),
        ("ftp://o.org/", ["ftp:", "/o.org"]),
    ],
)
def test_outlinks_have_their_host_first(tmp_path: Path, name: str, path: list[str]) -> None:
    log = Log(tmp_path)
    log.hit(log.visit("10:00:00"), "10:00:00", kind=OUTLINK, url=log.action(OUTLINK, name))
    assert labels(log.built().rows("Actions.getOutlinks", DAY, expanded="1")) == path


@pytest.mark.parametrize("title", [f"{NBSP}no break{NBSP}", "&amp;", "a & b;", "<b>&lt;</b>"])
def test_a_title_is_what_it_says(tmp_path: Path, title: str) -> None:
    log = Log(tmp_path)
    name = log.action(TITLE, f" {title} ")
    log.hit(log.visit("10:00:00"), "10:00:00", url=log.action(PAGE, "example.org/a"), name=name)
    [label] = labels(log.built().rows("Actions.getPageTitles", DAY))
    assert text_of(label) == f" {title}"
