#!/usr/bin/env python3
"""Write docs/reference/segments.md from the segments that plugins declare.

python scripts/segments_page.py
"""

from __future__ import annotations

from pathlib import Path

from piwikcli.plugins import plugins
from piwikcli.plugins.api import Dimension
from piwikcli.plugins.api.dimensions import EQUALITY, ORDER

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "segments.md"

HEAD = """# Segments

A segment selects visits: `piwik report VisitsSummary.get --segment "countryCode==de;actions>2"`.
How conditions are written and how they match: [segments explained](../explanation/segments.md).
`piwik segments names` prints the list below.

*level* says what a condition is about. One on the visit is true or false of the visit. One on its actions,
conversions or items selects the visits that have such a one; one that denies (`!=`, `!@`) those that have none.

*values*: texts compare without case and accents. A *name* is looked up, where equal means exactly equal. *number* and
*text* columns take every operator; others say which they take.

This page is made by `scripts/segments_page.py`.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for plugin in plugins():
        if plugin.dimensions:
            parts.append(f"## {plugin.name}\n")
            parts.append("| segment | selects by | level | values | other names |\n|---|---|---|---|---|")
            parts += [_row(one) for one in plugin.dimensions]
            parts.append("")
    parts.append(TAIL)
    return "\n".join(parts)


TAIL = """## Of a site

| segment | selects by | level | values |
|---|---|---|---|
| `dimension<N>` | custom dimension with the id N | visit or action | text |
"""


def _row(one: Dimension) -> str:
    cells = (f"`{one.segment}`", one.title, one.source, _values(one), ", ".join(f"`{a}`" for a in one.aliases))
    return "| " + " | ".join(cells) + " |"


def _values(one: Dimension) -> str:
    kind = "name" if one.action_type is not None else {"text": "text", "number": "number", "id": "id"}[one.type]
    if one.union:
        kind = "any of " + ", ".join(f"`{name}`" for name in one.union)
    taken = {EQUALITY: "`==` and `!=` only", ORDER: "comparisons only"}.get(one.operators, "")
    if "!=" not in one.operators:
        taken = "no `!=`, no parts of texts"
    return "; ".join(text for text in (one.values or kind, taken) if text)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
