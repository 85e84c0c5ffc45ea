"""Names of Android models by the codes their makers put in user agents.

A modest selection: what is common in logs. A code is listed without the letters for region and carrier at its
end. Models that aren't listed are shown by their code, or as generic devices.
"""

from __future__ import annotations

import re

_SAMSUNG = """
SM-S901 Galaxy S22, SM-S906 Galaxy S22+, SM-S908 Galaxy S22 Ultra, SM-S911 Galaxy S23, SM-S916 Galaxy S23+
SM-S918 Galaxy S23 Ultra, SM-S711 Galaxy S23 FE, SM-S921 Galaxy S24, SM-S926 Galaxy S24+
SM-S928 Galaxy S24 Ultra, SM-S721 Galaxy S24 FE, SM-S931 Galaxy S25, SM-S936 Galaxy S25+
SM-S938 Galaxy S25 Ultra, SM-S937 Galaxy S25 Edge, SM-G991 Galaxy S21 5G, SM-G996 Galaxy S21+ 5G
SM-G998 Galaxy S21 Ultra 5G, SM-G990 Galaxy S21 FE 5G, SM-G980 Galaxy S20, SM-G981 Galaxy S20 5G
SM-G985 Galaxy S20+, SM-G986 Galaxy S20+ 5G, SM-G988 Galaxy S20 Ultra 5G, SM-G780 Galaxy S20 FE
SM-G781 Galaxy S20 FE 5G, SM-G970 Galaxy S10e, SM-G973 Galaxy S10, SM-G975 Galaxy S10+
SM-G977 Galaxy S10 5G, SM-G770 Galaxy S10 Lite, SM-G960 Galaxy S9, SM-G965 Galaxy S9+, SM-G950 Galaxy S8
SM-G955 Galaxy S8+, SM-G930 Galaxy S7, SM-G935 Galaxy S7 Edge, SM-G920 Galaxy S6, SM-G925 Galaxy S6 Edge
SM-G928 Galaxy S6 Edge+, SM-G900 Galaxy S5, SM-G903 Galaxy S5 Neo, SM-G800 Galaxy S5 Mini
SM-G850 Galaxy Alpha, SM-G715 Galaxy XCover Pro, SM-G525 Galaxy XCover 5, SM-G398 Galaxy XCover 4s
SM-G390 Galaxy XCover 4, SM-G530 Galaxy Grand Prime, SM-G531 Galaxy Grand Prime, SM-G360 Galaxy Core Prime
SM-G361 Galaxy Core Prime, SM-N900 Galaxy Note 3, SM-N910 Galaxy Note 4, SM-N915 Galaxy Note Edge
SM-N920 Galaxy Note 5, SM-N950 Galaxy Note 8, SM-N960 Galaxy Note 9, SM-N970 Galaxy Note 10
SM-N975 Galaxy Note 10+, SM-N976 Galaxy Note 10+ 5G, SM-N770 Galaxy Note 10 Lite, SM-N980 Galaxy Note 20
SM-N981 Galaxy Note 20 5G, SM-N985 Galaxy Note 20 Ultra, SM-N986 Galaxy Note 20 Ultra 5G
SM-F900 Galaxy Fold, SM-F916 Galaxy Z Fold2 5G, SM-F926 Galaxy Z Fold3 5G, SM-F936 Galaxy Z Fold4
SM-F946 Galaxy Z Fold5, SM-F956 Galaxy Z Fold6, SM-F700 Galaxy Z Flip, SM-F707 Galaxy Z Flip 5G
SM-F711 Galaxy Z Flip3 5G, SM-F721 Galaxy Z Flip4, SM-F731 Galaxy Z Flip5, SM-F741 Galaxy Z Flip6
SM-A013 Galaxy A01 Core, SM-A015 Galaxy A01, SM-A022 Galaxy A02, SM-A025 Galaxy A02s
SM-A032 Galaxy A03 Core, SM-A035 Galaxy A03, SM-A037 Galaxy A03s, SM-A042 Galaxy A04e, SM-A045 Galaxy A04
SM-A047 Galaxy A04s, SM-A055 Galaxy A05, SM-A057 Galaxy A05s, SM-A065 Galaxy A06, SM-A105 Galaxy A10
SM-A107 Galaxy A10s, SM-A102 Galaxy A10e, SM-A115 Galaxy A11, SM-A125 Galaxy A12, SM-A127 Galaxy A12
SM-A135 Galaxy A13, SM-A136 Galaxy A13 5G, SM-A137 Galaxy A13, SM-A145 Galaxy A14, SM-A146 Galaxy A14 5G
SM-A155 Galaxy A15, SM-A156 Galaxy A15 5G, SM-A165 Galaxy A16, SM-A166 Galaxy A16 5G, SM-A202 Galaxy A20e
SM-A205 Galaxy A20, SM-A207 Galaxy A20s, SM-A215 Galaxy A21, SM-A217 Galaxy A21s, SM-A225 Galaxy A22
SM-A226 Galaxy A22 5G, SM-A235 Galaxy A23, SM-A236 Galaxy A23 5G, SM-A245 Galaxy A24, SM-A256 Galaxy A25 5G
SM-A266 Galaxy A26 5G, SM-A305 Galaxy A30, SM-A307 Galaxy A30s, SM-A315 Galaxy A31, SM-A325 Galaxy A32
SM-A326 Galaxy A32 5G, SM-A336 Galaxy A33 5G, SM-A346 Galaxy A34 5G, SM-A356 Galaxy A35 5G
SM-A366 Galaxy A36 5G, SM-A405 Galaxy A40, SM-A415 Galaxy A41, SM-A426 Galaxy A42 5G, SM-A505 Galaxy A50
SM-A507 Galaxy A50s, SM-A515 Galaxy A51, SM-A516 Galaxy A51 5G, SM-A525 Galaxy A52, SM-A526 Galaxy A52 5G
SM-A528 Galaxy A52s 5G, SM-A536 Galaxy A53 5G, SM-A546 Galaxy A54 5G, SM-A556 Galaxy A55 5G
SM-A566 Galaxy A56 5G, SM-A600 Galaxy A6, SM-A605 Galaxy A6+, SM-A705 Galaxy A70, SM-A715 Galaxy A71
SM-A716 Galaxy A71 5G, SM-A725 Galaxy A72, SM-A736 Galaxy A73 5G, SM-A750 Galaxy A7 (2018)
SM-A805 Galaxy A80, SM-A908 Galaxy A90 5G, SM-A920 Galaxy A9 (2018), SM-A300 Galaxy A3
SM-A310 Galaxy A3 (2016), SM-A320 Galaxy A3 (2017), SM-A500 Galaxy A5, SM-A510 Galaxy A5 (2016)
SM-A520 Galaxy A5 (2017), SM-A530 Galaxy A8 (2018), SM-J100 Galaxy J1, SM-J320 Galaxy J3 (2016)
SM-J330 Galaxy J3 (2017), SM-J400 Galaxy J4, SM-J415 Galaxy J4+, SM-J500 Galaxy J5, SM-J510 Galaxy J5 (2016)
SM-J530 Galaxy J5 (2017), SM-J600 Galaxy J6, SM-J610 Galaxy J6+, SM-J700 Galaxy J7, SM-J710 Galaxy J7 (2016)
SM-J730 Galaxy J7 (2017), SM-M115 Galaxy M11, SM-M127 Galaxy M12, SM-M135 Galaxy M13, SM-M205 Galaxy M20
SM-M215 Galaxy M21, SM-M225 Galaxy M22, SM-M236 Galaxy M23 5G, SM-M305 Galaxy M30, SM-M307 Galaxy M30s
SM-M315 Galaxy M31, SM-M317 Galaxy M31s, SM-M325 Galaxy M32, SM-M336 Galaxy M33 5G, SM-M346 Galaxy M34 5G
SM-M515 Galaxy M51, SM-M526 Galaxy M52 5G, SM-M536 Galaxy M53 5G, SM-M546 Galaxy M54 5G
SM-T110 Galaxy Tab 3 Lite 7.0", SM-T113 Galaxy Tab 3 Lite 7.0", SM-T210 Galaxy Tab 3 7.0"
SM-T211 Galaxy Tab 3 7.0", SM-T230 Galaxy Tab 4 7.0", SM-T280 Galaxy Tab A 7.0" WiFi
SM-T285 Galaxy Tab A 7.0" LTE, SM-T290 Galaxy Tab A 8.0" 2019 WiFi, SM-T295 Galaxy Tab A 8.0" 2019 LTE
SM-T310 Galaxy Tab 3 8.0", SM-T330 Galaxy Tab 4 8.0", SM-T500 Galaxy Tab A7 10.4" WiFi
SM-T505 Galaxy Tab A7 10.4" LTE, SM-T220 Galaxy Tab A7 Lite 8.7" WiFi, SM-T225 Galaxy Tab A7 Lite 8.7" LTE
SM-T510 Galaxy Tab A 10.1" 2019 WiFi, SM-T515 Galaxy Tab A 10.1" 2019 LTE, SM-T530 Galaxy Tab 4 10.1"
SM-T550 Galaxy Tab A 9.7" WiFi, SM-T555 Galaxy Tab A 9.7" LTE, SM-T560 Galaxy Tab E 9.6"
SM-T561 Galaxy Tab E 9.6", SM-T580 Galaxy Tab A 10.1" WiFi, SM-T585 Galaxy Tab A 10.1" LTE
SM-T590 Galaxy Tab A 10.5" WiFi, SM-T595 Galaxy Tab A 10.5" LTE, SM-T700 Galaxy Tab S 8.4" WiFi
SM-T710 Galaxy Tab S2 8.0" WiFi, SM-T720 Galaxy Tab S5e 10.5" WiFi, SM-T725 Galaxy Tab S5e 10.5" LTE
SM-T800 Galaxy Tab S 10.5" WiFi, SM-T805 Galaxy Tab S 10.5" LTE, SM-T810 Galaxy Tab S2 9.7" WiFi
SM-T813 Galaxy Tab S2 9.7" WiFi, SM-T815 Galaxy Tab S2 9.7" LTE, SM-T820 Galaxy Tab S3 9.7" WiFi
SM-T825 Galaxy Tab S3 9.7" LTE, SM-T830 Galaxy Tab S4 10.5" WiFi, SM-T835 Galaxy Tab S4 10.5" LTE
SM-T860 Galaxy Tab S6 10.5" WiFi, SM-T865 Galaxy Tab S6 10.5" LTE, SM-T870 Galaxy Tab S7 11.0" WiFi
SM-T875 Galaxy Tab S7 11.0" LTE, SM-T970 Galaxy Tab S7+ 12.4" WiFi, SM-T975 Galaxy Tab S7+ 12.4" LTE
SM-P610 Galaxy Tab S6 Lite 10.4" WiFi, SM-P613 Galaxy Tab S6 Lite 10.4" WiFi
SM-P615 Galaxy Tab S6 Lite 10.4" LTE, SM-P600 Galaxy Note 10.1", SM-X200 Galaxy Tab A8 10.5" WiFi
SM-X205 Galaxy Tab A8 10.5" LTE, SM-X110 Galaxy Tab A9 8.7" WiFi, SM-X210 Galaxy Tab A9+ 11.0" WiFi
SM-X216 Galaxy Tab A9+ 11.0" 5G, SM-X700 Galaxy Tab S8 11.0" WiFi, SM-X706 Galaxy Tab S8 11.0" 5G
SM-X800 Galaxy Tab S8+ 12.4" WiFi, SM-X806 Galaxy Tab S8+ 12.4" 5G, SM-X900 Galaxy Tab S8 Ultra 14.6" WiFi
SM-X906 Galaxy Tab S8 Ultra 14.6" 5G, SM-X710 Galaxy Tab S9 11.0" WiFi
SM-X810 Galaxy Tab S9+ 12.4" WiFi, SM-X910 Galaxy Tab S9 Ultra 14.6" WiFi, GT-I9000 Galaxy S
GT-I9001 Galaxy S Plus, GT-I9070 Galaxy S Advance, GT-I9100 Galaxy SII, GT-I9105 Galaxy SII Plus
GT-I9190 Galaxy S4 Mini, GT-I9195 Galaxy S4 Mini, GT-I8190 Galaxy SIII Mini, GT-I8160 Galaxy Ace 2
GT-I8262 Galaxy Core, GT-I9082 Galaxy Grand Duos, GT-I9060 Galaxy Grand Neo, GT-I9250 Galaxy Nexus
Galaxy Nexus Galaxy Nexus, GT-I9300 Galaxy SIII, GT-I9301 Galaxy SIII Neo, GT-I9305 Galaxy SIII
GT-I9500 Galaxy S4, GT-I9505 Galaxy S4, GT-I9506 Galaxy S4, GT-N7000 Galaxy Note, GT-N7100 Galaxy Note II
GT-N7105 Galaxy Note II, GT-N8000 Galaxy Note 10.1", GT-N8010 Galaxy Note 10.1", GT-N8013 Galaxy Note 10.1"
GT-N5100 Galaxy Note 8.0", GT-N5110 Galaxy Note 8.0", GT-P1000 Galaxy Tab 7.0", GT-P3100 Galaxy Tab 2 7.0"
GT-P3110 Galaxy Tab 2 7.0", GT-P5100 Galaxy Tab 2 10.1", GT-P5110 Galaxy Tab 2 10.1"
GT-P5200 Galaxy Tab 3 10.1", GT-P5210 Galaxy Tab 3 10.1", GT-P7500 Galaxy Tab 10.1"
GT-P7510 Galaxy Tab 10.1", GT-S5360 Galaxy Y, GT-S5570 Galaxy Mini, GT-S5660 Galaxy Gio, GT-S5830 Galaxy Ace
GT-S6310 Galaxy Young, GT-S6500 Galaxy Mini 2, GT-S6802 Galaxy Ace Duos, GT-S7500 Galaxy Ace Plus
GT-S7562 Galaxy S Duos, GT-S7580 Galaxy Trend Plus, GT-S7582 Galaxy S Duos 2, SGH-I747 Galaxy SIII
SGH-I337 Galaxy S4, SCH-I535 Galaxy SIII, SCH-I545 Galaxy S4, SPH-L710 Galaxy SIII, SPH-L720 Galaxy S4
"""

