"""The `label` parameter: only the rows with the given label paths.

A path is `parent>child`; its parts are URL-encoded, so that a literal `>` is written `%3E`. A part
that begins with `@` asks for a page rather than a folder. A label that no row has and that has a `%3E` is read once
more as a path that is encoded as a whole. See docs/reference/formats.md, "Labels".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from urllib.parse import unquote_plus

from piwikcli.report.table import DataTable, Row

LABEL_INDEX = "label_index"
"""Row metadata under `labelFilterAddLabelIndex=1`: which of the given labels the row answers, from 0."""

_SANITISED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#039;"})


def filter_labels(
    table: DataTable,
    labels: Iterable[str],
    *,
    titles: bool = False,
    add_label_index: bool = False,
    subtable_of: Callable[[Row], DataTable | None] = lambda row: row.subtable,
    names_of: Callable[[Row], Iterable[object]] = lambda row: (row.label,),
) -> DataTable:
    """The rows found, in the order of `labels`; a label without a row adds nothing.

    `titles`: the report's labels are page titles, which are stored with a leading space.
    `subtable_of` loads a row's subtable (rows need not be expanded); `names_of` gives what a row may be
    called, for reports whose stored labels differ from the shown ones.
    """
    found = []
    for index, label in enumerate(labels):
        row = _find(table, label.split(">"), titles, subtable_of, names_of)
        if row is None and is_encoded_path(label):
            row = _find(table, unquote_plus(label).split(">"), titles, subtable_of, names_of)
        if row is not None and add_label_index:
            row = replace(row, metadata=row.metadata | {LABEL_INDEX: index})
        if row is not None:
            found.append(row)
    return replace(table, rows=found)


def is_encoded_path(label: str) -> bool:
    """Whether the label may be a path as the address of an API request has it: `products%3E%40%2Fshoes`."""
    return "%3E" in label.upper()


def label_variations(part: str, titles: bool = False) -> list[str]:
    """The labels that one part of a path may mean, the likeliest first.

    Labels are stored HTML-escaped where they come from a page, so the escaped form is tried before the
    raw one. Of titles `@` tries those with a leading space first, otherwise they come second.
    """
    part = unquote_plus(part).strip()
    terminal = part.startswith("@")
    raw = part[1:].strip() if terminal else part
    safe = raw.translate(_SANITISED)
    spaced = [f" {safe}", f" {raw}"] if titles else []
    ordered = [*spaced, safe, raw] if terminal else [safe, *spaced, raw]
    return list(dict.fromkeys(ordered))


def _find(
    table: DataTable | None,
    path: list[str],
    titles: bool,
    subtable_of: Callable[[Row], DataTable | None],
    names_of: Callable[[Row], Iterable[object]],
) -> Row | None:
    if table is None:
        return None
    wanted = label_variations(path[0], titles)
    row = next(_rows_named(table, wanted, names_of), None)
    if row is None or len(path) == 1:
        return row
    return _find(subtable_of(row), path[1:], titles, subtable_of, names_of)


def _rows_named(table: DataTable, wanted: list[str], names_of: Callable[[Row], Iterable[object]]) -> Iterator[Row]:
    by_name: dict[str, Row] = {}
    for row in table.rows:
        for name in names_of(row):
            by_name.setdefault(str(name), row)
    return (by_name[name] for name in wanted if name in by_name)
