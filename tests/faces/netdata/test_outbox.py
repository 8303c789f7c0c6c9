import asyncio

import pytest

from muster.errors import LimitExceeded
from muster.faces.netdata.outbox import Outbox


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

    async def send(self, message):
        await self.may.wait()
        self.taken.append(message)


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
        async def send(self, message):
            raise ConnectionResetError("closed")

    outbox = Outbox(queue, Broken(), 2)
    queue.add(b"1")
    with pytest.raises(ConnectionResetError):
        await outbox.flush()
    queue.add(b"2")
    with pytest.raises(ConnectionResetError):
        await outbox.flush()