_XIAOMI = """
M2101K6G Redmi Note 10 Pro, M2101K6P Redmi Note 10 Pro, M2101K6I Redmi Note 10 Pro Max
M2101K7AG Redmi Note 10, M2101K7BNY Redmi Note 10S, M2103K19G Redmi Note 10 5G, M2003J15SC Redmi Note 9
M2004J19C Redmi 9, M2006C3LG Redmi 9A, M2006C3MG Redmi 9C, M2010J19SG Redmi 9T, M2010J19CG Poco M3
M2007J20CG Poco X3 NFC, M2102J20SG Poco X3 Pro, M2007J3SY Mi 10T, M2007J3SG Mi 10T Pro
M2007J17G Mi 10T Lite, M2011K2G Mi 11, M2101K9AG Mi 11 Lite, M2102K1G Mi 11 Ultra, M2012K11AG Poco F3
2201117TG Redmi Note 11, 2201117TY Redmi Note 11, 2201116SG Redmi Note 11 Pro 5G
2201116TG Redmi Note 11 Pro, 21091116AG Redmi Note 11 Pro 5G, 22101316G Redmi Note 12 Pro 5G
23021RAAEG Redmi Note 12, 23021RAA2Y Redmi Note 12, 22111317G Redmi Note 12 5G, 23106RN0DA Redmi 13C
23124RA7EO Redmi Note 13, 2312DRA50G Redmi Note 13 Pro 5G, 23053RN02A Redmi 12, 220333QAG Redmi 10C
21121119SG Redmi 10, 21061119AG Redmi 10, 2201123G 12, 2203129G 12 Lite, 22071212AG 12T, 22081212UG 12T Pro
2211133G 13, 2210132G 13 Pro, 2306EPN60G 13T, 23078PND5G 13T Pro, 23127PN0CG 14, 21081111RG 11T
2107113SG 11T Pro, 22021211RG Poco F4, 23049PCD8G Poco F5
22126RN91Y Redmi 12C, 23100RN82L Redmi 13C, 23129RAA4G Redmi Note 13, 23117RA68G Redmi Note 13 Pro
"""

