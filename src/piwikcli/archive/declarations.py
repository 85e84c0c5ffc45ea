"""What the active plugins declare, by what is done with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from piwikcli.plugins.api import AnyRecord, ConversionNumbers, DistinctNumber, NumericRecord, RowCount, TableRecord


@dataclass(frozen=True, slots=True)
class Declared:
    """The records of an archive."""

    tables: list[TableRecord]
    numbers: list[NumericRecord | DistinctNumber]
    conversion_numbers: list[ConversionNumbers]
    counts: list[RowCount]

    @classmethod
    def of(cls, records: Iterable[AnyRecord]) -> Declared:
        found = cls([], [], [], [])
        for record in records:
            if isinstance(record, (NumericRecord, DistinctNumber)):
                found.numbers.append(record)
            elif isinstance(record, ConversionNumbers):
                found.conversion_numbers.append(record)
            elif isinstance(record, RowCount):
                found.counts.append(record)
            else:
                found.tables.append(record)
        return found
