"""Every setting as data, and which of the places that can give it a value wins.

    flag  >  environment (PIWIK_*)  >  ./piwik.toml  >  user's piwik.toml  >  default

A setting's dotted name is a nested TOML table in a file (`[visitors]` `salt = "none"`) and an upper-case word
in the environment (`PIWIK_VISITORS_SALT`). All of them are described in docs/reference/settings.md.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from piwikcli.declared import dataclass
from piwikcli.errors import UsageError, nearest

T = TypeVar("T")
Value = str | int | bool | Path | tuple[str, ...] | None

FILE_NAME = "piwik.toml"
PREFIX = "PIWIK_"
NOT_SETTINGS = {"PIWIK_DEBUG", "PIWIK_INCLUDE_PATH", "PIWIK_USER_PATH", "PIWIK_DOCUMENT_ROOT"}
"""PIWIK_DEBUG is the command line's own; the others are Matomo's and mean nothing here."""

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}
_PERIODS = ("day", "week", "month", "year", "range")


@dataclass(frozen=True, slots=True)
class Kind:
    """What values a setting takes. `parse` raises ValueError for any other; `allowed` says what they are."""

    allowed: str
    parse: Callable[[object], Value]


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


def _integer(minimum: int, unit: str = "", maximum: int | None = None) -> Kind:
    def parse(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError
        number = int(value)
        if number < minimum or (maximum is not None and number > maximum):
            raise ValueError
        return number

    allowed = f"{minimum} or more" if maximum is None else f"{minimum} to {maximum}"
    return Kind(f"a whole number{unit}, {allowed}", parse)


def _choice(*words: str) -> Kind:
    def parse(value: object) -> str:
        if not isinstance(value, str) or value.lower() not in words:
            raise ValueError
        return value.lower()

    return Kind(f"one of {', '.join(words)}", parse)


def _choices(*words: str) -> Kind:
    def parse(value: object) -> tuple[str, ...]:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list | tuple):
            raise ValueError
        given = {str(part).strip().lower() for part in parts} - {""}
        if given - set(words):
            raise ValueError
        return tuple(word for word in words if word in given)

    return Kind(f"a list of {', '.join(words)}", parse)


def _parse_boolean(value: object) -> bool:
    word = str(value).lower()
    if word in _TRUE | _FALSE:
        return word in _TRUE
    raise ValueError


def _parse_path(value: object) -> Path:
    if not isinstance(value, str | Path) or not str(value):
        raise ValueError
    # unlike Path.expanduser it keeps an unknown ~user as it is
    return Path(os.path.expanduser(value))


def _parse_text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value.strip()


_TEXT = Kind("a text", _parse_text)
_BOOLEAN = Kind("true or false", _parse_boolean)
_PATH = Kind("a path", _parse_path)


def default_database() -> Path:
    """`piwik.duckdb` in the user's data directory (honours XDG_DATA_HOME)."""
    from platformdirs import user_data_path

    return user_data_path("piwik") / "piwik.duckdb"


def user_file() -> Path:
    """The user's configuration file, which `piwik config set` writes (honours XDG_CONFIG_HOME)."""
    from platformdirs import user_config_path

    return user_config_path("piwik") / FILE_NAME


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
        yield Setting(name, _integer(0, " of rows"), 50_000, help)
        help = f"Rows kept of each subtable of {what} (0: all)"
        yield Setting(f"{name}_subtable", _integer(0, " of rows"), 50_000, help)


