"""What every log format can do, whatever its parser family."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

from piwikcli.ingest.parsing.fields import Reading, Rows
from piwikcli.ingest.parsing.lines import Ints, Lines
from piwikcli.ingest.parsing.times import NO_TIME


class LogFormat(ABC):
    """A log format: lines -> rows. Those whose lines stand each on its own need only say how they are read."""

    name: str
    sample: str
    """Lines of the format."""
    detectable: bool
    """Whether lines may be of this format without anybody saying so."""

    @property
    @abstractmethod
    def fields(self) -> frozenset[str]:
        """Names of the fields that a line has."""

    @abstractmethod
    def read(self, lines: Lines, rows: Ints, reading: Reading) -> Rows:
        """Those of the lines numbered `rows` that are of the format."""

    @property
    def expression(self) -> str | None:
        """A regular expression of the same lines with fields as its groups; None where there can be none."""
        return None

    @property
    def unsaid(self) -> frozenset[str]:
        """Fields that are more than what stands in a line, which no expression can say."""
        return frozenset()

    @property
    def key(self) -> str:
        """The name and what else makes the same format again: kept with a source that was begun."""
        return self.name

    @property
    def host(self) -> bool:
        """Whether lines name the host that they are for."""
        return bool(self.fields & {"host", "url"})

    @property
    def richness(self) -> int:
        """Of two formats that a line is in, the one with more is meant."""
        return len(self.fields)

    def recognises(self, lines: Lines, rows: Ints) -> Ints:
        """Those of the lines that are of the format, as far as one can tell."""
        found = self.read(lines, rows, Reading())
        good: Ints = found.index[found.numbers["time"] != NO_TIME]
        return good

    def comments(self, lines: Lines, rows: Ints) -> Ints:
        """Those of the lines that are no requests and are not meant to be any."""
        return rows[:0]

    def almost(self, lines: Lines, rows: Ints) -> Ints:
        """Those of the lines, none of which is of the format, that would be if what they asked for were a request."""
        return rows[:0]

    def after(self, lines: Lines) -> Self:
        """The format of what follows these lines."""
        return self
