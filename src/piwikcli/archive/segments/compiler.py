"""A definition -> SQL that is true of the visits it selects.

A condition on visits is tested on the visit. Conditions on actions (conversions, items) that are joined by `;` must
hold for one and the same action. A condition that denies something of actions selects the visits of which no action
has it. See docs/explanation/segments.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from piwikcli.archive.segments.conditions import NEGATIVE, Sql, both, condition, denies, either
from piwikcli.archive.segments.definition import Definition
from piwikcli.archive.segments.grammar import Condition
from piwikcli.plugins.api import Dimension
from piwikcli.plugins.api.dimensions import Source

# the relations of `members`: rows near the days that are asked about
_RELATIONS = {
    "action": ("near_action", "a", " LEFT JOIN request_detail x ON x.idrequest = a.idrequest"),
    "conversion": ("near_conversion", "c", ""),
    "item": ("near_item", "i", ""),
}
_VISIT_DETAIL = " LEFT JOIN visit_detail e ON e.idvisit = v.idvisit"


@dataclass(frozen=True, slots=True)
class Selection:
    """`here`: the visits (alias v, perhaps e) that are selected in an archive that covers their own day.

    `elsewhere`: those selected in the archives of other days, in which they had actions: what an archive denies, it
    denies of the visits that ended in it. `source` is what to select from.
    """

    source: str
    here: Sql
    elsewhere: Sql


@dataclass(frozen=True, slots=True)
class _Test:
    """A condition of one segment; unions are taken apart."""

    dimension: Dimension
    operator: str
    value: str

    @property
    def sql(self) -> Sql:
        return condition(self.dimension, self.operator, self.value)

    @property
    def of_rows(self) -> bool:
        """Whether it is about the same action (conversion, item) as its neighbours."""
        return self.dimension.source != "visit" and not self.dimension.alone

    @property
    def denies(self) -> bool:
        return self.of_rows and denies(self.operator, self.value)


def compile_definition(definition: Definition) -> Selection:
    """The selection of a definition, over the relations that `members.near` makes."""
    parts = [[_tests(definition, one) for one in part] for part in definition.expression.parts]
    tests = [test for part in parts for some in part for test in some]
    return Selection(
        "near_visit v" + (_VISIT_DETAIL if _has_detail(tests, "visit") else ""),
        both(list(_conjuncts(parts, deny=True))),
        both(list(_conjuncts(parts, deny=False))),
    )


_Part = list[list[_Test]]
"""For each condition of a part its tests, of which any may hold."""


def _tests(definition: Definition, one: Condition) -> list[_Test]:
    dimension = definition.catalogue[one.name]
    names = dimension.union or (one.name,)
    return [_Test(definition.catalogue[name], one.operator, one.value) for name in names]


def _conjuncts(parts: list[_Part], *, deny: bool) -> Iterator[Sql]:
    """What must all be true of a visit. Without `deny` nothing that is denied of its actions counts."""
    about_rows: list[tuple[set[Source], list[_Part]]] = []
    for part in parts:
        sources: set[Source] = {
            test.dimension.source for some in part for test in some if test.of_rows and not test.denies
        }
        if not sources:
            yield _part(part, deny=deny)
            continue
        together = [part]
        apart = []
        for others, theirs in about_rows:
            if others & sources:
                sources |= others
                together = theirs + together
            else:
                apart.append((others, theirs))
        about_rows = [*apart, (sources, together)]
    for sources, together in about_rows:
        yield _same_rows(sorted(sources), together, deny=deny)


def _part(part: _Part, *, deny: bool) -> Sql:
    """One of the part's conditions, as a test of a visit and its rows."""
    found = [_alone(test) if test.dimension.alone else test.sql for test in _flat(part) if not test.denies]
    denied = [some for some in part if some[0].denies]
    if denied:
        found.append(_nowhere(denied) if deny else Sql("true"))
    return either(found)


def _nowhere(denied: _Part) -> Sql:
    """No row of the visit has all that is denied."""
    positive = [[_Test(test.dimension, NEGATIVE[test.operator], test.value) for test in some] for some in denied]
    sources = sorted({test.dimension.source for some in positive for test in some})
    found = _rows(sources, _flat(positive), [either([test.sql for test in some]) for some in positive], every=False)
    return Sql(f"v.idvisit NOT IN ({found.text})", found.values)


def _same_rows(sources: Sequence[str], parts: list[_Part], *, deny: bool) -> Sql:
    """Some row (of each source) has all of these parts."""
    tests = [test for part in parts for test in _flat(part)]
    # a visit without any such row is a row of NULLs, which some conditions accept; it may have rows of another source
    every = len(sources) > 1 or any(not test.of_rows or test.denies or not test.value for test in tests)
    found = _rows(sources, tests, [_part(part, deny=deny) for part in parts], every=every)
    return Sql(f"v.idvisit IN ({found.text})", found.values)


def _rows(sources: Sequence[str], tests: list[_Test], wanted: list[Sql], *, every: bool) -> Sql:
    """Ids of the visits with rows as wanted; `every` visit is looked at, also those without rows."""
    kinds = list(sources)
    if every:
        tables = "near_visit v" + (_VISIT_DETAIL if _has_detail(tests, "visit") else "")
        first = "v"
    else:
        relation, first, detail = _RELATIONS[kinds.pop(0)]
        tables = f"{relation} {first}" + (detail if _has_detail(tests, sources[0]) else "")
    for kind in kinds:
        relation, alias, detail = _RELATIONS[kind]
        tables += f" LEFT JOIN {relation} {alias} ON {alias}.idvisit = {first}.idvisit"
        tables += detail if _has_detail(tests, kind) else ""
    where = both(wanted)
    return Sql(f"SELECT {first}.idvisit FROM {tables} WHERE {where.text}", where.values)


def _alone(test: _Test) -> Sql:
    """The visits with a row for which this one condition holds, whatever other conditions ask."""
    relation, alias, detail = _RELATIONS[test.dimension.source]
    joined = detail if test.dimension.table == "detail" else ""
    return Sql(
        f"v.idvisit IN (SELECT {alias}.idvisit FROM {relation} {alias}{joined} "
        f"WHERE {test.dimension.where} AND ({test.sql.text}))",
        test.sql.values,
    )


def _has_detail(tests: Iterable[_Test], source: str) -> bool:
    return any(test.dimension.table == "detail" and test.dimension.source == source for test in tests)


def _flat(part: _Part) -> list[_Test]:
    return [test for some in part for test in some]
