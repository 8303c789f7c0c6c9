import pytest

from muster.testing.netdata.backoff import Backoff


def delays(backoff, count):
    return [backoff.next_s() for _ in range(count)]


def test_the_first_attempt_waits_for_nothing_and_later_ones_twice_as_long_each():
    assert delays(Backoff(lambda: 0.0), 5) == [0.0, 1.0, 2.0, 4.0, 8.0]


def test_a_random_part_is_up_to_half_and_at_least_up_to_a_second():
    assert delays(Backoff(lambda: 1.0), 5) == [0.0, 2.0, 3.0, 6.0, 12.0]


def test_base_one_is_steady():
    backoff = Backoff(lambda: 0.5)
    backoff.learn(1, 0, 500)

    assert delays(backoff, 4) == [0.0, 1.5, 1.5, 1.5]


@pytest.mark.parametrize(("most", "used"), [(500, 0.5), (3600, 3.6)])
def test_past_its_most_the_delay_drops_to_as_many_milliseconds(most, used):
    backoff = Backoff(lambda: 0.0)
    backoff.learn(10, 0, most)

    assert delays(backoff, 6)[-1] == used


def test_below_its_least_the_delay_is_as_many_milliseconds():
    backoff = Backoff(lambda: 0.0)
    backoff.learn(2, 3, 500)

    assert delays(backoff, 4) == [0.0, 0.003, 0.003, 4.0]


def test_what_the_hub_told_is_waited_once_and_then_all_begins_anew():
    backoff = Backoff(lambda: 0.0)
    delays(backoff, 4)
    backoff.override(30)

    assert delays(backoff, 3) == [30, 0.0, 1.0]


def test_a_stable_connection_begins_anew():
    backoff = Backoff(lambda: 0.0)
    delays(backoff, 4)
    backoff.stable()

    assert backoff.next_s() == 0.0
