"""How one level of a query reads: range, windows, grouping, limits."""

from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from muster.influxql.answers.fill import Fill
from muster.influxql.planning.plans import Memo, Plan
from muster.influxql.syntax.ast import Expr, FillOption, VarRef
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS
from muster.influxql.values.windows import Interval, Windows
from muster.influxql.values.zones import Zone


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may take: windows of an answer, series of a measurement; 0 is no limit."""

    windows: int = 1_000_000
    series: int = 0


class Options(msgspec.Struct, frozen=True):
    """`dimensions` are those of the whole query, `group_by` what points carry at this level."""

    start_ns: int
    end_ns: int
    interval: Interval
    zone: Zone | None
    ascending: bool
    dimensions: tuple[str, ...]
    group_by: tuple[str, ...]
    condition: Expr | None
    fill: Fill
    limit: int
    offset: int
    slimit: int
    soffset: int
    max_windows: int
    max_series: int
    aux: tuple[VarRef, ...] = ()
    merged: bool = True  # whether the order of points at one time matters
    per_shard: int = 0  # rows of each series and shard group of measurements; 0: all
    edge: str = ""  # "first" or "last": of each group of a measurement no others are needed
    partial: str = ""  # a function, if parts of what it makes of points may be read instead
    least_ns: int = MIN_TIME_NS  # of the whole query, with windows before its first
    most_ns: int = MAX_TIME_NS
    memo: Memo = msgspec.field(default_factory=dict)  # of the plan

    @property
    def windows(self) -> Windows:
        """The range cut into windows."""
        return Windows(
            self.start_ns,
            self.end_ns,
            self.interval,
            self.zone,
            self.ascending,
            self.max_windows,
        )

    def unlimited(self) -> "Options":
        """Without limits on rows."""
        return replace(self, limit=0, offset=0) if self.limit or self.offset else self

    def reading(self, aux: tuple[VarRef, ...]) -> "Options":
        """With these variables beside the value."""
        return self if aux == self.aux else replace(self, aux=aux)

    def in_any_order(self) -> "Options":
        """Where the order of points at one time does not matter."""
        return replace(self, merged=False)

    def at_edge(self, edge: str) -> "Options":
        """Of the points that are read from a measurement only the first or last ones."""
        return replace(self, edge=edge)

    def in_parts(self, function: str) -> "Options":
        """Of the points that are read only what a function makes of some of them each."""
        return self if function == self.partial else replace(self, partial=function)

    def within_query(self) -> "Options":
        """Without what a subquery that looks back adds to what the whole query reads."""
        if self.least_ns <= self.start_ns and self.end_ns <= self.most_ns:
            return self
        start_ns = max(self.start_ns, self.least_ns)
        return replace(self, start_ns=start_ns, end_ns=min(self.end_ns, self.most_ns))

    def looking_back(self, windows: int) -> "Options":
        """With so many windows more before the first.

        From the start of all time InfluxDB comes to its end that way, where nothing is.
        """
        more = windows * self.interval.duration_ns
        if self.ascending:
            return replace(self, start_ns=_wrapped(self.start_ns - more))
        return replace(self, end_ns=min(self.end_ns + more, MAX_TIME_NS))


def _wrapped(time_ns: int) -> int:
    """As 64 bits have it."""
    return (time_ns + (1 << 63)) % (1 << 64) - (1 << 63)


def outermost(plan: Plan, now_ns: int, limits: Limits, aux: tuple[VarRef, ...] = ()) -> Options:
    """Of a whole query."""
    statement = plan.statement
    option = statement.fill
    if option is FillOption.NULL and statement.target is not None:
        option = FillOption.NONE  # what is not there is not written
    start = MIN_TIME_NS if plan.range.least_ns is None else plan.range.least_ns
    end = plan.range.most_ns
    if end is None:
        end = now_ns if plan.interval.duration_ns else MAX_TIME_NS
    before = plan.before * plan.interval.duration_ns
    return Options(
        start_ns=start,
        end_ns=end,
        interval=plan.interval,
        zone=plan.zone,
        ascending=plan.ascending,
        dimensions=plan.dimensions,
        group_by=tuple(sorted(set(plan.dimensions))),
        condition=plan.condition,
        fill=Fill(option, statement.fill_value),
        limit=statement.limit,
        offset=statement.offset,
        slimit=statement.slimit,
        soffset=statement.soffset,
        max_windows=limits.windows,
        max_series=limits.series,
        least_ns=start - before if plan.ascending else start,
        most_ns=end if plan.ascending else end + before,
        aux=aux,
        memo=plan.memo,
    )


def within(plan: Plan, outer: Options, now_ns: int) -> Options:
    """Of a subquery, which takes over what the query around it says. Source: InfluxDB 1.6."""
    own = outermost(plan, now_ns, Limits(windows=outer.max_windows, series=outer.max_series))
    start, end = outer.start_ns, outer.end_ns
    if plan.range.least_ns is not None:
        start = max(start, plan.range.least_ns)
    if plan.range.most_ns is not None:
        end = min(end, plan.range.most_ns)
    elif plan.interval.duration_ns and end == MAX_TIME_NS:
        end = now_ns
    fill = own.fill
    if not plan.statement.is_raw_query and fill.option is FillOption.NULL:
        fill = Fill(FillOption.NONE)
    return replace(
        own,
        start_ns=start,
        end_ns=end,
        dimensions=outer.dimensions,
        group_by=tuple(sorted({*own.group_by, *outer.group_by})),
        slimit=own.slimit + outer.slimit,
        soffset=own.soffset + outer.soffset,
        interval=plan.interval if plan.interval.duration_ns else outer.interval,
        fill=fill,
        least_ns=outer.least_ns,
        most_ns=outer.most_ns,
    )
