"""Options that several commands share, and how a command gets its settings and its database."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from piwikcli.commands import console
from piwikcli.errors import UsageError
from piwikcli.settings import Settings

if TYPE_CHECKING:
    from piwikcli.store import Database

DbOption = Annotated[
    Path | None,
    typer.Option("--db", metavar="PATH", help="Database file (setting db, PIWIK_DB).", show_default=False),
]
LockTimeoutOption = Annotated[
    int | None,
    typer.Option(
        "--lock-timeout",
        metavar="SECONDS",
        help="How long to wait while others write to the database [default: 300].",
        show_default=False,
    ),
]
MemoryLimitOption = Annotated[
    str | None,
    typer.Option("--memory-limit", metavar="SIZE", help="Of the engine, such as 1GB.", show_default=False),
]
ThreadsOption = Annotated[
    int | None, typer.Option("--threads", metavar="N", min=1, help="Of the engine.", show_default=False)
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to FILE instead of stdout.", show_default=False),
]
ListFormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="table|csv|tsv|json",
        help="Default: table on a terminal, csv otherwise, or what FILE's name says.",
        show_default=False,
    ),
]
SiteOption = Annotated[
    int | None,
    typer.Option("--idsite", metavar="N", help="The site; not needed where there is one.", show_default=False),
]
GeoipOption = Annotated[
    Path | None,
    typer.Option(
        "--geoip", metavar="FILE", help="A .mmdb database of places (setting geoip.database).", show_default=False
    ),
]
DataDirOption = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="Newer referrer lists (setting data_dir).", show_default=False),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Everything but the commit.")]
SummaryJsonOption = Annotated[bool, typer.Option("--summary-json", help="The summary as JSON on stdout.")]
MaxRejectsOption = Annotated[
    str | None,
    typer.Option(
        "--max-rejects", metavar="N|P%", help="More rejected lines end with exit code 3.", show_default=False
    ),
]
MaxLineBytesOption = Annotated[
    int, typer.Option("--max-line-bytes", metavar="N", min=256, help="A longer line is rejected.")
]
BatchBytesOption = Annotated[int, typer.Option("--batch-bytes", metavar="N", min=1, help="Text between two commits.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]

_given: dict[str, object] = {}
"""Settings given as flags before the command (`piwik --db PATH sites list`), by name."""


def give(name: str, value: object) -> None:
    """Remember a flag that stood before the command; one after the command wins over it."""
    if value is not None:
        _given[name] = value


def reset() -> None:
    """Forget what the last command line gave."""
    _given.clear()


def load_settings(overrides: dict[str, Any] | None = None, **flags: Any) -> Settings:
    """The settings in force, with this command's flags on top (None: not given); says what to look at.

    Plain names are keywords (`db=db, lock_timeout=lock_timeout`), dotted ones go in `overrides`.
    """
    flags = {name: value for name, value in {**flags, **(overrides or {})}.items() if value is not None}
    settings = Settings.load({**_given, **flags})
    for warning in settings.warnings:
        console.warn(warning)
    return settings


def open_database(settings: Settings, *, memory_limit: str | None = None, threads: int | None = None) -> Database:
    """The database of the settings `db` and `lock_timeout`; nothing is opened or created yet.

    Raises UsageError for a memory limit that is no size.
    """
    if memory_limit is not None and not re.fullmatch(r"\d+(\.\d+)? ?([KMGT]i?)?B", memory_limit.strip(), re.I):
        raise UsageError(f"--memory-limit: {memory_limit!r} is no size such as 1GB or 512MiB")
    from piwikcli.store import Database

    return Database.at(
        settings.database,
        lock_timeout=settings.integer("lock_timeout"),
        memory_limit=memory_limit,
        threads=threads,
    )


def grouped(function: Callable[..., Any]) -> Callable[..., Any]:
    """A command some of whose parameters are groups of options: dataclasses whose fields declare an option each.

    Typer sees the fields in the place of the group; the function gets the group.
    """
    signature = inspect.signature(function, eval_str=True)
    groups: dict[str, tuple[type, list[str]]] = {}
    parameters = []
    for parameter in signature.parameters.values():
        group = parameter.annotation
        if not is_dataclass(group):
            parameters.append(parameter.replace(kind=parameter.KEYWORD_ONLY))
            continue
        assert isinstance(group, type)
        hints = get_type_hints(group, include_extras=True)
        groups[parameter.name] = group, [field.name for field in fields(group)]
        parameters += [
            inspect.Parameter(field.name, parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name])
            for field in fields(group)
        ]

    @wraps(function)
    def command(**given: Any) -> Any:
        for name, (group, options) in groups.items():
            given[name] = group(**{option: given.pop(option) for option in options})
        return function(**given)

    # functions have no such attribute by their type; inspect and typer look for it
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def examples(*lines: str) -> str:
    """An epilog that shows how the command is used; `\\b` keeps its lines as they are."""
    return "\b\n" + "\n".join(("Examples:", *(f"  {line}" for line in lines)))


def confirm(yes: bool, question: str) -> None:
    """Ask before something is deleted, unless told not to or nobody is at the keyboard; ends the command on no."""
    if not yes and sys.stdin is not None and sys.stdin.isatty():
        typer.confirm(question, abort=True, err=True)
