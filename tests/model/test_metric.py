import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError
from muster.model.metric import (
    Batch,
    Block,
    Kind,
    Layout,
    Point,
    Series,
    kind_of,
    pattern_of,
    points_of,
    sorted_tags,
    value_of,
)  # fmt: skip

SMALL = st.integers(-(2**63), 2**63 - 1)


@given(SMALL)
def test_integers_survive_as_patterns(value):
    assert value_of(pattern_of(value, Kind.INTEGER), Kind.INTEGER) == value


@given(st.integers(0, 2**64 - 1))
def test_unsigned_integers_survive_above_the_signed_range(value):
    assert value_of(pattern_of(value, Kind.UNSIGNED), Kind.UNSIGNED) == value


@given(st.floats())
def test_floats_survive_bit_for_bit(value):
    back = value_of(pattern_of(value, Kind.FLOAT), Kind.FLOAT)

    assert pattern_of(back, Kind.FLOAT) == pattern_of(value, Kind.FLOAT)
    assert math.copysign(1, back) == math.copysign(1, value) or math.isnan(value)


@pytest.mark.parametrize(
    ("value", "kind"), [(2**63, Kind.INTEGER), (-1, Kind.UNSIGNED), (2**64, Kind.UNSIGNED)]
)
def test_an_integer_that_does_not_fit_is_refused(value, kind):
    with pytest.raises(InputError, match=str(value)):
        pattern_of(value, kind)


def test_a_boolean_is_not_an_integer():
    kinds = [kind_of(value) for value in (True, 1, 1.0, "x")]

    assert kinds == [Kind.BOOLEAN, Kind.INTEGER, Kind.FLOAT, Kind.STRING]


def test_tags_are_sorted_and_empty_ones_go():
    assert sorted_tags({"b": "2", "a": "1", "c": "", "": "x"}) == (("a", "1"), ("b", "2"))


def test_absent_cells_make_no_points():
    layout = Layout(
        (
            Series("mem", (), "free", Kind.INTEGER),
            Series("system", (("host", "h"),), "uptime_format", Kind.STRING),
        )
    )
    block = Block(layout, array("q", [10, 20]), array("q", [7, 0, 8, 0]), b"\1\1\1\0", ("1 day",))

    assert list(points_of(block)) == [
        Point("mem", {"free": 7}, 10, {}),
        Point("system", {"uptime_format": "1 day"}, 10, {"host": "h"}),
        Point("mem", {"free": 8}, 20, {}),
    ]
    assert Batch("e", 1, (block,)).values_total == 3
