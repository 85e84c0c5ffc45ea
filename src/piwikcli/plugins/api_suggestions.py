"""Values that a segment's condition may be about: what the latest visits have. Docs: docs/reference/reports.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from piwikcli.errors import UsageError, nearest
from piwikcli.plugins.api import DataTable, Document, Request

MOST = 30
DAYS = 60
VISITS, VISITS_WITH_ACTIONS = 800, 400
"""How many of the latest visits are looked at; fewer where their actions are, too."""

Found = Mapping[str, Any]

_FIELDS = {
    "visitId": "idVisit",
    "countryName": "country",
    "visitStartServerHour": "visitServerHour",
    "visitEndServerHour": "visitServerHour",
    "visitLocalHour": "visitLocalHour",
    "operatingSystemName": "operatingSystemName",
    "browserEngine": "browserFamily",
}
"""Segment -> the field of a visit, where it is called something else."""
_URLS = {"pageUrl": "action", "downloadUrl": "download", "outlinkUrl": "outlink", "eventUrl": "event"}
_ACTION_FIELDS = (
    *("eventCategory", "eventAction", "eventName", "eventValue"),
    *("contentName", "contentPiece", "contentTarget", "contentInteraction"),
    *("siteSearchKeyword", "siteSearchCategory", "siteSearchCount", "orderId"),
)
_ITEM_FIELDS = {
    "productName": "itemName",
    "productSku": "itemSKU",
    "productCategory": "itemCategory",
    "productPrice": "itemPrice",
}


def suggested_values(request: Request) -> Document:
    """The most frequent values of `segmentName` in the visits of the last 60 days, at most 30.

    Raises UsageError for a segment there isn't, and where no visit has a value.
    """
    name = request.parameters["segmentName"].strip()
    known = {one for dimension in request.dimensions() for one in (dimension.segment, *dimension.aliases)}
    if name not in known:
        raise UsageError(f"there is no segment {name}.{nearest(name, known)}")
    of_action = _of_action(name)
    # that report answers with one value
    latest = str(request.ask("Live.getMostRecentVisitsDateTime", segment="").value or "")[:10]  # type: ignore[union-attr]
    values: Counter[str] = Counter()
    if latest:
        for visit in _visits(request, latest, with_actions=of_action is not None):
            found = of_action(visit) if of_action else iter([visit.get(_FIELDS.get(name, name))])
            values.update(str(value) for value in found if value not in (None, "", False))
    if not values:
        raise UsageError(f"There was no data to suggest for {name}")
    most = sorted(values, key=lambda value: (-values[value], value))
    return Document(most[:MOST])


def _visits(request: Request, latest: str, *, with_actions: bool) -> Iterator[Found]:
    from datetime import date

    # server days may end after the day of UTC
    last = date.fromisoformat(latest) + timedelta(days=1)
    options = {} if with_actions else {"doNotFetchActions": "1"}
    table = request.ask(
        "Live.getLastVisitsDetails",
        period="range",
        date=f"{last - timedelta(days=DAYS)},{last}",
        segment="",
        filter_limit=str(VISITS_WITH_ACTIONS if with_actions else VISITS),
        **options,
    )
    assert isinstance(table, DataTable)
    return (row.columns for row in table)


def _of_action(name: str) -> Callable[[Found], Iterator[Any]] | None:
    """What gives a visit's values of a segment about its actions; None for a segment about visits."""
    if name in ("entryPageUrl", "exitPageUrl", "entryPageTitle", "exitPageTitle"):
        return lambda visit: _end(visit, name)
    if name in _URLS:
        return lambda visit: (one.get("url") for one in visit["actionDetails"] if one["type"] == _URLS[name])
    if name == "actionUrl":
        return lambda visit: (one.get("url") for one in visit["actionDetails"])
    if name in ("pageTitle", "eventTitle"):
        kind = "action" if name == "pageTitle" else "event"
        return lambda visit: (one.get("pageTitle") for one in visit["actionDetails"] if one["type"] == kind)
    if name == "visitConvertedGoalId":
        return lambda visit: (one.get("goalId") for one in visit["actionDetails"] if one["type"] == "goal")
    if name in _ACTION_FIELDS:
        return lambda visit: (one.get(name) for one in visit["actionDetails"])
    if name in _ITEM_FIELDS:
        return lambda visit: (
            item.get(_ITEM_FIELDS[name]) for one in visit["actionDetails"] for item in one.get("itemDetails") or ()
        )
    if name.startswith("dimension"):
        # of visits, or of their actions
        return lambda visit: iter([visit.get(name), *(one.get(name) for one in visit["actionDetails"])])
    return None


def _end(visit: Found, name: str) -> Iterator[Any]:
    pages = [one for one in visit["actionDetails"] if one["type"] == "action"]
    field = "url" if name.endswith("Url") else "pageTitle"
    return (one.get(field) for one in (pages[:1] if name.startswith("entry") else pages[-1:]))
