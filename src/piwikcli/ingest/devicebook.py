"""Devices of the user agents that have been seen: looked up once, then remembered in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from piwikcli.ingest.batch import Batch
from piwikcli.ingest.vocabulary import CLIENT_AGENT, Vocabulary
from piwikcli.store import Connection

if TYPE_CHECKING:
    from piwikcli.ingest.lookups.devices import Device

_REMEMBERED = 200_000


class DeviceBook(Mapping[str, "Device"]):
    """User agent -> device. What the database has stays as it is, also when the detection improves.

    The detection is imported when an agent is new.
    """

    def __init__(self) -> None:
        self._known: dict[str, Device] = {}
        self._words: Vocabulary | None = None
        self._seen = 0

    def get_ready(self) -> None:
        """Import the detection and compile its patterns now, for whoever has nothing else to do."""
        self.learn(["-"])

    def load(self, connection: Connection) -> None:
        """Read the agents seen last."""
        rows = connection.execute(
            "SELECT user_agent, is_bot, config_os, config_os_version, config_browser_name, config_browser_version,"
            " config_browser_engine, config_client_type, config_device_type, config_device_brand, config_device_model"
            " FROM device ORDER BY iddevice DESC LIMIT ?",
            [_REMEMBERED],
        ).fetchall()
        if rows:
            from piwikcli.ingest.lookups.devices import Device

            self._known = {agent: Device(*columns) for agent, *columns in rows}

    def learn(self, agents: Iterable[str]) -> None:
        """Detect the devices of agents not seen before."""
        unknown = list({agent: None for agent in agents if agent not in self._known})
        if unknown:
            from piwikcli.ingest.lookups.devices import detect_all

            self._known.update(zip(unknown, detect_all(unknown), strict=True))

    def learn_clients(self, batch: Batch) -> None:
        """Detect those of a batch's clients."""
        words = batch.vocabulary
        if words is not self._words:
            self._words, self._seen = words, 0
        clients = batch.new_clients(self._seen)
        self._seen += len(clients)
        self.learn(words.agents.names[place] for place in np.unique(clients[:, CLIENT_AGENT]).tolist())

    def __getitem__(self, agent: str) -> Device:
        return self._known[agent]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)
