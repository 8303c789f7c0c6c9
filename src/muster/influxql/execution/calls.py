"""What a call gives: the function of its points, in windows, with rows for empty ones.

Source: InfluxDB 1.6: which functions show the start of the window and which the time of a point,
which windows before the range are read, and what is filled.
"""

from collections.abc import Callable
from dataclasses import replace as with_changed
from functools import partial
from operator import lt
from typing import Protocol

import numpy as np
from msgspec.structs import replace

from muster.influxql.answers.fill import Fill, filled
from muster.influxql.checking.callchecks import AVERAGES, CHANDE, KAUFMANS
from muster.influxql.errors import InfluxqlError
from muster.influxql.execution.options import Options
from muster.influxql.execution.partials import can_be_in_parts, put_together
from muster.influxql.execution.reducing import at_window_starts, has_kind, reduce_windows, transform
from muster.influxql.functions.aggregates import AGGREGATES
from muster.influxql.functions.areas import integral, integral_backwards
from muster.influxql.functions.forecast import holt_winters
from muster.influxql.functions.indicators import along, indicator
from muster.influxql.functions.segments import Reduced, Segments
from muster.influxql.functions.selectors import SELECTORS, bottom, distinct, percentile, sample, top
from muster.influxql.functions.transformations import (
    Along,
    cumulative_sum,
    derivative,
    difference,
    elapsed,
    moving_average,
)
from muster.influxql.syntax.ast import (
    Call,
    DataType,
    DurationLiteral,
    Expr,
    FillOption,
    IntegerLiteral,
    NumberLiteral,
    StringLiteral,
    VarRef,
)
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS, NUMERIC, full
from muster.influxql.values.streams import Stream, run_numbers, starts_of
from muster.influxql.values.windows import Interval


class Points(Protocol):
    """Where the rows of a call come from."""

    def __call__(self, field: VarRef, options: Options, /) -> Stream:
        """The points of a field."""
        ...

    def made(self, call: Call, options: Options, selector: bool) -> Stream | None:
        """All of what `call_stream` would give for a function of a field, if that is quicker."""
        ...


_SECOND_NS = 1_000_000_000
_INDICATORS = (*AVERAGES, *KAUFMANS, CHANDE)
_SINGLE = ("first", "last", "min", "max", "percentile", "sample", "top", "bottom")
_IN_ANY_ORDER = (
    "count",
    "sum",
    "mean",
    "median",
    "spread",
    "stddev",
    "min",
    "max",
    "first",
    "last",
)
LOOKING_BACK = (
    "derivative",
    "non_negative_derivative",
    "difference",
    "non_negative_difference",
    "moving_average",
    "elapsed",
    *_INDICATORS,
)


def is_selector(call: Call) -> bool:
    """Whether the function picks points, so that their other fields can be shown."""
    return call.name in _SINGLE


def call_stream(call: Call, options: Options, selector: bool, points: Points) -> Stream:
    """The rows of a call. `selector` says that it is the only one, and picks points."""
    # As in InfluxDB, top() and bottom() are given no more rows of each shard group than LIMIT and
    # OFFSET let through.
    most = options.limit + options.offset
    most += 1 if most else 0
    options = options.unlimited()
    name = call.name
    if name in LOOKING_BACK:
        options = options.looking_back(1) if options.interval.duration_ns else options
        return _along(call, _input(call, options, selector, points), along_of(call, options))
    match name:
        case "cumulative_sum":
            return _along(call, _input(call, options, selector, points), cumulative_sum)
        case "integral":
            return _integral(call, options, points)
        case "distinct":
            stream = reduce_windows(_input(call, options, selector, points), options, distinct)
            return at_window_starts(stream, options.windows)
        case "sample":
            size = partial(sample, size=_integer(call, 1))
            return reduce_windows(_input(call, options, selector, points), options, size)
        case "holt_winters" | "holt_winters_with_fit":
            return _forecast(call, options, selector, points)
        case "top" | "bottom":
            return _extremes(call, options, points, most)
        case _:
            return _windowed(call, options, selector, points)


