"""The log tables that Matomo made of the same requests, row by row; only where its answers are at hand (shared/).

Left out: what is random there (config_id, visitor ids that nobody sent, a conversion's buster), row ids, and the
scenarios whose answer depends on the order in which requests arrived: docs/reference/differences.md.
"""

from __future__ import annotations

import csv
import gzip
import html
import json
from collections import defaultdict
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from helpers_import import new_database, query
from piwikcli.ingest.urls import decode_entities
from piwikcli.store import Database, dimensions, goals
from tracking_requests import track_file

ORACLE = next((p / "shared" / "oracle" for p in Path(__file__).parents if (p / "shared" / "oracle").is_dir()), None)
TABLES = {
    # what rows are found by, and what is not compared
    "log_visit": (
        ("visit_first_action_time", "location_ip", "visit_entry_idaction_url"),
        {"config_id", "last_idlink_va"},
    ),
    "log_link_visit_action": (("server_time", "idaction_url", "idaction_name", "idaction_event_category"), set()),
    "log_conversion": (("server_time", "idgoal", "idorder", "pageviews_before", "url"), {"buster", "idlink_va"}),
    "log_conversion_item": (("idorder", "idaction_sku", "idaction_name", "price"), set()),
}
ARRIVAL = ("order-id", "order-fp", "midnight-back", "dur-back")


def load(case: Path, folder: Path) -> Database:
    told = json.loads((case / "case.json").read_text())
    site = {
        key: tuple(v.split(",")) if key.startswith(("excluded", "sitesearch_")) else v
        for key, v in told["site"].items()
    }
    database = new_database(folder / "piwik.duckdb", **{k: v for k, v in site.items() if k != "name"})
    with database.write() as connection:
        for goal in told["goals"]:
            goals.add(connection, 1, match_attribute=goal.pop("match"), **goal)
        for dimension in told["dimensions"]:
            dimensions.add(connection, 1, **dimension)
    assert track_file(database, case / "input.jsonl", 1, ai_assistants=False).outcome("imported") > 300
    return database


def read(case: Path, table: str) -> list[dict[str, str]]:
    with gzip.open(case / "tables" / f"{table}.csv.gz", "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def plain(value: Any) -> Any:
    """One form of a value: numbers rounded, texts without entities, None for NULL."""
    if value is None or value == "\\N":
        return None
    try:
        return round(float(value), 6)
    except (TypeError, ValueError):
        return html.unescape(str(value))


def rows_of_ours(database: Database, table: str) -> list[dict[str, Any]]:
    columns = [row[0] for row in query(database, f"SELECT column_name FROM (DESCRIBE {table})")]
    found = query(database, f"SELECT * FROM {table}")
    return [dict(zip(columns, row, strict=True)) for row in found]


def address(text: str) -> str:
    """As Matomo shows what it keeps; what is no address is 0.0.0.0."""
    try:
        found = ip_address(text)
    except ValueError:
        return "0.0.0.0"
    mapped = getattr(found, "ipv4_mapped", None)
    return f"::ffff:{mapped}" if mapped else str(found)


@pytest.mark.skipif(ORACLE is None, reason="Matomo's answers are not here")
@pytest.mark.parametrize("name", ["requests_edge", "requests_mixed", "requests_goals"])
def test_tables_agree_row_by_row(name: str, tmp_path: Path) -> None:
    assert ORACLE is not None
    case = ORACLE / name
    database = load(case, tmp_path)
    ours = {str(i): f"{n} {t}" for i, n, t in query(database, "SELECT idaction, name, type FROM log_action")}
    # pages' URLs and what is in a URL are plain in Matomo, too
    names = {row["idaction"]: f"{row['name']} {row['type']}" for row in read(case, "log_action")}
    names = {key: name if name in ours.values() else decode_entities(name) for key, name in names.items()}
    ips = dict(query(database, "SELECT v.idvisit, c.ip FROM visit v JOIN client c USING (idclient)"))
    late = late_addresses(case)
    wrong: list[str] = []
    compared = 0
    for table, (keys, skipped) in TABLES.items():
        wanted, found = read(case, table), rows_of_ours(database, table)
        if not wanted:
            assert found == []
            continue
        visits = {row["idvisit"]: row["location_ip"] for row in read(case, "log_visit")}
        columns = [c for c in wanted[0] if c in found[0] and not c.startswith("idvisit") and c not in skipped]
        columns = [c for c in columns if c not in ("idlink_va", "location_ip")]

        def known(row: dict[str, Any], texts: dict[str, str], column: str) -> Any:
            value = row[column]
            if "idaction" in column and value not in (None, "\\N", 0, "0"):
                return texts[str(value)]
            return plain(value)

        waiting: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
        for row in found:
            if table == "log_visit":
                row["location_ip"] = address(ips[row["idvisit"]])
            waiting[tuple(known(row, ours, key) for key in keys)].append(row)
        for row in wanted:
            if visits[row["idvisit"]] in late:
                continue
            key = tuple(known(row, names, key) for key in keys)
            mine = waiting[key].pop(0) if waiting[key] else None
            compared += len(columns)
            for column in columns:
                right = known(row, names, column)
                if mine is None or known(mine, ours, column) != right:
                    wrong.append(f"{table}.{column} of {key}: {right!r}, here {mine and known(mine, ours, column)!r}")
    assert compared > 10_000
    assert wrong == []


def late_addresses(case: Path) -> set[str]:
    """Visitors of scenarios in which requests arrive out of order."""
    scenarios = case / "scenarios.json"
    if not scenarios.exists():
        return set()
    with (case / "input.jsonl").open(encoding="utf-8") as lines:
        pairs = zip(json.loads(scenarios.read_text()), map(json.loads, lines), strict=True)
        return {request["cip"] for scenario, request in pairs if scenario.startswith(ARRIVAL)}
