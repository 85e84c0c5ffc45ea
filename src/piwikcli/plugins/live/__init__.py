"""Live: single visits with all their actions, and what is known of a visitor. From the log tables, not from archives.

Fields: docs/reference/live.md.
"""

from __future__ import annotations

from piwikcli.plugins.api import Plugin
from piwikcli.plugins.live.reports import REPORTS

PLUGIN = Plugin("Live", reports=REPORTS)
