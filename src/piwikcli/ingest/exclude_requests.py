"""Rules that leave out requests by what they say: the setting `tracking.exclude_requests`.

Reference: docs/reference/tracking.md#what-does-not-count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import unquote_plus

from piwikcli.settings.kinds import REQUEST_RULE

_TESTS: dict[str, Callable[[str, str], bool]] = {
    "==": str.__eq__,
    "!=": str.__ne__,
    "=@": str.__contains__,
    "!@": lambda sent, value: value not in sent,
    "=^": str.startswith,
    "=$": str.endswith,
}


@dataclass(frozen=True, slots=True)
class ExcludedRequest:
    """One rule: a parameter, an operator, and a value in lower case."""

    parameter: str
    operator: str
    value: str

    def matches(self, sent: str) -> bool:
        """Whether a request that sends this text is left out."""
        return _TESTS[self.operator](sent.lower(), self.value)


def excluded_requests(rules: Iterable[str]) -> tuple[ExcludedRequest, ...]:
    """Rules such as `e_c==Test` and `url=@%2Fpreview%2F`, as the setting has them; values are URL-encoded."""
    found = []
    for rule in rules:
        match = REQUEST_RULE.fullmatch(rule)
        if match is None:
            raise ValueError(f"{rule} is no rule")
        found.append(ExcludedRequest(match[1], match[2], unquote_plus(match[3]).strip().lower()))
    return tuple(found)
