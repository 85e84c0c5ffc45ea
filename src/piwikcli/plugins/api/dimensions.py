"""Dimensions as data: what records group by and segments select by.

A dimension with a `segment` name is a segment; nothing else has to be written for it. Its SQL sees one relation
(docs/reference/schema.md), by `source`:

    v            the visit                            (source="visit")
    d, l, r, k   its device, location, referrer, client   (with table=...)
    e            what only tracked visits have        (with table="detail"; its columns may be NULL)
    a            an action                            (source="action")
    x            what only tracked actions have       (with table="detail"; its columns may be NULL)
    c            a conversion                         (source="conversion")
    i            an item of an order or a cart        (source="item")

Every segment: docs/reference/segments.md. How conditions match: docs/explanation/segments.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from piwikcli.declared import dataclass
from piwikcli.errors import UsageError

Source = Literal["visit", "action", "conversion", "item"]
Table = Literal["device", "location", "referrer", "client", "detail"]
SegmentValue = str | int | float | bytes | tuple[str, ...]
"""What a stored value is compared with; of a tuple any one."""

OPERATORS = ("==", "!=", ">=", ">", "<=", "<", "=@", "!@", "=^", "=$")
EQUALITY = ("==", "!=")
ORDER = ("==", "!=", ">=", ">", "<=", "<")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """A property of visits, actions, conversions or items.

    `sql` is an expression over the relation of `source` (of `table`, where one is named); several expressions
    are one property that is kept in several columns (the categories of a product). `union` instead names
    segments of which any may match.
    """

    segment: str
    """Its name in a definition, as Matomo calls it: `browserCode`."""
    title: str
    sql: str | tuple[str, ...] = ()
    source: Source = "visit"
    table: Table | None = None
    type: Literal["text", "number", "id"] = "text"
    """Texts compare without case and accents; ids (binary) only as a whole."""
    action_type: int | None = None
    """Set: the column holds ids of `log_action` of this type, which are looked up by name."""
    value: Callable[[str], SegmentValue] | None = None
    """What was written -> what is stored. Raises ValueError or UsageError for a value there isn't."""
    values: str = ""
    """For people: which values there are."""
    operators: tuple[str, ...] = OPERATORS
    union: tuple[str, ...] = ()
    alone: bool = False
    """Whether each condition is about a row of its own, not about the same as its neighbours."""
    where: str = "true"
    """With `alone`: which rows of the relation have it."""
    aliases: tuple[str, ...] = ()
    """Other names, of Piwik 2."""

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.sql,) if isinstance(self.sql, str) else self.sql


# values ---------------------------------------------------------------------------------------------------


def enumeration(
    names: Mapping[str, int], *, column: str, otherwise: int | None = None
) -> Callable[[str], SegmentValue]:
    """Names of stored numbers, any case; the numbers are taken too. `otherwise` stands for everything else."""

    def value(text: str) -> int:
        name = text.strip()
        if name.lower() in names:
            return names[name.lower()]
        if name.isdigit() and int(name) in names.values():
            return int(name)
        if otherwise is not None:
            return otherwise
        raise UsageError(f"Invalid '{column}' segment value {text}; there are: {', '.join(names)}")

    return value


def code_of(names: Mapping[str, str], unknown: str = "UNK", *, exact: bool = False) -> Callable[[str], SegmentValue]:
    """The code that has this name in `names` (code -> name), or `unknown`."""
    codes = {name if exact else name.lower(): code for code, name in reversed(list(names.items()))}
    return lambda text: codes.get(text if exact else text.lower(), unknown)


def days(text: str) -> int:
    """Days as seconds, which is what is stored."""
    if not text.strip().isdecimal() or len(text) > 9:
        raise ValueError(f"{text} is no number of days")
    return int(text) * 86400


def ip(text: str) -> bytes:
    """An address as bytes: 4 of IPv4, 16 of IPv6."""
    from ipaddress import ip_address

    return ip_address(text.strip()).packed


def hexadecimal(text: str) -> int:
    """16 hexadecimal digits, as visitor ids are shown."""
    if len(text) != 16:
        raise ValueError(f"{text} is not 16 hexadecimal digits")
    return int(text, 16)
