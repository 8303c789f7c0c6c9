"""What senders say of their metrics: type, help and unit, the newest of each, in memory.

Senders say it again and again, so nothing is lost that will not come back.
"""

from collections.abc import Iterable, Mapping

from muster.model.ids import SpaceId
from muster.wire.prometheusparts import Metadata

_METRICS = 16_384  # of one database
_DATABASES = 256

_Place = tuple[SpaceId, str]


class MetricMetadata:
    """By space and database. Where there are too many, what was told of first is forgotten."""

    def __init__(self) -> None:
        self._known: dict[_Place, dict[str, Metadata]] = {}

    def learn(self, space: SpaceId, database: str, told: Iterable[Metadata]) -> None:
        """The newest word counts."""
        known = self._known.setdefault((space, database), {})
        for each in told:
            known[each.metric] = each
            if len(known) > _METRICS:
                del known[next(iter(known))]
        if len(self._known) > _DATABASES:
            del self._known[next(iter(self._known))]

    def of(self, space: SpaceId, database: str) -> Mapping[str, Metadata]:
        """By metric."""
        return self._known.get((space, database), {})
