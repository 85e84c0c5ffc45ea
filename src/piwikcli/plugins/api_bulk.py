"""API methods about requests and the program itself: several requests in one, versions, plugins."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from piwikcli import __version__
from piwikcli.errors import UsageError
from piwikcli.plugins.api import Document, Request


def bulk(request: Request) -> Document:
    """What each of `urls[]` (`method=VisitsSummary.get&idSite=1&period=day&date=...`) would get, in a list.

    One that cannot be answered is `{"result": "error", "message": ...}`; the others are not affected.
    """
    return Document([_one(request, url) for url in request.parameters.get("urls", "").split("\n") if url])


def _one(request: Request, url: str) -> Any:
    given = dict(parse_qsl(url.partition("?")[2] or url, keep_blank_values=True))
    method = given.pop("method", "")
    for name in ("module", "format", "token_auth"):
        given.pop(name, None)
    try:
        return request.ask(method, **given)
    except UsageError as error:
        return {"result": "error", "message": str(error)}


def version(request: Request) -> Document:
    return Document(__version__)


def is_plugin_activated(request: Request) -> Document:
    modules = {report.module for report in request.reports().values()}
    return Document(request.parameters["pluginName"] in modules)


def measurable_types(request: Request) -> Document:
    return Document([{"id": "website", "name": "Website", "description": "A website, which has pages."}])
