"""Visits are a function of the requests, not of the order in which they arrived. docs/explanation/importing.md.

Every table is compared in every column, ids apart (`facts`).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from helpers_import import (
    FIREFOX,
    SAFARI,
    archive_all,
    assert_same,
    facts,
    hit,
    import_files,
    import_lines,
    new_database,
    rich_log,
    text,
)

PIECES = 20

few = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),  # a failing order is as good as a shorter one
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def pieces_of(lines: Sequence[str], rng: random.Random) -> list[list[str]]:
    """The log cut into PIECES at random places; every line of `rich_log` has a second of its own."""
    cuts = sorted(rng.sample(range(1, len(lines)), PIECES - 1))
    return [list(lines[a:b]) for a, b in zip([0, *cuts], [*cuts, len(lines)], strict=True)]


def write_all(folder: Path, pieces: Sequence[Sequence[str]]) -> list[Path]:
    folder.mkdir()
    files = [folder / f"{number}.log" for number in range(len(pieces))]
    for file, piece in zip(files, pieces, strict=True):
        file.write_bytes(text(piece))
    return files


@few
@given(seed=st.integers(0, 10**6))
def test_twenty_pieces_in_random_order_give_what_the_whole_gives(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    log, rng = rich_log(seed, visits=45), random.Random(seed)
    whole = new_database(folder / "whole.duckdb", timezone="Europe/Berlin")
    import_lines(whole, folder, log, format_name="combined")
    files = write_all(folder / "pieces", pieces_of(log, rng))
    rng.shuffle(files)
    cut = new_database(folder / "cut.duckdb", timezone="Europe/Berlin")
    import_files(cut, *files[:7], format_name="combined")
    archive_all(cut)  # what comes later makes it out of date
    import_files(cut, *files[7:], format_name="combined")
    archive_all(whole)
    archive_all(cut)
    assert_same(facts(cut), facts(whole))


@few
@given(seed=st.integers(0, 10**6))
def test_also_where_visitors_are_known_across_days(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    log, rng = rich_log(seed, visits=40), random.Random(seed)
    known = {"daily_salt": False, "look_back": 40_000, "format_name": "combined"}
    whole = new_database(folder / "whole.duckdb")
    import_lines(whole, folder, log, **known)
    files = write_all(folder / "pieces", pieces_of(log, rng))
    rng.shuffle(files)
    cut = new_database(folder / "cut.duckdb")
    import_files(cut, *files, **known)
    assert_same(facts(cut), facts(whole))


@pytest.mark.parametrize("batch_bytes", [1024, 5000, 20_000])
def test_the_size_of_batches_does_not_matter(tmp_path: Path, batch_bytes: int) -> None:
    log = rich_log(7, visits=25, host=True)
    options = {"idsite": None, "batch_bytes": 1 << 20}
    whole = new_database(tmp_path / "whole.duckdb", site=False)
    import_lines(whole, tmp_path, log, **options)
    cut = new_database(tmp_path / "cut.duckdb", site=False)
    import_lines(cut, tmp_path, log, **{**options, "batch_bytes": batch_bytes})
    assert_same(facts(cut, places=True), facts(whole, places=True))


def test_three_servers_one_after_the_other_or_interleaved(tmp_path: Path) -> None:
    log = rich_log(11, visits=80)
    servers: list[list[str]] = [[], [], []]
    rng = random.Random(5)
    for line in log:
        rng.choice(servers).append(line)
    together = new_database(tmp_path / "together.duckdb", timezone="Asia/Kathmandu")
    import_lines(together, tmp_path, log)
    files = write_all(tmp_path / "servers", servers)
    apart = new_database(tmp_path / "apart.duckdb", timezone="Asia/Kathmandu")
    import_files(apart, *reversed(files))
    for database in (together, apart):
        archive_all(database)
    assert_same(facts(apart), facts(together))


def test_one_run_a_piece_is_one_run_of_all(tmp_path: Path) -> None:
    pieces = pieces_of(rich_log(3, visits=30), random.Random(1))
    files = write_all(tmp_path / "pieces", pieces)
    at_once, one_by_one = new_database(tmp_path / "a.duckdb"), new_database(tmp_path / "b.duckdb")
    import_files(at_once, *files, format_name="combined")
    for file in files[::-1][:8] + files[:-8]:
        import_files(one_by_one, file, format_name="combined")
    assert_same(facts(one_by_one), facts(at_once))


# --- small cases, each the smallest that can go wrong ---

CASES = {
    "a request joins two visits": [
        hit("10:00:00", "/a"),
        hit("10:20:00", "/b"),
        hit("10:40:00", "/c"),
    ],
    "a campaign splits a visit": [
        hit("10:00:00", "/a", referrer="https://www.google.com/"),
        hit("10:05:00", "/b?utm_campaign=spring"),
        hit("10:10:00", "/c"),
    ],
    "an earlier referrer replaces direct entry": [
        hit("10:00:00", "/a"),
        hit("10:05:00", "/b", referrer="https://www.google.com/"),
        hit("10:10:00", "/c", referrer="https://www.facebook.com/"),
    ],
    "a URL's prefix is that of its first request": [
        hit("10:00:00", "/a", host="example.org"),
        hit("10:05:00", "/a", host="www.example.org"),
    ],
    "a user takes over a visit of nobody": [
        hit("10:00:00", "/a"),
        hit("10:10:00", "/b", user="ann"),
        hit("10:20:00", "/c", ip="203.0.113.9", agent=SAFARI, user="ann"),
    ],
    "a user is known on the next day": [
        hit("2026-03-02 10:00:00", "/a", user="ann"),
        hit("2026-03-03 10:00:00", "/b", ip="203.0.113.9", user="ann"),
        hit("2026-03-04 10:00:00", "/c", ip="203.0.113.9", user="ann"),
    ],
    "two users at one computer": [
        hit("10:00:00", "/a", user="ann"),
        hit("10:01:00", "/b", user="bob"),
        hit("10:02:00", "/c"),
        hit("10:03:00", "/d", user="ann"),
    ],
    "nobody, long before the user of the same computer": [
        hit("08:00:00", "/a"),
        hit("08:10:00", "/b"),
        hit("10:00:00", "/c", user="ann"),
    ],
    "nobody's visits between a user's": [
        hit("08:00:00", "/a", user="ann"),
        hit("09:00:00", "/b"),
        hit("09:25:00", "/c"),
        hit("10:00:00", "/d", user="ann"),
    ],
    "a user, then nobody with a campaign": [
        hit("10:00:00", "/a", user="ann", referrer="https://www.google.com/"),
        hit("10:20:00", "/b?utm_campaign=spring"),
        hit("10:45:00", "/c"),
        hit("10:55:00", "/d"),
    ],
    "a search and a download first": [
        hit("10:00:00", "/files/a.pdf"),
        hit("10:01:00", "/search?q=x"),
        hit("10:02:00", "/a"),
    ],
    "returning within the look-back": [
        hit("10:00:00", "/a"),
        hit("10:30:00", "/b"),
        hit("11:00:00", "/c"),
        hit("11:29:59", "/d"),
    ],
    "a day's last seconds": [
        hit("2026-03-02 23:50:00", "/a"),
        hit("2026-03-03 00:00:00", "/b"),
        hit("2026-03-03 00:10:00", "/c"),
    ],
}


@pytest.mark.parametrize("name", CASES)
def test_every_order_of_a_few_requests(tmp_path: Path, name: str) -> None:
    lines = CASES[name]
    host = lines[0].startswith(("example", "www"))
    options: dict[str, object] = {"format_name": "common_complete" if host else "combined"}
    whole = new_database(tmp_path / "whole.duckdb")
    import_lines(whole, tmp_path, lines, **options)
    wanted = facts(whole)
    files = write_all(tmp_path / "pieces", [[line] for line in lines])
    orders = [files[::-1], [*files[1:], files[0]], files]
    for number, order in enumerate(orders if len(files) > 2 else orders[:1]):
        cut = new_database(tmp_path / f"{number}.duckdb")
        import_files(cut, *order, **options)
        assert_same(facts(cut), wanted)


def test_facts_see_a_difference(tmp_path: Path) -> None:
    """The comparison itself: another time, another browser, another page."""
    first = new_database(tmp_path / "first.duckdb")
    import_lines(first, tmp_path, [hit("10:00:00")])
    for number, other in enumerate(
        (hit("10:00:01"), hit("10:00:00", agent=SAFARI), hit("10:00:00", "/b"), hit("10:00:00", status=304))
    ):
        second = new_database(tmp_path / f"{number}.duckdb")
        import_lines(second, tmp_path, [other])
        same = facts(second) == facts(first)
        assert same == (" 304 " in other), other
    assert FIREFOX in repr(facts(first)["visit"])
