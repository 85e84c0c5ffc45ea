"""The way from a request to a result: parameters, order of filters, maps of periods and sites."""

from dataclasses import replace

import pytest

from piwikcli.archive.periods import Period
from piwikcli.errors import UsageError
from piwikcli.plugins import plugins, report, reports
from piwikcli.plugins.api.records import SUMMARY_LABEL
from piwikcli.report.pipeline import Reports, Selection
from piwikcli.report.reading import Reading, is_current
from piwikcli.report.requests import ReportRequest
from piwikcli.report.table import DataTable, Number, SimpleTable, TableMap
from report_helpers import DAY, SITE, WEEK, Rows, Store, shown, visits

COUNTRY = "UserCountry.getCountry"
COUNTRIES: Rows = {
    ("de",): visits(5, bounce_count=2, sum_visit_length=50),
    ("fr",): visits(9),
    ("jp",): visits(1),
    ("us",): visits(5),
    (SUMMARY_LABEL,): visits(7),
}


@pytest.fixture(scope="module")
def store() -> Store:
    found = Store()
    found.archive(numbers={"nb_visits": 27}, tables={"UserCountry_country": COUNTRIES})
    found.archive(DAY.shifted(2), numbers={"nb_visits": 1}, tables={"UserCountry_country": {("de",): visits(1)}})
    return found


def labels(store: Store, **parameters: str) -> list[str]:
    return [row["label"] for row in store.rows(COUNTRY, **parameters)]


def test_rows_are_sorted_by_visits_then_label_with_others_last(store: Store) -> None:
    assert labels(store) == ["France", "Germany", "United States", "Japan", "Others"]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"filter_sort_column": "label", "filter_sort_order": "asc"}, "France Germany Japan United Others"),
        ({"filter_limit": "2"}, "France Germany"),
        ({"filter_limit": "2", "filter_offset": "1"}, "Germany United"),
        ({"filter_limit": "1", "keep_summary_row": "1"}, "France Others"),
        ({"filter_truncate": "2"}, "France Germany Others"),
        ({"filter_pattern": "^(f|g)"}, "France Germany"),
        ({"filter_excludelowpop": "nb_visits", "filter_excludelowpop_value": "6"}, "France Others"),
        ({"label": "Japan"}, "Japan"),
        ({"label": "jp"}, "Japan"),
        ({"label": "jp\nde"}, "Japan Germany"),
        ({"label": "Atlantis"}, ""),
        (
            {"disable_generic_filters": "1", "filter_limit": "1", "filter_pattern": "x"},
            "Germany France Japan",
        ),
    ],
)
def test_generic_filters(store: Store, parameters: dict[str, str], expected: str) -> None:
    found = " ".join(label.split()[0] for label in labels(store, **parameters))
    assert found.startswith(expected)
    assert "disable_generic_filters" in parameters or found == expected


def test_default_limits_do_not_cut_rows_that_are_always_there(store: Store) -> None:
    def answer(method: str) -> DataTable:
        result = store.select(DAY).answer(ReportRequest.of(report(method), {}), 2)
        assert isinstance(result, DataTable)
        return result

    assert len(answer(COUNTRY)) == 2
    assert answer(COUNTRY).metadata["total_rows_before_limit"] == 5
    hours = Store()
    hours.archive(tables={"VisitTime_localTime": {("3",): visits(1)}})
    method = "VisitTime.getVisitInformationPerLocalTime"
    result = hours.select(DAY).answer(ReportRequest.of(report(method), {}), 2)
    assert isinstance(result, DataTable)
    assert len(result) == 24


def test_columns(store: Store) -> None:
    assert list(store.rows(COUNTRY, showColumns="nb_visits")[0]) == [
        "label",
        "nb_visits",
        "code",
        "logo",
        "segment",
        "logoHeight",
    ]
    assert "nb_users" not in store.rows(COUNTRY, hideColumns="nb_users")[0]


def test_all_columns_adds_what_visits_are_measured_by(store: Store) -> None:
    rows = store.rows(COUNTRY, filter_add_columns_when_show_all_columns="1")
    germany = rows[1]
    assert germany["nb_actions_per_visit"] == 1
    assert germany["avg_time_on_site"] == 10
    assert germany["bounce_rate"] == "40%"
    assert germany["conversion_rate"] == "0%"


def test_sorting_by_a_processed_metric(store: Store) -> None:
    parameters = {
        "filter_add_columns_when_show_all_columns": "1",
        "filter_sort_column": "avg_time_on_site",
        "filter_limit": "1",
    }
    assert labels(store, **parameters) == ["Germany"]


