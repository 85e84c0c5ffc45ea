"""The registry of formats, streaming, and each format's own options. Whole documents are in tests/golden."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from piwikcli.errors import UsageError
from piwikcli.report.render import FORMATS, Format, RenderOptions, format_of, render, write
from piwikcli.report.render.options import Feed
from piwikcli.report.render.values import decode_entities, text_of
from piwikcli.report.table import DataTable, Document, Number, Result, Row, SimpleTable, TableMap

ORACLE = Path(__file__).parents[2] / "shared" / "oracle"
PAGES = DataTable([Row({"label": "/café", "nb_visits": 3}, {"url": "https://example.org/"}, idsubtable=4)])

# --- registry


def test_formats_are_found_by_name_and_extension() -> None:
    assert {name: one.extension for name, one in FORMATS.items()}.items() >= {
        "table": "txt",
        "csv": "csv",
        "tsv": "tsv",
        "json": "json",
        "xml": "xml",
    }.items()
    assert format_of("report.JSON") == "json"
    assert format_of(Path("out/report.txt")) == "table"
    with pytest.raises(UsageError, match=r"'report\.doc' implies no format; say --format"):
        format_of("report.doc")


def test_an_unknown_format_is_refused_with_those_that_exist() -> None:
    with pytest.raises(UsageError, match=r"'jsn' not valid.*: csv, .*json, .*xml\. Did you mean json\?"):
        render(PAGES, "jsn")


def test_a_new_format_plugs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, "count", Format("count", "n", __name__, "count_rows"))
    assert render(PAGES, "count", method="Actions.getPageUrls") == b"Actions.getPageUrls: 1"


def count_rows(result: Any, method: str, options: RenderOptions) -> Any:
    yield f"{method}: "
    yield str(len(result))


@pytest.mark.parametrize("format", ["csv", "tsv", "json", "xml", "table"])
def test_streaming_writes_the_same_bytes_in_blocks(format: str) -> None:
    rows = DataTable([Row({"label": f"/page-{n}", "nb_visits": n}) for n in range(5000)])
    blocks: list[int] = []

    class Stream(io.BytesIO):
        def write(self, block: Any) -> int:
            blocks.append(len(block))
            return super().write(block)

    stream = Stream()
    write(rows, format, stream)
    assert stream.getvalue() == render(rows, format)
    assert len(blocks) > 1
    assert max(blocks) < 70_000


def test_only_the_terminal_needs_rich() -> None:
    script = (
        "import sys\n"
        "from piwikcli.report.render import render\n"
        "from piwikcli.report.formatting import percent\n"
        "from piwikcli.report.table import Number\n"
        "for name in ('csv', 'tsv', 'json', 'xml'): render(Number(5), name)\n"
        "percent(0.5)\n"
        "print({'rich', 'pyarrow', 'numpy', 'duckdb', 'babel'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# --- values


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "1"),
        (False, "0"),
        (0, "0"),
        (-3, "-3"),
        (3.0, "3"),
        (0.1 + 0.2, "0.3"),
        (415.46000000000004, "415.46"),
        (1e-7, "0.0000001"),
        (1e21, "1000000000000000000000"),
        (float("nan"), ""),
        ("&lt;b&gt; &#039;x&#x27;", "<b> 'x'"),
    ],
)
def test_text_of_a_value(value: object, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    "text", ["?a=1&copy=2", "&amp", "&bogus;", "&#0;", "&#xD800;", "&#99999999;", "&apos;", "a & b"]
)
def test_what_is_no_html4_entity_stays(text: str) -> None:
    assert decode_entities(text) == text


def test_entities_are_decoded_once() -> None:
    assert decode_entities("&amp;lt; &eacute;") == "&lt; é"


# --- csv


def lines(result: Result, **options: Any) -> list[str]:
    return render(result, "csv", options=RenderOptions(**options)).decode().split("\n")


def test_csv_is_utf8_without_bom_unless_asked_for_matomos_utf16() -> None:
    assert render(PAGES, "csv").decode("utf-8").startswith("label,nb_visits")
    matomo = render(PAGES, "csv", options=RenderOptions(convert_to_unicode=True))
    assert matomo[:2] == b"\xff\xfe"
    assert matomo[2:].decode("utf-16-le").encode() == render(PAGES, "csv")
    assert render(DataTable(), "csv", options=RenderOptions(convert_to_unicode=True)) == b"No data available"


def test_csv_header_is_the_union_of_columns_in_the_order_seen() -> None:
    table = DataTable([Row({"label": "a"}, {"url": "u"}), Row({"label": "b", "nb_visits": 1}, {"code": "c"})])
    assert lines(table) == ["label,metadata_url,nb_visits,metadata_code", "a,u,,", "b,,1,c"]


def test_csv_translated_names() -> None:
    row = Row({"label": "a", "goals": {"idgoal=1": {"nb_conversions": 2}}}, {"url": "u"})
    names = {"label": "Page URL", "nb_conversions": "Conversions"}
    assert lines(DataTable([row]), column_names=names)[0] == "Page URL,Conversions (Goal 1),Metadata: url"


def test_csv_leaves_out_subtables_ids_and_nested_metadata() -> None:
    row = Row({"label": "a"}, {"comparisons": DataTable(), "tags": ["x"]}, 7, DataTable([Row({"x": 1})]))
    assert lines(DataTable([row])) == ["label", "a"]


@pytest.mark.parametrize("text", ["=1+1", "+a", "-a", "@a", "%=a", "%00=a", "%00%00@a"])
def test_csv_disarms_formulas(text: str) -> None:
    assert lines(DataTable([Row({"label": text, "nb_visits": 1})]))[1] == f"'{text},1"


def test_csv_keeps_formulas_if_asked() -> None:
    assert lines(DataTable([Row({"label": "=1+1"})]), keep_formulas=True)[1] == "=1+1"


@pytest.mark.parametrize("text", ["-5", "+12.5%", "1=1", "-1e5", "%41"])
def test_csv_leaves_numbers_alone(text: str) -> None:
    assert lines(DataTable([Row({"label": text, "nb_visits": 1})]))[1] == f"{text},1"


safe_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t&\x00")).filter(
    lambda text: not text.lstrip("%0").startswith(("=", "+", "-", "@"))
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # on a busy machine everything is slow
@given(st.lists(st.tuples(safe_texts, st.integers()), min_size=1))
def test_csv_and_json_give_back_every_label(rows: list[tuple[str, int]]) -> None:
    table = DataTable([Row({"label": label, "nb_visits": visits}) for label, visits in rows])
    text = render(table, "csv").decode()
    assert [(r["label"], int(r["nb_visits"])) for r in csv.DictReader(io.StringIO(text, newline=""))] == rows
    assert [(r["label"], r["nb_visits"]) for r in json.loads(render(table, "json"))] == rows


# --- json


def test_json_escapes_slashes_and_whatever_is_not_ascii() -> None:
    assert render(PAGES, "json") == (
        rb'[{"label":"\/caf\u00e9","nb_visits":3,"url":"https:\/\/example.org\/","idsubdatatable":4}]'
    )
    hidden = render(PAGES, "json", options=RenderOptions(hide_idsubdatatable=True))
    assert b"idsubdatatable" not in hidden


@pytest.mark.parametrize(("callback", "out"), [("a.b_1", b'a.b_1({"value":5})'), ("alert(1)//", b'{"value":5}')])
def test_json_callback(callback: str, out: bytes) -> None:
    assert render(Number(5), "json", options=RenderOptions(callback=callback)) == out


def test_json_nested_tables_in_metadata_are_rows() -> None:
    row = Row({"label": "a"}, {"comparisons": DataTable([Row({"nb_visits": 1})])})
    assert json.loads(render(DataTable([row]), "json")) == [{"label": "a", "comparisons": [{"nb_visits": 1}]}]


def test_json_has_no_word_for_infinity() -> None:
    assert json.loads(render(SimpleTable({"a": float("inf"), "b": 1.5}), "json")) == {"a": None, "b": 1.5}


# --- xml


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@example("A:")
@given(safe_texts)
def test_xml_is_well_formed_whatever_the_label(label: str) -> None:
    root = ElementTree.fromstring(render(DataTable([Row({"label": label, label: label})]), "xml"))
    assert len(root[0]) == len({"label", label})


def test_xml_lists_and_nested_tables_are_rows() -> None:
    row = Row({"details": [{"type": "action"}, "plain"]}, {"comparisons": DataTable([Row({"nb_visits": 1})])})
    assert render(DataTable([row]), "xml").decode().split("\n")[2:-1] == [
        "\t<row>",
        "\t\t<details>",
        "\t\t\t<row>",
        "\t\t\t\t<type>action</type>",
        "\t\t\t</row>",
        "\t\t\t<row>plain</row>",
        "\t\t</details>",
        "\t\t<comparisons>",
        "\t\t\t<row>",
        "\t\t\t\t<nb_visits>1</nb_visits>",
        "\t\t\t</row>",
        "\t\t</comparisons>",
        "\t</row>",
    ]


def test_xml_goals_are_rows_of_columns_or_of_a_number() -> None:
    row = Row({"goals": {"idgoal=1": {"revenue": 2}}, "totalConversionsByGoal": {"idgoal=1": 3, "idgoal=2": ""}})
    assert render(DataTable([row]), "xml").decode().split("\n")[3:-2] == [
        "\t\t<goals>",
        "\t\t\t<row idgoal='1'>",
        "\t\t\t\t<revenue>2</revenue>",
        "\t\t\t</row>",
        "\t\t</goals>",
        "\t\t<totalConversionsByGoal>",
        "\t\t\t<row idgoal='1'>3</row>",
        "\t\t\t<row idgoal='2' />",
        "\t\t</totalConversionsByGoal>",
    ]


# --- terminal

WIDE = DataTable([Row({"label": "x" * 70, "nb_visits": 12345, "sum_daily_nb_uniq_visitors": 3, "exit_rate": "4%"})])


def terminal(result: Result, **options: Any) -> list[str]:
    return render(result, "table", options=RenderOptions(**options)).decode().splitlines()


def test_terminal_without_width_cuts_nothing() -> None:
    header, _, row = terminal(WIDE)
    assert header.split() == ["label", "nb_visits", "sum_daily_nb_uniq_visitors", "exit_rate"]
    assert row.split() == ["x" * 70, "12345", "3", "4%"]


def test_terminal_breaks_headers_then_cuts_labels_then_drops_columns() -> None:
    assert terminal(WIDE, width=70) == [
        "label                                 nb_visits  sum_daily_  exit_rate",
        "                                                   nb_uniq_",
        "                                                   visitors",
        "─" * 36 + "  ─────────  ──────────  ─────────",
        "x" * 35 + "…      12345           3         4%",
    ]
    assert terminal(WIDE, width=40) == [
        "label                          nb_visits",
        "─" * 29 + "  ─────────",
        "x" * 28 + "…      12345",
        "",
        "Not shown: sum_daily_nb_uniq_visitors, exit_rate. Use a wider terminal, --show-columns or --format csv.",
    ]


def test_terminal_keeps_the_chief_columns() -> None:
    assert terminal(WIDE, width=45, chief=("exit_rate", "nb_visits"))[::2] == [
        "label                    nb_visits  exit_rate",
        "x" * 22 + "…      12345         4%",
        "Not shown: sum_daily_nb_uniq_visitors. Use a wider terminal, --show-columns or --format csv.",
    ]
    many = DataTable([Row({"label": "a", **{f"column{n:02}": 1 for n in range(12)}})])
    assert terminal(many, width=24, chief=("column07",)) == [
        "label  column07",
        "─────  ────────",
        "a             1",
        "",
        "Not shown: column00, column01, column02, column03, column04, column05, column06, column08 and 3 more. "
        "Use a wider terminal, --show-columns or --format csv.",
    ]


def test_terminal_writes_ansi_only_in_colour() -> None:
    both = TableMap("date", {"2024-01-31": PAGES})
    assert b"\x1b" not in render(both, "table")
    coloured = terminal(both, color=True)
    assert coloured[0] == "\x1b[1mdate 2024-01-31\x1b[0m"
    assert [re.sub(r"\x1b\[\d+m", "", line) for line in coloured] == terminal(both)


def test_a_label_cannot_steer_the_terminal() -> None:
    (row,) = terminal(DataTable([Row({"label": "a\x1b]0;title\x07\x9b\u202eb\nc"})]))[2:]
    assert row == "a\ufffd]0;title\ufffd\ufffd\ufffdb c"


def test_terminal_bars_show_the_share_of_the_greatest() -> None:
    rows = [Row({"label": "a", "nb_visits": 40}), Row({"label": "b", "nb_visits": 13}), Row({"label": "c"})]
    assert terminal(DataTable(rows), bars=True, width=40)[2:] == [
        "a             40  ██████████",
        "b             13  ███▎",
        "c",
    ]
    assert "█" not in "".join(terminal(DataTable(rows), width=40))


def test_terminal_texts_stand_left_and_figures_right() -> None:
    row = {
        "label": "a",
        "code": "de",
        "avg_time_on_page": "00:00:49",
        "revenue": "$1,234.50",
        "d": "1 days 2 hours",
    }
    header, _, _, last = terminal(DataTable([Row(row), Row({"label": "b", "code": "", "revenue": "$0"})]))
    assert header.startswith("label  code  avg_time_on_page")
    assert last.endswith("          $0")


# --- what a real Matomo writes


def recorded(value: Any) -> Result:
    """The result that Matomo wrote as this JSON."""
    if isinstance(value, list):
        return DataTable([recorded_row(row) for row in value])
    if all(isinstance(one, (dict, list)) for one in value.values()):
        return TableMap("date", {key: recorded(one) for key, one in value.items()})
    return SimpleTable(value)


def recorded_row(row: dict[str, Any]) -> Row:
    metadata = {"url", "segment", "logo", "referrer_type", "Actions_PageUrl", "is_summary"}
    rest = metadata | {"subtable", "idsubdatatable"}
    return Row(
        {name: value for name, value in row.items() if name not in rest},
        {name: value for name, value in row.items() if name in metadata},
        row.get("idsubdatatable"),
        DataTable([recorded_row(one) for one in row["subtable"]]) if "subtable" in row else None,
    )


REQUESTS = ("0.VisitsSummary_get", "1.Referrers_getReferrerType", "2.Actions_getPageUrls", "3.VisitsSummary_get")
SITES = {"log_week": "berlin", "requests_mixed": "Mixed"}
NO_SERVER = re.compile(
    rb"(?s)<channel>.*?<item>|<guid.*?</guid>|<link>.*?</link>|<author>.*?</author>|(?<=[0-9])\.0(?=,\n)"
)
"""What a feed says of its server (here there is none), and whether PHP had a whole number as a float."""


@pytest.mark.skipif(not ORACLE.is_dir(), reason="needs the recorded answers of a real Matomo")
@pytest.mark.parametrize("format", ["csv", "tsv", "json", "xml", "html", "rss"])
@pytest.mark.parametrize("request_name", REQUESTS)
@pytest.mark.parametrize("case", SITES)
def test_bytes_are_matomos(case: str, request_name: str, format: str) -> None:
    folder = ORACLE / case / "extra" / "formats"
    result = recorded(json.loads((folder / f"{request_name}.json").read_bytes()))
    expected = (folder / f"{request_name}.{format}").read_bytes()
    options = RenderOptions(feed=Feed(site=SITES[case]))
    method = request_name.split(".")[1].replace("_", ".")
    if format == "rss" and not isinstance(result, TableMap):
        assert b"RSS feeds can be generated for one specific website" in expected
        with pytest.raises(UsageError, match="RSS feeds can be generated for several dates of one"):
            render(result, format, method=method, options=options)
        return
    got = render(result, format, method=method, options=options)
    if format == "html":
        # subtables have other numbers there
        got = re.sub(rb"(?<=<td>)\d+(?=</td>\n\t</tr>)", b"-", got)
        expected = re.sub(rb"(?<=<td>)\d+(?=</td>\n\t</tr>)", b"-", expected)
    # Matomo numbers subtables per request
    ids = re.compile(rb"(?<=<idsubdatatable>)\d+")
    got, expected = (NO_SERVER.sub(b"", ids.sub(b"N", text)) for text in (got, expected))
    assert got == expected


def test_objects_under_their_ids_are_rows_of_formats_that_know_tables() -> None:
    goals = Document({"1": {"idgoal": 1, "name": "Call"}, "2": {"idgoal": 2, "name": "Sign up"}})
    assert render(goals, "csv") == b"idgoal,name\n1,Call\n2,Sign up"
    assert render(goals, "md").decode().splitlines()[2:] == ["| 1 | Call |", "| 2 | Sign up |"]
    assert render(goals, "ndjson").splitlines()[0] == b'{"idgoal":1,"name":"Call"}'
    assert json.loads(render(goals, "json"))["2"]["name"] == "Sign up"
