"""What the world's regions are called: ISO 3166-2 codes, and the older FIPS 10-4 ones. See docs/how-to/geoip.md."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources


def region_name(region: str, country: str) -> str | None:
    """`CA`, `us` -> `California`; None for a code that is not known. Upper or lower case is all the same."""
    return _names().get((country.lower(), region.upper()))


def region_code(name: str, country: str) -> str | None:
    """`California`, `us` -> its ISO code `CA`, whatever case and accents; None where not one region is called so."""
    codes = _codes().get((country.lower(), _plain(name)), ())
    return codes[0] if len(codes) == 1 else None


def _plain(name: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(one))


@cache
def _codes() -> Mapping[tuple[str, str], Sequence[str]]:
    codes: dict[tuple[str, str], list[str]] = {}
    for country, region, name, *fips in _rows():
        if not fips:
            codes.setdefault((country, _plain(name)), []).append(region)
    return codes


@cache
def _names() -> Mapping[tuple[str, str], str]:
    return {(country, region): name for country, region, name, *_ in _rows()}


def _rows() -> Iterator[list[str]]:
    text = resources.files("piwikcli.lists").joinpath("regions.tsv").read_text(encoding="utf-8")
    return (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
