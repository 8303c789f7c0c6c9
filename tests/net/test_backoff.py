"""Waits grow to a limit, spread out, and start over after success."""

from hypothesis import given
from hypothesis import strategies as st

from muster.net.backoff import Backoff


def test_the_bound_doubles_up_to_the_limit():
    backoff = Backoff(random=lambda: 1.0, first_s=1, limit_s=10)

    assert [backoff.next_s() for _ in range(6)] == [1, 2, 4, 8, 10, 10]


def test_success_starts_over():
    backoff = Backoff(random=lambda: 1.0, first_s=1, limit_s=10)
    for _ in range(4):
        backoff.next_s()

    backoff.reset()

    assert (backoff.failures, backoff.next_s()) == (0, 1)


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=5000))
def test_a_wait_is_anywhere_between_nothing_and_the_limit(numbers):
    draws = iter(numbers)
    backoff = Backoff(random=lambda: next(draws), limit_s=30)

    assert all(0 <= backoff.next_s() < 30 for _ in numbers)


def test_what_the_peer_asked_for_is_waited_at_least():
    backoff = Backoff(random=lambda: 0.5, first_s=1)

    assert backoff.next_s(at_least_s=20) == 20.5
