"""Actions: pages, titles, entries, exits, downloads, outlinks and site search.

How names become trees of labels: docs/reference/actions.md.
"""

from piwikcli.plugins.action_dimensions import DIMENSIONS
from piwikcli.plugins.action_reports import REPORTS
from piwikcli.plugins.api import ActionRecord, NumericRecord, PageRecord, Plugin, RowCount, literal
from piwikcli.plugins.page_performance import PAGE_MEASURES

PAGE, OUTLINK, DOWNLOAD, TITLE, KEYWORD = 1, 2, 3, 4, 8


def _numeric(name: str, sql: str) -> NumericRecord:
    return NumericRecord(name=f"Actions_{name}", sql=sql, source="pages")


# a download, outlink or content whose URL is none counts as a page without URL
_PAGE_VIEW = "p.kind = 1 OR p.kind IN (2, 3, 13) AND coalesce(p.idaction_url, 0) = 0"

_VISITS_OF_PAGES = (
    "count(*) FILTER (u.kind = 1 AND u.idaction_url > 0) + count(DISTINCT u.idvisit) "
    "FILTER (u.kind IN (1, 2, 3, 13) AND coalesce(u.idaction_url, 0) = 0)"
)

# "unique" counts are visits per action, added up over the actions; downloads and outlinks have no names
RECORDS = (
    PageRecord(
        name="Actions_actions_url",
        column="idaction_url",
        types=(PAGE,),
        tree="url",
        undefined="Page URL not defined",
        conversions="all",
        measures=PAGE_MEASURES,
    ),
    PageRecord(
        name="Actions_actions",
        column="idaction_name",
        types=(TITLE,),
        tree="title",
        undefined=" Page Name not defined",
        conversions="all",
        measures=PAGE_MEASURES,
    ),
    PageRecord(
        name="Actions_downloads",
        column="idaction_url",
        types=(DOWNLOAD,),
        tree="host",
        entries=False,
        exits=False,
    ),
    PageRecord(
        name="Actions_outlink",
        column="idaction_url",
        types=(OUTLINK,),
        tree="host",
        entries=False,
        exits=False,
    ),
    PageRecord(
        name="Actions_sitesearch",
        column="idaction_name",
        types=(KEYWORD,),
        tree="keyword",
        uniques=False,
        entries=False,
        following_search=False,
        no_result=True,
        conversions="entries",
        max_rows="site_search",
        max_subtable_rows=None,
    ),
    ActionRecord(
        name="Actions_SiteSearchCategories",
        path=(literal("a.search_cat"),),
        where="a.kind = 8 AND a.search_cat <> ''",
        max_rows="site_search",
    ),
    _numeric("nb_pageviews", f"sum(p.nb_hits) FILTER ({_PAGE_VIEW})"),
    NumericRecord(name="Actions_nb_uniq_pageviews", sql=_VISITS_OF_PAGES, source="urls"),
    _numeric("nb_downloads", "sum(p.nb_hits) FILTER (p.kind = 3 AND p.idaction_url > 0)"),
    _numeric("nb_uniq_downloads", "count(*) FILTER (p.kind = 3 AND p.idaction_url > 0)"),
    _numeric("nb_outlinks", "sum(p.nb_hits) FILTER (p.kind = 2 AND p.idaction_url > 0)"),
    _numeric("nb_uniq_outlinks", "count(*) FILTER (p.kind = 2 AND p.idaction_url > 0)"),
    _numeric("nb_searches", "sum(p.nb_hits) FILTER (p.kind = 8)"),
    RowCount(name="Actions_nb_keywords", record="Actions_sitesearch"),
)

PLUGIN = Plugin(
    "Actions",
    records=RECORDS,
    reports=REPORTS,
    metrics=tuple(measure.metric for measure in PAGE_MEASURES),
    dimensions=DIMENSIONS,
    described_in="piwikcli.plugins.descriptions.actions",
)
