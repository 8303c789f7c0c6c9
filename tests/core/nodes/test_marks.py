import msgspec
import pytest

from muster.clock import SECOND_NS
from muster.errors import NotFound, Unavailable
from muster.model.access import Actor
from muster.model.mark import MarkKind
from muster.testing.copies import Desk
from muster.testing.house import OPERATOR


@pytest.fixture
def desk(house):
    return Desk(house)


def run(desk, instance, counter, *, container="one", boot="first", ago_s=5):
    """A run that began a moment ago."""
    visitor = desk.run("web", instance, counter)
    evidence = msgspec.structs.replace(visitor.holder.evidence, boot_id=boot)
    started_ns = desk.house.clock.now_ns() - ago_s * SECOND_NS
    holder = msgspec.structs.replace(
        visitor.holder, container=container, evidence=evidence, started_ns=started_ns
    )
    return msgspec.structs.replace(visitor, holder=holder)


async def come(desk, node, visitor):
    desk.links.clear()
    await desk.meet(node, visitor)


async def test_the_first_run_and_a_link_that_comes_again_leave_no_mark(desk):
    node = await desk.node()
    first = run(desk, "a", 1)
    await come(desk, node, first)
    await come(desk, node, first)

    assert desk.marks.of(OPERATOR, node) == []


async def test_each_other_run_is_noted_where_it_began_with_what_changed(desk):
    node = await desk.node()
    await come(desk, node, run(desk, "a", 1))
    desk.house.clock.advance(60)
    await come(desk, node, run(desk, "b", 2))
    desk.house.clock.advance(60)
    await come(desk, node, run(desk, "c", 5, container="two"))
    desk.house.clock.advance(60)
    await come(desk, node, run(desk, "d", 6, container="two", boot="second"))
    marks = desk.marks.of(OPERATOR, node)

    assert [each.text for each in marks] == [
        "machine rebooted",
        "container recreated (3 starts)",
        "agent restarted",
    ]
    assert marks[0].time_ns == desk.house.clock.now_ns() - 5 * SECOND_NS


async def test_after_the_hub_began_anew_a_run_that_it_knew_is_no_other(desk):
    node = await desk.node()
    await come(desk, node, run(desk, "a", 1))
    desk.begin()
    await come(desk, node, run(desk, "a", 1))

    assert desk.marks.of(OPERATOR, node) == []


async def test_an_agents_clock_that_is_wrong_moves_no_mark(desk):
    node = await desk.node()
    await come(desk, node, run(desk, "a", 1))
    desk.house.clock.advance(60)
    for instance, ago_s in (("b", -3600), ("c", 40 * 365 * 86_400)):
        await come(desk, node, run(desk, instance, 2, ago_s=ago_s))

        assert desk.marks.of(OPERATOR, node)[0].time_ns == desk.house.clock.now_ns()
        desk.house.clock.advance(60)


async def test_a_machine_that_took_over_a_folder_is_not_told_as_a_reboot(desk):
    node = await desk.node()
    await come(desk, node, desk.run("web", "a", 1))
    await come(desk, node, desk.run("other", "b", 2))

    assert desk.marks.of(OPERATOR, node)[0].kinds == (MarkKind.MOVED,)


async def test_a_full_disk_refuses_no_link(desk, monkeypatch):
    def refuse(node, mark):
        raise Unavailable("the disk is full")

    node = await desk.node()
    await come(desk, node, run(desk, "a", 1))
    monkeypatch.setattr(desk.house.records.marks, "add", refuse)
    await come(desk, node, run(desk, "b", 2))

    assert desk.links[node].held_by.holder.instance == "b"


async def test_marks_are_shown_to_those_who_may_see_the_node(desk):
    node = await desk.node()
    with pytest.raises(NotFound):
        desk.marks.of(Actor(name="stranger"), node)
    with pytest.raises(NotFound):
        desk.marks.of(OPERATOR, "00000000-0000-0000-0000-000000000000")
