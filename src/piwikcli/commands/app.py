"""The `piwik` command: which commands there are, and what happens around every one of them.

A command's module is imported when it is invoked, so that `piwik --help` needs neither DuckDB nor Arrow.
Every way to end is here: exit codes, the one line on stderr, signals. Reference: docs/reference/cli.md.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer
import typer.core
import typer.main

from piwikcli import __version__
from piwikcli.commands import console, options, output, signals
from piwikcli.commands.values import use_plain_values
from piwikcli.declared import dataclass
from piwikcli.errors import ExitCode, PiwikError, nearest


@dataclass(frozen=True, slots=True)
class Entry:
    """A command as the list shows it. Its module exports `command` (a function) or `app` (verbs)."""

    name: str
    module: str
    help: str
    examples: tuple[str, ...] = ()


COMMANDS: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        Entry(
            "import-logs",
            "import_logs",
            "Import web server access logs.",
            (
                "piwik import-logs /var/log/nginx/access.log*",
                "piwik import-logs --idsite 1 access.log.gz",
                "zcat *.gz | piwik import-logs --idsite 1 -",
            ),
        ),
        Entry(
            "import-requests",
            "import_requests",
            "Import tracking requests.",
            ("piwik import-requests --idsite 1 requests.jsonl", "piwik import-requests matomo-access.log"),
        ),
        Entry(
            "explain",
            "explain",
            "Say what a log line or a tracking request becomes: visit and reports, or why it is dropped.",
            ("piwik explain < line.txt", "tail -1 access.log | piwik explain --idsite 1 --format json"),
        ),
        Entry(
            "archive",
            "archive",
            "Build the reports' archives that are missing or out of date.",
            ("piwik archive", "piwik archive --idsite 1 --period day,week --date 2026-03-01,2026-03-31"),
        ),
        Entry(
            "report",
            "report",
            "Print one report.",
            (
                "piwik report --list",
                "piwik report VisitsSummary.get --idsite 1 --period month --date 2026-03-01",
                "piwik report Actions.getPageUrls --flat --filter-limit 20 -o pages.json",
            ),
        ),
        Entry(
            "export",
            "export",
            "Write many reports, one file each.",
            ("piwik export --period day --date 2026-03-01,2026-03-31 --format json -o reports",),
        ),
        Entry(
            "query",
            "query",
            "Ask in SQL.",
            (
                "piwik query --list",
                'piwik query "SELECT day, count(*) AS visits FROM visits GROUP BY day ORDER BY day"',
                "piwik query \"FROM actions WHERE kind = 'download'\" -o downloads.parquet",
            ),
        ),
        Entry(
            "sites",
            "sites",
            "Add, list, update and delete sites.",
            ("piwik sites add --name Blog --url https://blog.example.org", "piwik sites list"),
        ),
        Entry(
            "goals",
            "goals",
            "Add, list, update and delete goals.",
            ("piwik goals add --name Signup --match url --pattern /signup/thanks", "piwik goals list"),
        ),
        Entry(
            "segments",
            "segments",
            "Add, list, update and delete segments; list what they can be about.",
            (
                'piwik segments add --name Phones --definition "deviceType==smartphone" --auto-archive',
                "piwik segments names",
            ),
        ),
        Entry(
            "dimensions",
            "dimensions",
            "Add, list, update and delete custom dimensions.",
            ("piwik dimensions add --scope visit --name Plan", "piwik dimensions list"),
        ),
        Entry(
            "tasks",
            "tasks",
            "Show and run scheduled tasks.",
            ("piwik tasks list", "piwik tasks run"),
        ),
        Entry(
            "forget",
            "forget",
            "Delete what is known of a visitor, an address or a user.",
            ("piwik forget --ip 203.0.113.7", "piwik forget --user-id ann --dry-run"),
        ),
        Entry(
            "config",
            "config",
            "Show and change settings.",
            ("piwik config list", "piwik config set visitors.salt none"),
        ),
        Entry(
            "status",
            "status",
            "Show sites, how fresh the imports and archives are, and the database's size.",
            ("piwik status", "piwik status --format json"),
        ),
    )
}

ALIASES = {
    "core:archive": ("archive",),
    "core:run-scheduled-tasks": ("tasks", "run"),
    "config:get": ("config", "get"),
    "config:set": ("config", "set"),
}
"""Matomo's console names, not shown in the help."""


