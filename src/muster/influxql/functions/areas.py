"""The area under the line through points: integral().

Source: InfluxDB 1.6: windows share the area of a step from one to the next; where points descend
the start of a window belongs to it and ends it, too.
"""

import numpy as np

from muster.influxql.functions.segments import Segments, numbers_of
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import Column, Ints, Values, full


def integral(
    segments: Segments, unit_ns: int, starts: Ints, ends: Ints
) -> tuple[Ints, Ints, Column]:
    """The area under the line through the points, which ascend, for each series and window.

    Shapes: `starts` and `ends` are the bounds of each row's window, both zero without windows.
    Gives the group, the time and the area of each value.
    """
    column = numbers_of("integral", segments)
    if not len(segments.times):
        none = np.zeros(0, np.int64)
        return none, none, full(DataType.FLOAT, np.zeros(0))
    values, times = column.values.astype(np.float64), segments.times
    # Of points at one time the way from before leads to the first, and on from the last.
    moves = (times[1:] != times[:-1]) | (segments.groups[1:] != segments.groups[:-1])
    kept, arrives = np.append(moves, True), np.append(True, moves)
    group, reached = segments.groups[kept], values[arrives]
    values, times, starts, ends = values[kept], times[kept], starts[kept], ends[kept]
    run = np.concatenate(([0], np.cumsum((group[1:] != group[:-1]) | (starts[1:] != starts[:-1]))))
    with np.errstate(over="ignore", invalid="ignore"):
        areas = _areas(
            values,
            reached,
            times,
            ends,
            group,
            run,
            unit_ns,
            integers=column.kind is DataType.INTEGER,
        )
    first = np.flatnonzero(np.concatenate(([True], run[1:] != run[:-1])))
    final = np.append(first[1:], len(run)) - 1
    # The last window of a series is left out when there is only its edge.
    closing = np.append(group[final][1:] != group[final][:-1], True)
    shown = ~closing | (times[final] != starts[final])
    return (
        group[first][shown],
        starts[first][shown],
        full(DataType.FLOAT, areas[shown]),
    )


def _areas(
    values: Values,
    reached: Values,
    times: Ints,
    ends: Ints,
    group: Ints,
    run: Ints,
    unit_ns: int,
    *,
    integers: bool,
) -> Values:
    """The area of each run: of steps within it, and of its parts of steps from window to window.

    A step leads from a time's value to the one that is `reached` at the next time.

    Of integers InfluxDB begins a window at another value than the one before ended at.
    """
    areas = np.zeros(int(run[-1]) + 1)
    step = np.flatnonzero(group[1:] == group[:-1])
    inside = step[run[step] == run[step + 1]]
    width = (times[inside + 1] - times[inside]).astype(np.float64) / unit_ns
    np.add.at(areas, run[inside], 0.5 * (reached[inside + 1] + values[inside]) * width)
    across = step[run[step] != run[step + 1]]
    left, right, edge = times[across], times[across + 1], ends[across]
    slope = (reached[across + 1] - values[across]) / (right - left).astype(np.float64)
    middle = slope * (edge - left).astype(np.float64) + values[across]
    middle = np.where(left == edge, values[across], middle)
    before = 0.5 * (middle + values[across]) * ((edge - left).astype(np.float64) / unit_ns)
    if integers:
        middle = slope * (edge - right).astype(np.float64) + values[across]
    after = 0.5 * (reached[across + 1] + middle) * ((right - edge).astype(np.float64) / unit_ns)
    np.add.at(areas, run[across], before)
    np.add.at(areas, run[across + 1], after)
    return areas


def integral_backwards(
    segments: Segments, unit_ns: int, starts: Ints, ends: Ints, windowed: bool
) -> tuple[Ints, Ints, Column]:
    """The same of points that descend: areas are negative, and stand at the ends of windows."""
    column = numbers_of("integral", segments)
    integers = column.kind is DataType.INTEGER
    values, times = column.values.astype(np.float64).tolist(), segments.times.tolist()
    lows, highs = starts.tolist(), ends.tolist()
    found: list[tuple[int, int, float]] = []
    for group, (first, after) in enumerate(zip(segments.starts, segments.ends, strict=True)):
        area, value, time = 0.0, values[first], times[first]
        has_windows = windowed or integers
        low, high = (lows[first], highs[first]) if has_windows else (0, 0)
        for row in range(first + 1, after):
            new = reached = values[row]
            if times[row] == time:
                value = new
                continue
            if has_windows and times[row] <= low:
                if time != low:
                    reached = (new - value) / (times[row] - time) * (low - time) + value
                    area += 0.5 * (reached + value) * ((low - time) / unit_ns)
                    time = low
                    if not integers:
                        value, reached = reached, new
                found.append((group, high, area))
                low, high, area = lows[row], highs[row], 0.0
            area += 0.5 * (reached + value) * ((times[row] - time) / unit_ns)
            value, time = new, times[row]
        if time != high:
            found.append((group, high, area))
    groups, moments, areas = zip(*found, strict=True) if found else ((), (), ())
    return (
        np.array(groups, np.int64),
        np.array(moments, np.int64),
        full(DataType.FLOAT, np.array(areas, np.float64)),
    )
