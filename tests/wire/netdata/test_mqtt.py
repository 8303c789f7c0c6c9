import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.log import Secret
from muster.testing import netdata_seeds as seeds
from muster.testing.codec_rules import bit_flips, check_any_bytes
from muster.wire.netdata.mqtt import (
    MAX_AT_ONCE,
    Connack,
    Connect,
    Disconnect,
    PacketReader,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Will,
    pack,
)
from muster.wire.netdata.mqttfields import MqttError, Property, Reason

MAX = 1 << 20
# CONNECT as agents send it: flags d6, keep-alive 60, alias maximum 65535, will of QoS 2.
CONNECT = "102700044d51545405d6003c0322ffff0001630000022f7700030a0163000475736572000470617373"


def read(data):
    return PacketReader(MAX).feed(data)


def plain(packet):
    """A packet whose secret can be compared."""
    if isinstance(packet, Connect) and packet.password is not None:
        return msgspec.structs.replace(packet, password=packet.password.reveal())
    return packet


def test_connect_is_that_of_an_agent():
    packet = Connect(
        client_id="c",
        username="user",
        password=Secret("pass"),
        will=Will(topic="/w", payload=b"\x0a\x01c"),
        properties={Property.TOPIC_ALIAS_MAXIMUM: 65_535},
    )

    assert pack(packet).hex() == CONNECT
    assert [plain(each) for each in read(bytes.fromhex(CONNECT))] == [plain(packet)]


@pytest.mark.parametrize(
    ("packet", "data"),
    [
        (Connack(), "2003000000"),
        (Connack(Reason.BAD_CREDENTIALS), "2003008600"),
        (Connack(0, False, {Property.MAXIMUM_PACKET_SIZE: 1 << 24}), "20080000052701000000"),
        (Subscribe(packet_id=1, filters=(("/a/+", 9),)), "820a0001000004" "2f612f2b" "09"),
        (Suback(1, (1,)), "900400010001"),
        (Publish(topic="/a", payload=b"x"), "300600022f610078"),
        (
            Publish(
                topic="/a", payload=b"x", qos=1, packet_id=2,
                properties={Property.TOPIC_ALIAS: 3},
            ),
            "320b00022f61000203230003" "78",
        ),
        (
            Publish(topic="", payload=b"x", qos=1, packet_id=3,
                    properties={Property.TOPIC_ALIAS: 3}),
            "320900000003" "03230003" "78",
        ),
        (Puback(3), "40020003"),
        (Puback(3, Reason.UNSPECIFIED), "4003000380"),
        (Pingreq(), "c000"),
        (Pingresp(), "d000"),
        (Disconnect(), "e000"),
        (Disconnect(Reason.DISCONNECT_WITH_WILL), "e00104"),
    ],
)  # fmt: skip
def test_bytes_are_those_of_the_standard(packet, data):
    assert pack(packet).hex() == data
    assert read(bytes.fromhex(data)) == [packet]


def test_a_stream_cut_anywhere_gives_the_same_packets():
    data = b"".join(map(pack, seeds.packets()))
    whole = [plain(each) for each in read(data)]

    assert whole == [plain(each) for each in seeds.packets()]
    for size in (1, 2, 3, 7, 100):
        reader = PacketReader(MAX)
        cut = [data[at : at + size] for at in range(0, len(data), size)]
        assert [plain(packet) for part in cut for packet in reader.feed(part)] == whole
        assert reader.waiting_bytes == 0


def test_one_frame_may_hold_several_packets_and_a_part_of_one():
    reader = PacketReader(MAX)

    assert reader.feed(bytes.fromhex("c000c00032")) == [Pingreq(), Pingreq()]
    assert reader.waiting_bytes == 1


def test_half_a_megabyte_comes_in_parts():
    packet = Publish(topic="/a", payload=bytes(512 << 10), qos=1, packet_id=1)
    data, reader = pack(packet), PacketReader(MAX)
    parts = [data[at : at + 65_536] for at in range(0, len(data), 65_536)]

    assert [reader.feed(part) for part in parts[:-1]] == [[]] * (len(parts) - 1)
    assert reader.feed(parts[-1]) == [packet]


