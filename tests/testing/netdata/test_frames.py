import base64

import pytest

from muster.testing.netdata.frames import ClientFrames, Frame, upgrade_reader
from muster.testing.netdata.violation import Violation
from muster.wire.websocket import Data, Opcode, Ping, WebSocketCodec, accept_of

NONCE = b"n" * 16
KEY = base64.b64encode(NONCE).decode()
GOOD = f"""HTTP/1.1 101 Switching Protocols\r
Upgrade: websocket\r
Connection: upgrade\r
Sec-WebSocket-Accept: {accept_of(KEY)}\r
Sec-WebSocket-Protocol: mqtt\r
\r
"""


@pytest.fixture
def frames():
    return ClientFrames(nonce=NONCE, mask=b"mask", frame_max=1000)


def answer(frames, text):
    reader = upgrade_reader()
    reader.feed(text.encode())
    return frames.upgraded(reader)


@pytest.mark.parametrize("origin", ["", "http://example.com"])
def test_the_upgrade_has_an_origin_of_no_page_and_a_host_without_port(frames, origin):
    lines = frames.upgrade("hub.example", origin).decode().split("\r\n")

    assert lines[0] == "GET /mqtt HTTP/1.1"
    assert {"Host: hub.example", f"Origin: {origin}", "Sec-WebSocket-Protocol: mqtt"} < set(lines)


def test_a_good_answer_opens_and_another_status_does_not(frames):
    assert answer(frames, GOOD)
    assert not answer(frames, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (accept_of(KEY), accept_of("other"), "another request"),
        ("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", "extension"),
        (": mqtt", ": chat", "subprotocol"),
        (": upgrade", ": ", "without a value"),
        (": upgrade", ":upgrade", "without ': '"),
    ],
)
def test_an_answer_that_the_agent_cannot_use_is_a_violation(frames, old, new, said):
    with pytest.raises(Violation, match=said) as raised:
        answer(frames, GOOD.replace(old, new))

    assert raised.value.section == "5.1"


def test_frames_are_taken_in_any_pieces(frames):
    hub = WebSocketCodec(new_mask=None)
    data = hub.send(Data(b"one")) + hub.send(Ping(b"two")) + hub.send(Data(b"x" * 500))
    taken = [frame for at in range(len(data)) for frame in frames.feed(data[at : at + 1])]

    assert taken == [
        Frame(Opcode.BINARY, b"one"),
        Frame(Opcode.PING, b"two"),
        Frame(Opcode.BINARY, b"x" * 500),
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x02\x00", "without FIN"),
        (b"\xc2\x00", "extension"),
        (b"\x80\x00", "kind 0"),
        (b"\x81\x02", "kind 1"),
        (b"\x82\x80", "masked"),
        (b"\x82\x7e\x10\x00", "limit is 1000"),
    ],
)
def test_a_frame_the_agent_does_not_know_is_a_violation(frames, data, said):
    with pytest.raises(Violation, match=said):
        frames.feed(data)


def test_what_it_sends_is_masked_and_can_be_read_by_a_server(frames):
    hub = WebSocketCodec(new_mask=None)

    assert hub.receive(frames.send(b"packet")) == [Data(b"packet")]
    assert [type(each).__name__ for each in hub.receive(frames.pong(b"p") + frames.close())] == [
        "Pong",
        "Close",
    ]
