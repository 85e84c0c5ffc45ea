"""Bots: what the importer drops by substring and what the tracker drops by its crawler list."""

import pytest

from piwikcli.ingest.lookups.bots import BOT_SUBSTRINGS, is_importer_bot, is_tracker_bot


def test_importer_substrings_are_lower_case_words() -> None:
    assert len(BOT_SUBSTRINGS) == len(set(BOT_SUBSTRINGS))
    assert all(word == word.lower().strip() for word in BOT_SUBSTRINGS)


@pytest.mark.parametrize(
    "agent",
    [
        "mozilla/5.0 (compatible; googlebot/2.1; +http://www.google.com/bot.html)",
        "mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",  # by "bot/"
        "mozilla/5.0 (compatible; yahoo! slurp)",
        "mozilla/5.0 (compatible; yandeximages/3.0)",
        "msnbot-media/1.1",
        "curl/8.4.0",
        "java/1.8.0_181",
        "lwp::simple/5.827 libwww-perl/5.833",
        "some crawler",
        "baiduspider+(+http://www.baidu.com/search/spider.htm)",
        "universalfeedparser/4.2",
        "echoping/6.0.2",
        "zabbix",
    ],
)
def test_importer_bots(agent: str) -> None:
    assert is_importer_bot(agent)


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "-",
        "bot",  # alone it is no trigger
        "wget/1.21",
        "python-requests/2.31.0",
        "slurp",
        "bingbot",
        "bingpreview",
        "adsbot",
        "mediapartners",
        "facebookexternalhit",
        "dotbot",
        "semrush",
        "gigabot",
        "heritrix",
        "nutch",
        "pingdom",
        "nagios",
        "site24x7",
        "archiver",
        "mozilla/5.0 (windows nt 10.0; win64; x64; rv:124.0) gecko/20100101 firefox/124.0",
    ],
)
def test_not_importer_bots(agent: str) -> None:
    assert not is_importer_bot(agent)


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/120.0.6099.199 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.0; +https://openai.com/gptbot)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; bot@example.com)",
        "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
        "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)",
        "Mozilla/5.0 (compatible; BeetleBot; )",
        "Twitterbot/1.0",
        "UniversalFeedParser/4.2-pre-314-svn +http://feedparser.org/",
    ],
)
def test_tracker_bots(agent: str) -> None:
    assert is_tracker_bot(agent)


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "-",
        "curl/8.4.0",
        "Wget/1.21.2",
        "python-requests/2.31.0",
        "Python-urllib/3.11",
        "Go-http-client/2.0",
        "Java/1.8.0_181",
        "okhttp/4.9.3",
        "Apache-HttpClient/4.2.1 (java 1.5)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "HeadlessChrome/120.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Linux; Android 12; CUBOT NOTE 20 PRO) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/120.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "coc_coc_browser/98.0.150 Chrome/92.0.4515.150 Safari/537.36",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/17.1 Safari/605.1.15",
    ],
)
def test_clients_are_not_tracker_bots(agent: str) -> None:
    assert not is_tracker_bot(agent)
