"""Every setting as data, and which of the places that can give it a value wins.

    flag  >  environment (PIWIK_*)  >  ./piwik.toml  >  user's piwik.toml  >  default

A setting's dotted name is a nested TOML table in a file (`[visitors]` `salt = "none"`) and an upper-case word
in the environment (`PIWIK_VISITORS_SALT`). All of them are described in docs/reference/settings.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from piwikcli.errors import UsageError, nearest
from piwikcli.settings.kinds import Value
from piwikcli.settings.known import ALIASES, PREFIX, SETTINGS, VARIABLES, Setting, find, named

__all__ = [
    "ALIASES",
    "SETTINGS",
    "Setting",
    "Settings",
    "Value",
    "find",
    "flatten",
    "named",
    "read_toml",
    "user_file",
]

T = TypeVar("T")

FILE_NAME = "piwik.toml"
NOT_SETTINGS = {"PIWIK_DEBUG", "PIWIK_INCLUDE_PATH", "PIWIK_USER_PATH", "PIWIK_DOCUMENT_ROOT"}
"""PIWIK_DEBUG is the command line's own; the others are Matomo's and mean nothing here."""


def user_file() -> Path:
    """The user's configuration file, which `piwik config set` writes (honours XDG_CONFIG_HOME)."""
    from platformdirs import user_config_path

    return user_config_path("piwik") / FILE_NAME


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
            if variable in VARIABLES:
                setting = VARIABLES[variable]
                put(setting, setting.parse(text, variable), variable)
            else:
                warnings.append(f"{variable} is no setting and was ignored.{nearest(variable, VARIABLES)}")
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
