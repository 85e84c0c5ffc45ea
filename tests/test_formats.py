"""Every declared format: its sample, what its lines become, how it is told apart.

See docs/reference/log-formats.md.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers_formats import fields, hits, parsed
from piwikcli.errors import InputError, UsageError
from piwikcli.ingest.formats import FORMATS, Choice, LogFormat, named
from piwikcli.ingest.formats.reference import current
from piwikcli.ingest.parsing.cutting import cut
from piwikcli.ingest.parsing.expression import match
from piwikcli.ingest.parsing.fields import Reading, read_rows
from piwikcli.ingest.parsing.headed import HeaderFormat
from piwikcli.ingest.parsing.json_lines import JsonFormat
from piwikcli.ingest.parsing.lines import Lines
from piwikcli.ingest.parsing.template import Template, regex_of
from piwikcli.ingest.parsing.templated import TemplateFormat

AT = {"time": "2024-03-04 10:11:12", "ip": "203.0.113.9"}
PAGE = {**AT, "path": "/a", "status": 200, "agent": "TestUA/1.0"}
SHOP = {**PAGE, "host": "shop.test"}
EARLIER = {"time": "2024-03-04 09:11:12"}  # +0100

SAMPLES: dict[str, dict[str, Any]] = {
    "common": {**AT, **EARLIER, "user": "alice", "path": "/a/b?x=1", "status": 200, "length": 512},
    "common_vhost": {**AT, **EARLIER, "host": "shop.test", "path": "/a", "status": 200, "length": 512},
    "ncsa_extended": {**PAGE, "time": "2024-03-04 13:41:12", "referrer": "https://ref.test/p"},
    "common_complete": {
        **SHOP,
        **EARLIER,
        "user": "alice",
        "path": "/a/b?x=1",
        "referrer": "https://ref.test/",
        "length": 512,
    },
    "w3c_extended": {**PAGE, "path": "/a?x=1", "length": 700, "generation": 2000},
    "amazon_cloudfront": {**SHOP, "agent": "TestUA/1.0 x", "length": 700},
    "incapsula_w3c": {**SHOP, "path": "/a?x=1", "length": 700},
    "iis": {**PAGE, "generation": 42},
    "shoutcast": {**PAGE, "path": "/live", "agent": "Player/3", "length": 9000, "generation": 95000},
    "s3": {**SHOP, "host": "assets.test", "user": "req1", "path": "/k.html", "length": 700},
    "icecast2": {**PAGE, "path": "/live", "agent": "Player/3", "length": 9000},
    "elb": {**SHOP, "length": 700, "generation": 40},
    "traefik_json": {**SHOP, "length": 700, "generation": 42},
    "nginx_json": {**SHOP, **EARLIER, "path": "/a?x=1", "length": 700, "generation": 42},
    "caddy_json": {**SHOP, "length": 700, "generation": 42},
    "cloudflare_json": {**SHOP, "path": "/a?x=1", "length": 700},
    "gcp_json": {**SHOP, "path": "/a?x=1", "length": 700, "generation": 42, "referrer": "https://ref.test/"},
    "ovh": {**SHOP, **EARLIER, "length": 700},
    "haproxy": {**AT, "path": "/a", "status": 200, "length": 700},
    "gandi": {**SHOP, **EARLIER, "length": 700},
    "traefik": {**PAGE, "length": 700, "generation": 42},
    "envoy": {**SHOP, "length": 700, "generation": 42},
    "squid": {**AT, "host": "shop.test", "path": "/a", "status": 200, "length": 700, "generation": 42},
}


@pytest.mark.parametrize("log_format", FORMATS, ids=lambda one: one.name)
def test_samples(log_format: LogFormat) -> None:
    assert fields(log_format.sample, log_format) == SAMPLES[log_format.name]


@pytest.mark.parametrize("log_format", FORMATS, ids=lambda one: one.name)
def test_a_sample_tells_its_format(log_format: LogFormat) -> None:
    found = Choice().find("x.log", f"{log_format.sample}\n".encode() * 3)
    assert found.name == ("ncsa_extended" if log_format.name == "ovh" else log_format.name)
    assert Choice().again(found.key) == found


@pytest.mark.parametrize("log_format", FORMATS, ids=lambda one: one.name)
def test_a_format_as_a_regular_expression(log_format: LogFormat) -> None:
    """What `--dump-log-regex` prints and `--log-format-regex` takes back gives the same, but for what is decoded."""
    found = Choice(name=log_format.name).find("x.log", log_format.sample.encode())
    if isinstance(found, JsonFormat):
        assert found.expression is None
        return
    assert found.expression
    names = {"user_agent": "agent"}
    unsaid = {names[name] for name in found.unsaid}
    assert unsaid == ({"agent"} if found.name in ("amazon_cloudfront", "shoutcast") else set())
    line = log_format.sample.rpartition("\n")[2]
    expected = fields(log_format.sample, log_format)
    got = fields(line, Choice(regex=found.expression).find("x.log", line.encode()))
    assert {**got, **dict.fromkeys(unsaid)} == {**expected, **dict.fromkeys(unsaid)}


def test_templates_as_one_expression() -> None:
    """A classic load balancer's line and that of an application load balancer: with and without a type before it."""
    elb = named("elb")
    assert elb.expression
    regex = Choice(regex=elb.expression).find("x", b"x")
    line = elb.sample.removeprefix("h2 ")
    assert fields(line, regex) == fields(elb.sample, regex) == SAMPLES["elb"]
    with pytest.raises(ValueError, match="the templates differ in their fields"):
        regex_of([Template("$ip $path"), Template("$path $ip")])


