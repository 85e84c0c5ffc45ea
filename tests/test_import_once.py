"""Every line exactly once: again, renamed, compressed, grown, cut short. docs/explanation/importing.md."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from helpers_import import (
    assert_same,
    facts,
    hit,
    import_files,
    import_lines,
    new_database,
    query,
    rich_log,
    text,
)
from piwikcli.errors import PiwikError
from piwikcli.ingest.importer import Importer
from piwikcli.ingest.sitebook import SiteOptions
from piwikcli.ingest.summary import Summary
from piwikcli.store import Database, sites

LINES = [hit(f"10:{n // 60:02d}:{n % 60:02d}", f"/page/{n}", ip=f"203.0.113.{n % 7}") for n in range(1200)]


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return new_database(tmp_path / "piwik.duckdb")


def rows(database: Database) -> int:
    return int(query(database, "SELECT count(*) FROM request")[0][0])


def counts(summary: Summary) -> tuple[int, int, int, int]:
    """(read, imported, rejected, already imported)"""
    outcome = summary.outcome
    return summary.lines, outcome("imported"), outcome("rejected"), outcome("already_imported")


def test_importing_twice_is_importing_once(database: Database, tmp_path: Path) -> None:
    log = rich_log(1, visits=30)
    first = import_lines(database, tmp_path, log)
    before = facts(database, places=True)
    again = import_files(database, tmp_path / "access.log")
    assert counts(again) == (len(log), 0, 0, len(log))
    assert first.lines == len(log)
    assert_same(facts(database, places=True), before)


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [
        (".1", lambda data: data),
        (".gz", gzip.compress),
        (".bz2", bz2.compress),
        (".zst", zstandard.ZstdCompressor().compress),
        (".xz", lzma.compress),
        (".renamed-without-a-suffix", gzip.compress),
    ],
)
def test_the_same_content_under_another_name_or_compressed(
    database: Database, tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]
) -> None:
    import_lines(database, tmp_path, LINES[:50])
    (tmp_path / f"access.log{suffix}").write_bytes(pack(text(LINES[:50])))
    again = import_files(database, tmp_path / f"access.log{suffix}")
    assert counts(again) == (50, 0, 0, 50)
    assert rows(database) == 50


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, zstandard.ZstdCompressor().compress, lzma.compress])
def test_what_was_imported_compressed_is_known_plain(
    database: Database, tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "packed").write_bytes(pack(text(LINES[:50])))
    assert counts(import_files(database, tmp_path / "packed")) == (50, 50, 0, 0)
    assert counts(import_lines(database, tmp_path, LINES[:60])) == (60, 10, 0, 50)


def test_two_gzip_members_in_one_file(database: Database, tmp_path: Path) -> None:
    members = gzip.compress(text(LINES[:20])) + gzip.compress(text(LINES[20:50]))
    (tmp_path / "access.log.gz").write_bytes(members)
    assert counts(import_files(database, tmp_path / "access.log.gz")) == (50, 50, 0, 0)


@pytest.mark.parametrize("batch_bytes", [2000, 1 << 20])
def test_of_a_file_that_grew_exactly_the_new_lines_arrive(
    database: Database, tmp_path: Path, batch_bytes: int
) -> None:
    import_lines(database, tmp_path, LINES[:20], batch_bytes=batch_bytes)
    grown = import_lines(database, tmp_path, LINES[:1020], batch_bytes=max(batch_bytes, 40_000))
    assert counts(grown) == (1020, 1000, 0, 20)
    assert query(database, "SELECT count(*), count(DISTINCT byte_offset) FROM request") == [(1020, 1020)]
    whole = new_database(tmp_path / "whole.duckdb")
    import_lines(whole, tmp_path, LINES[:1020], name="whole.log")
    assert_same(facts(database, places=True), facts(whole, places=True))


def test_after_rotation_both_files_are_themselves(database: Database, tmp_path: Path) -> None:
    log, rotated = tmp_path / "access.log", tmp_path / "access.log.1"
    log.write_bytes(text(LINES[:10]))
    import_files(database, log)
    with log.open("ab") as stream:
        stream.write(text(LINES[10:15]))  # written after the import, before the rotation
    log.rename(rotated)
    log.write_bytes(text(LINES[15:30]))
    assert counts(import_files(database, log, rotated)) == (30, 20, 0, 10)
    assert rows(database) == 30


# --- the last line ---


@pytest.mark.parametrize("end", ["GET /page/1", '"Mozil', 'Firefox/128.0"'])
def test_a_last_line_in_the_making_is_replaced_when_it_is_complete(
    database: Database, tmp_path: Path, end: str
) -> None:
    whole = text(LINES[:2])
    cut = whole.index(end.encode(), whole.index(b"\n")) + len(end)
    file = tmp_path / "access.log"
    file.write_bytes(whole[:cut])
    first = import_files(database, file)
    assert first.lines == 2
    assert rows(database) == (2 if cut == len(whole) - 1 else 1)
    file.write_bytes(text(LINES[:3]))
    second = import_files(database, file)
    assert rows(database) == 3
    assert query(database, "SELECT count(*) FROM reject") == [(0,)]
    assert second.lines == second.outcome("imported") + second.outcome("already_imported") == 3
    fates = query(database, "SELECT outcome, sum(lines)::INT FROM ledger GROUP BY ALL HAVING sum(lines) > 0")
    assert dict(fates)["imported"] == 3
    assert "rejected" not in dict(fates)
    clean = new_database(tmp_path / "clean.duckdb")
    import_files(clean, file)
    assert_same(facts(database, places=True), facts(clean, places=True))


def test_a_last_line_that_only_gets_its_newline(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "access.log"
    file.write_bytes(text(LINES[:2])[:-1])
    import_files(database, file)
    for content in (text(LINES[:2]), text(LINES[:2])):
        file.write_bytes(content)
        assert counts(import_files(database, file)) == (2, 0, 0, 2)
    file.write_bytes(text(LINES[:3]))
    assert counts(import_files(database, file)) == (3, 1, 0, 2)
    assert rows(database) == 3


def test_a_last_line_that_turns_out_to_be_another_fate(database: Database, tmp_path: Path) -> None:
    """Cut after the status a line of the common format counts; in full its length is missing."""
    file = tmp_path / "access.log"
    common = [line.partition(' "-" ')[0] for line in LINES[:3]]
    broken = common[1].removesuffix(" 512")  # status, but no length
    file.write_bytes(text(common[:1]) + common[1].encode())
    import_files(database, file, format_name="common")
    assert rows(database) == 2
    file.write_bytes(text(common[:1]) + f"{broken} \n".encode())  # rewritten, so it is another content
    assert counts(import_files(database, file, format_name="common")) == (2, 1, 1, 0)


def test_a_kill_between_taking_a_line_back_and_reading_it_again(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "access.log"
    file.write_bytes(text(LINES[:2])[:-8])
    import_files(database, file)
    file.write_bytes(text(LINES[:3]))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Importer, "_read", die)
        with pytest.raises(KeyboardInterrupt):
            import_files(database, file)
    import_files(database, file)
    clean = new_database(tmp_path / "clean.duckdb")
    import_files(clean, file)
    assert_same(facts(database, places=True), facts(clean, places=True))


@pytest.mark.parametrize("first", ["earlier", "later"])
def test_two_imports_of_one_content_at_the_same_time_count_it_once(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """Both have begun the content before either commits; whoever commits second stops."""
    file = tmp_path / "access.log"
    file.write_bytes(text(LINES[:50]))
    name = "_read" if first == "later" else "_commit"
    original = getattr(Importer, name)

    def meanwhile(*arguments: Any) -> Any:
        monkeypatch.undo()
        import_files(database, file)
        return original(*arguments)

    monkeypatch.setattr(Importer, name, meanwhile)
    with pytest.raises(PiwikError, match=r"access\.log: another import of the same content is running"):
        import_files(database, file)
    assert rows(database) == 50
    assert counts(import_files(database, file)) == (50, 0, 0, 50)


def test_contents_with_the_same_first_64_kib_may_still_be_two(database: Database, tmp_path: Path) -> None:
    import_lines(database, tmp_path, LINES)
    other = import_lines(database, tmp_path, [*LINES[:-1], LINES[0]], name="other.log")
    assert counts(other)[3] == 0
    assert rows(database) == 2 * len(LINES)


# --- contents that look alike ---


@pytest.mark.parametrize("kept", [1, 2, 400, 1199])
def test_a_file_cut_short_adds_nothing(database: Database, tmp_path: Path, kept: int) -> None:
    import_lines(database, tmp_path, LINES, batch_bytes=50_000)
    copy = import_lines(database, tmp_path, LINES[:kept], name="copy.log")
    assert counts(copy) == (kept, 0, 0, kept)
    assert rows(database) == len(LINES)


def test_a_file_cut_inside_a_line_adds_nothing(database: Database, tmp_path: Path) -> None:
    import_lines(database, tmp_path, LINES[:40])
    (tmp_path / "copy.log").write_bytes(text(LINES[:30])[:-20])
    assert counts(import_files(database, tmp_path / "copy.log")) == (30, 0, 0, 30)


def test_another_content_under_the_same_name_is_new(database: Database, tmp_path: Path) -> None:
    import_lines(database, tmp_path, LINES[:20])
    assert counts(import_lines(database, tmp_path, LINES[20:50])) == (30, 30, 0, 0)
    assert rows(database) == 50


def test_contents_that_only_begin_alike_are_two(database: Database, tmp_path: Path) -> None:
    """As two greps of one log, of which the first lines are the same."""
    import_lines(database, tmp_path, LINES[:20], name="a.log")
    shorter = [*LINES[:2], *LINES[30:40]]
    assert counts(import_lines(database, tmp_path, shorter, name="b.log")) == (12, 12, 0, 0)
    longer = [*LINES[:19], *LINES[50:90]]
    assert counts(import_lines(database, tmp_path, longer, name="c.log")) == (59, 59, 0, 0)


def test_a_line_edited_before_the_stored_position_makes_it_new(database: Database, tmp_path: Path) -> None:
    import_lines(database, tmp_path, LINES[:20])
    edited = [*LINES[:19], LINES[19].replace("/page/19", "/page/xx"), *LINES[20:25]]
    assert counts(import_lines(database, tmp_path, edited)) == (25, 25, 0, 0)


def test_the_same_content_for_another_site_is_counted_there(database: Database, tmp_path: Path) -> None:
    from piwikcli.store import sites

    with database.write() as connection:
        sites.add(connection, name="Two", urls=["http://two.example"])
    import_lines(database, tmp_path, LINES[:10])
    assert counts(import_files(database, tmp_path / "access.log", idsite=2)) == (10, 10, 0, 0)
    assert query(database, "SELECT idsite, count(*) FROM request GROUP BY 1 ORDER BY 1") == [(1, 10), (2, 10)]


def test_the_same_content_with_other_options_about_sites_is_said(database: Database, tmp_path: Path) -> None:
    """Lines of a host's site would count again: not silently."""
    lines = [hit(f"10:00:0{n}", f"/{n}", host="example.org" if n % 2 else "other.test") for n in range(8)]
    said = f"{tmp_path / 'access.log'}: was imported before, with other options about sites or hosts;"
    assert import_lines(database, tmp_path, lines, idsite=None).notes == []
    [note] = import_lines(database, tmp_path, lines, idsite=None, sites=SiteOptions(fallback=1)).notes
    assert note.startswith(said)
    assert import_lines(database, tmp_path, lines, idsite=None).notes == []
    with database.write() as connection:
        sites.add(connection, name="Other", urls=["http://other.test"])
    assert len(import_lines(database, tmp_path, lines, idsite=2).notes) == 1
    fresh = new_database(tmp_path / "new.duckdb")
    with fresh.write() as connection:
        sites.add(connection, name="Other", urls=["http://other.test"])
    assert import_lines(fresh, tmp_path, lines, idsite=1).notes == []
    assert import_lines(fresh, tmp_path, lines, idsite=2).notes == []


