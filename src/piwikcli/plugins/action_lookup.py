"""Finding one page, title, download or outlink in the tree of its record. See docs/reference/actions.md."""

from __future__ import annotations

from urllib.parse import unquote_plus, urlsplit

from piwikcli.errors import UsageError
from piwikcli.plugins.api import Context, DataTable


def url_labels(url: str, excluded: tuple[str, ...] = ()) -> list[str]:
    """The path of labels under which a page is found: its folders, then `/` and the page."""
    parts = urlsplit(url.strip() if "//" in url else f"http://{url.strip()}")
    dropped = {name.lower() for name in excluded}
    pairs = parts.query.split("&")
    query = "&".join(pair for pair in pairs if pair.partition("=")[0].lower() not in dropped)
    path = f"{parts.path.removeprefix('/')}{'?' + query if query else ''}"
    if not path or path.endswith("/"):
        path += "index"
    *folders, page = [label for part in path.split("/", 9) if (label := part.strip())]
    return [*folders, f"/{page}"]


def target_labels(url: str) -> list[str]:
    """The path of labels of a download or an outlink: its host, then `/` and the rest."""
    _, _, rest = url.strip().rpartition("://")
    host, _, path = rest.partition("/")
    return [host.strip(), f"/{path.strip()}"]


def _walk(context: Context, record: str, labels: list[str]) -> DataTable:
    """The one row at the end of a path of labels, or no row."""
    table, row = context.table(record), None
    for n, label in enumerate(labels):
        if n:
            if row is None or row.idsubtable is None:
                return DataTable()
            table = context.table(record, row.idsubtable)
        wanted = {label, unquote_plus(label)}
        found = (row for row in table if row.label in wanted or unquote_plus(str(row.label)) in wanted)
        row = next(found, None)
    return DataTable([row] if row is not None else [])


def _asked(context: Context, name: str) -> str:
    value = context.parameters.get(name, "")
    if not value:
        raise UsageError(f"Please specify a value for '{name}': --param {name}=...")
    return unquote_plus(value) if "%" in value and "://" not in value else value


def one_url(context: Context) -> DataTable:
    url = _asked(context, "pageUrl")
    return _walk(context, "Actions_actions_url", url_labels(url, tuple(context.site.excluded_parameters)))


def one_title(context: Context) -> DataTable:
    return _walk(context, "Actions_actions", [f" {_asked(context, 'pageName').strip()}"])


def one_download(context: Context) -> DataTable:
    return _walk(context, "Actions_downloads", target_labels(_asked(context, "downloadUrl")))


def one_outlink(context: Context) -> DataTable:
    return _walk(context, "Actions_outlink", target_labels(_asked(context, "outlinkUrl")))
