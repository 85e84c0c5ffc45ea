"""Reading what a record's rows have beside their columns: conversions per goal, and metrics of plugins.

What is where: docs/reference/schema.md (archive_goal, archive_metric).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from piwikcli.plugins import measures_of
from piwikcli.plugins.api import GOAL_METRICS

if TYPE_CHECKING:
    from piwikcli.report.reader import Reads

ALL_LEVELS = -1
SPECIAL_GOALS = {0: "ecommerceOrder", -1: "ecommerceAbandonedCart"}

Details = Mapping[int, dict[str, Any]]
"""idpath -> metrics by name, and `goals`: goal -> its columns."""

_GOAL_NAMES = tuple(metric.name for metric in GOAL_METRICS)
GOAL_COLUMNS = ", ".join(_GOAL_NAMES)
_KEPT_FETCHES = 4


class DetailsReader:
    """The details of several archives, fetched when they are first needed, a record and level at a time."""

    def __init__(self, connection: Reads, ids: Sequence[int]) -> None:
        self._connection = connection
        self._ids = list(ids)
        self._records: frozenset[str] | None = None
        self._metrics: dict[str, set[tuple[int, str]]] = {}
        self._fetched: dict[tuple[str, int | None], dict[int, dict[int, dict[str, Any]]]] = {}

    def of(self, idarchive: int, record: str, parent: int | None) -> Details:
        """Those of one archive's rows; `parent` is an idpath, None for the root, or ALL_LEVELS."""
        if self._records is None:
            rows = self._connection.execute(
                "SELECT DISTINCT record FROM archive_goal WHERE idarchive = ANY($1) "
                "UNION SELECT DISTINCT record FROM archive_metric WHERE idarchive = ANY($1)",
                [self._ids],
            ).fetchall()
            self._records = frozenset(name for (name,) in rows)
        if record not in self._records:
            return {}
        key = (record, ALL_LEVELS if (record, ALL_LEVELS) in self._fetched else parent)
        if key not in self._fetched:
            while len(self._fetched) >= _KEPT_FETCHES:
                del self._fetched[next(iter(self._fetched))]
            self._fetched[key] = self._fetch(record, parent)
        return self._fetched[key].get(idarchive, {})

    def metrics(self, idarchive: int, record: str) -> frozenset[str]:
        """The metrics of plugins that any row of one archive's record has."""
        if record not in self._metrics:
            names = metric_names(record)
            found = self._connection.execute(
                "SELECT DISTINCT idarchive, metric FROM archive_metric WHERE idarchive = ANY(?) AND record = ?",
                [self._ids, record],
            ).fetchall()
            self._metrics[record] = {(owner, names[metric]) for owner, metric in found if metric in names}
        return frozenset(name for owner, name in self._metrics[record] if owner == idarchive)

    def _fetch(self, record: str, parent: int | None) -> dict[int, dict[int, dict[str, Any]]]:
        parameters: list[Any] = [self._ids, record]
        where = "WHERE idarchive = ANY($1) AND record = $2"
        if parent != ALL_LEVELS:
            where += " AND idpath IN (SELECT idpath FROM archive_path WHERE parent IS NOT DISTINCT FROM $3)"
            parameters.append(parent)
        found: dict[int, dict[int, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
        names = metric_names(record)
        metrics = self._connection.execute(
            f"SELECT idarchive, idpath, metric, value FROM archive_metric {where}", parameters
        )
        for owner, idpath, metric, value in metrics.fetchall():
            if metric in names:
                found[owner][idpath][names[metric]] = whole(value)
        goals = self._connection.execute(
            f"SELECT idarchive, idpath, idgoal, {GOAL_COLUMNS} FROM archive_goal {where} ORDER BY idgoal", parameters
        )
        for owner, idpath, idgoal, *values in goals.fetchall():
            add_goal(found[owner][idpath], idgoal, values)
        return found


def metric_names(record: str) -> dict[int, str]:
    """Metric id -> name of what plugins add to a record."""
    return {metric.id: metric.name for metric in measures_of(record)}


def add_goal(row: dict[str, Any], idgoal: int, values: Sequence[Any]) -> None:
    """Put a goal's `GOAL_COLUMNS` into the details of a row; goals are to come in the order of their ids."""
    stored = zip(_GOAL_NAMES, values, strict=True)
    of_goal = {name: whole(value) for name, value in stored if value is not None}
    row.setdefault("goals", {})[goal_key(idgoal)] = of_goal


def goal_key(idgoal: int) -> str:
    """What `goals` call a goal: `idgoal=1`, orders `idgoal=ecommerceOrder`, carts `idgoal=ecommerceAbandonedCart`."""
    return f"idgoal={SPECIAL_GOALS.get(idgoal, idgoal)}"


def whole(value: Any) -> Any:
    """A whole float as an int; everything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