def test_without_queued_filters_columns_are_ids(store: Store) -> None:
    row = store.rows(COUNTRY, disable_queued_filters="1")[0]
    assert (row["label"], row["1"], row["2"], row["39"]) == ("France", 9, 9, 0)
    other = Store()
    goals = {0: {"nb_conversions": 1, "revenue": 5.0, "items": 2}, 2: {"nb_conversions": 3}}
    other.archive(tables={"UserCountry_country": {("de",): visits(4, goals=goals)}})
    [row] = other.rows(COUNTRY, disable_queued_filters="1")
    assert row["10"] == {"0": {"1": 1, "2": 5, "8": 2}, "2": {"1": 3}}
    # keys that count from 0 are a list, as in PHP
    orders = Store()
    orders.archive(tables={"UserCountry_country": {("de",): visits(4, goals={0: {"nb_conversions": 1}})}})
    assert orders.rows(COUNTRY, disable_queued_filters="1")[0]["10"] == [{"1": 1}]


def test_a_row_of_totals_is_beside_the_rows(store: Store) -> None:
    result = store.ask(COUNTRY, keep_totals_row="1", filter_limit="1")
    assert isinstance(result, DataTable)
    assert len(result) == 1
    assert result.metadata["totals_row"].columns["nb_visits"] == 27


def test_the_row_of_totals_has_the_columns_of_the_others(store: Store) -> None:
    shown = {"keep_totals_row": "1", "filter_add_columns_when_show_all_columns": "1"}
    result = store.ask(COUNTRY, **shown, showColumns="nb_visits,bounce_rate", keep_totals_row_label="Sum")
    assert isinstance(result, DataTable)
    bounced = round(100 * sum(row["bounce_count"] for row in store.rows(COUNTRY)) / 27)
    assert result.metadata["totals_row"].columns == {"label": "Sum", "nb_visits": 27, "bounce_rate": f"{bounced}%"}


def test_nothing_internal_is_left_in_metadata(store: Store) -> None:
    for row in store.rows(COUNTRY):
        assert not [name for name in row if name.startswith("_") or name == "folder"]


def request(method: str, **parameters: str) -> ReportRequest:
    return ReportRequest.of(report(method), parameters)


def test_several_periods_are_a_map_by_date(store: Store) -> None:
    periods = [DAY, DAY.shifted(1), DAY.shifted(2)]
    reports = Reports(store.connection, Selection(sites=[SITE], periods=periods, by_date=True))
    result = reports.answer(request(COUNTRY, filter_limit="1", showColumns="nb_visits"))
    assert isinstance(result, TableMap)
    assert result.key_name == "date"
    tables = {key: shown(table) for key, table in result.tables.items() if isinstance(table, DataTable)}
    assert [(key, [row["label"] for row in rows]) for key, rows in tables.items()] == [
        ("2026-03-03", ["France"]),
        ("2026-03-04", []),
        ("2026-03-05", ["Germany"]),
    ]
    numbers = reports.answer(request("VisitsSummary.getVisits"))
    assert isinstance(numbers, TableMap)
    assert list(numbers.tables.values()) == [Number(27), Number(0), Number(1)]


def test_several_sites_are_a_map_around_the_dates(store: Store) -> None:
    sites = [SITE, replace(SITE, idsite=2)]
    selection = Selection(sites=sites, periods=[DAY, DAY.shifted(2)], by_site=True, by_date=True)
    result = Reports(store.connection, selection).answer(request("VisitsSummary.get", columns="nb_visits"))
    assert isinstance(result, TableMap)
    assert (result.key_name, list(result.tables)) == ("idSite", ["1", "2"])
    first = result.tables["1"]
    assert isinstance(first, TableMap)
    assert list(first.tables.items()) == [
        ("2026-03-03", SimpleTable({"nb_visits": 27})),
        ("2026-03-05", SimpleTable({"nb_visits": 1})),
    ]
    second = result.tables["2"]
    assert isinstance(second, TableMap)
    assert set(map(str, second.tables.values())) == {str(SimpleTable())}


def test_export_asks_one_period_at_a_time(store: Store) -> None:
    reports = store.select(DAY, DAY.shifted(2), by_date=True)
    assert reports.answer(request("VisitsSummary.getVisits"), period=DAY.shifted(2)) == Number(1)
    assert reports.some([DAY]).answer(request("VisitsSummary.getVisits"), period=DAY) == Number(27)


