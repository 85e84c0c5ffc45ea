"""Leaf rows: what the aggregation of logs finds, before rows are summed.

A family's table `leaf<n>` holds partial sums by the number of a row's path: several rows of one path add up, which
is how distinct visitors of those who came more than once are counted apart. What was found with its labels waits in
`labelled` until `finish` numbers them. See docs/explanation/archiving.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from piwikcli.archive.families import Family
from piwikcli.archive.paths import number_paths
from piwikcli.plugins.api import METRICS
from piwikcli.store import Connection


def _types(columns: Iterable[str]) -> str:
    return ", ".join(f"{name} {'DOUBLE' if name == 'revenue' else 'BIGINT'}" for name in columns)


def start(connection: Connection, families: Sequence[Family]) -> None:
    """Empty tables of leaves."""
    for family in families:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {family.leaf} "
            f"(idarchive INTEGER, record VARCHAR, idpath INTEGER, idaction INTEGER, {_types(family.columns)})"
        )
    every = _types(metric.name for metric in METRICS)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE labelled (idarchive INTEGER, record VARCHAR, path VARCHAR[], {every})"
    )


def add(connection: Connection, record: str, columns: Iterable[str], select: str) -> None:
    """Add what a query finds: idarchive, path (labels, outermost first) and these columns."""
    names = ", ".join(("idarchive", "path", *columns))
    connection.execute(f"INSERT INTO labelled BY NAME SELECT '{record}' AS record, {names} FROM ({select})")


def path_of(labels: Sequence[str]) -> str:
    """An SQL list of the labels, ended by the first NULL; NULL when that is the first one."""
    whole = f"[{', '.join(labels)}]"
    for short in range(len(labels) - 1, -1, -1):
        part = f"[{', '.join(labels[:short])}]" if short else "NULL"
        whole = f"CASE WHEN {labels[short]} IS NULL THEN {part} ELSE {whole} END"
    return whole


def finish(connection: Connection, families: Sequence[Family]) -> None:
    """Number the paths of `labelled` and bring its rows into the tables of their families."""
    number_paths(connection, "labelled")
    for family in families:
        columns = ", ".join(f"l.{name}" for name in family.columns)
        connection.execute(
            f"""
            INSERT INTO {family.leaf} BY NAME
            SELECT l.idarchive, l.record, p.idpath, {columns}
            FROM labelled l JOIN archive_path p USING (path) WHERE l.record IN ({family.names})
            """
        )
