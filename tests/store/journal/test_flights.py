"""Who waits for a batch is told of it once, and of none that comes later."""

import asyncio

import pytest

from muster.errors import Unavailable
from muster.store.journal.flights import Flight, refuse


def waiting(flight, *batches):
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in batches]
    for (epoch, sequence), future in zip(batches, futures, strict=True):
        flight.waiters.append((epoch, sequence, future))
    return futures


async def test_all_up_to_a_batch_of_its_epoch_are_told():
    flight = Flight(0)
    first, second, later, other = waiting(flight, ("e", 1), ("e", 2), ("e", 3), ("f", 1))

    flight.tell("e", 2, 7, None)

    assert [one.result() for one in (first, second)] == [7, 7]
    assert not later.done() and not other.done()
    assert len(flight.waiters) == 2


async def test_each_gets_an_error_of_its_own():
    flight, error = Flight(0), Unavailable("the disk is full")
    futures = waiting(flight, ("e", 1), ("e", 1))

    flight.tell("e", 1, 0, error)

    found = [one.exception() for one in futures]
    assert [str(one) for one in found] == ["the disk is full"] * 2
    assert found[0] is not found[1] is not error


async def test_who_went_away_is_left_alone():
    flight = Flight(0)
    (gone,) = waiting(flight, ("e", 1))
    gone.cancel()

    flight.tell("e", 1, 5, None)
    refuse(gone, Unavailable("no"))

    with pytest.raises(asyncio.CancelledError):
        gone.result()
