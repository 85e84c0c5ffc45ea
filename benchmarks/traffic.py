"""What invented visitors look at, come from and browse with: the catalogues of `generate_log.py`.

Everything is made from a seeded `random.Random`, so one seed always gives the same catalogues.
Names are invented, hosts of linking websites end in `.example`, and addresses are drawn at random.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from random import Random
from typing import NamedTuple
from urllib.parse import quote_plus

_WORDS = """
alpine trail boot jacket tent stove ridge valley summer winter light heavy classic guide review map
hut route family weekend glacier forest river lake climbing rope helmet harness ski snow bike pack
sleeping bag down wool merino shell rain storm first aid care repair wax sale gift card size chart
compare best north south coast island canyon desert summit sunrise camp kitchen water filter lamp
knife watch compass
"""
WORDS = tuple(_WORDS.split())
SECTIONS = (
    "shop",
    "shop/outlet",
    "magazine",
    "magazine/tours",
    "guides",
    "help",
    "forum",
    "de/magazin",
    "fr/guides",
)
SEARCHES = (
    "hiking boots",
    "tent 2 person",
    "rain jacket",
    "map alps",
    "sleeping bag",
    "gift card",
    "Größentabelle",
    "ski wax",
    "merino shirt",
    "headlamp",
    "size chart",
    "return policy",
    "café lyon",
    "climbing rope 60m",
)
CATEGORIES = ("shop", "magazine", "forum")
FILES = (
    "/files/catalogue-2025.pdf",
    "/files/size-chart.pdf",
    "/files/alpine-tours.gpx.zip",
    "/files/price-list.xlsx",
    "/files/care-guide.epub",
    "/files/route-planner-1.8.dmg",
    "/files/podcast-{n}.mp3",
    "/files/press/photos-{n}.zip",
)
STATIC = (
    "/assets/site.{n}.css",
    "/assets/app.{n}.js",
    "/assets/vendor.js",
    "/assets/logo.svg",
    "/assets/fonts/inter.woff2",
    "/favicon.ico",
    "/images/teaser-{n}.jpg",
    "/images/products/{n}-640.webp",
    "/images/products/{n}-320.jpg",
    "/images/icons/{n}.png",
)
CAMPAIGNS = (
    "utm_source=newsletter&utm_medium=email&utm_campaign=spring-{n}",
    "utm_source=google&utm_medium=cpc&utm_campaign=brand&utm_term={word}",
    "utm_source=partner-{n}&utm_medium=affiliate&utm_campaign=autumn+sale",
    "utm_campaign=tour-{n}&utm_source=social",
    "pk_campaign=catalogue-{n}&pk_kwd={word}",
    "mtm_campaign=summer_{n}",
)
ENGINES = (
    "https://www.google.com/",
    "https://www.google.com/",
    "https://www.google.de/",
    "https://www.google.co.uk/",
    "https://www.google.fr/",
    "https://www.bing.com/search?q={query}&form=QBLH",
    "https://duckduckgo.com/",
    "https://search.yahoo.com/search?p={query}&fr=yfp-t",
    "https://yandex.com/search/?text={query}&lr=10115",
    "https://www.ecosia.org/search?q={query}",
    "https://search.brave.com/",
    "https://www.qwant.com/?q={query}&t=web",
)
SOCIALS = (
    "https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.example.org%2F&h=AT{n}",
    "https://www.instagram.com/",
    "https://t.co/{word}{n}",
    "https://www.reddit.com/r/hiking/comments/{n}/{word}/",
    "https://www.linkedin.com/feed/",
    "https://www.pinterest.com/pin/{n}/",
    "https://www.youtube.com/watch?v={word}{n}",
)
ASSISTANTS = ("https://chatgpt.com/", "https://www.perplexity.ai/", "https://copilot.microsoft.com/")
BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; "
    "+http://www.google.com/bot.html) Chrome/{v}.0.0.0 Safari/537.36",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
    "Mozilla/5.0 (compatible; DotBot/1.2; +https://opensiteexplorer.org/dotbot; help@moz.com)",
    "Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)",
    "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 12 subscribers)",
    "curl/8.{w}.0",
    "python-requests/2.{w}.0",
    "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
    "UptimeRobot/2.0; http://www.uptimerobot.com/",
)
_PHONES = """
SM-G991B SM-G998B SM-S901B SM-S911B SM-S918B SM-S921B SM-S928B SM-A125F SM-A136B SM-A346B SM-A515F
SM-A525F SM-A536B SM-A546B SM-M127F Pixel_4a Pixel_5 Pixel_6 Pixel_6a Pixel_7 Pixel_7_Pro Pixel_8
Pixel_8_Pro M2101K6G M2102J20SG 2201117TG 22101316G 23021RAA2Y Redmi_Note_9_Pro CPH2219 CPH2333
CPH2465 RMX3085 RMX3363 moto_g(30) moto_g(60) XQ-AS52 XQ-BC52 KB2003 LE2113 NE2213 ANE-LX1 ELE-L29
VOG-L29 SM-T500 SM-X200 SM-T870
"""
PHONES = tuple(name.replace("_", " ") for name in _PHONES.split())


class Weighted(NamedTuple):
    """Texts to draw by weight: `items[bisect(cumulative, random() * total)]`."""

    items: Sequence[str]
    cumulative: Sequence[float]
    total: float


def weighted(pairs: Iterable[tuple[str, float]]) -> Weighted:
    """Cumulative weights for drawing by bisection."""
    items, weights = zip(*pairs, strict=True)
    cumulative = list(accumulate(weights))
    return Weighted(items, cumulative, cumulative[-1])


def popularity(items: Sequence[str], exponent: float = 1.0) -> Weighted:
    """Zipf's law: the weight of rank r is r ** -exponent."""
    return weighted((item, (rank + 1.0) ** -exponent) for rank, item in enumerate(items))


