"""Line templates: literal text with `$fields` in it, from which a regular expression and a plan for cutting follow.

    $ip $- $userid [$date] "$request" $status $length "$referrer" "$user_agent" ${generation_time_milli}ms

`$-` is a word and `$*` a text that nobody wants. A blank stands for one or more. A field runs to the text behind it;
where that is a blank or the line's end, the field is one word. Anything may follow the last part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from piwikcli.ingest.parsing.fields import FIELDS, PATTERNS

WORD, TEXT, REQUEST = "word", "text", "request"
_PART = re.compile(r"\$(?:\{(\w+|-)\}|(\w+|[-*]))|((?:[^$]|\$\$)+)")
_REQUESTS = {"request": "path", "request_url": "url"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a line; `name` is empty when nobody wants it."""

    name: str
    kind: str
    """WORD (no blanks in it), TEXT (up to the literal behind it), REQUEST (method, path and protocol)."""
    until: bytes
    """The literal behind it; empty at the end of the line."""

    @property
    def path(self) -> str:
        """The field that a request's middle is: path or url."""
        return _REQUESTS[self.name]


@dataclass(frozen=True)
class Template:
    """A line's shape: literals and fields in turn."""

    text: str

    @cached_property
    def parts(self) -> tuple[bytes | Field, ...]:
        pieces = [
            (match[1] or match[2], match[3] and match[3].replace("$$", "$")) for match in _PART.finditer(self.text)
        ]
        literals = [literal for _, literal in pieces[1:]] + [None]
        parts: list[bytes | Field] = []
        for (name, literal), behind in zip(pieces, literals, strict=True):
            parts.append(literal.encode() if literal is not None else _field(name, (behind or "").encode()))
        return tuple(parts)

    @cached_property
    def fields(self) -> frozenset[str]:
        """Names of the fields that a line gives."""
        names: set[str] = set()
        for part in self.parts:
            if isinstance(part, Field) and part.kind == REQUEST:
                names |= {"method", part.path}
            elif isinstance(part, Field) and part.name:
                names.add(part.name)
        return frozenset(names)

    @cached_property
    def regex(self) -> str:
        """Matches from the line's start, and bounds every line that the template describes."""
        return "^" + _regex(self.parts)

    @cached_property
    def loose(self) -> str | None:
        """Matches also lines with anything in the place of a request; None where the template has none."""
        if not any(map(_is_request, self.parts)):
            return None
        anything = [Field("", TEXT, part.until) if isinstance(part, Field) else part for part in self.parts]
        parts = [loose if _is_request(part) else part for part, loose in zip(self.parts, anything, strict=True)]
        return "^" + _regex(parts)

    @property
    def blanks(self) -> frozenset[int]:
        """White space that separates fields."""
        return frozenset(byte for part in self.parts if isinstance(part, bytes) for byte in part if byte in b" \t")


def _field(name: str, until: bytes) -> Field:
    if name == "*":
        return Field("", TEXT, until)
    if name == "-":
        return Field("", WORD if not until or until[:1] == b" " else TEXT, until)
    if name in _REQUESTS:
        return Field(name, REQUEST, until)
    if name not in FIELDS:
        raise ValueError(f"no field ${name}")
    return Field(name, WORD if not until or until[:1] == b" " else TEXT, until)


def regex_of(templates: Sequence[Template]) -> str:
    """One expression of what several templates describe, the first before the others.

    They may differ in one place, and there in what nobody wants: a group has its name once.
    """
    parts = [template.parts for template in templates]
    shortest = min(map(len, parts))
    head = next((n for n in range(shortest) if len({one[n] for one in parts}) > 1), shortest)
    tail = next((n for n in range(shortest - head) if len({one[-1 - n] for one in parts}) > 1), shortest - head)
    ways = [one[head : len(one) - tail] for one in parts]
    if any(isinstance(part, Field) and part.name for way in ways for part in way):
        raise ValueError("the templates differ in their fields")
    between = f"(?:{'|'.join(map(_regex, ways))})" if any(ways) else ""
    return "^" + _regex(parts[0][:head]) + between + _regex(parts[0][len(parts[0]) - tail :])


def _is_request(part: bytes | Field) -> bool:
    return isinstance(part, Field) and part.kind == REQUEST


def _regex(parts: Iterable[bytes | Field]) -> str:
    return "".join(_literal(part) if isinstance(part, bytes) else _pattern(part) for part in parts)


def _literal(part: bytes) -> str:
    return "".join(
        r"\s+" if piece[0] == " " else re.escape(piece) for piece in re.findall(r" +|[^ ]+", part.decode())
    )


def _pattern(part: Field) -> str:
    if part.kind == REQUEST:
        return rf"(?P<method>\S+)\s+(?P<{part.path}>.*?)\s+(?:\S+)"
    end = r"[^\t]" if part.until[:1] == b"\t" else "."
    pattern = PATTERNS.get(part.name) or (r"\S+" if part.kind == WORD else f"{end}*?")
    if part.kind == TEXT and not part.until:
        pattern = ".*"
    return f"(?P<{part.name}>{pattern})" if part.name else f"(?:{pattern})"
