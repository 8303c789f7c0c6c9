"""What the running agent makes of claims, sources and reloads, with a program that is a fake."""

import asyncio
import contextlib

import msgspec
import pytest

from muster.agent.linking.linkstatus import LinkState, LinkStatus
from muster.agent.netdata import keeper as keepers
from muster.agent.netdata.adopted import Adopted, Ending, read_adopted, write_adopted
from muster.agent.netdata.cloudfolder import CloudFolder
from muster.agent.netdata.keeper import Keeper
from muster.agent.netdata.outcome import ClaimExit, Outcome
from muster.agent.netdata.sources import Wanted
from muster.agent.netdata.state import CloudStatus
from muster.agent.netdata.task import Task
from muster.agent.spool.buffer import Spool
from muster.clock import ManualClock
from muster.log import Secret
from muster.net.proxy import ProxySetting

ID = "0f6e1c52-9b1d-4f35-a7a3-53f0d7c0a911"
NODE = "0de00000-0000-4000-8000-0000000000aa"
VARIABLES = {"NETDATA_CLAIM_TOKEN": "t", "NETDATA_CLAIM_URL": "https://hub:1"}


class World:
    """Hubs and the program, as far as the keeper sees them."""

    def __init__(self, data, environment):
        self.data = data
        self.cloud = CloudFolder(data)
        self.cloud.make()
        self.steps, self.left, self.hastened = [], [], 0
        self.link = None
        self.outcome = Outcome(exit_code=ClaimExit.CLAIMED, text="ok", claim_id=ID)
        self.ending = Ending.ADOPTED
        self.keeper = Keeper(
            data=data,
            environment=environment,
            proxy=ProxySetting("none"),
            hubs=self,
            clock=ManualClock(),
            hostname=lambda: "web-1",
            program=self.program,
        )

    def hasten(self):
        self.hastened += 1
        if (self.data / "identity").is_symlink() and not self.keeper.kept_out("main"):
            self.link = LinkState.OPEN

    async def leave(self, name):
        self.left.append(name)
        self.link = None

    def main_link(self):
        if self.link is None:
            return None
        spool = Spool(folder=self.data / "s", encoder=None).status()
        return LinkStatus(state=self.link, since_ns=1), spool

    async def program(self, step, task):
        self.steps.append((step, msgspec.json.decode(task, type=Task)))
        if step == "claim":
            if not self.outcome.exit_code:
                self.cloud.put_in_force(ID, {"cloud base url": "https://hub:1"})
            return msgspec.json.encode(self.outcome).decode()
        node = NODE if self.ending is Ending.ADOPTED else ""
        adopted = Adopted(
            claim_id=self.cloud.read_claim_id(),
            url="https://hub:1",
            ending=self.ending,
            node=node,
            text="why",
        )
        if node:
            self.install()
        write_adopted(self.data, adopted)
        return msgspec.json.encode(adopted).decode()

    def install(self):
        """An identity, as far as anybody looks at it here."""
        if not (self.data / "identity").is_symlink():
            (self.data / "identity").symlink_to("identities/none")

    def done(self):
        return [step for step, _ in self.steps]


@pytest.fixture
def world(tmp_path):
    return World(tmp_path, {})


@contextlib.asynccontextmanager
async def running(world):
    async with asyncio.TaskGroup() as jobs:
        job = jobs.create_task(world.keeper.run())
        await asyncio.wait_for(world.keeper._settled.wait(), 60)
        yield
        job.cancel()


async def test_it_claims_by_the_environment_adopts_and_lets_the_link_in(tmp_path):
    world = World(tmp_path, VARIABLES)
    async with running(world):
        state = world.keeper.state()

    assert world.done() == ["claim", "adopt"]
    assert world.steps[0][1].token == "t"
    assert state.status is CloudStatus.ONLINE
    assert (state.claim_id, state.node, state.url) == (ID, NODE, "https://hub:1")


async def test_what_is_adopted_is_not_asked_for_again(world):
    world.cloud.put_in_force(ID, {"cloud base url": "https://hub:1"})
    async with running(world):
        pass
    again = World(world.data, VARIABLES)
    assert again.keeper.kept_out("main")  # until it is known that the claim holds
    async with running(again):
        assert not again.keeper.kept_out("main")
        assert not again.keeper.kept_out("office")

    assert (world.done(), again.done()) == (["adopt"], [])


@pytest.mark.parametrize("code", [ClaimExit.FORBIDDEN, ClaimExit.ROOM_ID, ClaimExit.FOLDER])
async def test_a_refusal_waits_for_a_person_and_is_said_once(tmp_path, caplog, code):
    world = World(tmp_path, VARIABLES)
    world.outcome = Outcome(exit_code=code, text="the hub says no")
    async with running(world):
        state = world.keeper.state()

    assert (state.status, state.reason[:15]) == (CloudStatus.AVAILABLE, "the hub says no")
    assert "what to do:" in state.reason
    assert [record.message for record in caplog.records] == ["CLAIM: failed to claim"]


