import asyncio
from datetime import timedelta

from muster.clock import ManualClock
from muster.hub.up import LocalAgent, child_environment, spawn
from muster.log import Secret
from muster.model.ids import SpaceId
from muster.model.inventory import Space
from muster.model.probe import BESIDE_HUB


class FakeProcess:
    """A child that a test ends by hand."""

    def __init__(self, code=None):
        self.returncode = None
        self.fed = b""
        self.asked = []
        self._code = code
        self._over = asyncio.Event()
        if code is not None:
            self._over.set()

    async def communicate(self, data):
        self.fed = data
        await self.wait()

    async def wait(self):
        await self._over.wait()
        self.returncode = self._code
        return self._code

    def terminate(self):
        self.asked.append("terminate")
        self._code = -15
        self._over.set()

    def kill(self):
        self.asked.append("kill")


class Starts:
    """Hands out children and remembers how they were started."""

    def __init__(self, *children):
        self.children = list(children)
        self.words = []
        self.feeds = []
        self.enough = asyncio.Event()

    async def __call__(self, words, *, feed):
        self.words.append(list(words))
        self.feeds.append(feed)
        child = self.children.pop(0)
        if not self.children:
            self.enough.set()
        return child


class FakeHub:
    """Tokens and inventory."""

    def __init__(self):
        self.made = []

    def spaces(self):
        return [Space(SpaceId("s"), "Home")]

    async def create(self, actor, space, **wishes):
        self.made.append((actor.operator, space, wishes["lifetime"]))

        class Token:
            text = Secret("mst1.secret")

        return Token


async def no_wait(seconds):
    await asyncio.sleep(0)


async def run_until(agent, starts):
    async with asyncio.TaskGroup() as jobs:
        running = jobs.create_task(agent.run())
        await starts.enough.wait()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        running.cancel()


def build(folder, hub, starts):
    return LocalAgent(
        data=folder,
        tokens=lambda: hub,
        inventory=lambda: hub,
        clock=ManualClock(),
        start=starts,
        wait=no_wait,
    )


async def test_a_new_agent_is_claimed_with_a_token_on_standard_input_and_then_run(tmp_path):
    hub, claiming, running = FakeHub(), FakeProcess(0), FakeProcess()
    starts = Starts(claiming, running)
    await run_until(build(tmp_path, hub, starts), starts)

    assert [words[:2] for words in starts.words] == [["agent", "claim"], ["agent", "run"]]
    assert claiming.fed == b"mst1.secret\n"
    assert "secret" not in str(starts.words)
    assert hub.made == [(True, "s", timedelta(minutes=5))]


async def test_an_agent_that_is_claimed_is_only_run(tmp_path):
    (tmp_path / "identity").mkdir()
    hub, starts = FakeHub(), Starts(FakeProcess())
    await run_until(build(tmp_path, hub, starts), starts)

    assert [words[1] for words in starts.words] == ["run"]
    assert hub.made == []


async def test_an_agent_that_ends_is_started_again(tmp_path):
    (tmp_path / "identity").mkdir()
    starts = Starts(FakeProcess(1), FakeProcess(1), FakeProcess())
    await run_until(build(tmp_path, FakeHub(), starts), starts)

    assert len(starts.words) == 3


async def test_a_claim_that_fails_is_tried_again_with_a_new_token(tmp_path):
    hub, starts = FakeHub(), Starts(FakeProcess(20), FakeProcess(20), FakeProcess(0), FakeProcess())
    await run_until(build(tmp_path, hub, starts), starts)

    assert len(hub.made) == 3


async def test_the_agent_ends_with_the_hub(tmp_path):
    (tmp_path / "identity").mkdir()
    process = FakeProcess()
    starts = Starts(process)
    await run_until(build(tmp_path, FakeHub(), starts), starts)

    assert process.asked == ["terminate"]


def test_the_agent_beside_the_hub_uses_no_proxy():
    environment = {"HTTPS_PROXY": "http://proxy", "no_proxy": "x", "PATH": "/bin"}

    assert child_environment(environment) == {"PATH": "/bin", BESIDE_HUB: "1"}


async def test_the_child_takes_no_module_from_the_folder_the_hub_is_run_in(tmp_path, monkeypatch):
    for name in ("ctypes", "msgspec"):
        (tmp_path / f"{name}.py").write_text("open('taken', 'w')")
    monkeypatch.chdir(tmp_path)
    child = await spawn(["agent", "run", "--data", str(tmp_path / "agent")], feed=False)
    await child.wait()

    assert not (tmp_path / "taken").exists()
