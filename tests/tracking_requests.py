"""Tracking requests for tests, imported into small databases."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from helpers_import import FIREFOX, moment, new_database, query
from piwikcli.ingest.jobs import ImportOptions
from piwikcli.ingest.sitebook import SiteOptions
from piwikcli.ingest.summary import Summary
from piwikcli.ingest.tracking.importer import TrackingImporter
from piwikcli.store import Database, dimensions, goals

ANNA, BERT = "a" * 16, "b" * 16
"""Visitor ids."""


def request(time: str, url: str | None = "/", **parameters: Any) -> dict[str, str]:
    """A request of a page of http://example.org by a Firefox; a parameter `id` is `_id`, None takes one away."""
    at = moment(time)
    given = {
        "idsite": "1",
        "rec": "1",
        "cdt": f"{at:%Y-%m-%d %H:%M:%S}",
        "cip": "203.0.113.1",
        "ua": FIREFOX,
        "url": None if url is None else f"http://example.org{url}" if url.startswith("/") else url,
    }
    given |= {{"id": "_id", "ref": "urlref", "cvar_": "_cvar"}.get(name, name): v for name, v in parameters.items()}
    return {name: str(value) for name, value in given.items() if value is not None}


def shop(path: Path, **settings: Any) -> Database:
    """A database whose site 1 is a shop."""
    return new_database(path, ecommerce=True, **settings)


def add_goal(database: Database, **settings: Any) -> int:
    with database.write() as connection:
        return goals.add(connection, 1, **{"name": "Goal", **settings})


def add_dimension(database: Database, scope: str, *extract: str, **settings: Any) -> int:
    with database.write() as connection:
        return dimensions.add(connection, 1, name="Dimension", scope=scope, extract=list(extract), **settings)


def track_file(database: Database, file: Path, idsite: int | None = None, **options: Any) -> Summary:
    chosen = replace(ImportOptions(sites=SiteOptions(idsite), batch_bytes=1 << 20), **options)
    return TrackingImporter(database, chosen).run([str(file)])


def track(database: Database, *requests: dict[str, str], name: str = "requests.jsonl", **options: Any) -> Summary:
    """Import requests as JSON lines, from a file beside the database."""
    file = database.path.with_name(name)
    file.write_bytes(lines_of(requests))
    return track_file(database, file, **options)


def visits(database: Database, *columns: str) -> list[tuple[Any, ...]]:
    """Columns of visits, by their beginning."""
    return query(database, f"SELECT {', '.join(columns)} FROM log_visit ORDER BY visit_first_action_time, idvisit")


def actions(database: Database, *columns: str) -> list[tuple[Any, ...]]:
    """Columns of actions, in order of time. A column `url`, `name` or `*_name` of an action is its text."""
    wanted = [
        f"(SELECT name FROM log_action WHERE idaction = a.{c[1:]})" if c[0] == "=" else f"a.{c}" for c in columns
    ]
    sql = f"SELECT {', '.join(wanted)} FROM log_link_visit_action a ORDER BY server_time, idlink_va"
    return query(database, sql)


def conversions(database: Database, *columns: str) -> list[tuple[Any, ...]]:
    return query(database, f"SELECT {', '.join(columns)} FROM log_conversion ORDER BY server_time, idgoal")


def items(database: Database, *columns: str) -> list[tuple[Any, ...]]:
    """Columns of items, by SKU; `sku`, `name` and `category` are texts."""
    texts = {"sku": "idaction_sku", "name": "idaction_name", "category": "idaction_category"}
    wanted = [
        f"(SELECT name FROM log_action WHERE idaction = i.{texts[c]})" if c in texts else f"i.{c}" for c in columns
    ]
    return query(
        database,
        f"SELECT {', '.join(wanted)} FROM log_conversion_item i JOIN log_action s ON s.idaction = i.idaction_sku "
        "ORDER BY s.name, i.idorder",
    )


def rejects(database: Database) -> list[tuple[Any, ...]]:
    return query(database, "SELECT line, reason FROM reject ORDER BY line, byte_offset")


def cart(*entries: list[Any]) -> str:
    return json.dumps(list(entries))


def lines_of(requests: Iterable[dict[str, str]]) -> bytes:
    return b"".join(f"{json.dumps(one)}\n".encode() for one in requests)