async def test_what_may_pass_is_tried_again_ever_more_seldom(tmp_path, monkeypatch):
    monkeypatch.setattr(keepers, "_TICK_S", 0.0)
    world = World(tmp_path, VARIABLES)
    world.outcome = Outcome(exit_code=ClaimExit.BUSY, text="busy")
    waits = []
    world.keeper._next_wait = lambda: waits.append(world.keeper._wait_s) or 0.0
    async with running(world):
        async with asyncio.timeout(60):
            while len(world.steps) < 3:  # noqa: ASYNC110 - fakes tell nobody
                await asyncio.sleep(0)
        world.outcome = Outcome(exit_code=ClaimExit.CLAIMED, claim_id=ID)
        async with asyncio.timeout(60):
            while "adopt" not in world.done():  # noqa: ASYNC110
                await asyncio.sleep(0)

    assert waits


def test_waits_double_up_to_a_quarter_of_an_hour(world):
    assert [world.keeper._next_wait() for _ in range(8)] == [15, 30, 60, 120, 240, 480, 900, 900]


async def test_a_disabled_cloud_lets_the_link_go_and_an_enabled_one_comes_back(world):
    world.cloud.put_in_force(ID, {"cloud base url": "https://hub:1"})
    async with running(world):
        world.cloud.write_conf({"cloud base url": "https://hub:1", "enabled": "no"})
        off = await world.keeper.reload()
        assert world.keeper.kept_out("main")
        world.cloud.write_conf({"cloud base url": "https://hub:1", "enabled": "true"})
        on = await world.keeper.reload()

    assert (off.status, on.status) == (CloudStatus.DISABLED, CloudStatus.ONLINE)
    assert world.left[-1] == "main"


@pytest.mark.parametrize("environment", [{"NETDATA_DISABLE_CLOUD": "1"}])
async def test_the_environment_that_disables_starts_nothing(tmp_path, environment):
    world = World(tmp_path, VARIABLES | environment)
    world.cloud.put_in_force(ID, {"cloud base url": "https://hub:1"})
    async with running(world):
        assert world.keeper.is_off

    assert world.steps == []


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        (Ending.FOREIGN, CloudStatus.OFFLINE),
        (Ending.REFUSED, CloudStatus.BANNED),
    ],
)
async def test_an_ending_without_a_link_is_asked_again_at_a_reload_alone(world, ending, status):
    world.ending = ending
    world.cloud.put_in_force(ID, {"cloud base url": "https://hub:1"})
    async with running(world):
        assert world.keeper.state().status is status
        assert world.done() == ["adopt"]
        await world.keeper.reload()

    assert world.done() == ["adopt", "adopt"]
    assert read_adopted(world.data).ending is ending


async def test_garbage_in_claimed_id_is_no_claim_and_is_logged(world, caplog):
    world.cloud.claimed_id.write_text("garbage")
    async with running(world):
        assert world.keeper.state().status is CloudStatus.AVAILABLE

    assert "CLAIM: claimed_id is no UUID" in caplog.text


async def test_a_claim_of_musters_own_is_left_alone_and_told_as_one(tmp_path):
    world = World(tmp_path, VARIABLES)
    world.install()  # and nothing that says it came by a claim in Netdata's words
    world.link = LinkState.OPEN
    async with running(world):
        state = world.keeper.state()
        outcome = await world.keeper.claim(Wanted(url="u", token=Secret("t")))

    assert world.steps == []
    assert (state.claim_id, state.status) == ("unknown", CloudStatus.ONLINE)
    assert outcome.exit_code is ClaimExit.ALREADY_CLAIMED
    assert "muster agent unclaim" in outcome.text


async def test_a_claim_by_command_is_made_and_taken_up_at_once(world):
    async with running(world):
        outcome = await world.keeper.claim(Wanted(url="u", token=Secret("t"), source="its API"))

    assert outcome.exit_code == 0
    assert world.done() == ["claim", "adopt"]
    assert world.keeper.state().status is CloudStatus.ONLINE


async def test_a_program_that_fails_ends_nothing(world, caplog):
    async def broken(step, task):
        raise keepers.MusterError("no memory")

    world.cloud.put_in_force(ID, {"cloud base url": "https://hub:1"})
    world.keeper._program = broken
    async with running(world):
        state = world.keeper.state()

    assert state.reason == "no memory"
    assert "CLAIM: the claim cannot be taken up" in caplog.text
