"""What an archive of a site holds: what the active plugins declare, by what is done with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from piwikcli.plugins.api import (
    AnyRecord,
    ConversionNumbers,
    DistinctNumber,
    NumericRecord,
    PerDimension,
    RowCount,
    TableRecord,
)
from piwikcli.store import Connection, dimensions
from piwikcli.store.dimensions import CustomDimension

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Declared:
    """The records of an archive."""

    tables: list[TableRecord]
    numbers: list[NumericRecord | DistinctNumber]
    conversion_numbers: list[ConversionNumbers]
    counts: list[RowCount]

    @classmethod
    def of(cls, records: Iterable[AnyRecord], connection: Connection, idsite: int) -> Declared:
        """Those of a site: records of custom dimensions once for each that it has, inactive ones too."""
        own = [one for one in dimensions.of_sites(connection) if one.idsite == idsite]
        found = cls([], [], [], [])
        for record in records:
            if isinstance(record, PerDimension):
                found.tables.extend(_of_dimension(record.record, one) for one in own if one.scope == record.scope)
            elif isinstance(record, (NumericRecord, DistinctNumber)):
                found.numbers.append(record)
            elif isinstance(record, ConversionNumbers):
                found.conversion_numbers.append(record)
            elif isinstance(record, RowCount):
                found.counts.append(record)
            else:
                found.tables.append(record)
        return found


def _of_dimension(record: R, dimension: CustomDimension) -> R:
    """The record with the dimension's number and place in its texts."""

    def filled(value: Any) -> Any:
        if isinstance(value, str):
            number, place = str(dimension.idcustomdimension), str(dimension.index)
            return value.replace("{id}", number).replace("{index}", place)
        return tuple(filled(one) for one in value) if isinstance(value, tuple) else value

    # records are dataclasses, which their type does not say
    names = [field.name for field in dataclasses.fields(record)]  # type: ignore[arg-type]
    return dataclasses.replace(record, **{name: filled(getattr(record, name)) for name in names})  # type: ignore[type-var]