_OPPO = """
CPH1701 F1s, CPH1723 F5, CPH1819 F7, CPH1823 F9, CPH1909 A5s, CPH1911 F11, CPH1931 A5 2020, CPH1933 A5 2020
CPH1937 A9 2020, CPH1941 A9 2020, CPH2015 A31, CPH2061 A92, CPH2067 A72, CPH2069 A52, CPH2083 A11k
CPH2127 A53, CPH2135 A53s, CPH2139 A73, CPH2145 Reno 5 5G, CPH2159 Reno 5, CPH2173 Find X3 Pro
CPH2195 A54 5G, CPH2197 A74 5G, CPH2209 Find X2, CPH2211 Reno 5Z, CPH2219 A74, CPH2235 Reno 6, CPH2239 A54
CPH2251 Reno 6 5G, CPH2269 A16, CPH2273 A54s, CPH2305 Find X5 Pro, CPH2307 Find X5, CPH2333 A96
CPH2341 A57 5G, CPH2371 Reno 8, CPH2387 A57, CPH2483 A78, CPH2495 A78 5G, CPH2505 Reno 8T 5G
CPH2531 Reno 10 5G, CPH2577 A58, CPH2591 A18, CPH2579 A38
"""

_ONEPLUS = """
ONEPLUS A3003 3, ONEPLUS A3010 3T, ONEPLUS A5000 5, ONEPLUS A5010 5T, ONEPLUS A6003 6, ONEPLUS A6000 6
ONEPLUS A6013 6T, ONEPLUS A6010 6T, GM1900 7, GM1903 7, GM1910 7 Pro, GM1913 7 Pro, GM1917 7 Pro, HD1900 7T
HD1903 7T, HD1905 7T, HD1913 7T Pro, IN2010 8, IN2013 8, IN2020 8 Pro, IN2023 8 Pro, IN2025 8 Pro, KB2000 8T
KB2003 8T, KB2005 8T, LE2110 9, LE2113 9, LE2115 9, LE2120 9 Pro, LE2123 9 Pro, LE2125 9 Pro, NE2210 10 Pro
NE2213 10 Pro, NE2215 10 Pro, AC2003 Nord, DN2103 Nord 2, EB2103 Nord CE 5G, IV2201 Nord CE 2 5G
BE2029 Nord N10 5G, CPH2447 11, CPH2449 11, CPH2451 11, CPH2581 12, CPH2583 12, CPH2409 Nord CE 2 Lite
CPH2465 Nord CE 3 Lite 5G, CPH2493 Nord 3
"""

