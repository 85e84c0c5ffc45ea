"""How a visit is recognised, as tables of requests and the visits that they make. docs/explanation/visits.md."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from helpers_import import (
    FIREFOX,
    SAFARI,
    hit,
    import_files,
    import_lines,
    new_database,
    query,
)
from piwikcli.ingest.recognise import MAX_ACTIONS

ORACLE = Path(__file__).resolve().parent.parent.parent / "shared" / "oracle" / "log_week"
GOOGLE, NETWORK = "https://www.google.com/", "https://www.linkedin.com/feed"


def visits(tmp_path: Path, lines: Sequence[str], *columns: str, timezone: str = "UTC", **options: Any) -> list[Any]:
    """The visits in order of time: one column's values, or tuples."""
    database = new_database(tmp_path / "piwik.duckdb", timezone=timezone)
    import_lines(database, tmp_path, lines, **options)
    rows = query(
        database,
        f"SELECT {', '.join(columns)} FROM log_visit ORDER BY visit_first_action_time, visitor_count_visits, idvisit",
    )
    return [row[0] for row in rows] if len(columns) == 1 else rows


NEW = ("visit_total_actions", "visitor_returning", "visitor_count_visits")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # 1799 seconds continue a visit, 1800 begin another of a known visitor, more make the visitor unknown
        ([hit("10:00:00"), hit("10:29:59")], [(2, 0, 1)]),
        ([hit("10:00:00"), hit("10:30:00")], [(1, 0, 1), (1, 1, 2)]),
        ([hit("10:00:00"), hit("10:30:01")], [(1, 0, 1), (1, 0, 1)]),
        # the gap counts from the last action, not from the first
        ([hit("10:00:00"), hit("10:29:59"), hit("10:59:58")], [(3, 0, 1)]),
        ([hit("10:00:00"), hit("10:30:00"), hit("11:00:00")], [(1, 0, 1), (1, 1, 2), (1, 1, 3)]),
        # address, browser and its version make the visitor; the operating system's version does not
        ([hit("10:00:00"), hit("10:00:01", ip="203.0.113.2")], [(1, 0, 1), (1, 0, 1)]),
        ([hit("10:00:00"), hit("10:00:01", agent=SAFARI)], [(1, 0, 1), (1, 0, 1)]),
        ([hit("10:00:00"), hit("10:00:01", agent=FIREFOX.replace("128.0", "129.0"))], [(1, 0, 1), (1, 0, 1)]),
        ([hit("10:00:00"), hit("10:00:01", agent=FIREFOX.replace("NT 10.0", "NT 6.1"))], [(2, 0, 1)]),
        # clients that are no browsers are one, whatever their version
        (
            [
                hit("10:00:00", agent="Wget/1.21"),
                hit("10:00:01", agent="Wget/1.20"),
                hit("10:00:02", agent="-"),
            ],
            [(3, 0, 1)],
        ),
        # the address as it was written
        ([hit("10:00:00", ip="2001:db8::1"), hit("10:00:01", ip="2001:DB8::1")], [(1, 0, 1), (1, 0, 1)]),
        # nobody is known after midnight
        ([hit("23:59:59"), hit("2026-03-03 00:00:00")], [(1, 0, 1), (1, 0, 1)]),
        # two requests in one second
        ([hit("10:00:00", "/a"), hit("10:00:00", "/b")], [(2, 0, 1)]),
    ],
)
def test_new_visit_or_same_visit(tmp_path: Path, lines: list[str], expected: list[tuple[int, int, int]]) -> None:
    assert visits(tmp_path, lines, *NEW) == expected


