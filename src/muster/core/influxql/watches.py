"""Whether what a plan was made of is still as it was. Used on the event loop's thread."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from muster.core.influxql.pointnames import Edition, PointNames
from muster.influxql.checking.conditions import Span
from muster.influxql.source import Place
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS
from muster.model.influx import Database, Shard
from muster.model.metric import Kind
from muster.ports.series import SeriesRef


class Watch:
    """What a plan for one place was made of: see PointNames.state, of which this is a part.

    That is what a range `planned` touches; it is used for ranges like `span`.
    """

    def __init__(
        self, names: PointNames, place: Place, database: Database, planned: Span, span: Span
    ) -> None:
        self._names = names
        self._place = place
        self._database = database
        self._shards = names.every_shard(database, place.policy)
        self._touched = _touched(self._shards, span)
        self._ends = _ends(self._touched)
        self._planned = _touched(self._shards, planned)
        self._kinds = [_Kinds.of(names.kinds_now(shard)) for shard in self._planned]
        self._refs: Sequence[SeriesRef] = names.refs(place)
        self._edition: Edition | None = None  # for which it was looked up

    def is_still(self, span: Span) -> bool:
        """Whether nothing has changed, and a range touches the same shards."""
        edition = self._names.edition_now()
        if edition != self._edition:
            if not self._is_as_it_was():
                return False
            self._edition = edition
        least_ns, most_ns = span
        if least_ns is not None and most_ns is not None and self._ends is not None:
            start, first_end, last_start, end = self._ends
            if start <= least_ns < first_end and last_start <= most_ns < end:
                return True
        return _touched(self._shards, span) == self._touched

    def _is_as_it_was(self) -> bool:
        names, place, database = self._names, self._place, self._database
        return (
            names.database_now(place.database) == database
            and names.shards_now(database, place.policy) == self._shards
            and names.refs_now(database, place) is self._refs
            and all(map(self._has_kinds, self._planned, self._kinds))
        )

    def _has_kinds(self, shard: Shard, kinds: "_Kinds") -> bool:
        now = self._names.kinds_now(shard)
        return now is kinds.known and len(now) == kinds.size


class _Kinds(NamedTuple):
    known: Mapping[tuple[str, str], Kind]  # fields are added to it
    size: int

    @classmethod
    def of(cls, known: Mapping[tuple[str, str], Kind]) -> "_Kinds":
        return cls(known, len(known))


def watch_of(names: PointNames, places: Sequence[Place], planned: Span, span: Span) -> Watch | None:
    """None for what is not one measurement of a database of its own."""
    if len(places) != 1 or names.nodes is not None:
        return None
    database = names.database(places[0].database)
    if database is None or names.is_own(database):
        return None
    return Watch(names, places[0], database, planned, span)


def _ends(shards: Sequence[Shard]) -> tuple[int, int, int, int] | None:
    """Of the first and of the last: a range that begins and ends within them touches all."""
    if not shards:
        return None
    first, last = shards[0], shards[-1]
    return first.start_ns, first.end_ns, last.start_ns, last.end_ns


def _touched(shards: Sequence[Shard], span: Span) -> list[Shard]:
    least_ns, most_ns = span
    start_ns = MIN_TIME_NS if least_ns is None else least_ns
    end_ns = MAX_TIME_NS if most_ns is None else most_ns
    return [each for each in shards if each.start_ns <= end_ns and start_ns < each.end_ns]
