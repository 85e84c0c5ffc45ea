"""The reports of Actions, apart from its records. How names become trees: docs/reference/actions.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from piwikcli.plugins.action_lookup import one_download, one_outlink, one_title, one_url
from piwikcli.plugins.api import Context, DataTable, ProcessedMetric, Ratio, Report, Row, simple
from piwikcli.plugins.labels import escaped, plain, urlencode
from piwikcli.plugins.page_goals import with_page_rates
from piwikcli.plugins.page_performance import AVERAGES, PAGE_LOAD_TIME, PAGE_MEASURES, SUMS

TIME_ON_PAGE = Ratio("avg_time_on_page", "sum_time_spent", "nb_hits", 0, "duration")
BOUNCE_RATE = Ratio("bounce_rate", "entry_bounce_count", "entry_nb_visits", 2, "percent")
EXIT_RATE = Ratio("exit_rate", "exit_nb_visits", "nb_visits", 2, "percent")
PAGE_METRICS = (TIME_ON_PAGE, BOUNCE_RATE, EXIT_RATE)
ROOT_METRICS: tuple[Ratio | ProcessedMetric, ...] = (*AVERAGES, PAGE_LOAD_TIME)

UNDEFINED = frozenset({"Page URL not defined", "Page Name not defined"})


def _twice(text: str) -> str:
    # the second time, only what the first wrote is left to encode
    return urlencode(text).replace("%", "%25").replace("+", "%2B")


def url_metadata(leaf: str | None) -> Callable[[Row, str, Context], Mapping[str, str]]:
    """`segment` of pages and of their folders; `leaf` names the pages' segment (None: they have none)."""

    def metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
        folder = row.metadata.get("folder")
        if folder is not None:
            # the site's address, whichever hosts the pages of the folder have
            start = f"{context.site.main_url.rstrip('/')}/{folder}"
            return {"segment": f"pageUrl=^{_twice(start)}"}
        return {"segment": f"{leaf}=={_twice(row.metadata.get('url', ''))}"} if leaf else {}

    return metadata


def title_metadata(leaf: str | None) -> Callable[[Row, str, Context], Mapping[str, str]]:
    """`segment` of page titles."""

    def metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
        title = stored.strip()
        wanted = "" if title in UNDEFINED else _twice(escaped(title))
        return {"segment": f"{leaf}=={wanted}"} if leaf else {}

    return metadata


def _target_metadata(leaf: str) -> Callable[[Row, str, Context], Mapping[str, str]]:
    """`segment` of downloads and outlinks; their hosts have none."""

    def metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
        url = row.metadata.get("url")
        return {"segment": f"{leaf}=={_twice(url)}"} if url else {}

    return metadata


def _value_metadata(name: str) -> Callable[[Row, str, Context], Mapping[str, str]]:
    return lambda row, stored, context: {"segment": f"{name}=={urlencode(plain(stored))}"}


def _only(column: str, *, leaves_of_flat: bool) -> Callable[[DataTable, Context], DataTable]:
    """Only rows that have the column; in a flat table the leaves of a kept folder stay, if so wanted."""

    def keep(table: DataTable) -> DataTable:
        rows = [row for row in table.rows if row.columns.get(column)]
        for row in rows:
            if row.subtable is not None:
                row.subtable = keep(row.subtable)
        return DataTable(rows, table.metadata)

    def rows(table: DataTable, context: Context) -> DataTable:
        if leaves_of_flat and context.parameters.get("flat") == "1":
            return DataTable([row for row in table.rows if row.columns.get(column)], table.metadata)
        return keep(table)

    return rows


def _searched(table: DataTable, context: Context) -> DataTable:
    for row in table.rows:
        row.columns.pop("no_result", None)
    return table


def _without_results(table: DataTable, context: Context) -> DataTable:
    rows = [row for row in table.rows if row.columns.get("no_result") and not row.is_summary]
    return _searched(DataTable(rows, table.metadata), context)


def _without_visitors(table: DataTable, context: Context) -> DataTable:
    for row in table.rows:
        row.columns.pop("nb_uniq_visitors", None)
    return table


def _pages(
    action: str, title: str, leaf: str | None, dimension: str, metrics: tuple[str, ...], **options: object
) -> Report:
    flat_label = "destination" if dimension == "DestinationPage" else "page"
    return _report(
        action,
        title,
        "Actions_actions_url",
        leaf,
        url_metadata,
        dimension,
        metrics,
        flat_label=flat_label,
        **options,
    )


def _titles(
    action: str, title: str, leaf: str | None, dimension: str, metrics: tuple[str, ...], **options: object
) -> Report:
    return _report(
        action,
        title,
        "Actions_actions",
        leaf,
        title_metadata,
        dimension,
        metrics,
        title_labels=True,
        **options,
    )


def _report(
    action: str,
    title: str,
    record: str,
    leaf: str | None,
    metadata: Callable[[str | None], Callable[[Row, str, Context], Mapping[str, str]]],
    dimension: str,
    metrics: tuple[str, ...],
    **options: object,
) -> Report:
    return Report(
        method=f"Actions.{action}",
        title=title,
        metrics=metrics,
        record=record,
        # an option is of any type here; Report checks it
        rows=with_page_rates(options.pop("rows", None), leaves_of_flat=leaf is None),  # type: ignore[arg-type]
        row_by_row=True,
        metadata=metadata(leaf),
        recursive=True,
        processed=PAGE_METRICS,
        temporary=SUMS,
        root_processed=ROOT_METRICS,
        subtable=f"Actions.{action}",
        separator="/",
        label_dimension=f"Actions_{dimension}",
        parameters=("depth",),
        **options,  # type: ignore[arg-type]  # keywords of Report, checked where they are used
    )


