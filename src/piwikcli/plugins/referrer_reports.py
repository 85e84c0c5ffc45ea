"""The reports of each channel: keywords, engines, campaigns, websites, networks.

Definitions: docs/reference/referrers.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal
from urllib.parse import urlsplit

from piwikcli.plugins.api import Context, DataTable, Report, Row
from piwikcli.plugins.labels import ICONS, urlencode
from piwikcli.plugins.metrics import VISIT_COLUMNS
from piwikcli.plugins.referrer_overview import AI_ASSISTANT, SOCIAL, TYPES

KEYWORD_NOT_DEFINED = "Keyword not defined"
# why a search engine's visitors have no keyword
_ABOUT_NO_KEYWORD = "https://matomo.org/faq/general/faq_144"

Metadata = Callable[[Row, str, Context], Mapping[str, str | int]]


def _keyword(stored: str) -> str:
    return stored or KEYWORD_NOT_DEFINED


# search engines and keywords ------------------------------------------------------------------------------


def _engine_urls(name: str, context: Context) -> dict[str, str]:
    url = context.referrer_url("search", name)
    return {**({"url": url} if url else {}), "logo": f"{ICONS}/searchEngines/xx.png"}


def _result_page(keyword: str, engine: str, context: Context) -> dict[str, str]:
    """The engine's page of what it found for the keyword, as far as that is known."""
    if not keyword:
        return {"url": _ABOUT_NO_KEYWORD}
    url = context.referrer_url("search", engine, keyword)
    return {"url": url} if url else {}


def _keyword_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    return {"segment": f"referrerType==search;referrerKeyword=={urlencode(stored)}"}


def _engine_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    segment = f"referrerType==search;referrerName=={urlencode(stored)}"
    return {"segment": segment, **_engine_urls(stored, context)}


