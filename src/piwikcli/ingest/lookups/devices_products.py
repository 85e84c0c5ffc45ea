"""Product names in user agents and what they stand for, in order of precedence.

A name that is not here is not lost: `ua-parser` is asked for what these tables leave open.
"""

from __future__ import annotations

_BROWSERS = """
seamonkey SM, palemoon PM, waterfox WF, iceweasel IW, icecat I4, iceape IA, icedragon ID, basilisk BI
k-meleon KM, cyberfox CY, conkeror CK, swiftfox SX, firebird FB, phoenix PX, bonecho FF, granparadiso FF
shiretoko FF, namoroka FF, minefield FF, fennec FE, flock FL, camino CA, galeon GA, epiphany EP
kazehakase KA, lunascape LS, sleipnir SL, netscape NS, netscape6 NS, netscape7 NS, navigator NS
mypal MY, tenfourfox TF, focus FK
klar FK, arcticfox AX, konqueror KO, midori MI, rekonq RK, qupzilla QW, falkon FA, otter OT, arora AR
dillo DI, netsurf NE, lynx LX, links LI, elinks EL, luakit LU, dooble DL, surf SF, qutebrowser QT
omniweb OW, icab IC, shiira SH, fluid FD, sunrise SR, charon CE, hotjava HJ, amaya AM, webpositive WE
ibrowse IB, headlesschrome HC, edg PS, edge PS, edga PS, edgios PS, opr OP, opt OO, opx OX, opios O1
operagx OX, opera-neon OG, vivaldi VI, yabrowser YA, yowser YA, brave BR, ddg DD, duckduckgo DD, whale WH
coc_coc_browser C1, coc_coc C1, maxthon MX, mxbrowser MX, puffin PU, iron IR, iridium I1, comodo_dragon CD
dragon CD, rockmelt RM, coolnovo CN, chromeplus CP, superbird SP, ccleaner CL, avast AS, avg VG, epic EI
amigo AO, atom AT, ur UR, polypane PY, seznam SD, sznprohlizec SD, ecosia EC, slimboat SI, 360se 3B, qihu 3B
metasr SE, sogoumobilebrowser SO, qqbrowser QQ, mqqbrowser QM, bidubrowser BD, baidubrowser BD
baiduboxapp BD, flyflow BD, ubrowser UB, ucbrowser UC, ucweb UC, samsungbrowser SB, miuibrowser MU
mintbrowser MT, huaweibrowser HU, heytapbrowser HE, vivobrowser VB, oppobrowser PP, phx PB, mzbrowser MZ
quark QU, liebaofast LF, lbbrowser LE, silk MS, dolphin DF, skyfire SK, kiwi KW, alohabrowser AL, tenta TN
mercury ME, coast CX, ghosterybrowser GH, oculusbrowser OC, wolvic WX, sailfishbrowser SA, jiosphere JO
jiopages JO, steam ST, qtwebengine QI, nokiabrowser NB, browserng NO, s40ovibrowser NV, semc-browser SC
obigo OB, teleca OB, netfront NF, nf NF, polaris PO, openwave OV, up.browser OV, blazer PL, xiino XI
fireweb FW, tizenbrowser TZ, wosbrowser WO, webpro PA
"""

_FEED_READERS = """
liferea Liferea, netnewswire NetNewsWire, reeder Reeder, feeddemon FeedDemon, rssowl RSSOwl
newsflash NewsFlash, akregator Akregator, newsbeuter Newsbeuter, newsboat Newsboat, newsify Newsify
apple-pubsub Apple PubSub, vienna Vienna, rssbandit RSS Bandit, bashpodder BashPodder, castro Castro
downcast Downcast, feedly Feedly, gpodder gPodder, overcast Overcast, podcastaddict Podcast & Radio Addict
pocketcasts PocketCasts, antennapod AntennaPod, playapod Playapod, newsgator NewsGator, readkit ReadKit
stringer Stringer
"""

