"""The DuckDB file: schema and migrations, connections, locks, transactions, sites, options."""

from piwikcli.store.database import Connection, Database, keep, number, one

__all__ = ["Connection", "Database", "keep", "number", "one"]
