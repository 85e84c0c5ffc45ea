"""Forgetting somebody, and anonymising old visits. docs/how-to/privacy.md."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from helpers_import import (
    FIREFOX,
    archive_all,
    hit,
    import_lines,
    new_database,
    numbers,
    query,
    record,
    settings_with,
)
from piwikcli.archive.periods import Period
from piwikcli.archive.tasks.schedule import run_named
from piwikcli.commands import app
from piwikcli.errors import UsageError
from piwikcli.ingest.importer import Importer, ImportOptions
from piwikcli.ingest.privacy import Privacy
from piwikcli.ingest.sitebook import SiteOptions
from piwikcli.store import Database, unused
from piwikcli.store.forgetting import forget
from piwikcli.store.retention import anonymous, masked

DAY = Period.of("day", date(2026, 3, 2))
NEXT = Period.of("day", date(2026, 3, 3))


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """Ann on two days and two addresses, bob, and somebody unknown, with lines that could not be read."""
    lines = [
        hit("2026-03-02 10:00:00", "/a", ip="203.0.113.1", user="ann"),
        "203.0.113.1 - ann garbage",
        hit("2026-03-02 11:00:00", "/b", ip="203.0.113.11", user="bob"),
        "203.0.113.11 - - garbage",
        hit("2026-03-02 12:00:00", "/c", ip="2001:db8::1"),
        "\xff\xfe garbage of 2001:db8::1",
        hit("2026-03-03 10:00:00", "/a", ip="203.0.113.2", user="ann"),
    ]
    made = new_database(tmp_path / "piwik.duckdb")
    import_lines(made, tmp_path, lines)
    archive_all(made)
    return made


def forgotten(database: Database, **who: Any) -> tuple[int, int, int]:
    """Visits, requests and rejected lines."""
    with database.write() as connection:
        done = forget(connection, **who)
    return done.visits, done.requests, done.rejects


def rejects(database: Database) -> list[str]:
    found = query(database, "SELECT content FROM reject ORDER BY line")
    return [content.decode("utf-8", "replace") for (content,) in found]


def everything(database: Database) -> str:
    """All that any table holds, as text."""
    tables = [name for (name,) in query(database, "SELECT table_name FROM duckdb_tables()")]
    return "".join(repr(query(database, f"SELECT * FROM {name}")) for name in tables)


def test_a_user_is_forgotten(database: Database) -> None:
    assert record(database, DAY, "UserId_users", "nb_visits") == {"ann": 1, "bob": 1}
    assert forgotten(database, user_id="ann") == (2, 2, 1)
    archive_all(database)
    assert numbers(database, DAY)["nb_visits"] == 2
    assert record(database, DAY, "UserId_users", "nb_visits") == {"bob": 1}
    assert rejects(database)[0] == ""
    assert rejects(database)[1] == "203.0.113.11 - - garbage"
    assert not re.search(r"\bann\b", everything(database))
    assert "203.0.113.2'" not in everything(database)


def test_an_address_is_forgotten_and_one_that_begins_like_it_is_not(database: Database) -> None:
    assert forgotten(database, ip="203.0.113.1") == (1, 1, 1)
    assert rejects(database)[:2] == ["", "203.0.113.11 - - garbage"]
    assert query(database, "SELECT user_id FROM visit ORDER BY visit_first_action_time") == [
        ("bob",),
        (None,),
        ("ann",),
    ]
    assert "'203.0.113.1'" not in everything(database)


def test_networks_and_long_addresses(database: Database) -> None:
    assert forgotten(database, ip="2001:0db8::/32") == (1, 1, 1)
    assert forgotten(database, ip="203.0.113.0/28") == (3, 3, 2)
    assert query(database, "SELECT count(*) FROM visit") == [(0,)]


def test_a_visitor_is_forgotten_at_one_site(database: Database) -> None:
    [(visitor,)] = query(database, "SELECT DISTINCT printf('%016x', idvisitor) FROM visit WHERE user_id = 'bob'")
    assert forgotten(database, visitor=visitor, idsite=2) == (0, 0, 0)
    assert forgotten(database, visitor=visitor, idsite=1) == (1, 1, 0)
    with pytest.raises(UsageError, match="16 hexadecimal digits"):
        forgotten(database, visitor="bob")
    with pytest.raises(UsageError, match="no address"):
        forgotten(database, ip="here")


def test_a_line_stays_counted_and_is_not_imported_again(database: Database, tmp_path: Path) -> None:
    forgotten(database, user_id="ann")
    [(lines,)] = query(database, "SELECT sum(lines) FROM ledger WHERE outcome = 'imported'")
    assert lines == 4
    import_lines(database, tmp_path, (tmp_path / "access.log").read_text("utf-8").splitlines())
    assert query(database, "SELECT count(*) FROM visit WHERE user_id = 'ann'") == [(0,)]


def test_the_command_asks_for_one_person_and_can_look_first(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    db = ["--db", str(database.path)]
    assert app.run(["forget", *db]) == 2
    assert "one of --visitor ID, --ip ADDRESS and --user-id ID" in capsys.readouterr().err
    assert app.run(["forget", "--user-id", "ann", "--dry-run", *db]) == 0
    said = capsys.readouterr().err
    assert "would delete 2 visits with 2 requests; 1 rejected lines blanked; 5 archives out of date" in said
    assert query(database, "SELECT count(*) FROM visit WHERE user_id = 'ann'") == [(2,)]
    assert app.run(["forget", "--user-id", "ann", "--yes", *db]) == 0
    assert query(database, "SELECT count(*) FROM visit WHERE user_id = 'ann'") == [(0,)]


# --- anonymising ---


@pytest.mark.parametrize(
    ("ip", "mask", "wanted"),
    [
        ("198.51.100.23", 0, "198.51.100.23"),
        ("198.51.100.23", 1, "198.51.100.0"),
        ("198.51.100.23", 2, "198.51.0.0"),
        ("198.51.100.23", 3, "198.0.0.0"),
        ("198.51.100.23", 4, "0.0.0.0"),
        ("2001:db8:1:2:3:4:5:6", 1, "2001:db8:1:2::"),
        ("2001:db8:1:2:3:4:5:6", 2, "2001:db8:1::"),
        ("2001:db8:1:2:3:4:5:6", 3, "2001:d00::"),
        ("2001:db8:1:2:3:4:5:6", 4, "::"),
        ("::ffff:123.45.67.89", 2, "::ffff:123.45.0.0"),
        ("-", 2, "0.0.0.0"),
        ("50.112.00.28", 1, "0.0.0.0"),
    ],
)
def test_masks(ip: str, mask: int, wanted: str) -> None:
    assert masked(ip, mask) == wanted


def test_addresses_are_masked_after_visitors_are_told_apart(tmp_path: Path) -> None:
    """Three addresses in one network: three visitors, one client; the log is still known afterwards."""
    database = new_database(tmp_path / "piwik.duckdb")
    lines = [hit(f"10:00:0{n}", "/a", ip=f"203.0.113.{n}") for n in range(3)]
    masking = Privacy(ip_mask=1)
    assert import_lines(database, tmp_path, lines, privacy=masking).outcome("imported") == 3
    assert query(database, "SELECT ip, hex(location_ip) FROM client") == [("203.0.113.0", "00" * 10 + "FFFFCB007100")]
    assert query(database, "SELECT count(*), count(DISTINCT idvisitor) FROM visit") == [(3, 3)]
    more = [*lines, hit("10:00:05", "/b", ip="203.0.113.1")]
    assert import_lines(database, tmp_path, more, name="grown.log", privacy=masking).outcome("imported") == 1
    assert query(database, "SELECT count(*), max(visit_total_actions) FROM visit") == [(3, 2)]


def test_addresses_of_tracking_requests_are_masked_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    sent = (f"idsite=1&rec=1&url=http://example.org/&cdt=2026-03-02%2010:00:0{n}&cip=203.0.113.{n}" for n in range(3))
    (tmp_path / "requests.txt").write_text("".join(f"{line}\n" for line in sent))
    monkeypatch.setenv("PIWIK_PRIVACY_IP_MASK", "2")
    assert app.run(["import-requests", str(tmp_path / "requests.txt"), "--db", str(database.path)]) == 0
    assert query(database, "SELECT ip FROM client") == [("203.0.0.0",)]
    assert query(database, "SELECT count(DISTINCT idvisitor) FROM visit") == [(3,)]


def test_a_log_is_known_after_its_addresses_are_masked_or_forgotten(tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    lines = [hit(f"10:00:0{n}", "/a", ip=f"203.0.113.{n}") for n in range(4)]
    import_lines(database, tmp_path, lines)
    forgotten(database, ip="203.0.113.2")
    settings = settings_with({"privacy.anonymize_after": 1})
    run_named(database, settings, "PrivacyManager.anonymizePastData", datetime(2026, 3, 9))
    more = [*lines, hit("10:00:09", "/b", ip="203.0.113.1")]
    assert import_lines(database, tmp_path, more, name="grown.log").outcome("imported") == 1
    assert query(database, "SELECT count(*) FROM request") == [(4,)]


def test_old_visits_lose_their_addresses_and_user_ids(database: Database, tmp_path: Path) -> None:
    settings = settings_with({"privacy.anonymize_after": 10, "privacy.ip_mask": 1})
    now = datetime(2026, 3, 13, 1)
    [ran] = run_named(database, settings, "PrivacyManager.anonymizePastData", now) or []
    assert ran.output == "3 visits anonymised"  # those of 2 March
    [(secret,)] = query(database, "SELECT value FROM option WHERE name = 'visitors.secret'")
    found = query(
        database,
        "SELECT c.ip, v.user_id FROM visit v JOIN client c USING (idclient) ORDER BY visit_first_action_time",
    )
    ann, bob = (anonymous(secret, name) for name in ("ann", "bob"))
    assert found == [("203.0.113.0", ann), ("203.0.113.0", bob), ("2001:db8::", None), ("203.0.113.2", "ann")]
    assert query(database, "SELECT count(*) FROM client WHERE ip = '203.0.113.1'") == [(0,)]
    [ran] = run_named(database, settings, "PrivacyManager.anonymizePastData", now) or []
    assert ran.output == "0 visits anonymised"
    # visits and their numbers stay
    archive_all(database)
    assert numbers(database, DAY)["nb_uniq_visitors"] == 3
    import_lines(database, tmp_path, [hit("2026-03-03 10:10:00", "/z", ip="203.0.113.2", user="ann")], name="b.log")
    assert query(database, "SELECT visit_total_actions FROM visit WHERE user_id = 'ann'") == [(2,)]
    assert FIREFOX in everything(database)


# --- names that nothing uses ---


def names(database: Database) -> list[str]:
    return [name for (name,) in query(database, "SELECT name FROM log_action ORDER BY name")]


def labels(database: Database) -> list[str]:
    return [label for (label,) in query(database, "SELECT label FROM archive_path ORDER BY label")]


def test_every_column_with_names_is_known(tmp_path: Path) -> None:
    """A table that gets such a column must be looked at before a name is deleted."""
    found = query(
        new_database(tmp_path / "piwik.duckdb"),
        "SELECT table_name, column_name FROM duckdb_columns() JOIN duckdb_tables() USING (table_name) "
        "WHERE column_name LIKE '%idaction%' AND table_name NOT IN ('log_action', 'action_path')",
    )
    known = {
        (table, column.removeprefix("unnest(").removesuffix(")"))
        for table, columns in unused.COLUMNS.items()
        for column in columns
    }
    assert set(found) == known


def test_names_go_with_the_visits_that_had_them(database: Database, tmp_path: Path) -> None:
    """A page of forgotten visits alone goes as soon as no archive shows it; the others stay."""
    import_lines(database, tmp_path, [hit("2026-03-04 10:00:00", "/of/ann", user="ann")], name="ann.log")
    assert names(database)[-1] == "example.org/of/ann"
    assert forgotten(database, user_id="ann") == (3, 3, 1)
    assert names(database) == ["example.org/a", "example.org/b", "example.org/c"]  # /a is in an archive still
    archive_all(database)
    assert "of" not in labels(database)
    settings, now = settings_with(), datetime(2026, 3, 9)
    run_named(database, settings, "CoreAdminHome.purgeInvalidatedArchives", now)  # the days were hers alone
    [ran] = run_named(database, settings, "CoreAdminHome.purgeOrphanedArchives", now) or []
    assert ran.output == "0 archives of deleted sites deleted, 1 names that nothing uses"
    assert names(database) == ["example.org/b", "example.org/c"]
    assert [label for label in labels(database) if label.startswith("/")] == ["/b", "/c"]


def test_an_import_goes_on_while_names_and_addresses_are_deleted(tmp_path: Path) -> None:
    """Between two batches of one run everything that the first one brought is forgotten."""
    database = new_database(tmp_path / "piwik.duckdb")
    file = tmp_path / "access.log"
    lines = [hit(f"10:{n // 60:02}:{n % 60:02}", f"/{'a' if n % 2 else 'b'}") for n in range(400)]
    file.write_text("".join(f"{line}\n" for line in lines))
    done: list[int] = []

    def purge(*_: object) -> None:
        if not done:
            done.append(forgotten(database, ip="203.0.113.1")[1])
            with database.write() as connection:
                unused.delete_unused(connection)

    options = ImportOptions(sites=SiteOptions(1), batch_bytes=20_000)
    assert Importer(database, options, purge).run([str(file)]).outcome("imported") == 400
    assert 0 < done[0] < 400
    known = "JOIN log_action ON idaction = idaction_url JOIN client USING (idclient) WHERE ip = '203.0.113.1'"
    assert query(database, f"SELECT count(*) FROM request {known}") == [(400 - done[0],)]
    assert names(database) == ["example.org/a", "example.org/b"]
