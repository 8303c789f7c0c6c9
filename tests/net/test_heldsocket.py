import asyncio

import pytest

from muster.errors import ProtocolError
from muster.net.heldsocket import HeldSocket
from muster.wire.websocket import Close, Data, Ping, Pong, WebSocketCodec

MASK = b"\1\2\3\4"


class FakeTransport:
    """Takes everything; `written` is what a client makes of it."""

    def __init__(self):
        self.client = WebSocketCodec(new_mask=lambda: MASK)
        self.written = []
        self.closing = self.aborted = self.paused = False
        self.writes = 0

    def write(self, data):
        self.writes += 1
        self.written += self.client.receive(data)

    def close(self):
        self.closing = True

    def abort(self):
        self.closing = self.aborted = True

    def is_closing(self):
        return self.closing

    def pause_reading(self):
        self.paused = True

    def resume_reading(self):
        self.paused = False

    def get_write_buffer_size(self):
        return 4096


class Held:
    def __init__(self, patience_s=5.0):
        self.transport = FakeTransport()
        self.lost = []
        self.socket = HeldSocket(
            self.transport,
            lambda: self.lost.append("place"),
            max_message_bytes=100,
            patience_s=patience_s,
        )

    def hear(self, *events):
        for event in events:
            self.socket.data_received(self.transport.client.send(event))

    async def all(self):
        return [message async for message in self.socket]


async def test_messages_come_in_order_and_end_with_the_peers_close():
    held = Held()
    held.hear(Data(b"one"), Data(b"two", is_text=True), Close(1000, "bye"))

    assert await held.all() == [b"one", "two"]
    assert held.transport.written == [Close(1000)]
    assert held.transport.closing


async def test_a_connection_that_is_lost_ends_the_messages_and_gives_its_place_back_once():
    held = Held()
    held.hear(Data(b"one"))
    held.socket.connection_lost(None)
    held.socket.connection_lost(None)

    assert await held.all() == [b"one"]
    assert held.lost == ["place"]


async def test_who_reads_is_woken_by_what_comes():
    held = Held()
    async with asyncio.TaskGroup() as jobs:
        reading = jobs.create_task(anext(aiter(held.socket)))
        await asyncio.sleep(0)
        held.hear(Data(b"late"))

    assert reading.result() == b"late"


async def test_pings_are_answered():
    held = Held()
    held.hear(Ping(b"there?"), Pong(b"unasked"))

    assert held.transport.written == [Pong(b"there?")]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"\x82\x01x", 1002),  # not masked
        (b"\x82\xfe\x01\x00" + MASK, 1009),
        (b"\x81\x82" + bytes(4) + b"\xff\xfe", 1007),
    ],
)
async def test_what_breaks_the_websocket_is_told_by_its_code_and_raised(sent, code):
    held = Held()
    held.socket.data_received(sent)
    held.hear(Data(b"more"))

    with pytest.raises(ProtocolError):
        await held.all()
    assert held.transport.written == [Close(code)]


async def test_a_peer_that_is_not_listened_to_has_to_wait():
    held = Held()
    held.hear(*[Data(b"x")] * 64)
    was_paused = held.transport.paused
    messages = aiter(held.socket)
    for _ in range(64):
        await anext(messages)

    assert was_paused
    assert not held.transport.paused


async def test_a_send_waits_while_the_peer_takes_too_little():
    held = Held()
    held.socket.pause_writing()
    async with asyncio.TaskGroup() as jobs:
        sending = jobs.create_task(held.socket.send("text"))
        await asyncio.sleep(0)
        waits = not sending.done()
        held.socket.resume_writing()

    assert waits
    assert held.transport.written == [Data(b"text", is_text=True)]


async def test_nothing_is_read_of_a_peer_that_takes_nothing():
    held = Held()
    held.socket.pause_writing()
    was_paused = held.transport.paused
    held.socket.resume_writing()

    assert (was_paused, held.transport.paused) == (True, False)


async def test_a_peer_that_takes_nothing_is_cut_off():
    held = Held(patience_s=0.0)
    held.socket.pause_writing()

    with pytest.raises(ConnectionAbortedError, match="takes no messages"):
        await held.socket.send(b"data")
    assert held.transport.aborted


async def test_nothing_is_sent_after_a_close():
    held = Held()
    held.hear(Close())

    with pytest.raises(ConnectionResetError):
        await held.socket.send(b"data")


async def test_a_close_waits_for_the_peers_own():
    held = Held()
    async with asyncio.TaskGroup() as jobs:
        closing = jobs.create_task(held.socket.close(1001, "the hub is stopping"))
        await asyncio.sleep(0)
        waits = not (closing.done() or held.transport.closing)
        held.hear(Close(1001))
        held.socket.connection_lost(None)

    assert waits
    assert held.transport.written == [Close(1001, "the hub is stopping")]


async def test_what_waits_for_the_peer_is_known():
    held = Held()
    waiting = held.socket.backlog_bytes
    held.transport.closing = True

    assert (waiting, held.socket.backlog_bytes) == (4096, 0)


async def test_what_needs_no_waiting_is_sent_in_one_write():
    held = Held()
    is_sent = held.socket.send_now([b"one", b"two"])

    assert is_sent
    assert (held.transport.writes, held.transport.written) == (1, [Data(b"one"), Data(b"two")])


@pytest.mark.parametrize("end", ["stuck", "closing", "lost", "closed"])
async def test_nothing_is_sent_where_one_would_have_to_wait(end):
    held = Held()
    match end:
        case "stuck":
            held.socket.pause_writing()
        case "closing":
            held.transport.closing = True
        case "lost":
            held.socket.connection_lost(None)
        case "closed":
            held.hear(Close(1000))
    before = held.transport.writes
    is_sent = held.socket.send_now([b"one"])

    assert (is_sent, held.transport.writes - before) == (False, 0)


async def waits(held):
    """Somebody who waits for the next message, and what has come."""
    got = []
    note = got.append

    async def take():
        async for message in held.socket:
            note(message)

    taking = asyncio.ensure_future(take())
    await asyncio.sleep(0)
    return taking, got


async def test_a_message_may_be_done_with_where_it_comes_in():
    held, looked = Held(), []
    held.socket.look_first(lambda data: looked.append(data) or data == b"mine")
    held.hear(Data(b"mine"))  # nobody waits yet, so it takes its turn
    taking, got = await waits(held)
    held.hear(Data(b"mine"), Data(b"text", is_text=True), Data(b"mine"))
    await asyncio.sleep(0)
    held.hear(Data(b"other"), Close())
    await taking

    assert looked == [b"mine", b"other"]
    assert got == [b"mine", "text", b"mine", b"other"]


async def test_who_fails_at_a_message_ends_its_connection_alone(caplog):
    held = Held()
    held.socket.look_first(lambda data: 1 // 0)
    taking, got = await waits(held)
    held.hear(Data(b"one"))
    held.socket.connection_lost(None)
    await taking

    assert (held.transport.aborted, got) == (True, [])
    assert "a message failed" in caplog.text
