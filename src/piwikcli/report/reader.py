"""Reading archives: stored numbers, and rows of a record as a DataTable with stored labels.

What is where: docs/reference/schema.md (archive, archive_numeric, archive_row, archive_path). Several periods
of one site are fetched together, one query a record, whatever their number. Nothing here needs Arrow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from piwikcli.archive.periods import IDS, Period
from piwikcli.declared import dataclass
from piwikcli.plugins import measures_of, page_record
from piwikcli.plugins.api import METRICS
from piwikcli.plugins.api.records import SUMMARY_LABEL
from piwikcli.report.details import ALL_LEVELS, Details, DetailsReader, whole
from piwikcli.report.table import DataTable, Row

if TYPE_CHECKING:
    from piwikcli.store import Connection


class Reads(Protocol):
    """What can be asked queries: a connection, or a `Reading`."""

    def execute(self, query: str, parameters: Sequence[Any] = ..., /) -> Connection: ...

    def cursor(self) -> Connection: ...


PREFIXES = ("http://", "http://www.", "https://", "https://www.")
"""What an action's `url_prefix` stands for."""

OTHERS = "Others"

_NAMES = tuple(metric.name for metric in METRICS)
_PERIOD_NAMES = tuple(metric.period_name for metric in METRICS if metric.period_name)
VISIT_ORDER = (*_NAMES, *_PERIOD_NAMES)
PAGE_ORDER = ("nb_visits", *(name for name in VISIT_ORDER if name != "nb_visits"))

_KEPT_FETCHES = 4


@dataclass(frozen=True, slots=True)
class OutOfDate:
    """Which archives may be read although requests came in since: those of periods with `today` in them that were
    built after `since` (UTC), or `every` one, where none can be built. See docs/explanation/archiving.md.
    """

    today: date = date.min
    since: datetime = datetime.max
    every: bool = False

    @property
    def condition(self) -> str:
        if self.every:
            return "(state IN ('done', 'basic', 'invalid'))"
        if self.since == datetime.max:
            return "(state IN ('done', 'basic'))"
        return (
            f"(state IN ('done', 'basic') OR state = 'invalid' AND built > TIMESTAMP '{self.since}' "
            f"AND DATE '{self.today}' BETWEEN date1 AND date2)"
        )


NEVER = OutOfDate()


def find_archives(
    connection: Reads, idsite: int, periods: Iterable[Period], segment: str = "", out_of_date: OutOfDate = NEVER
) -> dict[Period, int]:
    """The newest finished build (idarchive) of each period; periods without one are left out."""
    wanted = set(periods)
    if not wanted:
        return {}
    found = connection.execute(
        f"""
        SELECT period, date1, date2, max_by(idarchive, built)
        FROM archive
        WHERE idsite = ? AND segment = ? AND {out_of_date.condition} AND date1 BETWEEN ? AND ?
        GROUP BY ALL
        """,
        [idsite, segment, min(p.date1 for p in wanted), max(p.date1 for p in wanted)],
    ).fetchall()
    names = {number: name for name, number in IDS.items()}
    built = {Period(names[period], date1, date2): idarchive for period, date1, date2, idarchive in found}
    return {period: built[period] for period in sorted(wanted & built.keys(), key=lambda p: p.date1)}


def find_days(
    connection: Reads, idsite: int, period: Period, segment: str = "", out_of_date: OutOfDate = NEVER
) -> dict[Period, int]:
    """The finished archives of the single days within a period."""
    found = connection.execute(
        f"""
        SELECT date1, max_by(idarchive, built)
        FROM archive
        WHERE idsite = ? AND segment = ? AND {out_of_date.condition} AND period = 1 AND date1 BETWEEN ? AND ?
        GROUP BY date1
        ORDER BY date1
        """,
        [idsite, segment, period.date1, period.date2],
    ).fetchall()
    return {Period.of("day", day): idarchive for day, idarchive in found}


