"""Batch: requests of a log as columns, between `enrich` and `commit`. See docs/explanation/importing.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from piwikcli.ingest.vocabulary import Vocabulary

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Batch:
    """Requests as columns; place columns point into `vocabulary`, which may have more by now.

    `fate` has a code of `rules.REASONS` per hit; the other columns only rows of accepted hits.
    """

    fate: npt.NDArray[np.int8]
    columns: dict[str, Ints]
    vocabulary: Vocabulary
    unknown_hosts: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.columns["time"])

    def new_clients(self, known: int) -> Ints:
        """Clients of the vocabulary from place `known` up to the last that the batch has."""
        last = int(self.columns["client"].max(initial=-1))
        return self.vocabulary.clients.array()[known : last + 1]

    @classmethod
    def join(cls, batches: Sequence[Batch]) -> Batch:
        """Batches of one vocabulary as one."""
        if len(batches) == 1:
            return batches[0]
        columns = {name: np.concatenate([b.columns[name] for b in batches]) for name in batches[0].columns}
        hosts = set().union(*(b.unknown_hosts for b in batches))
        return cls(np.concatenate([b.fate for b in batches]), columns, batches[0].vocabulary, hosts)
