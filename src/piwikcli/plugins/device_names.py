"""Codes and English names of browsers, operating systems, device brands and types.

The log tables hold codes, reports show names. `docs/reference/devices.md` says where codes come from and what
happens to a code that no table knows. Plain dictionaries: nothing here imports more than the language itself.
"""

from __future__ import annotations


def _table(text: str) -> dict[str, str]:
    """`"CH Chrome, FF Firefox"` as `{"CH": "Chrome", "FF": "Firefox"}`; line ends count as commas."""
    pairs = (entry.strip().partition(" ") for entry in text.replace("\n", ",").split(","))
    return {code: name for code, _, name in pairs if code}


# config_browser_name -> name. Other clients (curl, feed readers, apps) are stored by name and have no code.
BROWSERS: dict[str, str] = _table("""
36 360 Phone Browser, 3B 360 Secure Browser, AA Avant Browser, AB ABrowse, AF ANT Fresco, AG ANTGalio
AL Aloha Browser, AM Amaya, AO Amigo, AN Android Browser, AD AOL Shield, AE AOL Desktop, AR Arora
AX Arctic Fox, AT Atomic Web Browser, AS Avast Secure Browser, VG AVG Secure Browser, BA Beaker Browser
BB BlackBerry Browser, BD Baidu Browser, BS Baidu Spark, BI Basilisk, BJ Bunjalloo, BL B-Line, BR Brave
BK BriskBard, BX BrowseX, CA Camino, CL CCleaner, C1 Coc Coc, CD Comodo Dragon, CX Coast, CF Chrome Frame
CH Chrome, CI Chrome Mobile iOS, CM Chrome Mobile, CV Chrome Webview, CN CoolNovo, CO CometBird
CP ChromePlus, CR Chromium, CY Cyberfox, CS Cheshire, CK Conkeror, CE Charon, DB dbrowser
DD DuckDuckGo Privacy Browser, DE Deepnet Explorer, DF Dolphin, DI Dillo, DL Dooble, DO Dorado, EL Elinks
EB Element Browser, EC Ecosia, EI Epic, EP GNOME Web, ES Espial TV Browser, EU EUI Browser, FA Falkon
F1 Firefox Mobile iOS, FB Firebird, FD Fluid, FE Fennec, FF Firefox, FK Firefox Focus, FL Flock
FM Firefox Mobile, FN Fireweb Navigator, FR Firefox Rocket, FW Fireweb, FY Firefox Reality, GA Galeon
GE Google Earth, GH Ghostery Privacy Browser, GO GOG Galaxy, HA Hawk Turbo Browser, HC Headless Chrome
HE HeyTapBrowser, HJ HotJava, HU Huawei Browser Mobile, IA Iceape, IB IBrowse, IC iCab, I2 iCab Mobile
I1 Iridium, I4 IceCat, ID IceDragon, IE Internet Explorer, IM IE Mobile, IR Iron, I3 Iron Mobile, IV Isivioo
IW Iceweasel, JB Japanese Browser, JS Jasmine, JI Jig Browser, JO JioSphere, KA Kazehakase
KI Kindle Browser, KM K-meleon, KO Konqueror, KP Kapiko, KW Kiwi, KY Kylo, LB Cheetah Browser, LE Liebao
LG LG Browser, LI Links, LF LieBaoFast, LO Lovense Browser, LU LuaKit, LS Lunascape, LX Lynx, M1 mCent
MA Mail.ru Browser, MB MicroB, MC NCSA Mosaic, ME Mercury, MF Mobile Safari, MI Midori, MN Minimo
MO Mobicip, MS Mobile Silk, MT Mint Browser, MU MIUI Browser, MX Maxthon, MY Mypal, MZ Meizu Browser
NB Nokia Browser, NE NetSurf, NF NetFront, NL NetFront Life, NO Nokia OSS Browser, NP NetPositive
NS Netscape, NV Nokia Ovi Browser, O1 Opera Mini iOS, OA Orca, OB Obigo, OC Oculus Browser
OD Odyssey Web Browser, OE ONE Browser, OF Off By One, OG Opera Neon, OH Opera Devices, OI Opera Mini
OM Opera Mobile, ON Opera Next, OO Opera Touch, OP Opera, OR Oregano, OS Ordissimo, OT Otter Browser
OV Openwave Mobile Browser, OW OmniWeb, OX Opera GX, OY Origin In-Game Overlay, PA Palm WebPro
PB Phoenix Browser, PL Palm Blazer, PM Pale Moon, PO Polaris, PP Oppo Browser, PR Palm Pre
PS Microsoft Edge, PT Polarity, PU Puffin, PX Phoenix, PY Polypane, QA QQ Browser Mini, QI QtWebEngine
QM QQ Browser Mobile, QQ QQ Browser, QT Qutebrowser, QU Quark, QW QupZilla, QZ Qazweb, RK Rekonq
RM RockMelt, SA Sailfish Browser, SB Samsung Browser, SC SEMC-Browser, SD Seznam Browser, SE Sogou Explorer
SF Safari, SH Shiira, SI SlimBoat, SK Skyfire, SL Sleipnir, SM SeaMonkey, SN Snowshoe
SO Sogou Mobile Browser, SP SuperBird, SR Sunrise, SS Seraphic Sraf, ST Steam In-Game Overlay, SW SalamWeb
SX Swiftfox, SY Sizzy, TB TV Bro, TF TenFourFox, TN Tenta Browser, TO Tor Browser, TU Tungsten
TV TV-Browser Internet, TZ Tizen Browser, UB UBrowser, UC UC Browser, UM UC Browser Mini, UR UR Browser
VB vivo Browser, VI Vivaldi, WE WebPositive, WF Waterfox, WH Whale Browser, WO wOSBrowser, WT WeTab Browser
WX Wolvic, YA Yandex Browser, YJ Yahoo! Japan Browser, YL Yandex Browser Lite, XI Xiino, ZV Zvu
""")

