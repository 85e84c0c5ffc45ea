"""What a visitor did, action by action, as Live shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from piwikcli.plugins.api import Request
from piwikcli.plugins.pretty import MONTHS
from piwikcli.plugins.referrer_overview import TYPES

PAGE, OUTLINK, DOWNLOAD, SEARCH, EVENT, CONTENT = 1, 2, 3, 8, 10, 13
PREFIXES = ("http://", "http://www.", "https://", "https://www.")
IMAGES = "plugins/Morpheus/images"
_NAMES = {PAGE: "action", OUTLINK: "outlink", DOWNLOAD: "download", SEARCH: "search", EVENT: "event"}
_TIMES = (
    "time_network",
    "time_server",
    "time_transfer",
    "time_dom_processing",
    "time_dom_completion",
    "time_on_load",
)

Row = Mapping[str, Any]


def action(row: Row, request: Request, zone: tzinfo, dimensions: Mapping[str, str]) -> dict[str, Any]:
    """One action. `dimensions` are the site's action dimensions: field -> column."""
    kind = row["kind"]
    # an event whose category is a lone 0 is none that could be named
    is_event = bool(row["idaction_event_category"])
    is_content = bool(row["idaction_content_name"]) and not is_event
    named = kind if kind == EVENT else _NAMES.get(kind, kind)
    found: dict[str, Any] = {
        "type": "event" if is_event else CONTENT if is_content else named,
        "url": _url(row),
    }
    if kind != SEARCH and not is_event:
        found["pageTitle"] = row["title"] if row["name_type"] == 4 else None
    found |= {
        "pageIdAction": row["idaction_url"],
        "idpageview": row["idpageview"],
        "serverTimePretty": pretty_time(row["time"], zone),
        "pageId": row["idlink_va"],
    }
    if row["product_sku"] is not None:
        found["productViewSku"] = row["product_sku"]
    if row["product_name"] is not None:
        found["productViewName"] = row["product_name"]
    categories = [one for one in row["product_categories"] if one]
    if categories:
        found["productViewCategories"] = categories
    if row["product_price"]:
        found["productViewPrice"] = row["product_price"]
    found["pageviewPosition"] = row["pageview_position"]
    if is_event:
        found |= _event(row)
    elif is_content:
        found |= _content(row)
    elif kind == PAGE:
        found |= _page(row, request, str(found["url"] or ""))
    elif kind == SEARCH:
        found |= {
            "siteSearchKeyword": row["title"],
            "siteSearchCategory": row["search_cat"] or "",
            "siteSearchCount": row["search_count"],
            **_image("search", "Site Search", _search(row)),
        }
    elif kind in (DOWNLOAD, OUTLINK):
        image, title = ("download", "Download") if kind == DOWNLOAD else ("link", "Outlink")
        found |= _image(image, title, found["url"])
    found["timestamp"] = local_timestamp(row["time"], zone)
    return found | {name: row[column] for name, column in dimensions.items()}


def conversion(row: Row, request: Request, zone: tzinfo, dimensions: Mapping[str, str]) -> dict[str, Any]:
    """A goal that was reached, an order, or a cart that was left."""
    found: dict[str, Any]
    money = request.formatted(row["revenue"] or 0, "money")
    referrer = {
        "referrerType": TYPES[row["referer_type"]][1] if row["referer_type"] in TYPES else "direct",
        "referrerName": row["referer_name"],
        "referrerKeyword": row["referer_keyword"],
    }
    if row["idgoal"] > 0:
        revenue = row["revenue"] or 0
        found = {
            "type": "goal",
            "goalName": row["goal"],
            "goalId": row["idgoal"],
            "idpageview": row["idpageview"] or "",
            "revenue": revenue,
            "goalPageId": row["idlink_va"],
            "serverTimePretty": pretty_time(row["time"], zone),
            "url": row["url"],
            **referrer,
            **_image("goal", "Goal conversion", f"{row['goal']} ({money} revenue)" if revenue else row["goal"]),
        }
    else:
        kind = "ecommerceOrder" if row["idgoal"] == 0 else "ecommerceAbandonedCart"
        order = {"orderId": row["idorder"]} if row["idgoal"] == 0 else {}
        parts = {
            "revenueSubTotal": row["revenue_subtotal"] or 0,
            "revenueTax": row["revenue_tax"] or 0,
            "revenueShipping": row["revenue_shipping"] or 0,
            "revenueDiscount": row["revenue_discount"] or 0,
        }
        items = [_item(one) for one in row["details"]]
        names = ", ".join(str(one["itemName"]) for one in items)
        title = f"Ordered ({row['idorder']})" if row["idgoal"] == 0 else "Abandoned Cart"
        found = {
            "type": kind,
            **order,
            "revenue": row["revenue"] or 0,
            **(parts if row["idgoal"] == 0 else {}),
            "items": row["items"] or 0,
            "serverTimePretty": pretty_time(row["time"], zone),
            "idpageview": None,
            **referrer,
            "itemDetails": items,
            **_image(kind, title, f"{money} revenue - {row['items'] or 0} items: {names})"),
        }
    found["timestamp"] = local_timestamp(row["time"], zone)
    return found | dict.fromkeys(dimensions)


