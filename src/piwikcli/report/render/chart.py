"""Charts for a terminal: several dates as lines over time, a table as bars of its first rows.

Drawn by plotext, which is an extra (`pip install 'piwikcli[chart]'`). See docs/reference/formats.md#charts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from piwikcli.errors import UsageError
from piwikcli.report.numeric import is_numeric, number
from piwikcli.report.render.lines import sections
from piwikcli.report.render.options import RenderOptions
from piwikcli.report.render.table import clean
from piwikcli.report.table import Answer, DataTable, Number, Result, Row, SimpleTable, TableMap

BARS = 20
"""Rows of a table that are drawn."""
SERIES = 5
"""Rows of tables that are drawn over time: those that have most in all."""
_WIDTH, _HEIGHT = 80, 16
_LABEL = 30
"""Terminal cells of a label at most."""
_TICK = 12
"""Terminal cells that a date on the axis takes."""
_PREFERRED = ("nb_visits", "nb_hits", "nb_events", "nb_impressions", "nb_conversions")
_COLORS = ("blue", "orange", "green", "red", "magenta")
_MARKERS = ("x", "o", "+", "*", "#")

Series = dict[str, list[int | float]]


def write(result: Answer, method: str, options: RenderOptions, columns: Sequence[str] = ()) -> Iterator[str]:
    """The chart of the `columns`, or of the result's chief one. Raises UsageError where there is nothing to draw."""
    if isinstance(result, TableMap) and result.key_name == "date":
        yield _lines(result, options, columns)
    elif isinstance(result, TableMap):
        for heading, one in sections(result):
            yield f"{clean(heading)}\n"
            yield from write(one, method, options, columns)
    elif isinstance(result, DataTable) and len(result):
        yield _bars(result, options, columns)
    elif isinstance(result, DataTable):
        yield "No data available\n"
    else:
        raise UsageError(f"--chart: {method} is not a table of rows here; several dates can be drawn (--date last30)")


def _bars(table: DataTable, options: RenderOptions, columns: Sequence[str]) -> str:
    import plotext

    rows = [row for row, _ in zip(table.rows, range(BARS), strict=False)]
    column = next(iter(columns), None) or _chief([row.columns for row in rows])
    values = [_value(row.columns.get(column)) for row in rows]
    _begin(column, options, len(rows) + 4)
    # the first row at the top
    labels = [_short(row) for row in rows][::-1]
    plotext.bar(labels, values[::-1], orientation="horizontal", width=0.2, color=_color(0, options))
    return _drawn(options)


def _lines(dated: TableMap, options: RenderOptions, columns: Sequence[str]) -> str:
    import plotext

    title, series = _series(list(dated.tables.values()), columns)
    dates = [key.partition(",")[0] for key in dated.tables]
    _begin(title, options, _HEIGHT)
    for index, (name, values) in enumerate(series.items()):
        marker = "braille" if options.color or len(series) == 1 else _MARKERS[index % len(_MARKERS)]
        label = name if len(series) > 1 else None
        plotext.plot(range(len(values)), values, marker=marker, label=label, color=_color(index, options))
    step = -(-len(dates) // max(1, (options.width or _WIDTH) // _TICK))
    plotext.xticks(range(0, len(dates), step), dates[::step])
    plotext.ylim(lower=min(0, *(min(values) for values in series.values())))
    return _drawn(options)


def _series(results: Sequence[Result], columns: Sequence[str]) -> tuple[str, Series]:
    """A title, and name -> a value for each date: of columns, or where the results are tables, of rows."""
    if any(isinstance(one, DataTable) and len(one) for one in results):
        return _series_of_rows([one if isinstance(one, DataTable) else DataTable() for one in results], columns)
    rows = [_columns(one) for one in results]
    names = list(columns) or [_chief(rows)]
    return ", ".join(names), {name: [_value(row.get(name)) for row in rows] for name in names}


def _series_of_rows(tables: Sequence[DataTable], columns: Sequence[str]) -> tuple[str, Series]:
    column = next(iter(columns), None) or _chief([row.columns for table in tables for row in table.rows])
    found: Series = {}
    for index, table in enumerate(tables):
        for row in table.rows:
            values = found.setdefault(_short(row), [0] * len(tables))
            values[index] += _value(row.columns.get(column))
    most = sorted(found, key=lambda label: (-sum(found[label]), label))[:SERIES]
    return column, {label: found[label] for label in most}


def _columns(result: Result) -> Mapping[str, Any]:
    if isinstance(result, Number):
        return {"value": result.value}
    return result.columns if isinstance(result, SimpleTable) else {}


def _chief(rows: Sequence[Mapping[str, Any]]) -> str:
    """The column that counts most things, else the first of numbers. Raises UsageError without any."""
    numeric = dict.fromkeys(
        name for row in rows for name, value in row.items() if name != "label" and is_numeric(value)
    )
    for name in (*_PREFERRED, *numeric):
        if name in numeric:
            return name
    raise UsageError("--chart: there are no numbers to draw")


def _value(value: Any) -> int | float:
    return number(value) if is_numeric(value) else 0


def _short(row: Row) -> str:
    from rich.cells import cell_len, set_cell_size

    label = clean(row.label)
    return label if cell_len(label) <= _LABEL else f"{set_cell_size(label, _LABEL - 1).rstrip()}…"


def _color(index: int, options: RenderOptions) -> str | None:
    return _COLORS[index % len(_COLORS)] if options.color else None


def _begin(column: str, options: RenderOptions, height: int) -> None:
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limit_size(False, False)
    plotext.plot_size(options.width or _WIDTH, height)
    plotext.title(options.column_names.get(column, column))


def _drawn(options: RenderOptions) -> str:
    import plotext

    text: str = plotext.build()
    if not options.color:
        text = plotext.uncolorize(text)
    return "\n".join(line.rstrip() for line in text.rstrip("\n").split("\n")) + "\n"
