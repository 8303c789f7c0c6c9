"""Segments on their way to the engine."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from muster.store.journal.sealed import SealedSegments
from muster.store.journal.tail import SegmentFile


def segment(number):
    return SegmentFile(number, Path(f"{number}.segment"), "t", 0, 100 * number)


@pytest.fixture
def sealed():
    found = SealedSegments()
    for number in (1, 2):
        found.add(segment(number))
    return found


def test_the_oldest_stays_until_it_is_released(sealed):
    assert sealed.bytes == 300
    assert sealed.oldest(0).number == sealed.oldest(0).number == 1
    assert sealed.release(1).number == 1
    assert sealed.oldest(0).number == 2
    assert sealed.bytes == 200


def test_none_comes_in_time_or_once_the_writer_has_to_stop():
    sealed = SealedSegments()

    assert sealed.oldest(0) is None
    sealed.hurry()
    assert sealed.oldest(60) is None


def test_who_waits_gets_what_is_over_meanwhile():
    sealed = SealedSegments()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(sealed.oldest, 60)
        sealed.add(segment(7))

        assert waiting.result(60).number == 7


def test_another_than_the_oldest_is_a_bug(sealed):
    with pytest.raises(RuntimeError, match="segment 1 is stored before 2"):
        sealed.release(2)


def test_all_are_drained_once_the_last_is_released(sealed):
    assert not sealed.drain(0)
    with ThreadPoolExecutor(1) as threads:
        draining = threads.submit(sealed.drain, 60)
        sealed.release(1)
        sealed.release(2)

        assert draining.result(60)
    assert sealed.drain(0)
