"""Records that have about the same columns: they are worked on together, in tables as narrow as they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from piwikcli.plugins.api import METRICS, PageRecord, TableRecord


@dataclass(frozen=True, slots=True)
class Family:
    """Some records, their metrics in the order of `METRICS`, and those that rows above others do not have."""

    number: int
    records: tuple[TableRecord, ...]
    columns: tuple[str, ...]
    withheld: frozenset[str]

    @property
    def leaf(self) -> str:
        """Temporary table (idarchive, record, idpath, idaction, metrics ...): what was found, to be summed."""
        return f"leaf{self.number}"

    @property
    def rows(self) -> str:
        """Temporary table of the finished rows: the same, with the columns of periods."""
        return f"rows{self.number}"

    @property
    def names(self) -> str:
        """The records' names as an SQL list."""
        return ", ".join(f"'{record.name}'" for record in self.records)

    @property
    def whole_leaves(self) -> bool:
        """Whether every path of an archive has but one row in `leaf`."""
        return all(isinstance(record, PageRecord) for record in self.records)

    @property
    def has_actions(self) -> bool:
        """Whether rows know the action that they are about."""
        return any(isinstance(record, PageRecord) for record in self.records)


def families(records: Sequence[TableRecord]) -> list[Family]:
    """The fewest families in which no record's columns are more than one record of the family has."""
    groups: list[tuple[frozenset[str], frozenset[str], list[TableRecord]]] = []
    for record in sorted(records, key=lambda record: -len(record.columns)):
        columns, withheld = frozenset(record.columns), frozenset(record.withheld)
        for largest, theirs, members in groups:
            fits = columns <= largest and withheld == theirs & columns
            if fits and isinstance(record, PageRecord) == isinstance(members[0], PageRecord):
                members.append(record)
                break
        else:
            groups.append((columns, withheld, [record]))
    return [
        Family(n, tuple(members), tuple(m.name for m in METRICS if m.name in columns), withheld)
        for n, (columns, withheld, members) in enumerate(groups)
    ]
