"""aggregate: a slice of the logs -> leaf rows of table records, for all archives at once.

Each function adds to the temporary table `leaf`: (idarchive, record, path, idaction, metrics...). Distinct
visitors are counted per group of a record's key and then summed into labels. See docs/explanation/archiving.md.
"""

from __future__ import annotations

from collections.abc import Iterable

from piwikcli.archive.paths import place_actions
from piwikcli.plugins.api import (
    METRICS,
    ActionRecord,
    BucketRecord,
    FlagRecord,
    PageRecord,
    TableRecord,
    VisitRecord,
)
from piwikcli.store import Connection, number

_DIMENSIONS = {
    None: "",
    "device": "JOIN device d USING (iddevice)",
    "location": "JOIN location l USING (idlocation)",
    "referrer": "JOIN referrer r USING (idreferrer)",
}
_UNIQUE = "count(*) FILTER (once) + count(DISTINCT {x}.idvisitor) FILTER (NOT once)"

_VISIT_SQL = {
    "nb_uniq_visitors": _UNIQUE.format(x="v"),
    "nb_visits": "count(*)",
    "nb_actions": "sum(v.visit_total_actions)",
    "nb_users": "count(DISTINCT v.user_id)",
    "max_actions": "max(v.visit_total_actions)",
    "sum_visit_length": "sum(v.visit_total_time)",
    "bounce_count": "count(*) FILTER (v.visit_total_actions <= 1)",
    "nb_visits_converted": "count(*) FILTER (v.visit_goal_converted = 1)",
}


def make_leaves(connection: Connection, records: Iterable[TableRecord]) -> None:
    """Fill `leaf` for the archives of `building`; tables `v` and `a` must be there."""
    columns = ", ".join(f"{m.name} {'DOUBLE' if m.name == 'revenue' else 'BIGINT'}" for m in METRICS)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE leaf "
        f"(idarchive INTEGER, record VARCHAR, path VARCHAR[], idaction INTEGER, {columns})"
    )
    users = number(connection, "SELECT count(*) FROM (SELECT 1 FROM v WHERE user_id IS NOT NULL LIMIT 1)")
    pages = [record for record in records if isinstance(record, PageRecord)]
    for record in records:
        if isinstance(record, VisitRecord):
            _visits(connection, record, with_users=bool(users))
        elif isinstance(record, BucketRecord):
            _buckets(connection, record)
        elif isinstance(record, FlagRecord):
            _flags(connection, record)
        elif isinstance(record, ActionRecord):
            _actions(connection, record)
    for column in dict.fromkeys(record.column for record in pages):
        _per_action(connection, column)
        for record in pages:
            if record.column == column:
                _pages(connection, record)


def _add(connection: Connection, record: str, columns: Iterable[str], select: str) -> None:
    names = ", ".join(("idarchive", "path", *columns))
    connection.execute(f"INSERT INTO leaf BY NAME SELECT '{record}' AS record, {names} FROM ({select})")


def _path(labels: int) -> str:
    """An SQL list of the label columns, ended by the first NULL."""
    whole = f"[{', '.join(f'label{i}' for i in range(labels))}]"
    for short in range(labels - 1, 0, -1):
        part = f"[{', '.join(f'label{i}' for i in range(short))}]"
        whole = f"CASE WHEN label{short} IS NULL THEN {part} ELSE {whole} END"
    return whole


def _visits(connection: Connection, record: VisitRecord, *, with_users: bool) -> None:
    metrics = {name: _VISIT_SQL[name] for name in record.metrics}
    if not with_users and "nb_users" in metrics:
        metrics["nb_users"] = "0"
    labels = ", ".join(f"{sql} AS label{i}" for i, sql in enumerate(record.path))
    groups = ", ".join((*(f"label{i}" for i in range(len(record.path))), *record.key))
    values = ", ".join(f"{sql} AS {name}" for name, sql in metrics.items())
    select = f"""
        SELECT v.idarchive, {labels}, {values}
        FROM v {_DIMENSIONS[record.table]}
        WHERE {record.where}
        GROUP BY v.idarchive, {groups}
    """
    total = ", ".join(f"{'max' if name == 'max_actions' else 'sum'}({name}) AS {name}" for name in metrics)
    _add(
        connection,
        record.name,
        metrics,
        f"""
        SELECT idarchive, {_path(len(record.path))} AS path, {total} FROM ({select})
        WHERE label0 IS NOT NULL GROUP BY ALL
        """,
    )