TEMPLATES = [one for one in FORMATS if isinstance(one, TemplateFormat)]


@pytest.mark.parametrize("log_format", TEMPLATES, ids=lambda one: one.name)
def test_ordinary_lines_are_cut_and_match_the_same(log_format: TemplateFormat) -> None:
    lines = Lines.of(log_format.sample.encode())
    ways = []
    for step in (cut, lambda lines, rows, template: match(lines, rows, template.regex)):
        for template in log_format.templates:
            rows, found = step(lines, np.arange(1), template)
            if len(rows):
                row = read_rows(rows, found, Reading())
                ways.append({**row.numbers, **{name: values.to_pylist() for name, values in row.texts.items()}})
    assert len(ways) == 2
    assert ways[0] == ways[1]


# format, line, what is different from its sample's fields
COMBINED = '203.0.113.9 - - [04/Mar/2024:10:11:12 +0000] "GET /a HTTP/1.1" 200 700 "-" "TestUA/1.0"'
ELB = named("elb").sample
W3C = "#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status cs(User-Agent)\n"
CASES: list[tuple[str, str, dict[str, Any]]] = [
    # blanks and tabs, how many ever
    ("icecast2", f"{COMBINED.replace(' - ', '  - ')} 95", PAGE),
    ("icecast2", f"{COMBINED.replace(' 700', chr(9) + '700')} -", {**PAGE}),
    # a path with blanks, a quote in a user agent that no blank and quote follow
    ("icecast2", f"{COMBINED.replace('/a', '/a b c')} 95", {**PAGE, "path": "/a b c"}),
    ("icecast2", f"{COMBINED.replace('TestUA', 'Test' + chr(34) + 'UA')} 95", {**PAGE, "agent": 'Test"UA/1.0'}),
    ("icecast2", f"{COMBINED} 95 and more", PAGE),
    # load balancers
    ("elb", ELB.removeprefix("h2 "), SAMPLES["elb"]),
    ("elb", ELB.replace("203.0.113.9:5000", "[2001:db8::7]:5000"), {**SAMPLES["elb"], "ip": "2001:db8::7"}),
    ("elb", ELB.replace("shop.test:443/a", "shop.test:443"), {**SAMPLES["elb"], "path": "/"}),
    ("haproxy", named("haproxy").sample.replace("0/0 ", "0/0 {a|b} {c} "), SAMPLES["haproxy"]),
    (
        "envoy",
        '[2024-03-04T10:11:12.5Z] "GET /a HTTP/1.1" 200 - via_upstream - "-" 0 700 42 40 "203.0.113.9" "TestUA/1.0"'
        ' "0f1e" "shop.test" "10.0.0.4:80" outbound',
        SAMPLES["envoy"],
    ),
    # only the last address was written by a machine that we know
    ("envoy", named("envoy").sample.replace('"203.0.113.9"', '"6.6.6.6, 203.0.113.9"'), SAMPLES["envoy"]),
    # columns of W3C logs
    ("w3c_extended", f"{W3C}2024-03-04 10:11:12.345 203.0.113.9 GET /a - 200 TestUA/1.0", PAGE),
    ("w3c_extended", f'{W3C}2024-03-04 10:11:12 203.0.113.9 GET /a - 200 "Test UA"', {**PAGE, "agent": "Test UA"}),
    ("w3c_extended", f"{W3C}2024-03-04  10:11:12\t203.0.113.9 GET /a x 200 TestUA/1.0", {**PAGE, "path": "/a?x"}),
    ("w3c_extended", f"{W3C}2024-03-04\t10:11:12\t203.0.113.9\tGET\t/a\t\t200\tTestUA/1.0", PAGE),
    (
        "w3c_extended",
        f"{W3C}2024-03-04 10:11:12 203.0.113.9 GET /a - 200 Mozilla/5.0+(x)",
        {**PAGE, "agent": "Mozilla/5.0+(x)"},
    ),
    (
        "w3c_extended",
        "#Fields: c-ip cs-uri-stem time sc-status date cs(User-Agent)\n"
        "203.0.113.9 /a 10:11:12 200 2024-03-04 TestUA/1.0",
        PAGE,
    ),
    (
        "iis",
        "#Fields: date time c-ip cs(Cookie) cs-host cs-uri-stem sc-status sc-win32-status"
        " cs(User-Agent) cs-username\n"
        '2024-03-04 10:11:12 203.0.113.9 "a=b; c=d" shop.test /a 200 0 TestUA/1.0 bob',
        {**SHOP, "user": "bob"},
    ),
    (
        "amazon_cloudfront",
        "#Fields: date time x-edge-location c-ip x-event sc-bytes cs-uri-stem c-user-agent\n"
        "2024-03-04\t10:11:12\tSEA4\t203.0.113.9\tplay\t700\trtmp://a\tTestUA%2F1.0",
        {
            "event_action": "play",
            "event_category": "cloudfront_rtmp",
            **AT,
            "path": "/a",
            "agent": "TestUA/1.0",
            "length": 700,
        },
    ),
    # JSON
    (
        "nginx_json",
        '{"ip":"203.0.113.9","path":"/f\\xFAt","status":200,"referrer":"-","user_agent":"TestUA/1.0",'
        '"date":"2024-03-04T10:11:12Z"}',
        {**PAGE, "path": "/fút"},
    ),
    (
        "nginx_json",
        '{"ip":"203.0.113.9","path":"/f\\xC3\\xBAt","status":200,"referrer":"-","user_agent":"TestUA/1.0",'
        '"date":"2024-03-04T10:11:12Z"}',
        {**PAGE, "path": "/fút"},
    ),
    ("caddy_json", named("caddy_json").sample.replace("client_ip", "remote_ip"), SAMPLES["caddy_json"]),
    ("traefik_json", named("traefik_json").sample.replace("12Z", "12+01:00"), {**SAMPLES["traefik_json"], **EARLIER}),
]


