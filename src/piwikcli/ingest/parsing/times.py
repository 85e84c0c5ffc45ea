"""Times of log lines -> seconds UTC. Each distinct hour, zone and unusual text is looked at once.

Reference: docs/reference/log-formats.md#which-format.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa

from piwikcli.ingest.parsing.lines import Ints, Spans, Text

NO_TIME = -(1 << 60)
"""Stands for a text that is no time."""

_MONTHS = {name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
_CLF = re.compile(rb"(\d\d)/([A-Z][a-z][a-z])/(\d{4})[: ](\d\d):(\d\d):(\d\d)", re.ASCII)
_ISO = re.compile(rb"(\d{4})-(\d\d)-(\d\d)[T _\t](\d\d):(\d\d):(\d\d)", re.ASCII)
_LOOSE = (
    re.compile(rb"(?P<d>\d\d?)/(?P<b>[A-Za-z]{3})/(?P<y>\d{4})[: ](?P<h>\d\d?):(?P<m>\d\d?):(?P<s>\d\d?)(?!\d)"),
    re.compile(rb"(?P<y>\d{4})-(?P<b>\d\d?)-(?P<d>\d\d?)[T _\t](?P<h>\d\d?):(?P<m>\d\d?):(?P<s>\d\d?)(?!\d)"),
)
"""The same with single digits and months in any case, as strptime takes them."""
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)(?::?(\d\d))?", re.ASCII)
# width of a date and time, its pattern, where the minutes stand
_CORES = ((20, _CLF, 15), (19, _ISO, 14))
# a time from the colon before its minutes on
_COLONS = np.uint64(int.from_bytes(b":\0\0:\0\0\0\0", "little"))
_COLONS_MASK = np.uint64(int.from_bytes(b"\xff\0\0\xff\0\0\0\0", "little"))
_BYTE = np.uint64(0xFF)
_FIRST_BYTES = np.array([(1 << (8 * size)) - 1 for size in range(8)], dtype=np.uint64)
_FRACTION_DIGITS = 12


# --- zones --------------------------------------------------------------------------------------------------


@cache
def zone(name: str) -> tzinfo | int | None:
    """What a zone's text stands for: seconds east of UTC, a zone with changing offsets, or None (no zone).

    `+0100`, `+01:00`, `Z`, `UTC`, `GMT` and names of the tz database such as `Europe/Berlin`.
    """
    match = _OFFSET.fullmatch(name)
    if match:
        sign, hours, minutes, seconds = match.groups()
        if int(hours) > 23 or int(minutes) > 59 or int(seconds or 0) > 59:
            return None
        east = int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)
        return -east if sign == "-" else east
    if name in ("Z", "z", "UTC", "GMT", "utc", "gmt"):
        return 0
    if "/" not in name:
        return None  # CET, EST and the like mean different zones in different places
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def to_utc(local: Ints, of: tzinfo | int) -> Ints:
    """Seconds UTC of local times given as seconds; once per distinct minute.

    A time that the clock shows twice is its first; one that it skips is read with the offset before the change.
    """
    if isinstance(of, int):
        return np.where(local == NO_TIME, NO_TIME, local - of)
    minutes, place = np.unique(np.where(local == NO_TIME, 0, local) // 60, return_inverse=True)
    epoch = datetime(1970, 1, 1)
    offsets = [
        ((epoch + timedelta(minutes=int(minute))).replace(tzinfo=of).utcoffset() or timedelta()).total_seconds()
        for minute in minutes
    ]
    return np.where(local == NO_TIME, NO_TIME, local - np.array(offsets or [0], dtype=np.int64)[place])


# --- texts --------------------------------------------------------------------------------------------------


def read_times(spans: Spans, zones: Spans | None = None, *, default: tzinfo | int = 0) -> Ints:
    """Seconds UTC of `04/Mar/2024:10:11:12` or `2024-03-04T10:11:12`, with a fraction and a zone behind or not.

    The zone may stand apart (`zones`); without any the time is in the `default` zone. NO_TIME for other texts.
    """
    local, rest = _cores(spans)
    if zones is None:
        return _zoned(local, _skip_fraction(rest), default)
    rest = _skip_fraction(rest)
    local = np.where(rest.stop == rest.start, local, NO_TIME)
    return _zoned(local, zones, None)


def _cores(spans: Spans) -> tuple[Ints, Spans]:
    """Local seconds of date and time to the second, and what stands behind."""
    text, start, stop = spans.text, spans.start, spans.stop
    local = np.full(len(start), NO_TIME, dtype=np.int64)
    rest = start.copy()
    for width, pattern, minute in _CORES:
        rows = np.flatnonzero((local == NO_TIME) & (stop - start >= width))
        if len(rows):
            found = _core(text, start[rows], pattern, minute)
            local[rows] = found
            rest[rows] = np.where(found == NO_TIME, start[rows], start[rows] + width)
    rows = np.flatnonzero(local == NO_TIME)
    if len(rows):
        encoded = spans.take(rows).dictionary()
        loose = [_loose(raw) for raw in encoded.dictionary.cast(pa.binary()).to_pylist()]
        at = encoded.indices.to_numpy()
        local[rows] = np.array([seconds for seconds, _ in loose], dtype=np.int64)[at]
        rest[rows] = start[rows] + np.array([width for _, width in loose], dtype=np.int64)[at]
    return local, Spans(text, rest, stop)


def _loose(raw: bytes) -> tuple[int, int]:
    """Local seconds of an unusual text, and its width."""
    match = next((found for pattern in _LOOSE if (found := pattern.match(raw))), None)
    if match is not None:
        month = match["b"]
        number = int(month) if month.isdigit() else _MONTHS.get(month.decode().capitalize(), 0)
        try:
            day = datetime(int(match["y"]), number, int(match["d"]), tzinfo=UTC)
            time = day.replace(hour=int(match["h"]), minute=int(match["m"]), second=int(match["s"]))
        except ValueError:
            return NO_TIME, 0
        return int(time.timestamp()), match.end()
    return NO_TIME, 0


def _core(text: Text, at: Ints, pattern: re.Pattern[bytes], minute: int) -> Ints:
    """Dates and hours once per run of equal ones; minutes and seconds are added."""
    words = text.words(8)
    # the hour ends inside the second word; what follows it changes from line to line
    first, hour = words[at], words[at + 8] & np.uint64((1 << (8 * (minute - 9))) - 1)
    clock = words[at + (minute - 1)]
    changed = np.ones(len(at), dtype=np.bool_)
    changed[1:] = (first[1:] != first[:-1]) | (hour[1:] != hour[:-1])
    heads = np.flatnonzero(changed)
    keys = zip(first[heads].tolist(), hour[heads].tolist(), strict=True)
    base = np.array([_hour(a, b, pattern) for a, b in keys], dtype=np.int64)
    seconds = np.repeat(base, np.diff(heads, append=len(at)))
    valid = (seconds != NO_TIME) & ((clock & _COLONS_MASK) == _COLONS)
    for place, worth, highest in ((1, 600, 53), (2, 60, 57), (4, 10, 53), (5, 1, 57)):
        digit = (clock >> np.uint64(8 * place)) & _BYTE
        valid &= (digit >= 48) & (digit <= highest)
        seconds += (digit.astype(np.int64) - 48) * worth
    return seconds if valid.all() else np.where(valid, seconds, NO_TIME)


@lru_cache(maxsize=100_000)
def _hour(first: int, hour: int, pattern: re.Pattern[bytes]) -> int:
    """Local seconds at which an hour begins; the arguments are the words that spell it."""
    text = first.to_bytes(8, "little") + hour.to_bytes(8, "little").rstrip(b"\0")
    match = pattern.fullmatch(text + b":00:00")
    if match is None:
        return NO_TIME
    a, b, c, hours = (part.decode() for part in match.groups()[:4])
    day, month, year = (a, _MONTHS.get(b, 0), c) if pattern is _CLF else (c, int(b), a)
    try:
        return int(datetime(int(year), month, int(day), int(hours), tzinfo=UTC).timestamp())
    except ValueError:
        return NO_TIME


def _skip_fraction(rest: Spans) -> Spans:
    """What stands behind a time without a fraction of a second and blanks."""
    array, at = rest.text.array, rest.start.copy()
    point = (at < rest.stop) & ((array[at] == 46) | (array[at] == 44))
    if point.any():
        inside = point.copy()
        at = at + inside
        for _ in range(_FRACTION_DIGITS):
            digit = array[at]
            inside &= (at < rest.stop) & (digit >= 48) & (digit <= 57)
            if not inside.any():
                break
            at = at + inside
    while (blank := (at < rest.stop) & (array[at] == 32)).any():
        at = at + blank
    return Spans(rest.text, at, rest.stop)


def _zoned(local: Ints, zones: Spans, default: tzinfo | int | None) -> Ints:
    """Local times in the zones that their texts name; an empty one is the default (None: no time)."""
    texts, codes = _distinct(zones)
    seconds = np.full(len(local), NO_TIME, dtype=np.int64)
    for code, raw in enumerate(texts):
        of = zone(raw.decode("latin-1")) if raw else default
        if of is None:
            continue
        if len(texts) == 1:
            return to_utc(local, of)
        rows = codes == code
        seconds[rows] = to_utc(local[rows], of)
    return seconds


def _distinct(spans: Spans) -> tuple[list[bytes], Ints]:
    """The distinct texts, and the place of each line's among them; short ones are compared as numbers."""
    width = spans.stop - spans.start
    if not len(width) or int(width.max()) > 7:
        encoded = spans.dictionary()
        return encoded.dictionary.to_pylist(), encoded.indices.to_numpy()
    words = spans.text.words(8)[spans.start] & _FIRST_BYTES[width] | width.astype(np.uint64) << np.uint64(56)
    if (words == words[0]).all():
        return spans.take(np.zeros(1, dtype=np.int64)).tolist(), np.zeros(len(width), dtype=np.int64)
    encoded = pa.array(words).dictionary_encode()
    texts = [word.to_bytes(8, "little") for word in encoded.dictionary.to_pylist()]
    return [text[: text[7]] for text in texts], encoded.indices.to_numpy()


