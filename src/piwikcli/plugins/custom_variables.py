"""CustomVariables: pairs of name and value that visits and pages carry in five slots."""

from collections.abc import Mapping

from piwikcli.plugins.api import Context, DataTable, Dimension, Plugin, Report, Row, VariableRecord
from piwikcli.plugins.api.dimensions import Source
from piwikcli.plugins.labels import plain, urlencode
from piwikcli.plugins.metrics import VISIT_COLUMNS

SLOTS = range(1, 6)


def _variables(prefix: str, source: Source, column: str, of: str) -> tuple[Dimension, ...]:
    """Names and values, in any slot and in each; they stand in one list, a name before its value."""

    def one(what: str, slot: int | None, first: int) -> Dimension:
        slots = SLOTS if slot is None else (slot,)
        return Dimension(
            segment=f"{prefix}{what}{slot or ''}",
            title=f"{what} of a custom variable of the {of}" + (f", in slot {slot}" if slot else ""),
            sql=tuple(f"{column}[{2 * n - 2 + first}]" for n in slots),
            source=source,
            table="detail",
        )

    return tuple(one(what, slot, first) for slot in (None, *SLOTS) for first, what in ((1, "Name"), (2, "Value")))


DIMENSIONS = (
    *_variables("customVariable", "visit", "e.custom_var", "visit"),
    *_variables("customVariablePage", "action", "x.page_var", "page"),
)

RECORD = "CustomVariables_valueByName"
RECORDS = (VariableRecord(name=RECORD, max_rows="custom_dimensions", max_subtable_rows="custom_dimensions_subtable"),)
# names under which old trackers sent viewed products: price, SKU, name, category
RESERVED = frozenset({"_pks", "_pkn", "_pkc", "_pkp"})


def _without_reserved(table: DataTable, context: Context) -> DataTable:
    if context.parameters.get("_leavePiwikCoreVariables", "0") not in ("", "0"):
        return table
    return DataTable([row for row in table if row.label not in RESERVED], table.metadata)


def _name_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    return {"segment": f"customVariableName=={urlencode(plain(stored))}"}


def _value_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    return {"segment": f"customVariableValue=={urlencode(plain(stored))}"}


REPORTS = (
    Report(
        method="CustomVariables.getCustomVariables",
        title="Custom variables",
        record=RECORD,
        rows=_without_reserved,
        metadata=_name_metadata,
        metrics=VISIT_COLUMNS,
        parameters=("_leavePiwikCoreVariables",),
        flags=("_leavePiwikCoreVariables",),
        subtable="CustomVariables.getCustomVariablesValuesFromNameId",
        dimensions=("CustomVariables_CustomVariableName", "CustomVariables_CustomVariableValue"),
    ),
    Report(
        method="CustomVariables.getCustomVariablesValuesFromNameId",
        title="Values of one custom variable",
        record=RECORD,
        label=lambda stored: stored or "Value not defined",
        metadata=_value_metadata,
        metrics=VISIT_COLUMNS,
        parameters=("idSubtable",),
        needs=("idSubtable",),
        dimensions=("CustomVariables_CustomVariableValue",),
    ),
)

PLUGIN = Plugin(
    "CustomVariables",
    records=RECORDS,
    reports=REPORTS,
    dimensions=DIMENSIONS,
    described_in="piwikcli.plugins.descriptions.visitors",
)
