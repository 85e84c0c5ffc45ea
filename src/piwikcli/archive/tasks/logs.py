"""Tasks that delete or anonymise old visits. Settings: docs/how-to/privacy.md."""

from __future__ import annotations

from datetime import timedelta

from piwikcli.plugins.api import TaskRun
from piwikcli.store import retention


def delete_old_logs(run: TaskRun) -> str:
    """Visits older than `retention.logs` days, by whole local days; their archives stay as they are."""
    days = run.settings.integer("retention.logs")
    if not days:
        return "logs are kept"
    with run.database.write() as connection:
        count = retention.delete_before(connection, run.now.date() - timedelta(days=days))
    return f"{count} visits deleted"


def anonymize_past(run: TaskRun) -> str:
    """Addresses, with `privacy.ip_mask`, and user ids of visits older than `privacy.anonymize_after` days."""
    days = run.settings.integer("privacy.anonymize_after")
    if not days:
        return "visits stay as they are"
    with run.database.write() as connection:
        before = run.now.date() - timedelta(days=days)
        count = retention.anonymize_before(connection, before, run.settings.integer("privacy.ip_mask") or 2)
    return f"{count} visits anonymised"