# --- other clocks ---------------------------------------------------------------------------------------------


def read_epochs(spans: Spans, per_second: int = 1) -> Ints:
    """Seconds of numbers since 1970, decimal or not, of which so many are a second."""

    def read(raw: bytes) -> int:
        try:
            number = float(raw) / per_second
        except ValueError:
            return NO_TIME
        return math.floor(number) if math.isfinite(number) and abs(number) < 1e11 else NO_TIME

    return per_distinct(spans, read)


def read_custom(
    spans: Spans, form: str, zones: Spans | None = None, *, default: tzinfo | int = 0, encoding: str = "utf-8"
) -> Ints:
    """Seconds UTC of texts in a form of strptime's, which may hold a zone (`%z`, `%Z`)."""
    dated = any(code in form for code in ("%Y", "%y", "%c", "%x", "%s", "%G"))
    form = form if dated else f"%Y {form}"

    def read(raw: bytes) -> int:
        try:
            text = raw.decode(encoding)
            parsed = datetime.strptime(text if dated else f"{datetime.now(UTC).year} {text}", form)
        except ValueError:
            return NO_TIME
        if parsed.tzinfo is not None:
            return math.floor(parsed.timestamp())
        local = math.floor(parsed.replace(tzinfo=UTC).timestamp())
        return int(to_utc(np.array([local]), default)[0]) if zones is None else local

    local = per_distinct(spans, read)
    return local if zones is None else _zoned(local, zones, None)


def per_distinct(spans: Spans, read: Callable[[bytes], int]) -> Ints:
    """A number per line, looked at once per distinct text."""
    encoded = spans.dictionary()
    values = np.array([read(raw) for raw in encoded.dictionary.to_pylist()] or [0], dtype=np.int64)
    numbers: Ints = values[encoded.indices.to_numpy()]
    return numbers
