"""Dumps of tracking requests: every kind of input gives the same requests. docs/reference/tracking.md#inputs."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from helpers_import import query
from piwikcli.errors import InputError
from piwikcli.ingest.jobs import ImportOptions
from piwikcli.ingest.sitebook import SiteOptions
from piwikcli.ingest.tracking.importer import ReplayImporter
from piwikcli.ingest.tracking.inputs import detect
from piwikcli.ingest.tracking.parameters import reference
from tracking_requests import ANNA, actions, lines_of, rejects, request, shop, track, track_file, visits

REQUESTS = [
    request("10:00:00", "/ä?b=1&c=%26", id=ANNA, action_name="Öl & Co"),
    request("10:00:30", "/b", id=ANNA, e_c="Video", e_a="play", e_v="2.5"),
]
FOUND = [
    ("example.org/ä?b=1&c=%26", "Öl & Co", None),
    ("example.org/b", None, 2.5),
]


def queries(prefix: str = "") -> str:
    return "".join(f"{prefix}{urlencode(one)}\n" for one in REQUESTS)


def log_line(one: dict[str, str]) -> str:
    own = {k: v for k, v in one.items() if k not in ("cip", "ua", "cdt")}
    time = one["cdt"][11:]
    asked = f'"GET /matomo.php?{urlencode(own)} HTTP/1.1" 204 0 "-" "{one["ua"]}"'
    return f"{one['cip']} - - [02/Mar/2026:{time} +0000] {asked}\n"


INPUTS = {
    "queries": (queries(), "tracking_queries"),
    "question marks": (queries("?"), "tracking_queries"),
    "urls": (queries("https://matomo.example/matomo.php?"), "tracking_queries"),
    "json lines": (lines_of(REQUESTS).decode(), "tracking_json"),
    "bulk line": (json.dumps({"requests": REQUESTS, "token_auth": "x"}) + "\n", "tracking_json"),
    "bulk of queries": (json.dumps({"requests": [f"?{urlencode(one)}" for one in REQUESTS]}), "tracking_json"),
    "bulk document": (json.dumps({"requests": REQUESTS}, indent=1), "tracking_bulk"),
    "endpoint's log": ("".join(map(log_line, REQUESTS)), "tracking_log:ncsa_extended"),
}


@pytest.mark.parametrize("name", INPUTS)
def test_every_input_gives_the_same_requests(tmp_path: Path, name: str) -> None:
    text, kind = INPUTS[name]
    database = shop(tmp_path / "piwik.duckdb")
    (tmp_path / "dump").write_text(text, encoding="utf-8")
    summary = track_file(database, tmp_path / "dump")
    assert summary.formats == {str(tmp_path / "dump"): kind}
    assert (summary.outcome("imported"), summary.lines, rejects(database)) == (2, 2, [])
    assert actions(database, "=idaction_url", "=idaction_name", "custom_float") == FOUND
    assert visits(database, "idvisitor", "visit_total_time") == [(int(ANNA, 16), 31)]
    again = track_file(database, tmp_path / "dump")
    assert (again.outcome("imported"), len(actions(database, "idvisit"))) == (0, 2)


def test_an_endpoints_log_is_replayed_for_one_site(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    lines = [log_line({**request("10:00:00", "/a", id=ANNA, idsite=7)})]
    lines.append(log_line(request("10:00:05", "/b", id=ANNA)).replace("matomo.php", "index.php"))
    lines.append(log_line(request("10:00:06", "/c", id=ANNA)).replace("204 0", "302 0"))
    lines.append(log_line({**request("10:00:07", "/d", id=ANNA), "ua": "curl/8.4"}))
    lines.append(log_line(request("10:00:08", "/e", id=ANNA)).replace("204 0", "500 0"))
    (tmp_path / "log").write_text("".join(lines))
    chosen = ImportOptions(sites=SiteOptions(1), batch_bytes=1 << 20)
    summary = ReplayImporter(database, chosen).run([str(tmp_path / "log")])
    assert summary.reasons("dropped") == {"bot": 1, "http_redirect": 1}
    assert summary.reasons("rejected") == {"no_request": 1}
    assert [url for (url,) in actions(database, "=idaction_url")] == ["example.org/a", "example.org/e"]


def test_a_compressed_dump_is_the_same_content(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    track(database, *REQUESTS)
    (tmp_path / "dump.gz").write_bytes(gzip.compress(lines_of(REQUESTS)))
    assert track_file(database, tmp_path / "dump.gz").outcome("already_imported") == 2


def test_a_dump_that_grows_goes_on_where_it_was(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    whole = lines_of([*REQUESTS, request("10:01:00", "/c", id=ANNA)])
    dump = tmp_path / "dump"
    dump.write_bytes(whole[: len(whole) - 1])  # its last line has no end yet
    assert track_file(database, dump).outcome("imported") == 3
    dump.write_bytes(whole + lines_of([request("10:02:00", "/d", id=ANNA)]))
    assert track_file(database, dump).outcome("imported") == 1
    assert [url for (url,) in actions(database, "=idaction_url")] == [
        *(f"example.org/{page}" for page in ("ä?b=1&c=%26", "b", "c", "d")),
    ]


def test_a_last_line_that_was_cut_short_is_replaced(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    one, two = (urlencode(request(time, f"/{page}")) for time, page in (("10:00:00", "a"), ("10:00:09", "basket")))
    dump = tmp_path / "dump"
    dump.write_text(f"{one}\n{two[:-3]}")
    assert track_file(database, dump).outcome("imported") == 2
    dump.write_text(f"{one}\n{two}\n")
    track_file(database, dump)
    assert [url for (url,) in actions(database, "=idaction_url")] == ["example.org/a", "example.org/basket"]
    assert query(database, "SELECT count(*) FROM request_detail") == [(2,)]


def test_a_line_that_is_none_is_kept_with_its_place(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    good = lines_of(REQUESTS[:1]).decode()
    (tmp_path / "dump").write_text(f"{good}\n[1]\nnonsense\n{good.replace('/b', '/x')}", encoding="utf-8")
    summary = track_file(database, tmp_path / "dump")
    assert summary.reasons("rejected") == {"no_idsite": 1, "no_json": 1}
    assert summary.reasons("dropped") == {"blank": 1}
    assert (summary.outcome("imported"), summary.lines) == (2, 5)
    assert query(
        database, "SELECT line, byte_offset - ?, content FROM reject ORDER BY line", [len(good.encode())]
    ) == [
        (3, 1, b"[1]"),
        (4, 5, b"nonsense"),
    ]


def test_numbers_and_lists_in_json_are_what_a_query_would_say(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    order = {
        **REQUESTS[0],
        "idsite": 1,
        "idgoal": 0,
        "ec_id": 7,
        "revenue": 3.5,
        "ec_items": [["S", "n", "c", 3.5, 1]],
    }
    (tmp_path / "dump").write_text(json.dumps(order))
    track_file(database, tmp_path / "dump")
    assert query(database, "SELECT idorder, revenue, items FROM log_conversion") == [("7", 3.5, 1)]


@pytest.mark.parametrize("content", [b"\x00\x01\x02", b"just some text\nand more\n"])
def test_other_content_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="tracking requests"):
        detect("dump", content)


def test_the_reference_is_made_from_the_declarations() -> None:
    page = Path(__file__).parent.parent / "docs" / "reference" / "tracking.md"
    assert page.read_text(encoding="utf-8").endswith(reference())


def test_booleans_are_1_and_0_in_lines_and_in_bulk_documents(tmp_path: Path) -> None:
    one = {**REQUESTS[0], "rec": True, "new_visit": False, "action_name": 'rec": true, false', "cookie": True}
    for name, sent in (("line", one), ("bulk", {"requests": [one]})):
        database = shop(tmp_path / f"{name}.duckdb")
        (tmp_path / name).write_text(json.dumps(sent) + "\n")
        assert track_file(database, tmp_path / name).outcome("imported") == 1
        assert actions(database, "=idaction_name") == [('rec": true, false',)]
        assert visits(database, "config_cookie", "config_java") == [(1, 0)]
