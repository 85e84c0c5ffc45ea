"""The queries of Live: which visits, and what belongs to them. Grain: one row per visit, action or conversion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from piwikcli.plugins.api import Request
from piwikcli.plugins.labels import literal

Found = list[dict[str, Any]]

_VISITS = """
    SELECT w.*, q.ip, l.region_name, v.idfirst,
           lower(lpad(to_hex(w.idvisitor), 16, '0')) AS visitor,
           lower(lpad(to_hex(w.config_id), 16, '0')) AS fingerprint,
           epoch(w.visit_first_action_time)::BIGINT AS first_time,
           epoch(w.visit_last_action_time)::BIGINT AS last_time
    FROM log_visit w
    JOIN visit v ON v.idvisit = w.idvisit
    JOIN client q ON q.idclient = v.idclient
    JOIN location l ON l.idlocation = v.idlocation
"""

# time on a page goes on through searches, downloads and the like, until the next page. On the last page it is the
# rest of the visit's duration, or where that is short, the time that was measured
_SHORT_REST = 10
_ACTIONS = f"""
    WITH summed AS (
        SELECT *,
               sum(time_spent_ref_action) OVER (PARTITION BY idvisit ORDER BY server_time, idlink_va) AS spent_until
        FROM log_link_visit_action
        WHERE idvisit = ANY(?)
    ),
    timed AS (
        SELECT s.*, min(spent_until) FILTER (kind = 1) OVER (
                   PARTITION BY s.idvisit ORDER BY server_time, idlink_va
                   ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
               ) - spent_until AS until_next_page,
               epoch(v.visit_first_action_time - s.server_time) + v.visit_total_time AS rest,
               max(spent_until) OVER (PARTITION BY s.idvisit) - spent_until AS until_last
        FROM summed s
        JOIN visit v ON v.idvisit = s.idvisit
    )
    SELECT a.*, epoch(a.server_time)::BIGINT AS time,
           u.name AS url, u.url_prefix, u.type AS url_type, n.name AS title, n.type AS name_type,
           category.name AS event_category, event.name AS event_action, content.name AS content_name,
           piece.name AS content_piece, target.name AS content_target, interaction.name AS content_interaction,
           sku.name AS product_sku, product.name AS product_name,
           [cat.name, cat2.name, cat3.name, cat4.name, cat5.name] AS product_categories,
           coalesce(a.until_next_page, if(a.rest > {_SHORT_REST}, a.rest, a.until_last))::BIGINT AS spent
    FROM timed a
    LEFT JOIN log_action u ON u.idaction = a.idaction_url
    LEFT JOIN log_action n ON n.idaction = a.idaction_name
    LEFT JOIN log_action category ON category.idaction = a.idaction_event_category
    LEFT JOIN log_action event ON event.idaction = a.idaction_event_action
    LEFT JOIN log_action content ON content.idaction = a.idaction_content_name
    LEFT JOIN log_action piece ON piece.idaction = a.idaction_content_piece
    LEFT JOIN log_action target ON target.idaction = a.idaction_content_target
    LEFT JOIN log_action interaction ON interaction.idaction = a.idaction_content_interaction
    LEFT JOIN log_action sku ON sku.idaction = a.idaction_product_sku
    LEFT JOIN log_action product ON product.idaction = a.idaction_product_name
    LEFT JOIN log_action cat ON cat.idaction = a.idaction_product_cat
    LEFT JOIN log_action cat2 ON cat2.idaction = a.idaction_product_cat2
    LEFT JOIN log_action cat3 ON cat3.idaction = a.idaction_product_cat3
    LEFT JOIN log_action cat4 ON cat4.idaction = a.idaction_product_cat4
    LEFT JOIN log_action cat5 ON cat5.idaction = a.idaction_product_cat5
    ORDER BY a.idvisit, a.server_time, a.idlink_va
"""

_CONVERSIONS = """
    SELECT c.*, epoch(c.server_time)::BIGINT AS time, r.type AS referer_type, r.name AS referer_name,
           r.keyword AS referer_keyword, g.name AS goal, x.idpageview
    FROM conversion c
    LEFT JOIN referrer r ON r.idreferrer = c.idreferrer
    LEFT JOIN goal g ON g.idsite = c.idsite AND g.idgoal = c.idgoal
    LEFT JOIN request_detail x ON x.idrequest = c.idlink_va
    WHERE c.idvisit = ANY(?)
    ORDER BY c.idvisit, c.server_time, c.idgoal, c.idrequest
