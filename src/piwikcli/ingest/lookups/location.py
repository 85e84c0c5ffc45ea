"""Where a visitor is: by GeoIP database, else by browser language. See docs/how-to/geoip.md."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from piwikcli.errors import InputError
from piwikcli.ingest.parsing.addresses import address_of
from piwikcli.lists.regions import region_code

UNKNOWN_COUNTRY = "xx"


class Location(NamedTuple):
    """A place; `country` is a lower-case ISO code, `xx` when unknown; coordinates have 3 decimals.

    `region` is an ISO code without the country, or the region's name where the database has no code.
    """

    country: str
    region: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    region_name: str | None = None


NOWHERE = Location(UNKNOWN_COUNTRY)


class Locator:
    """Looks addresses up in a .mmdb database; without one every address is `NOWHERE`.

    Raises InputError when the database is missing or damaged.
    """

    def __init__(self, database: Path | None = None) -> None:
        self._reader = None
        self._known: dict[str, Location] = {}
        if database is not None:
            import maxminddb

            try:
                self._reader = maxminddb.open_database(database)
            except FileNotFoundError as error:
                raise InputError(f"{database}: no such GeoIP database") from error
            except (maxminddb.InvalidDatabaseError, OSError) as error:
                raise InputError(f"{database}: is not a readable .mmdb database") from error

    def __bool__(self) -> bool:
        """Whether it knows any place."""
        return self._reader is not None

    def __call__(self, ip: str) -> Location:
        if self._reader is None:
            return NOWHERE
        found = self._known.get(ip)
        if found is None:
            address = address_of(ip)
            try:
                record = None if address is None else self._reader.get(address)
            except ValueError:  # IPv6 in an IPv4 database
                record = None
            found = self._known[ip] = _location(record) if isinstance(record, Mapping) else NOWHERE
        return found


def _location(record: Mapping[str, Any]) -> Location:
    country = _map(record.get("country")) or _map(record.get("registered_country"))
    code = str(country.get("iso_code") or "").lower() or UNKNOWN_COUNTRY
    subdivisions = [_map(entry) for entry in record.get("subdivisions") or () if isinstance(entry, Mapping)]
    subdivision: Mapping[str, Any] = {}
    if subdivisions:
        # the United Kingdom's first level is the nation
        subdivision = subdivisions[-1 if code == "gb" else 0]
    region = str(subdivision.get("iso_code") or "").upper()
    if region.startswith(code.upper() + "-"):
        region = region[len(code) + 1 :]
    region_name = _name(subdivision)
    position = _map(record.get("location"))
    return Location(
        code,
        # some free databases have names only
        region or (region_name and (region_code(region_name, code) or region_name)),
        _name(record.get("city")),
        _round(position.get("latitude")),
        _round(position.get("longitude")),
        region_name,
    )


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _name(city: object) -> str | None:
    name = _map(_map(city).get("names")).get("en")
    return unicodedata.normalize("NFC", str(name))[:255] if name else None


def _round(value: object) -> float | None:
    return round(float(value), 3) if isinstance(value, (int, float)) else None
