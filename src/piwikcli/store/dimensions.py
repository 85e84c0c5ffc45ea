"""Custom dimensions: values of visits or actions that the site's owner defines.

Sent as `dimensionN`, or taken from URL or title by extractions: docs/reference/cli.md#dimensions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import Any

from piwikcli.errors import UsageError, nearest
from piwikcli.regexes import translated
from piwikcli.store import sites
from piwikcli.store.database import Connection, number

SCOPES = ("visit", "action")
SOURCES = ("url", "urlparam", "action_name")


@dataclass(frozen=True, slots=True)
class Extraction:
    """Where a value comes from when none is sent: a regular expression with one group, or a parameter's name."""

    dimension: str
    pattern: str


@dataclass(frozen=True, slots=True)
class CustomDimension:
    """A custom dimension of a site; `index` is its place, from 1, among those of its scope."""

    idsite: int
    idcustomdimension: int
    index: int
    scope: str
    name: str
    active: bool = True
    case_sensitive: bool = True
    extractions: tuple[Extraction, ...] = ()


_COLUMNS = tuple(field.name for field in fields(CustomDimension))


def of_sites(connection: Connection) -> list[CustomDimension]:
    """Every site's dimensions, inactive ones too, by idsite and id."""
    rows = connection.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM custom_dimension ORDER BY idsite, idcustomdimension"
    ).fetchall()
    return [_dimension(row) for row in rows]


def get(connection: Connection, idsite: int, iddimension: int) -> CustomDimension:
    """The dimension, or UsageError naming those there are."""
    sites.get(connection, idsite)
    known = [dimension for dimension in of_sites(connection) if dimension.idsite == idsite]
    for dimension in known:
        if dimension.idcustomdimension == iddimension:
            return dimension
    have = f"there are: {', '.join(str(d.idcustomdimension) for d in known)}" if known else "it has none"
    raise UsageError(f"site {idsite} has no dimension {iddimension}; {have}")


def add(
    connection: Connection, idsite: int, *, name: str, scope: str, case_sensitive: bool = True, extract: list[str]
) -> int:
    """Store a new dimension and return its id: one more than the site's highest."""
    sites.get(connection, idsite)
    if scope not in SCOPES:
        raise UsageError(f"a dimension is of a visit or an action, not of {scope!r}.{nearest(scope, SCOPES)}")
    new = number(
        connection, "SELECT coalesce(max(idcustomdimension), 0) + 1 FROM custom_dimension WHERE idsite = ?", [idsite]
    )
    index = number(
        connection,
        "SELECT coalesce(max(index), 0) + 1 FROM custom_dimension WHERE idsite = ? AND scope = ?",
        [idsite, scope],
    )
    dimension = CustomDimension(idsite, new, index, scope, _name(name), True, case_sensitive)
    _store(connection, replace(dimension, extractions=_extractions(scope, extract)))
    return new


def update(connection: Connection, idsite: int, iddimension: int, **changes: Any) -> None:
    """Change name, activity, case or extractions (`extract`, as a whole); they apply from the next import on."""
    dimension = get(connection, idsite, iddimension)
    changes = {key: value for key, value in changes.items() if value is not None}
    if "extract" in changes:
        changes["extractions"] = _extractions(dimension.scope, changes.pop("extract"))
    if "name" in changes:
        changes["name"] = _name(changes["name"])
    connection.execute(
        "DELETE FROM custom_dimension WHERE idsite = ? AND idcustomdimension = ?", [idsite, iddimension]
    )
    _store(connection, replace(dimension, **changes))


def _dimension(row: tuple[Any, ...]) -> CustomDimension:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["extractions"] = tuple(Extraction(one["dimension"], one["pattern"]) for one in values["extractions"])
    return CustomDimension(**values)


def _name(name: str) -> str:
    if not name.strip():
        raise UsageError("a dimension needs a name: piwik dimensions add --name N --scope action")
    return name.strip()[:255]


def _extractions(scope: str, given: list[str]) -> tuple[Extraction, ...]:
    """Extractions of `url:REGEX`, `urlparam:NAME` and `action_name:REGEX`."""
    found: list[Extraction] = []
    for text in given:
        source, colon, pattern = text.partition(":")
        if source not in SOURCES or not colon or not pattern:
            hint = nearest(source, SOURCES)
            raise UsageError(f"--extract {text!r} is none of url:REGEX, urlparam:NAME, action_name:REGEX.{hint}")
        if source != "urlparam":
            try:
                groups = re.compile(translated(pattern)).groups
            except re.error as error:
                raise UsageError(f"--extract {text!r}: not a regular expression: {error}") from error
            if groups != 1:
                raise UsageError(f"--extract {text!r}: needs one group in parentheses, the value")
        found.append(Extraction(source, pattern))
    if found and scope == "visit":
        raise UsageError("only dimensions of actions are extracted; a visit's are sent as dimensionN")
    return tuple(found)


def _store(connection: Connection, d: CustomDimension) -> None:
    connection.execute(
        "INSERT INTO custom_dimension BY NAME SELECT ? AS idsite, ? AS idcustomdimension, ? AS index, ? AS scope, "
        "? AS name, ? AS active, ? AS case_sensitive, ?::STRUCT(dimension VARCHAR, pattern VARCHAR)[] AS extractions",
        [
            *(d.idsite, d.idcustomdimension, d.index, d.scope, d.name, d.active, d.case_sensitive),
            [{"dimension": e.dimension, "pattern": e.pattern} for e in d.extractions],
        ],
    )
