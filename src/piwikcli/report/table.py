"""The DataTable: what an archive gives, what filters change, what renderers print.

Defined with the public interface of plugins, because their reports make tables too.
"""

from piwikcli.plugins.api.table import (
    COLUMNS,
    Answer,
    DataTable,
    Document,
    Number,
    Result,
    Row,
    SimpleTable,
    TableMap,
    Value,
)

__all__ = [
    "COLUMNS",
    "Answer",
    "DataTable",
    "Document",
    "Number",
    "Result",
    "Row",
    "SimpleTable",
    "TableMap",
    "Value",
]