def test_a_file_named_twice_counts_once(database: Database, tmp_path: Path) -> None:
    import_lines(database, tmp_path, [])
    (tmp_path / "access.log").write_bytes(text(LINES[:10]))
    summary = import_files(database, tmp_path / "access.log", tmp_path / "access.log")
    assert counts(summary) == (20, 10, 0, 10)


def test_a_short_content_by_the_same_visitor_at_another_time_is_new(database: Database, tmp_path: Path) -> None:
    lines = [hit("10:00:00", "/a"), hit("10:00:01", "/a"), hit("11:00:00", "/a"), hit("11:00:01", "/a")]
    import_lines(database, tmp_path, lines[:2], name="a.log")
    assert counts(import_lines(database, tmp_path, lines[2:3], name="b.log")) == (1, 1, 0, 0)


def test_two_short_files_with_one_line_each(database: Database, tmp_path: Path) -> None:
    import_lines(database, tmp_path, LINES[:1], name="a.log")
    assert counts(import_lines(database, tmp_path, LINES[1:2], name="b.log")) == (1, 1, 0, 0)
    assert counts(import_lines(database, tmp_path, LINES[:1], name="c.log")) == (1, 0, 0, 1)


# --- standard input ---


class Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BufferedReader(io.BytesIO(data))  # type: ignore[arg-type]  # BytesIO is raw enough