# config_os -> name. The second block holds codes of Piwik 2 (and IPA, which it used for Apple's iPad), shown
# under the names of today.
OPERATING_SYSTEMS: dict[str, str] = _table("""
AIX AIX, AND Android, ADR Android TV, ALP Alpine Linux, AMZ Amazon Linux, AMG AmigaOS, ATV tvOS
ARL Arch Linux, AOS AOSC OS, ASP ASPLinux, BTR BackTrack, SBA Bada, BEO BeOS, BLB BlackBerry OS
QNX BlackBerry Tablet OS, BMP Brew, BOT Bot, CES CentOS, CST CentOS Stream, CLO Clear Linux OS
COS Chrome OS, CRS Chromium OS, CHN China OS, CYN CyanogenMod, DEB Debian, DEE Deepin, DFB DragonFly
ELE ElectroBSD, EUL EulerOS, FED Fedora, FEN Fenix, FOS Firefox OS, FIR Fire OS, FRE Freebox, BSD FreeBSD
FYD FydeOS, FUC Fuchsia, GNT Gentoo, GTV Google TV, HPX HP-UX, HAI Haiku OS, HAR HarmonyOS, IRI IRIX
INF Inferno, JME Java ME, JOL Joli OS, KOS KaiOS, KAL Kali, KAN Kanotix, KNO Knoppix, KTV KreaTV
KBT Kubuntu, LIN GNU/Linux, LEN Lineage OS, LND LindowsOS, LNS Linspire, LBT Lubuntu, LUN LuneOS, MAC Mac
MAE Maemo, MAG Mageia, MDR Mandriva, SMG MeeGo, MET Meta Horizon, MCD MocorDroid, MIN Mint, MLD MildWild
MOR MorphOS, NBS NetBSD, MTK MTK / Nucleus, MRE MRE, WII Nintendo, NDS Nintendo Mobile, OS2 OS/2, T64 OSF1
OBS OpenBSD, OVS OpenVMS, OWR OpenWrt, OTV Opera TV, ORA Oracle Linux, ORD Ordissimo, PAR Pardus
PCL PCLinuxOS, PLA Plasma Mobile, PSP PlayStation Portable, PS3 PlayStation, PUR PureOS, RHT Red Hat
RED RedOS, REM Remix OS, ROC Rocky Linux, ROK Roku OS, RSO Rosa, ROS RISC OS, SAB Sabayon, SSE SUSE
SAF Sailfish OS, SCI Scientific Linux, SLW Slackware, SOS Solaris, SYL Syllable, SYM Symbian, SYS Symbian OS
S40 Symbian OS Series 40, S60 Symbian OS Series 60, SY3 Symbian^3, TDX ThreadX, TIZ Tizen, TIV TiVo OS
TOS TmaxOS, TUR Turbolinux, UBT Ubuntu, UOS UOS, VID VIDAA, VLN VectorLinux, WAS watchOS, WER Wear OS
WTV WebTV, WHS Whale OS, WIN Windows, WCE Windows CE, WIO Windows IoT, WMO Windows Mobile, WPH Windows Phone
WRT Windows RT, XBX Xbox, XBT Xubuntu, YNS YunOS, ZEN Zenwalk, ZOR ZorinOS, IOS iOS, POS palmOS, WOS webOS

IPA iOS, IPH iOS, IPD iOS, IPO iOS, W10 Windows, W81 Windows, WI8 Windows, WI7 Windows, WVI Windows
WS3 Windows, WXP Windows, W2K Windows, WNT Windows, WME Windows, W98 Windows, W95 Windows
W65 Windows Mobile, WP7 Windows Phone
""")

