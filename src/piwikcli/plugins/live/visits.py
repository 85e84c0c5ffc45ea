"""A visit as Live shows it: who, when, from where, with what, and every action."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from piwikcli.lists.regions import region_name
from piwikcli.plugins.api import Request
from piwikcli.plugins.continents import CONTINENTS
from piwikcli.plugins.device_names import BRANDS, DEVICE_TYPES, ENGINE_FAMILIES, OPERATING_SYSTEMS
from piwikcli.plugins.device_plugins import NAMES as PLUGINS
from piwikcli.plugins.labels import FLAG, ICONS, UNKNOWN, country_name, language_name
from piwikcli.plugins.live import actions, queries
from piwikcli.plugins.pretty import long_date
from piwikcli.plugins.referrer_overview import CAMPAIGN, DIRECT, SEARCH, SOCIAL, TYPES
from piwikcli.plugins.referrer_reports import KEYWORD_NOT_DEFINED
from piwikcli.plugins.resolution import browser_name

if TYPE_CHECKING:
    from piwikcli.store.sites import Site

_DAY = 86400
_NO_SHOPPING = dict.fromkeys(
    (
        "totalEcommerceRevenue",
        "totalEcommerceConversions",
        "totalEcommerceItems",
        "totalAbandonedCartsRevenue",
        "totalAbandonedCarts",
        "totalAbandonedCartsItems",
    ),
    0,
)
_VISITOR_TYPES = ("new", "returning", "returningCustomer")
_ECOMMERCE = ("none", "ordered", "abandonedCart", "orderedThenAbandonedCart")
CONTINENT_CODES = {
    "Africa": "afr",
    "Antarctica": "ant",
    "Asia": "asi",
    "Central America": "amc",
    "Europe": "eur",
    "North America": "amn",
    "Oceania": "oce",
    "South America": "ams",
}

Row = Mapping[str, Any]


def described(request: Request, found: Sequence[Row], *, with_actions: bool = True) -> list[dict[str, Any]]:
    """The visits with all their fields, in the same order."""
    idvisits = [row["idvisit"] for row in found]
    done = queries.actions(request, idvisits) if with_actions and idvisits else {}
    reached = queries.conversions(request, idvisits) if idvisits else {}
    sites = {site.idsite: _Site(request, site) for site in request.sites}
    shops = any(site.ecommerce for site in request.sites)
    shopped = queries.shop_totals(request, [row["idvisitor"] for row in found]) if shops and found else {}
    return [
        sites[row["idsite"]].visit(
            row,
            done.get(row["idvisit"], []),
            reached.get(row["idvisit"], []),
            shopped.get((row["idsite"], row["idvisitor"]), {}),
        )
        for row in found
    ]


class _Site:
    """What the visits of one site have in common."""

    def __init__(self, request: Request, site: Site) -> None:
        self._request = request
        self._site = site
        self._zone = site.zone
        self._dimensions: dict[str, dict[str, str]] = {"visit": {}, "action": {}}
        for row in request.rows(
            "SELECT idcustomdimension, index, scope FROM custom_dimension WHERE idsite = ? AND active "
            "ORDER BY idcustomdimension",
            [site.idsite],
        ):
            column = f"custom_dimension_{row['index']}"
            self._dimensions[row["scope"]][f"dimension{row['idcustomdimension']}"] = column

    def visit(
        self, row: Row, done: Sequence[Row], reached: Sequence[Row], shopped: Mapping[str, Any]
    ) -> dict[str, Any]:
        symbol = str(self._request.formatted(0, "money")).rstrip("0")
        details = [actions.action(one, self._request, self._zone, self._dimensions["action"]) for one in done]
        goals = [actions.conversion(one, self._request, self._zone, self._dimensions["action"]) for one in reached]
        return {
            "idSite": row["idsite"],
            "idVisit": row["idvisit"],
            "visitIp": _address(row["ip"]),
            "visitorId": row["visitor"],
            "fingerprint": row["fingerprint"],
            "actionDetails": sorted(details + goals, key=_in_order),
            "goalConversions": sum(1 for one in reached if one["idgoal"] > 0),
            "siteCurrency": self._site.currency,
            "siteCurrencySymbol": symbol,
            "siteName": self._site.name,
            **self._times(row),
            **self._visitor(row),
            **self._counts(row),
            **self._referrer(row),
            **self._device(row),
            **self._place(row),
            **({**_NO_SHOPPING, **shopped} if self._site.ecommerce else {}),
            **{name: row[column] for name, column in self._dimensions["visit"].items()},
        }

    def _times(self, row: Row) -> dict[str, Any]:
        first, last = (datetime.fromtimestamp(row[name], UTC) for name in ("first_time", "last_time"))
        local_first, local_last = first.astimezone(self._zone), last.astimezone(self._zone)
        clock = row["visitor_localtime"]
        return {
            "serverDate": f"{last:%Y-%m-%d}",
            "visitServerHour": str(last.hour),
            "lastActionTimestamp": row["last_time"],
            "lastActionDateTime": f"{last:%Y-%m-%d %H:%M:%S}",
            "serverTimestamp": row["last_time"],
            "firstActionTimestamp": row["first_time"],
            "serverTimePretty": f"{local_last:%H:%M:%S}",
            "serverDatePretty": long_date(local_last.date()),
            "serverDatePrettyFirstAction": long_date(local_first.date()),
            "serverTimePrettyFirstAction": f"{local_first:%H:%M:%S}",
            "visitLocalTime": f"{clock:%H:%M:%S}",
            "visitLocalHour": str(clock.hour),
            "visitDuration": row["visit_total_time"],
            "visitDurationPretty": self._request.formatted(row["visit_total_time"], "duration"),
        }

    def _visitor(self, row: Row) -> dict[str, Any]:
        kind = _VISITOR_TYPES[min(row["visitor_returning"], 2)]
        status = row["visit_goal_buyer"]
        since = {
            "FirstVisit": row["visitor_seconds_since_first"] or 0,
            "LastVisit": row["visitor_seconds_since_last"] or 0,
            "LastEcommerceOrder": row["visitor_seconds_since_order"],
        }
        return {
            "userId": row["user_id"],
            "visitorType": kind,
            "visitorTypeIcon": None if kind == "new" else "plugins/Live/images/returningVisitor.png",
            "visitConverted": row["visit_goal_converted"],
            "visitConvertedIcon": f"{actions.IMAGES}/goal.svg" if row["visit_goal_converted"] else None,
            "visitCount": row["visitor_count_visits"],
            "visitEcommerceStatus": _ECOMMERCE[status],
            "visitEcommerceStatusIcon": f"{actions.IMAGES}/{_icon_of_status(status)}.svg" if status else None,
            **{f"daysSince{name}": (seconds or 0) // _DAY for name, seconds in since.items()},
            **{f"secondsSince{name}": seconds for name, seconds in since.items()},
        }

    def _counts(self, row: Row) -> dict[str, Any]:
        return {
            "searches": row["visit_total_searches"],
            "actions": row["visit_total_actions"],
            "interactions": row["visit_total_interactions"],
            "events": row["visit_total_events"],
        }

    def _referrer(self, row: Row) -> dict[str, Any]:
        kind, name, keyword = row["referer_type"], row["referer_name"] or "", row["referer_keyword"] or ""
        label, segment, *_ = TYPES[kind]
        if kind == SEARCH:
            keyword = keyword or KEYWORD_NOT_DEFINED
        elif kind == DIRECT:
            name = ""
        engine = self._request.referrer_url("search", name) if kind == SEARCH else None
        network = self._request.referrer_url("social", name) if kind == SOCIAL else None
        return {
            "referrerType": segment,
            "referrerTypeName": label,
            "referrerName": name,
            "referrerKeyword": keyword if kind in (SEARCH, CAMPAIGN) else "",
            "referrerKeywordPosition": None,
            "referrerUrl": row["referer_url"] or None,
            "referrerSearchEngineUrl": engine,
            "referrerSearchEngineIcon": f"{ICONS}/searchEngines/xx.png" if kind == SEARCH else None,
            "referrerSocialNetworkUrl": network,
            "referrerSocialNetworkIcon": f"{ICONS}/socials/xx.png" if kind == SOCIAL else None,
        }

    def _device(self, row: Row) -> dict[str, Any]:
        kind = row["config_device_type"]
        device = DEVICE_TYPES[kind].capitalize() if kind is not None and kind < len(DEVICE_TYPES) else UNKNOWN
        system, version = row["config_os"] or "UNK", row["config_os_version"] or ""
        system_name = OPERATING_SYSTEMS.get(system, UNKNOWN)
        browser, browser_version = row["config_browser_name"] or "UNK", row["config_browser_version"] or ""
        engine = row["config_browser_engine"] or ""
        language = row["location_browser_lang"] or ""
        model = row["config_device_model"] or ""
        if model.startswith("generic "):
            model = f"Generic {model.removeprefix('generic ').capitalize()}"
        plugins = [name for name in PLUGINS if row[f"config_{name}"]]
        return {
            "languageCode": language,
            "language": _language(language),
            "deviceType": device,
            "deviceTypeIcon": f"{ICONS}/devices/{device.lower().replace(' ', '_')}.png",
            "deviceBrand": BRANDS.get(row["config_device_brand"], row["config_device_brand"]) or UNKNOWN,
            "deviceModel": model or UNKNOWN,
            "operatingSystem": f"{system_name} {'' if version == 'UNK' else version}".strip(),
            "operatingSystemName": system_name,
            "operatingSystemIcon": f"{ICONS}/os/UNK.png",
            "operatingSystemCode": system,
            "operatingSystemVersion": version,
            "browserFamily": engine,
            "browserFamilyDescription": ENGINE_FAMILIES.get(engine, engine) or UNKNOWN,
            "browser": f"{browser_name(browser)} {browser_version}".strip(),
            "browserName": browser_name(browser),
            "browserIcon": f"{ICONS}/browsers/UNK.png",
            "browserCode": browser,
            "browserVersion": browser_version,
            "resolution": row["config_resolution"],
            "plugins": ", ".join(plugins),
            "pluginsIcons": [{"pluginIcon": False, "pluginName": name} for name in plugins] or None,
        }

    def _place(self, row: Row) -> dict[str, Any]:
        country = row["location_country"] or "xx"
        continent = CONTINENTS.get(country, UNKNOWN)
        region = row["location_region"]
        name = (region_name(region, country) or row["region_name"] or UNKNOWN) if region else None
        city = row["location_city"]
        place = [one for one in (city, name, country_name(country)) if one]
        return {
            "continent": continent,
            "continentCode": CONTINENT_CODES.get(continent, "unk"),
            "country": country_name(country),
            "countryCode": country,
            "countryFlag": FLAG,
            "region": name,
            "regionCode": region,
            "city": city,
            "location": ", ".join(place),
            "latitude": None if row["location_latitude"] is None else f"{row['location_latitude']:.6f}",
            "longitude": None if row["location_longitude"] is None else f"{row['location_longitude']:.6f}",
        }


def _address(text: str) -> str:
    """An IP address in its usual form; 0.0.0.0 for a log's host names and the like."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "0.0.0.0"
    mapped = address.ipv4_mapped if address.version == 6 else None
    return f"::ffff:{mapped}" if mapped is not None else str(address)


def _icon_of_status(status: int) -> str:
    return "ecommerceAbandonedCart" if status == 2 else "ecommerceOrder"


def _language(code: str) -> str:
    """`French`; with a region that is not looked up, the code itself."""
    if not code:
        return UNKNOWN
    return f"Language code {code}" if "-" in code else language_name(code)


def _in_order(action: Mapping[str, Any]) -> tuple[int, int]:
    """By time; in the same second a conversion comes after its page, and one without a page comes first."""
    return int(action["timestamp"]), int(action.get("pageId") or action.get("goalPageId") or 0)
