"""Leaf rows of visit dimensions.

A device, referrer or place becomes labels once, not once per visit: visits are first grouped by the id in their
dimension table, and all records of that table come from these groups. See docs/explanation/archiving.md.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from piwikcli.archive import leaves
from piwikcli.archive.families import Family
from piwikcli.archive.paths import number_paths
from piwikcli.plugins.api import VisitRecord
from piwikcli.store import Connection, number

_ALIAS = {"device": "d", "location": "l", "referrer": "r"}
_ADDED = {
    "nb_uniq_visitors": "count(*) FILTER (v.once)",
    "nb_visits": "count(*)",
    "nb_actions": "sum(v.visit_total_actions)",
    "nb_users": "0",
    "max_actions": "max(v.visit_total_actions)",
    "sum_visit_length": "sum(v.visit_total_time)",
    "bounce_count": "count(*) FILTER (v.visit_total_actions <= 1)",
    "nb_visits_converted": "count(*) FILTER (v.visit_goal_converted = 1)",
}
"""What adds up. Visitors of several visits and users are counted apart."""


@dataclass(frozen=True, slots=True)
class _Distinct:
    """A distinct count over the visits that `where` leaves: added to what `_ADDED` gives."""

    metric: str
    sql: str
    where: str


_DISTINCT = (
    _Distinct("nb_uniq_visitors", "count(DISTINCT v.idvisitor)", "NOT v.once"),
    _Distinct("nb_users", "count(DISTINCT v.user_id)", "v.user_id IS NOT NULL"),
)


def add_visits(connection: Connection, records: Iterable[VisitRecord], family_of: Mapping[str, Family]) -> None:
    """Leaves of these records from the visits in `v`."""
    distinct = [
        count
        for count in _DISTINCT
        if number(connection, f"SELECT count(*) FROM (SELECT 1 FROM v WHERE {count.where} LIMIT 1)")
    ]
    by_table: dict[tuple[str, tuple[str, ...]], list[VisitRecord]] = defaultdict(list)
    for record in records:
        if record.table and not _uses_visit(record):
            by_table[record.table, record.metrics].append(record)
        else:
            _by_expression(connection, record, distinct)
    for (table, metrics), some in by_table.items():
        _by_table(connection, table, metrics, some, distinct, family_of[some[0].name])


def _uses_visit(record: VisitRecord) -> bool:
    """Whether labels need more than the dimension table, or visitors are counted per something else than its rows."""
    own_key = record.key in ((), (f"v.id{record.table}",))
    return not own_key or any(re.search(r"\bv\.", sql) for sql in (*record.path, record.where))


def _by_table(
    connection: Connection,
    table: str,
    metrics: tuple[str, ...],
    records: Sequence[VisitRecord],
    distinct: Sequence[_Distinct],
    family: Family,
) -> None:
    key = f"id{table}"
    added = ", ".join(f"{_ADDED[name]} AS {name}" for name in metrics)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE grouped AS SELECT v.idarchive, v.{key}, {added} FROM v GROUP BY ALL"
    )
    _place(connection, table, records)
    ids = [f"p{n}" for n in range(len(records))]
    everything = 2 ** len(ids) - 1
    cases = " ".join(
        f"WHEN {everything - 2 ** (len(ids) - 1 - n)} THEN '{record.name}'" for n, record in enumerate(records)
    )
    which = f"CASE GROUPING({', '.join(ids)}) {cases} END AS record, coalesce({', '.join(ids)}) AS idpath"
    totals = ", ".join(f"{'max' if name == 'max_actions' else 'sum'}({name}) AS {name}" for name in metrics)
    sets = ", ".join(f"(idarchive, {one})" for one in ids)
    connection.execute(
        f"""
        INSERT INTO {family.leaf} BY NAME
        SELECT * FROM (
            SELECT idarchive, {which}, {totals}
            FROM grouped JOIN place USING ({key}) GROUP BY GROUPING SETS ({sets}))
        WHERE idpath IS NOT NULL
        """
    )
    keyed = (f"({', '.join(('idarchive', one, *record.key))})" for one, record in zip(ids, records, strict=True))
    sets = ", ".join(keyed)
    for count in distinct:
        if count.metric in metrics:
            connection.execute(
                f"""
                INSERT INTO {family.leaf} BY NAME
                SELECT * FROM (
                    SELECT idarchive, {which}, {count.sql} AS {count.metric}
                    FROM v JOIN place ON place.{key} = v.{key} WHERE {count.where} GROUP BY GROUPING SETS ({sets}))
                WHERE idpath IS NOT NULL
                """
            )


def _place(connection: Connection, table: str, records: Sequence[VisitRecord]) -> None:
    """Table `place`: a row per id in `grouped`, with the number of its path in each record (p0, p1, ...)."""
    key, alias = f"id{table}", _ALIAS[table]
    labels = " UNION ALL ".join(
        f"SELECT {n} AS n, {alias}.{key}, {leaves.path_of(record.path)} AS path FROM used {alias} "
        f"WHERE {record.where}"
        for n, record in enumerate(records)
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE unplaced AS
        WITH used AS (SELECT * FROM {table} SEMI JOIN grouped USING ({key}))
        SELECT * FROM ({labels}) WHERE path IS NOT NULL
        """
    )
    number_paths(connection, "unplaced")
    columns = ", ".join(f"max(idpath) FILTER (n = {n}) AS p{n}" for n in range(len(records)))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE place AS
        SELECT {key}, {columns} FROM unplaced JOIN archive_path USING (path) GROUP BY {key}
        """
    )


def _by_expression(connection: Connection, record: VisitRecord, distinct: Sequence[_Distinct]) -> None:
    """Visits are grouped by the columns that labels are made of first, so that each label is made once."""
    join = f"JOIN {record.table} {_ALIAS[record.table]} USING (id{record.table})" if record.table else ""
    labels = [f"label{n}" for n in range(len(record.path))]
    named = ", ".join(f"{sql} AS {label}" for label, sql in zip(labels, record.path, strict=True))

    def add(columns: Mapping[str, str], visits: str, where: str, key: Sequence[str] = ()) -> None:
        values = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
        leaves.add(
            connection,
            record.name,
            columns,
            f"""
            SELECT *, {leaves.path_of(labels)} AS path FROM (
                SELECT v.idarchive, {named}, {values} FROM {visits} v {join} WHERE {record.where} AND {where}
                GROUP BY {", ".join(("v.idarchive", *labels, *key))})
            WHERE label0 IS NOT NULL
            """,
        )

    used = sorted({name for sql in (*record.path, record.where) for name in re.findall(r"\bv\.(\w+)", sql)})
    keys = ", ".join(f"v.{name}" for name in ("idarchive", *used, *((f"id{record.table}",) if record.table else ())))
    partial = ", ".join(f"{_ADDED[name]} AS {name}" for name in record.metrics)
    totals = {name: f"{'max' if name == 'max_actions' else 'sum'}(v.{name})" for name in record.metrics}
    add(totals, f"(SELECT {keys}, {partial} FROM v GROUP BY ALL)", "true")
    for count in distinct:
        if count.metric in record.metrics:
            add({count.metric: count.sql}, "v", count.where, record.key)
