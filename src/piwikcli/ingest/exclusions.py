"""What sites leave out by address or user agent. See docs/reference/cli.md."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from piwikcli.ingest.parsing.addresses import address_of
from piwikcli.ingest.urls import DELIMITED
from piwikcli.regexes import compiled
from piwikcli.store.sites import Site

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Exclusions:
    """The sites' excluded addresses and user agents; false when there are none."""

    def __init__(self, sites: Mapping[int, Site]) -> None:
        self._ips = {idsite: site.excluded_ips for idsite, site in sites.items() if site.excluded_ips}
        self._agents = {
            idsite: [(entry.lower(), _delimited(entry)) for entry in site.excluded_user_agents]
            for idsite, site in sites.items()
            if site.excluded_user_agents
        }

    def __bool__(self) -> bool:
        return bool(self._ips or self._agents)

    def ips(self, site: Ints, ip: Ints, names: list[str]) -> Bools:
        """Rows whose site excludes their address; `ip` points into `names`."""
        out = np.zeros(len(site), dtype=np.bool_)
        for idsite, rules in self._ips.items():
            rows = np.flatnonzero(site == idsite)
            used, place = np.unique(ip[rows], return_inverse=True)
            hit = np.array([ip_excluded(names[index], rules) for index in used.tolist()] or [False])
            out[rows] = hit[place]
        return out

    def agents(self, site: Ints, agent: Ints, names: list[str]) -> Bools:
        """Rows whose site excludes their user agent; `agent` points into `names`."""
        out = np.zeros(len(site), dtype=np.bool_)
        for idsite, rules in self._agents.items():
            hit = np.array([_agent_excluded(name, rules) for name in names] or [False])
            out |= hit[agent] & (site == idsite)
        return out


def _delimited(entry: str) -> re.Pattern[str] | None:
    """The regular expression that an entry such as `/^Monitor .*$/i` is; None for one that is a part of a name."""
    match = DELIMITED.fullmatch(entry)
    if match is None:
        return None
    flags = {"i": re.IGNORECASE, "s": re.DOTALL, "m": re.MULTILINE, "x": re.VERBOSE}
    return compiled(match[2], sum(flags.get(flag, 0) for flag in set(match[3])))


def _agent_excluded(agent: str, rules: Sequence[tuple[str, re.Pattern[str] | None]]) -> bool:
    """Whether a part of the user agent is in the list; a regular expression there has the last word."""
    lower = agent.lower()
    for part, regex in rules:
        if regex is not None:
            return regex.search(agent) is not None
        if part in lower:
            return True
    return False


def ip_excluded(ip: str, rules: Collection[str]) -> bool:
    """Whether an address is in a list of addresses, networks (`10.0.0.0/8`) and wildcards (`10.1.*.*`)."""
    address = address_of(ip)
    if address is None:
        return ip in rules
    written = ip.lower(), str(address)
    for rule in rules:
        if "*" in rule:
            if any(text.startswith(rule.split("*")[0].lower()) for text in written):
                return True
            continue
        try:
            if address in ipaddress.ip_network(rule, strict=False):
                return True
        except ValueError:
            continue
    return False
