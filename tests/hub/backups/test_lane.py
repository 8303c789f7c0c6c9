"""Backups asked for and planned: begun, followed, noted, audited. What makes them is a fake."""

import asyncio
import threading
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from muster.clock import SECOND_NS
from muster.errors import Conflict, Denied, LimitExceeded, NotFound, Unavailable
from muster.hub.backups import lane
from muster.hub.backups.folder import BackupFolder, name_at
from muster.hub.backups.lane import BackupLane
from muster.hub.keys.keypacker import Checked
from muster.hub.upkeep.backupplan import MOST, BackupSettings
from muster.model.access import Actor, Role
from muster.model.backup import BackupDeed, BackupStep
from muster.store.archive import FORMAT, ArchiveWriter, BackupDamaged, Manifest, Summary
from muster.testing.house import OPERATOR, House

VIEWER = Actor(name="vera", roles={"s": Role.VIEWER})
ELSEWHERE = Actor(name="eve", roles={"s": Role.ADMIN}, reaches_hub=False)
DAY_NS = 86_400 * SECOND_NS


class FakeBackups:
    """Writes small archives that are whole; `fault` is raised in place of the end."""

    def __init__(self, clock):
        self.clock = clock
        self.fault = None
        self.refusal = None
        self.go_on = asyncio.Event()
        self.go_on.set()

    def engine(self):
        if self.refusal:
            raise self.refusal

    async def stream(self, target):
        yield BackupStep(text="packing", done_bytes=1, total_bytes=2)
        await self.go_on.wait()
        now_ns = self.clock.now_ns()
        if isinstance(self.fault, BackupDamaged):
            target.write_bytes(b"damaged")
        if self.fault:
            raise self.fault
        manifest = Manifest(format=FORMAT, hub="h", version="1", time_ns=now_ns, rows={"t": 3})
        with ArchiveWriter(target) as archive:
            archive.finish(manifest)
        self.checked = Checked("ab", Summary.of(manifest))
        yield BackupStep(done=True, file=str(target), sha256="ab")


class Hall:
    """A lane with its folder and its audit log."""

    def __init__(self, house, folder, **settings):
        self.clock, self.records = house.clock, house.records
        self.backups = FakeBackups(house.clock)
        self.folder = BackupFolder(folder / "backups", None)
        self.lane = BackupLane(
            backups=self.backups,
            folder=self.folder,
            audit=house.records.audit,
            clock=house.clock,
            settings=BackupSettings(**settings),
        )

    async def view(self):
        return await self.lane.view(OPERATOR)

    @asynccontextmanager
    async def working(self):
        async with asyncio.TaskGroup() as jobs:
            job = jobs.create_task(self.lane.run())
            yield
            job.cancel()

    async def rest(self):
        """Until nothing is done any more."""
        async with asyncio.timeout(60):
            while (await self.view()).run is not None:  # noqa: ASYNC110 - threads do the work
                await asyncio.sleep(0)

    async def made(self):
        run = await self.lane.create(OPERATOR)
        await self.rest()
        self.clock.advance(1.0)
        return run.name

    def events(self, action="backup."):
        stored = self.records.audit.events(spaces=None, limit=100)
        found = [each.event for each in stored if each.event.action.startswith(action)]
        return [(each.action, each.actor, each.object, each.outcome) for each in found]


@pytest.fixture
def hall(tmp_path):
    with House() as house:
        yield Hall(house, tmp_path)


@pytest.fixture
def daily(tmp_path):
    with House() as house:
        yield Hall(house, tmp_path, every=timedelta(days=1), keep=2)


async def test_a_backup_is_begun_followed_and_listed_as_verified(hall):
    hall.backups.go_on.clear()
    async with hall.working():
        run = await hall.lane.create(OPERATOR)
        async with asyncio.timeout(60):
            while (seen := (await hall.view()).run).text != "packing":  # noqa: ASYNC110 - as above
                await asyncio.sleep(0)
        hall.backups.go_on.set()
        await hall.rest()
    (made,) = (await hall.view()).backups

    assert (seen.name, seen.done_bytes, seen.total_bytes) == (run.name, 1, 2)
    assert (made.name, made.by, made.rows, made.sha256) == (run.name, "operator", 3, "ab")
    assert made.bytes == (hall.folder.path / run.name).stat().st_size
    assert made.checked_ns == made.time_ns == hall.clock.now_ns()
    assert hall.events() == [("backup.create", "operator", run.name, "ok")]


