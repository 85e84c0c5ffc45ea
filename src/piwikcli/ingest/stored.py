"""What the log tables have of a source's requests: each, the visit that it is in, the reports that it counts in."""

from __future__ import annotations

from typing import Any, NamedTuple

from piwikcli.store import Connection

_KINDS = {
    1: "page view",
    2: "outlink",
    3: "download",
    8: "site search",
    10: "event",
    13: "content",
    100: "ping",
    101: "goal",
    102: "order",
    103: "cart",
}
_REFERRERS = {1: "direct", 2: "search engine", 3: "website", 6: "campaign", 7: "social network", 8: "AI assistant"}

OF_VISITS = (
    *("VisitsSummary.get", "VisitTime.getVisitInformationPerServerTime", "DevicesDetection.getType"),
    *("DevicesDetection.getBrowsers", "DevicesDetection.getOsFamilies", "UserCountry.getCountry"),
    "Referrers.getReferrerType",
)
OF_KIND = {
    "page view": ("Actions.getPageUrls",),
    "outlink": ("Actions.getOutlinks",),
    "download": ("Actions.getDownloads",),
    "site search": ("Actions.getSiteSearchKeywords",),
    "event": ("Events.getCategory", "Events.getAction"),
    "content": ("Contents.getContentNames", "Contents.getContentPieces"),
}
OF_REFERRER = {
    2: ("Referrers.getSearchEngines", "Referrers.getKeywords"),
    3: ("Referrers.getWebsites",),
    6: ("Referrers.getCampaigns",),
    7: ("Referrers.getSocials",),
    8: ("Referrers.getAIAssistants",),
}
OF_FIELD = {
    "event_name": ("Events.getName",),
    "generation_time": ("PagePerformance.get",),
    "custom_variables": ("CustomVariables.getCustomVariables",),
    "dimensions": ("CustomDimensions.getCustomDimension",),
    "goals": ("Goals.get",),
    "order": ("Goals.get", "Goals.getItemsSku"),
    "user_id": ("UserId.getUsers",),
    "resolution": ("Resolution.getResolution",),
    "language": ("UserLanguage.getLanguage",),
}
"""Of what only some requests and visits have."""

_REQUESTS = """
SELECT q.byte_offset, q.kind, q.idsite, s.name AS site, q.day, q.hour,
       u.name AS url, t.name AS title, q.search_cat AS category, q.search_count AS results,
       category.name AS event_category, action.name AS event_action, x.custom_float AS event_value,
       content.name AS content_name, piece.name AS content_piece, target.name AS content_target,
       interaction.name AS content_interaction, sku.name AS sku, product.name AS product,
       st.time_server AS generation_time, x.page_var AS page_variables, x.visit_var AS visit_variables,
       x.action_dimension AS action_dimensions, x.visit_dimension AS visit_dimensions,
       x.idorder AS "order", x.revenue, st.repeated,
       (SELECT count(*) FROM request_item i WHERE i.idrequest = q.idrequest) AS items,
       (SELECT list(coalesce(g.name, '') || CASE WHEN c.revenue > 0 THEN ' (' || c.revenue || ')' ELSE '' END
                    ORDER BY c.idgoal)
        FROM conversion c LEFT JOIN goal g ON g.idsite = c.idsite AND g.idgoal = c.idgoal
        WHERE c.idrequest = q.idrequest AND c.idgoal > 0) AS goals
FROM request q
JOIN site s ON s.idsite = q.idsite
LEFT JOIN request_detail x ON x.idrequest = q.idrequest
LEFT JOIN request_state st ON st.idrequest = q.idrequest
LEFT JOIN log_action u ON u.idaction = q.idaction_url
LEFT JOIN log_action t ON t.idaction = q.idaction_name
LEFT JOIN log_action category ON category.idaction = x.idaction_event_category
LEFT JOIN log_action action ON action.idaction = x.idaction_event_action
LEFT JOIN log_action content ON content.idaction = x.idaction_content_name
LEFT JOIN log_action piece ON piece.idaction = x.idaction_content_piece
LEFT JOIN log_action target ON target.idaction = x.idaction_content_target
LEFT JOIN log_action interaction ON interaction.idaction = x.idaction_content_interaction
LEFT JOIN log_action sku ON sku.idaction = x.idaction_product_sku
LEFT JOIN log_action product ON product.idaction = x.idaction_product_name
WHERE q.idsource = ?
"""
_VISITS = """
SELECT q.byte_offset, v.idvisit, printf('%016x', coalesce(st.idvisitor, v.idvisitor)) AS idvisitor,
       v.visit_first_action_time || ' UTC' AS first_action, v.visit_last_action_time || ' UTC' AS last_action,
       v.visit_total_actions AS actions, v.referer_type, v.referer_name, v.referer_keyword,
       v.location_country AS country, v.location_city AS city, nullif(v.location_browser_lang, '') AS language,
       trim(concat_ws(' ', v.config_browser_name, v.config_browser_version)) AS browser, v.config_os AS os,
       nullif(v.config_resolution, 'unknown') AS resolution, v.user_id
FROM request q
LEFT JOIN request_state st ON st.idrequest = q.idrequest
JOIN log_visit v ON v.idvisit = q.idvisit
WHERE q.idsource = ?
"""


