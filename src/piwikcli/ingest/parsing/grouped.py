"""The family of regular expressions with named groups, as `--log-format-regex` takes them."""

from __future__ import annotations

from dataclasses import dataclass

from piwikcli.ingest.parsing.expression import compiled, match
from piwikcli.ingest.parsing.family import LogFormat
from piwikcli.ingest.parsing.fields import Reading, Rows, read_rows
from piwikcli.ingest.parsing.lines import Ints, Lines


@dataclass(frozen=True)
class RegexFormat(LogFormat):
    """Lines that an expression matches from their start; its groups are fields."""

    regex: str
    name: str = "regex"
    sample: str = ""
    detectable: bool = False

    @property
    def key(self) -> str:
        return f"{self.name}\n{self.regex}"

    @property
    def expression(self) -> str:
        return self.regex

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(compiled(self.regex).groupindex)

    def read(self, lines: Lines, rows: Ints, reading: Reading) -> Rows:
        found, fields = match(lines, rows, self.regex)
        return read_rows(found, fields, reading)
