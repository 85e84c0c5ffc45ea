"""Log formats as declarations, and finding the one that a file is in.

Reference: docs/reference/log-formats.md.
"""

from __future__ import annotations

from piwikcli.ingest.formats.choice import Choice
from piwikcli.ingest.formats.known import ALIASES, FORMATS, named
from piwikcli.ingest.parsing.family import LogFormat

__all__ = ["ALIASES", "FORMATS", "Choice", "LogFormat", "named"]
