"""PrivacyManager: how long data is kept, and what of it. Tasks: docs/how-to/privacy.md."""

from piwikcli.plugins.api import Plugin, Task
from piwikcli.plugins.api.tasks import LOW

TASKS = (
    Task(
        name="PrivacyManager.deleteReportData",
        schedule="daily",
        priority=LOW,
        run="piwikcli.archive.tasks.purge:old_reports",
        settings=("retention.reports",),
        help="Delete reports older than retention.reports months.",
    ),
    Task(
        name="PrivacyManager.anonymizePastData",
        schedule="hourly",
        priority=LOW,
        run="piwikcli.archive.tasks.logs:anonymize_past",
        settings=("privacy.anonymize_after",),
        help="Anonymise visits older than privacy.anonymize_after days.",
    ),
    Task(
        name="PrivacyManager.deleteLogData",
        schedule="hourly",
        priority=LOW,
        run="piwikcli.archive.tasks.logs:delete_old_logs",
        settings=("retention.logs",),
        help="Delete visits and their actions older than retention.logs days; their reports stay.",
    ),
)

PLUGIN = Plugin("PrivacyManager", tasks=TASKS)
