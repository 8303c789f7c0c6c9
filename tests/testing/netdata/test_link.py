import asyncio
import contextlib

from muster.clock import SystemClock
from muster.log import Secret
from muster.testing.netdata.conversation import Conversation, Say
from muster.testing.netdata.dial import Dialer, Place
from muster.testing.netdata.link import Link, Opened, Outcome
from muster.testing.netdata.machine import make_machine
from muster.testing.netdata.mqttclient import Credentials, packet_ids
from muster.testing.netdata.queryserver import QueryServer
from muster.testing.netdata.quirks import QUICK, V2_10
from muster.testing.netdata.webapi import WebApi
from muster.wire.netdata.messages import UpdateAgentConnection
from muster.wire.netdata.topics import offered_topics

CLAIM = "0f6e1c52-9b1d-4f35-a7a3-53f0d7c0a911"


@contextlib.asynccontextmanager
async def opened(cloud):
    """A link on its way, and the task that runs it."""
    clock = SystemClock()
    machine = make_machine("guid", "web", now_s=clock.now_ns() // 10**9)
    made = Opened(
        dialer=Dialer(None),
        place=Place.parse(cloud.url),
        who=Credentials(CLAIM, "u", Secret("one-time")),
        topics=tuple((n, t.replace("#{claim_id}", CLAIM)) for n, t in offered_topics()),
        ids=packet_ids(),
        quirks=V2_10,
        waits=QUICK,
        clock=clock,
        nonce=b"n" * 16,
        mask=b"mask",
    )
    talk = Conversation(
        machine, quirks=V2_10, waits=QUICK, clock=clock, claim_id=CLAIM, session_us=1
    )
    queries = QueryServer(WebApi(machine, V2_10, lambda: 0), V2_10, clock)
    link = Link(made, talk, queries, lambda: link.is_stable and link.stable.set())
    link.stable = asyncio.Event()
    async with asyncio.TaskGroup() as jobs:
        run = jobs.create_task(link.run())
        await cloud.until(lambda: cloud.links and cloud.links[0].of(UpdateAgentConnection))
        yield link, cloud.links[0], run
        link.kill()


async def test_three_acknowledged_messages_make_a_link_stable(cloud):
    async with opened(cloud) as (link, hub, _):
        assert link.is_online
        assert not link.is_stable
        hello = hub.of(UpdateAgentConnection)[0]
        link.react([Say(0.0, "agent-connection", lambda: hello)] * 2)
        await cloud.until(lambda: len(hub.of(UpdateAgentConnection)) == 3)
        async with asyncio.timeout(60):
            await link.stable.wait()
        assert link.is_stable


async def test_a_link_that_leaves_waits_for_the_acknowledgement_and_tells_why(cloud):
    async with opened(cloud) as (link, hub, run):
        link.leave(Outcome("stopped"))
        link.leave(Outcome("twice"))
        assert (await run).why == "stopped"

    assert [each.reachable for each in hub.of(UpdateAgentConnection)] == [True, False]


async def test_a_killed_link_says_nothing(cloud):
    async with opened(cloud) as (link, hub, run):
        link.kill()
        assert (await run).why == "killed"

    assert len(hub.of(UpdateAgentConnection)) == 1


async def test_bytes_can_be_sent_as_they_are(cloud):
    async with opened(cloud) as (link, _, run):
        link.send_packets(b"\xc0\x00")
        link.publish("/agent/x/other", b"x")
        await cloud.until(lambda: cloud.errors)
        assert "may publish to" in str(cloud.errors[0])
        assert "disconnected" in (await run).why
