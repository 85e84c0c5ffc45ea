"""Lists that a task fetches from a server: what is no list never replaces one. docs/reference/tasks.md."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from helpers_import import new_database, settings_with
from piwikcli.archive.tasks import lists
from piwikcli.archive.tasks.schedule import run_named
from piwikcli.commands import app
from piwikcli.store import Database

OLD = b"Old:\n  - old.example\n"
NEW = b"Mastodon:\n  - mastodon.example\n"


class Handler(BaseHTTPRequestHandler):
    """Answers as the path says."""

    def do_GET(self) -> None:
        if self.path == "/silent":
            self.server.release.wait(10)  # type: ignore[attr-defined]
            return
        if self.path == "/nonsense":
            self.wfile.write(b"this is no HTTP\r\n\r\n")
            return
        body = {"/list": NEW, "/short": NEW, "/page": b"<html>Not here</html>", "/bytes": bytes(range(256))}
        self.send_response(200 if self.path in body else 404)
        content = body.get(self.path, b"")
        self.send_header("Content-Length", str(len(content) + (self.path == "/short")))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.release = threading.Event()  # type: ignore[attr-defined]
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.release.set()  # type: ignore[attr-defined]
    made.shutdown()
    made.server_close()


@pytest.fixture
def database(tmp_path: Path) -> Database:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "Socials.yml").write_bytes(OLD)
    return new_database(tmp_path / "piwik.duckdb")


def refreshed(database: Database, origin: str) -> tuple[str, bytes]:
    """What the task says, and what the list is afterwards."""
    data = database.path.parent / "data"
    settings = settings_with({"lists.socials": origin, "data_dir": str(data)})
    [ran] = run_named(database, settings, "Referrers.updateSocials", datetime(2026, 6, 15)) or []
    assert [path.name for path in data.iterdir()] == ["Socials.yml"]
    return ran.output, (data / "Socials.yml").read_bytes()


def test_a_newer_list_takes_the_old_ones_place(database: Database, server: str) -> None:
    assert refreshed(database, f"{server}/list") == ("Socials.yml replaced (31 bytes)", NEW)
    assert refreshed(database, f"{server}/list") == ("Socials.yml is up to date", NEW)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/gone", "HTTP Error 404: Not Found"),
        ("/page", "not a list of definitions"),
        ("/bytes", "not a list of definitions"),
        ("/short", "only 31 of 32 bytes arrived"),
        ("/nonsense", "this is no HTTP"),
        ("/silent", "timed out"),
    ],
)
def test_anything_else_leaves_it_in_its_place(
    database: Database, server: str, path: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "TIMEOUT", 0.3 if path == "/silent" else 60)
    output, left = refreshed(database, server + path)
    assert output.startswith("ERROR: ")
    assert said in output
    assert "\n" not in output
    assert left == OLD


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ("http://127.0.0.1:9/list", "Connection refused"),
        ("ftp://example.org/list", "only http and https addresses, or a file"),
        ("http://[broken/list", "Invalid IPv6 URL"),
        ("/nowhere/list", "No such file or directory"),
    ],
)
def test_addresses_that_lead_nowhere(database: Database, origin: str, said: str) -> None:
    output, left = refreshed(database, origin)
    assert output.startswith("ERROR: ")
    assert said in output
    assert left == OLD


def test_the_command_says_it_in_one_line_and_fails(
    database: Database, server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIWIK_LISTS_SOCIALS", f"{server}/gone")
    monkeypatch.setenv("PIWIK_DATA_DIR", str(database.path.parent / "data"))
    assert app.run(["tasks", "run", "Referrers.updateSocials", "--db", str(database.path)]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert f"Referrers.updateSocials: ERROR: {server}/gone: HTTP Error 404: Not Found (" in line
