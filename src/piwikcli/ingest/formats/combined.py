"""The formats of Apache and nginx: common, combined, and both with the virtual host."""

from __future__ import annotations

from piwikcli.ingest.parsing.combined import CombinedFormat
from piwikcli.ingest.parsing.template import Template

_COMMON = '$ip $- $userid [$date] "$request" $status $length'
_COMBINED = f'{_COMMON} "$referrer" "$user_agent"'

COMBINED = (
    CombinedFormat(
        "common",
        '203.0.113.9 - alice [04/Mar/2024:10:11:12 +0100] "GET /a/b?x=1 HTTP/1.1" 200 512',
        (Template(_COMMON),),
    ),
    CombinedFormat(
        "common_vhost",
        'shop.test:443 203.0.113.9 - - [04/Mar/2024:10:11:12 +0100] "GET /a HTTP/1.1" 200 512',
        (Template(f"$host {_COMMON}"),),
    ),
    CombinedFormat(
        "ncsa_extended",
        '203.0.113.9 - - [04/Mar/2024:10:11:12 -0330] "GET /a HTTP/2.0" 200 - "https://ref.test/p" "TestUA/1.0"',
        (Template(_COMBINED),),
    ),
    CombinedFormat(
        "common_complete",
        'shop.test:443 203.0.113.9 - alice [04/Mar/2024:10:11:12 +0100] "GET /a/b?x=1 HTTP/2.0" 200 512'
        ' "https://ref.test/" "TestUA/1.0"',
        (Template(f"$host {_COMBINED}"),),
    ),
)
"""In Matomo's order."""