"""

_ITEMS = """
    SELECT i.idvisit, i.idorder, i.price, i.quantity, sku.name AS sku, item.name AS name,
           [one.name, two.name, three.name, four.name, five.name] AS categories
    FROM conversion_item i
    LEFT JOIN log_action sku ON sku.idaction = i.idaction_sku
    LEFT JOIN log_action item ON item.idaction = i.idaction_name
    LEFT JOIN log_action one ON one.idaction = i.idaction_category
    LEFT JOIN log_action two ON two.idaction = i.idaction_category2
    LEFT JOIN log_action three ON three.idaction = i.idaction_category3
    LEFT JOIN log_action four ON four.idaction = i.idaction_category4
    LEFT JOIN log_action five ON five.idaction = i.idaction_category5
    WHERE i.idvisit = ANY(?) AND NOT i.deleted
    ORDER BY i.idvisit, i.idorder, i.server_time, i.idaction_sku
"""


def visits(
    request: Request,
    *,
    where: Sequence[tuple[str, Any]] = (),
    limit: int = -1,
    offset: int = 0,
    ascending: bool = False,
) -> Found:
    """The visits of the request's sites, periods and segment, the latest last action first.

    `where` has further conditions over `w` (log_visit), with a value each. Negative limits mean all.
    """
    conditions = ["w.idsite = ANY(?)", request.selected("w.idvisit")]
    values: list[Any] = [[site.idsite for site in request.sites]]
    if request.periods:
        conditions.append("w.day BETWEEN ? AND ?")
        values += [min(one.date1 for one in request.periods), max(one.date2 for one in request.periods)]
    for condition, value in where:
        conditions.append(condition)
        values.append(value)
    order = "ASC" if ascending else "DESC"
    sql = f"{_VISITS} WHERE {' AND '.join(conditions)} ORDER BY w.visit_last_action_time {order}, v.idfirst {order}"
    if limit >= 0:
        sql += f" LIMIT {limit:d}"
    return _literal(request.rows(f"{sql} OFFSET {max(offset, 0):d}", values))


def actions(request: Request, idvisits: Sequence[int]) -> dict[int, Found]:
    """Every action of these visits in order of time, by visit."""
    return _by_visit(_literal(request.rows(_ACTIONS, [list(idvisits)])))


def conversions(request: Request, idvisits: Sequence[int]) -> dict[int, Found]:
    """Every conversion of these visits in order of time, by visit; orders and carts have `details`, their items."""
    found = _literal(request.rows(_CONVERSIONS, [list(idvisits)]))
    if any(one["idgoal"] <= 0 for one in found):
        items: dict[tuple[int, str], Found] = {}
        for item in _literal(request.rows(_ITEMS, [list(idvisits)])):
            items.setdefault((item["idvisit"], item["idorder"]), []).append(item)
        for one in found:
            one["details"] = items.get((one["idvisit"], one["idorder"] or "0"), []) if one["idgoal"] <= 0 else []
    return _by_visit(found)


def shop_totals(request: Request, idvisitors: Sequence[int]) -> dict[tuple[int, int], dict[str, Any]]:
    """(idsite, idvisitor) -> what the visitor ordered, and left in carts, in all visits."""
    rows = request.rows(
        """
        SELECT idsite, idvisitor,
               round(coalesce(sum(revenue) FILTER (idgoal = 0), 0), 2) AS "totalEcommerceRevenue",
               count(*) FILTER (idgoal = 0) AS "totalEcommerceConversions",
               coalesce(sum(items) FILTER (idgoal = 0), 0)::BIGINT AS "totalEcommerceItems",
               round(coalesce(sum(revenue) FILTER (idgoal = -1), 0), 2) AS "totalAbandonedCartsRevenue",
               count(*) FILTER (idgoal = -1) AS "totalAbandonedCarts",
               coalesce(sum(items) FILTER (idgoal = -1), 0)::BIGINT AS "totalAbandonedCartsItems"
        FROM conversion
        WHERE idsite = ANY(?) AND idvisitor = ANY(?)
        GROUP BY ALL
        """,
        [[site.idsite for site in request.sites], list(dict.fromkeys(idvisitors))],
    )
    return {(row.pop("idsite"), row.pop("idvisitor")): row for row in rows}


def _literal(rows: Found) -> Found:
    """Rows whose texts are shown as they are; of URLs the entities are decoded, as in Matomo."""

    def shown(name: str, value: Any) -> Any:
        if isinstance(value, list):
            return [shown(name, one) for one in value]
        return literal(value) if isinstance(value, str) and not name.endswith("url") else value

    return [{name: shown(name, value) for name, value in row.items()} for row in rows]


def _by_visit(rows: Found) -> dict[int, Found]:
    found: dict[int, Found] = {}
    for row in rows:
        found.setdefault(row["idvisit"], []).append(row)
    return found
