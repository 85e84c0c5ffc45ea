"""`piwik config`: what is set, where it comes from, and changing the user's configuration file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from piwikcli import settings as declared
from piwikcli.commands import console, options, output
from piwikcli.errors import PiwikError, UsageError
from piwikcli.settings import ALIASES, SETTINGS, Setting, Value

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A setting, such as visitors.salt.")]


@app.command("list", epilog=options.examples("piwik config list", "piwik config list --format json"))
def list_(format: options.ListFormatOption = None, out: options.OutputOption = None) -> None:
    """Show every setting with its value, where that comes from, and its default."""
    format = output.list_format(format, out)
    settings = options.load_settings()
    rows = [
        {
            "setting": name,
            "value": _shown(settings.get(name)),
            "origin": settings.origin(name),
            "default": _shown(setting.default_value()),
            "help": setting.help,
        }
        for name, setting in SETTINGS.items()
    ]
    output.write_list(rows, list(rows[0]), format, out, table=("setting", "value", "origin", "default"))


@app.command(epilog=options.examples("piwik config get visitors.salt"))
def get(name: NameArgument) -> None:
    """Print one setting's value."""
    value = options.load_settings().get(name)
    output.line(output.cell(value))


@app.command(
    "set",
    epilog=options.examples(
        "piwik config set visitors.salt none",
        "piwik config set geoip.database /var/lib/GeoLite2-City.mmdb",
        "piwik config set archiving.unique_visitors day,week,month",
    ),
)
def set_(
    name: NameArgument,
    value: Annotated[str | None, typer.Argument(metavar="VALUE", help="Its new value.")] = None,
) -> None:
    """Write a setting to the user's configuration file (NAME VALUE or NAME=VALUE)."""
    if value is None:
        name, equals, value = name.partition("=")
        if not equals:
            raise UsageError(f"no value given: piwik config set {name} VALUE")
    setting = declared.named(name)
    parsed = setting.parse(value)
    with _edited(declared.user_file()) as document:
        for alias in _names(setting):
            _remove(document, alias.split("."))
        _put(document, setting.name.split("."), _written(parsed))
    _name_what_wins(setting)


@app.command(epilog=options.examples("piwik config unset visitors.salt"))
def unset(name: NameArgument) -> None:
    """Remove a setting from the user's configuration file, so that its default holds again."""
    path = declared.user_file()
    setting = declared.find(name)
    # a name that is no setting may still stand in the file, and has to leave it
    names = {name, *(_names(setting) if setting else ())} | ({setting.name} if setting else set())
    present = {written for written, _ in declared.flatten(declared.read_toml(path))} & names
    if not present:
        declared.named(name)
        console.note(f"{name} is not set in {path}")
        return
    with _edited(path) as document:
        for written in present:
            _remove(document, written.split("."))
    if setting is not None:
        _name_what_wins(setting)


def _names(setting: Setting) -> list[str]:
    """Matomo's names of a setting, as a file may have them."""
    theirs = [alias for alias, name in ALIASES.items() if name == setting.name]
    return [*theirs, *(f"General.{alias}" for alias in theirs)]


def _shown(value: Value) -> Any:
    return str(value) if isinstance(value, Path) else value


def _written(value: Value) -> Any:
    """The value as TOML has it; a path made absolute, since the file's folder isn't where the user stands."""
    match value:
        case Path():
            return str(value.absolute())
        case tuple():
            return list(value)
        case _:
            return value


def _name_what_wins(setting: Setting) -> None:
    """Say so when another place overrides what now stands in the user's file."""
    settings = options.load_settings()
    origin = settings.origin(setting.name)
    if origin not in (str(declared.user_file()), "default"):
        console.warn(f"{setting.name} is {output.cell(settings.get(setting.name))} here: {origin} wins")


@contextmanager
def _edited(path: Path) -> Iterator[TOMLDocument]:
    """The file's document, to change; it replaces the file as a whole, comments kept."""
    import tomlkit

    declared.read_toml(path)  # refuses a file that is no TOML, naming it
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
    except OSError as error:
        raise PiwikError(f"{path}: cannot be written: {error.strerror}") from error
    yield document
    with output.output(path) as stream:
        stream.write(tomlkit.dumps(document).lstrip("\n"))


def _put(table: Any, keys: list[str], value: Any) -> None:
    """Set a nested key, making tables on the way."""
    import tomlkit

    for key in keys[:-1]:
        if key not in table:
            table[key] = tomlkit.table(is_super_table=key != keys[-2])
        table = table[key]
        if not isinstance(table, dict):
            raise UsageError(f"{key} is a table of settings, but a value in the file; piwik config unset {key}")
    table[keys[-1]] = value


def _remove(table: Any, keys: list[str]) -> None:
    """Remove a nested key and the tables that this leaves empty."""
    if len(keys) == 1:
        table.pop(keys[0], None)
    elif isinstance(table.get(keys[0]), dict):
        _remove(table[keys[0]], keys[1:])
        if not table[keys[0]]:
            table.pop(keys[0])
