"""Which hits count: the drop rules one by one, and which of two counts. docs/reference/log-formats.md."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers_import import hit, import_lines, moment, new_database, query
from piwikcli.ingest.rules import DOWNLOADS, Rules
from piwikcli.store import sites

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PLAIN = Rules()


def fate(tmp_path: Path, line: str, rules: Rules = PLAIN, **options: Any) -> str:
    """What becomes of one line: `imported`, or why not."""
    site = options.pop("site", {})
    database = new_database(tmp_path / "piwik.duckdb", **site)
    summary = import_lines(database, tmp_path, [line], rules=rules, **options)
    [(outcome, reason)] = summary.fates
    assert summary.lines == 1
    return reason or outcome


@pytest.mark.parametrize(
    ("line", "rules", "wanted"),
    [
        (hit("10:00:00", "/"), PLAIN, "imported"),
        (hit("10:00:00", "/a.PNG"), PLAIN, "static"),
        (hit("10:00:00", "/a.png?x=.html"), PLAIN, "static"),
        (hit("10:00:00", "/robots.txt"), PLAIN, "static"),
        (hit("10:00:00", "/a/robots.txt"), PLAIN, "static"),
        (hit("10:00:00", "/my-robots.txt"), PLAIN, "imported"),  # a text file is a download
        (hit("10:00:00", "/feed.xml"), PLAIN, "static"),  # in both lists
        (hit("10:00:00", "/a.png"), Rules(enable_static=True), "imported"),
        (hit("10:00:00", "/x", status=404), PLAIN, "http_error"),
        (hit("10:00:00", "/x", status=503), PLAIN, "http_error"),
        (hit("10:00:00", "/x", status=404), Rules(enable_http_errors=True), "imported"),
        (hit("10:00:00", "/x", status=301), PLAIN, "http_redirect"),
        (hit("10:00:00", "/x", status=304), PLAIN, "imported"),
        (hit("10:00:00", "/x", status=301), Rules(enable_http_redirects=True), "imported"),
        (hit("10:00:00", "/x", status=301), Rules(enable_http_errors=True), "http_redirect"),
        (hit("10:00:00", agent=GOOGLEBOT), PLAIN, "bot"),
        (hit("10:00:00", agent="my Crawler"), PLAIN, "bot"),
        (hit("10:00:00", agent=GOOGLEBOT), Rules(enable_bots=True), "imported"),
        (hit("10:00:00"), Rules(exclude_agents=("FIREFOX",)), "bot"),
        (hit("10:00:00", "/a.pdf"), PLAIN, "imported"),
        (hit("10:00:00", "/a.pdf"), Rules(download_extensions=frozenset({"doc"})), "download_extension"),
        (hit("10:00:00", "/a.foo"), Rules(download_extensions=DOWNLOADS | {"foo"}), "imported"),
        (hit("10:00:00", "/admin/x"), Rules(exclude_paths=("/admin/*",)), "path"),
        (hit("10:00:00", "/Admin/x"), Rules(exclude_paths=("/admin/*",)), "imported"),
        (hit("10:00:00", "/x?/admin/"), Rules(exclude_paths=("*/admin/*",)), "imported"),  # without query
        (hit("10:00:00", "/x"), Rules(include_paths=("/y", "/z*")), "path"),
        (hit("10:00:00", "/zz"), Rules(include_paths=("/y", "/z*")), "imported"),
        (hit("10:00:00", "/y"), Rules(include_paths=("/y",), exclude_paths=("/y",)), "path"),
        # strict comparison: the same second stays
        (hit("10:00:00"), Rules(exclude_older_than=int(moment("10:00:00").timestamp())), "imported"),
        (hit("10:00:00"), Rules(exclude_older_than=int(moment("10:00:01").timestamp())), "older"),
        (hit("10:00:00"), Rules(exclude_newer_than=int(moment("10:00:00").timestamp())), "imported"),
        (hit("10:00:00"), Rules(exclude_newer_than=int(moment("09:59:59").timestamp())), "newer"),
        # of several reasons the first in the order of the importer's checks
        (hit("10:00:00", "/a.png", status=404, agent=GOOGLEBOT), PLAIN, "http_error"),
        (hit("10:00:00", "/a.png", agent=GOOGLEBOT), PLAIN, "static"),
        (hit("10:00:00", "/x/a.png", status=301), Rules(exclude_paths=("/x/*",)), "http_redirect"),
        (hit("10:00:00", "/x/a.png"), Rules(exclude_paths=("/x/*",)), "path"),
    ],
)
def test_fates(tmp_path: Path, line: str, rules: Rules, wanted: str) -> None:
    assert fate(tmp_path, line, rules) == wanted


@pytest.mark.parametrize(
    ("host", "rules", "wanted"),
    [
        ("example.org", PLAIN, "imported"),
        ("EXAMPLE.org", PLAIN, "imported"),
        ("www.example.org", PLAIN, "imported"),  # with or without www.
        ("other.org", PLAIN, "no_site"),
        ("example.org", Rules(hostnames=("*.example.org",)), "hostname"),
        ("www.example.org", Rules(hostnames=("*.example.org",)), "imported"),
        ("example.org", Rules(exclude_hosts=("example.org",)), "host_filter"),
        ("example.org", Rules(include_hosts=("www.example.org",)), "host_filter"),
        ("other.org", Rules(log_hostname="example.org"), "imported"),
    ],
)
def test_hosts(tmp_path: Path, host: str, rules: Rules, wanted: str) -> None:
    assert fate(tmp_path, hit("10:00:00", host=host), rules, idsite=None) == wanted


@pytest.mark.parametrize(
    ("site", "line", "wanted"),
    [
        ({"excluded_ips": ["203.0.113.1"]}, hit("10:00:00"), "excluded_ip"),
        ({"excluded_ips": ["203.0.113.0/28"]}, hit("10:00:00"), "excluded_ip"),
        ({"excluded_ips": ["203.0.*.*"]}, hit("10:00:00"), "excluded_ip"),
        ({"excluded_ips": ["203.0.113.2"]}, hit("10:00:00"), "imported"),
        ({"excluded_ips": ["203.0.113.0/28"]}, hit("10:00:00", ip="::ffff:203.0.113.1"), "excluded_ip"),
        ({"excluded_ips": ["203.0.*"]}, hit("10:00:00", ip="::ffff:203.0.113.1"), "excluded_ip"),
        ({"excluded_ips": ["2001:DB8:*"]}, hit("10:00:00", ip="2001:db8::9"), "excluded_ip"),
        ({"excluded_ips": ["2001:db8::/32"]}, hit("10:00:00", ip="2001:db8::9"), "excluded_ip"),
        ({"excluded_user_agents": ["firefox"]}, hit("10:00:00"), "excluded_user_agent"),
    ],
)
def test_rules_of_a_site(tmp_path: Path, site: dict[str, Any], line: str, wanted: str) -> None:
    assert fate(tmp_path, line, site=site) == wanted


@pytest.mark.parametrize(
    ("referrer", "wanted"),
    [
        ("http://www.spam.test/x", "referrer_spam"),
        ("http://WWW.SPAM.TEST/", "referrer_spam"),
        ("http://example.com/?from=spam.test", "referrer_spam"),  # anywhere in the referrer
        ("http://spamxtest/", "imported"),  # the dot is a dot
        ("http://example.com/b(a+d", "referrer_spam"),
        ("-", "imported"),
    ],
)
def test_referrer_spam(tmp_path: Path, referrer: str, wanted: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "spammers.txt").write_text("spam.test\n\nother.test\nb(a+d\n")
    assert fate(tmp_path, hit("10:00:00", referrer=referrer), data_dir=tmp_path / "data") == wanted


@pytest.mark.parametrize(
    ("path", "rules", "stored"),
    [
        ("/a?b=1", PLAIN, "example.org/a?b=1"),
        ("/a?b=1", Rules(strip_query_string=True), "example.org/a"),
        ("/a?-", PLAIN, "example.org/a"),
        ("/A?B=1", Rules(force_lowercase_path=True), "example.org/a?b=1"),
        ("/a;b=1", Rules(query_string_delimiter=";", strip_query_string=True), "example.org/a"),
        ("http://example.org/abs", PLAIN, "example.org/abs"),
        ("/" + "x" * 2000, PLAIN, "example.org/" + "x" * (1023 - 17)),
    ],
)
def test_the_address_that_is_stored(tmp_path: Path, path: str, rules: Rules, stored: str) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    import_lines(database, tmp_path, [hit("10:00:00", path)], rules=rules)
    [(name,)] = query(database, "SELECT name FROM log_action WHERE type = 1")
    if len(path) < 1000:
        assert name == stored
    else:
        assert name.startswith("example.org/xxx")
        assert 1000 <= len(name) <= 1024 + len("example.org")


def test_times_can_be_moved(tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    import_lines(database, tmp_path, [hit("10:00:00")], rules=replace(PLAIN, add_to_date=-3600))
    assert query(database, "SELECT CAST(server_time AS VARCHAR) FROM request") == [("2026-03-02 09:00:00",)]


def test_what_is_no_address_is_stored_as_0000(tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    lines = [hit("10:00:00", ip=ip) for ip in ("-", "50.112.00.28", "203.0.113.7", "2001:DB8::1", "::ffff:10.0.0.1")]
    import_lines(database, tmp_path, lines)
    mapped = "00" * 10 + "ffff"
    found = query(database, "SELECT ip, lower(hex(location_ip)) FROM client ORDER BY idclient")
    assert dict(found) == {
        "-": mapped + "00000000",
        "50.112.00.28": mapped + "00000000",
        "203.0.113.7": mapped + "cb007107",
        "2001:DB8::1": "20010db8000000000000000000000001",
        "::ffff:10.0.0.1": mapped + "0a000001",
    }
    assert query(database, "SELECT count(*) FROM visit") == [(5,)]


def test_only_hosts_of_hits_that_count_make_sites(tmp_path: Path) -> None:
    """A scanner may name any host: what is dropped anyway makes no site, and is dropped for its own reason."""
    database = new_database(tmp_path / "piwik.duckdb", site=False)
    lines = [hit("10:00:00", host="a.test"), hit("10:00:01", host="b.test").replace(" 200 ", " 404 ")]
    lines.append(hit("10:00:02", host="c.test"))
    summary = import_lines(database, tmp_path, lines, idsite=None, rules=Rules(exclude_hosts=("c.test",)))
    assert [name for _, name, _ in summary.sites_created] == ["a.test"]
    assert (summary.fates["dropped", "http_error"], summary.fates["dropped", "host_filter"]) == (1, 1)


def test_hosts_make_sites_where_there_are_none(tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb", site=False)
    lines = [hit(f"10:00:0{n}", host=host) for n, host in enumerate(("a.test", "www.a.test", "b.test"))]
    summary = import_lines(database, tmp_path, lines, idsite=None)
    assert summary.sites_created == [(1, "a.test", "http://a.test"), (2, "b.test", "http://b.test")]
    assert query(database, "SELECT idsite, count(*) FROM request GROUP BY 1 ORDER BY 1") == [(1, 2), (2, 1)]
    later = import_lines(database, tmp_path, [hit("11:00:00", host="c.test")], name="b.log", idsite=None)
    assert (later.fates["dropped", "no_site"], later.unknown_hosts) == (1, {"c.test"})
    with database.read() as connection:
        assert [site.timezone for site in sites.all_sites(connection)] == ["UTC", "UTC"]
