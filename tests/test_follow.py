"""Files that grow, are renamed, truncated and replaced while they are followed. docs/how-to/follow.md."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpers_import import PIWIK, environment, hit, new_database, query, text
from piwikcli.commands.app import run
from piwikcli.errors import UsageError
from piwikcli.ingest.follow import Followed
from piwikcli.ingest.importer import Importer
from piwikcli.ingest.jobs import ImportOptions
from piwikcli.ingest.sitebook import SiteOptions
from piwikcli.ingest.summary import Summary
from piwikcli.store import Database


def lines(first: int, last: int) -> bytes:
    return text(hit(f"10:{n // 60:02d}:{n % 60:02d}", f"/{n}") for n in range(first, last))


def follow(database: Database, file: Path, steps: list[Callable[[], object]]) -> Summary:
    """Follow a file; whenever there is nothing new, the next step happens."""
    rest: Iterator[Callable[[], object]] = iter(steps)

    def pause() -> bool:
        step = next(rest, None)
        if step is not None:
            step()
        return step is not None

    return Importer(database, ImportOptions(sites=SiteOptions(1))).follow([str(file)], pause)


def append(file: Path, data: bytes) -> None:
    with file.open("ab") as target:
        target.write(data)


def paths(database: Database) -> list[int]:
    rows = query(database, "SELECT name FROM request JOIN log_action ON idaction = idaction_url ORDER BY server_time")
    return [int(row[0].rpartition("/")[2]) for row in rows]


def test_a_growing_file(tmp_path: Path) -> None:
    database, log = new_database(tmp_path / "piwik.duckdb"), tmp_path / "access.log"
    half = len(lines(3, 4)) // 2
    summary = follow(
        database,
        log,
        [
            lambda: None,  # not there yet
            lambda: log.write_bytes(lines(0, 2)),
            lambda: append(log, lines(2, 3) + lines(3, 4)[:half]),
            lambda: append(log, lines(3, 4)[half:]),
            lambda: None,
        ],
    )
    assert paths(database) == [0, 1, 2, 3]
    assert (summary.outcome("imported"), summary.outcome("already_imported"), summary.files) == (4, 0, 1)
    assert query(database, "SELECT count(*), count(finished) FROM import") == [(1, 1)]


def test_rotation(tmp_path: Path) -> None:
    """The old file gets more after it was renamed, as servers do until they are told; then it is even deleted."""
    database, log = new_database(tmp_path / "piwik.duckdb"), tmp_path / "access.log"
    old = tmp_path / "access.log.1"
    log.write_bytes(lines(0, 2))
    follow(
        database,
        log,
        [
            lambda: (append(log, lines(2, 3)), log.rename(old), append(old, lines(3, 4))),
            lambda: (append(old, lines(4, 5)), log.write_bytes(lines(5, 6)), old.unlink()),
            lambda: append(log, lines(6, 7)),
        ],
    )
    assert paths(database) == list(range(7))


def test_copytruncate(tmp_path: Path) -> None:
    database, log = new_database(tmp_path / "piwik.duckdb"), tmp_path / "access.log"
    log.write_bytes(lines(0, 3))
    follow(database, log, [lambda: log.write_bytes(b""), lambda: append(log, lines(3, 5))])
    assert paths(database) == [0, 1, 2, 3, 4]


def test_later_it_goes_on(tmp_path: Path) -> None:
    database, log = new_database(tmp_path / "piwik.duckdb"), tmp_path / "access.log"
    log.write_bytes(lines(0, 2))
    follow(database, log, [])
    append(log, lines(2, 3))
    summary = follow(database, log, [lambda: append(log, lines(3, 4))])
    assert (summary.outcome("imported"), summary.outcome("already_imported")) == (2, 2)
    with pytest.raises(UsageError, match="--follow reads files"):
        Followed("-")


def test_a_signal_ends_it_cleanly(tmp_path: Path) -> None:
    database, log = new_database(tmp_path / "piwik.duckdb"), tmp_path / "access.log"
    log.write_bytes(lines(0, 2))
    command = [PIWIK, "import-logs", "--idsite", "1", "--follow", "--db", str(tmp_path / "piwik.duckdb"), str(log)]
    with subprocess.Popen(command, env=environment(tmp_path), stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not _committed(database):
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "2 lines read = 2 imported" in said
    assert query(database, "SELECT count(finished) FROM import") == [(1,)]
    assert os.path.exists(log)


def test_what_is_waited_for_and_what_goes_wrong_is_said_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIWIK_DB", str(tmp_path / "piwik.duckdb"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    wrong, later = tmp_path / "wrong.log", tmp_path / "later.log"
    wrong.write_text("what is this\n")
    said: list[str] = []

    def sleep(_: float) -> None:
        if not said:
            said.append(capsys.readouterr().err)
            later.write_bytes(text(hit(f"10:00:0{n}", host="shop.test") for n in range(3)))

    monkeypatch.setattr("piwikcli.commands.import_logs.time.sleep", sleep)
    assert run(["import-logs", "--follow", "--debug-request-limit", "2", str(wrong), str(later)]) == 0
    problem = f"piwik: {wrong}: is in no known log format (see --log-format-name)\n"
    assert said == [f"{later}: is not there yet; waiting for it\n{problem}"]
    rest = capsys.readouterr().err
    assert "2 lines read = 2 imported" in rest
    assert problem not in rest
    assert run(["import-logs", "--follow", str(tmp_path / "*.txt")]) == 5
    assert "*.txt: matches no file; --follow reads files by their names" in capsys.readouterr().err


def _committed(database: Database) -> bool:
    try:
        return query(database, "SELECT count(*) FROM request") == [(2,)]
    except Exception:  # the writer has the file
        return False