def test_midnight_is_the_sites(tmp_path: Path) -> None:
    lines = [hit("2026-03-02 22:59:59"), hit("2026-03-02 23:00:01"), hit("2026-03-03 00:10:00")]
    columns = (*NEW, "CAST(day AS VARCHAR)", "start_hour")
    assert visits(tmp_path, lines[:2], *columns, timezone="Europe/Berlin") == [
        (1, 0, 1, "2026-03-02", 23),
        (1, 0, 1, "2026-03-03", 0),
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # a campaign in the middle of a visit begins a second one, of a returning visitor
        (
            [hit("10:00:00", referrer=GOOGLE), hit("10:10:00", "/?utm_campaign=spring")],
            [(2, "Google", 0, 1), (6, "spring", 1, 2)],
        ),
        # the same campaign does not, whatever its case
        (
            [hit("10:00:00", "/?utm_campaign=spring"), hit("10:10:00", "/a?utm_campaign=SPRING")],
            [(6, "spring", 0, 1)],
        ),
        # another keyword does
        (
            [
                hit("10:00:00", "/?utm_campaign=spring&utm_term=a"),
                hit("10:10:00", "/?utm_campaign=spring&utm_term=b"),
            ],
            [(6, "spring", 0, 1), (6, "spring", 1, 2)],
        ),
        # a direct visit takes the campaign instead, and so the first other referrer
        ([hit("10:00:00"), hit("10:10:00", "/?utm_campaign=spring")], [(6, "spring", 0, 1)]),
        (
            [hit("10:00:00"), hit("10:01:00", referrer=GOOGLE), hit("10:02:00", referrer=NETWORK)],
            [(2, "Google", 0, 1)],
        ),
        # websites, engines and networks change nothing
        ([hit("10:00:00", referrer=NETWORK), hit("10:10:00", referrer=GOOGLE)], [(7, "LinkedIn", 0, 1)]),
        # and the site's own pages are no referrer
        ([hit("10:00:00"), hit("10:01:00", referrer="http://example.org/")], [(1, None, 0, 1)]),
    ],
)
def test_referrers(tmp_path: Path, lines: list[str], expected: list[tuple[Any, ...]]) -> None:
    columns = ("referer_type", "referer_name", "visitor_returning", "visitor_count_visits")
    assert visits(tmp_path, lines, *columns) == expected


def test_what_a_returning_visit_knows_of_the_one_before(tmp_path: Path) -> None:
    lines = [
        hit("10:00:00", referrer=GOOGLE),
        hit("10:05:00"),
        hit("10:10:00", "/?utm_campaign=spring"),
        hit("10:40:00"),
    ]
    columns = (
        *("visitor_count_visits", "visitor_seconds_since_last", "visitor_seconds_since_first"),
        *("visit_total_time", "idvisitor = first_value(idvisitor) OVER (ORDER BY visit_first_action_time)"),
    )
    assert visits(tmp_path, lines, *columns) == [
        (1, 0, 0, 301, True),
        (2, 600, 600, 0, True),
        (3, 1800, 2400, 0, True),
    ]


# (kind of request, ...) -> total actions, interactions, searches, entry URL, entry name, exit URL, exit name
FLOW = (
    *("visit_total_actions", "visit_total_interactions", "visit_total_searches"),
    *(
        f"CASE WHEN {c} > 0 THEN (SELECT name FROM log_action WHERE idaction = {c}) ELSE CAST({c} AS VARCHAR) END"
        for c in (
            *("visit_entry_idaction_url", "visit_entry_idaction_name"),
            *("visit_exit_idaction_url", "visit_exit_idaction_name"),
        )
    ),
)
PAGE_A, PAGE_B = ("/a", "example.org/a"), ("/b", "example.org/b")
SEARCH, DOWNLOAD = "/find?q=Tent", "/files/x.pdf"


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["/a"], (1, 1, 0, "example.org/a", "0", "example.org/a", "0")),
        (["/a", "/b"], (2, 2, 0, "example.org/a", "0", "example.org/b", "0")),
        # a search has no page: the visit ends nowhere, named by its keyword
        (["/a", SEARCH], (2, 2, 1, "example.org/a", "0", None, "Tent")),
        # a page without title leaves the name of what was before
        (["/a", SEARCH, "/b"], (3, 3, 1, "example.org/a", "0", "example.org/b", "Tent")),
        # begun with a search it has no entry page, and gets none
        ([SEARCH], (1, 1, 1, "0", "Tent", "0", "Tent")),
        ([SEARCH, "/b"], (2, 2, 1, "0", "Tent", "example.org/b", "Tent")),
        # downloads are actions, and no pages
        ([DOWNLOAD], (1, 0, 0, None, "0", "0", "0")),
        (["/a", DOWNLOAD], (2, 1, 0, "example.org/a", "0", "example.org/a", "0")),
        # begun with a download, the first page is the entry
        ([DOWNLOAD, "/b"], (2, 1, 0, "example.org/b", "0", "example.org/b", "0")),
        ([DOWNLOAD, SEARCH, "/b"], (3, 2, 1, "example.org/b", "0", "example.org/b", "Tent")),
    ],
)
def test_entry_and_exit(tmp_path: Path, paths: list[str], expected: tuple[Any, ...]) -> None:
    lines = [hit(f"10:0{n}:00", path) for n, path in enumerate(paths)]
    [found] = visits(tmp_path, lines, *FLOW)
    assert found == expected


