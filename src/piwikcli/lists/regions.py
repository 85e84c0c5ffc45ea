"""What the world's regions are called: ISO 3166-2 codes, and the older FIPS 10-4 ones. See docs/how-to/geoip.md."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources


def region_name(region: str, country: str) -> str | None:
    """`CA`, `us` -> `California`; None for a code that is not known. Upper or lower case is all the same."""
    return _names().get((country.lower(), region.upper()))


@cache
def _names() -> Mapping[tuple[str, str], str]:
    text = resources.files("piwikcli.lists").joinpath("regions.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {(country, region): name for country, region, name in rows}
