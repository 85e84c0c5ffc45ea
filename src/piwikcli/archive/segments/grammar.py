"""A segment's text -> its expression: an AND of ORs of conditions. Pure, without knowing any segment's name.

    segment    := and-part (";" and-part)*
    and-part   := condition ("," condition)*          OR binds tighter
    condition  := name operator value

Percent-encoding, `\\,` and `\\;`: docs/explanation/segments.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from piwikcli.errors import UsageError

MAX_LENGTH = 8192
"""Characters of a definition; what is beyond is cut off."""

_CONDITION = re.compile(r"(.+?)(==|!=|>=|>|<=|<|=@|!@|=\^|=\$)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Condition:
    """`name operator value`. `position` is where it begins in the text, from 0."""

    name: str
    operator: str
    value: str
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        value = _encode(self.value)
        if self.operator in ("<", ">") and value.startswith("="):
            value = "%25253D" + value[1:]
        return f"{self.name}{self.operator}{value}"


Part = tuple[Condition, ...]
"""Conditions of which one must hold."""


@dataclass(frozen=True, slots=True)
class Expression:
    """Parts that must all hold."""

    parts: tuple[Part, ...]

    def __str__(self) -> str:
        """A definition that parses to this expression again."""
        return ";".join(",".join(map(str, part)) for part in self.parts)

    def conditions(self) -> Iterator[Condition]:
        for part in self.parts:
            yield from part

    def sorted(self) -> Expression:
        """The same conditions in an order of their own, each once."""
        parts = {tuple(sorted(set(part), key=str)) for part in self.parts}
        return Expression(tuple(sorted(parts, key=lambda part: tuple(map(str, part)))))


def parse(text: str) -> Expression:
    """The expression of a definition; the empty one for a blank text.

    The text may be percent-encoded as a whole: it is read as it is and decoded, and the reading with more
    conditions counts, the decoded one where they have as many. Raises UsageError that names the condition.
    """
    text = text.strip()[:MAX_LENGTH]
    decoded = urldecode(text)
    if decoded == text:
        return _parse(text)
    try:
        plain = _parse(text)
    except UsageError:
        return _parse(decoded)
    try:
        found = _parse(decoded)
    except UsageError:
        return plain
    return plain if _size(plain) > _size(found) else found


def urldecode(text: str) -> str:
    """Percent-encoding undone once, `+` a space; bytes that are not UTF-8 are left out."""
    if "%" not in text and "+" not in text:
        return text
    return unquote_to_bytes(text.replace("+", " ").encode("utf-8", "surrogateescape")).decode("utf-8", "ignore")


def _parse(text: str) -> Expression:
    parts: list[Part] = []
    for part, start in _split(text, ";"):
        if part:
            parts.append(tuple(_condition(one, start + at) for one, at in _split(part, ",")))
    return Expression(tuple(parts))


def _split(text: str, delimiter: str) -> Iterator[tuple[str, int]]:
    """The pieces and where they begin. A delimiter after a backslash, or at the very end, separates nothing."""
    start = 0
    for at, character in enumerate(text):
        if character == delimiter and at < len(text) - 1 and (at == 0 or text[at - 1] != "\\"):
            yield text[start:at].replace(f"\\{delimiter}", delimiter), start
            start = at + 1
    yield text[start:].replace(f"\\{delimiter}", delimiter), start


def _condition(text: str, position: int) -> Condition:
    found = _CONDITION.fullmatch(urldecode(text))
    if found is None:
        raise UsageError(
            f"The segment condition '{text}' is not valid (character {position + 1}): "
            "write name, operator and value, as browserCode==FF"
        )
    name, operator, value = found.groups()
    if not value and operator not in ("==", "!="):
        raise UsageError(
            f"The segment '{text}' has no value specified. You can leave this value empty only when you use the "
            "operators: != (is not) or == (is)"
        )
    return Condition(name.strip(), operator, urldecode(value), position)


def _size(expression: Expression) -> int:
    return sum(1 for _ in expression.conditions())


_TWICE = re.compile(r"[,;\\\s]")
_THRICE = re.compile(r"[%+]")


def _encode(value: str) -> str:
    """The value so that reading it, which decodes three times, gives it back."""
    value = _THRICE.sub(lambda found: f"%2525{ord(found[0]):02X}", value)
    return _TWICE.sub(lambda found: "".join(f"%25{byte:02X}" for byte in found[0].encode()), value)
