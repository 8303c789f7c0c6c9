"""A data plane with a real engine is backed up while it works, restored, and asked again."""

import threading
from array import array

import pytest

from muster.clock import SECOND_NS, ManualClock
from muster.core.intake.ingest import Ingest
from muster.core.intake.ingest import Settings as IngestSettings
from muster.errors import Conflict, LimitExceeded, Unavailable
from muster.hub.assembly.foundation import Foundation
from muster.hub.backups.backup import Backups
from muster.hub.backups.restore import restore, verify
from muster.hub.places import Places
from muster.hub.settings import Settings
from muster.model.identity import Identity
from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Batch, Block, Kind, Layout, Series
from muster.model.query import Selector
from muster.store.archive import BackupDamaged
from muster.store.dataplane import DataPlane
from muster.store.head.head import Head

ID = "6f1c1a52-0000-4000-8000-000000000001"
IDENTITY = Identity(ID, SpaceId(ID), NodeId(ID))
LAYOUT = Layout((Series("cpu", (), "usage", Kind.INTEGER),))


class Plane:
    """A hub's stores and its way in, without the rest."""

    def __init__(self, folder, clock):
        self.places = Places(folder)
        self.clock = clock
        self.foundation = Foundation(
            settings=Settings(data=folder), places=self.places, clock=clock
        )
        self.head = Head(clock=clock)
        self.keeps_all = True

    def open(self):
        self.foundation.open()
        hub = self.foundation.authority.hub
        self.plane = DataPlane(
            data=self.places.data,
            hub=hub,
            clock=self.clock,
            settings=Settings().store,
            stored=self.head.stored,
        )
        self.plane.open()
        self.plane.start()
        self.ingest = Ingest(
            catalogue=self.plane.catalogue,
            journal=self.plane.journal,
            head=self.head,
            clock=self.clock,
            settings=IngestSettings(),
            keeps=lambda space: self.keeps_all,
        )
        self.backups = Backups(places=self.places, hub=hub, plane=self.plane, clock=self.clock)
        return self

    async def send(self, sequence, value=None):
        time_ns = self.clock.now_ns() + sequence * SECOND_NS
        value = sequence if value is None else value
        block = Block(LAYOUT, array("q", [time_ns]), array("q", [value]))
        await self.ingest.accept(IDENTITY, "pilot", Batch("e", sequence, (block,)))

    def stored(self):
        """Every value the engine has."""
        refs = self.plane.catalogue.find(Selector(measurement="cpu"), None)
        found = self.plane.store.select(Kind.INTEGER, refs, 0, 1 << 62)
        return found.patterns.tolist()

    def drain(self):
        """Close and open again: what the journal holds goes into the engine on the way."""
        self.close()
        return Plane(self.places.data, self.clock).open()

    def close(self):
        self.plane.journal.seal()
        self.plane.close()
        self.foundation.close()


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def opened(clock):
    """Opens hubs' stores one after the other; a process can have one engine open."""
    planes = []

    def make(folder):
        folder.mkdir(exist_ok=True)
        planes.append(Plane(folder, clock).open())
        return planes[-1]

    yield make
    for plane in planes:
        plane.close()


async def test_all_that_was_acknowledged_is_in_a_backup(tmp_path, opened, clock):
    hub = opened(tmp_path / "hub")
    for sequence in range(1, 31):
        await hub.send(sequence)
    target = tmp_path / "b.tar.zst"
    steps = [step async for step in hub.backups.stream(target)]
    await hub.send(31)  # goes on, and is not in it
    ca = (hub.places.ca / "root.pem").read_text()
    hub.close()
    manifest = restore(target, tmp_path / "other", clock)
    other = opened(tmp_path / "other").drain()
    found, acked = other.stored(), other.ingest.acked(IDENTITY.node, "e")
    other.close()

    assert found == list(range(1, 31))
    assert acked == 30
    assert steps[-1].done
    assert steps[-1].file == str(target)
    assert manifest.hub == hub.foundation.authority.hub
    assert (tmp_path / "other" / "ca" / "root.pem").read_text() == ca
    assert not (tmp_path / "hub" / "backup.tmp").exists()


async def test_dashboards_of_spaces_are_in_a_backup(tmp_path, opened, clock):
    hub = opened(tmp_path / "hub")
    folder = hub.places.dashboards / "0a0a0a0a-0000-4000-8000-000000000000"
    folder.mkdir(parents=True)
    (folder / "disks.toml").write_text("one")
    (folder / "no good.toml").write_text("two")
    async for _ in hub.backups.stream(tmp_path / "b.tar.zst"):
        pass
    hub.close()
    restore(tmp_path / "b.tar.zst", tmp_path / "other", clock)
    found = [path for path in (tmp_path / "other" / "dashboards").rglob("*") if path.is_file()]

    assert [path.name for path in found] == ["disks.toml"]
    assert found[0].read_text() == "one"
    assert found[0].stat().st_mode & 0o777 == 0o600


