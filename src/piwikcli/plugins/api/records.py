"""Records as data: what an archive stores, and from which part of the logs it is aggregated.

A plugin declares records; `piwikcli.archive` turns the declarations into a few set-based statements
for all wanted days at once. SQL in a declaration sees these relations (docs/reference/schema.md):

    v   visits of the archived days: one row per visit, with `day`, `start_hour` and Matomo's columns
    d   the visit's device          (table="device")
    r   the visit's referrer        (table="referrer")
    l   the visit's location        (table="location")
    a   actions of the archived days: one row per action, with `day`
    p   the same per visit: one row per (visit, kind, URL, name), with `nb_hits`
    t   those of them that a tracking request brought: `a`'s columns and what such requests carry
    c   conversions of the archived days, orders (idgoal 0) and carts (-1) included
    i   items of their orders and carts

How records are built and rolled up: docs/explanation/archiving.md.
"""

from __future__ import annotations

from typing import Literal

from piwikcli.declared import dataclass
from piwikcli.plugins.api.metrics import BY_NAME, VISIT_METRICS, Measure

SUMMARY_LABEL = "\x01others"
"""Stored label of the row that sums what a row limit folded; reports show it as `Others`."""


LOOKS_ESCAPED = "&[#A-Za-z][A-Za-z0-9]*;"
"""What reports would decode in a label."""


