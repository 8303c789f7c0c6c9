"""Rows for empty windows."""

import numpy as np
import pytest

from muster.influxql.answers.fill import Fill, filled
from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.ast import DataType, FillOption
from muster.influxql.values.columns import full, texts
from muster.influxql.values.streams import Head, Stream
from muster.influxql.values.windows import Interval, Windows

A, B = Head("m", (("k", "a"),)), Head("m", (("k", "b"),))


def windows(start=0, end=49, ascending=True, limit=100):
    return Windows(start, end, Interval(10), None, ascending, limit)


def stream(rows, kind=DataType.INTEGER):
    owner, times, values = zip(*rows, strict=True)
    column = texts(values) if kind is DataType.STRING else full(kind, np.array(values))
    return Stream((A, B), np.array(owner), np.array(times, np.int64), column)


ROWS = [(0, 10, 4), (0, 40, 10)]


@pytest.mark.parametrize(
    ("fill", "cells"),
    [
        (Fill(FillOption.NULL), [None, 4, None, None, 10]),
        (Fill(FillOption.NUMBER, -1.5), [-1, 4, -1, -1, 10]),
        (Fill(FillOption.PREVIOUS), [None, 4, 4, 4, 10]),
        (Fill(FillOption.LINEAR), [None, 4, 6, 8, 10]),
    ],
)
def test_each_option_fills_in_its_way(fill, cells):
    found = filled(stream(ROWS), windows(), fill)

    assert found.times.tolist() == [0, 10, 20, 30, 40]
    assert found.value.cells() == cells


def test_each_series_is_filled_over_the_whole_range():
    found = filled(stream([(0, 0, 1), (1, 40, 2)]), windows(), Fill(FillOption.PREVIOUS))

    assert found.owner.tolist() == [0] * 5 + [1] * 5
    assert found.value.cells() == [1, 1, 1, 1, 1, None, None, None, None, 2]


def test_texts_are_filled_with_nothing_and_never_in_between():
    rows = [(0, 0, "x"), (0, 20, "y")]

    number = filled(stream(rows, DataType.STRING), windows(end=29), Fill(FillOption.NUMBER, 7))
    linear = filled(stream(rows, DataType.STRING), windows(end=29), Fill(FillOption.LINEAR))

    assert number.value.cells() == ["x", "", "y"]
    assert linear.value.cells() == ["x", None, "y"]


def test_without_a_start_the_first_window_is_that_of_the_first_point():
    from muster.influxql.values.columns import MIN_TIME_NS

    found = filled(stream(ROWS), windows(start=MIN_TIME_NS), Fill(FillOption.NULL))

    assert found.times.tolist() == [10, 20, 30, 40]


def test_backwards_windows_are_filled_from_the_last():
    found = filled(stream(ROWS[::-1]), windows(ascending=False), Fill(FillOption.NULL))

    assert found.times.tolist() == [40, 30, 20, 10, 0]


def test_the_limit_counts_the_windows_of_all_series():
    rows = [(0, 0, 1), (1, 0, 1)]

    with pytest.raises(InfluxqlError, match="max-select-buckets"):
        filled(stream(rows), windows(limit=7), Fill(FillOption.NULL))
