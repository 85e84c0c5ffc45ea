"""Referrers: overview, types, engines and keywords, campaigns, websites, networks."""

from typing import Any

import pytest

from piwikcli.errors import UsageError
from report_helpers import Rows, Store, visits

ICONS = "plugins/Morpheus/icons/dist"
KEYWORDS: Rows = {
    ("",): visits(24),
    ("", "Google"): visits(19),
    ("", "Bing"): visits(5),
    ("log analytics",): visits(1),
    ("log analytics", "Google"): visits(1),
}
ENGINES: Rows = {
    ("Google",): visits(20),
    ("Google", ""): visits(19),
    ("Google", "log analytics"): visits(1),
    ("Bing",): visits(5),
    ("Bing", ""): visits(5),
}
WEBSITES: Rows = {
    ("docs.net",): visits(3),
    ("docs.net", "https://docs.net/a?b=1"): visits(1),
    ("docs.net", "http://docs.net/a?b=1"): visits(1),
    ("docs.net", "https://docs.net/"): visits(1),
}
CAMPAIGNS: Rows = {
    ("summer",): visits(4),
    ("spring-3",): visits(2),
    ("spring-3", "www.example.org"): visits(1),
}
SOCIALS: Rows = {
    ("Twitter",): visits(7),
    ("Twitter", "https://t.co/x"): visits(7),
    ("instagram",): visits(1),
    ("instagram", "https://instagram.com/"): visits(1),
}
TYPES: Rows = {
    ("1",): visits(40),
    ("2",): visits(25),
    ("3",): visits(3),
    ("6",): visits(6),
    ("7",): visits(8),
}
ALL = {
    "Referrers_type": TYPES,
    "Referrers_keywordBySearchEngine": KEYWORDS,
    "Referrers_searchEngineByKeyword": ENGINES,
    "Referrers_urlByWebsite": WEBSITES,
    "Referrers_keywordByCampaign": CAMPAIGNS,
    "Referrers_urlBySocialNetwork": SOCIALS,
}
COLUMNS = set(visits(1))


def store(**more: Rows) -> Store:
    found = Store()
    numbers = {"nb_visits": 82, "Referrers_distinctKeywords": 2, "Referrers_distinctSearchEngines": 2}
    found.archive(numbers=numbers, tables=ALL | more)
    return found


