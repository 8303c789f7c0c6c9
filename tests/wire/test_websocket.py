"""WebSocket frames: round trips, every forbidden form, and never another exception."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import ProtocolError
from muster.wire.websocket import (
    Close,
    Data,
    Ping,
    Pong,
    WebSocketCodec,
    accept_of,
    apply_mask,
    check_upgrade,
    format_upgrade,
    pure_apply_mask,
    pure_whole_message,
    whole_message,
)

EVENTS = st.one_of(
    st.binary(max_size=300).map(Data),
    st.binary(min_size=126, max_size=126).map(Data),
    st.text(max_size=50).map(lambda text: Data(text.encode(), True)),
    st.binary(max_size=125).map(Ping),
    st.binary(max_size=125).map(Pong),
)


def client(limit: int = 1 << 20) -> WebSocketCodec:
    return WebSocketCodec(new_mask=lambda: b"\x01\x02\x03\x04", max_message_bytes=limit)


def server(limit: int = 1 << 20) -> WebSocketCodec:
    return WebSocketCodec(new_mask=None, max_message_bytes=limit)


@given(st.lists(EVENTS, max_size=6), st.booleans(), st.data())
def test_what_one_end_sends_the_other_receives_however_it_is_cut(events, is_client, data):
    sender, receiver = (client(), server()) if is_client else (server(), client())
    stream = b"".join(map(sender.send, events))
    cut = data.draw(st.integers(0, len(stream)))

    found = receiver.receive(stream[:cut]) + receiver.receive(stream[cut:])

    assert found == events


@given(st.lists(EVENTS, max_size=4))
def test_byte_by_byte_equals_all_at_once(events):
    stream = b"".join(map(server().send, events))
    receiver = client()

    found = [event for byte in stream for event in receiver.receive(bytes([byte]))]

    assert found == events


@given(st.binary(max_size=200), st.booleans())
def test_arbitrary_bytes_give_events_or_a_protocol_error(data, is_client):
    try:
        events = (client() if is_client else server()).receive(data)
    except ProtocolError:
        return

    assert all(isinstance(event, Data | Ping | Pong | Close) for event in events)


@pytest.mark.parametrize("size", [0, 125, 126, 127, 65_535, 65_536, 200_000])
def test_every_form_of_length_is_written_and_read(size):
    message = Data(bytes(size))

    assert client().receive(server().send(message)) == [message]
    assert server().receive(client().send(message)) == [message]


def test_fragments_make_one_message_with_control_frames_between():
    found = client().receive(b"\x02\x01a" + b"\x89\x01p" + b"\x00\x01b" + b"\x80\x01c")

    assert found == [Ping(b"p"), Data(b"abc")]


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (b"\x82\x81\0\0\0\0a", "is masked"),
        (b"\xc2\x00", "extension"),
        (b"\x83\x00", "unknown WebSocket opcode"),
        (b"\x89\x7e\x00\x80", "control frame"),
        (b"\x09\x00", "control frame"),
        (b"\x80\x00", "continuation of nothing"),
        (b"\x02\x00\x82\x00", "inside another"),
        (b"\x82\x7e\x00\x05", "shortest form"),
        (b"\x82\x7f\x00\x00\x00\x00\x00\x00\x00\x05", "shortest form"),
        (b"\x82\x7f\x00\x00\x00\x00\x7f\xff\xff\xff", "longer than"),
        (b"\x02\x7e\xff\xff" + bytes(65_535) + b"\x80\x7f\0\0\0\0\x00\x0f\xff\xff", "longer"),
        (b"\x81\x01\xff", "not UTF-8"),
        (b"\x88\x01\x03", "one byte"),
        (b"\x88\x02\x03\xed", "not allowed"),
        (b"\x88\x03\x03\xe8\xff", "not UTF-8"),
        (b"\x02\x00" + b"\x00\x00" * 1024, "fragments"),
    ],
)
def test_forbidden_frames_are_refused_with_their_reason(frame, text):
    with pytest.raises(ProtocolError, match=text):
        client().receive(frame)


def test_a_server_refuses_frames_that_are_not_masked():
    with pytest.raises(ProtocolError, match="is not masked"):
        server().receive(b"\x82\x01a")


def test_a_close_ends_the_reading():
    found = client().receive(server().send(Close(1001, "going")) + b"\xff\xff")

    assert found == [Close(1001, "going")]


def test_a_close_without_a_code_is_1005():
    assert client().receive(server().send(Close())) == [Close(1005, "")]


def test_a_long_reason_is_cut_at_a_whole_character():
    close = client().receive(server().send(Close(1011, "é" * 100)))[0]

    assert close == Close(1011, "é" * 61)


@pytest.mark.parametrize("put_on", [apply_mask, pure_apply_mask])
@given(st.binary(max_size=99), st.binary(min_size=4, max_size=4))
def test_masking_twice_changes_nothing(put_on, data, mask):
    masked = put_on(memoryview(data), mask)

    assert masked == bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
    assert put_on(masked, mask) == data


@given(st.binary(max_size=300))
def test_a_message_by_itself_is_sent_as_the_event(message):
    for end in (client(), server()):
        assert end.send_binary(message) == end.send(Data(message))


@given(
    st.binary(max_size=300) | st.sampled_from([125, 126, 65_535, 65_536]).map(bytes),
    st.booleans(),
    st.none() | st.tuples(st.integers(0, 9), st.integers(0, 255)),
    st.integers(-1, 1),
)
def test_a_message_in_one_frame_is_found_by_both_twins(message, is_text, change, more):
    data = bytearray(client().send(Data(message, is_text)))
    if change is not None:
        data[change[0] % len(data)] = change[1]
    whole = bytes(data) + b"x" if more > 0 else bytes(data[: len(data) + more])
    found = whole_message(whole, 65_535)

    assert found == pure_whole_message(whole, 65_535)
    assert whole_message(whole, len(message) - 1) == pure_whole_message(whole, len(message) - 1)
    if change is None and not more and not is_text and len(whole) >= 8 and len(message) < 65_536:
        assert found == message


def test_the_example_of_the_rfc_is_accepted():
    assert accept_of("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_the_opening_request_has_what_the_rfc_demands():
    request = format_upgrade("hub:8401", "/v1/link", b"the sample nonce").decode()

    assert request.startswith("GET /v1/link HTTP/1.1\r\nHost: hub:8401\r\n")
    assert "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" in request
    assert request.endswith("\r\n\r\n")


GOOD = {
    "upgrade": "WebSocket",
    "connection": "keep-alive, Upgrade",
    "sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
}


def test_a_good_answer_opens_the_websocket():
    check_upgrade(101, GOOD, b"the sample nonce")


@pytest.mark.parametrize(
    ("status", "changed", "text"),
    [
        (404, {}, "status 404"),
        (101, {"upgrade": "h2c"}, "no upgrade"),
        (101, {"connection": "close"}, "no upgrade"),
        (101, {"sec-websocket-accept": "x"}, "another request"),
        (101, {"sec-websocket-extensions": "permessage-deflate"}, "not offered"),
    ],
)
def test_any_other_answer_is_refused(status, changed, text):
    with pytest.raises(ProtocolError, match=text):
        check_upgrade(status, GOOD | changed, b"the sample nonce")
