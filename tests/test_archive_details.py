"""Conversions per goal beside a record's rows: adding up, folding, reading back.

Definitions: docs/reference/metrics.md, docs/explanation/archiving.md.
"""

from __future__ import annotations

from typing import Any

from piwikcli.archive import details
from piwikcli.archive.paths import number_paths
from piwikcli.plugins.api.records import SUMMARY_LABEL
from piwikcli.report.reader import Archives, find_archives
from report_helpers import DAY, WEEK, Store, visits

RECORD = "Referrers_keywordByCampaign"


def goals(store: Store, table: str = "row_goal", *columns: str) -> dict[Any, tuple[Any, ...]]:
    """(label path, idgoal) -> values."""
    wanted = ", ".join(columns or ("nb_conversions", "revenue"))
    rows = store.connection.execute(
        f"SELECT array_to_string(p.path, ' > '), idgoal, {wanted} FROM {table} JOIN archive_path p USING (idpath)"
    ).fetchall()
    return {(path, idgoal): tuple(values) for path, idgoal, *values in rows}


def found(store: Store, *rows: tuple[list[str], int, int, float]) -> None:
    """Conversions found at leaves: (labels, idgoal, conversions, revenue)."""
    store.connection.execute(
        "CREATE OR REPLACE TEMP TABLE found "
        "(idarchive INTEGER, path VARCHAR[], idgoal INTEGER, nb_conversions BIGINT, revenue DOUBLE)"
    )
    store.connection.executemany("INSERT INTO found VALUES (1, ?, ?, ?, ?)", [list(row) for row in rows])
    details.start(store.connection)
    details.add_goals(store.connection, RECORD, ("nb_conversions", "revenue"), "found")
    details.from_leaves(store.connection)


def test_a_row_above_sums_each_goal_of_what_is_below() -> None:
    store = Store()
    found(
        store,
        (["spring", "tents"], 1, 2, 20.0),
        (["spring", "boots"], 1, 1, 0.1),
        (["spring", "boots"], 0, 1, 0.2),
        (["spring"], 1, 4, 0.2),  # a campaign without keyword
        (["autumn"], -1, 1, 9.0),
    )
    assert goals(store) == {
        ("spring > tents", 1): (2, 20.0),
        ("spring > boots", 1): (1, 0.1),
        ("spring > boots", 0): (1, 0.2),
        ("spring", 1): (7, 20.3),
        ("spring", 0): (1, 0.2),
        ("autumn", -1): (1, 9.0),
    }


def test_periods_add_up_their_children() -> None:
    store = Store()
    for day, count in ((DAY, 2), (DAY.shifted(1), 3)):
        rows = {("a",): {"goals": {1: {"nb_conversions": count, "nb_conversions_entry_rate": 0.333}}}}
        store.archive(day, tables={RECORD: rows})
    week = store.archive(WEEK)
    store.connection.execute("CREATE TEMP TABLE child AS SELECT ? AS idarchive, unnest([1, 2]) AS idchild", [week])
    details.from_children(store.connection)
    columns = ("idarchive", "nb_conversions", "nb_conversions_entry_rate", "items")
    assert goals(store, "row_goal", *columns) == {("a", 1): (week, 5, 0.666, None)}


def test_others_sum_the_goals_of_what_a_limit_folds() -> None:
    store = Store()
    found(store, (["a"], 1, 5, 0.0), (["b"], 1, 2, 0.0), (["c", "d"], 1, 1, 1.5), (["c"], 0, 1, 3.0))
    store.connection.execute("CREATE TEMP TABLE others AS SELECT [?] AS path", [SUMMARY_LABEL])
    number_paths(store.connection, "others")
    paths = dict(store.connection.execute("SELECT array_to_string(path, '/'), idpath FROM archive_path").fetchall())
    store.connection.execute(
        "CREATE TEMP TABLE folded AS SELECT 1 AS idarchive, ? AS record, unnest(?::INTEGER[]) AS idpath, "
        "[]::VARCHAR[] AS above",
        [RECORD, [paths["b"], paths["c"]]],
    )
    details.fold(store.connection, 1)
    assert goals(store) == {
        ("a", 1): (5, 0.0),
        (SUMMARY_LABEL, 1): (3, 1.5),
        (SUMMARY_LABEL, 0): (1, 3.0),
    }


def test_goals_are_read_back_by_name_before_the_rows_own_conversions() -> None:
    store = Store()
    conversions = {
        1: {"nb_conversions": 2, "revenue": 20.0},
        -1: {"nb_conversions": 1, "items": 3},
        0: {"nb_conversions": 1, "revenue": 12.5, "revenue_tax": 0.5},
    }
    row = visits(3, nb_conversions=3, revenue=32.5, goals=conversions)
    store.archive(tables={"UserCountry_country": {("de",): row, ("fr",): visits(1)}})
    reader = Archives(store.connection, find_archives(store.connection, 1, [DAY])).reader(DAY)
    [germany, france] = reader.table("UserCountry_country")
    assert list(germany.columns)[-4:] == ["nb_visits_converted", "goals", "nb_conversions", "revenue"]
    assert list(germany.columns["goals"].items()) == [
        ("idgoal=ecommerceAbandonedCart", {"nb_conversions": 1, "items": 3}),
        ("idgoal=ecommerceOrder", {"nb_conversions": 1, "revenue": 12.5, "revenue_tax": 0.5}),
        ("idgoal=1", {"nb_conversions": 2, "revenue": 20}),
    ]
    assert "goals" not in france.columns


def test_goals_of_a_subtable_and_of_all_levels() -> None:
    store = Store()
    below = visits(1, goals={2: {"nb_conversions": 1}})
    rows = {("spring",): visits(1, goals={2: {"nb_conversions": 4}}), ("spring", "tents"): below}
    store.archive(tables={RECORD: rows})
    archives = Archives(store.connection, find_archives(store.connection, 1, [DAY]))
    [campaign] = archives.reader(DAY).table(RECORD)
    assert campaign.columns["goals"] == {"idgoal=2": {"nb_conversions": 4}}
    [keyword] = archives.reader(DAY).table(RECORD, campaign.idsubtable)
    assert keyword.columns["goals"] == {"idgoal=2": {"nb_conversions": 1}}
    [expanded] = archives.reader(DAY).table(RECORD, expanded=True)
    assert expanded.subtable is not None
    assert expanded.subtable.rows[0].columns == keyword.columns
