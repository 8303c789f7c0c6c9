"""What a Netdata agent measures passes through the hub: nothing of it rests in its folder."""

import asyncio
import struct

import msgspec
import pytest
from netdatasim import Fleet, eventually
from processes import Hub, free_port_base

pytestmark = pytest.mark.scenario
NEEDLE = "needle_dimension"
CONTEXT = "haystack.values"


@pytest.fixture
def hub(tmp_path):
    started = Hub(tmp_path / "hub", free_port_base(), command="hub")
    yield started
    started.stop()


def with_needle(agent):
    """A chart whose name, dimension and values are found nowhere else."""
    own = agent.own
    chart = msgspec.structs.replace(
        own.charts[0], id=CONTEXT, context=CONTEXT, dimensions=(NEEDLE,)
    )
    own.charts = (*own.charts, chart)
    return chart


async def test_what_is_looked_at_live_is_neither_stored_nor_logged(hub):
    async with Fleet(hub) as fleet:
        agent = fleet.make()
        chart = with_needle(agent)
        assert (await agent.claim(await fleet.wish())).is_good
        fleet.start(agent)
        await agent.until(lambda: agent.is_ready)

        async def known():
            told = await fleet.netdata(agent.own, "contexts")
            return CONTEXT in {each["id"] for each in told["contexts"]}

        await eventually("its contexts are known", known)
        values = {}
        for _ in range(5):
            data = await fleet.netdata(agent.own, f"data?context={CONTEXT}&after=-60&points=60")
            assert data["labels"] == [NEEDLE]
            values |= dict(zip(data["times"], data["values"][0], strict=True))
        await fleet.call(
            "POST",
            f"/api/v1/nodes/{agent.own.node_id}/netdata/function",
            {"name": "processes", "timeout_s": 60},
        )
        listed = await fleet.muster("query", "--measurement", CONTEXT, "--json", ok=False)
        own_values = [chart.value(NEEDLE, at) for at in values]
    assert await asyncio.to_thread(hub.stop) == 0
    files = [path for path in hub.data.rglob("*") if path.is_file()]
    found = [path for path in files if NEEDLE.encode() in path.read_bytes()]
    doubles = {struct.pack("<d", value) for value in own_values if value not in (0.0, 1.0)}
    rests = [path for path in files if any(each in path.read_bytes() for each in doubles)]

    assert len(values) >= 50
    assert NEEDLE not in listed.stdout
    assert found == []
    assert rests == []
    assert NEEDLE not in hub.said()
