import pytest
from linkdesk import CHILD, CHILD_MACHINE, CLAIM, MACHINE, NODE, LinkDesk

from muster.wire.netdata.messages import Capability


@pytest.fixture
def desk():
    return LinkDesk()


def test_a_node_of_another_dialect_is_not_known(desk):
    assert desk.links.reach("none of ours") is None


def test_a_node_without_a_link_is_known_by_its_claim(desk):
    desk.core.add_child()
    reach, child = desk.links.reach(NODE), desk.links.reach(CHILD)

    assert (reach.machine, reach.claim_id, reach.queries, reach.hops) == (MACHINE, "", None, 0)
    assert (child.machine, child.via, child.hops) == (CHILD_MACHINE, NODE, 1)
    assert reach.info is None
    assert (reach.contexts(), reach.alerts(), reach.alert_log()) == ([], [], [])
    assert reach.alert_config("h") is None


async def test_a_child_is_asked_through_its_parent(desk):
    desk.core.add_child()
    async with desk.online() as agent:
        agent.report(CHILD, capabilities=(Capability("funcs", 1, True),))
        await agent.settled()
        reach, child = desk.links.reach(NODE), desk.links.reach(CHILD)

        assert child.queries is reach.queries is not None
        assert (child.claim_id, child.via, child.hops) == (CLAIM, NODE, 1)
        assert (reach.via, reach.children) == ("", [CHILD])
        assert child.capabilities == {"funcs": 1}


async def test_children_that_are_gone_are_left_out(desk):
    desk.core.add_child()
    del desk.core.nodes[CHILD]

    assert desk.links.reach(NODE).children == []


async def test_a_node_that_cannot_be_asked_yet_has_no_queries(desk):
    async with desk.open() as agent:
        agent.connect()
        await agent.connack()

        assert desk.links.reach(NODE).queries is None
