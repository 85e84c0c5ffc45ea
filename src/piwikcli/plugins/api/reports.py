"""Reports as data: the methods of the Reporting API, and what turns a stored record into their answer.

A report is a view of one record (`record`), a row of numbers (`numerics`), one number (`number`), or, where
it is truly none of these, a function (`compute`). The pipeline in `piwikcli.report` does everything else:
sorting, limits, flat tables, formats. See docs/reference/reports.md and docs/how-to/plugins.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, Protocol

from piwikcli.declared import dataclass
from piwikcli.plugins.api.describe import Description
from piwikcli.plugins.api.dimensions import Dimension
from piwikcli.plugins.api.metrics import Kind, ProcessedMetric
from piwikcli.plugins.api.table import Answer, DataTable, Row, Value

if TYPE_CHECKING:
    from piwikcli.store.dimensions import CustomDimension
    from piwikcli.store.sites import Site


@dataclass(frozen=True, slots=True)
class Ratio:
    """A processed metric that is one column divided by another, rounded half away from zero.

    A missing operand counts as 0, and without a divisor the result is 0.
    """

    name: str
    dividend: str
    divisor: str
    decimals: int = 0
    kind: Kind = "number"
    optional: bool = False
    """Whether rows don't have it, rather than 0, where no row of the table has a dividend other than 0."""
    beside: tuple[str, ...] = ()
    """Columns that go where an optional one does."""
    in_every_row: bool = False
    """Whether rows that lack an optional one's columns have them as 0, and those beside them as nothing."""


Processed = Ratio | ProcessedMetric


class Context(Protocol):
    """What a report may ask while it is made: the request, and the archive of its site and period."""

    @property
    def site(self) -> Site: ...

    @property
    def period(self) -> str:
        """day, week, month, year or range."""

    @property
    def date1(self) -> date: ...

    @property
    def date2(self) -> date: ...

    @property
    def segment(self) -> str: ...

    @property
    def parameters(self) -> Mapping[str, str]:
        """The request's parameters by their API names."""

    @property
    def unique_visitors(self) -> bool:
        """Whether unique visitors of a whole site are counted for this kind of period."""

    @property
    def goals(self) -> Mapping[int, str]:
        """The site's goals: idgoal -> name."""

    @property
    def dimensions(self) -> Mapping[int, CustomDimension]:
        """The site's custom dimensions by their ids, inactive ones too."""

    @property
    def has_visits(self) -> bool:
        """Whether the period has any visit (whatever the segment selects of them)."""

    def number(self, name: str) -> int | float:
        """A stored number; 0 where there is none."""

    def table(self, record: str, idsubtable: int | None = None, *, expanded: bool = False) -> DataTable:
        """A record's rows with stored labels: the root's or a subtable's; `expanded`: all levels below."""

    def label_of(self, record: str, idsubtable: int) -> str:
        """The stored label of the row whose subtable that is; empty where there is none."""

    def region_name(self, region: str, country: str) -> str | None:
        """What the GeoIP database calls a region; None where that is not known."""

    def coordinates(self, city: str, region: str, country: str) -> tuple[float, float] | None:
        """Latitude and longitude of a city (3 decimals); None where they are not known."""

    def daily(self) -> Mapping[date, Mapping[str, int | float]]:
        """The stored numbers of every archived day of the period."""

    def report(self, method: str, **parameters: str) -> Answer:
        """Another report for the same site, period and segment: its finished rows, unsorted, unlimited."""

    def referrer_url(self, kind: Literal["search", "social", "ai"], name: str, keyword: str = "") -> str | None:
        """The address of a search engine (with a keyword, of what it found), a network or an assistant.

        None if unknown.
        """


class Span(Protocol):
    """A period of a request."""

    @property
    def name(self) -> str:
        """day, week, month, year or range."""

    @property
    def date1(self) -> date: ...

    @property
    def date2(self) -> date: ...

    @property
    def key(self) -> str:
        """Its key in a map of periods."""


