"""A definition checked against the segments there are, and its normal form, which archives are known by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from piwikcli.archive.segments.conditions import constant
from piwikcli.archive.segments.grammar import Condition, Expression, parse
from piwikcli.errors import UsageError, nearest
from piwikcli.plugins import dimensions
from piwikcli.plugins.api import Dimension
from piwikcli.store import Connection

Catalogue = Mapping[str, Dimension]
"""Segment name (aliases too) -> what it is about."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A segment whose names and values are known to exist. `normal` is '' for all visits."""

    expression: Expression
    catalogue: Catalogue

    @property
    def normal(self) -> str:
        """The definition that all ways to write it share: names of today, conditions in one order."""
        return str(self.expression)


def catalogue(connection: Connection | None = None, idsite: int | None = None) -> Catalogue:
    """Every segment by name: those that plugins declare and, with a database, those of a site itself."""
    return {name: dimension for dimension in dimensions(connection, idsite) for name in _names(dimension)}


def _names(dimension: Dimension) -> tuple[str, ...]:
    return (dimension.segment, *dimension.aliases)


def define(text: str, known: Catalogue) -> Definition:
    """Check a definition. Raises UsageError for one that is malformed, or whose names or values there aren't."""
    expression = parse(text)
    parts = tuple(tuple(_checked(one, known) for one in part) for part in expression.parts)
    return Definition(Expression(parts).sorted(), known)


def _checked(condition: Condition, known: Catalogue) -> Condition:
    dimension = known.get(condition.name)
    if dimension is None:
        hint = nearest(condition.name, known) or " piwik segments names shows all."
        raise UsageError(f"Segment '{condition.name}' is not a supported segment.{hint}")
    if condition.operator not in dimension.operators:
        raise UsageError(
            f"This match type {condition.operator} is not available for {dimension.segment} segments; "
            f"there are: {' '.join(dimension.operators)}"
        )
    for name in dimension.union or (dimension.segment,):
        constant(known[name], condition.operator, condition.value)
    return replace(condition, name=dimension.segment)
