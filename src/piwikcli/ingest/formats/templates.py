"""Formats whose lines follow a template: web servers, proxies, load balancers.

Each is the template of its lines, below a sample line that a test reads.
"""

from __future__ import annotations

from piwikcli.ingest.parsing.template import Template
from piwikcli.ingest.parsing.templated import TemplateFormat


def _format(name: str, sample: str, *templates: str, detectable: bool = True) -> TemplateFormat:
    return TemplateFormat(name, sample, tuple(map(Template, templates)), detectable)


_COMBINED = '$ip $- $userid [$date] "$request" $status $length "$referrer" "$user_agent"'

STORES = (
    _format(
        "s3",
        "own3r assets.test [04/Mar/2024:10:11:12 +0000] 203.0.113.9 req1 R9Q8 WEBSITE.GET.OBJECT k.html"
        ' "GET /k.html HTTP/1.1" 200 - 700 700 12 11 "-" "TestUA/1.0"',
        '$- $host [$date] $ip $userid $- $- $- "$request" $status $- $length $- $- $- "$referrer" "$user_agent"',
    ),
    _format(
        "icecast2",
        '203.0.113.9 - - [04/Mar/2024:10:11:12 +0000] "GET /live HTTP/1.0" 200 9000 "-" "Player/3" 95',
        f"{_COMBINED} $session_time",
    ),
    _format(
        "elb",
        "h2 2024-03-04T10:11:12.500000Z app/lb/1 203.0.113.9:5000 10.0.0.4:80 0.001 0.040 0.000 200 200 90 700"
        ' "GET https://shop.test:443/a HTTP/2.0" "TestUA/1.0" CIPHER TLSv1.3',
        # a classic load balancer's; an application load balancer's begins with its type
        '$date $- $client $- $- $generation_time_secs $- $status $- $- $length "$request_url" "$user_agent"',
        '$- $date $- $client $- $- $generation_time_secs $- $status $- $- $length "$request_url" "$user_agent"',
    ),
)
"""Matomo's templates before its JSON formats, in Matomo's order."""

OTHERS = (
    _format(
        "ovh",
        '203.0.113.9 shop.test - [04/Mar/2024:10:11:12 +0100] "GET /a HTTP/1.1" 200 700 "-" "TestUA/1.0"',
        '$ip $host $userid [$date] "$request" $status $length "$referrer" "$user_agent"',
        detectable=False,
    ),
    _format(
        "haproxy",
        "Mar  4 10:11:12 lb haproxy[77]: 203.0.113.9:5000 [04/Mar/2024:10:11:12.345] fe~ be/s1 0/0/1/9/10 200 700"
        ' - - ---- 1/1/0/0/0 0/0 "GET /a HTTP/1.1"',
        '$*: $client [$date] $- $- $- $status $length -$*"$method $path ',
    ),
    _format(
        "gandi",
        'shop.test 203.0.113.9 - - [04/Mar/2024:10:11:12 +0100] (2 s) "GET /a HTTP/1.1" 200 700 "-" "TestUA/1.0"',
        '$host $ip $- $userid [$date] ($*) "$request" $status $length "$referrer" "$user_agent"',
    ),
    # --- formats that Matomo's importer does not have
    _format(
        "traefik",
        '203.0.113.9 - - [04/Mar/2024:10:11:12 +0000] "GET /a HTTP/1.1" 200 700 "-" "TestUA/1.0"'
        ' 7 "shop@docker" "http://10.0.0.4:80" 42ms',
        f'{_COMBINED} $- "$-" "$-" ${{generation_time_milli}}ms',
    ),
    _format(
        "envoy",
        '[2024-03-04T10:11:12.500Z] "GET /a HTTP/1.1" 200 - 0 700 42 40 "203.0.113.9" "TestUA/1.0"'
        ' "0f1e2d3c" "shop.test" "10.0.0.4:80"',
        '[$date] "$request" $status $- $- $length $generation_time_milli $- "$forwarded" "$user_agent"'
        ' "$-" "$host" "$-"',
        # Istio's
        '[$date] "$request" $status $- $- $- "$-" $- $length $generation_time_milli $- "$forwarded" "$user_agent"'
        ' "$-" "$host" "$-"',
    ),
    _format(
        "squid",
        "1709547072.250     42 203.0.113.9 TCP_MISS/200 700 GET http://shop.test/a - HIER_DIRECT/10.0.0.4 text/html",
        "$epoch_secs $generation_time_milli $ip $-/$status $length $method $url $userid $- $-",
    ),
)
