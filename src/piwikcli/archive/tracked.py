"""The part of the logs that only tracking requests fill, as temporary tables beside those of `slices`.

`c` conversions, `i` items of orders and carts, `t` actions with what their requests carry. Where a site has web logs
only they are empty; what is aggregated from them is skipped.
"""

from __future__ import annotations

from piwikcli.store import Connection, number

_TABLES = ("request_detail", "conversion", "conversion_item")


def make_tracked(connection: Connection) -> bool:
    """Tables `t`, `c` and `i`, by the local day of each action, conversion and item.

    False, and no tables, where the database has nothing that could be in them.
    """
    found = " UNION ALL ".join(f"(FROM {table} SELECT 1 LIMIT 1)" for table in _TABLES)
    if not number(connection, f"SELECT count(*) FROM ({found})"):
        return False
    _make_actions(connection)
    _make_conversions(connection)
    return True


def _make_actions(connection: Connection) -> None:
    """`bounced`: its visit began with this URL and has one action; `is_last`: its visit's last one."""
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE t AS
        SELECT q.idarchive, q.idrequest, q.idvisit, coalesce(s.idvisitor, v.idvisitor) AS idvisitor, q.server_time,
               q.kind, q.idaction_url, q.idaction_name, s.time_spent,
               x.custom_float, x.idaction_event_category, x.idaction_event_action, x.idaction_content_name,
               x.idaction_content_piece, x.idaction_content_interaction, x.idaction_product_sku,
               x.idaction_product_name, x.idaction_product_cat, x.product_price, x.action_dimension, x.page_var,
               s.time_network, s.time_server, s.time_transfer, s.time_dom_processing, s.time_dom_completion,
               s.time_on_load, v.visit_total_actions <= 1 AND v.visit_entry_idaction_url = q.idaction_url AS bounced,
               coalesce(e.last_idlink_va = q.idrequest, false) AS is_last
        FROM built_request q
        JOIN request_detail x ON x.idrequest = q.idrequest
        LEFT JOIN request_state s ON s.idrequest = q.idrequest
        JOIN visit v ON v.idvisit = q.idvisit
        LEFT JOIN visit_detail e ON e.idvisit = q.idvisit
        WHERE q.kind < 100
        """
    )


def _make_conversions(connection: Connection) -> None:
    connection.execute("CREATE OR REPLACE TEMP TABLE c AS SELECT * FROM built_conversion")
    connection.execute("CREATE OR REPLACE TEMP TABLE i AS SELECT * FROM built_conversion_item WHERE NOT deleted")
