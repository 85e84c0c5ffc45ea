"""Devices, countries, languages, resolutions, browser plugins: codes become names, and rows get metadata."""

from typing import Any

import pytest

from report_helpers import Rows, Store, visits

ICONS = "plugins/Morpheus/icons/dist"


def rows(method: str, record: str, stored: Rows, **parameters: str) -> list[dict[str, Any]]:
    store = Store()
    store.archive(numbers={"nb_visits": 100}, tables={record: stored})
    return store.rows(method, **parameters)


def labels(method: str, record: str, *stored: str) -> list[str]:
    """The labels of rows of 9, 8, 7, ... visits."""
    found = rows(method, record, {(label,): visits(9 - n) for n, label in enumerate(stored)})
    return [row["label"] for row in found]


def metadata(method: str, record: str, stored: str) -> dict[str, Any]:
    [row] = rows(method, record, {(stored,): visits(1)})
    return {name: value for name, value in row.items() if name not in visits(1) and name != "label"}


def test_countries() -> None:
    country = "UserCountry.getCountry", "UserCountry_country"
    assert labels(*country, "jp", "us", "xx", "gb") == ["Japan", "United States", "Unknown", "United Kingdom"]
    assert metadata(*country, "de") == {
        "code": "de",
        "logo": f"{ICONS}/flags/xx.png",
        "segment": "countryCode==de",
        "logoHeight": 16,
    }


def test_tibet_is_part_of_china() -> None:
    stored = {("cn",): visits(2, max_actions=4), ("ti",): visits(1, max_actions=7)}
    [row] = rows("UserCountry.getCountry", "UserCountry_country", stored)
    assert (row["label"], row["nb_visits"], row["max_actions"], row["code"]) == ("China", 3, 7, "cn")


def test_codes_that_are_no_countrys_stay_apart() -> None:
    stored = {("xx",): visits(3), ("fra",): visits(1)}
    found = rows("UserCountry.getCountry", "UserCountry_country", stored)
    assert [(row["label"], row["code"], row["nb_visits"]) for row in found] == [
        ("Unknown", "xx", 3),
        ("Unknown", "fra", 1),
    ]


def test_continents_add_up_their_countries() -> None:
    stored = {("de",): visits(2), ("fr",): visits(3), ("jp",): visits(1), ("xx",): visits(4)}
    found = rows("UserCountry.getContinent", "UserCountry_country", stored)
    assert [(row["label"], row["nb_visits"], row["code"]) for row in found] == [
        ("Europe", 5, "Europe"),
        ("Unknown", 4, "Unknown"),
        ("Asia", 1, "Asia"),
    ]


def test_regions_and_cities() -> None:
    region = "UserCountry.getRegion", "UserCountry_region"
    assert labels(*region, "CA|us", "xx|xx") == ["California, United States", "Unknown"]
    assert metadata(*region, "xx|xx") == {
        "region": "xx",
        "country": "xx",
        "country_name": "Unknown",
        "region_name": "Unknown",
        "logo": f"{ICONS}/flags/xx.png",
    }
    assert metadata(*region, "CA|us")["segment"] == "regionCode==CA;countryCode==us"
    city = "UserCountry.getCity", "UserCountry_city"
    assert labels(*city, "San Francisco|CA|us", "xx|xx|xx") == ["San Francisco, California, United States", "Unknown"]
    assert metadata(*city, "xx|xx|xx")["city"] == "xx"
    known = metadata(*city, "San Francisco|CA|us")
    assert known["segment"] == "city==San+Francisco;regionCode==CA;countryCode==us"
    assert "city" not in known


def test_regions_are_named_by_the_list() -> None:
    """ISO 3166-2 codes come before FIPS 10-4 codes; what neither knows is unknown, and stays a row of its own."""
    region = "UserCountry.getRegion", "UserCountry_region"
    stored = ("WGN|nz", "13|jp", "13|br", "GLO|fr", "ABC|fra")
    assert labels(*region, *stored) == [
        "Wellington, New Zealand",
        "Tôkyô, Japan",
        "Maranhao, Brazil",
        "Unknown, France",
        "Unknown, Unknown",
    ]
    assert metadata(*region, "13|br")["region_name"] == "Maranhao"
    assert metadata(*region, "ABC|fra") == {
        "segment": "regionCode==ABC;countryCode==fra",
        "region": "ABC",
        "country": "fra",
        "country_name": "Unknown",
        "region_name": "Unknown",
        "logo": f"{ICONS}/flags/xx.png",
    }


