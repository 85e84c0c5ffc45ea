"""UserCountry: countries, regions, cities. Definitions: docs/how-to/geoip.md."""

from collections.abc import Mapping

from piwikcli.lists.regions import region_name
from piwikcli.plugins.api import (
    Context,
    Dimension,
    Document,
    Plugin,
    Report,
    Request,
    Row,
    RowCount,
    VisitRecord,
    document,
    number,
)
from piwikcli.plugins.api.dimensions import EQUALITY
from piwikcli.plugins.continents import CONTINENTS
from piwikcli.plugins.labels import FLAG, UNKNOWN, country_code, country_name, country_names, urlencode
from piwikcli.plugins.metrics import VISIT_COLUMNS

_COUNTRY = ("l.country",)
# an empty region or city drops the known country: all such visits share one row
_REGION = "CASE WHEN coalesce(l.region, '') = '' THEN 'xx|xx' ELSE l.region || '|' || l.country END"
_CITY = (
    "CASE WHEN coalesce(l.city, '') = '' THEN 'xx|xx|xx'"
    " ELSE l.city || '|' || coalesce(nullif(l.region, ''), 'xx') || '|' || l.country END"
)

RECORDS = (
    VisitRecord(name="UserCountry_country", table="location", path=_COUNTRY, conversions=_COUNTRY, max_rows=None),
    VisitRecord(name="UserCountry_region", table="location", path=(_REGION,), conversions=(_REGION,)),
    VisitRecord(name="UserCountry_city", table="location", path=(_CITY,), conversions=(_CITY,)),
    RowCount(name="UserCountry_distinctCountries", record="UserCountry_country"),
)

_CONTINENT_CODES = {
    "afr": "Africa",
    "ant": "Antarctica",
    "asi": "Asia",
    "amc": "Central America",
    "eur": "Europe",
    "amn": "North America",
    "oce": "Oceania",
    "ams": "South America",
}


def _countries_of(code: str) -> tuple[str, ...]:
    continent = _CONTINENT_CODES[code.lower()]
    return tuple(country for country, name in CONTINENTS.items() if name == continent)


DIMENSIONS = (
    Dimension(
        segment="countryCode",
        title="Country",
        sql="l.country",
        table="location",
        values="ISO 3166 codes, `xx` unknown",
        aliases=("country",),
    ),
    Dimension(
        segment="countryName",
        title="Country by its English name",
        sql="l.country",
        table="location",
        value=country_code,
        values="Germany, ...",
    ),
    Dimension(
        segment="continentCode",
        title="Continent",
        sql="l.country",
        table="location",
        value=_countries_of,
        values=", ".join(_CONTINENT_CODES),
        operators=EQUALITY,
        aliases=("continent",),
    ),
    Dimension(
        segment="regionCode",
        title="Region",
        sql="l.region",
        table="location",
        values="ISO 3166-2 codes without the country",
        aliases=("region",),
    ),
    Dimension(segment="city", title="City", sql="l.city", table="location"),
    Dimension(
        segment="latitude", title="Latitude", sql="l.latitude", table="location", type="number", aliases=("lat",)
    ),
    Dimension(
        segment="longitude", title="Longitude", sql="l.longitude", table="location", type="number", aliases=("long",)
    ),
)


def _continent(code: str) -> str:
    return CONTINENTS.get(code, UNKNOWN)


def _region_parts(stored: str) -> tuple[str, str]:
    region, _, country = stored.partition("|")
    return region or "xx", country or "xx"


def _city_parts(stored: str) -> tuple[str, str, str]:
    city, region, country = [*stored.split("|"), "xx", "xx"][:3]
    return city or "xx", region or "xx", country or "xx"


def _region_name(region: str, country: str, context: Context) -> str:
    """As the list has it; of other codes as the location database did."""
    if region == "xx":
        return UNKNOWN
    return region_name(region, country) or context.region_name(region, country) or UNKNOWN


def _region(stored: str, context: Context) -> str:
    region, country = _region_parts(stored)
    name = _region_name(region, country, context)
    return UNKNOWN if region == "xx" else f"{name}, {country_name(country)}"


def _city(stored: str, context: Context) -> str:
    """City, region and country; an unknown region is left out."""
    city, region, country = _city_parts(stored)
    known = [_region_name(region, country, context)] if region != "xx" else []
    return UNKNOWN if city == "xx" else ", ".join((city, *known, country_name(country)))


def _country_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str | int]:
    code = "cn" if stored == "ti" else stored or "xx"
    return {"code": code, "logo": FLAG, "segment": f"countryCode=={urlencode(code)}", "logoHeight": 16}


def _continent_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    return {"code": _continent(stored)}


def _region_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    region, country = _region_parts(stored)
    segment = {"segment": f"regionCode=={urlencode(region)};countryCode=={urlencode(country)}"}
    return {
        **(segment if region != "xx" else {}),
        "region": region,
        "country": country,
        "country_name": country_name(country),
        "region_name": _region_name(region, country, context),
        "logo": FLAG,
    }


def _city_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str | float]:
    city, region, country = _city_parts(stored)
    where = f"regionCode=={urlencode(region)};countryCode=={urlencode(country)}"
    known = city != "xx"
    place = context.coordinates(city, region, country) if known else None
    return {
        **({"segment": f"city=={urlencode(city)};{where}"} if known else {}),
        "city_name": city if known else UNKNOWN,
        **({} if known else {"city": "xx"}),
        "region": region,
        "country": country,
        **({"lat": round(place[0], 3), "long": round(place[1], 3)} if place else {}),
        "country_name": country_name(country),
        "region_name": _region_name(region, country, context),
        "logo": FLAG,
    }


def _country_names(request: Request) -> Document:
    return Document(dict(sorted(country_names().items())))


REPORTS = (
    Report(
        method="UserCountry.getCountry",
        title="Country",
        record="UserCountry_country",
        label=country_name,
        merge=True,
        metadata=_country_metadata,
        metrics=VISIT_COLUMNS,
        dimensions=("UserCountry_Country",),
    ),
    Report(
        method="UserCountry.getContinent",
        title="Continent",
        record="UserCountry_country",
        label=_continent,
        merge=True,
        metadata=_continent_metadata,
        metrics=VISIT_COLUMNS,
        dimensions=("UserCountry_Continent",),
    ),
    Report(
        method="UserCountry.getRegion",
        title="Region",
        record="UserCountry_region",
        label_in=_region,
        merge=True,
        metadata=_region_metadata,
        metrics=VISIT_COLUMNS,
        dimensions=("UserCountry_Region",),
    ),
    Report(
        method="UserCountry.getCity",
        title="City",
        record="UserCountry_city",
        label_in=_city,
        merge=True,
        metadata=_city_metadata,
        metrics=VISIT_COLUMNS,
        dimensions=("UserCountry_City",),
    ),
    document("UserCountry.getCountryCodeMapping", "Country codes and names", _country_names, sited=False),
    number("UserCountry.getNumberOfDistinctCountries", "Distinct countries", "UserCountry_distinctCountries"),
)

PLUGIN = Plugin(
    "UserCountry",
    records=RECORDS,
    reports=REPORTS,
    dimensions=DIMENSIONS,
    described_in="piwikcli.plugins.descriptions.visitors",
)
