"""One condition as SQL that is true or false of a row. Values are bound, never part of the text.

Texts compare as in Matomo's database: without case and accents, and as texts also with `<` and `>`. A NULL matches
`!=` and `!@` only, and these only with a value that is neither empty nor 0.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from urllib.parse import quote

from piwikcli.errors import UsageError
from piwikcli.plugins.api import Dimension
from piwikcli.plugins.api.dimensions import SegmentValue

NEGATIVE = {"!=": "==", "!@": "=@"}
"""Operators that deny, and what they deny."""

PAGE, TITLE, EVENT = 1, 4, 10
_ADDRESSES = frozenset((PAGE, 2, 3, EVENT))
_RESERVED = "%/:?#[]@!$&'()*+,;=~"
_SCHEME = re.compile(r"^https?://(?:www\.)?", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?\d{1,19}(\.\d{1,18})?")
_DICTIONARIES = {
    "device": ("device", "d", "iddevice"),
    "location": ("location", "l", "idlocation"),
    "referrer": ("referrer", "r", "idreferrer"),
    "client": ("client", "k", "idclient"),
}
_LIKE = {"=@": "contains", "!@": "contains", "=^": "starts_with", "=$": "suffix"}
_TEXT_ONLY = frozenset(_LIKE)


@dataclass(frozen=True, slots=True)
class Sql:
    """An expression and the values of its `?`, in order."""

    text: str
    values: tuple[SegmentValue | list[str], ...] = ()


def either(some: list[Sql]) -> Sql:
    return _joined(some, " OR ", "false")


def both(some: list[Sql]) -> Sql:
    return _joined(some, " AND ", "true")


def _joined(some: list[Sql], word: str, none: str) -> Sql:
    if not some:
        return Sql(none)
    if len(some) == 1:
        return some[0]
    return Sql(word.join(f"({one.text})" for one in some), tuple(value for one in some for value in one.values))


def constant(dimension: Dimension, operator: str, text: str) -> SegmentValue:
    """What a condition's value stands for. Raises UsageError for one that the segment cannot have."""
    if not text:
        return text
    try:
        if dimension.value is not None:
            return dimension.value(text)
        if dimension.type == "number" and operator not in _TEXT_ONLY:
            return _number(text)
    except (ValueError, LookupError) as error:
        wanted = dimension.values or ("a number" if dimension.type == "number" else "something else")
        raise UsageError(f"Segment {dimension.segment} takes {wanted}, not '{text}'") from error
    return text


def _number(text: str) -> int | float:
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(text)
    try:
        return int(text)
    except ValueError:
        return float(text)


def condition(dimension: Dimension, operator: str, text: str) -> Sql:
    """The condition, over a row of the dimension's source (alias v, a, c or i)."""
    columns = [_of_column(dimension, column, operator, text) for column in dimension.columns]
    return both(columns) if denies(operator, text) else either(columns)


def denies(operator: str, text: str) -> bool:
    """Whether the condition is about what isn't: != and !@ with a value."""
    return operator in NEGATIVE and bool(text)


def _of_column(dimension: Dimension, column: str, operator: str, text: str) -> Sql:
    if dimension.action_type is not None:
        return _looked_up(column, dimension.action_type, operator, text)
    plain = _compared(dimension, column, operator, text)
    if dimension.table in _DICTIONARIES:
        table, alias, key = _DICTIONARIES[dimension.table]
        return Sql(f"v.{key} IN (SELECT {key} FROM {table} {alias} WHERE {plain.text})", plain.values)
    return plain


def _compared(dimension: Dimension, column: str, operator: str, text: str) -> Sql:
    text_like = dimension.type == "text"
    if not text:
        blank = f"{column} IN ('', '0')" if text_like else f"{column} = 0"
        if dimension.type == "id":
            blank = "false"
        return Sql(f"{column} IS NULL OR {blank}" if operator == "==" else f"{column} IS NOT NULL AND NOT ({blank})")
    value = constant(dimension, operator, text)
    if isinstance(value, tuple):
        inside = Sql(f"coalesce(list_contains(?::VARCHAR[], {column}), false)", (list(value),))
        return inside if operator == "==" else Sql(f"NOT {inside.text}", inside.values)
    if operator in _LIKE:
        found = f"{_LIKE[operator]}({_folded(f'CAST({column} AS VARCHAR)')}, {_folded('?')})"
        sql, value = (f"NOT {found}" if operator == "!@" else found), str(value)
    elif text_like:
        sql, value = f"{_folded(column)} {_SYMBOLS[operator]} {_folded('?')}", str(value)
    else:
        sql = f"{column} {_SYMBOLS[operator]} ?"
    if operator in NEGATIVE and value not in ("", "0", 0):
        sql = f"{column} IS NULL OR {sql}"
    return Sql(sql, (value,))


_SYMBOLS = {"==": "=", "!=": "<>", ">=": ">=", ">": ">", "<=": "<=", "<": "<"}


def _folded(expression: str) -> str:
    return f"upper(strip_accents({expression}))"


def _looked_up(column: str, kind: int, operator: str, text: str) -> Sql:
    """Whether an action's name is so, through its id. Equal means exactly equal; the rest is as for texts."""
    if operator in NEGATIVE and text:
        found = _looked_up(column, kind, NEGATIVE[operator], text)
        return Sql(f"NOT coalesce({found.text}, false)", found.values)
    if not text:
        found = _action(column, kind, "l.name <> ''")
        return found if operator == "!=" else Sql(f"NOT coalesce({found.text}, false)", found.values)
    if kind in (PAGE, EVENT):
        text = _SCHEME.sub("", text)
    if operator == "==":
        # titles and the like may be stored with their HTML entities
        names = list(dict.fromkeys((text, html.unescape(text), html.escape(html.unescape(text)))))
        if kind in _ADDRESSES and not text.isascii():
            # browsers send addresses percent-encoded, and a value that was so is read decoded
            names.append(quote(html.unescape(text), safe=_RESERVED))
        return _action(column, kind, "list_contains(?::VARCHAR[], l.name)", names)
    if operator in _LIKE:
        return _action(column, kind, f"{_LIKE[operator]}({_folded('l.name')}, {_folded('?')})", text)
    return _action(column, kind, f"{_folded('l.name')} {_SYMBOLS[operator]} {_folded('?')}", text)


def _action(column: str, kind: int, test: str, *values: str | list[str]) -> Sql:
    return Sql(f"{column} IN (SELECT l.idaction FROM log_action l WHERE l.type = {kind} AND {test})", values)