def fill(template: str, rng: Random) -> str:
    """`{n}`, `{word}`, `{v}` and `{w}` replaced by a number, a word, a browser's version, a small number."""
    if "{" not in template:
        return template
    return template.format(
        n=1 + int(rng.random() * 40),
        word=WORDS[int(rng.random() * len(WORDS))],
        query=quote_plus(SEARCHES[int(rng.random() * len(SEARCHES))]),
        v=100 + int(rng.random() * 30),
        w=int(rng.random() * 12),
    )


def pages(count: int, rng: Random) -> Weighted:
    """Page paths by popularity: mostly plain, some with a query string, a few percent-encoded."""
    paths = ["/", "/shop/", "/magazine/", "/help/contact", "/about"]
    seen = set(paths)
    while len(paths) < count:
        section = SECTIONS[int(rng.random() * len(SECTIONS))]
        first, second = (WORDS[int(rng.random() * len(WORDS))] for _ in range(2))
        number = int(rng.random() * 4 * count)
        kind = rng.random()
        if kind < 0.12:
            path = f"/{section}/thread?id={number}&page={1 + number % 7}"
        elif kind < 0.20:
            path = f"/{section}/list?category={first}&sort={second}&page={1 + number % 30}"
        elif kind < 0.24:
            path = f"/{section}/{first}-caf%C3%A9-{number}/"
        elif kind < 0.60:
            path = f"/{section}/{2018 + number % 8}/{1 + number % 12:02d}/{first}-{second}-{number}"
        else:
            path = f"/{section}/{first}/{second}-{number}.html"
        if path not in seen:
            seen.add(path)
            paths.append(path)
    return popularity(paths, 0.72)


def websites(count: int, rng: Random) -> Weighted:
    """Addresses of pages that link to the site."""
    links = []
    for number in range(count):
        host = f"{WORDS[number % len(WORDS)]}-{('blog', 'forum', 'club', 'news', 'wiki')[number % 5]}.example"
        path = WORDS[int(rng.random() * len(WORDS))]
        links.append(f"https://{'www.' if number % 3 else ''}{host}/{path}/{number * 7}?ref={number % 9}")
    return popularity(links, 0.9)


