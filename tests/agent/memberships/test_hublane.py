"""One hub of an agent, and all of them."""

import asyncio
import contextlib
from array import array

import pytest

from muster.agent.joining.claim import claim
from muster.agent.joining.identity import DiskRefused, NotClaimed
from muster.agent.linking.links import LinkSettings
from muster.agent.memberships import hublane
from muster.agent.memberships.hublane import HubLane, link_of
from muster.agent.memberships.hubs import hub_folder, write_allowed
from muster.agent.settings import AgentSettings
from muster.clock import SystemClock
from muster.collectors import COLLECTORS
from muster.files import Held
from muster.log import Secret
from muster.model.inventory import Facts
from muster.model.metric import Block, Kind, Layout, Series
from muster.net.proxy import ProxySetting
from muster.testing.hub import FakeHub
from muster.wire.messages import Answer

CLOCK = SystemClock()
LAYOUT = Layout((Series("cpu", (), "user", Kind.INTEGER), Series("mem", (), "used", Kind.INTEGER)))


@pytest.fixture
async def hub():
    async with FakeHub(clock=CLOCK) as hub:
        yield hub
        assert hub.errors == []


async def join(hub, data, name):
    folder = hub_folder(data, name)
    proxy = ProxySetting("none")
    await claim(folder, Secret(hub.make_token()), clock=CLOCK, facts=Facts, proxy=proxy)
    return folder


def lane(data, name):
    return HubLane(
        name=name,
        settings=AgentSettings(data=data),
        clock=CLOCK,
        facts=Facts,
        answers=lambda lane, ask: Answer(id=ask.id, result=lane.name),
        collectors=COLLECTORS,
        random=lambda: 0.5,
    )


def row(number):
    return [Block(LAYOUT, array("q", [number]), array("q", [number, number]))]


@contextlib.asynccontextmanager
async def running(lane):
    async with asyncio.TaskGroup() as jobs:
        job = jobs.create_task(lane.run())
        try:
            yield
        finally:
            job.cancel()


async def test_a_hub_gets_what_it_may_have_and_is_answered(hub, tmp_path):
    folder = await join(hub, tmp_path, "work")
    write_allowed(folder, ["mem"])
    work = lane(tmp_path, "work")
    work.open()
    try:
        async with running(work):
            await hub.until(lambda: bool(hub.links))
            work.feed(row(1))
            await hub.until(lambda: bool(hub.batches))
            series = hub.batches[0].blocks[0].layout.series
            assert [each.measurement for each in series] == ["mem"]
            assert (await hub.ask(1, "who")).result == "work"

            write_allowed(folder, [])
            assert work.look()
            work.feed(row(2))
            write_allowed(folder, None)
            assert not work.look()
            work.feed(row(3))
            await hub.until(lambda: len(hub.batches) > 1)
            assert hub.times() == [1, 3]
        status = work.status()
        assert (status.name, status.only, status.node.hub) == ("work", None, hub.authority.hub)
    finally:
        work.close()


async def test_a_folder_somebody_works_in_is_not_taken_up(hub, tmp_path):
    await join(hub, tmp_path, "work")
    first, second = lane(tmp_path, "work"), lane(tmp_path, "work")
    first.open()

    with pytest.raises(Held):
        second.open()
    first.close()
    second.open()
    second.close()


def test_a_hub_that_was_never_joined_has_no_lane(tmp_path):
    (tmp_path / "hubs/work").mkdir(parents=True)
    work = lane(tmp_path, "work")

    with pytest.raises(NotClaimed):
        work.open()
    assert work.node() is None


def test_the_way_to_one_hub_is_not_that_to_the_others(tmp_path, caplog):
    link = LinkSettings(hub="first:1", enrol="first:2", proxy=ProxySetting("http://all:3128"))
    other = link_of(link, tmp_path)
    assert (other.hub, other.enrol, other.proxy.reveal()) == ("", "", "http://all:3128")
    (tmp_path / "agent.toml").write_text('[link]\nenrol = "work:2"\n')
    other = link_of(link, tmp_path)
    assert (other.enrol, other.proxy.reveal()) == ("work:2", "http://all:3128")
    (tmp_path / "agent.toml").write_text('[link]\nproxy = "none"\n')
    assert link_of(link, tmp_path).proxy.reveal() == "none"
    (tmp_path / "agent.toml").write_text("[link")

    assert link_of(link, tmp_path).proxy.reveal() == "http://all:3128"
    assert "settings of a hub not used" in caplog.text


async def test_what_was_spooled_under_a_longer_list_is_dropped_at_the_next_opening(hub, tmp_path):
    folder = await join(hub, tmp_path, "work")
    write_allowed(folder, ["mem"])
    work = lane(tmp_path, "work")
    work.open()
    write_allowed(folder, ["mem", "cpu"])
    assert not work.look()
    work.feed(row(1))
    write_allowed(folder, ["mem"])
    assert work.look()
    work.feed(row(2))  # what comes in between is cut already
    work.close()
    epoch = work.spool.epoch

    work = lane(tmp_path, "work")
    work.open()
    work.close()
    assert work.spool.epoch != epoch
    assert work.spool.last == 0


async def test_a_disk_that_refuses_leaves_what_a_hub_may_have_as_it_was(
    hub, tmp_path, monkeypatch, caplog
):
    folder = await join(hub, tmp_path, "work")
    write_allowed(folder, ["mem"])
    work = lane(tmp_path, "work")
    work.open()
    write_allowed(folder, ["mem", "cpu"])
    with monkeypatch.context() as patched:
        patched.setattr(hublane, "settle_spool", refuses)
        assert not work.look()
    assert work.status().only == ["mem"]
    assert "stays as it was" in caplog.text
    work.look()
    work.close()

    assert work.status().only == ["cpu", "mem"]


def refuses(folder):
    raise DiskRefused("no space")


def test_nothing_goes_before_it_is_known_what_may(tmp_path):
    work = lane(tmp_path, "work")
    work.feed(row(1))

    assert work.spool.last == 0
