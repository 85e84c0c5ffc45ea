"""A content is known by itself, never by its name. docs/explanation/importing.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers_import import hit, import_files, import_lines, new_database, query
from piwikcli.ingest import sources
from piwikcli.ingest.formats import Choice
from piwikcli.ingest.parsing.fields import Reading
from piwikcli.ingest.stream import TAIL, LogStream
from piwikcli.store import Database

AGAIN = sources.Rereading(Choice().again, Reading())
LINES = [hit(f"10:{n // 60:02d}:{n % 60:02d}", f"/{n}") for n in range(100)]


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return new_database(tmp_path / "piwik.duckdb")


def found(database: Database, file: Path, target: str | None = None) -> sources.Source | None:
    target = target or str(query(database, "SELECT target FROM source")[0][0])
    stream = LogStream(str(file))
    try:
        with database.read() as connection:
            return sources.find(connection, target, stream, AGAIN)
    finally:
        stream.close()


def test_hashes_reach_as_far_as_the_content() -> None:
    head = b"x" * 70_000
    short, medium, long = sources.head_hashes(head, 70_000)
    assert short == sources.digest(b"x" * 256)
    assert medium == sources.digest(b"x" * 4096)
    assert long == sources.digest(b"x" * 65_536)
    assert sources.head_hashes(head, 300) == [short, *[sources.digest(b"x" * 300)] * 2]


def test_what_is_kept_of_a_source(database: Database, tmp_path: Path) -> None:
    import_lines(database, tmp_path, LINES, batch_bytes=6000)
    content = (tmp_path / "access.log").read_bytes()
    [(committed, lines, tail_offset, unterminated, first)] = query(
        database, "SELECT committed, lines, tail_offset, unterminated, CAST(first_time AS VARCHAR) FROM source"
    )
    assert (committed, lines, unterminated, first) == (len(content), 100, "", "2026-03-02 10:00:00")
    assert content[tail_offset:].decode() == f"{LINES[-1]}\n"
    checkpoints = query(database, "SELECT committed, lines, tail_hash FROM source_checkpoint ORDER BY committed")
    assert len(checkpoints) > 1
    for at, count, tail in checkpoints:
        assert content.count(b"\n", 0, at) == count
        assert sources.digest(content[max(0, at - TAIL) : at]) == tail


@pytest.mark.parametrize(
    ("lines", "end", "known"),
    [
        (["/first", "/second"], "\n", 2),
        (["/first"], "\n", 1),
        (["/first"], "", 1),
        (["/other"], "\n", None),  # at the same time, from the same address
        (["/other"], "", None),
        (["/o"], "\n", None),
        (["/first", "/other"], "\n", None),
        (["/first", "/second", "/other"], "\n", None),
    ],
)
def test_a_short_content_is_known_by_its_lines(
    database: Database, tmp_path: Path, lines: list[str], end: str, known: int | None
) -> None:
    import_lines(database, tmp_path, [hit("10:00:00", path, agent="A") for path in ("/first", "/second", "/third")])
    short = tmp_path / "short.log"
    short.write_text("\n".join(hit("10:00:00", path, agent="A") for path in lines) + end)
    source = found(database, short)
    assert (source and source.already) == known


def test_a_known_content_goes_on_where_it_stopped(database: Database, tmp_path: Path) -> None:
    import_lines(database, tmp_path, LINES[:50])
    size = (tmp_path / "access.log").stat().st_size
    import_lines(new_database(tmp_path / "other.duckdb"), tmp_path, LINES)
    source = found(database, tmp_path / "access.log")
    assert source is not None
    assert (source.committed, source.lines, source.already, source.whole) == (size, 50, 50, False)


def test_another_target_is_another_source(database: Database, tmp_path: Path) -> None:
    import_lines(database, tmp_path, LINES[:50])
    assert found(database, tmp_path / "access.log") is not None
    assert found(database, tmp_path / "access.log", "idsite=2;filter=") is None


def test_the_name_is_kept_for_people(database: Database, tmp_path: Path) -> None:
    import_lines(database, tmp_path, LINES[:50])
    (tmp_path / "access.log").rename(tmp_path / "access.log.1")
    with (tmp_path / "access.log.1").open("a") as stream:
        stream.write(f"{LINES[50]}\n")
    import_files(database, tmp_path / "access.log.1")
    [(name, lines)] = query(database, "SELECT name, lines FROM source")
    assert (Path(name).name, lines) == ("access.log.1", 51)
