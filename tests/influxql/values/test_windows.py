"""Windows of GROUP BY time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.errors import InfluxqlError
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS
from muster.influxql.values.windows import Interval, Windows
from muster.influxql.values.zones import SECOND_NS, Zone

HOUR, DAY = 3_600 * SECOND_NS, 86_400 * SECOND_NS


def windows(duration, offset=0, zone=None, ascending=True, limit=100):
    return Windows(MIN_TIME_NS, MAX_TIME_NS, Interval(duration, offset), zone, ascending, limit)


@given(
    st.integers(MIN_TIME_NS + 1, MAX_TIME_NS - 1),
    st.sampled_from([1, 7, SECOND_NS, DAY]),
    st.integers(-5, 5),
)
def test_each_time_lies_in_its_window(time, duration, offset):
    start, end = windows(duration, offset % duration).bounds(np.array([time], np.int64))

    assert start[0] <= time <= end[0]


def test_windows_start_at_multiples_of_their_length():
    assert windows(10).start_of(25) == 20
    assert windows(10).start_of(-1) == -10
    assert windows(10, 3).start_of(22) == 13


def test_without_windows_all_times_are_in_one():
    one = Windows(5, 9, Interval(), None, True, 100)

    assert one.starts(np.array([5, 7])).tolist() == [5, 5]


def test_a_day_on_which_clocks_are_changed_has_23_hours():
    berlin = windows(DAY, zone=Zone("Europe/Berlin"))
    noon = np.array([1_585_483_200 * SECOND_NS])  # 2020-03-29T12:00:00Z

    start, end = berlin.bounds(noon)

    assert int(end[0] - start[0]) == 23 * HOUR


def test_a_grid_goes_in_the_direction_of_the_query():
    assert windows(10).grid(0, 20).tolist() == [0, 10, 20]
    assert windows(10, ascending=False).grid(20, 0).tolist() == [20, 10, 0]
    assert windows(10).grid(20, 0).tolist() == []


def test_a_local_grid_follows_the_clocks():
    berlin = windows(DAY, zone=Zone("Europe/Berlin"))
    first = berlin.start_of(1_585_400_000 * SECOND_NS)

    steps = np.diff(berlin.grid(first, first + 3 * DAY)) // HOUR

    assert steps.tolist() == [24, 23, 24] or steps.tolist() == [23, 24, 24]


def test_more_windows_than_the_limit_are_refused():
    with pytest.raises(InfluxqlError, match=r"max-select-buckets limit exceeded: \(101/100\)"):
        windows(1).grid(0, 100)


def step_by_step(windows, first, last):
    """The same grid, one window after the other."""
    zone, step = windows.zone, windows.interval.duration_ns * (1 if windows.ascending else -1)
    times, time, offset = [], first, zone.offset_ns(first)
    while time <= last if windows.ascending else time >= last:
        times.append(time)
        time += step
        now = zone.offset_ns(time - 1)
        if now != offset:
            if abs(offset - now) < abs(step):
                time += offset - now
            offset = now
    return times


@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
    st.sampled_from([HOUR // 2, HOUR, 2 * HOUR, 5 * HOUR, DAY]),
    st.integers(1_585_000_000, 1_604_000_000),
    st.integers(0, 80),
    st.booleans(),
)
def test_a_local_grid_is_what_steps_make(name, duration, second, count, ascending):
    local = windows(duration, zone=Zone(name), ascending=ascending, limit=100_000)
    first = local.start_of(second * SECOND_NS)
    last = first + (count if ascending else -count) * max(duration, 3 * DAY)

    assert local.grid(first, last).tolist() == step_by_step(local, first, last)


@given(
    st.integers(-(1 << 61), 1 << 61),
    st.sampled_from([1, 7, 60_000_000_000, 3_600_000_000_000]),
    st.integers(-100, 100),
)
def test_the_window_of_one_time_is_that_of_many(time_ns, duration, offset):
    windows = Windows(0, 1, Interval(duration, offset % duration), None, True, 0)

    assert windows.start_of(time_ns) == int(windows.starts(np.array([time_ns]))[0])
