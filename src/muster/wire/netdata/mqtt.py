"""MQTT 5 as far as Netdata agents and their cloud use it: packets from and to bytes.

A stream of bytes goes in, cut anywhere; packets leave. QoS 2, UNSUBSCRIBE and AUTH are not
used by either end and are refused. Who may send what and when is broker.py.

Source: OASIS MQTT 5.0, section 3; docs/formats/netdata-link.md ("MQTT")
"""

from collections.abc import Callable

import msgspec

from muster.log import Secret
from muster.wire.netdata.mqttfields import (
    ACK_PROPERTIES,
    CONNACK_PROPERTIES,
    CONNECT_PROPERTIES,
    DISCONNECT_PROPERTIES,
    PUBLISH_PROPERTIES,
    SUBSCRIBE_PROPERTIES,
    WILL_PROPERTIES,
    Allowed,
    FieldReader,
    MqttError,
    Properties,
    Reason,
    binary,
    number,
    properties,
    text,
    variable,
)

PROTOCOL = "MQTT"
LEVEL = 5
MAX_FILTERS = 16  # of one SUBSCRIBE
MAX_AT_ONCE = 4_096  # packets of one `feed`: bounds its time; an agent's ring holds about half


class Will(msgspec.Struct, frozen=True, kw_only=True):
    """What is published for a client that goes without a word."""

    topic: str
    payload: bytes
    qos: int = 2
    retain: bool = False
    properties: Properties = {}


class Connect(msgspec.Struct, frozen=True, kw_only=True):
    client_id: str
    username: str | None = None
    password: Secret | None = None
    keep_alive_s: int = 60
    clean_start: bool = True
    will: Will | None = None
    properties: Properties = {}


class Connack(msgspec.Struct, frozen=True):
    reason: int = Reason.SUCCESS
    session_present: bool = False
    properties: Properties = {}


class Publish(msgspec.Struct, frozen=True, kw_only=True):
    """`packet_id` is 0 with QoS 0. `topic` may be empty where an alias stands for it."""

    topic: str
    payload: bytes
    qos: int = 0
    packet_id: int = 0
    retain: bool = False
    duplicate: bool = False
    properties: Properties = {}


class Puback(msgspec.Struct, frozen=True):
    packet_id: int
    reason: int = Reason.SUCCESS
    properties: Properties = {}


class Subscribe(msgspec.Struct, frozen=True, kw_only=True):
    """`filters` are (topic, options byte)."""

    packet_id: int
    filters: tuple[tuple[str, int], ...]
    properties: Properties = {}


class Suback(msgspec.Struct, frozen=True):
    packet_id: int
    reasons: tuple[int, ...]
    properties: Properties = {}


class Pingreq(msgspec.Struct, frozen=True):
    pass


class Pingresp(msgspec.Struct, frozen=True):
    pass


class Disconnect(msgspec.Struct, frozen=True):
    reason: int = Reason.SUCCESS
    properties: Properties = {}


Packet = Connect | Connack | Publish | Puback | Subscribe | Suback | Pingreq | Pingresp | Disconnect

_USERNAME, _PASSWORD, _RETAIN, _WILL, _CLEAN = 0x80, 0x40, 0x20, 0x04, 0x02
_DUPLICATE = 0x08
_PUBLISH = 0x30


class PacketReader:
    """Packets of one stream of bytes. `max_bytes` is a whole packet's, its head included."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._buffer = bytearray()

    @property
    def waiting_bytes(self) -> int:
        """How much of an unfinished packet is there."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Packet]:
        """Take bytes as they come. Errors: MqttError; the stream is of no further use."""
        buffer = self._buffer
        if data and not buffer and self._size(data, 0) == len(data):
            return [_parse(data[0], data[_start(data, 0) :])]  # one packet: no byte is kept
        buffer += data
        packets: list[Packet] = []
        at = 0
        while size := self._size(buffer, at):
            with memoryview(buffer) as view:
                body = bytes(view[_start(buffer, at) : at + size])
            packets.append(_parse(buffer[at], body))
            at += size
            if len(packets) > MAX_AT_ONCE:
                raise MqttError(f"more than {MAX_AT_ONCE} packets at once", Reason.RATE_TOO_HIGH)
        del buffer[:at]
        return packets

    def _size(self, data: bytes | bytearray, at: int) -> int:
        """Of the next packet, its head included; 0 until all of it is there."""
        size = 0
        for place in range(4):
            if len(data) < at + place + 2:
                return 0
            size |= (data[at + place + 1] & 0x7F) << 7 * place
            if data[at + place + 1] < 0x80:
                break
        else:
            raise MqttError("a packet's length has more than four bytes")
        size += place + 2
        if size > self.max_bytes:
            raise MqttError(
                f"a packet of {size} bytes where at most {self.max_bytes} are taken",
                Reason.PACKET_TOO_LARGE,
            )
        return size if len(data) >= at + size else 0


