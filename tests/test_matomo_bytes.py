"""From a log to bytes: four requests in six formats, as a real Matomo answered them for the same log.

Needs Matomo's recorded answers, which are not part of the project. What may differ is documented in
docs/reference/formats.md#where-matomo-differs.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from piwikcli.commands.app import run

CASE = Path(__file__).parents[2] / "shared" / "oracle" / "log_week"
pytestmark = pytest.mark.skipif(not CASE.is_dir(), reason="needs the recorded answers of a real Matomo")

RANGE = ("--period", "range", "--date", "2026-02-25,2026-03-05")
REQUESTS = {
    "0.VisitsSummary_get": ("VisitsSummary.get", *RANGE),
    "1.Referrers_getReferrerType": ("Referrers.getReferrerType", *RANGE, "--expanded", "--filter-limit", "100"),
    "2.Actions_getPageUrls": ("Actions.getPageUrls", *RANGE, "--flat", "--filter-limit", "5"),
    "3.VisitsSummary_get": ("VisitsSummary.get", "--period", "day", "--date", "2026-02-25,2026-03-05"),
}
MATOMOS_SETTINGS = {
    "PIWIK_ARCHIVING_UNIQUE_VISITORS": "day,week,month",
    "PIWIK_ARCHIVING_MAXIMUM_ROWS_ACTIONS": "500",
    "PIWIK_ARCHIVING_MAXIMUM_ROWS_ACTIONS_SUBTABLE": "100",
    "PIWIK_ARCHIVING_MAXIMUM_ROWS_REFERRERS": "1000",
    "PIWIK_ARCHIVING_MAXIMUM_ROWS_REFERRERS_SUBTABLE": "50",
}
SUBTABLE_IDS = re.compile(rb'(?<="idsubdatatable":)\d+|(?<=<idsubdatatable>)\d+|(?<=<td>)\d+(?=</td>\n\t</tr>)')
SERVER = re.compile(rb"(?s)<channel>.*?<item>|<guid.*?</guid>|<link>.*?</link>|<author>.*?</author>")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("week")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder))
        patch.setenv("PIWIK_DB", str(folder / "p.duckdb"))
        site = json.loads((CASE / "case.json").read_text())["site"]
        names = ("--name", site["name"], "--url", site["urls"][0], "--timezone", site["timezone"])
        assert run(["-q", "sites", "add", *names]) == 0
        assert run(["-q", "import-logs", "--idsite", "1", str(CASE / "gen_week.log")]) == 0
    return folder / "p.duckdb"


@pytest.mark.parametrize("format", ["csv", "tsv", "json", "xml", "html", "rss"])
@pytest.mark.parametrize("name", REQUESTS)
def test_bytes(name: str, format: str, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in {**MATOMOS_SETTINGS, "XDG_CONFIG_HOME": str(tmp_path), "PIWIK_DB": str(database)}.items():
        monkeypatch.setenv(variable, value)
    expected = (CASE / "extra" / "formats" / f"{name}.{format}").read_bytes()
    output = tmp_path / "out"
    code = run(["-q", "report", *REQUESTS[name], "--format", format, "-o", str(output)])
    if format == "rss" and not name.startswith("3."):
        assert (code, expected[:6]) == (2, b"Error:")
        return
    assert code == 0
    got, wanted = (SERVER.sub(b"", SUBTABLE_IDS.sub(b"N", text)) for text in (output.read_bytes(), expected))
    if name.startswith("2.") and format in ("json", "xml"):
        # the columns of Others stand in the order in which Matomo summed them
        assert sorted_columns(got, format) == sorted_columns(wanted, format)
    else:
        assert got == wanted


def sorted_columns(content: bytes, format: str) -> Any:
    if format == "json":
        return [sorted(row.items()) if row.get("is_summary") else list(row.items()) for row in json.loads(content)]
    rows = content.split(b"\t</row>\n")
    return [sorted(row.splitlines()) if b"<is_summary>" in row else row for row in rows]
