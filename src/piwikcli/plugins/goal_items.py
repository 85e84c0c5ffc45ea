"""Products: what was bought or left in carts, and how often it was looked at. Docs: docs/reference/metrics.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from piwikcli.plugins.api import Context, DataTable, ItemRecord, Ratio, Report, Row
from piwikcli.plugins.labels import plain, urlencode

_KINDS = (
    # (record, its columns of items, products that a view shows, what a missing one is called, segment)
    ("Sku", ("idaction_sku",), "[t.idaction_product_sku]", "Product SKU not defined", "productSku"),
    ("Name", ("idaction_name",), "[t.idaction_product_name]", "Product Name not defined", "productName"),
    (
        "Category",
        ("idaction_category", *(f"idaction_category{n}" for n in range(2, 6))),
        "t.idaction_product_cat",
        "Product Category not defined",
        "productCategory",
    ),
)

RECORDS = tuple(
    ItemRecord(
        name=f"Goals_Items{kind}{'_Cart' if carts else ''}",
        items=items,
        views=views,
        undefined=undefined,
        carts=carts,
    )
    for carts in (False, True)
    for kind, items, views, undefined, _ in _KINDS
)

_UNITS = "orders_or_carts"
_PROCESSED = (
    Ratio("avg_price", "price", _UNITS, 2, "money"),
    Ratio("avg_quantity", "quantity", _UNITS, 1),
    Ratio("conversion_rate", _UNITS, "nb_visits", 4, "percent"),
)


def _carts(context: Context) -> bool:
    return context.parameters.get("abandonedCarts", "0") not in ("", "0")


def _rows(table: DataTable, context: Context) -> DataTable:
    """Products that were only looked at have the price that was shown; carts count carts, not orders."""
    for row in table:
        columns = row.columns
        units = columns.get("orders", 0)
        columns[_UNITS] = units
        viewed = columns.pop("price_viewed", None)
        if not units and viewed is not None:
            columns["avg_price"] = viewed
        if _carts(context) and "orders" in columns:
            row.columns = {("abandoned_carts" if name == "orders" else name): v for name, v in columns.items()}
    return table


def _metadata(name: str) -> Callable[[Row, str, Context], Mapping[str, str]]:
    return lambda row, stored, context: {"segment": f"{name}=={urlencode(plain(stored))}"}


REPORTS = tuple(
    Report(
        method=f"Goals.getItems{kind}",
        title=f"Product {kind}",
        # of a lambda with a default no type is inferred
        record=lambda context, kind=kind: f"Goals_Items{kind}{'_Cart' if _carts(context) else ''}",  # type: ignore[misc]
        rows=_rows,
        metadata=_metadata(segment),
        metrics=("revenue", "quantity", "orders", "nb_visits", "avg_price", "avg_quantity", "conversion_rate"),
        processed=_PROCESSED,
        temporary=("price", _UNITS),
        parameters=("abandonedCarts",),
        flags=("abandonedCarts",),
        sort="revenue",
        dimensions=(f"Ecommerce_Product{kind}",),
    )
    for kind, _, _, _, segment in _KINDS
)
