"""Metrics computed from a row's columns. Formulas: docs/reference/metrics.md."""

from __future__ import annotations

from typing import Any

from piwikcli.plugins.api.reports import Ratio
from piwikcli.report.processed import process_table
from piwikcli.report.table import DataTable, Row

RATE = Ratio("rate", "hits", "views", 1)
TIMED = Ratio("avg_time", "sum_time", "timed", 3, optional=True)


def table(*rows: dict[str, Any]) -> DataTable:
    return DataTable([Row(dict(columns)) for columns in rows])


def test_an_optional_metric_is_in_every_row_of_a_table_that_has_it() -> None:
    timed = table({"sum_time": 3, "timed": 2}, {"hits": 1})
    process_table(timed, (TIMED,), (), known=("timed",))
    assert [row.columns["avg_time"] for row in timed] == [1.5, 0]
    # its own column is enough where nothing is known of the others
    timed = table({"sum_time": 3, "timed": 2}, {"hits": 1})
    process_table(timed, (TIMED,), (RATE,))
    assert [row.columns.get("avg_time") for row in timed] == [1.5, None]
    assert timed.rows[1].columns == {"hits": 1, "rate": 0}


def test_root_metrics_are_those_of_the_tables_own_rows() -> None:
    nested = table({"timed": 1, "sum_time": 2})
    nested.rows[0].subtable = table({"timed": 4, "sum_time": 2})
    process_table(nested, (TIMED,), (RATE,))
    assert list(nested.rows[0].subtable.rows[0].columns) == ["timed", "sum_time", "rate"]
    process_table(nested, (TIMED,), (), below=(TIMED,))
    assert nested.rows[0].subtable.rows[0].columns["avg_time"] == 0.5
