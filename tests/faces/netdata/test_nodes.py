"""What agents say of nodes, and what core hears of it."""

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linkdesk import (
    CHILD,
    CHILD_MACHINE,
    CLAIM,
    MACHINE,
    NODE,
    SESSION,
    SPACE,
    LinkDesk,
)

from muster.errors import LimitExceeded, ProtocolError
from muster.faces.netdata.nodes import Nodes
from muster.faces.netdata.streams import NOTHING_KNOWN
from muster.model.ids import NodeId, SpaceId
from muster.model.inventory import NodeState
from muster.wire.netdata.alarmconfig import AlarmConfiguration
from muster.wire.netdata.messages import (
    AlarmLogEntry,
    AlarmSnapshot,
    AlarmStatus,
    Capabilities,
    Capability,
    Collector,
    ContextsSnapshot,
    ContextsUpdated,
    ContextUpdated,
    CreateNodeInstance,
    NodeInfo,
    ProvideAlarmConfiguration,
    UpdateNodeCollectors,
    UpdateNodeInfo,
    UpdateNodeInstanceConnection,
    version_hash,
)
from muster.wire.netdata.protobuf import encode

FOREIGN = "aaaaaaaa-0000-4000-8000-000000000009"


@pytest.fixture
def desk():
    return LinkDesk()


def create(machine=MACHINE, hops=0, hostname="web"):
    return CreateNodeInstance(claim_id=CLAIM, machine_guid=machine, hostname=hostname, hops=hops)


def cpu(version=5, **parts):
    return ContextUpdated(id="system.cpu", version=version, title="CPU", units="%", **parts)


def alarm(when=7, status=AlarmStatus.WARNING, **parts):
    given = {"node_id": NODE, "chart": "system.load", "name": "load", "config_hash": "h"}
    return AlarmLogEntry(when=when, status=status, alert_version=when, **(given | parts))


async def test_an_agent_without_a_node_id_is_given_its_own(desk):
    async with desk.online() as agent:
        agent.publish("create-node-instance", create())
        told = await agent.hear("CreateNodeInstanceResult")

        assert (told.node_id, told.machine_guid) == (NODE, MACHINE)


async def test_a_machine_guid_in_capitals_is_the_same_machine(desk):
    async with desk.online() as agent:
        agent.publish("create-node-instance", create(MACHINE.upper()))

        assert (await agent.hear("CreateNodeInstanceResult")).machine_guid == MACHINE.upper()


async def test_an_agent_of_another_machine_than_was_claimed_is_given_nothing(desk):
    async with desk.online() as agent:
        agent.publish("create-node-instance", create(CHILD_MACHINE))
        await agent.settled()

        assert agent.waiting() == []
        assert desk.around.counts.ignored == 1


async def test_a_child_becomes_a_node_of_its_own_behind_its_parent(desk):
    async with desk.online() as agent:
        agent.publish("create-node-instance", create(CHILD_MACHINE, 1, "child"))
        told = await agent.hear("CreateNodeInstanceResult")
        agent.report(CHILD)
        asked = await agent.hear("ContextsCheckpoint")

        assert (told.node_id, asked.node_id) == (CHILD, CHILD)
        assert desk.core_links.session_of(CHILD).link.via == NODE
        assert desk.state(CHILD) == (NodeState.LIVE, "")


async def test_a_child_that_may_not_come_in_is_given_nothing_and_the_link_stays(desk):
    async with desk.online() as agent:
        desk.core.refused = LimitExceeded("this hub has all the nodes it may have")
        agent.publish("create-node-instance", create(CHILD_MACHINE, 1))
        await agent.settled()

        assert desk.around.counts.ignored == 1
        assert desk.state()[0] is NodeState.LIVE


