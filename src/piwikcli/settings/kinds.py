"""What values a setting takes: whole numbers, choices, true or false, paths, texts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from piwikcli.declared import dataclass

Value = str | int | bool | Path | tuple[str, ...] | None

_RANGE = re.compile(r"(last|previous)\d+|[^,]+,[^,]+", re.IGNORECASE)
REQUEST_RULE = re.compile(r"\s*([^=!\s]+)(==|!=|=@|!@|=\^|=\$)(.*)", re.DOTALL)
"""Parameter, operator and URL-encoded value of a rule that leaves out requests."""
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


@dataclass(frozen=True, slots=True)
class Kind:
    """What values a setting takes. `parse` raises ValueError for any other; `allowed` says what they are."""

    allowed: str
    parse: Callable[[object], Value]


def integer(minimum: int, unit: str = "", maximum: int | None = None) -> Kind:
    def parse(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError
        number = int(value)
        if number < minimum or (maximum is not None and number > maximum):
            raise ValueError
        return number

    allowed = f"{minimum} or more" if maximum is None else f"{minimum} to {maximum}"
    return Kind(f"a whole number{unit}, {allowed}", parse)


def choice(*words: str) -> Kind:
    def parse(value: object) -> str:
        if not isinstance(value, str) or value.lower() not in words:
            raise ValueError
        return value.lower()

    return Kind(f"one of {', '.join(words)}", parse)


def choices(*words: str) -> Kind:
    def parse(value: object) -> tuple[str, ...]:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list | tuple):
            raise ValueError
        given = {str(part).strip().lower() for part in parts} - {""}
        if given - set(words):
            raise ValueError
        return tuple(word for word in words if word in given)

    return Kind(f"a list of {', '.join(words)}", parse)


def _parse_ranges(value: object) -> tuple[str, ...]:
    """Texts that look like ranges; their dates are read when they are needed, since they may be relative to it."""
    parts = value.split(";") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise ValueError
    found = tuple(part.strip() for part in parts if part.strip())
    if not all(_RANGE.fullmatch(text) for text in found):
        raise ValueError
    return found


def _parse_rules(value: object) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise ValueError
    found = tuple(part.strip() for part in parts if part.strip())
    if not all(REQUEST_RULE.fullmatch(text) for text in found):
        raise ValueError
    return found


def _parse_boolean(value: object) -> bool:
    word = str(value).lower()
    if word in _TRUE | _FALSE:
        return word in _TRUE
    raise ValueError


def _parse_path(value: object) -> Path:
    if not isinstance(value, str | Path) or not str(value):
        raise ValueError
    # unlike Path.expanduser it keeps an unknown ~user as it is
    return Path(os.path.expanduser(value))


def _parse_text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value.strip()


TEXT = Kind("a text", _parse_text)
RANGES = Kind("ranges with semicolons between them, such as last30;2026-03-01,2026-03-09", _parse_ranges)
RULES = Kind("rules of a parameter, one of == != =@ !@ =^ =$, and a value, with commas between them", _parse_rules)
BOOLEAN = Kind("true or false", _parse_boolean)
PATH = Kind("a path", _parse_path)
