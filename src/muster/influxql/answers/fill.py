"""Rows for empty windows.

Source: InfluxDB 1.6. Each run of rows of one series is filled over the whole range of the query,
so that within a subquery, where series alternate, a series is filled as often as there.
"""

from typing import NamedTuple

import numpy as np

from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.ast import DataType, FillOption
from muster.influxql.values.columns import (
    MAX_TIME_NS,
    MIN_TIME_NS,
    NUMERIC,
    Bools,
    Column,
    Ints,
    Values,
    dtype,
)
from muster.influxql.values.streams import Stream, ends_of, run_numbers, starts_of
from muster.influxql.values.windows import Windows


class Fill(NamedTuple):
    """What empty windows show; `value` is the number of fill(number)."""

    option: FillOption
    value: float | int | None = None


class _Plan(NamedTuple):
    """Rows after filling: which row each one was, -1 for a new one; its owner and its time."""

    rows: Ints
    owner: Ints
    times: Ints


def filled(stream: Stream, windows: Windows, fill: Fill) -> Stream:
    """The stream with a row for each window of the range."""
    if not len(stream):
        return stream
    plan = _plan(stream, windows)
    there = plan.rows >= 0
    source = np.maximum(plan.rows, 0)
    aux = tuple(
        Column(column.kind, column.values[source], column.valid[source] & there)
        for column in stream.aux
    )
    column = stream.value
    values, valid = column.values[source], column.valid[source] & there
    run = run_numbers(plan.owner)
    match fill.option:
        case FillOption.NUMBER:
            values, valid = _number(column.kind, values, valid, there, fill.value)
        case FillOption.PREVIOUS:
            values, valid = _previous(values, valid, there, run)
        case FillOption.LINEAR if column.kind in NUMERIC:
            duration = windows.interval.duration_ns
            values, valid = _linear(column.kind, plan, values, valid, run, duration)
    return Stream(stream.heads, plan.owner, plan.times, Column(column.kind, values, valid), aux)


def _plan(stream: Stream, windows: Windows) -> _Plan:
    first, last = windows.start_of(windows.start_ns), windows.start_of(windows.end_ns)
    if not windows.ascending:
        first, last = last, first
    starts = starts_of(run_numbers(stream.owner))
    ends = ends_of(starts, len(stream))
    budget = windows.limit
    parts, grids = [], {}
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        begin = _beginning(first, windows, int(stream.times[start]))
        until = last
        if not windows.ascending and last == MIN_TIME_NS:
            until = int(stream.times[end - 1])
        if (begin, until) not in grids:
            grids[begin, until] = windows.grid(begin, until)
        grid = grids[begin, until]
        rows, times = _merged(stream.times[start:end], grid, windows.ascending)
        budget -= len(rows)
        if windows.limit and budget < 0:
            raise InfluxqlError(
                f"max-select-buckets limit exceeded: ({windows.limit - budget}/{windows.limit})"
            )
        parts.append((np.where(rows >= 0, rows + start, -1), stream.owner[start], times))
    return _Plan(
        np.concatenate([rows for rows, _, _ in parts]),
        np.concatenate([np.full(len(rows), owner, np.int64) for rows, owner, _ in parts]),
        np.concatenate([times for _, _, times in parts]),
    )


def _beginning(first: int, windows: Windows, time: int) -> int:
    if first == MIN_TIME_NS or (not windows.ascending and first >= MAX_TIME_NS):
        return windows.start_of(time)
    return first


def _merged(times: Ints, grid: Ints, ascending: bool) -> tuple[Ints, Ints]:
    """Rows of a series among its windows: their numbers, -1 for new ones, and all times."""
    order, wanted = (times, grid) if ascending else (-times, -grid)
    places = np.searchsorted(wanted, order)
    fits = places < len(grid)
    exact = bool(fits.all()) and bool((wanted[places] == order).all())
    if exact and bool((places[1:] > places[:-1]).all()):
        rows = np.full(len(grid), -1, np.int64)
        rows[places] = np.arange(len(times))
        return rows, grid
    # Where clocks are changed windows may lie beside the grid, and the grid goes on after a row.
    merged_rows, merged_times = [], []
    step = 0
    for row, time in enumerate(order.tolist()):
        while step < len(grid) and time > wanted[step]:
            merged_rows.append(-1)
            merged_times.append(int(grid[step]))
            step += 1
        merged_rows.append(row)
        merged_times.append(int(times[row]))
        step += 1
    merged_rows.extend([-1] * max(len(grid) - step, 0))
    merged_times.extend(grid[step:].tolist())
    return np.array(merged_rows, np.int64), np.array(merged_times, np.int64)


def _number(
    kind: DataType, values: Values, valid: Bools, there: Bools, number: float | int | None
) -> tuple[Values, Bools]:
    """Zero or nothing for kinds that a number cannot be."""
    if kind in NUMERIC and number is not None:
        cell = np.array([number]).astype(dtype(kind))[0]
    else:
        cell = "" if dtype(kind) is np.object_ else False
    values = values.copy()
    values[~there] = cell
    return values, valid | ~there


def _previous(values: Values, valid: Bools, there: Bools, run: Ints) -> tuple[Values, Bools]:
    row = np.arange(len(values))
    latest = np.maximum.accumulate(np.where(there, row, -1))
    known = (latest >= 0) & (run[np.maximum(latest, 0)] == run)
    source = np.where(known, np.maximum(latest, 0), row)
    return values[source], valid[source] & (known | there)


def _linear(
    kind: DataType, plan: _Plan, values: Values, valid: Bools, run: Ints, duration_ns: int
) -> tuple[Values, Bools]:
    """On the line between the windows before and after, by their numbers."""
    there = plan.rows >= 0
    row = np.arange(len(values))
    before = np.maximum.accumulate(np.where(there, row, -1))
    after = np.minimum.accumulate(np.where(there, row, len(row))[::-1])[::-1]
    between = ~there & (before >= 0) & (after < len(row))
    before, after = np.maximum(before, 0), np.minimum(after, len(row) - 1)
    between &= (run[before] == run) & (run[after] == run) & valid[before] & valid[after]
    gap, left, right = row[between], before[between], after[between]
    # Division as Go does it: towards zero.
    number = plan.times // duration_ns + ((plan.times < 0) & (plan.times % duration_ns != 0))
    change = values[right] - values[left]
    slope = change.astype(np.float64) / (number[right] - number[left])
    line = slope * (number[gap] - number[left]) + values[left].astype(np.float64)
    values, valid = values.copy(), valid.copy()
    values[gap] = line.astype(dtype(kind))
    valid[gap] = True
    return values, valid
