"""Formats whose columns a `#Fields:` line names: the W3C extended log file format and its kin."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from piwikcli.ingest.parsing.headed import HeaderFormat

_W3C = {
    "date": "date",
    "time": "time",
    "cs-uri-stem": "path",
    "cs-uri-query": "query_string",
    "c-ip": "ip",
    "cs(User-Agent)": "user_agent",
    "cs(Referer)": "referrer",
    "sc-status": "status",
    "sc-bytes": "length",
    "cs-host": "host",
    "cs-method": "method",
    "cs-username": "userid",
    "time-taken": "generation_time_secs",
    "cs(X-Forwarded-For)": "forwarded",
}


def _without_rtmp(path: bytes) -> bytes:
    return path.removeprefix(b"rtmp:/")


def _with_scheme(url: bytes) -> bytes:
    return url if b"://" in url else b"http://" + url


HEADED = (
    HeaderFormat(
        "w3c_extended",
        "#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status sc-bytes time-taken"
        " cs(User-Agent) cs(Referer)\n"
        "2024-03-04 10:11:12 203.0.113.9 GET /a x=1 200 700 2 TestUA/1.0 -",
        _W3C,
    ),
    HeaderFormat(
        "amazon_cloudfront",
        "#Fields: date time x-edge-location sc-bytes c-ip cs-method cs-uri-stem sc-status cs(User-Agent)"
        " cs-uri-query x-edge-result-type x-host-header\n"
        "2024-03-04\t10:11:12\tZZZ1\t700\t203.0.113.9\tGET\t/a\t200\tTestUA/1.0%2520x\t-\tHit\tshop.test",
        _W3C
        | {
            "x-event": "event_action",
            "x-sname": "event_name",
            "c-user-agent": "user_agent",
            "x-host-header": "host",
            "x-forwarded-for": "forwarded",
        },
        also=frozenset({"x-edge-location", "x-edge-result-type", "x-edge-request-id"}),
        matchers={"path": r'"?(?P<path>(?:rtmp:/)?/[^\s"]*)"?'},
        event_category=b"cloudfront_rtmp",
        expressed={"path": r'"?(?:rtmp:/)?(?P<path>/[^\s"]*)"?'},
        decoders={"path": _without_rtmp, "user_agent": lambda raw: unquote_to_bytes(unquote_to_bytes(raw))},
    ),
    HeaderFormat(
        "incapsula_w3c",
        "#Fields: date time c-ip cs(User-Agent) cs-uri cs-uri-query sc-status cs-bytes\n"
        '"2024-03-04" "10:11:12" "203.0.113.9" "TestUA/1.0" "shop.test/a" "x=1" "200" "700"',
        {name: of for name, of in _W3C.items() if name not in ("cs-uri-stem", "sc-bytes")}
        | {"cs-uri": "url", "cs-bytes": "length"},
        quoted=True,
        matchers={"status": r'"(?P<status>\d*)"'},
        expressed={"url": r'"(?:\w+://)?(?P<host>[^\s"/]*)(?P<path>/[^\s"]*)"'},
        decoders={"url": _with_scheme},
    ),
    HeaderFormat(
        "iis",
        "#Fields: date time cs-method cs-uri-stem cs-uri-query c-ip cs(User-Agent) sc-status sc-win32-status"
        " time-taken\n"
        "2024-03-04 10:11:12 GET /a - 203.0.113.9 TestUA/1.0 200 0 42",
        _W3C | {"time-taken": "generation_time_milli"},
        also=frozenset({"sc-win32-status"}),
    ),
    HeaderFormat(
        "shoutcast",
        "#Fields: c-ip date time cs-uri-stem c-status cs(User-Agent) sc-bytes x-duration\n"
        "203.0.113.9 2024-03-04 10:11:12 /live 200 Player%2F3 9000 95",
        {name: of for name, of in _W3C.items() if name not in ("sc-status", "time-taken")}
        | {"c-status": "status", "x-duration": "generation_time_secs"},
        decoders={"user_agent": unquote_to_bytes},
    ),
)
"""In Matomo's order."""
