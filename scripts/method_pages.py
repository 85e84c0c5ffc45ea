#!/usr/bin/env python3
"""Write docs/reference/methods/*.md: every report method with its parameters, its columns and an example.

python scripts/method_pages.py

The examples are made from sample_logs/access.log: one site, one goal, one week.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from piwikcli.errors import UsageError
from piwikcli.ingest.importer import Importer, ImportOptions
from piwikcli.ingest.rules import Rules
from piwikcli.ingest.sitebook import SiteOptions
from piwikcli.plugins import described, reports
from piwikcli.plugins.api import Answer, DataTable, Description, Document, Number, Report, SimpleTable
from piwikcli.plugins.descriptions.columns import column_name, column_text
from piwikcli.report.pipeline import Reports
from piwikcli.report.reading import Reading
from piwikcli.report.render import RenderOptions, render
from piwikcli.report.requests import ReportRequest
from piwikcli.report.selection import Selection, periods_of, sites_of
from piwikcli.settings import Settings
from piwikcli.store import Database, goals, sites

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "reference" / "methods"
LOG = ROOT / "sample_logs" / "access.log"
PERIOD, DATE = "week", "2025-04-28"
ROWS, LINES, WIDTH = 3, 14, 110
INDEX = ROOT / "docs" / "index.md"
START, INDEX_WIDTH = "- Every report method with its columns and an example:", 118

HEAD = """# {module}

{about}

