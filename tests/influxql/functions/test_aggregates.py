"""Functions that make one value of a group."""

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.errors import InfluxqlError
from muster.influxql.functions.aggregates import AGGREGATES
from muster.influxql.functions.segments import Segments
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import full, texts

FLOATS = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20)


def one(name, values, kind=DataType.INTEGER):
    column = texts(values) if kind is DataType.STRING else full(kind, np.array(values))
    segments = Segments(np.array([0]), np.arange(len(values)), column)
    return AGGREGATES[name](segments).value.cells()[0]


@given(FLOATS)
def test_aggregates_are_what_statistics_says(values):
    assert one("mean", values, DataType.FLOAT) == pytest.approx(statistics.mean(values), abs=1e-6)
    assert one("median", values, DataType.FLOAT) == pytest.approx(statistics.median(values))
    assert one("stddev", values, DataType.FLOAT) == pytest.approx(
        statistics.stdev(values), rel=1e-6, abs=1e-4
    )
    assert one("spread", values, DataType.FLOAT) == max(values) - min(values)


def test_sums_of_integers_wrap():
    assert one("sum", [(1 << 63) - 1, 1]) == -(1 << 63)


def test_one_value_has_no_deviation():
    assert np.isnan(one("stddev", [5]))


def test_of_values_that_all_occur_once_the_mode_is_the_smallest():
    assert one("mode", [3, 1, 2]) == 1


def test_the_most_frequent_value_is_the_mode_of_any_kind():
    assert one("mode", [1, 2, 2, 3]) == 2
    assert one("mode", ["b", "a", "b"], DataType.STRING) == "b"
    assert one("mode", [True, False], DataType.BOOLEAN) is True


def test_of_equally_frequent_values_the_mode_follows_from_where_go_sorts_their_points():
    assert one("mode", [at % 2 for at in range(14)]) == 1
    assert one("mode", [(at * 7 + 3) % 5 for at in range(40)]) == 0
    assert one("mode", list("fbacedfbacedfbaced"), DataType.STRING) == "f"


def test_texts_are_counted_and_have_no_sum():
    assert one("count", ["a", "b"], DataType.STRING) == 2
    with pytest.raises(InfluxqlError, match="unsupported sum iterator type"):
        one("sum", ["a"], DataType.STRING)


@pytest.mark.parametrize("sizes", [[1, 2, 3, 4, 4], list(range(1, 40))])
def test_medians_of_groups_of_few_and_of_many_sizes_are_the_same(sizes):
    chance = np.random.default_rng(1)
    values = chance.integers(-50, 50, sum(sizes)) / 4
    starts = np.cumsum([0, *sizes[:-1]])
    column = full(DataType.FLOAT, values)

    found = AGGREGATES["median"](Segments(starts, np.arange(len(values)), column)).value.cells()

    assert found == [
        float(np.median(values[start : start + size]))
        for start, size in zip(starts, sizes, strict=True)
    ]