_MEDIA_PLAYERS = """
nsplayer Windows Media Player, windows-media-player Windows Media Player, wmplayer Windows Media Player
wmfsdk Windows Media Player, itunes iTunes, vlc VLC, libvlc VLC, winamp Winamp, winampmpeg Winamp
quicktime QuickTime, foobar2000 Foobar2000, clementine Clementine, rhythmbox Rhythmbox, audacious Audacious
banshee Banshee, kodi Kodi, xbmc XBMC, deezer Deezer, songbird Songbird, mplayer MPlayer, mpv mpv
sonos SONOS, xine Xine, amarok Amarok, stagefright Stagefright, boxee Boxee, nightingale Nightingale
subsonic SubSonic
"""

_APPS = """
instagram Instagram, whatsapp WhatsApp, pinterest Pinterest, snapchat Snapchat, twitter Twitter
micromessenger WeChat, line LINE, kakaotalk KakaoTalk, gsa Google Search App, linkedinapp LinkedIn
bytedancewebview TikTok, musical_ly TikTok, trill TikTok, spotify Spotify, slack Slack
teams Microsoft Teams, viber Viber, skype Skype, flipboard Flipboard, telegram Telegram, discord Discord
tumblr Tumblr, naver NAVER, weibo Sina Weibo, youtube YouTube, siri Siri, signal Signal, janetter Janetter
netflix Netflix, googleplus Google Plus, fban Facebook
"""

_MAIL_PROGRAMS = """
thunderbird Thunderbird, microsoft-outlook Microsoft Outlook, outlook Microsoft Outlook
msoffice Microsoft Outlook, outlook-ios Microsoft Outlook, airmail Airmail, postbox Postbox
lotus-notes Lotus Notes, the-bat The Bat!, barca Barca, evolution Evolution, kmail KMail, sparrow Sparrow
mailspring Mailspring, emclient eM Client
"""

_LIBRARIES = """
curl curl, libcurl curl, wget Wget, wget2 Wget, python-requests Python Requests, python-urllib Python urllib
python-urllib3 Python urllib, urllib3 Python urllib, urlgrabber urlgrabber (yum), aiohttp aiohttp
httpx HTTPX, python-httpx HTTPX, httpie HTTPie, go-http-client Go-http-client, go-resty Go-http-client
java Java, okhttp OkHttp, apache-httpclient Apache HTTP Client, apache-httpasyncclient Apache HTTP Client
commons-httpclient Jakarta Commons HttpClient, guzzlehttp Guzzle (PHP HTTP Client)
guzzle Guzzle (PHP HTTP Client), php-curl-class PHP cURL Class, php PHP, libwww-perl Perl, lwp Perl
www-mechanize Mechanize, mechanize Mechanize, ruby Ruby, faraday Faraday, typhoeus Typhoeus
rest-client REST Client for Ruby, restclient REST Client for Ruby, axios Axios, node-fetch Node Fetch
undici undici, got got, superagent superagent, postmanruntime Postman Desktop, insomnia Insomnia REST Client
aria2 Aria2, dart Dart, reqwest reqwest, hyper hyper, jetty Jetty, reactornetty ReactorNetty
ahc Async HTTP Client, winhttp WinHttp WinHttpRequest, wininet WinInet, powershell PowerShell
windowspowershell PowerShell, cpp-httplib cpp-httplib, embarcadero Embarcadero URI Client, indy Indy Library
symfony Symfony, zend_http_client Zend HTTP, libsoup libsoup, gvfs gvfs, kio KIO, cakephp CakePHP
simplepie SimplePie, dalvik Android HttpURLConnection, open-build-service Open Build Service
restsharp RestSharp, unirest Unirest for Java, lua-resty-http lua-resty-http
"""


def _entries(text: str) -> list[tuple[str, str]]:
    pairs = (entry.strip().partition(" ") for entry in text.replace("\n", ",").split(","))
    return [(token, name) for token, _, name in pairs if token]


# Product name in lower case -> (rank, browser code); the lowest rank wins.
BROWSERS: dict[str, tuple[int, str]] = {
    token: (rank, code) for rank, (token, code) in reversed(list(enumerate(_entries(_BROWSERS))))
}

# Product name in lower case -> (config_client_type, name) of clients that are not browsers.
OTHERS: dict[str, tuple[int, str]] = {
    token: (kind, name)
    for kind, table in (
        (2, _LIBRARIES),
        (3, _FEED_READERS),
        (4, _MEDIA_PLAYERS),
        (5, _APPS),
        (6, _MAIL_PROGRAMS),
    )
    for token, name in _entries(table)
}
