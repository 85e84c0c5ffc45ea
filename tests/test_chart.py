"""`piwik report --chart`: lines over dates, bars of a table's first rows."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from piwikcli.commands.app import run
from piwikcli.errors import UsageError
from piwikcli.report.render.options import RenderOptions
from piwikcli.report.table import DataTable, Number, Result, Row, SimpleTable, TableMap

pytest.importorskip("plotext")


def drawn(result: Result, *columns: str, **options: Any) -> str:
    from piwikcli.report.render.chart import write

    return "".join(write(result, "A.get", RenderOptions(**options), columns))


def table(**rows: int) -> DataTable:
    return DataTable([Row({"label": label, "nb_uniq_visitors": 9, "nb_visits": n}) for label, n in rows.items()])


def test_a_tables_first_rows_are_bars_the_first_at_the_top() -> None:
    text = drawn(table(Germany=40, France=20, x=0), width=40)
    lines = text.splitlines()
    assert "nb_visits" in lines[0]
    bars = {line.split("┤")[0].strip(): line.count("█") for line in lines if "┤" in line}
    assert list(bars) == ["Germany", "France", "x"]
    assert bars["Germany"] == pytest.approx(2 * bars["France"], abs=1)
    assert bars["Germany"] > 20
    assert "\x1b" not in text
    assert max(len(line) for line in lines) <= 40


def test_labels_are_cut_and_can_not_steer_the_terminal() -> None:
    text = drawn(DataTable([Row({"label": "a" * 50 + "\x1b[2J", "nb_hits": 1})]))
    assert "a" * 29 + "…" in text
    assert "\x1b" not in text


def test_many_rows_are_the_first_twenty() -> None:
    text = drawn(DataTable([Row({"label": f"row {n}", "nb_visits": 50 - n}) for n in range(30)]))
    assert ("row 19┤" in text, "row 20" in text) == (True, False)


def test_numbers_of_several_dates_are_a_line_that_begins_at_nothing() -> None:
    days = {f"2026-03-0{n}": SimpleTable({"nb_users": 1, "nb_visits": 10 * n}) for n in range(1, 5)}
    text = drawn(TableMap("date", days), width=60)
    assert text.splitlines()[0].strip() == "nb_visits"
    assert text.splitlines()[2].startswith("40")
    assert "0┤" in text
    assert "2026-03-01" in text.splitlines()[-1]
    # a column by name, and empty days as 0
    days["2026-03-05"] = SimpleTable()
    assert drawn(TableMap("date", days), "nb_users").splitlines()[0].strip() == "nb_users"
    assert "value" in drawn(TableMap("date", {"2026-03-01": Number(3), "2026-03-02": Number(4)}))


def test_rows_of_several_dates_are_a_line_each() -> None:
    days = TableMap("date", {"2026-03-01": table(a=1, b=5), "2026-03-02": table(b=4, c=11)})
    plain = drawn(days)
    assert all(f"{marker * 2} {label}" in plain for marker, label in zip("xo+", "cba", strict=True))
    assert "\x1b" in drawn(days, color=True)


def test_sites_have_a_chart_each() -> None:
    text = drawn(TableMap("idSite", {"1": table(a=1), "2": DataTable()}))
    assert "idSite 1\n" in text
    assert "idSite 2\nNo data available\n" in text


@pytest.mark.parametrize("result", [Number(5), SimpleTable({"nb_visits": 1}), DataTable([Row({"label": "a"})])])
def test_what_is_no_chart(result: Result) -> None:
    with pytest.raises(UsageError, match="--chart"):
        drawn(result)


def test_the_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: Any) -> None:
    monkeypatch.setenv("PIWIK_DB", str(tmp_path / "p.duckdb"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert run(["-q", "sites", "add", "--name", "a", "--url", "http://e.org"]) == 0
    capfdbinary.readouterr()
    command = ["-q", "report", "VisitsSummary.get", "--date", "2026-03-01,2026-03-03", "--chart"]
    assert run([*command, "-o", str(tmp_path / "chart.txt")]) == 2  # nothing was counted yet
    assert b"no numbers to draw" in capfdbinary.readouterr().err
    assert not (tmp_path / "chart.txt").exists()
    assert run([*command, "--format", "json"]) == 2
    assert b"can't be --format json" in capfdbinary.readouterr().err
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert run(command) == 2
    assert b"pip install 'piwikcli[chart]'" in capfdbinary.readouterr().err
