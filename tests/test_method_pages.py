"""docs/reference/methods/: every report method, made by scripts/method_pages.py."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from piwikcli.plugins import reports

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "reference" / "methods"


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    pages: dict[str, str] = runpy.run_path(str(ROOT / "scripts" / "method_pages.py"))["pages"]()
    return pages


def test_the_pages_are_current(made: dict[str, str]) -> None:
    written = {page.stem: page.read_text(encoding="utf-8") for page in PAGES.glob("*.md")}
    assert sorted(written) == sorted(made)
    old = [module for module, text in made.items() if written[module] != text]
    assert old == [], "run python scripts/method_pages.py"


def test_the_index_leads_to_them(made: dict[str, str]) -> None:
    text = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert all(f"[{module}](reference/methods/{module}.md)" in text for module in made)


def test_every_method_has_an_entry_and_every_column_a_definition(made: dict[str, str]) -> None:
    text = "\n".join(made.values())
    assert [method for method in reports() if f"\n## {method}\n" not in text] == []
    assert [line for line in text.splitlines() if line.startswith("| `") and line.endswith("|  |")] == []
