"""What a site's settings make of stored requests: their URLs, and the searches in them.

Settings can take away from what is stored, never bring back: docs/reference/cli.md#sites.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from piwikcli.ingest import sitesearch
from piwikcli.ingest.dictionaries import nullable, resolve, texts, timestamps
from piwikcli.ingest.identities import correct_first
from piwikcli.ingest.tracking.batch import CONTENT, EVENT, NULL, PAGE, SEARCH
from piwikcli.ingest.urls import DEFAULT_EXCLUDED_PARAMETERS, PREFIXES, normalise, split_prefix
from piwikcli.store import Connection
from piwikcli.store.sites import Site

_BLOCK = ("kind", "idaction_url", "url_prefix")


class _Change(NamedTuple):
    """An action that is another one now: what it was (`_BLOCK`), and the name, type, and so on that it has now."""

    was: tuple[int, int, int | None]
    first: int
    kind: int
    name: str
    prefix: int | None
    category: str | None = None
    results: int | None = None


def readdressed(connection: Connection, stored: pa.Table, site: Site) -> pa.Table:
    """Requests (columns of `request`) with the URLs and searches of the site's present settings."""
    connection.register("stored_rows", stored)
    rows = connection.execute(
        f"""
        SELECT q.kind, q.idaction_url, q.url_prefix, a.name, min(epoch(q.server_time))::BIGINT
        FROM stored_rows q JOIN log_action a ON a.idaction = q.idaction_url
        WHERE q.kind IN ({PAGE}, {EVENT}, {CONTENT}) GROUP BY ALL
        """
    ).fetchall()
    excluded = DEFAULT_EXCLUDED_PARAMETERS | frozenset(site.excluded_parameters)
    changes = [change for row in rows if (change := _change(site, excluded, *row)) is not None]
    if changes:
        connection.register("changed_rows", _changed(connection, changes))
        stored = connection.sql(
            """
            SELECT q.* REPLACE (
                coalesce(c.new_kind, q.kind) AS kind,
                CASE WHEN c.new_kind IS NULL THEN q.idaction_url ELSE c.new_url END AS idaction_url,
                coalesce(c.keyword, q.idaction_name) AS idaction_name,
                CASE WHEN c.new_kind IS NULL THEN q.url_prefix ELSE c.prefix END AS url_prefix,
                coalesce(c.category, q.search_cat) AS search_cat,
                coalesce(c.results, q.search_count) AS search_count)
            FROM stored_rows q LEFT JOIN changed_rows c
                ON c.kind = q.kind AND c.idaction_url = q.idaction_url
                AND c.url_prefix IS NOT DISTINCT FROM q.url_prefix
            """
        ).to_arrow_table()
        connection.unregister("changed_rows")
    connection.unregister("stored_rows")
    return stored


def _change(
    site: Site, excluded: frozenset[str], kind: int, idaction: int, prefix: int | None, name: str, first: int
) -> _Change | None:
    was = (kind, idaction, prefix)
    url = name if prefix is None else PREFIXES[prefix] + name
    if kind == PAGE and site.sitesearch:
        found = sitesearch.detect(
            url,
            site.sitesearch_keyword_parameters or sitesearch.DEFAULT_KEYWORD_PARAMETERS,
            site.sitesearch_category_parameters,
        )
        if found is not None:
            return _Change(was, first, SEARCH, found.keyword, None, found.category or "", found.count)
    now = normalise(url, excluded=excluded, keep_fragment=site.keep_url_fragments)
    if now is None or now == url:
        return None
    new_prefix, short = (None, now) if kind == CONTENT else split_prefix(now)
    return None if short == name else _Change(was, first, kind, short, new_prefix)


def _changed(connection: Connection, changes: list[_Change]) -> pa.Table:
    """The changes with the ids of the actions that they lead to."""
    first: dict[tuple[str, int], tuple[int, int]] = {}
    for change in sorted(changes, key=lambda one: one.first):
        prefix = NULL if change.prefix is None else change.prefix
        first.setdefault((change.name, change.kind), (change.first, prefix))
    times, prefixes = (np.array(column, dtype=np.int64) for column in zip(*first.values(), strict=True))
    ids = resolve(
        connection,
        "log_action",
        "idaction",
        {
            "name": texts([name for name, _ in first]),
            "type": pa.array([kind for _, kind in first], pa.uint8()),
        },
        {"url_prefix": nullable(prefixes, pa.uint8()), "first_time": timestamps(times)},
    )
    correct_first(connection, ids, times, prefixes)
    id_of = dict(zip(first, ids.tolist(), strict=True))
    now = [id_of[change.name, change.kind] for change in changes]
    search = [change.kind == SEARCH for change in changes]
    return pa.table(
        {
            **{name: pa.array([change.was[at] for change in changes], pa.int64()) for at, name in enumerate(_BLOCK)},
            "new_kind": pa.array([change.kind for change in changes], pa.int64()),
            "new_url": pa.array([None if s else one for s, one in zip(search, now, strict=True)], pa.int64()),
            "keyword": pa.array([one if s else None for s, one in zip(search, now, strict=True)], pa.int64()),
            "prefix": pa.array([change.prefix for change in changes], pa.int64()),
            "category": texts([change.category for change in changes]),
            "results": pa.array([change.results for change in changes], pa.int64()),
        }
    )
