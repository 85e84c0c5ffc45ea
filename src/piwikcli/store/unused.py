"""Deleting dictionary rows that nothing points to any more: what was in a URL or title is gone then, too.

An import that runs meanwhile has ids of these rows in memory. `state` tells it that they may be gone: a batch whose
transaction finds another state than the batch before looks all its values up again.
"""

from __future__ import annotations

from collections.abc import Iterator

from piwikcli.store.database import Connection, number
from piwikcli.store.options import option, set_option

_STATE = "dictionaries.deleted"

COLUMNS = {
    "request": ("idaction_url", "idaction_name", "idaction_url_ref", "idaction_name_ref"),
    "visit": (
        *("visit_entry_idaction_url", "visit_entry_idaction_name"),
        *("visit_exit_idaction_url", "visit_exit_idaction_name"),
    ),
    "request_detail": (
        *("idaction_event_category", "idaction_event_action", "idaction_content_name", "idaction_content_piece"),
        *("idaction_content_target", "idaction_content_interaction", "idaction_product_sku", "idaction_product_name"),
        "unnest(idaction_product_cat)",
    ),
    "request_item": ("idaction_sku", "idaction_name", "unnest(idaction_category)"),
    "conversion": ("idaction_url",),
    "conversion_item": (
        *("idaction_sku", "idaction_name", "idaction_category", "idaction_category2", "idaction_category3"),
        *("idaction_category4", "idaction_category5"),
    ),
    "archive_row": ("idaction",),
}
"""Where ids of `log_action` stand."""


def state(connection: Connection) -> str:
    """Changes whenever dictionary rows were deleted or blanked."""
    return option(connection, _STATE) or ""


def changed(connection: Connection) -> None:
    """Say that dictionary rows were deleted or blanked."""
    set_option(connection, _STATE, str(int(state(connection) or 0) + 1))


def delete_unused(connection: Connection) -> int:
    """Delete names (`log_action`) and labels (`archive_path`) that neither logs nor archives use; how many names."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE used AS {' UNION '.join(_uses())}")
    unused = "idaction NOT IN (FROM used)"
    count = number(connection, f"SELECT count(*) FROM log_action WHERE {unused}")
    if count:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE unused AS SELECT idaction FROM log_action WHERE {unused}")
        for table in ("action_path", "log_action"):
            connection.execute(f"DELETE FROM {table} WHERE idaction IN (FROM unused)")
        changed(connection)
    _delete_unused_paths(connection)
    return count


def _uses() -> Iterator[str]:
    for table, columns in COLUMNS.items():
        for column in columns:
            yield f"SELECT id FROM (SELECT {column} AS id FROM {table}) WHERE id IS NOT NULL"


def _delete_unused_paths(connection: Connection) -> None:
    """Labels stay as long as a row of an archive, a name or a label below needs them."""
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE used_path AS
        SELECT idpath FROM archive_row UNION SELECT idpath FROM archive_goal UNION SELECT idpath FROM archive_metric
        UNION SELECT idpath FROM action_path;
        DELETE FROM archive_path
        WHERE idpath NOT IN (SELECT unnest(ancestors) FROM archive_path SEMI JOIN used_path USING (idpath))
            AND idpath NOT IN (FROM used_path)
        """
    )
