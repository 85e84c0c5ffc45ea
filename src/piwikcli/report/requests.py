"""A report request: the Reporting API's parameters by their own names, checked and typed.

Names and defaults: docs/reference/reports.md, "Parameters".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from piwikcli.declared import dataclass
from piwikcli.errors import UsageError, nearest
from piwikcli.plugins.api import Report
from piwikcli.report.filters import GenericFilters
from piwikcli.report.formatting import FormatMetrics

PARAMETERS = frozenset(
    {
        "expanded",
        "flat",
        "include_aggregate_rows",
        "idSubtable",
        "depth",
        "columns",
        "label",
        "labelFilterAddLabelIndex",
        "showColumns",
        "hideColumns",
        "hideColumnsRecursively",
        "hideIdSubDatable",
        "showRawMetrics",
        "format_metrics",
        "filter_column",
        "filter_pattern",
        "filter_column_recursive",
        "filter_pattern_recursive",
        "filter_excludelowpop",
        "filter_excludelowpop_value",
        "filter_sort_column",
        "filter_sort_order",
        "filter_truncate",
        "filter_offset",
        "filter_limit",
        "keep_summary_row",
        "filter_add_columns_when_show_all_columns",
        "filter_update_columns_when_show_all_goals",
        "filter_show_goal_columns_process_goals",
        "keep_totals_row",
        "keep_totals_row_label",
        "totals",
        "disable_generic_filters",
        "disable_queued_filters",
        "translateColumnNames",
        "convertToUnicode",
        "callback",
        "jsoncallback",
        "language",
        "serialize",
        "pivotBy",
        "pivotByColumn",
        "pivotByColumnLimit",
        "compare",
        "compareSegments",
        "comparePeriods",
        "compareDates",
        "invert_compare_change_compute",
        "include_trends",
    }
)
"""What every report understands. Reports add their own (`Report.parameters`)."""

_FLAGS = frozenset(
    {
        "expanded",
        "flat",
        "include_aggregate_rows",
        "labelFilterAddLabelIndex",
        "hideColumnsRecursively",
        "hideIdSubDatable",
        "showRawMetrics",
        "keep_summary_row",
        "filter_update_columns_when_show_all_goals",
        "keep_totals_row",
        "totals",
        "disable_generic_filters",
        "disable_queued_filters",
        "translateColumnNames",
        "convertToUnicode",
        "serialize",
        "compare",
        "invert_compare_change_compute",
        "include_trends",
    }
)
_INTEGERS = frozenset(
    {
        "idSubtable",
        "depth",
        "filter_truncate",
        "filter_offset",
        "filter_limit",
        "filter_add_columns_when_show_all_columns",
        "pivotByColumnLimit",
    }
)
_CALLBACK = re.compile(r"[A-Za-z0-9_.]*")
_SELECTION = {"method", "module", "idSite", "period", "date", "segment", "format"}
_ORDERS: dict[str, Literal["asc", "desc"]] = {"asc": "asc", "desc": "desc"}
_FORMATS: dict[str, FormatMetrics] = {"bc": "bc", "0": "0", "1": "1", "all": "all"}


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """One report's parameters. `values` has them as given, by API name."""

    report: Report
    values: Mapping[str, str]

    @classmethod
    def of(cls, report: Report, values: Mapping[str, str]) -> ReportRequest:
        """Check names and values. Raises UsageError for those that are unknown or not understood."""
        known = PARAMETERS | set(report.parameters)
        given: dict[str, str] = {}
        for name, value in values.items():
            plain = name.removesuffix("[]").partition("[")[0]
            if plain in _SELECTION:
                raise UsageError(f"{name} is an option of its own: --{plain.lower()} {value}")
            # export asks all reports with the same parameters
            if plain not in known and plain not in _every_report_parameter():
                hint = nearest(plain, known) or " piwik report --list shows those of each report."
                raise UsageError(f"{report.method} has no parameter {name}.{hint}")
            # an array's elements stand on lines of their own: label[]=a, label[]=b
            given[plain] = f"{given[plain]}\n{value}" if plain in given and plain != name else value
        request = cls(report, given)
        for name in given.keys() & {*_FLAGS, *report.flags}:
            given[name] = given[name] and str(int(request.flag(name)))
        for name in given.keys() & {*_INTEGERS, *report.integers}:
            request.integer(name, 0)
        language = request.text("language")
        if language and not language.lower().startswith("en"):
            raise UsageError(f"language={language}: reports are in English only")
        for name in ("callback", "jsoncallback"):
            if not _CALLBACK.fullmatch(request.text(name)):
                raise UsageError(f"{name} must be letters, digits, _ and ., not '{request.text(name)}'")
        request.generic_filters(None)
        _ = request.format_metrics
        return request

    def require_needs(self) -> None:
        """Raises UsageError for a parameter without which the report has no answer."""
        for name in self.report.needs:
            if not self.text(name):
                how = "--idsubtable N" if name == "idSubtable" else f"--param {name}=..."
                raise UsageError(f"Please specify a value for '{name}': {how}")

    def text(self, name: str) -> str:
        return self.values.get(name, "")

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.values.get(name)
        if value is None or value == "":
            return default
        if value.lower() in ("1", "true", "yes"):
            return True
        if value.lower() in ("0", "false", "no"):
            return False
        raise UsageError(f"{name} must be 0 or 1, not '{value}'")

    def integer(self, name: str, default: int) -> int:
        value = self.values.get(name, "")
        try:
            return int(value) if value else default
        except ValueError:
            raise UsageError(f"{name} must be a whole number, not '{value}'") from None

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(word.strip() for word in self.text(name).split(",") if word.strip())

    @property
    def flat(self) -> bool:
        return self.flag("flat") and self.report.flattenable

    @property
    def expanded(self) -> bool:
        """Whether subtables are nested; flat wins."""
        return self.flag("expanded") and not self.flat

    @property
    def idsubtable(self) -> int | None:
        found = self.integer("idSubtable", -1)
        return None if found < 0 else found

    @property
    def depth(self) -> int:
        """How many levels of subtables an expanded table has; negative: all."""
        return self.integer("depth", -1)

    @property
    def labels(self) -> tuple[str, ...]:
        text = self.text("label")
        return tuple(text.split("\n")) if text else ()

    def array(self, name: str) -> tuple[str, ...]:
        """The elements of `name[]`; none where it is not given."""
        return tuple(self.values[name].split("\n")) if name in self.values else ()

    @property
    def format_metrics(self) -> FormatMetrics:
        value = self.text("format_metrics") or "bc"
        if value not in _FORMATS:
            raise UsageError(f"format_metrics must be one of {', '.join(_FORMATS)}, not '{value}'")
        return _FORMATS[value]

    def generic_filters(self, default_limit: int | None) -> GenericFilters:
        """What the request asks of the generic filters; the report's own order where it asks for none."""
        order = self.text("filter_sort_order").lower()
        if order and order not in _ORDERS:
            raise UsageError(f"filter_sort_order must be asc or desc, not '{order}'")
        column = self.text("filter_sort_column")
        report = self.report
        limit = -1 if default_limit is None or report.constant_rows else default_limit
        population = self.text("filter_excludelowpop_value") or "0"
        try:
            minimum = float(population)
        except ValueError:
            raise UsageError(f"filter_excludelowpop_value must be a number, not '{population}'") from None
        return GenericFilters(
            filter_column=self.text("filter_column") or "label",
            filter_pattern=self.text("filter_pattern") or None,
            filter_column_recursive=self.text("filter_column_recursive") or "label",
            filter_pattern_recursive=self.text("filter_pattern_recursive") or None,
            filter_excludelowpop=self.text("filter_excludelowpop") or None,
            filter_excludelowpop_value=minimum,
            filter_sort_column=column or report.sort,
            filter_sort_order=_ORDERS[order] if order else ("desc" if column else report.sort_order),
            filter_truncate=self.integer("filter_truncate", -1),
            filter_offset=self.integer("filter_offset", 0),
            filter_limit=self.integer("filter_limit", limit),
            keep_summary_row=self.flag("keep_summary_row"),
            has_label=bool(self.labels),
        )


def _every_report_parameter() -> frozenset[str]:
    from piwikcli.plugins import reports

    return frozenset(name for report in reports().values() for name in report.parameters)
