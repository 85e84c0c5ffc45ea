"""Devices: user agents and what Matomo's columns say about them."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piwikcli.ingest.lookups.devices import BOT, Device, detect, detect_all, with_hints
from piwikcli.ingest.lookups.devices_models import name_of
from piwikcli.ingest.lookups.devices_os import detect_system, two_parts
from piwikcli.plugins.device_names import (
    BRANDS,
    BROWSERS,
    DEVICE_TYPES,
    ENGINE_FAMILIES,
    OPERATING_SYSTEMS,
    OS_FAMILIES,
)

# agent -> os, version, browser, version, engine, client type, device type, brand, model
AGENTS: list[tuple[str, tuple[object, ...]]] = [
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/120.0.0.0 Safari/537.36",
        ("WIN", "10", "CH", "120.0", "Blink", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/32.0.1700.107 Safari/537.36",
        ("WIN", "7", "CH", "32.0", "Blink", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (Windows NT 5.1) AppleWebKit/534.24 (KHTML, like Gecko) Chrome/11.0.696.71 Safari/534.24",
        ("WIN", "XP", "CH", "11.0", "WebKit", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (Windows; U; Windows NT 5.1; en-US; rv:1.9.0.1) Gecko/2008070208 Firefox/3.0.1",
        ("WIN", "XP", "FF", "3.0", "Gecko", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (Windows NT 6.3; Win64; x64; rv:115.0) Gecko/20100101 Firefox/115.0",
        ("WIN", "8.1", "FF", "115.0", "Gecko", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/122.0.0.0 Safari/537.36 Edg/122.0.2365.92",
        ("WIN", "10", "PS", "122.0", "Blink", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/64.0.3282.140 Safari/537.36 Edge/17.17134",
        ("WIN", "10", "PS", "17.17134", "Edge", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
        ("WIN", "10", "IE", "11.0", "Trident", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (Windows NT 6.3; ARM; Trident/7.0; Touch; rv:11.0) like Gecko",
        ("WRT", "8.1", "IE", "11.0", "Trident", 1, 2, "", "generic tablet"),
    ),
    (
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.0)",
        ("WIN", "Vista", "IE", "7.0", "Trident", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/4.0)",
        ("WIN", "7", "IE", "8.0", "Trident", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.1; Trident/5.0)",
        ("WIN", "7", "IE", "9.0", "Trident", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/4.0+(compatible;+MSIE+7.0;+Windows+NT+5.1;+Trident/4.0)",
        ("WIN", "", "IE", "8.0", "Trident", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; Trident/6.0; IEMobile/10.0; ARM; "
        "Touch; NOKIA; Lumia 920)",
        ("WPH", "8.0", "IM", "10.0", "Trident", 1, 1, "NO", "Lumia 920"),
    ),
    (
        "Opera/9.80 (Windows NT 6.1; U; en) Presto/2.10.229 Version/11.62",
        ("WIN", "7", "OP", "11.62", "Presto", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 "
        "Safari/537.36 OPR/106.0.0.0",
        ("LIN", "", "OP", "106.0", "Blink", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/116.0.5845.837 YaBrowser/23.9.4.837 Yowser/2.5 Safari/537.36",
        ("WIN", "10", "YA", "23.9", "Blink", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/122.0.0.0 Safari/537.36 Vivaldi/6.6.3271.45",
        ("MAC", "10.15", "VI", "6.6", "Blink", 1, 0, "AP", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_3_1) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/17.3.1 Safari/605.1.15",
        ("MAC", "14.3", "SF", "17.3", "WebKit", 1, 0, "AP", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:119.0) Gecko/20100101 Firefox/119.0",
        ("MAC", "10.15", "FF", "119.0", "Gecko", 1, 0, "AP", "generic desktop"),
    ),
    (
        "Mozilla/4.0 (compatible; MSIE 5.23; Mac_PowerPC)",
        ("MAC", "", "IE", "5.23", "Trident", 1, 0, "AP", "generic desktop"),
    ),
    (
        "Safari/9537.73.11 CFNetwork/673.0.3 Darwin/13.0.0 (x86_64) (MacBookPro8%2C1)",
        ("MAC", "10.9", "SF", "", "", 1, 0, "AP", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0",
        ("UBT", "", "FF", "136.0", "Gecko", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (X11; U; Linux i686; es-ES; rv:1.9.0.8) Gecko/2009033100 Ubuntu/9.04 (jaunty) Firefox/3.0.8",
        ("UBT", "9.04", "FF", "3.0", "Gecko", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (X11; Fedora; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0",
        ("FED", "", "FF", "125.0", "Gecko", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (X11; Linux x86_64; rv:20.0) Gecko/20100101 Firefox/20.0 Iceweasel/20.0",
        ("LIN", "", "IW", "20.0", "Gecko", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (X11; U; Linux x86_64; en-us) AppleWebKit/531.2+ (KHTML, like Gecko) "
        "Safari/531.2+ Epiphany/2.30.6",
        ("LIN", "", "EP", "2.30", "WebKit", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (compatible; Konqueror/3.5; OpenBSD) KHTML/3.5.9 (like Gecko)",
        ("OBS", "", "KO", "3.5", "KHTML", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/124.0.0.0 Safari/537.36",
        ("COS", "14541.0", "CH", "124.0", "Blink", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "HeadlessChrome/120.0.6099.109 Safari/537.36",
        ("LIN", "", "HC", "120.0", "Blink", 1, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/17.2 Mobile/15E148 Safari/604.1",
        ("IOS", "17.2", "MF", "17.2", "WebKit", 1, 1, "AP", "iPhone"),
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) CriOS/125.0.6422.80 Mobile/15E148 Safari/604.1",
        ("IOS", "17.5", "CI", "125.0", "WebKit", 1, 1, "AP", "iPhone"),
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) FxiOS/126.0 Mobile/15E148 Safari/605.1.15",
        ("IOS", "17.5", "F1", "126.0", "WebKit", 1, 1, "AP", "iPhone"),
    ),
    (
        "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/16.6 Mobile/15E148 Safari/604.1",
        ("IPA", "16.6", "MF", "16.6", "WebKit", 1, 2, "AP", "iPad"),
    ),
    (
        "Mozilla/5.0 (iPad; CPU OS 7_0_4 like Mac OS X) AppleWebKit/537.51.1 (KHTML, like Gecko) "
        "Version/7.0 Mobile/11B554a Safari/9537.53",
        ("IOS", "7.0", "MF", "7.0", "WebKit", 1, 2, "AP", "iPad"),
    ),
    (
        "Mozilla/5.0 (iPod; CPU iPhone OS 6_1_5 like Mac OS X) AppleWebKit/536.26 (KHTML, like "
        "Gecko) Version/6.0 Mobile/10B400 Safari/8536.25",
        ("IOS", "6.1", "MF", "6.0", "WebKit", 1, 9, "AP", "iPod Touch"),
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/467.0.0.43.101;FBDV/iPhone14,5]",
        ("IOS", "17.5", "Facebook", "467.0", "", 5, 1, "AP", "iPhone 13"),
    ),
    (
        "Recipes/3.1 (iPhone; iOS 16.1; Scale/3.00)",
        ("IOS", "16.1", "Recipes", "3.1", "", 5, 1, "AP", "iPhone"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 "
        "Mobile Safari/537.36",
        ("AND", "10", "CM", "124.0", "Blink", 1, 1, "", "generic smartphone"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
        ("AND", "10", "CH", "124.0", "Blink", 1, 2, "", "generic tablet"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; SM-S928U Build/UP1A.231005.007; wv) AppleWebKit/537.36 "
        "(KHTML, like Gecko) Version/4.0 Chrome/125.0.6422.113 Mobile Safari/537.36",
        ("AND", "14", "CV", "125.0", "Blink", 1, 1, "SA", "Galaxy S24 Ultra"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 13; SM-A546B) AppleWebKit/537.36 (KHTML, like Gecko) "
        "SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36",
        ("AND", "13", "SB", "23.0", "Blink", 1, 1, "SA", "Galaxy A54 5G"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 12; SM-T870) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/111.0.6289.235 Mobile Safari/537.36",
        ("AND", "12", "CM", "111.0", "Blink", 1, 2, "SA", 'Galaxy Tab S7 11.0" WiFi'),
    ),
    (
        "Mozilla/5.0 (Linux; Android 4.3; SM-N9005 Build/JSS15J) AppleWebKit/537.36 (KHTML, like "
        "Gecko) Chrome/32.0.1700.99 Mobile Safari/537.36",
        ("AND", "4.3", "CM", "32.0", "Blink", 1, 10, "SA", "Galaxy Note 3"),
    ),
    (
        "Mozilla/5.0 (Linux; U; Android 4.1.2; es-es; GT-I9300 Build/JZO54K) AppleWebKit/534.30 "
        "(KHTML, like Gecko) Version/4.0 Mobile Safari/534.30",
        ("AND", "4.1", "AN", "", "WebKit", 1, 1, "SA", "Galaxy SIII"),
    ),
    (
        "Mozilla/5.0 (Linux; U; Android 2.3.5; en-us; HTC Vision Build/GRI40) AppleWebKit/533.1 "
        "(KHTML, like Gecko) Version/4.0 Mobile Safari/533.1",
        ("AND", "2.3", "AN", "", "WebKit", 1, 1, "HT", "Vision"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 13; Pixel 7 Pro) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/120.0.0.0 Mobile Safari/537.36",
        ("AND", "13", "CM", "120.0", "Blink", 1, 1, "GO", "Pixel 7 Pro"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 13; Redmi Note 9 Pro) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/101.0.0.0 Mobile Safari/537.36",
        ("AND", "13", "CM", "101.0", "Blink", 1, 10, "XI", "Redmi Note 9 Pro"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 11; moto g power (2021)) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/90.0.4430.91 Mobile Safari/537.36",
        ("AND", "11", "CM", "90.0", "Blink", 1, 1, "MR", "Moto G Power (2021)"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 10; ELE-L29) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/110.0.0.0 Mobile Safari/537.36 OPR/75.1.0.0",
        ("AND", "10", "OM", "75.1", "Blink", 1, 1, "HU", "P30"),
    ),
    (
        "Mozilla/5.0 (Linux; U; Android 8.1.0; en-US; vivo 1801 Build/OPM1.171019.026) "
        "AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/57.0.2987.108 "
        "UCBrowser/12.11.1.1197 Mobile Safari/537.36",
        ("AND", "8.1", "UC", "12.11", "Blink", 1, 1, "VV", "1801"),
    ),
    (
        "Mozilla/5.0 (Android; Mobile; rv:27.0) Gecko/27.0 Firefox/27.0",
        ("AND", "", "FM", "27.0", "Gecko", 1, 1, "", "generic smartphone"),
    ),
    (
        "Mozilla/5.0 (Android 13; Tablet; rv:125.0) Gecko/125.0 Firefox/125.0",
        ("AND", "13", "FM", "125.0", "Gecko", 1, 2, "", "generic tablet"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/120.2.4 "
        "like Chrome/120.0.6099.4 Safari/537.36",
        ("FIR", "7", "MS", "120.2", "Blink", 1, 2, "AZ", "Fire HD 10"),
    ),
    (
        "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/34.1244; U; en) Presto/2.8.119 Version/11.10",
        ("JME", "", "OI", "7.1", "Presto", 1, 3, "", "generic feature phone"),
    ),
    (
        "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5",
        ("KOS", "2.5", "FM", "48.0", "Gecko", 1, 3, "NO", "8110 4G"),
    ),
    (
        "Mozilla/5.0 (BB10; Touch) AppleWebKit/537.10+ (KHTML, like Gecko) Version/10.0.9.2372 Mobile Safari/537.10+",
        ("BLB", "10.0", "BB", "10.0", "WebKit", 1, 1, "RM", "generic smartphone"),
    ),
    (
        "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/87.0.4280.88 Safari/537.36 WebAppManager",
        ("WOS", "1", "CH", "87.0", "Blink", 1, 5, "LG", "generic tv"),
    ),
    (
        "Mozilla/5.0 (PlayStation; PlayStation 5/6.50) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/13.0 Safari/605.1.15",
        ("PS3", "5.6", "NF", "", "WebKit", 1, 4, "SO", "PlayStation 5"),
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) AppleWebKit/537.36 (KHTML, like "
        "Gecko) Chrome/48.0.2564.82 Safari/537.36 Edge/20.02",
        ("XBX", "", "PS", "20.02", "Edge", 1, 4, "MS", "Xbox One"),
    ),
    (
        "curl/8.4.0",
        ("UNK", "UNK", "curl", "8.4", "", 2, None, "", ""),
    ),
    (
        "python-requests/2.18.0",
        ("UNK", "UNK", "Python Requests", "2.18", "", 2, None, "", ""),
    ),
    (
        "Go-http-client/2.1",
        ("UNK", "UNK", "Go-http-client", "2.1", "", 2, None, "", ""),
    ),
    (
        "Apache-HttpClient/4.2.1 (java 1.5)",
        ("UNK", "UNK", "Apache HTTP Client", "4.2", "", 2, None, "", ""),
    ),
    (
        "NSPlayer/10.0.0.3702 WMFSDK/10.0",
        ("UNK", "UNK", "Windows Media Player", "10.0", "", 4, None, "", ""),
    ),
    (
        "Liferea/1.8.3 (Linux; en_GB.UTF-8; http://liferea.sf.net/)",
        ("LIN", "", "Liferea", "1.8", "", 3, 0, "", "generic desktop"),
    ),
    (
        "Mozilla/5.0 (X11; Linux x86_64; rv:24.0) Gecko/20100101 Thunderbird/24.2.0 Lightning/2.6.4",
        ("LIN", "", "Thunderbird", "24.2", "", 6, 0, "", "generic desktop"),
    ),
    (
        "Lynx/2.8.7rel.2 libwww-FM/2.14 SSL-MM/1.4.1 OpenSSL/1.0.1f",
        ("UNK", "UNK", "LX", "2.8", "Text-based", 1, None, "", ""),
    ),
    # apps that name themselves in ways of their own
    *(
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            f" Mobile/15E148 {app}",
            ("IOS", "17.5", name, version, "", 5, 1, "AP", "iPhone"),
        )
        for app, name, version in (
            ("musical_ly_34.8.0 JsSdk/2.0 BytedanceWebview/d8a21c6", "TikTok", "34.8"),
            ("[LinkedInApp]/9.29.7506", "LinkedIn", "9.29"),
            ("[Pinterest/iOS]", "Pinterest", ""),
            ("Twitter for iPhone/10.43", "Twitter", "10.43"),
        )
    ),
    (
        "MyApp/1.2 CFNetwork/1494.0.7 Darwin/23.4.0",  # an iPhone or an iPad
        ("IOS", "17", "MyApp", "1.2", "", 5, None, "AP", "generic mobile"),
    ),
    (
        "Mozilla/5.0 (Windows; U; Win98; en-US; rv:0.9.4) Gecko/20011019 Netscape6/6.2",
        ("WIN", "98", "NS", "6.2", "Gecko", 1, 0, "", "generic desktop"),
    ),
    (
        "BlackBerry9700/5.0.0.862 Profile/MIDP-2.1 Configuration/CLDC-1.1 VendorID/331",
        ("BLB", "5.0", "BB", "", "", 1, 1, "RM", "BlackBerry 9700"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 10; HarmonyOS; NOH-AN00; HMSCore 6.8.0.332) AppleWebKit/537.36 (KHTML, "
        "like Gecko) Chrome/99.0.4844.88 HuaweiBrowser/12.1.4.303 Mobile Safari/537.36",
        ("HAR", "", "HU", "12.1", "Blink", 1, 1, "HU", "NOH-AN00"),
    ),
    (
        "Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/2.2 "
        "Chrome/63.0.3239.84 TV Safari/537.36",
        ("TIZ", "5.0", "SB", "2.2", "Blink", 1, 5, "SA", "Smart TV"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 7.1.2; AFTMM Build/NS6265; wv) AppleWebKit/537.36 (KHTML, "
        "like Gecko) Version/4.0 Chrome/70.0.3538.110 Mobile Safari/537.36",
        ("FIR", "6", "CV", "70.0", "Blink", 1, 5, "AZ", "Fire TV Stick 4K"),
    ),
    (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0"
        " Safari/537.36 Tesla/2023.44",
        ("LIN", "", "CH", "120.0", "Blink", 1, 6, "TA", "generic car browser"),
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; XBOX_ONE_ED) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/51.0.2704.79 Safari/537.36 Edge/14.14393",
        ("XBX", "", "PS", "14.14393", "Edge", 1, 4, "MS", "Xbox One"),
    ),
    (
        "Mozilla/5.0 (Linux; U; en-US) AppleWebKit/528.5+ (KHTML, like Gecko, Safari/528.5+) Version/4.0 Kindle/3.0",
        ("LIN", "", "KI", "3.0", "WebKit", 1, 2, "AZ", "Kindle"),
    ),
    (
        "HbbTV/1.2.1 (;Panasonic;VIERA 2013;3.672;4101-0003 0002-0000;)",
        ("UNK", "UNK", "UNK", "", "", None, 5, "PA", "generic tv"),
    ),
    (
        "Opera/9.80 (Android 2.3.7; Linux; Opera Mobi/46154) Presto/2.11.355 Version/12.10",
        ("AND", "2.3", "OM", "12.10", "Presto", 1, 1, "", "generic smartphone"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 12; Quest 2) AppleWebKit/537.36 (KHTML, like Gecko) OculusBrowser/29.0.0.3.60 "
        "Chrome/116.0.5845.193 VR Safari/537.36",
        ("AND", "12", "OC", "29.0", "Blink", 1, 12, "MF", "Quest 2"),
    ),
]


@pytest.mark.parametrize(("agent", "expected"), AGENTS)
def test_agent(agent: str, expected: tuple[object, ...]) -> None:
    assert detect(agent)[1:] == expected


def test_unknown_and_bot_agents() -> None:
    unknown = Device(False, "UNK", "UNK", "UNK", "", "", None, None, "", "")
    assert detect_all(["", "-", "no such program", "undecodable \udcff"]) == [unknown] * 4
    bot = detect("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
    assert bot == BOT == Device(True, "BOT", "UNK", "UNK", "", "", None, None, "", "")


def test_fingerprint_is_system_browser_and_version() -> None:
    chrome = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Mobile Safari/537.36"
    one = detect(chrome.format("Linux; Android 13; SM-G991B", "120.0.0.0"))
    other_phone = detect(chrome.format("Linux; Android 14; Pixel 8", "120.0.1.2"))
    newer = detect(chrome.format("Linux; Android 13; SM-G991B", "121.0.0.0"))
    assert one.fingerprint == other_phone.fingerprint == "AND;CM;120.0"
    assert newer.fingerprint == "AND;CM;121.0"


def test_fingerprint_of_other_clients_is_an_unknown_browser() -> None:
    agents = ["curl/8.4.0", "curl/7.1", "python-requests/2.31", "-"]
    assert {device.fingerprint for device in detect_all(agents)} == {"UNK;UNK;"}


@pytest.mark.parametrize(
    ("version", "short"), [("17.2.1", "17.2"), ("10_15_7", "10.15"), ("13", "13"), ("", ""), ("3.", "3")]
)
def test_versions_have_two_parts(version: str, short: str) -> None:
    assert two_parts(version) == short


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("Windows NT 10.0", ("WIN", "10")),
        ("Windows NT 6.2", ("WIN", "8")),
        ("Windows NT 5.2", ("WIN", "Server 2003")),
        ("Windows NT 10.0.16299.125", ("WIN", "10.0")),
        ("Windows 98", ("WIN", "98")),
        ("Windows 98; Win 9x 4.90", ("WIN", "ME")),
        ("Windows; Microsoft Windows 10 x64", ("WIN", "10")),
        ("Windows 8.1", ("WIN", "8.1")),
        ("Macintosh; OS X 10.14.2", ("MAC", "10.14")),
        ("Windows Phone 8.1; Android 4.0", ("WPH", "8.1")),
        ("Linux; Android", ("AND", "")),
        ("Linux; HarmonyOS 4.0.0", ("HAR", "4.0")),
        ("CPU iPhone OS", ("IOS", "")),
        ("FreeBSD amd64", ("BSD", "")),
        ("PlayStation 4 3.11", ("PS3", "4.3")),
        ("App/1 CFNetwork/1494.0.7 Darwin/23.4.0", ("IOS", "17")),
        ("App/1 CFNetwork/1568 Darwin/24.0.0 (x86_64)", ("MAC", "15")),
        ("nothing", ("UNK", "UNK")),
    ],
)
def test_systems(text: str, system: tuple[str, str]) -> None:
    assert detect_system(text) == system


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("SM-G991B", ("SA", "Galaxy S21 5G")),
        ("SM-G991U1", ("SA", "Galaxy S21 5G")),  # another region, the same phone
        ("SAMSUNG SM-A515F", ("SA", "Galaxy A51")),
        ("SM-Z999X", ("SA", "SM-Z999X")),  # not in the table
        ("moto g(60)", ("MR", "Moto G60")),
        ("Moto G (5) Plus", ("MR", "Moto G5 Plus")),
        ("motorola edge 20", ("MR", "Edge 20")),
        ("22126RN91Y", ("XI", "Redmi 12C")),
        ("24094RAD4G", ("XI", "24094RAD4G")),
        ("FP4", ("FA", "4")),
        ("Redmi Note 8T", ("XI", "Redmi Note 8T")),
        ("M2101K6G", ("XI", "Redmi Note 10 Pro")),
        ("CPH2211", ("OP", "Reno 5Z")),
        ("CPH2449", ("ON", "11")),
        ("HTC_One", ("HT", "One")),
        ("LG-P500", ("LG", "P500")),
        ("ALCATEL ONE TOUCH 6030X", ("AL", "One Touch 6030X")),
        ("DEXP Ursus 9EV 3G", ("DX", "Ursus 9EV 3G")),
        ("XYZ", ("", "")),
    ],
)
def test_model_names(code: str, expected: tuple[str, str]) -> None:
    assert name_of(code) == expected


KIT = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {KIT} Safari/537.36"
PHONE = f"Mozilla/5.0 (Linux; Android 10; K) {KIT} Mobile Safari/537.36"


def _hints(platform: str, version: str, brand: str = "Google Chrome", model: str = "") -> str:
    return json.dumps(
        {
            "fullVersionList": [
                {"brand": "Not(A:Brand", "version": "24.0.0.0"},
                {"brand": brand, "version": "122.1.9"},
            ],
            "platform": platform,
            "platformVersion": version,
            "model": model,
        }
    )


@pytest.mark.parametrize(
    ("version", "shown"), [("15.0.0", "11"), ("13.0.0", "11"), ("10.0.0", "10"), ("0.3.0", "8.1"), ("", "10")]
)
def test_hints_tell_windows_versions_apart(version: str, shown: str) -> None:
    device = with_hints(detect(WINDOWS), _hints("Windows", version))
    assert (device.os, device.os_version) == ("WIN", shown)


def test_hints_name_browser_and_phone() -> None:
    device = with_hints(detect(PHONE), _hints("Android", "14.0.0", "Microsoft Edge", "Pixel 8"))
    assert device[1:5] == ("AND", "14", "PS", "122.1")
    assert (device.brand, device.model, device.device_type) == ("GO", "Pixel 8", 1)


@pytest.mark.parametrize(
    ("model", "kind", "brand", "name"),
    [
        ("SM-X910", 2, "SA", 'Galaxy Tab S9 Ultra 14.6" WiFi'),
        ("M2101K6G", 10, "XI", "Redmi Note 10 Pro"),
        ("Fairphone FP4", 1, "FA", "4"),
        ("", 1, "", "generic smartphone"),
    ],
)
def test_a_hinted_model_tells_the_type_as_well(model: str, kind: int, brand: str, name: str) -> None:
    device = detect(f"{PHONE}\n{_hints('Android', '14.0.0', model=model)}")
    assert (device.os_version, device.browser) == ("14", "CM")
    assert (device.device_type, device.brand, device.model) == (kind, brand, name)


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "null", "3", "{}", '{"fullVersionList": 1, "platform": {}}'])
def test_useless_hints_change_nothing(text: str) -> None:
    assert with_hints(detect(WINDOWS), text) == detect(WINDOWS)


@given(st.text(max_size=300))
def test_any_text_gives_values_that_fit_the_columns(agent: str) -> None:
    device = detect(agent)
    assert device.os in OPERATING_SYSTEMS or device.os == "UNK"
    assert len(device.browser) <= 40
    assert len(device.browser_version) <= 20
    assert len(device.model) <= 100
    assert device.client_type != 1 or device.browser in BROWSERS
    assert device.device_type is None or 0 <= device.device_type < len(DEVICE_TYPES)
    assert not device.brand or device.brand in BRANDS


def test_names_of_codes() -> None:
    assert {code: BROWSERS[code] for code in ("CH", "CM", "MF", "PS", "SB", "EP", "NF")} == {
        "CH": "Chrome",
        "CM": "Chrome Mobile",
        "MF": "Mobile Safari",
        "PS": "Microsoft Edge",
        "SB": "Samsung Browser",
        "EP": "GNOME Web",
        "NF": "NetFront",
    }
    assert all(len(code) == 2 for code in [*BROWSERS, *BRANDS])
    assert all(len(code) == 3 for code in OPERATING_SYSTEMS)
    assert OPERATING_SYSTEMS["IPA"] == OS_FAMILIES["IPA"] == "iOS"
    assert OPERATING_SYSTEMS["WI7"] == OS_FAMILIES["WI7"] == "Windows"
    assert OS_FAMILIES["UBT"] == "GNU/Linux"
    assert OS_FAMILIES["PS3"] == "Console"
    assert OS_FAMILIES["WOS"] == "Other Mobile"
    assert set(OS_FAMILIES) == set(OPERATING_SYSTEMS)
    assert DEVICE_TYPES[10] == "phablet"
    assert ENGINE_FAMILIES["Blink"] == "Blink (Chrome, Opera)"


def test_browser_and_brand_names_are_unique() -> None:
    for names in (BROWSERS, BRANDS):
        assert len(set(names.values())) == len(names)


ORACLE = Path(__file__).parents[2] / "shared" / "oracle" / "log_week"


@pytest.mark.skipif(not ORACLE.exists(), reason="needs the recorded answers of Matomo beside the repository")
def test_agrees_with_matomo() -> None:
    """Visits of a web log, joined to the line that began them by address and second."""
    line = re.compile(r'(?:\S+ )?(\d+\.\d+\.\d+\.\d+) .*?\[(.*?)\].*"([^"]*)"$')
    agents: dict[tuple[str, str], set[str]] = defaultdict(set)
    for match in map(line.match, (ORACLE / "gen_week.log").read_text().splitlines()):
        if match:
            time = datetime.strptime(match[2], "%d/%b/%Y:%H:%M:%S %z").astimezone(UTC)
            agents[match[1], time.strftime("%Y-%m-%d %H:%M:%S")].add(match[3])
    columns = (
        "os",
        "os_version",
        "browser_name",
        "browser_version",
        "browser_engine",
        "client_type",
        "device_type",
    )
    agreed = compared = 0
    with gzip.open(ORACLE / "tables" / "log_visit.csv.gz", "rt") as file:
        for visit in csv.DictReader(file):
            found = agents.get((visit["location_ip"], visit["visit_first_action_time"]), set())
            if len(found) != 1:
                continue
            device = detect(found.pop())
            ours = ["\\N" if value is None else str(value) for value in device[1:8]]
            compared += 1
            agreed += ours == [visit[f"config_{column}"] for column in columns]
    assert compared > 900
    assert agreed / compared >= 0.97
