"""Cuts a stream into groups of series and window, and makes rows of what a function gives for each.

Source: InfluxDB 1.6: groups follow each other as the rows do, those of one window by their tags.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from muster.influxql.execution.options import Options
from muster.influxql.functions.segments import Reduced, Segments
from muster.influxql.functions.transformations import Along
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import MIN_TIME_NS, NUMERIC, Ints
from muster.influxql.values.streams import Stream, ranks, run_numbers, starts_of
from muster.influxql.values.windows import Windows


def reduce_windows(
    stream: Stream, options: Options, function: Callable[[Segments], Reduced]
) -> Stream:
    """One row for each value that the function gives; gaps are not among what it gets."""
    if not stream.value.is_full:
        stream = stream.take(stream.value.valid)
    if not options.interval.duration_ns:
        stream = _up_to_outside(stream, options)
    if not len(stream):
        # Even without points it is an error to ask for what the kind of a field cannot have.
        if has_kind(stream):
            found = function(Segments(np.zeros(0, np.int64), stream.times, stream.value))
            return replace(stream, value=found.value)
        return stream
    windows = options.windows
    starts = _window_starts(stream, windows)
    if len(stream.heads) == 1 and not windows.interval.duration_ns:
        begin = np.zeros(1, np.int64)
    else:
        stream, starts, begin = _grouped(stream, starts, options)
    found = function(Segments(begin, stream.times, stream.value, stream.counts))
    times = starts[begin][found.group] if found.times is None else found.times
    if found.times is not None and not _ascends(found.group, len(begin)):
        rows = np.lexsort((times, found.group))  # stable: what is equal stays as it is
        found = _taken(found, rows)
        times = times[rows]
    aux = () if found.rows is None else tuple(column.take(found.rows) for column in stream.aux)
    return Stream(stream.heads, stream.owner[begin][found.group], times, found.value, aux)


def _up_to_outside(stream: Stream, options: Options) -> Stream:
    """InfluxDB ends at the first point outside of the range, as a subquery's windows may be."""
    outside = (stream.times < options.start_ns) | (stream.times > options.end_ns)
    return stream.take(np.arange(outside.argmax())) if outside.any() else stream


def _grouped(stream: Stream, starts: Ints, options: Options) -> tuple[Stream, Ints, Ints]:
    """Rows in the order of their groups, the starts of their windows, and where groups begin."""
    outer = ranks([head.narrowed(frozenset(options.dimensions)) for head in stream.heads])
    run = run_numbers(outer[stream.owner], starts)
    if run[-1] + 1 == len(run):  # each row is a group
        return stream, starts, run
    rank = ranks(stream.heads)[stream.owner]
    order = np.lexsort((rank, run))
    if not bool((np.diff(order) == 1).all()):
        stream, run, rank, starts = stream.take(order), run[order], rank[order], starts[order]
    return stream, starts, starts_of(run_numbers(run, rank))


def _ascends(group: Ints, groups: int) -> bool:
    return len(group) <= groups and bool((group[1:] > group[:-1]).all())


def transform(stream: Stream, function: Callable[[Segments], Along]) -> Stream:
    """The function along each series; rows stay in the order of the stream."""
    if not stream.value.is_full:
        stream = stream.take(stream.value.valid)
    if not len(stream):
        # Even without points it is an error to ask for what the kind of a field cannot have.
        if has_kind(stream):
            function(Segments(np.zeros(0, np.int64), stream.times, stream.value))
        return stream
    order: Ints | None = None
    if (stream.owner[1:] < stream.owner[:-1]).any():
        order = np.argsort(stream.owner, kind="stable")
        stream = stream.take(order)
    begin = starts_of(run_numbers(stream.owner))
    found = function(Segments(begin, stream.times, stream.value))
    rows, value = found.rows, found.value
    places = rows if order is None else order[rows]
    if (places[1:] < places[:-1]).any():
        back = np.argsort(places, kind="stable")
        rows, value = rows[back], value.take(back)
    return Stream(stream.heads, stream.owner[rows], stream.times[rows], value)


def has_kind(stream: Stream) -> bool:
    """Whether the values are of a field, and not of a tag or of nothing."""
    return stream.value.kind in (*NUMERIC, DataType.STRING, DataType.BOOLEAN)


def at_window_starts(stream: Stream, windows: Windows) -> Stream:
    """Each row at the start of its window; without a start at 1970."""
    starts = windows.starts(stream.times)
    times = np.where(starts == MIN_TIME_NS, 0, starts)
    return Stream(stream.heads, stream.owner, times, stream.value, stream.aux)


def _taken(found: Reduced, rows: Ints) -> Reduced:
    return Reduced(
        found.group[rows],
        found.value.take(rows),
        None if found.times is None else found.times[rows],
        None if found.rows is None else found.rows[rows],
    )


def _window_starts(stream: Stream, windows: Windows) -> Ints:
    """The start of the window that each row falls into, as rows are gone through.

    Where clocks are changed a window takes all rows up to its end, also such that would by
    themselves belong to another.
    """
    if windows.zone is None or not windows.interval.duration_ns:
        return windows.starts(stream.times)
    starts, ends = windows.bounds(stream.times)
    times = stream.times.tolist()
    firsts, lasts = starts.tolist(), ends.tolist()
    begin, end, owner = 1, 0, -1
    owners = stream.owner.tolist()
    for row, time in enumerate(times):
        if owners[row] != owner or not begin <= time < end:
            begin, end, owner = firsts[row], lasts[row], owners[row]
        firsts[row] = begin
    return np.array(firsts, np.int64)