def import_stdin(database: Database, data: bytes, monkeypatch: pytest.MonkeyPatch) -> Summary:
    monkeypatch.setattr(sys, "stdin", Stdin(data))
    return import_files(database, "-")


@pytest.mark.parametrize("pack", [lambda data: data, gzip.compress])
def test_stdin(database: Database, monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]) -> None:
    assert counts(import_stdin(database, pack(text(LINES[:30])), monkeypatch)) == (30, 30, 0, 0)
    assert counts(import_stdin(database, pack(text(LINES[:30])), monkeypatch)) == (30, 0, 0, 30)
    assert counts(import_stdin(database, pack(text(LINES[:35])), monkeypatch)) == (35, 5, 0, 30)


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (text(LINES[:20]), (20, 0, 0, 20)),  # the beginning of what was imported
        (text([*LINES[:29], *LINES[40:60]]), (49, 49, 0, 0)),  # begins alike
        (text(LINES[:31]), (31, 1, 0, 30)),  # goes on
    ],
)
def test_stdin_that_must_be_read_twice(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, wanted: tuple[int, ...]
) -> None:
    import_lines(database, tmp_path, LINES[:30])
    assert counts(import_stdin(database, data, monkeypatch)) == wanted


def test_stdin_that_completes_a_last_line(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "access.log").write_bytes(text(LINES[:2])[:-8])
    import_files(database, tmp_path / "access.log")
    import_stdin(database, text(LINES[:3]), monkeypatch)
    assert rows(database) == 3


