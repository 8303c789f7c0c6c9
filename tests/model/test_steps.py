"""Round steps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.clock import SECOND_NS
from muster.model.steps import ROUND_STEPS_NS, fitting_step, steps_in

HOUR = 3_600 * SECOND_NS


@pytest.mark.parametrize(
    ("range_s", "step_s", "width", "expected_s"),
    [
        (900, 1, 900, 1),
        (900, 1, 899, 2),
        (900, 0, 300, 5),
        (3_600, 10, 100, 60),
        (3_600, 7, 1_000, 7),
        (86_400, 1, 800, 120),
        (86_400 * 365, 0, 1_000, 12 * 3_600),
        (900, 0, 0, 0),
        (900, 7, 0, 7),
    ],
)
def test_the_step_grows_to_the_next_round_one_that_fits(range_s, step_s, width, expected_s):
    step = fitting_step(0, range_s * SECOND_NS, step_s * SECOND_NS, width)

    assert step == expected_s * SECOND_NS


@given(st.integers(1, 20_000 * 24), st.integers(1, 5_000), st.integers(0, 10**12))
def test_a_range_has_at_most_as_many_steps_as_the_width(hours, width, step_ns):
    end = hours * HOUR

    step = fitting_step(0, end, step_ns, width)

    assert step >= step_ns
    assert steps_in(0, end, step) <= width


def test_a_range_counts_every_bucket_it_touches():
    assert steps_in(5, 25, 10) == 3
    assert steps_in(10, 20, 10) == 1
    assert steps_in(10, 10, 10) == 0


def test_steps_are_in_order():
    assert list(ROUND_STEPS_NS) == sorted(set(ROUND_STEPS_NS))
