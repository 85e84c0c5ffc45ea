"""CustomVariables: pairs of name and value that visits and pages carry in five slots."""

from piwikcli.plugins.api import Dimension, Plugin
from piwikcli.plugins.api.dimensions import Source

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

PLUGIN = Plugin("CustomVariables", dimensions=DIMENSIONS)
