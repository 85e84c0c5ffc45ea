"""aggregate: conversions -> leaf rows of records that tell goals apart, and numbers of each goal.

Every statement has the goal in its GROUP BY and works on all archives at once. See docs/reference/metrics.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from piwikcli.archive import details, leaves
from piwikcli.plugins.api import ConversionBucketRecord, ConversionNumbers, TableRecord, VisitRecord
from piwikcli.store import Connection, number

_TABLES = {
    None: "",
    "device": "JOIN device d USING (iddevice)",
    "location": "JOIN location l USING (idlocation)",
    "referrer": "JOIN referrer r USING (idreferrer)",
}


_MONEY = ("revenue_subtotal", "revenue_tax", "revenue_shipping", "revenue_discount")


def _aggregates(goal: str, where: str = "true") -> dict[str, str]:
    """Column of a goal -> its SQL over the conversions that meet a condition; `goal` is what they are grouped by.

    Parts of the revenue are of orders alone, items of orders and carts. Amounts are rounded as Matomo's database
    does it: halves to the even digit.
    """

    def amount(name: str, of_goal: str = "true") -> str:
        return f"round_even(sum(c.{name}) FILTER ({where} AND {of_goal}), 2)"

    return {
        "nb_conversions": f"count(*) FILTER ({where})",
        "nb_visits_converted": f"count(DISTINCT c.idvisit) FILTER ({where})",
        "revenue": amount("revenue"),
        **{name: amount(name, f"{goal} = 0") for name in _MONEY},
        "items": f"sum(c.items) FILTER ({where} AND {goal} <= 0)",
    }


_COLUMNS = tuple(_aggregates("c.idgoal"))
_VALUES = ", ".join(f"{sql} AS {name}" for name, sql in _aggregates("c.idgoal").items())


def add_conversions(connection: Connection, records: Iterable[TableRecord]) -> None:
    """Add to the leaves, and to `leaf_goal`, what table `c` has."""
    if not number(connection, "SELECT count(*) FROM c"):
        return
    for record in records:
        if isinstance(record, VisitRecord) and record.conversions:
            relation = f"c {_TABLES[record.table]} WHERE {record.where}"
            add_converted(connection, record.name, relation, record.conversions, record.conversion_key)
        elif isinstance(record, ConversionBucketRecord):
            _buckets(connection, record)


def add_converted(
    connection: Connection, record: str, relation: str, path: Sequence[str], key: Sequence[str] = ()
) -> None:
    """Conversions of a relation (SQL after FROM, whose `c` are rows of `c`), by the labels of a path.

    They are counted per `key` (SQL), then summed into labels: a visit that converts in two of a label's keys counts
    twice.
    """
    labels = [f"label{n}" for n in range(len(path))]
    named = ", ".join(f"{sql} AS {label}" for label, sql in zip(labels, path, strict=True))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE converted AS
        SELECT idarchive, {leaves.path_of(labels)} AS path, idgoal,
               {", ".join(f"sum({name}) AS {name}" for name in _COLUMNS)}
        FROM (
            SELECT c.idarchive, c.idgoal, {named}, {_VALUES}
            FROM {relation}
            GROUP BY {", ".join(("c.idarchive", "c.idgoal", *labels, *key))})
        WHERE label0 IS NOT NULL
        GROUP BY idarchive, idgoal, {", ".join(labels)}
        """
    )
    details.add_goals(connection, record, _COLUMNS, "converted")
    # a row may have conversions only
    leaves.add(
        connection,
        record,
        ("nb_visits", "nb_conversions", "revenue"),
        """
        SELECT idarchive, path, 0 AS nb_visits,
               coalesce(sum(nb_conversions) FILTER (idgoal >= 0), 0) AS nb_conversions,
               coalesce(sum(revenue) FILTER (idgoal >= 0), 0) AS revenue
        FROM converted GROUP BY ALL
        """,
    )


def _buckets(connection: Connection, record: ConversionBucketRecord) -> None:
    low, high, labels = (list(column) for column in zip(*record.buckets, strict=True))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE converted AS
        WITH bucket AS (
            SELECT unnest($1::BIGINT[]) AS low, unnest($2::BIGINT[]) AS high, unnest($3::VARCHAR[]) AS label
        )
        SELECT idarchive, [label] AS path, idgoal, sum(n) AS nb_conversions
        FROM (SELECT c.idarchive, c.idgoal, {record.value} AS value, count(*) AS n FROM c GROUP BY ALL)
        JOIN bucket ON value >= low AND value <= coalesce(high, 9223372036854775807)
        GROUP BY ALL
        """,
        [low, high, labels],
    )
    details.add_goals(connection, record.name, ("nb_conversions",), "converted")
    leaves.add(
        connection,
        record.name,
        ("nb_conversions",),
        """
        SELECT idarchive, path, coalesce(sum(nb_conversions) FILTER (idgoal > 0), 0) AS nb_conversions
        FROM converted GROUP BY ALL
        """,
    )


def store_day_numbers(connection: Connection, records: Iterable[ConversionNumbers]) -> None:
    """Add to `number_of` (idarchive, name, value) the numbers of table `c`, of each goal and of all together."""
    for record in records:
        columns = {
            f"{name}{suffix}": sql
            for suffix, where in record.groups
            for name, sql in _aggregates("c.goal", where).items()
        }
        connection.execute(
            f"""
            INSERT INTO number_of
            SELECT idarchive, '{record.name}_' || coalesce(goal || '_', '') || name, value FROM (
                SELECT c.idarchive, c.goal, unnest([{", ".join(f"'{name}'" for name in columns)}]) AS name,
                       unnest([{", ".join(f"({sql})::DOUBLE" for sql in columns.values())}]) AS value
                FROM (SELECT *, idgoal AS goal FROM c UNION ALL SELECT *, NULL FROM c WHERE idgoal >= 0) c
                GROUP BY c.idarchive, c.goal)
            WHERE value <> 0
            """
        )