_FAMILIES = {
    "Android": "AND CYN FIR REM FEN MCD YNS MLD LEN ADR WER HAR MET",
    "AmigaOS": "AMG MOR",
    "BlackBerry": "BLB QNX",
    "BeOS": "BEO HAI",
    "Brew": "BMP",
    "Chrome OS": "COS CRS FYD",
    "Firefox OS": "FOS KOS",
    "Console": "WII PS3 XBX",
    "Google TV": "GTV",
    "IBM": "OS2",
    "iOS": "IOS ATV WAS IPA IPH IPD IPO",
    "RISC OS": "ROS",
    "GNU/Linux": (
        "LIN ALP AMZ ARL AOS ASP BTR CES CST CLO CHN DEB DEE EUL FED GNT INF JOL KAL KAN KNO KBT LND LNS LBT"
        " MAG MDR MIN ORA ORD OWR PAR PCL PLA PUR RHT RED ROC ROK RSO SAB SSE SAF SCI SLW TOS TUR UBT UOS VLN"
        " XBT ZEN ZOR FRE LUN KTV TIV"
    ),
    "Mac": "MAC",
    "Mobile Gaming Console": "PSP NDS",
    "OpenVMS": "OVS",
    "Real-time OS": "MTK TDX MRE JME",
    "Other Mobile": "WOS POS SBA TIZ SMG MAE FUC",
    "Symbian": "SYM SYS SY3 S60 S40",
    "Unix": "SOS AIX HPX BSD NBS OBS DFB ELE SYL IRI T64",
    "WebTV": "WTV",
    "Windows": "WIN W10 W81 WI8 WI7 WVI WS3 WXP W2K WNT WME W98 W95",
    "Windows Mobile": "WPH WMO WCE WRT WIO W65 WP7",
    "Other Smart TV": "VID WHS OTV",
    "Bot": "BOT",
}
# config_os -> the family it is shown under ("Console" is Matomo's name for its family "Gaming Console").
OS_FAMILIES: dict[str, str] = {code: family for family, codes in _FAMILIES.items() for code in codes.split()}

# config_device_type is the position in this tuple.
DEVICE_TYPES: tuple[str, ...] = (
    "desktop",
    "smartphone",
    "tablet",
    "feature phone",
    "console",
    "tv",
    "car browser",
    "smart display",
    "camera",
    "portable media player",
    "phablet",
    "smart speaker",
    "wearable",
    "peripheral",
)

# config_browser_engine -> its label; other engines are shown by their own name.
ENGINE_FAMILIES: dict[str, str] = {
    "WebKit": "WebKit (Safari)",
    "Blink": "Blink (Chrome, Opera)",
    "Trident": "Trident (IE)",
    "Gecko": "Gecko (Firefox)",
    "Presto": "Presto (Opera)",
    "KHTML": "KHTML (Konqueror)",
}

