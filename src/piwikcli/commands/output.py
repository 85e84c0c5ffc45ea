"""The only module that writes data: to stdout, or with `-o FILE` to a temporary file that is then renamed.

The bytes are the same both ways: UTF-8 whatever the locale, line ends as the renderer made them.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, Literal, TextIO, overload

from piwikcli.errors import PiwikError, UsageError, nearest

LIST_FORMATS = ("table", "csv", "tsv", "json")


@overload
@contextmanager
def output(path: Path | None, *, binary: Literal[False] = False) -> Iterator[TextIO]: ...
@overload
@contextmanager
def output(path: Path | None, *, binary: Literal[True]) -> Iterator[BinaryIO]: ...
@contextmanager
def output(path: Path | None, *, binary: bool = False) -> Iterator[TextIO | BinaryIO]:
    """A stream for data: stdout when `path` is None or `-`, else the file, which appears when it is complete.

    When the reader of stdout goes away (`| head`), the block ends early and quietly.
    Raises PiwikError when the file cannot be written.
    """
    if path is None or str(path) == "-":
        with _stdout(binary) as stream:
            yield stream
        return
    try:
        with _file(path) as raw:
            if binary:
                yield raw
                return
            text = io.TextIOWrapper(raw, encoding="utf-8", newline="")
            try:
                yield text
            finally:
                text.detach()
    except OSError as error:
        if error.filename is not None and Path(str(error.filename)) not in (path, _partial(path)):
            raise
        raise PiwikError(f"{path}: cannot be written: {error.strerror}") from error


def line(text: object = "") -> None:
    """One line on stdout at once. A reader that went away doesn't stop the command."""
    with output(None) as stream:
        stream.write(f"{text}\n")


@contextmanager
def _stdout(binary: bool) -> Iterator[TextIO | BinaryIO]:
    text = None if binary else io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    try:
        sys.stdout.flush()
        yield text or sys.stdout.buffer
        if text is not None:
            text.flush()
        sys.stdout.flush()
    except BrokenPipeError:
        forget_stdout()
    finally:
        if text is not None:
            text.detach()  # or stdout is closed with it


def forget_stdout() -> None:
    """Send what is still written to stdout nowhere, so that Python doesn't complain about it at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _file(path: Path) -> Iterator[BinaryIO]:
    if path.exists() and not path.is_file():  # a pipe, /dev/stdout: nothing to rename
        with path.open("wb") as stream:
            yield stream
        return
    target = path.resolve()
    partial = _partial(path)
    try:
        with partial.open("wb") as stream:
            if target.exists():
                os.fchmod(stream.fileno(), target.stat().st_mode & 0o7777)
            yield stream
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _partial(path: Path) -> Path:
    target = path.resolve()
    return target.with_name(f".{target.name}.{os.getpid()}.part")


_replaced: list[TextIO] = []
"""stdout and stderr while a file stands in for them."""


def append_all_to(path: Path | None) -> None:
    """From now on what this process would say on stdout and stderr goes to the end of a file, until `finish`."""
    if path is None:
        return
    try:
        file = path.open("a", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"--output {path}: cannot be written: {error.strerror}") from error
    sys.stdout.flush()
    _replaced[:] = [sys.stdout, sys.stderr]
    sys.stdout = sys.stderr = file


def finish() -> None:
    """Send what stdout still holds; what cannot be sent was reported when it was written."""
    try:
        sys.stdout.flush()
    except OSError:
        forget_stdout()
    if _replaced:
        sys.stdout.close()
        sys.stdout, sys.stderr = _replaced
        _replaced.clear()


def list_format(given: str | None, path: Path | None) -> str:
    """The format as asked, else by the file's extension, else table on a terminal and csv off it."""
    extension = path.suffix.lstrip(".").lower() if path is not None else ""
    if given is None:
        if extension in LIST_FORMATS:
            return extension
        return "table" if path is None and sys.stdout.isatty() else "csv"
    if given not in LIST_FORMATS:
        raise UsageError(
            f"no list format {given}; there are {', '.join(LIST_FORMATS)}.{nearest(given, LIST_FORMATS)}"
        )
    return given


def write_list(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    format: str,
    path: Path | None = None,
    *,
    table: Sequence[str] | None = None,
) -> None:
    """Lists of the installation's own things (sites, settings) as table, csv, tsv or json.

    `columns` are the keys to write, `table` those that a table shows. Cells may be str, int, float, bool,
    None, a date, a path or a list of these; JSON keeps their types, text joins lists with commas.
    """
    with output(path) as stream:
        if format == "json":
            json.dump(
                [{key: row[key] for key in columns} for row in rows],
                stream,
                indent=2,
                ensure_ascii=False,
                default=_plain,
            )
            stream.write("\n")
        elif format == "table":
            shown = table or columns
            _write_table([[_visible(cell(row[key])) for key in shown] for row in rows], shown, stream)
        else:
            delimiter = "\t" if format == "tsv" else ","
            writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows([cell(row[key]) for key in columns] for row in rows)


def _plain(value: object) -> str:
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return ",".join(cell(part) for part in value)
        case datetime() | date() | Path():
            return _plain(value)
        case _:
            return str(value)


def _visible(cell: str) -> str:
    """The cell without line ends and control characters, which would break or repaint the table."""
    return cell if cell.isprintable() else "".join(c if c.isprintable() else " " for c in cell)


def _write_table(rows: list[list[str]], columns: Sequence[str], stream: IO[str]) -> None:
    """Columns padded to their widest cell, two spaces apart; nothing is cut."""
    lines = [list(columns), *rows]
    widths = [max(_width(line[i]) for line in lines) for i in range(len(columns))]
    for cells in lines:
        padded = (cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True))
        stream.write("  ".join(padded).rstrip() + "\n")


def _width(text: str) -> int:
    """Columns that the text takes on a terminal: wide letters two, combining marks none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.combining(letter) > 0 for letter in text)
