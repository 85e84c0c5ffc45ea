"""Everything configured that a tracking request meets: read once a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from piwikcli.ingest.exclude_requests import ExcludedRequest
from piwikcli.ingest.privacy import OPEN, Privacy
from piwikcli.ingest.urls import DEFAULT_EXCLUDED_PARAMETERS
from piwikcli.store.dimensions import CustomDimension
from piwikcli.store.goals import Goal
from piwikcli.store.sites import Site


@dataclass(frozen=True, slots=True)
class Installation:
    """Sites, goals and dimensions. `default_site` takes requests without `idsite`."""

    sites: Mapping[int, Site]
    goals: Sequence[Goal] = ()
    dimensions: Sequence[CustomDimension] = ()
    default_site: int | None = None
    ai_assistants: bool = True
    spammers: Sequence[str] = ()
    privacy: Privacy = OPEN
    secret: str = ""
    exclude_requests: Sequence[ExcludedRequest] = ()

    def excluded_parameters(self, idsite: int) -> frozenset[str]:
        """All parameters that a site's stored URLs lose."""
        site = self.sites.get(idsite)
        return DEFAULT_EXCLUDED_PARAMETERS | frozenset(site.excluded_parameters if site else ())