_HUAWEI = """
ELE-L29 P30, ELE-L09 P30, VOG-L29 P30 Pro, VOG-L09 P30 Pro, MAR-LX1 P30 Lite, MAR-LX3 P30 Lite, EML-L29 P20
EML-L09 P20, CLT-L29 P20 Pro, CLT-L09 P20 Pro, ANE-LX1 P20 Lite, ANE-LX3 P20 Lite, ANA-NX9 P40
ELS-NX9 P40 Pro, JNY-LX1 P40 Lite, ART-L29 P40 Lite E, VTR-L29 P10, VTR-L09 P10, WAS-LX1 P10 Lite
EVA-L09 P9, VNS-L31 P9 Lite, ALE-L21 P8 Lite, PRA-LX1 P8 Lite 2017, FIG-LX1 P Smart, POT-LX1 P Smart 2019
STK-LX1 P Smart Z, PPA-LX2 P Smart 2021, SNE-LX1 Mate 20 Lite, HMA-L29 Mate 20, LYA-L29 Mate 20 Pro
LIO-L29 Mate 30 Pro, NOH-NX9 Mate 40 Pro, ALP-L29 Mate 10, BLA-L29 Mate 10 Pro, RNE-L21 Mate 10 Lite
YAL-L21 Nova 5T, DUB-LX1 Y7 2019, MRD-LX1 Y6 2019, AMN-LX9 Y5 2019, BAH2-W19 MediaPad M5 Lite 10.1"
AGS2-W09 MediaPad T5 10.1", AGS-W09 MediaPad T3 10", BG2-W09 MediaPad T3 7.0"
"""