@pytest.mark.parametrize(("name", "line", "wanted"), CASES)
def test_lines(name: str, line: str, wanted: dict[str, Any]) -> None:
    found = fields(line, named(name))
    assert {**found, "length": wanted.get("length")} == {**wanted, "length": wanted.get("length")}


@pytest.mark.parametrize(
    ("name", "line", "reason"),
    [
        ("icecast2", COMBINED, "no_match"),
        ("icecast2", f"{COMBINED.replace(' 200', ' -')} 95", "no_match"),
        ("icecast2", f"{COMBINED.replace('04/Mar', '34/Mar')} 95", "no_time"),
        ("icecast2", f"{COMBINED.replace('2024', '1984')} 95", "time_out_of_range"),
        # a connection that was no request
        (
            "elb",
            '2024-03-04T10:11:12.5Z lb 203.0.113.9:1 10.0.0.1:80 0.1 0.0 0.0 - - 82 305 "- - - " "-" - -',
            "no_match",
        ),
        ("w3c_extended", "2024-03-04 10:11:12 203.0.113.9 GET /a - 200 UA", "no_match"),  # before any header
        ("w3c_extended", f"{W3C}2024-03-04 10:11:12 203.0.113.9 GET a - 200 UA", "no_match"),
        ("w3c_extended", f"{W3C}2024-03-04 10:11:12 203.0.113.9 GET /a - OK UA", "no_match"),
        ("w3c_extended", f"{W3C}2024-02-30 10:11:12 203.0.113.9 GET /a - 200 UA", "no_time"),
        ("nginx_json", '{"ip":"203.0.113.9"', "no_match"),
        ("nginx_json", '{"ip":"203.0.113.9","path":"/a"}', "no_time"),
        ("nginx_json", '["/a"]', "no_match"),
    ],
)
def test_lines_that_are_no_hits(name: str, line: str, reason: str) -> None:
    found = parsed(f"{line}\n", named(name))
    assert [reject.reason for reject in found.rejects] == [reason]
    assert found.hits.num_rows == 0


