"""Bad input: one clear line on stderr, the documented exit code, nothing half done. docs/reference/cli.md."""

from __future__ import annotations

import fcntl
import gzip
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from helpers_import import hit, text
from piwikcli.commands import app, console, options
from piwikcli.store import Database
from piwikcli.store.database import explained

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("PIWIK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PIWIK_DB", str(tmp_path / "piwik.duckdb"))
    monkeypatch.chdir(tmp_path)
    yield
    console.reset()
    options.reset()


@pytest.fixture
def imported(tmp_path: Path, capsys: Captured) -> Database:
    """A database with one day of site 1."""
    Path("access.log").write_bytes(text([hit("10:00:00"), hit("10:00:05", "/a")]))
    assert app.run(["import-logs", "access.log"]) == 0
    capsys.readouterr()
    return Database.at(tmp_path / "piwik.duckdb")


def fails(capsys: Captured, line: str | list[str], code: int) -> str:
    """The one line on stderr that says what is wrong (notes of what was done before may stand above it)."""
    assert app.run(line.split() if isinstance(line, str) else line) == code
    out, err = capsys.readouterr()
    assert out == ""
    [message] = [entry for entry in err.splitlines() if entry.startswith("piwik: ")]
    assert err.endswith(f"{message}\n")
    assert "Traceback" not in err
    assert "bug" not in err
    return message.removeprefix("piwik: ")


