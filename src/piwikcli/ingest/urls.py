"""URLs and titles as they are stored: cleaned, without noise parameters, cut to size.

Everything here is a function of text to text. The steps and their reasons: docs/reference/urls.md.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from html.entities import html5
from typing import NamedTuple

from piwikcli.regexes import compiled

PREFIXES: tuple[str, ...] = ("http://", "http://www.", "https://", "https://www.")
"""What `split_prefix` takes off; the index is the number that log_action.url_prefix holds."""

CAMPAIGN_NAME_PARAMETERS: tuple[str, ...] = (
    *("pk_cpn", "pk_campaign", "piwik_campaign", "mtm_campaign", "matomo_campaign"),
    *("utm_campaign", "utm_source", "utm_medium"),
)
"""Query parameters that name a campaign; the first one with a value counts."""

CAMPAIGN_KEYWORD_PARAMETERS: tuple[str, ...] = (
    *("pk_kwd", "pk_keyword", "piwik_kwd", "mtm_kwd", "mtm_keyword", "matomo_kwd", "utm_term"),
)

DEFAULT_EXCLUDED_PARAMETERS: frozenset[str] = frozenset(
    (
        *("ignore_referrer", "ignore_referer", "pk_vid", "doing_wp_cron"),
        *("gclid", "fbclid", "msclkid", "twclid", "wbraid", "gbraid", "yclid"),
        *("fb_xd_fragment", "fb_comment_id"),
        *("phpsessid", "jsessionid", "sessionid", "aspsessionid", "sid"),
        *CAMPAIGN_NAME_PARAMETERS,
        *CAMPAIGN_KEYWORD_PARAMETERS,
    )
)
"""Query parameters that never reach a stored URL: click ids, session ids and campaign parameters."""

MAXIMUM_BYTES = 1024
"""Length, in UTF-8 bytes, to which stored URLs, titles and search keywords are cut."""

BLANKS = " \t\n\r\0\x0b"
"""What trimming takes off; other white space (a no-break space) is text."""

QueryValue = str | list[str | None] | None
Parameters = dict[str, QueryValue]
"""A query string: name -> value, None for a name without `=`, a list for `name[]`."""

_DROPPED = dict.fromkeys(map(ord, "\n\r\0"))
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ENTITY = re.compile(r"&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]*);")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#039;"})
_SCHEME = re.compile(r"([A-Za-z0-9+.\-]+):(?!\d{1,5}(?:/|$))")
_PARTS = re.compile(r"(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.S)
_PORT = re.compile(r"[0-9]+")
_SIMPLE = re.compile(
    r"https?://([a-z0-9.\-]+)(?:/[!$%'()*+,\-./0-9:=@A-Z_a-z~]*)?(?:\?([!$%&'()*+,\-./0-9:=?@A-Z_a-z~]+))?"
)
_LOOKS_LIKE_URL = re.compile(r"(?!(?:javascript|vbscript|data):)(?:(?:[a-z][a-z0-9+.\-]*)?:)?//.", re.I)
_PREFIX = re.compile(r"http(s?)://(www\.)?", re.I)
DELIMITED = re.compile(r"([/#~@%!|])(.+)\1([a-zA-Z]*)", re.S)
"""A regular expression between delimiters, as lists of what is excluded may have; its flags come last."""


class Url(NamedTuple):
    """The parts of a URL; absent parts are empty strings. `userinfo` holds `user[:password]`."""

    scheme: str
    userinfo: str
    host: str
    port: int | None
    path: str
    query: str
    fragment: str

    def __str__(self) -> str:
        """The URL put together again. Without a scheme it loses its leading `//`."""
        scheme = self.scheme and f"{self.scheme}:{'' if self.scheme.lower() == 'mailto' else '//'}"
        userinfo = self.userinfo and f"{self.userinfo}@"
        port = "" if self.port is None else f":{self.port}"
        query = self.query and f"?{self.query}"
        fragment = self.fragment and f"#{self.fragment}"
        return f"{scheme}{userinfo}{self.host}{port}{self.path}{query}{fragment}"


def normalise(
    url: str,
    *,
    excluded: Collection[str] = DEFAULT_EXCLUDED_PARAMETERS,
    keep_fragment: bool = False,
) -> str | None:
    """The page URL as it is stored, or None when `url` is not one.

    `excluded` is the whole set of parameters to remove (give `DEFAULT_EXCLUDED_PARAMETERS | the site's`);
    an entry between delimiters such as `/^trk_/` is a regular expression. Case does not matter.
    """
    if found := simple(url):
        return found.stored(excluded)
    parts = parse(clean(url))
    if parts is None:
        return None
    stored = str(without_noise(parts, excluded, keep_fragment=keep_fragment))
    return stored if looks_like_url(stored) else None


class Simple(NamedTuple):
    """A URL that cleaning, taking apart and putting together leave as it is, as they do most URLs of a web log."""

    url: str
    host: str
    parameters: Mapping[str, str | None]
    """What `parse_query` would make of its query."""

    def stored(self, excluded: Collection[str]) -> str:
        """The URL as it is stored: without excluded parameters."""
        if not self.parameters:
            return self.url
        names, regexes = _compile_excluded(frozenset(excluded))
        kept: Parameters = {
            name: value
            for name, value in self.parameters.items()
            if name.lower() not in names and not (regexes and any(regex.search(name) for regex in regexes))
        }
        if len(kept) == len(self.parameters):
            return self.url
        base = self.url.partition("?")[0]
        return f"{base}?{build_query(kept)}" if kept else base


@lru_cache(maxsize=1 << 16)  # what is one request's page is the next one's referrer
def simple(url: str) -> Simple | None:
    """`url` taken apart at one look; None for one that isn't certainly simple."""
    match = _SIMPLE.fullmatch(url) if len(url) <= MAXIMUM_BYTES else None
    if match is None:
        return None
    host, query = match.groups("")
    if not query:
        return Simple(url, host, {})
    parameters: dict[str, str | None] = {}
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        if not name or name in parameters:
            return None  # a value without name is dropped, the last of a repeated name counts
        parameters[name] = value if equals else None
    return Simple(url, host, parameters) if "%5" not in query else None  # lists have encoded brackets, perhaps


