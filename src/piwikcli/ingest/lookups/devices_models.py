"""The device that a user agent names: type, brand and model.

Android agents write a maker's model code where a report should show a name. What the tables here don't know
is taken as it stands when it begins with a brand's name; then `ua-parser` is asked for the brand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from piwikcli.ingest.lookups.devices_model_names import FIRE_TVS, IPHONES, MODELS, PHABLETS, RULES, TABLETS
from piwikcli.ingest.lookups.devices_os import System
from piwikcli.ingest.lookups.devices_rules import FirstMatch
from piwikcli.plugins.device_names import BRANDS, DEVICE_TYPES, OS_FAMILIES

DESKTOP, SMARTPHONE, TABLET, FEATURE_PHONE, CONSOLE, TV = 0, 1, 2, 3, 4, 5
CAR_BROWSER, PORTABLE_MEDIA_PLAYER, PHABLET, WEARABLE = 6, 9, 10, 12

_DESKTOP_FAMILIES = frozenset(
    ("AmigaOS", "BeOS", "Chrome OS", "GNU/Linux", "IBM", "Mac", "OpenVMS", "RISC OS", "Unix", "Windows")
)
_MOBILE_FAMILIES = frozenset(
    (
        "Android",
        "BlackBerry",
        "Brew",
        "Firefox OS",
        "Other Mobile",
        "Real-time OS",
        "Symbian",
        "Windows Mobile",
        "iOS",
    )
)
_APPLE_CODES = frozenset(("IOS", "IPA", "MAC", "ATV", "WAS"))

_ANDROID_MODEL = re.compile(
    r"(?:Android|Adr|HarmonyOS)[^;)]*; ?(?:HarmonyOS; ?)?(?:U; ?|arm(?:_64|v\d\w*)?; ?|x86(?:_64)?; ?)?"
    r"(?:[a-z]{2,3}(?:[-_][A-Za-z]{0,4})?; ?)?([^;()]+(?:\([^()]*\)[^;()]*)*)"
)
_KINDLE_MODEL = re.compile(r"\b(KF[A-Z]{2,6}|Kindle Fire)\b")
_NOT_A_MODEL = re.compile(
    r"(?:K|Mobile|Tablet|TV|wv|U|Linux|Build|Unspecified Device|rv:.*|[a-z]{2}[-_][a-zA-Z]{2})$"
)
_BUILD = re.compile(r"(?: Build[/ ]?| MIUI/|/[A-Z]\w*\d).*$")
_TV = FirstMatch(
    (
        r"(?i)Smart[- ]?TV|HbbTV|GoogleTV|Google TV|Android TV|Apple ?TV|Web0S|NetCast|CrKey|VIDAA|Viera/",
        r"\bBRAVIA\b|\bAFT[A-Z]|\bRoku|OPR/[\d.]+ OMI/|POV_TV|InettvBrowser|\bDTV\b|Maple 20\d\d|Opera TV",
    )
)
_TV_BRANDS = (
    ("Web0S", "LG"),
    ("NetCast", "LG"),
    ("BRAVIA", "SO"),
    ("Viera", "PA"),
    ("AFT", "AZ"),
    ("Roku", "RK"),
    ("VIDAA", "HI"),
    ("Philips", "PH"),
    ("Maple", "SA"),
    ("CrKey", "GO"),
    ("SMART-TV; Linux; Tizen", "SA"),
    ("SMART-TV; LINUX; Tizen", "SA"),
)
_TV_MODELS: tuple[tuple[re.Pattern[str], dict[str, str], str], ...] = (
    (re.compile(r"\bAFT\w+\b"), FIRE_TVS, "Fire TV"),
    (re.compile(r"SMART-TV; (?:Linux|LINUX); Tizen"), {}, "Smart TV"),
)
"""What tells a model, the models of some, the model of the others."""
_CARS = re.compile(r"\b(?:Tesla/[\w.-]*\d|QtCarBrowser)")
_HBBTV = re.compile(r"HbbTV/[\d.]+ \([^;)]*; ?([^;)]+);")
_KAIOS_MODEL = re.compile(r"\(Mobile; (?:Android; )?([A-Za-z]+)[_ ]([^;)]+); rv:")
_IPHONE = re.compile(r"\biPhone ?(\d+)[,C](\d)")
_HEADSETS = re.compile(r"Quest(?: \w+)*$")
_CONSOLES = (
    (re.compile(r"PlayStation (Portable|Vita)", re.I), "SO", "PlayStation {0}"),
    (re.compile(r"PlayStation ?(\d)", re.I), "SO", "PlayStation {0}"),
    (re.compile(r"Nintendo (3DS|DSi|DS|Switch|Wii ?U|Wii)"), "NI", "{0}"),
    (re.compile(r"Xbox (One|Series S|Series X)"), "MS", "Xbox {0}"),
    (re.compile(r"XBOX_ONE_ED"), "MS", "Xbox One"),
    (re.compile(r"\bXbox\b", re.I), "MS", "Xbox 360"),
)
_WINDOWS_PHONE = re.compile(
    r"IEMobile/[\d.]+; (?:ARM; )?(?:Touch; )?(?:rv:[\d.]+; )?([^;)]+); ([^;)]+)"
    r"|Windows Phone [\d.]+; Android [\d.]+; ([^;)]+); ([^;)]+)"
)
# Instagram lists "API level/Android; density; size; maker/brand; model; ..." instead.
_APP_MODEL = re.compile(r"Android \(\d+/[\d.]+; \d+dpi; \d+x\d+; ([^;/]+)[^;]*; ([^;)]+)")
_FEATURE_PHONE = re.compile(r"\b(Nokia|SonyEricsson|BlackBerry|LAVA|Micromax|SAMSUNG-|LG-)[ /.-]?([\w.-]+)", re.I)


class Model(NamedTuple):
    type: int | None  # config_device_type
    brand: str  # a code of BRANDS, or ""
    model: str


Lookup = Callable[[str], tuple[str, str] | None]  # agent -> (brand's name, model), as ua-parser knows them

_BRAND_CODES = {name.lower(): code for code, name in BRANDS.items()}
_BRAND_CODES |= {
    "alcatel one touch": "AL",
    "motorola": "MR",
    "huawei technologies": "HU",
    "tecno": "TO",
}
_BRAND_CODES |= {"sonyericsson": "SE", "amazon": "AZ", "wileyfox": "WL", "kindle": "AZ", "hw-huawei": "HU"}
_BRANDED = re.compile(
    "(" + "|".join(re.escape(name) for name in sorted(_BRAND_CODES, key=len, reverse=True)) + r")[ _-]+(\S.*)$",
    re.I,
)


def detect_model(agent: str, system: System, lookup: Lookup) -> Model:
    """Type, brand and model of the device; `lookup` is asked where the tables have no answer."""
    kind, brand, model = _named(agent, system, lookup)
    if kind is None:
        kind = _inferred_type(agent, system)
    if kind is None and brand and system.code == "AND":
        kind = SMARTPHONE
    if not brand and system.code in _APPLE_CODES:
        brand = "AP"
    if brand == "AP" and system.code not in _APPLE_CODES:
        brand = model = ""
    if not model and kind is not None:
        model = f"generic {DEVICE_TYPES[kind]}"
    elif not model and OS_FAMILIES.get(system.code) in _MOBILE_FAMILIES:
        model = "generic mobile"
    return Model(kind, brand, model)


def _named(agent: str, system: System, lookup: Lookup) -> Model:
    if system.code in ("IOS", "IPA", "ATV", "WAS"):
        return _apple(agent)
    if system.code in ("PSP", "PS3", "NDS", "WII", "XBX"):
        for pattern, brand, model in _CONSOLES:
            if match := pattern.search(agent):
                return Model(CONSOLE, brand, model.format(*match.groups()))
    if _TV.find(agent) is not None:
        brand = next((code for token, code in _TV_BRANDS if token in agent), "")
        if not brand and (match := _HBBTV.search(agent)):
            brand = _BRAND_CODES.get(match[1].strip().lower(), "")
        for pattern, models, other in _TV_MODELS:
            if match := pattern.search(agent):
                return Model(TV, brand, models.get(match[0], other))
        return Model(TV, brand, "")
    if " Kindle/" in agent:
        return Model(TABLET, "AZ", "Kindle")
    if _CARS.search(agent):
        return Model(CAR_BROWSER, "TA", "")
    if system.code == "KOS" and (match := _KAIOS_MODEL.search(agent)):
        brand = _BRAND_CODES.get(match[1].lower(), "")
        return Model(FEATURE_PHONE, brand, match[2].replace("_", " ") if brand else "")
    if system.code in ("AND", "FIR", "HAR", "YNS", "LEN"):
        return _android(agent, lookup)
    if system.code == "WPH" and (match := _WINDOWS_PHONE.search(agent)):
        brand = _BRAND_CODES.get((match[1] or match[3]).strip().lower(), "")
        return Model(SMARTPHONE, brand, (match[2] or match[4]).strip() if brand else "")
    if system.code in ("S40", "JME", "MTK", "BLB", "SYM", "S60", "UNK") and (match := _FEATURE_PHONE.search(agent)):
        brand = _BRAND_CODES.get(match[1].rstrip("-").lower(), "")
        phone = SMARTPHONE if system.code in ("BLB", "SYM", "S60") else FEATURE_PHONE
        if match[1].lower() == "blackberry":
            return Model(phone, "RM", f"BlackBerry {match[2]}")
        return Model(phone, brand, match[2] if brand else "")
    if system.code == "BLB":
        return Model(SMARTPHONE, "RM", "")
    return Model(None, "", "")


def _apple(agent: str) -> Model:
    if match := _IPHONE.search(agent):
        return Model(SMARTPHONE, "AP", IPHONES.get(f"{match[1]},{match[2]}", "iPhone"))
    for word, kind, model in (
        ("iPad", TABLET, "iPad"),
        ("iPod", PORTABLE_MEDIA_PLAYER, "iPod Touch"),
        ("iPhone", SMARTPHONE, "iPhone"),
        ("AppleTV", TV, "Apple TV"),
        ("Apple TV", TV, "Apple TV"),
        ("Watch", WEARABLE, "Apple Watch"),
    ):
        if word in agent:
            return Model(kind, "AP", model)
    return Model(None, "AP", "")


def _android(agent: str, lookup: Lookup) -> Model:
    match = _KINDLE_MODEL.search(agent)
    if match:
        return Model(TABLET, "AZ", MODELS.get(match[1], ("AZ", "Kindle Fire"))[1])
    if match := _APP_MODEL.search(agent):
        code = f"{match[1]} {match[2]}"
    elif match := _ANDROID_MODEL.search(agent):
        code = _BUILD.sub("", match[1]).strip(" _-")
    else:
        return Model(None, "", "")
    if not code or _NOT_A_MODEL.match(code):
        return Model(None, "", "")
    brand, model = name_of(code)
    if not brand:
        found = lookup(agent)
        brand = _BRAND_CODES.get(found[0].lower(), "") if found else ""
        model = found[1] if found and brand else ""
    if _HEADSETS.match(model):
        return Model(WEARABLE, brand, model)
    if not brand:
        return Model(None, "", "")
    return Model(_type_of(code, model), brand, model[:100])


def name_of(code: str) -> tuple[str, str]:
    """Brand code and name of an Android model: `"SM-G991B"` is `("SA", "Galaxy S21 5G")`; else empty."""
    code = re.sub(r"^(?:SAMSUNG|Samsung|samsung)[ _-]", "", code)
    if known := MODELS.get(code):
        return known
    for brand, pattern, name in RULES:
        if match := pattern.match(code):
            # The longest known beginning of the code: regions and carriers only differ in its last letters.
            for length in range(len(match[1]), 3, -1):
                if known := MODELS.get(match[1][:length]):
                    return known
            return brand, _tidy(name.format(match[1]))
    if branded := _BRANDED.match(code):
        return _BRAND_CODES[branded[1].lower()], branded[2].replace("_", " ").strip()
    return "", ""


def _tidy(model: str) -> str:
    """Motorola writes `moto g(60)` for what it sells as Moto G60; others use underscores for blanks."""
    if model.lower().startswith("moto"):
        model = re.sub(r"(?i)^motorola ", "", model)
        model = re.sub(r" ?\((\d{1,2}\w?)\)", r"\1", model)
        model = re.sub(r"(?:^|(?<= ))[a-z]", lambda letter: letter[0].upper(), model)
    return " ".join(model.replace("_", " ").split())


def _type_of(code: str, model: str) -> int | None:
    if PHABLETS.search(model):
        return PHABLET
    return TABLET if TABLETS.search(model) or TABLETS.search(code) else None


def _inferred_type(agent: str, system: System) -> int | None:
    if system.code in ("AND", "FIR", "HAR", "YNS", "LEN"):
        return _android_type(agent, system)
    if system.code in ("JME", "KOS", "MTK", "S40", "BMP", "MRE"):
        return FEATURE_PHONE
    if system.code in ("WPH", "WMO", "BLB", "SYM", "S60", "SY3", "FOS", "SBA", "SMG", "SAF"):
        return TABLET if "Tablet" in agent else SMARTPHONE
    if system.code in ("ADR", "GTV", "ROK", "VID", "WHS", "OTV", "TIV"):
        return TV
    if system.code == "WOS":
        return TABLET if "hp-tablet" in agent else SMARTPHONE
    if system.code == "QNX":
        return TABLET
    if system.code == "WER":
        return WEARABLE
    if system.code == "TIZ" and "Mobile" in agent:
        return SMARTPHONE
    if system.code == "WRT" or (system.code == "WIN" and re.search(r"Windows NT (?:6\.[23]|10).*\bTouch\b", agent)):
        return TABLET
    if OS_FAMILIES.get(system.code) in _DESKTOP_FAMILIES:
        return DESKTOP
    return None


def _android_type(agent: str, system: System) -> int | None:
    if "Android" in agent and re.search(r"Android[^)]*\bTablet\b|Opera Tablet", agent):
        return TABLET
    if "Mobile" in agent or "Opera Mobi" in agent or "Opera Mini" in agent:
        return SMARTPHONE
    if system.code == "FIR" or "Chrome/" in agent or system.version.startswith("3"):
        return TABLET
    if system.version[:2] in ("1.", "2."):
        return SMARTPHONE
    # Since Android 3 a browser that doesn't say Mobile runs on a tablet; apps and libraries say nothing.
    return TABLET if "Safari/" in agent else None
