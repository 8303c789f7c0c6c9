import asyncio

import pytest
from linkdesk import CHILD, CLAIM, NODE, FakeSocket, LinkDesk

from muster.core.changes import NodeChange
from muster.errors import LimitExceeded, Unavailable
from muster.faces.netdata import link
from muster.net.http import Public, Request
from muster.wire.netdata.messages import ContextsSnapshot, ContextUpdated


@pytest.fixture
def desk():
    return LinkDesk()


def test_the_route_is_a_socket_whose_peer_proves_itself(desk):
    (route,) = desk.links.routes()

    assert (route.method, route.path, route.allow) == ("GET", "/mqtt", Public.PROOF)
    assert (route.subprotocol, route.foreign) == ("mqtt", True)
    assert route.max_body_bytes == desk.around.settings.packet_bytes


async def test_links_are_counted_once_they_are_open(desk):
    async with desk.open() as agent:
        early = len(desk.links)
        agent.connect()
        await agent.connack()
        now = len(desk.links)

    assert (early, now, len(desk.links)) == (0, 1, 0)


async def test_what_came_of_links_is_counted_by_name(desk):
    async with desk.online() as agent:
        agent.report("no node", hops=1)
        await agent.settled()

    assert desk.links.counts() == {
        "netdata.opened": 1,
        "netdata.refused": 0,
        "netdata.broken": 0,
        "netdata.ignored": 1,
    }


async def test_so_many_strangers_may_wait_and_no_more(desk, monkeypatch):
    monkeypatch.setattr(link, "_STRANGERS", 1)
    async with desk.open():
        await asyncio.sleep(0)
        with pytest.raises(LimitExceeded, match="too many connect"):
            await desk.links.serve(Request(method="GET", path="/mqtt"), FakeSocket())


async def test_what_is_remembered_of_a_node_goes_with_it(desk):
    desk.around.contexts.take_snapshot(
        NODE, ContextsSnapshot(contexts=(ContextUpdated(id="a", version=1),), version=1)
    )
    desk.links.node_changed(NODE, NodeChange.EDITED)
    kept = desk.around.contexts.version(NODE)
    desk.links.node_changed(NODE, NodeChange.REMOVED)

    assert (kept, desk.around.contexts.version(NODE)) == (1, 0)


async def test_what_agents_said_is_written_every_few_seconds(desk):
    desk.around.contexts.take_snapshot(NODE, ContextsSnapshot(version=7))
    await desk.links.write_when_due()
    early = dict(desk.core.notes)
    desk.clock.advance(link.WRITE_S)
    await desk.links.write_when_due()

    assert (early, list(desk.core.notes)) == ({}, [(NODE, "netdata.contexts")])


async def test_what_agents_said_last_is_written_at_the_stop(desk):
    desk.around.contexts.take_snapshot(NODE, ContextsSnapshot(version=7))
    running = asyncio.ensure_future(desk.links.run())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert list(desk.core.notes) == [(NODE, "netdata.contexts")]


async def test_trouble_with_one_link_keeps_no_other_from_its_turn(desk, caplog):
    async with desk.online() as agent:
        desk.links._all = {Trouble(), *desk.links._all}
        desk.clock.advance(5)
        desk.links.look()
        await agent.hear("SendNodeInstances")
        desk.links._all = {each for each in desk.links._all if not isinstance(each, Trouble)}

    assert "link not looked at" in caplog.text


class Trouble:
    """A link whose turn goes wrong."""

    is_open = True

    def look(self):
        raise Unavailable("the disk is full")


async def test_what_a_node_is_to_its_agent_is_read_again_when_the_node_changes(desk, monkeypatch):
    monkeypatch.setattr(link, "_REMEMBERED", 1)
    desk.core.add_child()
    before = desk.links.reach(CHILD).via
    desk.core.add_child(via="another")
    remembered = desk.links.reach(CHILD).via
    desk.links.node_changed(CHILD, NodeChange.EDITED)
    after = desk.links.reach(CHILD).via

    assert (before, remembered, after) == (NODE, NODE, "another")
    assert desk.links.reach(NODE).machine != desk.links.reach(CHILD).machine


async def test_links_are_found_by_their_node(desk):
    async with desk.online():
        assert desk.links.link_of(NODE).claim_id == CLAIM
    assert desk.links.link_of(NODE) is None
