"""The sample logs are what sample_logs/README.md says they are."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "sample_logs"
LINE = re.compile(
    r"(?:(?P<host>[\w.]+):443 )?(?P<ip>\S+) - (?P<user>\S+) "
    r"\[(?P<day>\d\d/\w{3}/\d{4}):\d\d:\d\d:\d\d (?P<zone>[+-]\d{4})\] "
    r'"(?:GET|POST) (?P<path>\S+) HTTP/[12]\.\d" (?P<status>\d{3}) (?:\d+|-) '
    r'"(?P<referrer>[^"]*)" "(?P<agent>[^"]+)"'
)


def hits(name: str) -> list[re.Match[str]]:
    """Every line of a sample log, taken apart; a line in another shape fails."""
    content = (FOLDER / name).read_bytes()
    text = (gzip.decompress(content) if name.endswith(".gz") else content).decode()
    found = [LINE.fullmatch(line) for line in text.split("\n")[:-1]]
    assert all(found)
    return [match for match in found if match]


@pytest.mark.parametrize(
    ("name", "lines", "first", "last"),
    [
        ("access.log", 948, "28/Apr/2025", "04/May/2025"),
        ("access.log.1.gz", 952, "21/Apr/2025", "27/Apr/2025"),
        ("vhost.log", 400, "28/Apr/2025", "04/May/2025"),
    ],
)
def test_lines_and_days(name: str, lines: int, first: str, last: str) -> None:
    found = hits(name)
    assert len(found) == lines
    assert (found[0]["day"], found[-1]["day"]) == (first, last)


def test_three_hosts_two_zones_and_users() -> None:
    found = hits("vhost.log")
    assert {hit["host"] for hit in found} == {"www.example.org", "shop.example.org", "blog.example.org"}
    assert {hit["zone"] for hit in found} == {"+0200", "+0000"}
    assert len({hit["user"] for hit in found}) > 1
    assert {hit["host"] for hit in hits("access.log")} == {None}


def test_every_kind_of_traffic_occurs() -> None:
    found = hits("access.log")
    paths = [hit["path"] for hit in found]
    assert {"200", "301", "304", "404"} <= {hit["status"] for hit in found}
    assert any("utm_campaign=" in path for path in paths)
    assert any(path.startswith("/search?q=") for path in paths)
    assert any(path.endswith(".pdf") for path in paths)
    assert any(path.endswith(".css") for path in paths)
    assert any("bot" in hit["agent"].lower() for hit in found)
    assert any(":" in hit["ip"] for hit in found)
    assert any(hit["referrer"].startswith("https://www.bing.com/search?q=") for hit in found)


def test_they_stay_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 400_000


def test_the_tutorial_shows_what_an_import_of_them_says(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "piwikcli", "--db", str(tmp_path / "piwik.duckdb")]
    site = [
        "sites",
        "add",
        "--name",
        "Sample site",
        "--url",
        "https://www.example.org",
        "--timezone",
        "Europe/Berlin",
    ]
    logs = [str(FOLDER / "access.log.1.gz"), str(FOLDER / "access.log")]
    assert subprocess.run([*command, *site], check=True, capture_output=True, text=True).stdout == "1\n"
    done = subprocess.run(
        [*command, "import-logs", "--idsite", "1", *logs], check=True, capture_output=True, text=True
    )
    tutorial = FOLDER.parent / "docs" / "tutorial" / "first-report.md"
    summary = done.stderr.split(" [")[0]
    assert summary.startswith("1,900 lines read = ")
    assert summary in " ".join(tutorial.read_text(encoding="utf-8").split())
