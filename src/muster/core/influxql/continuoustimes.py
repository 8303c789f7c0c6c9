"""When a continuous query runs, and over which range: by its text and the clock alone.

It runs every EVERY, at multiples of it counted as windows of GROUP BY time are, offset and time
zone included. It reads whole windows: from the one that holds `now - FOR`, up to the one that is
under way. When EVERY is shorter than a window, that one is read too, and again until it is over.

Source: InfluxDB 1.8, "Continuous queries"
"""

from typing import NamedTuple

import msgspec
import numpy as np

from muster.errors import InputError
from muster.influxql.checking.conditions import split_condition
from muster.influxql.checking.dimensions import split_dimensions
from muster.influxql.syntax.ast import (
    BinaryExpr,
    IntegerLiteral,
    ParenExpr,
    SelectStatement,
    VarRef,
)
from muster.influxql.syntax.parser import parse_query
from muster.influxql.syntax.statements import CreateContinuousQueryStatement
from muster.influxql.syntax.times import zone as zone_of
from muster.influxql.syntax.tokens import Token
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS
from muster.influxql.values.reduction import Context
from muster.influxql.values.windows import Interval, Windows
from muster.influxql.values.zones import Zone

_TIME = VarRef("time")


class Schedule(NamedTuple):
    """How a query runs. Units: nanoseconds."""

    select: SelectStatement
    every_ns: int
    for_ns: int
    interval: Interval
    zone: Zone | None

    def start_of_turn(self, now_ns: int) -> int:
        """The last moment up to now at which it is to run."""
        return self._turns.start_of(now_ns)

    def next_turn(self, now_ns: int) -> int:
        """The first moment after now at which it is to run."""
        _, ends = self._turns.bounds(np.array([now_ns], np.int64))
        return int(ends[0])

    def range(self, turn_ns: int) -> tuple[int, int]:
        """What a turn reads; the end does not belong to it."""
        windows = _windows(self.interval, self.zone)
        ahead_ns = self.interval.duration_ns - min(self.every_ns, self.interval.duration_ns)
        return windows.start_of(turn_ns - self.for_ns), windows.start_of(turn_ns + ahead_ns)

    def statement(self, start_ns: int, end_ns: int) -> SelectStatement:
        """The query over a range alone; what it says itself of time counts for nothing."""
        context = _context_of(self.select, end_ns)
        condition = _within(start_ns, end_ns)
        own = split_condition(self.select.condition, context).expr
        if own is not None:
            condition = BinaryExpr(Token.AND, ParenExpr(own), condition)
        return msgspec.structs.replace(self.select, condition=condition)

    @property
    def _turns(self) -> Windows:
        offset_ns = self.interval.offset_ns % self.every_ns
        return _windows(Interval(self.every_ns, offset_ns), self.zone)


def schedule_of(text: str) -> Schedule:
    """Of the text of CREATE CONTINUOUS QUERY. Errors: InputError for one that cannot run."""
    (statement,) = parse_query(text)
    if not isinstance(statement, CreateContinuousQueryStatement):
        raise InputError("not a continuous query")
    select = statement.source
    interval, _ = split_dimensions(select, _context_of(select, 0))
    if select.is_raw_query or interval.duration_ns <= 0:
        raise InputError("continuous queries must be aggregate queries with GROUP BY time")
    every_ns = statement.resample_every_ns or interval.duration_ns
    for_ns = statement.resample_for_ns or max(every_ns, interval.duration_ns)
    zone = Zone(select.location) if select.location else None
    return Schedule(select, every_ns, for_ns, interval, zone)


def _context_of(select: SelectStatement, now_ns: int) -> Context:
    return Context(now_ns, zone_of(select.location) if select.location else None)


def _windows(interval: Interval, zone: Zone | None) -> Windows:
    return Windows(MIN_TIME_NS, MAX_TIME_NS, interval, zone, True, 0)


def _within(start_ns: int, end_ns: int) -> BinaryExpr:
    return BinaryExpr(
        Token.AND,
        BinaryExpr(Token.GTE, _TIME, IntegerLiteral(start_ns)),
        BinaryExpr(Token.LT, _TIME, IntegerLiteral(end_ns)),
    )
