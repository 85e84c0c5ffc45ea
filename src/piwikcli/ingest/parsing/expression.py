"""Lines that a regular expression matches, all at once.

RE2 works in time linear in the line, whatever the line. What only Python's expressions can say (looking around,
referring back) is matched by Python, line by line.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from piwikcli.errors import UsageError
from piwikcli.ingest.parsing.lines import Bools, Ints, Lines, Spans


def match(lines: Lines, rows: Ints, regex: str) -> tuple[Ints, dict[str, Spans]]:
    """Match the lines numbered `rows` from their start: which of them do, and the named groups."""
    if not len(rows):
        return rows, {}
    values = lines.spans(rows).array().cast(pa.binary())
    linear = _linear(regex)
    if linear is not None:
        found = pc.extract_regex(values, pattern=linear)
        good = np.asarray(found.is_valid())
        found = found.filter(pa.array(good))
        return rows[good], {name: Spans.of(pc.struct_field(found, name)) for name in found.type.names}
    pattern = compiled(regex)
    matches = [pattern.match(value) for value in values.to_pylist()]
    good = np.array([one is not None for one in matches], dtype=np.bool_)
    names = list(pattern.groupindex)
    return rows[good], {name: Spans.of_bytes([one[name] or b"" for one in matches if one]) for name in names}


def whole(values: pa.Array, regex: str) -> Bools:
    """Which of some binary values the expression matches from end to end."""
    linear = _within(f"^(?s:{regex})$") if regex.isascii() else None
    if linear is not None:
        return np.asarray(pc.match_substring_regex(values, linear), dtype=np.bool_)
    check = compiled(regex)
    return np.array([check.fullmatch(value) is not None for value in values.to_pylist()], dtype=np.bool_)


@lru_cache(maxsize=256)
def _within(regex: str) -> str | None:
    """The expression, or None where RE2 cannot do what Python can."""
    try:
        pc.match_substring_regex(pa.array([b""], pa.binary()), regex)
    except pa.ArrowInvalid:
        return None
    return regex


@lru_cache(maxsize=64)
def compiled(regex: str) -> re.Pattern[bytes]:
    """Python's compiled expression; raises UsageError when it is none."""
    try:
        return re.compile(regex.encode(), re.DOTALL)
    except re.error as error:
        raise UsageError(f"{regex!r} is not a regular expression: {error}") from error


@lru_cache(maxsize=64)
def _linear(regex: str) -> str | None:
    """The expression for RE2, or None where it cannot do what Python can. Arrow wants named groups only."""
    if len(compiled(regex).groupindex) != compiled(regex).groups or not regex.isascii():
        return None
    text = f"^(?s:{regex})"
    try:
        pc.extract_regex(pa.array([b""], pa.binary()), pattern=text)
    except pa.ArrowInvalid:
        return None
    return text
