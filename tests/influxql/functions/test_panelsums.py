"""Cells of series and windows out of matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.functions.panelsums import (
    FUNCTIONS,
    Counted,
    cells_of,
    cells_of_groups,
    is_of_groups,
    joined,
    pure_whole_cells,
    whole_cells,
)
from muster.influxql.source import Matrix

WINDOWS = (0, 10, 3)
TIMES = np.array([1, 5, 12, 28, 29])
FOUR = np.array([[1.0, 3, 5, 8, 2], [2, 2, 2, 2, 2], [0, -1, 4, 4, 0.5], [9, 9, 9, 9, 9]])


def made(name, matrices=(), span=(0, 2), kind=np.float64):
    found = cells_of(name, matrices or [Matrix(np.arange(4), TIMES, FOUR)], span, WINDOWS, kind)
    return None if found is None else found.values.tolist()


@pytest.mark.parametrize(
    ("name", "first", "third"),
    [
        ("count", [2, 1, 2], [2, 1, 2]),
        ("sum", [4, 5, 10], [-1, 4, 4.5]),
        ("mean", [4, 5, 10], [-1, 4, 4.5]),
        ("min", [1, 5, 2], [-1, 4, 0.5]),
        ("max", [3, 5, 8], [0, 4, 4]),
        ("first", [1, 5, 8], [0, 4, 4]),
        ("last", [3, 5, 2], [-1, 4, 0.5]),
        ("median", [2, 5, 5], [-0.5, 4, 2.25]),
    ],
)
def test_each_function_has_a_cell_for_each_series_and_window(name, first, third):
    assert made(name)[0] == first
    assert made(name, span=(2, 4))[0] == third


def test_series_that_lie_apart_and_windows_without_points():
    apart = [
        Matrix(np.array([1]), np.array([25]), np.array([[7]])),
        Matrix(np.array([0, 5]), np.array([3, 4]), np.array([[1, 2], [5, 5]])),
    ]
    found = cells_of("sum", apart, (0, 3), WINDOWS, np.int64)

    assert found.values.tolist() == [[3, 0, 0], [0, 0, 7], [0, 0, 0]]
    assert found.counts.tolist() == [[2, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_a_window_that_lies_in_two_matrices_is_not_put_together():
    twice = [Matrix(np.array([0]), np.array([at]), np.array([[1.0]])) for at in (1, 2)]

    assert made("max", twice, (0, 1)) is None


def test_integers_wrap():
    most = np.array([[(1 << 63) - 1, 1]])
    found = cells_of("sum", [Matrix(np.array([0]), np.array([1, 2]), most)], (0, 1), WINDOWS, int)

    assert found.values[0, 0] == -(1 << 63)


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [
        ("sum", float, [[3.0, 2.0], [4.0, 0.0]]),
        ("mean", float, [[1.0, 2.0], [4.0, None]]),
        ("count", int, [[3, 2], [4, 0]]),
        ("min", float, [[1.0, 2.0], [4.0, None]]),
        ("max", int, [[2, 2], [4, None]]),
        ("min", np.uint64, [[1, 2], [4, None]]),
    ],
)
def test_series_of_a_group_are_one(name, kind, found):
    counts = np.array([[2, 0], [1, 1], [1, 0]])
    values = counts if name == "count" else np.array([[1, 0], [2, 2], [4, 0]], kind)
    if name == "count":
        found = [[3, 1], [1, 0]]
    if name == "mean":
        found = [[1.0, 2.0], [4.0, None]]
    if name == "sum":
        found = [[3.0, 2.0], [4.0, 0.0]]
    cells = joined(name, Counted(values, counts), np.array([0, 2]))
    there = cells.counts > 0

    for row, column in zip(*np.nonzero(there), strict=True):
        assert cells.values[row, column] == found[row][column]
    assert cells.counts.tolist() == [[3, 1], [1, 0]]


@pytest.mark.parametrize("name", ["first", "last", "median"])
def test_of_groups_of_several_series_points_have_to_be_looked_at(name):
    cells = Counted(np.zeros((2, 1)), np.ones((2, 1), int))

    assert joined(name, cells, np.array([0])) is None
    assert joined(name, cells, None).values is cells.values


_NUMBERS = {
    np.float64: st.floats(-1e9, 1e9).map(lambda number: number + 0.0),  # without the sign of zeros
    np.int64: st.integers(-(1 << 63), (1 << 63) - 1),
    np.uint64: st.integers(0, (1 << 64) - 1),
}


@st.composite
def points(draw):
    kind = draw(st.sampled_from(list(_NUMBERS)))
    times = np.array(sorted(draw(st.sets(st.integers(0, 59), min_size=1, max_size=30))), np.int64)
    series = draw(st.integers(1, 4))
    size = series * len(times)
    numbers = draw(st.lists(_NUMBERS[kind], min_size=size, max_size=size))
    begins = sorted({0, *draw(st.sets(st.integers(0, series - 1)))})
    starts = draw(st.sampled_from((None, np.array(begins, np.int64))))
    length = draw(st.sampled_from((1, 7, 60)))
    return np.array(numbers, kind).reshape(series, -1), times, starts, (0, length, 60 // length + 1)


THENS = [None, ("-", 100.0, True), ("-", 0.1, False), ("*", 3.0, True), ("+", -1.5, False)]
QUOTIENTS = [("/", 0.0, False), ("/", 7.0, False), ("/", 7.0, True)]


@given(points(), st.sampled_from(sorted(FUNCTIONS)), st.sampled_from(THENS + QUOTIENTS), st.data())
def test_both_twins_give_the_same_cells(given_points, name, then, data):
    values, times, starts, windows = given_points
    span = 0, len(values)
    if not is_of_groups(name, starts):
        starts = None
    if starts is None:
        low = data.draw(st.integers(0, len(values) - 1))
        span = low, data.draw(st.integers(low + 1, len(values)))
    is_real = name in ("mean", "median") or (name != "count" and values.dtype == np.float64)
    then = then if is_real else None

    found, there = whole_cells(name, values, span, times, starts, windows, then)
    pure, pure_there = pure_whole_cells(name, values, span, times, starts, windows, then)

    assert (there is None) == (pure_there is None)
    marks = np.ones(len(found), np.bool_) if there is None else there
    if there is not None:
        assert np.array_equal(there, pure_there)
    assert found.dtype == pure.dtype
    assert found[marks].tolist() == pure[marks].tolist()


@pytest.mark.parametrize("made_whole", [whole_cells, pure_whole_cells])
def test_numbers_beside_cells_are_of_floats(made_whole):
    floats, integers = np.array([[1.0, 0.0]]), np.array([[1, 2]])
    asked = (0, 1), np.arange(2), None, (0, 1, 2)

    assert made_whole("max", floats, *asked, ("/", 3.0, True))[0].tolist() == [3.0, 0.0]
    for name, values, op in (("max", integers, "-"), ("count", floats, "-"), ("max", floats, "%")):
        with pytest.raises(ValueError, match="of these"):
            made_whole(name, values, *asked, (op, 3.0, True))


@pytest.mark.parametrize("made_whole", [whole_cells, pure_whole_cells])
def test_windows_are_many(made_whole):
    times = np.arange(1_000) * 5
    values = np.stack((times, times[::-1]))

    found, there = made_whole("max", values, (0, 2), times, None, (0, 10, 501))

    assert found[:500].tolist() == (times[1::2]).tolist()
    assert found[501:1001].tolist() == (times[::-1][::2]).tolist()
    assert np.flatnonzero(~there).tolist() == [500, 1001]


@pytest.mark.parametrize("made_whole", [whole_cells, pure_whole_cells])
@pytest.mark.parametrize("length", [9, 90])
def test_floats_are_added_in_the_order_of_time(made_whole, length):
    numbers = np.array([[1e16, 1.0, 1.0, -1e16, 1.0, 0.1, 0.2, 0.3, 7.0]])
    total = 0.0
    for number in numbers[0].tolist():
        total += number

    windows = 0, length, 90 // length
    found, _ = made_whole("sum", numbers, (0, 1), np.arange(9), None, windows)

    assert found[0] == total


@pytest.mark.parametrize("made_whole", [whole_cells, pure_whole_cells])
def test_values_of_other_times_are_refused(made_whole):
    with pytest.raises(ValueError, match="other times"):
        made_whole("sum", np.zeros((2, 3)), (0, 2), np.arange(2), None, WINDOWS)


@pytest.mark.parametrize("made_whole", [whole_cells, pure_whole_cells])
@pytest.mark.parametrize("span", [(0, 5), (2, 2), (-1, 2)])
def test_series_that_are_not_there_are_refused(made_whole, span):
    with pytest.raises(ValueError, match="no series"):
        made_whole("sum", FOUR, span, TIMES, None, WINDOWS)


def test_groups_of_one_matrix_and_of_several_are_the_same():
    starts = np.array([0, 2])
    one = [Matrix(np.arange(4), TIMES, FOUR)]
    several = [Matrix(np.array([at]), TIMES, FOUR[at : at + 1]) for at in range(4)]

    whole, parts = (
        cells_of_groups("mean", each, (0, 4), starts, WINDOWS, np.float64)
        for each in (one, several)
    )

    assert whole.values.tolist() == parts.values.tolist()
    assert whole.there is parts.there is None
    assert cells_of_groups("last", one, (0, 4), starts, WINDOWS, np.float64) is None


@pytest.mark.parametrize("made_whole", [whole_cells, pure_whole_cells])
def test_a_median_of_several_series_is_refused(made_whole):
    with pytest.raises(ValueError, match=r"median|no "):
        made_whole("median", FOUR, (0, 4), TIMES, np.array([0, 2]), WINDOWS)


@pytest.mark.parametrize("made_whole", [whole_cells, pure_whole_cells])
def test_a_median_lies_between_the_two_in_the_middle(made_whole):
    far = np.array([[-(1 << 63), (1 << 63) - 1]])  # whose distance wraps

    found, there = made_whole("median", far, (0, 1), np.arange(2), None, (0, 10, 2))

    assert found.tolist()[0] == -float(1 << 63) - 0.5
    assert there.tolist() == [True, False]
