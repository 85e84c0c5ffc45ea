"""Bulk documents read as a stream. docs/reference/tracking.md#inputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers_import import query
from piwikcli.ingest.tracking.documents import Part, parts
from piwikcli.ingest.tracking.inputs import detect
from test_tracking_order import database_at, stream, tables
from tracking_requests import rejects, request, shop, track_file, visits

REQUESTS = [{"url": "/a", "n": 'ä\\"]'}, "?url=/b&x=]", {"url": "/c", "requests": [1, {"d": 2}]}]
TEXT = json.dumps({"token_auth": "x", "requests": REQUESTS, "send_image": 0}, indent=1, ensure_ascii=False)


def read(data: bytes, size: int, longest: int = 1000) -> list[Part]:
    blocks = [data[at : at + size] for at in range(0, len(data), size)]
    return list(parts(blocks, 0, b"", longest, opened=False))


@pytest.mark.parametrize("size", [1, 2, 7, 50, 1000])
def test_wherever_the_text_is_cut_the_requests_are_the_same(size: int) -> None:
    data = f"{TEXT}\n{TEXT}\n".encode()
    found = read(data, size)
    assert [entry for part in found for _, entry in part.entries] == [*REQUESTS, *REQUESTS]
    for offset, entry in (pair for part in found for pair in part.entries):
        assert json.JSONDecoder().raw_decode(data[offset:].decode())[0] == entry
    assert b"".join(part.chunk.data for part in found) == data
    assert {part.broken for part in found} == {None}
    assert found[-1].opened is False


def test_reading_goes_on_after_any_part() -> None:
    data = TEXT.encode()
    found = read(data, 20)
    for number, part in enumerate(found[:-1], 1):
        end = part.chunk.offset + part.chunk.size
        rest = parts([data[end:]], end, b"", 1000, opened=part.opened)
        assert [e for p in rest for e in p.entries] == [e for p in found[number:] for e in p.entries]


def test_memory_is_bounded_by_the_longest_request() -> None:
    long = json.dumps({"requests": [{"a": "x" * 500}, {"b": 1}]}).encode() + TEXT.encode()
    found = read(long, 10, longest=100)
    assert [part.broken for part in found if part.broken is not None] == [14]
    assert [entry for part in found for _, entry in part.entries] == REQUESTS


def test_what_is_not_utf_8_is_latin_1() -> None:
    data = b'{"requests": [{"a": "caf\xe9"}, {"a": "caf\xc3\xa9"}]}'
    assert [entry for part in read(data, 5) for _, entry in part.entries] == [{"a": "café"}] * 2


def test_a_document_longer_than_its_first_look_is_recognised() -> None:
    one_line = json.dumps({"requests": [{"a": "x" * 100_000}]}).encode()
    assert detect("dump", one_line[: 1 << 16]) == "tracking_bulk"
    assert detect("dump", TEXT.encode()) == "tracking_bulk"


def test_documents_give_what_lines_give(tmp_path: Path) -> None:
    requests = stream(5, 60)
    (tmp_path / "lines").write_text("".join(f"{json.dumps(one)}\n" for one in requests))
    bulk = [json.dumps({"requests": half}, indent=1) for half in (requests[:25], requests[25:])]
    (tmp_path / "documents").write_text("\n".join(bulk))
    of_lines, of_documents = (database_at(tmp_path / f"{name}.duckdb") for name in ("lines", "documents"))
    track_file(of_lines, tmp_path / "lines")
    summary = track_file(of_documents, tmp_path / "documents", batch_bytes=3000)
    assert summary.outcome("imported") == 60
    assert tables(of_documents) == tables(of_lines)
    assert query(of_documents, "SELECT count(*) FROM source_checkpoint")[0][0] > 3


def test_a_document_that_is_still_written_is_read_on(tmp_path: Path) -> None:
    """Cut in a request, after a comma, after the last bracket: each request counts once."""
    text = json.dumps({"requests": [request(f"10:0{n}:00", f"/{n}") for n in range(6)]}, indent=1)
    second = text.index("org/2")
    third = text.index("{", text.index("org/3"))
    database, file = shop(tmp_path / "piwik.duckdb"), tmp_path / "dump"
    for end, new, count in ((second, 2, 2), (text.index("\n", second), 0, 2), (third, 2, 4), (len(text), 2, 6)):
        file.write_text(text[:end])
        assert track_file(database, file).outcome("imported") == new
        assert visits(database, "visit_total_actions") == [(count,)]
    assert rejects(database) == []


def test_what_is_cut_short_is_told_with_its_place(tmp_path: Path) -> None:
    text = json.dumps({"requests": [request("10:00:00", "/0"), request("10:01:00", "/1")]}, indent=1)
    database, file = shop(tmp_path / "piwik.duckdb"), tmp_path / "dump"
    begin = text.rindex("{")
    file.write_text(text[: text.rindex("org/1")])
    assert track_file(database, file).fates["rejected", "no_json"] == 1
    assert query(database, "SELECT line, byte_offset, reason FROM reject") == [
        (text[:begin].count("\n") + 1, begin, "no_json")
    ]