async def test_one_thing_is_done_at_a_time(hall):
    hall.backups.go_on.clear()
    async with hall.working():
        run = await hall.lane.create(OPERATOR)
        with pytest.raises(Conflict, match="being made"):
            await hall.lane.create(OPERATOR)
        (hall.folder.path).mkdir(exist_ok=True)
        (hall.folder.path / "old.tar.zst").write_bytes(b"")
        with pytest.raises(Conflict, match="being made"):
            await hall.lane.verify(OPERATOR, "old.tar.zst")
        with pytest.raises(Conflict, match="in use"):
            await hall.lane.delete(OPERATOR, run.name)
        hall.backups.go_on.set()
        await hall.rest()
        await hall.lane.delete(OPERATOR, run.name)

    assert [each.name for each in (await hall.view()).backups] == ["old.tar.zst"]


@pytest.mark.parametrize(
    "fault", [Unavailable("the disk is short"), OSError(28, "No space left on device")]
)
async def test_why_one_was_not_made_is_told_until_the_next_try(hall, fault):
    hall.backups.fault = fault
    async with hall.working():
        name = await hall.made()
        failed = (await hall.view()).failed
        hall.backups.fault = None
        await hall.made()

    assert (failed.deed, failed.name, failed.code) == (BackupDeed.CREATE, name, "unavailable")
    assert failed.text.endswith(("short", "No space left on device"))
    assert (await hall.view()).failed is None
    assert [outcome for *_, outcome in hall.events()] == ["ok", "unavailable"]


async def test_a_bug_in_the_work_fails_that_backup_and_no_later_one(hall, caplog):
    hall.backups.fault = ZeroDivisionError("a bug")
    async with hall.working():
        await hall.made()
        failed = (await hall.view()).failed
        hall.backups.fault = None
        await hall.made()

    assert failed.text == "the hub failed (ZeroDivisionError); see its log"
    assert [outcome for *_, outcome in hall.events()] == ["ok", "unavailable"]
    assert "a backup failed" in caplog.messages


async def test_a_bug_beside_the_work_does_not_end_the_lane(hall, monkeypatch, caplog):
    def broken(event):
        raise ZeroDivisionError("a bug")

    async with hall.working():
        with monkeypatch.context() as patch:
            patch.setattr(hall.records.audit, "add", broken)
            await hall.made()
        await hall.made()

    assert [outcome for *_, outcome in hall.events()] == ["ok"]
    assert "the lane of backups failed" in caplog.messages


async def test_the_hub_does_not_wait_for_a_backup_that_it_verifies(hall, monkeypatch):
    begun, ended = threading.Event(), threading.Event()

    def check(path, given_up):
        begun.set()
        given_up.wait(60)
        ended.set()
        raise Unavailable("given up")

    monkeypatch.setattr(lane, "check_archive", check)
    async with hall.working():
        name = await hall.made()
        await hall.lane.verify(OPERATOR, name)
        assert await asyncio.to_thread(begun.wait, 60)

    assert await asyncio.to_thread(ended.wait, 60)
    assert hall.events("backup.verify") == []


async def test_one_that_is_damaged_as_soon_as_it_is_written_is_none(hall):
    hall.backups.fault = BackupDamaged("not what was written")
    async with hall.working():
        await hall.made()

    assert (await hall.view()).backups == []
    assert (await hall.view()).failed.code == "backup_damaged"


async def test_damage_is_found_and_stays_with_the_backup(hall):
    async with hall.working():
        good, bad = await hall.made(), await hall.made()
        path = hall.folder.path / bad
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0xFF
        path.write_bytes(data)
        for name in (good, bad):
            await hall.lane.verify(OPERATOR, name)
            await hall.rest()
    found = {each.name: each for each in (await hall.view()).backups}

    assert found[good].fault == ""
    assert found[good].checked_ns > found[good].time_ns
    assert len(found[good].sha256) == 64
    assert found[bad].fault != ""
    assert (await hall.view()).failed is None
    assert hall.events("backup.verify") == [
        ("backup.verify", "operator", bad, "backup_damaged"),
        ("backup.verify", "operator", good, "ok"),
    ]


