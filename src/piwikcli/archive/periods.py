"""Periods: days, Monday weeks, months, years and free ranges, and how a request names them.

All dates are the site's own calendar dates. Definitions: docs/reference/periods.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from piwikcli.declared import dataclass
from piwikcli.errors import UsageError

IDS = {"day": 1, "week": 2, "month": 3, "year": 4, "range": 5}
"""Period name -> the number that archives are stored under."""

FIRST_DATE = date(1991, 8, 6)
"""The first web page's day. Nothing was logged before."""

_LAST_DATE = date(2999, 12, 31)
_CAPS = {"day": 1825, "week": 520, "month": 120, "year": 10}
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of whole days, both ends included."""

    name: str
    date1: date
    date2: date

    @classmethod
    def of(cls, name: str, day: date) -> Period:
        """The day, week, month or year that contains `day`; as a range, that one day."""
        _check_name(name)
        if name == "week":
            monday = day - timedelta(days=day.weekday())
            return cls(name, monday, monday + timedelta(days=6))
        if name == "month":
            return cls(name, day.replace(day=1), _add_months(day.replace(day=1), 1) - _DAY)
        if name == "year":
            return cls(name, date(day.year, 1, 1), date(day.year, 12, 31))
        return cls(name, day, day)

    @property
    def id(self) -> int:
        """1 day, 2 week, 3 month, 4 year, 5 range."""
        return IDS[self.name]

    @property
    def key(self) -> str:
        """The key in a map of periods: `2024-01-31`, `2024-01-29,2024-02-04`, `2024-01`, `2024`."""
        if self.name in ("week", "range"):
            return f"{self.date1},{self.date2}"
        if self.name == "month":
            return f"{self.date1:%Y-%m}"
        return f"{self.date1:%Y}" if self.name == "year" else str(self.date1)

    @property
    def slug(self) -> str:
        """What an exported file's folder is called: the first day, `A_B` for a range."""
        return f"{self.date1}_{self.date2}" if self.name == "range" else str(self.date1)

    def __contains__(self, day: date) -> bool:
        return self.date1 <= day <= self.date2

    def days(self) -> Iterator[date]:
        """Every date, ascending."""
        for n in range((self.date2 - self.date1).days + 1):
            yield self.date1 + n * _DAY

    def shifted(self, count: int) -> Period:
        """The period `count` periods later (earlier, if negative); a range moves by its own length."""
        if self.name == "day":
            return Period.of("day", self.date1 + count * _DAY)
        if self.name == "week":
            return Period.of("week", self.date1 + 7 * count * _DAY)
        if self.name == "month":
            return Period.of("month", _add_months(self.date1, count))
        if self.name == "year":
            return Period.of("year", date(self.date1.year + count, 1, 1))
        length = self.date2 - self.date1 + _DAY
        return Period("range", self.date1 + count * length, self.date2 + count * length)

    def children(self, today: date | None = None) -> list[Period]:
        """The periods whose archives add up to this one's, ascending; none for a day.

        `today` matters to ranges only: an unfinished month or year may stand in for its days.
        """
        if self.name == "day":
            return []
        if self.name == "week":
            return [Period.of("day", day) for day in self.days()]
        if self.name == "month":
            return list(_month_children(self))
        if self.name == "year":
            return [Period.of("month", date(self.date1.year, month, 1)) for month in range(1, 13)]
        return list(_cover(self.date1, self.date2, today or date.max))


def _month_children(month: Period) -> Iterator[Period]:
    day = month.date1
    while day <= month.date2:
        week = Period.of("week", day)
        unit = week if week.date1 == day and week.date2 <= month.date2 else Period.of("day", day)
        yield unit
        day = unit.date2 + _DAY


def _cover(start: date, end: date, today: date) -> Iterator[Period]:
    """The fewest years, months, weeks and days that cover a range."""

    def days(first: date, last: date) -> Iterator[Period]:
        return (Period.of("day", day) for day in Period("range", first, last).days())

    while start <= end:
        for name in ("year", "month"):
            unit = Period.of(name, start)
            fits = unit.date2 <= end or unit.date2 > today
            if start == unit.date1 and fits and not (end < today and today in unit):
                yield unit
                start = unit.date2 + _DAY
                break
        else:
            month = Period.of("month", start)
            week = Period.of("week", start)
            if _add_months(month.date1, 2) < end and week.date2 > month.date2:
                last = month.date2
            elif week.date2 > end and (week.date2 < today or week.date1 != start or end < today):
                last = end
            elif week.date1 < start and week.date2 < today:
                last = week.date2
            else:
                yield week
                start = week.date2 + _DAY
                continue
            yield from days(start, last)
            start = last + _DAY


