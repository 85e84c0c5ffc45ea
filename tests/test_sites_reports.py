"""All sites beside each other (MultiSites), what is configured (SitesManager, Goals), several requests in one."""

from __future__ import annotations

import json
from datetime import UTC, date, timedelta
from typing import Any

import pytest

from piwikcli import __version__
from piwikcli.archive.periods import Period
from piwikcli.errors import UsageError
from piwikcli.plugins import report
from piwikcli.plugins.multi_sites import evolution
from piwikcli.report.pipeline import Reports
from piwikcli.report.render import render
from piwikcli.report.requests import ReportRequest
from piwikcli.report.selection import Selection
from piwikcli.store import sites
from report_helpers import DAY, Store

BEFORE = DAY.shifted(-1)


@pytest.fixture
def store() -> Store:
    """Two sites. The first had 8 visits and has 10, the second 4 and none."""
    store = Store()
    sites.add(store.connection, name="Shop", urls=["https://www.shop.example", "http://shop.test"], currency="EUR")
    sites.add(store.connection, name="Blog", urls=["https://blog.example/"], timezone="Europe/Berlin")
    numbers = {"nb_visits": 10, "nb_actions": 30, "Actions_nb_pageviews": 25}
    store.archive(DAY, numbers=numbers)
    store.archive(BEFORE, numbers={"nb_visits": 8, "nb_actions": 40, "Actions_nb_pageviews": 25})
    store.archive(BEFORE, numbers={"nb_visits": 4}, idsite=2)
    return store


def ask(store: Store, method: str, *periods: Period, idsites: tuple[int, ...] = (1, 2), **parameters: str) -> Any:
    request = ReportRequest.of(report(method), parameters)
    request.require_needs()
    chosen = [site for site in sites.all_sites(store.connection) if site.idsite in idsites]
    selection = Selection(sites=chosen, periods=periods or (DAY,), by_date=len(periods) > 1)
    return json.loads(render(Reports(store.connection, selection).answer(request), "json", method=method))


# MultiSites -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "then", "elapsed", "expected"),
    [(10, 8, 1, 0.25), (8, 8, 1, 0), (5, 0, 1, 1), (0, 5, 1, -1), (5, 10, 0.5, 0), (1, 3, 1, -0.667)],
)
def test_evolution(now: float, then: float, elapsed: float, expected: float) -> None:
    assert evolution(now, then, elapsed) == expected


def test_all_sites_against_the_period_before(store: Store) -> None:
    [shop] = ask(store, "MultiSites.getAll")
    assert shop["label"] == "Shop"
    assert (shop["nb_visits"], shop["visits_evolution"], shop["visits_evolution_trend"]) == (10, "25%", 1)
    assert (shop["nb_actions"], shop["actions_evolution"], shop["actions_evolution_trend"]) == (30, "-25%", -1)
    assert (shop["pageviews_evolution"], shop["pageviews_evolution_trend"]) == ("0%", 0)
    assert (shop["previous_nb_visits"], shop["previous_Actions_nb_pageviews"]) == (8, 25)
    assert (shop["previousRange"], shop["main_url"]) == ("Mon, Mar 2, 2026", "https://www.shop.example")


def test_sites_without_visits_are_listed_only_when_enhanced(store: Store) -> None:
    rows = ask(store, "MultiSites.getAll", enhanced="1")
    assert [(row["label"], row["nb_visits"], row["visits_evolution"]) for row in rows] == [
        ("Shop", 10, "25%"),
        ("Blog", 0, "-100%"),
    ]
    assert rows[0]["orders"] == 0
    assert [row["label"] for row in ask(store, "MultiSites.getAll", enhanced="1", pattern="^b")] == ["Blog"]
    assert len(ask(store, "MultiSites.getAll", enhanced="1", filter_limit="1")) == 1
    with pytest.raises(UsageError, match="not a regular expression"):
        ask(store, "MultiSites.getAll", pattern="(")


