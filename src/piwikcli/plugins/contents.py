"""Contents: how often banners and the like were seen, and how often used. Definitions: docs/reference/metrics.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from piwikcli.plugins.api import Context, Measure, Metric, Plugin, Ratio, Report, Row, TrackedRecord, literal
from piwikcli.plugins.labels import escaped, urlencode

PIECE_NOT_SET = "Piwik_ContentPieceNotSet"
PIECE_NOT_DEFINED = "Content Piece not defined"

METRICS = (Metric(41, "nb_impressions"), Metric(42, "nb_interactions"))
_SEEN, _USED = "t.idaction_content_interaction IS NULL", "t.idaction_content_interaction IS NOT NULL"


# what was used without having been seen that day has no row of its own
_SEEN_PIECE = "CASE WHEN g.nb_impressions > 0 THEN {label} END"
_SEEN_AT_ALL = "CASE WHEN sum(g.nb_impressions) OVER (PARTITION BY g.idarchive, g.{key}) > 0 THEN {label} END"


def _record(first: str, second: str, label: str, used: str) -> TrackedRecord:
    return TrackedRecord(
        name=f"Contents_{first}_{second}",
        key=(("name", "t.idaction_content_name"), ("piece", "t.idaction_content_piece")),
        actions=("name", "piece"),
        path=(_SEEN_AT_ALL.format(key=first, label=label), _SEEN_PIECE.format(label=literal(f"{second}.name"))),
        where="t.idaction_content_name IS NOT NULL",
        counted=_SEEN,
        measures=(
            Measure(METRICS[0], f"count(*) FILTER ({_SEEN})"),
            Measure(METRICS[1], f"count(*) FILTER ({used})"),
        ),
        max_rows="actions",
        max_subtable_rows="actions_subtable",
    )


RECORDS = (
    _record("name", "piece", literal("name.name"), _USED),
    # what was used without a piece counts for none
    _record(
        "piece",
        "name",
        f"coalesce({literal('piece.name')}, '{PIECE_NOT_SET}')",
        f"{_USED} AND t.idaction_content_piece IS NOT NULL",
    ),
)


def _label(stored: str) -> str:
    return PIECE_NOT_DEFINED if stored == PIECE_NOT_SET else stored


def _metadata(name: str) -> Callable[[Row, str, Context], Mapping[str, str]]:
    def metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
        if stored == PIECE_NOT_SET:
            return {}
        # a subtable shows the other dimension
        other = {"contentName": "contentPiece", "contentPiece": "contentName"}
        shown = other[name] if context.parameters.get("idSubtable") else name
        return {"segment": f"{shown}=={urlencode(escaped(stored))}"}

    return metadata


def _report(action: str, title: str, record: str, segment: str, dimension: str) -> Report:
    return Report(
        method=f"Contents.{action}",
        title=title,
        record=record,
        label=_label,
        metadata=_metadata(segment),
        metrics=("nb_impressions", "nb_interactions", "interaction_rate"),
        processed=(Ratio("interaction_rate", "nb_interactions", "nb_impressions", 4, "percent"),),
        subtable=f"Contents.{action}",
        nests=False,
        flat_stored=True,
        label_dimension=dimension,
    )


REPORTS = (
    _report("getContentNames", "Content names", "Contents_name_piece", "contentName", "Contents_ContentName"),
    _report("getContentPieces", "Content pieces", "Contents_piece_name", "contentPiece", "Contents_ContentPiece"),
)

PLUGIN = Plugin(
    "Contents",
    records=RECORDS,
    reports=REPORTS,
    metrics=METRICS,
    described_in="piwikcli.plugins.descriptions.actions",
)
