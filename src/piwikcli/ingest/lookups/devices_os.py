"""The operating system that a user agent names: Matomo's three-letter code and a version of two parts.

The first rule that matches wins, so a derived system stands above the one that it names too (Windows Phone
agents say Android, Ubuntu agents say Linux). See `docs/reference/devices.md`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from piwikcli.ingest.lookups.devices_rules import FirstMatch

UNKNOWN = "UNK"


class System(NamedTuple):
    code: str
    version: str


_NT_VERSIONS = {
    "10.0": "10",
    "6.4": "10",
    "6.3": "8.1",
    "6.2": "8",
    "6.1": "7",
    "6.0": "Vista",
    "5.2": "Server 2003",
    "5.1": "XP",
    "5.01": "2000",
    "5.0": "2000",
    "4.0": "NT",
}
_NAMED_WINDOWS = (
    # the name that tells more comes first: Windows ME also says that it is 98
    *(("9x 4.90", "ME"), ("ME", "ME"), ("95", "95"), ("98", "98"), ("2000", "2000"), ("XP", "XP"), ("NT", "NT")),
    *(("Vista", "Vista"), ("7", "7"), ("8.1", "8.1"), ("8", "8"), ("10", "10"), ("11", "11")),
)
_NAMED_WINDOWS_RULES = tuple(
    (re.compile(rf"\bWin(?:dows)?[ -]?{re.escape(name)}(?![\w.])", re.I), version) for name, version in _NAMED_WINDOWS
)
# Fire OS numbers its releases apart from the Android that it is made of.
_FIRE_VERSIONS = {"2": "1", "4": "4", "5": "5", "7": "6", "9": "7", "10": "8", "11": "8"}

_V = r"[ /:+-]?v?(\d+(?:[._]\d+)*)?"

_RULES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (code, re.compile(("(?i)" if flags else "") + pattern))
    for code, pattern, flags in (
        ("WPH", rf"Windows Phone(?: OS)?{_V}|XBLWP7|Windows Mobile (10)", 0),
        ("WMO", rf"Windows Mobile{_V}|IEMobile()", 0),
        ("WCE", r"Windows CE(?: (\d+\.\d+))?", 0),
        ("XBX", r"\bXbox()", re.I),
        ("WRT", r"Windows NT (6\.[23]); ARM", 0),
        ("WIN", r"Windows NT (\d+\.\d+(?:\.\d+)*)", 0),
        ("WIN", r"\bWin(?:dows|16|32|64|NT|9[58]|2000)", re.I),
        ("WAS", rf"(?:Watch ?OS|Apple ?Watch){_V}", re.I),
        ("ATV", rf"(?:Apple ?TV|tvOS){_V}", re.I),
        ("IPA", r"iPadOS[ /](\d+(?:[._]\d+)*)|iPad.{0,40}? OS ((?:1[3-9]|[2-9]\d)(?:[._]\d+)*)", 0),
        ("IOS", r"(?:iPhone|iPad|iPod).{0,40}? i?OS (\d+(?:[._]\d+)*)|\biOS[ /:](\d+(?:[._]\d+)*)", 0),
        ("IOS", r"\b(?:iPhone|iPad|iPod)()", 0),
        ("PSP", rf"PlayStation (?:Portable|Vita){_V}", re.I),
        # The version is that of the console, then that of its firmware.
        ("PS3", r"PlayStation ?(\d[/; ]{0,2}\d*)", re.I),
        ("NDS", r"Nintendo (?:3DS|DSi?)()", 0),
        ("WII", r"Nintendo (?:Switch|Wii ?U?)()", 0),
        ("KOS", rf"KAIOS{_V}", re.I),
        ("TIZ", rf"Tizen{_V}", 0),
        ("SBA", rf"\bbada{_V}", re.I),
        ("WOS", rf"Web0S{_V}|(?:webOS|hpwOS|hp-tablet){_V}|NetCast{_V}", 0),
        ("SAF", rf"Sailfish{_V}", 0),
        ("SMG", r"MeeGo()", 0),
        ("HAR", rf"(?:HarmonyOS|OpenHarmony){_V}", 0),
        (
            "FIR",
            r"(?:Android (\d+)[^;]*; )?(?:[\w-]+; )?\b(?:KF[A-Z]{2,6}|AFT[A-Z0-9]{1,6}|Kindle Fire)\b",
            0,
        ),
        ("ADR", rf"Android{_V}[^)]*BRAVIA|Android TV{_V}|Android{_V}[^)]*\bTV\b", 0),
        ("GTV", rf"GoogleTV{_V}|CrKey()", 0),
        ("WER", r"Wear OS|Android Wear", 0),
        ("MET", r"Meta Horizon", 0),
        ("LEN", r"Lineage ?OS", re.I),
        ("YNS", rf"YunOS{_V}", re.I),
        ("AND", rf"Android \(\d+/(\d+(?:\.\d+)*)|Android{_V}|\bAdr (\d[\d.]*)", re.I),
        ("FOS", r"\((?:Mobile|Tablet|TV)(?:; [^;)]+)?; rv:\d[^)]*\) Gecko", 0),
        ("QNX", rf"RIM Tablet OS{_V}|PlayBook()", 0),
        (
            "BLB",
            r"\bBB10;?(?:.*Version/(\d+(?:\.\d+)*))?|BlackBerry(?:.*Version/(\d+(?:\.\d+)*)|\w+/(\d+(?:\.\d+)*))?",
            0,
        ),
        ("S60", r"(?:Series|S)60(?:/(\d+(?:\.\d+)*))?", 0),
        ("S40", r"Series ?40|Nokia(?:\d{4}|Asha)", 0),
        ("SYM", r"Symb(?:ian|OS)(?:\^?OS)?(?:[ /](\d+(?:\.\d+)*))?", 0),
        ("MTK", r"\bMAUI\b|\bMTK\b|Nucleus", re.I),
        ("BMP", r"\bBREW\b", 0),
        ("POS", r"Palm ?OS(?: (\d+(?:\.\d+)*))?|PalmSource", re.I),
        ("COS", r"\bCrOS [\w.]+ (\d+(?:\.\d+)*)|\bCrOS()", 0),
        ("MAC", r"\bOS X v?(\d+(?:[._]\d+)*)|macOS[ /](\d+(?:[._]\d+)*)", 0),
        ("MAC", r"Mac(?:intosh| OS X|_PowerPC)|\bPPC;|\bmacOS\b", 0),
        ("JME", r"J2ME|MIDP|\bJava ME\b", 0),
        ("ROK", rf"Roku(?:/DVP-|OS/){_V}|\bRoku()", 0),
        ("VID", rf"VIDAA{_V}", 0),
        ("KBT", rf"Kubuntu{_V}", re.I),
        ("XBT", rf"Xubuntu{_V}", re.I),
        ("LBT", rf"Lubuntu{_V}", re.I),
        ("MIN", rf"Linux Mint{_V}", re.I),
        ("UBT", rf"\bUbuntu{_V}", re.I),
        ("DEB", rf"Debian{_V}", re.I),
        ("FED", r"Fedora(?:.*?\.fc(\d+))?", re.I),
        ("CES", rf"CentOS{_V}", re.I),
        ("RHT", r"Red ?Hat(?:.*?\.el(\d+))?", re.I),
        ("SSE", r"\bSUSE\b", re.I),
        ("GNT", r"Gentoo", re.I),
        ("MDR", r"Mandriva", re.I),
        ("MAG", r"Mageia", re.I),
        ("SLW", r"Slackware", re.I),
        ("ARL", r"Arch ?Linux", re.I),
        ("PCL", r"PCLinuxOS", re.I),
        ("ALP", r"Alpine Linux", re.I),
        ("MAE", r"Maemo", re.I),
        ("BSD", rf"FreeBSD{_V}", 0),
        ("NBS", rf"NetBSD{_V}", 0),
        ("OBS", rf"OpenBSD{_V}", 0),
        ("DFB", r"DragonFly", 0),
        ("SOS", r"SunOS|Solaris", 0),
        ("AIX", rf"\bAIX{_V}", 0),
        ("HPX", r"HP-UX", 0),
        ("IRI", r"\bIRIX", 0),
        ("T64", r"\bOSF1", 0),
        ("HAI", r"\bHaiku\b", 0),
        ("BEO", r"\bBeOS\b", 0),
        ("OS2", r"\bOS/2\b|Warp", 0),
        ("MOR", r"MorphOS", 0),
        ("AMG", r"Amiga", 0),
        ("ROS", r"RISC OS", 0),
        ("OVS", r"OpenVMS", 0),
        ("SYL", r"Syllable", 0),
        ("LIN", r"Linux|\bX11\b", 0),
    )
)

_SYSTEMS = FirstMatch(pattern.pattern for _, pattern in _RULES)

# What CFNetwork agents say instead of a system: the kernel's version.
_DARWIN = re.compile(r"Darwin/(\d+)\.(\d+)")


def two_parts(version: str) -> str:
    """`"17.2.1"` and `"17_2_1"` as `"17.2"`; a version of one part stays as it is."""
    return ".".join(version.replace("_", ".").strip(".").split(".")[:2])


def detect_system(agent: str) -> System:
    """The operating system named by a user agent; `UNK`, `UNK` if there is none."""
    rule = _SYSTEMS.find(agent)
    if rule is not None and (match := _RULES[rule][1].search(agent)):
        code = _RULES[rule][0]
        version = next((group for group in match.groups() if group), "")
        return System(code, _version(code, version, agent))
    if match := _DARWIN.search(agent):
        return _from_darwin(agent, int(match[1]), int(match[2]))
    return System(UNKNOWN, UNKNOWN)


def _version(code: str, version: str, agent: str) -> str:
    if code == "WIN":
        return _windows_version(version, agent)
    if code == "WRT":
        return _NT_VERSIONS[version]
    if code == "FIR":
        return _FIRE_VERSIONS.get(version, "")
    if code == "PS3":
        return two_parts(".".join(re.findall(r"\d+", version)))
    if code == "WOS" and not version and "Web0S" in agent:
        return "1"
    return two_parts(version)


def _windows_version(version: str, agent: str) -> str:
    if version:
        # A build number after the version means an application; Matomo keeps its version as a number.
        return _NT_VERSIONS.get(version, two_parts(version))
    return next((version for pattern, version in _NAMED_WINDOWS_RULES if pattern.search(agent)), "")


def _from_darwin(agent: str, major: int, minor: int) -> System:
    """Darwin 13 is Mac OS X 10.9 and iOS 6; since Darwin 25 both systems are one ahead of their kernel."""
    if re.search(r"x86_64|i386|\(Mac|powerpc", agent, re.I) or major < 9:
        if major < 20:
            return System("MAC", f"10.{major - 4}")
        return System("MAC", str(major - 9 if major < 25 else major + 1))
    if major >= 25:
        return System("IOS", f"{major + 1}.{minor}")
    ios = {
        9: "3",
        10: "4",
        11: "5",
        12: "6",
        13: "6",
        14: "7",
        15: "9",
        16: "10",
        17: "11",
        18: "12",
        19: "13",
    }
    return System("IOS", ios.get(major, str(major - 6)))
