"""The methods of Live."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from piwikcli.errors import UsageError
from piwikcli.plugins.api import DataTable, Document, Number, Request, Row, document
from piwikcli.plugins.live import queries
from piwikcli.plugins.live.profile import profile
from piwikcli.plugins.live.visits import described

DEFAULT_VISITS = 10
MOST_MINUTES = 2880
_VISITOR_DIGITS = 16


def last_visits(request: Request) -> DataTable:
    """The visits of the sites and periods, the latest last action first; 10 without filter_limit."""
    given = request.parameters
    ascending = given.get("filter_sort_order", "").lower() == "asc"
    where: list[tuple[str, Any]] = []
    if given.get("minTimestamp"):
        since = datetime.fromtimestamp(_integer(request, "minTimestamp", 0), UTC).replace(tzinfo=None)
        where.append(("w.visit_last_action_time > ?", since))
    if given.get("visitorId"):
        where.append(("w.idvisitor = ?", visitor_id(given["visitorId"])))
    limit = _integer(request, "countVisitorsToFetch", 0) or _integer(request, "filter_limit", DEFAULT_VISITS)
    found = queries.visits(
        request, where=where, limit=limit, offset=_integer(request, "filter_offset", 0), ascending=ascending
    )
    visits = described(request, found, with_actions=given.get("doNotFetchActions") != "1")
    if given.get("doNotFetchActions") == "1":
        for visit in visits:
            del visit["actionDetails"]
    elif given.get("flat") == "1":
        visits = [_flat(visit) for visit in visits]
    return DataTable([Row(visit) for visit in visits])


def counters(request: Request) -> DataTable:
    """Visits, actions, visitors and converted visits of the last minutes, up to now."""
    minutes = _integer(request, "lastMinutes", 0)
    if not 1 <= minutes <= MOST_MINUTES:
        raise UsageError(f"lastMinutes must be between 1 and {MOST_MINUTES}")
    since = datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(minutes=minutes)
    idsites = [site.idsite for site in request.sites]
    chosen = request.selected("idvisit")
    [found] = request.rows(
        f"""
        SELECT count(*) AS visits,
               (SELECT count(*) FROM request
                WHERE idsite = ANY($1) AND server_time >= $2 AND kind < 100 AND {chosen}) AS actions,
               count(DISTINCT idvisitor) AS visitors, count(*) FILTER (visit_goal_converted = 1) AS visitsConverted
        FROM log_visit WHERE idsite = ANY($1) AND visit_last_action_time >= $2 AND {chosen}
        """,
        [idsites, since],
    )
    return DataTable([Row(found)])


def visitor_profile(request: Request) -> Document:
    """One visitor: `visitorId`, or the latest one."""
    visitor = request.parameters.get("visitorId") or _latest(request)
    if visitor is None:
        return Document([])
    return Document(profile(request, f"{visitor_id(visitor):0{_VISITOR_DIGITS}x}") or [])


def most_recent_visitor(request: Request) -> Number:
    return Number(_latest(request) or "")


def most_recent_time(request: Request) -> Number:
    found = queries.visits(request, limit=1)
    return Number(f"{found[0]['visit_last_action_time']:%Y-%m-%d %H:%M:%S}" if found else "")


def first_visit(request: Request) -> Document:
    where = [("w.idvisitor = ?", visitor_id(request.parameters["visitorId"]))]
    found = described(request, queries.visits(request, where=where, limit=1, ascending=True))
    return Document(found[0] if found else [])


def visitor_id(text: str) -> int:
    """A visitor's id as it is stored. Raises UsageError unless it is 16 hexadecimal digits."""
    try:
        if len(text) != _VISITOR_DIGITS:
            raise ValueError
        return int(text, 16)
    except ValueError:
        raise UsageError(f"visitorId must be {_VISITOR_DIGITS} hexadecimal digits, not '{text}'") from None


def _latest(request: Request) -> str | None:
    found = queries.visits(request, limit=1)
    return str(found[0]["visitor"]) if found else None


def _integer(request: Request, name: str, default: int) -> int:
    return int(request.parameters.get(name) or default)


def _flat(visit: dict[str, Any]) -> dict[str, Any]:
    """Actions as columns of their own: actionDetails_0_url, ..."""
    flat = {name: value for name, value in visit.items() if name != "actionDetails"}
    for number, action in enumerate(visit["actionDetails"]):
        flat |= {f"actionDetails_{number}_{name}": value for name, value in action.items()}
    return flat


REPORTS = (
    document(
        "Live.getLastVisitsDetails",
        "Visits with all their actions",
        last_visits,
        "countVisitorsToFetch",
        "minTimestamp",
        "doNotFetchActions",
        "visitorId",
        flags=("doNotFetchActions",),
        integers=("countVisitorsToFetch", "minTimestamp"),
        dated=True,
    ),
    document(
        "Live.getCounters",
        "Visits of the last minutes",
        counters,
        "lastMinutes",
        needs=("lastMinutes",),
        integers=("lastMinutes",),
    ),
    document(
        "Live.getVisitorProfile",
        "What is known of a visitor",
        visitor_profile,
        "visitorId",
        "limitVisits",
        integers=("limitVisits",),
    ),
    document("Live.getMostRecentVisitorId", "The visitor of the latest visit", most_recent_visitor),
    document("Live.getMostRecentVisitsDateTime", "The time of the latest visit's last action", most_recent_time),
    document(
        "Live.getFirstVisitForVisitorId",
        "A visitor's first visit",
        first_visit,
        "visitorId",
        needs=("visitorId",),
    ),
)
