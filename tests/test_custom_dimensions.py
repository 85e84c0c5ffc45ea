"""Custom dimensions: records for each that a site has. Definitions: docs/reference/metrics.md#custom-dimensions."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from helpers_import import archive_all, environment
from helpers_tracking import OUTLINK, PAGE, Archived, Log
from piwikcli.archive.periods import Period
from piwikcli.errors import UsageError
from piwikcli.store import dimensions
from tracking_requests import add_dimension, request, shop, track

DAY = Period.of("day", date(2026, 3, 2))
WEEK = Period.of("week", date(2026, 3, 2))
METHOD = "CustomDimensions.getCustomDimension"


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """Dimensions 1 (of visits), 2 and 3 (of actions; the second one inactive)."""
    log = Log(tmp_path)
    with log.database.write() as connection:
        for name, scope in (("Plan", "visit"), ("Section", "action"), ("Old", "action")):
            dimensions.add(connection, 1, name=name, scope=scope, extract=[])
        dimensions.update(connection, 1, 3, active=False)
    return log


def action(log: Log, visit: int, time: str, url: str | None, *values: str | None, **state: Any) -> int:
    idaction = log.action(OUTLINK if url and "://" in url else PAGE, url)
    return log.hit(visit, time, url=idaction, detail={"action_dimension": list(values)}, state=state)


def columns(rows: list[dict[str, Any]], *names: str) -> dict[str, Any]:
    return {row["label"]: tuple(row.get(name) for name in names) for row in rows}


def test_visits_by_a_value_and_their_conversions(log: Log) -> None:
    pro = log.visit("10:00:00", "10:01:30", dimensions=["pro"], actions=2, converted=True)
    log.conversion(pro, "10:01:00", 1, 5.0)
    # the value at the time of the conversion counts
    log.conversion(pro, "10:00:30", 1, 2.0, custom_dimension=["trial"])
    log.visit("11:00:00", dimensions=[""])
    log.visit("12:00:00", dimensions=[None])
    shop = log.built()
    rows = shop.rows(METHOD, DAY, idDimension="1")
    names = ("nb_visits", "nb_conversions", "revenue", "avg_time_on_site", "bounce_rate", "nb_actions_per_visit")
    assert columns(rows, *names) == {
        "pro": (1, 1, 5, 90, 0, 2),
        "Value not defined": (1, None, None, 0, 1, 1),
        "trial": (0, 1, 2, 0, 0, 0),
    }
    assert columns(rows, "segment") == {
        "pro": ("dimension1==pro",),
        "Value not defined": ("dimension1==",),
        "trial": ("dimension1==trial",),
    }


@pytest.fixture
def sections(log: Log) -> Archived:
    one = log.visit("10:00:00", entry="example.org/a", actions=2)
    action(log, one, "10:00:00", "example.org/a", "news", time_spent=30, time_network=100)
    last = action(log, one, "10:00:30", "https://www.partner.example/x/", "news", time_network=50)
    log._rows["visit_detail"][-1]["last_idlink_va"] = last
    two = log.visit("11:00:00", entry="example.org/a", actions=1)
    only = action(log, two, "11:00:00", "example.org/a", "news")
    log._rows["visit_detail"][-1]["last_idlink_va"] = only
    action(log, two, "11:00:01", None, "news")
    # the same URL as an event's is another action of the same name
    log.hit(two, "11:00:01", kind=10, url=log.action(10, "example.org/a"), detail={"action_dimension": ["news"]})
    action(log, two, "11:00:02", "example.org/b", "")
    action(log, two, "11:00:03", "example.org/b", None)
    three = log.visit("2026-03-03 10:00:00", entry="example.org/a")
    action(log, three, "2026-03-03 10:00:00", "example.org/a", "news", time_network=200)
    return log.built()


ACTIONS = ("nb_visits", "nb_hits", "sum_time_spent", "bounce_count", "exit_nb_visits")


def test_actions_by_a_value_and_the_urls_below(sections: Archived) -> None:
    rows = sections.rows(METHOD, DAY, idDimension="2", expanded="1")
    # a visit counts once per value and URL; what has no URL counts in the row above only
    assert columns(rows, *ACTIONS) == {"news": (4, 5, 30, 1, 2), "Value not defined": (1, 1, 0, 0, 0)}
    below = rows[0]["subtable"]
    assert columns(below, *ACTIONS) == {
        "example.org/a": (2, 3, 30, 1, 1),
        "partner.example/x/": (1, 1, 0, 0, 1),
    }
    assert columns(below, "segment", "url")["partner.example/x/"] == (
        "dimension2==news;actionUrl=$partner.example%2Fx%2F",
        "partner.example%2Fx%2F",
    )
    rates = ("avg_time_on_dimension", "bounce_rate", "exit_rate")
    assert columns(rows, *rates)["news"] == (6, 0.25, 0.5)


def test_smallest_and_largest_times_add_up_as_in_matomo(sections: Archived) -> None:
    names = ("sum_time_network", "nb_hits_with_time_network", "min_time_network", "max_time_network")
    assert columns(sections.rows(METHOD, DAY, idDimension="2"), *names)["news"] == (0.15, 2, 0.15, 0.15)
    assert columns(sections.rows(METHOD, WEEK, idDimension="2"), *names)["news"] == (0.35, 3, 0.35, 0.35)


def test_a_subtable_asked_for_and_a_flat_table(sections: Archived) -> None:
    idsubtable = sections.ask(METHOD, DAY, idDimension="2").rows[0].idsubtable
    below = sections.rows(METHOD, DAY, idDimension="2", idSubtable=str(idsubtable))
    assert columns(below, "segment")["example.org/a"] == ("dimension2==news;actionUrl=$example.org%2Fa",)
    flat = sections.rows(METHOD, DAY, idDimension="2", flat="1")
    assert columns(flat, "nb_hits", "CustomDimension_CustomDimension2") == {
        "news - example.org/a": (3, "news - example.org/a"),
        "news - partner.example/x/": (1, "news - partner.example/x/"),
        "Value not defined - example.org/b": (1, "Value not defined - example.org/b"),
    }


def test_values_of_events_are_shown_as_generation_times_in_thousandths(tmp_path: Path) -> None:
    database = shop(tmp_path / "p.duckdb")
    add_dimension(database, "action")
    track(database, request("10:00:00", "/a", dimension1="news", e_c="a", e_a="b", e_v="7"))
    archive_all(database)
    found = Archived(database).ask(
        "API.getProcessedReport", DAY, apiModule="CustomDimensions", apiAction="getCustomDimension", idDimension="1"
    )
    assert found.value["reportData"][0]["avg_time_generation"] == "0.007s"


@pytest.mark.parametrize("asked", ["3", "9", "x"])
def test_only_active_dimensions_have_a_report(sections: Archived, asked: str) -> None:
    with pytest.raises(UsageError, match=r"no active dimension '.'; there are: 1, 2"):
        sections.rows(METHOD, DAY, idDimension=asked)


def test_an_export_has_a_file_for_each_goal_and_dimension(sections: Archived, tmp_path: Path) -> None:
    import subprocess

    from helpers_import import PIWIK
    from piwikcli.store import goals

    with sections.database.write() as connection:
        goals.add(connection, 1, name="Signup", match_attribute="url", pattern="/signup")
    out = tmp_path / "out"
    command = [PIWIK, "export", "--db", sections.database.path, "--date", "2026-03-02", "-o", out]
    subprocess.run(command, env=environment(tmp_path), check=True, capture_output=True)
    written = {file.stem for file in (out / "day" / "2026-03-02").iterdir()}
    assert {f"{METHOD}_idDimension-{n}" for n in (1, 2)} <= written
    assert f"{METHOD}_idDimension-3" not in written
    variants = ("", "_idGoal-0", "_idGoal-ecommerceOrder", "_idGoal-ecommerceAbandonedCart", "_idGoal-1")
    assert {f"Goals.get{variant}" for variant in variants} <= written
    assert {f"Goals.getDaysToConversion{variant}" for variant in variants} <= written
