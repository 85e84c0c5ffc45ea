"""aggregate: items of orders and carts, and views of products -> leaf rows. See docs/reference/metrics.md."""

from __future__ import annotations

from collections.abc import Iterable

from piwikcli.archive import details, leaves
from piwikcli.plugins.api import ItemRecord, TableRecord, literal
from piwikcli.plugins.api.metrics import ITEM_METRICS
from piwikcli.store import Connection, number


def add_items(connection: Connection, records: Iterable[TableRecord]) -> None:
    """Leaves of the records of this kind, from tables `i` (items) and `t` (product views)."""
    some = [record for record in records if isinstance(record, ItemRecord)]
    if not some or not number(
        connection,
        "SELECT (SELECT count(*) FROM i) + (SELECT count(*) FROM t WHERE t.idaction_product_sku IS NOT NULL "
        "OR t.idaction_product_name IS NOT NULL OR t.idaction_product_cat IS NOT NULL)",
    ):
        return
    for record in some:
        _bought(connection, record)
        _viewed(connection, record)
        _join(connection, record)


def _bought(connection: Connection, record: ItemRecord) -> None:
    """Table `bought`: items per archive and product; an item counts once in each of its categories."""
    # a category that an item lacks is nothing, but one without any category counts as undefined
    product = f"list_distinct(list_filter([{', '.join(f'i.{c}' for c in record.items)}], lambda x: x > 0))"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE bought AS
        SELECT idarchive, product, round_even(sum(quantity * price), 2) AS revenue,
               round_even(sum(quantity), 2) AS quantity, round_even(sum(price), 2) AS price,
               count(DISTINCT CASE WHEN idorder = '0' THEN idvisit::VARCHAR ELSE idorder END) AS orders
        FROM (
            SELECT idarchive, idvisit, idorder, quantity, price,
                   unnest(CASE WHEN len(products) = 0 THEN [0] ELSE products END) AS product
            FROM (SELECT i.*, {product} AS products FROM i WHERE (i.idorder = '0') = {record.carts}))
        GROUP BY ALL
        """
    )


def _viewed(connection: Connection, record: ItemRecord) -> None:
    """Table `viewed`: views of products per archive and product."""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE viewed AS
        SELECT idarchive, product, count(DISTINCT idvisit) AS nb_visits,
               count(DISTINCT idvisitor) AS nb_uniq_visitors, count(*) AS nb_actions,
               round_even(avg(product_price), 2) AS avg_price_viewed
        FROM (
            SELECT t.idarchive, t.idvisit, t.idvisitor, t.product_price, unnest({record.views}) AS product
            FROM t)
        WHERE product IS NOT NULL
        GROUP BY ALL
        """
    )


def _join(connection: Connection, record: ItemRecord) -> None:
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE products AS
        SELECT idarchive, [coalesce({literal("l.name")}, '{record.undefined}')] AS path,
               sum(revenue) AS revenue, sum(quantity) AS quantity, sum(price) AS price, sum(orders) AS orders,
               sum(nb_visits) AS nb_visits, sum(nb_uniq_visitors) AS nb_uniq_visitors,
               sum(nb_actions) AS nb_actions, any_value(avg_price_viewed) AS price_viewed
        FROM bought FULL JOIN viewed USING (idarchive, product) LEFT JOIN log_action l ON l.idaction = product
        GROUP BY ALL
        """
    )
    leaves.add(connection, record.name, ("nb_visits", "nb_uniq_visitors", "nb_actions"), "SELECT * FROM products")
    details.add_metrics(connection, record.name, ITEM_METRICS, "products")
