"""What is known of one visitor: Live.getVisitorProfile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from piwikcli.plugins.api import Request
from piwikcli.plugins.live import queries
from piwikcli.plugins.live.visits import described
from piwikcli.plugins.pretty import long_date

AGGREGATED = 100
"""How many visits a profile looks at."""
SHOWN = 10
"""How many of them it lists."""

Visit = Mapping[str, Any]


def profile(request: Request, visitor: str) -> dict[str, Any]:
    """The visitor's visits taken together, the latest of them, and the neighbouring visitors."""
    where = [("w.idvisitor = ?", int(visitor, 16))]
    found = queries.visits(request, where=where, limit=AGGREGATED + 1)
    if not found:
        return {}
    visits = described(request, found[:AGGREGATED])
    limit = int(request.parameters.get("limitVisits") or SHOWN)
    totals = _totals(visits)
    return {
        "visitorId": visitor,
        "hasMoreVisits": len(found) > AGGREGATED,
        "totalVisits": len(visits),
        **totals,
        "totalVisitDurationPretty": request.formatted(totals["totalVisitDuration"], "duration"),
        "hasLatLong": any(visit["latitude"] is not None for visit in visits),
        "userId": next((visit["userId"] for visit in visits if visit["userId"]), False),
        "firstVisit": _summary(request, visits[-1]),
        "lastVisit": _summary(request, visits[0]),
        "visitsAggregated": len(visits),
        **_things(request, visits),
        "lastVisits": visits[:limit],
        "nextVisitorId": _neighbour(request, found[0], "<", "DESC"),
        "previousVisitorId": _neighbour(request, found[0], ">", "ASC"),
    }


def _totals(visits: Sequence[Visit]) -> dict[str, Any]:
    done = [action for visit in visits for action in visit["actionDetails"]]
    pages = [action for action in done if action["type"] == "action"]
    views = Counter(action["pageIdAction"] for action in pages)
    goals = [action for action in done if action["type"] == "goal"]
    by_goal = Counter(f"idgoal={goal['goalId']}" for goal in goals)
    revenue: dict[str, float] = {}
    for goal in goals:
        key = f"idgoal={goal['goalId']}"
        revenue[key] = revenue.get(key, 0) + goal["revenue"]
    found: dict[str, Any] = {
        "totalVisitDuration": sum(visit["visitDuration"] for visit in visits),
        "totalActions": sum(visit["actions"] for visit in visits),
        "totalOutlinks": _count(done, "outlink"),
        "totalDownloads": _count(done, "download"),
        "totalSearches": len({one["siteSearchKeyword"] for one in done if one["type"] == "search"}),
        "totalPageViews": len(pages),
        "totalUniquePageViews": len(views),
        "totalRevisitedPages": sum(1 for count in views.values() if count > 1),
        "totalPageViewsWithTiming": 0,
        "totalPageViewsWithLoadTime": sum(1 for page in pages if page.get("pageLoadTimeMilliseconds")),
        "totalEvents": _count(done, "event"),
        "totalGoalConversions": len(goals),
        "totalConversionsByGoal": dict(by_goal),
    }
    if any(revenue.values()):
        found["totalRevenueByGoal"] = {key: round(value, 2) for key, value in revenue.items()}
    for name in (
        "totalEcommerceRevenue",
        "totalEcommerceConversions",
        "totalEcommerceItems",
        "totalAbandonedCarts",
        "totalAbandonedCartsRevenue",
        "totalAbandonedCartsItems",
    ):
        if name in visits[0]:
            found[name] = visits[0][name]  # each visit has its visitor's
    return found


def _count(done: Iterable[Visit], kind: str) -> int:
    return sum(1 for action in done if action["type"] == kind)


def _things(request: Request, visits: Sequence[Visit]) -> dict[str, Any]:
    """Pages, searches and devices, the most frequent first; places, the latest first."""
    done = [action for visit in visits for action in visit["actionDetails"]]
    pages = [action for action in done if action["type"] == "action"]
    urls = Counter(str(page["url"]) for page in pages if page["url"])
    searches = Counter(str(one["siteSearchKeyword"]) for one in done if one["type"] == "search")
    loaded = [page["pageLoadTimeMilliseconds"] for page in pages if page.get("pageLoadTimeMilliseconds")]
    found: dict[str, Any] = {
        "searches": [{"keyword": word, "searches": count} for word, count in searches.most_common()],
        "visitedPages": [{"url": url, "count": count} for url, count in _ranked(urls)],
        "devices": _devices(visits),
        "continents": [
            {"continent": code, "nb_visits": count, "prettyName": name}
            for (code, name), count in Counter((v["continentCode"], v["continent"]) for v in visits).items()
        ],
        "countries": [
            {"country": code, "nb_visits": count, "flag": flag, "prettyName": name, **_cities(visits, code)}
            for (code, name, flag), count in Counter(
                (v["countryCode"], v["country"], v["countryFlag"]) for v in visits
            ).items()
        ],
    }
    if loaded:
        found["averagePageLoadTime"] = round(sum(loaded) / len(loaded) / 1000, 3)
    dimensions = _dimensions(request, visits, done)
    return found | ({"customDimensions": dimensions} if dimensions else {})