class Archives:
    """The archives of several periods of one site and segment, fetched when they are first needed."""

    def __init__(self, connection: Reads, ids: Mapping[Period, int]) -> None:
        self.connection = connection
        self.ids = dict(ids)
        self._numbers: dict[int, dict[str, int | float]] | None = None
        self._counts: dict[str, int] = {}
        self._coordinates: dict[tuple[str, str, str], tuple[float, float]] | None = None
        self._region_names: dict[tuple[str, str], str] | None = None
        self._fetched: dict[tuple[str, int | None], dict[int, list[tuple[Any, ...]]]] = {}
        self.details = DetailsReader(connection, list(self.ids.values()))

    def all_built_with(self, settings: str) -> bool:
        """Whether all of them were built with these settings (column `archive.settings`)."""
        found = self.connection.execute(
            "SELECT count(*) FROM archive WHERE idarchive = ANY(?) AND settings = ?",
            [list(self.ids.values()), settings],
        ).fetchone()
        return found is not None and found[0] == len(self.ids)

    def reader(self, period: Period) -> ArchiveReader:
        return ArchiveReader(self, self.ids.get(period))

    def numbers(self, idarchive: int) -> Mapping[str, int | float]:
        """All stored numbers of one archive; whole ones are ints."""
        if self._numbers is None:
            self._numbers = defaultdict(dict)
            rows = self.connection.execute(
                "SELECT idarchive, name, value FROM archive_numeric WHERE idarchive = ANY(?)",
                [list(self.ids.values())],
            ).fetchall()
            for owner, name, value in rows:
                self._numbers[owner][name] = whole(value)
        return self._numbers.get(idarchive, {})

    def rows(self, idarchive: int, record: str, parent: int | None) -> list[tuple[Any, ...]]:
        """(idpath, parent, label, has children, action, prefix, path, columns...) of one level.

        `parent` is an idpath, None for the root, or ALL_LEVELS: then the rows themselves show which have children.
        """
        for key in ((record, ALL_LEVELS), (record, parent)):
            if key in self._fetched:
                return self._fetched[key].get(idarchive, [])
        fetched: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        parameters: list[Any] = [list(self.ids.values()), record]
        if parent is not None and parent != ALL_LEVELS:
            parameters.append(parent)
        for owner, *row in self.connection.execute(rows_sql(record, parent), parameters).fetchall():
            fetched[owner].append(tuple(row))
        while len(self._fetched) >= _KEPT_FETCHES:
            del self._fetched[next(iter(self._fetched))]
        self._fetched[record, parent] = fetched
        return fetched.get(idarchive, [])

    def count(self, record: str) -> int:
        """How many rows a record has, on all levels of all these archives."""
        if record not in self._counts:
            found = self.connection.execute(
                "SELECT count(*) FROM archive_row WHERE idarchive = ANY(?) AND record = ?",
                [list(self.ids.values()), record],
            ).fetchone()
            self._counts[record] = int(found[0]) if found else 0
        return self._counts[record]

    def label(self, idpath: int) -> str:
        """The label at the end of a path; empty for an unknown one."""
        found = self.connection.execute("SELECT label FROM archive_path WHERE idpath = ?", [idpath]).fetchone()
        return str(found[0]) if found else ""

    def region_names(self) -> Mapping[tuple[str, str], str]:
        """(region, country) -> the region's name."""
        if self._region_names is None:
            rows = self.connection.execute(
                "SELECT region, country, arg_min(region_name, idlocation) FROM location "
                "WHERE region IS NOT NULL AND region_name IS NOT NULL GROUP BY ALL"
            ).fetchall()
            self._region_names = {(region, country): name for region, country, name in rows}
        return self._region_names

    def coordinates(self) -> Mapping[tuple[str, str, str], tuple[float, float]]:
        """(city, region, country) -> latitude and longitude of one of its places."""
        if self._coordinates is None:
            rows = self.connection.execute(
                "SELECT city, coalesce(region, 'xx'), country, arg_min(latitude, idlocation), "
                "arg_min(longitude, idlocation) FROM location "
                "WHERE city IS NOT NULL AND latitude IS NOT NULL AND longitude IS NOT NULL GROUP BY ALL"
            ).fetchall()
            self._coordinates = {(city, region, country): (lat, long) for city, region, country, lat, long in rows}
        return self._coordinates


