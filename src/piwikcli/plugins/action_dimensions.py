"""What actions are told apart by: URLs, titles, searches, events, contents."""

from typing import Literal

from piwikcli.plugins.api import Dimension
from piwikcli.plugins.api.dimensions import enumeration

PAGE, OUTLINK, DOWNLOAD, TITLE, KEYWORD = 1, 2, 3, 4, 8
EVENT_CATEGORY, EVENT_ACTION, EVENT_NAME = 10, 11, 12
CONTENT_NAME, CONTENT_PIECE, CONTENT_TARGET, CONTENT_INTERACTION = 13, 14, 15, 16


def _named(
    segment: str,
    title: str,
    sql: str,
    kind: int,
    *,
    source: Literal["visit", "action"] = "action",
    detail: bool = False,
) -> Dimension:
    """A column with ids of `log_action`."""
    return Dimension(
        segment=segment,
        title=title,
        sql=sql,
        source=source,
        action_type=kind,
        table="detail" if detail else None,
        values="the URL, with or without scheme" if kind in (PAGE, EVENT_CATEGORY) and "Url" in segment else "",
    )


DIMENSIONS = (
    _named("pageUrl", "Page URL", "a.idaction_url", PAGE),
    _named("pageTitle", "Page title", "a.idaction_name", TITLE),
    _named("entryPageUrl", "URL of the first page", "v.visit_entry_idaction_url", PAGE, source="visit"),
    _named("entryPageTitle", "Title of the first page", "v.visit_entry_idaction_name", TITLE, source="visit"),
    _named("exitPageUrl", "URL of the last page", "v.visit_exit_idaction_url", PAGE, source="visit"),
    _named("exitPageTitle", "Title of the last page", "v.visit_exit_idaction_name", TITLE, source="visit"),
    _named("downloadUrl", "URL of a download", "a.idaction_url", DOWNLOAD),
    _named("outlinkUrl", "URL of an outlink", "a.idaction_url", OUTLINK),
    _named("eventUrl", "URL of the page with an event", "a.idaction_url", EVENT_CATEGORY),
    Dimension(
        segment="actionUrl",
        title="URL of a page, download, outlink or event",
        source="action",
        union=("pageUrl", "downloadUrl", "outlinkUrl", "eventUrl"),
    ),
    Dimension(
        segment="actionType",
        title="Kind of action",
        sql="a.kind",
        source="action",
        type="number",
        value=enumeration(
            {"pageviews": 1, "outlinks": 2, "downloads": 3, "sitesearches": 8, "events": 10, "contents": 13},
            column="log_action.type",
        ),
        values="pageviews, outlinks, downloads, sitesearches, events, contents",
    ),
    _named("siteSearchKeyword", "Words searched for on the site", "a.idaction_name", KEYWORD),
    Dimension(segment="siteSearchCategory", title="Category of a site search", sql="a.search_cat", source="action"),
    Dimension(
        segment="siteSearchCount",
        title="Results of a site search",
        sql="a.search_count",
        source="action",
        type="number",
    ),
    Dimension(
        segment="actionServerHour",
        title="Hour of an action (UTC)",
        sql="hour(a.server_time)",
        source="action",
        type="number",
        values="0 to 23",
    ),
    Dimension(
        segment="actionServerMinute",
        title="Minute of an action",
        sql="minute(a.server_time)",
        source="action",
        type="number",
        values="0 to 59",
    ),
    _named("eventCategory", "Category of an event", "x.idaction_event_category", EVENT_CATEGORY, detail=True),
    _named("eventAction", "Action of an event", "x.idaction_event_action", EVENT_ACTION, detail=True),
    _named("eventName", "Name of an event", "a.idaction_name", EVENT_NAME),
    Dimension(
        segment="eventValue",
        title="Value of an event",
        sql="x.custom_float",
        source="action",
        table="detail",
        type="number",
    ),
    _named("contentName", "Name of a content block", "x.idaction_content_name", CONTENT_NAME, detail=True),
    _named("contentPiece", "Piece of a content block", "x.idaction_content_piece", CONTENT_PIECE, detail=True),
    _named("contentTarget", "Target of a content block", "x.idaction_content_target", CONTENT_TARGET, detail=True),
    _named(
        "contentInteraction",
        "Interaction with a content block",
        "x.idaction_content_interaction",
        CONTENT_INTERACTION,
        detail=True,
    ),
)