def pretty_time(seconds: int, zone: tzinfo) -> str:
    """`Mar 6, 2026 00:50:06`, in the site's time."""
    local = datetime.fromtimestamp(seconds, UTC).astimezone(zone)
    return f"{MONTHS[local.month - 1][:3]} {local.day}, {local.year} {local:%H:%M:%S}"


def local_timestamp(seconds: int, zone: tzinfo) -> int:
    """Seconds since 1970 on the site's own clock, as Matomo counts actions (visits count in UTC)."""
    offset = datetime.fromtimestamp(seconds, UTC).astimezone(zone).utcoffset()
    return seconds + (int(offset.total_seconds()) if offset is not None else 0)


def _url(row: Row) -> str | None:
    if row["url"] is None:
        return None
    prefix = row["url_prefix"]
    return str(row["url"]) if prefix is None else f"{PREFIXES[prefix]}{row['url']}"


def _image(name: str, title: str, subtitle: Any) -> dict[str, Any]:
    return {
        "icon": f"{IMAGES}/{name}.png",
        "iconSVG": f"{IMAGES}/{name}.svg",
        "title": title,
        "subtitle": subtitle,
    }


def _page(row: Row, request: Request, url: str) -> dict[str, Any]:
    title = row["title"] if row["name_type"] == 4 else None
    found = {
        "timeSpent": row["spent"] or 0,
        "timeSpentPretty": request.formatted(row["spent"] or 0, "duration"),
        "title": title,
        "subtitle": url,
        "icon": "",
        "iconSVG": f"{IMAGES}/action.svg",
    }
    loaded = [row[name] for name in _TIMES if row[name] is not None]
    if len(loaded) == len(_TIMES):  # a log knows the server's time alone
        found["pageLoadTimeMilliseconds"] = sum(loaded)
        found["pageLoadTime"] = request.formatted(sum(loaded) / 1000, "duration")
    return found


def _event(row: Row) -> dict[str, Any]:
    name, value = row["title"], row["custom_float"]
    subtitle = f'Category: "{row["event_category"]}\', Action: "{row["event_action"]}"'
    found: dict[str, Any] = {"eventCategory": row["event_category"], "eventAction": row["event_action"]}
    if name is not None:
        found["eventName"] = name
    if value is not None:
        found["eventValue"] = value
    return found | _image("event", "Event", subtitle)


def _search(row: Row) -> str:
    text = str(row["title"])
    if row["search_cat"]:
        text += f" - Search Category: {row['search_cat']}"
    return f"{text} - Search Results Count: {row['search_count']}" if row["search_count"] else text


def _content(row: Row) -> dict[str, Any]:
    interaction = row["content_interaction"]
    image = "contentimpression" if interaction is None else "contentinteraction"
    title = "Content Impression" if interaction is None else f"Content Interaction ({interaction})"
    names = [row[name] for name in ("content_name", "content_piece") if row[name]]
    return {
        "contentName": row["content_name"],
        "contentPiece": row["content_piece"],
        "contentTarget": row["content_target"],
        "contentInteraction": interaction,
        **_image(image, title, " - ".join(names)),
    }


def _item(row: Row) -> dict[str, Any]:
    categories = [one for one in row["categories"] if one]
    return {
        "itemSKU": row["sku"],
        "itemName": row["name"],
        "itemCategory": categories[0] if categories else None,
        "price": row["price"],
        "quantity": row["quantity"],
        "categories": categories,
    }