class ArchiveReader:
    """One archive of a site, or none (`idarchive` None): then every number is 0 and every table empty."""

    def __init__(self, archives: Archives, idarchive: int | None) -> None:
        self._archives = archives
        self._idarchive = idarchive

    @property
    def exists(self) -> bool:
        return self._idarchive is not None

    def number(self, name: str) -> int | float:
        """A stored number; absent is 0."""
        return self.numbers().get(name, 0)

    def numbers(self) -> Mapping[str, int | float]:
        return {} if self._idarchive is None else self._archives.numbers(self._idarchive)

    def coordinates(self) -> Mapping[tuple[str, str, str], tuple[float, float]]:
        return self._archives.coordinates()

    def region_names(self) -> Mapping[tuple[str, str], str]:
        return self._archives.region_names()

    def label_of(self, idsubtable: int) -> str:
        return self._archives.label(idsubtable)

    def table(self, record: str, idsubtable: int | None = None, *, expanded: bool = False) -> DataTable:
        """The record's root rows, or those of one subtable; `expanded` loads the levels below, too.

        Columns that a row does not have are absent. Metadata: `url` of pages, downloads and outlinks,
        `folder` (its labels joined by `/`) of folders of pages.
        """
        if self._idarchive is None:
            return DataTable()
        fetched = self._rows(record, ALL_LEVELS if expanded else idsubtable)
        details = self._details(record, ALL_LEVELS if expanded else idsubtable)
        levels: dict[int | None, list[tuple[Any, ...]]] = defaultdict(list)
        for row in fetched:
            levels[row[1]].append(row)
        order = columns_of(record) if details else _core_columns(record)
        return _table(_Level(levels, details, _core_columns(record), order), idsubtable, expanded)

    def _rows(self, record: str, parent: int | None) -> list[tuple[Any, ...]]:
        assert self._idarchive is not None
        return self._archives.rows(self._idarchive, record, parent)

    def _details(self, record: str, parent: int | None) -> Details:
        assert self._idarchive is not None
        return self._archives.details.of(self._idarchive, record, parent)

    def count(self, record: str) -> int:
        """How many rows the record has, on all levels, here and in the archives that are read with this one."""
        return 0 if self._idarchive is None else self._archives.count(record)

    def metrics(self, record: str) -> frozenset[str]:
        """The metrics of plugins that any row of the record has."""
        return frozenset() if self._idarchive is None else self._archives.details.metrics(self._idarchive, record)

    def pieces(self, record: str, size: int, *, expanded: bool) -> Iterator[ArchiveReader]:
        """Readers of the record's root rows, and with `expanded` of what is below them, about `size` rows each.

        Each has root rows that come after those of the one before, and is to be done with before the next.
        """
        if self._idarchive is None:
            return
        from piwikcli.report.pieces import pieces

        for rows, details in pieces(self._archives.connection, self._idarchive, record, size, expanded=expanded):
            yield _PieceReader(self._archives, self._idarchive, rows, details)


class _PieceReader(ArchiveReader):
    """An archive of which one record has some root rows only."""

    def __init__(
        self, archives: Archives, idarchive: int, rows: Mapping[int | None, list[tuple[Any, ...]]], details: Details
    ) -> None:
        super().__init__(archives, idarchive)
        self._levels, self._piece_details = rows, details

    def _rows(self, record: str, parent: int | None) -> list[tuple[Any, ...]]:
        if parent == ALL_LEVELS:
            return [row for rows in self._levels.values() for row in rows]
        return self._levels.get(parent, [])

    def _details(self, record: str, parent: int | None) -> Details:
        return self._piece_details