class Commands(typer.core.TyperGroup):
    """The commands of the table above, imported when they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        path = ALIASES.get(cmd_name, (cmd_name,))
        entry = COMMANDS.get(path[0])
        if entry is None:
            return None
        command: Any = _load(entry, [p for p in self.params if p.name in _GLOBAL])
        for verb in path[1:]:
            command = command.commands[verb]
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0]
        if not name.startswith("-") and name not in COMMANDS and name not in ALIASES:
            hint = nearest(name, COMMANDS)
            ctx.fail(f"there is no command {name}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(entry.name, entry.help) for entry in COMMANDS.values()])


def _load(entry: Entry, shared: Sequence[Any]) -> Any:
    """The command as Typer runs it, with those of the `shared` options that it doesn't declare itself."""
    module = import_module(f"piwikcli.commands.{entry.module}")
    group: typer.Typer | None = getattr(module, "app", None)
    if group is not None:
        group.info.name = entry.name
        group.info.help = entry.help
        group.info.epilog = options.examples(*entry.examples)
        command: Any = typer.main.get_group(group)
        for verb in command.commands.values():
            _add_options(verb, shared)
        use_plain_values(command)
        return command
    single = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    epilog = getattr(module, "EPILOG", None) or options.examples(*entry.examples)
    single.command(entry.name, cls=getattr(module, "Command", None), epilog=epilog)(module.command)
    command = typer.main.get_command(single)
    _add_options(command, shared)
    use_plain_values(command)
    return command


def _be_quiet(value: bool) -> None:
    console.state.quiet |= value


def _hide_progress(value: bool) -> None:
    console.state.progress &= not value


def _show_tracebacks(value: bool) -> None:
    console.state.debug |= value


QuietOption = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Say nothing but errors.", callback=_be_quiet, expose_value=False),
]
NoProgressOption = Annotated[
    bool,
    typer.Option("--no-progress", help="No progress bar.", callback=_hide_progress, expose_value=False),
]
DebugOption = Annotated[
    bool,
    typer.Option(
        "--debug",
        help="Show a traceback when something fails.",
        callback=_show_tracebacks,
        expose_value=False,
    ),
]


_GLOBAL = ("quiet", "no_progress", "debug")
"""Options of `piwik` that may stand before and after the command."""


def _add_options(command: Any, shared: Sequence[Any]) -> None:
    declared = {option for parameter in command.params for option in parameter.opts}
    command.params.extend(p for p in shared if not declared.intersection(p.opts))


application = typer.Typer(
    name="piwik",
    cls=Commands,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@application.callback(
    invoke_without_command=True,
    epilog=options.examples(
        "piwik import-logs /var/log/nginx/access.log*",
        "piwik report VisitsSummary.get --period month --date 2026-03-01",
        "piwik report --help",
    ),
)
def _piwik(
    context: typer.Context,
    db: options.DbOption = None,
    quiet: QuietOption = False,
    no_progress: NoProgressOption = False,
    debug: DebugOption = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Matomo's web analytics without the server: access logs in, reports out."""
    options.give("db", db)
    if version:
        output.line(f"piwik {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        output.line(context.get_help())


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; nothing is raised but what ends the interpreter."""
    console.reset()
    options.reset()
    with signals.stopping() as received:
        try:
            command = typer.main.get_command(application)
            use_plain_values(command)
            result = command.main(arguments, prog_name="piwik", standalone_mode=False)
            return int(result) if isinstance(result, int) else ExitCode.DONE
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else ExitCode.FAILED
        except BaseException as error:
            if received:
                return _fail(error, *signals.ENDINGS[received[0]])
            return _failed(error)
        finally:
            output.finish()


def _failed(error: BaseException) -> int:
    match error:
        case PiwikError():
            return _fail(error, str(error), error.exit_code)
        case typer.TyperException():
            context = getattr(error, "ctx", None)
            path = context.command_path if context is not None else "piwik"
            message = error.format_message().strip()
            message = message[:1].lower() + message[1:] + ("" if message.endswith((".", "?")) else ".")
            return _fail(error, f"{message} Try '{path} --help'.", error.exit_code)
        case typer.Abort() | KeyboardInterrupt():
            return _fail(error, "interrupted", ExitCode.INTERRUPTED)
        case BrokenPipeError():
            return ExitCode.FAILED
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            return _fail(error, f"{where}{error.strerror or error}", ExitCode.FAILED)
        case MemoryError():
            return _fail(error, "out of memory (try --memory-limit or fewer --threads)", ExitCode.FAILED)
        case _ if "duckdb" in sys.modules and (known := _of_the_engine(error)) is not None:
            return _fail(error, str(known), known.exit_code)
        case _:
            text = f"{type(error).__name__}: {error}"
            hint = "this is a bug in piwikcli; --debug shows where"
            return _fail(error, f"{text} ({hint})", ExitCode.FAILED)


def _of_the_engine(error: BaseException) -> PiwikError | None:
    from piwikcli.store.database import explained

    return explained(error)


def _fail(error: BaseException, message: str, code: int) -> int:
    if console.state.debug:
        console.traceback(error)
    console.error(message)
    return code


def main() -> NoReturn:
    """The console script."""
    gc.set_threshold(50_000)  # starting makes many objects and no garbage
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy would start threads that wait by spinning
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # started with the stream closed (>&-)
            # open for as long as the process lives
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    code = run()
    atexit._run_exitfuncs()
    # all is written and closed; taking modules apart, object by object, takes as long as a small report
    os._exit(code)
