"""Settings: which place wins, what is refused, and with which words. docs/reference/settings.md."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piwikcli.errors import UsageError
from piwikcli.settings import SETTINGS, Settings, find, named


@pytest.fixture
def user_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = tmp_path / "config" / "piwik" / "piwik.toml"
    path.parent.mkdir(parents=True)
    return path


@pytest.fixture
def here(tmp_path: Path) -> Path:
    path = tmp_path / "here"
    path.mkdir()
    return path


def load(here: Path, environment: dict[str, str] | None = None, **flags: object) -> Settings:
    return Settings.load(flags, environment=environment or {}, directory=here)


def test_defaults(user_file: Path, here: Path, tmp_path: Path) -> None:
    settings = load(here)
    assert {name: settings.get(name) for name in SETTINGS if "maximum_rows" not in name} == {
        "db": tmp_path / "data" / "piwik" / "piwik.duckdb",
        "lock_timeout": 300,
        "data_dir": None,
        "geoip.database": None,
        "visitors.salt": "daily",
        "visitors.look_back": 1800,
        "referrers.ai_assistants": True,
        "tracking.exclude_requests": (),
        "archiving.on_demand": True,
        "archiving.unique_visitors": ("day", "week", "month", "year", "range"),
        "archiving.exact_row_uniques": False,
        "archiving.on_demand_ranges": True,
        "archiving.on_demand_segments": True,
        "archiving.today_lifetime": 900,
        "archiving.custom_ranges": (),
        "archiving.keep_ranges": 1,
        "retention.logs": 0,
        "retention.reports": 0,
        "retention.keep": ("month", "year"),
        "retention.keep_basic_metrics": True,
        "retention.keep_segments": False,
        "privacy.ip_mask": 0,
        "privacy.ip_mask_before_lookups": False,
        "privacy.anonymize_user_id": False,
        "privacy.anonymize_order_id": False,
        "privacy.anonymize_referrer": "none",
        "privacy.anonymize_after": 0,
        "lists.search_engines": None,
        "lists.socials": None,
        "lists.ai_assistants": None,
        "lists.spammers": None,
        "lists.geoip": None,
    }
    limits = [name for name in SETTINGS if "maximum_rows" in name]
    assert len(limits) == 16
    assert all(settings.get(name) == 50_000 for name in limits)
    assert {settings.origin(name) for name in SETTINGS} == {"default"}


def test_flag_over_environment_over_folder_over_user_over_default(user_file: Path, here: Path) -> None:
    name, folder_file = "lock_timeout", here / "piwik.toml"

    def now(environment: dict[str, str] | None = None, **flags: object) -> tuple[int, str]:
        settings = load(here, environment, **flags)
        return settings.integer(name), settings.origin(name)

    assert now() == (300, "default")
    user_file.write_text("lock_timeout = 1")
    assert now() == (1, str(user_file))
    folder_file.write_text("lock_timeout = 2")
    assert now() == (2, str(folder_file))
    assert now({"PIWIK_LOCK_TIMEOUT": "3"}) == (3, "PIWIK_LOCK_TIMEOUT")
    assert now({"PIWIK_LOCK_TIMEOUT": "3"}, lock_timeout=4) == (4, "flag")
    assert now({"PIWIK_LOCK_TIMEOUT": "3"}, lock_timeout=None) == (3, "PIWIK_LOCK_TIMEOUT")


def test_dotted_names_are_tables_and_variables(user_file: Path, here: Path) -> None:
    (here / "piwik.toml").write_text(
        '[visitors]\nsalt = "none"\n[archiving]\nunique_visitors = ["month", "day"]\n'
        "[archiving.maximum_rows]\nactions_subtable = 7\n"
    )
    settings = load(here, {"PIWIK_VISITORS_LOOK_BACK": "86400", "PIWIK_ARCHIVING_UNIQUE_VISITORS": ""})
    assert settings.text("visitors.salt") == "none"
    assert settings.integer("visitors.look_back") == 86_400
    assert settings.words("archiving.unique_visitors") == ("day", "month")
    assert settings.integer("archiving.maximum_rows.actions_subtable") == 7


@pytest.mark.parametrize(
    ("matomo", "ours"),
    [
        ("datatable_archiving_maximum_rows_actions", "archiving.maximum_rows.actions"),
        ("datatable_archiving_maximum_rows_subtable_actions", "archiving.maximum_rows.actions_subtable"),
        ("General.datatable_archiving_maximum_rows_standard", "archiving.maximum_rows.standard"),
        ("datatable_archiving_maximum_rows_referers", "archiving.maximum_rows.referrers"),
        ("Deletelogs.delete_logs_older_than", "retention.logs"),
    ],
)
def test_matomo_names_are_aliases(user_file: Path, here: Path, matomo: str, ours: str) -> None:
    (here / "piwik.toml").write_text(f"{matomo} = 500\n")
    assert load(here).get(ours) == 500
    assert named(matomo).name == ours


def test_paths_in_a_file_are_relative_to_it(user_file: Path, here: Path) -> None:
    user_file.write_text('db = "stats.duckdb"\n[geoip]\ndatabase = "~/geo.mmdb"\n')
    settings = load(here)
    assert settings.database == user_file.parent / "stats.duckdb"
    assert settings.path("geoip.database") == Path.home() / "geo.mmdb"
    assert load(here, {"PIWIK_DB": "other.duckdb"}).database == Path("other.duckdb")


def test_an_unknown_key_in_a_file_is_refused_with_the_nearest_name(user_file: Path, here: Path) -> None:
    user_file.write_text("[visitor]\nsalt = 'none'\n")
    with pytest.raises(UsageError) as refused:
        load(here)
    assert str(refused.value) == f"{user_file}: unknown setting visitor.salt. Did you mean visitors.salt?"


def test_an_unknown_variable_is_a_warning(user_file: Path, here: Path) -> None:
    settings = load(here, {"PIWIK_VISITOR_SALT": "none", "PIWIK_DEBUG": "1", "PIWIK_INCLUDE_PATH": "/srv"})
    assert settings.text("visitors.salt") == "daily"
    assert settings.warnings == (
        "PIWIK_VISITOR_SALT is no setting and was ignored. Did you mean PIWIK_VISITORS_SALT?",
    )


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("PIWIK_VISITORS_SALT", "weekly", "visitors.salt must be one of daily, none, not 'weekly'"),
        ("PIWIK_VISITORS_LOOK_BACK", "0", "visitors.look_back must be a whole number of seconds, 1 or more"),
        ("PIWIK_VISITORS_LOOK_BACK", "1.5", "visitors.look_back must be a whole number of seconds"),
        ("PIWIK_ARCHIVING_ON_DEMAND", "maybe", "archiving.on_demand must be true or false, not 'maybe'"),
        ("PIWIK_ARCHIVING_UNIQUE_VISITORS", "day,hour", "must be a list of day, week, month, year, range"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(
    user_file: Path, here: Path, variable: str, value: str, message: str
) -> None:
    with pytest.raises(UsageError) as refused:
        load(here, {variable: value})
    assert str(refused.value).startswith(f"{variable}: ")
    assert message in str(refused.value)


def test_a_wrong_type_in_a_file_names_the_file(user_file: Path, here: Path) -> None:
    (here / "piwik.toml").write_text("lock_timeout = true\n")
    with pytest.raises(UsageError, match=r"piwik\.toml: lock_timeout must be a whole number of seconds"):
        load(here)


def test_a_broken_file_is_named_with_its_line(user_file: Path, here: Path) -> None:
    (here / "piwik.toml").write_text("db = 'a'\nvisitors salt\n")
    with pytest.raises(UsageError, match=r"here/piwik\.toml: not valid TOML: .*line 2"):
        load(here)


def test_a_setting_that_does_not_exist() -> None:
    with pytest.raises(UsageError, match=r"there is no setting visitors\.sald\. Did you mean visitors\.salt\?"):
        named("visitors.sald")


@given(st.sampled_from(sorted(SETTINGS)))
def test_every_default_is_a_value_that_the_setting_takes(name: str) -> None:
    setting = SETTINGS[name]
    default = setting.default_value()
    assert default is None or setting.parse(default) == default
    assert find(name) is setting


@given(st.text(), st.sampled_from(sorted(SETTINGS)))
def test_what_a_setting_takes_it_takes_again(text: str, name: str) -> None:
    try:
        value = SETTINGS[name].parse(text)
    except UsageError:
        return
    assert SETTINGS[name].parse(value) == value


def test_every_setting_is_documented() -> None:
    page = (Path(__file__).parent.parent / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    missing = [
        name
        for name, setting in SETTINGS.items()
        if "maximum_rows" not in name and not (f"`{name}`" in page and f"`{setting.variable}`" in page)
    ]
    assert missing == []
