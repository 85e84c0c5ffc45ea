"""Every format over a table with every value that is hard to write. Golden files are in tests/golden.

After an intended change: PIWIK_UPDATE_GOLDEN=1 pytest tests/test_render_golden.py, then read the diff.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pyarrow.parquet as pq
import pytest
from openpyxl.utils.escape import unescape

from piwikcli.errors import UsageError
from piwikcli.report.render import FORMATS, RenderOptions, render
from piwikcli.report.render.options import Feed
from piwikcli.report.render.values import text_of
from piwikcli.report.sums import with_totals_row
from piwikcli.report.table import DataTable, Number, Result, Row, SimpleTable, TableMap

GOLDEN = Path(__file__).parent / "golden"
NOISE = 0.1 + 0.2
"""0.30000000000000004"""


def goals(orders: int, revenue: float) -> dict[str, dict[str, int | float]]:
    return {
        "idgoal=ecommerceOrder": {"nb_conversions": orders, "revenue": revenue, "items": 2 * orders},
        "idgoal=1": {"nb_conversions": 1, "revenue": 10},
    }


def leaf(label: str, visits: int) -> Row:
    return Row({"label": label, "nb_visits": visits}, {"url": f"https://example.org/{label}"})


def hard() -> DataTable:
    third = DataTable([leaf("/deep", 1), Row({"label": "Others", "nb_visits": 2}, is_summary=True)])
    for level in range(10, 3, -1):
        third = DataTable(
            [Row({"label": f"level {level}", "nb_visits": level}, idsubtable=90 + level, subtable=third)]
        )
    second = DataTable([Row({"label": "2024", "nb_visits": 3}, idsubtable=3, subtable=third), leaf("/x", 1)])
    rows = [
        Row(
            {"label": "blog", "nb_visits": 4, "bounce_rate": "33%", "revenue": NOISE, "goals": goals(3, 5.5)},
            {"segment": "pageUrl=^http%253A%252F%252Fexample.org%252Fblog"},
            idsubtable=2,
            subtable=second,
        ),
        Row({"label": "null, 0, negative, huge", "nb_visits": None, "bounce_rate": 0, "revenue": -12.5}),
        Row({"label": "huge", "nb_visits": 12345678901234567890, "revenue": 1e21, "min_time": "0.0330"}),
        Row({"label": 'say "hi"; it\'s <b>&</b>', "nb_visits": True, "bounce_rate": False, "revenue": 40.0}),
        Row({"label": "stored escaped: &lt;b&gt; &amp;amp; &#039;q&#039; ?a=1&copy=2", "nb_visits": 1}),
        Row({"label": "two\nlines\r\nand\ttab", "nb_visits": 1}),
        Row({"label": "=cmd|' /C calc'!A0", "nb_visits": 1}),
        Row({"label": "%00@SUM(A1)", "nb_visits": 1}),
        Row({"label": "-12.5%", "nb_visits": 1}),
        Row({"label": "שלום \u202egnp.exe \x1b[31mred", "nb_visits": 1}),
        Row({"label": "日本語 Ｗｉｄｅ", "nb_visits": 1}),
        Row({"label": "👩‍👩‍👧 🇩🇪 é", "nb_visits": 1}),
        Row({"label": "", "nb_visits": 1}, {"is_summary": True, "url": "https://example.org/?q=a&b=c"}),
        Row({"label": "not a number", "nb_visits": 1, "revenue": float("nan")}),
        Row({"label": "| *pipes* [and](markup) _all_ #1", "nb_visits": 1}),
        Row({"label": "empty subtable", "nb_visits": 0, "goals": {}}, idsubtable=9, subtable=DataTable()),
    ]
    return DataTable(rows)


def simple() -> SimpleTable:
    return SimpleTable({"nb_visits": 1145, "bounce_rate": "37%", "nb_actions_per_visit": 3.0, "revenue": NOISE})


RESULTS: dict[str, Result] = {
    "hard": hard(),
    "totals": with_totals_row(DataTable([leaf("a", 1), leaf("b", 2)])),
    "invalid_names": DataTable([Row({"label": "a", "1. Chrome": 1, "nb visits": 2})]),
    "simple": simple(),
    "one_value": SimpleTable({"nb_visits": 5}),
    "number": Number(0),
    "empty": DataTable(),
    "empty_simple": SimpleTable(),
    "map": TableMap(
        "date", {"2024-01-29,2024-02-04": DataTable([leaf("a", 1)]), "2024-02-05,2024-02-11": DataTable()}
    ),
    "map_simple": TableMap("date", {"2024-01-31": simple(), "2024-02-01": SimpleTable()}),
    "map_numbers": TableMap("idSite", {"1": Number(5), "2": Number(0)}),
    "map_of_maps": TableMap(
        "idSite",
        {
            "1": TableMap("date", {"2024-01-31": DataTable([leaf("a", 1)]), "2024-02-01": DataTable()}),
            "2": TableMap("date", {"2024-01-31": DataTable([leaf("b", 2)]), "2024-02-01": DataTable()}),
        },
    ),
    "map_empty": TableMap("date", {"2024-01-31": DataTable(), "2024-02-01": DataTable()}),
}
TEXTS = ("table", "csv", "tsv", "json", "ndjson", "xml", "rss", "html", "md")
OPTIONS = RenderOptions(feed=Feed(idsite=3, site="A & B", url="https://example.org/"))


def is_of_dates(result: Result) -> bool:
    return isinstance(result, TableMap) and result.key_name == "date"


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("format", TEXTS)
def test_golden(name: str, format: str) -> None:
    if format == "rss" and not is_of_dates(RESULTS[name]):
        with pytest.raises(UsageError, match="several dates of one specific website"):
            render(RESULTS[name], "rss")
        return
    path = GOLDEN / f"{name}.{FORMATS[format].extension}"
    got = render(RESULTS[name], format, method="Actions.getPageUrls", options=OPTIONS)
    if os.environ.get("PIWIK_UPDATE_GOLDEN"):
        path.write_bytes(got)
    assert got == path.read_bytes()


@pytest.mark.parametrize("name", RESULTS)
def test_json_and_xml_are_well_formed(name: str) -> None:
    json.loads(render(RESULTS[name], "json"))
    ElementTree.fromstring(render(RESULTS[name], "xml"))
    for line in render(RESULTS[name], "ndjson").splitlines():
        json.loads(line)
    if is_of_dates(RESULTS[name]):
        feed = ElementTree.fromstring(render(RESULTS[name], "rss", options=OPTIONS))
        assert len(feed.findall("channel/item")) == len(RESULTS[name].tables)  # type: ignore[union-attr]


def parquet_as_text(content: bytes) -> str:
    """A parquet file's types and values, a line per column and row."""
    table = pq.read_table(io.BytesIO(content))
    kinds = [
        f"{field.name}: {field.type} {(field.metadata or {}).get(b'piwik.kind', b'').decode()}"
        for field in table.schema
    ]
    return "\n".join([*(kind.rstrip() for kind in kinds), "", *(repr(row) for row in table.to_pylist()), ""])


