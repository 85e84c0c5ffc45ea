"""From a result to bytes. `FORMATS` names what there is; a format's module is imported when it is used.

    render(result, "csv", method="Actions.getPageUrls")        -> bytes
    write(result, "csv", stream, method="Actions.getPageUrls") row by row, for large tables

A renderer is a function `write(result, method, options) -> Iterator[str | bytes]`, giving the output in
pieces. To add a format, register it: `FORMATS["dat"] = Format("dat", "dat", "package.module")`.
Shapes: docs/reference/formats.md.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any, Protocol

from piwikcli.declared import dataclass
from piwikcli.errors import UsageError, nearest
from piwikcli.report.render.options import DEFAULT, RenderOptions
from piwikcli.report.table import Answer, Document, Result

__all__ = ["FORMATS", "Format", "RenderOptions", "Renderer", "format_of", "render", "write"]

Renderer = Callable[[Result, str, RenderOptions], Iterator[str | bytes]]
"""(result, method, options) -> the output in pieces; texts are encoded as UTF-8."""


class Sink(Protocol):
    """What output is written to: a binary file, or something that looks at the bytes on their way to one."""

    def write(self, block: bytes, /) -> Any: ...


_CHUNK = 1 << 16
"""Bytes that `write` gathers before it hands them on."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format's name, file extension (without dot) and the module and function that write it."""

    name: str
    extension: str
    module: str
    function: str = "write"

    def load(self) -> Renderer:
        renderer: Renderer = getattr(importlib.import_module(self.module), self.function)
        return renderer


FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format("table", "txt", "piwikcli.report.render.table"),
        Format("csv", "csv", "piwikcli.report.render.csv"),
        Format("tsv", "tsv", "piwikcli.report.render.csv", "write_tsv"),
        Format("json", "json", "piwikcli.report.render.json"),
        Format("ndjson", "ndjson", "piwikcli.report.render.ndjson"),
        Format("xml", "xml", "piwikcli.report.render.xml"),
        Format("rss", "rss", "piwikcli.report.render.rss"),
        Format("html", "html", "piwikcli.report.render.html"),
        Format("md", "md", "piwikcli.report.render.md"),
        Format("parquet", "parquet", "piwikcli.report.render.parquet"),
        Format("xlsx", "xlsx", "piwikcli.report.render.xlsx"),
    )
}


def render(result: Answer, format: str = "json", *, method: str = "", options: RenderOptions = DEFAULT) -> bytes:
    """The whole output; `method` is `Module.action`. Raises UsageError for an unknown format."""
    return b"".join(_pieces(result, format, method, options))


def write(
    result: Answer,
    format: str,
    stream: Sink,
    *,
    method: str = "",
    options: RenderOptions = DEFAULT,
) -> None:
    """The same bytes as `render`, written to `stream` in blocks of about 64 KiB."""
    block = bytearray()
    for piece in _pieces(result, format, method, options):
        block += piece
        if len(block) >= _CHUNK:
            stream.write(bytes(block))
            block = bytearray()
    if block:
        stream.write(bytes(block))


def format_of(path: str | PurePath) -> str:
    """The format that a file's extension implies. Raises UsageError where none does."""
    extension = PurePath(path).suffix.removeprefix(".").lower()
    for one in FORMATS.values():
        if one.extension == extension:
            return one.name
    extensions = ", ".join(f".{one.extension}" for one in FORMATS.values())
    raise UsageError(f"{str(path)!r} implies no format; say --format, or use one of {extensions}.")


def _pieces(result: Answer, format: str, method: str, options: RenderOptions) -> Iterator[bytes]:
    if format not in FORMATS:
        raise UsageError(
            f"Renderer format '{format}' not valid. Try any of the following instead: "
            f"{', '.join(sorted(FORMATS))}.{nearest(format, FORMATS)}"
        )
    if isinstance(result, Document):
        if format == "json":
            from piwikcli.report.render.json import write_document

            yield from (piece.encode() for piece in write_document(result, options))
            return
        result = _rows_by_id(result).as_table() if format not in ("xml", "html") else result.as_table()
    for piece in FORMATS[format].load()(result, method, options):
        # lone surrogates cannot be written; a question mark is better than no report
        yield piece if isinstance(piece, bytes) else piece.encode("utf-8", "replace")


def _rows_by_id(document: Document) -> Document:
    """Objects under their ids (`Goals.getGoals`) as a list of them, each of which has its id itself."""
    value = document.value
    by_id = isinstance(value, dict) and value and all(str(key).isdigit() for key in value)
    return (
        Document(list(value.values())) if by_id and all(isinstance(one, dict) for one in value.values()) else document
    )
