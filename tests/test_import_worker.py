"""Files prepared by a process beside the importing one: the same tables, and nothing lost when it dies.

docs/explanation/importing.md#two-processes
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers_import import assert_same, facts, import_files, new_database, query, rich_log, text
from piwikcli.errors import InputError, PiwikError
from piwikcli.ingest import worker as workers
from piwikcli.ingest.importer import Importer, ImportOptions, Progress
from piwikcli.ingest.jobs import Job
from piwikcli.ingest.prepare import HitPreparer
from piwikcli.ingest.sitebook import SiteBook, SiteOptions
from piwikcli.ingest.stream import HEAD
from piwikcli.ingest.tracking.importer import TrackingImporter
from piwikcli.ingest.tracking.logs import LogImporter
from piwikcli.ingest.worker import Worker
from piwikcli.store import Database
from test_tracking_order import database_at, stream, tables
from tracking_requests import lines_of

OPTIONS = ImportOptions(sites=SiteOptions(1), batch_bytes=20_000)
"""Several pieces and several batches of the small logs here."""


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker()
    try:
        yield worker
    finally:
        worker.close()


def import_beside(worker: Worker, database: Database, *files: Path, options: ImportOptions = OPTIONS) -> None:
    worker.begin(options, [str(file) for file in files])
    assert Importer(database, options, worker=worker).run([str(file) for file in files]).problems == []


def test_the_tables_are_the_same(tmp_path: Path, worker: Worker) -> None:
    """Two files through one worker, one of them compressed; then one has grown."""
    first, second = tmp_path / "a.log", tmp_path / "b.log.gz"
    lines = rich_log(5, visits=240)
    half = len(lines) // 2
    first.write_bytes(text(lines[:half]))
    second.write_bytes(gzip.compress(text(rich_log(6, visits=120))))
    beside, alone = new_database(tmp_path / "beside.duckdb"), new_database(tmp_path / "alone.duckdb")

    import_beside(worker, beside, first, second)
    import_files(alone, first, second, batch_bytes=20_000)
    first.write_bytes(text(lines))
    import_beside(worker, beside, first)
    import_files(alone, first, batch_bytes=20_000)

    assert query(beside, "SELECT count(*) FROM source_checkpoint")[0][0] > 4
    assert_same(facts(beside, places=True), facts(alone, places=True))


def test_one_file_is_begun_before_its_job_is_there(tmp_path: Path, worker: Worker) -> None:
    """From its beginning, then where the last import ended, and once more when all of it is imported."""
    file = tmp_path / "a.log"
    lines = rich_log(5, visits=240)
    beside, alone = new_database(tmp_path / "beside.duckdb"), new_database(tmp_path / "alone.duckdb")
    for part in (lines[: len(lines) // 2], lines, lines):
        file.write_bytes(text(part))
        import_beside(worker, beside, file)
        import_files(alone, file, batch_bytes=20_000)
    assert_same(facts(beside, places=True), facts(alone, places=True))


@pytest.mark.parametrize("change", [{}, {"name": "b.log"}, {"offset": 100}, {"head": b"another"}, {"wanted": 3}])
def test_what_was_begun_is_used_where_it_is_the_job(tmp_path: Path, change: dict[str, Any]) -> None:
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(text(rich_log(5, visits=60)))
    preparer = HitPreparer(OPTIONS)
    preparer.begin(str(tmp_path / "a.log"))
    begun = preparer._begun
    assert begun is not None
    begun.stream.close()
    job = Job(
        name=str(tmp_path / change.get("name", "a.log")),
        head=change.get("head", (tmp_path / "a.log").read_bytes()[:HEAD]),
        offset=change.get("offset", 0),
        line=1,
        first_line=1,
        log_format=begun.log_format,
        preparer=HitPreparer,
        options=OPTIONS,
        book=SiteBook(OPTIONS.sites),
        wanted=change.get("wanted"),
    )
    assert begun.is_for(job) == (not change)


def test_a_file_that_cannot_be_begun_is_left_to_its_job(tmp_path: Path) -> None:
    preparer = HitPreparer(OPTIONS)
    preparer.begin(str(tmp_path / "missing.log"))
    assert preparer._begun is None


def test_a_line_that_was_cut_short_is_read_again_from_its_beginning(tmp_path: Path, worker: Worker) -> None:
    file = tmp_path / "a.log"
    whole = text(rich_log(5, visits=40))
    beside, alone = new_database(tmp_path / "beside.duckdb"), new_database(tmp_path / "alone.duckdb")
    cut = whole.index(b"\n", len(whole) // 2) - 9
    for end in (cut, len(whole)):
        file.write_bytes(whole[:end])
        import_beside(worker, beside, file)
        import_files(alone, file)
    assert_same(facts(beside, places=True), facts(alone, places=True))
    rejects = "SELECT line, byte_offset, reason FROM reject ORDER BY ALL"
    assert query(beside, rejects) == query(alone, rejects)


def test_hosts_make_sites_there_too(tmp_path: Path, worker: Worker) -> None:
    file = tmp_path / "vhost.log"
    lines = rich_log(7, visits=60, host=True)
    file.write_bytes(text([*lines, *(line.replace("example.org", "other.test") for line in lines)]))
    beside, alone = Database.at(tmp_path / "beside.duckdb"), Database.at(tmp_path / "alone.duckdb")
    options = replace(OPTIONS, sites=SiteOptions())
    import_beside(worker, beside, file, options=options)
    Importer(alone, options).run([str(file)])
    sites = "SELECT name, urls FROM site ORDER BY idsite"
    assert query(beside, sites) == query(alone, sites)
    assert [name for name, _ in query(beside, sites)] == ["example.org", "other.test"]
    per_site = "SELECT idsite, count(*) FROM request GROUP BY ALL ORDER BY ALL"
    assert query(beside, per_site) == query(alone, per_site)


def test_a_process_that_dies_takes_nothing_along(tmp_path: Path, worker: Worker) -> None:
    file = tmp_path / "access.log"
    file.write_bytes(text(rich_log(5, visits=240)))
    beside, alone = new_database(tmp_path / "beside.duckdb"), new_database(tmp_path / "alone.duckdb")

    def kill(*_: object) -> None:
        worker._process.kill()

    with pytest.raises(PiwikError, match="has ended; run the import again"):
        Importer(beside, replace(OPTIONS, batch_bytes=2_000), kill, worker).run([str(file)])
    assert query(beside, "SELECT count(*) FROM source_checkpoint")[0][0] >= 1
    import_files(beside, file)
    import_files(alone, file)
    assert_same(facts(beside, places=True), facts(alone, places=True))


def import_requests(
    worker: Worker | None, database: Database, file: Path, size: int = 12_000, progress: Progress | None = None
) -> None:
    options = replace(OPTIONS, batch_bytes=size)
    assert TrackingImporter(database, options, progress, worker).run([str(file)]).problems == []


def test_tracking_requests_are_prepared_there_too(tmp_path: Path, worker: Worker) -> None:
    """A dump, which then grows; bad lines are rejected at the same places; then a log that goals are found in."""
    file, log = tmp_path / "requests.jsonl", tmp_path / "access.log"
    lines = lines_of(stream(3, 150)).splitlines(keepends=True)
    lines[40:40] = [b"no JSON\n", b'{"rec": "1", "idsite": "9"}\n']
    log.write_bytes(text(rich_log(6, visits=20)))
    beside, alone = database_at(tmp_path / "beside.duckdb"), database_at(tmp_path / "alone.duckdb")
    for part in (lines[:70], lines):
        file.write_bytes(b"".join(part))
        import_requests(worker, beside, file)
        import_requests(None, alone, file)
    assert LogImporter(beside, OPTIONS, worker=worker).run([str(log)]).outcome("imported") > 20
    assert LogImporter(alone, OPTIONS).run([str(log)]).problems == []
    assert query(beside, "SELECT count(*) FROM source_checkpoint")[0][0] > 4
    assert tables(beside) == tables(alone)
    rejects = "SELECT line, byte_offset, reason, content FROM reject ORDER BY ALL"
    assert query(beside, rejects) == query(alone, rejects)
    assert {reason for _, _, reason, _ in query(beside, rejects)} == {"no_json", "unknown_site", "no_match"}


def test_tracking_requests_count_once_when_that_process_dies(tmp_path: Path, worker: Worker) -> None:
    file = tmp_path / "requests.jsonl"
    file.write_bytes(lines_of(stream(3, 150)))
    beside, alone = database_at(tmp_path / "beside.duckdb"), database_at(tmp_path / "alone.duckdb")
    with pytest.raises(PiwikError, match="has ended; run the import again"):
        import_requests(worker, beside, file, 1_000, lambda *_: worker._process.kill())
    assert 0 < query(beside, "SELECT count(*) FROM request")[0][0] < 150
    for database in (beside, alone):
        import_requests(None, database, file)
    assert tables(beside) == tables(alone)


def test_a_file_that_was_replaced_is_not_read(tmp_path: Path, worker: Worker) -> None:
    file = tmp_path / "access.log"
    file.write_bytes(text(rich_log(5)))
    job = Job(str(file), b"another log", 0, 1, 1, "ncsa_extended", OPTIONS, SiteBook(SiteOptions(1)), HitPreparer)
    with pytest.raises(InputError, match=r"access\.log: was replaced while it was read"):
        list(worker.pieces(job))


def test_when_it_is_worthwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = tmp_path / "small.log", tmp_path / "large.log"
    small.write_bytes(b"x" * 100)
    with large.open("wb") as stream:
        stream.truncate(workers.WORTHWHILE)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert not workers.is_worthwhile([str(small), "-", "missing.log"])
    assert workers.is_worthwhile([str(small), str(large)])
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert not workers.is_worthwhile([str(large)])


def test_options_that_are_wrong_are_told_once(
    tmp_path: Path, worker: Worker, capfd: pytest.CaptureFixture[str]
) -> None:
    """The process beside says nothing of its own, and lives on."""
    file = tmp_path / "a.log"
    file.write_bytes(text(rich_log(5, visits=20)))
    worker.begin(replace(OPTIONS, geoip=tmp_path / "missing.mmdb"), [str(file)])
    import_beside(worker, new_database(tmp_path / "beside.duckdb"), file)
    assert capfd.readouterr().err == ""
