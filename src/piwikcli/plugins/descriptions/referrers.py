"""Reports of the category Referrers."""

from __future__ import annotations

from piwikcli.plugins.api import Description
from piwikcli.plugins.descriptions.columns import PER_VISIT, PER_VISIT_CONVERTED, VISITS

_TYPES = {
    "SearchEngines": "Search Engines",
    "SocialNetworks": "Social Networks",
    "DirectEntry": "Direct Entry",
    "Websites": "Websites",
    "Campaigns": "Campaigns",
}
_DISTINCT = {
    "SearchEngines": "search engines",
    "SocialNetworks": "social networks",
    "Websites": "websites",
    "Keywords": "keywords",
    "Campaigns": "campaigns",
}


def _report(
    order: int, subcategory: str, name: str, dimension: str, text: str, *, goals: bool = False
) -> Description:
    return Description(
        category="Referrers",
        subcategory=subcategory,
        order=order,
        name=name,
        dimension=dimension,
        text=text,
        metrics=VISITS,
        processed=PER_VISIT if goals else PER_VISIT_CONVERTED,
        also=("conversion_rate",) if goals else (),
        goals="visits" if goals else "",
    )


_SEARCH = "Search Engines & Keywords"

DESCRIPTIONS = {
    "Referrers.get": Description(
        category="Referrers",
        order=1,
        name="Referrers Overview",
        text="Where visits came from, in one row: visits and share of each channel, and how many engines, networks, "
        "websites, keywords and campaigns there were.",
        metrics={
            **{
                f"Referrers_visitorsFrom{key}{suffix}": f"{start} from {name}"
                for key, name in _TYPES.items()
                for suffix, start in (("", "Visitors"), ("_percent", "Percent of Visitors"))
            },
            **{f"Referrers_distinct{key}": f"Distinct {name}" for key, name in _DISTINCT.items()},
        },
    ),
    "Referrers.getReferrerType": _report(
        2,
        "All Channels",
        "Channel Type",
        "Channel Type",
        "Where visits came from: direct entries, search engines, websites, campaigns, networks, AI assistants.",
        goals=True,
    ),
    "Referrers.getAll": _report(
        3, "All Channels", "All Channels", "Referrer", "Keywords, websites, campaigns and networks in one table."
    ),
    "Referrers.getKeywords": _report(
        4,
        _SEARCH,
        "Keywords",
        "Keyword",
        "What people searched for before they came. Most engines no longer tell: `Keyword not defined`. "
        "Below a keyword are its engines.",
        goals=True,
    ),
    "Referrers.getSearchEnginesFromKeywordId": _report(
        5, _SEARCH, "Search Engines", "Search Engine", "The engines of one keyword."
    ),
    "Referrers.getSearchEngines": _report(
        6,
        _SEARCH,
        "Search Engines",
        "Search Engine",
        "The search engines that visits came from; below an engine are its keywords.",
        goals=True,
    ),
    "Referrers.getKeywordsFromSearchEngineId": _report(
        7, _SEARCH, "Keywords", "Keyword", "The keywords of one search engine."
    ),
    "Referrers.getWebsites": _report(
        8,
        "Websites",
        "Websites",
        "Website",
        "The websites whose links were followed; below a website are its pages.",
        goals=True,
    ),
    "Referrers.getUrlsFromWebsiteId": _report(
        9, "Websites", "Website pages", "Website Page", "The linking pages of one website."
    ),
    "Referrers.getSocials": _report(
        10,
        "Social Networks",
        "Social Networks",
        "Social network",
        "The social networks that visits came from; below a network are its pages.",
    ),
    "Referrers.getUrlsForSocial": _report(
        11, "Social Networks", "Social network pages", "Website Page", "The linking pages of one network, or of all."
    ),
    "Referrers.getAIAssistants": _report(
        12,
        "AI Assistants",
        "AI Assistants",
        "AI Assistant",
        "The AI assistants that visits came from; below an assistant are its pages.",
    ),
    "Referrers.getUrlsForAIAssistant": _report(
        13, "AI Assistants", "AI assistant pages", "Website Page", "The linking pages of one assistant, or of all."
    ),
    "Referrers.getCampaigns": _report(
        14,
        "Campaigns",
        "Campaigns",
        "Campaign",
        "The campaigns named in links to the site; below a campaign are its keywords.",
        goals=True,
    ),
    "Referrers.getKeywordsFromCampaignId": _report(
        15, "Campaigns", "Campaign keywords", "Keyword", "The keywords of one campaign."
    ),
}
