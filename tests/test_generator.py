"""benchmarks/generate_log.py: reproducible traffic, and damage that no format accepts."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "benchmarks" / "generate_log.py"
COMMON = rb'\S+ - \S+ \[([^\]]+)\] "[A-Z]+ (\S+) HTTP/[12]\.\d" (\d{3}) (?:\d+|-)'
QUOTED = rb' "[^"]*" "([^"]+)"'
PATTERNS = {
    "common": COMMON,
    "combined": COMMON + QUOTED,
    "common_vhost": rb"[\w.]+:443 " + COMMON,
    "vhost": rb"[\w.]+:443 " + COMMON + QUOTED,
}


def generate(path: Path, *options: str) -> bytes:
    subprocess.run([sys.executable, str(SCRIPT), "-o", str(path), *options], check=True, timeout=60)
    return path.read_bytes()


@pytest.mark.parametrize("name", PATTERNS)
def test_every_line_is_in_the_format_asked_for(tmp_path: Path, name: str) -> None:
    content = generate(tmp_path / "a.log", "--lines", "500", "--format", name, "--pages", "50")
    lines = content.splitlines()
    assert len(lines) == 500
    assert all(re.fullmatch(PATTERNS[name], line) for line in lines)


def test_the_seed_decides_every_byte(tmp_path: Path) -> None:
    first = generate(tmp_path / "a", "--lines", "300", "--seed", "3")
    assert generate(tmp_path / "b", "--lines", "300", "--seed", "3") == first
    assert generate(tmp_path / "c", "--lines", "300", "--seed", "4") != first
    packed = generate(tmp_path / "d.gz", "--lines", "300", "--seed", "3")
    assert gzip.decompress(packed) == first


def test_lines_are_in_order_of_time_and_within_the_days(tmp_path: Path) -> None:
    options = ("--lines", "2000", "--days", "2", "--start", "2024-02-28", "--utc-offsets=-0330,+0545")
    content = generate(tmp_path / "a", *options)
    texts = re.findall(rb"\[([^\]]+)\]", content)
    times = [datetime.strptime(text.decode(), "%d/%b/%Y:%H:%M:%S %z") for text in texts]
    assert times == sorted(times)
    assert {text[-5:] for text in texts} == {b"-0330", b"+0545"}
    assert datetime.fromisoformat("2024-02-28T00:00:00-03:30") <= times[0]
    assert times[-1] < datetime.fromisoformat("2024-03-01T00:00:00-03:30")


def test_static_files_and_bots_have_their_share(tmp_path: Path) -> None:
    lines = generate(tmp_path / "a", "--lines", "20000").splitlines()
    matches = [re.fullmatch(PATTERNS["combined"], line) for line in lines]
    hits = [match for match in matches if match]
    static = re.compile(rb"\.(css|js|svg|woff2|ico|jpg|webp|png)$")
    assert sum(bool(static.search(hit[2])) for hit in hits) / 20000 == pytest.approx(0.30, abs=0.01)
    bots = re.compile(rb"(?i)bot|spider|crawl|curl|python-requests|feedly|facebookexternalhit")
    assert sum(bool(bots.search(hit[4])) for hit in hits) / 20000 == pytest.approx(0.07, abs=0.01)
    assert {hit[3] for hit in hits} == {b"200", b"301", b"302", b"304", b"404", b"500"}


@pytest.mark.parametrize("name", PATTERNS)
def test_exactly_the_reported_lines_are_damaged(tmp_path: Path, name: str) -> None:
    whole = generate(tmp_path / "a", "--lines", "1000", "--format", name).split(b"\n")
    report = tmp_path / "numbers"
    options = ("--damage", "0.5", "--damage-report", str(report))
    broken = generate(tmp_path / "b", "--lines", "1000", "--format", name, *options).split(b"\n")
    damaged = {int(line) for line in report.read_text().split()}
    assert len(whole) == len(broken) == 1001
    assert len(damaged) == pytest.approx(500, abs=60)
    assert 1 not in damaged
    assert {n for n, (a, b) in enumerate(zip(whole, broken, strict=True), 1) if a != b} == damaged
    hostless = [broken[n - 1].split(b":443 ", 1)[-1] for n in damaged]
    assert not any(re.match(COMMON, line) for line in hostless)
