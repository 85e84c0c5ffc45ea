"""Reports of the categories Goals and Ecommerce, and of the API itself."""

from __future__ import annotations

from piwikcli.plugins.api import Description
from piwikcli.plugins.descriptions import actions, referrers, visitors
from piwikcli.plugins.descriptions.columns import named


def _until(order: int, name: str, text: str) -> Description:
    return Description(
        category="Goals",
        order=order,
        name=name,
        dimension=name,
        text=text,
        metrics=named("nb_conversions"),
        goals="visits",
    )


def _items(order: int, name: str, text: str) -> Description:
    return Description(
        category="Ecommerce",
        subcategory="Products",
        order=order,
        name=name,
        dimension=name,
        text=text,
        metrics={
            "revenue": "Product Revenue",
            "quantity": "Quantity",
            "orders": "Unique Purchases",
            "nb_visits": "Visits",
        },
        processed=named("avg_price", "avg_quantity", conversion_rate="Product Conversion Rate"),
    )


_GOALS = Description(
    category="Goals",
    order=1,
    name="Goals",
    text="Conversions and revenue in one row: of all goals, of one (`idGoal=1`), of orders (`idGoal=ecommerceOrder`) "
    "or of abandoned carts (`idGoal=ecommerceAbandonedCart`).",
    metrics=named("nb_conversions", "nb_visits_converted", "revenue"),
    processed=named("conversion_rate"),
)
# the overview is made of these
_PARTS = (
    actions.DESCRIPTIONS["Actions.get"],
    referrers.DESCRIPTIONS["Referrers.get"],
    _GOALS,
    visitors.DESCRIPTIONS["VisitsSummary.get"],
    actions.DESCRIPTIONS["VisitFrequency.get"],
    actions.DESCRIPTIONS["PagePerformance.get"],
)

DESCRIPTIONS = {
    "Goals.get": _GOALS,
    "Goals.getMetrics": Description(
        category="Goals",
        order=2,
        name="Goals",
        text="As Goals.get, without new and returning visits apart.",
        metrics=_GOALS.metrics,
        processed=_GOALS.processed,
        listed=False,
    ),
    "Goals.getConversionRate": Description(
        category="Goals",
        order=2,
        name="Conversion Rate",
        text="The share of visits that reached the goal.",
        metrics=named("conversion_rate"),
        listed=False,
    ),
    "Goals.getVisitsUntilConversion": _until(
        3, "Visits to Conversion", "How many visits people made until they reached the goal."
    ),
    "Goals.getDaysToConversion": _until(
        4, "Days to Conversion", "How many days passed from people's first visit until they reached the goal."
    ),
    "Goals.getItemsName": _items(5, "Product Name", "Products sold, by name."),
    "Goals.getItemsSku": _items(6, "Product SKU", "Products sold, by stock number."),
    "Goals.getItemsCategory": _items(7, "Product Category", "Products sold, by category."),
    "API.get": Description(
        category="API",
        order=1,
        name="Main metrics",
        text="The single rows of all plugins in one.",
        metrics={name: title for part in _PARTS for name, title in part.metrics.items()},
        processed={name: title for part in _PARTS for name, title in part.processed.items()},
    ),
}
