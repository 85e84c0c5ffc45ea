"""Which format a log is in: by option, by what is stored of it, or by its first lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from piwikcli.errors import InputError, UsageError
from piwikcli.ingest.formats.known import FORMATS, named
from piwikcli.ingest.parsing.expression import compiled
from piwikcli.ingest.parsing.family import LogFormat
from piwikcli.ingest.parsing.fields import missing
from piwikcli.ingest.parsing.grouped import RegexFormat
from piwikcli.ingest.parsing.headed import HEADER, HeaderFormat
from piwikcli.ingest.parsing.lines import Lines
from piwikcli.ingest.parsing.strings import template_of
from piwikcli.ingest.parsing.templated import TemplateFormat

_SAMPLE_LINES = 1000
_LONGEST = 8192
"""Longer lines tell nothing about a format."""
STRING = "format string"


@dataclass(frozen=True)
class Choice:
    """What an import's options say about formats; without any, the lines decide."""

    name: str | None = None
    regex: str | None = None
    """A regular expression with named groups."""
    string: str | None = None
    """A format string of nginx or Apache."""
    w3c_fields: str | None = None
    """The header of a log without one."""
    w3c_names: Mapping[str, str] = field(default_factory=dict)
    """A log's own names of columns -> the usual ones."""
    w3c_matchers: Mapping[str, str] = field(default_factory=dict)
    """Column -> regular expression of its values."""
    w3c_milliseconds: bool = False
    """Whether time-taken is in milliseconds."""
    w3c_seconds: bool = False
    """Whether it is in seconds, also in IIS's logs."""

    def given(self) -> LogFormat | None:
        """The format that the options name; raises UsageError when there is none such."""
        for column, regex in self.w3c_matchers.items():
            if not compiled(regex).groupindex:
                raise UsageError(f"--w3c-field-regex: {regex!r} of {column} has no named group")
        if self.regex is not None:
            made = RegexFormat(self.regex)
            if lacking := missing(made.fields):
                raise UsageError(f"--log-format-regex: no named group is a {' and none a '.join(lacking)}")
            return made
        if self.string is not None:
            return TemplateFormat(STRING, "", (template_of(self.string),), string=self.string)
        return self._configured(named(self.name)) if self.name else None

    def find(self, source: str, sample: bytes) -> LogFormat:
        """The format of a content that begins with `sample`; raises InputError when it is in none."""
        log_format = self.given() or self._detected(source, sample)
        lines = Lines.of(sample, first=True)
        log_format = log_format.after(lines)
        if isinstance(log_format, HeaderFormat) and not log_format.header:
            raise InputError(
                f"{source}: has no #Fields line, without which {log_format.name} means nothing; "
                "give it with --w3c-fields"
            )
        return log_format

    def again(self, key: str) -> LogFormat:
        """The format with which a source was begun, for what follows; the options go before it."""
        given = self.given()
        name, _, state = key.partition("\n")
        if given is not None and given.name != name:
            return given
        if given is None and name == RegexFormat.name:
            return RegexFormat(state)
        if given is None and name == STRING:
            return TemplateFormat(STRING, "", (template_of(state),), string=state)
        log_format = given or self._configured(named(name))
        if isinstance(log_format, HeaderFormat) and state:
            return log_format.with_header(state.encode("latin-1"))
        return log_format

    def _configured(self, log_format: LogFormat) -> LogFormat:
        if not isinstance(log_format, HeaderFormat):
            return log_format
        columns = dict(log_format.columns)
        if "time-taken" in columns and (self.w3c_milliseconds or self.w3c_seconds):
            columns["time-taken"] = f"generation_time_{'milli' if self.w3c_milliseconds else 'secs'}"
        for own, usual in self.w3c_names.items():
            if usual not in columns:
                raise UsageError(f"--w3c-map-field: {log_format.name} has no column {usual}")
            columns[own] = columns[usual]
        log_format = replace(
            log_format,
            columns=columns,
            matchers={**log_format.matchers, **self.w3c_matchers},
            own_matchers=frozenset(self.w3c_matchers),
        )
        if self.w3c_fields is not None:
            log_format = log_format.with_header(self.w3c_fields.encode("latin-1", "replace"))
        return log_format

    def _detected(self, source: str, sample: bytes) -> LogFormat:
        """The format of most of the sample's lines; the richer of two that a line is in."""
        lines = Lines.of(b"\n".join(sample.split(b"\n", _SAMPLE_LINES)[:_SAMPLE_LINES]), first=True)
        rows = np.flatnonzero(lines.stop - lines.start <= _LONGEST)
        best = np.zeros(len(lines), dtype=np.int64)
        winner = np.full(len(lines), -1, dtype=np.int64)
        headed = self.w3c_fields is not None or HEADER in sample
        candidates = [
            self._configured(one).after(lines) if isinstance(one, HeaderFormat) else one
            for one in FORMATS
            if one.detectable and (headed or not isinstance(one, HeaderFormat))
        ]
        for place, candidate in enumerate(candidates):
            found = candidate.recognises(lines, rows)
            better = found[best[found] < candidate.richness]
            best[better], winner[better] = candidate.richness, place
        votes = np.bincount(winner[winner >= 0], minlength=len(candidates))
        if votes.any():
            # most lines, then most fields, then the earlier
            place = max(range(len(candidates)), key=lambda k: (votes[k], candidates[k].richness, -k))
            return candidates[place]
        if b"\x00" in sample:
            raise InputError(f"{source}: is binary data, not an access log")
        raise InputError(f"{source}: is in no known log format (see --log-format-name)")