_HONOR = """
COL-L29 10, HRY-LX1 10 Lite, BKL-L09 View 10, STF-L09 9, LLD-L31 9 Lite, FRD-L09 8, PRA-TL10 8 Lite
BND-L21 7X, JSN-L21 8X, YAL-L41 20 Pro, AUM-L29 7A, KSA-LX9 8S, NTH-NX9 50, REA-NX9 90, ANY-NX1 X8
FNE-NX9 70
"""

_MOTOROLA = """
XT1032 Moto G, XT1068 Moto G (2014), XT1092 Moto X (2014), XT1541 Moto G (3rd Gen), XT1562 Moto X Play
MotoG3 Moto G (3rd Gen), DROIDX DROID X, DROID2 DROID 2, DROID RAZR DROID RAZR, XT910 RAZR, MB860 Atrix 4G
"""

_GOOGLE = """
Nexus One Nexus One, Nexus S Nexus S, Nexus 4 Nexus 4, Nexus 5 Nexus 5, Nexus 5X Nexus 5X, Nexus 6 Nexus 6
Nexus 6P Nexus 6P, Nexus 7 Nexus 7, Nexus 9 Nexus 9, Nexus 10 Nexus 10
"""

_NOTHING = """
A063 Phone (1), A065 Phone (2), A142 Phone (2a), AIN065 Phone (2)
"""

