"""What a parameter's text means: numbers, times, ids, lists. Each function sees a distinct text once.

The rules are those of the Tracking API: docs/reference/tracking.md#values.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import Any

from piwikcli.ingest.jsontext import loads
from piwikcli.ingest.tracking.sent import whole
from piwikcli.ingest.urls import BLANKS, cut, decode_entities, escape

_BREAKS = dict.fromkeys(map(ord, "\n\r\0"))
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NUMERIC = re.compile(rf"[ \t\n\r\v\f]*{_NUMBER.pattern}[ \t\n\r\v\f]*")
_HEX = frozenset("0123456789abcdef")
CUSTOM_VARIABLES = 5
DIMENSION_LENGTH = 250
ORDER_LENGTH = 100
MAXIMUM_TIMING = 16_777_215
_LARGEST = 1 << 62
"""No whole number is; a difference of two still fits 64 bits."""
LARGEST_COUNT = (1 << 31) - 1


def integer(text: str) -> int | None:
    """A whole number of less than 63 bits (`02` is 2); None for anything else."""
    if not _NUMERIC.fullmatch(text):
        return None
    value = float(text)
    return int(value) if abs(value) < _LARGEST and value == int(value) else None


def number(text: str) -> float:
    """The number that the text begins with (`12,5` is 12); 0 when it begins with none, or with one too large."""
    found = _NUMBER.match(text)
    value = float(found[0]) if found else 0.0
    return value if math.isfinite(value) else 0.0


def money(value: float) -> float:
    """Rounded to two decimals, halves away from zero as they are written: 1.005 is 1.01."""
    if not math.isfinite(value):
        return 0.0
    cents = float(f"{abs(value) * 100:.15g}")
    return math.copysign(math.floor(cents + 0.5) / 100, value) if cents < 1e15 else value


def amount(text: str) -> float | None:
    """An amount of money; None for a text that does not begin with a number."""
    return money(number(text)) if _NUMBER.match(text) else None


def plain(text: str) -> str:
    """Text without line breaks, its entities decoded."""
    return decode_entities(text.translate(_BREAKS))


def decoded(text: str) -> str:
    """Text with its entities decoded and its line breaks kept."""
    return decode_entities(text)


def unbroken(text: str) -> str:
    """Text without line breaks."""
    return text.translate(_BREAKS)


def trimmed(text: str) -> str:
    """`plain`, trimmed."""
    return plain(text).strip(BLANKS)


def seconds(text: str) -> int | None:
    """Seconds UTC of `YYYY-MM-DD hh:mm:ss` (UTC, or with a zone) or of Unix time; None for neither."""
    if text.isascii() and text.isdigit():
        return int(text[:18])  # far in the future, however long it is
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp())


def visitor_id(text: str) -> int | None:
    """The first 16 hex digits; a byte that is no hex digit counts as 0. None for a shorter text."""
    digits = _bytes(text)
    return int("".join(c if c in _HEX else "0" for c in digits[:16].lower()), 16) if len(digits) >= 16 else None


def forced_visitor_id(text: str) -> int | None:
    """As `visitor_id`, of exactly 16 characters."""
    return visitor_id(text) if len(_bytes(text)) == 16 else None


def _bytes(text: str) -> str:
    """A character per byte."""
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("latin-1")


def order_id(text: str) -> str:
    """An order id, plain; cut where its HTML-escaped form has 100 characters, as Matomo stores it."""
    word = plain(text)
    escaped = escape(word)
    return word if len(escaped) <= ORDER_LENGTH else decode_entities(escaped[:ORDER_LENGTH])


def page_view_id(text: str) -> str:
    """6 bytes of it."""
    return cut(text, 6)


def timing(text: str) -> int | None:
    """Milliseconds; None when there are none to store."""
    value = integer(text)
    return value if value is not None and 0 <= value <= MAXIMUM_TIMING else None


def is_impossible_timing(text: str) -> bool:
    """Whether a request with it is wrong: negative, and not the -1 that stands for nothing."""
    value = integer(text)
    return value is not None and value < -1


def dimension(text: str) -> str:
    """A custom dimension's value."""
    return trimmed(text)[:DIMENSION_LENGTH]


def product_categories(text: str) -> list[str] | None:
    """Categories of a viewed product: one, or up to five of a JSON list; None for a broken list, [""] for none."""
    if not text.startswith('["'):
        return [plain(text)]
    try:
        found = loads(text)
    except ValueError:
        return None
    if not isinstance(found, list):
        return None
    return [plain(whole(str(entry))) for entry in found if str(entry).strip(BLANKS)][:5]


def items(text: str) -> list[tuple[str, str, list[str], float, int]]:
    """(SKU, name, categories, price, quantity) of each item with a SKU; nothing for what is no list of them."""
    try:
        found = loads(text)
    except ValueError:
        return []
    entries = list(found.values()) if isinstance(found, dict) else found
    return [item for entry in (entries if isinstance(entries, list) else []) if (item := _item(entry)) is not None]


def _item(entry: Any) -> tuple[str, str, list[str], float, int] | None:
    """An item of a list. Of an object its names `0` to `4` count, of a text its letters, as in Matomo."""
    if isinstance(entry, dict):
        entry = [entry.get(str(place)) for place in range(5)]
    if not isinstance(entry, (list, str)):
        return None
    sku, name, category, price, quantity = [*entry, *[None] * 5][:5]
    sku = _word(sku)
    if not sku:
        return None
    categories = [_word(one) for one in category] if isinstance(category, list) else [_word(category)]
    return sku, _word(name), [one for one in categories if one][:5], _price(price), _quantity(quantity)


def _word(value: Any) -> str:
    if value is None or value is False or isinstance(value, (list, dict)):
        return ""
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        value = int(value)  # true is 1, as is 1.0
    return plain(whole(str(value))).strip(BLANKS)


def _price(value: Any) -> float:
    found = _numeric(value)
    return 0.0 if found is None else money(found)


def _quantity(value: Any) -> int:
    found = 1 if value is True else _numeric(value)
    return 1 if found is None else int(max(-LARGEST_COUNT, min(found, LARGEST_COUNT))) or 1


def _numeric(value: Any) -> float | None:
    """A number, or a text that is wholly one; None for anything else."""
    if isinstance(value, str):
        value = float(value) if _NUMERIC.fullmatch(value) else None
    try:
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    except OverflowError:  # a whole number beyond all limits
        return None


def custom_variables(text: str) -> list[str | None] | None:
    """[k1, v1, k2, v2, ...] of a JSON object slot -> [name, value]; None when there is none in it."""
    try:
        found = loads(text)
    except ValueError:
        return None
    pairs = found.items() if isinstance(found, dict) else enumerate(found, 1) if isinstance(found, list) else ()
    out: list[str | None] = [None] * (2 * CUSTOM_VARIABLES)
    for slot, pair in pairs:
        place = integer(str(slot))
        if place is None or not 1 <= place <= CUSTOM_VARIABLES or not isinstance(pair, list) or len(pair) < 2:
            continue
        name, value = (_word(part)[:200] for part in pair[:2])
        if name:
            out[2 * place - 2 : 2 * place] = [name, value]
    return out if any(entry is not None for entry in out) else None


def compact(text: str) -> str:
    """A JSON object without blanks, in the order of its names; empty for anything else."""
    try:
        found = loads(text)
    except ValueError:
        return ""
    return json.dumps(found, separators=(",", ":"), sort_keys=True) if isinstance(found, dict) and found else ""
