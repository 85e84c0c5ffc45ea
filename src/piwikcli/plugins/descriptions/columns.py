"""Columns in words: what each is called and what it counts. Formulas: docs/reference/metrics.md."""

from __future__ import annotations

import re
from collections.abc import Mapping

COLUMNS: Mapping[str, tuple[str, str]] = {
    "label": ("Label", "What the row is about."),
    # visits
    "nb_visits": ("Visits", "Visits; in reports of pages, visits in which the page was viewed."),
    "nb_uniq_visitors": ("Unique visitors", "Different visitors, each counted once."),
    "nb_users": ("Users", "Different user ids."),
    "nb_actions": ("Actions", "Page views, downloads, outlinks and site searches of the visits."),
    "max_actions": ("Maximum actions in one visit", "The most actions that one of the visits had."),
    "sum_visit_length": ("Total time spent by visitors (in seconds)", "The visits' durations added up, in seconds."),
    "bounce_count": ("Bounces", "Visits of one action."),
    "nb_visits_converted": ("Visits with Conversions", "Visits that reached at least one goal."),
    "sum_daily_nb_uniq_visitors": ("Unique visitors (daily sum)", "Each day's unique visitors, added up."),
    "sum_daily_nb_users": ("Users (daily sum)", "Each day's users, added up."),
    "nb_actions_per_visit": ("Actions per Visit", "Actions divided by visits."),
    "avg_time_on_site": ("Avg. Time on Website", "The visits' average duration, in seconds."),
    "bounce_rate": ("Bounce Rate", "The share of visits of one action; of pages, among the visits that began there."),
    "conversion_rate": ("Conversion Rate", "The share of visits that reached a goal."),
    "nb_visits_percentage": ("% Visits", "The row's share of all visits."),
    # pages
    "nb_hits": ("Pageviews", "How often it was viewed, downloaded, clicked or searched."),
    "sum_time_spent": (
        "Total time spent by visitors (in seconds)",
        "Time until the next action, added up, in seconds.",
    ),
    "nb_hits_following_search": ("Clicked in search results", "Views straight after a site search."),
    "entry_nb_visits": ("Entrances", "Visits that began here."),
    "entry_nb_uniq_visitors": ("Unique entrances", "Different visitors who began a visit here."),
    "entry_nb_actions": ("Actions after entering here", "Actions of the visits that began here."),
    "entry_sum_visit_length": (
        "Total time spent after entering here (in seconds)",
        "The duration of the visits that began here, in seconds.",
    ),
    "entry_bounce_count": ("Bounces", "Visits that began here and had one action."),
    "exit_nb_visits": ("Exits", "Visits that ended here."),
    "exit_nb_uniq_visitors": ("Unique exits", "Different visitors whose visits ended here."),
    "sum_daily_entry_nb_uniq_visitors": ("Unique entrances (daily sum)", "Each day's unique entrances, added up."),
    "sum_daily_exit_nb_uniq_visitors": ("Unique exits (daily sum)", "Each day's unique exits, added up."),
    "avg_time_on_page": ("Avg. time on page", "Time until the next action, per view, in seconds."),
    "exit_rate": ("Exit rate", "The share of the visits seeing it that ended with it."),
    "avg_page_load_time": ("Avg. page load time", "The average time from request to loaded page, in seconds."),
    "avg_time_generation": ("Avg. generation time", "The server's average time for the page, in seconds."),
    "nb_pages_per_search": ("Search Results pages", "Pages of results viewed per search."),
    # all actions
    "nb_pageviews": ("Pageviews", "Page views."),
    "nb_uniq_pageviews": ("Unique Pageviews", "Page views, each page once per visit."),
    "nb_downloads": ("Downloads", "Downloads."),
    "nb_uniq_downloads": ("Unique Downloads", "Downloads, each file once per visit."),
    "nb_outlinks": ("Outlinks", "Clicks that left the site."),
    "nb_uniq_outlinks": ("Unique Outlinks", "Clicks that left the site, each target once per visit."),
    "nb_searches": ("Searches", "Searches on the site itself."),
    "nb_keywords": ("Unique Keywords", "Different keywords of these searches."),
    # events and contents
    "nb_events": ("Events", "Events."),
    "nb_events_with_value": ("Events with a value", "Events that have a value."),
    "sum_event_value": ("Event value", "The events' values, added up."),
    "min_event_value": ("Minimum Event value", "The smallest value."),
    "max_event_value": ("Maximum Event value", "The largest value."),
    "avg_event_value": ("The average of all values for this event", "The average value of events that have one."),
    "nb_impressions": ("Impressions", "How often the content was shown."),
    "nb_interactions": ("Content Interactions", "How often it was used (clicked, say)."),
    "interaction_rate": ("Interaction Rate", "Interactions divided by impressions."),
    "avg_time_on_dimension": ("Avg. time on dimension", "Time spent per action with the value, in seconds."),
    # goals and orders
    "nb_conversions": ("Conversions", "Goals reached and orders; abandoned carts don't count."),
    "revenue": ("Revenue", "What the conversions brought, in the site's currency."),
    "revenue_per_visit": ("Revenue per Visit", "Revenue divided by visits."),
    "revenue_subtotal": ("Subtotal", "The orders' revenue without tax, shipping and discount."),
    "revenue_tax": ("Tax", "The tax in it."),
    "revenue_shipping": ("Shipping", "The shipping in it."),
    "revenue_discount": ("Discount", "The discount given."),
    "items": ("Purchased Products", "Products in the orders or carts."),
    "avg_order_revenue": ("Average Order Value", "Revenue per order."),
    "quantity": ("Quantity", "How many of the product were bought."),
    "orders": ("Unique Purchases", "Orders with the product."),
    "abandoned_carts": ("Abandoned Carts", "Carts with the product that were left."),
    "avg_price": ("Average Price", "The product's average price."),
    "avg_quantity": ("Average Quantity", "How many of it are in an order."),
    "goals": ("Goals", "The row's conversions, goal by goal."),
}


