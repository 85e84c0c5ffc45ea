"""CustomDimensions: what is configured. Dimensions are changed by `piwik dimensions`."""

from __future__ import annotations

from typing import Any

from piwikcli.plugins.api import Document, Request, document

SLOTS = 5
"""Dimensions that each scope has room for."""


def configured(request: Request) -> Document:
    """The site's dimensions by their number, inactive ones too."""
    rows = request.rows(
        "SELECT * FROM custom_dimension WHERE idsite = ANY(?) ORDER BY idsite, idcustomdimension",
        [[site.idsite for site in request.sites]],
    )
    return Document([_row(row) for row in rows])


def scopes(request: Request) -> Document:
    """visit and action, with how many dimensions they have and can have."""
    used = [row["scope"] for row in configured(request).value]
    return Document(
        [
            {
                "value": scope,
                "name": scope.capitalize(),
                "numSlotsAvailable": SLOTS,
                "numSlotsUsed": used.count(scope),
                "numSlotsLeft": SLOTS - used.count(scope),
                "supportsExtractions": scope == "action",
            }
            for scope in ("visit", "action")
        ]
    )


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "idcustomdimension": str(row["idcustomdimension"]),
        "idsite": str(row["idsite"]),
        "name": row["name"],
        "index": str(row["index"]),
        "scope": row["scope"],
        "active": bool(row["active"]),
        "extractions": [dict(one) for one in row["extractions"]],
        "case_sensitive": bool(row["case_sensitive"]),
    }


def extraction_dimensions(request: Request) -> Document:
    """What values can be taken from."""
    names = {"url": "Page URL", "urlparam": "Page URL Parameter", "action_name": "Page Title"}
    return Document([{"value": value, "name": name} for value, name in names.items()])


REPORTS = (
    document("CustomDimensions.getConfiguredCustomDimensions", "A site's custom dimensions", configured),
    document("CustomDimensions.getAvailableScopes", "Scopes, and how many dimensions they have room for", scopes),
    document(
        "CustomDimensions.getAvailableExtractionDimensions", "What values can be taken from", extraction_dimensions
    ),
)