_SONY = """
C6602 Xperia Z, C6603 Xperia Z, C6606 Xperia Z, C6903 Xperia Z1, C6906 Xperia Z1, D5503 Xperia Z1 Compact
D6503 Xperia Z2, D6603 Xperia Z3, D5803 Xperia Z3 Compact, E6653 Xperia Z5, E5823 Xperia Z5 Compact
F5121 Xperia X, F8331 Xperia XZ, F5321 Xperia X Compact, G8141 Xperia XZ Premium, G8341 Xperia XZ1
G8441 Xperia XZ1 Compact, H8216 Xperia XZ2, H8324 Xperia XZ2 Compact, H9436 Xperia XZ3, I3113 Xperia 10
I4113 Xperia 10, J9110 Xperia 1, J8110 Xperia 1, J9210 Xperia 5, XQ-AT51 Xperia 1 II, XQ-AS52 Xperia 5 II
XQ-AU52 Xperia 10 II, XQ-BC52 Xperia 1 III, XQ-BQ52 Xperia 5 III, XQ-BT52 Xperia 10 III, XQ-CT54 Xperia 1 IV
XQ-CC54 Xperia 10 IV, LT26i Xperia S, LT28h Xperia Ion, LT22i Xperia P, LT30p Xperia T, MT27i Xperia Sola
ST25i Xperia U, ST26i Xperia J
"""

