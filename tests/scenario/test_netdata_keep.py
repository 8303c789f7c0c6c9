"""Values of Netdata nodes that a space wants copied: whole, also after a gap, and no others."""

import asyncio

import pytest
from netdatasim import CLOCK, Fleet, eventually
from processes import Hub, free_port_base

from muster.clock import SECOND_NS

pytestmark = pytest.mark.scenario


@pytest.fixture
def place(tmp_path):
    """A folder and ports for a hub that is started more than once."""
    return tmp_path / "hub", free_port_base()


def start(place):
    folder, base = place
    return Hub(folder, base, command="hub")


async def keep(fleet, contexts, step="1s"):
    (space,) = await fleet.muster("space", "list", "--json")
    words = ("--netdata-keep", contexts, "--netdata-step", step)
    await fleet.muster("space", "set", space["name"], *words)


async def copied(fleet, host):
    """Copied values of a field by their second."""
    select = {
        "measurement": "system",
        "fields": ["load1"],
        "nodes": [host.node_id],
        "tags": {"context": ["system.load"]},
    }
    end_ns = CLOCK.now_ns()
    query = {
        "select": select,
        "start_ns": end_ns - 600 * SECOND_NS,
        "end_ns": end_ns,
        "function": "raw",
    }
    frame = await fleet.call("POST", "/api/v1/query", query)
    (values,) = frame["values"] or [[]]
    seconds = [time_ns // SECOND_NS for time_ns in frame["times"]]
    return dict(zip(seconds, values, strict=True))


async def until_copied(fleet, host, second):
    async def ask():
        values = await copied(fleet, host)
        return values if values and max(values) > second else None

    return await eventually(f"values of {host.hostname} are copied", ask)


async def settled(fleet, host):
    """Copied values of a host, when what was on its way has come."""
    values = None
    while (now := await copied(fleet, host)) != values:
        values = now
        await asyncio.sleep(5)
    return values


async def measurements(fleet, host):
    listed = await fleet.call("GET", f"/api/v1/series?node={host.node_id}")
    return {each["measurement"] for each in listed}


async def test_chosen_contexts_are_copied_and_what_was_missed_is_fetched(place):
    hub = start(place)
    try:
        async with Fleet(hub) as fleet:
            agent = await fleet.join(children=["shelf"])
            child = agent.disk.machine.hosts[1]
            await keep(fleet, "system.load")
            first = await until_copied(fleet, agent.own, 0)
            await until_copied(fleet, child, 0)

            await asyncio.to_thread(hub.stop)
            hub = fleet.hub = await asyncio.to_thread(start, place)
            values = await until_copied(fleet, agent.own, max(first) + 12)

            load = agent.own.chart("system.load")
            assert sorted(values) == list(range(min(first), max(values) + 1))
            assert values == {at: load.value("load1", at) for at in values}
            assert await measurements(fleet, agent.own) == {"system"}
    finally:
        hub.stop()


async def test_what_was_measured_while_nothing_was_kept_is_never_fetched(place):
    hub = start(place)
    try:
        async with Fleet(hub) as fleet:
            agent = await fleet.join()
            await keep(fleet, "system.load")
            first = await until_copied(fleet, agent.own, 0)
            await keep(fleet, "off")
            before = await settled(fleet, agent.own)
            await asyncio.sleep(7)
            assert await copied(fleet, agent.own) == before
            await keep(fleet, "system.*")
            values = await until_copied(fleet, agent.own, max(before) + 6)

            missing = set(range(min(first), max(values) + 1)) - set(values)
            assert len(missing) >= 5
    finally:
        hub.stop()


async def test_a_question_ends_at_the_agent_when_who_asked_goes_away(place):
    hub = start(place)
    try:
        async with Fleet(hub) as fleet:
            agent = await fleet.join()
            await fleet.until_node(agent.own, "live")
            agent.queries.is_mute = True
            path = f"/api/v1/nodes/{agent.own.node_id}/netdata/data?context=system.cpu"
            _, writer = await asyncio.open_unix_connection(hub.data / "hub.sock")
            writer.write(f"GET {path} HTTP/1.1\r\nHost: hub\r\n\r\n".encode())

            async def asked():
                return [each for each in agent.queries.seen if "v2/data" in each.target]

            (query,) = await eventually("the agent is asked", asked)
            writer.transport.abort()

            async def cancelled():
                return query.envelope.msg_id in agent.queries.cancelled

            await eventually("the agent may stop", cancelled)
    finally:
        hub.stop()