def parse_dates(period: str, text: str, today: date) -> Period | list[Period]:
    """What `period` and `date` of a request mean: one period, or a list where the form names several.

    `2024-01-31`, a keyword (`yesterday`, `last week`) or any common way to write a date is the period
    that contains it; `lastN` and `previousN` are N periods with and without the current one; `A,B` is all
    periods from A's to B's. With period=range `lastN`, `previousN` and `A,B` are one range.
    `today` is the site's current date. Raises UsageError.
    """
    _check_name(period)
    text = text.strip()
    if found := re.fullmatch(r"(last|previous)(\d*)", text, re.IGNORECASE):
        return _last(period, found[1].lower() == "previous", int(found[2] or 1), text, today)
    if "," in text:
        return _between(period, text, today)
    if period == "range":
        raise _bad_range(text)
    return Period.of(period, _parse_date(text, today))


def custom_ranges(texts: Iterable[str], today: date) -> list[Period]:
    """The ranges of the setting `archiving.custom_ranges`. Raises UsageError for what is no range."""
    found = []
    for text in texts:
        try:
            one = parse_dates("range", text, today)
        except UsageError as error:
            raise UsageError(f"archiving.custom_ranges: {error}") from None
        assert isinstance(one, Period)
        found.append(one)
    return list(dict.fromkeys(found))


def _last(period: str, previous: bool, count: int, text: str, today: date) -> Period | list[Period]:
    if count < 1:
        raise _bad_range(text)
    if period == "range":
        end = today - _DAY if previous else today
        if count > (end - FIRST_DATE).days:
            raise _too_early(text)
        return Period("range", end - (count - 1) * _DAY, end)
    current = Period.of(period, today)
    count = min(count, _CAPS[period])
    last = -1 if previous else 0
    return [current.shifted(last - n) for n in reversed(range(count))]


def _between(period: str, text: str, today: date) -> Period | list[Period]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(parts):
        raise _bad_range(text)
    try:
        first, last = (_parse_date(part, today) for part in parts)
    except UsageError:
        if any(re.fullmatch(r"(last|previous)\d+", part, re.IGNORECASE) for part in parts):
            raise _bad_range(text) from None
        raise
    if first > last:
        raise UsageError(f"The date '{text}' is not a correct date range: {first} is later than {last}.")
    if period == "range":
        return Period("range", first, last)
    periods = [Period.of(period, first)]
    while last not in periods[-1]:
        periods.append(periods[-1].shifted(1))
    return periods


_KEYWORDS = {
    "today": timedelta(0),
    "now": timedelta(0),
    "yesterday": -_DAY,
    "yesterdaysametime": -_DAY,
    "tomorrow": _DAY,
    "lastweek": timedelta(days=-7),
}
_FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%Y-%m",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%d %B %Y",
    "%d %b %Y",
    "%B %d %Y",
    "%b %d %Y",
    "%d/%b/%Y",
)


def _parse_date(text: str, today: date) -> date:
    """A single date in any accepted form. Raises UsageError when there is none or it is before the web."""
    word = re.sub(r"^last[ -]", "last", text.strip().lower())
    if word in _KEYWORDS:
        return today + _KEYWORDS[word]
    if word in ("lastmonth", "lastyear"):
        return _add_months(today, -1 if word == "lastmonth" else -12)
    found = re.fullmatch(r"(\d{1,5}) (day|week|month|year)s? ago", word)
    day = _ago(int(found[1]), found[2], today) if found else _written_date(text.strip())
    if day is None or day > _LAST_DATE:
        raise UsageError(
            "Date format must be: YYYY-MM-DD, or 'today' or 'yesterday' or any keyword supported by the "
            f"strtotime function (see https://php.net/strtotime for more information): {text}"
        )
    if day < FIRST_DATE:
        raise _too_early(text)
    return day


def _ago(count: int, unit: str, today: date) -> date:
    try:
        if unit in ("day", "week"):
            return today - count * (_DAY if unit == "day" else 7 * _DAY)
        return _add_months(today, -count * (1 if unit == "month" else 12))
    except (OverflowError, ValueError):
        return date.min


def _written_date(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        pass
    plain = " ".join(text.split())
    for form in _FORMATS:
        try:
            return datetime.strptime(plain, form).date()
        except ValueError:
            continue
    return None


def _add_months(day: date, count: int) -> date:
    """The same day of a month `count` months later, or that month's last day."""
    months = day.year * 12 + day.month - 1 + count
    year, month = divmod(months, 12)
    after = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (after - _DAY).day))


def _check_name(period: str) -> None:
    if period not in IDS:
        raise UsageError(
            f"The period '{period}' is not supported. Try any of the following instead: {', '.join(IDS)}"
        )


def _bad_range(text: str) -> UsageError:
    return UsageError(
        f"The date '{text}' is not a correct date range. It should have the following format: "
        "YYYY-MM-DD,YYYY-MM-DD or lastN or previousN."
    )


def _too_early(text: str) -> UsageError:
    return UsageError(f"The date '{text}' is before the first website was online ({FIRST_DATE}).")
