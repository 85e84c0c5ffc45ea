"""Rules that leave out requests by what they say: the setting `tracking.exclude_requests`.

Reference: docs/reference/tracking.md#what-does-not-count.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote_plus

from piwikcli.errors import UsageError

_RULE = re.compile(r"\s*([^=!\s]+)(==|!=|=@|!@|=\^|=\$)(.*)", re.DOTALL)
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


def excluded_requests(text: str | None) -> tuple[ExcludedRequest, ...]:
    """Rules such as `e_c==Test,url=@%2Fpreview%2F`, values URL-encoded. Raises UsageError for what is none."""
    found = []
    for rule in filter(None, (part.strip() for part in (text or "").split(","))):
        match = _RULE.fullmatch(rule)
        if match is None:
            raise UsageError(
                f"tracking.exclude_requests: {rule}: write PARAMETER, one of {' '.join(_TESTS)}, and a value"
            )
        found.append(ExcludedRequest(match[1], match[2], unquote_plus(match[3]).strip().lower()))
    return tuple(found)