def literal(sql: str) -> str:
    """SQL of a text as a label that says just what the text does.

    Reports decode the HTML entities of labels, so a text that looks as if it had some is escaped.
    `plugins.labels.plain` is its inverse.
    """
    return f"CASE WHEN regexp_matches({sql}, '{LOOKS_ESCAPED}') THEN replace({sql}, '&', '&amp;') ELSE {sql} END"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What all records have: a name that begins with the plugin's, and row limits.

    `max_rows` and `max_subtable_rows` name settings `archiving.maximum_rows.<x>`; None is no limit.
    """

    name: str
    max_rows: str | None = "standard"
    max_subtable_rows: str | None = None
    sort: str = "nb_visits"

    @property
    def columns(self) -> tuple[str, ...]:
        """The metrics that rows have."""
        return ("nb_visits",)

    @property
    def withheld(self) -> tuple[str, ...]:
        """Metrics that rows above others do not have."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRecord(Record):
    """Visits grouped by a dimension.

    `path` holds the SQL expressions of a row's labels, outermost first (texts). A NULL label ends the path:
    such visits count in the rows above it only, and nowhere when the first label is NULL.
    `key` names the SQL expressions that make one group: distinct visitors are counted per group and
    then summed into labels. Without `key` the path itself is the group.
    """

    path: tuple[str, ...]
    table: Literal["device", "referrer", "location"] | None = None
    where: str = "true"
    key: tuple[str, ...] = ()
    metrics: tuple[str, ...] = VISIT_METRICS
    conversions: tuple[str, ...] = ()
    """SQL of the labels, over `c` and the table, of the row that a conversion counts in; empty: rows have none.

    May be shorter than `path`: then only the upper rows have conversions.
    """
    conversion_key: tuple[str, ...] = ()
    """SQL, like `conversions`: distinct visits are counted per label and value of these, then summed into labels."""

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.metrics, *(("nb_conversions", "revenue") if self.conversions else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketRecord(Record):
    """Visits counted per range of a number. Ranges include both bounds and may overlap."""

    value: str
    buckets: tuple[tuple[int, int | None, str], ...]
    """(from, to, label); a `to` of None is open."""
    where: str = "true"
    max_rows: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionBucketRecord(Record):
    """Conversions counted per range of a number, for each goal. Ranges include both bounds.

    A row's `goals` tell the goals apart; its nb_conversions are those of the user's goals: no orders, no carts.
    """

    value: str
    buckets: tuple[tuple[int, int | None, str], ...]
    max_rows: str | None = None
    sort: str = "nb_conversions"

    @property
    def columns(self) -> tuple[str, ...]:
        return ("nb_conversions",)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagRecord(Record):
    """One row per boolean column of the visit, counting the visits that have it set."""

    flags: tuple[tuple[str, str], ...]
    """(label, SQL condition)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRecord(Record):
    """Actions grouped by what they were about: the tree of page URLs, the list of titles, keywords, downloads.

    `column` holds the action's id in `a`; `types` are the log_action types that belong to the record;
    `tree` says how a name becomes a path of labels (docs/reference/actions.md).
    `undefined` is the label of pages without an id in `column`.
    """

    column: Literal["idaction_url", "idaction_name"]
    types: tuple[int, ...]
    tree: Literal["url", "host", "title", "keyword"]
    undefined: str | None = None
    uniques: bool = True
    """Whether rows carry distinct visitors."""
    time_spent: bool = True
    entries: bool = True
    exits: bool = True
    following_search: bool = True
    no_result: bool = False
    conversions: Literal["", "all", "entries"] = ""
    """Whether rows have the conversions that come after their views and those of visits that began with them (`all`),
    the latter only, or none."""
    measures: tuple[Measure, ...] = ()
    """Further metrics, aggregated over `t` per action; a NULL is none."""
    max_rows: str | None = "actions"
    max_subtable_rows: str | None = "actions_subtable"

    @property
    def columns(self) -> tuple[str, ...]:
        columns = ["nb_visits", "nb_hits", "sum_time_spent"]
        if self.uniques:
            columns.append("nb_uniq_visitors")
        if self.following_search:
            columns.append("nb_hits_following_search")
        if self.no_result:
            columns.append("no_result")
        if self.entries:
            columns += ["entry_nb_visits", "entry_nb_actions", "entry_sum_visit_length", "entry_bounce_count"]
            columns += ["entry_nb_uniq_visitors"] if self.uniques else []
        if self.exits:
            columns += ["exit_nb_visits"] + (["exit_nb_uniq_visitors"] if self.uniques else [])
        return tuple(columns)

    @property
    def withheld(self) -> tuple[str, ...]:
        """A visitor of two pages would count twice in the folder above them."""
        return tuple(name for name in self.columns if BY_NAME[name].period_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRecord(Record):
    """Actions grouped by an expression over `a`: visits, visitors and actions per group."""

    path: tuple[str, ...]
    where: str = "true"

    @property
    def columns(self) -> tuple[str, ...]:
        return ("nb_visits", "nb_uniq_visitors", "nb_actions")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedRecord(Record):
    """Actions of tracking requests grouped by what these carry (events, contents, custom dimensions).

    `key` is what makes a group: (name, SQL over `t`). `path` holds the SQL of a row's labels, outermost first; it
    sees a group's key and metrics as `g.<name>` and, for keys that are ids of log_action (`actions`), `<name>.name`.
    A NULL label ends the path. Distinct visits and visitors, of the actions that are `counted`, are taken per group
    and then summed.
    """

    key: tuple[tuple[str, str], ...]
    path: tuple[str, ...]
    actions: tuple[str, ...] = ()
    where: str = "true"
    counted: str = "true"
    metrics: tuple[str, ...] = ("nb_uniq_visitors", "nb_visits")
    measures: tuple[Measure, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return self.metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRecord(Record):
    """Products of orders, or of carts: what was bought, and how often their pages were seen.

    `items` are the columns of `i` that hold the product, or its categories; `views` is an SQL list over `t` of
    the products that an action shows. Their ids are those of log_action; 0 is an undefined one, NULL none.
    """

    items: tuple[str, ...]
    views: str
    undefined: str
    carts: bool = False
    max_rows: str | None = "products"
    sort: str = "revenue"

    @property
    def columns(self) -> tuple[str, ...]:
        return ("nb_visits", "nb_uniq_visitors", "nb_actions")


@dataclass(frozen=True, slots=True, kw_only=True)
class NumericRecord:
    """One number per archive: an SQL aggregate over `v`, `a`, `p` or `u` (visits, actions, pages, URLs per visit).

    `aggregation` says how a period's value comes from its children's.
    """

    name: str
    sql: str
    source: Literal["visits", "actions", "pages", "urls", "conversions", "tracked"]
    aggregation: Literal["sum", "max"] = "sum"
    decimals: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DistinctNumber:
    """One number per archive: how many values of an SQL expression over `v` the visits have; NULL is none.

    Distinct counts do not add up: every period's is taken from its own visits.
    """

    name: str
    of: str
    where: str = "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionNumbers:
    """Numbers of the conversions of all goals together, and of each: `<name>_nb_conversions`, `<name>_1_revenue`...

    All together are the user's goals and orders, never carts. Each of `groups` is (suffix, SQL condition over `c`):
    the same numbers again for these conversions.
    """

    name: str
    groups: tuple[tuple[str, str], ...] = (("", "true"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCount:
    """One number per archive: how many rows a record has, at its root or among its leaves, before any limit."""

    name: str
    record: str
    rows: Literal["root", "below", "all"] = "root"
    where: str = "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableRecord(Record):
    """Visits, actions and conversions by the name of a custom variable that they carry, and its value below.

    A visit with several variables counts for each. An action adds itself, its visit and its visitor to what the
    visits of a variable give.
    """

    @property
    def columns(self) -> tuple[str, ...]:
        return (*VISIT_METRICS, "nb_conversions", "revenue")


@dataclass(frozen=True, slots=True, kw_only=True)
class PerDimension:
    """A record for each custom dimension of a scope that a site has.

    In the texts of `record` stand `{id}` for the dimension's number and `{index}` for its place, from 1, in the lists
    `v.custom_dimension`, `c.custom_dimension` (scope visit) and `t.action_dimension`.
    """

    scope: Literal["visit", "action"]
    record: VisitRecord | TrackedRecord

    @property
    def name(self) -> str:
        return self.record.name


TableRecord = (
    VisitRecord
    | BucketRecord
    | ConversionBucketRecord
    | FlagRecord
    | PageRecord
    | ActionRecord
    | TrackedRecord
    | ItemRecord
    | VariableRecord
)
AnyRecord = TableRecord | PerDimension | NumericRecord | DistinctNumber | ConversionNumbers | RowCount
