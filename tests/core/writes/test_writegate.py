"""Writes go by together, and wait while the gate is closed."""

import asyncio

import pytest

from muster.core.writes import writegate
from muster.core.writes.writegate import WriteGate, WriteGates
from muster.errors import Unavailable


class Writes:
    """Writes that go on until they are let go."""

    def __init__(self, gate):
        self.gate = gate
        self.begun = []
        self.go = asyncio.Event()

    async def write(self, name):
        async with self.gate.passing():
            self.begun.append(name)
            await self.go.wait()


async def turns(count=5):
    for _ in range(count):
        await asyncio.sleep(0)


async def test_writes_go_by_at_the_same_time():
    writes = Writes(WriteGate())
    async with asyncio.TaskGroup() as jobs:
        for name in "ab":
            jobs.create_task(writes.write(name))
        await turns()
        assert writes.begun == ["a", "b"]
        assert not writes.gate.is_idle
        writes.go.set()

    assert writes.gate.is_idle
    assert writes.gate.passed == 2


async def test_who_closes_it_waits_for_writes_and_holds_the_next():
    writes, order = Writes(WriteGate()), []

    async def close():
        async with writes.gate.closed():
            order.append("closed")
            await turns()
            order.append("open")

    async with asyncio.TaskGroup() as jobs:
        jobs.create_task(writes.write("a"))
        await turns()
        jobs.create_task(close())
        await turns()
        jobs.create_task(writes.write("b"))
        await turns()
        assert (writes.begun, order) == (["a"], [])
        writes.go.set()
        await turns(20)

    assert order == ["closed", "open"]
    assert writes.begun == ["a", "b"]


async def test_a_write_that_fails_or_is_cancelled_is_over():
    writes = Writes(WriteGate())
    async with asyncio.TaskGroup() as jobs:
        job = jobs.create_task(writes.write("a"))
        await turns()
        job.cancel()
    assert writes.gate.is_idle
    with pytest.raises(ValueError):
        async with writes.gate.passing():
            raise ValueError
    async with writes.gate.closed():
        assert writes.gate.is_idle


async def test_writes_that_do_not_end_let_nobody_close_it_and_others_go_on(monkeypatch):
    monkeypatch.setattr(writegate, "_WAIT_S", 0.0)
    writes = Writes(WriteGate())
    async with asyncio.TaskGroup() as jobs:
        jobs.create_task(writes.write("a"))
        await turns()
        with pytest.raises(Unavailable):
            async with writes.gate.closed():
                raise AssertionError
        jobs.create_task(writes.write("b"))
        await turns()
        assert writes.begun == ["a", "b"]
        writes.go.set()


def test_each_database_has_one_of_its_own():
    gates = WriteGates()

    assert gates.of(1) is gates.of(1) is not gates.of(2)
