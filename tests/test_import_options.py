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
from piwikcli.ingest.formats import named
from piwikcli.ingest.jobs import ImportOptions
from piwikcli.ingest.parsing.addresses import Proxies
from piwikcli.ingest.sitebook import SiteOptions
from piwikcli.ingest.tracking.importer import ReplayImporter
from piwikcli.ingest.tracking.logs import LogImporter
from piwikcli.ingest.variables import Variables
from piwikcli.store import Database

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


def test_a_run_ends_after_so_many_requests(tmp_path: Path) -> None:
    """Not so many lines; nothing behind the last one is claimed, and a later run goes on there."""
    database, log = new_database(tmp_path / "piwik.duckdb"), tmp_path / "a.log"
    lines = [line for n, one in enumerate(LINES) for line in (hit(f"10:00:0{n}", f"/{n}.png"), one)]
    log.write_bytes(text([*lines, "garbage"]).rstrip(b"\n"))
    (tmp_path / "b.log").write_bytes(text([hit("11:00:00", "/later")]))
    first = import_files(database, log, tmp_path / "b.log", limit=4)
    assert (first.lines, first.outcome("imported"), first.reasons("dropped")) == (8, 4, {"static": 4})
    assert first.files == 1
    assert first.notes == ["stopped after 4 requests; a run without --debug-request-limit goes on"]
    assert query(database, "SELECT committed, lines FROM source") == [(len(text(lines[:8])), 8)]
    second = import_files(database, log, tmp_path / "b.log", limit=100)
    assert (second.outcome("already_imported"), second.outcome("imported"), second.outcome("rejected")) == (8, 3, 1)
    assert second.notes == []
    assert paths(database) == ["/0", "/1", "/2", "/3", "/4", "/5", "/later"]
    ledger = query(database, "SELECT outcome, sum(lines) FROM ledger GROUP BY ALL ORDER BY ALL")
    assert ledger == [("already_imported", 8), ("dropped", 6), ("imported", 7), ("rejected", 1)]


def test_it_ends_there_whatever_way_the_lines_take(tmp_path: Path) -> None:
    """Logs with custom variables, and those of a tracking endpoint."""
    database, log = new_database(tmp_path / "piwik.duckdb"), tmp_path / "a.log"
    log.write_bytes(text(LINES))
    options = ImportOptions(sites=SiteOptions(1), variables=Variables(http_method=True), limit=2)
    assert LogImporter(database, options).run([str(log)]).outcome("imported") == 2
    assert paths(database) == ["/0", "/1"]
    replay = tmp_path / "replay.log"
    url = "/matomo.php?idsite=1&rec=1&url=http://example.org/r"
    replay.write_bytes(text(hit(f"11:00:0{n}", f"{url}{n}", agent="UA") for n in range(6)))
    summary = ReplayImporter(database, ImportOptions(limit=3)).run([str(replay)])
    assert (summary.lines, summary.outcome("imported")) == (3, 3)
    assert paths(database) == ["/0", "/1", "/r0", "/r1", "/r2"]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIWIK_DB", str(tmp_path / "piwik.duckdb"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.mark.usefixtures("environment")
def test_everything_that_a_run_says_can_go_into_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, said = tmp_path / "a.log", tmp_path / "import.txt"
    log.write_bytes(text([hit("10:00:00", host="shop.test")]))
    said.write_text("before\n")
    arguments = ["import-logs", "--url", "http://matomo.test", "--output", str(said), str(log)]
    assert run([*arguments, "--summary-json"]) == 0
    assert run([*arguments, str(tmp_path / "missing.log")]) == 5
    assert capsys.readouterr() == ("", "")
    lines = said.read_text().splitlines()
    assert lines[:2] == ["before", "without effect here: --url"]
    assert lines[3].startswith("1 lines read = 1 imported")
    assert '"imported": 1' in lines[4]
    assert lines[-1] == f"piwik: {tmp_path}/missing.log: no such file or directory"
    assert run(["import-logs", "--output", str(tmp_path), str(log)]) == 2
    assert capsys.readouterr().err == f"piwik: --output {tmp_path}: cannot be written: Is a directory\n"


@pytest.mark.usefixtures("environment")
def test_a_format_can_be_printed_and_given_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, same = tmp_path / "a.log", tmp_path / "b.log"
    log.write_bytes(text([hit("10:00:00", "/a b", host="shop.test")]))
    same.write_bytes(log.read_bytes())
    assert run(["import-logs", "--dump-log-regex", str(log), str(same)]) == 0
    printed = capsys.readouterr()
    assert printed.err == f"{log}: common_complete\n{same}: common_complete\n"
    assert not (tmp_path / "piwik.duckdb").exists()
    [regex] = printed.out.splitlines()
    assert run(["import-logs", "--log-format-regex", regex, "--dry-run", str(log)]) == 0
    assert "site 1 would be created: shop.test (http://shop.test, UTC)\n" in capsys.readouterr().err
    assert run(["import-logs", "--log-format-regex", regex, str(log)]) == 0
    assert "site 1 created: shop.test" in capsys.readouterr().err
    json = tmp_path / "c.log"
    json.write_text(named("nginx_json").sample)
    assert run(["import-logs", "--dump-log-regex", str(json)]) == 2
    assert "no regular expression describes JSON; --log-format-name nginx_json reads it" in capsys.readouterr().err
    json.write_text(named("shoutcast").sample)
    assert run(["import-logs", "--dump-log-regex", str(json)]) == 0
    assert "the expression takes user_agent as they stand; shoutcast decodes them" in capsys.readouterr().err


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--log-format-regex", "(?P<ip>.)"], "no named group is a time and none a path"),
        (["--log-format-regex", "("], "'(' is not a regular expression: missing )"),
        (["--w3c-field-regex", "x=("], "'(' is not a regular expression: missing )"),
        (["--w3c-field-regex", r"x=\d+"], "'\\\\d+' of x has no named group"),
        (
            ["--exclude-path-from", "nope.txt"],
            "--exclude-path-from nope.txt: cannot be read: No such file or directory",
        ),
        (["--follow", "-"], "--follow reads files, not stdin"),
    ],
)
def test_wrong_options_are_said_before_anything_is_read(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["import-logs", *options, str(tmp_path / "missing.log")]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not (tmp_path / "piwik.duckdb").exists()


@pytest.mark.usefixtures("environment")
def test_lines_of_unknown_hosts_can_be_had_later(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the note says: only these hosts, so that no line counts twice."""
    log = tmp_path / "a.log"
    log.write_bytes(text([hit("10:00:00", "/a", host="shop.test"), hit("10:00:01", "/b", host="blog.test")]))
    assert run(["sites", "add", "--name", "Shop", "--url", "http://shop.test"]) == 0
    assert run(["import-logs", str(log)]) == 0
    assert "no site has these hosts: blog.test; for their lines run it again with" in capsys.readouterr().err
    assert run(["import-logs", "--add-sites-new-hosts", "--hostname", "blog.test", str(log)]) == 0
    assert "1 imported + 1 dropped (hostname 1)" in capsys.readouterr().err
    database = Database.at(tmp_path / "piwik.duckdb")
    assert query(database, "SELECT idsite, byte_offset > 0 FROM request ORDER BY 1") == [(1, False), (2, True)]


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