def split_prefix(url: str) -> tuple[int | None, str]:
    """The number of the URL's prefix in `PREFIXES` (None for another scheme) and the rest of it.

    >>> split_prefix("https://www.example.org:8443/Path/")
    (3, 'example.org:8443/Path/')
    """
    match = _PREFIX.match(url)
    if match is None:
        return None, url
    return 2 * bool(match[1]) + bool(match[2]), url[match.end() :]


def normalise_target(url: str) -> str | None:
    """An outlink or download URL as it is stored: complete, trimmed and cut; None when it is no URL."""
    target = cut(decode_entities(url.translate(_DROPPED)).strip(BLANKS))
    return target if looks_like_url(target) else None


def clean_title(title: str) -> str:
    """A page title as it is stored: plain text without line breaks; empty for none (a lone `0` is none).

    Titles are cut where their HTML-escaped form reaches 1024 bytes, as Matomo stores them escaped.
    """
    plain = decode_entities(title.translate(_DROPPED)).strip(BLANKS)
    if len(plain) * 6 > MAXIMUM_BYTES:
        escaped = escape(plain)
        short = cut(escaped)
        plain = plain if short == escaped else decode_entities(short)
    return "" if plain == "0" else plain


def looks_like_url(text: str) -> bool:
    """Whether there is something after `//`, `:` + `//` or scheme + `://`. Script schemes are refused."""
    return _LOOKS_LIKE_URL.match(text) is not None


def clean(url: str) -> str:
    """A URL as it was sent, without blanks, control characters, `&amp;` and matrix parameters.

    >>> clean(" https://example.org/m;a=1?c=3;d=4 ")
    'https://example.org/m?a=1&c=3&d=4'
    """
    url = url.replace("&amp;", "&").strip(BLANKS)
    if _CONTROL.search(url):
        url = _CONTROL.sub("_", url.translate(_DROPPED))
    url = cut(url)
    path, semicolon, rest = url.partition(";")
    if semicolon and "?" not in path:
        url = f"{path}?{rest.replace('?', ';').replace(';', '&')}"
    return url


def without_noise(parts: Url, excluded: Collection[str], *, keep_fragment: bool = False) -> Url:
    """`parts` with a lower-case host, without excluded parameters and (unless kept) without fragment."""
    query, fragment = parts.query, parts.fragment.rstrip("#") if keep_fragment else ""
    if query:
        query = _without_parameters(query, excluded)
    elif fragment:
        fragment = _without_parameters(fragment, excluded)
    return parts._replace(host=parts.host.lower(), query=query, fragment=fragment)


