"""Reading archives: which build, which rows, which columns."""

from datetime import date

from piwikcli.archive.periods import Period
from piwikcli.plugins.api.records import SUMMARY_LABEL
from piwikcli.report.reader import ArchiveReader, Archives, find_archives, find_days, latest_visit_day
from report_helpers import DAY, WEEK, Store, visits


def reader(store: Store, period: Period = DAY) -> ArchiveReader:
    return Archives(store.connection, find_archives(store.connection, 1, [period])).reader(period)


def test_the_newest_finished_build_counts() -> None:
    store = Store()
    store.archive(numbers={"nb_visits": 1})
    newest = store.archive(numbers={"nb_visits": 2})
    store.archive(numbers={"nb_visits": 3}, state="invalid")
    store.archive(numbers={"nb_visits": 4}, segment="countryCode==de")
    store.archive(numbers={"nb_visits": 5}, idsite=2)
    store.archive(WEEK, numbers={"nb_visits": 6})
    assert find_archives(store.connection, 1, [DAY, DAY.shifted(1)]) == {DAY: newest}
    assert reader(store).number("nb_visits") == 2
    assert reader(store, WEEK).number("nb_visits") == 6


def test_no_archive_is_zero_and_empty() -> None:
    empty = reader(Store())
    assert not empty.exists
    assert empty.number("nb_visits") == 0
    assert len(empty.table("UserCountry_country")) == 0


def test_numbers_are_whole_where_they_can_be_and_absent_ones_are_zero() -> None:
    store = Store()
    store.archive(numbers={"nb_visits": 7, "Goal_revenue": 12.5})
    assert dict(reader(store).numbers()) == {"nb_visits": 7, "Goal_revenue": 12.5}
    assert isinstance(reader(store).number("nb_visits"), int)
    assert reader(store).number("max_actions") == 0


def test_a_row_has_the_columns_that_are_stored_in_matomos_order() -> None:
    store = Store()
    store.archive(tables={"UserCountry_country": {("de",): visits(3)}})
    [row] = reader(store).table("UserCountry_country")
    assert list(row.columns.items()) == [
        ("label", "de"),
        ("nb_uniq_visitors", 3),
        ("nb_visits", 3),
        ("nb_actions", 3),
        ("nb_users", 0),
        ("max_actions", 1),
        ("sum_visit_length", 0),
        ("bounce_count", 3),
        ("nb_visits_converted", 0),
    ]


def test_rows_of_actions_begin_with_visits_and_end_with_daily_sums() -> None:
    store = Store()
    page = {
        "nb_visits": 3,
        "nb_hits": 4,
        "sum_time_spent": 9,
        "sum_daily_nb_uniq_visitors": 2,
        "exit_nb_visits": 1,
    }
    store.archive(WEEK, tables={"Actions_actions_url": {("/a",): page}})
    [row] = reader(store, WEEK).table("Actions_actions_url")
    assert list(row.columns) == [
        "label",
        "nb_visits",
        "nb_hits",
        "sum_time_spent",
        "exit_nb_visits",
        "sum_daily_nb_uniq_visitors",
    ]


TREE = {
    ("blog",): {"nb_visits": 5},
    ("blog", "2026"): {"nb_visits": 4},
    ("blog", "2026", "/a"): {"nb_visits": 3, "url": ("example.org/blog/2026/a", 0)},
    ("blog", SUMMARY_LABEL): {"nb_visits": 1},
    ("/index",): {"nb_visits": 2, "url": ("example.org/", 3)},
    ("Page URL not defined",): {"nb_visits": 1},
}


def test_rows_that_have_children_can_be_asked_for_them() -> None:
    store = Store()
    store.archive(tables={"Actions_actions_url": TREE})
    # another archive's rows do not make children here
    store.archive(WEEK, tables={"Actions_actions_url": {("/index", "below"): {"nb_visits": 1}}})
    found = reader(store)
    root = {row.label: row for row in found.table("Actions_actions_url")}
    assert set(root) == {"blog", "/index", "Page URL not defined"}
    assert root["/index"].idsubtable is None
    assert root["blog"].idsubtable == store.path(("blog",))
    assert root["blog"].subtable is None
    below = {row.label: row for row in found.table("Actions_actions_url", root["blog"].idsubtable)}
    assert set(below) == {"2026", "Others"}
    assert below["Others"].is_summary
    assert found.label_of(store.path(("blog",))) == "blog"


def test_expanded_tables_have_all_levels() -> None:
    store = Store()
    store.archive(tables={"Actions_actions_url": TREE})
    table = reader(store).table("Actions_actions_url", expanded=True)
    labels = [row.label for row in table.walk()]
    assert sorted(map(str, labels)) == ["/a", "/index", "2026", "Others", "Page URL not defined", "blog"]
    [blog] = [row for row in table if row.label == "blog"]
    assert blog.subtable is not None
    [a] = [row for row in blog.subtable.walk() if row.label == "/a"]
    assert a.columns["nb_visits"] == 3


def test_pages_have_their_url_and_folders_their_path() -> None:
    store = Store()
    store.archive(tables={"Actions_actions_url": TREE})
    metadata = {row.label: row.metadata for row in reader(store).table("Actions_actions_url", expanded=True).walk()}
    assert metadata["/a"] == {"url": "http://example.org/blog/2026/a"}
    assert metadata["/index"] == {"url": "https://www.example.org/"}
    assert metadata["2026"] == {"folder": "blog/2026"}
    assert metadata["Others"] == metadata["Page URL not defined"] == {}


def test_each_table_is_its_own_although_rows_are_fetched_once() -> None:
    store = Store()
    store.archive(tables={"UserCountry_country": {("de",): visits(3)}})
    found = reader(store)
    found.table("UserCountry_country").rows[0].columns["label"] = "changed"
    assert found.table("UserCountry_country").rows[0].label == "de"


def test_the_days_of_a_period() -> None:
    store = Store()
    first = store.archive(DAY)
    second = store.archive(DAY.shifted(2))
    store.archive(DAY.shifted(30))
    store.archive(WEEK)
    found = find_days(store.connection, 1, WEEK)
    assert found == {DAY: first, DAY.shifted(2): second}


def test_the_latest_day_with_visits() -> None:
    store = Store()
    assert latest_visit_day(store.connection, 1) is None
    columns = [row[0] for row in store.connection.execute("DESCRIBE visit").fetchall()]
    values = dict.fromkeys(columns, "0") | {
        "idsite": "1",
        "day": "DATE '2026-03-05'",
        "chain_time": "TIMESTAMP '2026-03-05'",
        "visit_first_action_time": "TIMESTAMP '2026-03-05'",
        "visit_last_action_time": "TIMESTAMP '2026-03-05'",
    }
    store.connection.execute(f"INSERT INTO visit ({', '.join(values)}) VALUES ({', '.join(values.values())})")
    assert latest_visit_day(store.connection, 1) == date(2026, 3, 5)
