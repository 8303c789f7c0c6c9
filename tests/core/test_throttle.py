"""Attempts are counted per key, in bounded memory."""

from hypothesis import given
from hypothesis import strategies as st

from muster.clock import ManualClock
from muster.core import throttle
from muster.core.throttle import Throttle


def made(limit=3, window_s=60):
    clock = ManualClock()
    return clock, Throttle(clock=clock, limit=limit, window_s=window_s)


def test_as_many_as_allowed_pass_and_the_next_is_told_how_long_to_wait():
    _, three = made()

    assert [three.take("a") for _ in range(5)] == [0, 0, 0, 20, 20]


def test_one_more_passes_after_the_wait():
    clock, three = made()
    for _ in range(3):
        three.take("a")
    clock.advance(three.take("a"))

    assert three.take("a") == 0
    assert three.take("a") > 0


def test_to_look_whether_one_would_pass_counts_none():
    clock, one = made(limit=1)
    looks = [one.is_spent("a"), one.take("a") > 0, one.is_spent("a"), one.is_spent("b")]
    clock.advance(60)

    assert looks == [False, False, True, False]
    assert not one.is_spent("a")


def test_keys_do_not_touch_each_other():
    _, three = made()
    for _ in range(9):
        three.take("a")

    assert three.take("b") == 0


def test_what_is_given_back_does_not_count():
    _, three = made()
    for _ in range(20):
        assert three.take("a") == 0
        three.give_back("a")


def test_a_wall_clock_that_jumps_changes_nothing():
    clock, three = made()
    for _ in range(3):
        three.take("a")
    clock.jump(86_400)

    assert three.take("a") > 0


def test_memory_is_bounded_and_the_oldest_key_goes_first(monkeypatch):
    monkeypatch.setattr(throttle, "MAX_KEYS", 10)
    _, one = made(limit=1)
    for number in range(11):
        one.take(str(number))

    assert one.take("10") > 0
    assert one.take("0") == 0


@given(st.lists(st.floats(0, 100), max_size=60))
def test_no_window_lets_more_pass_than_twice_the_limit(waits):
    clock, five = made(limit=5, window_s=60)
    passed = []
    for wait in waits:
        clock.advance(wait)
        if not five.take("a"):
            passed.append(clock.monotonic())

    for start in passed:
        assert sum(start <= at < start + 60 for at in passed) <= 10


def test_a_limit_of_nothing_allows_nothing():
    throttle = Throttle(clock=ManualClock(), limit=0, window_s=60)

    assert [throttle.take("a") for _ in range(2)] == [60, 60]
