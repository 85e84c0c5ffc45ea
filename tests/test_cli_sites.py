"""`piwik sites` and `piwik status`. docs/reference/cli.md."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from piwikcli.commands import app
from piwikcli.commands.site_values import clean
from piwikcli.commands.status import read_status
from piwikcli.errors import UsageError
from piwikcli.store import Database

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database file that is not there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PIWIK_DB", str(tmp_path / "piwik.duckdb"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "piwik.duckdb"


def run(line: list[str], capsys: Captured) -> tuple[int, str, str]:
    code = app.run(line)
    return code, *capsys.readouterr()


def listed(capsys: Captured) -> list[dict[str, object]]:
    assert app.run(["sites", "list", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    for row in rows:
        datetime.fromisoformat(row.pop("created"))
    return rows


def test_add_makes_the_database_and_prints_the_id(database: Path, capsys: Captured) -> None:
    assert run(["sites", "add", "--name", "Blog", "--url", "blog.example.org/"], capsys) == (0, "1\n", "")
    assert database.exists()
    assert run(["sites", "add", "--name", "Shop", "--url", "https://a.example"], capsys) == (0, "2\n", "")
    assert listed(capsys)[0] == {
        "idsite": 1,
        "name": "Blog",
        "main_url": "http://blog.example.org",
        "urls": ["http://blog.example.org"],
        "timezone": "UTC",
        "currency": "USD",
        "ecommerce": False,
        "sitesearch": True,
        "sitesearch_keyword_parameters": [],
        "sitesearch_category_parameters": [],
        "excluded_ips": [],
        "excluded_parameters": [],
        "excluded_user_agents": [],
        "excluded_referrers": [],
        "exclude_unknown_urls": False,
        "keep_url_fragments": False,
    }


def test_add_takes_everything_that_a_site_has(capsys: Captured) -> None:
    line = [
        "sites",
        "add",
        "--name",
        "Shop",
        "--url",
        "https://a.example",
        "--url",
        "https://b.example/shop/",
    ]
    line += ["--timezone", "europe/berlin", "--currency", "eur", "--ecommerce", "--no-sitesearch"]
    line += ["--sitesearch-keyword-parameters", "q,s", "--sitesearch-category-parameters", "cat"]
    line += ["--excluded-ips", "10.1.*.*, 192.0.2.0/24", "--excluded-ips", "2001:db8::1"]
    line += ["--excluded-parameters", "sid", "--excluded-user-agents", "curl,Wget", "--keep-url-fragments"]
    assert run(line, capsys) == (0, "1\n", "")
    assert listed(capsys) == [
        {
            "idsite": 1,
            "name": "Shop",
            "main_url": "https://a.example",
            "urls": ["https://a.example", "https://b.example/shop"],
            "timezone": "Europe/Berlin",
            "currency": "EUR",
            "ecommerce": True,
            "sitesearch": False,
            "sitesearch_keyword_parameters": ["q", "s"],
            "sitesearch_category_parameters": ["cat"],
            "excluded_ips": ["10.1.*.*", "192.0.2.0/24", "2001:db8::1"],
            "excluded_parameters": ["sid"],
            "excluded_user_agents": ["curl", "Wget"],
            "excluded_referrers": [],
            "exclude_unknown_urls": False,
            "keep_url_fragments": True,
        }
    ]


def test_list_as_table_and_csv(capsys: Captured) -> None:
    app.run(["sites", "add", "--name", "Blog", "--url", "https://blog.example.org"])
    capsys.readouterr()
    assert run(["sites", "list", "--format", "table"], capsys)[1] == (
        "idsite  name  main_url                  timezone  currency  ecommerce  sitesearch\n"
        "1       Blog  https://blog.example.org  UTC       USD       false      true\n"
    )
    _, out, _ = run(["sites", "list"], capsys)
    assert out.splitlines()[0].startswith("idsite,name,main_url,urls,timezone,")
    assert out.splitlines()[1].startswith("1,Blog,https://blog.example.org,https://blog.example.org,UTC,")
    assert run(["sites", "list", "-o", "sites.csv"], capsys) == (0, "", "")
    assert Path("sites.csv").read_bytes() == out.encode()


def test_update_changes_what_is_given(capsys: Captured) -> None:
    line = ["sites", "add", "--name", "Blog", "--url", "https://a.example", "--excluded-ips", "10.0.0.1"]
    app.run([*line, "--ecommerce"])
    capsys.readouterr()
    before = listed(capsys)[0]
    assert run(["sites", "update", "1", "--timezone", "Asia/Kathmandu"], capsys) == (0, "", "")
    assert run(["sites", "update", "--idsite", "1", "--excluded-ips", ""], capsys) == (0, "", "")
    assert run(["sites", "update", "1", "--no-ecommerce"], capsys) == (0, "", "")
    changed = {"timezone": "Asia/Kathmandu", "excluded_ips": [], "ecommerce": False}
    assert listed(capsys) == [before | changed]


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("UTC+5.5", "UTC+5.5"),
        ("utc+5:30", "UTC+5.5"),
        ("GMT-11", "UTC-11"),
        ("UTC+12.75", "UTC+12.75"),
        ("UTC-0", "UTC"),
    ],
)
def test_a_time_zone_may_be_an_offset(given: str, stored: str, capsys: Captured) -> None:
    assert app.run(["sites", "add", "--name", "Blog", "--url", "a.example", "--timezone", given]) == 0
    capsys.readouterr()
    assert [site["timezone"] for site in listed(capsys)] == [stored]


def test_delete(capsys: Captured) -> None:
    for name in ("a", "b"):
        app.run(["sites", "add", "--name", name, "--url", f"https://{name}.example"])
    capsys.readouterr()
    assert run(["sites", "delete", "1"], capsys) == (0, "", "")
    assert [site["idsite"] for site in listed(capsys)] == [2]
    assert run(["sites", "delete", "1", "--yes"], capsys) == (2, "", "piwik: no site 1; there are: 2\n")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("add --name x", "a site needs a name and a URL: piwik sites add --name N --url U"),
        ("add --name x --url http://", "'http://' is not a site's URL; write it as https://example.org"),
        (
            "add --name x --url y --timezone Berlin",
            "there is no time zone Berlin. Did you mean Europe/Berlin?",
        ),
        ("add --name x --url y --timezone Europe/Berlni", "Did you mean Europe/Berlin?"),
        ("add --name x --url y --timezone q", "no time zone q. Use a name like Europe/Berlin, or UTC+5.5."),
        ("add --name x --url y --timezone UTC+14.25", "there is no time zone UTC+14.25."),
        ("add --name x --url y --timezone UTC+5.33", "there is no time zone UTC+5.33."),
        (
            "add --name x --url y --currency Euro",
            "a currency is a code of three letters like EUR, not 'Euro'",
        ),
        ("add --name x --url y --excluded-ips 10.1", "'10.1' is no address or range; write 10.1.2.3, "),
        ("update 1", "nothing to change: give at least one option (piwik sites update --help)"),
        ("update --name x", "which site? piwik sites update N (piwik sites list shows their ids)"),
        ("update 3 --name x", "no site 3: {database}: no database yet"),
        ("delete 3", "no site 3: {database}: no database yet"),
        ("list --format jsn", "no list format jsn; there are table, csv, tsv, json. Did you mean json?"),
    ],
)
def test_wrong_values_are_refused(line: str, message: str, database: Path, capsys: Captured) -> None:
    code, out, error = run(["sites", *line.split()], capsys)
    assert (code, out) == (2, "")
    assert message.format(database=database) in error
    assert error.count("\n") == 1
    assert not database.exists()


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("example.org", "http://example.org"),
        (" HTTPS://Example.org/ ", "HTTPS://Example.org"),
        ("example.org:8080/shop/", "http://example.org:8080/shop"),
        ("http://[2001:db8::1]/", "http://[2001:db8::1]"),
        ("app://example", "app://example"),
    ],
)
def test_urls_get_a_scheme_and_lose_the_last_slash(given: str, stored: str) -> None:
    assert clean(urls=[given]) == {"urls": (stored,)}


@pytest.mark.parametrize("word", ["10.1.2.3", "10.1.2.*", "10.*.*.*", "10.0.0.0/8", "::1", "2001:db8::/32"])
def test_addresses_and_ranges(word: str) -> None:
    assert clean(excluded_ips=[word]) == {"excluded_ips": (word,)}


@pytest.mark.parametrize("word", ["10.1.*.3", "*", "10.1.2.3.*", "300.1.1.1", "example.org"])
def test_no_addresses(word: str) -> None:
    with pytest.raises(UsageError):
        clean(excluded_ips=[word])


def test_without_a_database_list_is_empty_and_says_so(database: Path, capsys: Captured) -> None:
    code, out, error = run(["sites", "list"], capsys)
    assert (code, out.count("\n")) == (0, 1)
    assert error == f"{database}: no database yet; piwik import-logs or piwik sites add makes it\n"
    assert run(["sites", "list", "--format", "json", "-q"], capsys) == (0, "[]\n", "")


def test_status_without_a_database(database: Path, capsys: Captured) -> None:
    text = f"no database yet at {database}; piwik import-logs LOG makes it\n"
    assert run(["status"], capsys) == (0, text, "")
    assert not database.exists()
    _, out, _ = run(["status", "--format", "json"], capsys)
    assert json.loads(out)["exists"] is False


def test_status_of_an_empty_database(database: Path, capsys: Captured) -> None:
    app.run(["sites", "add", "--name", "Blog", "--url", "https://blog.example.org"])
    capsys.readouterr()
    code, out, error = run(["status"], capsys)
    assert (code, error) == (0, "")
    assert out.splitlines()[1:] == [
        "Imports   none yet; piwik import-logs LOG",
        "",
        "Site 1    Blog (UTC)",
        "Visits    none",
        "Archives  0 built; up to date",
    ]


def test_status_counts_visits_lines_and_days_to_archive(database: Path, capsys: Captured) -> None:
    app.run(["sites", "add", "--name", "Blog", "--url", "https://blog.example.org"])
    capsys.readouterr()
    visit = (
        "INSERT INTO visit BY NAME SELECT ? AS idvisit, 1 AS idsite, 1 AS idvisitor, 1 AS config_id,"
        " 1 AS idfirst, t AS chain_time, t AS visit_first_action_time, t AS visit_last_action_time,"
        " t::DATE AS day,"
        " 0 AS start_hour, 1 AS idclient, 1 AS iddevice, 1 AS idlocation, 1 AS idreferrer,"
        " 0 AS visitor_returning, 1 AS visitor_count_visits, 0 AS visit_total_time, 1 AS visit_total_actions,"
        " 1 AS visit_total_interactions, 0 AS visit_total_searches FROM (SELECT ?::TIMESTAMP AS t)"
    )
    with Database.at(database).write() as connection:
        for idvisit, time in enumerate(("2026-03-01 10:00", "2026-03-02 11:00", "2026-03-03 12:30")):
            connection.execute(visit, [idvisit, time])
        connection.execute(
            "INSERT INTO archive VALUES"
            " (1, 1, 1, '2026-03-01', '2026-03-01', '', '', 'done', '2026-03-04 00:00'),"
            " (2, 1, 1, '2026-03-02', '2026-03-02', '', '', 'invalid', '2026-03-04 01:00'),"
            " (3, 1, 1, '2026-03-03', '2026-03-03', 'countryCode==de', '', 'done', '2026-03-04 02:00')"
        )
        connection.execute(
            "INSERT INTO import VALUES (1, '2026-03-04 00:00', '2026-03-04 00:01', '{}', ''),"
            " (2, '2026-03-04 00:02', NULL, '{}', '')"
        )
        connection.execute(
            "INSERT INTO ledger VALUES (1, 1, 'imported', '', 1200), (1, 1, 'dropped', 'static', 30),"
            " (1, 1, 'dropped', 'bot', 4), (1, 1, 'already_imported', '', 2)"
        )
    with Database.at(database).read() as connection:
        status = read_status(connection, database)
    assert status.lines == {"already_imported": 2, "dropped": 34, "imported": 1200}
    assert status.sites[0].days_to_archive == 2
    _, out, _ = run(["status"], capsys)
    assert out.splitlines()[1:] == [
        "Imports   2, 1 unfinished, the last ended 2026-03-04 00:01:00",
        "Lines     2 already imported, 34 dropped, 1,200 imported",
        "",
        "Site 1    Blog (UTC)",
        "Visits    3, from 2026-03-01 10:00:00 to 2026-03-03 12:30:00",
        "Archives  2 built, the last at 2026-03-04 02:00:00; 2 days to build, 1 out of date: piwik archive",
    ]
    _, out, _ = run(["status", "--format", "json"], capsys)
    assert json.loads(out)["sites"][0]["first_visit"] == "2026-03-01 10:00:00"
    with Database.at(database).write() as connection:
        connection.execute("UPDATE import SET finished = NULL")
    assert run(["status"], capsys)[1].splitlines()[1] == "Imports   2, 2 unfinished, none has ended"
