"""What is configured for a site and decides what reports there are: its goals and custom dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from piwikcli.report.details import SPECIAL_GOALS

if TYPE_CHECKING:
    from piwikcli.report.reading import Reading
    from piwikcli.store.dimensions import CustomDimension
    from piwikcli.store.sites import Site


class Configured:
    """Goals and custom dimensions of every site, read when they are first asked for."""

    def __init__(self, reads: Reading) -> None:
        self._reads = reads
        self._goals: dict[int, dict[int, str]] | None = None
        self._dimensions: dict[int, dict[int, CustomDimension]] | None = None

    def goals(self, idsite: int) -> Mapping[int, str]:
        """idgoal -> name."""
        if self._goals is None:
            rows = self._reads.execute(
                "SELECT idsite, idgoal, name FROM goal WHERE NOT deleted ORDER BY ALL"
            ).fetchall()
            self._goals = {}
            for site, idgoal, name in rows:
                self._goals.setdefault(site, {})[idgoal] = name
        return self._goals.get(idsite, {})

    def dimensions(self, idsite: int) -> Mapping[int, CustomDimension]:
        """Id -> custom dimension, inactive ones too."""
        if self._dimensions is None:
            from piwikcli.store import dimensions

            self._dimensions = {}
            for one in dimensions.of_sites(self._reads.connection):
                self._dimensions.setdefault(one.idsite, {})[one.idcustomdimension] = one
        return self._dimensions.get(idsite, {})

    def values_of(self, parameter: str, sites: Iterable[Site]) -> list[str]:
        """Every value of `idGoal` or `idDimension` that one of the sites has a report for."""
        found: dict[str, None] = {}
        for site in sites:
            if parameter == "idDimension":
                active = (one for one in self.dimensions(site.idsite).values() if one.active)
                found |= {str(one.idcustomdimension): None for one in active}
            else:
                special = SPECIAL_GOALS.values() if site.ecommerce else ()
                found |= dict.fromkeys(("0", *special, *map(str, self.goals(site.idsite))))
        return list(found)