def _cities(visits: Sequence[Visit], country: str) -> dict[str, list[str]]:
    found = list(dict.fromkeys(str(v["city"]) for v in visits if v["countryCode"] == country and v["city"]))
    return {"cities": found} if found else {}


def _ranked(counts: Counter[Any]) -> list[tuple[Any, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _devices(visits: Sequence[Visit]) -> list[dict[str, Any]]:
    kinds = Counter(visit["deviceType"] for visit in visits)
    icons = {visit["deviceType"]: visit["deviceTypeIcon"] for visit in visits}
    names = Counter((visit["deviceType"], _device_name(visit)) for visit in visits)
    return [
        {
            "type": kind,
            "count": count,
            "icon": icons[kind],
            "devices": [
                {"name": name, "count": of_it} for (its_kind, name), of_it in _ranked(names) if its_kind == kind
            ],
        }
        for kind, count in _ranked(kinds)
    ]


def _device_name(visit: Visit) -> str:
    brand, model = str(visit["deviceBrand"]), str(visit["deviceModel"])
    return model if brand == "Unknown" else f"{brand} {model}"


def _dimensions(request: Request, visits: Sequence[Visit], done: Sequence[Visit]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for site in request.sites:
        for row in request.rows(
            "SELECT idcustomdimension AS id, scope, name FROM custom_dimension WHERE idsite = ? AND active "
            "ORDER BY idcustomdimension",
            [site.idsite],
        ):
            of_visits = row["scope"] == "visit"
            values = Counter(
                str(one[f"dimension{row['id']}"])
                for one in (visits if of_visits else done)
                if one.get(f"dimension{row['id']}") not in (None, "")
            )
            if values:
                ranked = [{"value": value, "count": count} for value, count in values.most_common()]
                found.setdefault(row["scope"], []).append({"name": row["name"], "values": ranked})
    return found


def _summary(request: Request, visit: Visit) -> dict[str, Any]:
    zone = request.sites[0].zone
    local = datetime.fromtimestamp(visit["firstActionTimestamp"], UTC).astimezone(zone).date()
    return {
        "date": visit["firstActionTimestamp"],
        "prettyDate": long_date(local),
        "daysAgo": (datetime.now(zone).date() - local).days,
        "referrerType": visit["referrerType"],
        "referrerUrl": visit["referrerUrl"] or "",
        "referralSummary": _referral(visit),
    }


def _referral(visit: Visit) -> str:
    name, keyword = str(visit["referrerName"]), str(visit["referrerKeyword"])
    if visit["referrerType"] == "direct":
        return str(visit["referrerTypeName"])
    if visit["referrerType"] == "campaign":
        return f"Campaign: {name}{f' - {keyword}' if keyword else ''}"
    if visit["referrerType"] == "search" and keyword != "Keyword not defined":
        return f"{name} ({keyword})" if keyword else name
    return name


def _neighbour(request: Request, latest: Visit, than: str, order: str) -> str | None:
    """The visitor whose latest visit is the nearest before (`<`) or after (`>`) this one's."""
    found = request.rows(
        f"""
        SELECT lower(lpad(to_hex(idvisitor), 16, '0')) AS visitor
        FROM (
            SELECT idvisitor, max(visit_last_action_time) AS last_time FROM visit
            WHERE idsite = ANY(?) GROUP BY idvisitor
        )
        WHERE (last_time, idvisitor) {than} (CAST(? AS TIMESTAMP), CAST(? AS UBIGINT))
        ORDER BY last_time {order}, idvisitor {order}
        LIMIT 1
        """,
        [[site.idsite for site in request.sites], latest["visit_last_action_time"], latest["idvisitor"]],
    )
    return str(found[0]["visitor"]) if found else None