def test_coordinates_have_three_decimals() -> None:
    """Tracking requests may give more."""
    found = Store()
    found.archive(tables={"UserCountry_city": {("Paris|IDF|fr",): visits(1)}})
    found.connection.execute("INSERT INTO location VALUES (1, 'fr', 'IDF', NULL, 'Paris', 48.85664, 2.35222)")
    [row] = found.rows("UserCountry.getCity")
    assert (row["label"], row["lat"], row["long"]) == ("Paris, Île-de-France, France", 48.857, 2.352)


def test_languages() -> None:
    language = "UserLanguage.getLanguage", "UserLanguage_language"
    assert labels(*language, "fr", "xx", "zh-cn") == ["French", "Unknown", "Chinese"]
    assert metadata(*language, "en-gb") == {"segment": "languageCode==en,languageCode=@en-"}
    assert metadata(*language, "xx") == {"segment": "languageCode==xx"}
    stored = {("en-gb",): visits(1), ("en-us",): visits(2)}
    [row] = rows(*language, stored)
    assert (row["label"], row["nb_visits"]) == ("English", 3)


def test_language_codes() -> None:
    code = "UserLanguage.getLanguageCode", "UserLanguage_language"
    assert labels(*code, "en-gb", "fr", "xx", "ja-jp") == [
        "English - United Kingdom (en-gb)",
        "French (fr)",
        "Unknown (xx)",
        "Japanese - Japan (ja-jp)",
    ]
    assert metadata(*code, "ja-jp") == {"segment": "languageCode==ja-jp"}


def test_all_device_types_have_a_row_once_one_has() -> None:
    found = rows(
        "DevicesDetection.getType",
        "DevicesDetection_types",
        {("1",): visits(47), ("0",): visits(44), ("",): visits(2)},
    )
    assert [(row["label"], row["nb_visits"]) for row in found[:4]] == [
        ("Smartphone", 47),
        ("Desktop", 44),
        ("Unknown", 2),
        ("Camera", 0),
    ]
    assert len(found) == 15
    assert found[4] == {
        "label": "Car browser",
        **visits(0, max_actions=0),
        "segment": "deviceType==car+browser",
        "logo": f"{ICONS}/devices/car_browser.png",
    }
    assert "segment" not in found[2]
    assert rows("DevicesDetection.getType", "DevicesDetection_types", {}) == []


@pytest.mark.parametrize(
    ("stored", "label", "segment"),
    [
        ("AP;iPhone", "Apple - iPhone", "deviceBrand==Apple;deviceModel==iPhone"),
        (";generic desktop", "Generic Desktop", "deviceBrand==Unknown;deviceModel==generic+desktop"),
        ("AP;generic desktop", "Apple - Generic Desktop", "deviceBrand==Apple;deviceModel==generic+desktop"),
        (";", "Unknown", "deviceBrand==Unknown;deviceModel=="),
        (
            'SA;Galaxy Tab S7 11.0" WiFi',
            'Samsung - Galaxy Tab S7 11.0" WiFi',
            "deviceBrand==Samsung;deviceModel==Galaxy+Tab+S7+11.0%22+WiFi",
        ),
    ],
)
def test_models(stored: str, label: str, segment: str) -> None:
    assert labels("DevicesDetection.getModel", "DevicesDetection_models", stored) == [label]
    assert metadata("DevicesDetection.getModel", "DevicesDetection_models", stored) == {"segment": segment}


def test_brands() -> None:
    brand = "DevicesDetection.getBrand", "DevicesDetection_brands"
    assert labels(*brand, "AP", "", "SA") == ["Apple", "Unknown", "Samsung"]
    assert metadata(*brand, "") == {"logo": f"{ICONS}/brand/unk.png", "segment": "deviceBrand==Unknown"}


