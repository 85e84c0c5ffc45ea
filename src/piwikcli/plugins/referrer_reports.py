"""The reports of Referrers, apart from its records. Definitions: docs/reference/referrers.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal
from urllib.parse import urlsplit

from piwikcli.plugins.api import Context, DataTable, Ratio, Report, Row, SimpleTable, number
from piwikcli.plugins.labels import ICONS, urlencode
from piwikcli.plugins.metrics import VISIT_COLUMNS

DIRECT, SEARCH, WEBSITE, CAMPAIGN, SOCIAL, AI_ASSISTANT = 1, 2, 3, 6, 7, 8
KEYWORD_NOT_DEFINED = "Keyword not defined"
# why a search engine's visitors have no keyword
_ABOUT_NO_KEYWORD = "https://matomo.org/faq/general/faq_144"

Metadata = Callable[[Row, str, Context], Mapping[str, str | int]]

_TYPES: dict[int, tuple[str, str, str, str]] = {
    # label, segment value, name in the overview, report of its second level
    DIRECT: ("Direct Entry", "direct", "DirectEntry", ""),
    SEARCH: ("Search Engines", "search", "SearchEngines", "Referrers.getKeywords"),
    WEBSITE: ("Websites", "website", "Websites", "Referrers.getWebsites"),
    CAMPAIGN: ("Campaigns", "campaign", "Campaigns", "Referrers.getCampaigns"),
    SOCIAL: ("Social Networks", "social", "SocialNetworks", "Referrers.getSocials"),
    AI_ASSISTANT: ("AI Assistants", "ai_assistant", "AIAssistants", "Referrers.getAIAssistants"),
}


def _keyword(stored: str) -> str:
    return stored or KEYWORD_NOT_DEFINED


# the overview ---------------------------------------------------------------------------------------------

_OVERVIEW = (SEARCH, SOCIAL, DIRECT, WEBSITE, CAMPAIGN)
_DISTINCT = ("SearchEngines", "SocialNetworks", "Keywords", "Websites", "WebsitesUrls", "Campaigns")
_PERCENTS = (DIRECT, SEARCH, CAMPAIGN, SOCIAL, WEBSITE)


def _from(idtype: int) -> str:
    return f"Referrers_visitorsFrom{_TYPES[idtype][2]}"


def _get(context: Context) -> SimpleTable:
    if not context.has_visits:
        return SimpleTable()
    visits = {str(row.label): row.columns.get("nb_visits", 0) for row in context.table("Referrers_type")}
    columns = {_from(idtype): visits.get(str(idtype), 0) for idtype in _OVERVIEW}
    columns.update(
        {f"Referrers_distinct{name}": context.number(f"Referrers_distinct{name}") for name in _DISTINCT}
    )
    if str(AI_ASSISTANT) in visits:
        columns[_from(AI_ASSISTANT)] = visits[str(AI_ASSISTANT)]
        columns["Referrers_distinctAIAssistants"] = context.number("Referrers_distinctAIAssistants")
    return SimpleTable({**columns, "nb_visits": context.number("nb_visits")})


def _percentages(context: Context) -> tuple[Ratio, ...]:
    types = [*_PERCENTS]
    if context.number("Referrers_distinctAIAssistants"):
        types.append(AI_ASSISTANT)
    return tuple(Ratio(f"{_from(n)}_percent", _from(n), "nb_visits", 2, "percent") for n in types)


# types ----------------------------------------------------------------------------------------------------


def _second_level(context: Context, idtype: int) -> DataTable:
    """The rows of one type's own report, which have no subtables here."""
    method = _TYPES[idtype][3] if idtype in _TYPES else ""
    found = context.report(method) if method else DataTable()
    rows = found.rows if isinstance(found, DataTable) else []
    return DataTable(
        [Row(row.columns, dict(row.metadata), is_summary=row.is_summary) for row in rows if row.columns]
    )


def _referrer_type(context: Context) -> DataTable:
    asked = context.parameters.get("idSubtable", "")
    if asked:
        return _second_level(context, int(asked)) if asked.isdigit() else DataTable()
    table = context.table("Referrers_type")
    pattern = context.parameters.get("typeReferrer", "")
    rows = []
    for row in table.rows:
        idtype = int(str(row.label)) if str(row.label).isdigit() else 0
        if idtype not in _TYPES or (pattern and not re.search(pattern, str(idtype))):
            continue
        label, segment, _, method = _TYPES[idtype]
        row.columns["label"] = label
        row.metadata = {"segment": f"referrerType=={segment}", "referrer_type": idtype}
        row.idsubtable = idtype if method else None
        if method and context.parameters.get("expanded") == "1":
            row.subtable = _second_level(context, idtype)
        rows.append(row)
    return DataTable(rows, table.metadata)


def _all(context: Context) -> DataTable:
    rows = []
    for idtype, (_, _, _, method) in _TYPES.items():
        if method:
            for row in _second_level(context, idtype):
                row.metadata["referer_type"] = idtype
                rows.append(row)
    return DataTable(rows)


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
    return {
        "segment": f"referrerName=={campaign};referrerType==campaign;referrerKeyword=={urlencode(stored)}"
    }


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
            "segment": f"referrerType=={_TYPES[idtype][1]};referrerName=={urlencode(name)}",
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
    Report(
        method="Referrers.get",
        title="Acquisition overview",
        kind="simple",
        compute=_get,
        processed=_percentages,
        temporary=("nb_visits",),
        parameters=("columns",),
        metrics=(
            *(_from(n) for n in _OVERVIEW),
            *(f"Referrers_distinct{name}" for name in _DISTINCT),
            *(f"{_from(n)}_percent" for n in _PERCENTS),
        ),
    ),
    Report(
        method="Referrers.getReferrerType",
        title="Channel type",
        compute=_referrer_type,
        metrics=VISIT_COLUMNS,
        parameters=("typeReferrer",),
        subtable_sort="label",
        constant_rows=True,
        flattenable=False,
    ),
    Report(
        method="Referrers.getAll",
        title="All channels",
        compute=_all,
        metrics=VISIT_COLUMNS,
        dimensions=("Referrers_Referrer",),
    ),
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
    *(
        number(f"Referrers.getNumberOfDistinct{name}", f"Distinct {words}", f"Referrers_distinct{name}")
        for name, words in (
            ("SearchEngines", "search engines"),
            ("SocialNetworks", "social networks"),
            ("Keywords", "keywords"),
            ("Campaigns", "campaigns"),
            ("Websites", "websites"),
            ("WebsitesUrls", "website pages"),
        )
    ),
)
