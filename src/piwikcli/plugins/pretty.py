"""Dates and periods as English texts: `February 25 – March 5, 2026`, `Wednesday, February 25, 2026`.

Both ends of a range share what they have in common, as Unicode's CLDR writes intervals.
"""

from __future__ import annotations

from datetime import date

from piwikcli.plugins.api import Span

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT = 3
_DASH = "\u2009\u2013\u2009"


def long_date(day: date) -> str:
    """`Wednesday, February 25, 2026`."""
    return f"{DAYS[day.weekday()]}, {MONTHS[day.month - 1]} {day.day}, {day.year}"


def short_date(day: date) -> str:
    """`Wed, Feb 25, 2026`."""
    return f"{DAYS[day.weekday()][:_SHORT]}, {_month(day, True)} {day.day}, {day.year}"


def pretty(period: Span, *, short: bool = False) -> str:
    """A period: a day with its weekday, `February 25 – March 5, 2026`, `March 2026`, `2026`.

    `short` abbreviates months and weekdays. Long weeks begin with the word.
    """
    if period.name == "year":
        return str(period.date1.year)
    if period.name == "month":
        return f"{_month(period.date1, short)} {period.date1.year}"
    if period.name == "day":
        return short_date(period.date1) if short else long_date(period.date1)
    text = interval(period.date1, period.date2, short=short)
    return f"Week {text}" if period.name == "week" and not short else text


def interval(first: date, last: date, *, short: bool = False) -> str:
    """`February 25 – March 5, 2026`; the month once where both are in it, the year once where it is one."""
    start = f"{_month(first, short)} {first.day}"
    if first.year != last.year:
        start += f", {first.year}"
    same_month = (first.year, first.month) == (last.year, last.month)
    end = str(last.day) if same_month else f"{_month(last, short)} {last.day}"
    if first == last:
        return f"{start}, {last.year}"
    return f"{start}{_DASH}{end}, {last.year}"


def _month(day: date, short: bool) -> str:
    name = MONTHS[day.month - 1]
    return name[:_SHORT] if short else name
