"""Which user agents are bots: once as the log importer decides it, once as the tracker does.

The importer drops a line whose agent contains one of a few words; cheap and blunt. The tracker drops what a
list of some 1,400 known crawlers recognises. `docs/reference/devices.md` says which wins when.
"""

from __future__ import annotations

import re
from functools import cache
from ipaddress import IPv4Address, IPv4Network

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from piwikcli.ingest.lookups.devices_rules import FirstMatch
from piwikcli.ingest.parsing.addresses import address_of

# In lower case; an agent that contains one of them is a bot to the importer. Bare "bot" is not among them.
BOT_SUBSTRINGS: tuple[str, ...] = (
    # words that crawlers have in common
    "crawl",
    "spider",
    "robot",
    "bot-",
    "bot/",
    "feed",
    # tools and libraries
    "curl",
    "java/",
    "libwww",
    "echoping",
    # everything of two companies
    "yahoo",
    "yandex",
    # crawlers and a monitor by name; the tracker's list knows the others
    "googlebot",
    "msnbot",
    "exabot",
    "twiceler",
    "zabbix",
)

_IMPORTER = re.compile("|".join(map(re.escape, BOT_SUBSTRINGS)))


def is_importer_bot(user_agent: str) -> bool:
    """Whether the importer takes an agent, given in lower case, for a bot."""
    return _IMPORTER.search(user_agent) is not None


# Patterns of the crawler list that mean a client: a library, a tool, a feed or media program, an app.
# Matomo counts their requests as visits.
_CLIENTS: frozenset[str] = frozenset(
    pattern.strip()
    for pattern in r"""
    [wW]get|Python-urllib|python-requests|aiohttp|httpx|libwww-perl|httpunit|Go-http-client|lwp-trivial|http_get
    okhttp|^Apache-HttpClient|AHC\/|Jetty|axios|HttpUrlConnection|AnyEvent|^curl|^PHP-Curl-Class|node-fetch
    sindresorhus\/got|^HTTPie\/|HeadlessChrome|PhantomJS|[mM]echanize|CustomAsyncHttpClient|Indy Library
    Viber|WhatsApp|Valve\/Steam|Feedly|Fever|Overcast\/|PocketCasts\/|Instapaper\/|Podimo|SimplePie|NextCloud
    MetaIAB Facebook|Sogou|coccoc|mail\.ru|Code\/1\.|Notion\/|Tumblr\/|PayPal\/|Grammarly\/|^Silk\/|Asana\/
    Bluesky\/|Salesforce\.com|upday\/|Trae\/|Goodreads|AP3A\.240617\.008|BTWebClient|Daum\/|CCleaner
    """.replace("\n", "|").split("|")
)
# Patterns that are ordinary words or single letters, which the names of phones and programs contain too.
_AMBIGUOUS: frozenset[str] = frozenset(
    pattern.strip()
    for pattern in r"""
    Sonic|speedy|Blackboard|Fluid|linko|Butterfly|NING\/|RED\/|Make\/|BW\/|Uptime\/|Determ|Devin|Watchful|Magellan
    Adventurer|Readable\/|Operator\/|Optimizer\)|Rigor\)|Stripe\/|eright|fluffy|convera|Synapse|Nitro-|ds9|Jumio
    Charlotte|Scope3|Hello World|Dlc\/|Fetch\/|Trove|colly|Notabot|Wayback|Odin;
    """.replace("\n", "|").split("|")
)

# What the list leaves out: names made like a crawler's. CUBOT makes phones.
_GENERIC = (
    r"(?i)(?:^|[^u]|[^c]u)bot(?:[^a-z]|$)",
    r"(?i)(?:crawler|spider|scraper|archiver|link ?checker|validator|feed ?fetcher|robots)(?:[^a-z]|$)",
    r"(?i)feedparser(?:[^a-z]|$)",
    r"(?i)\byandex(?:images|direct|metrika|video|media|blogs|news)|\bslurp\b|\bnutch",
)

_CRAWLERS = FirstMatch(
    (
        *_GENERIC,
        *(
            entry["pattern"]
            for entry in CRAWLER_USER_AGENTS_DATA
            if entry["pattern"] not in _CLIENTS and entry["pattern"] not in _AMBIGUOUS
        ),
    )
)


def is_tracker_bot(user_agent: str) -> bool:
    """Whether the tracker takes an agent for a bot, whose requests are not visits."""
    return _CRAWLERS.find(user_agent) is not None


# Networks of search companies from which crawlers come under ordinary names; all but the one that announces itself.
_CRAWLER_NETWORKS = (
    # Microsoft
    *("64.4.0.0/18", "65.52.0.0/14", "131.253.21.0/24", "131.253.22.0/23", "131.253.24.0/21", "131.253.32.0/20"),
    *("157.54.0.0/15", "157.56.0.0/14", "157.60.0.0/16", "207.46.0.0/16", "207.68.128.0/18"),
    # Yahoo
    *("72.30.196.0/22", "98.137.206.0/23"),
)


@cache
def _networks() -> tuple[IPv4Network, ...]:
    return tuple(map(IPv4Network, _CRAWLER_NETWORKS))


@cache
def _crawler_octets() -> frozenset[str]:
    """What the networks' addresses begin with; most others are told by it."""
    return frozenset(network.partition(".")[0] for network in _CRAWLER_NETWORKS)


def is_crawler_address(ip: str) -> bool:
    """Whether an address is in a network of crawlers."""
    if ip.partition(".")[0].removeprefix("::ffff:") not in _crawler_octets():
        return False
    address = address_of(ip)
    return isinstance(address, IPv4Address) and any(address in network for network in _networks())