def _start(data: bytes | bytearray, at: int) -> int:
    """Where the body of a packet begins, whose length is known to end."""
    at += 1
    while data[at] >= 0x80:
        at += 1
    return at + 1


def pack(packet: Packet) -> bytes:
    """The bytes of a packet. Errors: MqttError when a value does not fit its field."""
    first, write = _WRITERS[type(packet)]
    flags = _publish_flags(packet) if isinstance(packet, Publish) else 0
    body = write(packet)
    return bytes((first | flags,)) + variable(len(body)) + body


def _parse(first: int, body: bytes) -> Packet:
    kind, flags = first & 0xF0, first & 0x0F
    fields = FieldReader(body)
    if kind == _PUBLISH:
        return _read_publish(flags, fields)
    read = _READERS.get(first)
    if read is None:
        known = kind in {known & 0xF0 for known in _READERS}
        raise MqttError(
            f"wrong flags of a packet: {first:#04x}"
            if known
            else f"no packet of use: {first:#04x}",
            Reason.MALFORMED_PACKET if known else Reason.PROTOCOL_ERROR,
        )
    packet = read(fields)
    fields.end()
    return packet


def _read_connect(fields: FieldReader) -> Connect:
    if (protocol := fields.text()) != PROTOCOL or (level := fields.number(1)) != LEVEL:
        shown = protocol[:16] if protocol != PROTOCOL else f"{PROTOCOL} level {level}"
        raise MqttError(f"not MQTT 5: {shown!r}", Reason.UNSUPPORTED_VERSION)
    flags = fields.number(1)
    _check_connect_flags(flags)
    keep_alive_s = fields.number(2)
    given = fields.properties(CONNECT_PROPERTIES)
    client_id = fields.text()
    will = _read_will(flags, fields) if flags & _WILL else None
    return Connect(
        client_id=client_id,
        keep_alive_s=keep_alive_s,
        properties=given,
        will=will,
        username=fields.text() if flags & _USERNAME else None,
        password=Secret(fields.text()) if flags & _PASSWORD else None,
        clean_start=bool(flags & _CLEAN),
    )


def _check_connect_flags(flags: int) -> None:
    if flags & 1 or flags >> 3 & 3 == 3 or (not flags & _WILL and flags & 0x38):
        raise MqttError(f"wrong flags of a CONNECT: {flags:#04x}")


def _read_will(flags: int, fields: FieldReader) -> Will:
    return Will(
        properties=fields.properties(WILL_PROPERTIES),
        topic=fields.text(),
        payload=fields.binary(),
        qos=flags >> 3 & 3,
        retain=bool(flags & _RETAIN),
    )


def _write_connect(packet: Connect) -> bytes:
    will = packet.will
    flags = _CLEAN * packet.clean_start
    tail = text(packet.client_id)
    if will is not None:
        flags |= _WILL | will.qos << 3 | _RETAIN * will.retain
        tail += properties(will.properties) + text(will.topic) + binary(will.payload)
    if packet.username is not None:
        flags |= _USERNAME
        tail += text(packet.username)
    if packet.password is not None:
        flags |= _PASSWORD
        tail += text(packet.password.reveal())
    _check_connect_flags(flags)
    head = text(PROTOCOL) + bytes((LEVEL, flags)) + number(packet.keep_alive_s, 2)
    return head + properties(packet.properties) + tail


def _read_connack(fields: FieldReader) -> Connack:
    flags = fields.number(1)
    if flags > 1:
        raise MqttError(f"wrong flags of a CONNACK: {flags:#04x}")
    return Connack(fields.number(1), bool(flags), fields.properties(CONNACK_PROPERTIES))


def _write_connack(packet: Connack) -> bytes:
    return bytes((packet.session_present, packet.reason)) + properties(packet.properties)


def _read_publish(flags: int, fields: FieldReader) -> Publish:
    qos = flags >> 1 & 3
    if qos > 1:
        raise MqttError(f"QoS {qos} is not used here", Reason.QOS_NOT_SUPPORTED)
    if not qos and flags & _DUPLICATE:
        raise MqttError("a PUBLISH of QoS 0 comes as sent before")
    topic = fields.text()
    if "+" in topic or "#" in topic:
        raise MqttError("a topic to publish to has a wildcard", Reason.TOPIC_NAME_INVALID)
    return Publish(
        topic=topic,
        packet_id=_packet_id(fields) if qos else 0,
        properties=fields.properties(PUBLISH_PROPERTIES),
        payload=fields.rest(),
        qos=qos,
        retain=bool(flags & 1),
        duplicate=bool(flags & _DUPLICATE),
    )


