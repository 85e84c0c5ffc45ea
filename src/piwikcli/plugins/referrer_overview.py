"""The overview reports of Referrers: all channels together. Definitions: docs/reference/referrers.md."""

from __future__ import annotations

import re

from piwikcli.errors import UsageError
from piwikcli.plugins.api import Context, DataTable, Ratio, Report, Row, SimpleTable, number
from piwikcli.plugins.metrics import VISIT_COLUMNS

DIRECT, SEARCH, WEBSITE, CAMPAIGN, SOCIAL, AI_ASSISTANT = 1, 2, 3, 6, 7, 8

TYPES: dict[int, tuple[str, str, str, str]] = {
    # label, segment value, name in the overview, report of its second level
    DIRECT: ("Direct Entry", "direct", "DirectEntry", ""),
    SEARCH: ("Search Engines", "search", "SearchEngines", "Referrers.getKeywords"),
    WEBSITE: ("Websites", "website", "Websites", "Referrers.getWebsites"),
    CAMPAIGN: ("Campaigns", "campaign", "Campaigns", "Referrers.getCampaigns"),
    SOCIAL: ("Social Networks", "social", "SocialNetworks", "Referrers.getSocials"),
    AI_ASSISTANT: ("AI Assistants", "ai_assistant", "AIAssistants", "Referrers.getAIAssistants"),
}


# the overview ---------------------------------------------------------------------------------------------

_OVERVIEW = (SEARCH, SOCIAL, DIRECT, WEBSITE, CAMPAIGN)
_DISTINCT = ("SearchEngines", "SocialNetworks", "Keywords", "Websites", "WebsitesUrls", "Campaigns")
_PERCENTS = (DIRECT, SEARCH, CAMPAIGN, SOCIAL, WEBSITE)


def _from(idtype: int) -> str:
    return f"Referrers_visitorsFrom{TYPES[idtype][2]}"


def _get(context: Context) -> SimpleTable:
    if not context.has_visits:
        return SimpleTable()
    visits = {str(row.label): row.columns.get("nb_visits", 0) for row in context.table("Referrers_type")}
    columns = {_from(idtype): visits.get(str(idtype), 0) for idtype in _OVERVIEW}
    columns.update({f"Referrers_distinct{name}": context.number(f"Referrers_distinct{name}") for name in _DISTINCT})
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
    method = TYPES[idtype][3] if idtype in TYPES else ""
    found = context.report(method) if method else DataTable()
    rows = found.rows if isinstance(found, DataTable) else []
    return DataTable([Row(row.columns, dict(row.metadata), is_summary=row.is_summary) for row in rows if row.columns])


def _referrer_type(context: Context) -> DataTable:
    asked = context.parameters.get("idSubtable", "")
    if asked:
        return _second_level(context, int(asked)) if asked.isdigit() else DataTable()
    table = context.table("Referrers_type")
    pattern = _pattern(context.parameters.get("typeReferrer", ""))
    path = context.parameters.get("label", "").upper()
    nested = context.parameters.get("expanded") == "1" or ">" in path or "%3E" in path
    rows = []
    for row in table.rows:
        idtype = int(str(row.label)) if str(row.label).isdigit() else 0
        if idtype not in TYPES or not pattern.search(str(idtype)):
            continue
        label, segment, _, method = TYPES[idtype]
        row.columns["label"] = label
        row.metadata = {"segment": f"referrerType=={segment}", "referrer_type": idtype}
        row.idsubtable = idtype if method else None
        if method and nested:
            row.subtable = _second_level(context, idtype)
        rows.append(row)
    return DataTable(rows, table.metadata)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise UsageError(f"typeReferrer={text} is not a regular expression: {error}") from error


def _all(context: Context) -> DataTable:
    rows = []
    for idtype, (_, _, _, method) in TYPES.items():
        if method:
            for row in _second_level(context, idtype):
                row.metadata["referer_type"] = idtype
                rows.append(row)
    return DataTable(rows)


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