def parse(url: str) -> Url | None:
    """The parts of a URL, or None when the part between `//` and the next `/` cannot be a host and port.

    Text without scheme and `//` is all path, query and fragment.
    """
    match = _SCHEME.match(url)
    scheme, rest = (match[1], url[match.end() :]) if match else ("", url)
    if rest.startswith("///") and scheme.lower() == "file":
        rest = rest[2:]
    parts = _PARTS.match(rest)
    authority, path, query, fragment = parts.groups("") if parts else ("", rest, "", "")
    if not authority:
        return None if rest.startswith("//") else Url(scheme, "", "", None, path, query, fragment)
    userinfo, _, host = authority.rpartition("@")
    port: int | None = None
    if ":" in host and not (host[0] == "[" and host[-1] == "]"):
        host, _, port_text = host.rpartition(":")
        digits = _PORT.match(port_text)
        if port_text and (digits is None or len(port_text) > 5):
            return None
        port = int(digits[0]) if digits else None
    if not host or (port is not None and port > 65535):
        return None
    return Url(scheme, userinfo, host, port, path, query, fragment)


def parse_query(query: str) -> Parameters:
    """Names and values of a query string, not decoded, in the order of the names' first appearance.

    A repeated name keeps its last value, `a[]` collects a list and a value without a name is dropped.
    """
    parameters: Parameters = {}
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        if not name:
            continue
        text = value if equals else None
        name = _list_name(name)
        if name.endswith("[]") and name != "[]":
            name = name[:-2]
            known = parameters.get(name)
            if isinstance(known, list):
                known.append(text)
            else:
                parameters[name] = [text]
        else:
            parameters[name] = text
    return parameters


def build_query(parameters: Parameters) -> str:
    """The query string of `parameters`; `build_query(parse_query(q))` is what a stored URL keeps of `q`."""
    pairs = []
    for name, value in parameters.items():
        if isinstance(value, list):
            pairs += [f"{name}[]" if item is None else f"{name}[]={item}" for item in value]
        else:
            pairs.append(name if value is None else f"{name}={value}")
    return "&".join(pairs)


def decode_entities(text: str) -> str:
    """`text` with its HTML entities decoded once. Only complete ones: `&copy=1` in a URL stays."""
    return _ENTITY.sub(_decode_entity, text) if "&" in text else text


def escape(text: str) -> str:
    """`text` as Matomo stores what it escapes: `&`, `<`, `>` and quotes as entities."""
    return text.translate(_ESCAPES)


def cut(text: str, size: int = MAXIMUM_BYTES) -> str:
    """The longest beginning of `text` with at most `size` UTF-8 bytes; no character is split."""
    if len(text) * 4 <= size:
        return text
    # A log line that is not UTF-8 arrives with lone surrogates in the place of its odd bytes.
    data = text.encode("utf-8", "surrogatepass")
    if len(data) <= size:
        return text
    while data[size] & 0xC0 == 0x80:
        size -= 1
    return data[:size].decode("utf-8", "surrogatepass")


@lru_cache(maxsize=64)
def compile_regex(entry: str) -> re.Pattern[str] | None:
    """The regular expression that a delimited entry such as `/^trk_.*/` stands for; None for plain text."""
    match = DELIMITED.fullmatch(entry)
    return None if match is None else compiled(match[2], re.I)


def _without_parameters(query: str, excluded: Collection[str]) -> str:
    names, regexes = _compile_excluded(frozenset(excluded))
    kept = {
        name: value
        for name, value in parse_query(query).items()
        if name.lower() not in names and not any(regex.search(name) for regex in regexes)
    }
    return build_query(kept)


@lru_cache(maxsize=256)
def _compile_excluded(excluded: frozenset[str]) -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    regexes = {entry: compile_regex(entry) for entry in excluded}
    names = frozenset(entry.strip().lower() for entry, regex in regexes.items() if regex is None)
    return names, tuple(regex for regex in regexes.values() if regex is not None)


def _list_name(name: str) -> str:
    if name[-6:].lower() == "%5b%5d":
        return f"{name[:-6]}[]"
    return name


def _decode_entity(match: re.Match[str]) -> str:
    body = match[1]
    if body[0] != "#":
        return html5.get(f"{body};", match[0])
    code = int(body[2:], 16) if body[1] in "xX" else int(body[1:])
    allowed = code in (9, 10, 13) or 32 <= code < 0x7F or 0xA0 <= code < 0xD800 or 0xE000 <= code < 0x110000
    return chr(code) if allowed else match[0]