def test_actions_know_the_page_before_and_the_time_spent_there(tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    paths = [(0, DOWNLOAD), (10, "/a"), (25, SEARCH), (65, "/b"), (66, DOWNLOAD), (66 + 1799, "/a")]
    lines = [hit(f"10:{at // 60:02d}:{at % 60:02d}", path) for at, path in paths]
    import_lines(database, tmp_path, lines)
    rows = query(
        database,
        """
        SELECT q.kind, u.name, coalesce(r.name, CAST(q.idaction_url_ref AS VARCHAR)),
               coalesce(n.name, CAST(q.idaction_name_ref AS VARCHAR)),
               q.time_spent_ref_action, q.pageview_position
        FROM request q LEFT JOIN log_action u ON u.idaction = q.idaction_url
        LEFT JOIN log_action r ON r.idaction = q.idaction_url_ref
        LEFT JOIN log_action n ON n.idaction = q.idaction_name_ref ORDER BY q.server_time
        """,
    )
    a, b, file = "example.org/a", "example.org/b", "http://example.org/files/x.pdf"
    assert rows == [
        (3, file, "0", "0", 0, None),
        (1, a, "0", "0", 10, 1),
        (8, None, a, "0", 15, 2),
        (1, b, None, "Tent", 40, 3),
        (3, file, b, "Tent", 1, 3),
        (1, a, b, "Tent", 1799, 4),
    ]


def test_a_visit_takes_ten_thousand_actions(tmp_path: Path) -> None:
    """Then its visitor is unknown, and begins anew."""
    assert MAX_ACTIONS == 10_000
    lines = [hit(f"10:{n // 600:02d}:{n // 10 % 60:02d}", "/a") for n in range(MAX_ACTIONS + 5)]
    assert visits(tmp_path, lines, *NEW) == [(10_000, 0, 1), (5, 0, 1)]


# --- settings ---


def test_a_longer_look_back_knows_visitors_of_the_same_day(tmp_path: Path) -> None:
    lines = [hit("10:00:00"), hit("14:00:00"), hit("18:00:01"), hit("2026-03-03 10:00:00")]
    assert visits(tmp_path, lines, *NEW, look_back=14_400) == [(1, 0, 1), (1, 1, 2), (1, 0, 1), (1, 0, 1)]


def test_without_daily_salt_visitors_are_known_across_midnight(tmp_path: Path) -> None:
    lines = [hit("23:50:00"), hit("2026-03-03 00:10:00"), hit("2026-03-04 00:05:00")]
    found = visits(tmp_path, lines, *NEW, "visitor_seconds_since_last", daily_salt=False, look_back=90_000)
    assert found == [(1, 0, 1, 0), (1, 1, 2, 1200), (1, 1, 3, 86_100)]


# --- user ids ---

WHO = ("user_id", "visit_total_actions", "visitor_returning", "visitor_count_visits")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # known on every day and on every device
        (
            [
                hit("10:00:00", user="ann"),
                hit("2026-03-09 10:00:00", user="ann", ip="203.0.113.7", agent=SAFARI),
            ],
            [("ann", 1, 0, 1), ("ann", 1, 1, 2)],
        ),
        # two devices at once are one visit
        (
            [hit("10:00:00", user="ann"), hit("10:05:00", user="ann", ip="203.0.113.7", agent=SAFARI)],
            [("ann", 2, 0, 1)],
        ),
        # two users at one device are two visitors
        (
            [hit("10:00:00", user="ann"), hit("10:05:00", user="bob"), hit("10:06:00", user="ann")],
            [("ann", 2, 0, 1), ("bob", 1, 0, 1)],
        ),
        # nobody's visit becomes the user's who joins it; nobody joins whoever was there last
        ([hit("10:00:00"), hit("10:05:00", user="ann"), hit("10:06:00")], [("ann", 3, 0, 1)]),
        (
            [hit("10:00:00", user="ann"), hit("10:05:00", user="bob"), hit("10:06:00")],
            [("ann", 1, 0, 1), ("bob", 2, 0, 1)],
        ),
    ],
)
def test_user_ids(tmp_path: Path, lines: list[str], expected: list[tuple[Any, ...]]) -> None:
    assert visits(tmp_path, lines, *WHO) == expected


