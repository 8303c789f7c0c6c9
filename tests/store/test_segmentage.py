import math
from datetime import timedelta

from muster.clock import ManualClock
from muster.store.segmentage import MANY_BYTES, SegmentAge


def age(clock):
    return SegmentAge(clock, timedelta(seconds=9))


def test_a_segment_without_rows_gets_no_older():
    assert math.isinf(age(ManualClock()).left_s)


def test_its_age_is_that_of_its_oldest_rows():
    clock = ManualClock()
    one = age(clock)
    one.came(clock.monotonic(), 10)
    clock.advance(5)
    one.came(clock.monotonic(), 10)

    assert one.left_s == 4


def test_many_rows_go_in_a_third_of_the_time():
    clock = ManualClock()
    one = age(clock)
    one.came(clock.monotonic(), MANY_BYTES)
    clock.advance(3)

    assert one.left_s == 0


def test_the_next_segment_begins_anew():
    clock = ManualClock()
    one = age(clock)
    one.came(clock.monotonic(), MANY_BYTES)
    one.ended()
    one.came(clock.monotonic(), 10)

    assert one.left_s == 9
