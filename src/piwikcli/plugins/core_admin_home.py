"""CoreAdminHome: housekeeping of archives and lists. Tasks: docs/reference/tasks.md."""

from piwikcli.plugins.api import Plugin, Task
from piwikcli.plugins.api.tasks import HIGH, LOW

TASKS = (
    Task(
        name="CoreAdminHome.purgeOutdatedArchives",
        schedule="daily",
        priority=HIGH,
        run="piwikcli.archive.tasks.purge:outdated_archives",
        help="Delete archives of ranges that nobody has needed for a while (archiving.keep_ranges).",
    ),
    Task(
        name="CoreAdminHome.purgeInvalidatedArchives",
        schedule="daily",
        priority=LOW,
        run="piwikcli.archive.tasks.purge:invalidated_archives",
        help="Delete archives that are out of date and have nothing left to be built from.",
    ),
    Task(
        name="CoreAdminHome.purgeOrphanedArchives",
        schedule="weekly",
        run="piwikcli.archive.tasks.purge:orphaned_archives",
        help="Delete archives of sites that are gone.",
    ),
    Task(
        name="CoreAdminHome.updateSpammerList",
        schedule="weekly",
        run="piwikcli.archive.tasks.lists:spammers",
        settings=("lists.spammers",),
        help="Fetch the list of referrer spammers (lists.spammers).",
    ),
    Task(
        name="GeoIp2.updateDatabase",
        schedule="weekly",
        run="piwikcli.archive.tasks.lists:locations",
        settings=("lists.geoip",),
        help="Fetch the database of locations (lists.geoip).",
    ),
)

PLUGIN = Plugin("CoreAdminHome", tasks=TASKS)
