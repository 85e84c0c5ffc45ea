"""Search engines: which one a referrer is, and what was searched for.

The rules: docs/reference/referrers.md#search-engines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_plus, unquote_to_bytes

from piwikcli.ingest.sitesearch import decode_value
from piwikcli.ingest.urls import BLANKS, Parameters, Url, parse, parse_query
from piwikcli.lists.definitions import SearchEngine

COUNTRY_CODES = """
    ac ad ae af ag ai al am an ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo bq br bs bt
    bv bw by bz ca cat cc cd cf cg ch ci ck cl cm cn co cr cs cu cv cw cx cy cz de dj dk dm do dz ec ee eg
    eh er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr
    ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls
    lt lu lv ly ma mc md me mf mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl
    no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si
    sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th ti tj tk tl tm tn to tp tr tt tv tw tz ua ug
    uk um us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw
"""
"""Labels that `{}` in a definition stands for: the country-code top-level domains."""

_COUNTRIES = "|".join(COUNTRY_CODES.split())
_NUMBERED_WWW = re.compile(r"^(?:w+\d*|search)\.")
_MOBILE = re.compile(r"(^|\.)m\.")
_COUNTRY_DOMAIN = re.compile(rf"(?:\.(?:com|org|net|co|it|edu))?\.(?:{_COUNTRIES})$")
_COUNTRY_LABEL = re.compile(rf"(^|\.)(?:{_COUNTRIES})\.")

_HOSTED_RESULTS = "/pemonitorhosted/ws/results/"
_INFOSPACE = SearchEngine("InfoSpace", ("/\\/ws\\/results\\/[^\\/]+\\/([^\\/?#]+)/",))
_CUSTOM_SEARCH = SearchEngine("Google Custom Search", ("q", "query"))
_YAHOO_HOSTS = ("images.search.yahoo.com", "search.yahoo.com")
_VERTICALS = {"isch": "Google Images", "vid": "Google Video", "shop": "Google Shopping"}


class Search(NamedTuple):
    """A search: the engine's name and the keyword in lower case, None when the engine hides it."""

    engine: str
    keyword: str | None


class SearchEngines:
    """Recognises searches by the definitions' `urls` (host or host + path -> engine)."""

    def __init__(self, engines: Mapping[str, SearchEngine]) -> None:
        self._engines = engines

    def detect(self, raw: str, url: Url) -> Search | None:
        """The search that led from the page `raw`; `url` is `raw` parsed, with its host in lower case."""
        engine = self._engine(url)
        if engine is None:
            return None
        query = f"{url.query}&{url.fragment}" if url.fragment else url.query
        parameters = parse_query(query)
        name, keyword = engine.name, ""
        if name == "Google Images" and "&prev" in query:
            previous = parse(_text(parameters, "prev"))
            parameters = parse_query(previous.query) if previous else {}
        elif name == "Google":
            name = _VERTICALS.get(_text(parameters, "tbm"), name)
            if "as_" in query:
                keyword = " ".join(_advanced(parameters))
        keyword = keyword or _keyword(engine, parameters, raw)
        if keyword:
            return Search(name, keyword.lower())
        if _is_hidden(engine, url):
            return Search(name, None)
        return None

    def _engine(self, url: Url) -> SearchEngine | None:
        if not url.host:
            return None
        host, lossy = url.host, lossy_host(url.host)
        for key in (host + url.path, host, lossy + url.path, lossy):
            if key in self._engines:
                return self._engines[key]
        if url.query.startswith("cx=partner-pub-"):
            return _CUSTOM_SEARCH
        if url.path.startswith(_HOSTED_RESULTS):
            return _INFOSPACE
        for domain in _YAHOO_HOSTS:
            if host.endswith(f".{domain}"):
                return self._engines.get(domain)
        return None


@lru_cache(maxsize=4096)
def lossy_host(host: str) -> str:
    """`host` as definitions spell it.

    >>> [lossy_host(host) for host in ("www.google.co.uk", "m.bing.com", "fr.search.yahoo.com")]
    ['google.{}', 'bing.com', '{}.search.yahoo.com']
    """
    host = _NUMBERED_WWW.sub("", host)
    host = _MOBILE.sub(r"\1", host)
    host = _COUNTRY_DOMAIN.sub(".{}", host)
    return _COUNTRY_LABEL.sub(r"\1{}.", host)


def _keyword(engine: SearchEngine, parameters: Parameters, raw: str) -> str:
    for param in engine.params:
        if param.startswith("/"):
            match = _regex(param).search(raw)
            value: object = match[1] if match and match.re.groups else None
        else:
            value = parameters.get(param)
        if isinstance(value, str) and value and (text := _decode(value, engine.charsets)):
            return text
    return ""


def _is_hidden(engine: SearchEngine, url: Url) -> bool:
    address = str(Url("", "", "", None, url.path, url.query, url.fragment))
    for rule in ("", "/") if engine.hidden is None else engine.hidden:
        if rule == address or (len(rule) > 1 and rule[0] == "/" == rule[-1] and _regex(rule).search(address)):
            return True
    return False


@lru_cache(maxsize=1024)
def _regex(rule: str) -> re.Pattern[str]:
    """The regular expression between the slashes; one that cannot be read matches nothing."""
    try:
        return re.compile(rule[1 : rule.rindex("/")])
    except re.error:
        return re.compile(r"(?!)()")


def _decode(value: str, charsets: tuple[str, ...]) -> str:
    """`value` decoded from the first charset that it is valid in; UTF-8 first, hardly valid by chance."""
    if "%" in value:
        data = unquote_to_bytes(value.replace("+", " ").encode("utf-8", "replace"))
        for charset in sorted(charsets, key=lambda name: name.lower() not in ("utf-8", "utf8")):
            try:
                return data.decode(charset).strip(BLANKS)
            except (UnicodeDecodeError, LookupError):
                continue
    return decode_value(value)


def _text(parameters: Parameters, name: str) -> str:
    value = parameters.get(name)
    return unquote_plus(value) if isinstance(value, str) else ""


def _advanced(parameters: Parameters) -> Iterator[str]:
    """The parts of Google's advanced search: all of these words, any, this phrase, none of these."""
    every, some, phrase, none = (_text(parameters, f"as_{part}").strip() for part in ("q", "oq", "epq", "eq"))
    if every:
        yield every
    if some:
        yield " OR ".join(some.split())
    if phrase:
        yield f'"{phrase}"'
    if none:
        yield " ".join(f"-{word}" for word in none.split())
