"""Regular expressions as Matomo's users write them: those of PCRE, as far as Python's say the same differently.

Goals, custom dimensions and lists of what is excluded have them: docs/reference/goals.md#what-matches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_TOKEN = re.compile(r"\\.|\[:\^?\w+:\]|\(\?<(?=[A-Za-z_])|.", re.S)
_SPELT = {r"\z": r"\Z", r"\Z": r"(?=\n?\Z)", r"\R": r"(?:\r\n|\n|\r)", r"\h": r"[ \t]", r"\e": r"\x1b"}
_IN_SETS = {r"\h": r" \t", r"\e": r"\x1b"}
_CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "xdigit": "0-9A-Fa-f",
    "space": r"\s",
    "word": r"\w",
    "blank": r" \t",
    "punct": r"!-/:-@\[-`{-~",
}


@lru_cache(maxsize=1000)
def compiled(pattern: str, flags: int = 0) -> re.Pattern[str] | None:
    """The expression; None for one that cannot be read, which matches nothing."""
    try:
        return re.compile(translated(pattern), flags)
    except (re.error, RecursionError, OverflowError):
        return None


def translated(pattern: str) -> str:
    """Names of groups, ends of the text, blanks and classes of characters as Python spells them."""
    return "".join(_translated(pattern))


def _translated(pattern: str) -> Iterator[str]:
    begin = -1  # of the set of characters that the token is in
    for match in _TOKEN.finditer(pattern):
        token = match[0]
        if begin < 0:
            if token == "[":
                begin = match.end() + (pattern[match.end() : match.end() + 1] == "^")
            yield "(?P<" if token == "(?<" else _SPELT.get(token, token)
        elif token == "]" and match.start() > begin:
            begin = -1
            yield token
        elif token.startswith("[:") and (known := _CLASSES.get(token[2:-2])):
            yield known
        else:
            # Python takes a bracket in a set for the beginning of one that it may have some day
            yield r"\[" if token == "[" else _IN_SETS.get(token, token)
