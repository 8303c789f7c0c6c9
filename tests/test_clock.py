from datetime import timedelta

from muster.clock import SECOND_NS, ManualClock, SystemClock, span_ns


def test_a_manual_clock_stands_still_until_it_is_moved():
    clock = ManualClock(now_ns=5 * SECOND_NS)

    assert (clock.now_ns(), clock.monotonic()) == (5 * SECOND_NS, 0.0)

    clock.advance(1.5)

    assert (clock.now_ns(), clock.monotonic()) == (6_500_000_000, 1.5)


def test_a_jump_moves_the_wall_clock_alone():
    clock = ManualClock(now_ns=0)
    clock.jump(-3600)

    assert (clock.now_ns(), clock.monotonic()) == (-3600 * SECOND_NS, 0.0)


def test_the_system_clock_never_runs_backwards():
    clock = SystemClock()
    first = clock.monotonic()

    assert clock.monotonic() >= first
    assert clock.now_ns() > 1_700_000_000 * SECOND_NS


def test_a_span_is_exact_in_nanoseconds():
    assert span_ns(timedelta(days=400, milliseconds=1)) == 400 * 86_400 * SECOND_NS + 1_000_000
