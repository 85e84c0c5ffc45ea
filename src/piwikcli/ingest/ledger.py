"""The ledger: every line read has one fate, written with the batch that it belongs to.

See docs/explanation/importing.md.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa

from piwikcli.ingest.batch import Batch
from piwikcli.ingest.parsing.hits import Parsed, Reject
from piwikcli.ingest.rules import REASONS
from piwikcli.ingest.summary import ALREADY, DROPPED, IMPORTED, REJECTED
from piwikcli.store import Connection, number

Fates = Counter[tuple[str, str]]


def fates_of(parsed: Parsed, batch: Batch) -> Fates:
    """Lines of a chunk by (outcome, reason)."""
    fates: Fates = Counter()
    for code, count in zip(*(a.tolist() for a in np.unique(batch.fate, return_counts=True)), strict=True):
        if code == 0:
            fates[IMPORTED, ""] += count
        else:
            fates[DROPPED, REASONS[code]] += count
    return fates + others_of(parsed)


def others_of(parsed: Parsed) -> Fates:
    """Lines of a chunk that are no hits, by (outcome, reason)."""
    fates: Fates = Counter()
    if parsed.blank:
        fates[DROPPED, "blank"] += parsed.blank
    if parsed.skipped:
        fates[DROPPED, "skipped"] += parsed.skipped
    if parsed.comments:
        fates[DROPPED, "comment"] += parsed.comments
    for reject in parsed.rejects:
        fates[REJECTED, reject.reason] += 1
    return fates


def last_fate(parsed: Parsed, batch: Batch) -> str:
    """`outcome:reason` of the chunk's last line."""
    at = parsed.last_line_offset
    for reject in parsed.rejects:
        if reject.offset == at:
            return f"{REJECTED}:{reject.reason}"
    offsets = parsed.hits["offset"]
    if len(offsets) and offsets[-1].as_py() == at:
        code = int(batch.fate[-1])
        return f"{IMPORTED}:" if code == 0 else f"{DROPPED}:{REASONS[code]}"
    return f"{DROPPED}:{parsed.last_dropped}"


def write(connection: Connection, idimport: int, idsource: int, fates: Fates, rejects: list[Reject]) -> None:
    """One ledger row per fate, one reject row per line that is no request."""
    for (outcome, reason), lines in sorted(fates.items()):
        connection.execute("INSERT INTO ledger VALUES (?, ?, ?, ?, ?)", [idimport, idsource, outcome, reason, lines])
    if rejects:
        connection.register(
            "new_rejects",
            pa.table(
                {
                    "line": pa.array([r.line for r in rejects], pa.int64()),
                    "byte_offset": pa.array([r.offset for r in rejects], pa.int64()),
                    "reason": pa.array([r.reason for r in rejects], pa.string()),
                    "content": pa.array([r.content for r in rejects], pa.binary()),
                }
            ),
        )
        connection.execute(
            f"INSERT INTO reject SELECT {idimport}, {idsource}, line, byte_offset, reason, content FROM new_rejects"
        )
        connection.unregister("new_rejects")


def write_already(connection: Connection, idimport: int, idsource: int, lines: int) -> None:
    if lines:
        connection.execute("INSERT INTO ledger VALUES (?, ?, ?, '', ?)", [idimport, idsource, ALREADY, lines])


def take_back(connection: Connection, idsource: int, fate: str, byte_offset: int) -> None:
    """Correct the ledger for a last line that was cut short and is now read again in full."""
    outcome, _, reason = fate.partition(":")
    latest = "SELECT max(idimport) FROM ledger WHERE idsource = ? AND outcome <> ?"
    idimport = number(connection, latest, [idsource, ALREADY])
    connection.execute("INSERT INTO ledger VALUES (?, ?, ?, ?, -1)", [idimport, idsource, outcome, reason])
    connection.execute("DELETE FROM reject WHERE idsource = ? AND byte_offset = ?", [idsource, byte_offset])
