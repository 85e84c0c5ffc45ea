"""What the real Matomo answered, for tests that compare with it; skipped where its answers are not at hand."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from piwikcli.plugins import report
from piwikcli.report.pipeline import Reports
from piwikcli.report.reading import Reading
from piwikcli.report.render import render
from piwikcli.report.requests import ReportRequest
from piwikcli.report.selection import Selection, periods_of, sites_of
from piwikcli.settings import Settings
from piwikcli.store import Database

ROOT = next(
    (one / "shared" / "oracle" for one in Path(__file__).resolve().parents if (one / "shared" / "oracle").is_dir()),
    None,
)
needs_oracle = pytest.mark.skipif(ROOT is None, reason="needs the recorded answers of a real Matomo")

MATOMO = {
    "referrers.ai_assistants": "false",
    "archiving.unique_visitors": "day,week,month",
    "archiving.maximum_rows.actions": "500",
    "archiving.maximum_rows.actions_subtable": "100",
    "archiving.maximum_rows.referrers": "1000",
    "archiving.maximum_rows.referrers_subtable": "50",
    "archiving.maximum_rows.site_search": "500",
    "archiving.maximum_rows.events": "500",
    "archiving.maximum_rows.events_subtable": "500",
    "archiving.maximum_rows.custom_dimensions": "1000",
    "archiving.maximum_rows.custom_dimensions_subtable": "1000",
    "archiving.maximum_rows.products": "10000",
    "archiving.maximum_rows.standard": "500",
}
"""Where our defaults differ from those of the Matomo that answered."""
_OPTIONS = {
    "site": {
        "name": "--name",
        "urls": "--url",
        "timezone": "--timezone",
        "currency": "--currency",
        "ecommerce": "--ecommerce",
    },
    "goals": {
        "name": "--name",
        "match": "--match",
        "pattern": "--pattern",
        "pattern_type": "--pattern-type",
        "case_sensitive": "--case-sensitive",
        "revenue": "--revenue",
        "allow_multiple": "--allow-multiple",
        "event_value_as_revenue": "--event-value-as-revenue",
    },
    "dimensions": {"name": "--name", "scope": "--scope", "extract": "--extract"},
}


class Case:
    """A recorded case, imported into a database of its own."""

    def __init__(self, name: str, folder: Path) -> None:
        assert ROOT is not None
        self.folder = ROOT / name
        self.described: dict[str, Any] = json.loads((self.folder / "case.json").read_text())
        ranges = sorted((self.folder / "expected" / "range").glob("*.json*"))
        whole = self.described.get("extra_range") or (ranges[0].name.partition(".")[0] if ranges else "")
        self.period = whole.replace("_", ",")
        config = folder / "piwik.toml"
        config.write_text("".join(f'"{name}" = "{value}"\n' for name, value in MATOMO.items()))
        self.database = Database(folder / "p.duckdb")
        self.settings = Settings.load({**MATOMO, "db": str(folder / "p.duckdb")}, environment={})
        if not (folder / "p.duckdb").exists():
            self._import(folder)

    def _import(self, folder: Path) -> None:
        case = self.described
        kind = "import-logs" if case["kind"] == "log" else "import-requests"
        commands = [["sites", "add", *_options(case["site"], _OPTIONS["site"])]]
        for what in ("goals", "dimensions"):
            commands += [[what, "add", "--idsite", "1", *_options(one, _OPTIONS[what])] for one in case.get(what, [])]
        inputs = [str(self.folder / name) for name in case["inputs"]]
        commands += [[kind, "--idsite", "1", *case.get("flags", []), *inputs]]
        environment = {
            **os.environ,
            "PIWIK_DB": str(folder / "p.duckdb"),
            "PIWIK_REFERRERS_AI_ASSISTANTS": "false",
            "XDG_CONFIG_HOME": str(folder),
            "XDG_DATA_HOME": str(folder),
        }
        for command in commands:
            done = subprocess.run(
                [sys.executable, "-m", "piwikcli", *command],
                env=environment,
                cwd=folder,
                capture_output=True,
                text=True,
            )
            assert done.returncode in (0, 3, 5), done.stderr

    def answers(self, name: str) -> Any:
        """One file of `extra/`."""
        with gzip.open(self.folder / "extra" / f"{name}.json.gz", "rt") as file:
            return json.load(file)

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        with Reading(self.database, self.settings) as reading:
            yield reading

    def ask(self, method: str, *, period: str = "range", date: str | None = None, **parameters: str) -> Any:
        """The JSON answer, read back. Errors are answers too: `{"result": "error", ...}` is not one of ours."""
        return json.loads(self.written(method, "json", period=period, date=date, **parameters))

    def written(
        self, method: str, format: str, *, period: str = "range", date: str | None = None, **parameters: str
    ) -> bytes:
        """The answer in a format."""
        request = ReportRequest.of(report(method), parameters)
        with self.reading() as reading:
            sites, by_site = sites_of(reading.connection, "1")
            periods, by_date = periods_of(period, date or self.period, sites)
            selection = Selection(
                sites=sites,
                periods=periods,
                by_site=by_site,
                by_date=by_date,
                unique_visitors=frozenset(self.settings.words("archiving.unique_visitors")),
            )
            if request.report.archived:
                reading.ensure(selection)
            answer = Reports(reading, selection).answer(request)
        return render(answer, format, method=method)


def _options(described: dict[str, Any], options: dict[str, str]) -> list[str]:
    found: list[str] = []
    for name, option in options.items():
        value = described.get(name)
        if value is True:
            found.append(option)
        elif value not in (None, "", [], False):
            for one in value if isinstance(value, list) else [value]:
                found += [option, str(one)]
    return found


def same(value: Any) -> Any:
    """A value in the form in which it is compared: numbers as numbers, nothing as 0, lists and dicts inside too."""
    if value is None or value is False or value == "":
        return 0
    if isinstance(value, dict):
        return {str(name): same(one) for name, one in value.items()}
    if isinstance(value, list):
        return [same(one) for one in value]
    if isinstance(value, str):
        try:
            return round(float(value), 4)
        except ValueError:
            return value.replace("\N{NO-BREAK SPACE}", " ").replace("\N{THIN SPACE}", " ")
    return round(float(value), 4)


def differences(expected: Any, got: Any, *, ignoring: frozenset[str] = frozenset(), at: str = "") -> list[str]:
    """Where two answers differ, one line each; a key that one side lacks is a difference unless it is 0."""
    if isinstance(expected, dict) and isinstance(got, dict):
        found = []
        for name in (*expected, *(name for name in got if name not in expected)):
            if name not in ignoring:
                found += differences(expected.get(name), got.get(name), ignoring=ignoring, at=f"{at}/{name}")
        return found
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        found = []
        for index, (one, other) in enumerate(zip(expected, got, strict=True)):
            found += differences(one, other, ignoring=ignoring, at=f"{at}[{index}]")
        return found
    if (expected in ([], {}, None) or same(expected) == 0) and (got in ([], {}, None) or same(got) == 0):
        return []
    return [] if same(expected) == same(got) else [f"{at}: Matomo {str(expected)[:200]!r}, here {str(got)[:200]!r}"]
