"""Where a visit came from: docs/reference/referrers.md."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from pathlib import Path

import pytest

from piwikcli.ingest.lookups.referrers import Referrer, ReferrerDetector
from piwikcli.ingest.urls import DEFAULT_EXCLUDED_PARAMETERS
from piwikcli.lists.definitions import Definitions

DEFINITIONS = Definitions.load()
SITES = {
    1: ["https://www.shop.example", "https://blog.partner.example/shop"],
    2: ["http://second.example", "http://news.example/Two/"],
}
DETECTOR = ReferrerDetector(DEFINITIONS, SITES)
PAGE = "https://www.shop.example/r"
SHARED = Path(__file__).resolve().parents[2] / "shared"


def referrer(url: str, page: str = PAGE, idsite: int = 1) -> tuple[int, str | None, str | None, str]:
    return DETECTOR.detect(idsite, page, url)[:4]


@pytest.mark.parametrize("url", ["", "no-url", "-", "javascript://x", "http://:80/", "http:///x"])
def test_no_usable_referrer_is_direct(url: str) -> None:
    assert referrer(url) == (1, None, None, "")


@pytest.mark.parametrize(
    ("url", "name", "stored"),
    [
        ("https://r.test/", "r.test", "https://r.test/"),
        ("HTTPS://WWW.Upper.TEST/Path?Sid=1", "www.upper.test", "HTTPS://www.upper.test/Path"),
        ("https://user:pw@auth.test:8080/p", "auth.test", "https://user:pw@auth.test:8080/p"),
        ("//no-scheme.test/x", "no-scheme.test", "no-scheme.test/x"),
        ("android-app://com.example.mail/", "com.example.mail", "android-app://com.example.mail/"),
        ("https://ent.test/?a=1&amp;b=2", "ent.test", "https://ent.test/?a=1&b=2"),
        ("https://com espaço.test/ x", "com espaço.test", "https://com espaço.test/ x"),
        ("https://frag.test/#/x?y", "frag.test", "https://frag.test/"),
        ("https://matrix.test/a;jsessionid=3;b=2", "matrix.test", "https://matrix.test/a?b=2"),
        ("https://b.test/x?gclid=2&utm_source=c#f", "b.test", "https://b.test/x"),
        ("https://sub.shop.example/x", "sub.shop.example", "https://sub.shop.example/x"),
        ("https://blog.partner.example/shops", "blog.partner.example", "https://blog.partner.example/shops"),
        ("https://mytwitter.com/", "mytwitter.com", "https://mytwitter.com/"),
    ],
)
def test_websites(url: str, name: str, stored: str) -> None:
    assert referrer(url) == (3, name, None, stored)


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/internal",
        "http://www.shop.example/internal",
        "https://blog.partner.example/shop",
        "https://blog.partner.example/shop/item?x=1",
    ],
)
def test_the_sites_own_pages_are_direct_but_kept(url: str) -> None:
    assert referrer(url) == (1, None, None, url)


def test_the_pages_own_host_is_internal_whatever_the_sites_urls_are() -> None:
    assert referrer("https://www.other.example/q", "https://other.example/p")[0] == 1
    assert referrer("https://blog.partner.example/x", "https://blog.partner.example/y")[0] == 1


def test_another_sites_pages_are_a_website_with_that_sites_path() -> None:
    assert referrer("http://second.example/x") == (3, "second.example", None, "http://second.example/x")
    assert referrer("http://www.news.example/two/3")[1] == "www.news.example/two"
    assert referrer("http://news.example/twofold")[1] == "news.example"
    assert referrer("http://news.example/two/3", idsite=2)[0] == 1


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://www.google.com/search?q=Blue+Shoe&client=firefox", (2, "Google", "blue shoe")),
        ("https://www.google.com/", (2, "Google", None)),
        ("https://www.facebook.com/", (2, "Facebook", None)),
        ("https://l.facebook.com/l.php?u=x", (7, "Facebook", "")),
        ("https://t.co/x", (7, "Twitter", "")),
        ("https://x.com/a", (7, "Twitter", "")),
        ("https://site.test/twitter.com/path", (7, "Twitter", "")),
        ("https://twitter.com.evil.test/", (7, "Twitter", "")),
        ("https://WWW.Reddit.com/r/a", (7, "reddit", "")),
        ("https://news.ycombinator.com/item?id=1", (7, "Hacker News", "")),
        ("https://chatgpt.com/", (8, "ChatGPT", "")),
        ("https://www.perplexity.ai/search?q=x", (8, "Perplexity", "")),
        ("https://gemini.google.com/app", (8, "Gemini", "")),
        ("https://x.com/i/grok/share", (8, "Grok", "")),
        ("https://x.com/i/grokking", (7, "Twitter", "")),
    ],
)
def test_search_engines_social_networks_assistants(url: str, found: tuple[int, str, str | None]) -> None:
    assert referrer(url)[:3] == found


def test_without_assistants_they_are_websites() -> None:
    plain = ReferrerDetector(DEFINITIONS, SITES, ai_assistants=False)
    assert plain.detect(1, PAGE, "https://chatgpt.com/?q=x")[:3] == (3, "chatgpt.com", None)


def test_the_first_network_of_the_list_wins() -> None:
    definitions = Definitions({}, {}, (("B", "b.net"), ("A", "a.net"), ("C", "c")), ())
    detector = ReferrerDetector(definitions, {})
    assert detector.detect(1, "", "http://a.net/b.net")[1] == "B"
    assert detector.detect(1, "", "http://aXnet/")[1] == "A"  # a dot of a definition fits any character
    assert detector.detect(1, "", "http://x/c")[1] == "C"
    assert detector.detect(1, "", "http://x/cd")[:2] == (3, "x")


@pytest.mark.parametrize(
    ("query", "name", "keyword"),
    [
        ("?utm_campaign=Spring-8&utm_term=Blue+Shoe", "spring-8", "blue shoe"),
        ("?mtm_campaign=P&mtm_kwd=K1", "p", "k1"),
        ("?utm_source=s1&utm_medium=m1", "s1", ""),
        ("?utm_source=s1&pk_cpn=p1", "p1", ""),
        ("?utm_campaign=&utm_source=viaSrc", "viasrc", ""),
        ("?utm_campaign[]=arr&utm_source=zz", "zz", ""),
        ("?utm_campaign=%20sp%20ace+x%20", "sp ace x", ""),
        ("?utm_campaign=a&utm_campaign=b", "b", ""),
        ("?utm_campaign=%C3%89t%C3%A9", "été", ""),
        ("#utm_campaign=Fg&utm_term=T1", "fg", "t1"),
        ("?pk_campaign=Q#pk_campaign=F&pk_kwd=fk", "f", "fk"),
        ("?pk_campaign=Q&pk_kwd=qk#pk_campaign=F&pk_kwd=fk", "q", "qk"),
        ("?pk_campaign=Q#pk_kwd=fk", "q", ""),
        (f"?utm_campaign={'l' * 300}&utm_term={'k' * 300}", "l" * 255, "k" * 255),
    ],
)
def test_campaigns(query: str, name: str, keyword: str) -> None:
    found = DETECTOR.detect(1, PAGE + query, "")
    assert found == Referrer(6, name, keyword, "", keyword_from_host=not keyword)


@pytest.mark.parametrize(
    "query",
    ["?gclid=1", "?utm_term=only", "?utm_campaign[]=arr", "?UTM_CAMPAIGN=up", "#/route?pk_campaign=deep"],
)
def test_no_campaigns(query: str) -> None:
    assert referrer("https://r.test/", PAGE + query)[:3] == (3, "r.test", None)


def test_a_campaign_without_keyword_takes_the_search_or_the_referrers_host() -> None:
    page = f"{PAGE}?utm_campaign=G1"
    google = "https://www.google.com/search?q=Palavra+Chave"
    assert DETECTOR.detect(1, page, google) == Referrer(6, "g1", "palavra chave", google)
    internal = "https://www.shop.example/a"
    assert DETECTOR.detect(1, page, internal) == Referrer(6, "g1", "www.shop.example", internal, True)
    assert DETECTOR.detect(1, page, "https://www.google.com/")[2:] == (
        "www.google.com",
        "https://www.google.com/",
        True,
    )


@pytest.mark.parametrize(
    ("url", "page", "found"),
    [
        (
            "https://googleads.g.doubleclick.net/p?url=https://www.pub.test/a",
            "",
            ("adwords", "(adwords) www.pub.test"),
        ),
        (
            "https://ad.doubleclick.net/x?ad_type=text&url=http%3A%2F%2FP.test",
            "",
            ("adwords (text)", "(adwords) p.test"),
        ),
        (
            "https://ad.doubleclick.net/x?url=http%3A%2F%2FP.test",
            "?utm_source=Paid",
            ("paid", "(adwords) p.test"),
        ),
    ],
)
def test_ad_networks_name_the_page_with_the_ad(url: str, page: str, found: tuple[str, str]) -> None:
    assert referrer(url, PAGE + page)[:3] == (6, *found)


def test_an_ad_network_without_a_page_is_a_website() -> None:
    assert referrer("https://ad.doubleclick.net/x?url=nothing")[:2] == (3, "ad.doubleclick.net")


def test_campaign_parameters_of_the_request_override_the_urls() -> None:
    page = f"{PAGE}?pk_campaign=Url&pk_kwd=uk"
    assert DETECTOR.detect(1, page, "", {"pk_campaign": "Par"})[:3] == (6, "par", "uk")
    assert DETECTOR.detect(1, page, "", {"utm_campaign": "P", "utm_term": "T"})[:3] == (6, "p", "t")
    assert DETECTOR.detect(1, page, "", {"pk_kwd": "Pk"})[:3] == (6, "url", "uk")


def test_pages_can_ask_to_ignore_the_referrer() -> None:
    assert referrer("https://www.google.com/", f"{PAGE}?ignore_referrer=1") == (1, "", "", "")
    assert referrer("https://x.test/", f"{PAGE}?ignore_referer=1&utm_campaign=x") == (1, "", "", "")
    assert referrer("https://x.test/", f"{PAGE}?ignore_referrer=0")[0] == 3


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("https://www.google.com/url?sa=t&q=&url=x&ved=1&usg=2", "https://www.google.com/url?q=&url=x"),
        ("https://www.google.co.uk/search?q=U&client=s&oq=u", "https://www.google.co.uk/search?q=U&oq=u"),
        ("https://www.bing.com/search?form=Q&q=B&cvid=3", "https://www.bing.com/search?q=B"),
        ("https://www.facebook.com/g/x?h=1&p=2&z=3", "https://www.facebook.com/g/x?z=3"),
        ("https://www.instagram.com/p/?e=1&s=2&k=3", "https://www.instagram.com/p/?k=3"),
        ("https://www.youtube.com/watch?v=1&feature=share", "https://www.youtube.com/watch?v=1"),
        ("https://notgoogle.test/?ved=1&h=2&e=3", "https://notgoogle.test/?ved=1&h=2&e=3"),
    ],
)
def test_noise_of_well_known_hosts(sent: str, stored: str) -> None:
    assert referrer(sent)[3] == stored


def test_settings_of_a_site() -> None:
    detector = ReferrerDetector(
        DEFINITIONS,
        SITES,
        excluded_parameters={1: DEFAULT_EXCLUDED_PARAMETERS | {"sess"}},
        excluded_referrers={1: ["pay.test", "https://bank.test/Return", ".pal.test"]},
    )
    assert detector.detect(1, PAGE, "https://r.test/?sess=1&a=2")[3] == "https://r.test/?a=2"
    assert detector.detect(2, PAGE, "https://r.test/?sess=1&a=2")[3] == "https://r.test/?sess=1&a=2"
    for excluded in ("https://pay.test/x", "https://bank.test/return/1", "https://www.pal.test/"):
        assert detector.detect(1, PAGE, excluded) == Referrer(1, None, None, "")
        assert detector.detect(2, PAGE, excluded)[0] == 3
    assert detector.detect(1, PAGE, "https://bank.test/x")[0] == 3
    assert detector.detect(1, PAGE, "https://pal.test/")[0] == 3


def test_a_page_part_is_all_that_a_page_adds() -> None:
    parts = {DETECTOR.page_part(f"https://www.shop.example/{path}") for path in ("", "a?b=c", "d#e", "f?q=1&utm_x=2")}
    assert len(parts) == 1
    assert DETECTOR.page_part("") == DETECTOR.page_part("http://:0/")
    page, url = f"{PAGE}?utm_campaign=x", "https://r.test/"
    assert DETECTOR.detect_part(1, DETECTOR.page_part(page), url) == DETECTOR.detect(1, page, url)


def test_long_referrers_are_cut() -> None:
    assert referrer(f"https://{'a' * 300}.test/")[1] == "a" * 255
    assert len(referrer(f"https://long.test/{'a' * 3000}")[3]) == 1024


# What the real Matomo stored


def table(case: str, name: str) -> list[dict[str, str]]:
    data = gzip.decompress((SHARED / "oracle" / case / "tables" / f"{name}.csv.gz").read_bytes())
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


@pytest.mark.parametrize("data_dir", [None, SHARED / "data"])
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the recorded answers of Matomo")
def test_every_recorded_referrer_is_matomos(data_dir: Path | None) -> None:
    folder = SHARED / "oracle" / "requests_edge"
    site = json.loads((folder / "case.json").read_text(encoding="utf-8"))["site"]
    detector = ReferrerDetector(Definitions.load(data_dir), {1: site["urls"]}, ai_assistants=False)
    requests: dict[str, list[dict[str, str]]] = {}
    for line in (folder / "input.jsonl").read_text(encoding="utf-8").splitlines():
        request = json.loads(line)
        requests.setdefault(request.get("cdt", ""), []).append(request)
    visits = table("requests_edge", "log_visit")
    begun = Counter(visit["visit_first_action_time"] for visit in visits)
    compared = 0
    for visit in visits:
        first = requests.get(visit["visit_first_action_time"], [])
        # A direct visit takes the referrer of a later request, so only the first request's own counts here.
        if len(first) != 1 or begun[visit["visit_first_action_time"]] != 1 or not first[0].get("urlref"):
            continue
        found = detector.detect(1, first[0]["url"], first[0]["urlref"], first[0])
        name, keyword = (
            None if visit[column] == r"\N" else visit[column] for column in ("referer_name", "referer_keyword")
        )
        assert found[:4] == (int(visit["referer_type"]), name, keyword, visit["referer_url"]), first[0]
        compared += 1
    assert compared > 100