def test_a_users_visitor_id_is_the_hash_of_the_user_id(tmp_path: Path) -> None:
    # sha1("ann") begins with 2f77a250b4dba9f0
    import hashlib

    wanted = int(hashlib.sha1(b"ann").hexdigest()[:16], 16)
    assert visits(tmp_path, [hit("10:00:00", user="ann")], "idvisitor", "profilable") == [(wanted, 1)]


# --- against recorded visits ---

SAME = (
    *("visit_first_action_time", "visit_last_action_time", "location_ip", "visitor_returning"),
    *("visitor_count_visits", "visitor_seconds_since_last", "visitor_seconds_since_first"),
    *("visit_total_time", "visit_total_actions", "visit_total_interactions", "visit_total_searches"),
    *("referer_type", "referer_name", "referer_keyword", "location_country"),
    *("config_os", "config_browser_name", "config_device_type"),
)


@pytest.mark.skipif(not ORACLE.is_dir(), reason="no recorded cases here")
def test_every_visit_of_a_recorded_week(tmp_path: Path) -> None:
    import ipaddress

    case = json.loads((ORACLE / "case.json").read_text())
    site = case["site"]
    database = new_database(tmp_path / "piwik.duckdb", timezone=site["timezone"], urls=site["urls"])
    import_files(database, ORACLE / "gen_week.log", ai_assistants=False, data_dir=ORACLE.parent.parent / "data")
    pages = [f"visit_{end}_idaction_{kind}" for end in ("entry", "exit") for kind in ("url", "name")]
    names = ", ".join(
        f"CASE WHEN {c} > 0 THEN (SELECT name FROM log_action a WHERE a.idaction = {c}) ELSE CAST({c} AS VARCHAR) END"
        for c in pages
    )
    found = query(database, f"SELECT {', '.join(SAME)}, {names} FROM log_visit")

    def table(name: str) -> list[dict[str, str]]:
        with gzip.open(ORACLE / "tables" / f"{name}.csv.gz", "rt", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))

    actions = {row["idaction"]: row["name"] for row in table("log_action")}

    def text(column: str, value: Any) -> str:
        if column == "location_ip":
            address = ipaddress.ip_address(bytes(value))
            return str(getattr(address, "ipv4_mapped", None) or address)
        return "\\N" if value is None else str(value)

    ours = sorted(tuple(text(c, v) for c, v in zip((*SAME, *pages), row, strict=True)) for row in found)
    theirs = sorted(
        (*(row[c] for c in SAME), *(actions.get(row[c], row[c]) for c in pages)) for row in table("log_visit")
    )
    differing = [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]]
    assert differing == []