def xlsx_as_text(content: bytes) -> str:
    """A workbook's cells with their type, number format, indent and mark, a line per row."""
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    lines = [f"{sheet.title} {sheet.dimensions}"]
    for row in sheet.iter_rows():
        cells = [
            f"{cell.coordinate}={cell.value!r}"
            + (f" [{cell.number_format}]" if cell.number_format != "General" else "")
            + (f" indent {cell.alignment.indent:g}" if cell.alignment.indent else "")
            + (" literal" if cell.quotePrefix else "")
            for cell in row
            if cell.value is not None
        ]
        level = sheet.row_dimensions[row[0].row].outlineLevel
        lines.append(f"level {level}: " + " | ".join(cells))
    return "\n".join([*lines, ""])


@pytest.mark.parametrize("name", ["hard", "simple", "empty", "map_numbers", "map_of_maps", "map_simple"])
@pytest.mark.parametrize(("format", "as_text"), [("parquet", parquet_as_text), ("xlsx", xlsx_as_text)])
def test_golden_of_typed_formats(name: str, format: str, as_text: Callable[[bytes], str]) -> None:
    path = GOLDEN / f"{name}.{format}.txt"
    content = render(RESULTS[name], format, method="Actions.getPageUrls")
    assert content == render(RESULTS[name], format, method="Actions.getPageUrls")
    got = as_text(content)
    if os.environ.get("PIWIK_UPDATE_GOLDEN"):
        path.write_text(got)
    assert got == path.read_text()


def plain(value: object) -> str:
    """A number as csv writes it, whatever its type; a rate as the fraction it is."""
    if isinstance(value, str) and value.endswith("%"):
        return text_of(float(value[:-1]) / 100)
    return text_of(float(value)) if value not in (None, "") else ""  # type: ignore[arg-type]


COLUMNS = ("nb_visits", "bounce_rate", "revenue", "min_time")


def test_formats_agree_cell_by_cell() -> None:
    rows = list(csv.DictReader(io.StringIO(render(hard(), "csv").decode(), newline="")))
    tabbed = list(csv.DictReader(io.StringIO(render(hard(), "tsv").decode(), newline=""), delimiter="\t"))
    assert rows == tabbed
    as_json = json.loads(render(hard(), "json"))
    assert as_json == [json.loads(line) for line in render(hard(), "ndjson").splitlines()]
    parquet = pq.read_table(io.BytesIO(render(hard(), "parquet"))).to_pylist()
    sheet = openpyxl.load_workbook(io.BytesIO(render(hard(), "xlsx"))).active
    header, *cells = sheet.iter_rows(values_only=True)
    excel = [
        dict(zip(header, row, strict=True))
        for number, row in enumerate(cells, 2)
        if sheet.row_dimensions[number].outlineLevel == 0
    ]
    printed = render(hard(), "table").decode().splitlines()
    assert len(rows) == len(as_json) == len(parquet) == len(excel)
    for row, as_object, typed, in_excel in zip(rows, as_json, parquet, excel, strict=True):
        assert row["label"].removeprefix("'") == as_object["label"].replace("\t", " ")
        assert typed["label"] == unescape(in_excel["label"] or "") == as_object["label"]
        for name in COLUMNS:
            number = plain(row[name])
            json_value = as_object.get(name)
            assert (
                plain(json_value if not isinstance(json_value, str) or "%" in json_value else float(json_value))
                == number
            )
            assert plain(typed[name]) == number
            assert plain(float(in_excel[name]) if isinstance(in_excel[name], str) else in_excel[name]) == number
        if row["label"].isascii() and row["label"].isprintable():
            (line,) = [line for line in printed if line.startswith(row["label"].removeprefix("'").ljust(40))]
            shown = [row[name] for name in COLUMNS if row[name]]
            assert line.split()[-len(shown) :] == shown


def test_a_narrow_terminal_is_never_overrun() -> None:
    from rich.cells import cell_len

    text = render(hard(), "table", options=RenderOptions(width=60)).decode()
    table, _, note = text.partition("\nNot shown: ")
    assert max(cell_len(line) for line in table.splitlines()) <= 60
    assert "goals" in note