# --- logs ---


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "x.log: no such file or directory"),
        (b"\x00\x01\x02\xff" * 1000, "x.log: is binary data, not an access log"),
        (b"just some text\nand more of it\n", "x.log: is in no known log format (see --log-format-name)"),
        (b'{"a": 1}\n', "x.log: is in no known log format (see --log-format-name)"),
    ],
)
def test_a_log_that_is_none(capsys: Captured, content: bytes | None, message: str) -> None:
    if content is not None:
        Path("x.log").write_bytes(content)
    assert fails(capsys, "import-logs x.log", 5) == message
    with Database.at("piwik.duckdb").read() as connection:
        for table in ("request", "visit", "source", "ledger", "reject", "site"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchall() == [(0,)], table


@pytest.mark.parametrize("content", [b"", b"\n\n  \n", gzip.compress(b"", mtime=0)])
def test_an_empty_log_is_fine(capsys: Captured, content: bytes) -> None:
    Path("x.log").write_bytes(content)
    assert app.run(["import-logs", "x.log"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("0 lines read = 0 imported + 0 dropped + 0 rejected + 0 already imported [1 file; ")


def test_a_folder_without_permission(capsys: Captured, tmp_path: Path) -> None:
    Path("x.log").write_bytes(text([hit("10:00:00")]))
    Path("file").write_text("")
    assert fails(capsys, "import-logs --db file/piwik.duckdb x.log", 5).startswith("file: cannot be created")


def test_the_other_files_are_imported(capsys: Captured) -> None:
    Path("good.log").write_bytes(text([hit("10:00:00")]))
    Path("bad.log").write_bytes(b"\x00\x01")
    assert app.run(["import-logs", "none.log", "good.log", "bad.log"]) == 5
    errors = capsys.readouterr().err
    assert "1 lines read = 1 imported" in errors
    assert "piwik: none.log: no such file or directory\n" in errors
    assert "piwik: bad.log: is binary data" in errors


def test_a_truncated_log(capsys: Captured) -> None:
    packed = gzip.compress(text([hit("10:00:00", f"/{n * 7919 % 10007}") for n in range(2000)]))
    Path("x.log.gz").write_bytes(packed[: len(packed) // 2])
    readable = zlib.decompressobj(31).decompress(packed[: len(packed) // 2]).count(b"\n")
    assert app.run(["import-logs", "x.log.gz"]) == 5
    errors = capsys.readouterr().err.splitlines()
    assert errors[-1] == "piwik: x.log.gz: the compressed data are damaged; what could be read is imported"
    with Database.at("piwik.duckdb").read() as connection:
        [(rows,)] = connection.execute("SELECT count(*) FROM request").fetchall()
    assert readable - 3 <= rows <= readable < 2000
    Path("x.log.gz").write_bytes(packed)
    assert app.run(["import-logs", "x.log.gz"]) == 0
    assert f"2,000 lines read = {2000 - rows:,} imported" in capsys.readouterr().err


def test_lines_that_are_rejected_end_with_code_3_only_where_asked(capsys: Captured) -> None:
    Path("x.log").write_bytes(text([hit("10:00:00"), "garbage", "rubbish"]))
    assert app.run(["import-logs", "--dry-run", "x.log"]) == 0
    assert app.run(["import-logs", "--dry-run", "--max-rejects", "2", "x.log"]) == 0
    assert app.run(["import-logs", "--dry-run", "--max-rejects", "1", "x.log"]) == 3
    assert app.run(["import-logs", "--dry-run", "--max-rejects", "67%", "x.log"]) == 0
    assert app.run(["import-logs", "--dry-run", "--max-rejects", "10%", "x.log"]) == 3
    assert "2 lines were rejected, more than --max-rejects allows" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--log-format-name combind", "unknown log format combind. Did you mean combined? Known: common, "),
        ("--max-rejects many", "--max-rejects: 'many' is neither a number nor a percentage"),
        ("--max-rejects -1", "--max-rejects: '-1' is neither a number nor a percentage"),
        ("--encoding utf9", "--encoding: there is no encoding utf9"),
        ("--exclude-older-than yesterday", "--exclude-older-than: 'yesterday' is not of the form"),
        ("--include-path-from none.txt", "--include-path-from none.txt: cannot be read"),
        ("--geoip none.mmdb", "none.mmdb: no such GeoIP database"),
        ("--idsite 7", "no site 7; there are: 1"),
        ("--idsite-fallback 7", "no site 7; there are: 1"),
        ("--idsite seven", "invalid value for '--idsite': "),
        ("--batch-bytes 0", "invalid value for '--batch-bytes': "),
        ("--no-such-option", "no such option: --no-such-option"),
        ("--memory-limit lots", None),
    ],
)
def test_a_wrong_option_changes_nothing(
    imported: Database, capsys: Captured, option: str, message: str | None
) -> None:
    Path("new.log").write_bytes(text([hit("11:00:00")]))
    code = 5 if "geoip" in option else 2
    if message is None:
        assert app.run(["import-logs", *option.split(), "new.log"]) in (1, 2)
        assert len(capsys.readouterr().err.splitlines()) == 1
    else:
        assert fails(capsys, f"import-logs {option} new.log", code).startswith(message)
    with imported.read() as connection:
        assert connection.execute("SELECT count(*) FROM request").fetchall() == [(2,)]
        assert connection.execute("SELECT count(*) FROM source").fetchall() == [(1,)]


def test_a_log_without_hosts_and_several_sites(imported: Database, capsys: Captured) -> None:
    assert app.run("sites add --name Two --url http://two.example".split()) == 0
    capsys.readouterr()
    Path("new.log").write_bytes(text([hit("11:00:00")]))
    message = fails(capsys, "import-logs new.log", 2)
    assert message == "new.log: the log names no hosts and there are 2 sites; say --idsite N"


# --- reports and archives ---


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("report VisitSummary.get", "Did you mean VisitsSummary.get?"),
        ("report Referrers.getSearchEngine", "Did you mean Referrers.getSearchEngines?"),
        ("report VisitsSummary.get --date someday", "Date format must be: YYYY-MM-DD"),
        ("report VisitsSummary.get --date 2026-02-30", "Date format must be: YYYY-MM-DD"),
        ("report VisitsSummary.get --period fortnight", "The period 'fortnight' is not supported"),
        ("report VisitsSummary.get --period range --date 2026-03-05,2026-03-01", "is not a correct date range"),
        ("report VisitsSummary.get --idsite 9", "no site 9"),
        ("report VisitsSummary.get --date 2026-03-02 --format jsn", "Did you mean json?"),
        ("archive --period wek", "no period 'wek'. Did you mean week?"),
        ("archive --idsite 9", "no site 9; there are: 1"),
        ("archive --date 2026-13-01", "Date format must be: YYYY-MM-DD"),
        ("archive --period range", "--period range needs --date A,B"),
        ("archive --lock-timeout -1", "lock_timeout must be a whole number of seconds, 0 or more"),
    ],
)
def test_a_wrong_question(imported: Database, capsys: Captured, line: str, message: str) -> None:
    assert message in fails(capsys, line, 2)
    with imported.read() as connection:
        assert connection.execute("SELECT count(*) FROM archive").fetchall() == [(0,)]


def test_reports_need_a_database(capsys: Captured) -> None:
    for line in ("report VisitsSummary.get", "archive"):
        message = fails(capsys, line, 5)
        assert message.endswith("piwik.duckdb: no database yet; import a log first (piwik import-logs LOG)")
    assert not Path("piwik.duckdb").exists()


def test_a_file_that_is_no_database(capsys: Captured) -> None:
    Path("piwik.duckdb").write_bytes(b"this is text, and not a little of it. " * 500)
    Path("x.log").write_bytes(text([hit("10:00:00")]))
    for line in ("import-logs x.log", "report VisitsSummary.get"):
        assert "piwik.duckdb: " in fails(capsys, line, 5)
    assert Path("piwik.duckdb").read_bytes().startswith(b"this is text")


def test_a_database_of_something_else_is_left_alone(capsys: Captured) -> None:
    with duckdb.connect("piwik.duckdb") as connection:
        connection.execute("CREATE TABLE orders (id INTEGER)")
    Path("x.log").write_bytes(text([hit("10:00:00")]))
    for line in ("import-logs x.log", "report VisitsSummary.get", "sites add --name x --url x.example"):
        assert fails(capsys, line, 2) == (
            "the database is something else's (it has a table orders); name another file with --db"
        )
    with duckdb.connect("piwik.duckdb") as connection:
        assert connection.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [("orders",)]


def test_a_damaged_database(imported: Database, capsys: Captured) -> None:
    with imported.path.open("r+b") as file:
        for offset in range(20_000, imported.path.stat().st_size, 10_000):
            file.seek(offset)
            file.write(b"\xff" * 4000)
    for line in ("import-logs access.log", "report VisitsSummary.get", "status"):
        assert fails(capsys, line, 5).startswith("the database is damaged: restore a copy")


def test_no_space_and_no_memory(imported: Database, capsys: Captured) -> None:
    assert fails(capsys, "archive --memory-limit 1MB", 1).startswith("out of memory (try a higher --memory-limit")
    full = duckdb.TransactionException('Failed to commit: Could not write file "a.wal": No space left on device')
    assert str(explained(full)).startswith("no space left for the database; nothing of this transaction was kept")
    assert explained(duckdb.BinderException("no such column")) is None


# --- a busy database ---


def test_while_another_process_holds_the_lock(imported: Database, capsys: Captured) -> None:
    handle = os.open("piwik.duckdb.lock", os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        os.pwrite(handle, b"4242", 0)
        for line in ("import-logs --lock-timeout 0 access.log", "archive --lock-timeout 0"):
            assert "piwik.duckdb: busy: process 4242 has held it for longer than 0 s" in fails(capsys, line, 4)
        # a reader needs no lock
        assert app.run("status --lock-timeout 0".split()) == 0
    finally:
        os.close(handle)
    capsys.readouterr()
    assert app.run(["import-logs", "access.log"]) == 0
    assert "2 already imported" in capsys.readouterr().err


def test_while_another_process_has_the_database_open(imported: Database, capsys: Captured) -> None:
    code = "import duckdb, sys; c = duckdb.connect('piwik.duckdb'); print(flush=True); sys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    holder.stdout.readline()
    try:
        for line in (
            *("import-logs --lock-timeout 1 access.log", "archive --lock-timeout 1"),
            "report VisitsSummary.get --lock-timeout 1 --date 2026-03-02",
        ):
            assert f"busy: process {holder.pid} has held it for longer than 1 s" in fails(capsys, line, 4)
    finally:
        holder.communicate()
    assert app.run("report VisitsSummary.get --date 2026-03-02".split()) == 0
