"""What a report may ask while it is made: its request's site and period, and their archive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from piwikcli.archive.periods import Period
from piwikcli.declared import dataclass
from piwikcli.report.configured import Configured
from piwikcli.report.reader import ArchiveReader
from piwikcli.report.table import Answer, DataTable

if TYPE_CHECKING:
    from piwikcli.lists.definitions import Definitions
    from piwikcli.store.dimensions import CustomDimension
    from piwikcli.store.sites import Site


@dataclass(frozen=True, slots=True)
class ReportContext:
    """See `piwikcli.plugins.api.Context`, which this is for one site and one period."""

    site: Site
    span: Period
    segment: str
    parameters: Mapping[str, str]
    unique_visitors: bool
    reader: ArchiveReader
    data_dir: Path | None
    """Where newer lists of search engines and networks are."""
    configured: Configured
    days_of: Callable[[], Mapping[date, Mapping[str, int | float]]] = field(repr=False)
    ask: Callable[[ReportContext, str, Mapping[str, str]], Answer] = field(repr=False)

    @property
    def period(self) -> str:
        return self.span.name

    @property
    def date1(self) -> date:
        return self.span.date1

    @property
    def date2(self) -> date:
        return self.span.date2

    @property
    def goals(self) -> Mapping[int, str]:
        return self.configured.goals(self.site.idsite)

    @property
    def dimensions(self) -> Mapping[int, CustomDimension]:
        return self.configured.dimensions(self.site.idsite)

    @property
    def has_visits(self) -> bool:
        if self.segment:
            # a segment may select none of a period's visits
            return self.reader.exists
        return self.reader.number("nb_visits") > 0

    def number(self, name: str) -> int | float:
        return self.reader.number(name)

    def table(self, record: str, idsubtable: int | None = None, *, expanded: bool = False) -> DataTable:
        return self.reader.table(record, idsubtable, expanded=expanded)

    def label_of(self, record: str, idsubtable: int) -> str:
        return self.reader.label_of(idsubtable)

    def region_name(self, region: str, country: str) -> str | None:
        return self.reader.region_names().get((region, country))

    def coordinates(self, city: str, region: str, country: str) -> tuple[float, float] | None:
        return self.reader.coordinates().get((city, region, country))

    def daily(self) -> Mapping[date, Mapping[str, int | float]]:
        return self.days_of()

    def report(self, method: str, **parameters: str) -> Answer:
        return self.ask(self, method, parameters)

    def referrer_url(self, kind: Literal["search", "social", "ai"], name: str, keyword: str = "") -> str | None:
        return referrer_url(kind, name, keyword, self.data_dir)


@cache
def referrer_url(kind: str, name: str, keyword: str, data_dir: Path | None) -> str | None:
    definitions = _definitions(data_dir)
    if kind == "search":
        return definitions.search_result_url(name, keyword) if keyword else definitions.search_engine_url(name)
    if kind == "social":
        url = definitions.social_url(name)
        return url.removeprefix("http://") if url else None
    return next((host for assistant, host in definitions.assistants if assistant == name), None)


@cache
def _definitions(data_dir: Path | None) -> Definitions:
    from piwikcli.lists.definitions import Definitions

    return Definitions.load(data_dir)
