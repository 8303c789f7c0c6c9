import pytest

from muster.core.enrolment.writerwatch import TURNS, WriterWatch
from muster.model.clone import CloneKind, CloneState
from muster.testing.copies import Desk
from muster.testing.house import OPERATOR

HERE, THERE = "10.0.0.1", "10.0.0.2"


@pytest.fixture
def desk(house):
    return Desk(house)


@pytest.fixture
def watch(desk):
    return WriterWatch(holders=desk.holders, clock=desk.house.clock)


async def write(desk, watch, node, *addresses, every_s=10):
    for address in addresses:
        await watch.saw(node, address)
        desk.house.clock.advance(every_s)


async def test_two_that_write_by_one_certificate_are_listed_with_where_they_come_from(desk, watch):
    node = await desk.node()
    await write(desk, watch, node, *(HERE, THERE) * TURNS)
    clone = desk.book.open_of(node)

    assert (clone.kind, clone.state) == (CloneKind.WRITERS, CloneState.OPEN)
    assert {each.address for each in clone.holders} == {HERE, THERE}
    assert not any(each.can_fork for each in clone.holders)
    assert all(desk.holders.is_here(clone, each) for each in clone.holders)


async def test_a_machine_that_moves_and_comes_back_is_no_copy(desk, watch):
    node = await desk.node()
    await write(desk, watch, node, HERE, HERE, THERE, THERE, HERE, HERE, THERE, HERE)

    assert desk.book.open_of(node) is None


async def test_one_that_changes_between_two_ways_now_and_then_is_no_copy(desk, watch):
    node = await desk.node()
    await write(desk, watch, node, *(HERE, THERE) * TURNS, every_s=200)

    assert desk.book.open_of(node) is None


async def test_one_whose_address_is_always_a_new_one_is_no_copy(desk, watch):
    node = await desk.node()
    await write(desk, watch, node, *(f"10.0.0.{number}" for number in range(1, 40)))

    assert desk.book.open_of(node) is None


async def test_what_was_dismissed_is_not_listed_again(desk, watch):
    node = await desk.node()
    await write(desk, watch, node, *(HERE, THERE) * TURNS)
    await desk.clones.dismiss(OPERATOR, desk.book.open_of(node).id)
    await write(desk, watch, node, *(HERE, THERE) * TURNS)

    assert desk.book.open_of(node) is None


async def test_nodes_are_not_taken_for_each_other(desk, watch):
    one, other = await desk.node(), await desk.node()
    for _ in range(2 * TURNS):
        await write(desk, watch, one, HERE)
        await write(desk, watch, other, THERE)

    assert desk.book.open_of(one) is None
    assert desk.book.open_of(other) is None
