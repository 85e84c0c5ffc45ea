"""Format strings as they stand in a server's configuration -> templates.

nginx's `log_format` (`$remote_addr - $remote_user [$time_local] ...`) and Apache's `LogFormat` (`%h %l %u %t ...`).
"""

from __future__ import annotations

import re

from piwikcli.errors import UsageError
from piwikcli.ingest.parsing.fields import missing
from piwikcli.ingest.parsing.template import Template

NGINX = {
    "remote_addr": "ip",
    "realip_remote_addr": "",
    "http_x_forwarded_for": "forwarded",
    "proxy_add_x_forwarded_for": "forwarded",
    "http_x_real_ip": "forwarded",
    "remote_user": "userid",
    "time_local": "date",
    "time_iso8601": "date",
    "msec": "epoch_secs",
    "request": "request",
    "request_method": "method",
    "request_uri": "path",
    "uri": "path",
    "args": "query_string",
    "query_string": "query_string",
    "status": "status",
    "body_bytes_sent": "length",
    "bytes_sent": "length",
    "http_referer": "referrer",
    "http_user_agent": "user_agent",
    "host": "host",
    "http_host": "host",
    "server_name": "host",
    "scheme": "scheme",
    "url": "url",
    "request_time": "generation_time_secs",
}
"""nginx's variable -> field; others are read over."""

APACHE = {
    "h": "ip",
    "a": "ip",
    "u": "userid",
    "r": "request",
    "m": "method",
    "U": "path",
    "q": "query_string",
    "s": "status",
    "b": "length",
    "B": "length",
    "O": "length",
    "v": "host",
    "V": "host",
    "T": "generation_time_secs",
    "D": "generation_time_micro",
    "{s}T": "generation_time_secs",
    "{ms}T": "generation_time_milli",
    "{us}T": "generation_time_micro",
    "{sec}t": "epoch_secs",
    "{msec}t": "epoch_milli",
    "{usec}t": "epoch_micro",
    "{begin:sec}t": "epoch_secs",
    "{begin:msec}t": "epoch_milli",
    "{begin:usec}t": "epoch_micro",
    "{referer}i": "referrer",
    "{user-agent}i": "user_agent",
    "{host}i": "host",
    "{x-forwarded-for}i": "forwarded",
    "{x-real-ip}i": "forwarded",
    "{c}a": "",
}
"""Apache's directive -> field; others are read over."""

_NGINX_PART = re.compile(r"\$(?:\{(\w+)\}|(\w+))|([^$]+)")
_APACHE_PART = re.compile(r"%(?:[!<>\d,]*)(\{[^}]*\})?(\^?[a-zA-Z]{1,2}|%)|(%)|([^%]+)")
_NGINX_URL = re.compile(r"\$scheme://\$(?:host|http_host|server_name)\$request_uri")


def template_of(string: str) -> Template:
    """The template of a format string; raises UsageError where it does not say enough to count a request."""
    text = string.replace('\\"', '"').replace("\\t", "\t")
    try:
        template = (_of_nginx(text) if "$" in text else _of_apache(text)).template()
    except ValueError as error:
        raise UsageError(f"--log-format: {error}") from error
    if lacking := missing(template.fields):
        raise UsageError(f"--log-format: {string!r} has no {' and no '.join(lacking)}")
    return template


class _Builder:
    """Puts a template together; each field comes once."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._used: set[str] = set()
        self._last: str | None = None
        """The field just put, None after a literal."""

    def field(self, name: str) -> None:
        taken = {"path", "method"} if name == "request" else {name}
        if name == "query_string" and self._last == "path":
            return  # path and query side by side are one text
        if self._last is not None:
            raise ValueError(f"nothing stands between {self._last or 'a field'} and {name or 'the next one'}")
        if not name or taken & self._used:
            self._parts.append("${-}")
            self._last = ""
            return
        self._used |= taken
        self._parts.append(f"${{{name}}}")
        self._last = name

    def literal(self, text: str) -> None:
        if text:
            self._last = None
            self._parts.append(text.replace("$", "$$"))

    def template(self) -> Template:
        return Template("".join(self._parts))


def _of_nginx(text: str) -> _Builder:
    builder = _Builder()
    text = _NGINX_URL.sub("${url}", text).replace("$uri$is_args$args", "$request_uri")
    for match in _NGINX_PART.finditer(text):
        if match[3] is not None:
            builder.literal(match[3])
        else:
            builder.field(NGINX.get(match[1] or match[2], ""))
    return builder


def _of_apache(text: str) -> _Builder:
    builder = _Builder()
    for match in _APACHE_PART.finditer(text):
        argument, directive, percent, literal = match.groups()
        if literal is not None or percent or directive == "%":
            builder.literal(literal or "%")
        elif directive == "t" and (not argument or argument.startswith("{%")):
            # without a form of its own a time stands in brackets
            builder.literal("" if argument else "[")
            builder.field("date")
            builder.literal("" if argument else "]")
        else:
            name = (argument or "").lower() + directive
            builder.field(APACHE.get(name, APACHE.get(directive, "") if not argument else ""))
    return builder
