"""A site's time zone by its name: of the tz database (`Europe/Berlin`), or an offset in Matomo's form (`UTC+5.5`)."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from functools import lru_cache

_OFFSET = re.compile(r"(?:UTC|GMT)([+-])(\d{1,2})(?:\.(0|25|50?|75)|:([0-5]\d))?", re.IGNORECASE | re.ASCII)
_PARTS = {"0": 0, "25": 15, "5": 30, "50": 30, "75": 45}

OFFSETS = tuple(sorted({*(half / 2 for half in range(-24, 25)), 5.75, 8.75, 12.75, 13.0, 13.75, 14.0}))
"""Hours ahead of UTC that Matomo offers."""


@lru_cache(maxsize=1024)
def zone_of(name: str) -> tzinfo:
    """The zone of a site's name for it. Raises KeyError or ValueError for what is none."""
    if name == "UTC":  # without the cost of looking it up
        return UTC
    minutes = _minutes(name)
    if minutes is not None:
        return timezone(timedelta(minutes=minutes))
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def offset_name(text: str) -> str | None:
    """An offset in the form that is stored: `UTC+5.5` of `utc+5:30`, `UTC` of `UTC+0`; None for other texts."""
    minutes = _minutes(text)
    return None if minutes is None else named(minutes / 60)


def named(hours: float) -> str:
    """`UTC+5.5`; `UTC` for 0."""
    return f"UTC{hours:+g}" if hours else "UTC"


def shown(name: str) -> str:
    """How people write it: `UTC+5:30`, `America/New York`."""
    minutes = _minutes(name)
    if minutes is None:
        return name.replace("_", " ")
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02d}" if rest else "")


def _minutes(name: str) -> int | None:
    """Minutes ahead of UTC; None for what is no offset, or one of no place on earth."""
    match = _OFFSET.fullmatch(name)
    if match is None:
        return None
    sign, hours, part, clock = match.groups()
    minutes = int(hours) * 60 + (_PARTS[part] if part else int(clock or 0))
    minutes = -minutes if sign == "-" else minutes
    return minutes if -12 * 60 <= minutes <= 14 * 60 and minutes % 15 == 0 else None