def test_one_site_has_no_label(store: Store) -> None:
    found = ask(store, "MultiSites.getOne", idsites=(2,))
    assert "label" not in found
    assert (found["nb_visits"], found["visits_evolution"]) == (0, "-100%")
    both = ask(store, "MultiSites.getOne", BEFORE, DAY, idsites=(1,))
    assert [both[key]["nb_visits"] for key in ("2026-03-02", "2026-03-03")] == [8, 10]


def test_all_sites_with_totals(store: Store) -> None:
    found = ask(store, "MultiSites.getAllWithGroups")
    assert found["numSites"] == 2
    assert (found["totals"]["nb_visits"], found["totals"]["nb_visits_lastdate"]) == (10, 12)
    assert found["lastDate"] == "2026-03-02"


def test_an_unfinished_period_is_compared_with_a_part_of_the_last() -> None:
    from piwikcli.plugins.multi_sites import _elapsed

    today = date.today()
    assert 0 < _elapsed(Period("range", today - timedelta(days=9), today + timedelta(days=10)), UTC) < 1
    assert _elapsed(DAY, UTC) == 1


# settings ---------------------------------------------------------------------------------------------------


def test_sites_and_their_settings(store: Store) -> None:
    found = ask(store, "SitesManager.getAllSites")
    assert [(site["idsite"], site["name"], site["timezone"], site["currency"]) for site in found] == [
        (1, "Shop", "UTC", "EUR"),
        (2, "Blog", "Europe/Berlin", "USD"),
    ]
    assert ask(store, "SitesManager.getSiteFromId", idsites=(2,))["main_url"] == "https://blog.example/"
    assert ask(store, "SitesManager.getSiteUrlsFromId", idsites=(1,)) == [
        "https://www.shop.example",
        "http://shop.test",
    ]
    assert ask(store, "SitesManager.getSitesIdWithAtLeastViewAccess") == [1, 2]
    assert ask(store, "SitesManager.getDefaultTimezone") == {"value": "UTC"}


def test_sites_are_found_by_address_and_by_text(store: Store) -> None:
    assert ask(store, "SitesManager.getSitesIdFromSiteUrl", url="http://shop.example/") == [{"idsite": 1}]
    assert ask(store, "SitesManager.getSitesIdFromSiteUrl", url="http://other.example") == []
    assert [site["name"] for site in ask(store, "SitesManager.getPatternMatchSites", pattern="EXAMPLE")] == [
        "Shop",
        "Blog",
    ]
    assert len(ask(store, "SitesManager.getPatternMatchSites", pattern="example", limit="1")) == 1


def test_goals_are_listed_by_number(store: Store) -> None:
    assert ask(store, "Goals.getGoals", idsites=(1,)) == []
    from piwikcli.store import goals

    goals.add(store.connection, 1, name="Sign up", match_attribute="url", pattern="/thanks", pattern_type="contains")
    goals.add(store.connection, 1, name="Call", match_attribute="manually", revenue=5.0)
    found = ask(store, "Goals.getGoals", idsites=(1,))
    assert (found["1"]["pattern"], found["1"]["case_sensitive"], found["1"]["revenue"]) == ("/thanks", 0, 0)
    assert "pattern" not in found["2"]
    assert [goal["name"] for goal in ask(store, "Goals.getGoals", idsites=(1,), orderByName="1").values()] == [
        "Call",
        "Sign up",
    ]
    assert ask(store, "Goals.getGoal", idsites=(1,), idGoal="2")["name"] == "Call"
    with pytest.raises(UsageError, match="site 1 has no goal 7"):
        ask(store, "Goals.getGoal", idsites=(1,), idGoal="7")


def test_lists_of_settings_are_filtered_like_tables(store: Store) -> None:
    from piwikcli.store import goals

    for name in ("Sign up", "Call", "Sign off"):
        goals.add(store.connection, 1, name=name, match_attribute="manually")
    shown = {"showColumns": "name"}
    assert ask(store, "Goals.getGoals", idsites=(1,), **shown, filter_limit="2") == {
        "1": {"name": "Sign up"},
        "2": {"name": "Call"},
    }
    assert ask(store, "Goals.getGoals", idsites=(1,), **shown, filter_pattern="^sign", filter_offset="1") == {
        "3": {"name": "Sign off"}
    }
    assert (
        ask(store, "Goals.getGoals", idsites=(1,), filter_pattern="2", filter_column="idgoal")["2"]["name"] == "Call"
    )
    assert ask(store, "SitesManager.getAllSites", **shown) == [{"name": "Shop"}, {"name": "Blog"}]
    assert "name" not in ask(store, "Goals.getGoal", idsites=(1,), idGoal="1", hideColumns="name")
    with pytest.raises(UsageError, match="not a regular expression"):
        ask(store, "Goals.getGoals", idsites=(1,), filter_pattern="(")


