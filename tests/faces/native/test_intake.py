import asyncio
from array import array

import pytest

from muster.clock import ManualClock
from muster.errors import ProtocolError
from muster.faces.native.intake import Intake, Room, Waiting
from muster.model.metric import Batch, Block, Kind, Layout, Series
from muster.wire.columns import ColumnEncoder
from muster.wire.limits import Limits
from muster.wire.packing import plain_size

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


def test_a_batch_carries_the_epoch_of_the_link(intake):
    intake.wants(8, key=True)
    batch = intake.batch(0, 8, ())

    assert (batch.epoch, batch.blocks) == ("epoch", ())


def batch(sequence):
    return Batch("e", sequence, ())


async def test_what_waits_is_taken_at_once_and_in_order():
    waiting = Waiting(4, 100, Room(1_000))
    for sequence in (1, 2, 3):
        await waiting.put(0, batch(sequence), 10)

    assert [held.sequence for _, held in await waiting.take()] == [1, 2, 3]


@pytest.mark.parametrize("bounds", [(2, 1_000), (100, 20)])
async def test_too_much_waits_until_something_is_taken(bounds):
    waiting = Waiting(*bounds, Room(1_000))
    await waiting.put(0, batch(1), 10)
    await waiting.put(0, batch(2), 10)
    async with asyncio.TaskGroup() as jobs:
        third = jobs.create_task(waiting.put(0, batch(3), 10))
        await asyncio.sleep(0)
        assert not third.done()
        await waiting.take()

    assert [held.sequence for _, held in await waiting.take()] == [3]


async def test_one_batch_always_fits():
    waiting = Waiting(1, 10, Room(10))
    await waiting.put(0, batch(1), 11)

    assert len(await waiting.take()) == 1


async def test_links_share_one_room_and_none_waits_for_another():
    room = Room(25)
    greedy, modest = Waiting(9, 99, room), Waiting(9, 99, room)
    await greedy.put(0, batch(1), 10)
    await greedy.put(0, batch(2), 10)
    await modest.put(0, batch(1), 10)  # its first fits although the room is full
    async with asyncio.TaskGroup() as jobs:
        more = jobs.create_task(greedy.put(0, batch(3), 10))
        await asyncio.sleep(0)
        assert not more.done()
        await greedy.take()

    assert room.values == 40
    await greedy.take()
    assert room.values == 20  # what was taken first is done


async def test_a_link_that_ends_leaves_the_room_as_it_was():
    room = Room(100)
    waiting = Waiting(9, 99, room)
    await waiting.put(0, batch(1), 10)
    await waiting.take()
    await waiting.put(0, batch(2), 10)
    waiting.drop()
    await waiting.put(0, batch(3), 10)

    assert room.values == 0


def layout(columns, measurement="m"):
    return Layout(tuple(Series(measurement, (), f"f{at}", Kind.INTEGER) for at in range(columns)))


def frame(encoder, layout, *, rows=1, key=False):
    times, values = array("q", range(rows)), array("q", bytes(8 * rows * len(layout.series)))
    return encoder.encode([Block(layout, times, values)], key=key)


def cost_of(intake, body, *, key=False):
    return intake.cost(plain_size(body), intake.decode(body, key=key))


def test_a_new_layout_costs_more_than_its_values(intake):
    encoder, one = ColumnEncoder(), layout(100)
    first = cost_of(intake, frame(encoder, one, key=True), key=True)
    again = cost_of(intake, frame(encoder, one))

    assert again == 100 + 16
    assert first == again + 8 * (100 + 100 + 100)  # series, columns, and ingest's own look


def test_a_key_frame_that_defines_what_is_known_costs_its_values(intake):
    one = layout(100)
    cost_of(intake, frame(ColumnEncoder(), one, key=True), key=True)

    assert cost_of(intake, frame(ColumnEncoder(), one, key=True), key=True) < 250


def test_layouts_that_ingest_has_forgotten_cost_again(intake):
    encoder, layouts = ColumnEncoder(), [layout(10 + at) for at in range(70)]
    for at, one in enumerate(layouts):
        cost_of(intake, frame(encoder, one, key=not at), key=not at)

    assert cost_of(intake, frame(encoder, layouts[0])) == 10 + 16 + 8 * 10
    assert cost_of(intake, frame(encoder, layouts[-1])) == 79 + 16


def test_definitions_that_no_row_uses_are_not_free(intake):
    encoder, one = ColumnEncoder(), layout(1_000)
    body = encoder.encode([Block(one, array("q"), array("q"))], key=True)

    assert cost_of(intake, body, key=True) >= 8 * 3_000


def test_many_tags_are_not_free(intake):
    tags = tuple((f"t{at:02}", "x") for at in range(60))
    tagged = Layout(tuple(Series(f"m{at}", tags, "f", Kind.INTEGER) for at in range(10)))

    assert cost_of(intake, frame(ColumnEncoder(), tagged, key=True), key=True) >= 8 * 10 * 60


def test_blocks_without_rows_are_not_free(intake):
    encoder, empty = ColumnEncoder(), Block(layout(1), array("q"), array("q"))
    intake.decode(encoder.encode([empty], key=True), key=True)
    body = encoder.encode([empty] * 4_000)

    assert cost_of(intake, body) > 4_000 * 16
