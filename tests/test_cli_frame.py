"""The frame around every command: streams, exit codes, errors, signals, start-up. docs/reference/cli.md."""

import io
import os
import signal
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from piwikcli import __version__
from piwikcli.commands import app, console, options, output
from piwikcli.errors import BusyError, InputError, PiwikError, UsageError


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("PIWIK_DEBUG", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def status_does(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[], object]], None]]:
    """Make `piwik status` run a function of the test."""

    def install(function: Callable[[], object]) -> None:
        module = types.ModuleType("piwikcli.commands.status")
        module.command = function  # type: ignore[attr-defined]  # the module is made here
        monkeypatch.setitem(sys.modules, "piwikcli.commands.status", module)

    yield install
    console.reset()
    options.reset()


def fail_with(error: BaseException) -> Callable[[], None]:
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize("line", ["--help", "--version", "-h", ""])
def test_help_and_version_import_neither_duckdb_nor_arrow(line: str) -> None:
    code = (
        "import sys\nfrom piwikcli.commands.app import run\n"
        "code = run(sys.argv[1:])\n"
        "heavy = {'duckdb', 'pyarrow', 'numpy', 'rich', 'tomlkit', 'yaml'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", code, *line.split()], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert ("import-logs" in done.stdout) == (line != "--version")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["--version"]) == 0
    assert capsys.readouterr() == (f"piwik {__version__}\n", "")


def test_help_lists_every_command_and_no_alias(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["--help"]) == 0
    shown = capsys.readouterr().out
    for name in ("import-logs", "archive", "report", "export", "sites", "config", "status"):
        assert f"\n  {name} " in shown
    assert "core:archive" not in shown