def brief(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the visit columns."""
    return [{name: value for name, value in row.items() if name not in COLUMNS} for row in rows]


def test_overview() -> None:
    assert list(store().columns("Referrers.get").items()) == [
        ("Referrers_visitorsFromSearchEngines", 25),
        ("Referrers_visitorsFromSocialNetworks", 8),
        ("Referrers_visitorsFromDirectEntry", 40),
        ("Referrers_visitorsFromWebsites", 3),
        ("Referrers_visitorsFromCampaigns", 6),
        ("Referrers_distinctSearchEngines", 2),
        ("Referrers_distinctSocialNetworks", 0),
        ("Referrers_distinctKeywords", 2),
        ("Referrers_distinctWebsites", 0),
        ("Referrers_distinctWebsitesUrls", 0),
        ("Referrers_distinctCampaigns", 0),
        ("Referrers_visitorsFromDirectEntry_percent", "49%"),
        ("Referrers_visitorsFromSearchEngines_percent", "30%"),
        ("Referrers_visitorsFromCampaigns_percent", "7%"),
        ("Referrers_visitorsFromSocialNetworks_percent", "10%"),
        ("Referrers_visitorsFromWebsites_percent", "4%"),
    ]


def test_types() -> None:
    assert brief(store().rows("Referrers.getReferrerType")) == [
        {"label": "Direct Entry", "segment": "referrerType==direct", "referrer_type": 1},
        {"label": "Search Engines", "segment": "referrerType==search", "referrer_type": 2},
        {"label": "Social Networks", "segment": "referrerType==social", "referrer_type": 7},
        {"label": "Campaigns", "segment": "referrerType==campaign", "referrer_type": 6},
        {"label": "Websites", "segment": "referrerType==website", "referrer_type": 3},
    ]


def test_types_have_the_type_as_subtable_id() -> None:
    rows = store().rows("Referrers.getReferrerType", idSubtable="2")
    assert [row["label"] for row in rows] == ["Keyword not defined", "log analytics"]
    assert store().rows("Referrers.getReferrerType", idSubtable="1") == []
    [search] = store().rows("Referrers.getReferrerType", typeReferrer="2")
    assert search["label"] == "Search Engines"


def test_expanded_types_have_finished_rows_by_label() -> None:
    rows = {row["label"]: row for row in store().rows("Referrers.getReferrerType", expanded="1")}
    assert "subtable" not in rows["Direct Entry"]
    [spring, summer] = rows["Campaigns"]["subtable"]
    assert (spring["label"], summer["label"]) == ("spring-3", "summer")
    assert spring["segment"] == "referrerType==campaign;referrerName==spring-3"
    assert "subtable" not in spring


def test_all_channels_together() -> None:
    rows = store().rows("Referrers.getAll")
    assert [(row["label"], row["referer_type"]) for row in rows] == [
        ("Keyword not defined", 2),
        ("Twitter", 7),
        ("summer", 6),
        ("docs.net", 3),
        ("spring-3", 6),
        ("Instagram", 7),
        ("log analytics", 2),
    ]


def test_keywords() -> None:
    found = store()
    rows = found.rows("Referrers.getKeywords", expanded="1")
    assert brief(rows)[0] == {
        "label": "Keyword not defined",
        "segment": "referrerType==search;referrerKeyword==",
        "subtable": [{"label": "Google", **visits(19)}, {"label": "Bing", **visits(5)}],
    }
    assert rows[1]["segment"] == "referrerType==search;referrerKeyword==log+analytics"
    engines = found.rows("Referrers.getSearchEnginesFromKeywordId", idSubtable=str(found.path(("",))))
    assert brief(engines)[0] == {
        "label": "Google",
        "url": "https://matomo.org/faq/general/faq_144",
        "logo": f"{ICONS}/searchEngines/xx.png",
        "segment": "referrerName==Google",
    }


def test_flat_keywords_keep_stored_labels_at_the_first_level() -> None:
    rows = brief(store().rows("Referrers.getKeywords", flat="1"))
    assert rows[0] == {
        "label": " - Google",
        "url": "https://matomo.org/faq/general/faq_144",
        "logo": f"{ICONS}/searchEngines/xx.png",
        "Referrers_Keyword": "",
        "Referrers_SearchEngine": "Google",
    }
    assert [row["label"] for row in rows] == [" - Google", " - Bing", "log analytics - Google"]


def test_search_engines() -> None:
    found = store()
    rows = found.rows("Referrers.getSearchEngines", expanded="1")
    assert brief(rows)[0] == {
        "label": "Google",
        "segment": "referrerType==search;referrerName==Google",
        "url": "http://google.com",
        "logo": f"{ICONS}/searchEngines/xx.png",
        # stored rows: only the keywords' own report names what is missing
        "subtable": [{"label": "", **visits(19)}, {"label": "log analytics", **visits(1)}],
    }
    keywords = found.rows("Referrers.getKeywordsFromSearchEngineId", idSubtable=str(found.path(("Google",))))
    assert [row["label"] for row in keywords] == ["Keyword not defined", "log analytics"]
    flat = brief(found.rows("Referrers.getSearchEngines", flat="1"))
    assert flat[0] == {
        "label": "Google - Keyword not defined",
        "url": "https://matomo.org/faq/general/faq_144",
        "logo": f"{ICONS}/searchEngines/xx.png",
        "Referrers_SearchEngine": "Google",
        "Referrers_Keyword": "Keyword not defined",
    }


def test_campaigns() -> None:
    found = store()
    rows = brief(found.rows("Referrers.getCampaigns"))
    assert rows[0] == {"label": "summer", "segment": "referrerType==campaign;referrerName==summer"}
    [keyword] = brief(found.rows("Referrers.getKeywordsFromCampaignId", idSubtable=str(found.path(("spring-3",)))))
    assert keyword["segment"] == ("referrerName==spring-3;referrerType==campaign;referrerKeyword==www.example.org")
    flat = found.rows("Referrers.getCampaigns", flat="1")
    assert [row["label"] for row in flat] == ["summer", "spring-3 - www.example.org"]


def test_websites() -> None:
    found = store()
    [site] = brief(found.rows("Referrers.getWebsites"))
    assert site == {"label": "docs.net", "segment": "referrerName==docs.net"}
    pages = found.rows("Referrers.getUrlsFromWebsiteId", idSubtable=str(found.path(("docs.net",))))
    # two protocols of one path are one row
    assert [(row["label"], row["nb_visits"], row["url"]) for row in pages] == [
        ("a?b=1", 2, "https://docs.net/a?b=1"),
        ("index", 1, "https://docs.net/"),
    ]
    flat = found.rows("Referrers.getWebsites", flat="1")
    assert [row["label"] for row in flat] == ["docs.net/a?b=1", "docs.net/index"]
    assert "segment" in pages[0]
    assert "segment" not in flat[0]


def test_social_networks() -> None:
    found = store()
    assert brief(found.rows("Referrers.getSocials")) == [
        {
            "label": "Twitter",
            "url": "twitter.com",
            "logo": f"{ICONS}/socials/xx.png",
            "segment": "referrerType==social;referrerName==Twitter",
        },
        {
            "label": "Instagram",
            "url": "instagram.com",
            "logo": f"{ICONS}/socials/xx.png",
            "segment": "referrerType==social;referrerName==Instagram",
        },
    ]
    [tweet] = found.rows("Referrers.getUrlsForSocial", idSubtable=str(found.path(("Twitter",))))
    assert (tweet["label"], tweet["url"]) == ("t.co/x", "https://t.co/x")
    assert [row["label"] for row in found.rows("Referrers.getUrlsForSocial")] == ["t.co/x", "instagram.com/"]
    flat = found.rows("Referrers.getSocials", flat="1")
    assert flat[0]["label"] == "Twitter - https://t.co/x"
    assert flat[0]["url"] == "twitter.com"


def test_ai_assistants_are_a_type_of_their_own_where_there_are_any() -> None:
    found = Store()
    found.archive(
        numbers={"nb_visits": 4, "Referrers_distinctAIAssistants": 1},
        tables={
            "Referrers_type": {("8",): visits(1)},
            "Referrers_urlByAIAssistant": {
                ("ChatGPT",): visits(1),
                ("ChatGPT", "https://chatgpt.com/"): visits(1),
            },
        },
    )
    [kind] = found.rows("Referrers.getReferrerType")
    assert (kind["label"], kind["segment"]) == ("AI Assistants", "referrerType==ai_assistant")
    [assistant] = found.rows("Referrers.getAIAssistants")
    assert assistant["segment"] == "referrerType==ai_assistant;referrerName==ChatGPT"
    [page] = found.rows("Referrers.getUrlsForAIAssistant")
    assert page["label"] == "chatgpt.com/"
    columns = found.columns("Referrers.get")
    assert columns["Referrers_visitorsFromAIAssistants"] == 1
    assert columns["Referrers_visitorsFromAIAssistants_percent"] == "25%"


def test_distinct_numbers() -> None:
    from piwikcli.report.table import Number

    assert store().ask("Referrers.getNumberOfDistinctKeywords") == Number(2)
    assert store().ask("Referrers.getNumberOfDistinctWebsitesUrls") == Number(0)


@pytest.mark.parametrize(
    ("method", "label", "found", "url"),
    [
        (
            "Referrers.getSearchEngines",
            "Bing > Keyword not defined",
            "Keyword not defined",
            "https://matomo.org/faq/general/faq_144",
        ),
        ("Referrers.getWebsites", "docs.net > a?b=1", "a?b=1", "https://docs.net/a?b=1"),
        ("Referrers.getWebsites", "docs.net>https%3A%2F%2Fdocs.net%2F", "index", "https://docs.net/"),
        ("Referrers.getReferrerType", "Websites > docs.net", "docs.net", None),
    ],
)
def test_a_row_below_another_is_as_in_its_own_table(method: str, label: str, found: str, url: str | None) -> None:
    [row] = store().rows(method, label=label)
    assert (row["label"], row.get("url")) == (found, url)
    assert "subtable" not in row


def test_a_pattern_of_types_that_is_none() -> None:
    with pytest.raises(UsageError, match=r"typeReferrer=\( is not a regular expression"):
        store().rows("Referrers.getReferrerType", typeReferrer="(")
