"""The reference of formats, made of their declarations.

    python -m piwikcli.ingest.formats.reference docs/reference/log-formats.md

writes it between the page's markers; a test checks that it is current.
"""

from __future__ import annotations

import sys
from pathlib import Path

from piwikcli.ingest.formats.known import ALIASES, FORMATS
from piwikcli.ingest.parsing.family import LogFormat
from piwikcli.ingest.parsing.fields import FIELDS
from piwikcli.ingest.parsing.headed import HeaderFormat
from piwikcli.ingest.parsing.json_lines import JsonFormat
from piwikcli.ingest.parsing.strings import APACHE, NGINX
from piwikcli.ingest.parsing.templated import TemplateFormat

BEGIN, END = "<!-- formats: made by piwikcli.ingest.formats.reference -->", "<!-- end of formats -->"


def markdown() -> str:
    """A section per format, then the fields and the variables of format strings."""
    parts = [_section(log_format) for log_format in FORMATS]
    parts.append("### Fields\n\n" + _table(("field", "what"), [(f"`{name}`", what) for name, what in FIELDS.items()]))
    strings = [(f"`${name}`", of) for name, of in NGINX.items() if of and name != "url"]
    strings += [(f"`%{name}`", of) for name, of in APACHE.items() if of]
    parts.append("### Format strings\n\n" + _table(("variable", "field"), [(v, f"`{of}`") for v, of in strings]))
    return "\n\n".join(parts)


def _section(log_format: LogFormat) -> str:
    aliases = [f"`{alias}`" for alias, name in ALIASES.items() if name == log_format.name]
    notes = [f"Also named {', '.join(aliases)}."] if aliases else []
    if not log_format.detectable:
        notes.append("Never detected: name it.")
    text = [f"### `{log_format.name}`", f"```\n{log_format.sample}\n```", *_shape(log_format), " ".join(notes)]
    return "\n\n".join(part for part in text if part)


def _shape(log_format: LogFormat) -> list[str]:
    if isinstance(log_format, TemplateFormat):
        return ["```\n" + "\n".join(template.text for template in log_format.templates) + "\n```"]
    if isinstance(log_format, HeaderFormat):
        rows = [(f"`{column}`", f"`{of}`") for column, of in log_format.columns.items()]
        return [_table(("column", "field"), rows)]
    if isinstance(log_format, JsonFormat):
        rows = [(f"`{of}`", ", else ".join(f"`{path}`" for path in paths)) for of, paths in log_format.paths.items()]
        needs = ", ".join(f"`{path}`" for path in log_format.requires)
        return [_table(("field", "path"), rows), f"Known by {needs}."]
    return []


def _table(head: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    return "\n".join([f"| {head[0]} | {head[1]} |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)])


def current(page: str) -> str:
    """The page with what stands between its markers made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{markdown()}\n\n{END}{after}"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(current(path.read_text(encoding="utf-8")), encoding="utf-8")
