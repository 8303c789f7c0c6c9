"""Windows and groups in one sweep, by both twins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.promql import overtime, rates
from muster.promql.errors import QueryTimeout
from muster.promql.limits import Limits
from muster.promql.packing import columns_of
from muster.promql.source import Samples
from muster.promql.sweeps import Sweep, lines, plain_sums, sums, swept
from muster.promql.windows import windows_of

NUMBERS = st.floats(width=64) | st.integers(-5, 5).map(float) | st.floats(0, 1e6)


def drawn_out(is_counter, over_s):
    return lambda windows: rates.plain_extrapolated(windows, is_counter=is_counter, over_s=over_s)


PLAIN = {
    Sweep.RATE: drawn_out(True, 60.0),
    Sweep.INCREASE: drawn_out(True, 0),
    Sweep.DELTA: drawn_out(False, 0),
    Sweep.TOTAL: overtime.plain_total,
    Sweep.MEAN: overtime.plain_mean,
    Sweep.LEAST: lambda windows: overtime.plain_extreme(windows, -1),
    Sweep.MOST: lambda windows: overtime.plain_extreme(windows, 1),
    Sweep.VARIANCE: overtime.plain_variance,
}


@st.composite
def windows(draw):
    series = []
    for _ in range(draw(st.integers(0, 4))):
        times = sorted(draw(st.sets(st.integers(0, 400_000), max_size=12)))
        for _ in range(draw(st.integers(1, 2))):  # some share their times
            size = len(times)
            values = draw(st.lists(NUMBERS, min_size=size, max_size=size))
            series.append(Samples((), np.array(times, np.int64), np.array(values, np.float64)))
    first, step = draw(st.integers(-10, 300_000)), draw(st.integers(1, 90_000))
    steps = first + step * np.arange(draw(st.integers(1, 5)))
    return windows_of(columns_of(series), steps - 7, steps, 60_000, Limits().look)


def same(one, other, there):
    return np.array_equal(np.where(there, one, 0), np.where(there, other, 0), equal_nan=True)


@pytest.mark.parametrize("what", list(PLAIN))
@given(given_windows=windows())
def test_both_twins_give_the_same_to_the_last_digit(what, given_windows):
    with np.errstate(all="ignore"):
        plain = PLAIN[what](given_windows)
        found = swept(
            what,
            given_windows,
            lambda: plain,
            over_s=60.0 if what is Sweep.RATE else 0,
        )

    assert np.array_equal(found.there, plain.there)
    assert same(found.values, plain.values, plain.there)


@given(given_windows=windows(), here=st.booleans())
def test_both_twins_draw_the_same_lines(given_windows, here):
    what, origins = (Sweep.LINE_HERE, given_windows.steps) if here else (Sweep.LINE, None)
    with np.errstate(all="ignore"):
        plain = overtime.plain_lines(given_windows, origins)
        found = lines(what, given_windows, lambda: plain)

    there = given_windows.counts > 1
    assert same(found[0], plain[0], there)
    assert same(found[1], plain[1], there)


@given(data=st.data())
def test_both_twins_add_up_groups_alike(data):
    series, steps, groups = (data.draw(st.integers(1, 5)) for _ in range(3))
    size = series * steps
    numbers = data.draw(st.lists(NUMBERS, min_size=size, max_size=size))
    marks = data.draw(st.lists(st.booleans(), min_size=size, max_size=size))
    places = data.draw(st.lists(st.integers(0, groups - 1), min_size=series, max_size=series))
    values, there = (np.array(each).reshape(series, steps) for each in (numbers, marks))
    given = values.astype(np.float64), there, np.array(places, np.int64), groups
    with np.errstate(all="ignore"):
        plain, found = plain_sums(*given), sums(*given)

    assert np.array_equal(plain[0], found[0], equal_nan=True)
    are_zero = plain[0] == 0
    assert np.array_equal(np.signbit(plain[0][are_zero]), np.signbit(found[0][are_zero]))
    assert np.array_equal(plain[1], found[1])


def test_an_answer_nobody_waits_for_is_given_up():
    def look():
        raise QueryTimeout

    times = np.arange(10_000)
    series = [Samples((), times, times.astype(np.float64))]
    steps = np.full(3_000, 9_999)
    long = windows_of(columns_of(series), steps, steps, 10_000, look)

    with pytest.raises(QueryTimeout):
        swept(Sweep.TOTAL, long, lambda: overtime.plain_total(long))
