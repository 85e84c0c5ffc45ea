"""Referrer spam: referrers that contain a spammer's host. See docs/reference/log-formats.md."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc


class Spam:
    """Tells the referrers that contain one of some hosts, whatever the case; all hosts are looked for at once."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self._pattern = "|".join(map(re.escape, hosts))

    def __bool__(self) -> bool:
        """Whether there is anything to find."""
        return bool(self._pattern)

    def __call__(self, referrers: Sequence[str]) -> list[bool]:
        """Which of the referrers are spam."""
        if not self._pattern:
            return [False] * len(referrers)
        found: list[bool] = pc.match_substring_regex(
            pa.array(referrers, pa.string()), self._pattern, ignore_case=True
        ).to_pylist()
        return found
