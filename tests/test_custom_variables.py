"""Custom variables of visits, pages and conversions. Definitions: docs/reference/metrics.md#custom-variables."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from helpers_tracking import PAGE, Log
from piwikcli.archive.periods import Period

DAY = Period.of("day", date(2026, 3, 2))
METHOD = "CustomVariables.getCustomVariables"


def columns(rows: list[dict[str, Any]], *names: str) -> dict[str, Any]:
    return {row["label"]: tuple(row.get(name) for name in names) for row in rows}


def test_variables_of_visits_and_pages_and_their_conversions(tmp_path: Path) -> None:
    log = Log(tmp_path)
    one = log.visit("10:00:00", visitor=7, actions=2, converted=True, variables=["plan", "pro", "lang", "de"])
    log.conversion(one, "10:01:00", 1, 5.0)
    two = log.visit("11:00:00", visitor=7, actions=1, variables=["plan", "free", None, None, "lang", ""])
    url = log.action(PAGE, "example.org/")
    for visit, time in ((one, "10:00:00"), (one, "10:00:05"), (two, "11:00:00")):
        log.hit(visit, time, url=url, detail={"page_var": ["section", "news", "_pks", "S1"]})
    shop = log.built()
    rows = shop.rows(METHOD, DAY, expanded="1")
    names = ("nb_visits", "nb_uniq_visitors", "nb_actions", "nb_conversions", "revenue")
    # visitors are distinct per name and value
    assert columns(rows, *names) == {
        "plan": (2, 2, 3, 1, 5),
        "lang": (2, 2, 3, 1, 5),
        "section": (2, 1, 3, None, None),
    }
    below = {row["label"]: row["subtable"] for row in rows}
    assert columns(below["plan"], *names) == {"pro": (1, 1, 2, 1, 5), "free": (1, 1, 1, None, None)}
    assert list(rows[0]["goals"]) == ["idgoal=1"]
    assert columns(rows, "segment")["lang"] == ("customVariableName==lang",)
    with_products = shop.rows(METHOD, DAY, _leavePiwikCoreVariables="1")
    assert columns(with_products, "nb_actions")["_pks"] == (3,)
    root = {row.label: row.idsubtable for row in shop.ask(METHOD, DAY)}
    values = shop.rows("CustomVariables.getCustomVariablesValuesFromNameId", DAY, idSubtable=str(root["lang"]))
    assert columns(values, "nb_visits", "segment") == {
        "de": (1, "customVariableValue==de"),
        "Value not defined": (1, "customVariableValue=="),
    }