_AMAZON = """
KFAPWI Kindle Fire HDX 8.9, KFTHWI Kindle Fire HDX 7, KFSOWI Kindle Fire HD, KFTT Kindle Fire HD
KFJWI Kindle Fire HD 8.9, KFOT Kindle Fire, KFAUWI Fire 7, KFMUWI Fire 7, KFGIWI Fire HD 8, KFDOWI Fire HD 8
KFKAWI Fire HD 8, KFONWI Fire HD 8, KFSUWI Fire HD 10, KFMAWI Fire HD 10, KFTRWI Fire HD 10
"""

_IPHONES = """
3,1 4, 3,2 4, 3,3 4, 4,1 4S, 5,1 5, 5,2 5, 5,3 5C, 5,4 5C, 6,1 5S, 6,2 5S, 7,1 6 Plus, 7,2 6, 8,1 6S, 8,2 6S Plus
8,4 SE, 9,1 7, 9,2 7 Plus, 9,3 7, 9,4 7 Plus, 10,1 8, 10,2 8 Plus, 10,3 X, 10,4 8, 10,5 8 Plus, 10,6 X, 11,2 XS
11,4 XS Max, 11,6 XS Max, 11,8 XR, 12,1 11, 12,3 11 Pro, 12,5 11 Pro Max, 12,8 SE (2020), 13,1 12 Mini, 13,2 12
13,3 12 Pro, 13,4 12 Pro Max, 14,2 13 Pro, 14,3 13 Pro Max, 14,4 13 Mini, 14,5 13, 14,6 SE (2022), 14,7 14
14,8 14 Plus, 15,2 14 Pro, 15,3 14 Pro Max, 15,4 15, 15,5 15 Plus, 16,1 15 Pro, 16,2 15 Pro Max, 17,1 16 Pro
17,2 16 Pro Max, 17,3 16, 17,4 16 Plus, 17,5 16e
"""
# What apps on an iPhone call it (`iPhone14,5`) -> its name.
IPHONES = {
    code: f"iPhone {name}"
    for code, _, name in (entry.partition(" ") for entry in re.split(r", (?=\d+,\d )|\n", _IPHONES.strip()))
}
FIRE_TVS = {
    "AFTM": "Fire TV Stick",
    "AFTT": "Fire TV Stick",
    "AFTSSS": "Fire TV Stick",
    "AFTSS": "Fire TV Stick Lite",
    "AFTMM": "Fire TV Stick 4K",
    "AFTKM": "Fire TV Stick 4K",
    "AFTKA": "Fire TV Stick 4K Max",
}


def _models(brand: str, text: str) -> dict[str, tuple[str, str]]:
    """`"SM-G991 Galaxy S21 5G"` as `{"SM-G991": (brand, "Galaxy S21 5G")}`; some codes hold a space."""
    entries = [entry.strip() for entry in text.replace("\n", ",").split(",") if entry.strip()]
    models = {}
    for entry in entries:
        spaced = re.match(r"(Nexus \w+|Galaxy Nexus|ONEPLUS \w+|DROID RAZR) (.+)", entry)
        code, name = (spaced[1], spaced[2]) if spaced else entry.split(" ", 1)
        models[code] = (brand, name)
    return models


# Model code -> (brand code, name).
MODELS: dict[str, tuple[str, str]] = (
    _models("SA", _SAMSUNG)
    | _models("XI", _XIAOMI)
    | _models("OP", _OPPO)
    | _models("ON", _ONEPLUS)
    | _models("HU", _HUAWEI)
    | _models("HO", _HONOR)
    | _models("MR", _MOTOROLA)
    | _models("GO", _GOOGLE)
    | _models("NT", _NOTHING)
    | _models("SO", _SONY)
    | _models("AZ", _AMAZON)
)