async def test_a_backup_during_a_roll_over_has_both_cas(tmp_path, opened, clock):
    hub = opened(tmp_path / "hub")
    hub.foundation.authority.prepare(staged=False)
    hub.foundation.authority.activate()
    async for _ in hub.backups.stream(tmp_path / "b.tar.zst"):
        pass
    trust = hub.foundation.authority.trust
    hub.close()
    restore(tmp_path / "b.tar.zst", tmp_path / "other", clock)
    other = opened(tmp_path / "other")

    assert other.foundation.authority.trust == trust
    other.foundation.authority.retire()


async def test_a_backup_is_verified_by_reading_it(tmp_path, opened):
    hub = opened(tmp_path / "hub")
    await hub.send(1)
    target = tmp_path / "b.tar.zst"
    async for _ in hub.backups.stream(target):
        pass
    whole = verify(target)
    data = bytearray(target.read_bytes())
    data[len(data) // 2] ^= 0xFF
    target.write_bytes(data)

    assert {entry.path for entry in whole.files} >= {"records.sqlite", "ca/root.key"}
    with pytest.raises(BackupDamaged):
        verify(target)
    with pytest.raises(BackupDamaged):
        restore(target, tmp_path / "other", ManualClock())
    assert not (tmp_path / "other").exists()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["b.tar.zst", "hub"]


async def test_two_backups_at_once_are_refused(tmp_path, opened):
    hub = opened(tmp_path / "hub")
    with hub.plane.writer.held(5), pytest.raises(Conflict, match="already"):
        first = hub.backups.stream(tmp_path / "a.tar.zst")
        await anext(first)
        async for _ in hub.backups.stream(tmp_path / "b.tar.zst"):
            pass
    async for _ in first:
        pass


async def test_a_backup_does_not_replace_a_file(tmp_path, opened):
    hub = opened(tmp_path / "hub")
    (tmp_path / "b.tar.zst").write_text("precious")

    with pytest.raises(Conflict, match="exists already"):
        async for _ in hub.backups.stream(tmp_path / "b.tar.zst"):
            pass
    assert (tmp_path / "b.tar.zst").read_text() == "precious"


async def test_values_in_a_cluster_are_in_no_backup(tmp_path, opened, monkeypatch):
    hub = opened(tmp_path / "hub")
    monkeypatch.setattr(type(hub.plane.store), "is_embedded", False)
    with pytest.raises(LimitExceeded, match="a cluster"):
        async for _ in hub.backups.stream(tmp_path / "b.tar.zst"):
            pass


def test_a_backup_nobody_waits_for_is_given_up(tmp_path):
    places = Places(tmp_path)
    given_up = threading.Event()
    given_up.set()
    progress = _progress(given_up)

    with pytest.raises(Unavailable, match="given up"):
        progress.add(None, "records.sqlite", places.records)


def _progress(given_up):
    from muster.hub.backups.backup import _Progress

    return _Progress(lambda step: None, given_up)


async def test_a_space_that_passes_through_leaves_no_sample_in_the_folder_or_a_backup(
    tmp_path, opened, clock
):
    hub = opened(tmp_path / "hub")
    await hub.send(1)
    hub.keeps_all = False
    marks = [0x5A17_C0DE_0000_0000 + at * 0x0101_0101 for at in range(300)]  # of no other file
    for sequence, mark in enumerate(marks, 2):
        await hub.send(sequence, mark)
    refs = hub.plane.catalogue.find(Selector(measurement="cpu"), None)
    assert hub.head.last(refs)[0][1] == marks[-1], "it is seen live"
    view = hub.head.view(refs, 0, 1 << 62, hub.head.since(refs[0]))
    assert len(view.grids()[0].times) == 301
    target = tmp_path / "b.tar.zst"
    async for _ in hub.backups.stream(target):
        pass
    hub.close()
    hub = Plane(hub.places.data, clock).open()
    found, acked = hub.stored(), hub.ingest.acked(IDENTITY.node, "e")
    hub.close()
    restore(target, tmp_path / "other", clock)
    other = opened(tmp_path / "other").drain()
    restored = other.stored()
    other.close()

    assert found == restored == [1]
    assert acked == 301, "and it is not sent again"
    written = {mark.to_bytes(8, "little") for mark in marks}
    (end,) = {mark[5:] for mark in written}  # is looked for once, not three hundred marks
    for folder in (tmp_path / "hub", tmp_path / "other"):
        for path in (each for each in folder.rglob("*") if each.is_file()):
            ahead = path.read_bytes().split(end)[:-1]
            assert not [each for each in ahead if each[-5:] + end in written], path