def _input(call: Call, options: Options, selector: bool, points: Points) -> Stream:
    """The rows of a call's first argument."""
    argument: Expr = call.args[0]
    match argument:
        case VarRef():
            return points(argument, options)
        case Call():
            return call_stream(argument, options, selector, points)
        case _:
            raise InfluxqlError(f"invalid expression type: *influxql.{type(argument).__name__}")


def _along(call: Call, stream: Stream, function: Callable[[Segments], Along]) -> Stream:
    """The function along each series; its errors tell that distinct() is read by windows."""
    try:
        return transform(stream, function)
    except InfluxqlError as error:
        inner = call.args[0]
        if not isinstance(inner, Call) or inner.name != "distinct":
            raise
        told = str(error).replace("InterruptIterator", "IntervalIterator")
        raise InfluxqlError(told) from error


def _windowed(call: Call, options: Options, selector: bool, points: Points) -> Stream:
    """Functions with one value for each window, and rows for windows without any."""
    found = points.made(call, options, selector)
    if found is not None:
        return found
    stream = _reduced(call, options, selector, points)
    windows = options.windows
    if selector and not options.interval.duration_ns:
        return stream
    stream = at_window_starts(stream, windows)
    fill = options.fill
    if not options.interval.duration_ns or fill.option is FillOption.NONE:
        return stream
    if fill.option is FillOption.NULL and call.name == "count":
        fill = Fill(FillOption.NUMBER, 0)
    return filled(stream, windows, fill)


def _reduced(call: Call, options: Options, selector: bool, points: Points) -> Stream:
    if call.name == "spread" and (found := _spread(call, options, points)) is not None:
        return found
    read = options.in_any_order() if call.name in _IN_ANY_ORDER else options
    if call.name in ("first", "last") and not options.interval.duration_ns:
        read = options.at_edge(call.name)
    if can_be_in_parts(call, options, selector):
        read = read.in_parts(call.name)
    stream = _input(call, read, selector, points)
    if stream.counts is not None:
        return put_together(call.name, stream, options)
    rows_matter = selector and bool(options.aux or not options.interval.duration_ns)
    return reduce_windows(stream, options, _function(call, rows_matter=rows_matter))


def _spread(call: Call, options: Options, points: Points) -> Stream | None:
    """The spread of extremes that a source has worked out; None: of points."""
    field = call.args[0]
    if not isinstance(field, VarRef) or field.type not in NUMERIC or options.aux:
        return None
    ends: list[Stream] = []
    for name in ("min", "max"):
        stream = points(field, options.in_any_order().in_parts(name))
        if stream.counts is None:
            return reduce_windows(stream, options, AGGREGATES["spread"])
        ends.append(put_together(name, stream, options))
    low, high = ends
    with np.errstate(over="ignore"):
        values = high.value.values - low.value.values
    return with_changed(low, value=full(low.value.kind, values))


def _function(call: Call, *, rows_matter: bool) -> Callable[[Segments], Reduced]:
    if call.name == "percentile":
        percent = call.args[1]
        value = percent.val if isinstance(percent, IntegerLiteral | NumberLiteral) else 0
        return partial(percentile, percent=float(value), rows_matter=rows_matter)
    found = AGGREGATES.get(call.name) or SELECTORS.get(call.name)
    if found is None:
        raise InfluxqlError(f"unsupported call: {call.name}")
    return found


def along_of(call: Call, options: Options) -> Callable[[Segments], Along]:
    """What a function that looks back makes of the points of a series."""
    name = call.name
    ascending = options.ascending
    match name:
        case "derivative" | "non_negative_derivative":
            return partial(
                derivative,
                unit_ns=_duration(call, options.interval.duration_ns or _SECOND_NS),
                non_negative=name.startswith("non_negative"),
                ascending=ascending,
            )
        case "difference" | "non_negative_difference":
            return partial(difference, non_negative=name.startswith("non_negative"))
        case "elapsed":
            return partial(elapsed, unit_ns=_duration(call, 1))
        case "moving_average":
            return partial(moving_average, size=_integer(call, 1))
        case _:
            warmup = call.args[3] if len(call.args) > 3 else None
            way = warmup.val if isinstance(warmup, StringLiteral) else None
            hold = _integer(call, 2) if len(call.args) > 2 else -1
            begin = indicator(name, _integer(call, 1), way)
            return lambda segments: along(name, segments, begin, None if hold < 0 else hold)


