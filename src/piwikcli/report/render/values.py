"""How one value becomes text, the same way in every format.

Numbers are written with a point, without exponent and without the noise of binary fractions beyond
14 digits (JSON alone keeps every digit). Texts are HTML-decoded once: labels that come from pages and
URLs are stored escaped. See docs/reference/formats.md, "Values".
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from html.entities import name2codepoint
from typing import Any

NO_DATA = "No data available"
"""What csv, tsv and the terminal show for an empty result."""

_ENTITY = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{1,7}));")
_LAST_CODE_POINT = 0x10FFFF
_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"}


def decode_entities(text: str) -> str:
    """`text` with its HTML 4 entities decoded once. An entity needs its semicolon: `?a=1&copy=2` stays."""
    return _ENTITY.sub(_decoded, text) if "&" in text else text


def _decoded(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if name is not None:
        code = name2codepoint.get(name)
    else:
        code = int(decimal) if decimal is not None else int(hexadecimal, 16)
        is_text = code >= 0x20 or code in (0x09, 0x0A, 0x0D)
        is_special = 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or code > _LAST_CODE_POINT
        code = code if is_text and not is_special else None
    return match[0] if code is None else chr(code)


def text_of(value: Any) -> str:
    """A single value as csv, xml and the terminal print it: None is empty, booleans are 1 and 0."""
    if isinstance(value, str):
        return decode_entities(value)
    if value is None:
        return ""
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


def _float_text(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return ""
    if value.is_integer():
        return str(int(value))
    text = f"{Decimal(f'{value:.14g}'):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def escaped(text: str) -> str:
    """Text for HTML: in elements and double-quoted attributes."""
    return not_xml().sub("", text).translate(_ESCAPES)


@cache
def not_xml() -> re.Pattern[str]:
    """What neither XML nor HTML can hold. Compiled for those only: it takes 6 ms."""
    return re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def goal_rows(value: Any) -> dict[str, Any] | None:
    """`{"1": {...}}` for a `goals` column `{"idgoal=1": {...}}`, None for any other value."""
    if not isinstance(value, dict) or not value:
        return None
    names = [str(name).removeprefix("idgoal=") for name in value if str(name).startswith("idgoal=")]
    return dict(zip(names, value.values(), strict=True)) if len(names) == len(value) else None