async def test_an_agent_speaks_for_so_many_children_and_no_more(desk):
    small = LinkDesk(children=1)
    small.core.add_child()
    small.core.add_child(NodeId(FOREIGN), "7b7f2c1e-1111-11ef-8000-0242ac110008")
    async with small.online() as agent:
        agent.report(CHILD)
        agent.report(FOREIGN, hops=1)
        agent.publish("create-node-instance", create("x" * 36, 1))
        await agent.settled()

        assert small.core_links.session_of(CHILD) is not None
        assert small.core_links.session_of(FOREIGN) is None
        assert small.around.counts.ignored == 2
        assert "may speak for 1 children" in small.core_links.session_of(NODE).warning
        agent.report()
        await agent.settled()
        assert small.around.counts.ignored == 2


async def test_a_child_that_streams_no_more_is_stale_by_its_parent(desk):
    desk.core.add_child()
    async with desk.online() as agent:
        agent.report(CHILD)
        desk.clock.advance(60)
        agent.report(CHILD, live=False)
        await agent.settled()

        text = "Since 08:01 UTC: it sends its parent agent nothing, which keeps its past."
        assert desk.state(CHILD) == (NodeState.STALE, text)
        assert desk.core_links.session_of(CHILD).link.state_since_ns == desk.clock.now_ns()


async def test_a_child_that_is_forgotten_is_offline(desk):
    desk.core.add_child()
    async with desk.online() as agent:
        agent.report(CHILD)
        agent.report(CHILD, live=False, queryable=False)
        await agent.settled()

        assert desk.state(CHILD) == (
            NodeState.OFFLINE,
            "Since 08:00 UTC: agent has forgotten it.",
        )


async def test_children_go_with_the_link_of_their_parent(desk):
    desk.core.add_child()
    async with desk.online() as agent:
        agent.report(CHILD)
        await agent.settled()

    state, cause = desk.state(CHILD)
    assert state is NodeState.OFFLINE
    assert "the link of its parent agent has ended (the connection was lost)" in cause


async def test_a_just_started_agent_that_says_it_measures_nothing_counts_as_live(desk):
    async with desk.online() as agent:
        agent.report(live=False)
        await agent.settled()
        early = desk.state()[0]
        desk.clock.advance(20)
        desk.links.look()

        assert early is NodeState.LIVE
        assert desk.state()[0] is NodeState.STALE


async def test_what_an_earlier_session_said_of_a_node_is_passed_over(desk):
    desk.core.add_child()
    async with desk.online() as agent:
        agent.report(CHILD, session_id=SESSION - 1)
        await agent.settled()

        assert desk.core_links.session_of(CHILD) is None


@pytest.mark.parametrize("node", [FOREIGN, "no id", ""])
async def test_a_node_that_nobody_knows_is_passed_over(desk, node):
    async with desk.online() as agent:
        agent.report(node, hops=1)
        await agent.settled()

        assert desk.around.counts.ignored == 1


async def test_a_node_of_another_space_cannot_be_spoken_for(desk):
    desk.core.add_child(space=SpaceId("another"))
    async with desk.online() as agent:
        agent.report(CHILD)
        await agent.settled()

        assert desk.core_links.session_of(CHILD) is None


async def test_a_revoked_child_is_passed_over_and_its_parent_stays(desk):
    desk.core.add_child()
    async with desk.online() as agent:
        agent.report(CHILD)
        await agent.settled()
        desk.core.add_node(CHILD, "child", revoked_ns=1)
        await desk.core_links.cut(CHILD, "revoked", "revoked at the hub")
        agent.report(CHILD)
        await agent.settled()

        assert desk.core_links.session_of(CHILD) is None
        assert desk.state()[0] is NodeState.LIVE


async def test_an_agent_of_another_hub_is_given_our_id_and_counts_at_once(desk):
    async with desk.online() as agent:
        agent.report(FOREIGN, hops=0)
        told = await agent.hear("CreateNodeInstanceResult")
        agent.publish("node-instance-collectors", UpdateNodeCollectors(node_id=FOREIGN))
        agent.report()
        asked = await agent.hear("ContextsCheckpoint")

        assert (told.node_id, told.machine_guid, asked.node_id) == (NODE, MACHINE, NODE)
        assert desk.around.counts.ignored == 0


