"""The lists that referrers are recognised by: search engines, social networks, AI assistants.

piwikcli brings its own; files of the same names in the `data_dir` folder (the lists that Matomo
publishes have the same layout) replace them one by one. Layout: docs/reference/referrers.md#definitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote_plus

from piwikcli.errors import InputError

SEARCH_ENGINES = "SearchEngines.yml"
SOCIALS = "Socials.yml"
AI_ASSISTANTS = "AIAssistants.yml"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SearchEngine:
    """One block of a search engine's definition.

    `params` are names of query parameters, or `/regular expressions/` over the whole referrer URL.
    `hidden` are the paths with query that say "a search, but not for what": exact texts or
    `/regular expressions/`; None is the default rule (no path, or `/`).
    """

    name: str
    params: tuple[str, ...] = ()
    hidden: tuple[str, ...] | None = None
    charsets: tuple[str, ...] = ()
    backlink: str | None = None


@dataclass(frozen=True)
class Definitions:
    """What referrers are compared with.

    `engines`: host or host + path (`{}` stands for a country code) -> search engine.
    `socials` and `assistants`: (name, host or host + path), in order of precedence.
    `engine_urls`: search engine -> the first URL of its definition.
    """

    engines: Mapping[str, SearchEngine]
    engine_urls: Mapping[str, str]
    socials: tuple[tuple[str, str], ...]
    assistants: tuple[tuple[str, str], ...]

    @classmethod
    def load(cls, data_dir: Path | None = None) -> Definitions:
        """The definitions; a file in `data_dir` replaces the built-in file of the same name.

        Raises InputError when `data_dir` is no folder or one of its files does not have the layout.
        """
        if data_dir is not None and not data_dir.is_dir():
            raise InputError(f"{data_dir} is not a folder: data_dir must name one that holds {SEARCH_ENGINES}")
        engines: dict[str, SearchEngine] = {}
        engine_urls: dict[str, str] = {}
        for url, engine in _read(data_dir, SEARCH_ENGINES, _engines):
            engines[url] = engine
            engine_urls.setdefault(engine.name, url)
        return cls(
            engines,
            engine_urls,
            tuple(_read(data_dir, SOCIALS, _hosts)),
            tuple(_read(data_dir, AI_ASSISTANTS, _hosts)),
        )

    def search_engine_url(self, name: str) -> str | None:
        """The address of a search engine, for links in reports; None for an unknown name."""
        url = self.engine_urls.get(name)
        return None if url is None else f"http://{_without_country(url)}"

    def search_result_url(self, name: str, keyword: str) -> str | None:
        """Where a search engine shows what it found for `keyword`; None when its definition does not say."""
        url = self.engine_urls.get(name)
        backlink = None if url is None else self.engines[url].backlink
        if url is None or backlink is None:
            return None
        path = backlink.replace("{k}", quote_plus(keyword)).lstrip("/")
        return f"http://{_without_country(url)}/{path}"

    def social_url(self, name: str) -> str | None:
        """The address of a social network, for links in reports; None for an unknown name."""
        host = self._social_hosts.get(name)
        return None if host is None else f"http://{host}"

    @cached_property
    def _social_hosts(self) -> Mapping[str, str]:
        return dict(reversed(self.socials))


def _without_country(url: str) -> str:
    return url.removeprefix("{}.").replace("{}", "com")


def _read(data_dir: Path | None, file: str, blocks: Callable[[Any], Iterator[_T]]) -> list[_T]:
    path: Traversable | Path = resources.files("piwikcli.lists") / file
    if data_dir is not None and (data_dir / file).is_file():
        path = data_dir / file
    import yaml

    # Only texts are wanted: an engine may be called 123 or No. The C parser is ten times as fast.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return list(blocks(yaml.load(path.read_bytes(), loader)))
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, TypeError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path}: not a list of definitions ({reason}). Fetch the file again or remove it from data_dir"
        ) from error


def _engines(document: Any) -> Iterator[tuple[str, SearchEngine]]:
    """(url, engine) of every block, in file order: a later block of the same URL replaces an earlier one."""
    for name, blocks in document.items():
        for block in blocks:
            hidden = block.get("hiddenkeyword")
            engine = SearchEngine(
                name,
                tuple(block.get("params") or ()),
                None if hidden is None else tuple(hidden),
                tuple(block.get("charsets") or ()),
                block.get("backlink"),
            )
            for url in block["urls"]:
                yield url, engine


def _hosts(document: Any) -> Iterator[tuple[str, str]]:
    for name, hosts in document.items():
        if not isinstance(hosts, list) or not all(isinstance(host, str) for host in hosts):
            raise ValueError(f"{name!r} needs a list of hosts")
        for host in hosts:
            yield name, host.lower()