# (brand code, pattern of its codes, how to show one that MODELS doesn't name). MODELS is asked for group 1.
RULES: tuple[tuple[str, re.Pattern[str], str], ...] = tuple(
    (brand, re.compile(pattern + "$", re.I), name)
    for brand, pattern, name in (
        ("SA", r"((?:SM|GT|SGH|SCH|SPH|SC|SHV|SHW)-[A-Z]?\w+)(?:[/ ].*)?", "{0}"),
        ("SA", r"(Galaxy .+)", "{0}"),
        (
            "XI",
            r"(?:Xiaomi )?((?:Redmi|POCO|Mi|MIX|Black Shark)[ _].+|Mi[A-Z]\w+|HM NOTE .+|M\d{4}[A-Z]\w+)",
            "{0}",
        ),
        ("XI", r"(2\d{3,9}[A-Z]\w+)", "{0}"),
        ("FA", r"(?:Fairphone )?FP(\d)", "{0}"),
        ("GO", r"((?:Pixel|Nexus)\b.*)", "{0}"),
        ("OP", r"(CPH\d{4}|P[A-Z]{3}\d{2}|X9\d{3})", "{0}"),
        ("RE", r"(RMX\d{4})", "{0}"),
        ("ON", r"(?:ONEPLUS[ _])?((?:A\d{4}|GM19\d\d|HD19\d\d|IN20\d\d|KB20\d\d|LE21\d\d|NE22\d\d))", "{0}"),
        ("VV", r"(?:vivo[ _])([\w ]+)", "{0}"),
        ("VV", r"(V2\d{3}A?)", "{0}"),
        ("HU", r"((?:[A-Z]{3}\d?|HUAWEI)-(?:[LNTAW][A-Z]?\w{2,3}))", "{0}"),
        ("MR", r"(?:motorola |Motorola )?(moto(?:rola)? .+)", "{0}"),
        ("MR", r"(?:MOT-|motorola )?((?:XT|MB|ME)\d{3,4}.*)", "{0}"),
        ("LG", r"(?:LGE? ?|LG-)?((?:LM-|VS|LS|MS)\w+(?:\.\w+)*|[DEFHKPQVX]\d{3}\w*(?:-\w+)?)(?:/.*)?", "{0}"),
        ("HT", r"(?:HTC[ _-]*)(\w.*?)(?:/.*)?", "{0}"),
        ("SE", r"SonyEricsson([\w-]+)", "{0}"),
        (
            "SO",
            r"(?:Sony ?)?((?:[CDEFGHIJ]\d{4}|XQ-\w{4}|LT\d\d\w|ST\d\d\w|MT\d\d\w|SO-\d\d\w|SGP\d{3})\w*)",
            "{0}",
        ),
        ("AL", r"ALCATEL[ _]ONE[ _]TOUCH[ _](.+)", "One Touch {0}"),
        ("IF", r"Infinix[ _](.+)", "{0}"),
        ("TO", r"TECNO[ _](.+)", "{0}"),
        ("I5", r"itel[ _](.+)", "{0}"),
    )
)

PHABLETS = re.compile(
    r"Galaxy Note(?! \d+\.\d\")|Redmi Note (?:[89]|1\d)\b.*Pro|Mi Max|Galaxy Mega|Nexus 6\b|^(?:Mi )?Max \d"
)
TABLETS = re.compile(
    r"\bTab(?:let)?\b|Galaxy Tab|Galaxy Note \d+\.\d\"|\bPad\b|MediaPad|MatePad|Nexus (?:7|9|10)\b"
    r"|Pixel (?:C|Tablet)|Xoom|Transformer|Iconia|IdeaTab|ThinkPad|^SM-[TXP]\d|^GT-P\d|^GT-N[58]|^SGP\d"
    r"|^KF[A-Z]|Lenovo (?:B|TB|YT)\w*-|Kindle",
    re.I,
)