def test_a_header_may_change_within_a_file() -> None:
    text = (
        "#Software: x\n#Fields: date time c-ip cs-uri-stem sc-status\n2024-03-04 10:11:12 203.0.113.9 /a 200\n\n"
        "#Fields: date time sc-status cs-uri-stem c-ip\n2024-03-04 10:11:13 404 /b 203.0.113.8\n"
    )
    found = parsed(text, named("w3c_extended"))
    assert (found.lines, found.comments, found.blank, found.rejects) == (6, 3, 1, [])
    assert [(hit["path"], hit["status"], hit["ip"]) for hit in hits(found)] == [
        ("/a", 200, "203.0.113.9"),
        ("/b", 404, "203.0.113.8"),
    ]
    # what follows later has the last header
    assert isinstance(found.log_format, HeaderFormat)
    assert found.log_format.header == ("date", "time", "sc-status", "cs-uri-stem", "c-ip")
    later = fields("2024-03-04 10:11:14 200 /c 203.0.113.7", Choice().again(found.log_format.key))
    assert (later["path"], later["ip"]) == ("/c", "203.0.113.7")


def test_broken_lines_cost_nothing_but_themselves() -> None:
    good = named("nginx_json").sample
    found = parsed(f"{good}\n{{broken\n{good}\n\xff\n{good}\n".encode("latin-1"), named("nginx_json"))
    assert (found.hits["line"].to_pylist(), [reject.line for reject in found.rejects]) == ([1, 3, 5], [2, 4])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        # of two formats that fit, the one with more fields; of most lines
        (f"{COMBINED}\n{COMBINED} 95\n{COMBINED} 95", "icecast2"),
        (f"{COMBINED}\n{COMBINED}\n{COMBINED} 95", "ncsa_extended"),
        (f"{named('iis').sample.replace('sc-win32-status', 'x-other')}", "w3c_extended"),
        (f"noise\n{named('caddy_json').sample}", "caddy_json"),
    ],
)
def test_detection(text: str, name: str) -> None:
    assert Choice().find("x.log", text.encode()).name == name


def test_detection_takes_no_longer_for_strange_lines() -> None:
    """Each of these made an expression that tries one way after the other try very many."""
    header = "#Fields: " + " ".join(f"x-{n}" for n in range(60))
    strange = "\n".join(
        [
            header,
            " ".join(['"a"'] * 59 + ["b"]),
            '"GET ' + " " * 5000,
            "a " * 4000,
            '"' * 8000,
            "1.1.1.1 " + "- " * 3000,
        ]
    )
    with pytest.raises(InputError, match="is in no known log format"):
        Choice().find("x.log", strange.encode())


@pytest.mark.parametrize("log_format", FORMATS, ids=lambda one: one.name)
def test_no_line_takes_long(log_format: LogFormat) -> None:
    """What a scanner sends is logged as it stands: 16 KiB of blanks, or of words, where a request should be."""
    sample = log_format.sample
    long = [sample.replace("GET", f"GET{filling * (16384 // len(filling))}") for filling in (" ", " a", '" ')]
    begin = time.process_time()
    found = parsed("\n".join(long), log_format)
    assert found.lines == len(long) * (1 + sample.count("\n"))
    assert time.process_time() - begin < 5


@pytest.mark.parametrize("name", ["ncsa_extended", "icecast2", "w3c_extended", "nginx_json"])
def test_a_byte_order_mark_is_no_part_of_the_first_line(name: str) -> None:
    found = parsed(b"\xef\xbb\xbf" + named(name).sample.encode() + b"\r\n", named(name))
    assert (found.hits.num_rows, found.rejects) == (1, [])
    assert Choice().find("x.log", b"\xef\xbb\xbf" + named(name).sample.encode()).name == name


