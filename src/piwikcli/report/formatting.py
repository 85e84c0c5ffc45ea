"""Numbers of a report as people read them: quotients, percentages, durations, money.

Definitions and examples: docs/reference/formats.md, "Formatted metrics". English output needs no
locale data; other locales and currencies load Babel.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from piwikcli.errors import UsageError
from piwikcli.report.filters import each_columns
from piwikcli.report.numeric import is_numeric, number
from piwikcli.report.table import Result, Value

if TYPE_CHECKING:
    from babel import Locale

FormatMetrics = Literal["bc", "0", "1", "all"]
"""`bc`: rates only. `1`: every processed metric. `all`: also the money columns. `0`: nothing."""

_MODES = ("bc", "0", "1", "all")
_CLOCK = frozenset({"avg_time_on_page"})
"""Durations shown as 00:00:49 rather than 49s."""

_BC_PERCENT = re.compile(
    r"^bounce_rate|conversion_rate|abandoned_rate|interaction_rate|exit_rate|bounce_rate_returning"
    r"|nb_visits_percentage|.*_evolution|step_.*_rate|funnel_.*_rate|form_.*_rate|field_.*_rate"
    r"|Referrers.*_percent$"
)
# as in Matomo only the ends are anchored, so `goal_1_conversion_rate` is a rate, too

_EXACT_DIGITS = 60
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_YEAR = 31_557_600
"""Seconds in 365.25 days."""

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "BRL": "R$"}
"""The usual currencies, so that English output does not load Babel."""


def quotient(dividend: Any, divisor: Any, decimals: int = 0) -> int | float:
    """`dividend / divisor` rounded at `decimals`, halves away from zero; 0 without a divisor.

    Rounding sees the decimal value: 909/2000 is 0.4545, with 3 decimals 0.455, although its float is a
    little less. What is not a number counts as 0. Whole results are ints.
    """
    below = number(divisor)
    if not below:
        return 0
    # 15 significant digits: what a float surely knows, and where Matomo's rounding looks
    return rounded(Decimal(f"{number(dividend) / below:.15g}"), decimals)


def rounded(value: float | Decimal, decimals: int) -> int | float:
    """`value` rounded at `decimals`, halves away from zero on its decimal form; whole results are ints."""
    with localcontext() as context:
        context.prec = _EXACT_DIGITS
        exact = value if isinstance(value, Decimal) else Decimal(repr(value))
        exact = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
        return int(exact) if exact == exact.to_integral_value() else float(exact)


@lru_cache(maxsize=4096)
def percent(ratio: Any, locale: str = "en") -> str:
    """`0.045` -> `4.5%`: at most 4 decimals, none that are zero, in the locale's writing."""
    with localcontext() as context:
        context.prec = _EXACT_DIGITS
        value = Decimal(repr(number(ratio))) * 100
        text = _plain(value.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP))
    if _is_english(locale):
        return f"{text}%"
    return text.replace(".", _decimal_symbol(locale)) + "%"


def duration(seconds: Any) -> str:
    """Seconds as a sentence of the two largest units: `2 min 27s`, `1 days 22 hours`, `0.57s`."""
    value = rounded(number(seconds), 2)
    sign, value = ("-", -value) if value < 0 else ("", value)
    if value < _MINUTE:
        return f"{sign}{_plain(Decimal(repr(value)))}s"
    whole = int(value)
    if whole >= _YEAR:
        return f"{sign}{whole // _YEAR} years {whole % _YEAR // _DAY} days"
    if whole >= _DAY:
        return f"{sign}{whole // _DAY} days {whole % _DAY // _HOUR} hours"
    if whole >= _HOUR:
        return f"{sign}{whole // _HOUR} hours {whole % _HOUR // _MINUTE} min"
    return f"{sign}{whole // _MINUTE} min {whole % _MINUTE}s"


def clock(seconds: Any) -> str:
    """Seconds as `00:02:27`; from a day on the days come first: `1 days 22:40:33`."""
    value = int(rounded(number(seconds), 0))
    sign, value = ("-", -value) if value < 0 else ("", value)
    days, rest = divmod(value, _DAY)
    text = f"{rest // _HOUR:02}:{rest % _HOUR // _MINUTE:02}:{rest % _MINUTE:02}"
    return f"{sign}{days} days {text}" if days else sign + text


def money(amount: Any, currency: str = "USD", locale: str = "en") -> str:
    """`1234.5` -> `$1,234.50`; an amount without cents has no decimals (`$40`)."""
    value = Decimal(repr(rounded(number(amount), 2)))
    whole = value == value.to_integral_value()
    if _is_english(locale) and currency in _SYMBOLS:
        return f"{'-' if value < 0 else ''}{_SYMBOLS[currency]}{abs(value):,.{0 if whole else 2}f}"
    from babel.numbers import format_currency

    pattern = _babel_locale(locale).currency_formats["standard"].pattern
    if whole:
        pattern = pattern.replace(".00", "")
    return format_currency(value, currency, format=pattern, locale=_babel_locale(locale), currency_digits=False)


def format_metrics(
    result: Result,
    mode: FormatMetrics = "bc",
    *,
    kinds: Mapping[str, str] | None = None,
    currency: str = "USD",
    locale: str = "en",
) -> Result:
    """The result with its metrics formatted as `format_metrics=<mode>` says, subtables included.

    `kinds` is the report's processed metrics with their kind (number, percent, duration, money). Only
    numeric values change; nested columns (`goals`) stay as they are. Raises UsageError for other modes.
    """
    if mode not in _MODES:
        raise UsageError(f"format_metrics={mode} is not known. Use one of: {', '.join(_MODES)}.")
    if mode == "0":
        return result
    known = kinds or {}
    formatters: dict[str, Callable[[Any], str] | None] = {}

    def formatted(columns: dict[str, Value]) -> dict[str, Value]:
        for name in columns.keys() - formatters.keys():
            formatters[name] = _formatter(name, mode, known, currency, locale)
        return {
            name: write(value) if (write := formatters[name]) and is_numeric(value) else value
            for name, value in columns.items()
        }

    return each_columns(result, formatted)


def _formatter(
    name: str, mode: str, kinds: Mapping[str, str], currency: str, locale: str
) -> Callable[[Any], str] | None:
    if name == "label":
        return None
    if mode == "bc":
        return (lambda value: percent(value, locale)) if _BC_PERCENT.search(name) else None
    kind = kinds.get(name)
    if kind is None and mode == "all" and "revenue" in name:
        kind = "money"
    if kind == "percent":
        return lambda value: percent(value, locale)
    if kind == "duration":
        return clock if name in _CLOCK else duration
    if kind == "money":
        return lambda value: money(value, currency, locale)
    return None


def _is_english(locale: str) -> bool:
    return locale == "en" or locale.startswith(("en_", "en-"))


def _decimal_symbol(locale: str) -> str:
    from babel.numbers import get_decimal_symbol

    return get_decimal_symbol(_babel_locale(locale))


def _babel_locale(locale: str) -> Locale:
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError) as error:
        raise UsageError(f"Unknown language {locale!r}. Use a code such as en, de or pt_BR.") from error


def _plain(value: Decimal) -> str:
    """Without exponent and trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
