"""`piwik query`: SQL over the views, and nothing but reading them. docs/reference/query.md."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from piwikcli.commands.app import run
from piwikcli.store import Database
from piwikcli.store.views import querying, views

LOG = """\
10.0.0.1 - ann [03/Mar/2026:10:00:00 +0000] "GET /a?x=1&lt;=2 HTTP/1.1" 200 9 "https://www.google.com/" "Firefox/120"
10.0.0.1 - ann [03/Mar/2026:10:01:00 +0000] "GET /files/b.pdf HTTP/1.1" 200 9 "-" "Firefox/120"
10.0.0.2 - - [04/Mar/2026:23:30:00 +0000] "GET /a HTTP/1.1" 200 9 "-" "Firefox/120"
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two visits of a site in Berlin, the second after midnight there."""
    folder = tmp_path_factory.mktemp("query")
    (folder / "access.log").write_text(LOG)
    path = folder / "p.duckdb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        patch.setenv("PIWIK_DB", str(path))
        site = ("sites", "add", "--name", "a", "--url", "http://example.org", "--timezone", "Europe/Berlin")
        assert run([*site]) == 0
        assert run(["-q", "import-logs", "--idsite", "1", str(folder / "access.log")]) == 0
        assert run(["-q", "archive"]) == 0
    return path


@pytest.fixture(autouse=True)
def _environment(database: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIWIK_DB", str(database))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def query(capsysbinary: pytest.CaptureFixture[bytes], *arguments: str) -> tuple[int, str, str]:
    capsysbinary.readouterr()
    code = run(["query", *arguments])
    out, err = capsysbinary.readouterr()
    return code, out.decode(), err.decode()


@pytest.mark.parametrize(
    ("sql", "csv"),
    [
        (
            "SELECT day, hour, kind, url, ip, user_id FROM requests ORDER BY server_time",
            "day,hour,kind,url,ip,user_id\n"
            '2026-03-03,11,page,"http://example.org/a?x=1&lt;=2",10.0.0.1,ann\n'
            "2026-03-03,11,download,http://example.org/files/b.pdf,10.0.0.1,ann\n"
            "2026-03-05,0,page,http://example.org/a,10.0.0.2,",
        ),
        (
            "SELECT visit_first_action_time, day, user_id, referrer_type, referrer_name, entry_url "
            "FROM visits ORDER BY day",
            "visit_first_action_time,day,user_id,referrer_type,referrer_name,entry_url\n"
            '2026-03-03 10:00:00,2026-03-03,ann,search,Google,"example.org/a?x=1&lt;=2"\n'
            "2026-03-04 23:30:00,2026-03-05,,direct,,example.org/a",
        ),
        ("SELECT kind, count(*) AS n FROM actions GROUP BY ALL ORDER BY n DESC", "kind,n\npage,2\ndownload,1"),
        (
            "SELECT period, date1, label, nb_visits FROM records WHERE record = 'Referrers_type' AND depth = 1 "
            "AND period IN ('day', 'month') ORDER BY ALL",
            "period,date1,label,nb_visits\nday,2026-03-03,2,1\nday,2026-03-05,1,1\nmonth,2026-03-01,1,1\n"
            "month,2026-03-01,2,1",
        ),
        ("SELECT value FROM numbers WHERE name = 'nb_visits' AND period = 'week'", "value\n2"),
        ("FROM conversions", ",".join(next(v for v in views() if v.name == "conversions").columns)),
        ("SELECT 1 AS a, 2 AS a, [1, 2] AS l", 'a,a_2,l\n1,2,"[1, 2]"'),
    ],
)
def test_views(sql: str, csv: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert query(capsysbinary, sql) == (0, f"{csv}\n", "")


def test_every_format(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    sql = "SELECT day, sum(visit_total_actions) AS n, [1] AS l FROM visits GROUP BY day ORDER BY day LIMIT 1"
    row = {"day": "2026-03-03", "n": 2, "l": [1]}
    assert json.loads(query(capsysbinary, sql, "--format", "json")[1]) == [row]
    assert json.loads(query(capsysbinary, sql, "--format", "ndjson")[1]) == row
    assert query(capsysbinary, sql, "--format", "tsv")[1] == "day\tn\tl\n2026-03-03\t2\t[1]\n"
    assert query(capsysbinary, sql, "--format", "md")[1].splitlines()[2] == "| 2026-03-03 | 2 | \\[1\\] |"
    assert "<nb>" not in query(capsysbinary, sql, "--format", "xml")[1]
    assert "<td>2026-03-03</td>" in query(capsysbinary, sql, "--format", "html")[1]
    assert query(capsysbinary, sql, "--format", "table")[1].splitlines()[2].split() == ["2026-03-03", "2", "[1]"]
    assert query(capsysbinary, sql, "--format", "rss")[0] == 2
    for name in ("a.parquet", "a.xlsx"):
        assert query(capsysbinary, sql, "-o", name) == (0, "", "")
    assert pq.read_schema("a.parquet").field("day").type == pa.date32()
    assert openpyxl.load_workbook("a.xlsx").active["A2"].value.isoformat() == "2026-03-03T00:00:00"


IMPORTED = pa.table({"a": [1]})


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("COPY visits TO 'x.csv'", "COPY"),
        ("EXPLAIN ANALYZE COPY visits TO 'x.csv'", "no files"),
        ("SELECT * FROM read_csv('access.log')", "no files"),
        ("SELECT * FROM read_text('/etc/passwd')", "no files"),
        ("SELECT * FROM glob('/etc/*')", "no files"),
        ("SELECT * FROM 'access.log'", "does not exist"),
        ("SELECT * FROM 'https://example.org/x.csv'", "no network"),
        ("ATTACH 'x.db'", "ATTACH"),
        ("INSTALL httpfs", "LOAD"),
        ("LOAD httpfs", "LOAD"),
        ("PRAGMA version", "PRAGMA"),
        ("SET enable_external_access = true", "SET"),
        ("RESET lock_configuration", "SET"),
        ("EXPORT DATABASE 'x'", "EXPORT"),
        ("SELECT * FROM query('COPY visits TO ''x.csv''')", "SELECT"),
        ("SELECT 1; COPY visits TO 'x.csv'", "write one query, not 2"),
        ("DELETE FROM visit", "DELETE"),
        ("CREATE TABLE x (a INTEGER)", "CREATE"),
        ("CREATE TEMP TABLE x AS SELECT 1", "CREATE"),
        ("CALL force_checkpoint()", "CALL"),
        ("SELECT * FROM IMPORTED", "does not exist"),
        ("SELECT * FROM option", "does not show the table option"),
        ('SELECT (SELECT max(value) FROM p.main."OPTION" AS o)', "does not show the table option"),
        ("SUMMARIZE option", "does not show the table option"),
        ("FROM query_table('option')", "does not show the table option"),
        ("FROM query('FROM option')", "does not show the table option"),
        ("EXPLAIN ANALYZE SELECT 1 FROM option WHERE value < 'a'", "does not show the table option"),
        ("FROM pragma_storage_info('option')", "does not show the table option"),
        ("SELECT * FROM vists", 'Did you mean "visits"?'),
        ("SELEC 1", "syntax error"),
        ("", "write one query, not 0"),
    ],
)
def test_what_is_not_reading_is_refused_in_one_line(
    sql: str, word: str, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    code, out, err = query(capsysbinary, sql)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert word in err
    assert list(tmp_path.iterdir()) == []


def test_settings_are_locked_below_the_check_of_statements(database: Path) -> None:
    import duckdb

    with querying(Database.at(database)) as connection:
        for sql in ("SET enable_external_access = true", "COPY visits TO 'x.csv'", "ATTACH 'x.db'", "LOAD httpfs"):
            with pytest.raises(duckdb.Error):
                connection.execute(sql)


def test_the_list_describes_every_column_of_every_view(
    database: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert [view.name for view in views()] == ["requests", "visits", "actions", "conversions", "records", "numbers"]
    with querying(Database.at(database)) as connection:
        for view in views():
            found = connection.execute(f"SELECT * FROM {view.name} LIMIT 0").description
            assert [name for name, *_ in found] == list(view.columns)
    listed = json.loads(query(capsysbinary, "--list", "--format", "json")[1])
    assert {"view": "visits", "a row per": "visit", "column": "idsite", "meaning": "site"} in listed


def test_a_question_from_stdin(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 1 AS one"))
    assert query(capsysbinary, "-")[1] == "one\n1\n"
    assert query(capsysbinary)[0] == 2
