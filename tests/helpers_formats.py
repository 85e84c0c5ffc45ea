"""Lines of any format, and the hits that they become."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from piwikcli.ingest.formats import LogFormat
from piwikcli.ingest.parse import parse
from piwikcli.ingest.parsing.fields import Reading
from piwikcli.ingest.parsing.hits import Parsed
from piwikcli.ingest.stream import Chunk

NOW = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())


def parsed(text: str | bytes, log_format: LogFormat, *, everything: bool = True, **reading: Any) -> Parsed:
    """What the lines are, with columns that no request needs as well."""
    data = text.encode() if isinstance(text, str) else text
    chunk = Chunk(0, data, len(data), unterminated=not data.endswith(b"\n"))
    return parse(
        chunk, log_format, Reading(everything=everything, **reading), first_line=1, now=NOW, max_line=1 << 20
    )


def hits(found: Parsed) -> list[dict[str, Any]]:
    """Rows of hits with what they have: texts as str, times as `2024-03-04 10:11:12` in UTC."""
    rows = []
    for row in found.hits.to_pylist():
        row["time"] = f"{datetime.fromtimestamp(row['time'], UTC):%Y-%m-%d %H:%M:%S}"
        texts = {name: value.decode() if isinstance(value, bytes) else value for name, value in row.items()}
        rows.append(
            {name: value for name, value in texts.items() if name not in ("line", "offset") and value not in ("", -1)}
        )
    return rows


def fields(text: str, log_format: LogFormat, **reading: Any) -> dict[str, Any]:
    """The fields of the one hit that the text holds."""
    found = parsed(text, log_format, **reading)
    assert found.rejects == []
    [hit] = hits(found)
    return hit
