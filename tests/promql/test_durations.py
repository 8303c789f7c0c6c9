"""Durations of queries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.promql.durations import format_duration, parse_duration
from muster.promql.errors import PromqlError


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("5m", 300_000), ("1h30m", 5_400_000), ("1y", 31_536_000_000), ("7ms", 7), ("0", 0)],
)
def test_units_are_added_up(text, milliseconds):
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize("text", ["", "5", "m", "5m1h", "5x", "300y", "9" * 300 + "s", "-5m"])
def test_other_shapes_are_refused(text):
    with pytest.raises(PromqlError):
        parse_duration(text)


@given(st.integers(1, 1 << 40))
def test_what_is_written_is_read_back(milliseconds):
    assert parse_duration(format_duration(milliseconds)) == milliseconds


def test_the_largest_units_that_leave_no_rest_are_used():
    assert format_duration(90 * 60_000) == "1h30m"
    assert format_duration(0) == "0s"
