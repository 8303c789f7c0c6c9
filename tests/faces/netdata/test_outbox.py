import asyncio

import pytest

from muster.errors import LimitExceeded
from muster.faces.netdata import outbox as outboxes
from muster.faces.netdata.outbox import Outbox
from muster.wire.netdata.broker import Published, Subscribed
from muster.wire.netdata.topics import HTTP

ANSWER = Published(HTTP, "topic", b"")


class Queue:
    """A broker's packets."""

    def __init__(self):
        self.packets = []

    def add(self, packet):
        self.packets.append(packet)
        return 0

    def data_to_send(self):
        out, self.packets = self.packets, []
        return out


class SlowSocket:
    """Takes a packet when it is let."""

    def __init__(self):
        self.taken = []
        self.may = asyncio.Event()

    def send_now(self, messages):
        return False

    async def send(self, message):
        await self.may.wait()
        self.taken.append(message)


class FreeSocket:
    """Takes all at once; `writes` are what came together."""

    def __init__(self):
        self.writes = []
        self.wrote = asyncio.Event()

    def send_now(self, messages):
        self.writes.append(list(messages))
        self.wrote.set()
        return True


async def test_packets_keep_their_order_whoever_sends_them():
    queue, socket = Queue(), SlowSocket()
    outbox = Outbox(queue, socket, 10)
    async with asyncio.TaskGroup() as jobs:
        outbox.jobs = jobs
        outbox.publish(lambda: queue.add(b"1"))
        outbox.publish(lambda: queue.add(b"2"))
        await asyncio.sleep(0)
        outbox.publish(lambda: queue.add(b"3"))
        await outbox.flush()
        socket.may.set()

    assert socket.taken == [b"1", b"2", b"3"]


async def test_more_than_may_wait_is_refused():
    queue = Queue()
    outbox = Outbox(queue, SlowSocket(), 2)
    outbox.publish(lambda: queue.add(b"1"))
    outbox.publish(lambda: queue.add(b"2"))
    with pytest.raises(LimitExceeded, match="2 messages wait"):
        outbox.publish(lambda: queue.add(b"3"))

    assert queue.packets == [b"1", b"2"]


async def test_after_a_failure_the_next_may_send():
    queue = Queue()

    class Broken:
        def send_now(self, messages):
            return False

        async def send(self, message):
            raise ConnectionResetError("closed")

    outbox = Outbox(queue, Broken(), 2)
    queue.add(b"1")
    with pytest.raises(ConnectionResetError):
        await outbox.flush()
    queue.add(b"2")
    with pytest.raises(ConnectionResetError):
        await outbox.flush()


async def test_what_waits_goes_out_at_once_and_in_one_write():
    queue, socket = Queue(), FreeSocket()
    outbox = Outbox(queue, socket, 10)
    async with asyncio.TaskGroup() as jobs:
        outbox.jobs = jobs
        queue.add(b"acknowledged")
        outbox.publish(lambda: queue.add(b"1"))

        assert socket.writes == [[b"acknowledged", b"1"]]


async def test_that_an_answer_came_is_told_with_the_next_question():
    queue, socket = Queue(), FreeSocket()
    outbox = Outbox(queue, socket, 10)
    async with asyncio.TaskGroup() as jobs:
        outbox.jobs = jobs
        queue.add(b"acknowledged")
        await outbox.flush_after([ANSWER])
        early = list(socket.writes)
        outbox.publish(lambda: queue.add(b"question"))

    assert (early, socket.writes) == ([], [[b"acknowledged", b"question"]])


async def test_that_an_answer_came_is_told_soon_when_nothing_else_is(monkeypatch):
    monkeypatch.setattr(outboxes, "ALONE_S", 0.0)
    queue, socket = Queue(), FreeSocket()
    outbox = Outbox(queue, socket, 10)
    async with asyncio.TaskGroup() as jobs:
        outbox.jobs = jobs
        queue.add(b"acknowledged")
        await outbox.flush_after([ANSWER])
        async with asyncio.timeout(60):
            await socket.wrote.wait()

    assert socket.writes == [[b"acknowledged"]]


@pytest.mark.parametrize("events", [[], [Subscribed("inbox-cmd")], [ANSWER, Subscribed("x")]])
async def test_everything_else_is_told_at_once(events):
    queue, socket = Queue(), FreeSocket()
    outbox = Outbox(queue, socket, 10)
    queue.add(b"pong")
    await outbox.flush_after(events)

    assert socket.writes == [[b"pong"]]
