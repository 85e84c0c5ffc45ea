"""Transitions: what happened before and after a page. From the log tables, not from archives.

Definitions: docs/reference/live.md, "Transitions".
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from piwikcli.errors import UsageError
from piwikcli.plugins.api import Document, Plugin, Request, document
from piwikcli.plugins.referrer_overview import AI_ASSISTANT, CAMPAIGN, DIRECT, SEARCH, SOCIAL, TYPES, WEBSITE

DEFAULT_ROWS = 5
OTHERS = "Others"
PAGE_URL, OUTLINK, DOWNLOAD, PAGE_TITLE, KEYWORD = 1, 2, 3, 4, 8
PARTS = ("internalReferrers", "followingActions", "externalReferrers")
_SCHEMES = ("http://www.", "https://www.", "http://", "https://")
_REFERRERS = {
    DIRECT: "Direct entries",
    SEARCH: "From search engines",
    SOCIAL: "From social networks",
    AI_ASSISTANT: "From AI assistants",
    WEBSITE: "From websites",
    CAMPAIGN: "From campaigns",
}

# one row per kind and page, search, outlink or download; `of` says on which side of the page it stands
_INTERNAL = """
    WITH a AS (
        SELECT kind, {own} AS own, {referring} AS referring, idaction_url, idaction_name, idaction_name_ref
        FROM log_link_visit_action
        WHERE idsite = $1 AND day BETWEEN $2 AND $3 AND idaction_event_category IS NULL
          AND ({own} = $4 OR {referring} = $4) AND {selected}
    ),
    found AS (
        SELECT 'previous' AS side, coalesce(page.type, word.type, 0) AS type, coalesce(page.name, word.name) AS label
        FROM a
        LEFT JOIN log_action page ON page.idaction = a.referring AND page.type = {type}
        LEFT JOIN log_action word ON word.idaction = a.idaction_name_ref AND word.type = 8
            AND (a.referring IS NULL OR a.referring = a.idaction_name_ref)  -- 0: the visit began with the search
        WHERE a.own = $4 AND a.kind = 1 AND a.referring IS DISTINCT FROM $4
        UNION ALL
        SELECT 'loop', {type}, '' FROM a WHERE own = $4 AND kind = 1 AND referring = $4
        UNION ALL
        SELECT 'following', CASE a.kind WHEN 1 THEN {type} ELSE a.kind END,
               CASE WHEN a.kind IN (2, 3) AND target.url_prefix IS NOT NULL
                    THEN ['http://', 'http://www.', 'https://', 'https://www.'][target.url_prefix + 1] || target.name
                    ELSE target.name END
        FROM a
        JOIN log_action target
            ON target.idaction = CASE a.kind WHEN 1 THEN a.own WHEN 8 THEN a.idaction_name ELSE a.idaction_url END
        WHERE a.referring = $4 AND a.kind IN (1, 2, 3, 8) AND NOT (a.kind = 1 AND a.own = $4)
    )
    SELECT side, type, label, count(*) AS referrals FROM found GROUP BY ALL
"""

_EXTERNAL = """
    SELECT r.type, CASE r.type WHEN 3 THEN r.url WHEN 6 THEN r.name || ' ' || coalesce(r.keyword, '')
                               ELSE coalesce(r.name, '') END AS label,
           count(*) AS visits
    FROM visit v
    JOIN referrer r ON r.idreferrer = v.idreferrer
    WHERE v.idsite = $1 AND v.day BETWEEN $2 AND $3 AND v.{entry} = $4 AND {selected}
    GROUP BY ALL
    ORDER BY visits DESC, min(v.visit_last_action_time), label