async def test_a_child_with_the_id_of_another_hub_is_known_by_its_machine(desk):
    desk.core.add_child()
    async with desk.online() as agent:
        info = UpdateNodeInfo(
            node_id=FOREIGN, child=True, machine_guid=CHILD_MACHINE, data=NodeInfo(name="child")
        )
        agent.publish("node-instance-info", info)
        told = await agent.hear("CreateNodeInstanceResult")

        assert (told.node_id, told.machine_guid) == (CHILD, CHILD_MACHINE)
        assert desk.core.facts[CHILD].hostname == "child"


async def test_two_parents_of_a_child_are_two_ways_to_it(desk):
    other = NodeId("0b0b0b0b-0000-4000-8000-000000000003")
    claim = "0f6e1c52-9b1d-4f35-a7a3-53f0d7c0a933"
    desk.core.add_child()
    desk.core.add_node(other, "second")
    desk.core.add_claim(claim, other, "7b7f2c1e-1111-11ef-8000-0242ac110007")
    async with desk.online() as first, desk.online(claim) as second:
        first.report(CHILD)
        second.report(CHILD)
        await first.settled()
        await second.settled()
        first.report(CHILD, live=False)
        await first.settled()

        assert desk.core_links.session_of(CHILD).link.via == other
        assert desk.state(CHILD)[0] is NodeState.LIVE


SECOND = NodeId("0b0b0b0b-0000-4000-8000-000000000003")
SECOND_CLAIM = "0f6e1c52-9b1d-4f35-a7a3-53f0d7c0a933"


async def test_of_a_node_with_a_link_of_its_own_its_parents_words_do_not_count(desk):
    desk.core.add_node(SECOND, "second")
    desk.core.add_claim(SECOND_CLAIM, SECOND, "7b7f2c1e-1111-11ef-8000-0242ac110007")
    async with desk.online() as parent, desk.online(SECOND_CLAIM) as own:
        own.report(SECOND)
        await own.settled()
        parent.report(SECOND, hops=1)
        snapshot = ContextsSnapshot(node_id=SECOND, contexts=(cpu(),), version=1)
        parent.publish("contexts-snapshot", snapshot)
        info = UpdateNodeInfo(node_id=SECOND, child=True, data=NodeInfo(name="forged"))
        parent.publish("node-instance-info", info)
        await parent.settled()

        assert desk.around.contexts.of(SECOND) == []
        assert SECOND not in desk.core.facts
        assert "ContextsCheckpoint" not in parent.waiting()


async def test_a_parent_is_asked_for_what_a_node_has_once_its_own_link_is_gone(desk):
    desk.core.add_node(SECOND, "second")
    desk.core.add_claim(SECOND_CLAIM, SECOND, "7b7f2c1e-1111-11ef-8000-0242ac110007")
    async with desk.online() as parent:
        async with desk.online(SECOND_CLAIM) as own:
            own.report(SECOND)
            await own.settled()
            parent.report(SECOND, hops=1)
            await parent.settled()
        desk.links.look()
        asked = await parent.hear("ContextsCheckpoint")

        assert (asked.node_id, desk.state(SECOND)[0]) == (SECOND, NodeState.LIVE)


async def test_an_offline_child_is_described_by_its_own_parent_alone(desk):
    desk.core.add_child(via=SECOND)
    async with desk.online() as agent:
        info = UpdateNodeInfo(node_id=CHILD, child=True, data=NodeInfo(name="child"))
        agent.publish("node-instance-info", info)
        await agent.settled()
        forged = dict(desk.core.facts)
        desk.core.add_child(via=NODE)
        agent.publish("node-instance-info", info)
        await agent.settled()

        assert (forged, list(desk.core.facts)) == ({}, [CHILD])


