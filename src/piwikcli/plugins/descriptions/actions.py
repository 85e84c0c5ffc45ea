"""Reports of the category Actions."""

from __future__ import annotations

from piwikcli.plugins.api import Description
from piwikcli.plugins.descriptions.columns import column_name, named

_GENERATION = "avg_time_generation"
_PAGE_TYPES = ("avg_time_on_page", "bounce_rate", "exit_rate", _GENERATION)


def _pages(order: int, subcategory: str, name: str, dimension: str, text: str, *related: str) -> Description:
    return Description(
        category="Actions",
        subcategory=subcategory,
        order=order,
        name=name,
        dimension=dimension,
        text=text,
        metrics=named("nb_hits", nb_visits="Unique Pageviews"),
        processed=named(*_PAGE_TYPES),
        related=related,
        goals="pages",
    )


def _entries(order: int, name: str, dimension: str, text: str, *related: str) -> Description:
    return Description(
        category="Actions",
        subcategory="Entry pages",
        order=order,
        name=name,
        dimension=dimension,
        text=text,
        metrics=named("entry_nb_visits", "entry_bounce_count"),
        processed=named("bounce_rate", _GENERATION),
        also=_PAGE_TYPES,
        related=related,
        goals="entries",
    )


def _exits(order: int, name: str, dimension: str, text: str, *related: str) -> Description:
    return Description(
        category="Actions",
        subcategory="Exit pages",
        order=order,
        name=name,
        dimension=dimension,
        text=text,
        metrics=named("exit_nb_visits", nb_visits="Unique Pageviews"),
        processed=named("exit_rate", _GENERATION),
        also=_PAGE_TYPES,
        related=related,
    )


def _following(order: int, name: str, text: str, *related: str) -> Description:
    return Description(
        category="Actions",
        subcategory="Site Search",
        order=order,
        name=name,
        dimension="Destination Page",
        text=text,
        metrics=named("nb_hits_following_search", "nb_hits"),
        also=_PAGE_TYPES,
        related=related,
        nested=False,
    )


def _searches(
    order: int, name: str, dimension: str, text: str, metrics: dict[str, str], *, exits: bool = True
) -> Description:
    return Description(
        category="Actions",
        subcategory="Site Search",
        order=order,
        name=name,
        dimension=dimension,
        text=text,
        metrics=metrics,
        processed={"exit_rate": "% Search Exits"} if exits else {},
        also=_PAGE_TYPES if exits else (),
    )


def _targets(order: int, name: str, dimension: str, text: str, unique: str, hits: str) -> Description:
    return Description(
        category="Actions",
        subcategory=name,
        order=order,
        name=name,
        dimension=dimension,
        text=text,
        metrics={"nb_visits": unique, "nb_hits": hits},
    )


def _events(order: int, name: str, dimension: str, text: str) -> Description:
    return Description(
        category="Actions",
        subcategory="Events",
        order=order,
        name=name,
        dimension=dimension,
        text=text,
        metrics=named("nb_events", "sum_event_value", "min_event_value", "max_event_value", "nb_events_with_value"),
        processed=named("avg_event_value"),
    )


def _contents(order: int, name: str, text: str) -> Description:
    return Description(
        category="Actions",
        subcategory="Contents",
        order=order,
        name=name,
        dimension=name,
        text=text,
        metrics=named("nb_impressions", "nb_interactions"),
        processed=named("interaction_rate"),
    )


def _interest(order: int, name: str, dimension: str, text: str, *, share: bool = False) -> Description:
    return Description(
        category="Actions",
        subcategory="Engagement",
        order=order,
        name=name,
        dimension=dimension,
        text=text,
        metrics=named("nb_visits"),
        processed=named("nb_visits_percentage") if share else {},
    )