def test_systems() -> None:
    family = "DevicesDetection.getOsFamilies", "DevicesDetection_os"
    assert labels(*family, "WIN", "UBT", "UNK") == ["Windows", "GNU/Linux", "Unknown"]
    assert metadata(*family, "WIN") == {"logo": f"{ICONS}/os/UNK.png"}
    version = "DevicesDetection.getOsVersions", "DevicesDetection_osVersions"
    assert labels(*version, "WIN;8.1", "MAC;10.15", "UBT;", "UNK;UNK") == [
        "Windows 8.1",
        "Mac 10.15",
        "Ubuntu",
        "Unknown",
    ]
    assert metadata(*version, "UBT;")["segment"] == "operatingSystemCode==UBT;operatingSystemVersion=="
    assert metadata(*version, "UNK;")["segment"] == "operatingSystemCode==UNK;operatingSystemVersion==UNK"


def test_browsers() -> None:
    browser = "DevicesDetection.getBrowsers", "DevicesDetection_browsers"
    assert labels(*browser, "MF", "PS", "curl", "UNK") == [
        "Mobile Safari",
        "Microsoft Edge",
        "curl",
        "Unknown",
    ]
    # clients that are no browsers have no code to segment by
    assert metadata(*browser, "curl") == {"logo": f"{ICONS}/browsers/UNK.png"}
    assert metadata(*browser, "UNK")["segment"] == "browserCode==UNK"
    version = "DevicesDetection.getBrowserVersions", "DevicesDetection_browserVersions"
    assert labels(*version, "CH;34.0", "curl;7.1") == ["Chrome 34.0", "curl 7.1"]
    assert metadata(*version, "CH;34.0")["segment"] == "browserCode==CH;browserVersion==34.0"
    engine = "DevicesDetection.getBrowserEngines", "DevicesDetection_browserEngines"
    assert labels(*engine, "Blink", "Gecko", "") == ["Blink (Chrome, Opera)", "Gecko (Firefox)", "Unknown"]
    assert metadata(*engine, "Blink") == {"segment": "browserEngine==Blink"}


def test_resolutions_and_configurations() -> None:
    assert metadata("Resolution.getResolution", "Resolution_resolution", "unknown") == {
        "segment": "resolution==unknown"
    }
    configuration = "Resolution.getConfiguration", "Resolution_configuration"
    assert labels(*configuration, "IOS;MF;390x844", "UBT;FF;unknown") == [
        "iOS / Mobile Safari / 390x844",
        "Ubuntu / Firefox / unknown",
    ]
    # two systems that nobody knows are one row
    [row] = rows(*configuration, {("UNK;FF;unknown",): visits(1), (";FF;unknown",): visits(2)})
    assert row["nb_visits"] == 3


def test_browser_plugins_are_always_eight() -> None:
    found = rows("DevicePlugins.getPlugin", "DevicePlugins_plugin", {("java",): {"nb_visits": 25}})
    assert found[0] == {"label": "Java", "nb_visits": 25, "nb_visits_percentage": "25%"}
    assert [row["label"] for row in found[1:]] == [
        "Cookie",
        "Flash",
        "Pdf",
        "Quicktime",
        "Realplayer",
        "Silverlight",
        "Windowsmedia",
    ]
    assert Store().rows("DevicePlugins.getPlugin") == []


def test_old_internet_explorers_cannot_tell_their_plugins() -> None:
    store = Store()
    store.archive(
        numbers={"nb_visits": 100},
        tables={
            "DevicePlugins_plugin": {("java",): {"nb_visits": 25}},
            "DevicesDetection_browserVersions": {("IE;8.0",): visits(50), ("IE;11.0",): visits(7)},
        },
    )
    assert store.rows("DevicePlugins.getPlugin")[0]["nb_visits_percentage"] == "50%"
    # what has no share is shown without
    assert store.rows("DevicePlugins.getPlugin", showColumns="nb_visits")[0] == {
        "label": "Java",
        "nb_visits": 25,
    }


def test_flat_tables_name_their_dimension() -> None:
    [row] = rows("UserCountry.getCountry", "UserCountry_country", {("de",): visits(1)}, flat="1")
    assert row["UserCountry_Country"] == "Germany"
    assert row["segment"] == "countryCode==de"
