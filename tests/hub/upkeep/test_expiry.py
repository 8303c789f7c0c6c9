"""Ephemeral nodes leave when their time is up, and only then."""

import pytest

from muster.core.changes import NodeChange
from muster.hub.upkeep.expiry import Expiry
from muster.hub.upkeep.housekeeping import newest_event
from muster.hub.upkeep.walltime import WallTime
from muster.pki import keys
from muster.testing.house import OPERATOR, House


class Hub(House):
    def __init__(self, folder):
        super().__init__()
        self.linked = set()
        wall = WallTime(
            file=folder / "housekeeping.json",
            newest=lambda before_ns: newest_event(self.records.audit, before_ns),
            clock=self.clock,
        )
        self.expiry = Expiry(
            inventory=self.inventory, is_linked=self.linked.__contains__, wall=wall
        )

    async def node(self, **change):
        node = (await self.claim(await self.token(), key=keys.make_key())).node
        return await self.inventory.edit(OPERATOR, node.id, **change)

    def ids(self):
        return {node.id for node in self.inventory.nodes(OPERATOR)}


@pytest.fixture
def hub(tmp_path):
    with Hub(tmp_path) as hub:
        yield hub


async def test_an_ephemeral_node_leaves_so_long_after_it_was_last_seen(hub):
    stays, leaves = await hub.node(), await hub.node(ephemeral_s=600)
    hub.clock.advance(599)
    await hub.expiry.look()
    assert hub.ids() == {stays.id, leaves.id}
    hub.clock.advance(1)
    await hub.expiry.look()
    event = hub.audit.events(OPERATOR)[0].event

    assert hub.ids() == {stays.id}
    assert hub.told[-1] == (leaves.id, NodeChange.EXPIRED)
    assert (event.actor, event.action, event.object) == ("hub", "node.expire", leaves.id)
    assert hub.records.nodes.was_removed(leaves.id)
    assert hub.records.nodes.expired() == [leaves.id]


async def test_a_node_that_is_connected_or_was_seen_meanwhile_stays(hub):
    linked, seen = await hub.node(ephemeral_s=600), await hub.node(ephemeral_s=600)
    hub.linked.add(linked.id)
    hub.clock.advance(700)
    hub.inventory.touch({seen.id: hub.clock.now_ns()})
    await hub.expiry.look()

    assert hub.ids() == {linked.id, seen.id}


async def test_nobody_leaves_by_a_clock_that_has_leapt(hub):
    node = await hub.node(ephemeral_s=600)
    await hub.expiry.look()
    hub.clock.advance(400 * 86_400)
    hub.expiry._wall._kept_ns = hub.clock.now_ns() - 400 * 86_400 * 10**9
    await hub.expiry.look()

    assert hub.ids() == {node.id}