"""


def for_action(request: Request) -> Document:
    """actionName, actionType (url, title)."""
    kind = request.parameters.get("actionType") or "url"
    if kind not in ("url", "title"):
        raise UsageError(f"Unknown action type '{kind}': url or title")
    return Document(_transitions(request, request.parameters["actionName"], title=kind == "title"))


def for_page_url(request: Request) -> Document:
    return Document(_transitions(request, request.parameters["pageUrl"], title=False))


def for_page_title(request: Request) -> Document:
    return Document(_transitions(request, request.parameters["pageTitle"], title=True))


def _transitions(request: Request, name: str, *, title: bool) -> dict[str, Any]:
    if len(request.sites) != 1 or len(request.periods) != 1:
        raise UsageError("Transitions are of one site and one period at a time")
    limit = _limit(request)
    parts = [word for word in request.parameters.get("parts", "all").split(",") if word != "all"]
    if unknown := set(parts) - set(PARTS):
        raise UsageError(f"parts={unknown.pop()}: there are all, {', '.join(PARTS)}")
    period = request.periods[0]
    idaction = _action(request, name, title=title)
    values = [request.sites[0].idsite, period.date1, period.date2, idaction]
    page, column = (PAGE_TITLE, "idaction_name") if title else (PAGE_URL, "idaction_url")
    rows = request.rows(
        _INTERNAL.format(own=column, referring=f"{column}_ref", type=page, selected=request.selected("idvisit")),
        values,
    )
    rows.sort(key=lambda row: (-row["referrals"], str(row["label"]).lower(), str(row["label"])))

    def count(*sides: tuple[str, int | None]) -> int:
        return sum(
            row["referrals"] for row in rows if (row["side"], row["type"]) in sides or (row["side"], None) in sides
        )

    def listed(side: str, kind: int) -> list[dict[str, Any]]:
        return _top(
            [(row["label"], row["referrals"]) for row in rows if (row["side"], row["type"]) == (side, kind)], limit
        )

    loops = count(("loop", None))
    views = count(("previous", None)) + loops
    if not views:
        raise UsageError(f"NoDataForAction: {name} has no views from {period.date1} to {period.date2}")
    entry = "visit_entry_idaction_name" if title else "visit_entry_idaction_url"
    entries = request.rows(_EXTERNAL.format(entry=entry, selected=request.selected("v.idvisit")), values)
    found: dict[str, Any] = {"date": request.pretty(period, short=True)}
    if not parts or "internalReferrers" in parts:
        found["previousPages"] = listed("previous", page)
        found["previousSiteSearches"] = listed("previous", KEYWORD)
    found["pageMetrics"] = {
        "loops": loops,
        "pageviews": views,
        "entries": sum(row["visits"] for row in entries),
        "exits": views - count(("following", page), ("following", KEYWORD)) - loops,
    }
    if not parts or "followingActions" in parts:
        found["followingPages"] = listed("following", page)
        found["followingSiteSearches"] = listed("following", KEYWORD)
        found["outlinks"] = listed("following", OUTLINK)
        found["downloads"] = listed("following", DOWNLOAD)
    if not parts or "externalReferrers" in parts:
        found["referrers"] = _referrers(entries, limit)
    return found


def _referrers(entries: Sequence[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    found = []
    for kind, label in _REFERRERS.items():
        rows = [(str(row["label"]), int(row["visits"])) for row in entries if row["type"] == kind]
        if rows:
            details = [] if kind == DIRECT else _top(rows, limit)
            found.append(
                {
                    "label": label,
                    "shortName": TYPES[kind][1],
                    "visits": sum(visits for _, visits in rows),
                    "details": [{**one, "referrals": str(one["referrals"])} for one in details],
                }
            )
    return found or [{"label": _REFERRERS[DIRECT], "shortName": TYPES[DIRECT][0], "visits": 0}]


def _top(rows: Sequence[tuple[str, int]], limit: int) -> list[dict[str, Any]]:
    """The first rows; the others in one."""
    shown = [{"label": label, "referrals": count} for label, count in rows[:limit]]
    if len(rows) > limit:
        shown.append({"label": OTHERS, "referrals": sum(count for _, count in rows[limit:])})
    return shown


def _limit(request: Request) -> int:
    text = request.parameters.get("limitBeforeGrouping", "") or "0"
    if not text.isdigit():
        raise UsageError("limitBeforeGrouping has to be an integer.")
    return int(text) or DEFAULT_ROWS


def _action(request: Request, name: str, *, title: bool) -> int:
    """The page's id in log_action. Raises UsageError for a page that was never seen."""
    # titles are looked up as they are shown and as they are stored
    names = list(dict.fromkeys((name.strip(), html.unescape(name.strip()), html.escape(name.strip()))))
    if not title:
        bare = next((name.removeprefix(scheme) for scheme in _SCHEMES if name.startswith(scheme)), name)
        names = [bare, bare.removesuffix("/"), f"{bare}/"]
    found = request.rows(
        "SELECT idaction, name FROM log_action WHERE type = ? AND name = ANY(?)",
        [PAGE_TITLE if title else PAGE_URL, names],
    )
    if not found:
        raise UsageError(f"NoDataForAction: there is no page {'title ' if title else ''}{name}")
    return int(min(found, key=lambda row: names.index(row["name"]))["idaction"])


def is_period_allowed(request: Request) -> Document:
    """Whether transitions can be asked for a period: for every one."""
    return Document(True)


_OPTIONS = ("limitBeforeGrouping", "parts")

REPORTS = (
    document(
        "Transitions.getTransitionsForAction",
        "What came before and after a page or title",
        for_action,
        *("actionName", "actionType", *_OPTIONS),
        needs=("actionName",),
        dated=True,
    ),
    document(
        "Transitions.getTransitionsForPageUrl",
        "What came before and after a page",
        for_page_url,
        *("pageUrl", *_OPTIONS),
        needs=("pageUrl",),
        dated=True,
    ),
    document(
        "Transitions.getTransitionsForPageTitle",
        "What came before and after a page title",
        for_page_title,
        *("pageTitle", *_OPTIONS),
        needs=("pageTitle",),
        dated=True,
    ),
    document("Transitions.isPeriodAllowed", "Whether there are transitions of a period: always", is_period_allowed),
)

PLUGIN = Plugin("Transitions", reports=REPORTS)
