"""aggregate: actions of tracking requests -> leaf rows of events, contents and whatever else such requests carry.

Records that group by the same keys share one scan of `t`. Distinct counts are taken per group and then summed into
labels. See docs/explanation/archiving.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from piwikcli.archive import details, leaves
from piwikcli.plugins.api import TableRecord, TrackedRecord
from piwikcli.store import Connection, number

_COLUMNS = {
    "nb_visits": "count(DISTINCT t.idvisit) FILTER ({counted})",
    "nb_uniq_visitors": "count(DISTINCT t.idvisitor) FILTER ({counted})",
    "nb_hits": "count(*)",
    "nb_actions": "count(*)",
    "sum_time_spent": "sum(coalesce(t.time_spent, 0))",
    "bounce_count": "count(DISTINCT t.idvisit) FILTER (t.bounced)",
    "exit_nb_visits": "count(*) FILTER (t.is_last)",
}


def add_groups(connection: Connection, records: Iterable[TableRecord]) -> None:
    """Leaves of the records of this kind, from table `t`."""
    if not number(connection, "SELECT count(*) FROM t"):
        return
    families: dict[tuple[object, ...], list[TrackedRecord]] = defaultdict(list)
    for record in records:
        if isinstance(record, TrackedRecord):
            families[record.key, record.where, record.counted, record.metrics, record.measures].append(record)
    for some in families.values():
        _group(connection, some[0])
        for record in some:
            _label(connection, record)


def _group(connection: Connection, record: TrackedRecord) -> None:
    """Table `grouped`: a row per archive and group of keys."""
    keys = ", ".join(f"{sql} AS {name}" for name, sql in record.key)
    values = [f"{_COLUMNS[name].format(counted=record.counted)} AS {name}" for name in record.metrics]
    values += [f"{measure.sql} AS {measure.metric.name}" for measure in record.measures]
    names = ", ".join(("t.idarchive", *(name for name, _ in record.key)))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE grouped AS
        SELECT t.idarchive, {keys}, {", ".join(values)} FROM t WHERE {record.where} GROUP BY {names}
        """
    )


def _label(connection: Connection, record: TrackedRecord) -> None:
    """Groups -> rows of labels, summed; their names are looked up once per group."""
    labels = [f"label{n}" for n in range(len(record.path))]
    named = ", ".join(f"{sql} AS {label}" for label, sql in zip(labels, record.path, strict=True))
    lookups = " ".join(f"LEFT JOIN log_action {name} ON {name}.idaction = g.{name}" for name in record.actions)
    values = [f"sum({name}) AS {name}" for name in record.metrics]
    values += [f"{m.metric.aggregation}({m.metric.name}) AS {m.metric.name}" for m in record.measures]
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE grouped_rows AS
        SELECT idarchive, {leaves.path_of(labels)} AS path, {", ".join(values)}
        FROM (SELECT g.*, {named} FROM grouped g {lookups})
        WHERE label0 IS NOT NULL
        GROUP BY ALL
        """
    )
    leaves.add(connection, record.name, record.metrics, "SELECT * FROM grouped_rows")
    if record.measures:
        details.add_metrics(connection, record.name, [m.metric for m in record.measures], "grouped_rows")
