"""Hubs come and go while the agent runs, and the fault of one is not the others'."""

import asyncio
import contextlib

import pytest

from muster.agent.joining.identity import NotClaimed
from muster.agent.memberships import hubset
from muster.agent.memberships.hubs import ask_to_leave, hub_folder
from muster.agent.memberships.hubset import HubSet
from muster.errors import SettingsError


class Node:
    node = "n"


class Lane:
    """What a set needs of a hub's lane."""

    def __init__(self, name, faults):
        self.name = name
        self.faults = faults
        self.fed, self.looks, self.open_now, self.running = [], 0, False, False
        self.less = False

    def open(self):
        if error := self.faults.get(self.name):
            raise error
        self.open_now = True
        return Node

    def close(self):
        self.open_now = False

    def look(self):
        self.looks += 1
        return self.less

    def feed(self, blocks):
        self.fed += blocks

    def status(self):
        return self.name

    async def run(self):
        self.running = True
        try:
            await asyncio.Event().wait()
        finally:
            self.running = False


class Many:
    def __init__(self, data):
        self.data, self.faults, self.made = data, {}, {}
        self.set = HubSet(data=data, lane=self.make)

    def make(self, name):
        self.made[name] = Lane(name, self.faults)
        return self.made[name]

    def join(self, *names):
        for name in names:
            folder = hub_folder(self.data, name)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "identity").symlink_to("identities/1")


@pytest.fixture
def many(tmp_path, monkeypatch):
    monkeypatch.setattr(hubset, "LOOK_S", 0.0)
    return Many(tmp_path)


@contextlib.asynccontextmanager
async def running(many):
    async with asyncio.TaskGroup() as jobs:
        job = jobs.create_task(many.set.run())
        yield job
        job.cancel()


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - fakes tell nobody
            await asyncio.sleep(0)


def test_all_hubs_are_taken_up_the_first_first(many):
    many.join("office", "main", "home")
    many.set.begin()
    many.set.feed(["row"])

    assert many.set.status() == ["main", "home", "office"]
    assert all(lane.fed == ["row"] for lane in many.made.values())
    many.set.end()
    assert not any(lane.open_now for lane in many.made.values())


def test_without_a_hub_there_is_nothing_to_begin(many):
    with pytest.raises(NotClaimed):
        many.set.begin()


def test_the_fault_of_the_only_hub_is_told_and_of_one_among_others_is_not_theirs(many):
    many.join("main")
    many.faults["main"] = SettingsError("broken")
    with pytest.raises(SettingsError, match="broken"):
        many.set.begin()
    many.join("office")
    many.set.begin()

    assert many.set.status() == ["office"]


async def test_a_hub_joined_meanwhile_is_taken_up_and_one_that_is_left_let_go(many):
    many.join("main")
    many.set.begin()
    async with running(many):
        await until(lambda: many.made["main"].running)
        many.join("office")
        await until(lambda: "office" in many.made and many.made["office"].running)

        ask_to_leave(hub_folder(many.data, "office"))
        await until(lambda: not many.made["office"].open_now)
        assert not many.made["office"].running
        assert many.set.status() == ["main"]
        assert many.made["main"].looks > 0


async def test_a_hub_that_cannot_be_taken_up_is_tried_again_and_told_of_once(many, caplog):
    many.join("main", "office")
    many.faults["office"] = SettingsError("half written")
    many.set.begin()
    async with running(many):
        await until(lambda: many.made["main"].looks > 3)
        del many.faults["office"]
        await until(lambda: many.made["office"].running)

    assert [record.message for record in caplog.records].count("hub not taken up") == 1


async def test_it_ends_when_the_last_hub_is_gone(many):
    many.join("office")
    many.set.begin()
    async with running(many) as job:
        await until(lambda: many.made["office"].running)
        (many.data / "hubs/office/identity").unlink()
        await until(job.done)

    assert many.set.status() == []


async def test_a_hub_that_may_have_less_is_begun_anew(many):
    many.join("main")
    many.set.begin()
    async with running(many):
        first = many.made["main"]
        await until(lambda: first.running)
        first.less = True
        await until(lambda: many.made["main"] is not first and many.made["main"].running)

    assert (first.running, first.open_now) == (False, False)


async def test_without_a_hub_it_waits_for_one_where_one_may_come(many):
    many.set = HubSet(data=many.data, lane=many.make, waits=lambda: True)
    many.set.begin()
    assert many.set.main_link() is None
    async with running(many):
        many.join("main")
        many.set.hasten()
        await until(lambda: "main" in many.made and many.made["main"].running)

    assert many.made["main"].open_now


async def test_who_is_kept_out_is_let_go_and_comes_back_when_let_in(many):
    out = {"main"}
    many.join("main", "office")
    many.set = HubSet(data=many.data, lane=many.make, kept_out=lambda name: name in out)
    many.set.begin()
    assert many.set.status() == ["office"]
    async with running(many):
        out.clear()
        await until(lambda: "main" in many.made and many.made["main"].running)
        out.add("main")
        await until(lambda: not many.made["main"].open_now)
        assert many.made["office"].open_now


async def test_a_hub_is_left_at_once_when_that_is_asked_for(many):
    many.join("main", "office")
    many.set.begin()
    async with running(many):
        await until(lambda: all(lane.running for lane in many.made.values()))
        first = many.made["main"]
        await many.set.leave("main")
        assert not first.open_now
        await many.set.leave("nobody")
        await until(lambda: many.made["main"] is not first)  # nobody keeps it out
