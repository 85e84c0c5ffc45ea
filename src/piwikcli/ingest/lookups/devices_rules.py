"""Many patterns tried at once, by the engine of ua-parser.

`re` tries one pattern after the other; this engine first finds which of them can match at all, so that a
thousand patterns cost a few microseconds a text. It knows no look-around.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class _Found(Protocol):
    family: str


class _Extractor(Protocol):
    def extract(self, text: str, /) -> _Found | None: ...


def plain(text: str) -> str:
    """`text` without what the engine refuses: half characters, which stand for undecodable bytes of a log."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


class FirstMatch:
    """An ordered list of patterns, compiled at the first question."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = tuple(patterns)
        self._compiled: _Extractor | None = None

    def find(self, text: str) -> int | None:
        """The position of the first pattern of the list that occurs in `text`; None if none does."""
        if self._compiled is None:
            from ua_parser_rs import UserAgentExtractor

            rules = ((pattern, str(i), None, None, None, None) for i, pattern in enumerate(self._patterns))
            self._compiled = UserAgentExtractor(rules)
        found = self._compiled.extract(plain(text))
        return None if found is None else int(found.family)
