"""What a user agent tells about browser, operating system and device, in Matomo's codes.

    agent -> bot? -> system (devices_os) -> client (devices_clients) -> device (devices_models)

Matomo has its own detector; this one gives the same answers for what is common in access logs, and sensible
ones for the rest. Differences and unknown values: `docs/reference/devices.md`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

from ua_parser import Domain, Resolver
from ua_parser.loaders import load_builtins

from piwikcli.ingest.jsontext import loads
from piwikcli.ingest.lookups.bots import is_tracker_bot
from piwikcli.ingest.lookups.devices_clients import BROWSER, NO_CLIENT, UNKNOWN, Client, detect_client
from piwikcli.ingest.lookups.devices_models import detect_model, name_of
from piwikcli.ingest.lookups.devices_os import System, detect_system, two_parts
from piwikcli.ingest.lookups.devices_rules import plain
from piwikcli.plugins.device_names import BROWSERS, OPERATING_SYSTEMS


class Device(NamedTuple):
    """The device columns of a visit. Codes are those of `piwikcli.plugins.device_names`."""

    is_bot: bool
    os: str  # three characters; "UNK", and "BOT" for bots
    os_version: str  # "10", "14.4", "XP"; "" if not told, "UNK" beside "UNK" and "BOT"
    browser: str  # two characters; another client's own name, at most 40 characters; "UNK"
    browser_version: str  # "120.0"; "" if not told
    engine: str  # "Blink", "WebKit", ...; "" if not a browser
    client_type: int | None  # 1 browser, 2 library, 3 feed reader, 4 media player, 5 mobile app, 6 mail program
    device_type: int | None  # position in DEVICE_TYPES
    brand: str  # two or three characters, "" if unknown
    model: str  # "iPhone", "generic desktop"; "" if unknown

    @property
    def fingerprint(self) -> str:
        """What two agents must share to come from one visitor: system, browser and browser version.

        A client that is not a browser counts as an unknown one without a version.
        """
        if self.client_type != BROWSER:
            return f"{self.os};{UNKNOWN};"
        return f"{self.os};{self.browser};{self.browser_version}"


BOT = Device(True, "BOT", UNKNOWN, UNKNOWN, "", "", None, None, "", "")


@functools.cache
def _parser() -> Resolver:
    """The compiled patterns of ua-parser: half a second to build, so once a process and only if needed."""
    from ua_parser.regex import Resolver as RustResolver

    return RustResolver(load_builtins())


def _known_model(agent: str) -> tuple[str, str] | None:
    found = _parser()(agent, Domain.DEVICE).device
    if not found or not found.brand or found.brand.startswith("Generic"):
        return None
    return found.brand, found.model or ""


_BROWSER_CODES = {name.lower(): code for code, name in BROWSERS.items()}
_SYSTEM_CODES = {name.lower(): code for code, name in reversed(OPERATING_SYSTEMS.items())}


def _known_client(agent: str) -> Client:
    found = _parser()(agent, Domain.USER_AGENT).user_agent
    code = _BROWSER_CODES.get(found.family.lower()) if found else None
    if not found or not code:
        return NO_CLIENT
    return Client(BROWSER, code, ".".join(part for part in (found.major, found.minor) if part), "")


def _known_system(agent: str) -> System:
    found = _parser()(agent, Domain.OS).os
    code = _SYSTEM_CODES.get(found.family.lower()) if found else None
    if not found or not code:
        return System(UNKNOWN, UNKNOWN)
    return System(code, ".".join(part for part in (found.major, found.minor) if part))


@functools.lru_cache(maxsize=1 << 16)
def detect(user_agent: str) -> Device:
    """The device of one user agent. Never fails: an empty or unknown agent gives unknown values.

    Client hints (the JSON text of `uadata`) follow after a line break.
    """
    user_agent, _, hints = user_agent.partition("\n")
    if hints:
        return with_hints(detect(_with_model(user_agent, hints)), hints)
    agent = plain(user_agent.strip())
    if is_tracker_bot(agent):
        return BOT
    system = detect_system(agent)
    client = detect_client(agent, system)
    if system.code == UNKNOWN and client.kind is None and len(agent) > 1:
        system, client = _known_system(agent), _known_client(agent)
    kind, brand, model = detect_model(agent, system, _known_model)
    return Device(
        is_bot=False,
        os=system.code,
        os_version=system.version,
        browser=client.name[:40],
        browser_version=client.version[:20],
        engine=client.engine,
        client_type=client.kind,
        device_type=kind,
        brand=brand,
        model=model[:100],
    )


def detect_all(user_agents: Sequence[str]) -> list[Device]:
    """One device per agent, in the same order. Give distinct agents: each costs about 0.1 ms."""
    return [detect(agent) for agent in user_agents]


_HINT_BRANDS = {
    "google chrome": "CH",
    "microsoft edge": "PS",
    "opera": "OP",
    "samsung internet": "SB",
    "brave": "BR",
    "yandex": "YA",
    "vivaldi": "VI",
    "whale": "WH",
    "duckduckgo": "DD",
}
_HINT_SYSTEMS = {"windows": "WIN", "macos": "MAC", "android": "AND", "chrome os": "COS"}
_HINT_OLD_WINDOWS = {"0.1": "7", "0.2": "8", "0.3": "8.1"}


_NO_MODEL = re.compile(r"(Android 10[\d.]*; )K(?= Build/|[;)])")
"""What Chrome writes in the place of every model."""


def _hints(uadata: str) -> dict[str, object]:
    try:
        hints = loads(uadata)
    except ValueError:
        return {}
    return hints if isinstance(hints, dict) else {}


def _with_model(agent: str, uadata: str) -> str:
    """The agent with the model that the hints tell, as agents had it once: a model may be a tablet, or a phablet."""
    if _NO_MODEL.search(agent) is None:
        return agent
    model = re.sub(r"[();]", "", str(_hints(uadata).get("model") or "")).strip()
    return _NO_MODEL.sub(lambda found: found[1] + model, agent) if model else agent


def with_hints(device: Device, uadata: str) -> Device:
    """`device` with what client hints say better: `uadata` is the JSON text of that tracking parameter.

    Frozen agents hide the system's version and a phone's model; hints give both. Text that isn't a JSON
    object changes nothing.
    """
    hints = _hints(uadata)
    if not hints or device.is_bot:
        return device
    os, os_version = _hinted_system(device, hints)
    browser, browser_version = _hinted_browser(device, hints)
    brand, model = name_of(str(hints.get("model") or "")) if not device.brand else ("", "")
    return device._replace(
        os=os,
        os_version=os_version,
        browser=browser,
        browser_version=browser_version,
        brand=brand or device.brand,
        model=model or device.model,
    )


def _hinted_system(device: Device, hints: dict[str, object]) -> tuple[str, str]:
    code = _HINT_SYSTEMS.get(str(hints.get("platform", "")).lower(), "")
    version = str(hints.get("platformVersion") or "")
    major = re.match(r"\d+", version)
    if not code or not major:
        return device.os, device.os_version
    if code == "WIN":
        # Windows hints count API contracts: 1 to 10 are Windows 10, 13 and up 11, and 0 what came before.
        number = int(major[0])
        before = _HINT_OLD_WINDOWS.get(two_parts(version), device.os_version)
        return code, "11" if number > 10 else "10" if number else before
    return code, two_parts(re.sub(r"(?:\.0)+$", "", version) if code == "AND" else version)


def _hinted_browser(device: Device, hints: dict[str, object]) -> tuple[str, str]:
    full = hints.get("fullVersionList")
    for entry in full if isinstance(full, list) else []:
        if not isinstance(entry, dict):
            continue
        code = _HINT_BRANDS.get(str(entry.get("brand", "")).lower(), "")
        version = two_parts(str(entry.get("version", "")))
        if code and code != "CH" and device.browser in ("CH", "CM"):
            return code, version
        if code and code in (device.browser, {"CM": "CH", "OM": "OP"}.get(device.browser)):
            return device.browser, version
    return device.browser, device.browser_version
