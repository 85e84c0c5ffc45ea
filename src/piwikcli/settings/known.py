"""Every setting there is, as data, and what Matomo calls it. For users: docs/reference/settings.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from piwikcli.declared import dataclass
from piwikcli.errors import UsageError, nearest
from piwikcli.settings.kinds import BOOLEAN, PATH, RANGES, RULES, TEXT, Kind, Value, choice, choices, integer

PREFIX = "PIWIK_"

_PERIODS = ("day", "week", "month", "year", "range")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `default` may be a function, where it depends on the user's folders."""

    name: str
    kind: Kind
    default: Value | Callable[[], Value]
    help: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return PREFIX + self.name.replace(".", "_").upper()

    def default_value(self) -> Value:
        return self.default() if callable(self.default) else self.default

    def parse(self, value: object, origin: str = "") -> Value:
        """The typed value of what was written at `origin`. Raises UsageError that says what is allowed."""
        try:
            return self.kind.parse(value)
        except ValueError:
            where = f"{origin}: " if origin else ""
            raise UsageError(f"{where}{self.name} must be {self.kind.allowed}, not {value!r}") from None


def default_database() -> Path:
    """`piwik.duckdb` in the user's data directory (honours XDG_DATA_HOME)."""
    from platformdirs import user_data_path

    return user_data_path("piwik") / "piwik.duckdb"


_ROWS = {
    "actions": "pages, downloads, outlinks and contents",
    "referrers": "referrers",
    "site_search": "site search",
    "events": "events",
    "custom_dimensions": "custom dimensions",
    "products": "products",
    "userid_users": "user ids",
    "standard": "every other report",
}


def _row_limits() -> Iterator[Setting]:
    for x, what in _ROWS.items():
        name = f"archiving.maximum_rows.{x}"
        help = f"Rows kept of {what}; the rest becomes Others (0: all)"
        yield Setting(name, integer(0, " of rows"), 50_000, help)
        help = f"Rows kept of each subtable of {what} (0: all)"
        yield Setting(f"{name}_subtable", integer(0, " of rows"), 50_000, help)


def _retention() -> Iterator[Setting]:
    logs = "Days for which visits and actions are kept; their reports stay (0: for ever)"
    yield Setting("retention.logs", integer(0, " of days"), 0, logs)
    reports = "Months for which reports are kept (0: for ever)"
    yield Setting("retention.reports", integer(0, " of months"), 0, reports)
    keep = "Periods whose reports are kept for ever all the same"
    yield Setting("retention.keep", choices(*_PERIODS), ("month", "year"), keep)
    basic = "Numbers such as visits and visitors are kept when a period's reports are deleted"
    yield Setting("retention.keep_basic_metrics", BOOLEAN, True, basic)
    segments = "What is kept for ever includes the reports of segments"
    yield Setting("retention.keep_segments", BOOLEAN, False, segments)


def _privacy() -> Iterator[Setting]:
    mask = "Bytes of an IPv4 address that are not stored (1 to 3 keep 64, 48 and 24 bits of an IPv6 address)"
    yield Setting("privacy.ip_mask", integer(0, " of bytes", 4), 0, mask)
    before = "Places and visitors are looked up by the masked address"
    yield Setting("privacy.ip_mask_before_lookups", BOOLEAN, False, before)
    users = "User ids are stored as a hash"
    yield Setting("privacy.anonymize_user_id", BOOLEAN, False, users)
    yield Setting("privacy.anonymize_order_id", BOOLEAN, False, "Order ids are stored as a hash")
    kinds = choice("none", "exclude_query", "exclude_path", "exclude_all")
    yield Setting("privacy.anonymize_referrer", kinds, "none", "What referrers lose before they are stored")
    after = "Days after which visits lose what privacy.ip_mask masks, and their user id (0: never)"
    yield Setting("privacy.anonymize_after", integer(0, " of days"), 0, after)


_LISTS = {
    "search_engines": "SearchEngines.yml",
    "socials": "Socials.yml",
    "ai_assistants": "AIAssistants.yml",
    "spammers": "spammers.txt",
    "geoip": "the database of locations",
}


def _lists() -> Iterator[Setting]:
    for name, what in _LISTS.items():
        yield Setting(f"lists.{name}", TEXT, None, f"File or URL that a scheduled task fetches {what} from")


SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting("db", PATH, default_database, "Database file"),
        Setting("lock_timeout", integer(0, " of seconds"), 300, "Seconds to wait for a busy database"),
        Setting(
            "data_dir",
            PATH,
            None,
            "Folder with newer SearchEngines.yml, Socials.yml, AIAssistants.yml, spammers.txt",
        ),
        Setting("geoip.database", PATH, None, "A .mmdb file; without it the country follows the language"),
        Setting(
            "visitors.salt",
            choice("daily", "none"),
            "daily",
            "daily: fingerprints change at the site's midnight; none: visitors are recognised across midnight",
        ),
        Setting(
            "visitors.look_back",
            integer(1, " of seconds"),
            1800,
            "Seconds for which a fingerprint remembers its visitor after the last request",
        ),
        Setting(
            "referrers.ai_assistants",
            BOOLEAN,
            True,
            "AI assistants are a referrer type of their own; false: websites, as in Matomo 5.2",
        ),
        Setting("tracking.exclude_requests", RULES, (), "Requests that do not count: e_c==Test,url=@%2Fpreview%2F"),
        Setting("archiving.on_demand", BOOLEAN, True, "A report may build the archive that it misses"),
        Setting(
            "archiving.on_demand_ranges",
            BOOLEAN,
            True,
            "Without archiving.on_demand: a report may build the archive of a range all the same",
        ),
        Setting(
            "archiving.on_demand_segments",
            BOOLEAN,
            True,
            "Without archiving.on_demand: a report may build a segment that piwik archive does not",
        ),
        Setting(
            "archiving.today_lifetime",
            integer(0, " of seconds"),
            900,
            "Seconds for which reports of a period with today in it do not ask for newer requests",
        ),
        Setting(
            "archiving.unique_visitors",
            choices(*_PERIODS),
            _PERIODS,
            "Periods whose unique visitors and users are recounted from the log",
        ),
        Setting(
            "archiving.exact_row_uniques",
            BOOLEAN,
            False,
            "Rows of periods longer than a day also get true unique visitors",
        ),
        Setting(
            "archiving.custom_ranges", RANGES, (), "Ranges that piwik archive builds: last30;2026-03-01,2026-03-09"
        ),
        *_row_limits(),
        Setting(
            "archiving.keep_ranges",
            integer(0, " of days"),
            1,
            "Days after which the archive of a range is deleted by a scheduled task (0: never)",
        ),
        *_retention(),
        *_privacy(),
        *_lists(),
    )
}


def _alias_names() -> Iterator[tuple[str, str]]:
    for x in _ROWS:
        for theirs in (x, "referers") if x == "referrers" else (x,):
            matomo, ours = "datatable_archiving_maximum_rows", f"archiving.maximum_rows.{x}"
            yield f"{matomo}_{theirs}", ours
            yield f"{matomo}_subtable_{theirs}", f"{ours}_subtable"
    yield "enable_browser_archiving_triggering", "archiving.on_demand"
    yield "archiving_range_force_on_browser_request", "archiving.on_demand_ranges"
    yield "time_before_today_archive_considered_outdated", "archiving.today_lifetime"
    yield "todayArchiveTimeToLive", "archiving.today_lifetime"
    yield "archiving_custom_ranges", "archiving.custom_ranges"
    yield "exclude_requests", "tracking.exclude_requests"
    yield "purge_date_range_archives_after_X_days", "archiving.keep_ranges"
    yield "delete_logs_older_than", "retention.logs"
    yield "delete_reports_older_than", "retention.reports"
    yield "delete_reports_keep_basic_metrics", "retention.keep_basic_metrics"
    yield "delete_reports_keep_segment_reports", "retention.keep_segments"
    for matomo in ("ip_address_mask_length", "ipAddressMaskLength"):
        yield matomo, "privacy.ip_mask"
    for matomo in ("use_anonymized_ip_for_visit_enrichment", "useAnonymizedIpForVisitEnrichment"):
        yield matomo, "privacy.ip_mask_before_lookups"
    yield "anonymizeUserId", "privacy.anonymize_user_id"
    yield "anonymizeOrderId", "privacy.anonymize_order_id"
    yield "anonymizeReferrer", "privacy.anonymize_referrer"


ALIASES: dict[str, str] = dict(_alias_names())
"""Matomo's name -> ours. The section that they stand in there may be written before them."""

_SECTIONS = ("General", "Tracker", "PrivacyManager", "Deletelogs", "Deletereports")

VARIABLES = {setting.variable: setting for setting in SETTINGS.values()} | {
    PREFIX + alias.upper(): SETTINGS[name] for alias, name in ALIASES.items()
}


def find(name: str) -> Setting | None:
    """The setting of that name or of that name in Matomo, or None."""
    section, _, rest = name.partition(".")
    name = ALIASES.get(rest if section in _SECTIONS else name, name)
    return SETTINGS.get(name)


def named(name: str) -> Setting:
    """The setting of that name. Raises UsageError with the nearest known name."""
    found = find(name)
    if found is None:
        hint = nearest(name, [*SETTINGS, *ALIASES]) or " piwik config list shows all."
        raise UsageError(f"there is no setting {name}.{hint}")
    return found