_SUFFIXES = {
    "_new": "first-time visitors",
    "_returning": "returning visitors",
    "_new_visit": "first-time visitors",
    "_returning_visit": "returning visitors",
}
_CHANNELS = {
    "DirectEntry": "direct entries",
    "SearchEngines": "search engines",
    "SocialNetworks": "social networks",
    "AIAssistants": "AI assistants",
    "Websites": "websites",
    "WebsitesUrls": "pages of websites",
    "Keywords": "keywords",
    "Campaigns": "campaigns",
}
_LOADING = {
    "network": "connecting",
    "server": "waiting for the server",
    "servery": "waiting for the server",  # so spelled
    "transfer": "receiving the page",
    "dom_processing": "building the page",
    "domprocessing": "building the page",
    "dom_completion": "loading what belongs to it",
    "domcompletion": "loading what belongs to it",
    "on_load": "what the page does when it is loaded",
    "onload": "what the page does when it is loaded",
    "pageload": "all of it",
}
_FAMILIES = (
    # (columns, what they are called, what they count, words for the part that differs)
    (
        r"Referrers_visitorsFrom(\w+)_percent",
        "Percent of Visitors from {}",
        "The share of visits from {}.",
        _CHANNELS,
    ),
    (r"Referrers_visitorsFrom(\w+)", "Visitors from {}", "Visits from {}.", _CHANNELS),
    (r"Referrers_distinct(\w+)", "Distinct {}", "Different {}.", _CHANNELS),
    (r"avg_time_(\w+)", "Avg. time: {}", "The average time for {}, in seconds.", _LOADING),
    (r"PagePerformance_(\w+)_time", "Total time: {}", "The time for {}, added up, in seconds.", _LOADING),
    (r"PagePerformance_(\w+)_hits", "Timed: {}", "Page views that tell the time for {}.", _LOADING),
)


def column_name(name: str) -> str:
    """What a column is called in general; its own name where nothing better is known."""
    if name in COLUMNS:
        return COLUMNS[name][0]
    found = _of_family(name)
    if found:
        return found[0]
    for suffix, whose in _SUFFIXES.items():
        if name.removesuffix(suffix) in COLUMNS and name.endswith(suffix):
            return f"{COLUMNS[name.removesuffix(suffix)][0]} ({whose})"
    return name


def column_text(name: str) -> str:
    """What a column counts, in one sentence; empty where it is not described."""
    if name in COLUMNS:
        return COLUMNS[name][1]
    found = _of_family(name)
    if found:
        return found[1]
    for suffix, whose in _SUFFIXES.items():
        if name.removesuffix(suffix) in COLUMNS and name.endswith(suffix):
            return f"{COLUMNS[name.removesuffix(suffix)][1].rstrip('.')}, of {whose}."
    return ""


def _of_family(name: str) -> tuple[str, str] | None:
    for pattern, title, text, words in _FAMILIES:
        found = re.fullmatch(pattern, name)
        if found and found[1] in words:
            return title.format(words[found[1]]), text.format(words[found[1]])
    return None


def named(*names: str, **others: str) -> dict[str, str]:
    """Columns with their general names, `others` with names of their own."""
    return {**{name: column_name(name) for name in names}, **others}


VISITS = named("nb_visits", "nb_uniq_visitors", "nb_actions", "nb_users")
PER_VISIT = named("nb_actions_per_visit", "avg_time_on_site", "bounce_rate")
PER_VISIT_CONVERTED = named("nb_actions_per_visit", "avg_time_on_site", "bounce_rate", "conversion_rate")
