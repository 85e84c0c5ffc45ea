"""What a log line becomes: its fields, why it is dropped or the request and visit that it makes.

The line is imported as any other, in a transaction that is rolled back. See docs/how-to/explain.md.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from piwikcli.ingest.parse import parse
from piwikcli.ingest.parsing.hits import Parsed
from piwikcli.ingest.prepare import ImportOptions, make_enricher
from piwikcli.ingest.rules import REASONS
from piwikcli.ingest.stream import Chunk
from piwikcli.ingest.tracking.logs import LogImporter
from piwikcli.store import Connection, Database

_KINDS = {1: "page view", 2: "outlink", 3: "download", 8: "site search"}
_REFERRERS = {1: "direct", 2: "search engine", 3: "website", 6: "campaign", 7: "social network", 8: "AI assistant"}
_OF_VISITS = (
    *("VisitsSummary.get", "VisitTime.getVisitInformationPerServerTime", "DevicesDetection.getType"),
    *("DevicesDetection.getBrowsers", "DevicesDetection.getOsFamilies", "UserCountry.getCountry"),
    "Referrers.getReferrerType",
)
_OF_KIND = {
    1: ("Actions.getPageUrls",),
    2: ("Actions.getOutlinks",),
    3: ("Actions.getDownloads",),
    8: ("Actions.getSiteSearchKeywords",),
}
_OF_REFERRER = {
    2: ("Referrers.getSearchEngines", "Referrers.getKeywords"),
    3: ("Referrers.getWebsites",),
    6: ("Referrers.getCampaigns",),
    7: ("Referrers.getSocials",),
    8: ("Referrers.getAIAssistants",),
}


@dataclass(slots=True)
class Explained:
    """One line. `fate` is imported, or the reason for which it is dropped or rejected."""

    line: int
    content: str
    log_format: str
    outcome: str
    """imported, dropped, rejected"""
    reason: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    request: dict[str, Any] = field(default_factory=dict)
    visit: dict[str, Any] = field(default_factory=dict)
    reports: list[str] = field(default_factory=list)


class Explainer(LogImporter):
    """Imports lines into a database that does not keep them. `options` must be those of a dry run."""

    def __init__(self, database: Database, options: ImportOptions) -> None:
        if not options.dry_run:
            raise ValueError("explaining is a dry run")
        super().__init__(database, options)

    def explain(self, text: bytes) -> list[Explained]:
        """What the text's lines become; raises InputError where they are in no known format."""
        text = text if text.endswith(b"\n") else text + b"\n"
        options = self._options
        with tempfile.TemporaryDirectory(prefix="piwik-") as folder, self._rehearsing():
            log_format = options.choice.find("the line", text)
            chunk, limit = Chunk(0, text, len(text)), options.max_line_bytes
            reading = replace(options.reading, everything=True)
            parsed = parse(chunk, log_format, reading, first_line=1, now=int(time.time()), max_line=limit)
            path = Path(folder) / "line"
            path.write_bytes(text)
            with self._transaction() as connection:
                self._begin(connection)
            self._import(str(path))
            with self._transaction() as connection:
                found = self._explained(connection, text, parsed, log_format.name)
        return found

    def _target(self, idsite: int | None) -> str:
        """One of its own, so that a line that was imported before is explained all the same."""
        return f"explain;{super()._target(idsite)}"

    def _explained(self, connection: Connection, text: bytes, parsed: Parsed, log_format: str) -> list[Explained]:
        contents = text.decode(self._options.reading.encoding, "replace").splitlines()
        found = [Explained(r.line, contents[r.line - 1], log_format, "rejected", r.reason) for r in parsed.rejects]
        enricher = make_enricher(self._options)
        enricher.use(self._book)
        fates = enricher(parsed.hits).fate.tolist()
        for hit, fate in zip(parsed.hits.to_pylist(), fates, strict=True):
            line = Explained(hit["line"], contents[hit["line"] - 1], log_format, "dropped", REASONS[fate])
            line.fields = _readable(hit)
            if fate == 0:
                line.outcome = "imported"
                _add_request(connection, line, hit["offset"])
            found.append(line)
        return sorted(found, key=lambda one: one.line)


def _readable(hit: dict[str, Any]) -> dict[str, Any]:
    """A hit's fields that the line has."""
    hit = {name: value for name, value in hit.items() if name not in ("line", "offset") and value not in (b"", -1)}
    hit["time"] = f"{datetime.fromtimestamp(hit['time'], UTC):%Y-%m-%d %H:%M:%S} UTC"
    return {
        name: value.decode("utf-8", "replace") if isinstance(value, bytes) else value for name, value in hit.items()
    }


_REQUEST = """
SELECT a.idvisit, a.idsite, s.name AS site, a.day, a.hour, a.kind, u.name AS url, t.name AS title, v.referer_type,
       v.referer_name, v.referer_keyword, v.location_country, v.config_browser_name, v.config_browser_version,
       v.config_os, v.user_id, a.pageview_position, v.visit_first_action_time, v.visit_last_action_time,
       v.visit_total_actions
FROM request q
JOIN log_link_visit_action a ON a.idlink_va = q.idrequest
JOIN log_visit v ON v.idvisit = a.idvisit
JOIN site s ON s.idsite = a.idsite
LEFT JOIN log_action u ON u.idaction = a.idaction_url
LEFT JOIN log_action t ON t.idaction = a.idaction_name
WHERE q.idsource = (SELECT max(idsource) FROM source) AND q.byte_offset = ?
"""


def _add_request(connection: Connection, line: Explained, offset: int) -> None:
    result = connection.execute(_REQUEST, [offset])
    names = [column[0] for column in result.description or ()]
    row = result.fetchone()
    if row is None:
        return
    found = dict(zip(names, row, strict=True))
    kind, referrer = found["kind"], found["referer_type"]
    browser = " ".join(filter(None, (found["config_browser_name"], found["config_browser_version"])))
    line.request = _without_none(
        {
            "kind": _KINDS.get(kind, str(kind)),
            "site": f"{found['idsite']} ({found['site']})",
            "day": f"{found['day']}",
            "hour": found["hour"],
            "url": found["url"],
            "title": found["title"],
        }
    )
    line.visit = _without_none(
        {
            "idvisit": found["idvisit"],
            "first_action": f"{found['visit_first_action_time']} UTC",
            "last_action": f"{found['visit_last_action_time']} UTC",
            "actions": found["visit_total_actions"],
            "referrer": " ".join(
                filter(None, (_REFERRERS.get(referrer), found["referer_name"], found["referer_keyword"]))
            ),
            "country": found["location_country"],
            "browser": browser,
            "os": found["config_os"],
            "user_id": found["user_id"],
        }
    )
    titled = ("Actions.getPageTitles",) if found["title"] and kind == 1 else ()
    users = ("UserId.getUsers",) if found["user_id"] else ()
    line.reports = [*_OF_KIND.get(kind, ()), *titled, *_OF_VISITS, *_OF_REFERRER.get(referrer, ()), *users]


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}
