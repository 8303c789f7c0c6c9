"""A statement that was answered, ready to be answered again, mostly for another range of times.

Its plan and what it is answered from stay good as long as nothing of which they were made has
changed, which is looked up each time. Used on the event loop's thread.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from muster.core.influxql.influxsource import StoredSource
from muster.core.influxql.keptreads import KeptReads
from muster.core.influxql.pointnames import Edition, PointNames
from muster.core.influxql.statementplans import Size, places_of
from muster.core.querying.pointreader import PointReader
from muster.influxql.answers.results import StatementResult, cells_of
from muster.influxql.answers.tables import Table
from muster.influxql.checking.conditions import TimeRange
from muster.influxql.execution.kept import Kept, kept
from muster.influxql.execution.options import Limits
from muster.influxql.planning.plans import Plan
from muster.influxql.source import Place, Wanted
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS
from muster.model.influx import Database, Shard
from muster.model.metric import Kind
from muster.ports.series import SeriesRef

_EVER = TimeRange()
_MOST_CELLS = 1_000  # of an answer that is kept


class Asking(msgspec.Struct, frozen=True):
    """What one statement is answered from."""

    names: PointNames
    reader: PointReader
    source: StoredSource


class Prepared(msgspec.Struct, frozen=True):
    """`size` is how much of it may be answered at once, `depth` which level has the times.

    `kept` answers most ranges in fewer steps, where there is such a way.
    """

    asking: Asking
    plan: Plan
    size: Size
    depth: int
    watch: "Watch"
    kept: Kept | None

    def rows(self, span: TimeRange) -> Table | None:
        """Those of a range by the short way; None: by the plan."""
        least, most = span
        if self.kept is None or least is None or most is None or not self.watch.is_still(span):
            return None
        self.asking.reader.renew()
        return self.kept(least, most)


class Listed(NamedTuple):
    """The answer of a statement about names: the same until one comes or goes."""

    result: StatementResult
    watch: "Watch"

    def again(self) -> StatementResult | None:
        """None: a name has come or gone."""
        return self.result if self.watch.is_still(_EVER) else None


class Watch:
    """What a plan for one place was made of: see PointNames.state, of which this is a part."""

    def __init__(
        self, names: PointNames, place: Place, database: Database, span: TimeRange
    ) -> None:
        self._names = names
        self._place = place
        self._database = database
        self._shards = names.every_shard(database, place.policy)
        self._touched = _touched(self._shards, span)
        self._ends = _ends(self._touched)
        self._kinds = [_Kinds.of(names.kinds_now(shard)) for shard in self._touched]
        self._refs: Sequence[SeriesRef] = names.refs(place)
        self._edition: Edition | None = None  # for which it was looked up

    def is_still(self, span: TimeRange) -> bool:
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
            and all(map(self._has_kinds, self._touched, self._kinds))
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


def prepared(
    asking: Asking, plan: Plan, size: Size, depth: int, now_ns: int, limits: Limits
) -> Prepared | None:
    """None for a statement that is not about one measurement of a database of its own."""
    watch = _watch(asking.names, places_of(plan), plan.range)
    if watch is None:
        return None
    least, most = plan.range
    short: Kept | None = None
    if least is not None and most is not None:
        source = asking.source

        def reads(
            place: Place, series: Sequence[int], fields: Sequence[Wanted]
        ) -> KeptReads | None:
            return source.kept(place, series, fields, (least, most), size.cells)

        short = kept(source, plan, now_ns, limits, reads)
    return Prepared(asking, plan, size, depth, watch, short)


def listed(asking: Asking, places: Sequence[Place], result: StatementResult) -> Listed | None:
    """Likewise; nor for a long answer, or none."""
    if result.error or cells_of(result.series) > _MOST_CELLS:
        return None
    watch = _watch(asking.names, places, _EVER)
    return None if watch is None else Listed(result, watch)


def _watch(names: PointNames, places: Sequence[Place], span: TimeRange) -> "Watch | None":
    if len(places) != 1 or names.nodes is not None:
        return None
    database = names.database(places[0].database)
    if database is None or names.is_own(database):
        return None
    return Watch(names, places[0], database, span)


def _ends(shards: Sequence[Shard]) -> tuple[int, int, int, int] | None:
    """Of the first and of the last: a range that begins and ends within them touches all."""
    if not shards:
        return None
    first, last = shards[0], shards[-1]
    return first.start_ns, first.end_ns, last.start_ns, last.end_ns


def _touched(shards: Sequence[Shard], span: TimeRange) -> list[Shard]:
    start_ns = MIN_TIME_NS if span.least_ns is None else span.least_ns
    end_ns = MAX_TIME_NS if span.most_ns is None else span.most_ns
    return [each for each in shards if each.start_ns <= end_ns and start_ns < each.end_ns]
