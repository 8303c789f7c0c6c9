"""Functions of one value."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.promql.instants import DATES, SIMPLE, greater, rounded, smaller


def test_logarithms_have_gos_digits():
    assert SIMPLE["log10"](np.array([1000.0])).tolist() == [2.9999999999999996]
    assert SIMPLE["log2"](np.array([8.0])).tolist() == [3]


def test_halves_are_rounded_up():
    values = np.array([-2.5, 0.5, 1.4])

    assert rounded(values, np.array([1.0])).tolist() == [-2, 1, 1]
    assert rounded(values, np.array([0.5])).tolist() == [-2.5, 0.5, 1.5]


def test_infinity_is_greater_than_what_is_no_number():
    nan, inf = np.array([np.nan]), np.array([np.inf])

    assert greater(nan, inf).tolist() == [np.inf]
    assert smaller(-inf, nan).tolist() == [-np.inf]
    assert np.isnan(greater(nan, -inf)).all()


def test_zero_is_greater_than_its_negative():
    one, other = np.array([0.0, -0.0, -0.0]), np.array([-0.0, 0.0, -0.0])

    assert str(greater(one, other).tolist()) == "[0.0, 0.0, -0.0]"
    assert str(smaller(-one, -other).tolist()) == "[-0.0, -0.0, 0.0]"


def test_the_sign_of_zero_is_zero():
    assert SIMPLE["sgn"](np.array([-3.0, 0.0, 2.0])).tolist() == [-1, 0, 1]


@given(st.integers(-62_135_596_800, 253_402_300_799))
def test_parts_of_a_date_are_those_of_the_calendar(seconds):
    moment = datetime.fromtimestamp(seconds, UTC)
    parts = {name: int(part(np.array([float(seconds)]))[0]) for name, part in DATES.items()}

    assert (parts["year"], parts["month"], parts["day_of_month"]) == (
        moment.year,
        moment.month,
        moment.day,
    )
    assert (parts["hour"], parts["minute"]) == (moment.hour, moment.minute)
    assert parts["day_of_week"] == moment.isoweekday() % 7
    assert parts["day_of_year"] == moment.timetuple().tm_yday
    assert parts["days_in_month"] >= moment.day


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_what_is_no_date_ends_no_query(value):
    assert all(len(part(np.array([value]))) == 1 for part in DATES.values())
