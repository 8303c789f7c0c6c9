"""What waits is answered once, in time, by who began it."""

from muster.clock import ManualClock
from muster.core.pending import Pending


def made(clock=None, **options):
    return Pending(clock=clock or ManualClock(), lifetime_s=300, **options)


def test_a_value_is_taken_once():
    pending = made()
    pending.add("key", "me", 5)

    assert pending.take("key", "me") == 5
    assert pending.take("key", "me") is None


def test_anothers_try_takes_nothing_and_spoils_nothing():
    pending = made()
    pending.add("key", "me", 5)

    assert pending.take("key", "you") is None
    assert pending.take("key", "me") == 5


def test_a_late_answer_is_none():
    clock = ManualClock()
    pending = made(clock)
    pending.add("key", "me", 5)
    clock.advance(300)

    assert pending.take("key", "me") is None
    assert len(pending) == 0


def test_a_newer_value_replaces_the_older():
    pending = made()
    pending.add("key", "me", 5)
    pending.add("key", "me", 6)

    assert pending.take("key", "me") == 6


def test_the_oldest_goes_when_there_are_too_many():
    pending = made(most=2)
    for number in range(3):
        pending.add(f"key {number}", "me", number)

    assert len(pending) == 2
    assert pending.take("key 0", "me") is None
    assert pending.take("key 2", "me") == 2
