"""Killed, interrupted, terminated: the next run goes on exactly there. docs/explanation/importing.md."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from helpers_import import (
    MIDNIGHT,
    PIWIK,
    assert_same,
    environment,
    facts,
    hit,
    import_files,
    new_database,
    query,
)
from piwikcli.store import Database

LINES = 30_000


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = random.Random(8)
    file = tmp_path_factory.mktemp("log") / "access.log"
    with file.open("w") as stream:
        for number in range(LINES):
            at = MIDNIGHT + timedelta(seconds=number * 6)
            page = f"/p/{rng.randrange(300)}" if number % 50 else "/files/a.pdf"
            stream.write(hit(at, page, ip=f"203.0.113.{rng.randrange(200)}") + "\n")
            if number % 1000 == 7:
                stream.write("garbage\n")
    return file


@pytest.fixture(scope="module")
def wanted(log: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    """What one undisturbed import gives."""
    database = new_database(tmp_path_factory.mktemp("whole") / "piwik.duckdb")
    import_files(database, log, batch_bytes=64 << 20)
    return facts(database, places=True)


def start(folder: Path, log: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [PIWIK, "import-logs", "--db", str(folder / "piwik.duckdb"), "--idsite", "1", *options, str(log)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(folder),
    )


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Until something is there (or the process has ended)."""
    deadline = time.monotonic() + 60
    while process.poll() is None and not condition() and time.monotonic() < deadline:
        try:
            process.wait(0.005)
        except subprocess.TimeoutExpired:
            continue


def committed(database: Database) -> int:
    return int(query(database, "SELECT coalesce(max(committed), 0) FROM source")[0][0])


def test_killed_again_and_again(log: Path, wanted: dict[str, list[tuple[object, ...]]], tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    rng = random.Random(3)
    lock = tmp_path / "piwik.duckdb.lock"
    killed, before = 0, 0
    for _ in range(5):
        process = start(tmp_path, log, "--batch-bytes", "300000")
        wait_for(lambda: lock.read_bytes() == str(process.pid).encode(), process)  # noqa: B023 - waits here
        try:
            process.wait(rng.uniform(0.0, 1.5))
        except subprocess.TimeoutExpired:
            killed += 1
        process.kill()
        process.communicate()
        now = committed(database)
        assert now >= before  # what was committed stays
        before = now
    assert killed >= 3
    last = start(tmp_path, log, "--batch-bytes", "1000000")
    assert "lines read = " in last.communicate()[1]
    assert last.returncode == 0
    assert_same(facts(database, places=True), wanted)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_a_signal_ends_it_within_two_seconds(
    log: Path, wanted: dict[str, list[tuple[object, ...]]], tmp_path: Path, number: int, code: int
) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    process = start(tmp_path, log, "--batch-bytes", "200000")
    size = (tmp_path / "piwik.duckdb").stat().st_size
    wait_for(lambda: (tmp_path / "piwik.duckdb").stat().st_size > size, process)
    sent = time.monotonic()
    process.send_signal(number)
    errors = process.communicate()[1]
    took = time.monotonic() - sent
    assert process.returncode == code, errors
    assert took < 2, f"{took:.1f} s"
    assert len(errors.splitlines()) == 1
    assert errors.startswith("piwik: ")
    stored = query(database, "SELECT committed, lines FROM source")
    text = log.read_bytes()
    for offset, lines in stored:
        assert text.count(b"\n", 0, offset) == lines
    import_files(database, log)
    assert_same(facts(database, places=True), wanted)


def test_two_imports_at_once_take_turns(log: Path, tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    text = log.read_bytes()
    half = text.index(b"\n", len(text) // 2) + 1
    (tmp_path / "a.log").write_bytes(text[:half])
    (tmp_path / "b.log").write_bytes(text[half:])
    processes = [start(tmp_path, tmp_path / name, "--batch-bytes", "1000000") for name in ("a.log", "b.log")]
    for process in processes:
        assert process.communicate()[1].count("lines read") == 1
        assert process.returncode == 0
    assert query(database, "SELECT count(*) FROM request") == [(LINES,)]
    assert query(database, "SELECT count(DISTINCT idrequest) FROM request") == [(LINES,)]
    assert query(database, "SELECT count(*), count(DISTINCT (idsource, byte_offset)) FROM request") == [
        (LINES, LINES)
    ]
