"""SitesManager: what is known of the sites. Sites are changed by `piwik sites`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from piwikcli.plugins.api import Document, Plugin, Request, document

if TYPE_CHECKING:
    from piwikcli.store.sites import Site

DEFAULT_TIMEZONE = "UTC"
DEFAULT_CURRENCY = "USD"


def site_row(site: Site, request: Request) -> dict[str, Any]:
    """A site as the Reporting API names its settings; lists are joined with commas."""
    from piwikcli.store.zones import shown

    return {
        "idsite": site.idsite,
        "name": site.name,
        "main_url": site.main_url,
        "ts_created": f"{site.created:%Y-%m-%d %H:%M:%S}",
        "ecommerce": int(site.ecommerce),
        "sitesearch": int(site.sitesearch),
        "sitesearch_keyword_parameters": ",".join(site.sitesearch_keyword_parameters),
        "sitesearch_category_parameters": ",".join(site.sitesearch_category_parameters),
        "timezone": site.timezone,
        "currency": site.currency,
        "exclude_unknown_urls": int(site.exclude_unknown_urls),
        "excluded_ips": ",".join(site.excluded_ips),
        "excluded_parameters": ",".join(site.excluded_parameters),
        "excluded_user_agents": ",".join(site.excluded_user_agents),
        "excluded_referrers": ",".join(site.excluded_referrers),
        "group": "",
        "type": "website",
        "keep_url_fragment": int(site.keep_url_fragments),
        "timezone_name": shown(site.timezone),
    }


def _all(request: Request) -> Document:
    return Document([site_row(site, request) for site in request.sites])


def _one(request: Request) -> Document:
    return Document(site_row(request.sites[0], request))


def _urls(request: Request) -> Document:
    return Document(list(request.sites[0].urls))


def _by_url(request: Request) -> Document:
    """The sites that have this address, with or without www., http or https."""
    wanted = _bare(request.parameters["url"])
    return Document(
        [{"idsite": site.idsite} for site in request.sites if wanted in {_bare(url) for url in site.urls}]
    )


def _by_pattern(request: Request) -> Document:
    """The sites whose name, address or number has the text in it."""
    pattern = request.parameters.get("pattern", "").lower()
    limit = request.parameters.get("limit", "")
    found = [
        site_row(site, request)
        for site in request.sites
        if any(pattern in text.lower() for text in (site.name, *site.urls)) or pattern == str(site.idsite)
    ]
    return Document(found[: int(limit)] if limit else found)


def _ids(request: Request) -> Document:
    return Document([site.idsite for site in request.sites])


def _currencies(request: Request) -> Document:
    """Code -> name and symbol."""
    from babel.localedata import load

    english = load("en")
    names, symbols = english["currency_names"], english["currency_symbols"]
    return Document({code: f"{name} ({symbols.get(code, code)})" for code, name in sorted(names.items())})


def _timezones(request: Request) -> Document:
    """Continent -> time zone -> city; below `UTC` the offsets."""
    from zoneinfo import available_timezones

    from piwikcli.store.zones import OFFSETS, named, shown

    found: dict[str, dict[str, str]] = {}
    for name in sorted(available_timezones()):
        continent, _, city = name.partition("/")
        if city and continent not in ("Etc", "SystemV", "US", "posix", "right"):
            found.setdefault(continent, {})[name] = city.replace("_", " ")
    return Document({**found, "UTC": {name: shown(name) for name in map(named, OFFSETS)}})


def _bare(url: str) -> str:
    return url.partition("://")[2].removeprefix("www.").rstrip("/").lower() or url.removeprefix("www.").rstrip("/")


REPORTS = (
    document("SitesManager.getAllSites", "Every site with its settings", _all, sited=False),
    document("SitesManager.getSitesWithAtLeastViewAccess", "Every site with its settings", _all, sited=False),
    document("SitesManager.getSitesIdWithAtLeastViewAccess", "Every site's number", _ids, sited=False),
    document("SitesManager.getSiteFromId", "One site with its settings", _one),
    document("SitesManager.getSiteUrlsFromId", "A site's addresses", _urls),
    document(
        "SitesManager.getSitesIdFromSiteUrl", "The sites of an address", _by_url, "url", needs=("url",), sited=False
    ),
    document(
        "SitesManager.getPatternMatchSites",
        "Sites whose name or address has a text in it",
        _by_pattern,
        "pattern",
        "limit",
        integers=("limit",),
        sited=False,
    ),
    document(
        "SitesManager.getDefaultTimezone",
        "The time zone of new sites",
        lambda request: Document(DEFAULT_TIMEZONE),
        sited=False,
    ),
    document(
        "SitesManager.getDefaultCurrency",
        "The currency of new sites",
        lambda request: Document(DEFAULT_CURRENCY),
        sited=False,
    ),
    document("SitesManager.getCurrencyList", "Currencies and their names", _currencies, sited=False),
    document("SitesManager.getTimezonesList", "Time zones by continent", _timezones, sited=False),
)

PLUGIN = Plugin("SitesManager", reports=REPORTS)
