import asyncio
import os
import signal

import pytest

from muster.clock import SystemClock
from muster.testing.netdata import program
from muster.testing.netdata.agent import Agent
from muster.testing.netdata.dial import Dialer
from muster.testing.netdata.installation import install
from muster.testing.netdata.program import live, wish_of
from muster.testing.netdata.quirks import QUICK
from muster.wire.netdata.claim import Refusal, format_refusal
from muster.wire.netdata.messages import UpdateAgentConnection


def parsed(url, *more):
    return program._parser().parse_args(["--url", url, "--trust", "root.pem", *more])


@pytest.fixture
def agent():
    clock = SystemClock()
    disk = install("web", now_s=clock.now_ns() // 10**9)
    return Agent(disk, Dialer(None), clock=clock, waits=QUICK)


async def test_it_tells_each_event_and_says_farewell_at_sigterm(cloud, agent):
    told, came = [], asyncio.Event()

    def write(event):
        told.append(event)
        came.set()

    async with asyncio.TaskGroup() as jobs:
        run = jobs.create_task(live(agent, wish_of(parsed(cloud.url), "token\n"), write))
        async with asyncio.timeout(60):
            while len(told) < 2:
                came.clear()
                await came.wait()
        os.kill(os.getpid(), signal.SIGTERM)
        assert await run == 0

    assert [event["event"] for event in told[:2]] == ["claim", "online"]
    assert told[1]["nodes"] == [agent.own.node_id]
    assert not cloud.links[0].of(UpdateAgentConnection)[-1].reachable


async def test_a_refused_claim_ends_with_the_code_of_the_script(cloud, agent):
    cloud.answers["/nodes/"] = (403, format_refusal(Refusal.FORBIDDEN))
    told = []

    assert await live(agent, wish_of(parsed(cloud.url), "token"), told.append) == 12
    assert told[0]["exit_code"] == 12


def test_rooms_and_token_are_taken_from_where_they_are_given():
    wish = wish_of(parsed("https://hub", "--rooms", "one,,two"), " token \n")

    assert (wish.token.reveal(), wish.rooms) == ("token", ["one", "two"])
