"""The newest hash is noted beside the records, and what does not fit any more is kept."""

import asyncio

import pytest

from muster.hub.assembly import auditanchor
from muster.hub.assembly.auditanchor import AuditAnchor
from muster.model.auditchain import Checkpoint


class Chain:
    def __init__(self):
        self.hashes = {0: "0"}
        self.begins = 0

    def add(self, hash):
        self.hashes[max(self.hashes) + 1] = hash

    def newest(self):
        id = max(self.hashes)
        return Checkpoint(id, self.hashes[id])

    def hash_at(self, id):
        return None if id < self.begins else self.hashes.get(id, "")


@pytest.fixture
def chain():
    return Chain()


@pytest.fixture
def anchor(tmp_path, chain):
    return AuditAnchor(file=tmp_path / "audit-anchor.json", chain=chain)


def test_the_newest_hash_is_noted_when_it_is_news(anchor, chain):
    chain.add("a")

    assert anchor.kept() is None
    assert anchor.keep() == anchor.kept() == Checkpoint(1, "a")
    assert anchor.keep() is None


def test_a_note_that_fits_no_more_is_kept_and_told_once(anchor, chain, caplog):
    chain.add("a")
    chain.add("b")
    anchor.keep()
    del chain.hashes[2]
    for _ in range(3):
        assert anchor.keep() is None
    chain.add("another")
    anchor.keep()

    assert anchor.kept() == Checkpoint(2, "b")
    assert len(caplog.records) == 1
    assert caplog.records[0].event == 2


def test_a_note_of_what_was_forgotten_since_is_replaced(anchor, chain):
    chain.add("a")
    anchor.keep()
    chain.begins = 2
    chain.add("b")

    assert anchor.keep() == Checkpoint(2, "b")


def test_a_damaged_note_is_none(anchor, chain, tmp_path):
    (tmp_path / "audit-anchor.json").write_text("{")

    assert anchor.kept() is None
    assert anchor.keep() == Checkpoint(0, "0")


async def test_it_is_noted_at_a_start_and_at_the_end(anchor, chain, monkeypatch):
    started = asyncio.Event()
    monkeypatch.setattr(auditanchor, "EVERY_S", 3600)
    chain.add("a")
    inner = anchor.keep

    def keep():
        loop.call_soon_threadsafe(started.set)
        return inner()

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(anchor, "keep", keep)
    async with asyncio.TaskGroup() as jobs:
        job = jobs.create_task(anchor.run())
        await started.wait()
        chain.add("b")
        job.cancel()

    assert anchor.kept() == Checkpoint(2, "b")
