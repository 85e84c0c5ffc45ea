"""config_id: who counts as the same unknown visitor. What goes into it: docs/explanation/visits.md."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from piwikcli.ingest.distinct import unique
from piwikcli.ingest.privacy import OPEN, Privacy
from piwikcli.ingest.recognise import Ids, Ints, mix
from piwikcli.store import Connection

_FLAGS = "0" * 10  # plugins and cookies, which a log does not tell


@dataclass(frozen=True, slots=True)
class Recognition:
    """What decides who is the same visitor: settings `visitors.*` and the installation's secret."""

    secret: str
    daily_salt: bool = True
    look_back: int = 1800
    """Seconds."""
    privacy: Privacy = OPEN


class Fingerprints:
    """Computes fingerprints in two steps: what a client is, and the salt of the site's day."""

    def __init__(self, recognition: Recognition) -> None:
        self._recognition = recognition
        self._salts: dict[tuple[int, int], int] = {}

    def constant(self, connection: Connection, clients: pa.Table) -> Ids:
        """The part that does not change from day to day, per client: (fingerprint, ip, language)."""
        connection.register("fingerprinted", clients)
        found = connection.execute(
            """
            WITH hashed AS (
                SELECT md5(concat_ws(chr(31), ?, fingerprint, ?, ip, left(language, 20))) AS digits
                FROM fingerprinted)
            SELECT ('0x' || left(digits, 16))::UBIGINT AS print FROM hashed
            """,
            [self._recognition.secret, _FLAGS],
        ).fetchnumpy()
        connection.unregister("fingerprinted")
        return np.asarray(found["print"], dtype=np.uint64)

    def daily(self, constant: Ids, site: Ints, day: Ints) -> Ids:
        """Each row's fingerprint; `day` counts local dates from 1970."""
        if not len(constant):
            return np.empty(0, dtype=np.uint64)
        return mix(constant ^ self._salt(site, day))

    def moved(self, config: Ids, site: Ints, day: Ints, new_day: Ints) -> Ids:
        """Fingerprints of other local days: what `daily` would have given, had `day` been `new_day`."""
        if not len(config):
            return config
        return mix(_unmix(config) ^ self._salt(site, day) ^ self._salt(site, new_day))

    def _salt(self, site: Ints, day: Ints) -> Ids:
        """The salt of each row's site and local date (of its site alone without daily salt)."""
        if not self._recognition.daily_salt:
            day = np.zeros_like(day)
        base = int(day.min())
        width = int(day.max()) - base + 1
        distinct, place = unique(site * width + day - base)
        salts = np.empty(len(distinct), dtype=np.uint64)
        for index, code in enumerate(distinct.tolist()):
            key = (code // width, code % width + base)
            known = self._salts.get(key)
            if known is None:
                date = str(key[1]) if self._recognition.daily_salt else ""
                known = self._salts[key] = _hash(self._recognition.secret, "site", str(key[0]), date)
            salts[index] = known
        return salts[place]


def _hash(*parts: str) -> int:
    """64 bits of the parts' MD5: no secret depends on its strength, only evenness does."""
    text = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.md5(text, usedforsecurity=False).digest()[:8], "big")


def _unmix(values: Ids) -> Ids:
    """What `mix` has made the values of."""
    with np.errstate(over="ignore"):
        x: Ids = values ^ (values >> np.uint64(31)) ^ (values >> np.uint64(62))
        x = x * np.uint64(0x319642B2D24D8EC3)
        x = x ^ (x >> np.uint64(27)) ^ (x >> np.uint64(54))
        x = x * np.uint64(0x96DE1B173F119089)
        x = x ^ (x >> np.uint64(30)) ^ (x >> np.uint64(60))
        x = x - np.uint64(0x9E3779B97F4A7C15)
    return x
