"""Values of import options as they are typed -> what they mean. Wrong ones raise UsageError with one clear line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from pathlib import Path

from piwikcli.errors import UsageError


def words(text: str) -> list[str]:
    """`.PDF, doc` -> pdf, doc"""
    return [word.strip().lstrip(".").lower() for word in text.split(",") if word.strip()]


def lines(path: Path | None, option: str) -> list[str]:
    """The lines of a file, blank ones left out."""
    if path is None:
        return []
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"{option} {path}: cannot be read: {why}") from error


def moment(text: str | None, option: str) -> int | None:
    """Seconds UTC of `YYYY-MM-DD hh:mm:ss ±HHMM`."""
    if text is None:
        return None
    try:
        return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").timestamp())
    except ValueError as error:
        raise UsageError(f"{option}: {text!r} is not of the form 'YYYY-MM-DD hh:mm:ss ±HHMM'") from error


def delimiter(text: str) -> str:
    if len(text) == 0:
        raise UsageError("--query-string-delimiter must not be empty")
    return text


def encoding(name: str) -> str:
    try:
        bytes_of_newline = "\n".encode(name)
    except LookupError as error:
        raise UsageError(f"--encoding: there is no encoding {name}") from error
    if bytes_of_newline != b"\n":
        raise UsageError(f"--encoding: in {name} a line does not end with one byte; convert the log first (iconv)")
    return name


def pairs(texts: Sequence[str] | None, option: str) -> dict[str, str]:
    """`a=b` -> {a: b}"""
    found = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise UsageError(f"{option}: {text!r} is not of the form NAME=VALUE")
        found[name.strip()] = value
    return found


def flag(text: str | None, option: str) -> bool:
    """Options that Matomo gives a value, whatever it is."""
    if text is None or text.lower() in ("no", "false", "0"):
        return False
    if text.lower() in ("yes", "true", "1"):
        return True
    raise UsageError(f"{option}: {text!r} is neither yes nor no")


def timezone(name: str | None) -> tzinfo | int:
    """A time zone, or seconds east of UTC; UTC without a name."""
    from piwikcli.ingest.parsing.times import zone

    found = 0 if name is None else zone(name)
    if found is None:
        raise UsageError(f"--log-timezone: there is no time zone {name} (such as Europe/Berlin or +0100)")
    return found


def max_rejects(text: str | None) -> tuple[float, bool] | None:
    """(number, whether it is a percentage)"""
    if text is None:
        return None
    percent = text.endswith("%")
    try:
        number = float(text.rstrip("%"))
    except ValueError:
        number = -1.0
    if number < 0:
        raise UsageError(f"--max-rejects: {text!r} is neither a number nor a percentage")
    return number, percent