def test_whether_archives_are_current() -> None:
    from piwikcli.archive.build import Limits
    from piwikcli.settings import Settings

    settings = Settings.load(environment={})
    store = Store()
    store.archive()

    def current(*periods: Period) -> bool:
        return is_current(Reading.over(store.connection), store.select(*periods).selection, settings)

    assert not current(DAY)
    store.connection.execute("UPDATE archive SET settings = ?", [Limits.of(settings).described()])
    assert current(DAY)
    assert not current(DAY, WEEK)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"filter_limt": "3"}, "no parameter filter_limt. Did you mean filter_limit?"),
        ({"filter_limit": "few"}, "filter_limit must be a whole number, not 'few'"),
        ({"filter_sort_order": "up"}, "filter_sort_order must be asc or desc, not 'up'"),
        ({"format_metrics": "2"}, "format_metrics must be one of bc, 0, 1, all, not '2'"),
        ({"filter_excludelowpop_value": "x"}, "filter_excludelowpop_value must be a number"),
        ({"period": "day"}, "--period day"),
        ({"translateColumnNames": "x"}, "translateColumnNames must be 0 or 1, not 'x'"),
        ({"include_trends": "2"}, "include_trends must be 0 or 1, not '2'"),
        ({"pivotByColumnLimit": "x"}, "pivotByColumnLimit must be a whole number, not 'x'"),
        ({"language": "de"}, "language=de: reports are in English only"),
        ({"callback": "a b"}, "callback must be letters, digits, _ and ., not 'a b'"),
    ],
)
def test_parameters_that_are_refused(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        ReportRequest.of(report(COUNTRY), parameters)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("method", "name", "kind"),
    [
        ("Goals.getItemsSku", "abandonedCarts", "0 or 1"),
        ("Goals.get", "showAllGoalSpecificMetrics", "0 or 1"),
        ("Goals.getGoals", "orderByName", "0 or 1"),
        ("Live.getLastVisitsDetails", "doNotFetchActions", "0 or 1"),
        ("Live.getVisitorProfile", "limitVisits", "a whole number"),
        ("MultiSites.getAll", "enhanced", "0 or 1"),
        ("API.getProcessedReport", "showTimer", "0 or 1"),
        ("SegmentEditor.get", "idSegment", "a whole number"),
        ("VisitTime.getVisitInformationPerServerTime", "hideFutureHoursWhenToday", "0 or 1"),
    ],
)
def test_reports_own_parameters_are_checked_too(method: str, name: str, kind: str) -> None:
    with pytest.raises(UsageError, match=f"{name} must be {kind}, not 'x'"):
        ReportRequest.of(report(method), {name: "x"})
    assert ReportRequest.of(report(method), {name: "1"}).text(name) == "1"


def test_a_flag_is_1_or_0_to_reports() -> None:
    request = ReportRequest.of(report("Goals.getItemsSku"), {"abandonedCarts": "false", "expanded": "True"})
    assert (request.text("abandonedCarts"), request.text("expanded")) == ("0", "1")


def test_a_regular_expression_that_is_none_is_refused(store: Store) -> None:
    with pytest.raises(UsageError, match="not a regular expression"):
        store.rows(COUNTRY, filter_pattern="(")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("UserSettings.getBrowser", "DevicesDetection.getBrowsers"),
        ("UserSettings.getOSFamily", "DevicesDetection.getOsFamilies"),
        ("Referers.getKeywords", "Referrers.getKeywords"),
        ("Referers.getRefererType", "Referrers.getReferrerType"),
        ("actions.getpageurls", "Actions.getPageUrls"),
    ],
)
def test_old_names(old: str, new: str) -> None:
    assert report(old).method == new


def test_unknown_methods_name_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"Did you mean Actions\.getPageUrls\?"):
        report("Actions.getPageUrlss")
    with pytest.raises(UsageError, match="There is no report"):
        report("Nonsense")


def test_every_report_is_well_declared() -> None:
    """Each has one source, and what it refers to exists."""
    known = reports()
    stored = {record.name for plugin in plugins() for record in plugin.records}
    for one in known.values():
        sources = [one.record, one.numerics, one.number, one.compute, one.whole]
        assert sum(source is not None for source in sources) == 1, one.method
        assert one.title
        assert one.record is None or callable(one.record) or one.record in stored, one.method
        assert one.number is None or callable(one.number) or one.number in stored, one.method
        assert one.subtable is None or one.subtable in known, one.method
        assert set(one.needs) <= set(one.parameters), one.method
    assert len(known) == len([one for plugin in plugins() for one in plugin.reports])


def test_every_report_answers_an_empty_period() -> None:
    store = Store()
    year = Period.of("year", DAY.date1)
    for one in reports().values():
        if not one.needs and one.archived:
            result = store.ask(one.method, period=year)
            assert result in (DataTable(), SimpleTable(), Number(0), Number("0s")) or (
                isinstance(result, DataTable) and not result.rows
            )
