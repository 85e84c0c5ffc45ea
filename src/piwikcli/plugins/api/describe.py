"""Reports in words: what a method is about, what its columns are called. Loaded only when somebody asks.

A plugin names the module that holds them (`Plugin.described_in`), which has `DESCRIPTIONS`: method -> Description.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from piwikcli.declared import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What people are told about a report."""

    category: str
    subcategory: str = ""
    order: int = 50
    """Its place within the category."""
    name: str
    text: str
    """One or two sentences: what a row is, and what to know before one reads it."""
    dimension: str = ""
    """What its labels are; empty for a single row."""
    metrics: Mapping[str, str] = field(default_factory=dict)
    """Column -> what it is called in this report."""
    processed: Mapping[str, str] = field(default_factory=dict)
    """The same for columns that are computed from others."""
    also: tuple[str, ...] = ()
    """Further columns that its rows may have."""
    related: tuple[str, ...] = ()
    """Methods that show the same from another side."""
    goals: Literal["", "visits", "pages", "entries"] = ""
    """Which columns about conversions its rows may have."""
    listed: bool = True
    """Whether `API.getReportMetadata` has it."""
    nested: bool = True
    """Whether its subtables are offered to those who browse."""


def metric_type(name: str) -> str:
    """`number`, `percent`, `duration_s` or `money`, from the column's name."""
    if name == "revenue_per_entry":
        return "number"  # as Matomo has it
    for suffix in ("_new", "_returning"):
        name = name.removesuffix(suffix)
    if name.endswith(("_rate", "_percent", "_percentage")):
        return "percent"
    if name.startswith(("avg_time_", "avg_page_load_time")):
        return "duration_s"
    return "money" if "revenue" in name or name in ("avg_price", "price") else "number"
