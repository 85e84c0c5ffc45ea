"""Whose address a request came from, where proxies stand between.

Reference: docs/reference/log-formats.md#which-format.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import numpy as np
import pyarrow as pa

from piwikcli.errors import UsageError

_V4_PORT = re.compile(rb"(\d+\.\d+\.\d+\.\d+):\d+")
_BRACKETS = re.compile(rb"\[([^\]]*)\](?::\d+)?")


def address_of(text: str) -> IPv4Address | IPv6Address | None:
    """What rules and look-ups mean by an address; None for other text.

    IPv4 written as IPv6 (`::ffff:192.0.2.1`, as servers on both protocols write it) is IPv4 to them.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def without_port(raw: bytes) -> bytes:
    """The address of `address:port`; IPv6 with or without brackets."""
    match = _V4_PORT.fullmatch(raw) or _BRACKETS.fullmatch(raw)
    if match:
        return match[1]
    address, _, port = raw.rpartition(b":")
    if address.count(b":") > 1 and port.isdigit() and address_of(address.decode("latin-1")):
        return address
    return raw


@dataclass(frozen=True, slots=True)
class Proxies:
    """Networks whose word about a client's address is believed."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def of(cls, texts: Sequence[str]) -> Proxies:
        """Of addresses and networks such as 10.0.0.0/8; raises UsageError for others."""
        networks = []
        for text in texts:
            try:
                networks.append(ip_network(text, strict=False))
            except ValueError as error:
                raise UsageError(f"--trusted-proxies: {text} is neither an address nor a network") from error
        return cls(tuple(networks))

    def trusts(self, raw: bytes) -> bool:
        address = address_of(raw.decode("latin-1"))
        return address is not None and any(address in network for network in self.networks)

    def client(self, peer: bytes, forwarded: bytes) -> bytes:
        """The last address that no trusted proxy has: a client can write anything before it.

        `peer` is who connected, empty when the log does not say; then the last entry stands for it.
        """
        passed = [without_port(part.strip().strip(b'"')) for part in forwarded.split(b",")]
        chain = [part for part in passed if part not in (b"", b"-")]
        if peer not in (b"", b"-"):
            chain.append(peer)
        if not chain:
            return peer
        for address in reversed(chain):
            if not self.trusts(address):
                return address
        return chain[0]

    def addresses(self, peers: pa.DictionaryArray, forwarded: pa.DictionaryArray) -> pa.DictionaryArray:
        """`client` of every row, once per distinct pair."""
        width = max(len(forwarded.dictionary), 1)
        codes = peers.indices.to_numpy().astype(np.int64) * width + forwarded.indices.to_numpy()
        pairs = pa.array(codes).dictionary_encode()
        peer_of, passed_of = peers.dictionary.to_pylist(), forwarded.dictionary.to_pylist()
        found = [
            self.client(peer_of[pair // width], passed_of[pair % width]) for pair in pairs.dictionary.to_pylist()
        ]
        return pa.DictionaryArray.from_arrays(pairs.indices, pa.array(found, pa.binary()))