async def test_what_is_in_no_list_is_neither_verified_nor_deleted(hall):
    for deed in (hall.lane.verify, hall.lane.delete):
        with pytest.raises(NotFound):
            await deed(OPERATOR, "../hub.toml")
    assert (await hall.view()).run is None


@pytest.mark.parametrize("actor", [VIEWER, ELSEWHERE])
async def test_only_an_admin_of_the_hub_has_to_do_with_backups(hall, actor):
    for deed in (hall.lane.view, hall.lane.create):
        with pytest.raises(Denied):
            await deed(actor)
    for deed in (hall.lane.verify, hall.lane.delete):
        with pytest.raises(Denied):
            await deed(actor, "a.tar.zst")


async def test_there_is_a_bound_on_how_many_there_are(hall):
    hall.folder.prepare()
    for number in range(MOST):
        (hall.folder.path / f"{number}.tar.zst").write_bytes(b"")

    with pytest.raises(LimitExceeded, match="delete one first"):
        await hall.lane.create(OPERATOR)


async def test_a_hub_that_cannot_be_backed_up_says_so_at_once(daily):
    daily.backups.refusal = LimitExceeded("the engine is a cluster")
    with pytest.raises(LimitExceeded, match="a cluster"):
        await daily.lane.create(OPERATOR)
    await daily.lane.look()
    seen = await daily.view()

    assert (seen.refusal, seen.next_ns, seen.run) == ("the engine is a cluster", 0, None)


async def test_an_audit_log_that_cannot_be_written_does_not_end_the_hub(hall, monkeypatch):
    def full(event):
        raise Unavailable("the disk is full")

    monkeypatch.setattr(hall.records.audit, "add", full)
    async with hall.working():
        await hall.made()

    assert len((await hall.view()).backups) == 1


async def test_one_into_a_file_elsewhere_is_audited_too(hall, tmp_path):
    good, bad = tmp_path / "a.tar.zst", tmp_path / "b.tar.zst"
    steps = [step async for step in hall.lane.stream(OPERATOR, good)]
    hall.backups.fault = Unavailable("full")
    with pytest.raises(Unavailable):
        async for _ in hall.lane.stream(OPERATOR, bad):
            pass

    assert steps[-1].done
    assert hall.events() == [
        ("backup.create", "operator", str(bad), "unavailable"),
        ("backup.create", "operator", str(good), "ok"),
    ]


async def test_planned_ones_are_made_when_due_and_the_oldest_go(daily):
    names = []
    async with daily.working():
        theirs = await daily.made()
        for _ in range(3):
            await daily.lane.look()
            names.append((await daily.view()).run.name)
            await daily.rest()
            await daily.lane.look()
            assert (await daily.view()).run is None, "it is not due again"
            daily.clock.advance(86_400.0)
    found = (await daily.view()).backups

    assert [each.name for each in found] == [names[2], names[1], theirs]
    assert [each.planned for each in found] == [True, True, False]
    assert (await daily.view()).next_ns == found[0].time_ns + DAY_NS
    assert daily.events("backup.delete") == [("backup.delete", "hub", names[0], "ok")]


async def test_a_planned_one_that_fails_waits_before_it_is_tried_again(daily):
    daily.backups.fault = Unavailable("the disk is short")
    async with daily.working():
        for runs in (1, 1):
            await daily.lane.look()
            await daily.rest()
            assert len(daily.events()) == runs
        daily.clock.advance(3600.0)
        await daily.lane.look()
        await daily.rest()

    assert len(daily.events()) == 2


async def test_a_folder_that_is_full_is_a_reason_of_its_own(daily):
    daily.folder.prepare()
    for number in range(MOST):
        (daily.folder.path / f"{number}.tar.zst").write_bytes(b"")
    await daily.lane.look()
    seen = await daily.view()

    assert seen.run is None
    assert seen.failed.name == name_at(daily.clock.now_ns())
    assert "delete one first" in seen.failed.text
