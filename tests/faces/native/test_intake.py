import asyncio

import pytest

from muster.clock import ManualClock
from muster.errors import ProtocolError
from muster.faces.native.intake import Intake, Pace, Waiting
from muster.model.metric import Batch
from muster.wire.limits import Limits

FENCE_NS = 1_000


@pytest.fixture
def intake():
    intake = Intake(ManualClock(), 1_000, Limits())
    intake.begin("epoch", acked=7)
    return intake


def take(intake, sequence, *, key=False):
    """The sequence that is handed on to be stored, or None."""
    if not intake.wants(sequence, key=key):
        return None
    batch = intake.batch(intake.generation, sequence, ())
    return batch.sequence if batch else None


def test_what_is_on_disk_already_is_decoded_and_not_handed_on(intake):
    assert intake.wants(6, key=True)
    assert intake.batch(0, 6, ()) is None
    assert [take(intake, number) for number in (7, 8, 9)] == [None, 8, 9]


def test_a_chain_begins_with_a_key_frame(intake):
    with pytest.raises(ProtocolError, match="without a key frame"):
        intake.wants(8, key=False)


def test_a_gap_inside_a_chain_is_an_error(intake):
    take(intake, 8, key=True)

    with pytest.raises(ProtocolError, match="batch 10 where 9 was due"):
        intake.wants(10, key=False)


def test_a_key_frame_may_follow_a_loss_and_that_is_logged(intake, caplog):
    assert take(intake, 20, key=True) == 20
    assert caplog.records[0].batches == 12


def test_after_a_refusal_nothing_is_taken_until_the_agent_begins_again(intake):
    take(intake, 8, key=True)
    intake.refuse(8, FENCE_NS)

    under_way = [take(intake, 9), take(intake, 10, key=True), take(intake, 11)]
    again = [take(intake, 8, key=True), take(intake, 9), take(intake, 10)]

    assert under_way == [None, None, None]
    assert again == [None, 9, 10]


def test_behind_the_fence_any_key_frame_begins_again(intake):
    take(intake, 8, key=True)
    intake.refuse(8, FENCE_NS)
    intake.pass_fence(FENCE_NS - 1)
    before = take(intake, 30, key=True)
    intake.pass_fence(FENCE_NS)

    assert before is None
    assert take(intake, 30, key=True) == 30


def test_what_was_being_decoded_when_refused_is_not_handed_on(intake):
    intake.wants(8, key=True)
    generation = intake.generation
    intake.refuse(7, FENCE_NS)

    assert intake.batch(generation, 8, ()) is None
    assert take(intake, 8, key=True) == 8


def test_a_pace_lets_a_burst_through_and_then_waits():
    clock = ManualClock()
    pace = Pace(clock, 100)

    assert pace.spend(1_000) == 0.0
    assert pace.spend(50) == 0.5
    clock.advance(1)
    assert pace.spend(0) == 0.0


def test_a_batch_carries_the_epoch_of_the_link(intake):
    intake.wants(8, key=True)
    batch = intake.batch(0, 8, ())

    assert (batch.epoch, batch.blocks) == ("epoch", ())


def batch(sequence):
    return Batch("e", sequence, ())


async def test_what_waits_is_taken_at_once_and_in_order():
    waiting = Waiting(4, 100)
    for sequence in (1, 2, 3):
        await waiting.put(0, batch(sequence), 10)

    assert [held.sequence for _, held in await waiting.take()] == [1, 2, 3]


@pytest.mark.parametrize("bounds", [(2, 1_000), (100, 20)])
async def test_too_much_waits_until_something_is_taken(bounds):
    waiting = Waiting(*bounds)
    await waiting.put(0, batch(1), 10)
    await waiting.put(0, batch(2), 10)
    async with asyncio.TaskGroup() as jobs:
        third = jobs.create_task(waiting.put(0, batch(3), 10))
        await asyncio.sleep(0)
        assert not third.done()
        await waiting.take()

    assert [held.sequence for _, held in await waiting.take()] == [3]


async def test_one_batch_always_fits():
    waiting = Waiting(1, 10)
    await waiting.put(0, batch(1), 11)

    assert len(await waiting.take()) == 1