Examples are of [sample_logs/access.log](../../../sample_logs/README.md), imported into a site with one goal.
This page is made by `scripts/method_pages.py`.
[All reports](../reports.md) · [metrics](../metrics.md) · [formats and filters](../formats.md)
"""
ABOUT = {
    "VisitsSummary": "The site's visits as a whole.",
    "Actions": "Pages, titles, downloads, outlinks, site search. [How names become labels](../actions.md).",
    "Referrers": "Where visits came from. [How a referrer is recognised](../referrers.md).",
    "DevicesDetection": "With which devices and software. [Devices](../devices.md).",
    "UserCountry": "Places. [How to get them](../../how-to/geoip.md).",
    "UserLanguage": "Browser languages.",
    "UserId": "People with a user id.",
    "VisitTime": "When.",
    "VisitorInterest": "How long, how much, how often.",
    "VisitFrequency": "New and returning visitors.",
    "Resolution": "Screens.",
    "DevicePlugins": "Browser plugins.",
    "Goals": "Goals, orders, carts, products. [Goals and ecommerce](../goals.md).",
    "Events": "Events that pages report.",
    "Contents": "Contents shown and used.",
    "CustomDimensions": "Values of the site's own dimensions.",
    "CustomVariables": "Names and values of custom variables.",
    "PagePerformance": "How long pages take to load.",
    "Live": "Single visits and visitors. [Their fields](../live.md).",
    "Transitions": "What came before and after a page. [Definitions](../live.md#transitions).",
    "MultiSites": "All sites beside each other.",
    "SitesManager": "Sites and their settings.",
    "SegmentEditor": "Stored segments.",
    "API": "Reports about reports.",
}
# what a method is asked about in its example
PARAMETERS = {
    "Actions.getPageUrl": {"pageUrl": "https://www.example.org/shop/"},
    "Transitions.getTransitionsForPageUrl": {"pageUrl": "https://www.example.org/shop/"},
    "Transitions.getTransitionsForAction": {"actionName": "https://www.example.org/shop/"},
    "API.getMetadata": {"apiModule": "Referrers", "apiAction": "getKeywords", "hideMetricsDoc": "1"},
    "API.getProcessedReport": {
        "apiModule": "Referrers",
        "apiAction": "getSocials",
        "filter_limit": "1",
        "showTimer": "0",
    },
    "API.getRowEvolution": {"apiModule": "Referrers", "apiAction": "getReferrerType", "label": "Direct Entry"},
    "API.getBulkRequest": {"urls[]": f"method=VisitsSummary.getVisits&period={PERIOD}&date={DATE}"},
    "API.isPluginActivated": {"pluginName": "Actions"},
    "API.getSuggestedValuesForSegment": {"segmentName": "referrerType"},
    "SitesManager.getSitesIdFromSiteUrl": {"url": "https://www.example.org"},
    "Goals.getGoal": {"idGoal": "1"},
    "Live.getCounters": {"lastMinutes": "30"},
    "Live.getLastVisitsDetails": {
        "filter_limit": "1",
        "showColumns": "lastActionDateTime,visitIp,actions,referrerName,browser,country",
    },
}
DATES = {"API.getRowEvolution": ("day", "2025-04-28,2025-04-30")}
# of now, or of this release
WITHOUT_EXAMPLE = {
    "API.getMatomoVersion",
    "API.getPiwikVersion",
    "Live.getMostRecentVisitorId",
    "Live.getVisitorProfile",
    "Live.getFirstVisitForVisitorId",
    "SitesManager.getAllSites",
    "SitesManager.getSiteFromId",
    "SitesManager.getSitesWithAtLeastViewAccess",
    "SitesManager.getPatternMatchSites",
    # as long as the world
    "SitesManager.getCurrencyList",
    "SitesManager.getTimezonesList",
    "UserCountry.getCountryCodeMapping",
}
_SELECTED = ("idSubtable",)


def pages() -> dict[str, str]:
    """Module -> its page."""
    with tempfile.TemporaryDirectory() as folder:
        database = _database(Path(folder))
        modules: dict[str, list[Report]] = {}
        for one in reports().values():
            modules.setdefault(one.module, []).append(one)
        with Reading(database, Settings.load(environment={}, directory=Path(folder))) as reading:
            examples = Examples(reading)
            return {
                module: "\n".join(_page(module, methods, examples)).rstrip() + "\n"
                for module, methods in modules.items()
            }


def _database(folder: Path) -> Database:
    database = Database.at(folder / "p.duckdb")
    with database.write() as connection:
        # ids are made with it
        connection.execute("UPDATE option SET value = 'sample' WHERE name = 'visitors.secret'")
        sites.add(
            connection, name="Example", urls=["https://www.example.org"], timezone="Europe/Berlin", currency="EUR"
        )
        goals.add(
            connection, 1, name="Shop", match_attribute="url", pattern="/shop/", pattern_type="contains", revenue=2.0
        )
    Importer(database, ImportOptions(rules=Rules(), sites=SiteOptions(1))).run([str(LOG)])
    return database


def index(text: str, modules: Iterable[str]) -> str:
    """docs/index.md with a link to every page."""
    line = START
    lines = []
    for number, module in enumerate(modules):
        link = f"[{module}](reference/methods/{module}.md)"
        if number and len(f"{line} · {link} ·") > INDEX_WIDTH:
            lines.append(f"{line} ·")
            line = f"  {link}"
        else:
            line += f" · {link}" if number else f" {link}"
    block = "\n".join([*lines, line])
    return re.sub(rf"^{re.escape(START)}.*?\n(?=- |\n|#)", lambda _: f"{block}\n", text, flags=re.M | re.S)


class Examples:
    """Answers for one week of the sample."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def answer(self, method: str, parameters: dict[str, str]) -> Answer:
        one = reports()[method]
        request = ReportRequest.of(one, parameters)
        request.require_needs()
        site, _ = sites_of(self._reading.connection, "1")
        period, date = DATES.get(method, (PERIOD, DATE))
        periods, by_date = periods_of(period, date, site)
        selection = Selection(sites=site, periods=periods, by_date=by_date)
        if one.archived:
            self._reading.ensure(selection)
        return Reports(self._reading, selection).answer(request)

    def parameters(self, one: Report) -> dict[str, str] | None:
        """What the example asks; None where the sample has nothing to ask about."""
        found = dict(PARAMETERS.get(one.method, {}))
        if one.method == "Actions.getDownload":
            table = self.answer("Actions.getDownloads", {"flat": "1", "filter_limit": "1"})
            assert isinstance(table, DataTable)
            found = {"downloadUrl": table.rows[0].metadata["url"]}
        if "idSubtable" in one.needs:
            parent = next((r for r in reports().values() if r.subtable == one.method), None)
            table = None if parent is None or parent.needs else self.answer(parent.method, {})
            rows = table.rows if isinstance(table, DataTable) else []
            ids = [row.idsubtable for row in rows if row.idsubtable is not None]
            if not ids:
                return None
            found["idSubtable"] = str(ids[0])
        return (
            found
            if all(name.removesuffix("[]") in {n.removesuffix("[]") for n in found} for name in one.needs)
            else None
        )


def _page(module: str, methods: list[Report], examples: Examples) -> Iterator[str]:
    yield HEAD.format(module=module, about=ABOUT.get(module, f"Reports of the plugin {module}."))
    for one in methods:
        yield from _entry(one, described().get(one.method), examples)


