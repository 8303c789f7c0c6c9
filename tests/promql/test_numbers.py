"""Floats as Go prints and reads them."""

from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.promql.numbers import float_fault, format_float, format_sample, format_verb, parse_float


@pytest.mark.parametrize(
    ("value", "plain", "sample", "verb"),
    [
        (1.0, "1", "1", "1"),
        (-0.0, "-0", "-0", "-0"),
        (1e30, "1" + "0" * 30, "1e+30", "1e+30"),
        (1.5e-7, "0.00000015", "1.5e-07", "1.5e-07"),
        (1e6, "1000000", "1000000", "1e+06"),
        (999_999.5, "999999.5", "999999.5", "999999.5"),
        (0.00001, "0.00001", "0.00001", "1e-05"),
        (1234567890.0, "1234567890", "1234567890", "1.23456789e+09"),
        (inf, "+Inf", "+Inf", "+Inf"),
        (-inf, "-Inf", "-Inf", "-Inf"),
        (nan, "NaN", "NaN", "NaN"),
    ],
)
def test_floats_are_written(value, plain, sample, verb):
    assert (format_float(value), format_sample(value), format_verb(value)) == (plain, sample, verb)


@given(st.floats(allow_nan=False))
def test_what_is_written_is_read_back(value):
    assert parse_float(format_sample(value)) == value


@pytest.mark.parametrize(
    "text", ["", "x", "1__0", "_1", "1_", "1_.5", " 1", "1 ", "0x", "+nan", "1e", "1e999", "\u0661"]
)
def test_what_go_does_not_take_is_refused(text):
    assert parse_float(text) is None


def test_words_and_hexadecimal_are_numbers():
    assert parse_float("-Infinity") == -inf
    assert isnan(parse_float("NaN"))
    assert parse_float("0x1.8p1") == parse_float("0x_1.8p0_1") == 3
    assert parse_float("1_000.2_5e0_1") == 10_002.5


@pytest.mark.parametrize(
    ("text", "fault"), [("1e999", "value out of range"), ("1__0", "invalid syntax")]
)
def test_what_is_wrong_with_a_text_is_told(text, fault):
    assert float_fault(text) == fault
