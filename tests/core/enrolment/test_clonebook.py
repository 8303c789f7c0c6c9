import msgspec
import pytest

from muster.core.changes import NodeChange
from muster.core.enrolment.clonebook import with_holder
from muster.core.enrolment.holders import IdentityCopied
from muster.model.clone import Decision
from muster.testing.copies import Desk


async def test_an_open_case_is_at_hand_after_a_restart_and_its_watchers_are_told(house):
    desk = Desk(house)
    node = await desk.node()
    await desk.meet(node, desk.run("web", "a"))
    with pytest.raises(IdentityCopied):
        await desk.meet(node, desk.run("copy", "b"))
    before = desk.book.open_of(node)
    desk.begin()

    assert desk.book.open_of(node) == before
    assert (node, NodeChange.EDITED) in house.told


async def test_one_holder_of_many_is_replaced(house):
    desk = Desk(house)
    node = await desk.node()
    await desk.meet(node, desk.run("web", "a"))
    with pytest.raises(IdentityCopied):
        await desk.meet(node, desk.run("copy", "b"))
    clone = desk.book.open_of(node)
    changed = msgspec.structs.replace(clone.holders[1], decision=Decision.FORK)

    assert with_holder(clone, changed).holders == (clone.holders[0], changed)