def test_stored_segments(store: Store) -> None:
    from piwikcli.store import segments

    assert ask(store, "SegmentEditor.getAll") == []
    segments.add(store.connection, name="Firefox", definition="browserCode==FF", idsite=0, auto_archive=True)
    segments.add(store.connection, name="Few", definition="actions<3", idsite=2, auto_archive=False)
    assert [one["name"] for one in ask(store, "SegmentEditor.getAll", idsites=(1,))] == ["Firefox"]
    found = ask(store, "SegmentEditor.get", idSegment="2")
    assert (found["definition"], found["enable_only_idsite"], found["auto_archive"]) == ("actions<3", 2, 0)
    assert ask(store, "SegmentEditor.get", idSegment="7") == []


def test_custom_dimensions(store: Store) -> None:
    from piwikcli.store import dimensions

    dimensions.add(store.connection, 1, scope="action", name="Section", extract=["url:/([a-z]+)/"])
    [found] = ask(store, "CustomDimensions.getConfiguredCustomDimensions", idsites=(1,))
    assert (found["idcustomdimension"], found["scope"], found["active"]) == ("1", "action", True)
    assert found["extractions"] == [{"dimension": "url", "pattern": "/([a-z]+)/"}]
    scopes = ask(store, "CustomDimensions.getAvailableScopes", idsites=(1,))
    assert [(one["value"], one["numSlotsLeft"]) for one in scopes] == [("visit", 5), ("action", 4)]


# several requests in one ------------------------------------------------------------------------------------


def test_several_requests_in_one(store: Store) -> None:
    urls = [
        "method=VisitsSummary.getVisits&idSite=1&period=day&date=2026-03-03",
        "?module=API&method=VisitsSummary.get&idSite=1&period=day&date=2026-03-02,2026-03-03&format=json&columns=nb_visits",
        "method=Nothing.get",
    ]
    first, second, third = ask(store, "API.getBulkRequest", urls="\n".join(urls))
    assert first == {"value": 10}
    assert second == {"2026-03-02": {"nb_visits": 8}, "2026-03-03": {"nb_visits": 10}}
    assert third["result"] == "error"
    assert "There is no report Nothing.get" in third["message"]


def test_the_program_itself(store: Store) -> None:
    assert ask(store, "API.getMatomoVersion") == {"value": __version__}
    assert ask(store, "API.isPluginActivated", pluginName="Actions") == {"value": True}
    assert ask(store, "API.isPluginActivated", pluginName="Nothing") == {"value": False}
    assert [kind["id"] for kind in ask(store, "API.getAvailableMeasurableTypes")] == ["website"]


def test_what_there_is_to_choose_from(store: Store) -> None:
    assert ask(store, "SitesManager.getCurrencyList")["EUR"] == "Euro (€)"
    zones = ask(store, "SitesManager.getTimezonesList")
    assert zones["Europe"]["Europe/Berlin"] == "Berlin"
    assert (zones["UTC"]["UTC"], zones["UTC"]["UTC+5.75"], zones["UTC"]["UTC-3.5"]) == ("UTC", "UTC+5:45", "UTC-3:30")
    assert "Etc" not in zones
    assert ask(store, "UserCountry.getCountryCodeMapping")["nz"] == "New Zealand"
    values = [one["value"] for one in ask(store, "CustomDimensions.getAvailableExtractionDimensions")]
    assert values == ["url", "urlparam", "action_name"]
    assert ask(store, "SegmentEditor.isUserCanAddNewSegment") == {"value": True}
    assert ask(store, "Transitions.isPeriodAllowed") == {"value": True}
