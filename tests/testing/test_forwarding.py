from muster.ports.forwarding import Chunk, Outcome, Packet, Verdict
from muster.testing.forwarding import MemoryQueues, ToldSender


async def test_a_queue_gives_what_was_kept_and_a_sender_says_what_it_was_told():
    queues = MemoryQueues(["old"])
    queue = queues.queue("one", 9)
    await queues.keep([(queue, Packet("d", "p", 1, b"a")), (queue, Packet("d", "q", 2, b"b"))])
    load = await queue.peek(10)
    chunk = Chunk("d", "p", load.packets)
    sender = ToldSender("there", Outcome(Verdict.LATER))

    assert (await sender.send(chunk)).verdict is Verdict.LATER
    assert (await sender.send(chunk)).verdict is Verdict.TAKEN
    await queue.done(load, refused=1)
    assert (queue.state.sent_points, queue.state.waiting_points) == (2, 0)
    assert await queues.names() == ["old", "one"]
    await queues.remove("one")
    await queues.remove("old")
    assert await queues.names() == []
