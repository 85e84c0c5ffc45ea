"""The order of rows, as docs/reference/formats.md ("Sorting") defines it."""

from __future__ import annotations

import gzip
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piwikcli.report.sorting import natural_key, sort_table
from piwikcli.report.table import DataTable, Row

ORACLE = Path(__file__).parents[2] / "shared" / "oracle"


def table(*rows: tuple[Any, ...]) -> DataTable:
    """Rows of (label, nb_visits, nb_hits); a row without the last lacks the column."""
    return DataTable([Row(dict(zip(("label", "nb_visits", "nb_hits"), row, strict=False))) for row in rows])


def labels(result: DataTable) -> list[Any]:
    return [row.label for row in result]


def test_by_nb_visits_descending_then_label_ascending() -> None:
    given = table(("b", 1), ("a", 1), ("c", 7))
    assert labels(sort_table(given)) == ["c", "a", "b"]


def test_ascending_order_reverses_the_label_too() -> None:
    given = table(("b", 1), ("a", 1), ("c", 7))
    assert labels(sort_table(given, order="asc")) == ["b", "a", "c"]


def test_other_columns_fall_back_on_nb_visits_in_the_same_direction() -> None:
    given = table(("a", 1, 5), ("b", 9, 5), ("c", 5, 6))
    assert labels(sort_table(given, "nb_hits")) == ["c", "b", "a"]
    assert labels(sort_table(given, "nb_hits", "asc")) == ["a", "b", "c"]


def test_equal_rows_fewer_columns_first_then_label_in_either_direction() -> None:
    rows = [
        Row({"label": "wide", "nb_visits": 1, "nb_hits": 1, "exit_nb_visits": 1}),
        Row({"label": "b", "nb_visits": 1, "nb_hits": 1}),
        Row({"label": "a", "nb_visits": 1, "nb_hits": 1}),
    ]
    for order in ("asc", "desc"):
        assert labels(sort_table(DataTable(rows), "nb_hits", order)) == ["a", "b", "wide"]


def test_without_secondary_order_equal_rows_stay() -> None:
    given = table(("b", 1), ("a", 1), ("c", 7))
    assert labels(sort_table(given, secondary=False)) == ["c", "b", "a"]


def test_rows_lacking_the_column_are_last_by_nb_visits() -> None:
    given = table(("a", 1, 5), ("lacks 3", 3), ("null", 8, None), ("lacks 9", 9), ("b", 2, 6))
    assert labels(sort_table(given, "nb_hits")) == ["b", "a", "lacks 9", "null", "lacks 3"]
    assert labels(sort_table(given, "nb_hits", "asc")) == ["a", "b", "lacks 3", "null", "lacks 9"]


def test_a_column_that_the_first_row_lacks_becomes_nb_visits() -> None:
    assert labels(sort_table(table(("a", 1), ("b", 2, 1), ("c", 3)), "nb_hits")) == ["c", "b", "a"]
    assert labels(sort_table(DataTable([Row({"label": "b"}), Row({"label": "a"})]))) == ["b", "a"]


def test_numeric_strings_are_numbers_and_texts_are_natural() -> None:
    times = DataTable([Row({"label": t, "max_time": t}) for t in ("0.0330", "10.5", "9")])
    assert labels(sort_table(times, "max_time")) == ["10.5", "9", "0.0330"]
    cities = DataTable([Row({"label": c, "city": c}) for c in ("", "berlin", "Aachen", "Berlin 2")])
    assert labels(sort_table(cities, "city", "asc")) == ["", "Aachen", "berlin", "Berlin 2"]


def test_label_is_text_even_where_it_looks_like_a_number() -> None:
    given = table(("10", 1), ("9 lives", 1), ("x", 1))
    assert labels(sort_table(given, "label", "asc")) == ["9 lives", "10", "x"]


