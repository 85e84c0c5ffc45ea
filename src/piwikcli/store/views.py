"""The views of `piwik query`: what they are, and a connection that can read them and nothing else.

Definition and descriptions: views.sql beside this file; for users docs/reference/query.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from piwikcli.errors import UsageError
from piwikcli.store.database import Connection, Database

_HELPERS = """
CREATE TEMP MACRO kind_name(kind) AS CASE kind
    WHEN 1 THEN 'page' WHEN 2 THEN 'outlink' WHEN 3 THEN 'download' WHEN 8 THEN 'search'
    WHEN 100 THEN 'ping' WHEN 101 THEN 'conversion' WHEN 102 THEN 'order' WHEN 103 THEN 'cart'
    WHEN 10 THEN 'event' WHEN 11 THEN 'event' WHEN 12 THEN 'event'
    WHEN 13 THEN 'content' WHEN 14 THEN 'content' WHEN 15 THEN 'content' WHEN 16 THEN 'content' ELSE 'other' END;
CREATE TEMP MACRO whole_url(name, prefix) AS
    CASE prefix WHEN 0 THEN 'http://' WHEN 1 THEN 'http://www.' WHEN 2 THEN 'https://' WHEN 3 THEN 'https://www.'
    ELSE '' END || name;
CREATE TEMP MACRO referrer_name(type) AS CASE type
    WHEN 1 THEN 'direct' WHEN 2 THEN 'search' WHEN 3 THEN 'website' WHEN 6 THEN 'campaign' WHEN 7 THEN 'social'
    WHEN 8 THEN 'ai' END;
CREATE TEMP MACRO period_name(id) AS CASE id
    WHEN 1 THEN 'day' WHEN 2 THEN 'week' WHEN 3 THEN 'month' WHEN 4 THEN 'year' WHEN 5 THEN 'range' END;
CREATE TEMP VIEW newest_archive AS
    SELECT * FROM archive WHERE state = 'done'
    QUALIFY 1 = row_number() OVER (
        PARTITION BY idsite, period, date1, date2, segment ORDER BY built DESC, idarchive DESC);
"""
_LOCKED = (
    "SET python_enable_replacements = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
_VIEW = re.compile(
    r"^-- (?P<name>\w+): a row per (?P<grain>.+)\nCREATE TEMP VIEW (?P=name) AS\nSELECT\n(?P<columns>(?:    .*\n)+)",
    re.M,
)
_COLUMN = re.compile(r"^    .*?(?P<name>\w+),?\s+-- (?P<meaning>.+)$", re.M)
_ALLOWED = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


@dataclass(frozen=True, slots=True)
class View:
    """A view: what one row is, and each column's meaning."""

    name: str
    grain: str
    columns: dict[str, str]


def _sql() -> str:
    return Path(__file__).with_name("views.sql").read_text(encoding="utf-8")


@cache
def views() -> tuple[View, ...]:
    """Every view, as views.sql describes it."""
    return tuple(
        View(found["name"], found["grain"], dict(_COLUMN.findall(found["columns"])))
        for found in _VIEW.finditer(_sql())
    )


@contextmanager
def querying(database: Database) -> Iterator[Connection]:
    """A connection for SQL of the user: read-only, with the views, without files, network, extensions or settings."""
    with database.read() as connection:
        connection.execute(_HELPERS)
        connection.execute(_sql())
        for setting in _LOCKED:
            connection.execute(setting)
        yield connection


def answer(connection: Connection, sql: str) -> Any:
    """The rows of one query as an Arrow table.

    Raises UsageError, in one line, for SQL that is wrong, that writes, or that leaves the database.
    """
    try:
        statements = connection.extract_statements(sql)
        if len(statements) != 1:
            raise UsageError(f"write one query, not {len(statements)}")
        if statements[0].type not in _ALLOWED:
            what = statements[0].type.name.replace("_", " ")
            raise UsageError(f"piwik query only reads: SELECT (or WITH, DESCRIBE, SUMMARIZE, EXPLAIN), not {what}")
        _keep_secret(connection, sql)
        return connection.sql(sql).to_arrow_table()
    except duckdb.PermissionException as error:
        raise UsageError(
            "piwik query reads the database alone: no files, no network, no extensions, no settings"
            f" ({_first_line(error)})"
        ) from error
    except duckdb.Error as error:
        raise UsageError(_first_line(error)) from error


def _keep_secret(connection: Connection, sql: str) -> None:
    """Refuse what reads table `option`: whoever knows the secret there can tell whose fingerprints and hashes are."""
    read = connection.get_table_names(sql, qualified=True)
    names = {name.partition(" AS ")[0].rpartition(".")[2].strip('"').lower() for name in read}
    if "option" in names or "pragma_storage_info" in sql.lower():
        raise UsageError("piwik query does not show the table option: it holds what keeps visitors anonymous")


def _first_line(error: Exception) -> str:
    """The message without the query that DuckDB repeats below it, suggestions included."""
    lines = [line.strip() for line in str(error).split("\n\n")[0].splitlines() if line.strip()]
    return " ".join(lines)[:400] or type(error).__name__
