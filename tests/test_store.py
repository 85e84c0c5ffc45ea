"""The DuckDB file: transactions, locks, migrations, sites, options."""

from __future__ import annotations

import os
import threading
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from piwikcli.errors import BusyError, InputError, PiwikError, UsageError
from piwikcli.store import Database, number, one, sites
from piwikcli.store.options import record_settings


@pytest.fixture
def database(tmp_path: Path) -> Database:
    found = Database.at(tmp_path / "deep" / "piwik.duckdb", lock_timeout=0)
    with found.write():
        pass
    return found


def test_a_block_is_a_transaction(database: Database) -> None:
    with database.write() as connection:
        connection.execute("INSERT INTO option VALUES ('a', '1')")

    def fail_after_writing() -> None:
        with database.write() as connection:
            connection.execute("INSERT INTO option VALUES ('b', '2')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_writing()
    with database.read() as connection:
        assert one(connection, "SELECT value FROM option WHERE name = 'a'") == ("1",)
        assert one(connection, "SELECT value FROM option WHERE name = 'b'") is None
        assert number(connection, "SELECT max(value) FROM option WHERE name = 'none'") == 0


def test_readers_cannot_write(database: Database) -> None:
    with database.read() as connection, pytest.raises(duckdb.InvalidInputException, match="read-only"):
        connection.execute("INSERT INTO option VALUES ('a', '1')")


def test_a_new_database_gets_its_secret_once(database: Database) -> None:
    with database.read() as connection:
        before = one(connection, "SELECT value FROM option WHERE name = 'visitors.secret'")
    with database.write() as connection:
        assert one(connection, "SELECT value FROM option WHERE name = 'visitors.secret'") == before
    assert len(before[0]) == 32


def test_times_are_utc(database: Database) -> None:
    with database.read() as connection:
        assert one(connection, "SELECT make_timestamp(0)") == (datetime(1970, 1, 1),)
        assert one(connection, "SELECT current_setting('TimeZone')") == ("UTC",)


def test_nothing_is_made_by_reading(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "none.duckdb")
    with pytest.raises(InputError, match="no database yet; import a log first"), database.read():
        pass
    assert list(tmp_path.iterdir()) == []
    assert not database.exists()


def test_writers_take_turns(database: Database) -> None:
    order: list[str] = []
    patient = Database.at(database.path, lock_timeout=20)
    inside, go = threading.Event(), threading.Event()

    def first() -> None:
        with database.write() as connection:
            inside.set()
            go.wait(10)
            order.append("first")
            connection.execute("INSERT INTO option VALUES ('turn', 'first')")

    def second() -> None:
        with patient.write() as connection:
            order.append("second")
            connection.execute("UPDATE option SET value = value || ', second' WHERE name = 'turn'")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert inside.wait(10)
    threads[1].start()
    with pytest.raises(BusyError, match=f"busy: process {os.getpid()} has held it"), database.write():
        pass
    go.set()
    for thread in threads:
        thread.join(20)
    assert order == ["first", "second"]
    with database.read() as connection:
        assert one(connection, "SELECT value FROM option WHERE name = 'turn'") == ("first, second",)


def test_a_newer_database_is_refused(database: Database) -> None:
    with database.write() as connection:
        connection.execute("INSERT INTO migration VALUES ('29991231_future', now()::TIMESTAMP)")
    with (
        pytest.raises(PiwikError, match=r"made by a newer piwikcli \(it has 29991231_future\); upgrade"),
        database.write(),
    ):
        pass


def test_settings_of_the_first_import_are_remembered(database: Database) -> None:
    with database.write() as connection:
        assert record_settings(connection, {"visitors.salt": "daily"}) == []
        assert record_settings(connection, {"visitors.salt": "daily"}) == []
        [note] = record_settings(connection, {"visitors.salt": "none"})
    assert note == "visitors.salt is none, but this database began with daily: new data will differ from old"


def test_sites(database: Database) -> None:
    with database.write() as connection:
        assert sites.add(connection, name="A", urls=["http://a.test", "http://b.test"]) == 1
        assert sites.add(connection, name="B", urls=(), timezone="Europe/Berlin", excluded_ips=("10.0.0.0/8",)) == 2
        sites.update(connection, 1, name="AA", keep_url_fragments=True)
        with pytest.raises(UsageError, match=r"a site has no setting timezon\. Did you mean timezone\?"):
            sites.update(connection, 1, timezon="UTC")
        with pytest.raises(UsageError, match="no site 3; there are: 1, 2"):
            sites.get(connection, 3)
    with database.read() as connection:
        one_, two = sites.all_sites(connection)
    assert (one_.name, one_.main_url, one_.urls, one_.keep_url_fragments) == (
        *("AA", "http://a.test"),
        ("http://a.test", "http://b.test"),
        True,
    )
    assert (two.main_url, two.timezone, two.excluded_ips) == ("", "Europe/Berlin", ("10.0.0.0/8",))
