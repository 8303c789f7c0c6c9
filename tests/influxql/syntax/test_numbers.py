import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.numbers import format_plain, parse_float, parse_whole


@pytest.mark.parametrize(
    ("value", "text"),
    [(2.0, "2"), (0.1, "0.1"), (1e22, "1" + "0" * 22), (1e-7, "0.0000001"), (-1.5, "-1.5")],
)
def test_floats_are_written_without_exponent(value, text):
    assert format_plain(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_that_is_written_is_read_as_the_same(value):
    assert parse_float(format_plain(value)) == value


def test_a_float_too_large_for_one_is_refused():
    for text in ("1" + "0" * 400, "1." + "1" * 1_000_000):
        with pytest.raises(InfluxqlError, match="unable to parse number"):
            parse_float(text)


def test_integers_outside_of_their_range_are_none():
    assert parse_whole("10", 1, 10) == 10
    assert parse_whole("11", 1, 10) is None
    assert parse_whole("0" * 100 + "7", 0, 10) == 7
    assert parse_whole("9" * 1_000_000, 0, 10) is None