def _buckets(connection: Connection, record: BucketRecord) -> None:
    connection.execute("CREATE OR REPLACE TEMP TABLE bucket (low BIGINT, high BIGINT, label VARCHAR)")
    connection.executemany("INSERT INTO bucket VALUES (?, ?, ?)", [list(bucket) for bucket in record.buckets])
    _add(
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
    _add(
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
    labels = ", ".join(f"{sql} AS label{i}" for i, sql in enumerate(record.path))
    groups = ", ".join(f"label{i}" for i in range(len(record.path)))
    _add(
        connection,
        record.name,
        ("nb_visits", "nb_uniq_visitors", "nb_actions"),
        f"""
        SELECT idarchive, {_path(len(record.path))} AS path, nb_visits, nb_uniq_visitors, nb_actions FROM (
            SELECT a.idarchive, {labels}, count(DISTINCT a.idvisit) AS nb_visits,
                   count(DISTINCT a.idvisitor) AS nb_uniq_visitors, count(*) AS nb_actions
            FROM a WHERE {record.where} GROUP BY a.idarchive, {groups})
        WHERE label0 IS NOT NULL
        """,
    )


# --- pages ------------------------------------------------------------------------------------------------


def _per_action(connection: Connection, column: str) -> None:
    """Table `per_action`: everything that is known of an action as a page, per archive and action id.

    Action id 0 stands for the actions that have none in this column; `other_type` is then the type of the
    action's other id.
    """
    kind = column.removeprefix("idaction_")
    other = "idaction_name" if kind == "url" else "idaction_url"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE per_action AS
        WITH per_visit AS (
            SELECT a.idarchive, coalesce(a.{column}, 0) AS idaction,
                   CASE WHEN coalesce(a.{column}, 0) = 0 THEN coalesce(a.{other}, 0) > 0 ELSE false END AS has_other,
                   CASE WHEN coalesce(a.{column}, 0) = 0 THEN a.kind ELSE 0 END AS kind,
                   a.idvisit, any_value(a.idvisitor) AS idvisitor, any_value(a.once) AS once,
                   count(*) AS nb_hits, max(a.search_count) AS search_count,
                   count(*) FILTER (ref.type = 8) AS following
            FROM a LEFT JOIN log_action ref ON ref.idaction = a.idaction_name_ref AND ref.type = 8
            GROUP BY ALL
        ), hits AS (
            SELECT idarchive, idaction, has_other, kind, count(*) AS nb_visits,
                   {_UNIQUE.format(x="per_visit")} AS nb_uniq_visitors,
                   sum(nb_hits) AS nb_hits, nullif(sum(following), 0) AS nb_hits_following_search,
                   CAST(max(search_count) = 0 AS BIGINT) AS no_result
            FROM per_visit GROUP BY ALL
        ), spent AS (
            SELECT idarchive, {column}_ref AS idaction, sum(time_spent_ref_action) AS sum_time_spent
            FROM a WHERE time_spent_ref_action > 0 AND {column}_ref > 0 GROUP BY ALL
        ), entries AS (
            SELECT idarchive, visit_entry_{column} AS idaction, count(*) AS entry_nb_visits,
                   {_UNIQUE.format(x="v")} AS entry_nb_uniq_visitors,
                   sum(visit_total_actions) AS entry_nb_actions, sum(visit_total_time) AS entry_sum_visit_length,
                   count(*) FILTER (visit_total_actions <= 1) AS entry_bounce_count
            FROM v WHERE visit_entry_{column} > 0 GROUP BY ALL
        ), exits AS (
            SELECT idarchive, visit_exit_{column} AS idaction, count(*) AS exit_nb_visits,
                   {_UNIQUE.format(x="v")} AS exit_nb_uniq_visitors
            FROM v WHERE visit_exit_{column} > 0 GROUP BY ALL
        ), together AS (
            SELECT * FROM hits
            UNION ALL BY NAME SELECT *, false AS has_other, 0 AS kind FROM spent
            UNION ALL BY NAME SELECT *, false AS has_other, 0 AS kind FROM entries
            UNION ALL BY NAME SELECT *, false AS has_other, 0 AS kind FROM exits
        )
        SELECT idarchive, idaction, has_other, kind, sum(COLUMNS(* EXCLUDE (idarchive, idaction, has_other, kind)))
        FROM together GROUP BY idarchive, idaction, has_other, kind
        """
    )


def _pages(connection: Connection, record: PageRecord) -> None:
    columns = ["nb_visits", "nb_hits", "sum_time_spent"]
    if record.uniques:
        columns.append("nb_uniq_visitors")
    if record.following_search:
        columns.append("nb_hits_following_search")
    if record.no_result:
        columns.append("no_result")
    if record.entries:
        columns += ["entry_nb_visits", "entry_nb_actions", "entry_sum_visit_length", "entry_bounce_count"]
        columns += ["entry_nb_uniq_visitors"] if record.uniques else []
    if record.exits:
        columns += ["exit_nb_visits"] + (["exit_nb_uniq_visitors"] if record.uniques else [])
    types = ", ".join(map(str, record.types))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE of_record AS
        SELECT p.*, l.name FROM per_action p JOIN log_action l USING (idaction)
        WHERE l.type IN ({types}) AND p.nb_hits > 0
        """
    )
    place_actions(connection, record.tree, "of_record")
    values = {name: f"sum({name})" for name in columns} | {"sum_time_spent": "coalesce(sum(sum_time_spent), 0)"}
    select = ", ".join(f"{sql} AS {name}" for name, sql in values.items())
    # of several actions with one path (hosts of one site) the most-hit one gives the URL
    _add(
        connection,
        record.name,
        ("idaction", *columns),
        f"""
        SELECT o.idarchive, any_value(p.path) AS path, arg_min(o.idaction, (-o.nb_hits, o.name)) AS idaction, {select}
        FROM of_record o
        JOIN action_path t ON t.idaction = o.idaction AND t.tree = '{record.tree}'
        JOIN archive_path p ON p.idpath = t.idpath
        GROUP BY o.idarchive, p.idpath
        """,
    )
    if record.undefined is not None:
        plain = [name for name in columns if not name.startswith(("entry_", "exit_"))]
        _add(
            connection,
            record.name,
            plain,
            f"""
            SELECT idarchive, ['{record.undefined}'] AS path,
                   {", ".join(f"{values[name]} AS {name}" for name in plain)}
            FROM per_action WHERE idaction = 0 AND kind = 1 AND has_other GROUP BY idarchive
            """,
        )
