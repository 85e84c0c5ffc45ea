"""A segment's archives hold the visits that it selects, and nothing else. docs/explanation/segments.md."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from helpers_import import SAFARI, hit, import_lines, moment, new_database, query, settings_with
from piwikcli.archive.build import all_periods, ensure
from piwikcli.archive.periods import Period
from piwikcli.archive.segments import catalogue, define
from piwikcli.store import Database

WEEK = Period.of("week", date(2026, 3, 2))
MONDAY, TUESDAY = Period.of("day", date(2026, 3, 2)), Period.of("day", date(2026, 3, 3))

VISITS = {
    # one visit each: address, referrer, agent, pages
    "ann": ("198.51.100.1", "https://www.google.com/", None, ("/a", "/b", "/search?q=T%C3%A9nt")),
    "bob": ("198.51.100.2", "https://blog.example.net/post", SAFARI, ("/a",)),
    "cat": ("2001:db8::3", "-", SAFARI, ("/B/x", "/files/manual.pdf")),
    "dan": ("203.0.113.4", "-", None, ("/b", "/caf%C3%A9", "/c", "/d")),
}


def visits() -> Iterator[str]:
    for number, (ip, referrer, agent, paths) in enumerate(VISITS.values()):
        at = moment("2026-03-02 08:00:00") + timedelta(hours=number)
        for step, path in enumerate(paths):
            options = {"agent": agent} if agent else {}
            yield hit(at + timedelta(minutes=step), path, ip=ip, referrer=referrer if not step else "-", **options)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    folder = tmp_path_factory.mktemp("segments")
    made = new_database(folder / "piwik.duckdb")
    import_lines(made, folder, visits())
    return made


def normal(database: Database, text: str) -> str:
    with database.read() as connection:
        return define(text, catalogue(connection, 1)).normal


def build(database: Database, *segments: str, periods: tuple[Period, ...] = (MONDAY,)) -> None:
    ensure(database, [1], periods, [normal(database, one) if one else "" for one in segments], settings_with())


def numbers(database: Database, segment: str, period: Period = MONDAY) -> dict[str, float]:
    rows = query(
        database,
        "SELECT n.name, n.value FROM archive_numeric n JOIN archive a USING (idarchive) "
        "WHERE a.segment = ? AND a.period = ? AND a.date1 = ?",
        [normal(database, segment) if segment else "", period.id, period.date1],
    )
    return dict(rows)


def pages(database: Database, segment: str, period: Period = MONDAY) -> dict[str, int]:
    """Leaf of the page tree -> hits."""
    rows = query(
        database,
        "SELECT array_to_string(p.path, ''), r.nb_hits FROM archive_row r JOIN archive a USING (idarchive) "
        "JOIN archive_path p USING (idpath) "
        "WHERE a.segment = ? AND a.period = ? AND a.date1 = ? AND r.record = 'Actions_actions_url' "
        "AND r.idaction IS NOT NULL",
        [normal(database, segment), period.id, period.date1],
    )
    return dict(rows)


@pytest.mark.parametrize(
    ("segment", "who"),
    [
        ("actions==1", "bob"),
        ("actions>=3", "ann dan"),
        ("actions!=1", "ann cat dan"),
        ("searches>0", "ann"),
        ("visitServerHour==9", "bob"),
        ("visitEndServerDate==2026-03-02", "ann bob cat dan"),
        ("visitEndServerDayOfWeek==2", "ann bob cat dan"),
        # dictionaries
        ("referrerType==search", "ann"),
        ("referrerType!=search", "bob cat dan"),
        ("referrerName==GOOGLE", "ann"),
        ("referrerName=@blog", "bob"),
        ("referrerName!@blog", "ann cat dan"),
        ("referrerName==", "cat dan"),
        ("referrerName!=", "ann bob"),
        ("referrerUrl=^https://blog", "bob"),
        ("browserCode==ff", "ann dan"),
        ("browserName==firefox", "ann dan"),
        ("operatingSystemName==iOS", "bob cat"),
        ("deviceType==smartphone", "bob cat"),
        ("deviceType!=smartphone", "ann dan"),
        ("deviceBrand==Apple", "bob cat"),
        ("browserVersion>=17", "bob cat"),
        ("browserVersion<2", "ann bob cat dan"),
        ("countryCode==xx", "ann bob cat dan"),
        ("continentCode!=eur", "ann bob cat dan"),
        # addresses compare byte by byte, four of IPv4 with sixteen of IPv6
        ("visitIp==198.51.100.2", "bob"),
        ("visitIp>=198.51.0.0;visitIp<=198.51.255.255", "ann bob"),
        ("visitIp<198.0.0.0", "cat"),
        # actions
        ("pageUrl==http://www.example.org/a", "ann bob"),
        ("pageUrl==example.org/a", "ann bob"),
        ("pageUrl==example.org/A", ""),
        ("pageUrl=@/B", "ann cat dan"),
        ("pageUrl=$/b", "ann dan"),
        ("pageUrl=^https://example.org/b", "ann cat dan"),
        ("pageUrl=@_", ""),
        ("pageUrl!=example.org/a", "cat dan"),
        ("pageUrl!=example.org/nowhere", "ann bob cat dan"),
        ("pageUrl!@/b", "bob"),
        ("downloadUrl=@manual", "cat"),
        ("actionUrl=@manual", "cat"),
        ("actionUrl!@manual", "ann bob dan"),
        ("actionType==downloads", "cat"),
        ("actionType==sitesearches", "ann"),
        ("siteSearchKeyword==Tént", "ann"),
        ("siteSearchKeyword==tent", ""),
        ("siteSearchKeyword=@tent", "ann"),
        ("siteSearchKeyword=@TENT", "ann"),
        ("siteSearchKeyword!=", "ann"),
        ("siteSearchKeyword!=Tént", "bob cat dan"),
        ("entryPageUrl=@/a", "ann bob"),
        ("entryPageUrl!=example.org/a", "cat dan"),
        ("exitPageUrl=$/d", "dan"),
        ("eventCategory==Video", ""),
        ("eventCategory!=Video", "ann bob cat dan"),
        ("orderId==", "ann bob cat dan"),
        ("orderId!=1", "ann bob cat dan"),
        ("revenueOrder>0", ""),
        ("productCategory==Shoes", ""),
        ("productCategory!=Shoes", "ann bob cat dan"),
        ("visitConverted==0", "ann bob cat dan"),
        ("visitConvertedGoalId!=1", "ann bob cat dan"),
        ("visitConvertedGoalName==x", ""),
        ("resolution==unknown", "ann bob cat dan"),
        # together
        ("pageUrl==example.org/a;actions>1", "ann"),
        ("pageUrl==example.org/a,actions==4", "ann bob dan"),
        ("pageUrl==example.org/a;pageUrl==example.org/b", ""),
        ("pageUrl==example.org/a,pageUrl==example.org/c", "ann bob dan"),
        ("pageUrl!=example.org/a;pageUrl!=example.org/c", "cat"),
        ("pageUrl!=example.org/a,pageUrl!=example.org/b", "ann bob cat dan"),
        ("pageUrl!=example.org/a,actions==1", "bob cat dan"),
        ("pageUrl==example.org/a,actions==4;pageUrl=@/b", "dan"),
        ("pageUrl=@/b;downloadUrl=@manual", ""),
    ],
)
def test_which_visits_are_selected(database: Database, segment: str, who: str) -> None:
    build(database, segment)
    wanted = [VISITS[name] for name in who.split()]
    found = numbers(database, segment)
    assert found.get("nb_visits", 0) == len(wanted)
    assert found.get("nb_actions", 0) == sum(len(paths) for *_, paths in wanted)
    # a visit that is selected counts with all its actions
    expected = [p for *_, paths in wanted for p in paths if "search" not in p and "files" not in p]
    assert sum(pages(database, segment).values()) == len(expected)


def test_ipv4_written_as_ipv6_is_an_address_of_its_own(tmp_path: Path) -> None:
    made = new_database(tmp_path / "piwik.duckdb")
    import_lines(made, tmp_path, [hit("10:00:00", ip=ip) for ip in ("198.51.100.7", "::ffff:198.51.100.7")])
    four, both = "visitIp>=198.51.0.0;visitIp<=198.51.255.255", "visitIp>=0.0.0.0"
    wanted = {"visitIp==198.51.100.7": 1, "visitIp==::ffff:198.51.100.7": 1, four: 1, both: 2}
    build(made, *wanted)
    assert {segment: numbers(made, segment)["nb_visits"] for segment in wanted} == wanted


def test_every_segment_can_be_asked_with_every_operator(database: Database) -> None:
    from piwikcli.archive.segments.members import make_members

    samples = {"visitIp": "10.0.0.1", "visitorId": "0" * 16, "fingerprint": "0" * 16, "deviceBrand": "Apple"}
    samples |= {"referrerType": "search", "deviceType": "tv", "visitorType": "new", "continentCode": "eur"}
    samples |= {"actionType": "events", "visitEcommerceStatus": "none"}
    with database.read() as connection:
        known = catalogue(connection, 1)
        definitions = [
            define(f"{name}{operator}{value}", known)
            for name, dimension in known.items()
            for operator in (known[dimension.union[0]] if dimension.union else dimension).operators
            for value in (samples.get(dimension.segment, "1"), *([""] if operator in ("==", "!=") else []))
        ]
        make_members(connection, 1, dict(enumerate(definitions, 1)), MONDAY.date1, MONDAY.date2)
    assert len(definitions) > 900


def test_an_action_segment_denies_per_archive_day(tmp_path: Path) -> None:
    """What an archive denies, it denies of visits that ended in it; actions of visits that ended later count."""
    database = new_database(tmp_path / "piwik.duckdb")
    lines = [
        hit("2026-03-02 23:50:00", "/a", ip="198.51.100.1"),
        hit("2026-03-02 23:55:00", "/b", ip="198.51.100.1"),
        hit("2026-03-03 12:00:00", "/c", ip="198.51.100.2"),
    ]
    import_lines(database, tmp_path, lines)
    with database.write() as connection:  # as if it had gone on after midnight
        connection.execute("UPDATE visit SET day = '2026-03-03' WHERE visit_total_actions = 2")
        connection.execute("UPDATE request SET day = '2026-03-03' WHERE server_time = '2026-03-02 23:55:00'")
    build(database, "pageUrl!=example.org/b", periods=(MONDAY, TUESDAY, WEEK))
    assert numbers(database, "pageUrl!=example.org/b", MONDAY) == {
        "Actions_nb_pageviews": 1,
        "Actions_nb_uniq_pageviews": 1,
    }
    assert pages(database, "pageUrl!=example.org/b", MONDAY) == {"/a": 1}
    assert pages(database, "pageUrl!=example.org/b", TUESDAY) == {"/c": 1}
    assert numbers(database, "pageUrl!=example.org/b", WEEK)["nb_visits"] == 1
    build(database, "pageUrl==example.org/b", periods=(MONDAY, TUESDAY))
    assert pages(database, "pageUrl==example.org/b", MONDAY) == {"/a": 1}
    assert pages(database, "pageUrl==example.org/b", TUESDAY) == {"/b": 1}


NEGATIONS = [
    ("actions==1", "actions!=1"),
    ("actions<3", "actions>=3"),
    ("referrerName=@google", "referrerName!@google"),
    ("referrerKeyword==", "referrerKeyword!="),
    ("pageUrl=@/b", "pageUrl!@/b"),
    ("siteSearchKeyword==Tént", "siteSearchKeyword!=Tént"),
    ("actionUrl=@manual", "actionUrl!@manual"),
]


@pytest.mark.parametrize(("one", "other"), NEGATIONS)
def test_a_segment_and_its_negation_add_up_to_everything(database: Database, one: str, other: str) -> None:
    build(database, "", one, other)
    whole = numbers(database, "")
    parts = (numbers(database, one), numbers(database, other))
    for name in whole:
        if not name.startswith(("max_", "Actions_nb_keywords", "Referrers_distinct", "UserCountry_distinct")):
            assert whole[name] == sum(part.get(name, 0) for part in parts), name
    added: dict[str, int] = {}
    for segment in (one, other):
        for path, hits in pages(database, segment).items():
            added[path] = added.get(path, 0) + hits
    assert sum(added.values()) == sum(len(p) for *_, p in VISITS.values()) - 2


def test_segments_built_together_equal_those_built_alone(tmp_path: Path) -> None:
    segments = ("", "actions>1", "pageUrl!@/b", "deviceType==smartphone")
    found = []
    for folder, calls in ((tmp_path / "one", [segments]), (tmp_path / "many", [(s,) for s in segments])):
        folder.mkdir()
        database = new_database(folder / "piwik.duckdb")
        import_lines(database, folder, visits())
        with database.read() as connection:
            periods = tuple(all_periods(connection, 1, ("day", "week", "month", "year")))
        for call in calls:
            build(database, *call, periods=periods)
        rows = query(
            database,
            "SELECT a.segment, a.period, r.record, p.path, r.* EXCLUDE (idarchive, idpath, idaction) "
            "FROM archive_row r JOIN archive a USING (idarchive) JOIN archive_path p USING (idpath)",
        )
        values = query(
            database,
            "SELECT a.segment, a.period, n.name, n.value FROM archive_numeric n JOIN archive a USING (idarchive)",
        )
        found.append((sorted(map(repr, rows)), sorted(values)))
        assert len(query(database, "SELECT 1 FROM archive")) == 4 * len(segments)
    assert found[0] == found[1]


def test_a_segment_is_built_once(database: Database) -> None:
    build(database, "actions>2")
    again = ensure(database, [1], [MONDAY], normal(database, "actions>2"), settings_with())
    assert again == []