async def test_a_node_with_a_link_of_our_own_wire_is_left_to_it(desk):
    class Native:
        told = None
        heard = 0.0
        last_seen_ns = 0
        warning = hindrance = ""

        async def end(self, code, text, retry_after_s=0.0):
            raise AssertionError("the parent has ended it")

    desk.core.add_child()
    native = Native()
    await desk.core_links.register(CHILD, native)
    async with desk.online() as agent:
        agent.report(CHILD)
        await agent.settled()

        assert desk.core_links.session_of(CHILD) is native


async def test_what_a_host_is_becomes_facts(desk):
    data = NodeInfo(
        name="web",
        os_name="Debian",
        os_version="12",
        kernel_name="Linux",
        kernel_version="6.1",
        architecture="x86_64",
        cpus=4,
        memory="8000",
        version="v2.10.4",
        host_labels={"_os": "linux"},
    )
    abilities = Capabilities((Capability("funcs", 1, True), Capability("json", 2, False)))
    async with desk.online() as agent:
        info = UpdateNodeInfo(node_id=NODE, data=data, node_instance_info=abilities)
        agent.publish("node-instance-info", info)
        collectors = UpdateNodeCollectors(node_id=NODE, collectors=(Collector("cpu", "proc"),))
        agent.report()
        agent.publish("node-instance-collectors", collectors)
        await agent.settled()

    facts, reach = desk.core.facts[NODE], desk.links.reach(NODE)
    assert (facts.hostname, facts.os, facts.kernel) == ("web", "Debian 12", "Linux 6.1")
    assert (facts.cores, facts.memory_bytes, facts.agent_version) == (4, 8000, "v2.10.4")
    assert desk.core.addresses[NODE] == "192.0.2.7"
    assert reach.info.data.host_labels == {"_os": "linux"}
    assert (reach.capabilities, reach.collectors) == ({"funcs": 1}, (Collector("cpu", "proc"),))


async def test_information_without_content_or_of_nobody_is_passed_over(desk):
    async with desk.online() as agent:
        agent.publish("node-instance-info", UpdateNodeInfo(node_id=NODE))
        agent.publish(
            "node-instance-info", UpdateNodeInfo(node_id=FOREIGN, child=True, machine_guid="")
        )
        desk.core.refused = LimitExceeded("full")
        agent.publish(
            "node-instance-info", UpdateNodeInfo(node_id=FOREIGN, child=True, machine_guid="x")
        )
        await agent.settled()

        assert desk.around.counts.ignored >= 3


async def test_what_goes_to_disk_at_once_comes_at_a_pace(desk):
    desk = LinkDesk(writes_per_second=100)
    async with desk.online() as agent:
        writes = desk.links.link_of(NODE).memo.writes
        writes.spend(999)
        for name in ("a", "b", "c"):
            agent.publish("node-instance-info", UpdateNodeInfo(data=NodeInfo(name=name)))
        agent.publish("create-node-instance", create())
        await agent.settled()

        assert writes.spend(0) > 0
        assert desk.core.facts[NODE].hostname == "c"


async def test_contexts_and_alerts_are_asked_for_once_with_what_is_known(desk):
    async with desk.online() as agent:
        agent.report()
        contexts = await agent.hear("ContextsCheckpoint")
        alerts = await agent.hear("StartAlarmStreaming")
        agent.report()
        await agent.settled()

        assert (contexts.claim_id, contexts.node_id) == (CLAIM, NODE)
        assert contexts.version_hash == NOTHING_KNOWN
        assert (alerts.node_id, alerts.version, alerts.batch_id > 0) == (NODE, 0, True)
        assert agent.waiting() == []


@pytest.mark.parametrize("away_s", [599, 601])
async def test_an_agent_that_was_away_for_long_tells_all_of_its_contexts_again(desk, away_s):
    known = ContextsSnapshot(
        node_id=NODE, claim_id=CLAIM, contexts=(cpu(),), version=version_hash((cpu(),))
    )
    async with desk.online() as agent:
        agent.report()
        agent.publish("contexts-snapshot", known)
        await agent.settled()
    desk.clock.advance(away_s)
    desk.core.passwords[CLAIM] = "once"
    async with desk.online() as agent:
        agent.report()
        asked = await agent.hear("ContextsCheckpoint")

    assert asked.version_hash == (known.version if away_s < 600 else NOTHING_KNOWN)


