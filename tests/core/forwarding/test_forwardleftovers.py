import pytest

from muster.core.forwarding.forwardleftovers import Leftovers
from muster.errors import Conflict, Denied, NotFound
from muster.model.access import Actor, Role
from muster.ports.forwarding import Packet
from muster.testing.forwarding import MemoryQueues
from muster.testing.house import OPERATOR


@pytest.fixture
def queues():
    made = MemoryQueues(left=["set-old", "set-empty", "sub-1"])
    made.queue("set-old", 0).packets.append(Packet("d", "autogen", 7, b"x"))
    return made


@pytest.fixture
def leftovers(house, queues):
    return Leftovers(queues=queues, audit=house.records.audit, clock=house.clock)


async def test_what_is_empty_goes_and_what_waits_is_shown(leftovers, queues):
    await leftovers.look(["set-old", "set-empty"])
    await leftovers.look(["set-old"])
    (view,) = leftovers.views()

    assert queues.removed == ["set-empty"]
    assert (view.id, view.title.name, view.title.kind) == ("set-old", "old", "leftover")
    assert view.queue.waiting_points == 7


async def test_an_admin_drops_what_waits_and_that_is_on_record(house, leftovers, queues):
    await leftovers.look(["set-old"])
    await leftovers.drop(OPERATOR, "set-old")
    events = [each.event for each in house.audit.events(OPERATOR)]

    assert (leftovers.views(), queues.removed) == ([], ["set-old"])
    assert [(each.object, each.detail) for each in events if each.action == "forward.drop"] == [
        ("old", "7 points unsent")
    ]


async def test_nothing_but_a_leftover_is_dropped(house, leftovers, queues):
    await leftovers.look(["set-old"])
    with pytest.raises(Conflict, match="no leftover"):
        await leftovers.drop(OPERATOR, "sub-1")
    for id in ("set-gone", "../x"):
        with pytest.raises(NotFound):
            await leftovers.drop(OPERATOR, id)
    with pytest.raises(Denied):
        await leftovers.drop(Actor(name="e", roles={house.space.id: Role.EDITOR}), "set-old")

    assert queues.removed == []
