"""The program that sent a request: browser, library, feed reader, media player, app or mail program.

A user agent is read as a list of products, `name/version`. Tables say which product names mean what; where
several are known, the more telling one wins (`OPR` over `Chrome` over `Safari`). Agents that don't follow the
pattern (Internet Explorer, Opera before 15, text browsers) have their own rules. `docs/reference/devices.md`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from piwikcli.ingest.lookups.devices_os import System, two_parts
from piwikcli.ingest.lookups.devices_products import BROWSERS, OTHERS

BROWSER, LIBRARY, FEED_READER, MEDIA_PLAYER, MOBILE_APP, PIM = 1, 2, 3, 4, 5, 6
UNKNOWN = "UNK"


class Client(NamedTuple):
    kind: int | None  # config_client_type; None if unknown
    name: str  # a browser's code, else the client's own name; "UNK"
    version: str
    engine: str  # only browsers have one


NO_CLIENT = Client(None, UNKNOWN, "", "")

_PRODUCT = re.compile(r"([A-Za-z][\w.!+-]*)/v?(\d+(?:[._]\d+)*)")
_BARE = re.compile(r"^[\w.-]+")
_IOS_APP = re.compile(r"^([^/()]{2,60})/([\w.]+) \((?:iPhone|iPad|iPod)[^)]*; Scale/[\d.]+\)")
_CFNETWORK_APP = re.compile(r"^([^/()]{2,60})/([\w.]+) (?:\([^)]*\) )?CFNetwork/")
_FACEBOOK = re.compile(r"FBA[NV]/|\bFB_IAB")
_OUTLOOK = re.compile(r"Microsoft Outlook (\d+(?:\.\d+)*)")
_APP_PHRASES = tuple(
    (phrase, name, re.compile(pattern))
    for phrase, name, pattern in (
        ("Instagram ", "Instagram", r"\bInstagram (\d+(?:\.\d+)*)"),
        ("musical_ly", "TikTok", r"musical_ly_(\d+(?:\.\d+)*)"),
        ("trill_", "TikTok", r"\btrill_(\d+(?:\.\d+)*)"),
        ("BytedanceWebview", "TikTok", r"BytedanceWebview()"),
        ("[LinkedInApp]", "LinkedIn", r"\[LinkedInApp\](?:/(\d+(?:\.\d+)*))?"),
        ("[Pinterest/", "Pinterest", r"\[Pinterest/()"),
        ("Twitter for i", "Twitter", r"Twitter for iP(?:hone|ad)(?:/(\d+(?:\.\d+)*))?"),
    )
)
"""Apps that do not name themselves as products do: what their agents hold, their names, where the version stands."""
_TRIDENT = re.compile(r"Trident/(\d+)")
_MSIE = re.compile(r"MSIE[ +]?(\d+(?:\.\d+)?)")
_OPERA = re.compile(r"\bOpera(?:[/ ](\d+(?:\.\d+)*)|$)")
_LEADING_NUMBER = re.compile(r"\d+(?:[._]\d+)*")


def detect_client(agent: str, system: System) -> Client:
    """The client of a user agent; `system` is the operating system found in the same text."""
    products: dict[str, str] = {}
    for name, version in _PRODUCT.findall(agent):
        products.setdefault(name.lower(), version)
    return _other_client(agent, products) or _browser(agent, products, system) or _library(agent, products)


def _other_client(agent: str, products: dict[str, str]) -> Client | None:
    """Apps, players, readers and mail programs: they often claim to be a browser too, so they come first."""
    if _FACEBOOK.search(agent):
        messenger = re.search(r"FBAN/(?:Messenger|Orca)", agent)
        version = re.search(r"FBAV/([\d.]+)", agent)
        name = "Facebook Messenger" if messenger else "Facebook"
        return Client(MOBILE_APP, name, two_parts(version[1]) if version else "", "")
    for token in products:
        if (known := OTHERS.get(token)) and known[0] != LIBRARY:
            return Client(known[0], known[1], two_parts(products[token]), "")
    if match := _OUTLOOK.search(agent):
        return Client(PIM, "Microsoft Outlook", two_parts(match[1]), "")
    for phrase, name, pattern in _APP_PHRASES:
        if phrase in agent and (match := pattern.search(agent)):
            return Client(MOBILE_APP, name, two_parts(match[1] or ""), "")
    match = _IOS_APP.search(agent) or _CFNETWORK_APP.search(agent)
    if match and not match[1].endswith("Safari"):
        number = _LEADING_NUMBER.match(match[2])
        return Client(MOBILE_APP, match[1].strip()[:40], two_parts(number[0]) if number else "", "")
    return None


def _library(agent: str, products: dict[str, str]) -> Client:
    for token in products:
        if known := OTHERS.get(token):
            return Client(known[0], known[1], two_parts(products[token]), "")
    bare = _BARE.match(agent)
    if bare and (known := OTHERS.get(bare[0].lower())):
        return Client(known[0], known[1], "", "")
    return NO_CLIENT


def _browser(agent: str, products: dict[str, str], system: System) -> Client | None:
    named = _by_phrase(agent, products, system) or _by_product(products, system)
    named = named or _explorer(agent, products) or _common(agent, products, system)
    if named is None:
        return None
    code, version = named
    return Client(BROWSER, code, two_parts(version), _engine(agent, products, code, system))


Named = tuple[str, str]  # a browser's code and version

_PHRASES: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (phrase, code, re.compile(pattern, re.I))
    for phrase, code, pattern in (
        ("Opera Mini", "OI", r"Opera Mini/(?:att/)?(\d+(?:\.\d+)?)?"),
        ("Opera Tablet", "OM", r"Version/(\d+(?:\.\d+)?)"),
        ("Opera Mobi", "OM", r"Opera Mobi.*?Version/(\d+(?:\.\d+)?)|Opera Mobi()"),
        ("MetaSr", "SE", r"SE (\d+)\.X"),
        ("360SE", "3B", r"360SE()"),
        ("360EE", "3B", r"360EE()"),
        ("AOL ", "AE", r"AOL (\d+(?:\.\d+)?)"),
        ("Links (", "LI", r"\bLinks \((\d+(?:\.\d+)?)"),
        ("ELinks", "EL", r"ELinks[ /]\(?(\d+(?:\.\d+)?)?"),
        (" Kindle/", "KI", r"Kindle/(\d+(?:\.\d+)?)"),
        ("PlayStation", "NF", r"PlayStation()"),
        ("Openwave", "OV", r"Openwave/?(\d+(?:\.\d+)?)?"),
        ("UP.Browser", "OV", r"UP\.Browser/(\d+(?:\.\d+)?)"),
    )
)


def _by_phrase(agent: str, products: dict[str, str], system: System) -> Named | None:
    for phrase, code, pattern in _PHRASES:
        if phrase in agent and (match := pattern.search(agent)):
            return code, match[1] or ""
    if opera := _OPERA.search(agent):
        # Opera 10 and later freeze their product version at 9.80 and tell the true one at the end.
        version = products.get("version", opera[1] or "")
        return ("OM" if system.code in ("AND", "S60", "SYM", "WMO", "WCE") else "OP"), version
    return None


def _by_product(products: dict[str, str], system: System) -> Named | None:
    """A browser with a product name of its own, beside the Chrome, Firefox or Safari that it is made from."""
    found = [token for token in products if token in BROWSERS]
    if not found:
        return None
    token = min(found, key=BROWSERS.__getitem__)
    code, version = BROWSERS[token][1], products[token]
    if code == "OP" and system.code in ("AND", "IOS", "IPA"):
        code = "OM"
    return code, version


def _explorer(agent: str, products: dict[str, str]) -> Named | None:
    match = _MSIE.search(agent)
    trident = _TRIDENT.search(agent)
    if not match and not trident:
        return None
    if "iemobile" in products:
        return "IM", products["iemobile"]
    if "chromeframe" in products:
        return "CF", products["chromeframe"]
    if trident:
        # The engine tells the true version; compatibility views and forgeries say another one.
        return "IE", f"{int(trident[1]) + 4}.0"
    return "IE", match[1] if match else ""


def _common(agent: str, products: dict[str, str], system: System) -> Named | None:
    """Chrome, Firefox and Safari themselves, as they are called on the system at hand."""
    apple_mobile = system.code in ("IOS", "IPA")
    if "crios" in products:
        return "CI", products["crios"]
    if "fxios" in products:
        return "F1", products["fxios"]
    if "chromium" in products:
        return "CR", products["chromium"]
    if "chrome" in products:
        if "; wv)" in agent or (system.code == "AND" and products.get("version") == "4.0"):
            return "CV", products["chrome"]
        # Without the word Mobile it is the Chrome of tablets and desktops.
        return ("CM" if system.code == "AND" and "Mobile" in agent else "CH"), products["chrome"]
    if "firefox" in products and "like Firefox" not in agent:
        mobile = system.code in ("AND", "FOS", "MAE") or "Mobile;" in agent or "Tablet;" in agent
        return ("FM" if mobile else "FF"), products["firefox"]
    if apple_mobile and ("applewebkit" in products or "mobilesafari" in products):
        return "MF", products.get("version", "")
    if system.code in ("BLB", "QNX"):
        return "BB", products.get("version", "")
    if system.code == "AND" and "applewebkit" in products:
        # Its "Version/4.0" is the same in all releases, so it is none.
        return "AN", ""
    if "safari" in products and system.code not in ("WOS", "TIZ", "SBA", "S60", "SYM", "HAR"):
        return "SF", products.get("version", "")
    if system.code in ("S60", "SYM") and "applewebkit" in products:
        return "NO", ""
    if system.code == "WOS":
        return "WO", products.get("version", "")
    if products.get("gecko") and "netscape" in products:
        return "NS", products["netscape"]
    return None


_ENGINES = {"LX": "Text-based", "LI": "Text-based", "EL": "Text-based", "DI": "Dillo", "NE": "NetSurf"}


def _engine(agent: str, products: dict[str, str], code: str, system: System) -> str:
    if code in _ENGINES:
        return _ENGINES[code]
    if "presto" in products or code == "OI" or (code == "OP" and "chrome" not in products):
        return "Presto"
    if "edge" in products:
        return "Edge"
    if code in ("IE", "IM") or ("Trident/" in agent and code != "CF"):
        return "Trident"
    if "goanna" in products:
        return "Goanna"
    if code == "CF":
        return "WebKit"
    if "servo" in products:
        return "Servo"
    if "chrome" in products or "headlesschrome" in products or "chromium" in products:
        number = products.get("chrome") or products.get("headlesschrome") or products.get("chromium") or "0"
        apple_mobile = system.code in ("IOS", "IPA")
        return "Blink" if int(re.split(r"[._]", number)[0]) >= 28 and not apple_mobile else "WebKit"
    if "AppleWebKit" in agent or " WebKit/" in agent:
        return "WebKit"
    if "khtml" in products or code == "KO":
        return "KHTML"
    if "gecko" in products or "rv:" in agent:
        return "Gecko"
    return "Trident" if "MSIE" in agent else ""
