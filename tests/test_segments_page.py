"""docs/reference/segments.md is what the declarations say."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_page_of_segments_is_current() -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "segments_page.py"))
    page = (ROOT / "docs" / "reference" / "segments.md").read_text(encoding="utf-8")
    assert page == made["page"](), "run python scripts/segments_page.py"