# config_device_brand -> name.
BRANDS: dict[str, str] = _table("""
3Q 3Q, AC Acer, AI Airness, AJ Advan, AK Alba, AL Alcatel, AM Amoi, AO AOC, AP Apple, AR Archos, AN Arnova
AH Axioo, AT Airtel, AU Asus, AV Avvio, AX Audiovox, AZ Amazon, BA Barnes & Noble, BB BBK, BE Becker
BI Bird, BL Beetel, BM Bmobile, BN Blackview, BO BangOlufsen, BP Blaupunkt, BQ BQ, BU Blu, BV BRAVIS
BW Boway, CA Cat, CE Celkon, CK Cricket, CL Compal, CM Casper, CN CnM, CO Coolpad, CQ Compaq, CR CreNova
CS Casio, CT Capitel, CU Cubot, CV Captiva, CW Cowon, CX Coby Kyros, CY Cyrus, DA Danew, DB Dbtel, DC DoCoMo
DE Denver, DG Dell, DI Dicam, DN DNS, DO Doogee, DP Dopod, DX DEXP, EC Ericsson, EE EE, EG Energizer
EL Elephone, EN Eton, ER Ericy, ES Essential, ET eTouch, EV Evertek, EX Explay, EZ Ezze, FA Fairphone
FL Fly, FO Foxconn, FU Fujitsu, G1 Gigaset, GB Gigabyte, GC GOCLEVER, GD Gemini, GF Gfive, GI Gionee
GM Garmin-Asus, GO Google, GR Gradiente, GU Grundig, HA Haier, HE HTM, HI Hisense, HM Homtom, HO Honor
HP HP, HT HTC, HU Huawei, HX Humax, HN Hannspree, HY Hyundai, I2 ILA, I5 Itel, IA Ikea, IB iBall, IC iconBIT
IF Infinix, IK iKoMo, IM i-mate, IN Innostream, IO i-mobile, IP iPro, IQ INQ, IR Impression, IS Intenso
IT Intek, IX Intex, JI Jiayu, JL Jolla, JX JXD, KA Karbonn, KB Kobo, KD KDDI, KN Kindle, KO Konka
KT K-Touch, KY Kyocera, LA Lanix, LC LCT, LE Lenovo, LF LeEco, LG LG, LM Lumigon, LO Loewe, LU LG U+
LV Lava, LX Lexibook, LY LYF, MA Manta Multimedia, MB Mobistel, MC Medacom, MD Medion, ME Metz, MF Meta
MG Meizu, MI MicroMax, MJ Mecer, MK MediaTek, ML Malata, MM Mpman, MN Modecom, MO Mio, MR Motorola
MS Microsoft, MT Mitsubishi, MU Multilaser, MX Maxx, MY MyPhone, NB Nubia, NE NEC, NG NGM, NI Nintendo
NO Nokia, NT Nothing, NV Nvidia, NW Newgen, NX Nexian, NZ Nextbook, OA Odys, OD Onda, ON OnePlus, OP OPPO
OR Orange, OT O2, OU OUYA, OX Oukitel, PA Panasonic, PB Packard Bell, PC Pipo, PE PEAQ, PH Philips
PI Pioneer, PL Polaroid, PM Palm, PO phoneOne, PR Prestigio, PT Pantech, PU Pulid, PV Point of View
PW Positivo, PX Pixus, QM QMobile, QT Qtek, QU Quechua, RA Ramos, RC RCA, RE Realme, RI Rikomagic, RK Roku
RM RIM, RO Rover, RZ Razer, SA Samsung, SD Sega, SE Sony Ericsson, SF Softbank, SG Sagem, SH Sharp
SI Siemens, SK Skyworth, SN Sendo, SO Sony, SP Spice, SQ Simvalley, SR Smart, ST Storex, SU SuperSonic
SV Vestel, SX Selevision, SY Sanyo, SZ Symphony, TA Tesla, TC TCL, TE Telit, TF Teclast, TG Trekstor
TH TiPhone, TI TIANYU, TL Telefunken, TM T-Mobile, TN Thomson, TO Tecno Mobile, TP TP-Link, TQ Toplux
TS Toshiba, TT TechnoTrend, TU Tunisie Telecom, TW THL, TX TechniSat, TZ teXet, UL Ulefone, UM Umidigi
UN Unowhy, US Uniscope, UT UTStarcom, VD Videocon, VE Vertu, VI Vitelcom, VK VK Mobile, VS ViewSonic
VV Vivo, VO Voxtel, VW Videoweb, VZ Vernee, WA Walton, WB Web TV, WE WellcoM, WI Wiko, WL Wileyfox
WX Woxter, XI Xiaomi, XL Xolo, XO Xoro, YA Yarvik, YU Yuandao, ZO Zonda, ZP Zopo, ZT ZTE, ZU Zuum
""")
