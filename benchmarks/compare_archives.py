#!/usr/bin/env python3
"""Compare every archive row and number of two databases by what it means, whatever its ids are.

    python benchmarks/compare_archives.py before.duckdb after.duckdb

Exits 1 when they differ, with the first few rows that only one of them has.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import duckdb

IDS = {"idarchive", "idpath", "idaction"}
KEY = "a.idsite, a.period, a.date1, a.date2, a.segment"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--show", type=int, default=5, help="how many differing rows")
    args = parser.parse_args()
    connection = duckdb.connect()
    for name in ("before", "after"):
        connection.execute(f"ATTACH '{getattr(args, name)}' AS {name} (READ_ONLY)")
    different = [table for table in tables(connection) if differs(connection, table, args.show)]
    sys.exit(1 if different else 0)


def tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Tables of archive contents that both databases have."""
    found = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name IN ('before', 'after') AND table_name IN "
        "('archive_row', 'archive_numeric', 'archive_goal', 'archive_metric') GROUP BY ALL HAVING count(*) = 2"
    ).fetchall()
    return sorted(name for (name,) in found)


def differs(connection: duckdb.DuckDBPyConnection, table: str, show: int) -> bool:
    queries = {name: rows(connection, name, table) for name in ("before", "after")}
    counts = {
        name: connection.execute(f"SELECT count(*) FROM ({query})").fetchall()[0][0]
        for name, query in queries.items()
    }
    found = False
    for one, other in (("before", "after"), ("after", "before")):
        only = connection.execute(f"({queries[one]}) EXCEPT ALL ({queries[other]}) LIMIT {show}").fetchall()
        found |= bool(only)
        for row in only:
            print(f"{table}: only {one}: {row}")
    found |= len(set(counts.values())) > 1
    print(f"{table}: {counts['before']:,} and {counts['after']:,} rows {'DIFFER' if found else 'are equal'}")
    return found


def rows(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> str:
    """A query for the table's rows without ids; amounts to the cent."""
    described = connection.execute(f"DESCRIBE {database}.{table}").fetchall()
    columns = ", ".join(
        f"round(t.{name}, 2)" if kind == "DOUBLE" else f"t.{name}" for name, kind, *_ in described if name not in IDS
    )
    names = {name for name, *_ in described}
    path = f"LEFT JOIN {database}.archive_path p ON p.idpath = t.idpath" if "idpath" in names else ""
    action = f"LEFT JOIN {database}.log_action l ON l.idaction = t.idaction" if "idaction" in names else ""
    return (
        f"SELECT {KEY}, {columns}{', p.path' if path else ''}{', l.name AS action' if action else ''} "
        f"FROM {database}.{table} t JOIN {database}.archive a ON a.idarchive = t.idarchive {path} {action} "
        "WHERE a.state = 'done'"
    )


if __name__ == "__main__":
    main()
