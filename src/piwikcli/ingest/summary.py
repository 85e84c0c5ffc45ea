"""What an import run did, balanced: lines read = imported + dropped + rejected + already imported."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

IMPORTED, DROPPED, REJECTED, ALREADY = "imported", "dropped", "rejected", "already_imported"


@dataclass(slots=True)
class Summary:
    """Lines by (outcome, reason), over all files of a run."""

    dry_run: bool = False
    fates: Counter[tuple[str, str]] = field(default_factory=Counter)
    files: int = 0
    seconds: float = 0.0
    formats: dict[str, str] = field(default_factory=dict)
    """File -> format."""
    sites_created: list[tuple[int, str, str]] = field(default_factory=list)
    """(idsite, name, main URL)"""
    unknown_hosts: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """One line each: files that are missing, unreadable, truncated or in no known format."""

    def outcome(self, outcome: str) -> int:
        return sum(lines for (kind, _), lines in self.fates.items() if kind == outcome)

    @property
    def lines(self) -> int:
        """Lines read; the sum over all fates, so that it balances by construction."""
        return self.fates.total()

    def reasons(self, outcome: str) -> dict[str, int]:
        found = {reason: lines for (kind, reason), lines in self.fates.items() if kind == outcome and lines}
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def line(self) -> str:
        """The one line for cron."""

        def part(outcome: str) -> str:
            reasons = ", ".join(f"{reason} {lines:,}" for reason, lines in self.reasons(outcome).items())
            count = f"{self.outcome(outcome):,} {outcome.replace('_', ' ')}"
            return f"{count} ({reasons})" if reasons and outcome in (DROPPED, REJECTED) else count

        parts = " + ".join(part(outcome) for outcome in (IMPORTED, DROPPED, REJECTED, ALREADY))
        rate = f", {self.lines / self.seconds:,.0f} lines/s" if self.seconds > 0 and self.lines else ""
        names = sorted(set(self.formats.values()))
        style = f"; {', '.join(names)}" if names else ""
        dry = "dry run: " if self.dry_run else ""
        files = f"{self.files} file" + ("s" if self.files != 1 else "")
        return f"{dry}{self.lines:,} lines read = {parts} [{files}{style}; {self.seconds:.1f} s{rate}]"

    def as_json(self) -> dict[str, Any]:
        """For --summary-json: whole numbers of lines, seconds, and names."""
        return {
            "lines": self.lines,
            "imported": self.outcome(IMPORTED),
            "dropped": self.outcome(DROPPED),
            "rejected": self.outcome(REJECTED),
            "already_imported": self.outcome(ALREADY),
            "dropped_by_reason": self.reasons(DROPPED),
            "rejected_by_reason": self.reasons(REJECTED),
            "files": self.files,
            "formats": self.formats,
            "sites_created": [
                {"idsite": idsite, "name": name, "url": url} for idsite, name, url in self.sites_created
            ],
            "unknown_hosts": sorted(self.unknown_hosts),
            "seconds": round(self.seconds, 3),
            "dry_run": self.dry_run,
            "problems": self.problems,
        }
