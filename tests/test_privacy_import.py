"""What an import does not store, by the settings privacy.*. docs/how-to/privacy.md."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from helpers_import import SECRET, archive_all, hit, import_lines, new_database, query, record
from piwikcli.archive.periods import Period
from piwikcli.commands import app
from piwikcli.ingest.lookups.referrers import AI_ASSISTANT, CAMPAIGN, DIRECT, SEARCH, SOCIAL, WEBSITE, Referrer
from piwikcli.ingest.parsing.hits import Reject
from piwikcli.ingest.privacy import OPEN, Privacy
from piwikcli.ingest.rules import Rules
from piwikcli.settings import Settings
from piwikcli.store import Database
from piwikcli.store.forgetting import forget
from test_privacy import everything
from tracking_requests import request, shop, track

DAY = Period.of("day", date(2026, 3, 2))
ANN, ORDER = (hashlib.sha1(f"{word}{SECRET}".encode()).hexdigest() for word in ("ann@example.org", "a-100"))
GOOGLE = "https://www.google.com/search?q=hammocks"
BLOG = "https://blog.example.net/2026/post?reader=4711#top"


@pytest.fixture(params=["log", "requests"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def imported(tmp_path: Path, way: str, privacy: Privacy, *hits: dict[str, str], **options: Any) -> Database:
    """The same hits as a log or as tracking requests: time, path, ip, user, referrer."""
    database = shop(tmp_path / "piwik.duckdb")
    if way == "log":
        lines = [hit(h["time"], h["path"], **{k: v for k, v in h.items() if k not in ("time", "path")}) for h in hits]
        import_lines(database, tmp_path, [*lines, "203.0.113.77 ann@example.org broken"], privacy=privacy, **options)
    else:
        names = {"ip": "cip", "user": "uid", "referrer": "urlref"}
        sent = [
            request(h["time"], h["path"], **{names[k]: v for k, v in h.items() if k in names and v != "-"})
            for h in hits
        ]
        broken = {**request("10:00:00"), "cdt": "never", "uid": "ann@example.org", "cip": "203.0.113.77"}
        track(database, *sent, broken, privacy=privacy, **options)
    return database


# --- addresses ---


@pytest.fixture(scope="module")
def geoip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """203.0.113.0 to 127 are in Germany, the others of that network in France."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Test-Country")
    for network, country in (("203.0.113.0/25", "DE"), ("203.0.113.128/25", "FR")):
        writer.insert_network(IPSet([network]), {"country": {"iso_code": country}})
    file = tmp_path_factory.mktemp("geoip") / "country.mmdb"
    writer.to_db_file(str(file))
    return file


@pytest.mark.parametrize(("before", "countries", "visitors"), [(False, ["de", "fr", "fr"], 3), (True, ["de"], 1)])
def test_addresses_are_masked_after_or_before_the_lookups(
    tmp_path: Path, way: str, geoip: Path, before: bool, countries: list[str], visitors: int
) -> None:
    """Before them three clients of a network are one visitor, at the network's place."""
    hits = [{"time": f"10:00:0{n}", "path": "/", "ip": f"203.0.113.{ip}"} for n, ip in enumerate((7, 200, 201))]
    database = imported(tmp_path, way, Privacy(ip_mask=1, mask_before=before), *hits, geoip=geoip)
    assert {ip for (ip,) in query(database, "SELECT ip FROM client")} == {"203.0.113.0"}
    found = query(database, "SELECT location_country FROM log_visit ORDER BY visit_first_action_time")
    assert [country for (country,) in found] == countries
    assert query(database, "SELECT count(DISTINCT idvisitor) FROM visit") == [(visitors,)]
    assert not [ip for ip in ("203.0.113.7", "203.0.113.200", "203.0.113.77") if f"{ip}'" in everything(database)]