@dataclass(frozen=True, slots=True)
class _Level:
    rows: Mapping[int | None, list[tuple[Any, ...]]]
    """Parent -> rows as `Archives.rows` gives them."""
    details: Details
    core: Sequence[str]
    order: Sequence[str]

    def columns(self, idpath: int, values: Sequence[Any]) -> dict[str, Any]:
        """The columns that the row has, in order."""
        stored = zip(self.core, values, strict=True)
        found = {name: whole(value) for name, value in stored if value is not None}
        details = self.details.get(idpath)
        if not details:
            return found
        found.update(details)
        return {name: found[name] for name in self.order if name in found}


def _table(level: _Level, parent: int | None, expanded: bool) -> DataTable:
    rows = []
    for idpath, _, label, is_parent, name, prefix, folder, *values in level.rows.get(parent, ()):
        is_summary = label == SUMMARY_LABEL
        if is_parent is None:
            is_parent = idpath in level.rows
        columns: dict[str, Any] = {"label": OTHERS if is_summary else label, **level.columns(idpath, values)}
        row = Row(columns, is_summary=is_summary)
        if is_parent:
            row.idsubtable = idpath
            if expanded:
                row.subtable = _table(level, idpath, expanded)
            if folder is not None and not is_summary:
                row.metadata["folder"] = folder
        elif name is not None and not is_summary:
            row.metadata["url"] = name if prefix is None else PREFIXES[prefix] + name
        rows.append(row)
    return DataTable(rows)


def _core_columns(record: str) -> Sequence[str]:
    """The columns that `archive_row` has of a record, in their order."""
    return PAGE_ORDER if record.startswith("Actions_") else VISIT_ORDER


@cache
def columns_of(record: str) -> Sequence[str]:
    """The columns that rows of a record may have, those of every plugin included, in their order."""
    of_page = record.startswith("Actions_")
    order = list(_core_columns(record))
    order.insert(order.index("exit_nb_visits") + 1 if of_page else order.index("nb_conversions"), "goals")
    measures = (metric.name for metric in measures_of(record) if metric.name not in order)
    place = order.index("nb_hits_following_search") + 1
    return [*order[:place], *dict.fromkeys(measures), *order[place:]]


@cache
def rows_sql(record: str, parent: int | None, *, by_root: bool = False) -> str:
    """What `Archives.rows` asks, after the archive's id; `by_root`: by the root's idpath, which takes its place."""
    page = page_record(record)
    columns = ", ".join(f"r.{name}" for name in _core_columns(record))
    urls = page is not None and page.tree in ("url", "host")
    # folders have no action of their own
    of_folder = "CASE WHEN r.idaction IS NULL THEN array_to_string(p.path, '/') END"
    folder = of_folder if page is not None and page.tree == "url" else "NULL"
    level = {None: "AND p.parent IS NULL", ALL_LEVELS: ""}.get(parent, "AND p.parent = $3")
    parents = """
        LEFT JOIN (
            SELECT DISTINCT r.idarchive, p.parent
            FROM archive_row r JOIN archive_path p ON p.idpath = r.idpath
            WHERE r.idarchive = ANY($1) AND r.record = $2 AND p.parent IS NOT NULL
        ) c ON c.idarchive = r.idarchive AND c.parent = r.idpath
    """
    if parent == ALL_LEVELS:
        parents = ""
    return f"""
        SELECT {"p.ancestors[1]" if by_root else "r.idarchive"}, r.idpath, p.parent, p.label,
               {"c.parent IS NOT NULL" if parents else "NULL"},
               {"a.name, a.url_prefix" if urls else "NULL, NULL"}, {folder}, {columns}
        FROM archive_row r
        JOIN archive_path p ON p.idpath = r.idpath
        {parents}
        {"LEFT JOIN log_action a ON a.idaction = r.idaction" if urls else ""}
        WHERE r.idarchive = ANY($1) AND r.record = $2 {level}
        ORDER BY {"p.ancestors[1], " if by_root else ""}r.idpath
    """


def latest_visit_day(connection: Reads, idsite: int) -> date | None:
    """The site's last local day with a visit."""
    found = connection.execute("SELECT max(day) FROM visit WHERE idsite = ?", [idsite]).fetchone()
    return found[0] if found else None
