"""The quick reading of a reply's packet says what the slow one says, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import MusterError, ProtocolError
from muster.wire.netdata.mqtt import PacketReader, Puback, Publish, pack
from muster.wire.netdata.mqttfields import Property
from muster.wire.netdata.query import HttpReply, encode_reply, parse_reply
from muster.wire.netdata.questionpackets import (
    COMPILED,
    plain_reply,
    puback,
    pure_plain_reply,
    pure_reply_of,
    query_head,
    query_packet,
    reply_of,
)

MOST = 1 << 20
TWINS = pytest.mark.parametrize("reply_of", [reply_of, pure_reply_of])
REPLY = Publish(topic="/agent/a/outbox/http/9", payload=b"x" * 300, qos=1, packet_id=7)


def slow(data):
    try:
        packets = PacketReader(MOST).feed(data)
    except ProtocolError:
        return None
    return packets[0] if len(packets) == 1 else None


@TWINS
@given(
    st.text(st.characters(max_codepoint=127, blacklist_characters="+#\0"), max_size=200),
    st.binary(max_size=300),
    st.sampled_from([0, 1]),
    st.integers(1, 65_535),
)
def test_a_packet_of_the_common_form_is_read_as_elsewhere(reply_of, topic, payload, qos, packet_id):
    packet = Publish(topic=topic, payload=payload, qos=qos, packet_id=packet_id * qos)

    assert reply_of(pack(packet), MOST) == (topic, packet_id * qos, payload)


@given(
    st.binary(max_size=40)
    | st.builds(
        lambda at, byte: _changed(pack(REPLY), at, byte), st.integers(0, 340), st.integers(0, 255)
    )
)
def test_whatever_is_read_quickly_is_read_the_same_slowly(data):
    found, packet = reply_of(data, MOST), slow(data)
    assert found == pure_reply_of(data, MOST)
    if found is not None and not {"+", "#", "\0"} & set(found[0]):
        assert isinstance(packet, Publish)
        assert found == (packet.topic, packet.packet_id, packet.payload)
        assert (packet.retain, packet.duplicate, packet.properties) == (False, False, {})


def _changed(data, at, byte):
    data = bytearray(data)
    data[at % len(data)] = byte
    return bytes(data)


@TWINS
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x32",
        pack(REPLY)[:-1],
        pack(REPLY) + b"\0",
        pack(REPLY) * 2,
        pack(Publish(topic="/a", payload=b"", retain=True)),
        pack(Publish(topic="/a", payload=b"", qos=1, packet_id=1, duplicate=True)),
        pack(Publish(topic="/a", payload=b"", properties={Property.TOPIC_ALIAS: 1})),
        pack(Publish(topic="/\u00e4", payload=b"")),
        b"\x32\xff\xff\xff\xff\x7f",
        b"\x32\x06\0\x01a\0\0\0",  # packet id 0
    ],
)
def test_all_else_is_left_to_the_slow_one(reply_of, data):
    assert reply_of(data, MOST) is None


@TWINS
def test_a_packet_that_is_too_long_is_left_to_who_refuses_it(reply_of):
    assert reply_of(pack(REPLY), len(pack(REPLY))) is not None
    assert reply_of(pack(REPLY), len(pack(REPLY)) - 1) is None


@given(st.text(max_size=50), st.binary(max_size=300), st.integers(1, 65_535))
def test_what_is_written_is_written_as_elsewhere(topic, payload, packet_id):
    written = query_packet(query_head(topic), payload)

    assert written == pack(Publish(topic=topic, payload=payload))
    assert puback(packet_id) == pack(Puback(packet_id))


# As agents of 2.10 send it; that of 1.45 has no t-rx.
PLAIN = (
    b'{"type":"http","msg-id":"0b0b0b0b-0000-4000-8000-000000000001","timestamp":1790000000,'
    b'"timestamp-offset-usec":1234,"connect":1789990000,"connect-offset-usec":0,"version":2,'
    b'"t-exec":207,"t-rx":12,"http-code":200}\r\n\r\n'
    b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nServer: Netdata Embedded HTTP Server v2.10.4\r\n"
    b"Access-Control-Allow-Origin: *\r\nContent-Type: application/json; charset=utf-8\r\n"
    b'Content-Length: 14\r\n\r\n{"result":[1]}'
)
BODY = b'{"result":[1]}'


def plainly(data, most=MOST):
    """Message id, status and body as the slow one reads them; None for what it refuses."""
    try:
        reply = parse_reply(data, most)
    except MusterError:
        return None
    return None if reply.error_code else (reply.msg_id, reply.status, reply.body)


@pytest.mark.skipif(not COMPILED, reason="the pure twin leaves all to the slow one")
def test_a_plain_reply_is_read_whole():
    id = "0b0b0b0b-0000-4000-8000-000000000001"
    stale = PLAIN + b"of an earlier one"
    own = HttpReply(msg_id="a", status=404, body=b"no", headers=(("X-Y", "z"),))

    assert plain_reply(PLAIN, MOST) == plain_reply(stale, MOST) == (id, 200, BODY)
    assert plain_reply(encode_reply(own), MOST) == ("a", 404, b"no")
    assert plain_reply(PLAIN.replace(b"Content-Length: 14\r\n", b""), 14) == (id, 200, BODY)
    assert pure_plain_reply(PLAIN, MOST) is None


_PIECES = [
    *(
        b"Content-Length: 3\r\n",
        b"content-length:\t1\r\n",
        b"Content-Encoding: gzip\r\n",
        b"A: \xff\r\n",
    ),
    *(
        b"Transfer-Encoding: chunked\r\n",
        b"A:b\r\n",
        b"A b:c\r\n",
        b":\r\n",
        b"\r\n\r\n",
        b"\n",
        b"\r",
    ),
    *(
        b'"error-code":7,',
        b'"error-code":0,',
        b'"error-code":"7",',
        b'"type":"https",',
        b'"msg-id":7,',
    ),
    *(
        b'"http-code":1000,',
        b'"x":1,',
        b'"t-rx":-1,',
        b'"t-rx":01,',
        b'"t-rx":1e3,',
        b" ",
        b"{",
        b"\\",
    ),
    *(b'"error-description":"x",', b'"t-rx":123456789012345678901,', b"HTTP/1.1 099 X\r\n", b"\0"),
]


@given(
    st.binary(max_size=40)
    | st.builds(_changed, st.just(PLAIN), st.integers(0, len(PLAIN) - 1), st.integers(0, 255))
    | st.builds(
        lambda at, piece: PLAIN[:at] + piece + PLAIN[at:],
        st.integers(0, len(PLAIN)),
        st.sampled_from(_PIECES),
    )
    | st.builds(lambda at: PLAIN[:at], st.integers(0, len(PLAIN)))
)
def test_whatever_is_plain_is_read_the_same_slowly(data):
    for most in (MOST, len(BODY) - 1):
        found = plain_reply(data, most)
        assert found is None or found == plainly(data, most)


@pytest.mark.parametrize("piece", _PIECES)
def test_what_is_put_anywhere_into_a_reply_is_no_other_reply(piece):
    for at in range(len(PLAIN) + 1):
        data = PLAIN[:at] + piece + PLAIN[at:]
        found = plain_reply(data, MOST)
        assert found is None or found == plainly(data)


def test_longer_heads_than_there_may_be_are_left_to_who_refuses_them():
    long = PLAIN.replace(b"Server: ", b"Server: " + b"x" * 16_384)
    many = PLAIN.replace(b"Content-Length", b"A: b\r\n" * 60 + b"Content-Length")
    with_many = PLAIN.replace(b"Content-Length", b"A: b\r\n" * 59 + b"Content-Length")

    assert plain_reply(long, MOST) is plain_reply(many, MOST) is None
    assert plainly(long) is plainly(many) is None
    assert plain_reply(with_many, MOST) in (None, plainly(with_many))
