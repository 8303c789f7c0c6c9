"""Areas under the line through points."""

import numpy as np

from muster.influxql.functions.areas import integral, integral_backwards
from muster.influxql.functions.segments import Segments
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import full


def segments(values, times, kind=DataType.INTEGER):
    return Segments(np.array([0]), np.array(times), full(kind, np.array(values)))


def test_an_area_is_cut_at_the_edge_of_a_window():
    points = segments([0.0, 20.0], times=[0, 20], kind=DataType.FLOAT)
    starts, ends = np.array([0, 10]), np.array([10, 30])

    group, times, areas = integral(points, 1, starts, ends)

    assert times.tolist() == [0, 10]
    assert areas.cells() == [50.0, 150.0]
    assert group.tolist() == [0, 0]


def test_of_integers_a_window_begins_elsewhere_than_the_one_before_ended():
    points = segments([0, 20], times=[0, 20])

    areas = integral(points, 1, np.array([0, 10]), np.array([10, 30]))[2]

    assert areas.cells() == [50.0, 50.0]


def test_of_points_at_one_time_areas_end_at_the_first_and_begin_at_the_last():
    points = segments([0, 10, 20, 0], times=[0, 10, 10, 20])
    ends = np.zeros(4, np.int64)

    assert integral(points, 1, ends, ends)[2].cells() == [50.0 + 100.0]


def test_nothing_has_no_area():
    none = np.zeros(0, np.int64)
    empty = Segments(none, none, full(DataType.FLOAT, np.zeros(0)))

    assert integral(empty, 1, none, none)[2].cells() == []


def backwards(points, windowed):
    starts, ends = np.array([20, 10, 10]), np.array([30, 20, 20])
    _, times, areas = integral_backwards(points, 1, starts, ends, windowed)
    return list(zip(times.tolist(), areas.cells(), strict=True))


def test_backwards_a_point_at_the_start_of_its_window_ends_it_twice():
    points = segments([2.0, 2.0, 4.0], [25, 15, 10], DataType.FLOAT)

    assert backwards(points, windowed=True) == [(30, -10.0), (20, -25.0), (20, 0.0)]
    assert backwards(points, windowed=False) == [(0, -35.0)]


def test_backwards_integers_without_windows_stand_at_the_end_of_the_range():
    points = segments([2, 2, 4], [25, 15, 11])

    assert backwards(points, windowed=False) == [(30, -10.0), (20, -22.0)]


def test_backwards_nothing_has_no_area():
    none = np.zeros(0, np.int64)
    empty = Segments(none, none, full(DataType.FLOAT, np.zeros(0)))

    assert not len(integral_backwards(empty, 1, none, none, True)[0])
