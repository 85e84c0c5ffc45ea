"""`flat=1`: one table of leaves instead of a tree (docs/reference/formats.md, "Flat tables")."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from piwikcli.declared import dataclass
from piwikcli.report.table import DataTable, Row, Value

INDEX_PAGE = "index"
"""The label of a folder's own page (Matomo's `action_default_name`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat:
    """How a report's labels are joined, and what its levels are called.

    `dimensions` are metadata names, one per level (`("Referrers_Keyword", "Referrers_SearchEngine")`), that
    keep that level's label; `label_dimension` keeps the whole flat label instead (Actions, Contents,
    CustomDimensions). `finish_label` changes a flat label at last (`page_url_label`).
    """

    separator: str = " - "
    dimensions: tuple[str, ...] = ()
    label_dimension: str | None = None
    finish_label: Callable[[str], str] | None = None
    include_aggregate_rows: bool = False


def flatten(table: DataTable, how: Flat) -> DataTable:
    """The leaves of the table and its loaded subtables, depth first; a row without subtable stays.

    A leaf's label begins with its parents' labels. It inherits the parents' metadata that it lacks,
    except `segment` where it has a `segmentValue` of its own. With `include_aggregate_rows` parents are
    rows too, told apart by metadata `is_aggregate` 1 or 0. Summary rows get `is_summary` and no `url`.
    """
    return replace(table, rows=list(_leaves(table, how, "", {}, 0)))


def page_url_label(label: str, *, leading_slash: bool = True, undefined: str = "Page URL not defined") -> str:
    """A flat page URL: a trailing `/index` is shown as `/`, and it begins with `/` (unless undefined).

    The reports of pages that follow a site search do not add the slash (`leading_slash=False`).
    """
    if label.endswith(f"/{INDEX_PAGE}"):
        label = label[: -len(INDEX_PAGE)]
    if leading_slash and not label.startswith("/") and label != undefined:
        label = f"/{label}"
    return label


def _leaves(table: DataTable, how: Flat, prefix: str, inherited: dict[str, Value], level: int) -> Iterator[Row]:
    for row in table.rows:
        own = "" if row.label is None else str(row.label).strip()
        label = _joined(prefix, own, row.is_summary, how) if level else own
        metadata = _metadata(row, inherited)
        if level < len(how.dimensions):
            metadata[how.dimensions[level]] = own
        has_rows = row.subtable is not None and len(row.subtable) > 0
        if not has_rows or how.include_aggregate_rows:
            yield _flat_row(row, label, dict(metadata), how, aggregate=has_rows)
        if row.subtable is not None:
            yield from _leaves(row.subtable, how, label, metadata, level + 1)


def _joined(prefix: str, label: str, is_summary: bool, how: Flat) -> str:
    prefix += how.separator
    if prefix.endswith("/"):
        # a page brings its own slash; what a folder's row limit cut off is no page of it
        label = f" - {label}" if is_summary else label.removeprefix("/")
    return prefix + label


def _metadata(row: Row, inherited: dict[str, Value]) -> dict[str, Value]:
    missing = {name: value for name, value in inherited.items() if name not in row.metadata}
    if "segmentValue" in row.metadata:
        missing.pop("segment", None)
    metadata = row.metadata | missing
    if row.is_summary:
        metadata["is_summary"] = True
        metadata.pop("url", None)
    return metadata


def _flat_row(row: Row, label: str, metadata: dict[str, Value], how: Flat, *, aggregate: bool) -> Row:
    if how.finish_label is not None and not (row.is_summary and label == row.label):
        label = how.finish_label(label)
    if how.label_dimension is not None:
        metadata[how.label_dimension] = label
    if how.include_aggregate_rows:
        metadata["is_aggregate"] = int(aggregate)
    if how.label_dimension is not None:
        # Matomo's order: what a row is comes last, of pages and titles before it what selects them
        names = ("segment",) if "url" in metadata and how.label_dimension.endswith(("Url", "Title")) else ()
        for name in (*names, "is_summary"):
            if name in metadata:
                metadata[name] = metadata.pop(name)
    return Row(row.columns | {"label": label}, metadata, is_summary=row.is_summary)
