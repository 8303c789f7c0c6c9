"""A statement that was answered, ready to be answered again, mostly for another range of times.

Its plan and what it is answered from stay good as long as nothing of which they were made has
changed, which is looked up each time. Used on the event loop's thread.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from muster.clock import Clock
from muster.core.influxql.influxsource import StoredSource
from muster.core.influxql.keptreads import KeptReads
from muster.core.influxql.pointnames import PointNames
from muster.core.influxql.statementplans import Size, places_of
from muster.core.influxql.watches import Watch, watch_of
from muster.core.querying.pointreader import PointReader, TakesLonger
from muster.influxql.answers.results import StatementResult, cells_of, checked
from muster.influxql.answers.tables import NewestTable, Table
from muster.influxql.checking.conditions import Span, TimeRange
from muster.influxql.execution.execute import answer_planned, result_of
from muster.influxql.execution.kept import Kept, kept
from muster.influxql.execution.kepttops import kept_tops
from muster.influxql.execution.options import Limits
from muster.influxql.planning.plans import Plan
from muster.influxql.planning.replanning import moved, range_at
from muster.influxql.source import Place, Wanted

_EVER = TimeRange()
_MOST_CELLS = 1_000  # of an answer that is kept


class Asking(msgspec.Struct, frozen=True):
    """What one statement is answered from."""

    names: PointNames
    reader: PointReader
    source: StoredSource


class Bounds(msgspec.Struct, frozen=True):
    """By which clock, and how much, statements are answered; `values` are those of one answer."""

    clock: Clock
    limits: Limits
    values: int


class Prepared(msgspec.Struct):
    """`size` is how much of it may be answered at once, `depth` which level has the times.

    `kept` answers most ranges in fewer steps, where there is such a way.
    """

    asking: Asking
    plan: Plan
    size: Size
    depth: int
    bounds: Bounds
    watch: Watch
    kept: Kept | None
    latest: tuple[Table, StatementResult] | None = None  # of the newest row

    def again(self, span: Span) -> StatementResult | None:
        """The answer for a range; None: it takes longer, or something has changed."""
        least, most = span
        if self.kept is None or least is None or most is None:
            return self._planned(span)
        if not self.watch.is_still(span):
            return None
        self.asking.reader.renew()
        rows = self.kept(least, most)
        if rows is None:
            return self._planned(span)
        if self.latest is not None and self.latest[0] is rows:  # nothing has come since
            return self.latest[1]
        result = checked(result_of(rows, self.plan), self.bounds.values)
        if type(rows) is NewestTable:
            self.latest = rows, result
        return result

    def _planned(self, span: Span) -> StatementResult | None:
        plan, bounds = moved(self.plan, self.depth, TimeRange(*span)), self.bounds
        if not self.watch.is_still(span):
            return None
        size, reader = self.size.of(plan), self.asking.reader
        if not size.cells:
            return None
        reader.renew()
        reader.at_once(*size)
        try:
            now_ns = bounds.clock.now_ns()
            result = answer_planned(self.asking.source, plan, now_ns, bounds.limits)
        except TakesLonger:
            return None
        finally:
            reader.at_once(0)
        return checked(result, bounds.values)


class Listed(NamedTuple):
    """The answer of a statement about names: the same until one comes or goes."""

    result: StatementResult
    watch: Watch

    def again(self, span: Span) -> StatementResult | None:
        """None: a name has come or gone."""
        return self.result if self.watch.is_still(_EVER) else None


def prepared(asking: Asking, plan: Plan, size: Size, depth: int, bounds: Bounds) -> Prepared | None:
    """None for a statement that is not about one measurement of a database of its own."""
    span = range_at(plan, depth)
    watch = watch_of(asking.names, places_of(plan), plan.range, span)
    if watch is None:
        return None
    least, most = span
    short: Kept | None = None
    if least is not None and most is not None:
        source = asking.source

        def reads(
            place: Place, series: Sequence[int], fields: Sequence[Wanted]
        ) -> KeptReads | None:
            return source.kept(place, series, fields, (least, most), size.cells)

        made_of = source, plan, bounds.clock.now_ns(), bounds.limits, reads
        short = kept(*made_of) or kept_tops(*made_of)
    return Prepared(asking, plan, size, depth, bounds, watch, short)


def listed(asking: Asking, places: Sequence[Place], result: StatementResult) -> Listed | None:
    """Likewise; nor for a long answer, or none."""
    if result.error or cells_of(result.series) > _MOST_CELLS:
        return None
    watch = watch_of(asking.names, places, _EVER, _EVER)
    return None if watch is None else Listed(result, watch)