def _integral(call: Call, options: Options, points: Points) -> Stream:
    """Areas stand at the start of their window; without windows at 1970, whatever the range.

    Those of integers without windows stand at the start of the range.
    """
    stream = _input(call, options, False, points)
    stream = stream.take(stream.value.valid)
    if not has_kind(stream):
        return stream
    order = np.lexsort((np.arange(len(stream)), stream.owner))
    stream = stream.take(order)
    begin = starts_of(run_numbers(stream.owner))
    segments = Segments(begin, stream.times, stream.value)
    starts, ends = options.windows.bounds(stream.times)
    unit = _duration(call, _SECOND_NS)
    if not options.ascending:
        windowed = bool(options.interval.duration_ns)
        group, times, value = integral_backwards(segments, unit, starts, ends, windowed)
        return Stream(stream.heads, stream.owner[begin][group], times, value)
    if not options.interval.duration_ns:
        starts, ends = np.zeros_like(starts), np.zeros_like(ends)
    group, times, value = integral(segments, unit, starts, ends)
    if not options.interval.duration_ns and stream.value.kind is DataType.INTEGER:
        start_ns = 0 if options.start_ns == MIN_TIME_NS else options.start_ns
        times = np.full_like(times, start_ns)
    return Stream(stream.heads, stream.owner[begin][group], times, value)


def _forecast(call: Call, options: Options, selector: bool, points: Points) -> Stream:
    function = partial(
        holt_winters,
        count=_integer(call, 1),
        season=_integer(call, 2),
        interval_ns=options.interval.duration_ns,
        with_fit=call.name.endswith("with_fit"),
    )
    stream = _input(call, options, selector, points)
    whole = replace(options, start_ns=MIN_TIME_NS, end_ns=MAX_TIME_NS, interval=Interval())
    return reduce_windows(stream, whole, function)


def _extremes(call: Call, options: Options, points: Points, most: int) -> Stream:
    """top() and bottom(); of each value of tags that they name, one row."""
    function = partial(top if call.name == "top" else bottom, limit=_integer(call, -1))
    tags = [argument.val for argument in call.args[1:-1] if isinstance(argument, VarRef)]
    if not tags:
        stream = _input(call, replace(options, per_shard=most), True, points)
        return reduce_windows(stream, options, function)
    finer = replace(
        options,
        group_by=tuple(sorted({*options.group_by, *tags})),
        fill=Fill(FillOption.NONE),
    )
    best = SELECTORS["max" if call.name == "top" else "min"]
    stream = _input(call, finer, True, points)
    if not _has_one_each(stream, finer):
        stream = reduce_windows(stream, finer, best)
    return reduce_windows(stream.narrowed(options.group_by), options, function)


def _has_one_each(stream: Stream, options: Options) -> bool:
    """Whether there is one number for each series of a whole range: the best of them."""
    if options.interval.duration_ns or len(stream) > len(stream.heads):
        return False
    owners = stream.owner.tolist()
    return (
        stream.value.kind in NUMERIC
        and stream.value.is_full
        and all(map(lt, owners, owners[1:]))
        and len(set(stream.heads)) == len(stream.heads)
    )


def _integer(call: Call, place: int) -> int:
    argument = call.args[place]
    return argument.val if isinstance(argument, IntegerLiteral) else 0


def _duration(call: Call, otherwise_ns: int) -> int:
    argument = call.args[1] if len(call.args) > 1 else None
    return argument.val_ns if isinstance(argument, DurationLiteral) else otherwise_ns