def _retention() -> Iterator[Setting]:
    logs = "Days for which visits and actions are kept; their reports stay (0: for ever)"
    yield Setting("retention.logs", _integer(0, " of days"), 0, logs)
    reports = "Months for which reports are kept (0: for ever)"
    yield Setting("retention.reports", _integer(0, " of months"), 0, reports)
    keep = "Periods whose reports are kept for ever all the same"
    yield Setting("retention.keep", _choices(*_PERIODS), ("month", "year"), keep)
    basic = "Numbers such as visits and visitors are kept when a period's reports are deleted"
    yield Setting("retention.keep_basic_metrics", _BOOLEAN, True, basic)
    segments = "What is kept for ever includes the reports of segments"
    yield Setting("retention.keep_segments", _BOOLEAN, False, segments)
    mask = "Bytes of an IPv4 address that are not stored (1 to 3 keep 64, 48 and 24 bits of an IPv6 address)"
    yield Setting("privacy.ip_mask", _integer(0, " of bytes", 4), 0, mask)
    after = "Days after which visits lose what privacy.ip_mask masks, and their user id (0: never)"
    yield Setting("privacy.anonymize_after", _integer(0, " of days"), 0, after)


_LISTS = {
    "search_engines": "SearchEngines.yml",
    "socials": "Socials.yml",
    "ai_assistants": "AIAssistants.yml",
    "spammers": "spammers.txt",
    "geoip": "the database of locations",
}


def _lists() -> Iterator[Setting]:
    for name, what in _LISTS.items():
        yield Setting(f"lists.{name}", _TEXT, None, f"File or URL that a scheduled task fetches {what} from")


SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting("db", _PATH, default_database, "Database file"),
        Setting("lock_timeout", _integer(0, " of seconds"), 300, "Seconds to wait for a busy database"),
        Setting(
            "data_dir",
            _PATH,
            None,
            "Folder with newer SearchEngines.yml, Socials.yml, AIAssistants.yml, spammers.txt",
        ),
        Setting("geoip.database", _PATH, None, "A .mmdb file; without it the country follows the language"),
        Setting(
            "visitors.salt",
            _choice("daily", "none"),
            "daily",
            "daily: fingerprints change at the site's midnight; none: visitors are recognised across midnight",
        ),
        Setting(
            "visitors.look_back",
            _integer(1, " of seconds"),
            1800,
            "Seconds for which a fingerprint remembers its visitor after the last request",
        ),
        Setting(
            "referrers.ai_assistants",
            _BOOLEAN,
            True,
            "AI assistants are a referrer type of their own; false: websites, as in Matomo 5.2",
        ),
        Setting("archiving.on_demand", _BOOLEAN, True, "A report may build the archive that it misses"),
        Setting(
            "archiving.on_demand_ranges",
            _BOOLEAN,
            True,
            "Without archiving.on_demand: a report may build the archive of a range all the same",
        ),
        Setting(
            "archiving.on_demand_segments",
            _BOOLEAN,
            True,
            "Without archiving.on_demand: a report may build a segment that piwik archive does not",
        ),
        Setting(
            "archiving.today_lifetime",
            _integer(0, " of seconds"),
            900,
            "Seconds for which reports of a period with today in it do not ask for newer requests",
        ),
        Setting(
            "archiving.unique_visitors",
            _choices(*_PERIODS),
            _PERIODS,
            "Periods whose unique visitors and users are recounted from the log",
        ),
        Setting(
            "archiving.exact_row_uniques",
            _BOOLEAN,
            False,
            "Rows of periods longer than a day also get true unique visitors",
        ),
        *_row_limits(),
        Setting(
            "archiving.keep_ranges",
            _integer(0, " of days"),
            1,
            "Days after which the archive of a range is deleted by a scheduled task (0: never)",
        ),
        *_retention(),
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
    yield "purge_date_range_archives_after_X_days", "archiving.keep_ranges"
    yield "delete_logs_older_than", "retention.logs"
    yield "delete_reports_older_than", "retention.reports"
    yield "delete_reports_keep_basic_metrics", "retention.keep_basic_metrics"
    yield "delete_reports_keep_segment_reports", "retention.keep_segments"


ALIASES: dict[str, str] = dict(_alias_names())
"""Matomo's name -> ours. In Matomo they stand in the section General, which may be written before them."""

_VARIABLES = {setting.variable: setting for setting in SETTINGS.values()} | {
    PREFIX + alias.upper(): SETTINGS[name] for alias, name in ALIASES.items()
}


