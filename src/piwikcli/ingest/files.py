"""Which files an import's arguments mean, and in which order they are read."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING

from piwikcli.errors import InputError
from piwikcli.ingest.stream import STDIN, LogStream

if TYPE_CHECKING:
    from piwikcli.ingest.formats import Choice
    from piwikcli.ingest.parsing.fields import Reading

_HEAD = 1 << 14
_LAST = 1 << 62


def expand(names: list[str]) -> list[str]:
    """Files of names, globs and folders, each once; a name that matches nothing stays as it is."""
    out: list[str] = []
    for name in names:
        path = Path(name)
        if name == STDIN or path.is_file():
            out.append(name)
        elif path.is_dir():
            out += sorted(
                str(entry) for entry in path.iterdir() if entry.is_file() and not entry.name.startswith(".")
            )
        else:
            out += sorted(glob.glob(name)) or [name]
    return list(dict.fromkeys(out))


def in_order(names: list[str], choice: Choice, reading: Reading) -> list[str]:
    """By the time of their first line, then as given; what has none comes last.

    Visits don't depend on the order. But lines that come late make a part of them be recognised again.
    """
    if len(names) < 2:
        return names
    times = {name: _first_time(name, choice, reading) for name in names}
    return sorted(names, key=lambda name: times[name])


def _first_time(name: str, choice: Choice, reading: Reading) -> int:
    """Seconds UTC of a file's first hit."""
    import numpy as np

    from piwikcli.ingest.parsing.lines import Lines
    from piwikcli.ingest.parsing.times import NO_TIME

    if name == STDIN:
        return _LAST
    try:
        stream = LogStream(name)
    except InputError:
        return _LAST  # whoever reads it will say so
    try:
        head = stream.head(_HEAD)
        lines = Lines.of(head[: head.rfind(b"\n") + 1] or head, first=True)
        found = choice.find(name, head).read(lines, np.arange(len(lines)), reading)
        times = found.numbers["time"]
        times = times[times != NO_TIME]
        return int(times[0]) if len(times) else _LAST
    except InputError:
        return _LAST
    finally:
        stream.close()
