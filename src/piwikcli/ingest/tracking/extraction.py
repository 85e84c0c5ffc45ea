"""Custom dimensions of actions: sent, or taken from URL or title. docs/reference/cli.md#dimensions."""

from __future__ import annotations

import re

from piwikcli.ingest.sitesearch import decode_value
from piwikcli.ingest.tracking.values import DIMENSION_LENGTH
from piwikcli.regexes import compiled
from piwikcli.store.dimensions import CustomDimension


def extract(dimension: CustomDimension, url: str, title: str) -> str | None:
    """The value of the first extraction that gives one; `url` is the action's own."""
    for extraction in dimension.extractions:
        pattern = _pattern(extraction.dimension, extraction.pattern, dimension.case_sensitive)
        found = pattern.search(title if extraction.dimension == "action_name" else url) if pattern else None
        if found is not None and (value := decode_value(found[1] or "")[:DIMENSION_LENGTH]):
            return value
    return None


def _pattern(source: str, pattern: str, case_sensitive: bool) -> re.Pattern[str] | None:
    expression = rf"{re.escape(pattern)}=([^&#]*)" if source == "urlparam" else pattern
    return compiled(expression, 0 if case_sensitive else re.IGNORECASE)
