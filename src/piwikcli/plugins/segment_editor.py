"""SegmentEditor: stored segments. They are changed by `piwik segments`."""

from __future__ import annotations

from typing import Any

from piwikcli.plugins.api import Document, Plugin, Request, document

_COLUMNS = "idsegment, name, definition, idsite, auto_archive, created, changed"


def segment_row(row: dict[str, Any]) -> dict[str, Any]:
    """A stored segment as the Reporting API has it; site 0 is every site."""
    return {
        "idsegment": row["idsegment"],
        "name": row["name"],
        "definition": row["definition"],
        "enable_only_idsite": row["idsite"],
        "enable_all_users": 1,
        "auto_archive": int(row["auto_archive"]),
        "ts_created": f"{row['created']:%Y-%m-%d %H:%M:%S}",
        "ts_last_edit": f"{row['changed']:%Y-%m-%d %H:%M:%S}",
        "deleted": 0,
    }


def _all(request: Request) -> Document:
    """Those of every site and of the sites that are asked about, by name."""
    rows = request.rows(
        f"SELECT {_COLUMNS} FROM segment WHERE idsite = 0 OR idsite = ANY(?) ORDER BY lower(name), idsegment",
        [[site.idsite for site in request.sites]],
    )
    return Document([segment_row(row) for row in rows])


def _one(request: Request) -> Document:
    rows = request.rows(
        f"SELECT {_COLUMNS} FROM segment WHERE idsegment::VARCHAR = ?", [request.parameters["idSegment"].strip()]
    )
    return Document(segment_row(rows[0]) if rows else [])


def _may_add(request: Request) -> Document:
    return Document(True)


REPORTS = (
    document("SegmentEditor.getAll", "Stored segments", _all, sited=False),
    document(
        "SegmentEditor.get",
        "One stored segment",
        _one,
        "idSegment",
        needs=("idSegment",),
        integers=("idSegment",),
        sited=False,
    ),
    document("SegmentEditor.isUserCanAddNewSegment", "Whether segments can be stored: always", _may_add),
)

PLUGIN = Plugin("SegmentEditor", reports=REPORTS)
