"""From leaf rows to the rows of a record: interior rows, row limits, and the roll-up of periods.

All work on the temporary table `rows`, which has the columns of `archive_row`, for all archives and records
at once. See docs/explanation/archiving.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from piwikcli.archive import details
from piwikcli.archive.paths import number_paths
from piwikcli.plugins import measured
from piwikcli.plugins.api import METRICS, PageRecord, RowCount, TableRecord
from piwikcli.plugins.api.records import SUMMARY_LABEL
from piwikcli.store import Connection, number

DISTINCT = {metric.name: metric.period_name for metric in METRICS if metric.period_name}
COLUMNS = tuple(metric.name for metric in METRICS) + tuple(DISTINCT.values())
_MAXIMA = {metric.name for metric in METRICS if metric.aggregation == "max"}


def _totals(prefix: str = "", columns: Iterable[str] = COLUMNS) -> str:
    return ", ".join(f"{'max' if name in _MAXIMA else 'sum'}({prefix}{name}) AS {name}" for name in columns)


def from_leaves(connection: Connection, records: Iterable[TableRecord]) -> None:
    """Make `rows` from `leaf`: every leaf, and above it rows that sum all rows with their prefix.

    Folders of pages carry no distinct visitors: a visitor of two pages would count twice.
    """
    number_paths(connection, "leaf")
    withheld = ", ".join(f"'{record.name}'" for record in records if isinstance(record, PageRecord)) or "''"
    columns = []
    for metric in METRICS:
        aggregate = "max" if metric.aggregation == "max" else "sum"
        value = f"l.{metric.name}"
        if metric.period_name:
            value = f"CASE WHEN above = p.idpath OR l.record NOT IN ({withheld}) THEN {value} END"
        columns.append(f"{aggregate}({value}) AS {metric.name}")
    connection.execute("CREATE OR REPLACE TEMP TABLE rows AS SELECT * FROM archive_row LIMIT 0")
    connection.execute(
        f"""
        INSERT INTO rows BY NAME
        SELECT l.idarchive, l.record, above AS idpath,
               any_value(CASE WHEN above = p.idpath THEN l.idaction END) AS idaction, {", ".join(columns)}
        FROM leaf l
        JOIN archive_path p ON p.path = l.path, unnest(p.ancestors) AS u(above)
        GROUP BY l.idarchive, l.record, above
        """
    )


def from_children(connection: Connection) -> None:
    """Make `rows` from the finished archives that the temporary table `child` (idarchive, idchild) names.

    Distinct counts cannot be added up; their sum over the days goes into a column of its own.
    """
    own, daily = [], []
    for name, period in DISTINCT.items():
        # a range of one day is that day
        own.append(f"CASE WHEN any_value(p.date1 = p.date2) THEN sum(r.{name}) END AS {name}")
        total = f"sum(coalesce(r.{period}, r.{name}))"
        daily.append(f"CASE WHEN any_value(p.date1 < p.date2) THEN {total} END AS {period}")
    plain = _totals("r.", (metric.name for metric in METRICS if not metric.period_name))
    connection.execute("CREATE OR REPLACE TEMP TABLE rows AS SELECT * FROM archive_row LIMIT 0")
    connection.execute(
        f"""
        INSERT INTO rows BY NAME
        SELECT c.idarchive, r.record, r.idpath,
               arg_max(r.idaction, (coalesce(r.nb_hits, 0), -epoch(k.date1))) AS idaction,
               {plain}, {", ".join(own)}, {", ".join(daily)}
        FROM child c
        JOIN archive p ON p.idarchive = c.idarchive
        JOIN archive k ON k.idarchive = c.idchild
        JOIN archive_row r ON r.idarchive = c.idchild
        GROUP BY c.idarchive, r.record, r.idpath
        """
    )


def keep_aside(connection: Connection) -> None:
    """Move `rows` to `rolled_up`, so that `rows` can be made from leaves as well."""
    connection.execute("CREATE OR REPLACE TEMP TABLE rolled_up AS SELECT * FROM rows")


def add_exact_uniques(connection: Connection) -> None:
    """Make `rows` the rolled-up ones again, with the distinct counts of those made from the period's own leaves."""
    exact = ", ".join(f"e.{name}" for name in DISTINCT)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE rows AS
        SELECT r.* REPLACE ({", ".join(f"e.{name} AS {name}" for name in DISTINCT)})
        FROM rolled_up r LEFT JOIN (SELECT idarchive, record, idpath, {exact.replace("e.", "")} FROM rows) e
            USING (idarchive, record, idpath)
        """
    )


def count_rows(connection: Connection, counts: Iterable[RowCount]) -> None:
    """Numbers of rows, before any limit, into `number_of` (idarchive, name, value)."""
    depth = {"root": "p.depth = 1", "below": "p.depth > 1", "all": "true"}
    for count in counts:
        connection.execute(
            f"""
            INSERT INTO number_of
            SELECT r.idarchive, '{count.name}', count(*)
            FROM rows r JOIN archive_path p USING (idpath)
            WHERE r.record = '{count.record}' AND {depth[count.rows]} AND {count.where} AND p.label <> ?
            GROUP BY r.idarchive
            """,
            [SUMMARY_LABEL],
        )


def limit(connection: Connection, records: Iterable[TableRecord], maximum: Mapping[str, int]) -> None:
    """Fold the rows beyond each record's limits into its "Others", table by table from the root down.

    `maximum` maps the names of settings `archiving.maximum_rows.<x>` to rows; 0 is no limit.
    """
    limits = [
        (
            record.name,
            maximum.get(record.max_rows or "", 0),
            maximum.get(record.max_subtable_rows or "", 0),
            record.sort,
        )
        for record in records
    ]
    lowest = min((n for _, *both, _ in limits for n in both if n), default=0)
    largest = number(
        connection,
        "SELECT max(n) FROM (SELECT count(*) AS n FROM rows JOIN archive_path USING (idpath) "
        "GROUP BY idarchive, record, parent)",
    )
    if not lowest or largest <= lowest:
        return
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE limits "
        "(record VARCHAR, root BIGINT, below BIGINT, sort VARCHAR, metric SMALLINT)"
    )
    measures = {metric.name: metric.id for metric in measured().values()}
    connection.executemany(
        "INSERT INTO limits VALUES (?, ?, ?, ?, ?)",
        [[*entry, None if entry[3] in COLUMNS else measures[entry[3]]] for entry in limits],
    )
    sorts = " ".join(f"WHEN '{sort}' THEN r.{sort}" for sort in {entry[3] for entry in limits} & {*COLUMNS})
    filled = " + ".join((*(f"(r.{name} IS NOT NULL)::INTEGER" for name in COLUMNS), "coalesce(d.filled, 0)"))
    details.count_columns(connection)
    deepest = number(connection, "SELECT max(depth) FROM rows JOIN archive_path USING (idpath)")
    for depth in range(1, deepest + 1):
        allowed = "l.root" if depth == 1 else "l.below"
        connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE folded AS
            SELECT idarchive, record, idpath, parent, above FROM (
                SELECT r.idarchive, r.record, r.idpath, p.parent, p.path[:-2] AS above, {allowed} AS allowed,
                       count(*) OVER (PARTITION BY r.idarchive, r.record, p.parent) AS size,
                       row_number() OVER (
                           PARTITION BY r.idarchive, r.record, p.parent
                           ORDER BY p.label = $1, CASE l.sort {sorts} ELSE m.value END DESC NULLS LAST,
                                    {filled}, p.label) AS place
                FROM rows r JOIN archive_path p USING (idpath) JOIN limits l USING (record)
                LEFT JOIN detail_columns d USING (idarchive, record, idpath)
                LEFT JOIN row_metric m ON m.idarchive = r.idarchive AND m.record = r.record
                    AND m.idpath = r.idpath AND m.metric = l.metric
                WHERE p.depth = $2)
            WHERE allowed > 0 AND size > allowed AND place > allowed - 1
            """,
            [SUMMARY_LABEL, depth],
        )
        if number(connection, "SELECT count(*) FROM folded"):
            _fold(connection, depth)


def _fold(connection: Connection, depth: int) -> None:
    """Sum the rows of `folded` into one summary row per table; what was below them goes."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE others AS SELECT DISTINCT list_append(above, $1) AS path FROM folded",
        [SUMMARY_LABEL],
    )
    number_paths(connection, "others")
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE summary AS
        SELECT r.idarchive, r.record, o.idpath, {_totals("r.")}
        FROM rows r JOIN folded f USING (idarchive, record, idpath)
        JOIN archive_path o ON o.path = list_append(f.above, $1)
        GROUP BY r.idarchive, r.record, o.idpath
        """,
        [SUMMARY_LABEL],
    )
    connection.execute(
        """
        DELETE FROM rows USING folded f, archive_path p
        WHERE p.idpath = rows.idpath AND f.idarchive = rows.idarchive AND f.record = rows.record
          AND p.ancestors[$1] = f.idpath
        """,
        [depth],
    )
    connection.execute("INSERT INTO rows BY NAME SELECT * FROM summary")
    details.fold(connection, depth)
