from pathlib import Path

import pytest

from muster.core.forwarding.forwardrules import ForwardSettings
from muster.hub.assembly.forwarding import rooms_of, sender_of
from muster.testing.house import OPERATOR, House


@pytest.fixture
def house():
    with House() as house:
        yield house


async def test_rooms_of_a_node_are_known_by_name_and_id_and_looked_up_again(house):
    room = await house.rooms.create(OPERATOR, house.space.id, "Lab")
    claimed = await house.claim(await house.token(rooms=(room.id,)))
    look = rooms_of(house.records.nodes, house.clock)

    assert look(claimed.node.id) == {"Lab", room.id}
    assert look("0de00000-0000-4000-8000-000000000009") == frozenset()
    await house.rooms.edit(OPERATOR, room.id, name="Attic")
    assert look(claimed.node.id) == {"Lab", room.id}
    house.clock.advance(11)
    assert look(claimed.node.id) == {"Attic", room.id}


def test_settings_make_the_sender_that_they_ask_for():
    there = sender_of(ForwardSettings(url="https://there/write", ca_file=Path("ca.pem")))
    far = sender_of(ForwardSettings(url="udp://far:8089"))

    assert (there.where, far.where) == ("https://there:443/write", "udp://far:8089")
