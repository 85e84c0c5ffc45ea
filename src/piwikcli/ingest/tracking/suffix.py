"""`--request-suffix`: parameters that every request of a run gets, whatever it says itself."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from piwikcli.errors import UsageError
from piwikcli.ingest.tracking.sent import Column, Sent, from_queries, query_of

_OF_THE_LINE = ("cdt", "cdo", "cip")
"""A content is known again by these."""


class Suffix:
    """The parameters of a query; raises UsageError for those that belong to a single request."""

    def __init__(self, query: str, names: frozenset[str]) -> None:
        self._values = {
            name: column.values[int(column.codes[0])]
            for name, column in from_queries(pa.array([query_of(query)], pa.string()), names).items()
        }
        for name in _OF_THE_LINE:
            if name in self._values:
                raise UsageError(f"--request-suffix: {name} is of each line, not of all")
        if query and not self._values:
            raise UsageError(f"--request-suffix: {query!r} has no parameter that means something here")

    def __call__(self, sent: Sent) -> Sent:
        """The requests with these parameters."""
        for name, value in self._values.items():
            sent.columns[name] = Column(np.zeros(len(sent), dtype=np.int64), [value])
        return sent
