import pytest

from muster.core.enrolment.holders import MAX_HOLDERS, IdentityCopied
from muster.model.clone import CloneHolder, CloneKind, CloneState, Holder
from muster.testing.copies import Desk, FakeLink
from muster.testing.house import OPERATOR


@pytest.fixture
def desk(house):
    return Desk(house)


def actions(desk):
    events = desk.house.audit.events(OPERATOR)
    return [
        each.event.action for each in events if each.event.action.startswith(("clone", "node.r"))
    ]


async def test_a_second_holder_is_turned_away_while_the_first_answers(desk):
    node = await desk.node()
    await desk.meet(node, desk.run("web", "a", 4))
    with pytest.raises(IdentityCopied, match="another machine") as caught:
        await desk.meet(node, desk.run("copy", "b", 5))
    clone = desk.book.open_of(node)

    assert 2 <= caught.value.retry_after_s <= 60
    assert (clone.kind, clone.state) == (CloneKind.LIVING, CloneState.OPEN)
    assert [each.hostname for each in clone.holders] == ["web", "copy"]
    assert actions(desk) == ["clone.seen"]


async def test_two_runs_on_one_machine_are_a_copy_too_when_both_answer(desk):
    node = await desk.node()
    await desk.meet(node, desk.run("web", "a"))
    with pytest.raises(IdentityCopied):
        await desk.meet(node, desk.run("web", "b"))


async def test_one_agent_that_connects_again_is_no_copy(desk):
    node = await desk.node()
    await desk.meet(node, desk.run("web", "a"))
    await desk.meet(node, desk.run("web", "a"))

    assert desk.book.open_of(node) is None


async def test_an_agent_that_starts_again_takes_over_a_dead_link(desk):
    node = await desk.node()
    (await desk.meet(node, desk.run("web", "a", 4))).alive = False
    await desk.meet(node, desk.run("web", "b", 5))

    assert desk.book.open_of(node) is None
    assert actions(desk) == []


async def test_a_folder_that_moved_to_another_machine_is_no_copy(desk):
    node = await desk.node()
    await desk.meet(node, desk.run("web", "a", 4))
    desk.links.clear()
    await desk.meet(node, desk.run("new hardware", "b", 5))

    assert desk.book.open_of(node) is None


async def test_a_restored_snapshot_is_told_from_a_copy(desk):
    node = await desk.node()
    await desk.meet(node, desk.run("web", "a", 9))
    desk.links.clear()
    await desk.meet(node, desk.run("web", "b", 3))

    assert desk.book.open_of(node) is None
    assert actions(desk) == ["node.restored"]


async def test_holders_that_come_in_turns_are_noticed_by_their_count(desk):
    node = await desk.node()
    await desk.meet(node, desk.run("web", "a", 4))
    desk.links.clear()
    await desk.meet(node, desk.run("copy", "b", 4))
    clone = desk.book.open_of(node)

    assert clone.kind is CloneKind.TURNS
    assert [each.hostname for each in clone.holders] == ["web", "copy"]


async def test_what_was_let_in_is_remembered_over_a_restart_of_the_hub(desk):
    node = await desk.node()
    await desk.meet(node, desk.run("web", "a", 4))
    desk.links.clear()
    desk.begin()
    await desk.meet(node, desk.run("copy", "b", 4))

    assert desk.book.open_of(node).kind is CloneKind.TURNS


async def test_a_certificate_that_was_replaced_shows_an_older_copy(desk):
    node = await desk.node()
    await desk.meet(node, desk.run("web", "a"))
    with pytest.raises(IdentityCopied):
        await desk.copies.meet_retired(node, desk.run("copy", "b"), can_fork=True)

    assert desk.book.open_of(node).kind is CloneKind.RETIRED


async def test_a_replaced_certificate_of_the_same_run_is_no_copy(desk):
    node = await desk.node()
    await desk.meet(node, desk.run("web", "a"))
    await desk.copies.meet_retired(node, desk.run("web", "a"), can_fork=True)

    assert desk.book.open_of(node) is None


async def test_an_agent_that_says_no_instance_is_never_a_copy(desk):
    node = await desk.node()
    desk.links[node] = FakeLink(CloneHolder())
    await desk.meet(node, desk.run("web", "a"))
    await desk.meet(node, CloneHolder(holder=Holder()))

    assert desk.book.open_of(node) is None


async def test_many_copies_are_refused_and_a_bounded_number_is_kept(desk):
    node = await desk.node()
    await desk.meet(node, desk.run("web", "first"))
    for number in range(MAX_HOLDERS + 10):
        desk.house.clock.advance(10)
        with pytest.raises(IdentityCopied):
            await desk.meet(node, desk.run(f"copy-{number}", f"i{number}"))

    assert len(desk.book.open_of(node).holders) == MAX_HOLDERS


async def test_alarms_of_one_node_are_slowed_down(desk):
    node = await desk.node()
    await desk.meet(node, desk.run("web", "first"))
    for number in range(30):
        with pytest.raises(IdentityCopied):
            await desk.meet(node, desk.run(f"copy-{number}", f"i{number}"))

    assert len(desk.book.open_of(node).holders) == 13


async def test_a_copy_that_starts_again_does_not_show_twice(desk):
    node = await desk.node()
    await desk.meet(node, desk.run("web", "a", 4))
    for instance, counter in (("b", 5), ("c", 6)):
        with pytest.raises(IdentityCopied):
            await desk.meet(node, desk.run("copy", instance, counter))
        desk.house.clock.advance(300)

    assert [each.holder.instance for each in desk.book.open_of(node).holders] == ["a", "c"]


async def test_knocking_on_keeps_a_copy_in_sight(desk):
    node = await desk.node()
    await desk.meet(node, desk.run("web", "a"))
    copy = desk.run("copy", "b")
    with pytest.raises(IdentityCopied):
        await desk.meet(node, copy)
    desk.house.clock.advance(100)
    with pytest.raises(IdentityCopied):
        await desk.meet(node, copy)
    desk.house.clock.advance(100)
    clone = desk.book.open_of(node)

    assert desk.holders.is_here(clone, clone.holders[1])
    desk.house.clock.advance(100)
    assert not desk.holders.is_here(clone, clone.holders[1])
    assert desk.holders.is_here(clone, clone.holders[0])
