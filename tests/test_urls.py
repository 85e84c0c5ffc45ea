"""URLs and titles as they are stored: docs/reference/urls.md."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piwikcli.ingest import urls
from piwikcli.ingest.urls import (
    DEFAULT_EXCLUDED_PARAMETERS,
    PREFIXES,
    build_query,
    clean_title,
    cut,
    decode_entities,
    looks_like_url,
    normalise,
    normalise_target,
    parse_query,
    split_prefix,
)

S = "https://www.shop.example"


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (f"{S}/a/B?Query=UP", f"{S}/a/B?Query=UP"),
        (f" {S}/trim ", f"{S}/trim"),
        ("HTTPS://WWW.Shop.EXAMPLE/Up", "HTTPS://www.shop.example/Up"),
        (f"{S}/tab\tx\x01\x7f", f"{S}/tab_x__"),
        (f"{S}/nl\nx\0", f"{S}/nlx"),
        (f"{S}/ent?a=1&amp;b=2&lt;", f"{S}/ent?a=1&b=2&lt;"),
        (f"{S}/esp aço/ x", f"{S}/esp aço/ x"),
        (f"{S}//dup/../x%zz", f"{S}//dup/../x%zz"),
        ("https://user:pw@shop.example:8443/x", "https://user:pw@shop.example:8443/x"),
        ("https://[2001:db8::1]:80/v6", "https://[2001:db8::1]:80/v6"),
        ("https://Ümlaut.test/", "https://ümlaut.test/"),
        ("ftp://shop.example/f", "ftp://shop.example/f"),
        ("://x.test/a", "://x.test/a"),
        ("https:/one-slash.test/", "https:///one-slash.test/"),
        ("file:///tmp/x", "file:///tmp/x"),
    ],
)
def test_cleaning_keeps_what_the_server_saw(sent: str, stored: str) -> None:
    assert normalise(sent) == stored


@pytest.mark.parametrize(
    "sent",
    [
        *(
            "",
            "/relative",
            "www.shop.example/x",
            "//shop.example/no-scheme",
            "http:///x",
            "http://",
            "https:",
        ),
        *("javascript:alert(1)", "JavaScript://x", "data://x", "vbscript://x", "mailto:a@b.c", "tel:123"),
        *("http://host:99999/", "http://host:port/", "http://:80/", "shop.example:8080/x"),
    ],
)
def test_what_is_no_url(sent: str) -> None:
    assert normalise(sent) is None


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("/m;a=1;b=2", "/m?a=1&b=2"),
        ("/m;a=1?c=3;d=4", "/m?a=1&c=3&d=4"),
        ("/m?x=1;y=2", "/m?x=1;y=2"),
    ],
)
def test_matrix_parameters_become_a_query(sent: str, stored: str) -> None:
    assert normalise(S + sent) == S + stored


@pytest.mark.parametrize(
    ("query", "stored"),
    [
        ("a=1&a=2&b=3&a=3", "a=3&b=3"),
        ("a[]=1&a[]=2&b[x]=3&a[]=5", "a[]=1&a[]=2&a[]=5&b[x]=3"),
        ("a%5B%5D=1&a%5b%5d=2", "a[]=1&a[]=2"),
        ("c[0]=1&d[k][]=1", "c[0]=1&d[k][]=1"),
        ("c[]=1&c=2", "c=2"),
        ("x=&y&z=0", "x=&y&z=0"),
        ("&&a=1&", "a=1"),
        ("a==b&c=d=e", "a==b&c=d=e"),
        ("url=https://x.test/?a=1&b=2", "url=https://x.test/?a=1&b=2"),
        ("a=1?b=2", "a=1?b=2"),
        ("b=c+d&e=%20", "b=c+d&e=%20"),
    ],
)
def test_the_query_is_rebuilt_in_order(query: str, stored: str) -> None:
    assert normalise(f"{S}/?{query}") == f"{S}/?{stored}"


@pytest.mark.parametrize("query", ["?", "?=v", "?gclid=1&PHPSESSID=2&sid", "?utm_campaign=x&mtm_kwd=&pk_vid=3", "#"])
def test_an_empty_query_loses_its_question_mark(query: str) -> None:
    assert normalise(f"{S}/{query}") == f"{S}/"


def test_excluded_parameters_are_names_or_regular_expressions() -> None:
    excluded = DEFAULT_EXCLUDED_PARAMETERS | {"sess", "/^trk_.*/", "/(/"}
    url = f"{S}/f?sess=1&A=1&SESS=2&trk_a=1&TRK_b=2&xtrk_c=3&gclid=1&sess[]=4&utm_id=5"
    assert normalise(url, excluded=excluded) == f"{S}/f?A=1&xtrk_c=3&utm_id=5"
    assert normalise(f"{S}/f?A=1&a[]=2&gclid=3", excluded=["a"]) == f"{S}/f?gclid=3"


def test_fragments_are_dropped_unless_the_site_keeps_them() -> None:
    assert normalise(f"{S}/f?a=1#b?c=2") == f"{S}/f?a=1"
    assert normalise(f"{S}/f?a=1#b?c=2", keep_fragment=True) == f"{S}/f?a=1#b?c=2"
    assert normalise(f"{S}/f##", keep_fragment=True) == f"{S}/f"
    # Without a query the fragment is searched for excluded parameters in its place
    assert normalise(f"{S}/f#sid=1&b=2", keep_fragment=True) == f"{S}/f#b=2"
    assert normalise(f"{S}/f?a=1#sid=1", keep_fragment=True) == f"{S}/f?a=1#sid=1"


def test_urls_are_cut_to_1024_bytes_between_characters() -> None:
    assert normalise(f"http://x.test/{'a' * 2000}") == f"http://x.test/{'a' * 1010}"
    assert normalise(f"http://x.test/_{'é' * 600}") == f"http://x.test/_{'é' * 504}"


@pytest.mark.parametrize(
    ("url", "split"),
    [
        ("http://shop.example/Up", (0, "shop.example/Up")),
        ("http://www.www.test/", (1, "www.test/")),
        ("https://shop.example?a=1", (2, "shop.example?a=1")),
        ("HTTPS://www.shop.example:8443/Path/", (3, "shop.example:8443/Path/")),
        ("https:///one-slash.test/", (2, "/one-slash.test/")),
        ("ftp://shop.example/f", (None, "ftp://shop.example/f")),
        ("httpsx://a.test/", (None, "httpsx://a.test/")),
    ],
)
def test_prefixes(url: str, split: tuple[int | None, str]) -> None:
    assert split_prefix(url) == split


@given(st.sampled_from(PREFIXES), st.from_regex(r"[a-z]{2,9}\.test/[a-zA-Z0-9/_-]{0,20}", fullmatch=True))
def test_prefix_and_rest_make_the_url(prefix: str, name: str) -> None:
    number, rest = split_prefix(prefix + name)
    assert number is not None
    assert PREFIXES[number] + rest == prefix + name


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("HTTPS://O.Test/Up?sess=1&gclid=2#f", "HTTPS://O.Test/Up?sess=1&gclid=2#f"),
        ("https://o.test/?a=1&amp;b=2", "https://o.test/?a=1&b=2"),
        (" https://o.test/sp ", "https://o.test/sp"),
        ("//o.test/x", "//o.test/x"),
        ("https://m.test/a;b=1;c=2", "https://m.test/a;b=1;c=2"),
        ("https://o.test/" + "y" * 2000, "https://o.test/" + "y" * 1009),
        ("no-url", None),
        ("mailto:x@y.z", None),
        ("javascript:void(0)", None),
        ("/report.pdf", None),
    ],
)
def test_outlinks_and_downloads_are_kept_whole(sent: str, stored: str | None) -> None:
    assert normalise_target(sent) == stored


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("a / b / c", "a / b / c"),
        ("  trimmed\t", "trimmed"),
        ("\u00a0kept\u00a0", "\u00a0kept\u00a0"),
        ("two  blanks\tand a tab", "two  blanks\tand a tab"),
        ("line\nbreak\r\0s", "linebreaks"),
        ("&amp; &lt;b&gt; &eacute; &#039;", "& <b> é '"),
        ("&amp;amp; &copy=1 &unknown; &#1;", "&amp; &copy=1 &unknown; &#1;"),
        ("   ", ""),
        ("0", ""),
        ("00", "00"),
    ],
)
def test_titles(sent: str, stored: str) -> None:
    assert clean_title(sent) == stored


def test_titles_are_cut_where_their_escaped_form_has_1024_bytes() -> None:
    assert clean_title("z" * 1500) == "z" * 1024
    assert clean_title("é" * 700) == "é" * 512
    assert clean_title("a" * 1020 + "<b>") == "a" * 1020 + "<"
    assert clean_title("&" * 300) == "&" * 204 + "&amp"


def test_site_search_and_campaign_parameters_do_not_meet() -> None:
    assert "q" not in DEFAULT_EXCLUDED_PARAMETERS
    assert {"utm_source", "pk_kwd", "gclid", "ignore_referrer"} <= DEFAULT_EXCLUDED_PARAMETERS


TEXTS = st.text(max_size=80)


@given(TEXTS)
def test_whatever_follows_a_host_is_stored_as_a_url(text: str) -> None:
    url = normalise(f"https://x.test/{text}")
    assert url is not None
    assert url.startswith("https://x.test/")
    assert looks_like_url(url)
    assert len(url.encode()) <= urls.MAXIMUM_BYTES


@given(TEXTS)
def test_a_rebuilt_query_is_stable(text: str) -> None:
    rebuilt = build_query(parse_query(text))
    assert build_query(parse_query(rebuilt)) == rebuilt


@given(st.text(), st.integers(0, 64))
def test_cut_is_the_longest_beginning_that_fits(text: str, size: int) -> None:
    short = cut(text, size)
    assert text.startswith(short)
    assert len(short.encode()) <= size
    assert short == text or len(text[: len(short) + 1].encode()) > size


@given(TEXTS)
def test_plain_text_has_no_entities_to_decode(text: str) -> None:
    assert decode_entities(text.replace("&", "")) == text.replace("&", "")
    assert decode_entities(text.replace("&", "&amp;").replace("<", "&lt;")) == text
