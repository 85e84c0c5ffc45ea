"""Whether a value of a report is a number: ints, floats and, where a database gave them, numeric strings.

Shared by sorting, filters, sums and renderers, so that they agree about `"0.0330"`.
"""

from __future__ import annotations

import re
from typing import Any

_NUMERIC = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*\Z")


def is_numeric(value: Any) -> bool:
    """Whether `value` is an int, a float or a string that reads as one. Booleans and None are not."""
    if isinstance(value, bool):
        return False
    if isinstance(value, (int, float)):
        return True
    return isinstance(value, str) and _NUMERIC.match(value) is not None


def number(value: Any) -> int | float:
    """`value` as a number; whatever is not numeric counts as 0 (missing operands do, too)."""
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str) and _NUMERIC.match(value):
        try:
            return int(value)
        except ValueError:
            return float(value)
    return 0