def _publish_flags(packet: Publish) -> int:
    if packet.qos not in (0, 1) or bool(packet.qos) != bool(packet.packet_id):
        raise MqttError(f"a PUBLISH of QoS {packet.qos} with the packet id {packet.packet_id}")
    return _DUPLICATE * packet.duplicate | packet.qos << 1 | packet.retain


def _write_publish(packet: Publish) -> bytes:
    packet_id = number(packet.packet_id, 2) if packet.qos else b""
    return text(packet.topic) + packet_id + properties(packet.properties) + packet.payload


def _read_puback(fields: FieldReader) -> Puback:
    return Puback(_packet_id(fields), *_read_reason(fields, ACK_PROPERTIES))


def _write_puback(packet: Puback) -> bytes:
    return number(packet.packet_id, 2) + _reason(packet.reason, packet.properties)


def _read_subscribe(fields: FieldReader) -> Subscribe:
    packet_id, given = _packet_id(fields), fields.properties(SUBSCRIBE_PROPERTIES)
    filters: list[tuple[str, int]] = []
    while fields.left:
        filters.append((fields.text(), fields.number(1)))
        if len(filters) > MAX_FILTERS:
            raise MqttError(f"more than {MAX_FILTERS} topics at once", Reason.QUOTA_EXCEEDED)
        if filters[-1][1] & 0xC0 or filters[-1][1] & 3 == 3:
            raise MqttError(f"wrong options of a subscription: {filters[-1][1]:#04x}")
    if not filters:
        raise MqttError("a SUBSCRIBE without a topic", Reason.PROTOCOL_ERROR)
    return Subscribe(packet_id=packet_id, filters=tuple(filters), properties=given)


def _write_subscribe(packet: Subscribe) -> bytes:
    filters = (text(topic) + number(options, 1) for topic, options in packet.filters)
    head = number(packet.packet_id, 2) + properties(packet.properties)
    return head + b"".join(filters)


def _read_suback(fields: FieldReader) -> Suback:
    packet_id, given = _packet_id(fields), fields.properties(ACK_PROPERTIES)
    return Suback(packet_id, tuple(fields.rest()), given)


def _write_suback(packet: Suback) -> bytes:
    head = number(packet.packet_id, 2) + properties(packet.properties)
    return head + bytes(packet.reasons)


def _read_disconnect(fields: FieldReader) -> Disconnect:
    return Disconnect(*_read_reason(fields, DISCONNECT_PROPERTIES))


def _write_disconnect(packet: Disconnect) -> bytes:
    return _reason(packet.reason, packet.properties)


def _read_reason(fields: FieldReader, allowed: Allowed) -> tuple[int, Properties]:
    """Either may be left out: the reason when it is 0, properties when there are none."""
    reason = fields.number(1) if fields.left else int(Reason.SUCCESS)
    return reason, fields.properties(allowed) if fields.left else {}


def _reason(reason: int, given: Properties) -> bytes:
    if given:
        return number(reason, 1) + properties(given)
    return number(reason, 1) if reason else b""


def _packet_id(fields: FieldReader) -> int:
    packet_id = fields.number(2)
    if not packet_id:
        raise MqttError("a packet id is 0", Reason.PROTOCOL_ERROR)
    return packet_id


_READERS: dict[int, Callable[[FieldReader], Packet]] = {
    0x10: _read_connect,
    0x20: _read_connack,
    0x40: _read_puback,
    0x82: _read_subscribe,
    0x90: _read_suback,
    0xC0: lambda _: Pingreq(),
    0xD0: lambda _: Pingresp(),
    0xE0: _read_disconnect,
}
_WRITERS: dict[type[Packet], tuple[int, Callable[..., bytes]]] = {
    Connect: (0x10, _write_connect),
    Connack: (0x20, _write_connack),
    Publish: (_PUBLISH, _write_publish),
    Puback: (0x40, _write_puback),
    Subscribe: (0x82, _write_subscribe),
    Suback: (0x90, _write_suback),
    Pingreq: (0xC0, lambda _: b""),
    Pingresp: (0xD0, lambda _: b""),
    Disconnect: (0xE0, _write_disconnect),
}