def find(name: str) -> Setting | None:
    """The setting of that name or of that name in Matomo, or None."""
    name = ALIASES.get(name.removeprefix("General."), name)
    return SETTINGS.get(name)


def named(name: str) -> Setting:
    """The setting of that name. Raises UsageError with the nearest known name."""
    found = find(name)
    if found is None:
        hint = nearest(name, [*SETTINGS, *ALIASES]) or " piwik config list shows all."
        raise UsageError(f"there is no setting {name}.{hint}")
    return found


def flatten(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """(dotted name, value) for every value of nested TOML tables."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


class Settings:
    """The values in force and where each came from."""

    def __init__(self, values: dict[str, Value], origins: dict[str, str], warnings: tuple[str, ...] = ()) -> None:
        self._values = values
        self._origins = origins
        self.warnings = warnings
        """What the user should hear: environment variables that look like settings and are none."""

    @classmethod
    def load(
        cls,
        overrides: Mapping[str, object] | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
    ) -> Settings:
        """Read the files and the environment; `overrides` are flags by setting name (None: not given).

        `environment` and `directory` default to the process's own.
        Raises UsageError for an unknown name or a wrong value, naming the file.
        """
        environment = os.environ if environment is None else environment
        directory = Path.cwd() if directory is None else directory
        values = {name: setting.default_value() for name, setting in SETTINGS.items()}
        origins = dict.fromkeys(SETTINGS, "default")

        def put(setting: Setting, value: Value, origin: str) -> None:
            values[setting.name] = value
            origins[setting.name] = origin

        for path in (user_file(), directory / FILE_NAME):
            for setting, value in _read(path):
                put(setting, value, str(path))
        warnings = []
        for variable, text in sorted(environment.items()):
            if not variable.startswith(PREFIX) or variable in NOT_SETTINGS or not text:
                continue
            if variable in _VARIABLES:
                setting = _VARIABLES[variable]
                put(setting, setting.parse(text, variable), variable)
            else:
                warnings.append(f"{variable} is no setting and was ignored.{nearest(variable, _VARIABLES)}")
        for name, given in (overrides or {}).items():
            if given is not None:
                setting = named(name)
                put(setting, setting.parse(given), "flag")
        return cls(values, origins, tuple(warnings))

    def get(self, name: str) -> Any:
        """The value in its own type (str, int, bool, Path, tuple of str), None where there is none."""
        return self._values[named(name).name]

    def origin(self, name: str) -> str:
        """`flag`, the environment variable's name, the file's path, or `default`."""
        return self._origins[named(name).name]

    def text(self, name: str) -> str:
        return _typed(name, self.get(name), str)

    def integer(self, name: str) -> int:
        return _typed(name, self.get(name), int)

    def flag(self, name: str) -> bool:
        return _typed(name, self.get(name), bool)

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(_typed(name, self.get(name), tuple))

    def path(self, name: str) -> Path | None:
        value = self.get(name)
        return None if value is None else _typed(name, value, Path)

    @property
    def database(self) -> Path:
        """The setting `db`."""
        return _typed("db", self.get("db"), Path)


def _typed(name: str, value: object, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"the setting {name} is a {type(value).__name__}, not a {kind.__name__}")
    return value


def _read(path: Path) -> Iterator[tuple[Setting, Value]]:
    """The settings of one file; relative paths in it are relative to its folder."""
    for name, given in flatten(read_toml(path)):
        setting = find(name)
        if setting is None:
            hint = nearest(name, [*SETTINGS, *ALIASES]) or " piwik config list shows all settings."
            raise UsageError(f"{path}: unknown setting {name}.{hint}")
        value = setting.parse(given, str(path))
        yield setting, path.parent / value if isinstance(value, Path) else value


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file, empty when there is none. Raises UsageError when it can't be read."""
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    import tomllib  # most runs have no file to parse

    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error
