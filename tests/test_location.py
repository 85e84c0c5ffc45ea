"""Places by GeoIP database, made here. docs/how-to/geoip.md."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from helpers_import import archive_all, hit, import_lines, new_database, query, record
from piwikcli.archive.periods import Period
from piwikcli.errors import InputError
from piwikcli.ingest.lookups.location import NOWHERE, Location, Locator
from piwikcli.lists.regions import region_code
from piwikcli.report.pipeline import Reports, Selection
from piwikcli.report.requests import ReportRequest
from piwikcli.report.table import DataTable
from piwikcli.store import sites

DAY = Period.of("day", date(2026, 3, 2))


def place(country: str, *subdivisions: str, city: str | None = None, at: tuple[float, float] | None = None) -> Any:
    found: dict[str, Any] = {"country": {"iso_code": country}}
    if subdivisions:
        found["subdivisions"] = [{"iso_code": code, **REGIONS.get(code, {})} for code in subdivisions]
    if city is not None:
        found["city"] = {"names": {"de": "anders", "en": city}}
    if at is not None:
        found["location"] = {"latitude": at[0], "longitude": at[1]}
    return found


REGIONS = {"BY": {"names": {"en": "Bavaria"}}, "LND": {"names": {"en": "London, City of"}}}
PLACES = {
    "192.0.2.0/25": place("DE", "BY", city="Mu\u0308nchen", at=(48.13749, 11.57549)),
    "192.0.2.128/25": place("GB", "ENG", "LND", city="London", at=(51.5, -0.12345)),
    "198.51.100.0/24": place("FR"),
    "203.0.113.0/24": place("US", "US-CA"),
    "2001:db8::/32": place("JP", "13", city="Tokyo", at=(35.6895, 139.6917)),
    "2001:db9::/32": {"registered_country": {"iso_code": "NL"}},
    "2001:dba::/32": {"continent": {"code": "AF"}},
    # without codes, as in DB-IP's free database
    "2001:dbb::/32": {"country": {"iso_code": "AT"}, "subdivisions": [{"names": {"en": "Tyrol"}}]},
    "2001:dbc::/32": {"country": {"iso_code": "FR"}, "subdivisions": [{"names": {"en": "Ile-de-France"}}]},
}


@pytest.fixture(scope="module")
def geoip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Test-City")
    for network, found in PLACES.items():
        writer.insert_network(IPSet([network]), found)
    file = tmp_path_factory.mktemp("geoip") / "city.mmdb"
    writer.to_db_file(str(file))
    return file


@pytest.mark.parametrize(
    ("ip", "wanted"),
    [
        # names are composed, coordinates have three decimals
        ("192.0.2.1", Location("de", "BY", "M\u00fcnchen", 48.137, 11.575, "Bavaria")),
        # of the United Kingdom the last subdivision
        ("192.0.2.200", Location("gb", "LND", "London", 51.5, -0.123, "London, City of")),
        ("198.51.100.7", Location("fr")),
        ("203.0.113.7", Location("us", "CA")),
        ("2001:db8::1", Location("jp", "13", "Tokyo", 35.69, 139.692)),
        ("2001:DB8::1", Location("jp", "13", "Tokyo", 35.69, 139.692)),
        ("2001:db9::1", Location("nl")),
        ("2001:dba::1", NOWHERE),
        ("2001:dbb::1", Location("at", "Tyrol", region_name="Tyrol")),
        ("2001:dbc::1", Location("fr", "IDF", region_name="Ile-de-France")),
        # IPv4 as a server on both protocols writes it
        ("::ffff:198.51.100.7", Location("fr")),
        ("::FFFF:c633:6407", Location("fr")),
        ("10.0.0.1", NOWHERE),
        ("-", NOWHERE),
        ("host.example", NOWHERE),
        ("192.0.2.*", NOWHERE),
    ],
)
def test_places(geoip: Path, ip: str, wanted: Location) -> None:
    assert Locator(geoip)(ip) == wanted


def test_without_a_database_everybody_is_nowhere() -> None:
    assert Locator()("192.0.2.1") == Location("xx") == NOWHERE


def test_a_database_of_ipv4_addresses_knows_no_others(tmp_path: Path) -> None:
    writer = MMDBWriter(ip_version=4)
    writer.insert_network(IPSet(["192.0.2.0/24"]), place("AT"))
    writer.to_db_file(str(tmp_path / "old.mmdb"))
    locator = Locator(tmp_path / "old.mmdb")
    assert (locator("192.0.2.1"), locator("2001:db8::1")) == (Location("at"), NOWHERE)
    assert locator("::ffff:192.0.2.1") == Location("at")


def test_a_missing_or_damaged_database(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.mmdb: no such GeoIP database"):
        Locator(tmp_path / "none.mmdb")
    (tmp_path / "bad.mmdb").write_bytes(b"no database")
    with pytest.raises(InputError, match=r"bad\.mmdb: is not a readable \.mmdb database"):
        Locator(tmp_path / "bad.mmdb")


def test_places_of_visits_and_their_reports(geoip: Path, tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    ips = ("192.0.2.1", "192.0.2.2", "192.0.2.200", "198.51.100.7", "203.0.113.7", "10.0.0.1")
    import_lines(database, tmp_path, [hit("10:00:00", ip=ip) for ip in ips], geoip=geoip)
    assert query(
        database,
        "SELECT location_country, location_region, location_city, location_latitude, location_longitude, count(*) "
        "FROM log_visit GROUP BY ALL ORDER BY ALL",
    ) == [
        ("de", "BY", "München", 48.137, 11.575, 2),
        ("fr", None, None, None, None, 1),
        ("gb", "LND", "London", 51.5, -0.123, 1),
        ("us", "CA", None, None, None, 1),
        ("xx", None, None, None, None, 1),
    ]
    archive_all(database)
    countries = record(database, DAY, "UserCountry_country", "nb_visits")
    assert countries == {"de": 2, "fr": 1, "gb": 1, "us": 1, "xx": 1}
    # without region or city even the country is unknown
    regions = record(database, DAY, "UserCountry_region", "nb_visits")
    assert regions == {"BY|de": 2, "LND|gb": 1, "CA|us": 1, "xx|xx": 2}
    cities = record(database, DAY, "UserCountry_city", "nb_visits")
    assert cities == {"München|BY|de": 2, "London|LND|gb": 1, "xx|xx|xx": 3}
    with database.read() as connection:
        from piwikcli.plugins import report

        selection = Selection(sites=[sites.get(connection, 1)], periods=[DAY])
        found = Reports(connection, selection).answer(ReportRequest.of(report("UserCountry.getCountry"), {}))
    assert isinstance(found, DataTable)
    assert {row.columns["label"]: row.metadata["code"] for row in found} == {
        "Germany": "de",
        "France": "fr",
        "United Kingdom": "gb",
        "United States": "us",
        "Unknown": "xx",
    }


def test_regions_and_cities_are_named(geoip: Path, tmp_path: Path) -> None:
    database = new_database(tmp_path / "piwik.duckdb")
    ips = ("192.0.2.1", "192.0.2.200", "203.0.113.7", "2001:dbb::1", "10.0.0.1")
    import_lines(database, tmp_path, [hit("10:00:00", ip=ip) for ip in ips], geoip=geoip)
    archive_all(database)
    answers = {}
    with database.read() as connection:
        from piwikcli.plugins import report

        selection = Selection(sites=[sites.get(connection, 1)], periods=[DAY])
        for method in ("UserCountry.getRegion", "UserCountry.getCity"):
            found = Reports(connection, selection).answer(ReportRequest.of(report(method), {}))
            assert isinstance(found, DataTable)
            answers[method] = {row.columns["label"]: row.metadata for row in found}
    regions, cities = answers["UserCountry.getRegion"], answers["UserCountry.getCity"]
    assert set(regions) == {
        "Bayern, Germany",
        "London, City of, United Kingdom",
        "California, United States",
        "Tyrol, Austria",
        "Unknown",
    }
    assert regions["Bayern, Germany"]["region_name"] == "Bayern"
    assert regions["Bayern, Germany"]["segment"] == "regionCode==BY;countryCode==de"
    assert set(cities) == {"München, Bayern, Germany", "London, London, City of, United Kingdom", "Unknown"}
    munich = cities["München, Bayern, Germany"]
    assert (munich["lat"], munich["long"], munich["region_name"]) == (48.137, 11.575, "Bayern")


def test_the_place_is_not_part_of_the_fingerprint(geoip: Path, tmp_path: Path) -> None:
    """An import with the database goes on with visits of one without."""
    database = new_database(tmp_path / "piwik.duckdb")
    import_lines(database, tmp_path, [hit("10:00:00", ip="192.0.2.1")], name="a.log")
    import_lines(database, tmp_path, [hit("10:00:05", ip="192.0.2.1")], name="b.log", geoip=geoip)
    assert query(database, "SELECT visit_total_actions, location_country FROM log_visit") == [(2, "xx")]


@pytest.mark.parametrize(
    ("name", "country", "code"),
    [
        ("california", "US", "CA"),
        ("\u00cele-de-France", "fr", "IDF"),
        ("Moskva", "ru", "MOW"),
        ("Bavaria", "de", None),  # the list has Bayern
        ("Beijing", "cn", None),  # a name of FIPS 10-4
        ("California", "de", None),
    ],
)
def test_codes_of_regions_by_their_names(name: str, country: str, code: str | None) -> None:
    assert region_code(name, country) == code