def _engine_of_keyword(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    keyword = _parent(context, "Referrers_keywordBySearchEngine")
    icon = {"logo": f"{ICONS}/searchEngines/xx.png"}
    return {**_result_page(keyword, stored, context), **icon, "segment": f"referrerName=={urlencode(stored)}"}


def _keyword_of_engine(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    return _result_page(stored, _parent(context, "Referrers_searchEngineByKeyword"), context)


def _parent(context: Context, record: str) -> str:
    asked = context.parameters.get("idSubtable", "")
    return context.label_of(record, int(asked)) if asked.isdigit() else ""


# campaigns, websites, social networks, AI assistants ------------------------------------------------------


def _campaign_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    return {"segment": f"referrerType==campaign;referrerName=={urlencode(stored)}"}


def _campaign_keyword_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    campaign = urlencode(_parent(context, "Referrers_keywordByCampaign"))
    segment = f"referrerName=={campaign};referrerType==campaign;referrerKeyword=={urlencode(stored)}"
    # a flat table's rows begin with what their campaign's segment begins with
    flat = context.parameters.get("flat") == "1"
    return {"segment": f"referrerType==campaign;{segment}" if flat else segment}


def _website_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    return {"segment": f"referrerName=={urlencode(stored)}"}


def url_path(url: str) -> str:
    """`https://example.org/a/b?c=1` -> `a/b?c=1`; the home page is `index`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    path = parts.path.removeprefix("/")
    return (f"{path}?{parts.query}" if parts.query else path) or "index"


def _without_protocol(url: str) -> str:
    return url.partition("://")[2] or url


def _url_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    return {"url": stored, "segment": f"referrerUrl=={urlencode(stored)}"}


def _network_metadata(kind: Literal["social", "ai"]) -> Metadata:
    idtype, icons = (SOCIAL, "socials") if kind == "social" else (AI_ASSISTANT, "AIAssistants")

    def metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
        name = str(row.label)
        url = context.referrer_url(kind, name)
        return {
            **({"url": url} if url else {}),
            "logo": f"{ICONS}/{icons}/xx.png",
            "segment": f"referrerType=={TYPES[idtype][1]};referrerName=={urlencode(name)}",
        }

    return metadata


def _all_urls(record: str) -> Callable[[DataTable, Context], DataTable]:
    """The URLs of one network, or of all without `idSubtable`."""

    def rows(table: DataTable, context: Context) -> DataTable:
        if context.parameters.get("idSubtable"):
            return table
        expanded = context.table(record, expanded=True)
        return DataTable([leaf for row in expanded if row.subtable for leaf in row.subtable])

    return rows


def _report(action: str, title: str, record: str, **options: object) -> Report:
    return Report(
        method=f"Referrers.{action}",
        title=title,
        record=f"Referrers_{record}",
        metrics=VISIT_COLUMNS,
        **options,  # type: ignore[arg-type]  # keywords of Report, checked where they are used
    )


REPORTS = (
    _report(
        "getKeywords",
        "Keywords",
        "keywordBySearchEngine",
        label=_keyword,
        queued=True,
        metadata=_keyword_metadata,
        subtable="Referrers.getSearchEnginesFromKeywordId",
        dimensions=("Referrers_Keyword", "Referrers_SearchEngine"),
        inherits_segment=False,
    ),
    _report(
        "getSearchEnginesFromKeywordId",
        "Search engines of a keyword",
        "keywordBySearchEngine",
        metadata=_engine_of_keyword,
        parameters=("idSubtable",),
        needs=("idSubtable",),
        dimensions=("Referrers_SearchEngine",),
    ),
    _report(
        "getSearchEngines",
        "Search Engines",
        "searchEngineByKeyword",
        metadata=_engine_metadata,
        subtable="Referrers.getKeywordsFromSearchEngineId",
        dimensions=("Referrers_SearchEngine", "Referrers_Keyword"),
        inherits_segment=False,
    ),
    _report(
        "getKeywordsFromSearchEngineId",
        "Keywords of a search engine",
        "searchEngineByKeyword",
        label=_keyword,
        queued=True,
        metadata=_keyword_of_engine,
        parameters=("idSubtable",),
        needs=("idSubtable",),
        dimensions=("Referrers_Keyword",),
    ),
    _report(
        "getCampaigns",
        "Campaigns",
        "keywordByCampaign",
        metadata=_campaign_metadata,
        subtable="Referrers.getKeywordsFromCampaignId",
        dimensions=("Referrers_Campaign", "Referrers_Keyword"),
    ),
    _report(
        "getKeywordsFromCampaignId",
        "Keywords of a campaign",
        "keywordByCampaign",
        metadata=_campaign_keyword_metadata,
        parameters=("idSubtable",),
        needs=("idSubtable",),
        dimensions=("Referrers_Keyword",),
    ),
    _report(
        "getWebsites",
        "Websites",
        "urlByWebsite",
        metadata=_website_metadata,
        subtable="Referrers.getUrlsFromWebsiteId",
        separator="/",
        dimensions=("Referrers_Website", "Referrers_WebsitePage"),
        inherits_segment=False,
    ),
    _report(
        "getUrlsFromWebsiteId",
        "Pages of a website",
        "urlByWebsite",
        label=url_path,
        merge=True,
        metadata=_url_metadata,
        parameters=("idSubtable",),
        needs=("idSubtable",),
        dimensions=("Referrers_WebsitePage",),
    ),
    _report(
        "getSocials",
        "Social Networks",
        "urlBySocialNetwork",
        label=lambda name: "Instagram" if name == "instagram" else name,
        merge=True,
        metadata=_network_metadata("social"),
        subtable="Referrers.getUrlsForSocial",
        flat_stored=True,
        dimensions=("Referrers_SocialNetwork", "Referrers_WebsitePage"),
    ),
    _report(
        "getUrlsForSocial",
        "Pages of a social network",
        "urlBySocialNetwork",
        rows=_all_urls("Referrers_urlBySocialNetwork"),
        label=_without_protocol,
        merge=True,
        metadata=lambda row, stored, context: {"url": stored},
        parameters=("idSubtable",),
        dimensions=("Referrers_WebsitePage",),
    ),
    _report(
        "getAIAssistants",
        "AI Assistants",
        "urlByAIAssistant",
        metadata=_network_metadata("ai"),
        subtable="Referrers.getUrlsForAIAssistant",
        flat_stored=True,
        dimensions=("Referrers_AIAssistant", "Referrers_WebsitePage"),
    ),
    _report(
        "getUrlsForAIAssistant",
        "Pages of an AI assistant",
        "urlByAIAssistant",
        rows=_all_urls("Referrers_urlByAIAssistant"),
        label=_without_protocol,
        merge=True,
        metadata=lambda row, stored, context: {"url": stored},
        parameters=("idSubtable",),
        dimensions=("Referrers_WebsitePage",),
    ),
)
