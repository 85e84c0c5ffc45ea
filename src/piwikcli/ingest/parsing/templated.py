"""The family of line templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from piwikcli.ingest.parsing.cutting import cut
from piwikcli.ingest.parsing.expression import match
from piwikcli.ingest.parsing.family import LogFormat
from piwikcli.ingest.parsing.fields import Decoder, Reading, Rows, read_rows
from piwikcli.ingest.parsing.lines import Ints, Lines
from piwikcli.ingest.parsing.template import Template, regex_of


@dataclass(frozen=True)
class TemplateFormat(LogFormat):
    """A format whose lines follow a template, or one of several."""

    name: str
    sample: str
    templates: tuple[Template, ...]
    detectable: bool = True
    decoders: Mapping[str, Decoder] = field(default_factory=dict)
    string: str = ""
    """The format string that it was made of, if it was."""

    @property
    def key(self) -> str:
        return f"{self.name}\n{self.string}" if self.string else self.name

    @property
    def expression(self) -> str:
        return regex_of(self.templates)

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(name for template in self.templates for name in template.fields)

    @property
    def richness(self) -> int:
        return max(len(template.parts) for template in self.templates)

    def almost(self, lines: Lines, rows: Ints) -> Ints:
        found = [match(lines, rows, template.loose)[0] for template in self.templates if template.loose]
        return np.unique(np.concatenate(found)) if found else rows[:0]

    def read(self, lines: Lines, rows: Ints, reading: Reading) -> Rows:
        """Cut what can be cut; what is left meets the templates' expressions."""
        parts: list[Rows] = []
        for step in (cut, lambda lines, rows, template: match(lines, rows, template.regex)):
            for template in self.templates:
                found, fields = step(lines, rows, template)
                if len(found) or not parts:
                    parts.append(read_rows(found, fields, reading, self.decoders))
                rows = np.setdiff1d(rows, found, assume_unique=True)
                if not len(rows):
                    return Rows.join(parts)
        return Rows.join(parts)