def test_the_summary_row_is_last_in_every_order_and_subtables_are_sorted() -> None:
    inner = table(("c", 1), ("d", 2))
    rows = [
        Row({"label": "Others", "nb_visits": 99}, is_summary=True),
        Row({"label": "a", "nb_visits": 1}, subtable=inner),
        Row({"label": "b", "nb_visits": 2}),
    ]
    for order, expected in (("desc", ["b", "a", "Others"]), ("asc", ["a", "b", "Others"])):
        assert labels(sort_table(DataTable(rows), order=order)) == expected
    (a,) = [row for row in sort_table(DataTable(rows)) if row.label == "a"]
    assert a.subtable is not None
    assert labels(a.subtable) == ["d", "c"]
    assert labels(inner) == ["c", "d"], "the given table is not changed"


@pytest.mark.parametrize(
    "ordered",
    [
        ["spring-3", "spring-11"],
        ["/index", "2018"],
        ["apiary", "api recipe"],  # white space is skipped
        ["1.05", "1.5"],
        ["007", "8"],
        ["A", "b", "C"],
        ["[", "ä"],
    ],
)
def test_natural_order(ordered: list[str]) -> None:
    backwards = ordered[::-1]
    assert sorted(backwards, key=natural_key) == ordered


@given(st.lists(st.integers(0, 10**12), min_size=2))
def test_natural_order_of_numbers_is_numeric(numbers: list[int]) -> None:
    assert sorted(map(str, numbers), key=natural_key) == [str(number) for number in sorted(numbers)]


@given(
    st.lists(st.tuples(st.text(max_size=4), st.integers(0, 3), st.integers(0, 3)), max_size=12),
    st.sampled_from(["asc", "desc"]),
    st.randoms(use_true_random=False),
)
def test_sorting_twice_or_shuffled_gives_the_same_numbers(
    rows: list[tuple[str, int, int]], order: Any, shuffle: random.Random
) -> None:
    once = sort_table(table(*rows), "nb_hits", order)
    assert labels(sort_table(once, "nb_hits", order)) == labels(once)
    shuffled = rows.copy()
    shuffle.shuffle(shuffled)
    assert labels(sort_table(table(*shuffled), "nb_hits", order)) == labels(once)


_UNSORTED = re.compile("VisitTime|VisitorInterest|Goals_|CustomDim|Titles")
"""Reports in an order of their own; and labels that are stored otherwise than shown."""


@pytest.mark.skipif(not ORACLE.is_dir(), reason="needs the recorded answers of a real Matomo")
@pytest.mark.parametrize("case", ["log_week", "requests_mixed"])
def test_matomo_orders_rows_like_this(case: str) -> None:
    def read(rows: list[dict[str, Any]]) -> DataTable:
        metadata = {"url", "segment", "logo", "subtable", "idsubdatatable"}
        columns = [{k: v for k, v in row.items() if k not in metadata} for row in rows]
        return DataTable([Row(each, is_summary=each["label"] == "Others") for each in columns])

    compared = 0
    for path in sorted((ORACLE / case / "expected").glob("[wr]*/*.json.gz")):
        for name, rows in json.loads(gzip.decompress(path.read_bytes())).items():
            if isinstance(rows, list) and rows and "label" in rows[0] and not _UNSORTED.search(name):
                expected = read(rows)
                shuffled = random.Random(1).sample(expected.rows, len(expected))
                assert labels(sort_table(DataTable(shuffled))) == labels(expected), (path.name, name)
                compared += 1
    assert compared > 40


def test_the_order_does_not_depend_on_the_one_before() -> None:
    rows = [
        Row({"label": label, "nb_visits": visits})
        for label, visits in (("B", 2), ("b", 2), ("a", 2), ("C", 1), ("c", 1), ("A", 3))
    ]
    for column, order in (("nb_visits", "desc"), ("nb_visits", "asc"), ("label", "asc"), ("label", "desc")):
        forth = sort_table(DataTable(list(rows)), column, order)  # type: ignore[arg-type]
        back = sort_table(DataTable(rows[::-1]), column, order)  # type: ignore[arg-type]
        assert [row.label for row in forth] == [row.label for row in back], (column, order)
