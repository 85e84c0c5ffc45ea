"""What a record's rows have beside their columns: conversions per goal, and metrics of plugins.

`leaf_goal` and `leaf_metric` are what builders of leaves found; `row_goal` and `row_metric` the same of all
rows. They have the columns of `archive_goal` and `archive_metric`. All work is for all archives and records at
once. See docs/explanation/archiving.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from piwikcli.archive.paths import number_paths
from piwikcli.plugins import measured
from piwikcli.plugins.api import GOAL_METRICS, Metric
from piwikcli.plugins.api.records import SUMMARY_LABEL
from piwikcli.store import Connection, number

DECIMALS = 4
"""Stored amounts are rounded, so that the order of adding does not show."""

_ROW = "idarchive, record, idpath"
_GOALS = tuple(metric.name for metric in GOAL_METRICS)


def start(connection: Connection) -> None:
    """Empty tables `leaf_goal` and `leaf_metric`."""
    for table in ("goal", "metric"):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE leaf_{table} AS SELECT * FROM archive_{table} LIMIT 0")


def add_goals(connection: Connection, record: str, columns: Iterable[str], table: str) -> None:
    """Add to `leaf_goal` from a temporary table with idarchive, path (labels), idgoal and these columns."""
    number_paths(connection, table)
    names = ", ".join(("idgoal", *columns))
    connection.execute(
        f"""
        INSERT INTO leaf_goal BY NAME
        SELECT t.idarchive, '{record}' AS record, p.idpath, {names}
        FROM {table} t JOIN archive_path p USING (path)
        """
    )


def add_metrics(connection: Connection, record: str, metrics: Sequence[Metric], table: str) -> None:
    """Add to `leaf_metric` from a temporary table with idarchive, path (labels) and a column per metric's name.

    NULL is a metric that the row does not have.
    """
    number_paths(connection, table)
    values = ", ".join(f"t.{metric.name}::DOUBLE" for metric in metrics)
    connection.execute(
        f"""
        INSERT INTO leaf_metric BY NAME
        SELECT * FROM (
            SELECT t.idarchive, '{record}' AS record, p.idpath,
                   unnest([{", ".join(str(metric.id) for metric in metrics)}]) AS metric, unnest([{values}]) AS value
            FROM {table} t JOIN archive_path p USING (path))
        WHERE value IS NOT NULL
        """
    )


def from_leaves(connection: Connection) -> None:
    """Make `row_goal` and `row_metric`: every leaf, and above it rows that sum all with their prefix."""
    for table, key, values in _tables("l."):
        if not number(connection, f"SELECT count(*) FROM leaf_{table}"):
            _start_rows(connection, table)
            continue
        connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE row_{table} AS
            SELECT l.idarchive, l.record, above AS idpath, l.{key}, {values}
            FROM leaf_{table} l JOIN archive_path p USING (idpath), unnest(p.ancestors) AS u(above)
            GROUP BY l.idarchive, l.record, above, l.{key}
            """
        )


def _start_rows(connection: Connection, table: str) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE row_{table} AS SELECT * FROM archive_{table} LIMIT 0")


def from_children(connection: Connection) -> None:
    """Make `row_goal` and `row_metric` from the archives that the temporary table `child` names."""
    for table, key, values in _tables("r."):
        if not number(connection, f"SELECT count(*) FROM archive_{table}"):
            _start_rows(connection, table)
            continue
        connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE row_{table} AS
            SELECT c.idarchive, r.record, r.idpath, r.{key}, {values}
            FROM child c JOIN archive_{table} r ON r.idarchive = c.idchild
            GROUP BY c.idarchive, r.record, r.idpath, r.{key}
            """
        )


def fold(connection: Connection, depth: int) -> None:
    """Sum what rows of the temporary table `folded` have into their tables' summary rows; see `rows.limit`."""
    for table, key, values in _tables("r."):
        connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE folded_detail AS
            SELECT r.idarchive, r.record, o.idpath, r.{key}, {values}
            FROM row_{table} r JOIN folded f USING (idarchive, record, idpath)
            JOIN archive_path o ON o.path = list_append(f.above, $1)
            GROUP BY r.idarchive, r.record, o.idpath, r.{key}
            """,
            [SUMMARY_LABEL],
        )
        connection.execute(
            f"""
            DELETE FROM row_{table} AS r USING folded f, archive_path p
            WHERE p.idpath = r.idpath AND f.idarchive = r.idarchive AND f.record = r.record
              AND p.ancestors[$1] = f.idpath
            """,
            [depth],
        )
        connection.execute(f"INSERT INTO row_{table} BY NAME SELECT * FROM folded_detail")


def count_columns(connection: Connection) -> None:
    """Table `detail_columns`: how many columns each row has here; conversions of all goals are one."""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE detail_columns AS
        SELECT {_ROW}, sum(n) AS filled FROM (
            SELECT {_ROW}, 1 AS n FROM row_goal GROUP BY ALL
            UNION ALL SELECT {_ROW}, count(*) FROM row_metric GROUP BY ALL)
        GROUP BY ALL
        """
    )


def store(connection: Connection) -> None:
    """Keep `row_goal` and `row_metric`."""
    for table in ("goal", "metric"):
        if number(connection, f"SELECT count(*) FROM row_{table}"):
            connection.execute(f"INSERT INTO archive_{table} BY NAME SELECT * FROM row_{table} ORDER BY {_ROW}")


def _tables(prefix: str) -> tuple[tuple[str, str, str], ...]:
    """(table, its key beside the row's, aggregates of its values) of both tables."""
    goals = ", ".join(f"round(sum({prefix}{name}), {DECIMALS}) AS {name}" for name in _GOALS)
    extremes: dict[str, list[int]] = {}
    for metric in measured().values():
        if metric.aggregation != "sum":
            extremes.setdefault(metric.aggregation, []).append(metric.id)
    value, metric_id = f"{prefix}value", f"{prefix}metric"
    cases = " ".join(
        f"WHEN {metric_id} IN ({', '.join(map(str, ids))}) THEN {aggregate}({value})"
        for aggregate, ids in extremes.items()
    )
    total = f"sum({value})"
    number = f"CASE {cases} ELSE {total} END" if cases else total
    return ("goal", "idgoal", goals), ("metric", "metric", f"round({number}, {DECIMALS}) AS value")
