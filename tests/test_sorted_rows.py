"""Rows sorted in a file stand in the order of rows sorted in memory."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piwikcli.report.sorted_rows import SortedRows
from piwikcli.report.sorting import sort_table
from piwikcli.report.table import DataTable, Row

COUNTS = st.one_of(st.none(), st.integers(-3, 3), st.sampled_from(["2", 0.5, 10**30]))
LABELS = st.sampled_from(["a", "A", "a 2", "a10", "", "é", "\udc80", "/index", "2018", "007"])


@st.composite
def tables(draw: st.DrawFn) -> list[Row]:
    rows = []
    for label in draw(st.lists(LABELS, max_size=12)):
        columns: dict[str, Any] = {"label": label}
        for name in ("nb_visits", "nb_hits"):
            value = draw(COUNTS)
            if value is not None:
                columns[name] = value
        rows.append(Row(columns, {"number": len(rows)}, is_summary=draw(st.integers(0, 9)) == 0))
    return rows


@settings(max_examples=150, deadline=None)
@given(tables(), st.sampled_from(["nb_visits", "nb_hits", "label"]), st.booleans())
def test_the_order_is_that_of_tables_in_memory(rows: list[Row], column: str, descending: bool) -> None:
    kept = SortedRows(column, descending=descending)
    for row in rows:
        kept.add([kept.key(row)], [row])
    usual = sort_table(DataTable(rows), column, "desc" if descending else "asc")
    # rows that are equal in all that sorts them may change places
    assert [(row.columns, row.is_summary) for row in kept.read()] == [(row.columns, row.is_summary) for row in usual]


def test_what_is_kept_is_read_again_as_often_as_wanted() -> None:
    kept = SortedRows("nb_visits", descending=True)
    below = DataTable([Row({"label": "c", "nb_visits": 1})], {"of": "b"})
    rows = [Row({"label": "a", "nb_visits": 1}), Row({"label": "b", "nb_visits": 2}, {"url": "x"}, 7, below)]
    kept.add([kept.key(row) for row in rows], rows)
    assert len(kept) == 2
    for _ in range(2):
        assert list(kept.read()) == [rows[1], rows[0]]
    assert list(kept.read(offset=1, count=5)) == [rows[0]]


@pytest.mark.parametrize("column", [None, "unknown"])
def test_without_a_column_the_order_stays(column: str | None) -> None:
    kept = SortedRows(column, descending=True)
    rows = [Row({"label": label}) for label in "bca"]
    kept.add([kept.key(row) for row in rows], rows)
    assert [row.label for row in kept.read()] == ["b", "c", "a"]
