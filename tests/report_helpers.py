"""Archives made by hand, for tests of what is read from them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib import resources
from typing import Any

import duckdb

from piwikcli.archive.periods import Period
from piwikcli.plugins import report
from piwikcli.report.pipeline import Reports, Selection
from piwikcli.report.requests import ReportRequest
from piwikcli.report.table import DataTable, Result, SimpleTable
from piwikcli.store.sites import Site

DAY = Period.of("day", date(2026, 3, 3))
WEEK = Period.of("week", date(2026, 3, 3))
SITE = Site(idsite=1, name="berlin", urls=("http://www.example.org",), timezone="Europe/Berlin")

Rows = Mapping[tuple[str, ...], Mapping[str, Any]]


class Store:
    """A database in memory with archives of site 1."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        folder = resources.files("piwikcli.store") / "migrations"
        for file in sorted(folder.iterdir(), key=lambda file: file.name):
            if file.name.endswith(".sql"):
                self.connection.execute(file.read_text(encoding="utf-8"))
        self._paths: dict[tuple[str, ...], int] = {}
        self._actions = 0

    def archive(
        self,
        period: Period = DAY,
        *,
        numbers: Mapping[str, float] | None = None,
        tables: Mapping[str, Rows] | None = None,
        segment: str = "",
        state: str = "done",
        idsite: int = 1,
    ) -> int:
        """One build: its numbers, and of each record the rows by path of labels.

        A row's `url` (name, prefix) makes it a page's; its `goals` map idgoal to columns. Returns idarchive.
        """
        found = self.connection.execute("SELECT coalesce(max(idarchive), 0) + 1 FROM archive").fetchone()
        idarchive = int(found[0]) if found else 1
        self.connection.execute(
            "INSERT INTO archive VALUES (?, ?, ?, ?, ?, ?, '', ?, TIMESTAMP '2026-04-01' + to_seconds(?))",
            [idarchive, idsite, period.id, period.date1, period.date2, segment, state, idarchive],
        )
        for name, value in (numbers or {}).items():
            self.connection.execute("INSERT INTO archive_numeric VALUES (?, ?, ?)", [idarchive, name, value])
        for record, rows in (tables or {}).items():
            for path, columns in rows.items():
                self._row(idarchive, record, path, dict(columns))
        return idarchive

    def _row(self, idarchive: int, record: str, path: tuple[str, ...], columns: dict[str, Any]) -> None:
        url = columns.pop("url", None)
        for idgoal, values in columns.pop("goals", {}).items():
            self._insert(
                "archive_goal",
                {"idarchive": idarchive, "record": record, "idpath": self.path(path), "idgoal": idgoal, **values},
            )
        idaction = None
        if url is not None:
            self._actions += 1
            idaction = self._actions
            self.connection.execute(
                "INSERT INTO log_action VALUES (?, ?, 1, ?, TIMESTAMP '2026-03-03')", [idaction, *url]
            )
        key = {"idarchive": idarchive, "record": record, "idpath": self.path(path), "idaction": idaction}
        self._insert("archive_row", {**key, **columns})

    def _insert(self, table: str, values: Mapping[str, Any]) -> None:
        self.connection.execute(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
            [*values.values()],
        )

    def path(self, path: tuple[str, ...]) -> int:
        """The idpath of a path of labels."""
        if path not in self._paths:
            parent = self.path(path[:-1]) if len(path) > 1 else None
            idpath = len(self._paths) + 1
            self._paths[path] = idpath
            ancestors = [self._paths[path[: n + 1]] for n in range(len(path))]
            self.connection.execute(
                "INSERT INTO archive_path VALUES (?, ?, ?, ?, ?, ?)",
                [idpath, parent, len(path), path[-1], list(path), ancestors],
            )
        return self._paths[path]

    def ask(self, method: str, *, period: Period = DAY, **parameters: str) -> Result:
        """The report's result for one period."""
        return self.select(period).answer(ReportRequest.of(report(method), parameters))

    def select(self, *periods: Period, **options: Any) -> Reports:
        return Reports(self.connection, Selection(sites=[SITE], periods=periods, **options))

    def rows(self, method: str, *, period: Period = DAY, **parameters: str) -> list[dict[str, Any]]:
        """A table report as JSON would show it: columns, metadata, subtable."""
        result = self.ask(method, period=period, **parameters)
        assert isinstance(result, DataTable)
        return shown(result)

    def columns(self, method: str, *, period: Period = DAY, **parameters: str) -> dict[str, Any]:
        """The columns of a report that is one row."""
        result = self.ask(method, period=period, **parameters)
        assert isinstance(result, SimpleTable)
        return result.columns


def shown(table: DataTable) -> list[dict[str, Any]]:
    return [
        {
            **row.columns,
            **row.metadata,
            **({"subtable": shown(row.subtable)} if row.subtable is not None else {}),
        }
        for row in table
    ]


def visits(nb_visits: int, **others: Any) -> dict[str, Any]:
    """A day's columns of a visit dimension; every visit is of one action and another visitor."""
    columns = {
        "nb_uniq_visitors": nb_visits,
        "nb_visits": nb_visits,
        "nb_actions": nb_visits,
        "nb_users": 0,
        "max_actions": 1,
        "sum_visit_length": 0,
        "bounce_count": nb_visits,
        "nb_visits_converted": 0,
    }
    return {**columns, **others}
