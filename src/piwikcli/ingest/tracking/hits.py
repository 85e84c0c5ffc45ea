"""Hits of a log as tracking requests: what Matomo's importer would send for each line.

Used where a line says more than a page view has room for: the time that the server took, events, custom variables.
Reference: docs/reference/log-formats.md#from-a-line-to-a-request.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from piwikcli.ingest.lookups.bots import is_importer_bot, is_tracker_bot
from piwikcli.ingest.pages import address, error_title
from piwikcli.ingest.parsing.fields import GROUP
from piwikcli.ingest.privacy import Privacy
from piwikcli.ingest.rules import DOWNLOAD_FILE, Rules, Targets
from piwikcli.ingest.tracking.batch import Known, distinct
from piwikcli.ingest.tracking.sent import NONE, Column, Ints, Sent
from piwikcli.ingest.variables import Variables
from piwikcli.store.sites import Site

_ASKED = ("url", "download", "action_name")
EVENT = {"event_category": "e_c", "event_action": "e_a", "event_name": "e_n"}


class Composer:
    """Turns hits into requests, each distinct text once."""

    def __init__(
        self, rules: Rules, sites: Mapping[int, Site], encoding: str, variables: Variables, privacy: Privacy
    ) -> None:
        self._rules = rules
        self._targets = Targets(rules)
        self._sites = dict(sites)
        self._encoding = encoding
        self._variables = variables
        self._privacy = privacy
        self._asked = Known[tuple[int, bytes, bytes, int, bytes], tuple[str, str, str]](self._what_is_asked)

    def knows(self, sites: Mapping[int, Site]) -> bool:
        """Whether these are its sites."""
        return self._sites == sites

    def __call__(self, hits: pa.Table, site: Ints, time: Ints) -> Sent:
        """`site` and `time` (seconds UTC) are those of the hits' rows."""
        texts = {name: _codes(hits, name) for name in hits.column_names if pa.types.is_dictionary(hits[name].type)}
        status = np.asarray(hits["status"].combine_chunks())
        columns = {
            "rec": _constant(len(hits), "1"),
            "idsite": _numbers(site, str),
            "cdt": _numbers(time, lambda seconds: str(np.datetime64(seconds, "s")).replace("T", " ")),
            "cip": self._column(texts["ip"], lambda text: text),
            "ua": self._column(texts["agent"], lambda text: text.strip('"')),
            "urlref": self._column(texts["referrer"], self._referrer),
            "uid": self._column(texts["user"], lambda text: "" if text == "-" else text[:200]),
            **self._addresses(texts, site, status),
            **{of: self._column(texts[name], _event) for name, of in EVENT.items() if name in texts},
        }
        if "generation" in hits.column_names:
            taken = np.asarray(hits["generation"].combine_chunks())
            columns["pf_srv"] = _numbers(taken, lambda ms: str(ms) if ms > 0 else "")
        if self._rules.enable_bots:
            columns["bots"] = _constant(len(hits), "1")
        if self._variables:
            columns["cvar"], columns["_cvar"] = self._custom(texts, status)
        return Sent(np.asarray(hits["line"].combine_chunks()), np.asarray(hits["offset"].combine_chunks()), columns)

    # --- once per distinct text -------------------------------------------------------------------------------

    def _text(self, raw: bytes) -> str:
        try:
            return raw.decode(self._encoding)
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    def _column(self, column: tuple[Ints, list[bytes]], read: Callable[[str], str]) -> Column:
        codes, values = column
        return _sent(codes, [read(self._text(value)) for value in values])

    def _referrer(self, text: str) -> str:
        text = text.strip('"')
        return "" if text == "-" else text[:1024]

    def _host(self, raw: bytes) -> str:
        return self._rules.log_hostname or self._text(raw).lower().strip(".\"'")

    def _addresses(self, texts: dict[str, tuple[Ints, list[bytes]]], site: Ints, status: Ints) -> dict[str, Column]:
        """URLs, downloads, and the titles of errors and redirects."""
        (host, hosts), (path, paths), (referrer, referrers) = (texts[name] for name in ("host", "path", "referrer"))
        titled = ((status >= 400) & (status < 600)) | ((status >= 300) & (status < 400) & (status != 304))
        rows, codes = distinct([site, host, path, np.where(titled, status, 0), np.where(titled, referrer, 0)])
        found = [
            self._asked[idsite, hosts[at], paths[to], code, referrers[came] if code else b""]
            for idsite, at, to, code, came in rows
        ]
        columns = zip(*found, strict=True) if found else ((), (), ())
        return {name: _sent(codes, list(values)) for name, values in zip(_ASKED, columns, strict=True)}

    def _what_is_asked(self, key: tuple[int, bytes, bytes, int, bytes]) -> tuple[str, str, str]:
        """URL, download, and the title of an error or redirect, of (site, host, path, status of those, referrer)."""
        idsite, host, path, status, referrer = key
        target = self._targets(self._text(path))
        url = address(target.full_path, self._host(host), self._sites[idsite])
        download = url if target.flags & DOWNLOAD_FILE else ""
        if not status:
            return url, download, ""
        by = self._privacy.address(self._referrer(self._text(referrer)))
        return url, download, error_title(status, url, by, self._rules.title_delimiter)

    def _custom(self, texts: dict[str, tuple[Ints, list[bytes]]], status: Ints) -> tuple[Column, Column]:
        """Custom variables of the page and of the visit."""
        variables = self._variables
        method = (("method", "HTTP-method"),) if variables.http_method else ()
        page = self._json(texts, (*variables.page, *method), status)
        visit = self._json(texts, variables.visit, None)
        return page, visit

    def _json(
        self, texts: dict[str, tuple[Ints, list[bytes]]], wanted: Sequence[tuple[str, str]], status: Ints | None
    ) -> Column:
        there = [(GROUP + name, title) for name, title in wanted if GROUP + name in texts]
        agents = texts["agent"] if status is None and self._rules.enable_bots else None
        keys = [texts[name][0] for name, _ in there]
        keys += [status] if status is not None else []
        keys += [agents[0]] if agents is not None else []
        if not keys:
            return _constant(len(texts["ip"][0]), "")
        rows, codes = distinct(keys)
        out = []
        for row in rows:
            pairs = [
                (title, self._text(texts[name][1][code]))
                for (name, title), code in zip(there, row[: len(there)], strict=True)
            ]
            pairs = [(title, text) for title, text in pairs if text not in ("", "-")]
            if status is not None and row[len(there)] >= 0:
                pairs.append(("HTTP-code", str(row[len(there)])))
            if agents is not None:
                agent = self._text(agents[1][row[-1]])
                bot = is_importer_bot(agent.lower()) or is_tracker_bot(agent)
                pairs.append(("Bot" if bot else "Not-Bot", agent))
            numbered = {str(place): list(pair) for place, pair in enumerate(pairs, 1)}
            out.append(json.dumps(numbered, ensure_ascii=False) if numbered else "")
        return _sent(codes, out)


def _event(text: str) -> str:
    return "" if text == "-" else text


def _codes(hits: pa.Table, name: str) -> tuple[Ints, list[bytes]]:
    chunk = hits[name].combine_chunks()
    chunk = chunk.chunk(0) if isinstance(chunk, pa.ChunkedArray) else chunk
    return np.asarray(chunk.indices).astype(np.int64), chunk.dictionary.to_pylist()


def _sent(codes: Ints, values: list[str]) -> Column:
    """A column without its empty texts: these were not sent."""
    if not len(codes):
        return Column(codes, values)
    filled = np.array([bool(value) for value in values])
    if filled.all():
        return Column(codes, values)
    place = np.where(filled, np.cumsum(filled) - 1, NONE)
    return Column(place[codes], [value for value in values if value])


def _constant(rows: int, value: str) -> Column:
    return _sent(np.zeros(rows, dtype=np.int64), [value])


def _numbers(numbers: Ints, show: Callable[[int], str]) -> Column:
    values, codes = np.unique(numbers, return_inverse=True)
    return _sent(codes.astype(np.int64), [show(int(value)) for value in values])
