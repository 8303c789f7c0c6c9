"""Questions through the link: values, alerts and functions of simulated agents by the hub's API."""

import asyncio

import pytest
from netdatasim import Fleet, eventually
from processes import Hub, free_port_base

from muster.testing.netdata.quirks import V1_37, V1_45, V2_10

pytestmark = pytest.mark.scenario
ALL = pytest.mark.parametrize("quirks", [V1_37, V1_45, V2_10], ids=["1.37", "1.45", "2.10"])


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    started = Hub(tmp_path_factory.mktemp("hub") / "data", free_port_base(), command="hub")
    yield started
    assert started.stop() == 0, started.said()


async def contexts_of(fleet, host, count):
    async def ask():
        told = await fleet.netdata(host, "contexts")
        return told if len(told["contexts"]) == count else None

    return await eventually(f"{count} contexts", ask)


@ALL
async def test_contexts_come_without_a_question_and_follow_changes(hub, quirks):
    async with Fleet(hub) as fleet:
        agent = await fleet.join(quirks=quirks)
        own = agent.own
        before = len(own.contexts())
        told = await contexts_of(fleet, own, before)
        assert {each["id"] for each in told["contexts"]} == set(own.contexts())
        assert all(each["live"] for each in told["contexts"])
        own.charts = [each for each in own.charts if each.context != "system.load"]
        agent.change_contexts(own, ["system.load"])
        again = await contexts_of(fleet, own, before - 1)

        assert "system.load" not in {each["id"] for each in again["contexts"]}
        assert again["version"] != told["version"]


@ALL
@pytest.mark.parametrize("which", [0, 1], ids=["own", "child"])
async def test_values_are_the_agents_own(hub, quirks, which):
    async with Fleet(hub) as fleet:
        agent = await fleet.join(quirks=quirks, children=("child",))
        host = agent.disk.machine.hosts[which]
        await contexts_of(fleet, host, len(host.contexts()))
        data = await fleet.netdata(host, "data?context=system.load&after=-30&points=30")
        chart = host.chart("system.load")

    assert data["labels"] == list(chart.dimensions)
    assert len(data["times"]) >= 25
    assert data["times"] == sorted(data["times"])
    for name, values in zip(data["labels"], data["values"], strict=True):
        expected = [chart.value(name, at) for at in data["times"]]
        assert values == pytest.approx(expected)


async def test_who_asks_is_told_to_the_agent_by_the_hub_alone(hub):
    async with Fleet(hub) as fleet:
        agent = await fleet.join()
        await contexts_of(fleet, agent.own, len(agent.own.contexts()))
        agent.queries.seen.clear()
        await fleet.netdata(agent.own, "data?context=system.cpu&after=-5")
        (query,) = [each for each in agent.queries.seen if "system.cpu" in each.target]

    assert query.headers["x-netdata-role"] in ("observer", "troubleshooter", "admin")
    bits = int(query.headers["x-netdata-permissions"], 16)
    assert bits & 0b11 == 0b11
    assert not bits & 1 << 6  # nobody may edit the agent's configuration


@ALL
async def test_alerts_are_listed_and_each_turn_is_logged(hub, quirks):
    async with Fleet(hub) as fleet:
        agent = await fleet.join(quirks=quirks)
        own = agent.own
        alert = own.alerts[0]

        async def status(wanted):
            told = await fleet.netdata(own, "alerts")
            found = [each for each in told["alerts"] if each["name"] == alert.name]
            return told if found and found[0]["status"] == wanted else None

        await eventually("the alert is clear", lambda: status("clear"))
        agent.turn_alert(own, alert, "CRITICAL", 99.5)
        told = await eventually("the alert is critical", lambda: status("critical"))

    (shown,) = told["alerts"]
    assert (shown["value"], shown["context"]) == (99.5, "system.cpu")
    assert told["log"][0]["old_status"] == "clear"


async def test_a_function_is_listed_run_and_audited(hub):
    async with Fleet(hub) as fleet:
        agent = await fleet.join()
        path = f"/api/v1/nodes/{agent.own.node_id}/netdata/function"

        async def listed():
            told = await fleet.netdata(agent.own, "functions")
            return told if told["functions"] else None

        known = await eventually("its functions are known", listed)
        table = await fleet.call("POST", path, {"name": "processes", "timeout_s": 60})
        status, _ = await fleet.try_call("POST", path, {"name": "shutdown", "timeout_s": 60})
        events = await fleet.muster("audit", "list", "--json")

    assert [each["name"] for each in known["functions"]] == ["processes"]
    assert len(table["rows"]) == 2
    assert status in (400, 403, 404)
    assert "node.function" in str(events)


async def test_an_agent_that_never_answers_costs_its_own_question_alone(hub):
    async with Fleet(hub) as fleet:
        mute, other = await fleet.join(), await fleet.join()
        for agent in (mute, other):
            await contexts_of(fleet, agent.own, len(agent.own.contexts()))
        mute.queries.is_mute = True
        path = f"/api/v1/nodes/{mute.own.node_id}/netdata/data?context=system.cpu&after=-5"
        asking = asyncio.ensure_future(fleet.try_call("GET", path))
        assert (await fleet.netdata(other.own, "data?context=system.cpu&after=-5"))["times"]
        status, told = await asking

        assert status in (503, 504), told
        assert mute.is_online


async def test_a_link_that_ends_fails_what_was_asked_on_it_at_once(hub):
    async with Fleet(hub) as fleet:
        agent = await fleet.join()
        await contexts_of(fleet, agent.own, len(agent.own.contexts()))
        agent.queries.is_mute = True
        path = f"/api/v1/nodes/{agent.own.node_id}/netdata/data?context=system.cpu&after=-5"
        asking = asyncio.ensure_future(fleet.try_call("GET", path))
        await eventually("the agent has it", _has(agent, "system.cpu"))
        agent.kill()
        status, told = await asking

    assert status in (409, 502, 503, 504), told
    assert "no answer within" not in str(told)


def _has(agent, text):
    async def seen():
        return [each for each in agent.queries.seen if text in each.target]

    return seen
