"""Every line of the recorded logs has the fate that Matomo's importer gave it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from helpers_import import new_database
from oracle import ROOT, needs_oracle
from piwikcli.ingest.enrich import Enricher
from piwikcli.ingest.formats import Choice
from piwikcli.ingest.lookups.bots import is_importer_bot, is_tracker_bot
from piwikcli.ingest.lookups.location import Locator
from piwikcli.ingest.parse import parse
from piwikcli.ingest.parsing.fields import Reading
from piwikcli.ingest.rules import REASONS, Rules
from piwikcli.ingest.sitebook import SiteBook, SiteOptions
from piwikcli.ingest.stream import Chunk
from piwikcli.ingest.tracking.inputs import ENDPOINT, Reader, Replay
from piwikcli.lists.definitions import Definitions

# logs of a tracker's endpoint are requests, not hits: see the last test
CASES = (
    sorted(path.parent for path in ROOT.glob("*/line_fates.jsonl.gz") if "replay" not in path.parent.name)
    if ROOT
    else []
)
CHECKS = {
    "check_download": "download_extension",
    "check_hostname": "hostname",
    "check_http_error": "http_error",
    "check_http_redirect": "http_redirect",
    "check_path": "path",
    "check_static": "static",
    "check_user_agent": "bot",
}
pytestmark = needs_oracle


def options(flags: list[str]) -> tuple[Rules, Choice]:
    values: dict[str, Any] = {}
    regex = None
    for flag in flags:
        name, equals, value = flag.removeprefix("--").partition("=")
        if name == "log-format-regex":
            regex = value
        elif name == "include-host":
            values["include_hosts"] = (*values.get("include_hosts", ()), value)
        else:
            assert not equals
            values[name.replace("-", "_")] = True
    return Rules(**values), Choice(regex=regex)


def fates(folder: Path, case: dict[str, Any], tmp_path: Path) -> dict[int, str]:
    """Line (from 0) -> `imported` or why not."""
    rules, choice = options(case["flags"])
    book = SiteBook(SiteOptions(1))
    with new_database(tmp_path / "piwik.duckdb").read() as connection:
        book.load(connection)
    data = (folder / case["inputs"][0]).read_bytes()
    chunk = Chunk(0, data, len(data), unterminated=not data.endswith(b"\n"))
    log_format = choice.find(folder.name, data[:65536])
    parsed = parse(chunk, log_format, Reading(), first_line=0, now=2_000_000_000, max_line=1 << 20)
    enricher = Enricher(rules, Definitions.load(None), Locator(None))
    enricher.use(book)
    batch = enricher(parsed.hits)
    found = {reject.line: reject.reason for reject in parsed.rejects}
    agents = parsed.hits["agent"].to_pylist()
    for line, code, agent in zip(parsed.hits["line"].to_pylist(), batch.fate.tolist(), agents, strict=True):
        name = agent.decode("latin-1")
        passed_on = REASONS[code] == "bot" and is_tracker_bot(name) and not is_importer_bot(name.lower())
        # what the importer sends and the tracker refuses is dropped here: docs/reference/differences.md
        found[line] = "imported" if passed_on else REASONS[code] or "imported"
    return found


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_fates(folder: Path, tmp_path: Path) -> None:
    case = json.loads((folder / "case.json").read_text())
    with gzip.open(folder / "line_fates.jsonl.gz", "rt") as file:
        rows = [json.loads(row) for row in file]
    wanted = {row["lineno"]: CHECKS[row["by"]] if row["fate"] == "skipped" else "imported" for row in rows}
    found = fates(folder, case, tmp_path)
    assert {line: found.get(line) for line in wanted} == wanted
    # what is in neither list Matomo could not parse, or filtered by host or date
    others = {found[line] for line in found.keys() - wanted.keys()}
    assert others <= {"no_match", "bad_request", "no_time", "host_filter"}


def test_fates_of_a_tracking_endpoints_log() -> None:
    """Matomo sends what asks for the endpoint with a site; what the tracker makes of it is another matter."""
    assert ROOT is not None
    folder = ROOT / "log_replay_default"
    [name] = json.loads((folder / "case.json").read_text())["inputs"]
    with gzip.open(folder / "line_fates.jsonl.gz", "rt") as file:
        rows = [json.loads(row) for row in file]
    assert {row["fate"] for row in rows} == {"sent"}
    data = (folder / name).read_bytes()
    kind = ENDPOINT + Choice().find(name, data).key
    reader = Reader(kind, frozenset({"idsite", "url"}), 1 << 20, Replay())
    sent = reader(Chunk(0, data, len(data)), 0, 2_000_000_000).sent
    assert sent.line.tolist() == [row["lineno"] for row in rows]
    others = {bad.reason for bad in sent.bad}
    assert (others, len(sent.bad) + sent.blank, sent.dropped) == ({"no_match", "no_request"}, 9, {})