def test_formats_by_option() -> None:
    with pytest.raises(UsageError, match=r"unknown log format iss\. Did you mean iis\?"):
        Choice(name="iss").given()
    with pytest.raises(InputError, match=r"has no #Fields line"):
        Choice(name="iis").find("x.log", b"2024-03-04 10:11:12 /a\n")
    with pytest.raises(UsageError, match="is not a regular expression"):
        Choice(regex="(").given()
    own = Choice(
        name="iis",
        w3c_fields="#Fields: day time where cs-uri-stem sc-status time-taken x",
        w3c_names={"day": "date", "where": "c-ip"},
        w3c_matchers={"x": r"<(?P<user_agent>[^>]*)>"},
    )
    line = "2024-03-04 10:11:12 203.0.113.9 /a 200 42 <TestUA/1.0>"
    assert fields(line, own.find("x.log", line.encode())) == {**PAGE, "generation": 42}
    slow = Choice(name="w3c_extended", w3c_fields="date time c-ip cs-uri-stem time-taken")
    line = "2024-03-04 10:11:12 203.0.113.9 /a 2"
    assert fields(line, slow.find("x.log", b""))["generation"] == 2000
    quick = Choice(name="w3c_extended", w3c_fields="date time c-ip cs-uri-stem time-taken", w3c_milliseconds=True)
    assert fields(line, quick.find("x.log", b""))["generation"] == 2
    of_iis = Choice(name="iis", w3c_fields="date time c-ip cs-uri-stem time-taken", w3c_seconds=True)
    assert fields(line, of_iis.find("x.log", b""))["generation"] == 2000


REGEX = (
    r"(?P<ip>\S+) - \[(?P<date>.*?) (?P<timezone>.*?)\] (?P<status>\d+) "
    r'"\S+ (?P<path>.*?) \S+" (?P<generation_time_micro>\d+)'
)


@pytest.mark.parametrize("regex", [REGEX, rf"(?!x){REGEX}", REGEX.replace(r"\S+ (", r"(\S+) (")])
def test_a_regular_expression(regex: str) -> None:
    """Also one that only Python understands."""
    log_format = Choice(regex=regex).find("x.log", b"")
    line = '203.0.113.9 - [04/Mar/2024:10:11:12 +0100] 200 "GET /a HTTP/1.1" 42900'
    assert fields(line, log_format) == {**AT, **EARLIER, "status": 200, "path": "/a", "generation": 42}
    assert Choice().again(log_format.key) == log_format


def test_a_form_of_dates() -> None:
    log_format = Choice(regex=r"(?P<ip>\S+) (?P<date>.*?)\|(?P<path>\S+) (?P<status>\d+)").find("x.log", b"")
    line = "203.0.113.9 4.3.2024 10.11.12|/a 200"
    assert fields(line, log_format, date_format="%d.%m.%Y %H.%M.%S")["time"] == AT["time"]
    assert parsed("203.0.113.9 30.2.2024 10.11.12|/a 200", log_format, date_format="%d.%m.%Y %H.%M.%S").rejects


STRINGS: list[tuple[str, str, dict[str, Any]]] = [
    (
        '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer"'
        ' "$http_user_agent" $request_time $host',
        f"{COMBINED} 0.042 shop.test",
        {**SHOP, "length": 700, "generation": 42},
    ),
    ("$msec $remote_addr $scheme://$host$request_uri $status", "1709547072.5 203.0.113.9 https://shop.test/a?x=1 200",
     {**AT, "host": "shop.test", "path": "/a?x=1", "status": 200}),
    (r"$time_iso8601\t$remote_addr\t$http_user_agent\t$uri$is_args$args",
     "2024-03-04T10:11:12Z\t203.0.113.9\tTest UA\t/a?x=1",
     {**AT, "agent": "Test UA", "path": "/a?x=1"}),
    (r'%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\" %D', f"shop.test:443 {COMBINED} 42999",
     {**SHOP, "length": 700, "generation": 42}),
    ('%a %{X-Forwarded-For}i %u %{sec}t "%m %U%q %H" %s %{ms}T',
     '203.0.113.9 - bob 1709547072 "GET /a?x=1 HTTP/1.1" 200 42',
     {**AT, "user": "bob", "path": "/a?x=1", "status": 200, "generation": 42}),
]  # fmt: skip


@pytest.mark.parametrize(("string", "line", "wanted"), STRINGS)
def test_format_strings(string: str, line: str, wanted: dict[str, Any]) -> None:
    log_format = Choice(string=string).find("x.log", b"")
    assert fields(line, log_format) == wanted
    assert Choice().again(log_format.key) == log_format


@pytest.mark.parametrize(
    ("string", "wrong"),
    [
        ("$remote_addr $status", "has no time and no path"),
        ("%h %t %s", "has no path"),
        ("$remote_addr$request_uri $msec", "nothing stands between ip and path"),
    ],
)
def test_format_strings_that_say_too_little(string: str, wrong: str) -> None:
    with pytest.raises(UsageError, match=wrong):
        Choice(string=string).given()


def test_the_reference_is_current() -> None:
    """Made by `python -m piwikcli.ingest.formats.reference docs/reference/log-formats.md`."""
    page = (Path(__file__).parent.parent / "docs/reference/log-formats.md").read_text(encoding="utf-8")
    assert current(page) == page
