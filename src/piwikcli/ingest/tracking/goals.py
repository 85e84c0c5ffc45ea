"""Which goals a request matches. Matching: docs/reference/goals.md#what-matches."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from urllib.parse import unquote_plus

from piwikcli.regexes import compiled
from piwikcli.store.goals import Goal

Match = tuple[int, bool, float, bool, float | None]
"""(idgoal, allow_multiple, revenue, event value counts, minutes that the visit must have lasted)"""


class GoalMatcher:
    """The goals of all sites. Texts are by attribute: url, title, file, external_website, event_*."""

    def __init__(self, goals: Iterable[Goal]) -> None:
        self._goals: dict[int, list[Goal]] = defaultdict(list)
        for goal in goals:
            self._goals[goal.idsite].append(goal)

    def __bool__(self) -> bool:
        return bool(self._goals)

    def manual(self, idsite: int, idgoal: int) -> Match | None:
        """A goal that a request names; None when the site has none of that id."""
        for goal in self._goals.get(idsite, ()):
            if goal.idgoal == idgoal:
                return goal.idgoal, goal.allow_multiple, goal.revenue, False, None
        return None

    def automatic(self, idsite: int, texts: Mapping[str, str]) -> tuple[Match, ...]:
        """Every goal that an action with these texts matches, or may when its visit has lasted long enough."""
        found: list[Match] = []
        for goal in self._goals.get(idsite, ()):
            if goal.match_attribute == "visit_duration":
                found.append((goal.idgoal, goal.allow_multiple, goal.revenue, False, float(goal.pattern)))
            elif (text := texts.get(goal.match_attribute)) is not None and matches(goal, text):
                found.append((goal.idgoal, goal.allow_multiple, goal.revenue, goal.event_value_as_revenue, None))
        return tuple(found)


def matches(goal: Goal, text: str) -> bool:
    """Whether a text is like a goal's pattern, as it is or URL-decoded."""
    if _matches(goal, goal.pattern, text):
        return True
    decoded = unquote_plus(goal.pattern)
    return decoded != goal.pattern and _matches(goal, decoded, text)


def _matches(goal: Goal, pattern: str, text: str) -> bool:
    if goal.pattern_type == "regex":
        regex = compiled(pattern, 0 if goal.case_sensitive else re.IGNORECASE)
        return regex is not None and regex.search(text) is not None
    if not goal.case_sensitive:
        pattern, text = pattern.lower(), text.lower()
    return text == pattern if goal.pattern_type == "exact" else pattern in text
