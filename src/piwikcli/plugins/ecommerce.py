"""Ecommerce: orders, carts, their items and viewed products as segments."""

from piwikcli.plugins.api import Dimension, Plugin
from piwikcli.plugins.api.dimensions import Source, Table, enumeration

SKU, NAME, CATEGORY = 5, 6, 7
_REVENUE_OPERATORS = ("==", ">", ">=", "<", "<=")


def _product(
    prefix: str, source: Source, sku: str, name: str, categories: tuple[str, ...], price: str, what: str
) -> tuple[Dimension, ...]:
    table: Table | None = "detail" if source == "action" else None
    return (
        Dimension(
            segment=f"{prefix}Sku", title=f"SKU of {what}", sql=sku, source=source, table=table, action_type=SKU
        ),
        Dimension(
            segment=f"{prefix}Name", title=f"Name of {what}", sql=name, source=source, table=table, action_type=NAME
        ),
        Dimension(
            segment=f"{prefix}Price", title=f"Price of {what}", sql=price, source=source, table=table, type="number"
        ),
        Dimension(
            segment=f"{prefix}Category",
            title=f"Any category of {what}",
            sql=categories,
            source=source,
            table=table,
            action_type=CATEGORY,
        ),
        *(
            Dimension(
                segment=f"{prefix}Category{n}",
                title=f"Category {n} of {what}",
                sql=sql,
                source=source,
                table=table,
                action_type=CATEGORY,
            )
            for n, sql in enumerate(categories, 1)
        ),
    )


DIMENSIONS = (
    Dimension(
        segment="visitEcommerceStatus",
        title="Whether the visit ordered or left a cart",
        sql="coalesce(e.visit_goal_buyer, 0)",
        table="detail",
        type="number",
        value=enumeration(
            {"none": 0, "ordered": 1, "abandonedcart": 2, "orderedthenabandonedcart": 3},
            column="log_visit.visit_goal_buyer",
        ),
        values="none, ordered, abandonedCart, orderedThenAbandonedCart",
    ),
    Dimension(
        segment="daysSinceLastEcommerceOrder",
        title="Days since the visitor's last order",
        sql="e.visitor_seconds_since_order // 86400",
        table="detail",
        type="number",
    ),
    Dimension(
        segment="secondsSinceLastEcommerceOrder",
        title="Seconds since the visitor's last order",
        sql="e.visitor_seconds_since_order",
        table="detail",
        type="number",
    ),
    Dimension(segment="orderId", title="Id of an order", sql="c.idorder", source="conversion"),
    Dimension(
        segment="revenueOrder",
        title="Revenue of an order",
        sql="c.revenue",
        source="conversion",
        type="number",
        alone=True,
        where="c.idgoal = 0",
        operators=_REVENUE_OPERATORS,
    ),
    Dimension(
        segment="revenueAbandonedCart",
        title="Value of an abandoned cart",
        sql="c.revenue",
        source="conversion",
        type="number",
        alone=True,
        where="c.idgoal = -1",
        operators=_REVENUE_OPERATORS,
    ),
    *_product(
        "product",
        "item",
        "i.idaction_sku",
        "i.idaction_name",
        (
            "i.idaction_category",
            "i.idaction_category2",
            "i.idaction_category3",
            "i.idaction_category4",
            "i.idaction_category5",
        ),
        "i.price",
        "an ordered or kept item",
    ),
    *_product(
        "productView",
        "action",
        "x.idaction_product_sku",
        "x.idaction_product_name",
        tuple(f"x.idaction_product_cat[{n}]" for n in range(1, 6)),
        "x.product_price",
        "a viewed product",
    ),
)

PLUGIN = Plugin("Ecommerce", dimensions=DIMENSIONS)
