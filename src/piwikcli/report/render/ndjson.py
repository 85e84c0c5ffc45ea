"""One JSON object per line: a row as in `json`, in a map after its `date` and `idSite`. UTF-8, nothing escaped
that need not be, every line ended with a newline.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from piwikcli.report.render.json import cells_of, plain
from piwikcli.report.render.options import RenderOptions
from piwikcli.report.table import DataTable, Number, Result, TableMap


def write(result: Result, method: str, options: RenderOptions) -> Iterator[str]:
    """The lines, one piece each; none for an empty result."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False).encode
    for row in _rows(result, options):
        yield f"{encode(plain(row, options))}\n"


def _rows(result: Result, options: RenderOptions) -> Iterator[dict[str, Any]]:
    if isinstance(result, DataTable):
        for row in result.rows:
            yield cells_of(row, options)
    elif isinstance(result, TableMap):
        for key, one in result.tables.items():
            for cells in _rows(one, options):
                yield {result.key_name: key, **cells}
    elif isinstance(result, Number):
        yield {"value": result.value}
    elif result.columns:
        yield result.columns
