"""From leaf rows to the rows of a record: interior rows, row limits, and the roll-up of periods.

All make or read `rows`, which has the columns of `archive_row`, for all archives and records at once.
See docs/explanation/archiving.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from piwikcli.archive import details
from piwikcli.archive.families import Family
from piwikcli.archive.paths import number_paths
from piwikcli.plugins import measured
from piwikcli.plugins.api import METRICS, RowCount, TableRecord
from piwikcli.plugins.api.records import SUMMARY_LABEL
from piwikcli.store import Connection, number

DISTINCT = {metric.name: metric.period_name for metric in METRICS if metric.period_name}
COLUMNS = tuple(metric.name for metric in METRICS) + tuple(DISTINCT.values())
_KEY = "idarchive, record, idpath"
_MAXIMA = {metric.name for metric in METRICS if metric.aggregation == "max"}


def _totals(prefix: str = "", columns: Iterable[str] = COLUMNS) -> str:
    return ", ".join(f"{'max' if name in _MAXIMA else 'sum'}({prefix}{name}) AS {name}" for name in columns)


def _gather(connection: Connection, families: Iterable[Family]) -> None:
    """View `rows`: the rows of all families."""
    empty = "SELECT * FROM archive_row LIMIT 0"
    parts = (f"SELECT * FROM {family.rows}" for family in families)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW rows AS {' UNION ALL BY NAME '.join((f'({empty})', *parts))}")


def from_leaves(connection: Connection, families: Iterable[Family]) -> None:
    """Make `rows` from leaves: every leaf, and above it rows that sum all rows with their prefix.

    Rows above carry no metrics that their record withholds: a visitor of two pages would count twice in a folder.
    """
    for family in families:
        connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE beneath AS
            SELECT idpath, unnest(ancestors[:-2]) AS above FROM archive_path SEMI JOIN {family.leaf} USING (idpath)
            """
        )
        shown = [name for name in family.columns if name not in family.withheld]
        totals = _totals("", shown)
        parts = f"""
            SELECT l.idarchive, l.record, b.above AS idpath, {", ".join(f"l.{name}" for name in shown)}
            FROM {family.leaf} l JOIN beneath b USING (idpath)
        """
        if _has_whole_leaves(connection, family):
            every, interior = f"SELECT * FROM {family.leaf}", f"SELECT {_KEY}, {totals} FROM ({parts}) GROUP BY ALL"
            select = f"{every} UNION ALL BY NAME {interior}"
        else:
            values = f"any_value(idaction) AS idaction, {_totals('', family.columns)}"
            together = f"SELECT * FROM {family.leaf} UNION ALL BY NAME {parts}"
            select = f"SELECT {_KEY}, {values} FROM ({together}) GROUP BY ALL"
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {family.rows} AS {select}")
    _gather(connection, families)


def _has_whole_leaves(connection: Connection, family: Family) -> bool:
    """Whether every leaf is a row as it is: none is a partial sum, and none has rows below it."""
    return family.whole_leaves and not number(
        connection, f"SELECT count(*) FROM {family.leaf} WHERE idpath IN (SELECT above FROM beneath)"
    )


def from_children(connection: Connection, families: Iterable[Family]) -> None:
    """Make `rows` from the finished archives that the temporary table `child` (idarchive, idchild) names.

    Distinct counts cannot be added up; their sum over the days goes into a column of its own.
    """
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE kin AS
        SELECT c.idarchive, c.idchild, p.date1 = p.date2 AS one_day, k.date1 - DATE '1970-01-01' AS day
        FROM child c JOIN archive p ON p.idarchive = c.idarchive JOIN archive k ON k.idarchive = c.idchild
        """
    )
    for family in families:
        values = [_totals("r.", (name for name in family.columns if name not in DISTINCT))]
        for name in family.columns:
            if name in DISTINCT:
                # a range of one day is that day
                values.append(f"sum(r.{name}) FILTER (k.one_day) AS {name}")
                daily = f"coalesce(r.{DISTINCT[name]}, r.{name})"
                values.append(f"sum({daily}) FILTER (NOT k.one_day) AS {DISTINCT[name]}")
        # the action that had most hits in a child, the first such child's
        best = "arg_max(r.idaction, coalesce(r.nb_hits, 0) * 1000000 - k.day)" if family.has_actions else "NULL"
        connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE {family.rows} AS
            SELECT k.idarchive, r.record, r.idpath, {best}::INTEGER AS idaction, {", ".join(values)}
            FROM kin k JOIN archive_row r ON r.idarchive = k.idchild
            WHERE r.record IN ({family.names})
            GROUP BY k.idarchive, r.record, r.idpath
            """
        )
    _gather(connection, families)


def keep_aside(connection: Connection) -> None:
    """Move `rows` to `rolled_up`, so that `rows` can be made from leaves as well."""
    connection.execute("CREATE OR REPLACE TEMP TABLE rolled_up AS SELECT * FROM rows")


def add_exact_uniques(connection: Connection) -> None:
    """Make `rows` the rolled-up ones again, with the distinct counts of those made from the period's own leaves."""
    exact = ", ".join(DISTINCT)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE with_exact AS
        SELECT r.* REPLACE ({", ".join(f"e.{name} AS {name}" for name in DISTINCT)})
        FROM rolled_up r LEFT JOIN (SELECT idarchive, record, idpath, {exact} FROM rows) e
            USING (idarchive, record, idpath)
        """
    )
    connection.execute("CREATE OR REPLACE TEMP VIEW rows AS SELECT * FROM with_exact")


def count_rows(connection: Connection, counts: Sequence[RowCount]) -> None:
    """Numbers of rows, before any limit, into `number_of` (idarchive, name, value)."""
    depth = {"root": "p.depth = 1", "below": "p.depth > 1", "all": "true"}
    names = ", ".join(f"'{record}'" for record in {count.record for count in counts})
    each = ", ".join(
        f"count(*) FILTER (r.record = '{count.record}' AND {depth[count.rows]} AND {count.where}) AS {count.name}"
        for count in counts
    )
    connection.execute(
        f"""
        INSERT INTO number_of
        UNPIVOT (
            SELECT r.idarchive, {each} FROM rows r JOIN archive_path p USING (idpath)
            WHERE r.record IN ({names}) AND p.label <> $1 GROUP BY r.idarchive)
        ON {", ".join(count.name for count in counts)} INTO NAME name VALUE value
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
    whole = number(connection, "SELECT max(n) FROM (SELECT count(*) AS n FROM rows GROUP BY idarchive, record)")
    if not lowest or whole <= lowest:
        return
    largest = number(
        connection,
        "SELECT max(n) FROM (SELECT count(*) AS n FROM rows JOIN archive_path USING (idpath) "
        "GROUP BY idarchive, record, parent)",
    )
    if largest <= lowest:
        return
    connection.execute("CREATE OR REPLACE TEMP TABLE kept AS SELECT * FROM rows")
    connection.execute("CREATE OR REPLACE TEMP VIEW rows AS SELECT * FROM kept")
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
        DELETE FROM kept USING folded f, archive_path p
        WHERE p.idpath = kept.idpath AND f.idarchive = kept.idarchive AND f.record = kept.record
          AND p.ancestors[$1] = f.idpath
        """,
        [depth],
    )
    connection.execute("INSERT INTO kept BY NAME SELECT * FROM summary")
    details.fold(connection, depth)