@pytest.mark.parametrize(
    "command",
    [
        "",
        *("sites", "sites add", "sites list", "sites update", "sites delete", "status"),
        *("config", "config list", "config get", "config set", "config unset"),
    ],
)
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run([*command.split(), "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"Usage: piwik {command}".rstrip())
    assert f"Examples:\n    piwik {command}".rstrip() in shown


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("stauts", "there is no command stauts. Did you mean status? Try 'piwik --help'."),
        ("xyz", "there is no command xyz. Try 'piwik --help'."),
        ("--nonsense", "no such option: --nonsense. Try 'piwik --help'."),
        ("sites", "missing command. Try 'piwik sites --help'."),
        ("sites lst", "no such command 'lst'. Did you mean 'list'? Try 'piwik sites --help'."),
        (
            "sites add --nam x",
            "no such option: --nam (Possible options: --name). Try 'piwik sites add --help'.",
        ),
        ("config get", "missing argument 'NAME'. Try 'piwik config get --help'."),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(line: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(line.split()) == 2
    assert capsys.readouterr() == ("", f"piwik: {message}\n")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (PiwikError("it failed; try again"), 1, "it failed; try again"),
        (UsageError("no site 3; there are: 1"), 2, "no site 3; there are: 1"),
        (BusyError("busy: process 42"), 4, "busy: process 42"),
        (InputError("access.log: no such file"), 5, "access.log: no such file"),
        (PiwikError("two\nlines"), 1, "two lines"),
        (PermissionError(13, "Permission denied", "/root/x"), 1, "/root/x: Permission denied"),
        (MemoryError(), 1, "out of memory (try --memory-limit or fewer --threads)"),
        (
            KeyError("x"),
            1,
            "KeyError: 'x' (this is a bug in piwikcli; --debug shows where)",
        ),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_an_error_is_one_line_and_its_exit_code(
    error: BaseException,
    code: int,
    message: str,
    status_does: Callable[[Callable[[], object]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    status_does(fail_with(error))
    assert app.run(["-q", "status"]) == code
    # Typer turns its own KeyboardInterrupt into the exit code without a word
    expected = "" if isinstance(error, KeyboardInterrupt) else f"piwik: {message}\n"
    assert capsys.readouterr() == ("", expected)


@pytest.mark.parametrize(("line", "variable"), [("--debug status", ""), ("status --debug", ""), ("status", "1")])
def test_a_traceback_only_with_debug(
    line: str,
    variable: str,
    status_does: Callable[[Callable[[], object]], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIWIK_DEBUG", variable)
    status_does(fail_with(PiwikError("it failed")))
    assert app.run(line.split()) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("Traceback (most recent call last):")
    assert shown.endswith("piwik: it failed\n")


def test_a_command_gives_an_exit_code_by_returning_it(
    status_does: Callable[[Callable[[], object]], None],
) -> None:
    status_does(lambda: 3)
    assert app.run(["status"]) == 3


@pytest.mark.parametrize("line", ["-q status", "status -q", "status --quiet"])
def test_quiet_silences_notes_and_warnings(
    line: str, status_does: Callable[[Callable[[], object]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def command() -> None:
        console.note("done")
        console.warn("look")
        output.line("data")

    status_does(command)
    assert app.run(line.split()) == 0
    assert capsys.readouterr() == ("data\n", "")
    assert app.run(["status"]) == 0
    assert capsys.readouterr() == ("data\n", "done\npiwik: warning: look\n")


def test_db_before_and_after_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in ("--db first.duckdb status", "status --db first.duckdb", "--db x status --db first.duckdb"):
        assert app.run(line.split()) == 0
        assert capsys.readouterr().out.startswith("no database yet at first.duckdb;")
    assert list(tmp_path.iterdir()) == []


def test_console_names_of_matomo_are_aliases(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["config:get", "visitors.look_back"]) == 0
    assert capsys.readouterr().out == "1800\n"
    assert app.ALIASES["core:archive"] == ("archive",)


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "terminated"),
        (signal.SIGHUP, 129, "hung up"),
    ],
)
def test_signals_unwind_and_name_themselves(
    number: signal.Signals,
    code: int,
    word: str,
    status_does: Callable[[Callable[[], object]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    rolled_back = []

    def command() -> None:
        try:
            os.kill(os.getpid(), number)
        except BaseException:
            rolled_back.append(number)
            # an engine reports an interrupted query as an error of its own
            raise RuntimeError("Query interrupted") from None

    before = signal.getsignal(number)
    status_does(command)
    assert app.run(["status"]) == code
    assert rolled_back == [number]
    assert capsys.readouterr().err == f"piwik: {word}\n"
    assert signal.getsignal(number) is before


def test_nohup_stays_in_force(
    status_does: Callable[[Callable[[], object]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        status_does(lambda: os.kill(os.getpid(), signal.SIGHUP))
        assert app.run(["status"]) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_reader_that_goes_away_is_no_error() -> None:
    code = (
        "from piwikcli.commands import output\nfrom piwikcli.commands.app import COMMANDS, run\n"
        "import sys, types\n"
        "module = types.ModuleType('piwikcli.commands.status')\n"
        "def command():\n"
        "    with output.output(None) as stream:\n"
        "        for number in range(1_000_000): stream.write(f'{number}\\n')\n"
        "    print('went on', file=sys.stderr)\n"
        "module.command = command\nsys.modules[module.__name__] = module\n"
        "sys.exit(run(['status']))"
    )
    reader = subprocess.Popen(["head", "-n", "1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    done = subprocess.run([sys.executable, "-c", code], stdout=reader.stdin, stderr=subprocess.PIPE, text=True)
    assert reader.communicate()[0] == b"0\n"
    assert (done.returncode, done.stderr) == (0, "went on\n")


def test_output_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "report.csv"
    target.write_text("old")
    target.chmod(0o640)
    with output.output(target) as stream:
        stream.write("a,ü\r\n")
        assert target.read_text() == "old"
    assert target.read_bytes() == "a,ü\r\n".encode()
    assert target.stat().st_mode & 0o777 == 0o640
    with output.output(target, binary=True) as raw:
        raw.write(b"\x00\xff")
    assert target.read_bytes() == b"\x00\xff"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failed_output_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "report.csv"
    target.write_text("old")

    def fail() -> None:
        with output.output(target) as stream:
            stream.write("new")
            raise PiwikError("halfway")

    with pytest.raises(PiwikError, match="halfway"):
        fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_output_into_a_folder_that_is_not_there(tmp_path: Path) -> None:
    target = tmp_path / "none" / "report.csv"
    with (
        pytest.raises(PiwikError, match=r"report\.csv: cannot be written: No such file or directory"),
        output.output(target) as stream,
    ):
        stream.write("x")


def test_a_link_is_written_through(tmp_path: Path) -> None:
    target, link = tmp_path / "real.csv", tmp_path / "link.csv"
    link.symlink_to(target)
    with output.output(link) as stream:
        stream.write("x")
    assert link.is_symlink()
    assert target.read_text() == "x"


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("table", "id  name\n1   Blog\n22  日本\n"),
        ("csv", 'id,name,tags\n1,Blog,"a,b"\n22,日本,\n'),
        ("tsv", "id\tname\ttags\n1\tBlog\ta,b\n22\t日本\t\n"),
        (
            "json",
            '[\n  {\n    "id": 1,\n    "name": "Blog",\n    "tags": [\n      "a",\n      "b"\n    ]\n  },\n'
            '  {\n    "id": 22,\n    "name": "日本",\n    "tags": []\n  }\n]\n',
        ),
    ],
)
def test_lists(format: str, text: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = [{"id": 1, "name": "Blog", "tags": ("a", "b")}, {"id": 22, "name": "日本", "tags": ()}]
    output.write_list(rows, ["id", "name", "tags"], format, table=["id", "name"])
    assert capsys.readouterr().out == text
    file = tmp_path / "list"
    output.write_list(rows, ["id", "name", "tags"], format, file, table=["id", "name"])
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("given", "path", "format"),
    [
        (None, None, "csv"),  # stdout is no terminal here
        (None, Path("x.json"), "json"),
        (None, Path("x.txt"), "csv"),
        ("table", Path("x.json"), "table"),
    ],
)
def test_list_format(given: str | None, path: Path | None, format: str) -> None:
    assert output.list_format(given, path) == format


def test_an_unknown_list_format_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no list format jsn; .* Did you mean json\?"):
        output.list_format("jsn", None)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("line", "term", "bar"),
    [
        ("status", "xterm", True),
        ("status -q", "xterm", False),
        ("status --no-progress", "xterm", False),
        ("--no-progress status", "xterm", False),
        ("status", "dumb", False),
    ],
)
def test_a_progress_bar_only_on_a_terminal_that_wants_one(
    line: str,
    term: str,
    bar: bool,
    status_does: Callable[[Callable[[], object]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", term)

    def command() -> None:
        with console.progress(1000, "access.log") as progress:
            progress.update(500, 40)
            progress.describe("access.log.1")
            console.note("half")

    status_does(command)
    assert app.run(line.split()) == 0
    shown = screen.getvalue()
    assert ("access.log.1" in shown) == bar
    assert ("half\n" in shown) == ("-q" not in line)
    assert bar == ("\x1b" in shown)


@pytest.mark.parametrize(("variable", "coloured"), [("", True), ("1", False)])
def test_no_color(variable: str, coloured: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", variable)
    console.reset()
    console.warn("look")
    assert ("\x1b[33m" in screen.getvalue()) == coloured


def test_line_rate() -> None:
    assert console.line_rate(123_456, 2.0) == "61,728 lines/s"
    assert console.line_rate(0, None) == "— lines/s"
