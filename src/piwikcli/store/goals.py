"""Goals: what counts as a conversion. Matching and recording: docs/reference/goals.md."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields, replace
from typing import Any
from urllib.parse import unquote_plus

from piwikcli.errors import UsageError, nearest
from piwikcli.regexes import translated
from piwikcli.store import sites
from piwikcli.store.database import Connection, number

MATCH_ATTRIBUTES = (
    *("url", "title", "file", "external_website", "manually"),
    *("event_category", "event_action", "event_name", "visit_duration"),
)
PATTERN_TYPES = ("contains", "exact", "regex", "greater_than")
_EVENTS = ("event_category", "event_action", "event_name")
_ADDRESSES = ("url", "file", "external_website")
NAME_LENGTH, TEXT_LENGTH = 50, 255


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal of a site. `revenue` is what a conversion is worth by default, 0 for nothing.

    `pattern` is empty for goals that are only converted by hand; for `visit_duration` it is a number of minutes.
    """

    idsite: int
    idgoal: int
    name: str
    description: str = ""
    match_attribute: str = "manually"
    pattern: str = ""
    pattern_type: str = ""
    case_sensitive: bool = False
    allow_multiple: bool = False
    revenue: float = 0.0
    event_value_as_revenue: bool = False
    deleted: bool = False

    @property
    def wrong_regex(self) -> str:
        """Why its pattern, as it is and URL-decoded, is no regular expression, so that it never matches; or empty."""
        if self.pattern_type != "regex":
            return ""
        try:
            re.compile(translated(self.pattern))
        except re.error as error:
            decoded = unquote_plus(self.pattern)
            return str(error) if decoded == self.pattern else replace(self, pattern=decoded).wrong_regex
        return ""


_COLUMNS = tuple(field.name for field in fields(Goal))


def of_sites(connection: Connection, *, deleted: bool = False) -> list[Goal]:
    """Every site's goals, by idsite and idgoal; deleted ones only on demand."""
    kept = "" if deleted else "WHERE NOT deleted"
    rows = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM goal {kept} ORDER BY idsite, idgoal").fetchall()
    return [Goal(*row) for row in rows]


def get(connection: Connection, idsite: int, idgoal: int) -> Goal:
    """The goal, or UsageError naming those there are."""
    sites.get(connection, idsite)
    known = [goal for goal in of_sites(connection) if goal.idsite == idsite]
    for goal in known:
        if goal.idgoal == idgoal:
            return goal
    have = f"there are: {', '.join(str(goal.idgoal) for goal in known)}" if known else "it has none"
    raise UsageError(f"site {idsite} has no goal {idgoal}; {have}")


def add(connection: Connection, idsite: int, **settings: Any) -> int:
    """Store a new goal and return its idgoal: one more than the highest that the site ever had."""
    sites.get(connection, idsite)
    idgoal = number(connection, "SELECT coalesce(max(idgoal), 0) + 1 FROM goal WHERE idsite = ?", [idsite])
    _store(connection, _checked(Goal(idsite, idgoal, **_cleaned(settings))))
    return idgoal


def update(connection: Connection, idsite: int, idgoal: int, **changes: Any) -> None:
    """Change a goal; what is imported from then on is matched by the new one."""
    before = get(connection, idsite, idgoal)
    goal = _checked(replace(before, **_cleaned(changes)))
    connection.execute("DELETE FROM goal WHERE idsite = ? AND idgoal = ?", [idsite, idgoal])
    _store(connection, goal)
    if goal.name != before.name:
        connection.execute(
            "UPDATE archive SET state = 'invalid' WHERE idsite = ? AND contains(segment, 'visitConvertedGoalName')",
            [idsite],
        )


def delete(connection: Connection, idsite: int, idgoal: int) -> None:
    """Delete a goal and its conversions; its id is never used again."""
    get(connection, idsite, idgoal)
    connection.execute("UPDATE goal SET deleted = true WHERE idsite = ? AND idgoal = ?", [idsite, idgoal])
    connection.execute("DELETE FROM conversion WHERE idsite = ? AND idgoal = ?", [idsite, idgoal])
    connection.execute("UPDATE archive SET state = 'invalid' WHERE idsite = ?", [idsite])


def _cleaned(settings: dict[str, Any]) -> dict[str, Any]:
    """Texts as they are stored: URL-decoded and cut; a `+` in a pattern is a blank, as it is in Matomo."""
    lengths = {"name": NAME_LENGTH, "description": TEXT_LENGTH, "pattern": TEXT_LENGTH}
    return {
        key: unquote_plus(value)[: lengths[key]] if key in lengths else value
        for key, value in settings.items()
        if value is not None
    }


def _checked(goal: Goal) -> Goal:
    """The goal as it can be stored; UsageError for one that could never be converted."""
    if not goal.name.strip():
        raise UsageError("a goal needs a name: piwik goals add --name N --match url --pattern P")
    if goal.match_attribute not in MATCH_ATTRIBUTES:
        hint = nearest(goal.match_attribute, MATCH_ATTRIBUTES)
        raise UsageError(
            f"no goal matches by {goal.match_attribute!r}; --match is one of {', '.join(MATCH_ATTRIBUTES)}.{hint}"
        )
    if goal.event_value_as_revenue and goal.match_attribute not in _EVENTS:
        raise UsageError(f"only goals on events have an event value; this one matches by {goal.match_attribute}")
    if goal.match_attribute == "manually":
        return replace(goal, pattern="", pattern_type="")
    kind = goal.pattern_type or ("greater_than" if goal.match_attribute == "visit_duration" else "contains")
    goal = replace(goal, pattern_type=kind)
    if kind not in PATTERN_TYPES:
        raise UsageError(
            f"no pattern type {kind!r}; there are {', '.join(PATTERN_TYPES)}.{nearest(kind, PATTERN_TYPES)}"
        )
    if not goal.pattern.strip():
        raise UsageError(f"a goal that matches by {goal.match_attribute} needs a pattern: --pattern P")
    if (kind == "greater_than") != (goal.match_attribute == "visit_duration"):
        raise UsageError("greater_than goes with visit_duration, and visit_duration with nothing else")
    if kind == "greater_than" and not re.fullmatch(r"\d+(\.\d+)?", goal.pattern.strip()):
        raise UsageError(f"a visit's duration is a number of minutes, not {goal.pattern!r}")
    if kind == "exact" and goal.match_attribute in _ADDRESSES and not goal.pattern.lower().startswith("http"):
        raise UsageError(f"an exact URL begins with http:// or https://, not {goal.pattern!r}")
    return goal


def _store(connection: Connection, goal: Goal) -> None:
    marks = ", ".join("?" for _ in _COLUMNS)
    connection.execute(f"INSERT INTO goal ({', '.join(_COLUMNS)}) VALUES ({marks})", list(asdict(goal).values()))
