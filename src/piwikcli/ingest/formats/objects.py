"""Formats of one JSON object a line."""

from __future__ import annotations

import re

from piwikcli.ingest.parsing.json_lines import JsonFormat

_SECONDS = re.compile(rb"([\d.]+)s")


def _plain(*names: str) -> dict[str, tuple[str, ...]]:
    return {name: (f"$.{name}",) for name in names}


def _seconds(raw: bytes) -> bytes:
    """`0.042s` of protocol buffers."""
    match = _SECONDS.fullmatch(raw)
    return match[1] if match else raw


JSON = (
    JsonFormat(
        "traefik_json",
        '{"ClientHost":"203.0.113.9","ClientUsername":"-","DownstreamContentSize":700,"DownstreamStatus":200,'
        '"Duration":42000000,"RequestHost":"shop.test","RequestMethod":"GET","RequestPath":"/a",'
        '"request_User-Agent":"TestUA/1.0","level":"info","msg":"","time":"2024-03-04T10:11:12Z"}',
        {
            "date": ("$.time",),
            "generation_time_nano": ("$.Duration",),
            "host": ("$.RequestHost",),
            "ip": ("$.ClientHost",),
            "length": ("$.DownstreamContentSize",),
            "method": ("$.RequestMethod",),
            "path": ("$.RequestPath",),
            "referrer": ("$.request_Referer",),
            "status": ("$.DownstreamStatus",),
            "userid": ("$.ClientUsername",),
            "user_agent": ('$."request_User-Agent"',),
            "forwarded": ('$."request_X-Forwarded-For"', '$."request_X-Real-Ip"'),
        },
        ("$.msg", "$.level", "$.time"),
    ),
    JsonFormat(
        "nginx_json",
        '{"ip":"203.0.113.9","host":"shop.test","path":"/a?x=1","status":"200","referrer":"",'
        '"user_agent":"TestUA/1.0","length":700,"generation_time_milli":0.042,"date":"2024-03-04T10:11:12+01:00"}',
        _plain("ip", "host", "path", "status", "referrer", "user_agent", "length", "date", "userid", "method")
        # the key says milliseconds, Matomo's documentation fills it with $request_time, which is seconds
        | {
            "generation_time_secs": ("$.generation_time_milli",),
            "forwarded": ("$.forwarded_for", "$.x_forwarded_for"),
        },
        ("$.referrer", "$.date"),
    ),
    JsonFormat(
        "caddy_json",
        '{"ts":1709547072.25,"request":{"client_ip":"203.0.113.9","method":"GET","host":"shop.test","uri":"/a",'
        '"headers":{"User-Agent":["TestUA/1.0"]}},"user_id":"","duration":0.042,"size":700,"status":200,'
        '"resp_headers":{}}',
        {
            "epoch_secs": ("$.ts",),
            "generation_time_secs": ("$.duration",),
            "host": ("$.request.host",),
            "ip": ("$.request.client_ip", "$.request.remote_ip"),
            "length": ("$.size",),
            "method": ("$.request.method",),
            "path": ("$.request.uri",),
            "referrer": ("$.request.headers.Referer[0]",),
            "status": ("$.status",),
            "userid": ("$.user_id",),
            "user_agent": ('$.request.headers."User-Agent"[0]',),
            "forwarded": ('$.request.headers."X-Forwarded-For"[0]',),
        },
        ("$.request", "$.user_id", "$.resp_headers"),
    ),
    # --- formats that Matomo's importer does not have
    JsonFormat(
        "cloudflare_json",
        '{"ClientIP":"203.0.113.9","ClientRequestHost":"shop.test","ClientRequestMethod":"GET",'
        '"ClientRequestURI":"/a?x=1","ClientRequestReferer":"","ClientRequestUserAgent":"TestUA/1.0",'
        '"EdgeResponseBytes":700,"EdgeResponseStatus":200,"EdgeStartTimestamp":"2024-03-04T10:11:12Z"}',
        {
            "date": ("$.EdgeStartTimestamp",),
            "generation_time_milli": ("$.EdgeTimeToFirstByteMs",),
            "host": ("$.ClientRequestHost",),
            "ip": ("$.ClientIP",),
            "length": ("$.EdgeResponseBytes",),
            "method": ("$.ClientRequestMethod",),
            "path": ("$.ClientRequestURI",),
            "referrer": ("$.ClientRequestReferer",),
            "status": ("$.EdgeResponseStatus",),
            "user_agent": ("$.ClientRequestUserAgent",),
        },
        ("$.ClientIP", "$.ClientRequestURI", "$.EdgeStartTimestamp"),
    ),
    JsonFormat(
        "gcp_json",
        '{"httpRequest":{"requestMethod":"GET","requestUrl":"https://shop.test/a?x=1","status":200,'
        '"responseSize":"700","userAgent":"TestUA/1.0","remoteIp":"203.0.113.9","referer":"https://ref.test/",'
        '"latency":"0.042s"},"timestamp":"2024-03-04T10:11:12.500Z"}',
        {
            "date": ("$.timestamp",),
            "generation_time_secs": ("$.httpRequest.latency",),
            "ip": ("$.httpRequest.remoteIp",),
            "length": ("$.httpRequest.responseSize",),
            "method": ("$.httpRequest.requestMethod",),
            "url": ("$.httpRequest.requestUrl",),
            "referrer": ("$.httpRequest.referer",),
            "status": ("$.httpRequest.status",),
            "user_agent": ("$.httpRequest.userAgent",),
        },
        ("$.httpRequest.requestUrl", "$.timestamp"),
        decoders={"generation_time_secs": _seconds},
    ),
)
"""Matomo's in Matomo's order, then others."""