class Stored(NamedTuple):
    """A request as it is stored; fields that it does not have are left out."""

    request: dict[str, Any]
    visit: dict[str, Any]
    """Empty for what is in no visit: a ping that found none."""
    reports: list[str]


def stored(connection: Connection, idsource: int) -> dict[int, Stored]:
    """The requests of a source by their byte offsets."""
    visits = _rows(connection, _VISITS, idsource)
    return {
        offset: _stored(found, visits.get(offset, {}))
        for offset, found in _rows(connection, _REQUESTS, idsource).items()
    }


def _stored(found: dict[str, Any], visit: dict[str, Any]) -> Stored:
    kind = _KINDS.get(found["kind"], str(found["kind"]))
    request = _without_none(
        {
            "kind": kind,
            "site": f"{found['idsite']} ({found['site']})",
            "day": f"{found['day']}",
            "hour": found["hour"],
            **_named(kind, found),
            "dimensions": _listed(found["visit_dimensions"], found["action_dimensions"]),
            "custom_variables": _listed(found["visit_variables"], found["page_variables"]),
            "goals": ", ".join(found["goals"] or ()),
            "repeated": "the site has had this order before" if found["repeated"] else None,
        }
    )
    reports = [*OF_KIND.get(kind, ())]
    if visit:
        came, name, keyword = (visit.pop(f"referer_{part}") for part in ("type", "name", "keyword"))
        visit["referrer"] = " ".join(filter(None, (_REFERRERS.get(came), name, keyword)))
        reports += ("Actions.getPageTitles",) if "title" in request and kind == "page view" else ()
        reports += OF_VISITS
        reports += OF_REFERRER.get(came, ())
    visit = _without_none(visit)
    for name, methods in OF_FIELD.items():
        reports += methods if name in request or name in visit else ()
    return Stored(request, visit, list(dict.fromkeys(reports)))


def _named(kind: str, found: dict[str, Any]) -> dict[str, Any]:
    """What `idaction_url` and `idaction_name` are depends on the kind; the rest has names of its own."""
    names = {"event": "event_name", "site search": "keyword", "content": "title"}
    own = (
        *("event_category", "event_action"),
        *("content_name", "content_piece", "content_target", "content_interaction"),
        *("sku", "product", "generation_time", "order"),
    )
    fields = {"url": found["url"], names.get(kind, "title"): found["title"]}
    fields |= {name: found[name] for name in own}
    if kind == "event":
        fields["event_value"] = found["event_value"]
    if kind == "site search":
        fields |= {"category": found["category"], "results": found["results"]}
    if kind in ("goal", "order", "cart"):
        fields["revenue"] = found["revenue"]
    if kind in ("order", "cart"):
        fields["items"] = found["items"]
    return fields


def _rows(connection: Connection, sql: str, idsource: int) -> dict[int, dict[str, Any]]:
    """Rows by their first column, `byte_offset`."""
    result = connection.execute(sql, [idsource])
    _, *names = (column[0] for column in result.description or ())
    return {offset: dict(zip(names, row, strict=True)) for offset, *row in result.fetchall()}


def _listed(*lists: list[str | None] | None) -> str:
    return ", ".join(text for texts in lists for text in texts or () if text)


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}
