"""Referrers: where visits came from. Definitions: docs/reference/referrers.md."""

from piwikcli.plugins.api import Plugin, RowCount, VisitRecord
from piwikcli.plugins.referrer_reports import REPORTS

DIRECT, SEARCH, WEBSITE, CAMPAIGN, SOCIAL, AI_ASSISTANT = 1, 2, 3, 6, 7, 8


def _record(name: str, path: str, where: str = "true") -> VisitRecord:
    # one group is one (type, name, keyword, URL): a row of `referrer`
    return VisitRecord(
        name=f"Referrers_{name}",
        table="referrer",
        path=path,
        where=where,
        key=("v.idreferrer",),
        max_rows="referrers",
        max_subtable_rows="referrers_subtable",
    )


RECORDS = (
    _record("type", "[r.type::VARCHAR]"),
    _record("keywordBySearchEngine", "[coalesce(r.keyword, ''), coalesce(r.name, '')]", "r.type = 2"),
    _record("searchEngineByKeyword", "[coalesce(r.name, ''), coalesce(r.keyword, '')]", "r.type = 2"),
    _record(
        "keywordByCampaign",
        "CASE WHEN coalesce(r.keyword, '') = '' THEN [coalesce(r.name, '')] ELSE [coalesce(r.name, ''), r.keyword] END",
        "r.type = 6",
    ),
    _record("urlByWebsite", "[coalesce(r.name, ''), r.url]", "r.type = 3"),
    _record("urlBySocialNetwork", "[coalesce(r.name, ''), r.url]", "r.type = 7"),
    _record("urlByAIAssistant", "[coalesce(r.name, ''), r.url]", "r.type = 8"),
    RowCount(name="Referrers_distinctSearchEngines", record="Referrers_searchEngineByKeyword"),
    RowCount(name="Referrers_distinctKeywords", record="Referrers_keywordBySearchEngine"),
    RowCount(name="Referrers_distinctCampaigns", record="Referrers_keywordByCampaign"),
    RowCount(name="Referrers_distinctWebsites", record="Referrers_urlByWebsite"),
    RowCount(name="Referrers_distinctWebsitesUrls", record="Referrers_urlByWebsite", rows="below"),
    RowCount(name="Referrers_distinctSocialNetworks", record="Referrers_urlBySocialNetwork"),
    RowCount(name="Referrers_distinctAIAssistants", record="Referrers_urlByAIAssistant"),
)

PLUGIN = Plugin("Referrers", records=RECORDS, reports=REPORTS)