_PAGE = ("nb_hits", "nb_visits", "avg_time_on_page", "bounce_rate", "exit_rate")
_ENTRY = ("entry_nb_visits", "entry_bounce_count", "bounce_rate")
_EXIT = ("exit_nb_visits", "nb_visits", "exit_rate")
_FOLLOWING = ("nb_hits_following_search", "nb_hits")
_entries = _only("entry_nb_visits", leaves_of_flat=True)
_exits = _only("exit_nb_visits", leaves_of_flat=True)
_LOAD_TIMES = {measure.metric.name for measure in PAGE_MEASURES}
_following = _only("nb_hits_following_search", leaves_of_flat=False)
_TOTALS = (
    "nb_pageviews",
    "nb_uniq_pageviews",
    "nb_downloads",
    "nb_uniq_downloads",
    "nb_outlinks",
    "nb_uniq_outlinks",
    "nb_searches",
    "nb_keywords",
)


def _targets(action: str, title: str, record: str, leaf: str, dimension: str) -> Report:
    return Report(
        method=f"Actions.{action}",
        title=title,
        record=record,
        metadata=_target_metadata(leaf),
        recursive=True,
        metrics=("nb_visits", "nb_hits"),
        subtable=f"Actions.{action}",
        separator="/",
        label_dimension=f"Actions_{dimension}",
    )


def _single(action: str, title: str, parameter: str, compute: Callable[[Context], DataTable], leaf: str) -> Report:
    pages = parameter in ("pageUrl", "pageName")
    rated = with_page_rates()

    def page(context: Context) -> DataTable:
        # as in Matomo without segment and load times: those are in the reports of all pages
        table = rated(compute(context), context)
        for row in table:
            row.columns = {name: value for name, value in row.columns.items() if name not in _LOAD_TIMES}
        return table

    return Report(
        method=f"Actions.{action}",
        title=title,
        compute=page if pages else compute,
        metadata=None if pages else _target_metadata(leaf),
        metrics=_PAGE if pages else ("nb_visits", "nb_hits"),
        processed=PAGE_METRICS if pages else (),
        parameters=(parameter,),
        needs=(parameter,),
        flattenable=False,
    )


def _searches(action: str, title: str, dimension: str, **options: object) -> Report:
    return Report(
        method=f"Actions.{action}",
        title=title,
        record="Actions_sitesearch",
        metadata=_value_metadata("siteSearchKeyword"),
        metrics=("nb_visits", "nb_pages_per_search", "exit_rate"),
        processed=(Ratio("nb_pages_per_search", "nb_hits", "nb_visits", 1), *PAGE_METRICS),
        dimensions=(f"Actions_{dimension}",),
        **options,  # type: ignore[arg-type]  # keywords of Report, checked where they are used
    )


REPORTS = (
    simple(
        "Actions.get",
        "Actions - Main metrics",
        {f"Actions_{name}": name for name in _TOTALS},
        metrics=_TOTALS,
        parameters=("columns",),
    ),
    _pages("getPageUrls", "Page URLs", "pageUrl", "PageUrl", _PAGE),
    _titles("getPageTitles", "Page titles", "pageTitle", "PageTitle", _PAGE),
    _pages("getEntryPageUrls", "Entry pages", "entryPageUrl", "EntryPageUrl", _ENTRY, rows=_entries),
    _titles("getEntryPageTitles", "Entry page titles", "entryPageTitle", "EntryPageTitle", _ENTRY, rows=_entries),
    _pages("getExitPageUrls", "Exit pages", "exitPageUrl", "ExitPageUrl", _EXIT, rows=_exits),
    _titles("getExitPageTitles", "Exit page titles", "exitPageTitle", "ExitPageTitle", _EXIT, rows=_exits),
    _pages(
        "getPageUrlsFollowingSiteSearch",
        "Pages following a site search",
        None,
        "DestinationPage",
        _FOLLOWING,
        rows=_following,
    ),
    _titles(
        "getPageTitlesFollowingSiteSearch",
        "Page titles following a site search",
        None,
        "DestinationPage",
        _FOLLOWING,
        rows=_following,
    ),
    _single("getPageUrl", "One page", "pageUrl", one_url, "pageUrl"),
    _single("getPageTitle", "One page title", "pageName", one_title, "pageTitle"),
    _single("getDownload", "One download", "downloadUrl", one_download, "downloadUrl"),
    _single("getOutlink", "One outlink", "outlinkUrl", one_outlink, "outlinkUrl"),
    _targets("getDownloads", "Downloads", "Actions_downloads", "downloadUrl", "DownloadUrl"),
    _targets("getOutlinks", "Outlinks", "Actions_outlink", "outlinkUrl", "ClickedUrl"),
    _searches("getSiteSearchKeywords", "Site search keywords", "Keyword", rows=_searched, row_by_row=True),
    _searches(
        "getSiteSearchNoResultKeywords",
        "Search keywords with no results",
        "KeywordwithNoSearchResult",
        rows=_without_results,
    ),
    Report(
        method="Actions.getSiteSearchCategories",
        title="Site search categories",
        record="Actions_SiteSearchCategories",
        rows=_without_visitors,
        metadata=_value_metadata("siteSearchCategory"),
        metrics=("nb_visits", "nb_pages_per_search"),
        processed=(Ratio("nb_pages_per_search", "nb_actions", "nb_visits", 1),),
        dimensions=("Actions_SearchCategory",),
    ),
)
