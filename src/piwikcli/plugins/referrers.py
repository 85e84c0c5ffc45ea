"""Referrers: where visits came from. Definitions: docs/reference/referrers.md."""

from piwikcli.errors import UsageError
from piwikcli.plugins.api import Dimension, Plugin, RowCount, Task, VisitRecord
from piwikcli.plugins.referrer_overview import REPORTS as OVERVIEW
from piwikcli.plugins.referrer_overview import TYPES
from piwikcli.plugins.referrer_reports import REPORTS

DIRECT, SEARCH, WEBSITE, CAMPAIGN, SOCIAL, AI_ASSISTANT = 1, 2, 3, 6, 7, 8


def _record(name: str, where: str, *path: str, conversions: tuple[str, ...] = ()) -> VisitRecord:
    # one group is one (type, name, keyword, URL): a row of `referrer`
    return VisitRecord(
        name=f"Referrers_{name}",
        table="referrer",
        path=path,
        where=where,
        key=("v.idreferrer",),
        conversions=conversions,
        conversion_key=("r.type", "r.name", "r.keyword"),
        max_rows="referrers",
        max_subtable_rows="referrers_subtable",
    )


_NAME, _KEYWORD = "coalesce(r.name, '')", "coalesce(r.keyword, '')"
_CAMPAIGN = (_NAME, "nullif(r.keyword, '')")

RECORDS = (
    _record("type", "true", "r.type::VARCHAR", conversions=("r.type::VARCHAR",)),
    _record("keywordBySearchEngine", f"r.type = {SEARCH}", _KEYWORD, _NAME, conversions=(_KEYWORD,)),
    _record("searchEngineByKeyword", f"r.type = {SEARCH}", _NAME, _KEYWORD, conversions=(_NAME,)),
    # a campaign without keyword has no row below
    _record("keywordByCampaign", f"r.type = {CAMPAIGN}", *_CAMPAIGN, conversions=_CAMPAIGN),
    _record("urlByWebsite", f"r.type = {WEBSITE}", _NAME, "r.url", conversions=(_NAME,)),
    _record("urlBySocialNetwork", f"r.type = {SOCIAL}", _NAME, "r.url", conversions=(_NAME,)),
    _record("urlByAIAssistant", f"r.type = {AI_ASSISTANT}", _NAME, "r.url", conversions=(_NAME,)),
    RowCount(name="Referrers_distinctSearchEngines", record="Referrers_searchEngineByKeyword"),
    RowCount(name="Referrers_distinctKeywords", record="Referrers_keywordBySearchEngine"),
    RowCount(name="Referrers_distinctCampaigns", record="Referrers_keywordByCampaign"),
    RowCount(name="Referrers_distinctWebsites", record="Referrers_urlByWebsite"),
    RowCount(name="Referrers_distinctWebsitesUrls", record="Referrers_urlByWebsite", rows="below"),
    RowCount(name="Referrers_distinctSocialNetworks", record="Referrers_urlBySocialNetwork"),
    RowCount(name="Referrers_distinctAIAssistants", record="Referrers_urlByAIAssistant"),
)

_BY_NAME = {name: number for number, (_, name, _, _) in TYPES.items()}


def _type(text: str) -> int:
    name = text.strip().lower()
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name.isdigit() and int(name) in TYPES:
        return int(name)
    raise UsageError(f"Referrer type '{text}' is not valid. There are: {', '.join(_BY_NAME)}")


DIMENSIONS = (
    Dimension(
        segment="referrerType",
        title="Kind of referrer",
        sql="r.type",
        table="referrer",
        type="number",
        value=_type,
        values=", ".join(_BY_NAME),
        aliases=("refererType",),
    ),
    Dimension(
        segment="referrerName",
        title="Search engine, website, campaign or social network",
        sql="r.name",
        table="referrer",
        aliases=("refererName",),
    ),
    Dimension(
        segment="referrerKeyword",
        title="Keyword of a search engine or campaign",
        sql="r.keyword",
        table="referrer",
        aliases=("refererKeyword",),
    ),
    Dimension(segment="referrerUrl", title="Referring URL", sql="r.url", table="referrer", aliases=("refererUrl",)),
)

TASKS = tuple(
    Task(
        name=f"Referrers.update{name}",
        schedule="weekly",
        run=f"piwikcli.archive.tasks.lists:{setting}",
        settings=(f"lists.{setting}",),
        help=f"Fetch the list of {what} (lists.{setting}).",
    )
    for name, setting, what in (
        ("SearchEngines", "search_engines", "search engines"),
        ("Socials", "socials", "social networks"),
        ("AIAssistants", "ai_assistants", "AI assistants"),
    )
)

PLUGIN = Plugin(
    "Referrers",
    tasks=TASKS,
    records=RECORDS,
    reports=OVERVIEW + REPORTS,
    dimensions=DIMENSIONS,
    described_in="piwikcli.plugins.descriptions.referrers",
)
