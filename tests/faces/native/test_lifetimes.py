"""Lifetimes out of requests."""

from datetime import timedelta

import pytest

from muster.faces.native.lifetimes import lifetime_of


@pytest.mark.parametrize(
    ("ttl_s", "lifetime"),
    [
        (None, None),
        (90, timedelta(seconds=90)),
        (0.5, timedelta(milliseconds=500)),
        (-1e300, timedelta()),
        (1e300, timedelta(days=3650)),
    ],
)
def test_any_number_is_a_lifetime_that_core_can_judge(ttl_s, lifetime):
    assert lifetime_of(ttl_s) == lifetime