# --- damaged compression ---


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, zstandard.ZstdCompressor().compress, lzma.compress])
def test_of_truncated_data_what_can_be_read_is_imported(
    database: Database, tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    lines = [
        hit("10:00:00", f"/{n * 7919 % 10007}/{n * n % 10009}", ip=f"203.0.113.{n % 200}") for n in range(20_000)
    ]
    packed = pack(text(lines))
    file = tmp_path / "access.log.packed"
    file.write_bytes(packed[: len(packed) * 3 // 4])
    first = import_files(database, file)
    assert len(first.problems) == 1
    assert "damaged" in first.problems[0]
    readable = rows(database)
    assert first.lines - first.outcome("rejected") == readable
    assert readable < len(lines)
    if pack is gzip.compress:
        assert readable > len(lines) // 2
    file.write_bytes(packed)
    second = import_files(database, file)
    assert second.problems == []
    assert second.lines == len(lines)
    assert rows(database) == len(lines)
    assert query(database, "SELECT count(*) FROM reject") == [(0,)]


# --- rehearsals and collisions ---


def test_a_dry_run_changes_nothing(database: Database, tmp_path: Path) -> None:
    before = facts(database)
    rehearsal = import_lines(database, tmp_path, LINES[:20], dry_run=True)
    assert counts(rehearsal) == (20, 20, 0, 0)
    assert rehearsal.line().startswith("dry run: 20 lines read = 20 imported")
    assert facts(database) == before
    assert query(database, "SELECT count(*) FROM import") == [(0,)]
    assert counts(import_files(database, tmp_path / "access.log")) == (20, 20, 0, 0)


def test_a_dry_run_makes_no_database(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "none.duckdb")
    summary = import_lines(database, tmp_path, LINES[:20], dry_run=True, idsite=None)
    assert counts(summary) == (20, 20, 0, 0)
    assert not database.exists()


def test_a_failure_in_the_middle_keeps_whole_batches(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from piwikcli.ingest import ledger

    log = rich_log(2, visits=30)
    written: list[int] = []
    write = ledger.write

    def fail_the_fourth(*arguments: object) -> None:
        written.append(1)
        if len(written) == 4:
            raise PiwikError("the disk is full")
        write(*arguments)  # type: ignore[arg-type]  # handed on as they came

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "write", fail_the_fourth)
        with pytest.raises(PiwikError, match="the disk is full"):
            import_lines(database, tmp_path, log, batch_bytes=3000)
    stored = query(database, "SELECT lines, committed FROM source")[0]
    assert 0 < stored[0] < len(log)
    assert stored[1] == len(text(log[: stored[0]]))
    again = import_files(database, tmp_path / "access.log")
    assert again.outcome("already_imported") == stored[0]
    assert again.lines == len(log)
    clean = new_database(tmp_path / "clean.duckdb")
    import_files(clean, tmp_path / "access.log")
    assert_same(facts(database, places=True), facts(clean, places=True))
