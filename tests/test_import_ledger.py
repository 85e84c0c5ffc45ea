"""The ledger balances: lines read = imported + dropped + rejected + already imported.

See docs/explanation/importing.md.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers_import import hit, import_files, import_lines, new_database, query, rich_log

sys.path.append(str(Path(__file__).resolve().parent.parent / "benchmarks"))
from damage import damaged

LINES = rich_log(1, visits=130, days=2)
GOOD = [line for line in LINES if not line.startswith("garbage")]


def check(folder: Path, content: bytes, bad: dict[int, bytes], good: int, **options: object) -> None:
    """Every bad line (number from 1 -> text) is in `reject`, every other one is counted."""
    database = new_database(folder / "piwik.duckdb")
    file = folder / "access.log"
    file.write_bytes(content)
    summary = import_files(database, file, format_name="combined", **options)
    lines = content.split(b"\n")[:-1]
    assert summary.lines == len(lines)
    assert summary.outcome("rejected") == len(bad)
    assert summary.outcome("imported") + summary.outcome("dropped") == good
    assert summary.lines == sum(summary.outcome(o) for o in ("imported", "dropped", "rejected", "already_imported"))
    kept = query(database, "SELECT line, byte_offset, reason, content FROM reject ORDER BY line")
    assert {line: bytes(text) for line, _, _, text in kept} == {n: text[:4096] for n, text in bad.items()}
    for number, offset, reason, _ in kept:
        assert content.count(b"\n", 0, offset) == number - 1
        assert content[offset:].startswith(bad[number][:4096])
        assert reason in {"no_match", "no_time", "time_out_of_range", "bad_request", "line_too_long"}
    stored = query(database, "SELECT outcome, reason, sum(lines)::INT FROM ledger GROUP BY ALL")
    assert {(outcome, reason): n for outcome, reason, n in stored} == dict(summary.fates)
    assert query(database, "SELECT count(*) FROM request") == [(summary.outcome("imported"),)]
    offsets = {offset for (offset,) in query(database, "SELECT byte_offset FROM request")}
    starts = {0, *(at + 1 for at, char in enumerate(content) if char == 10)}
    assert len(offsets) == summary.outcome("imported")
    assert offsets <= starts


@settings(max_examples=4, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**6),
    batch=st.sampled_from([30_000, 1 << 20]),
    newline=st.sampled_from(["\n", "\r\n"]),
)
@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.5])
def test_no_good_line_is_lost_and_every_bad_one_is_kept(
    tmp_path_factory: pytest.TempPathFactory, share: float, seed: int, batch: int, newline: str
) -> None:
    rng = Random(seed)
    bad: dict[int, bytes] = {}
    content: list[bytes] = []
    for number, line in enumerate(GOOD, 1):
        raw = line.encode()
        if rng.random() < share:
            # a shortened line may be blank, and blanks are no bad lines but dropped
            raw = bad[number] = damaged(raw, rng)
        content.append(raw + newline.encode())
    if newline == "\r\n":
        bad = {number: raw.rstrip(b"\r") for number, raw in bad.items()}
    folder = tmp_path_factory.mktemp("ledger")
    check(folder, b"".join(content), bad, len(GOOD) - len(bad), batch_bytes=batch)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(junk=st.lists(st.binary(max_size=80).map(lambda b: b.replace(b"\n", b"")), min_size=1, max_size=12))
def test_any_bytes_between_good_lines(tmp_path_factory: pytest.TempPathFactory, junk: list[bytes]) -> None:
    content, bad, good = b"", {}, 0
    for number, piece in enumerate(junk):
        content += GOOD[number].encode() + b"\n" + piece + b"\n"
        text = piece.removesuffix(b"\r")
        good += 1 if text.strip() else 2  # a blank line is dropped
        if text.strip():
            bad[2 * number + 2] = text
    check(tmp_path_factory.mktemp("junk"), content, bad, good)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("what is this", "no_match"),
        (hit("10:00:00").replace("02/Mar/2026", "31/Feb/2026"), "no_time"),
        (hit("10:00:00").replace("02/Mar/2026", "02/Mär/2026"), "no_time"),
        (hit("10:00:00").replace("10:00:00", "25:00:00"), "no_time"),
        (hit("10:00:00").replace("10:00:00 +0000", "10:00:00 CET"), "no_time"),
        (hit("2026-03-02 10:00:00").replace("2026", "2126"), "time_out_of_range"),
        (hit("2026-03-02 10:00:00").replace("2026", "1991"), "time_out_of_range"),
        (hit("10:00:00", "/" + "x" * 70_000), "line_too_long"),
        ("x" * 70_000, "line_too_long"),
    ],
)
def test_reasons(tmp_path: Path, line: str, reason: str) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    summary = import_lines(database, tmp_path, [GOOD[0], line, hit("11:00:00", "/after")], max_line_bytes=65_536)
    assert summary.fates["rejected", reason] == 1
    assert summary.lines == 3
    kept = query(database, "SELECT line, byte_offset, reason, content FROM reject")
    assert kept == [(2, len(GOOD[0]) + 1, reason, line.encode()[:4096])]
    assert query(
        database, "SELECT name FROM log_action JOIN request ON idaction = idaction_url ORDER BY server_time"
    )[-1] == ("example.org/after",)


def test_a_line_longer_than_a_batch(tmp_path: Path) -> None:
    long = hit("10:00:00", "/" + "y" * 9000)
    lines = [hit("09:00:00", "/a"), long, hit("10:30:00", "/b"), "z" * 40_000, hit("10:40:00", "/c")]
    database = new_database(tmp_path / "piwik.duckdb")
    summary = import_lines(database, tmp_path, lines, batch_bytes=1000, max_line_bytes=10_000)
    assert (summary.lines, summary.outcome("imported"), summary.fates["rejected", "line_too_long"]) == (
        5,
        4,
        1,
    )
    place = len("".join(lines[:3])) + 3
    assert query(database, "SELECT line, byte_offset, octet_length(content) FROM reject") == [(4, place, 4096)]
    assert import_files(database, tmp_path / "access.log").outcome("already_imported") == 5


def test_the_summary_names_every_fate(tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    lines = [hit("10:00:00"), hit("10:00:01", "/x.css"), hit("10:00:02", "/x", status=500), "", "garbage"]
    summary = import_lines(database, tmp_path, lines)
    assert summary.line().startswith(
        "5 lines read = 1 imported + 3 dropped (blank 1, http_error 1, static 1) + 1 rejected (no_match 1)"
        " + 0 already imported [1 file; ncsa_extended; "
    )
    assert summary.as_json() | {"seconds": 0, "formats": {}} == {
        "lines": 5,
        "imported": 1,
        "dropped": 3,
        "rejected": 1,
        "already_imported": 0,
        "dropped_by_reason": {"blank": 1, "http_error": 1, "static": 1},
        "rejected_by_reason": {"no_match": 1},
        "files": 1,
        "formats": {},
        "sites_created": [],
        "unknown_hosts": [],
        "seconds": 0,
        "dry_run": False,
        "problems": [],
    }