class Request(Protocol):
    """A whole request, for methods that are about more (or less) than one site and one period."""

    @property
    def sites(self) -> Sequence[Site]: ...

    @property
    def periods(self) -> Sequence[Span]:
        """None where the request names no date and the method needs none."""

    @property
    def segment(self) -> str: ...

    @property
    def parameters(self) -> Mapping[str, str]: ...

    def ask(self, method: str, **parameters: str) -> Answer:
        """What another request would get, with the Reporting API's parameters by their own names.

        `idSite`, `period`, `date` and `segment` are this request's where they are not given.
        Archives that are missing are built. Raises UsageError as that request would.
        """

    def reports(self) -> Mapping[str, Report]:
        """Every report by its method."""

    def descriptions(self) -> Mapping[str, Description]:
        """What the reports are about, by method."""

    def dimensions(self) -> Sequence[Dimension]:
        """Every segment that the sites have, those of their own dimensions too."""

    def column_text(self, name: str) -> str:
        """What a column counts, in one sentence; empty where it is not described."""

    def counts_visitors(self, period: Span) -> bool:
        """Whether unique visitors of a whole site are counted for this kind of period."""

    def pretty(self, period: Span | None = None, *, short: bool = False) -> str:
        """A period as people write it; without one, all that the request is about."""

    def formatted(self, value: Value, kind: str) -> Value:
        """A number as people read it: `percent`, `duration_s` (00:02:27), `duration` (2 min 27s), `money`.

        Money is of the first site's currency. Other kinds stay as they are.
        """

    def quotient(self, dividend: Value, divisor: Value, decimals: int = 0) -> int | float:
        """A ratio as processed metrics have it: rounded half away from zero, 0 without a divisor."""

    def referrer_url(self, kind: Literal["search", "social", "ai"], name: str, keyword: str = "") -> str | None:
        """As `Context.referrer_url`."""

    def previous(self, period: Span) -> Span:
        """The period before, of the same kind and length."""

    def selected(self, idvisit: str) -> str:
        """An SQL condition on a visit's id: that the segment selects it; `true` without a segment."""

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The rows of a query over the store (docs/reference/schema.md), as column -> value."""


Metadata = Callable[[Row, str, Context], Mapping[str, Value]]
"""(row, stored label, context) -> the row's metadata. The row's own label may be the pretty one already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A method of the Reporting API.

    A table's rows pass through `rows`, then `label`, then `metadata`. With `queued` labels the generic
    filters (sort, pattern, limit) still see stored labels. What a `SimpleTable` has no archive for is empty.
    """

    method: str
    title: str
    kind: Literal["table", "simple", "number", "document"] = "table"

    record: str | Callable[[Context], str] | None = None
    numerics: Mapping[str, str] | Callable[[Context], Mapping[str, str]] | None = None
    """Name of the stored number -> column of the row (a simple report)."""
    number: str | Callable[[Context], str] | None = None
    """Name of the stored number (a number report)."""
    number_kind: Kind = "number"
    unique: tuple[str, ...] = ()
    """Columns, or the number, that exist only for periods whose unique visitors are counted."""
    compute: Callable[[Context], Answer] | None = None
    whole: Callable[[Request], Answer] | None = None
    """Answers the whole request instead: all its sites and periods at once. Nothing is done to the answer."""
    archived: bool = True
    """Whether it is made from archives; False: from the log tables, or from settings."""
    dated: bool = True
    """Whether it is about a period; False: no date is looked for where none is given."""
    sited: bool = True
    """Whether it is about one site, unless others are named; False: about all of them."""
    exported: bool = True
    """Whether `piwik export` writes it without being asked for it by name."""

    rows: Callable[[DataTable, Context], DataTable] | None = None
    """Selects or adds rows, which still have their stored labels; gets every level that is delivered."""
    row_by_row: bool = False
    """Whether `rows` looks at each root row, with what is below it, by itself: large tables come in pieces then."""
    label: Callable[[str], str] | None = None
    label_in: Callable[[str, Context], str] | None = None
    """As `label`, for labels that depend on more than the stored one."""
    queued: bool = False
    merge: bool = False
    """Whether rows that got the same label become one, unless their metadata `code` differs."""
    metadata: Metadata | None = None
    recursive: bool = False
    """Whether `metadata` and root metrics apply to all levels of an expanded table."""

    metrics: tuple[str, ...] = ()
    """Columns that the report is about, in order; its rows may have more."""
    processed: tuple[Processed, ...] | Callable[[Context], tuple[Processed, ...]] = ()
    root_processed: tuple[Processed, ...] = ()
    """Processed metrics that only root rows and flat rows have; computed first."""
    temporary: tuple[str, ...] = ()
    """Columns that only processed metrics need; hidden unless `showRawMetrics=1`."""

    parameters: tuple[str, ...] = ()
    """Parameters of its own."""
    flags: tuple[str, ...] = ()
    """Those of them that are 0 or 1."""
    integers: tuple[str, ...] = ()
    """Those of them that are whole numbers."""
    needs: tuple[str, ...] = ()
    """Those of them without which there is no answer."""
    varies: str | None = None
    """The parameter of its own, idGoal or idDimension, for each of whose values an export has a file."""
    single: Callable[[str], Exception] | None = None
    """The error for a request of several "dates" or "sites", where the report can't answer one."""
    subtable: str | None = None
    """Method that shows a row's subtable when asked with `idSubtable`."""
    sort: str | None = "nb_visits"
    sort_order: Literal["asc", "desc"] = "desc"
    subtable_sort: str | None = None
    """Column by which subtables are sorted, ascending, if not as the table."""
    constant_rows: bool = False
    """Whether the rows are always the same ones, which the default limit doesn't cut."""

    dimensions: tuple[str, ...] = ()
    """Names of the levels' labels in a flat table."""
    label_dimension: str | Callable[[Context], str] | None = None
    """Name of the whole flat label instead."""
    separator: str = " - "
    flat_label: Literal["plain", "page", "destination"] = "plain"
    """How a flat label ends: pages end in `/` for `/index`, and begin with one (destinations don't)."""
    flattenable: bool = True
    nests: bool = True
    """Whether an expanded table nests subtables, or only names them."""
    flat_stored: bool = False
    """Whether flat rows are the stored ones, rather than those of the `subtable` method."""
    inherits_segment: bool = True
    """Whether a leaf of a flat table without segment takes its parent's."""
    title_labels: bool = False
    """Whether labels are page titles, which are stored with a leading space."""

    @property
    def module(self) -> str:
        return self.method.split(".")[0]

    @property
    def action(self) -> str:
        return self.method.split(".")[1]


def simple(method: str, title: str, columns: Mapping[str, str] | tuple[str, ...], **options: Any) -> Report:
    """A report that is one row of stored numbers; a tuple names columns stored under the same name."""
    numerics = columns if isinstance(columns, Mapping) else {name: name for name in columns}
    return Report(method=method, title=title, kind="simple", numerics=numerics, **options)


def number(method: str, title: str, name: str, **options: Any) -> Report:
    """A report that is one stored number."""
    return Report(method=method, title=title, kind="number", number=name, metrics=(name,), **options)


def document(
    method: str,
    title: str,
    answer: Callable[[Request], Answer],
    *parameters: str,
    needs: tuple[str, ...] = (),
    flags: tuple[str, ...] = (),
    integers: tuple[str, ...] = (),
    dated: bool = False,
    sited: bool = True,
) -> Report:
    """A method that answers a whole request from settings or the log tables, and that no export needs."""
    return Report(
        method=method,
        title=title,
        kind="document",
        whole=answer,
        parameters=parameters,
        needs=needs,
        flags=flags,
        integers=integers,
        archived=False,
        dated=dated,
        sited=sited,
        exported=False,
    )
