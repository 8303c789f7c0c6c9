"""Groups of rows."""

import numpy as np

from muster.influxql.functions.segments import (
    Segments,
    by_value,
    codes,
    each_group,
    picked,
    unsupported,
)
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import full, texts


def segments(values, starts=(0, 3), kind=DataType.INTEGER):
    column = texts(values) if kind is DataType.STRING else full(kind, np.array(values))
    return Segments(np.array(starts), np.arange(len(values)), column)


def test_groups_know_their_rows():
    found = segments([3, 1, 2, 9])

    assert found.counts.tolist() == [3, 1]
    assert found.groups.tolist() == [0, 0, 0, 1]


def test_rows_are_sorted_within_their_groups():
    assert by_value(segments([3, 1, 2, 0])).tolist() == [1, 2, 0, 3]
    assert by_value(segments(["b", "a", "c", "0"], kind=DataType.STRING)).tolist() == [1, 0, 2, 3]


def test_codes_are_in_the_order_of_the_values():
    assert codes(segments(["b", "a", "b", "c"], kind=DataType.STRING)).tolist() == [1, 0, 1, 2]


def test_what_is_picked_has_values_and_times_of_its_rows():
    found = picked(segments([3, 1, 2, 9]), np.array([0, 1]), np.array([2, 3]))

    assert found.value.cells() == [2, 9]
    assert found.times.tolist() == [2, 3]


def test_each_group_has_one_value():
    assert each_group(segments([1, 1, 1, 1]), texts(["x", "y"])).group.tolist() == [0, 1]


def test_the_error_of_a_kind_is_the_one_that_clients_know():
    error = unsupported("sum", texts(["a"]))

    assert str(error) == "unsupported sum iterator type: *query.stringInterruptIterator"


def test_rows_may_stand_for_several_points():
    made = segments([1, 2, 3])._replace(starts=np.array([0, 2]))

    assert made.points.tolist() == [2, 1]
    assert made._replace(weights=np.array([5, 6, 7])).points.tolist() == [11, 7]
