"""The order of a report's rows (docs/reference/formats.md, "Sorting").

A table is sorted by one column; rows that are equal there are ordered by a second one, then by how
many columns they have, then by label. The summary row ("Others") is always last.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Literal, TypeVar

from piwikcli.report.numeric import is_numeric, number
from piwikcli.report.table import DataTable, Row

Order = Literal["asc", "desc"]
T = TypeVar("T")
_NUMBER_OR_SPACE = re.compile(r"([0-9]+)(\s?)\s*|\s+")
_LEADING_ZEROS = re.compile(r"0+(?=[0-9])")
_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}


def natural_key(text: str) -> str:
    """A key that orders texts as PHP's strnatcasecmp does: `a2` before `a10`, letters without case, by code.

    ASCII letters count as upper case and other characters by their code; white space is skipped unless
    it follows a number. A run of digits compares by value; one with a leading zero reads like decimals
    and comes before every other (`1.05` before `1.5`), but zeros that begin the whole text are ignored.
    """
    if text.startswith("0"):
        text = _LEADING_ZEROS.sub("", text, count=1)
    text = text.upper() if text.isascii() else text.translate(_UPPER)
    return _NUMBER_OR_SPACE.sub(_number_key, text)


def _number_key(match: re.Match[str]) -> str:
    digits, space = match.groups()
    if digits is None:
        return ""
    # "0" keeps the run's place among other characters; then the longer run is the greater number
    if digits[0] == "0":
        return f"0\x00{digits}\x00{space}"
    return f"0{chr(min(len(digits), 0x10FFFF))}{digits}{space}"


def sort_table(
    table: DataTable, column: str = "nb_visits", order: Order = "desc", *, secondary: bool = True
) -> DataTable:
    """The table with its rows, and those of all loaded subtables, sorted by `column`.

    Where the first row lacks the column, `nb_visits` takes its place; where it lacks that too, the
    order stays. Rows lacking the column (or holding None) follow those that have it, in either order.
    The order is numeric if the first value that is not empty is, otherwise natural; `label` is always
    text. Only numeric orders have a second one: `nb_visits` in the same direction, or for `nb_visits`
    itself the label in the opposite direction. What is still equal then is ordered by its label's characters, so that
    the order does not depend on the one before. The given table is not changed.
    """
    rows = _with_sorted_subtables(table.rows, column, order, secondary)
    summary = [row for row in rows if row.is_summary]
    rows = [row for row in rows if not row.is_summary]
    if rows and column not in rows[0].columns:
        column = "nb_visits"
    if rows and column in rows[0].columns:
        rows = _sorted(rows, column, order == "desc", secondary)
    return DataTable(rows + summary, dict(table.metadata))


def _with_sorted_subtables(rows: list[Row], column: str, order: Order, secondary: bool) -> list[Row]:
    return [
        row
        if row.subtable is None
        else replace(row, subtable=sort_table(row.subtable, column, order, secondary=secondary))
        for row in rows
    ]


def _sorted(rows: list[Row], column: str, descending: bool, secondary: bool) -> list[Row]:
    return sorted_items(
        rows, lambda row, name: row.columns.get(name), lambda row: len(row.columns), column, descending, secondary
    )


def sorted_items(
    items: list[T],
    value: Callable[[T, str], Any],
    width: Callable[[T], int],
    column: str,
    descending: bool,
    secondary: bool = True,
) -> list[T]:
    """As `sort_table` sorts rows that have the column: `value` gives an item's columns, `width` their number."""
    if column == "label" or not _is_numeric_column(items, value, column):
        # labels that differ in case only stand in the same order, whatever the order in which an archive gives them
        items = sorted(items, key=lambda item: _label_key(value(item, "label")))
        return _partition_sort(items, value, column, _natural, descending)
    if secondary:
        # the last criterion first: stable sorts leave the order of equals
        items = sorted(items, key=lambda item: (width(item), *_label_key(value(item, "label"))))
        if column == "nb_visits":
            items = _partition_sort(items, value, "label", _natural, not descending)
        else:
            items = _partition_sort(items, value, "nb_visits", number, descending)
    return _partition_sort(items, value, column, number, descending)


def _partition_sort(
    items: Iterable[T], value: Callable[[T, str], Any], column: str, key: Callable[[Any], Any], descending: bool
) -> list[T]:
    have: list[T] = []
    lack: list[T] = []
    for item in items:
        (lack if value(item, column) is None else have).append(item)
    have.sort(key=lambda item: key(value(item, column)), reverse=descending)
    return have + lack


def _is_numeric_column(items: list[T], value: Callable[[T, str], Any], column: str) -> bool:
    for item in items:
        found = value(item, column)
        if found is not None and found != "":
            return is_numeric(found)
    return False


def _label_key(label: Any) -> tuple[str, str]:
    """By label; labels that differ in case only are put in the order of their characters."""
    text = _text(label)
    return natural_key(text), text


def _natural(value: Any) -> str:
    return natural_key(_text(value))


def _text(value: Any) -> str:
    return "" if value is None else str(value)
