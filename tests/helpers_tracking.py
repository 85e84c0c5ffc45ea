"""Log tables as tracking requests fill them, row by row, for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from helpers_import import archive_all, new_database, settings_with
from piwikcli.archive.periods import Period
from piwikcli.plugins import report
from piwikcli.report.pipeline import Reports
from piwikcli.report.requests import ReportRequest
from piwikcli.report.selection import Selection
from piwikcli.report.table import DataTable, Number, SimpleTable
from piwikcli.store import Database, sites
from report_helpers import shown

PAGE, OUTLINK, DOWNLOAD, TITLE, SKU, PRODUCT, CATEGORY, SEARCH = range(1, 9)
EVENT_CATEGORY, EVENT_ACTION, EVENT_NAME, CONTENT, PIECE = range(10, 15)
ORDER, CART = 0, -1


class Log:
    """The log tables of site 1, in UTC. Times are `HH:MM:SS` of 2026-03-02 (a Monday), or with a date before."""

    def __init__(self, folder: Path, **site: Any) -> None:
        self.database = new_database(folder / "piwik.duckdb", ecommerce=True, **site)
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._known: dict[tuple[Any, ...], int] = {}
        self._visits: dict[int, dict[str, Any]] = {}

    def _add(self, table: str, **values: Any) -> None:
        self._rows.setdefault(table, []).append(values)

    def _id(self, table: str, *key: Any) -> tuple[int, bool]:
        new = (table, *key) not in self._known
        return self._known.setdefault((table, *key), len(self._known) + 1), new

    def action(self, type: int, name: str | None) -> int | None:
        """The id of a URL, title, keyword, ... in log_action."""
        if not name:
            return None if name is None else 0
        idaction, new = self._id("log_action", type, name)
        if new:
            prefix = 2 if type == PAGE else None
            self._add(
                "log_action", idaction=idaction, name=name, type=type, url_prefix=prefix, first_time="2026-03-02"
            )
        return idaction

    def _place(self, country: str) -> int:
        idlocation, new = self._id("location", country)
        if new:
            self._add("location", idlocation=idlocation, country=country)
        return idlocation

    def _device(self, browser: str, system: str) -> int:
        iddevice, new = self._id("device", browser, system)
        if new:
            names = ("user_agent", "fingerprint", "config_os_version", "config_browser_version")
            names += ("config_browser_engine", "config_device_brand", "config_device_model")
            codes = {"config_os": system, "config_browser_name": browser, "config_device_type": 0}
            self._add("device", iddevice=iddevice, is_bot=False, **dict.fromkeys(names, ""), **codes)
        return iddevice

    def _referrer(self, type: int, name: str | None, keyword: str | None) -> int:
        idreferrer, new = self._id("referrer", type, name, keyword)
        if new:
            self._add(
                "referrer",
                idreferrer=idreferrer,
                type=type,
                name=name,
                keyword=keyword,
                url="",
                keyword_from_host=False,
            )
        return idreferrer

    def visit(
        self,
        start: str,
        end: str | None = None,
        *,
        visitor: int | None = None,
        country: str = "de",
        browser: str = "FF",
        system: str = "LIN",
        referrer: tuple[int, str | None, str | None] = (1, None, None),
        returning: int = 0,
        count: int = 1,
        since_first: int = 0,
        actions: int = 1,
        converted: bool = False,
        entry: str | None = None,
        dimensions: Sequence[str | None] = (),
        variables: Sequence[str | None] = (),
        resolution: str | None = None,
        plugins: int = 0,
        **columns: Any,
    ) -> int:
        """A visit and what its conversions copy from it. Returns idvisit."""
        idvisit, _ = self._id("visit", len(self._visits))
        first, last = _time(start), _time(end or start)
        copied = {
            "idvisit": idvisit,
            "idsite": 1,
            "idvisitor": visitor or idvisit,
            "visitor_returning": returning,
            "visitor_count_visits": count,
            "visitor_seconds_since_first": since_first,
            "idreferrer": self._referrer(*referrer),
            "iddevice": self._device(browser, system),
            "idlocation": self._place(country),
        }
        idclient, new = self._id("client", copied["iddevice"], copied["idlocation"])
        if new:
            of_client = {name: copied[name] for name in ("iddevice", "idlocation")}
            self._add("client", idclient=idclient, ip="203.0.113.1", location_ip=b"", language="", **of_client)
        self._add(
            "visit",
            **copied,
            config_id=idvisit,
            idfirst=0,
            chain_time=first,
            visit_first_action_time=first,
            visit_last_action_time=last,
            day=last.date(),
            start_hour=first.hour,
            idclient=idclient,
            visit_total_time=int((last - first).total_seconds()),
            visit_total_actions=actions,
            visit_total_interactions=actions,
            visit_total_searches=0,
            visit_entry_idaction_url=self.action(PAGE, entry),
            **columns,
        )
        self._add(
            "visit_detail",
            idvisit=idvisit,
            profilable=True,
            visit_total_events=0,
            visit_goal_converted=converted,
            visit_goal_buyer=0,
            resolution=resolution,
            plugins=plugins,
            custom_dimension=list(dimensions),
            custom_var=list(variables),
        )
        self._visits[idvisit] = {**copied, "custom_dimension": list(dimensions), "custom_var": list(variables)}
        return idvisit

    def hit(
        self,
        idvisit: int,
        time: str,
        *,
        kind: int = PAGE,
        url: int | None = None,
        name: int | None = None,
        detail: Mapping[str, Any] | None = None,
        state: Mapping[str, Any] | None = None,
        **columns: Any,
    ) -> int:
        """An action; `detail` and `state` are columns of request_detail and request_state. Returns idrequest."""
        idrequest, _ = self._id("request", len(self._known))
        at = _time(time)
        visit = self._visits[idvisit]
        self._add(
            "request",
            idrequest=idrequest,
            idsite=1,
            idsource=1,
            byte_offset=idrequest,
            server_time=at,
            day=at.date(),
            hour=at.hour,
            kind=kind,
            idaction_url=url,
            idaction_name=name,
            idreferrer=visit["idreferrer"],
            idclient=1,
            idvisit=idvisit,
            time_spent_ref_action=0,
            **columns,
        )
        identity = {"config_id": idvisit, "identified_by": 0, "new_visit": False, "plugins": 0}
        self._add("request_detail", idrequest=idrequest, **identity, **(detail or {}))
        self._add(
            "request_state",
            idrequest=idrequest,
            idvisit=idvisit,
            repeated=False,
            **{"idvisitor": visit["idvisitor"], **(state or {})},
        )
        return idrequest

    def conversion(self, idvisit: int, time: str, idgoal: int, revenue: float | None = 0.0, **columns: Any) -> None:
        """A conversion of a visit; an order or a cart with `ORDER` or `CART`."""
        at = _time(time)
        self._add(
            "conversion",
            **{**self._visits[idvisit], **columns},
            idrequest=0,
            idgoal=idgoal,
            buster=len(self._rows.get("conversion", [])),
            server_time=at,
            day=at.date(),
            hour=at.hour,
            url="",
            revenue=revenue,
        )

    def item(self, idvisit: int, time: str, sku: str, idorder: str = "0", **columns: Any) -> None:
        """An item of an order, or of the cart. `name` and `categories` are texts."""
        at = _time(time)
        categories = [*columns.pop("categories", ()), *[""] * 5][:5]
        ids = {f"idaction_category{n + 1 if n else ''}": self.action(CATEGORY, c) for n, c in enumerate(categories)}
        self._add(
            "conversion_item",
            idsite=1,
            idvisitor=self._visits[idvisit]["idvisitor"],
            server_time=at,
            day=at.date(),
            idvisit=idvisit,
            idorder=idorder,
            idaction_sku=self.action(SKU, sku),
            idaction_name=self.action(PRODUCT, columns.pop("name", "")),
            **ids,
            **{"price": 0.0, "quantity": 1, "deleted": False, **columns},
        )

    def built(self, *, values: dict[str, object] | None = None, segment: str = "") -> Archived:
        """Store everything and build the archives of all days, weeks, months and years."""
        with self.database.write() as connection:
            for table, rows in self._rows.items():
                columns = list(dict.fromkeys(name for row in rows for name in row))
                connection.executemany(
                    f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
                    [[row.get(name) for name in columns] for row in rows],
                )
        self._rows.clear()
        archive_all(self.database, settings=settings_with(values))
        return Archived(self.database)


class Archived:
    """Asks the reports of site 1."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def ask(self, method: str, period: Period, **parameters: str) -> Any:
        with self.database.read() as connection:
            selection = Selection(sites=[sites.get(connection, 1)], periods=[period])
            return Reports(connection, selection).answer(ReportRequest.of(report(method), parameters))

    def rows(self, method: str, period: Period, **parameters: str) -> list[dict[str, Any]]:
        """A table report as JSON would show it, without formatting."""
        result = self.ask(method, period, **{"format_metrics": "0", **parameters})
        assert isinstance(result, DataTable)
        return shown(result)

    def row(self, method: str, period: Period, **parameters: str) -> dict[str, Any]:
        """The columns of a report that is one row."""
        result = self.ask(method, period, **{"format_metrics": "0", **parameters})
        assert isinstance(result, SimpleTable)
        return result.columns

    def number(self, method: str, period: Period, **parameters: str) -> Any:
        result = self.ask(method, period, **parameters)
        assert isinstance(result, Number)
        return result.value


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text if "-" in text else f"2026-03-02 {text}")
