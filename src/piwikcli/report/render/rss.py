"""An RSS feed of a report: an item per period, the latest first, with the period's table in its description.

Only for several dates of one site. Links lead to the site, as there is no server that shows the report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from email.utils import format_datetime
from typing import Any

from piwikcli.errors import UsageError
from piwikcli.report.render.lines import is_nested
from piwikcli.report.render.options import Feed, RenderOptions
from piwikcli.report.render.values import escaped, text_of
from piwikcli.report.table import DataTable, Number, Result, TableMap

_MISSING = "-"
_TAB = "\t"


def write(result: Result, method: str, options: RenderOptions) -> Iterator[str]:
    """The feed, in pieces. Raises UsageError for anything but a map of dates."""
    if not isinstance(result, TableMap) or result.key_name != "date":
        raise UsageError(
            "RSS feeds can be generated for several dates of one specific website: "
            "--idsite N --date last10; for anything else use --format xml"
        )
    feed = options.feed or Feed()
    latest = next(reversed(result.tables), "1970")
    published = _date_text(_start(latest))  # not now: the same report is the same feed
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0">\n  <channel>\n'
        f"    <title>piwik statistics - RSS</title>\n    <link>{escaped(feed.url)}</link>\n"
        f"    <description>{escaped(method)}</description>\n    <pubDate>{published}</pubDate>\n"
        f"    <generator>piwik</generator>\n    <language>en</language>\n"
        f"    <lastBuildDate>{published}</lastBuildDate>\n"
    )
    for key in reversed(result.tables):
        yield from _item(key, result.tables[key], method, feed, options)
    yield "\t</channel>\n</rss>"


def _item(key: str, result: Result, method: str, feed: Feed, options: RenderOptions) -> Iterator[str]:
    guid = f"piwik:{method}?idSite={feed.idsite}&period={_period(key)}&date={key}"
    first, _, last = key.partition(",")
    title = f"From {first} to {last}" if last else key
    yield (
        f"\t<item>\n\t\t<pubDate>{_date_text(_start(key))}</pubDate>\n"
        f'\t\t<guid isPermaLink="false">{escaped(guid)}</guid>\n\t\t<link>{escaped(feed.url)}</link>\n'
        f"\t\t<title>{escaped(f'{feed.site} on {title}')}</title>\n\t\t<author>{escaped(feed.url)}</author>\n"
        "\t\t<description>"
    )
    for piece in _table(result, options):
        yield escaped(piece)
    yield "</description>\n\t</item>\n"


def _table(result: Result, options: RenderOptions) -> Iterator[str]:
    """An HTML table of the columns, a piece per row; nested columns are left out."""
    columns = dict.fromkeys(name for row in _rows(result) for name in row)
    if not columns:
        return
    titles = (escaped(options.column_names.get(name, name)) for name in columns)
    yield "<table border=1 width=70%>"
    yield f"<tr>{''.join(f'{_TAB}<td><strong>{title}</strong></td>' for title in titles)}</tr>"
    for row in _rows(result):
        texts = (escaped(text_of(row[name])) if name in row else _MISSING for name in columns)
        yield f"<tr>{''.join(f'{_TAB}<td>{text}</td>' for text in texts)}</tr>"
    yield "</table>"


def _rows(result: Result) -> Iterator[dict[str, Any]]:
    found: Iterable[dict[str, Any]]
    if isinstance(result, DataTable):
        found = (row.columns for row in result.rows)
    elif isinstance(result, Number):
        found = [{"value": result.value}]
    elif isinstance(result, TableMap):
        found = []
    else:
        found = [result.columns] if result.columns else []
    for row in found:
        yield {name: value for name, value in row.items() if not is_nested(value)}


def _period(key: str) -> str:
    """What kind of period a key of a map is."""
    first, _, last = key.partition(",")
    if not last:
        return {4: "year", 7: "month"}.get(len(key), "day")
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days
    return "week" if days == 6 and date.fromisoformat(first).weekday() == 0 else "range"


def _start(key: str) -> datetime:
    """The first midnight of the period, as it is on the site's clocks."""
    first = key.partition(",")[0]
    return datetime.fromisoformat({4: f"{first}-01-01", 7: f"{first}-01"}.get(len(first), first))


def _date_text(moment: datetime) -> str:
    return format_datetime(moment.replace(tzinfo=None)).replace("-0000", "+0000")
