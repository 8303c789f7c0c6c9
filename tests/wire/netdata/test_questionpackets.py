"""The quick reading of a reply's packet says what the slow one says, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import ProtocolError
from muster.wire.netdata.mqtt import PacketReader, Puback, Publish, pack
from muster.wire.netdata.mqttfields import Property
from muster.wire.netdata.questionpackets import puback, query_head, query_packet, reply_of

MOST = 1 << 20
REPLY = Publish(topic="/agent/a/outbox/http/9", payload=b"x" * 300, qos=1, packet_id=7)


def slow(data):
    try:
        packets = PacketReader(MOST).feed(data)
    except ProtocolError:
        return None
    return packets[0] if len(packets) == 1 else None


@given(
    st.text(st.characters(max_codepoint=127, blacklist_characters="+#\0"), max_size=200),
    st.binary(max_size=300),
    st.sampled_from([0, 1]),
    st.integers(1, 65_535),
)
def test_a_packet_of_the_common_form_is_read_as_elsewhere(topic, payload, qos, packet_id):
    packet = Publish(topic=topic, payload=payload, qos=qos, packet_id=packet_id * qos)

    assert reply_of(pack(packet), MOST) == (topic, packet_id * qos, payload)


@given(
    st.binary(max_size=40)
    | st.builds(lambda at, byte: _changed(at, byte), st.integers(0, 340), st.integers(0, 255))
)
def test_whatever_is_read_quickly_is_read_the_same_slowly(data):
    found, packet = reply_of(data, MOST), slow(data)
    if found is not None and not {"+", "#", "\0"} & set(found.topic):
        assert isinstance(packet, Publish)
        assert found == (packet.topic, packet.packet_id, packet.payload)
        assert (packet.retain, packet.duplicate, packet.properties) == (False, False, {})


def _changed(at, byte):
    data = bytearray(pack(REPLY))
    data[at % len(data)] = byte
    return bytes(data)


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
def test_all_else_is_left_to_the_slow_one(data):
    assert reply_of(data, MOST) is None


def test_a_packet_that_is_too_long_is_left_to_who_refuses_it():
    assert reply_of(pack(REPLY), len(pack(REPLY))) is not None
    assert reply_of(pack(REPLY), len(pack(REPLY)) - 1) is None


@given(st.text(max_size=50), st.binary(max_size=300), st.integers(1, 65_535))
def test_what_is_written_is_written_as_elsewhere(topic, payload, packet_id):
    written = query_packet(query_head(topic), payload)

    assert written == pack(Publish(topic=topic, payload=payload))
    assert puback(packet_id) == pack(Puback(packet_id))
