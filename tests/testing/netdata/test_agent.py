import asyncio
import contextlib
import json

import msgspec
import pytest

from muster.clock import SystemClock
from muster.log import Secret
from muster.testing.netdata.agent import Agent
from muster.testing.netdata.claiming import Wish
from muster.testing.netdata.dial import Dialer
from muster.testing.netdata.installation import install
from muster.testing.netdata.quirks import QUICK, V1_45, V2_10
from muster.testing.netdata.violation import Violation
from muster.wire.netdata.discovery import Failure, format_failure
from muster.wire.netdata.messages import (
    AlarmLogEntry,
    CancelPendingRequest,
    ContextsCheckpoint,
    ContextsSnapshot,
    ContextsUpdated,
    DisconnectReq,
    StartAlarmStreaming,
    UpdateAgentConnection,
    UpdateNodeCollectors,
    UpdateNodeInfo,
    UpdateNodeInstanceConnection,
)

WAITS = msgspec.structs.replace(QUICK, backoff_share=0.01, ban_s=5.0)


@pytest.fixture
def disk():
    return install("web", now_s=SystemClock().now_ns() // 10**9, children=["one"])


def make(disk, quirks=V2_10, waits=WAITS):
    return Agent(disk, Dialer(None), clock=SystemClock(), quirks=quirks, waits=waits, seed=1)


def wish(cloud):
    return Wish(url=cloud.url, token=Secret("token"), rooms=("one",))


@contextlib.asynccontextmanager
async def running(agent):
    async with asyncio.TaskGroup() as jobs:
        agent.life = jobs.create_task(agent.run())
        try:
            yield agent
        finally:
            agent.kill()


@contextlib.asynccontextmanager
async def online(cloud, disk, **more):
    agent = make(disk, **more)
    if not disk.claim_id:
        assert (await agent.claim(wish(cloud))).is_good
    async with running(agent):
        await agent.until(lambda: agent.is_ready)
        await cloud.until(lambda: cloud.links[-1].of(UpdateAgentConnection))
        yield agent, cloud.links[-1]


@pytest.mark.parametrize("quirks", [V2_10, V1_45])
async def test_it_claims_comes_online_and_says_what_it_is(cloud, disk, quirks):
    async with online(cloud, disk, quirks=quirks) as (agent, link):
        await cloud.until(lambda: len(link.of(UpdateNodeCollectors)) == 2)

        assert link.of(UpdateAgentConnection)[0].reachable
        assert {each.machine_guid for each in link.of(UpdateNodeInfo)} == set(cloud.nodes)
        assert all(each.liveness for each in link.of(UpdateNodeInstanceConnection))
        assert agent.onlines == agent.attempts == 1
        assert not link.will.reachable
    assert agent.violations == []


async def test_a_stopped_agent_says_farewell(cloud, disk):
    async with online(cloud, disk) as (agent, link):
        agent.stop()
        await cloud.until(lambda: len(link.of(UpdateAgentConnection)) == 2)

    assert [each.reachable for each in link.of(UpdateAgentConnection)] == [True, False]


async def test_an_agent_that_is_killed_within_an_attempt_ends(cloud, disk):
    agent = make(disk)
    await agent.claim(wish(cloud))
    cloud.requests.clear()
    async with running(agent):
        await cloud.until(lambda: cloud.requests)
        agent.kill()
        async with asyncio.timeout(60):
            await agent.life

    assert agent.onlines == 0


async def test_a_lost_link_comes_back_by_its_backoff_with_a_newer_session(cloud, disk):
    async with online(cloud, disk) as (agent, link):
        link.cut()
        await agent.until(lambda: agent.onlines == 2)
        await cloud.until(lambda: cloud.links[1].of(UpdateAgentConnection))
        first, second = (each.of(UpdateAgentConnection)[0] for each in cloud.links)

        assert first.session_id < second.session_id
        assert "closed by remote end" in agent.why or "disconnected" in agent.why


async def test_a_process_started_again_says_that_it_is_not_live_at_first(cloud, disk):
    async with online(cloud, disk) as (agent, _):
        agent.stop()
    async with online(cloud, disk) as (_, link):
        await cloud.until(lambda: len(link.of(UpdateNodeInstanceConnection)) == 4)

    told = [each.liveness for each in link.of(UpdateNodeInstanceConnection)]
    assert told == [False, False, True, True]


async def test_queries_are_answered_through_the_link(cloud, disk):
    async with online(cloud, disk) as (agent, link):
        topic = f"/agent/{disk.claim_id}/outbox/http/m"
        envelope = {"type": "http", "msg-id": "m", "callback-topic": topic}
        head = json.dumps(envelope | {"timeout": 0, "version": 2}).encode()
        target = f"/node/{agent.own.node_id}/api/v1/data?chart=system.cpu&after=-5"
        link.ask(head + f"\r\n\r\nGET {target} HTTP/1.1\r\n\r\n".encode())
        await cloud.until(lambda: link.of(bytes))

    reply, _, raw = link.of(bytes)[0].partition(b"\r\n\r\n")
    assert json.loads(reply)["http-code"] == 200
    assert json.loads(raw.partition(b"\r\n\r\n")[2])["labels"][0] == "time"


async def test_contexts_and_alerts_are_told_once_they_are_asked_for(cloud, disk):
    async with online(cloud, disk) as (agent, link):
        own = agent.own
        claim, node = disk.claim_id, own.node_id
        link.say(ContextsCheckpoint(claim_id=claim, node_id=node, version_hash=1))
        link.say(StartAlarmStreaming(node_id=node, version=1))
        await cloud.until(lambda: link.of(ContextsSnapshot))
        await agent.until(lambda: "StartAlarmStreaming" in agent.link.conversation.heard)
        own.charts = own.charts[1:]
        agent.change_contexts(own, ["system.cpu"])
        agent.turn_alert(own, own.alerts[0], "CRITICAL", 99.0)
        await cloud.until(lambda: link.of(AlarmLogEntry) and link.of(ContextsUpdated))


async def test_a_child_that_drops_is_told(cloud, disk):
    async with online(cloud, disk) as (agent, link):
        child = disk.machine.hosts[1]
        agent.change_host(child, live=False)
        await cloud.until(
            lambda: any(
                each.node_id == child.node_id and not each.liveness
                for each in link.of(UpdateNodeInstanceConnection)
            )
        )


async def test_a_disconnect_is_obeyed_and_the_wish_for_a_time_too(cloud, disk):
    async with online(cloud, disk) as (agent, link):
        link.say(DisconnectReq(reconnect_after_seconds=3))
        await agent.until(lambda: agent.onlines == 2)

        assert not link.of(UpdateAgentConnection)[-1].reachable
        assert agent.why == "disconnected, due to remote request"


async def test_a_banned_agent_tries_again_in_its_time_and_says_that_it_is_banned(cloud, disk):
    async with online(cloud, disk) as (agent, link):
        link.say(DisconnectReq(permaban=True))
        await agent.until(lambda: agent.is_banned and not agent.is_online)
        await agent.until(lambda: agent.onlines == 2)

        assert agent.is_banned
        agent.reload_claiming_state()
        assert not agent.is_banned


@pytest.mark.parametrize("path", ["/env", "/challenge", "/password"])
async def test_the_error_object_bans_at_each_step(cloud, disk, path):
    agent = make(disk)
    await agent.claim(wish(cloud))
    error = Failure(
        error_code="A",
        error_msg_key="ErrAgentBlocked",
        error_message="m",
        error_non_retryable=True,
    )
    cloud.answers[path] = (403, format_failure(error))
    async with running(agent):
        await agent.until(lambda: agent.is_banned)

    assert "403 ErrAgentBlocked" in agent.why


async def test_an_error_of_the_hub_is_tried_again(cloud, disk):
    agent = make(disk)
    await agent.claim(wish(cloud))
    cloud.answers["/env"] = [(503, b"")]
    cloud.requests.clear()
    async with running(agent):
        await cloud.until(lambda: cloud.requests)
        del cloud.answers["/env"]
        await agent.until(lambda: agent.is_ready)

    assert agent.attempts >= 2


async def test_a_refused_password_and_a_refused_upgrade_are_tried_again(cloud, disk):
    agent = make(disk)
    await agent.claim(wish(cloud))
    cloud.refuses_mqtt = True
    async with running(agent):
        await agent.until(lambda: "MQTT connection was refused" in agent.why)
        cloud.refuses_mqtt, cloud.answers["/mqtt"] = False, (503, b"")
        await agent.until(lambda: "upgrade was refused" in agent.why)
        del cloud.answers["/mqtt"]
        await agent.until(lambda: agent.is_ready)


async def test_a_claim_again_ends_the_link_by_the_claim_before_it(cloud, disk):
    async with online(cloud, disk) as (agent, link):
        before = disk.claim_id
        assert (await agent.claim(wish(cloud))).is_good
        await agent.until(lambda: agent.onlines == 2)

        await cloud.until(lambda: cloud.links[-1].of(UpdateAgentConnection))
        assert link.of(UpdateAgentConnection)[-1].claim_id == before != disk.claim_id
        assert cloud.links[-1].of(UpdateAgentConnection)[0].claim_id == disk.claim_id


async def test_without_a_pong_the_link_is_made_again(cloud, disk):
    waits = msgspec.structs.replace(WAITS, ping_after_s=0.05, ping_patience_s=0.05, farewell_s=0.05)
    agent = make(disk, waits=waits)
    await agent.claim(wish(cloud))
    async with running(agent):
        await agent.until(lambda: agent.is_online)
        cloud.holds_pubacks = True
        await agent.until(lambda: "ping timed out" in agent.why)
        cloud.holds_pubacks = False
        await agent.until(lambda: agent.is_online)


async def test_a_violation_ends_the_agent_with_its_section(cloud, disk):
    agent = make(disk)
    await agent.claim(wish(cloud))
    cloud.answers["/env"] = (200, b"{}")
    with pytest.raises(Violation, match="env without authEndpoint"):
        await agent.run()

    assert agent.violations[0].section == "4.1"


async def test_a_frame_over_the_limit_is_a_violation(cloud, disk):
    with pytest.raises(ExceptionGroup) as raised:
        async with online(cloud, disk) as (agent, link):
            link.send_raw(b"\x82\x7f" + (200_000).to_bytes(8, "big"))
            await agent.until(lambda: False)

    assert raised.group_contains(Violation, match="200000 bytes")


async def test_a_cancelled_query_is_known_to_the_agent(cloud, disk):
    async with online(cloud, disk) as (agent, link):
        link.say(CancelPendingRequest(request_id="m"))
        await agent.until(lambda: agent.queries.cancelled == ["m"])
