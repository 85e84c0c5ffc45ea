"""Tracking requests as JSON lines: page views, events, searches, orders and pings of returning visitors.

    python benchmarks/generate_requests.py 500000 > requests.jsonl

A visitor has an id, a device and a language; a visit has a few page views, in order of time over two weeks.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

START = datetime(2026, 3, 2, tzinfo=UTC)
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{0}.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_{1} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/17.{1} Mobile/15E148 Safari/604.1",
)
REFERRERS = ("", "", "https://www.google.com/search?q=tents", "https://blog.example.net/review", "https://t.co/abc")
LANGUAGES = ("de-de,de;q=0.8", "en-us", "fr", "pt-br,pt;q=0.7", "nl-nl")


def requests(count: int, seed: int = 1) -> Iterator[dict[str, str]]:
    """`count` requests in order of time."""
    rng = random.Random(seed)
    visitors = max(count // 12, 10)
    step = 14 * 86400 / max(count / 6, 1)
    waiting: list[tuple[float, int, int]] = []
    begun = sent = 0
    while sent < count:
        begin = begun * step
        if not waiting or begin < waiting[0][0]:
            heappush(waiting, (begin, rng.randrange(visitors), rng.choice((1, 3, 6, 10))))
            begun += 1
            continue
        at, visitor, left = heappop(waiting)
        yield _request(rng, at, visitor, first=left > 5)
        sent += 1
        if left > 1:
            heappush(waiting, (at + rng.expovariate(1 / 40) + 1, visitor, left - 1))


def _request(rng: random.Random, at: float, visitor: int, *, first: bool) -> dict[str, str]:
    time = START + timedelta(seconds=int(at))
    page = int(rng.paretovariate(0.9)) % 20_000
    found = {
        "idsite": "1",
        "rec": "1",
        "cdt": f"{time:%Y-%m-%d %H:%M:%S}",
        "cip": f"{20 + visitor % 180}.{visitor // 7 % 250}.{visitor // 3 % 250}.{visitor % 250}",
        "ua": AGENTS[visitor % 3].format(100 + visitor % 40, visitor % 6),
        "lang": LANGUAGES[visitor % 5],
        "res": ("1920x1080", "1366x768", "390x844")[visitor % 3],
        "cookie": "1",
        "pdf": str(visitor % 2),
        "h": str(time.hour),
        "m": str(time.minute),
        "s": str(time.second),
        "rand": str(rng.randrange(10**6)),
        "_id": f"{visitor * 2654435761 % 2**64:016x}",
        "url": f"https://shop.example/c{page % 40}/product-{page}",
        "urlref": rng.choice(REFERRERS) if first else "https://shop.example/",
        "pv_id": f"{rng.randrange(16**6):06x}",
    }
    kind = rng.random()
    if kind < 0.72:
        found["action_name"] = f"Product {page} - Shop"
        if kind < 0.4:
            timings = ("pf_net", "pf_srv", "pf_tfr", "pf_dm1", "pf_dm2", "pf_onl")
            found |= {name: str(rng.randrange(500)) for name in timings}
    elif kind < 0.84:
        found |= {"e_c": "Video", "e_a": rng.choice(("play", "pause")), "e_n": f"clip {page % 50}", "e_v": "1"}
    elif kind < 0.9:
        found |= {"search": f"word {page % 500}", "search_count": str(page % 30)}
    elif kind < 0.94:
        found["ping"] = "1"
    else:
        items = [[f"SKU-{page % 900}", f"Product {page}", f"c{page % 40}", 9.9, 1 + page % 3]]
        found |= {"idgoal": "0", "revenue": "29.7", "ec_items": json.dumps(items)}
        if kind > 0.97:
            found["ec_id"] = f"{int(at)}-{visitor}"
    return found


if __name__ == "__main__":
    for one in requests(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000):
        sys.stdout.write(json.dumps(one) + "\n")