def test_addresses_are_excluded_by_all_of_them_in_any_case(tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb", excluded_ips=["203.0.113.7"])
    lines = [hit(f"10:00:0{n}", "/", ip=f"203.0.113.{n}") for n in (7, 8)]
    summary = import_lines(database, tmp_path, lines, privacy=Privacy(ip_mask=2, mask_before=True))
    assert summary.fates["dropped", "excluded_ip"] == 1
    assert summary.outcome("imported") == 1


# --- users ---


def test_user_ids_are_hashed_with_the_databases_secret(tmp_path: Path, way: str) -> None:
    hits = [
        {"time": "10:00:00", "path": "/a", "user": "ann@example.org", "ip": "203.0.113.1"},
        {"time": "10:01:00", "path": "/b", "user": "ann@example.org", "ip": "203.0.113.2"},
    ]
    database = imported(tmp_path, way, Privacy(user_ids=True), *hits)
    assert query(database, "SELECT DISTINCT user_id FROM visit UNION SELECT user_id FROM request") == [(ANN,)]
    visitor = int(hashlib.sha1(ANN.encode()).hexdigest()[:16], 16)
    assert query(database, "SELECT idvisitor, visit_total_actions FROM visit") == [(visitor, 2)]
    archive_all(database)
    assert record(database, DAY, "UserId_users", "nb_visits") == {ANN: 1}
    assert "ann@example.org" not in everything(database)
    # whoever asks to be forgotten does so by the name that is not stored
    with database.write() as connection:
        assert forget(connection, user_id="ann@example.org").visits == 1
    archive_all(database)
    assert query(database, "SELECT count(*) FROM visit") == [(0,)]
    assert ANN not in everything(database)


def test_a_user_in_a_log_and_in_requests_is_the_same(tmp_path: Path) -> None:
    hidden = Privacy(user_ids=True)
    database = imported(tmp_path, "log", hidden, {"time": "10:00:00", "path": "/", "user": "ann@example.org"})
    track(database, request("10:05:00", "/b", uid="ann@example.org", cip="203.0.113.9"), privacy=hidden)
    assert query(database, "SELECT user_id, visit_total_actions FROM visit") == [(ANN, 2)]


# --- orders ---


def test_order_ids_are_hashed_and_count_once_all_the_same(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    items = '[["sku","Tent","Camping",10,1]]'
    orders = [("10:00:00", "A-100"), ("10:01:00", "a-100"), ("10:02:00", "A-101")]
    sent = [request(time, idgoal=0, ec_id=name, revenue=10, ec_items=items) for time, name in orders]
    cart = request("10:03:00", idgoal=0, ec_id="0", revenue=5, ec_items=items)
    track(database, *sent, cart, privacy=Privacy(order_ids=True))
    found = query(database, "SELECT idgoal, idorder FROM conversion ORDER BY server_time")
    assert found[0] == (0, ORDER)
    assert [goal for goal, _ in found] == [0, 0, -1]
    assert found[2][1] is None
    assert {idorder for (idorder,) in query(database, "SELECT idorder FROM conversion_item")} >= {ORDER}
    assert not [word for word in ("A-100", "a-100", "A-101") if word in everything(database)]


# --- referrers ---


@pytest.mark.parametrize(
    ("option", "found", "wanted"),
    [
        ("", Referrer(WEBSITE, "blog.example.net", None, BLOG), ("blog.example.net", None, BLOG)),
        (
            "exclude_query",
            Referrer(WEBSITE, "blog.example.net", None, BLOG),
            ("blog.example.net", None, "https://blog.example.net/2026/post"),
        ),
        (
            "exclude_path",
            Referrer(WEBSITE, "blog.example.net", None, BLOG),
            ("blog.example.net", None, "https://blog.example.net/"),
        ),
        ("exclude_all", Referrer(WEBSITE, "blog.example.net", None, BLOG), ("", None, "")),
        ("exclude_query", Referrer(SEARCH, "Google", "hammocks", GOOGLE), ("Google", None, GOOGLE.partition("?")[0])),
        ("exclude_path", Referrer(SEARCH, "Google", "hammocks", GOOGLE), ("Google", None, "https://www.google.com/")),
        ("exclude_all", Referrer(SEARCH, "Google", "hammocks", GOOGLE), ("Google", None, "")),
        ("exclude_all", Referrer(CAMPAIGN, "spring", "tents", BLOG), ("spring", "tents", "")),
        ("exclude_query", Referrer(SOCIAL, "Facebook", "", f"{BLOG}"), ("Facebook", "", BLOG.partition("?")[0])),
        ("exclude_all", Referrer(AI_ASSISTANT, "ChatGPT", "", BLOG), ("ChatGPT", "", "")),
        (
            "exclude_path",
            Referrer(DIRECT, None, None, "http://example.org/a?b=1"),
            (None, None, "http://example.org/"),
        ),
        ("exclude_path", Referrer(DIRECT, "", "", "nonsense"), ("", "", "")),
    ],
)
def test_what_referrers_lose(option: str, found: Referrer, wanted: tuple[str | None, str | None, str]) -> None:
    left = Privacy(referrer=option).referrer_of(found)
    assert (left.name, left.keyword, left.url) == wanted
    assert left.type == found.type


def test_referrers_lose_it_before_they_are_stored(tmp_path: Path, way: str) -> None:
    hits = [
        {"time": "10:00:00", "path": "/a", "ip": "203.0.113.1", "referrer": BLOG},
        {"time": "10:00:01", "path": "/b", "ip": "203.0.113.2", "referrer": GOOGLE},
        {"time": "10:00:02", "path": "/c?utm_campaign=spring", "ip": "203.0.113.3", "referrer": BLOG},
    ]
    database = imported(tmp_path, way, Privacy(referrer="exclude_path"), *hits)
    assert query(
        database,
        "SELECT referer_type, referer_name, referer_keyword, referer_url FROM log_visit "
        "ORDER BY visit_first_action_time",
    ) == [
        (WEBSITE, "blog.example.net", None, "https://blog.example.net/"),
        (SEARCH, "Google", None, "https://www.google.com/"),
        (CAMPAIGN, "spring", "blog.example.net", "https://blog.example.net/"),
    ]
    archive_all(database)
    assert record(database, DAY, "Referrers_keywordBySearchEngine", "nb_visits") == {"": 1, " > Google": 1}
    assert not [word for word in ("4711", "2026/post", "hammocks") if word in everything(database)]


def test_the_title_of_an_error_names_what_is_left_of_its_referrer(tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    lines = [hit("10:00:00", "/gone", status=404, referrer=BLOG)]
    import_lines(
        database, tmp_path, lines, rules=Rules(enable_http_errors=True), privacy=Privacy(referrer="exclude_query")
    )
    [(title,)] = query(database, "SELECT name FROM log_action WHERE type = 4")
    assert unquote(title) == "404/URL = http://example.org/gone/From = https://blog.example.net/2026/post"


def test_a_goals_own_referrer_loses_it_too(tmp_path: Path) -> None:
    database = shop(tmp_path / "piwik.duckdb")
    sent = request("10:00:00", idgoal=0, ec_id="1", revenue=1, _ref=GOOGLE)
    track(database, sent, privacy=Privacy(referrer="exclude_all"))
    assert query(database, "SELECT referer_type, referer_name, referer_keyword FROM log_conversion") == [
        (SEARCH, "Google", None)
    ]
    assert "hammocks" not in everything(database)


# --- the settings themselves ---


def test_the_commands_follow_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    chosen = {"ip_address_mask_length": "1", "anonymizeUserId": "true", "anonymizeReferrer": "exclude_all"}
    assert [app.run(["config", "set", name, value]) for name, value in chosen.items()] == [0, 0, 0]
    log = tmp_path / "a.log"
    log.write_text(hit("10:00:00", "/", ip="203.0.113.7", user="ann@example.org", referrer=BLOG) + "\n")
    assert app.run(["import-logs", str(log), "--idsite", "1", "--db", str(database.path)]) == 0
    assert query(
        database, "SELECT user_id, url, ip FROM request JOIN referrer USING (idreferrer) JOIN client USING (idclient)"
    ) == [(ANN, "", "203.0.113.0")]
    assert app.run(["config", "set", "privacy.anonymize_referrer", "exclude"]) == 2
    assert "one of none, exclude_query, exclude_path, exclude_all" in capsys.readouterr().err


def test_without_settings_everything_is_kept_rejected_lines_too() -> None:
    privacy = Privacy.of(Settings.load())
    assert privacy == OPEN
    reject = Reject(1, 0, "no_match", b"garbage")
    assert privacy.rejects([reject]) == [reject]
    assert Privacy(user_ids=True).rejects([reject]) == [Reject(1, 0, "no_match", b"")]
