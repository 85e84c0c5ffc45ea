"""Which columns a report shows: `showColumns`, `hideColumns`, temporary columns.

Row metadata is never removed. Definitions: docs/reference/formats.md, "Columns".
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from piwikcli.report.filters import each_columns
from piwikcli.report.table import Result, Value


def select_columns(
    result: Result, show: Collection[str] = (), hide: Collection[str] = (), *, nested: bool = False
) -> Result:
    """Without the columns in `hide`; with `show`, only its columns, `label`, and columns `<shown>__*`.

    `nested` (`hideColumnsRecursively`) hides inside nested columns (`goals`, visit details) too.
    """
    if not show and not hide:
        return result
    prefixes = tuple(f"{name}__" for name in show)

    def selected(columns: dict[str, Value]) -> dict[str, Value]:
        return {
            name: _without(value, hide) if nested else value
            for name, value in columns.items()
            if name not in hide and (not show or name == "label" or name in show or name.startswith(prefixes))
        }

    return each_columns(result, selected)


def drop_columns(result: Result, names: Collection[str]) -> Result:
    """Without the columns `names`: the sums that a report needed for its averages only."""
    gone = frozenset(names)

    def kept(columns: dict[str, Value]) -> dict[str, Value]:
        return columns if gone.isdisjoint(columns) else {n: one for n, one in columns.items() if n not in gone}

    return each_columns(result, kept) if gone else result


def _without(value: Any, hide: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(one, hide) for name, one in value.items() if name not in hide}
    if isinstance(value, list):
        return [_without(one, hide) for one in value]
    return value