_LOAD_TIMES = {
    "avg_time_network": "Avg. network time",
    "avg_time_server": "Avg. server time",
    "avg_time_transfer": "Avg. transfer time",
    "avg_time_dom_processing": "Avg. DOM processing time",
    "avg_time_dom_completion": "Avg. DOM completion time",
    "avg_time_on_load": "Avg. on load time",
    "avg_page_load_time": "Avg. page load time",
}
_RESULTS = column_name("nb_pages_per_search")
_ONE_SEARCH = {"nb_visits": "Searches"}
_SEARCHES = {**_ONE_SEARCH, "nb_pages_per_search": _RESULTS}

DESCRIPTIONS = {
    "Actions.get": Description(
        category="Actions",
        order=1,
        name="Actions - Main metrics",
        text="Page views, downloads, outlinks and searches in one row.",
        metrics=named(
            "nb_pageviews",
            "nb_uniq_pageviews",
            "nb_downloads",
            "nb_uniq_downloads",
            "nb_outlinks",
            "nb_uniq_outlinks",
            "nb_searches",
            "nb_keywords",
        ),
        processed=named(_GENERATION),
    ),
    "Actions.getPageUrls": _pages(
        2,
        "Pages",
        "Page URLs",
        "Page URL",
        "The pages that were viewed, as a tree of folders.",
        "Actions.getEntryPageUrls",
        "Actions.getExitPageUrls",
    ),
    "Actions.getEntryPageUrls": _entries(
        3,
        "Entry pages",
        "Entry Page URL",
        "The pages on which visits began.",
        "Actions.getEntryPageTitles",
    ),
    "Actions.getEntryPageTitles": _entries(
        4,
        "Entry page titles",
        "Entry Page title",
        "The titles of pages on which visits began.",
        "Actions.getPageTitles",
        "Actions.getEntryPageUrls",
    ),
    "Actions.getExitPageUrls": _exits(
        5, "Exit pages", "Exit Page URL", "The pages on which visits ended.", "Actions.getExitPageTitles"
    ),
    "Actions.getExitPageTitles": _exits(
        6,
        "Exit page titles",
        "Exit Page Title",
        "The titles of pages on which visits ended.",
        "Actions.getPageTitles",
        "Actions.getExitPageUrls",
    ),
    "Actions.getPageTitles": _pages(
        7,
        "Page titles",
        "Page titles",
        "Page Title",
        "The titles of pages that were viewed. Access logs have titles of errors and redirects only.",
        "Actions.getEntryPageTitles",
        "Actions.getExitPageTitles",
    ),
    "Actions.getSiteSearchKeywords": _searches(
        8, "Site Search Keywords", "Keyword", "What was searched for on the site itself.", _SEARCHES
    ),
    "Actions.getPageUrlsFollowingSiteSearch": _following(
        9,
        "Pages Following a Site Search",
        "The pages viewed straight after a search on the site.",
        "Actions.getPageTitlesFollowingSiteSearch",
    ),
    "Actions.getSiteSearchNoResultKeywords": _searches(
        10,
        "Search Keywords with No Results",
        "Keyword with No Search Result",
        "Keywords whose every search found nothing.",
        _ONE_SEARCH,
    ),
    "Actions.getPageTitlesFollowingSiteSearch": _following(
        11,
        "Page Titles Following a Site Search",
        "The titles viewed straight after a search on the site.",
        "Actions.getPageUrlsFollowingSiteSearch",
    ),
    "Actions.getSiteSearchCategories": _searches(
        12,
        "Search Categories",
        "Search Category",
        "The categories in which people searched.",
        {**_SEARCHES, "exit_rate": "% Search Exits"},
        exits=False,
    ),
    "Actions.getOutlinks": _targets(
        13,
        "Outlinks",
        "Clicked Outlink",
        "Links to other sites that were clicked, by host.",
        "Unique Clicks",
        "Clicks",
    ),
    "Actions.getDownloads": _targets(
        14, "Downloads", "Download URL", "Files that were downloaded, by host.", "Unique Downloads", "Downloads"
    ),
    "Events.getCategory": _events(
        15, "Event Categories", "Event Category", "Events by category; below are their actions."
    ),
    "Events.getAction": _events(16, "Event Actions", "Event Action", "Events by action; below are their names."),
    "Events.getName": _events(17, "Event Names", "Event Name", "Events by name; below are their actions."),
    "Events.getActionFromCategoryId": _events(18, "Event Actions", "Event Action", "The actions of one category."),
    "Events.getNameFromCategoryId": _events(19, "Event Names", "Event Name", "The names of one category."),
    "Events.getCategoryFromActionId": _events(
        20, "Event Categories", "Event Category", "The categories of one action."
    ),
    "Events.getNameFromActionId": _events(21, "Event Names", "Event Name", "The names of one action."),
    "Events.getActionFromNameId": _events(22, "Event Actions", "Event Action", "The actions of one name."),
    "Events.getCategoryFromNameId": _events(23, "Event Categories", "Event Category", "The categories of one name."),
    "Contents.getContentNames": _contents(24, "Content Name", "Contents by name; below are their pieces."),
    "Contents.getContentPieces": _contents(25, "Content Piece", "Contents by piece; below are their names."),
    "VisitorInterest.getNumberOfVisitsPerVisitDuration": _interest(
        26, "Length of visits", "Visit duration", "How long visits lasted."
    ),
    "VisitorInterest.getNumberOfVisitsPerPage": _interest(
        27, "Pages per visit", "Pages per visit", "How many actions visits had."
    ),
    "VisitorInterest.getNumberOfVisitsByVisitCount": _interest(
        28,
        "Visits by visit number",
        "Visits by visit number",
        "Which visit of their visitor they were: the first, the second, ...",
        share=True,
    ),
    "VisitorInterest.getNumberOfVisitsByDaysSinceLast": _interest(
        29,
        "Visits by days since last visit",
        "Days since last visit",
        "How many days before the visitor had last been there.",
    ),
    "VisitFrequency.get": Description(
        category="Actions",
        subcategory="Engagement",
        order=30,
        name="Returning Visits",
        text="The visits of returning visitors and of new ones, side by side.",
        metrics={
            "nb_visits_returning": "Returning Visits",
            "nb_actions_returning": "Actions by Returning Visits",
            "nb_uniq_visitors_returning": "Unique returning visitors",
            "nb_users_returning": "Returning Users",
            "max_actions_returning": "Maximum actions in one returning visit",
            "nb_visits_new": "New Visits",
            "nb_actions_new": "Actions by New Visits",
            "nb_uniq_visitors_new": "Unique new visitors",
            "nb_users_new": "New Users",
            "max_actions_new": "max_actions_new",
        },
        processed={
            "avg_time_on_site_returning": "Avg. Duration of a Returning Visit (in sec)",
            "nb_actions_per_visit_returning": "Avg. Actions per Returning Visit",
            "bounce_rate_returning": "Bounce Rate for Returning Visits",
            "avg_time_on_site_new": "Avg. Duration of a New Visit (in sec)",
            "nb_actions_per_visit_new": "Avg. Actions per New Visit",
            "bounce_rate_new": "Bounce Rate for New Visits",
        },
    ),
    "PagePerformance.get": Description(
        category="Actions",
        subcategory="Performance",
        order=31,
        name="Performance overview",
        text="How long pages took to load, part by part, in one row; access logs don't tell.",
        metrics=_LOAD_TIMES,
        processed=_LOAD_TIMES,
    ),
    "Actions.getPageUrl": _pages(40, "Pages", "Page URL", "Page URL", "One page, by its address."),
    "Actions.getPageTitle": _pages(41, "Page titles", "Page title", "Page Title", "One page title."),
    "Actions.getDownload": _targets(
        42, "Downloads", "Download URL", "One download, by its address.", "Unique Downloads", "Downloads"
    ),
    "Actions.getOutlink": _targets(
        43, "Outlinks", "Clicked Outlink", "One outlink, by its address.", "Unique Clicks", "Clicks"
    ),
}
