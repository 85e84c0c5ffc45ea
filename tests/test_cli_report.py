"""`piwik report` and `piwik export`: defaults, streams, files, errors."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from piwikcli.commands.app import run

LINE = '{ip} - - [{when} +0000] "GET {path} HTTP/1.1" 200 99 "{referrer}" "{agent}"\n'
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with 120 pages of one visitor on March 3 and one visit on March 5."""
    folder = tmp_path_factory.mktemp("reports")
    log = folder / "access.log"
    with log.open("w") as file:
        for n in range(120):
            when = f"03/Mar/2026:10:{n // 60:02}:{n % 60:02}"
            referrer = "https://www.google.com/" if n == 0 else "-"
            path = f"/p{n}"
            file.write(LINE.format(ip="10.0.0.1", when=when, path=path, referrer=referrer, agent=AGENT))
        last = {"when": "05/Mar/2026:10:00:00", "path": "/index.html", "referrer": "-"}
        file.write(LINE.format(ip="10.0.0.2", agent=AGENT, **last))
    path = folder / "p.duckdb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        assert run(["sites", "add", "--name", "a", "--url", "http://example.org", "--db", str(path)]) == 0
        assert run(["import-logs", "--idsite", "1", "--db", str(path), str(log)]) == 0
    return path


@pytest.fixture(autouse=True)
def _environment(database: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIWIK_DB", str(database))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def piwik(capsysbinary: pytest.CaptureFixture[bytes], *arguments: str) -> tuple[int, str, str]:
    capsysbinary.readouterr()
    code = run([*arguments])
    out, err = capsysbinary.readouterr()
    return code, out.decode(), err.decode()


def test_defaults_are_the_only_site_its_latest_day_and_csv(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    code, out, err = piwik(capsysbinary, "report", "VisitsSummary.getVisits")
    assert (code, out) == (0, "value\n1")
    assert "--date 2026-03-05 (the latest day with visits)" in err


def test_a_week_is_built_on_demand(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    code, out, _ = piwik(
        capsysbinary,
        *("report", "VisitsSummary.get", "--period", "week", "--date", "2026-03-04"),
        *("--format", "json", "--param", "columns=nb_visits,nb_actions,bounce_rate"),
    )
    assert code == 0
    assert json.loads(out) == {"nb_visits": 2, "nb_actions": 121, "bounce_rate": "50%"}


def test_nothing_is_built_if_the_setting_says_so(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIWIK_ARCHIVING_ON_DEMAND", "false")
    arguments = ("report", "VisitsSummary.getVisits", "--period", "year", "--date", "2026-03-04")
    assert piwik(capsysbinary, *arguments)[:2] == (0, "value\n0")


def test_a_segment_is_answered_on_any_date_at_once(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    arguments = ("report", "VisitsSummary.get", "--period", "week", "--date", "2026-03-04", "--format", "json")
    _, out, _ = piwik(capsysbinary, *arguments, "--segment", "actions>1", "--param", "columns=nb_visits,nb_actions")
    assert json.loads(out) == {"nb_visits": 1, "nb_actions": 120}
    # a segment without visits, in a period with some, has rows of zeros
    _, out, _ = piwik(
        capsysbinary, *arguments, "--segment", "city==Paris", "--param", "columns=nb_visits,bounce_rate"
    )
    assert json.loads(out) == {"nb_visits": 0, "bounce_rate": "0%"}


def test_a_wrong_segment_is_refused_with_the_nearest_name(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    code, out, err = piwik(capsysbinary, "report", "VisitsSummary.get", "--segment", "countrycode==de")
    what = "Segment 'countrycode' is not a supported segment. Did you mean countryCode?"
    assert (code, out, err) == (2, "", f"piwik: {what}\n")


def test_a_wrong_period_is_the_only_thing_said(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    code, out, err = piwik(capsysbinary, "report", "VisitsSummary.get", "--period", "hour")
    assert (code, out, len(err.splitlines())) == (2, "", 1)


@pytest.mark.parametrize(
    ("options", "note"),
    [
        (("--filter-sort-column", "nb_hit"), "no row has the column nb_hit; sorted by nb_visits"),
        (("--show-columns", "nb_hits,hits"), "no row has the column hits; piwik report --list shows"),
        (("--show-columns", "nb_hits", "--filter-sort-column", "nb_visits"), ""),
    ],
)
def test_columns_that_there_are_not_are_named(
    options: tuple[str, ...], note: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    code, out, err = piwik(capsysbinary, "report", "Actions.getPageUrls", "--date", "2026-03-03", *options)
    assert (code, len(out.splitlines())) == (0, 121)
    assert (note in err) if note else err == ""


def test_a_table_is_cut_at_100_rows_and_says_so(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    arguments = ("report", "Actions.getPageUrls", "--date", "2026-03-03")
    code, out, err = piwik(capsysbinary, *arguments, "--format", "table")
    assert code == 0
    assert out.count("/p") == 100 + out.count("http://example.org/p")
    assert "100 of 120 rows; --filter-limit -1 shows all" in err
    _, out, err = piwik(capsysbinary, *arguments)
    assert len(out.splitlines()) == 121
    assert "rows" not in err
    _, out, err = piwik(capsysbinary, *arguments, "--format", "table", "--filter-limit", "5")
    assert "rows" not in err


def test_options_are_reporting_api_parameters(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    code, out, _ = piwik(
        capsysbinary,
        *("report", "Actions.getPageUrls", "--date", "2026-03-03", "--format", "json", "--flat", "--raw"),
        *("--filter-sort-column", "label", "--filter-limit", "2", "--filter-pattern", "^/p1"),
        *("--show-columns", "nb_hits,exit_rate", "--param", "filter_sort_order=asc"),
    )
    assert code == 0
    rows = json.loads(out)
    assert [(row["label"], row["nb_hits"], row["exit_rate"]) for row in rows] == [
        ("/p1", 1, 0),
        ("/p10", 1, 0),
    ]


def test_several_days_are_a_map(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    code, out, _ = piwik(
        capsysbinary,
        *("report", "VisitsSummary.getVisits", "--date", "2026-03-03,2026-03-05", "--format", "json"),
    )
    assert code == 0
    assert json.loads(out) == {"2026-03-03": 1, "2026-03-04": 0, "2026-03-05": 1}


def test_all_sites_are_a_map_even_if_there_is_one(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    arguments = ("report", "VisitsSummary.getVisits", "--idsite", "all", "--date", "2026-03-03")
    code, out, _ = piwik(capsysbinary, *arguments, "--format", "json")
    assert (code, json.loads(out)) == (0, {"1": 1})


def test_the_files_name_implies_the_format(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    file = tmp_path / "visits.xml"
    code, out, _ = piwik(capsysbinary, "report", "VisitsSummary.getVisits", "-o", str(file))
    assert (code, out) == (0, "")
    assert "<result>1</result>" in file.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["visits.xml"]


def test_columns_in_words(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    arguments = ("report", "VisitsSummary.get", "--param", "translateColumnNames=1")
    _, out, _ = piwik(capsysbinary, *arguments, "--show-columns", "nb_visits,bounce_rate")
    assert out.splitlines()[0] == "Visits,Bounce Rate"


def test_list_has_every_method_with_parameters_and_columns(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    code, out, _ = piwik(capsysbinary, "report", "--list", "--format", "json")
    listed = {row["method"]: row for row in json.loads(out)}
    assert code == 0
    assert len(listed) > 70
    assert listed["Actions.getPageUrl"]["parameters"] == ["pageUrl"]
    assert "bounce_rate" in listed["Actions.getPageUrls"]["columns"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("report", "piwik report --list"),
        ("report Actions.getPageUrlss", "Did you mean Actions.getPageUrls?"),
        ("report VisitsSummary.get --period hour", "The period 'hour' is not supported"),
        ("report VisitsSummary.get --date 2026-99-99", "Date format must be"),
        ("report VisitsSummary.get --period range --date 2026-03-01", "not a correct date range"),
        ("report VisitsSummary.get --format yaml", "Renderer format 'yaml' not valid"),
        ("report VisitsSummary.get -o x.pdf", "implies no format"),
        ("report VisitsSummary.get --idsite 7", "no site 7"),
        ("report VisitsSummary.get --idsite x", "--idsite x"),
        ("report VisitsSummary.get --param columns", "NAME=VALUE"),
        ("report VisitsSummary.get --param colums=a", "Did you mean columns?"),
        ("report Actions.getPageUrl", "pageUrl"),
        ("report Referrers.getUrlsFromWebsiteId", "--idsubtable N"),
        ("export", "piwik export -o DIR"),
        ("export -o out Nonsense.get", "There is no report Nonsense.get"),
        ("export -o out --format pdf", "Renderer format 'pdf' not valid"),
    ],
)
def test_what_is_wrong_usage(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, arguments: str, message: str
) -> None:
    code, out, err = piwik(capsysbinary, *arguments.split())
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.strip().splitlines()) <= 2
    assert list(tmp_path.iterdir()) == []


def test_without_a_database(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIWIK_DB", str(tmp_path / "none.duckdb"))
    code, _, err = piwik(capsysbinary, "report", "VisitsSummary.get")
    assert code == 5
    assert "import a log first" in err


def test_export_writes_every_report_of_every_date(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    code, out, err = piwik(
        capsysbinary,
        *(
            "export",
            "--period",
            "day",
            "--date",
            "2026-03-03,2026-03-05",
            "--format",
            "json",
            "-o",
            str(tmp_path),
        ),
    )
    assert (code, out) == (0, "")
    assert "files in" in err
    days = sorted(path.name for path in (tmp_path / "day").iterdir())
    assert days == ["2026-03-03", "2026-03-04", "2026-03-05"]
    names = {path.name for path in (tmp_path / "day" / "2026-03-03").iterdir()}
    assert {
        "Actions.getPageUrls.json",
        "API.get.json",
        "Goals.get.json",
        "Goals.get_idGoal-0.json",
        "VisitTime.getByDayOfWeek.json",
    } <= names
    # reports of one page or one subtable need to know which
    assert not [name for name in names if name.startswith(("Actions.getPageUrl.", "Referrers.getUrlsFromWeb"))]
    found = json.loads((tmp_path / "day" / "2026-03-03" / "Referrers.getSearchEngines.json").read_text())
    assert [row["label"] for row in found] == ["Google"]


def test_export_of_named_reports_and_a_range(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    code, _, _ = piwik(
        capsysbinary,
        *("export", "--period", "range", "--date", "2026-03-01,2026-03-05", "-o", str(tmp_path)),
        *("VisitsSummary.get", "Goals.get", "--param", "idGoal=1"),
    )
    assert code == 0
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.csv"))
    folder = "range/2026-03-01_2026-03-05"
    assert files == [f"{folder}/Goals.get_idGoal-1.csv", f"{folder}/VisitsSummary.get.csv"]


def test_formats_by_extension(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    days = ("report", "VisitsSummary.getVisits", "--date", "2026-03-03,2026-03-05")
    for extension in ("md", "html", "rss", "ndjson"):
        assert piwik(capsysbinary, *days, "-o", f"out.{extension}")[0] == 0
    assert Path("out.md").read_text() == (
        "| date | value |\n| --- | ---: |\n| 2026-03-03 | 1 |\n| 2026-03-04 | 0 |\n| 2026-03-05 | 1 |\n"
    )
    assert Path("out.ndjson").read_text().splitlines()[0] == '{"date":"2026-03-03","value":1}'
    for extension in ("parquet", "xlsx"):
        assert piwik(capsysbinary, *days, "-o", f"out.{extension}")[0] == 0
    assert pq.read_table("out.parquet").to_pylist()[0] == {"date": date(2026, 3, 3), "value": 1}
    assert openpyxl.load_workbook("out.xlsx").active["B2"].value == 1
    assert "<th>_date</th>" in Path("out.html").read_text()
    assert "<title>a on 2026-03-05</title>" in Path("out.rss").read_text()