def _entry(one: Report, description: Description | None, examples: Examples) -> Iterator[str]:
    yield f"## {one.method}\n"
    yield (description.text if description else f"{one.title}.") + "\n"
    own = [f"`{name}`{' (needed)' if name in one.needs else ''}" for name in one.parameters]
    if own:
        yield f"Parameters of its own: {', '.join(own)}.\n"
    if one.subtable and one.subtable != one.method:
        yield f"Rows below a row: `{one.subtable}` with `idSubtable`.\n"
    parameters = examples.parameters(one)
    answer = None
    if parameters is not None:
        try:
            answer = examples.answer(one.method, parameters)
        except UsageError:
            answer = None
    if one.kind != "document":
        yield from _columns(one, description, answer)
    if one.method in WITHOUT_EXAMPLE:
        return
    if answer is None or _is_empty(answer):
        yield "The sample has nothing to show here.\n"
        return
    yield from _example(one, description, parameters or {}, answer)


def _columns(one: Report, description: Description | None, answer: Answer | None) -> Iterator[str]:
    names: dict[str, str] = {}
    if one.kind == "number":
        return
    if description:
        names |= description.metrics | description.processed
    names = {name: title for name, title in names.items() if name != "label"}
    rows = [row.columns for row in answer.rows] if isinstance(answer, DataTable) else []
    rows += [answer.columns] if isinstance(answer, SimpleTable) else []
    for columns in rows:
        for name in columns:
            names.setdefault(name, column_name(name))
    if description and description.dimension:
        names = {"label": description.dimension, **{name: title for name, title in names.items() if name != "label"}}
    yield "| column | called | counts |\n|---|---|---|"
    for name, title in names.items():
        yield f"| `{name}` | {title} | {column_text(name)} |"
    yield ""


def _is_empty(answer: Answer) -> bool:
    if isinstance(answer, DataTable):
        return not answer.rows
    if isinstance(answer, SimpleTable):
        return not answer.columns
    return isinstance(answer, Document) and answer.value in ([], {}, None)


def _example(
    one: Report, description: Description | None, parameters: dict[str, str], answer: Answer
) -> Iterator[str]:
    period, date = DATES.get(one.method, (PERIOD, DATE))
    words = [f"piwik report {one.method}"]
    if one.dated:
        words.append(f"--period {period} --date {date}")
    for name, value in parameters.items():
        text = f"{name}={value}"
        quoted = f"'{text}'" if any(char in text for char in "[]&? ") else text
        words.append(f"--idsubtable {value}" if name == "idSubtable" else f"--param {quoted}")
    if one.kind == "document":
        words.append("--format json")
        text = json.dumps(json.loads(render(answer, "json")), indent=2, ensure_ascii=False)
    elif isinstance(answer, Number):
        text = render(answer, "csv").decode()
    else:
        shown = _shown(one, description, answer)
        if isinstance(answer, DataTable):
            words.append(f"--filter-limit {ROWS} --show-columns {','.join(shown)}")
            answer = DataTable([_cut(row, shown) for row in answer.rows[:ROWS]])
        text = render(answer, "table", options=RenderOptions(width=WIDTH)).decode()
    lines = text.rstrip("\n").split("\n")
    if len(lines) > LINES:
        lines = [*lines[:LINES], "..."]
    yield "```console"
    yield f"$ {' '.join(words)}"
    yield from (line.rstrip() for line in lines)
    yield "```\n"


def _shown(one: Report, description: Description | None, answer: Answer) -> list[str]:
    """The columns that the report is about, as far as the sample has them."""
    wanted = [*description.metrics, *description.processed] if description else list(one.metrics)
    rows = answer.rows if isinstance(answer, DataTable) else []
    there = {name for row in rows for name in row.columns}
    return [name for name in dict.fromkeys(wanted) if name in there and name != "label"]


def _cut(row: Any, shown: list[str]) -> Any:
    from dataclasses import replace

    columns = {name: row.columns[name] for name in ("label", *shown) if name in row.columns}
    return replace(row, columns=columns, metadata={}, subtable=None, idsubtable=None)


if __name__ == "__main__":
    PAGES.mkdir(parents=True, exist_ok=True)
    made = pages()
    for old in PAGES.glob("*.md"):
        if old.stem not in made:
            old.unlink()
    for module, text in made.items():
        (PAGES / f"{module}.md").write_text(text, encoding="utf-8")
        print(PAGES / f"{module}.md")
    INDEX.write_text(index(INDEX.read_text(encoding="utf-8"), made), encoding="utf-8")
