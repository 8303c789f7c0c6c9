"""The whole way from accept to the engine, and what is left of it after `kill -9`.

MUSTER_TEST_KILLS sets how often the hub's store is killed (default 5).
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from muster.clock import ManualClock
from muster.core.intake.ingest import Ingest
from muster.core.intake.ingest import Settings as IngestSettings
from muster.errors import SettingsError, Starting, Unavailable
from muster.model.identity import Identity
from muster.model.metric import Batch, Kind, Layout, Series
from muster.model.query import Selector
from muster.store.dataplane import DataPlane, Settings, engine_of
from muster.store.journal.journal import Settings as JournalSettings
from muster.store.writer import Settings as WriterSettings
from muster.testing.clusterrunning import running_server
from muster.testing.cohorts import block_of
from muster.testing.series import MemoryStore

HUB = "6a8d1c3e-0000-4000-8000-000000000001"
NODE = Identity(HUB, "s1", "n1")
LAYOUT = Layout((Series("m", (), "a", Kind.FLOAT), Series("m", (("t", "1"),), "b", Kind.STRING)))
SETTINGS = Settings(
    journal=JournalSettings(segment_bytes=64 << 10, reserve_bytes=256 << 10),
    writer=WriterSettings(backoff=timedelta(0)),
)
CHILD = Path(__file__).with_name("crashing_store.py")


class NoHead:
    def append(self, cohort, block, segment):
        pass


class Hub:
    """A data plane and its ingest, as the hub builds them."""

    def __init__(self, data, engine):
        self.clock = ManualClock()
        self.stored = []
        self.plane = DataPlane(
            data=data,
            hub=HUB,
            clock=self.clock,
            settings=SETTINGS,
            stored=self.stored.append,
            engine=engine,
        )
        self.ingest = Ingest(
            catalogue=self.plane.catalogue,
            journal=self.plane.journal,
            head=NoHead(),
            clock=self.clock,
            settings=IngestSettings(),
        )

    async def __aenter__(self):
        self.recovered = await asyncio.to_thread(self.plane.open)
        self.plane.start()
        return self

    async def __aexit__(self, *_):
        await asyncio.to_thread(self.plane.close)

    async def accept(self, sequence):
        time_ns = self.clock.now_ns() + sequence
        block = block_of(LAYOUT, {time_ns: (float(sequence), f"text {sequence}")})
        return await self.ingest.accept(NODE, "web", Batch("e", sequence, (block,)))


class Survivor(MemoryStore):
    """An engine whose rows outlive its end."""

    def close(self):
        pass


async def test_rows_accepted_before_a_stop_are_in_the_engine_after_it(tmp_path):
    store = Survivor()
    async with Hub(tmp_path, store) as hub:
        for sequence in range(1, 21):
            assert await hub.accept(sequence) == sequence
        refs = hub.plane.catalogue.find(Selector(fields=("b",)), None)

    found = store.select(Kind.STRING, refs, 0, 1 << 62)
    assert found.texts == [f"text {sequence}" for sequence in range(1, 21)]


async def test_after_a_restart_sequences_and_names_are_known(tmp_path):
    store = Survivor()
    async with Hub(tmp_path, store) as hub:
        await hub.accept(1)
        await hub.accept(2)
    async with Hub(tmp_path, store) as hub:
        assert hub.ingest.acked("n1", "e") == 2
        assert hub.plane.catalogue.series_total == 2
        assert await hub.accept(2) == 2
        assert await hub.accept(3) == 3
        refs = hub.plane.catalogue.find(Selector(fields=("a",)), None)

    assert store.aggregate(Kind.FLOAT, refs, 0, 1 << 62, 0).counts.tolist() == [3]


async def test_values_of_before_are_there_once_their_segments_are_stored(tmp_path):
    store = Survivor()
    store.failing = "the engine is away"
    async with Hub(tmp_path, store) as hub:
        start_ns = hub.clock.now_ns()
        for sequence in (1, 2):
            await hub.accept(sequence)
        hub.clock.advance(60)
    async with Hub(tmp_path, store) as hub:
        newest = hub.plane.newest
        with pytest.raises(Starting):
            await hub.plane.replay.wait(0)
        store.failing = ""
        await hub.plane.replay.wait(60)
        refs = hub.plane.catalogue.find(Selector(fields=("a",)), None)
        counts = store.aggregate(Kind.FLOAT, refs, 0, 1 << 62, 0).counts.tolist()
    async with Hub(tmp_path, store) as hub:
        assert hub.plane.replay.is_done
        assert hub.plane.newest == newest == {"n1": start_ns + 2}
    assert counts == [2]


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b""), lambda path: path.unlink()])
async def test_values_without_their_names_stop_the_start(tmp_path, spoil):
    async with Hub(tmp_path, Survivor()) as hub:
        await hub.accept(1)
    (tmp_path / "series").mkdir()
    spoil(tmp_path / "catalogue.sqlite")

    with pytest.raises(SettingsError, match=r"catalogue\.sqlite: is missing or empty.*backup"):
        Hub(tmp_path, Survivor()).plane.open()


async def test_an_engine_that_is_away_loses_nothing(tmp_path):
    store = Survivor()
    store.failing = "the engine is away"
    async with Hub(tmp_path, store) as hub:
        for sequence in range(1, 6):
            await hub.accept(sequence)
        hub.clock.advance(60)
    store.failing = ""
    async with Hub(tmp_path, store) as hub:
        assert hub.recovered.batches == 5
        refs = hub.plane.catalogue.find(Selector(fields=("a",)), None)

    assert store.aggregate(Kind.FLOAT, refs, 0, 1 << 62, 0).counts.tolist() == [5]


async def test_rows_go_to_the_cluster_that_settings_name_once_it_is_there(tmp_path, monkeypatch):
    with running_server(tmp_path) as (place, _), socket.create_server(("127.0.0.1", 0)) as away:
        host, port = away.getsockname()
        away.close()
        url = f"clickhouse://{host}:{port}/values?cluster=main&tls=off"
        settings = Settings(url=url, credentials_file=str(tmp_path / "credentials"))
        monkeypatch.setattr(sys.modules[__name__], "SETTINGS", settings)
        async with Hub(tmp_path / "hub", None) as hub:
            await hub.accept(1)
            refs = hub.plane.catalogue.find(Selector(fields=("a",)), None)
        assert "no node of the engine can be reached" in hub.plane.writer.state.failing

        url = url.replace(f"{port}", f"{place.hosts[0][1]}")
        monkeypatch.setattr(
            sys.modules[__name__], "SETTINGS", msgspec.structs.replace(settings, url=url)
        )
        async with Hub(tmp_path / "hub", None) as hub:
            await hub.accept(2)
            await hub.plane.replay.wait(60)
            assert not hub.plane.store.is_embedded
        store = engine_of(tmp_path / "hub", SETTINGS, None)
        store.open()
        counts = store.aggregate(Kind.FLOAT, refs, 0, 1 << 62, 0).counts.tolist()
        store.close()
    assert counts == [2]
    assert not (tmp_path / "hub" / "series").exists()


def counted(store, refs):
    return store.aggregate(Kind.FLOAT, refs, 0, 1 << 62, 0).counts.tolist()


async def test_what_is_deleted_does_not_come_back_by_the_journal(tmp_path):
    store = Survivor()
    async with Hub(tmp_path, store) as hub:
        for sequence in range(1, 6):
            await hub.accept(sequence)
        refs = hub.plane.catalogue.find(Selector(fields=("a",)), None)
        start_ns = hub.clock.now_ns()
        through = await asyncio.to_thread(hub.plane.erase, refs, start_ns, start_ns + 4)
        assert counted(store, refs) == [2]
        await hub.accept(6)
        assert through == 1
        store.failing = "the engine is away"  # as in a kill, nothing more arrives
        hub.clock.advance(60)
    store.failing = ""
    async with Hub(tmp_path, store) as hub:
        await hub.plane.replay.wait(60)

    assert counted(store, refs) == [3]


async def test_a_deletion_waits_for_what_was_submitted_before_it_and_takes_it(tmp_path):
    store = Survivor()
    async with Hub(tmp_path, store) as hub, asyncio.TaskGroup() as jobs:
        for sequence in range(1, 6):
            jobs.create_task(hub.accept(sequence))
        await asyncio.sleep(0)
        refs = hub.plane.catalogue.find(Selector(fields=("a",)), None)
        await asyncio.to_thread(hub.plane.erase, refs, 0, 1 << 62)

    assert counted(store, refs) == []


async def test_where_the_engine_takes_nothing_a_deletion_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("muster.store.dataplane._ERASE_S", 0.05)
    store = Survivor()
    async with Hub(tmp_path, store) as hub:
        await hub.accept(1)
        refs = hub.plane.catalogue.find(Selector(fields=("a",)), None)
        store.failing = "the engine is away"
        with pytest.raises(Unavailable):
            await asyncio.to_thread(hub.plane.erase, refs, 0, 1 << 62)
        store.failing = ""
    assert counted(store, refs) == [1]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 12 MB. Needs the right to mount."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=12m", "muster-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not permitted")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_full_disk_refuses_keeps_reading_and_recovers_by_itself(small_disk):
    store = Survivor()
    async with Hub(small_disk, store) as hub:
        await hub.accept(1)
        refs = hub.plane.catalogue.find(Selector(fields=("a",)), None)
        with contextlib.suppress(OSError), (small_disk / "filler").open("wb") as filler:
            while True:
                filler.write(bytes(64 << 10))
                filler.flush()
        hub.plane.journal.seal()
        refused = 0
        # How many still fit depends on whether a spare segment was there in time.
        for sequence in range(2, 3000):
            try:
                await hub.accept(sequence)
            except Unavailable as error:
                refused = sequence
                assert "disk is full" in str(error)
                break
        assert refused
        assert hub.plane.catalogue.find(Selector(fields=("a",)), None) == refs
        (small_disk / "filler").unlink()
        hub.clock.advance(10)
        for sequence in range(refused, refused + 11):
            assert await hub.accept(sequence) == sequence

    counts = store.aggregate(Kind.FLOAT, refs, 0, 1 << 62, 0).counts
    assert counts.tolist() == [refused + 10]


def run(data, *arguments):
    return subprocess.Popen(
        [sys.executable, str(CHILD), str(data), *arguments], stdout=subprocess.PIPE, text=True
    )


@pytest.mark.scenario
def test_after_kills_every_acknowledged_row_is_there_once(tmp_path):
    kills = int(os.environ.get("MUSTER_TEST_KILLS", "5"))
    chance = random.Random(1)
    acked = {}
    for _ in range(kills):
        child = run(tmp_path)
        wanted = chance.randrange(20, 8000)
        for _ in range(wanted):
            node, sequence = map(int, child.stdout.readline().split())
            acked[node] = max(sequence, acked.get(node, 0))
        child.send_signal(signal.SIGKILL)
        rest, _ = child.communicate()
        for line in rest.splitlines(keepends=True):
            if line.endswith("\n"):
                node, sequence = map(int, line.split())
                acked[node] = max(sequence, acked.get(node, 0))
    counted, _ = run(tmp_path, "count").communicate(timeout=600)
    found = json.loads(counted)

    assert len(acked) > 1
    for node, sequence in acked.items():
        stored, distinct, newest = found[str(node)]
        assert stored == distinct == newest
        assert newest >= sequence
