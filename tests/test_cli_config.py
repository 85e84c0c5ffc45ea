"""`piwik config`: showing settings and editing the user's file. docs/reference/settings.md."""

import json
from pathlib import Path

import pytest

from piwikcli.commands import app
from piwikcli.settings import SETTINGS

COMMENTED = """\
# our statistics
db = "/srv/piwik.duckdb"  # on the fast disk

[visitors]
look_back = 3600  # an hour
"""


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's configuration file, not there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return tmp_path / "config" / "piwik" / "piwik.toml"


def test_set_makes_the_file_and_get_reads_it(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["config", "set", "visitors.salt", "none"]) == 0
    assert app.run(["config", "set", "archiving.unique_visitors=month,day"]) == 0
    assert app.run(["config", "set", "archiving.on_demand", "no"]) == 0
    assert file.read_text() == (
        '[visitors]\nsalt = "none"\n\n[archiving]\nunique_visitors = ["day", "month"]\non_demand = false\n'
    )
    assert capsys.readouterr() == ("", "")
    for name, shown in (
        ("visitors.salt", "none"),
        ("archiving.unique_visitors", "day,month"),
        ("archiving.on_demand", "false"),
        ("geoip.database", ""),
    ):
        assert app.run(["config", "get", name]) == 0
        assert capsys.readouterr().out == f"{shown}\n"


def test_set_and_unset_keep_comments_and_order(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(COMMENTED)
    assert app.run(["config", "set", "visitors.look_back", "7200"]) == 0
    assert file.read_text() == COMMENTED.replace("3600", "7200")
    assert app.run(["config", "set", "archiving.maximum_rows.actions", "10"]) == 0
    assert file.read_text() == COMMENTED.replace("3600", "7200") + "\n[archiving.maximum_rows]\nactions = 10\n"
    assert app.run(["config", "unset", "archiving.maximum_rows.actions"]) == 0
    assert app.run(["config", "unset", "visitors.look_back"]) == 0
    assert file.read_text().rstrip() == COMMENTED.partition("[visitors]")[0].rstrip()
    assert [path.name for path in file.parent.iterdir()] == ["piwik.toml"]


def test_matomo_names_are_written_as_ours(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text("datatable_archiving_maximum_rows_subtable_actions = 100\n")
    line = ["config:set", "General.datatable_archiving_maximum_rows_subtable_actions=500"]
    assert app.run(line) == 0
    assert file.read_text() == "[archiving.maximum_rows]\nactions_subtable = 500\n"


def test_a_value_where_a_table_belongs(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.parent.mkdir(parents=True)
    file.write_text("visitors = 3\n")
    assert app.run(["config", "set", "visitors.salt", "none"]) == 2
    assert "piwik config unset visitors" in capsys.readouterr().err
    assert app.run(["config", "unset", "visitors"]) == 0
    assert app.run(["config", "set", "visitors.salt", "none"]) == 0
    assert file.read_text() == '[visitors]\nsalt = "none"\n'


def test_a_path_is_written_in_full(file: Path) -> None:
    assert app.run(["config", "set", "db", "stats.duckdb"]) == 0
    assert file.read_text() == f'db = "{Path.cwd() / "stats.duckdb"}"\n'


def test_set_says_when_something_nearer_wins(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("piwik.toml").write_text("lock_timeout = 5\n")
    assert app.run(["config", "set", "lock_timeout", "10"]) == 0
    assert "lock_timeout = 10" in file.read_text()
    wins = Path.cwd() / "piwik.toml"
    assert capsys.readouterr().err == f"piwik: warning: lock_timeout is 5 here: {wins} wins\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("set visitors.salt weekly", "visitors.salt must be one of daily, none, not 'weekly'"),
        ("set visitors.sald none", "there is no setting visitors.sald. Did you mean visitors.salt?"),
        ("set visitors.salt", "no value given: piwik config set visitors.salt VALUE"),
        ("get visitor.salt", "there is no setting visitor.salt. Did you mean visitors.salt?"),
        ("unset xyz", "there is no setting xyz. piwik config list shows all."),
    ],
)
def test_wrong_names_and_values_are_refused(
    line: str, message: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["config", *line.split()]) == 2
    assert capsys.readouterr() == ("", f"piwik: {message}\n")
    assert not file.exists()


def test_unset_of_what_is_not_set(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    assert app.run(["config", "unset", "visitors.salt"]) == 0
    assert capsys.readouterr().err == f"visitors.salt is not set in {file}\n"


def test_unset_removes_a_name_that_is_no_setting(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.parent.mkdir(parents=True)
    file.write_text("[visitor]\nsalt = 'none'\n")
    assert app.run(["config", "list"]) == 2
    assert "unknown setting visitor.salt" in capsys.readouterr().err
    assert app.run(["config", "unset", "visitor.salt"]) == 0
    assert file.read_text() == ""
    assert app.run(["config", "list"]) == 0


def test_a_file_that_is_no_toml_is_left_alone(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.parent.mkdir(parents=True)
    file.write_text("visitors salt\n")
    assert app.run(["config", "set", "visitors.salt", "none"]) == 2
    assert capsys.readouterr().err.startswith(f"piwik: {file}: not valid TOML: ")
    assert file.read_text() == "visitors salt\n"


def test_list_shows_every_setting_with_value_origin_and_default(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PIWIK_VISITORS_LOOK_BACK", "86400")
    assert app.run(["config", "list", "--format", "json"]) == 0
    rows = {row["setting"]: row for row in json.loads(capsys.readouterr().out)}
    assert list(rows) == list(SETTINGS)
    assert rows["visitors.look_back"] == {
        "setting": "visitors.look_back",
        "value": 86400,
        "origin": "PIWIK_VISITORS_LOOK_BACK",
        "default": 1800,
        "help": SETTINGS["visitors.look_back"].help,
    }
    assert rows["db"]["value"] == str(tmp_path / "data" / "piwik" / "piwik.duckdb")
    assert app.run(["--db", "x.duckdb", "config", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "setting,value,origin,default,help"
    assert lines[1].startswith("db,x.duckdb,flag,")
