import asyncio
import socket
from contextlib import asynccontextmanager

from muster.net.bind import bind_udp
from muster.net.datagrams import DatagramQueue, drops_of

TABLE = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  10: 0100007F:1F99 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 111 2 0000000000000000 7
  11: 0100007F:1F9A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 222 2 0000000000000000 9
"""  # noqa: E501


@asynccontextmanager
async def running(limit=1 << 20):
    """A queue that listens, and a socket that sends to it."""
    (bound,) = bind_udp(["127.0.0.1"], 0, "key")
    queue = DatagramQueue(limit)
    queue.listen([bound])
    async with asyncio.timeout(60), asyncio.TaskGroup() as jobs:
        job = jobs.create_task(queue.run())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.connect(bound.getsockname())
            yield queue, out
        job.cancel()
    bound.close()


async def received(queue, count):
    while queue.counts().received < count:  # noqa: ASYNC110
        await asyncio.sleep(0.001)


async def test_datagrams_are_taken_in_order_as_many_as_fit():
    async with running() as (queue, out):
        for data in (b"one", b"two", b"three"):
            out.send(data)
        await received(queue, 3)

        assert await queue.take(6) == [b"one", b"two"]
        assert await queue.take(1) == [b"three"]


async def test_who_takes_waits_for_the_first():
    async with running() as (queue, out):
        waiting = asyncio.ensure_future(queue.take(10))
        await asyncio.sleep(0)
        out.send(b"late")

        assert await waiting == [b"late"]


async def test_what_finds_no_room_is_dropped_and_counted_and_room_comes_back():
    async with running(limit=300) as (queue, out):
        for _ in range(5):
            out.send(b"x" * 36)
        await received(queue, 5)

        assert queue.counts().dropped == 2
        assert len(await queue.take(1_000)) == 3
        out.send(b"again")
        assert await queue.take(10) == [b"again"]
        assert queue.counts().dropped_by_kernel == 0


def test_what_the_kernel_dropped_is_read_from_its_table(tmp_path):
    table = tmp_path / "udp"
    table.write_text(TABLE)

    assert drops_of({111}, [table]) == 7
    assert drops_of({111, 222, 333}, [table, tmp_path / "gone"]) == 16
    assert drops_of(set(), [table]) == 0
