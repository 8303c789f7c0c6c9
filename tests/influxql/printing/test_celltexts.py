"""Cells as texts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.printing.celltexts import (
    csv_field,
    float_text,
    plain_text,
    quoted,
    series_key,
    time_text,
    times_text,
)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_are_read_back_as_they_were(number):
    assert float(float_text(number)) == number
    assert float(plain_text(number)) == number
    assert "e" not in plain_text(number)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (12, "12"),
        (2.0, "2"),
        (float("inf"), ""),
        ("a,b", '"a,b"'),
        (["u1", "u2"], "u1 u2"),
    ],
)
def test_fields_of_csv_are_plain(cell, text):
    assert csv_field(cell) == text


def test_only_what_needs_quotes_has_them():
    assert quoted("a b") == "a b"
    assert quoted('a"b') == '"a""b"'
    assert quoted(" a") == '" a"'
    assert quoted("") == ""


def test_times_have_as_many_digits_as_they_need():
    times = np.array([1_500_000_000, 1, 0], np.int64)

    assert times_text(times, None) == [
        "1970-01-01T00:00:01.5Z",
        "1970-01-01T00:00:00.000000001Z",
        "1970-01-01T00:00:00Z",
    ]


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (1_500_000_000, "1970-01-01T00:00:01.5Z"),
        (1 << 65, "3139-02-09T23:09:07.419103232Z"),
    ],
)
def test_one_time_is_written_wherever_it_lies(time_ns, text):
    assert time_text(time_ns) == text


def test_keys_are_escaped_as_lines_are():
    assert series_key("a b,c", (("k=", "v, "),)) == r"a\ b\,c,k\==v\,\ "
