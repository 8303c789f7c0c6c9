"""The whole agent as a process: it ends when told, and a kill loses nothing."""

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

import pytest

from muster.agent.app import run
from muster.agent.exits import AgentFailed, Exit
from muster.agent.joining.claim import claim
from muster.agent.settings import AgentSettings
from muster.agent.status import PATH
from muster.clock import SystemClock
from muster.log import Secret
from muster.model.inventory import Facts
from muster.net.client import Target, request
from muster.net.proxy import ProxySetting
from muster.testing.hub import FakeHub

CLOCK = SystemClock()

# Twenty ticks a second, each counting on from what the spool holds.
BUSY = """
import sys
from array import array
from pathlib import Path
from muster.agent import app
from muster.agent.linking.links import LinkSettings
from muster.agent.settings import AgentSettings
from muster.net.proxy import ProxySetting
from muster.model.metric import Block, Kind, Layout, Series

LAYOUT = Layout((Series("count", (), "n", Kind.INTEGER),))

class Counter:
    missed_ticks = 0
    def __init__(self, *_, **__): pass
    def status(self): return []
    async def run(self, emit):
        import asyncio
        file = Path(sys.argv[1]) / "count"
        number = int(file.read_text()) if file.exists() else 0
        while True:
            number += 1
            emit([Block(LAYOUT, array("q", [number]), array("q", [number]))])
            fresh = file.with_suffix(".new")
            fresh.write_text(str(number))
            fresh.replace(file)
            await asyncio.sleep(0.01)

app.Scheduler = Counter
link = LinkSettings(proxy=ProxySetting("none"))
sys.exit(app.run(AgentSettings(data=Path(sys.argv[1]), link=link)))
"""


@pytest.fixture
async def hub():
    async with FakeHub(clock=CLOCK) as hub:
        yield hub
        assert hub.errors == []


@pytest.fixture
async def data(hub, tmp_path):
    proxy = ProxySetting("none")
    await claim(tmp_path / "node", Secret(hub.make_token()), clock=CLOCK, facts=Facts, proxy=proxy)
    return tmp_path / "node"


@contextlib.asynccontextmanager
async def agent(data: Path):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BUSY, str(data), stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_a_signal_ends_it_with_a_goodbye_and_exit_0(hub, data):
    async with agent(data) as process:
        await hub.until(lambda: len(hub.batches) > 3)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            await process.wait()

    assert process.returncode == 0
    await hub.until(lambda: not hub.links)
    assert not (data / "agent.sock").exists()


async def test_killed_again_and_again_it_loses_nothing_and_repeats_nothing(hub, data):
    for round_number in range(1, 5):
        if round_number == 3:
            await hub.stop()
        async with agent(data) as process:
            if round_number == 3:  # what this life makes, the hub has never seen
                while not _has_batches(data):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            else:
                seen = len(hub.batches)
                await hub.until(lambda seen=seen: len(hub.batches) > seen + 20)
            process.kill()
        if round_number == 3:
            await hub.start()

    times = hub.times()
    # The count is written after its batch: a kill in between makes the same number twice.
    assert sorted(set(times)) == list(range(1, max(times) + 1))
    assert times == sorted(times)
    assert len({batch.sequence for batch in hub.batches}) == len(hub.batches)
    assert len({batch.epoch for batch in hub.batches}) == 1


def _has_batches(data: Path) -> bool:
    newest = max((data / "spool").glob("*.seg"))
    return newest.stat().st_size > 1000


async def test_the_status_names_node_link_and_cost(hub, data):
    async with agent(data):
        await hub.until(lambda: len(hub.batches) > 3)
        answer = (await request(Target(socket=data / "agent.sock"), "GET", PATH)).json()

    assert answer["node"]["hub"] == hub.authority.hub
    assert answer["link"]["state"] == "open"
    assert answer["spool"]["acked"] > 0
    assert answer["process"]["rss_bytes"] < 64 << 20


async def test_the_running_agent_never_loads_cryptography(hub, data):
    async with agent(data) as process:
        await hub.until(lambda: len(hub.batches) > 3)
        mapped = (Path("/proc") / str(process.pid) / "maps").read_text()

    assert "cryptography" not in mapped
    assert "numpy" not in mapped


def test_an_unclaimed_folder_is_an_exit_code_of_its_own(tmp_path):
    with pytest.raises(AgentFailed) as caught:
        run(AgentSettings(data=tmp_path))

    assert caught.value.exit_code is Exit.NOT_CLAIMED