def test_a_packet_that_is_too_large_is_refused_by_its_head():
    with pytest.raises(MqttError) as caught:
        PacketReader(100).feed(bytes.fromhex("3263"))

    assert caught.value.reason is Reason.PACKET_TOO_LARGE
    assert PacketReader(100).feed(bytes.fromhex("3262")) == []


@given(st.binary(max_size=100))
def test_any_bytes_give_packets_or_an_error(data):
    check_any_bytes(read, data)


def test_any_flipped_bit_gives_packets_or_an_error():
    for packet in seeds.packets():
        for data in bit_flips(pack(packet)):
            check_any_bytes(read, data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("3400", Reason.QOS_NOT_SUPPORTED),
        ("3600", Reason.QOS_NOT_SUPPORTED),
        ("380400016100", Reason.MALFORMED_PACKET),
        ("3206000161000000", Reason.PROTOCOL_ERROR),
        ("30050002612b0078", Reason.TOPIC_NAME_INVALID),
        ("300501002f0078", Reason.MALFORMED_PACKET),
        ("8006000100000009", Reason.MALFORMED_PACKET),
        ("8203000100", Reason.PROTOCOL_ERROR),
        ("820700010000016143", Reason.MALFORMED_PACKET),
        ("820700010000016103", Reason.MALFORMED_PACKET),
        ("8203000000", Reason.PROTOCOL_ERROR),
        ("40020000", Reason.PROTOCOL_ERROR),
        ("40050003000000", Reason.MALFORMED_PACKET),
        ("c00100", Reason.MALFORMED_PACKET),
        ("c100", Reason.MALFORMED_PACKET),
        ("0000", Reason.PROTOCOL_ERROR),
        ("62020001", Reason.PROTOCOL_ERROR),
        ("a200", Reason.PROTOCOL_ERROR),
        ("f000", Reason.PROTOCOL_ERROR),
        ("2003020000", Reason.MALFORMED_PACKET),
        ("20020000", Reason.MALFORMED_PACKET),
        ("32ffffffff", Reason.MALFORMED_PACKET),
        ("100a00044d51545404c2003c", Reason.UNSUPPORTED_VERSION),
        ("100c00064d51497364700302003c", Reason.UNSUPPORTED_VERSION),
        ("100d00044d51545405c3003c000000", Reason.MALFORMED_PACKET),
        ("100d00044d51545405de003c000000", Reason.MALFORMED_PACKET),
        ("100d00044d515454058a003c000000", Reason.MALFORMED_PACKET),
    ],
)
def test_what_breaks_the_standard_has_its_reason(data, reason):
    with pytest.raises(MqttError) as caught:
        read(bytes.fromhex(data))

    assert caught.value.reason is reason


@pytest.mark.parametrize(
    "packet",
    [
        Publish(topic="/a", payload=b"", qos=2, packet_id=1),
        Publish(topic="/a", payload=b"", qos=1),
        Publish(topic="/a", payload=b"", packet_id=1),
        Publish(topic="/a\0", payload=b""),
        Puback(65_536),
        Connect(client_id="c", will=Will(topic="t", payload=b"", qos=3)),
        Connect(client_id="c", keep_alive_s=65_536),
    ],
)
def test_what_is_no_packet_is_not_written(packet):
    with pytest.raises(MqttError):
        pack(packet)


def test_a_password_is_not_shown():
    (packet,) = read(bytes.fromhex(CONNECT))

    assert "pass" not in repr(packet).replace("password", "")


def test_a_flood_of_small_packets_in_one_frame_is_refused():
    data = pack(Pingreq())

    assert len(read(data * MAX_AT_ONCE)) == MAX_AT_ONCE
    with pytest.raises(MqttError) as caught:
        read(data * (MAX_AT_ONCE + 1))
    assert caught.value.reason is Reason.RATE_TOO_HIGH
