"""Options of import-logs beside formats and drop rules. docs/reference/cli.md and docs/reference/log-formats.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from helpers_import import hit, import_files, import_lines, new_database, query, text
from piwikcli.commands import log_values
from piwikcli.commands.app import run
from piwikcli.commands.inert_options import FLAGS, WITH_VALUE, without
from piwikcli.errors import UsageError
from piwikcli.ingest.parsing.addresses import Proxies

LINES = [hit(f"10:00:0{n}", f"/{n}") for n in range(6)]


def paths(database: Any) -> list[str]:
    return [
        row[0].removeprefix("example.org")
        for row in query(
            database,
            "SELECT name FROM request JOIN log_action a ON idaction = idaction_url ORDER BY server_time, name",
        )
    ]


def test_the_first_lines_of_a_run_can_be_skipped(tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    (tmp_path / "a.log").write_bytes(text([*LINES[:2], "", "garbage"]))
    (tmp_path / "b.log").write_bytes(text(LINES[3:]))
    summary = import_files(database, tmp_path / "b.log", tmp_path / "a.log", skip=5)
    assert paths(database) == ["/4", "/5"]
    assert summary.reasons("dropped") == {"skipped": 4, "blank": 1}
    assert (summary.lines, summary.outcome("imported"), summary.outcome("rejected")) == (7, 2, 0)


def test_files_are_read_in_order_of_time(tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    for name, lines in (("z.log", LINES[:2]), ("a.log", LINES[2:4]), ("m.log", ["garbage", *LINES[4:]])):
        (tmp_path / name).write_bytes(text(lines))
    empty = tmp_path / "empty.log"
    empty.touch()
    summary = import_files(database, tmp_path / "m.log", empty, tmp_path / "a.log", tmp_path / "z.log")
    assert [Path(name).name for name in summary.formats] == ["z.log", "a.log", "m.log"]
    assert summary.problems == []


def test_a_log_whose_header_changes_is_continued_with_the_last_one(tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    log = tmp_path / "iis.log"
    log.write_text(
        "#Fields: date time c-ip cs-uri-stem sc-status sc-win32-status\n2026-03-02 10:00:00 203.0.113.1 /a 200 0\n"
        "#Fields: date time sc-win32-status sc-status cs-uri-stem c-ip\n2026-03-02 10:00:01 0 200 /b 203.0.113.1\n"
    )
    first = import_files(database, log)
    assert (first.formats[str(log)], first.reasons("dropped")) == ("iis", {"comment": 2})
    with log.open("a") as file:
        file.write("2026-03-02 10:00:02 0 200 /c 203.0.113.1\n#Date: x")
    second = import_files(database, log)
    assert (second.lines, second.outcome("already_imported"), second.reasons("dropped")) == (6, 4, {"comment": 1})
    with log.open("a") as file:
        file.write("yz\n2026-03-02 10:00:03 0 200 /d 203.0.113.1\n")
    assert import_files(database, log).fates["dropped", "comment"] == 1
    assert paths(database) == ["/a", "/b", "/c", "/d"]
    dropped = query(database, "SELECT sum(lines) FROM ledger WHERE reason = 'comment'")
    assert dropped == [(3,)]


def test_options_of_matomo_that_have_no_effect_here() -> None:
    given = ["--url=https://m.test", "--token-auth", "abc", "--recorders", "4", "--idsite", "1", "-d", "a.log"]
    assert without(given) == (["--idsite", "1", "a.log"], ["--url", "--token-auth", "--recorders", "-d"])
    assert without(["--", "--url"]) == (["--", "--url"], [])
    assert not WITH_VALUE & FLAGS


def test_an_old_cron_line_still_works(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIWIK_DB", str(tmp_path / "piwik.duckdb"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    log = tmp_path / "access.log"
    log.write_text('203.0.113.1 [02/Mar/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200\n')
    arguments = ["import-logs", "--url=http://matomo.test", "--token-auth", "x", "--recorders=2", str(log)]
    assert run([*arguments, "--log-format", '$remote_addr [$time_local] "$request" $status']) == 0
    said = capsys.readouterr().err
    assert "without effect here: --url, --token-auth, --recorders" in said
    assert "1 lines read = 1 imported" in said
    assert run([*arguments, "--log-date-format", "%d"]) == 2
    assert "--log-date-format needs --log-format-regex" in capsys.readouterr().err
    assert run([*arguments, "--log-format", "$status"]) == 2
    assert "has no time and no path and no client address" in capsys.readouterr().err


def test_values() -> None:
    assert log_values.pairs(["a=b", " c = d=e"], "--x") == {"a": "b", "c": " d=e"}
    with pytest.raises(UsageError, match="--x: 'ab' is not of the form NAME=VALUE"):
        log_values.pairs(["ab"], "--x")
    assert log_values.timezone("+0545") == 20700
    assert str(log_values.timezone("Europe/Berlin")) == "Europe/Berlin"
    with pytest.raises(UsageError, match="there is no time zone CET"):
        log_values.timezone("CET")
    with pytest.raises(UsageError, match="convert the log first"):
        log_values.encoding("utf-16")


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "client"),
    [
        ([], "203.0.113.1", "6.6.6.6", "203.0.113.1"),
        (["10.0.0.0/8"], "10.1.2.3", "203.0.113.1", "203.0.113.1"),
        (["10.0.0.0/8"], "10.1.2.3", "6.6.6.6, 203.0.113.1, 10.9.9.9", "203.0.113.1"),
        (["10.0.0.0/8"], "203.0.113.1", "6.6.6.6", "203.0.113.1"),
        (["10.0.0.0/8"], "10.1.2.3", "-", "10.1.2.3"),
        (["10.0.0.0/8"], "10.1.2.3", "10.0.0.1, 10.0.0.2", "10.0.0.1"),
        (["2001:db8::/32"], "2001:db8::1", "[2001:1::7]:80", "2001:1::7"),
        ([], "", "6.6.6.6, 203.0.113.1", "203.0.113.1"),
        (["::1", "127.0.0.1"], "::ffff:127.0.0.1", "203.0.113.1:4711", "203.0.113.1"),
    ],
)
def test_whose_word_is_taken(trusted: list[str], peer: str, forwarded: str, client: str) -> None:
    assert Proxies.of(trusted).client(peer.encode(), forwarded.encode()) == client.encode()


def test_what_is_no_network() -> None:
    with pytest.raises(UsageError, match=r"--trusted-proxies: 10\.0 is neither"):
        Proxies.of(["10.0"])


def test_addresses_behind_a_proxy(tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    line = (
        '{"ts":1772445600,"request":{"remote_ip":"203.0.113.1","method":"GET","host":"example.org","uri":"/a",'
        '"headers":{"User-Agent":["UA"]}},"user_id":"","duration":0.01,"size":1,"status":200,"resp_headers":{}}'
    )
    import_lines(database, tmp_path, [line])
    assert query(database, "SELECT ip FROM client") == [("203.0.113.1",)]
