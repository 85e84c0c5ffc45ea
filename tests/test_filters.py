"""The generic filters, column selection, labels and totals, as docs/reference/formats.md defines them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piwikcli.errors import UsageError
from piwikcli.report.columns import drop_columns, select_columns
from piwikcli.report.filters import (
    TOTAL_ROWS_BEFORE_LIMIT,
    GenericFilters,
    apply_generic_filters,
    each_table,
    exclude_low_population,
    filter_pattern,
    filter_pattern_recursive,
    limit,
    truncate,
)
from piwikcli.report.labels import filter_labels, label_variations
from piwikcli.report.sums import TOTALS, TOTALS_ROW, sum_rows, with_totals, with_totals_row
from piwikcli.report.table import DataTable, Number, Row, SimpleTable, TableMap


def table(**visits: int) -> DataTable:
    return DataTable([Row({"label": label, "nb_visits": count}) for label, count in visits.items()])


def tree() -> DataTable:
    shoes = DataTable([Row({"label": "/shoes", "nb_visits": 2}), Row({"label": "/red", "nb_visits": 1})])
    products = Row({"label": "products", "nb_visits": 3}, idsubtable=1, subtable=shoes)
    return DataTable([products, Row({"label": "blog", "nb_visits": 9}, {"code": "xx"})])


def labels(result: DataTable) -> list[Any]:
    return [row.label for row in result]


# --- patterns


def test_pattern_is_an_unanchored_regex_without_case() -> None:
    assert labels(filter_pattern(table(Chrome=1, Firefox=2, chromium=3), "^CHROM")) == ["Chrome", "chromium"]
    assert labels(filter_pattern(table(a=10, b=21), "1", "nb_visits")) == ["a", "b"]


def test_pattern_looks_at_metadata_where_the_column_is_absent() -> None:
    assert labels(filter_pattern(tree(), "xx", "code")) == ["blog"]


def test_pattern_tests_the_summary_row_too() -> None:
    given = DataTable([Row({"label": "a"}), Row({"label": "Others"}, is_summary=True)])
    assert labels(filter_pattern(given, "a")) == ["a"]


def test_a_broken_pattern_is_refused_with_its_reason() -> None:
    with pytest.raises(UsageError, match=r"'\(' is not a regular expression: missing \)"):
        filter_pattern(tree(), "(")
    assert labels(filter_pattern(tree(), "[[b]log")) == ["blog"]


def test_recursive_pattern_keeps_the_way_to_a_match_and_nothing_beside_it() -> None:
    found = filter_pattern_recursive(tree(), "shoes")
    assert labels(found) == ["products"]
    assert found.rows[0].subtable is not None
    assert labels(found.rows[0].subtable) == ["/shoes"]


def test_recursive_pattern_keeps_a_matching_row_without_its_other_descendants() -> None:
    found = filter_pattern_recursive(tree(), "products")
    assert labels(found) == ["products"]
    assert found.rows[0].subtable is not None
    assert labels(found.rows[0].subtable) == []


# --- low population


def test_low_population_by_value_and_by_share() -> None:
    assert labels(exclude_low_population(table(a=5, b=4), "nb_visits", 5)) == ["a"]
    # 2 % of 200 is 4
    assert labels(exclude_low_population(table(a=193, b=4, c=3), "nb_visits")) == ["a", "b"]


def test_low_population_counts_a_missing_column_as_zero() -> None:
    assert labels(exclude_low_population(table(a=5), "nb_hits", 1)) == []
    assert labels(exclude_low_population(table(a=5), "nb_hits")) == ["a"]


# --- truncate


def test_truncate_sums_the_rest_as_others() -> None:
    given = DataTable(
        [
            Row({"label": "a", "nb_visits": 3, "max_actions": 2}),
            Row(
                {"label": "b", "nb_visits": 2, "max_actions": 9, "bounce_rate": 0.5},
                {"url": "b"},
                idsubtable=4,
            ),
            Row({"label": "c", "nb_visits": 1, "max_actions": None, "min_time": "0.0330", "revenue": 1.5}),
        ]
    )
    _, others = truncate(given, 1)
    assert others.columns == {
        "label": "Others",
        "nb_visits": 3,
        "max_actions": 9,
        "min_time": "0.0330",
        "revenue": 1.5,
    }
    assert (others.is_summary, others.metadata, others.idsubtable) == (True, {}, None)


@pytest.mark.parametrize(("rows", "expected"), [(-1, "abc"), (3, "abc"), (2, "abc"), (1, "a*"), (0, "*")])
def test_truncate_leaves_a_table_of_one_row_more_alone(rows: int, expected: str) -> None:
    assert "".join(labels(truncate(table(a=3, b=2, c=1), rows))).replace("Others", "*") == expected


def test_truncate_takes_an_earlier_summary_row_in_and_reaches_subtables() -> None:
    rows = [*table(a=3, b=2).rows, Row({"label": "Others", "nb_visits": 7}, is_summary=True)]
    given = DataTable([Row({"label": "top", "nb_visits": 12}, subtable=DataTable(rows))])
    (top,) = truncate(given, 1)
    assert top.subtable is not None
    assert [row.columns for row in top.subtable] == [
        {"label": "a", "nb_visits": 3},
        {"label": "Others", "nb_visits": 9},
    ]


# --- limit


def test_limit_and_offset_keep_the_number_of_rows_before() -> None:
    cut = limit(table(a=5, b=4, c=3, d=2), offset=1, rows=2)
    assert labels(cut) == ["b", "c"]
    assert cut.metadata[TOTAL_ROWS_BEFORE_LIMIT] == 4
    assert labels(limit(table(a=5, b=4), offset=1)) == ["b"]
    assert labels(limit(table(a=5, b=4), offset=9, rows=5)) == []


def test_limit_counts_the_summary_row_unless_it_is_kept() -> None:
    rows = [*table(a=5, b=4).rows, Row({"label": "Others", "nb_visits": 7}, is_summary=True)]
    assert labels(limit(DataTable(rows), rows=2)) == ["a", "b"]
    assert labels(limit(DataTable(rows), rows=3)) == ["a", "b", "Others"]
    assert labels(limit(DataTable(rows), offset=1, rows=1, keep_summary_row=True)) == ["b", "Others"]


def test_limit_leaves_subtables_alone() -> None:
    (products,) = limit(tree(), rows=1)
    assert products.subtable is not None
    assert len(products.subtable) == 2


# --- all of them


def test_filters_apply_in_order_so_that_others_sums_what_the_pattern_left() -> None:
    wanted = GenericFilters(filter_pattern="^[ab]", filter_sort_column="nb_visits", filter_truncate=1, filter_limit=2)
    cut = apply_generic_filters(table(a1=1, a2=5, b=3, c=99), wanted)
    assert [(row.label, row.columns["nb_visits"]) for row in cut] == [("a2", 5), ("Others", 4)]


def test_a_request_for_labels_is_not_truncated_nor_limited() -> None:
    wanted = GenericFilters(filter_truncate=1, filter_limit=1, has_label=True)
    assert labels(apply_generic_filters(table(a=3, b=2, c=1), wanted)) == ["a", "b", "c"]


@given(st.lists(st.integers(0, 9)), st.integers(-1, 9))
def test_truncate_loses_no_visit(visits: list[int], rows: int) -> None:
    given = DataTable([Row({"label": str(i), "nb_visits": n}) for i, n in enumerate(visits)])
    assert sum(row.columns.get("nb_visits") or 0 for row in truncate(given, rows)) == sum(visits)


@given(st.integers(0, 5), st.integers(-1, 9))
def test_limit_is_a_slice(offset: int, rows: int) -> None:
    given = table(a=1, b=2, c=3, d=4)
    expected = labels(given)[offset:] if rows < 0 else labels(given)[offset : offset + rows]
    assert labels(limit(given, offset, rows)) == expected


def test_a_map_is_filtered_table_by_table() -> None:
    both = TableMap("date", {"2024-01-31": table(a=1, b=2), "2024-02-01": Number(5)})
    cut = each_table(both, lambda one: limit(one, rows=1))
    assert isinstance(cut, TableMap)
    first = cut.tables["2024-01-31"]
    assert isinstance(first, DataTable)
    assert labels(first) == ["a"]
    assert cut.tables["2024-02-01"] == Number(5)


# --- columns


def test_shown_columns_keep_the_label_metadata_and_double_underscore_variants() -> None:
    row = Row({"label": "a", "nb_visits": 1, "nb_hits": 2, "nb_visits__new": 3, "nb_visits_new": 4}, {"url": "/"})
    shown = select_columns(DataTable([row]), show=["nb_visits"])
    assert shown == DataTable([Row({"label": "a", "nb_visits": 1, "nb_visits__new": 3}, {"url": "/"})])


def test_hidden_columns_are_hidden_in_subtables_and_simple_tables() -> None:
    hidden = select_columns(tree(), hide=["nb_visits"])
    assert isinstance(hidden, DataTable)
    assert [row.columns for row in hidden.walk()] == [
        {"label": label} for label in ("products", "/shoes", "/red", "blog")
    ]
    assert drop_columns(SimpleTable({"nb_visits": 1, "sum_time": 2}), {"sum_time"}) == SimpleTable({"nb_visits": 1})


def test_nested_columns_are_hidden_only_when_asked() -> None:
    given = SimpleTable({"goals": {"idgoal=1": {"revenue": 1, "items": 2}}, "details": [{"revenue": 3, "type": 4}]})
    assert select_columns(given, hide=["revenue"]) == given
    assert select_columns(given, hide=["revenue"], nested=True) == SimpleTable(
        {"goals": {"idgoal=1": {"items": 2}}, "details": [{"type": 4}]}
    )


# --- labels


def test_a_label_path_leads_down_the_subtables() -> None:
    assert labels(filter_labels(tree(), ["products>@/shoes"])) == ["/shoes"]
    assert labels(filter_labels(tree(), ["products > %2Fred", "nothing", "blog"])) == ["/red", "blog"]
    assert labels(filter_labels(tree(), ["blog>/shoes"])) == []


def test_the_label_index_says_which_label_was_asked() -> None:
    found = filter_labels(tree(), ["nothing", "blog"], add_label_index=True)
    assert found.rows[0].metadata == {"code": "xx", "label_index": 1}


def test_variations_of_a_label() -> None:
    assert label_variations("a%3Eb%26c") == ["a&gt;b&amp;c", "a>b&c"]
    assert label_variations("Home", titles=True) == ["Home", " Home"]
    assert label_variations("@Home&Co", titles=True) == [" Home&amp;Co", " Home&Co", "Home&amp;Co", "Home&Co"]


def test_rows_may_have_several_names_and_subtables_may_be_loaded_late() -> None:
    rows = DataTable([Row({"label": "Germany"}, {"code": "de"}, idsubtable=3)])
    found = filter_labels(
        rows,
        ["de>Berlin"],
        names_of=lambda row: (row.label, row.metadata.get("code")),
        subtable_of=lambda row: table(Berlin=1) if row.idsubtable == 3 else None,
    )
    assert labels(found) == ["Berlin"]


# --- totals


def test_totals_add_up_goals_and_skip_averages() -> None:
    goals = [{"idgoal=1": {"nb_conversions": 1, "revenue": 10}}, {"idgoal=2": {"nb_conversions": 2}}]
    rows = [
        Row({"label": "a", "nb_visits": 3, "max_actions": 4, "avg_time_on_site": 9, "goals": goals[0]}),
        Row({"label": "b", "nb_visits": "2", "max_actions": 7, "conversion_rate": 0.5, "goals": goals[1]}),
    ]
    assert with_totals(DataTable(rows)).metadata[TOTALS] == {
        "nb_visits": 5,
        "max_actions": 7,
        "goals": {"idgoal=1": {"nb_conversions": 1, "revenue": 10}, "idgoal=2": {"nb_conversions": 2}},
    }
    assert goals[0] == {"idgoal=1": {"nb_conversions": 1, "revenue": 10}}, "rows are not changed"
    assert sum_rows([]) == {}


def test_the_totals_row_still_sums_what_a_limit_cut_off() -> None:
    cut = with_totals_row(limit(with_totals(table(a=3, b=2)), rows=1))
    assert labels(cut) == ["a"]
    assert cut.metadata[TOTALS_ROW].columns == {"label": "Totals", "nb_visits": 5}
