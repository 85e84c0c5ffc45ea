"""aggregate: a slice of the logs -> leaf rows of table records, for all archives at once.

Distinct visitors are counted per group of a record's key and then summed into labels.
See docs/explanation/archiving.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from piwikcli.archive import leaves
from piwikcli.archive.conversions import add_conversions
from piwikcli.archive.families import Family
from piwikcli.archive.groups import add_groups
from piwikcli.archive.items import add_items
from piwikcli.archive.page_details import add_page_details
from piwikcli.archive.pages import add_pages
from piwikcli.archive.variables import add_variables
from piwikcli.archive.visits import add_visits
from piwikcli.plugins.api import ActionRecord, BucketRecord, FlagRecord, PageRecord, VisitRecord
from piwikcli.store import Connection


def make_leaves(connection: Connection, families: Sequence[Family], *, tracked: bool) -> None:
    """Fill the families' tables of leaves for the archives of `building`; `v`, `a` and `p` must be there.

    Where something was `tracked`, the tables `c`, `i` and `t` must be, too.
    """
    leaves.start(connection, families)
    family_of = {record.name: family for family in families for record in family.records}
    records = [record for family in families for record in family.records]
    add_visits(connection, [record for record in records if isinstance(record, VisitRecord)], family_of)
    for record in records:
        if isinstance(record, BucketRecord):
            _buckets(connection, record)
        elif isinstance(record, FlagRecord):
            _flags(connection, record)
        elif isinstance(record, ActionRecord):
            _actions(connection, record)
    if tracked:
        add_conversions(connection, records)
        add_groups(connection, records)
        add_items(connection, records)
        add_variables(connection, records)
        add_page_details(connection, records)
    add_pages(connection, [record for record in records if isinstance(record, PageRecord)], family_of)
    leaves.finish(connection, families)


def _buckets(connection: Connection, record: BucketRecord) -> None:
    connection.execute("CREATE OR REPLACE TEMP TABLE bucket (low BIGINT, high BIGINT, label VARCHAR)")
    low, high, labels = (list(column) for column in zip(*record.buckets, strict=True))
    connection.execute(
        "INSERT INTO bucket SELECT unnest($1::BIGINT[]), unnest($2::BIGINT[]), unnest($3::VARCHAR[])",
        [low, high, labels],
    )
    leaves.add(
        connection,
        record.name,
        ("nb_visits",),
        f"""
        SELECT idarchive, [label] AS path, sum(visits) AS nb_visits
        FROM (SELECT v.idarchive, {record.value} AS value, count(*) AS visits FROM v
              WHERE {record.where} GROUP BY ALL)
        JOIN bucket ON value >= low AND value <= coalesce(high, 9223372036854775807)
        GROUP BY ALL
        """,
    )


def _flags(connection: Connection, record: FlagRecord) -> None:
    counts = ", ".join(f"count(*) FILTER ({sql}) AS {label}" for label, sql in record.flags)
    leaves.add(
        connection,
        record.name,
        ("nb_visits",),
        f"""
        SELECT idarchive, [label] AS path, nb_visits
        FROM (UNPIVOT (SELECT v.idarchive, {counts} FROM v GROUP BY ALL)
              ON {", ".join(label for label, _ in record.flags)} INTO NAME label VALUE nb_visits)
        """,
    )


def _actions(connection: Connection, record: ActionRecord) -> None:
    labels = [f"label{n}" for n in range(len(record.path))]
    named = ", ".join(f"{sql} AS {label}" for label, sql in zip(labels, record.path, strict=True))
    leaves.add(
        connection,
        record.name,
        record.columns,
        f"""
        SELECT *, {leaves.path_of(labels)} AS path FROM (
            SELECT a.idarchive, {named}, count(DISTINCT a.idvisit) AS nb_visits,
                   count(DISTINCT a.idvisitor) AS nb_uniq_visitors, count(*) AS nb_actions
            FROM a WHERE {record.where} GROUP BY a.idarchive, {", ".join(labels)})
        WHERE label0 IS NOT NULL
        """,
    )
