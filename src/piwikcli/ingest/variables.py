"""Custom variables that an import makes of a log's fields."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variables:
    """Custom variables of a log's fields: (field, name of the variable)."""

    page: tuple[tuple[str, str], ...] = ()
    visit: tuple[tuple[str, str], ...] = ()
    http_method: bool = False
    """Whether pages have the variable `HTTP-method`."""

    def __bool__(self) -> bool:
        return bool(self.page or self.visit or self.http_method)

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that a line must be read for."""
        method = ("method",) if self.http_method else ()
        return (*dict.fromkeys([name for name, _ in (*self.page, *self.visit)] + list(method)),)