async def test_contexts_are_kept_over_a_restart_of_the_hub_and_alerts_are_not(desk):
    async with desk.online() as agent:
        agent.report()
        snapshot = ContextsSnapshot(
            node_id=NODE, claim_id=CLAIM, contexts=(cpu(),), version=version_hash((cpu(),))
        )
        agent.publish("contexts-snapshot", snapshot)
        agent.publish("alarm-log-v2", alarm())
        await agent.settled()
    await desk.around.write()
    again = LinkDesk(desk.core)
    again.core.passwords[CLAIM] = "once"
    async with again.online() as agent:
        agent.report()
        contexts = await agent.hear("ContextsCheckpoint")
        alerts = await agent.hear("StartAlarmStreaming")

        assert contexts.version_hash == snapshot.version
        assert alerts.version == 0
        assert again.links.reach(NODE).contexts() == [cpu()]


async def test_updates_that_do_not_add_up_ask_for_a_snapshot_once_a_minute(desk):
    async with desk.online() as agent:
        agent.report()
        await agent.hear("StartAlarmStreaming")
        lost = ContextsUpdated(node_id=NODE, context_updates=(cpu(),), version_hash=99)
        agent.publish("contexts-updated", lost)
        asked = await agent.hear("ContextsCheckpoint")
        agent.publish("contexts-updated", lost)
        await agent.settled()
        soon = agent.waiting()
        desk.clock.advance(60)
        agent.publish("contexts-updated", lost)
        await agent.hear("ContextsCheckpoint")

        assert asked.version_hash == version_hash((cpu(),))
        assert soon == []


async def test_updates_that_add_up_ask_for_nothing(desk):
    async with desk.online() as agent:
        agent.report()
        await agent.hear("StartAlarmStreaming")
        fine = ContextsUpdated(
            node_id=NODE, context_updates=(cpu(),), version_hash=version_hash((cpu(),))
        )
        agent.publish("contexts-updated", fine)
        await agent.settled()

        assert agent.waiting() == []
        assert desk.links.reach(NODE).contexts_version == fine.version_hash


async def test_an_alerts_configuration_is_asked_for_once_and_kept_for_its_space(desk):
    config = AlarmConfiguration(alarm="load", recipient="sysadmin")
    async with desk.online() as agent:
        agent.report()
        agent.publish("alarm-log-v2", alarm())
        asked = await agent.hear("SendAlarmConfiguration")
        agent.publish("alarm-config", ProvideAlarmConfiguration(config_hash="h", config=config))
        agent.publish("alarm-log-v2", alarm(when=8))
        await agent.settled()

        assert asked.config_hash == "h"
        assert agent.waiting() == []
        assert desk.links.reach(NODE).alert_config("h") == config
        assert desk.around.alerts.configuration(SpaceId("another"), "h") is None


async def test_a_configuration_that_nobody_asked_for_is_not_taken(desk):
    config = AlarmConfiguration(alarm="load")
    async with desk.online() as agent:
        agent.report()
        agent.publish("alarm-config", ProvideAlarmConfiguration(config_hash="h", config=config))
        await agent.settled()

        assert desk.around.alerts.configuration(SPACE, "h") is None


async def test_alerts_of_a_snapshot_and_of_the_log_are_seen(desk):
    async with desk.online() as agent:
        agent.report()
        first = AlarmSnapshot(
            node_id=NODE, snapshot_uuid="s", chunks=1, chunk=1, alarms=(alarm(when=3),)
        )
        agent.publish("alarm-snapshot-v2", first)
        agent.publish("alarm-log-v2", alarm(when=9, status=AlarmStatus.CRITICAL))
        await agent.settled()

        reach = desk.links.reach(NODE)
        assert [(each.when, each.status) for each in reach.alerts()] == [(9, AlarmStatus.CRITICAL)]
        assert [each.when for each in reach.alert_log()] == [9]


