"""The packets of a question, by themselves: most of a link that is asked are one of these three.

A query's PUBLISH and the PUBACK of its reply are written, the reply's PUBLISH is read. Of that only
the common form: whole, alone, with a topic of ASCII and without properties. All else is left to
mqtt.py, which knows what is wrong with it. So it is with the reply in it: compiled code reads what
is plain, and all else is left to query.py.

Source: OASIS MQTT 5.0, section 3.3; docs/formats/netdata-link.md ("MQTT", "Queries")
"""

from collections.abc import Callable

from muster.wire.netdata.mqttfields import text, variable

_PUBACK = b"\x40\x02"
_PUBLISH, _QOS_1 = 0x30, 0x02  # sent for the first time, and not to be kept
_LENGTH_BYTES = 4


def query_head(topic: str) -> bytes:
    """What stands in the body of each PUBLISH to a topic, before its payload. QoS 0."""
    return text(topic) + b"\0"


def query_packet(head: bytes, payload: bytes) -> bytes:
    """A PUBLISH. Errors: MqttError for one that is too long."""
    return b"%c%b%b%b" % (_PUBLISH, variable(len(head) + len(payload)), head, payload)


def puback(packet_id: int) -> bytes:
    """That a packet has come."""
    return _PUBACK + packet_id.to_bytes(2, "big")


def pure_reply_of(data: bytes, max_bytes: int) -> tuple[str, int, bytes] | None:
    """See reply_of."""
    size = len(data)
    if size < 2 or size > max_bytes or data[0] & ~_QOS_1 != _PUBLISH:
        return None
    at = _after_length(data)
    end = at + 2 + int.from_bytes(data[at : at + 2], "big")
    packet_id, after = 0, end
    if data[0] & _QOS_1:
        packet_id, after = int.from_bytes(data[end : end + 2], "big"), end + 2
        if not packet_id:
            return None
    if not at or size <= after or data[after]:  # properties, or a length of none
        return None
    topic = data[at + 2 : end]
    if not topic.isascii():
        return None
    return topic.decode(), packet_id, data[after + 1 :]


def _after_length(data: bytes) -> int:
    """Where the body begins, which ends with the data; 0 when that is not so."""
    length = 0
    for place, byte in enumerate(data[1 : 1 + _LENGTH_BYTES]):
        length |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return place + 2 if place + 2 + length == len(data) else 0
    return 0


def pure_plain_reply(data: bytes, max_bytes: int) -> tuple[str, int, bytes] | None:
    """None: query.py has to read it."""
    return None


reply_of: Callable[[bytes, int], tuple[str, int, bytes] | None]
"""Topic, packet id (0 with QoS 0) and payload of a packet.

None for one that is not of this form, or longer than it may be.
"""
plain_reply: Callable[[bytes, int], tuple[str, int, bytes] | None]
"""Message id, status and body of a reply that is not packed, in the words of agents, and no error.

None for any other, and for a body that is longer than it may be.
"""
try:
    from muster.wire.netdata import _questionpackets  # type: ignore[attr-defined]  # no stub
except ImportError:
    reply_of, plain_reply = pure_reply_of, pure_plain_reply
    COMPILED = False
else:
    reply_of, plain_reply = _questionpackets.reply_of, _questionpackets.plain_reply
    COMPILED = True
