"""Bytes to hits: what the fast path cuts and what the pattern matches are the same fields.

See docs/reference/log-formats.md.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piwikcli.errors import InputError, UsageError
from piwikcli.ingest import formats
from piwikcli.ingest.formats.combined import COMBINED as COMBINED_FORMATS
from piwikcli.ingest.parse import parse
from piwikcli.ingest.parsing.combined import CombinedFormat
from piwikcli.ingest.parsing.hits import Parsed
from piwikcli.ingest.parsing.lines import Spans
from piwikcli.ingest.parsing.ordinary import path_within
from piwikcli.ingest.parsing.times import NO_TIME, read_times
from piwikcli.ingest.stream import Chunk

PATTERN, LOOSE = (
    re.compile(pattern.encode(), re.DOTALL)
    for [template] in [formats.named("combined").templates]
    for pattern in (template.regex, template.loose)
)
NOW = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())
[COMMON, _, COMBINED, _] = COMBINED_FORMATS
GOOD = '203.0.113.9 - ann [02/Mar/2026:10:00:00 +0100] "GET /a?b=1 HTTP/1.1" 200 512 "https://r.test/" "UA/1.0"'


def parsed(data: bytes, log_format: CombinedFormat = COMBINED, offset: int = 0, first_line: int = 1) -> Parsed:
    chunk = Chunk(offset, data, len(data), unterminated=not data.endswith(b"\n"))
    return parse(chunk, log_format, first_line=first_line, now=NOW, max_line=1 << 20)


def hits(found: Parsed) -> list[dict[str, Any]]:
    columns = ("line", "offset", "time", "status", "host", "ip", "user", "path", "referrer", "agent")
    values = [found.hits[name].to_pylist() for name in columns]
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]


def test_fields_of_a_line() -> None:
    found = parsed(f"{GOOD}\n".encode(), offset=1000, first_line=7)
    assert hits(found) == [
        {
            "line": 7,
            "offset": 1000,
            "time": int(datetime(2026, 3, 2, 9, tzinfo=UTC).timestamp()),
            "status": 200,
            "host": b"",
            "ip": b"203.0.113.9",
            "user": b"ann",
            "path": b"/a?b=1",
            "referrer": b"https://r.test/",
            "agent": b"UA/1.0",
        }
    ]
    assert (found.lines, found.blank, found.rejects, found.last_line_offset) == (1, 0, [], 1000)


@pytest.mark.parametrize("sample", COMBINED_FORMATS, ids=lambda f: f.name)
def test_the_sample_of_every_format(sample: CombinedFormat) -> None:
    assert formats.Choice().find("x", f"{sample.sample}\n".encode()) is sample
    found = parsed(f"{sample.sample}\n".encode(), sample)
    assert (found.hits.num_rows, found.rejects) == (1, [])
    assert formats.named(sample.name) is sample


# every way to write a line that the pattern accepts: the ordinary ones are cut, the odd ones matched
ODD = {
    "escaped quotes": (GOOD.replace("UA/1.0", 'UA \\"x\\"'), b"UA \\"),
    "more text": (f'{GOOD} "more" 0.123', b"UA/1.0"),
    "wide": (GOOD.replace(" - ", "  -  "), b"UA/1.0"),
    "zone with a colon": (GOOD.replace("+0100", "+01:00"), b"UA/1.0"),
    "length missing": (GOOD.replace(" 512 ", " - "), b"UA/1.0"),
    "empty agent": (GOOD.replace("UA/1.0", ""), b""),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_lines(name: str) -> None:
    line, agent = ODD[name]
    [hit] = hits(parsed(f"{line}\n".encode()))
    assert (hit["time"], hit["status"], hit["agent"]) == (
        *(int(datetime(2026, 3, 2, 9, tzinfo=UTC).timestamp()), 200),
        agent,
    )


@settings(max_examples=300, deadline=None, derandomize=True)
@given(data=st.data())
def test_both_ways_agree(data: st.DataObject) -> None:
    """A good line with a few characters changed: whatever comes out is what the pattern says."""
    line = bytearray(GOOD.encode())
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(1, len(line) - 1))
        replacement = data.draw(st.sampled_from([b"", b'"', b" ", b"[", b"x", b"9", b"-", b"\xff", b"\t"]))
        line[at : at + 1] = replacement
    text = bytes(line)
    found = parsed(text + b"\n" + GOOD.encode() + b"\n")
    match = PATTERN.match(text)
    assert found.lines == 2
    assert found.hits.num_rows + len(found.rejects) == 2
    [moment] = read_times(Spans.of_bytes([match["date"]])).tolist() if match else [NO_TIME]
    if match is None:
        # a line whose request is none is told apart from one that has no shape at all
        [reason] = [reject.reason for reject in found.rejects]
        assert reason == ("bad_request" if LOOSE.match(text) else "no_match")
    elif moment == NO_TIME:
        assert [reject.reason for reject in found.rejects] == ["no_time"]
    elif 681436800 < moment < NOW:
        first = hits(found)[0]
        assert first["time"] == moment
        assert first["status"] == min(int(match["status"]), 999)
        groups = {"ip": "ip", "user": "userid", "path": "path", "referrer": "referrer", "agent": "user_agent"}
        for name, group in groups.items():
            value = match[group].strip(b'"')  # a dash is none, sooner or later
            assert first[name].strip(b'"') in ((b"", b"-") if value == b"-" else (value,))
    for reject in found.rejects:
        assert (reject.line, reject.offset, reject.content) == (1, 0, text)


@pytest.mark.parametrize("line", [f" {GOOD}", f"\t{GOOD}"])
def test_a_line_begins_with_its_client(line: str) -> None:
    """Formats are tested from the start of the line."""
    assert PATTERN.match(line.encode()) is None
    assert [reject.reason for reject in parsed(f"{line}\n".encode()).rejects] == ["no_match"]


def test_blank_lines_are_neither_hits_nor_rejects() -> None:
    found = parsed(b"\n  \n\t\r\n" + GOOD.encode())
    assert (found.lines, found.blank, found.hits.num_rows, found.rejects) == (4, 3, 1, [])
    assert found.last_line_offset == 7


def test_lines_of_windows() -> None:
    [first, second] = hits(parsed(f"{GOOD}\r\n{GOOD}\r\n".encode()))
    assert first["agent"] == second["agent"] == b"UA/1.0"
    assert second["offset"] == len(GOOD) + 2


@pytest.mark.parametrize(
    ("time", "wanted"),
    [
        ("04/Mar/2024:10:11:12 +0000", "2024-03-04 10:11:12"),
        ("04/Mar/2024:10:11:12 -0330", "2024-03-04 13:41:12"),
        ("04/Mar/2024:10:11:12 +05:45", "2024-03-04 04:26:12"),
        ("29/Feb/2024:00:00:00 +0100", "2024-02-28 23:00:00"),
        ("04/Mar/2024:10:11:12 Europe/Berlin", "2024-03-04 09:11:12"),
        ("04/Mar/2024:10:11:12", "2024-03-04 10:11:12"),
        ("4/mar/2024:1:2:3 +0100", "2024-03-04 00:02:03"),
        ("2024-3-4T10:1:12.5Z", "2024-03-04 10:01:12"),
        ("4/Mar/2024:10:11:123 +0000", None),
        ("31/Apr/2024:1:11:12 +0000", None),
        ("29/Feb/2023:00:00:00 +0100", None),
        ("04/Mar/2024:24:00:00 +0000", None),
        ("04/Mar/2024:10:11:12 +000", None),
        ("4-3-2024 10:11:12 +0000", None),
        ("-", None),
    ],
)
def test_times(time: str, wanted: str | None) -> None:
    """One line of its own, and among others of the ordinary shape."""
    line = GOOD.replace("02/Mar/2026:10:00:00 +0100", time)
    for text in (line, f"{GOOD}\n{line}\n{GOOD}"):
        found = parsed(f"{text}\n".encode())
        if wanted is None:
            assert [reject.reason for reject in found.rejects] == ["no_time"]
        else:
            seconds = int(datetime.fromisoformat(wanted).replace(tzinfo=UTC).timestamp())
            assert seconds in found.hits["time"].to_pylist()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (('"GET /a?b=1 HTTP/1.1"', '"-"'), "bad_request"),
        (('"GET /a?b=1 HTTP/1.1"', '"\\x16\\x03\\x01"'), "bad_request"),
        (('"GET /a?b=1 HTTP/1.1" 200', '"-" 408 "x" y'), "no_match"),
        (("203.0.113.9", "?"), "no_match"),
        ((" 200 ", " x "), "no_match"),
    ],
)
def test_reasons(change: tuple[str, str], reason: str) -> None:
    line = GOOD.replace(*change)
    for text in (line, f"{GOOD}\n{line}\n{GOOD}"):
        assert [reject.reason for reject in parsed(f"{text}\n".encode()).rejects] == [reason]


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ([COMMON.sample], "common"),
        (["garbage", GOOD, GOOD], "ncsa_extended"),
        ([COMMON.sample, GOOD, GOOD], "ncsa_extended"),  # the format of most lines
        ([f"shop.test {GOOD}"], "common_complete"),
        ([f"shop.test:8080 {COMMON.sample}"], "common_vhost"),
    ],
)
def test_the_format_is_found(lines: list[str], name: str) -> None:
    assert formats.Choice().find("x.log", "\n".join(lines).encode()).name == name


def test_no_format() -> None:
    with pytest.raises(InputError, match=r"x\.log: is in no known log format"):
        formats.Choice().find("x.log", b"text\n")
    with pytest.raises(InputError, match=r"x\.log: is binary data"):
        formats.Choice().find("x.log", b"te\0xt\n")
    with pytest.raises(UsageError, match=r"unknown log format comon\. Did you mean common\?"):
        formats.named("comon")


@settings(max_examples=150, deadline=None, derandomize=True)
@given(parts=st.lists(st.sampled_from([b"GET", b" ", b"\t", b"/a", b"x", b"HTTP/1.1"]), max_size=8))
def test_a_path_within_a_request(parts: list[bytes]) -> None:
    request = b"".join(parts)
    match = re.fullmatch(rb"(\S+)\s+(.*?)\s+(\S+)", request, re.DOTALL)
    assert path_within(request) == (match.span(2) if match else None)
