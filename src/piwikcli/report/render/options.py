"""What a caller may ask of a renderer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from piwikcli.declared import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Of which site an RSS feed is: its id, name and main URL."""

    idsite: int = 1
    site: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOptions:
    """Options of all formats; each renderer uses those that concern it.

    `convert_to_unicode`: csv and tsv as UTF-16LE with byte order mark (Matomo's default) instead of UTF-8.
    `column_names`: column -> name in the header of csv, tsv and tables (`translateColumnNames`).
    `hide_idsubdatatable`: no `idsubdatatable` (`hideIdSubDatable`).
    `callback`: json as `callback(...)`; ignored unless it is letters, digits, `_` and `.`.
    `keep_formulas`: texts that a spreadsheet would run stay as they are in csv, tsv and xlsx.
    `feed`: of which site an RSS feed is.
    `bars`: the terminal's table ends each line with a bar, the share of the table's greatest first figure.
    `color`, `width`: the terminal's; `width` None prints lines as long as they need to be.
    `chief`: columns that stay where a terminal has not room for all.
    """

    convert_to_unicode: bool = False
    column_names: Mapping[str, str] = field(default_factory=dict)
    hide_idsubdatatable: bool = False
    callback: str | None = None
    keep_formulas: bool = False
    feed: Feed | None = None
    bars: bool = False
    color: bool = False
    width: int | None = None
    chief: tuple[str, ...] = ()


DEFAULT = RenderOptions()
