import asyncio

from muster.clock import ManualClock
from muster.ports.forwarding import Packet
from muster.store.forward.forwardqueues import ForwardQueues


def packet(body):
    return Packet("db", "autogen", 1, body)


async def test_those_who_keep_at_the_same_time_all_find_theirs_on_disk(tmp_path):
    queues = ForwardQueues(folder=tmp_path / "forward", clock=ManualClock())
    one, two = queues.queue("one", 1 << 20), queues.queue("two", 1 << 20)
    keeping = [
        queues.keep([(one, packet(b"%d" % number)), (two, packet(b"x"))]) for number in range(20)
    ]

    await asyncio.gather(*keeping)

    load = await one.peek(1 << 20)
    assert sorted(int(packet.body) for packet in load.packets) == list(range(20))
    assert one.state.waiting_points == two.state.waiting_points == 20
    assert await queues.names() == ["one", "two"]
    queues.close()


async def test_what_the_disk_refuses_is_counted_and_holds_nobody_up(tmp_path):
    (tmp_path / "forward").write_text("no folder")
    queues = ForwardQueues(folder=tmp_path / "forward", clock=ManualClock())
    queue = queues.queue("one", 1 << 20)

    await queues.keep([(queue, packet(b"a"))])

    assert queue.state.dropped_points == 1
    queues.close()


async def test_a_removed_queue_begins_anew(tmp_path):
    queues = ForwardQueues(folder=tmp_path / "forward", clock=ManualClock())
    queue = queues.queue("one", 1 << 20)
    await queues.keep([(queue, packet(b"a"))])
    await queue.done(await queue.peek(1))

    await queues.remove("one")

    assert await queues.names() == []
    assert queues.queue("one", 1 << 20).state.sent_points == 0
    assert await queues.queue("one", 1 << 20).peek(1) is None
    queues.close()