async def test_alerts_by_the_words_of_older_agents_are_the_same(desk):
    async with desk.online() as agent:
        agent.report()
        agent.publish("alarm-log", alarm(family="load", batch_id=1, sequence_id=4))
        await agent.settled()

        assert len(desk.links.reach(NODE).alerts()) == 1


async def test_contexts_of_a_node_that_was_not_reported_are_passed_over(desk):
    desk.core.add_child()
    async with desk.online() as agent:
        agent.publish("contexts-snapshot", ContextsSnapshot(node_id=CHILD, contexts=(cpu(),)))
        agent.publish("alarm-log-v2", alarm(node_id=CHILD))
        await agent.settled()

        assert desk.around.counts.ignored == 2
        assert desk.around.contexts.of(CHILD) == []


async def test_agents_compare_their_alerts_every_ten_minutes(desk):
    async with desk.online() as agent:
        agent.report()
        agent.publish("alarm-log-v2", alarm(when=9))
        await agent.settled()
        desk.clock.advance(60)
        agent.report()
        await agent.settled()
        for _ in range(9):
            desk.clock.advance(60)
            agent.report()
            await agent.settled()
            desk.links.look()
        asked = await agent.hear("SendAlarmCheckpoint")

        assert (asked.node_id, asked.claim_id, asked.version) == (NODE, CLAIM, 9)


async def test_a_large_message_is_taken_as_a_small_one(desk):
    many = tuple(ContextUpdated(id=f"c.{at}", version=1, title="t" * 40) for at in range(2_000))
    async with desk.online() as agent:
        agent.report()
        snapshot = ContextsSnapshot(node_id=NODE, contexts=many, version=2_000)
        agent.publish("contexts-snapshot", snapshot)
        await agent.settled()

        assert len(desk.links.reach(NODE).contexts()) == 2_000


SAID = {
    "create-node-instance": create(CHILD_MACHINE, 1, "child"),
    "node-instance-connection": UpdateNodeInstanceConnection(
        claim_id=CLAIM, node_id=NODE, liveness=True, queryable=True, session_id=SESSION
    ),
    "node-instance-info": UpdateNodeInfo(
        node_id=NODE, data=NodeInfo(name="web", memory="8", host_labels={"a": "b"})
    ),
    "node-instance-collectors": UpdateNodeCollectors(
        node_id=NODE, collectors=(Collector("cpu", "proc"),)
    ),
    "contexts-snapshot": ContextsSnapshot(node_id=NODE, contexts=(cpu(),), version=5),
    "contexts-updated": ContextsUpdated(node_id=NODE, context_updates=(cpu(),)),
    "alarm-log-v2": alarm(value=1.5, value_string="1.5"),
    "alarm-snapshot-v2": AlarmSnapshot(node_id=NODE, chunks=2, chunk=1, alarms=(alarm(),)),
    "alarm-config": ProvideAlarmConfiguration(config_hash="h", config=AlarmConfiguration()),
}


@st.composite
def damaged(draw):
    """A message with some of its bytes changed, added or taken away."""
    name = draw(st.sampled_from(sorted(SAID)))
    data = bytearray(encode(SAID[name]))
    for at, byte in draw(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 255)), max_size=4)):
        data[at % len(data)] = byte
    cut = draw(st.integers(0, len(data)))
    return name, bytes(data[:cut]) + draw(st.binary(max_size=20))


@settings(max_examples=300, deadline=None)
@given(st.lists(damaged(), max_size=6))
def test_damaged_messages_end_in_an_error_of_ours_or_in_nothing(messages):
    async def take_all():
        desk = LinkDesk()
        async with desk.open() as agent:
            agent.connect()
            await agent.connack()
            agent.reachable()
            agent.report()
            await agent.settled()
            link, nodes = desk.links.link_of(NODE), Nodes(desk.around)
            for name, payload in messages:
                with suppress(ProtocolError):
                    await nodes.take(link, name, payload)
            await desk.around.write()
            desk.links.reach(NODE)

    asyncio.run(take_all())