MOZILLA, WEBKIT = "Mozilla/5.0", "AppleWebKit/537.36 (KHTML, like Gecko)"
MAC = "Macintosh; Intel Mac OS X 10_15_7"
DESKTOPS = (
    ("Windows NT 10.0; Win64; x64", 30.0),
    (MAC, 12.0),
    ("X11; Linux x86_64", 4.0),
    ("Windows NT 6.1; Win64; x64", 1.5),
    ("X11; CrOS x86_64 14541.0.0", 1.0),
)


def agents(rng: Random) -> Weighted:
    """A few thousand user agents: desktop and mobile browsers in many versions, newer ones more often."""
    found: list[tuple[str, float]] = []
    for version in range(70, 131):
        recent = 0.94 ** (130 - version)
        found += ((agent, share * recent) for agent, share in _desktop(version))
        found += ((agent, share * recent) for agent, share in _android(version, rng))
    for major in range(12, 19):
        for minor in range(8):
            recent = 0.75 ** ((18 - major) * 2 + (7 - minor) / 4)
            found += ((agent, share * recent) for agent, share in _apple(major, minor))
    found += (
        (f"{MOZILLA} (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", 1.5),
        (f"{MOZILLA} (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)", 0.2),
        (f"{MOZILLA} (SMART-TV; Linux; Tizen 6.0) {WEBKIT} Version/6.0 TV Safari/537.36", 0.5),
        (f"{MOZILLA} (PlayStation; PlayStation 5/6.00) {WEBKIT} Version/15.4 Safari/605.1.15", 0.3),
    )
    return weighted(found)


def _desktop(version: int) -> Iterator[tuple[str, float]]:
    for system, share in DESKTOPS:
        for build in (17, 31, 62, 93, 124):
            release = f"{version}.0.{4000 + version * 13}.{build}"
            chrome = f"{MOZILLA} ({system}) {WEBKIT} Chrome/{release} Safari/537.36"
            yield chrome, share * (0.5 if build == 17 else 0.12)
            if build == 17:
                yield f"{chrome} Edg/{version}.0.{1000 + version * 11}.{version % 7 * 9}", share / 6
                yield f"{chrome} OPR/{version - 14}.0.0.0", share / 40
        yield f"{MOZILLA} ({system}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0", share / 4


def _android(version: int, rng: Random) -> Iterator[tuple[str, float]]:
    for rank, phone in enumerate(PHONES):
        if rng.random() < 0.3:
            system = f"Linux; Android {9 + (version + rank) % 6}; {phone}"
            mobile = "" if phone.startswith(("SM-T", "SM-X")) else "Mobile "
            release = f"{version}.0.{4000 + version * 13}.0"
            yield (
                f"{MOZILLA} ({system}) {WEBKIT} Chrome/{release} {mobile}Safari/537.36",
                3.2 / (1 + rank / 20),
            )


def _apple(major: int, minor: int) -> Iterator[tuple[str, float]]:
    safari = f"AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{major}.{minor}"
    system = f"OS {major}_{minor} like Mac OS X"
    yield f"{MOZILLA} (iPhone; CPU iPhone {system}) {safari} Mobile/15E148 Safari/604.1", 45
    yield f"{MOZILLA} (iPad; CPU {system}) {safari} Mobile/15E148 Safari/604.1", 6
    yield f"{MOZILLA} ({MAC}) {safari} Safari/605.1.15", 14


def address(rng: Random, documentation: bool) -> str:
    """An IP address, one in twelve IPv6; with `documentation` from the ranges reserved for examples."""
    if rng.random() < 0.08:
        prefix = "2001:db8" if documentation else f"2{int(rng.random() * 4095):03x}:{int(rng.random() * 65535):x}"
        return f"{prefix}:{int(rng.random() * 256):x}::{1 + int(rng.random() * 65534):x}"
    if documentation:
        net = ("192.0.2", "198.51.100", "203.0.113")[int(rng.random() * 3)]
        return f"{net}.{1 + int(rng.random() * 254)}"
    first = 11 + int(rng.random() * 212)
    if first in (100, 127, 169, 172, 192, 198, 203):
        first += 1
    return f"{first}.{int(rng.random() * 256)}.{int(rng.random() * 256)}.{1 + int(rng.random() * 254)}"
