"""The documentation keeps up: links resolve, commands, options and settings are described."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from piwikcli.commands.app import COMMANDS, application
from piwikcli.settings import SETTINGS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "sample_logs" / "README.md",
    *sorted(DOCS.rglob("*.md")),
]
CLI = DOCS / "reference" / "cli.md"

LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")
MENTION = re.compile(r"\bdocs/[\w-]+/[\w-]+\.md(?:#[\w-]+)?")


def without_code(page: Path) -> str:
    return re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_code(page), flags=re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {text.strip().replace(" ", "-") for text in plain}


def problem(base: Path, target: str) -> str:
    """What is wrong with a relative link, or an empty string."""
    path, _, anchor = target.partition("#")
    page = (base / path).resolve()
    if not page.exists():
        return f"{target}: no such file"
    if anchor and anchor not in anchors(page):
        return f"{target}: no such heading"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    targets = [target for target in LINK.findall(without_code(page)) if "://" not in target]
    links = [f"{page.name}{target}" if target.startswith("#") else target for target in targets]
    assert [text for text in (problem(page.parent, link) for link in links) if text] == []


def test_the_index_leads_to_every_page() -> None:
    linked = {(DOCS / link).resolve() for link in LINK.findall((DOCS / "index.md").read_text(encoding="utf-8"))}
    assert set(DOCS.rglob("*.md")) - linked == {DOCS / "index.md"}


def test_pages_that_the_code_points_to_exist() -> None:
    sources = [*(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.sql"), *(ROOT / "src").rglob("*.yml")]
    mentioned = {mention for source in sources for mention in MENTION.findall(source.read_text(encoding="utf-8"))}
    assert mentioned
    assert [text for text in (problem(ROOT, mention) for mention in sorted(mentioned)) if text] == []


def section(name: str) -> str:
    """A command's section of the command line reference."""
    found = re.search(rf"^## {re.escape(name)}\n(.*?)(?=^## |\Z)", CLI.read_text(encoding="utf-8"), re.M | re.S)
    assert found, f"{CLI} has no section for {name}"
    return found[1]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_section_with_an_example(name: str) -> None:
    assert f"piwik {name}" in section(name)


def options_of(name: str, *, hidden: bool = True) -> set[str]:
    """The long options of a command and its verbs; without `hidden` only those that their help shows."""
    root: Any = typer.main.get_command(application)
    command: Any = root.get_command(None, name)
    parameters = [*command.params, *root.params]
    for verb in getattr(command, "commands", {}).values():
        parameters += verb.params
    return {
        option
        for parameter in parameters
        if hidden or not getattr(parameter, "hidden", False)
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("--")
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_described_and_every_option_described_exists(name: str) -> None:
    general = CLI.read_text(encoding="utf-8").split("\n## import-logs\n")[0]
    own, common = (set(OPTION.findall(text)) for text in (section(name), general))
    if name == "export":  # "takes every option of report"
        common |= set(OPTION.findall(section("report")))
    shown = options_of(name, hidden=False) - {"--install-completion", "--show-completion"}
    assert shown - own - common == set()
    assert own - options_of(name) - {"--help"} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_use_options_that_exist(page: Path) -> None:
    unknown = []
    for block in re.findall(r"```.*?```", page.read_text(encoding="utf-8"), flags=re.DOTALL):
        for name, arguments in re.findall(r"\bpiwik ([a-z-]+)\b([^|&\n]*)", block.replace("\\\n", " ")):
            assert name in COMMANDS
            unknown += [f"{name} {option}" for option in set(OPTION.findall(arguments)) - options_of(name)]
    assert unknown == []


def test_every_setting_is_described() -> None:
    text = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    plain = {re.sub(r"^(archiving\.maximum_rows)\..*", r"\1", name) for name in SETTINGS}
    assert {name for name in plain if name not in text} == set()


def test_the_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"piwik {name}" not in text] == []
